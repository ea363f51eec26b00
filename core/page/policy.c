/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * Who may show a page in a frame.  What the request says of that itself (as `xdm_e` of
 * Atlassian Connect) decides nothing: it comes from whoever embeds us.  Pure.
 */
#include "config.h"

#include <stdio.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/egress/origin.h"
#include "core/page/page_private.h"

/* Nothing that could end a source or the header. */
static bool is_host(const char *host)
{
	return *host && !host[strspn(host, "abcdefghijklmnopqrstuvwxyz0123456789-._")];
}

/* Of IPv6, without its brackets. */
static bool is_address(const char *host)
{
	return strchr(host, ':') && !host[strspn(host, "0123456789abcdef:.")];
}

char *page_origin(const char *url)
{
	struct origin origin = {0};
	char *text = NULL, port[16] = "";
	bool is_plain;

	if (!url || origin_parse(url, &origin, NULL) < 0)
		return NULL;
	is_plain = is_host(origin.host);
	if (origin.port != (strcmp(origin.scheme, "https") == 0 ? 443 : 80))
		snprintf(port, sizeof(port), ":%d", origin.port);
	if (is_plain || is_address(origin.host))
		text = xasprintf("%s://%s%s%s%s", origin.scheme, is_plain ? "" : "[", origin.host,
			is_plain ? "" : "]", port);
	origin_clear(&origin);
	return text;
}

char *page_policy(const struct mortise_page *page, const struct page_subject *subject)
{
	const char *script = subject && page->script ? page->script : "";
	const char *frame = subject && subject->frame ? subject->frame : "";

	return xasprintf("default-src 'none'; script-src 'self'%s%s; style-src 'self'; "
		"connect-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; "
		"frame-ancestors %s%s%s", *script ? " " : "", script,
		subject ? "'self'" : "*", *frame ? " " : "", frame);
}
