/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/* Slugs and ids in URLs.  No text is both, and what is either is safe in a path. */
#include "config.h"
#include "tests/fuzz/fuzz.h"

#include <stdio.h>

#include "core/base/err.h"
#include "core/base/slug.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input input = {data, size};
	cleanup_free char *text = fuzz_text(&input);
	cleanup_err struct err err = {0};
	int64_t id;
	bool is_id = slug_is_id(text, &id);
	bool is_slug = slug_check(text, "slug", &err) == 0;

	HOLDS(!is_id || !is_slug);
	if (is_id)
		HOLDS(id >= 0 && id < INT64_C(1) << 53 && strtoll(text, NULL, 10) == id);
	if (is_slug)
		HOLDS(*text && strlen(text) <= 50 && !strpbrk(text, "/.%?#\"\\ "));
	else
		HOLDS(err.code == MORTISE_E_FIELD && json_object_get(err.fields, "slug"));
	return 0;
}
