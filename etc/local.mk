# SPDX-License-Identifier: Apache-2.0
pkgconfigdir = $(libdir)/pkgconfig
pkgconfig_DATA = %D%/mortise-plugin.pc

# The sample configuration is all comments: a fresh installation runs on the defaults,
# and an operator's file is never overwritten.
EXTRA_DIST += %D%/mortise.conf %D%/systemd/mortised.service.in %D%/systemd/mortised.socket
mortiseconfdir = $(sysconfdir)/mortise
install-data-local:
	$(MKDIR_P) '$(DESTDIR)$(mortiseconfdir)'
	test -e '$(DESTDIR)$(mortiseconfdir)/mortise.conf' || \
		$(INSTALL_DATA) $(srcdir)/%D%/mortise.conf '$(DESTDIR)$(mortiseconfdir)/mortise.conf'
uninstall-local:
	cmp -s $(srcdir)/%D%/mortise.conf '$(DESTDIR)$(mortiseconfdir)/mortise.conf' && \
		rm -f '$(DESTDIR)$(mortiseconfdir)/mortise.conf' || :

if WITH_UNITS
systemdsystemunit_DATA = %D%/systemd/mortised.service %D%/systemd/mortised.socket
endif
CLEANFILES += %D%/systemd/mortised.service
%D%/systemd/mortised.service: %D%/systemd/mortised.service.in Makefile
	$(AM_V_GEN)$(MKDIR_P) %D%/systemd && sed -e 's|@sbindir[@]|$(sbindir)|' \
		-e 's|@sysconfdir[@]|$(sysconfdir)|' $(srcdir)/%D%/systemd/mortised.service.in >$@
