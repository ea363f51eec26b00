# SPDX-License-Identifier: Apache-2.0

libcore_la_SOURCES += %D%/slot.c %D%/slot.h
