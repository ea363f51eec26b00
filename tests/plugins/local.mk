# SPDX-License-Identifier: Apache-2.0
# The plugin of docs/plugin-guide.md is installed as source, and built from there by
# tests/blackbox/example.test.mjs.
exampledir = $(docdir)/examples/example
dist_example_DATA = \
	%D%/example/Makefile \
	%D%/example/README.md \
	%D%/example/account.c \
	%D%/example/example.c \
	%D%/example/example.conf \
	%D%/example/example.h \
	%D%/example/repository.c \
	%D%/example/request.c \
	%D%/example/webhook.c
examplecallsdir = $(exampledir)/calls
dist_examplecalls_DATA = \
	%D%/example/calls/install.json \
	%D%/example/calls/repositories.json \
	%D%/example/calls/webhooks.json
TESTS += %D%/example.sh
EXTRA_DIST += %D%/example.sh

check_LTLIBRARIES += %D%/ping.la
tests_plugins_ping_la_SOURCES = %D%/ping.c %D%/behave.c %D%/behave.h \
	%D%/track.c %D%/track.h
tests_plugins_ping_la_CPPFLAGS = $(PLUGIN_CPPFLAGS) -I$(top_srcdir)
tests_plugins_ping_la_CFLAGS = $(PLUGIN_CFLAGS)
tests_plugins_ping_la_LDFLAGS = $(TEST_PLUGIN_LDFLAGS)
tests_plugins_ping_la_LIBADD = $(PLUGIN_LIBS)
tests_plugins_ping_la_DEPENDENCIES = $(PLUGIN_MAP)

# The same plugin once more, as a neighbour that misbehaves.
check_LTLIBRARIES += %D%/neighbour.la
tests_plugins_neighbour_la_SOURCES = %D%/ping.c %D%/behave.c %D%/behave.h \
	%D%/track.c %D%/track.h
tests_plugins_neighbour_la_CPPFLAGS = $(PLUGIN_CPPFLAGS) -I$(top_srcdir) -DKEY='"neighbour"'
tests_plugins_neighbour_la_CFLAGS = $(PLUGIN_CFLAGS)
tests_plugins_neighbour_la_LDFLAGS = $(TEST_PLUGIN_LDFLAGS)
tests_plugins_neighbour_la_LIBADD = $(PLUGIN_LIBS)
tests_plugins_neighbour_la_DEPENDENCIES = $(PLUGIN_MAP)

# Installs of all kinds.
check_LTLIBRARIES += %D%/steps.la
tests_plugins_steps_la_SOURCES = %D%/steps.c
tests_plugins_steps_la_CPPFLAGS = $(PLUGIN_CPPFLAGS)
tests_plugins_steps_la_CFLAGS = $(PLUGIN_CFLAGS)
tests_plugins_steps_la_LDFLAGS = $(TEST_PLUGIN_LDFLAGS)
tests_plugins_steps_la_LIBADD = $(PLUGIN_LIBS)
tests_plugins_steps_la_DEPENDENCIES = $(PLUGIN_MAP)

# An upstream that signs tokens.
check_LTLIBRARIES += %D%/signed.la
tests_plugins_signed_la_SOURCES = %D%/signed.c
tests_plugins_signed_la_CPPFLAGS = $(PLUGIN_CPPFLAGS)
tests_plugins_signed_la_CFLAGS = $(PLUGIN_CFLAGS)
tests_plugins_signed_la_LDFLAGS = $(TEST_PLUGIN_LDFLAGS)
tests_plugins_signed_la_LIBADD = $(PLUGIN_LIBS)
tests_plugins_signed_la_DEPENDENCIES = $(PLUGIN_MAP)

# One that is installed from its upstream and shows pages there.
check_LTLIBRARIES += %D%/embed.la
tests_plugins_embed_la_SOURCES = %D%/embed.c
tests_plugins_embed_la_CPPFLAGS = $(PLUGIN_CPPFLAGS) -I$(top_srcdir)
tests_plugins_embed_la_CFLAGS = $(PLUGIN_CFLAGS)
tests_plugins_embed_la_LDFLAGS = $(TEST_PLUGIN_LDFLAGS)
tests_plugins_embed_la_LIBADD = $(PLUGIN_LIBS)
tests_plugins_embed_la_DEPENDENCIES = $(PLUGIN_MAP)

