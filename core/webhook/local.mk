# SPDX-License-Identifier: Apache-2.0
libcore_la_SOURCES += \
	%D%/expression.c %D%/expression.h \
	%D%/scanner.c %D%/scanner.h

UNIT_TESTS += tests/unit/test_webhook_expression tests/unit/test_webhook_scanner
tests_unit_test_webhook_expression_SOURCES = tests/unit/test_webhook_expression.c
tests_unit_test_webhook_scanner_SOURCES = tests/unit/test_webhook_scanner.c
FUZZ_TARGETS += tests/fuzz/fuzz_webhook_scanner
tests_fuzz_fuzz_webhook_scanner_SOURCES = tests/fuzz/fuzz_webhook_scanner.c
