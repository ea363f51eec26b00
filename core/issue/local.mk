# SPDX-License-Identifier: Apache-2.0
libcore_la_SOURCES += \
	%D%/change.c %D%/change.h \
	%D%/commit.c %D%/commit.h \
	%D%/keyword.c %D%/keyword.h \
	%D%/note.c \
	%D%/outbound.c %D%/outbound.h \
	%D%/release_version.c %D%/release_version.h \
	%D%/rules.c %D%/rules.h \
	%D%/seen.c %D%/seen.h \
	%D%/short_id.c %D%/short_id.h
