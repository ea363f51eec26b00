/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * Cross-origin requests of browsers (CORS): which pages may read replies.  Loop thread.
 *
 * OPTIONS needs no route: http_conn.c answers it, and what it may say is added here.
 */
#include "config.h"
#include "core/http/http_private.h"

#include <string.h>

#define PREFLIGHT_AGE_S "600"

static bool is_allowed(const struct http_settings *settings, const char *origin)
{
	for (const char *const *allowed = settings->origins; *allowed; allowed++)
		if (strcmp(*allowed, "*") == 0 || strcmp(*allowed, origin) == 0)
			return true;
	return false;
}

/* Scripts of the configured origins may ask with a token of theirs.  A browser's session is
 * not lent to them: no Access-Control-Allow-Credentials. */
void http_allow_origin(struct http_request *request)
{
	const struct http_settings *settings = &request->server->settings;
	const char *origin = http_header(request, "Origin");
	bool preflight = strcmp(http_method(request), "OPTIONS") == 0;

	if (!settings->origins || !*settings->origins ||
		strncmp(http_path(request), settings->origins_path,
			strlen(settings->origins_path)) != 0)
		return;
	http_reply_header(request, "Vary", "Origin");
	if (!origin || !is_allowed(settings, origin))
		return;
	http_reply_header(request, "Access-Control-Allow-Origin", origin);
	http_reply_header(request, "Access-Control-Expose-Headers", "ETag, Link, Retry-After, "
		"X-Hits, X-Request-Id, X-Sentry-Rate-Limit-Limit, "
		"X-Sentry-Rate-Limit-Remaining, X-Sentry-Rate-Limit-Reset");
	if (!preflight || !*request->match.allow)
		return;
	http_reply_header(request, "Access-Control-Allow-Methods", request->match.allow);
	http_reply_header(request, "Access-Control-Allow-Headers", "Accept, Authorization, "
		"Baggage, Content-Type, If-None-Match, Sentry-Trace, X-Requested-With");
	http_reply_header(request, "Access-Control-Max-Age", PREFLIGHT_AGE_S);
}
