# SPDX-License-Identifier: Apache-2.0
dist_man_MANS += %D%/man/mortised.8 %D%/man/mortise.conf.5 %D%/man/mortise-plugin.7 \
	%D%/man/mortise-host.8
dist_doc_DATA = %D%/events.md %D%/ingest.md %D%/issues.md %D%/jira.md %D%/operator-guide.md %D%/plugin-guide.md \
	%D%/sync.md
apidocdir = $(docdir)/api
dist_apidoc_DATA = %D%/api/README.md %D%/api/access.md %D%/api/openapi.yaml %D%/api/openapi.json

# The description of the API as JSON; the tarball has it, so that only who changes the
# description needs python3-yaml.
EXTRA_DIST += %D%/api/openapi.py
%D%/api/openapi.json: %D%/api/openapi.yaml %D%/api/openapi.py
	@test '$(PYTHON)' != no || { echo 'install python3-yaml and run configure again' >&2; exit 1; }
	$(AM_V_GEN)$(MKDIR_P) %D%/api && \
	$(PYTHON) $(srcdir)/%D%/api/openapi.py $(srcdir)/%D%/api/openapi.yaml >$@.tmp && mv $@.tmp $@
