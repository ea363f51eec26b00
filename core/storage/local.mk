# SPDX-License-Identifier: Apache-2.0

libcore_la_SOURCES += \
	%D%/audit.c %D%/audit.h \
	%D%/deploy.c %D%/deploy.h \
	%D%/snooze.c %D%/snooze.h \
	%D%/identity.c %D%/identity.h \
	%D%/integration.c %D%/integration.h \
	%D%/keyset.h \
	%D%/ledger.c %D%/ledger.h \
	%D%/link.c %D%/link.h \
	%D%/plugin.c %D%/plugin.h

# The queue and its sources.
libcore_la_SOURCES += \
	%D%/delivery.c %D%/delivery.h \
	%D%/dictionary.c %D%/dictionary.h \
	%D%/job.c %D%/job.h \
	%D%/schedule.c %D%/schedule.h \
	%D%/webhook.c %D%/webhook.h

# People, organizations, their tokens, and installs in progress.
libcore_la_SOURCES += \
	%D%/api_token.c %D%/api_token.h \
	%D%/data_forwarder.c %D%/data_forwarder.h \
	%D%/member.c %D%/member.h \
	%D%/organization.c %D%/organization.h \
	%D%/part.c %D%/part.h \
	%D%/pipeline.c %D%/pipeline.h \
	%D%/project.c %D%/project.h \
	%D%/project_key.c %D%/project_key.h \
	%D%/purge.c %D%/purge.h \
	%D%/reference.c %D%/reference.h \
	%D%/session.c %D%/session.h \
	%D%/team.c %D%/team.h \
	%D%/used_token.c %D%/used_token.h

# The store engine.
libcore_la_SOURCES += \
	%D%/backup.c %D%/backup.h \
	%D%/ballast.c %D%/ballast.h \
	%D%/checkpoint.c %D%/checkpoint.h \
	%D%/connection.c %D%/connection.h \
	%D%/log_file.c %D%/log_file.h \
	%D%/migrate.c %D%/migrate.h \
	%D%/prune.c %D%/prune.h \
	%D%/sealed.c %D%/sealed.h \
	%D%/store.c %D%/store.h %D%/tx.h
nodist_libcore_la_SOURCES = %D%/migrations.c

MIGRATIONS = %D%/migrations/0001-first.sql %D%/migrations/0002-issues.sql \
	%D%/migrations/0003-references.sql %D%/migrations/0004-announced.sql \
	%D%/migrations/0005-api.sql %D%/migrations/0006-webhook.sql \
	%D%/migrations/0007-dictionary.sql
EXTRA_DIST += $(MIGRATIONS) %D%/migrations.awk
BUILT_SOURCES += %D%/migrations.c
CLEANFILES += %D%/migrations.c
%D%/migrations.c: $(MIGRATIONS) %D%/migrations.awk
	$(AM_V_GEN)$(MKDIR_P) %D% && cd $(srcdir) && \
	LC_ALL=C $(AWK) -f %D%/migrations.awk $(MIGRATIONS) >$(abs_builddir)/$@.tmp && \
	mv $(abs_builddir)/$@.tmp $(abs_builddir)/$@

UNIT_TESTS += tests/unit/test_storage_log_file
tests_unit_test_storage_log_file_SOURCES = tests/unit/test_storage_log_file.c \
	tests/unit/scratch_store.c tests/unit/scratch_store.h

UNIT_TESTS += tests/unit/test_storage_migrate
tests_unit_test_storage_migrate_SOURCES = tests/unit/test_storage_migrate.c \
	tests/unit/scratch_store.c tests/unit/scratch_store.h

UNIT_TESTS += tests/unit/test_storage_store
tests_unit_test_storage_store_SOURCES = tests/unit/test_storage_store.c

UNIT_TESTS += tests/unit/test_storage_delivery
tests_unit_test_storage_delivery_SOURCES = tests/unit/test_storage_delivery.c \
	tests/unit/scratch_store.c tests/unit/scratch_store.h
