# SPDX-License-Identifier: Apache-2.0
plugin_LTLIBRARIES += %D%/github.la
plugins_github_github_la_SOURCES = \
	%D%/catch_up.c \
	%D%/errors.c \
	%D%/github.c %D%/github.h \
	%D%/install.c \
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

UNIT_TESTS += tests/unit/test_plugin_github
tests_unit_test_plugin_github_SOURCES = tests/unit/test_plugin_github.c \
	tests/unit/host_peer.c tests/unit/host_peer.h
