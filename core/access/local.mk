# SPDX-License-Identifier: Apache-2.0
libcore_la_SOURCES += %D%/scope.c %D%/access.h

UNIT_TESTS += tests/unit/test_access_scope
tests_unit_test_access_scope_SOURCES = tests/unit/test_access_scope.c
