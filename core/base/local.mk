# SPDX-License-Identifier: Apache-2.0
libcore_la_SOURCES += \
	%D%/buf.c %D%/buf.h \
	%D%/clock.c %D%/clock.h \
	%D%/err.c %D%/err.h \
	%D%/foreign_json.c %D%/foreign_json.h \
	%D%/hex.c %D%/hex.h \
	%D%/ip.c %D%/ip.h \
	%D%/json_plain.h \
	%D%/json_pointer.c %D%/json_pointer.h \
	%D%/json_read.c %D%/json_read.h \
	%D%/json_text.c %D%/json_text.h \
	%D%/log.c %D%/log.h \
	%D%/loop.c %D%/loop.h \
	%D%/mem.c %D%/mem.h \
	%D%/merge_patch.c %D%/merge_patch.h \
	%D%/pack.c %D%/pack.h \
	%D%/pool.c %D%/pool.h \
	%D%/priority.c %D%/priority.h \
	%D%/slug.c %D%/slug.h \
	%D%/utf8.h

UNIT_TESTS += tests/unit/test_base_buf tests/unit/test_base_log tests/unit/test_base_pool
tests_unit_test_base_buf_SOURCES = tests/unit/test_base_buf.c
tests_unit_test_base_log_SOURCES = tests/unit/test_base_log.c
tests_unit_test_base_pool_SOURCES = tests/unit/test_base_pool.c

UNIT_TESTS += tests/unit/test_base_err
tests_unit_test_base_err_SOURCES = tests/unit/test_base_err.c

UNIT_TESTS += tests/unit/test_base_json_pointer
tests_unit_test_base_json_pointer_SOURCES = tests/unit/test_base_json_pointer.c

UNIT_TESTS += tests/unit/test_base_json_read
tests_unit_test_base_json_read_SOURCES = tests/unit/test_base_json_read.c

UNIT_TESTS += tests/unit/test_base_json_text
tests_unit_test_base_json_text_SOURCES = tests/unit/test_base_json_text.c

UNIT_TESTS += tests/unit/test_base_pack
tests_unit_test_base_pack_SOURCES = tests/unit/test_base_pack.c

UNIT_TESTS += tests/unit/test_base_slug
tests_unit_test_base_slug_SOURCES = tests/unit/test_base_slug.c

UNIT_TESTS += tests/unit/test_base_ip
tests_unit_test_base_ip_SOURCES = tests/unit/test_base_ip.c

UNIT_TESTS += tests/unit/test_base_foreign_json
tests_unit_test_base_foreign_json_SOURCES = tests/unit/test_base_foreign_json.c