# Runs a program as on a kernel that lacks a piece of the sandbox.
check_PROGRAMS += %D%/lacking
tests_plugins_lacking_SOURCES = %D%/lacking.c
tests_plugins_lacking_LDADD = $(SECCOMP_LIBS)

# One source, wrong in one way each.
check_LTLIBRARIES += %D%/bad_magic.la %D%/older_major.la %D%/newer_minor.la \
	%D%/oldest_minor.la %D%/tracks_badly.la \
	%D%/short_size.la %D%/no_note.la %D%/load_crashes.la %D%/load_refuses.la \
	%D%/load_hangs.la %D%/registers_badly.la %D%/constructor_crashes.la \
	%D%/constructor_writes.la %D%/constructor_babbles.la %D%/load_threads.la \
	%D%/load_eats.la %D%/null_callback.la %D%/bad_expression.la %D%/no_load.la %D%/no_symbol.la
tests_plugins_bad_magic_la_SOURCES = %D%/bad.c
tests_plugins_bad_magic_la_CPPFLAGS = $(PLUGIN_CPPFLAGS) -DBAD_MAGIC
tests_plugins_bad_magic_la_CFLAGS = $(PLUGIN_CFLAGS)
tests_plugins_bad_magic_la_LDFLAGS = $(TEST_PLUGIN_LDFLAGS)
tests_plugins_bad_magic_la_LIBADD = $(PLUGIN_LIBS)
tests_plugins_older_major_la_SOURCES = %D%/bad.c
tests_plugins_older_major_la_CPPFLAGS = $(PLUGIN_CPPFLAGS) -DOTHER_MAJOR
tests_plugins_older_major_la_CFLAGS = $(PLUGIN_CFLAGS)
tests_plugins_older_major_la_LDFLAGS = $(TEST_PLUGIN_LDFLAGS)
tests_plugins_older_major_la_LIBADD = $(PLUGIN_LIBS)
tests_plugins_newer_minor_la_SOURCES = %D%/bad.c
tests_plugins_newer_minor_la_CPPFLAGS = $(PLUGIN_CPPFLAGS) -DNEWER_MINOR
tests_plugins_newer_minor_la_CFLAGS = $(PLUGIN_CFLAGS)
tests_plugins_newer_minor_la_LDFLAGS = $(TEST_PLUGIN_LDFLAGS)
tests_plugins_newer_minor_la_LIBADD = $(PLUGIN_LIBS)
tests_plugins_oldest_minor_la_SOURCES = %D%/bad.c
tests_plugins_oldest_minor_la_CPPFLAGS = $(PLUGIN_CPPFLAGS) -DOLDEST_MINOR \
	-DNAME='"oldest_minor"'
tests_plugins_oldest_minor_la_CFLAGS = $(PLUGIN_CFLAGS)
tests_plugins_oldest_minor_la_LDFLAGS = $(TEST_PLUGIN_LDFLAGS)
tests_plugins_oldest_minor_la_LIBADD = $(PLUGIN_LIBS)
tests_plugins_tracks_badly_la_SOURCES = %D%/bad.c
tests_plugins_tracks_badly_la_CPPFLAGS = $(PLUGIN_CPPFLAGS) -DTRACKS_BADLY \
	-DNAME='"tracks_badly"'
