# SPDX-License-Identifier: Apache-2.0
# Calling trackers, and what is linked to them.
libcore_la_SOURCES += \
	%D%/answer.c %D%/answer.h \
	%D%/form.c %D%/form.h \
	%D%/tracker.c %D%/tracker.h

UNIT_TESTS += tests/unit/test_tracker_answer
tests_unit_test_tracker_answer_SOURCES = tests/unit/test_tracker_answer.c
