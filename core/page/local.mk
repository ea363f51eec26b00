# SPDX-License-Identifier: Apache-2.0
# Pages of ours inside frames of upstreams.
libcore_la_SOURCES += \
	%D%/address.c \
	%D%/blocks.c %D%/blocks.h \
	%D%/data.c \
	%D%/page.c %D%/page.h %D%/page_private.h \
	%D%/policy.c \
	%D%/verify.c

UNIT_TESTS += tests/unit/test_page_blocks tests/unit/test_page_parts
tests_unit_test_page_parts_SOURCES = tests/unit/test_page_parts.c
tests_unit_test_page_blocks_SOURCES = tests/unit/test_page_blocks.c