tests_plugins_tracks_badly_la_CFLAGS = $(PLUGIN_CFLAGS)
tests_plugins_tracks_badly_la_LDFLAGS = $(TEST_PLUGIN_LDFLAGS)
tests_plugins_tracks_badly_la_LIBADD = $(PLUGIN_LIBS)
tests_plugins_short_size_la_SOURCES = %D%/bad.c
tests_plugins_short_size_la_CPPFLAGS = $(PLUGIN_CPPFLAGS) -DSHORT_SIZE
tests_plugins_short_size_la_CFLAGS = $(PLUGIN_CFLAGS)
tests_plugins_short_size_la_LDFLAGS = $(TEST_PLUGIN_LDFLAGS)
tests_plugins_short_size_la_LIBADD = $(PLUGIN_LIBS)
tests_plugins_no_note_la_SOURCES = %D%/bad.c
tests_plugins_no_note_la_CPPFLAGS = $(PLUGIN_CPPFLAGS) -DNO_NOTE
tests_plugins_no_note_la_CFLAGS = $(PLUGIN_CFLAGS)
tests_plugins_no_note_la_LDFLAGS = $(TEST_PLUGIN_LDFLAGS)
tests_plugins_no_note_la_LIBADD = $(PLUGIN_LIBS)
tests_plugins_load_crashes_la_SOURCES = %D%/bad.c
tests_plugins_load_crashes_la_CPPFLAGS = $(PLUGIN_CPPFLAGS) -DLOAD_CRASHES \
	-DNAME='"load_crashes"'
tests_plugins_load_crashes_la_CFLAGS = $(PLUGIN_CFLAGS)
tests_plugins_load_crashes_la_LDFLAGS = $(TEST_PLUGIN_LDFLAGS)
tests_plugins_load_crashes_la_LIBADD = $(PLUGIN_LIBS)
tests_plugins_load_refuses_la_SOURCES = %D%/bad.c
tests_plugins_load_refuses_la_CPPFLAGS = $(PLUGIN_CPPFLAGS) -DLOAD_REFUSES \
	-DNAME='"load_refuses"'
tests_plugins_load_refuses_la_CFLAGS = $(PLUGIN_CFLAGS)
tests_plugins_load_refuses_la_LDFLAGS = $(TEST_PLUGIN_LDFLAGS)
tests_plugins_load_refuses_la_LIBADD = $(PLUGIN_LIBS)
tests_plugins_load_hangs_la_SOURCES = %D%/bad.c
tests_plugins_load_hangs_la_CPPFLAGS = $(PLUGIN_CPPFLAGS) -DLOAD_HANGS \
	-DNAME='"load_hangs"'
tests_plugins_load_hangs_la_CFLAGS = $(PLUGIN_CFLAGS)
tests_plugins_load_hangs_la_LDFLAGS = $(TEST_PLUGIN_LDFLAGS)
tests_plugins_load_hangs_la_LIBADD = $(PLUGIN_LIBS)
tests_plugins_registers_badly_la_SOURCES = %D%/bad.c
tests_plugins_registers_badly_la_CPPFLAGS = $(PLUGIN_CPPFLAGS) -DREGISTERS_BADLY \
	-DNAME='"registers_badly"'
tests_plugins_registers_badly_la_CFLAGS = $(PLUGIN_CFLAGS)
tests_plugins_registers_badly_la_LDFLAGS = $(TEST_PLUGIN_LDFLAGS)
tests_plugins_registers_badly_la_LIBADD = $(PLUGIN_LIBS)
tests_plugins_constructor_crashes_la_SOURCES = %D%/bad.c
tests_plugins_constructor_crashes_la_CPPFLAGS = $(PLUGIN_CPPFLAGS) -DCONSTRUCTOR_CRASHES \
	-DNAME='"constructor_crashes"'
tests_plugins_constructor_crashes_la_CFLAGS = $(PLUGIN_CFLAGS)
tests_plugins_constructor_crashes_la_LDFLAGS = $(TEST_PLUGIN_LDFLAGS)
tests_plugins_constructor_crashes_la_LIBADD = $(PLUGIN_LIBS)
tests_plugins_constructor_writes_la_SOURCES = %D%/bad.c
tests_plugins_constructor_writes_la_CPPFLAGS = $(PLUGIN_CPPFLAGS) -DCONSTRUCTOR_WRITES \
	-DNAME='"constructor_writes"'
