# SPDX-License-Identifier: Apache-2.0
check_PROGRAMS += tests/abi/layout
tests_abi_layout_SOURCES = %D%/layout.c
tests_abi_layout_CPPFLAGS = -I$(top_srcdir)/include
tests_abi_layout_CFLAGS = -std=c99 -pedantic -Wall -Wextra -Werror $(JANSSON_CFLAGS)
tests_abi_layout_LDADD =
TESTS += tests/abi/layout %D%/cxx.sh
EXTRA_DIST += %D%/layout-0.txt %D%/cxx.sh %D%/plugin.cc
