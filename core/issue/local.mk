# SPDX-License-Identifier: Apache-2.0
libcore_la_SOURCES += \
	%D%/change.c %D%/change.h \
	%D%/commit.c %D%/commit.h \
	%D%/keyword.c %D%/keyword.h \
	%D%/note.c \
	%D%/outbound.c %D%/outbound.h \
	%D%/release_version.c %D%/release_version.h \
	%D%/rules.c %D%/rules.h \
	%D%/seen.c %D%/seen.h \
	%D%/short_id.c %D%/short_id.h \
	%D%/snooze.c %D%/snooze.h

UNIT_TESTS += tests/unit/test_issue_text tests/unit/test_issue_rules tests/unit/test_issue_change
tests_unit_test_issue_text_SOURCES = tests/unit/test_issue_text.c
tests_unit_test_issue_rules_SOURCES = tests/unit/test_issue_rules.c $(ISSUE_SCENE)
tests_unit_test_issue_change_SOURCES = tests/unit/test_issue_change.c $(ISSUE_SCENE)
ISSUE_SCENE = tests/unit/issue_scene.c tests/unit/issue_scene.h \
	tests/unit/scratch_store.c tests/unit/scratch_store.h
