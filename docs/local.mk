# SPDX-License-Identifier: Apache-2.0
dist_man_MANS += %D%/man/mortised.8 %D%/man/mortise.conf.5
