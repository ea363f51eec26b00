# SPDX-License-Identifier: Apache-2.0
# Plugins are modules that export mortise_plugin and nothing else.  Without
# --no-undefined-version a typo in the map would give a plugin with no export.
PLUGIN_MAP = $(top_srcdir)/%D%/plugin.map
PLUGIN_CPPFLAGS = -I$(top_srcdir)/include
PLUGIN_CFLAGS = $(MORTISE_CFLAGS) $(SANITIZER_FLAGS) $(JANSSON_CFLAGS)
PLUGIN_LDFLAGS = -module -avoid-version -shared -no-undefined $(SANITIZER_FLAGS) \
	-Wl,-z,defs -Wl,-z,relro,-z,now -Wl,-z,noexecstack \
	-Wl,--version-script=$(PLUGIN_MAP) -Wl,--no-undefined-version
PLUGIN_LIBS = $(JANSSON_LIBS)
EXTRA_DIST += %D%/plugin.map

# dlopen needs no .la.
install-data-hook: remove-plugin-la
remove-plugin-la:
	for file in $(plugin_LTLIBRARIES); do \
		rm -f "$(DESTDIR)$(plugindir)/$$(basename $$file)"; \
	done
.PHONY: remove-plugin-la
uninstall-hook: remove-plugin-so
remove-plugin-so:
	for file in $(plugin_LTLIBRARIES); do \
		rm -f "$(DESTDIR)$(plugindir)/$$(basename $$file .la).so"; \
	done
.PHONY: remove-plugin-so

# Plugins for tests; -rpath makes libtool build a shared object that is not installed.
TEST_PLUGIN_LDFLAGS = $(PLUGIN_LDFLAGS) -rpath /nowhere
include tests/plugins/local.mk
include tests/abi/local.mk

include plugins/github/local.mk
include plugins/jira/local.mk
