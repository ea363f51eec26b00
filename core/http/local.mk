# SPDX-License-Identifier: Apache-2.0
libcore_la_SOURCES += \
	%D%/gzip.c %D%/gzip.h \
	%D%/health.c %D%/health.h \
	%D%/http.h %D%/http_private.h \
	%D%/http_conn.c \
	%D%/http_origin.c \
	%D%/http_parser.c %D%/http_parser.h \
	%D%/http_peer.c %D%/http_peer.h \
	%D%/http_reply.c \
	%D%/http_request.c \
	%D%/http_router.c %D%/http_router.h \
	%D%/http_server.c \
	%D%/metrics.c %D%/metrics.h \
	%D%/static.c %D%/static.h

UNIT_TESTS += tests/unit/test_http_gzip tests/unit/test_http_parser tests/unit/test_http_server
tests_unit_test_http_gzip_SOURCES = tests/unit/test_http_gzip.c
tests_unit_test_http_parser_SOURCES = tests/unit/test_http_parser.c
tests_unit_test_http_server_SOURCES = tests/unit/test_http_server.c

# What tests/blackbox/http.test.mjs sends bytes to.
noinst_PROGRAMS += tests/http_echo
tests_http_echo_SOURCES = tests/http_echo.c
tests_http_echo_LDADD = libcore.la
