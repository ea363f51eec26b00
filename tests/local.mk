# SPDX-License-Identifier: Apache-2.0
include tests/fuzz/local.mk

EXTRA_DIST += %D%/valgrind.supp %D%/unit/unit.h %D%/bench %D%/blackbox %D%/upstream tools .ci \
	package.json package-lock.json .npmrc

include %D%/blackbox/local.mk
include tests/faults/local.mk

# The long version of tests/blackbox/crash_rounds.test.mjs.
crash-test: all $(check_LTLIBRARIES)
	builddir='$(abs_top_builddir)' CRASH_ROUNDS=$${CRASH_ROUNDS:-1000} $(NODE) --test \
		--test-reporter=spec $(abs_top_srcdir)/tests/blackbox/crash_rounds.test.mjs
.PHONY: crash-test

# The long version of tests/blackbox/hostile.test.mjs: all that it can think of.
hostile-test: all $(check_LTLIBRARIES)
	builddir='$(abs_top_builddir)' HOSTILE_REQUESTS=$${HOSTILE_REQUESTS:-1000000} $(NODE) --test \
		--test-reporter=spec $(abs_top_srcdir)/tests/blackbox/hostile.test.mjs
.PHONY: hostile-test

# The black-box tests: a real mortised from this build on temporary directories.
# BLACKBOX=file narrows it.
NODE = node
BLACKBOX = $(abs_top_srcdir)/tests/blackbox/*.test.mjs
check-blackbox: all $(check_LTLIBRARIES) $(check_PROGRAMS)
	builddir='$(abs_top_builddir)' $(NODE) --test --test-concurrency=2 \
		--test-reporter=spec $(BLACKBOX)
.PHONY: check-blackbox

# Everything under valgrind, in a build of its own; takes half an hour.
check-valgrind:
	$(top_srcdir)/tools/valgrind
.PHONY: check-valgrind

# What docs/performance.md shows.  BENCH=part narrows it.
BENCH =
bench: all $(check_LTLIBRARIES)
	builddir='$(abs_top_builddir)' $(NODE) $(srcdir)/tests/bench/bench.mjs $(BENCH)
.PHONY: bench
