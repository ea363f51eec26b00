# SPDX-License-Identifier: Apache-2.0
libcore_la_SOURCES += core/issue/outbound.c core/issue/outbound.h
