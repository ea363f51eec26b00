# SPDX-License-Identifier: Apache-2.0
# Every statement of the program, for tools/check-sql and the test of their plans.  The
# core is linked whole, so that no statement is left out.
SQL_LINK = $(AM_LDFLAGS) -Wl,--whole-archive,.libs/libcore.a,--no-whole-archive

check_PROGRAMS += tests/sql/sql_dump
tests_sql_sql_dump_SOURCES = %D%/sql_dump.c
tests_sql_sql_dump_LDADD = $(libcore_la_LIBADD)
tests_sql_sql_dump_LDFLAGS = $(SQL_LINK)
tests_sql_sql_dump_DEPENDENCIES = libcore.la

if HAVE_CMOCKA
check_PROGRAMS += tests/sql/test_sql_plans
TESTS += tests/sql/test_sql_plans
tests_sql_test_sql_plans_SOURCES = %D%/test_sql_plans.c
tests_sql_test_sql_plans_LDADD = $(libcore_la_LIBADD) $(CMOCKA_LIBS)
tests_sql_test_sql_plans_LDFLAGS = $(SQL_LINK)
tests_sql_test_sql_plans_DEPENDENCIES = libcore.la
endif
