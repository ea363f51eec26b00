# SPDX-License-Identifier: Apache-2.0
plugin_LTLIBRARIES += %D%/github.la
plugins_github_github_la_SOURCES = \
	%D%/catch_up.c \
	%D%/comment.c \
	%D%/errors.c \
	%D%/file.c \
	%D%/github.c %D%/github.h \
	%D%/install.c \
	%D%/issue.c \
	%D%/issue_config.c \
	%D%/issue_form.c \
	%D%/issue_search.c \
	%D%/issue_sync.c \
	%D%/markdown.c \
	%D%/repository.c \
	%D%/request.c \
	%D%/text.c \
	%D%/webhook.c
plugins_github_github_la_CPPFLAGS = $(PLUGIN_CPPFLAGS) -D_GNU_SOURCE
plugins_github_github_la_CFLAGS = $(PLUGIN_CFLAGS)
plugins_github_github_la_LDFLAGS = $(PLUGIN_LDFLAGS)
plugins_github_github_la_LIBADD = $(PLUGIN_LIBS)
plugins_github_github_la_DEPENDENCIES = $(PLUGIN_MAP)
EXTRA_DIST += %D%/README.md %D%/testdata

UNIT_TESTS += tests/unit/test_plugin_github tests/unit/test_plugin_github_issues
tests_unit_test_plugin_github_SOURCES = tests/unit/test_plugin_github.c \
	tests/unit/plugin_peer.c tests/unit/plugin_peer.h \
	tests/unit/host_peer.c tests/unit/host_peer.h
tests_unit_test_plugin_github_issues_SOURCES = tests/unit/test_plugin_github_issues.c \
	tests/unit/plugin_peer.c tests/unit/plugin_peer.h \
	tests/unit/host_peer.c tests/unit/host_peer.h
