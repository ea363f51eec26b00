# SPDX-License-Identifier: Apache-2.0
libcore_la_SOURCES += \
	%D%/public_key.c %D%/public_key.h \
	%D%/token.c %D%/token.h
