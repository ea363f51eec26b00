/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * Cookie headers.  A found value stands in the header behind its name; one that we make
 * ourselves is found; the same name twice is no cookie.
 */
#include "config.h"
#include "tests/fuzz/fuzz.h"

#include "core/access/cookie.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input input = {data, size};
	cleanup_free char *header = fuzz_text(&input);
	cleanup_free char *planted = xasprintf("a=b; %s; " ACCESS_COOKIE "=mine", header);
	char value[65], again[65];

	if (!cookie_find(header, ACCESS_COOKIE, value, sizeof(value))) {
		if (!strstr(header, ACCESS_COOKIE))
			HOLDS(cookie_find(planted, ACCESS_COOKIE, again, sizeof(again)) &&
				strcmp(again, "mine") == 0);
		return 0;
	}
	HOLDS(*value && strlen(value) < sizeof(value) && !strchr(value, ';'));
	cleanup_free char *pair = xasprintf(ACCESS_COOKIE "=%s", value);
	HOLDS(strstr(header, pair));
	HOLDS(!cookie_find(planted, ACCESS_COOKIE, again, sizeof(again)));
	HOLDS(cookie_find(pair, ACCESS_COOKIE, again, sizeof(again)) && strcmp(value, again) == 0);
	return 0;
}
