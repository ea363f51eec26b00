# SPDX-License-Identifier: Apache-2.0
libcore_la_SOURCES += \
	%D%/accept.c \
	%D%/expression.c %D%/expression.h \
	%D%/inline.c \
	%D%/intake.c \
	%D%/reply.c %D%/reply.h \
	%D%/run.c \
	%D%/scanner.c %D%/scanner.h \
	%D%/scheme.c %D%/scheme.h \
	%D%/set.c %D%/set.h \
	%D%/subject.c %D%/subject.h \
	%D%/verify.c \
	%D%/webhook.c %D%/webhook.h %D%/webhook_private.h \
	%D%/webhook_admin.c

UNIT_TESTS += tests/unit/test_webhook_expression tests/unit/test_webhook_intake \
	tests/unit/test_webhook_scanner tests/unit/test_webhook_scheme
tests_unit_test_webhook_expression_SOURCES = tests/unit/test_webhook_expression.c
tests_unit_test_webhook_scanner_SOURCES = tests/unit/test_webhook_scanner.c
tests_unit_test_webhook_intake_SOURCES = tests/unit/test_webhook_intake.c \
	tests/unit/fake_providers.c tests/unit/fake_providers.h \
	tests/unit/scratch_store.c tests/unit/scratch_store.h
tests_unit_test_webhook_scheme_SOURCES = tests/unit/test_webhook_scheme.c
