# SPDX-License-Identifier: Apache-2.0
# Who owns what: ownership rules, CODEOWNERS, and files of repositories.
libcore_la_SOURCES += \
	%D%/assign.c %D%/assign.h \
	%D%/cache.c %D%/cache.h \
	%D%/codeowners.c %D%/codeowners.h \
	%D%/follow.c %D%/follow.h \
	%D%/frame.c %D%/frame.h \
	%D%/pattern.c %D%/pattern.h \
	%D%/resolve.c %D%/resolve.h \
	%D%/rule.c %D%/rule.h \
	%D%/source.c %D%/source.h \
	%D%/subject.c %D%/subject.h

UNIT_TESTS += tests/unit/test_owner_parts
tests_unit_test_owner_parts_SOURCES = tests/unit/test_owner_parts.c
