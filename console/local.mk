# SPDX-License-Identifier: Apache-2.0
# Static pages over the JSON API; the daemon reads them into memory when it starts.
consoledir = $(pkgdatadir)/console
dist_console_DATA = \
	%D%/api.js \
	%D%/configure.html \
	%D%/configure.js \
	%D%/console.css \
	%D%/console.js \
	%D%/dom.js \
	%D%/embed.css \
	%D%/embed.html \
	%D%/embed.js \
	%D%/index.html \
	%D%/install.html \
	%D%/install.js \
	%D%/logo.svg \
	%D%/relay.html \
	%D%/relay.js
