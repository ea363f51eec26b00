# SPDX-License-Identifier: Apache-2.0
plugin_LTLIBRARIES += %D%/jira.la
plugins_jira_jira_la_SOURCES = \
	%D%/adf.c %D%/adf.h \
	%D%/change.c \
	%D%/cloud.c %D%/cloud.h \
	%D%/comment.c \
	%D%/config.c \
	%D%/connect.c \
	%D%/errors.c \
	%D%/fields.c \
	%D%/form.c %D%/form.h \
	%D%/issue.c \
	%D%/jira.c %D%/jira.h \
	%D%/metadata.c \
	%D%/page.c \
	%D%/project.c \
	%D%/request.c \
	%D%/search.c \
	%D%/server.c %D%/server.h \
	%D%/server_install.c \
	%D%/server_webhook.c \
	%D%/submit.c \
	%D%/sync.c \
	%D%/text.c %D%/text.h \
	%D%/value.c \
	%D%/wiki.c %D%/wiki.h
plugins_jira_jira_la_CPPFLAGS = $(PLUGIN_CPPFLAGS) -D_GNU_SOURCE
plugins_jira_jira_la_CFLAGS = $(PLUGIN_CFLAGS)
plugins_jira_jira_la_LDFLAGS = $(PLUGIN_LDFLAGS)
plugins_jira_jira_la_LIBADD = $(PLUGIN_LIBS)
plugins_jira_jira_la_DEPENDENCIES = $(PLUGIN_MAP)
EXTRA_DIST += %D%/README.md %D%/testdata

UNIT_TESTS += tests/unit/test_plugin_jira_forms tests/unit/test_plugin_jira_server \
	tests/unit/test_plugin_jira_text
tests_unit_test_plugin_jira_forms_SOURCES = tests/unit/test_plugin_jira_forms.c \
	tests/unit/plugin_peer.c tests/unit/plugin_peer.h \
	tests/unit/host_peer.c tests/unit/host_peer.h
tests_unit_test_plugin_jira_text_SOURCES = tests/unit/test_plugin_jira_text.c \
	%D%/text.c %D%/text.h %D%/wiki.c %D%/wiki.h
tests_unit_test_plugin_jira_text_CPPFLAGS = $(AM_CPPFLAGS) -D_GNU_SOURCE

UNIT_TESTS += tests/unit/test_plugin_jira_adf
tests_unit_test_plugin_jira_adf_SOURCES = tests/unit/test_plugin_jira_adf.c \
	%D%/adf.c %D%/adf.h %D%/text.c %D%/text.h %D%/value.c
tests_unit_test_plugin_jira_adf_CPPFLAGS = $(AM_CPPFLAGS) -D_GNU_SOURCE

UNIT_TESTS += tests/unit/test_plugin_jira
tests_unit_test_plugin_jira_SOURCES = tests/unit/test_plugin_jira.c \
	tests/unit/plugin_peer.c tests/unit/plugin_peer.h \
	tests/unit/host_peer.c tests/unit/host_peer.h
tests_unit_test_plugin_jira_server_SOURCES = tests/unit/test_plugin_jira_server.c \
	tests/unit/plugin_peer.c tests/unit/plugin_peer.h \
	tests/unit/host_peer.c tests/unit/host_peer.h

UNIT_TESTS += tests/unit/test_plugin_jira_sync
tests_unit_test_plugin_jira_sync_SOURCES = tests/unit/test_plugin_jira_sync.c \
	tests/unit/plugin_peer.c tests/unit/plugin_peer.h \
	tests/unit/host_peer.c tests/unit/host_peer.h
