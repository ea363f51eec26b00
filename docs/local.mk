# SPDX-License-Identifier: Apache-2.0
dist_man_MANS += %D%/man/mortised.8 %D%/man/mortise.conf.5 %D%/man/mortise-plugin.7 \
	%D%/man/mortise-host.8
dist_doc_DATA = %D%/events.md %D%/ingest.md %D%/issues.md %D%/jira.md %D%/operator-guide.md %D%/plugin-guide.md \
	%D%/sync.md
