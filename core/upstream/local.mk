# SPDX-License-Identifier: Apache-2.0

libcore_la_SOURCES += \
	%D%/oauth2.c %D%/oauth2.h \
	%D%/template.c %D%/template.h \
	%D%/upstream.h
