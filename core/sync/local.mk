# SPDX-License-Identifier: Apache-2.0
libcore_la_SOURCES += \
	%D%/create_comment.c \
	%D%/follow.c %D%/guard.c \
	%D%/kick_off_status_syncs.c \
	%D%/migrate.c %D%/migrate.h \
	%D%/migrate_issues.c \
	%D%/migrate_repo.c \
	%D%/note.c \
	%D%/sync.c %D%/sync.h %D%/sync_private.h \
	%D%/sync_assignee_inbound.c \
	%D%/sync_assignee_outbound.c \
	%D%/sync_status_inbound.c \
	%D%/sync_status_outbound.c \
	%D%/trace.c %D%/trace.h \
	%D%/update_comment.c

UNIT_TESTS += tests/unit/test_sync
tests_unit_test_sync_SOURCES = tests/unit/test_sync.c \
	tests/unit/fake_providers.c tests/unit/fake_providers.h \
	tests/unit/scratch_store.c tests/unit/scratch_store.h
