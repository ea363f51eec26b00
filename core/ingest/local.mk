# SPDX-License-Identifier: Apache-2.0
libcore_la_SOURCES += \
	%D%/accept.c \
	%D%/describe.c %D%/describe.h \
	%D%/envelope.c %D%/envelope.h \
	%D%/event_text.c %D%/event_text.h \
	%D%/expand.c %D%/expand.h \
	%D%/group.c %D%/group.h \
	%D%/ingest.c %D%/ingest.h %D%/ingest_private.h \
	%D%/keys.c %D%/keys.h \
	%D%/normalize.c %D%/normalize.h \
	%D%/parametrize.c %D%/parametrize.h \
	%D%/reply.c %D%/reply.h \
	%D%/sender.c %D%/sender.h \
	%D%/stacktrace.c %D%/stacktrace.h \
	%D%/trim.c %D%/trim.h

UNIT_TESTS += tests/unit/test_ingest_event tests/unit/test_ingest_event_text \
	tests/unit/test_ingest_parts
tests_unit_test_ingest_event_SOURCES = tests/unit/test_ingest_event.c
tests_unit_test_ingest_event_text_SOURCES = tests/unit/test_ingest_event_text.c
tests_unit_test_ingest_parts_SOURCES = tests/unit/test_ingest_parts.c
