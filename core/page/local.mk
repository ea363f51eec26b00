# SPDX-License-Identifier: Apache-2.0
# Pages of ours inside frames of upstreams.
libcore_la_SOURCES += \
	%D%/blocks.c %D%/blocks.h

UNIT_TESTS += tests/unit/test_page_blocks
tests_unit_test_page_blocks_SOURCES = tests/unit/test_page_blocks.c