tests_plugins_constructor_writes_la_CFLAGS = $(PLUGIN_CFLAGS)
tests_plugins_constructor_writes_la_LDFLAGS = $(TEST_PLUGIN_LDFLAGS)
tests_plugins_constructor_writes_la_LIBADD = $(PLUGIN_LIBS)
tests_plugins_constructor_babbles_la_SOURCES = %D%/bad.c
tests_plugins_constructor_babbles_la_CPPFLAGS = $(PLUGIN_CPPFLAGS) -DCONSTRUCTOR_BABBLES \
	-DNAME='"constructor_babbles"'
tests_plugins_constructor_babbles_la_CFLAGS = $(PLUGIN_CFLAGS)
tests_plugins_constructor_babbles_la_LDFLAGS = $(TEST_PLUGIN_LDFLAGS)
tests_plugins_constructor_babbles_la_LIBADD = $(PLUGIN_LIBS) -lpthread
tests_plugins_load_threads_la_SOURCES = %D%/bad.c
tests_plugins_load_threads_la_CPPFLAGS = $(PLUGIN_CPPFLAGS) -DLOAD_THREADS \
	-DNAME='"load_threads"'
tests_plugins_load_threads_la_CFLAGS = $(PLUGIN_CFLAGS)
tests_plugins_load_threads_la_LDFLAGS = $(TEST_PLUGIN_LDFLAGS)
tests_plugins_load_threads_la_LIBADD = $(PLUGIN_LIBS) -lpthread
tests_plugins_load_eats_la_SOURCES = %D%/bad.c
tests_plugins_load_eats_la_CPPFLAGS = $(PLUGIN_CPPFLAGS) -DLOAD_EATS \
	-DNAME='"load_eats"'
tests_plugins_load_eats_la_CFLAGS = $(PLUGIN_CFLAGS)
tests_plugins_load_eats_la_LDFLAGS = $(TEST_PLUGIN_LDFLAGS)
tests_plugins_load_eats_la_LIBADD = $(PLUGIN_LIBS) -lpthread
tests_plugins_null_callback_la_SOURCES = %D%/bad.c
tests_plugins_null_callback_la_CPPFLAGS = $(PLUGIN_CPPFLAGS) -DNULL_CALLBACK \
	-DNAME='"null_callback"'
tests_plugins_null_callback_la_CFLAGS = $(PLUGIN_CFLAGS)
tests_plugins_null_callback_la_LDFLAGS = $(TEST_PLUGIN_LDFLAGS)
tests_plugins_null_callback_la_LIBADD = $(PLUGIN_LIBS) -lpthread
tests_plugins_bad_expression_la_SOURCES = %D%/bad.c
tests_plugins_bad_expression_la_CPPFLAGS = $(PLUGIN_CPPFLAGS) -DBAD_EXPRESSION \
	-DNAME='"bad_expression"'
tests_plugins_bad_expression_la_CFLAGS = $(PLUGIN_CFLAGS)
tests_plugins_bad_expression_la_LDFLAGS = $(TEST_PLUGIN_LDFLAGS)
tests_plugins_bad_expression_la_LIBADD = $(PLUGIN_LIBS) -lpthread
tests_plugins_no_load_la_SOURCES = %D%/bad.c
tests_plugins_no_load_la_CPPFLAGS = $(PLUGIN_CPPFLAGS) -DNO_LOAD \
	-DNAME='"no_load"'
tests_plugins_no_load_la_CFLAGS = $(PLUGIN_CFLAGS)
tests_plugins_no_load_la_LDFLAGS = $(TEST_PLUGIN_LDFLAGS)
tests_plugins_no_load_la_LIBADD = $(PLUGIN_LIBS) -lpthread
# Exports nothing, so without the map.
tests_plugins_no_symbol_la_SOURCES = %D%/no_symbol.c
tests_plugins_no_symbol_la_CFLAGS = $(PLUGIN_CFLAGS)
tests_plugins_no_symbol_la_LDFLAGS = -module -avoid-version -shared $(SANITIZER_FLAGS) -rpath /nowhere
