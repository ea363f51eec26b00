# SPDX-License-Identifier: Apache-2.0
libcore_la_SOURCES += \
	%D%/actor_json.c %D%/actor_json.h \
	%D%/api.c %D%/api.h \
	%D%/api_audit.c \
	%D%/api_auth.c \
	%D%/api_catalogue.c \
	%D%/api_codeowners.c \
	%D%/api_deploy.c \
	%D%/api_data_forwarder.c \
	%D%/api_event.c \
	%D%/api_external_actor.c \
	%D%/api_integration.c %D%/api_integration_operation.c \
	%D%/api_issue.c %D%/api_issue_list.c %D%/api_issue_report.c \
	%D%/api_member.c \
	%D%/api_note.c \
	%D%/api_issue_integration.c \
	%D%/api_organization.c \
	%D%/api_ownership.c \
	%D%/api_pipeline.c \
	%D%/api_project.c \
	%D%/api_project_key.c \
	%D%/api_release.c %D%/api_release_part.c \
	%D%/api_repository.c %D%/api_repository_change.c %D%/api_repository_offer.c \
	%D%/api_search.c \
	%D%/api_team.c \
	%D%/api_stacktrace_link.c \
	%D%/api_token.c \
	%D%/body.c %D%/body.h \
	%D%/call.c %D%/call.h \
	%D%/api_code_mapping.c %D%/api_code_mapping_bulk.c \
	%D%/code_mapping_change.c %D%/code_mapping_change.h \
	%D%/code_mapping_json.c %D%/code_mapping_json.h \
	%D%/config_form.c %D%/config_form.h \
	%D%/cursor.c %D%/cursor.h \
	%D%/deletion.c %D%/deletion.h \
	%D%/data_forwarder_body.c %D%/data_forwarder_body.h \
	%D%/data_forwarder_json.c %D%/data_forwarder_json.h \
	%D%/event_json.c %D%/event_json.h \
	%D%/description.h \
	%D%/install.c %D%/install.h \
	%D%/integration_json.c %D%/integration_json.h \
	%D%/issue_json.c %D%/issue_json.h \
	%D%/issue_query.c %D%/issue_query.h \
	%D%/issue_range.c %D%/issue_range.h \
	%D%/issue_update.c %D%/issue_update.h \
	%D%/issue_form.c %D%/issue_form.h \
	%D%/link_deletion.c %D%/link_deletion.h \
	%D%/people.c %D%/people.h \
	%D%/mapping_source.c %D%/mapping_source.h \
	%D%/owner_json.c %D%/owner_json.h \
	%D%/release_body.c %D%/release_body.h \
	%D%/release_json.c %D%/release_json.h \
	%D%/release_path.c %D%/release_path.h \
	%D%/repository_deletion.c %D%/repository_deletion.h \
	%D%/repository_json.c %D%/repository_json.h \
	%D%/repository_unmigratable.c %D%/repository_unmigratable.h \
	%D%/reply.c %D%/reply.h \
	%D%/routes.h \
	%D%/text_memo.c %D%/text_memo.h
nodist_libcore_la_SOURCES += %D%/description.c

# The description of the API is a part of the daemon.
EXTRA_DIST += %D%/description.awk
BUILT_SOURCES += %D%/description.c
CLEANFILES += %D%/description.c
%D%/description.c: docs/api/openapi.json %D%/description.awk
	$(AM_V_GEN)$(MKDIR_P) %D% && \
	LC_ALL=C $(AWK) -f $(srcdir)/%D%/description.awk $< >$@.tmp && mv $@.tmp $@

UNIT_TESTS += tests/unit/test_api_description
tests_unit_test_api_description_SOURCES = tests/unit/test_api_description.c
UNIT_TESTS += tests/unit/test_api_body tests/unit/test_api_body_members \
	tests/unit/test_api_cursor tests/unit/test_api_text_memo
tests_unit_test_api_body_SOURCES = tests/unit/test_api_body.c
tests_unit_test_api_body_members_SOURCES = tests/unit/test_api_body_members.c
UNIT_TESTS += tests/unit/test_api_issue_range
tests_unit_test_api_issue_range_SOURCES = tests/unit/test_api_issue_range.c
tests_unit_test_api_cursor_SOURCES = tests/unit/test_api_cursor.c
tests_unit_test_api_text_memo_SOURCES = tests/unit/test_api_text_memo.c

