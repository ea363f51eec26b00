# SPDX-License-Identifier: Apache-2.0
libcore_la_SOURCES += \
	%D%/api.h \
	%D%/call.c %D%/call.h \
	%D%/cursor.c %D%/cursor.h \
	%D%/reply.c %D%/reply.h
