# SPDX-License-Identifier: Apache-2.0
# Calling trackers, and what is linked to them.
libcore_la_SOURCES += \
	%D%/after_link.c \
	%D%/answer.c %D%/answer.h \
	%D%/defaults.c %D%/defaults.h \
	%D%/form.c %D%/form.h \
	%D%/link.c %D%/link.h \
	%D%/linked.c %D%/linked.h \
	%D%/status_map.c %D%/status_map.h \
	%D%/ticket.c %D%/ticket.h \
	%D%/tracker.c %D%/tracker.h

UNIT_TESTS += tests/unit/test_tracker_answer tests/unit/test_tracker_linked
tests_unit_test_tracker_linked_SOURCES = tests/unit/test_tracker_linked.c $(ISSUE_SCENE)
tests_unit_test_tracker_answer_SOURCES = tests/unit/test_tracker_answer.c
