# SPDX-License-Identifier: Apache-2.0
libcore_la_SOURCES += \
	%D%/access.c %D%/access.h \
	%D%/cookie.c %D%/cookie.h \
	%D%/credentials.c %D%/credentials.h \
	%D%/rate.c %D%/rate.h \
	%D%/scope.c \
	%D%/sign_in.c \
	%D%/token.c %D%/token.h

UNIT_TESTS += tests/unit/test_access_cookie tests/unit/test_access_scope
tests_unit_test_access_cookie_SOURCES = tests/unit/test_access_cookie.c
tests_unit_test_access_scope_SOURCES = tests/unit/test_access_scope.c
UNIT_TESTS += tests/unit/test_access_rate
tests_unit_test_access_rate_SOURCES = tests/unit/test_access_rate.c
