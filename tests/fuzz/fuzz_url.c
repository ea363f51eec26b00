/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * URLs of outbound requests and targets of redirects: "URL NUL LOCATION".  What is taken
 * has a plain host and port, and reading its parts put together again gives the same.
 */
#include "config.h"
#include "tests/fuzz/fuzz.h"

#include "core/base/err.h"
#include "core/egress/origin.h"

/* Nothing that could end the host inside a URL, or begin user and password. */
static void check_origin(const struct origin *origin)
{
	HOLDS(strcmp(origin->scheme, "http") == 0 || strcmp(origin->scheme, "https") == 0);
	HOLDS(*origin->host && !strpbrk(origin->host, "/?#@\\ \t\r\n"));
	HOLDS(origin->port > 0 && origin->port <= 65535);
	for (const char *c = origin->host; *c; c++)
		HOLDS(*c < 'A' || *c > 'Z');
}

static void check_again(const struct origin *origin)
{
	bool bracketed = strchr(origin->host, ':') != NULL;
	cleanup_free char *url = xasprintf("%s://%s%s%s:%d/", origin->scheme, bracketed ? "[" : "",
		origin->host, bracketed ? "]" : "", origin->port);
	struct origin again;

	HOLDS(origin_parse(url, &again, NULL) == 0);
	HOLDS(origin_equals(origin, &again));
	origin_clear(&again);
}

/* What is signed leads to the same origin, and has each part in its place. */
static void check_target(const char *url, const struct origin *origin)
{
	struct origin_target target;
	struct origin again;

	HOLDS(origin_target_parse(url, &target, NULL) == 0);
	HOLDS(target.path[0] == '/' && !strpbrk(target.path, "?#"));
	HOLDS(!target.query || !strchr(target.query, '#'));
	HOLDS(origin_parse(target.resource, &again, NULL) == 0);
	HOLDS(origin_equals(origin, &again));
	HOLDS(strlen(target.resource) > strlen(target.path) && strcmp(target.path,
		target.resource + strlen(target.resource) - strlen(target.path)) == 0);
	origin_clear(&again);
	origin_target_clear(&target);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input input = {data, size};
	cleanup_free char *url = fuzz_text(&input);
	cleanup_free char *location = fuzz_text(&input);
	cleanup_free char *target = NULL;
	struct origin origin;

	if (origin_parse(url, &origin, NULL) < 0)
		return 0;
	check_origin(&origin);
	check_again(&origin);
	check_target(url, &origin);
	origin_clear(&origin);
	target = origin_resolve(url, location);
	HOLDS(!target || !strchr(target, '#'));
	if (target && origin_parse(target, &origin, NULL) == 0) {
		check_origin(&origin);
		origin_clear(&origin);
	}
	return 0;
}
