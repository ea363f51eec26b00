# SPDX-License-Identifier: Apache-2.0

libcore_la_SOURCES += \
	%D%/cache.c %D%/cache.h \
	%D%/credential.c \
	%D%/exchange.c %D%/exchange.h \
	%D%/gate.c %D%/gate.h \
	%D%/mint.c \
	%D%/oauth2.c %D%/oauth2.h \
	%D%/once.c \
	%D%/template.c %D%/template.h \
	%D%/upstream.c %D%/upstream.h