UNIT_TESTS += tests/unit/test_storage_dictionary
tests_unit_test_storage_dictionary_SOURCES = tests/unit/test_storage_dictionary.c \
	tests/unit/scratch_store.c tests/unit/scratch_store.h
UNIT_TESTS += tests/unit/test_storage_prune
tests_unit_test_storage_prune_SOURCES = tests/unit/test_storage_prune.c \
	tests/unit/scratch_store.c tests/unit/scratch_store.h

UNIT_TESTS += tests/unit/test_storage_purge
tests_unit_test_storage_purge_SOURCES = tests/unit/test_storage_purge.c \
	tests/unit/scratch_store.c tests/unit/scratch_store.h

UNIT_TESTS += tests/unit/test_storage_people tests/unit/test_storage_pipeline
tests_unit_test_storage_people_SOURCES = tests/unit/test_storage_people.c
tests_unit_test_storage_pipeline_SOURCES = tests/unit/test_storage_pipeline.c

# What SDKs report.
libcore_la_SOURCES += \
	%D%/event.c %D%/event.h

UNIT_TESTS += tests/unit/test_storage_event
tests_unit_test_storage_event_SOURCES = tests/unit/test_storage_event.c \
	tests/unit/scratch_store.c tests/unit/scratch_store.h

# Code: repositories, commits, pull requests and the people behind them.
libcore_la_SOURCES += \
	%D%/code_mapping.c %D%/code_mapping.h \
	%D%/codeowners.c %D%/codeowners.h \
	%D%/ownership.c %D%/ownership.h \
	%D%/commit.c %D%/commit.h %D%/commit_author.c %D%/commit_private.h \
	%D%/external_actor.c %D%/external_actor.h \
	%D%/pull_request.c %D%/pull_request.h \
	%D%/repository.c %D%/repository.h %D%/repository_delete.c \
	%D%/repository_read.c

# Issues, what happened to them, and the releases that resolve them.
libcore_la_SOURCES += \
	%D%/activity.c %D%/activity.h \
	%D%/issue.c %D%/issue.h %D%/issue_delete.c %D%/issue_list.c %D%/issue_list.h \
	%D%/issue_private.h \
	%D%/json_column.c %D%/json_column.h \
	%D%/like.c %D%/like.h \
	%D%/release.c %D%/release.h %D%/release_place.c \
	%D%/release_commit.c %D%/release_commit.h \
	%D%/resolution.c %D%/resolution.h

UNIT_TESTS += tests/unit/test_storage_code tests/unit/test_storage_code_mapping
tests_unit_test_storage_code_SOURCES = tests/unit/test_storage_code.c
tests_unit_test_storage_code_mapping_SOURCES = tests/unit/test_storage_code_mapping.c $(ISSUE_SCENE)

UNIT_TESTS += tests/unit/test_storage_deploy
tests_unit_test_storage_deploy_SOURCES = tests/unit/test_storage_deploy.c $(ISSUE_SCENE)

# What syncing with trackers needs.
libcore_la_SOURCES += \
	%D%/external_project.c %D%/external_project.h \
	%D%/legacy.c %D%/legacy.h \
	%D%/note_copy.c %D%/note_copy.h \
	%D%/sync_target.c %D%/sync_target.h

# What issues are linked to.
libcore_la_SOURCES += \
	%D%/external_issue.c %D%/external_issue.h \
	%D%/form_default.c %D%/form_default.h \
	%D%/issue_hour.c %D%/issue_hour.h \
	%D%/issue_link.c %D%/issue_link.h

include tests/sql/local.mk
UNIT_TESTS += tests/unit/test_storage_part
tests_unit_test_storage_part_SOURCES = tests/unit/test_storage_part.c \
	tests/unit/scratch_store.c tests/unit/scratch_store.h
