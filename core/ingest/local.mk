# SPDX-License-Identifier: Apache-2.0
libcore_la_SOURCES += \
	%D%/event_text.c %D%/event_text.h

UNIT_TESTS += tests/unit/test_ingest_event_text
tests_unit_test_ingest_event_text_SOURCES = tests/unit/test_ingest_event_text.c
