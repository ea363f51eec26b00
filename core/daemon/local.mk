# SPDX-License-Identifier: Apache-2.0
libcore_la_SOURCES += %D%/daemon.c %D%/daemon.h
