# SPDX-License-Identifier: Apache-2.0
# Every parser of foreign bytes has a target here: fuzz_NAME.c with its seeds in
# seeds/NAME/ and, where the input has words, a dictionary in NAME.dict.
#
# In a plain build each is a program that runs its seeds, as a test.  Configured with
# --enable-fuzzing CC=clang it is libFuzzer's, and no test is built; tools/fuzz
# (`make fuzz`) does that and runs them.
FUZZ_TARGETS = \
	%D%/fuzz_address \
	%D%/fuzz_admin \
	%D%/fuzz_answer \
	%D%/fuzz_api_body \
	%D%/fuzz_backup \
	%D%/fuzz_body \
	%D%/fuzz_client \
	%D%/fuzz_config \
	%D%/fuzz_cookie \
	%D%/fuzz_cursor \
	%D%/fuzz_effect \
	%D%/fuzz_envelope \
	%D%/fuzz_expand \
	%D%/fuzz_expression \
	%D%/fuzz_form \
	%D%/fuzz_frame \
	%D%/fuzz_gate \
	%D%/fuzz_github \
	%D%/fuzz_http \
	%D%/fuzz_issue_body \
	%D%/fuzz_issue_text \
	%D%/fuzz_jira \
	%D%/fuzz_jira_text \
	%D%/fuzz_json_pointer \
	%D%/fuzz_json_read \
	%D%/fuzz_jwt \
	%D%/fuzz_log \
	%D%/fuzz_note \
	%D%/fuzz_owner \
	%D%/fuzz_pack \
	%D%/fuzz_qsh \
	%D%/fuzz_registration \
	%D%/fuzz_signature \
	%D%/fuzz_slug \
	%D%/fuzz_step_fields \
	%D%/fuzz_template \
	%D%/fuzz_time \
	%D%/fuzz_token \
	%D%/fuzz_url \
	%D%/fuzz_varlink \
	%D%/fuzz_vault_key \
	%D%/fuzz_webhook_scanner
%C%_fuzz_backup_SOURCES = %D%/fuzz_backup.c ctl/backup.c
%C%_fuzz_client_SOURCES = %D%/fuzz_client.c $(CTL_SOURCES)
%C%_fuzz_github_SOURCES = %D%/fuzz_github.c %D%/plugin_player.c %D%/plugin_player.h \
	plugins/github/catch_up.c plugins/github/comment.c plugins/github/errors.c plugins/github/file.c \
	plugins/github/install.c plugins/github/issue.c plugins/github/issue_config.c \
	plugins/github/issue_form.c plugins/github/issue_search.c plugins/github/issue_sync.c \
	plugins/github/markdown.c plugins/github/repository.c plugins/github/request.c \
	plugins/github/text.c plugins/github/webhook.c
%C%_fuzz_github_CPPFLAGS = $(AM_CPPFLAGS) -D_GNU_SOURCE

%C%_fuzz_jira_SOURCES = %D%/fuzz_jira.c %D%/plugin_player.c %D%/plugin_player.h \
	plugins/jira/adf.c plugins/jira/change.c plugins/jira/cloud.c plugins/jira/comment.c \
	plugins/jira/config.c plugins/jira/connect.c plugins/jira/errors.c \
	plugins/jira/fields.c plugins/jira/form.c plugins/jira/issue.c \
	plugins/jira/metadata.c plugins/jira/page.c plugins/jira/project.c \
	plugins/jira/request.c plugins/jira/search.c plugins/jira/server.c \
	plugins/jira/server_install.c plugins/jira/server_webhook.c plugins/jira/submit.c \
	plugins/jira/sync.c plugins/jira/text.c plugins/jira/value.c plugins/jira/wiki.c
%C%_fuzz_jira_CPPFLAGS = $(AM_CPPFLAGS) -D_GNU_SOURCE

%C%_fuzz_jira_text_SOURCES = %D%/fuzz_jira_text.c plugins/jira/text.c plugins/jira/wiki.c
%C%_fuzz_jira_text_CPPFLAGS = $(AM_CPPFLAGS) -D_GNU_SOURCE

check_LIBRARIES = %D%/libreplay.a
%C%_libreplay_a_SOURCES = %D%/replay.c
check_PROGRAMS += $(FUZZ_TARGETS)
if FUZZING
FUZZ_MAIN = $(FUZZ_FLAGS)
AM_CFLAGS += -fsanitize=fuzzer-no-link
AM_LDFLAGS += -fsanitize=fuzzer-no-link
else
FUZZ_MAIN = %D%/libreplay.a
TESTS += $(FUZZ_TARGETS)
endif

fuzz-targets: $(FUZZ_TARGETS)
.PHONY: fuzz-targets

# FUZZ_TIME=60 seconds each, FUZZ_JOBS=1 at a time, FUZZ="http jwt": only these.
fuzz:
	FUZZ_TIME='$(FUZZ_TIME)' FUZZ_JOBS='$(FUZZ_JOBS)' $(top_srcdir)/tools/fuzz $(FUZZ)
.PHONY: fuzz

EXTRA_DIST += %D%/fuzz.h %D%/seeds $(FUZZ_TARGETS:%D%/fuzz_%=%D%/%.dict)
