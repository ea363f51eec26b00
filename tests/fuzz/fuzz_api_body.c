/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * Bodies of API requests: "CONTENT-TYPE NUL BODY".  What is taken is an object, not too
 * deep, and written and read again the same.
 */
#include "config.h"
#include "tests/fuzz/fuzz.h"

#include "core/api/call.h"
#include "core/base/err.h"

static int depth(json_t *json)
{
	int deepest = 0, below;
	const char *name;
	json_t *value;
	size_t index;

	json_array_foreach(json, index, value) {
		below = depth(value);
		deepest = below > deepest ? below : deepest;
	}
	json_object_foreach(json, name, value) {
		below = depth(value);
		deepest = below > deepest ? below : deepest;
	}
	return deepest + (json_is_array(json) || json_is_object(json));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input input = {data, size};
	cleanup_free char *type = fuzz_text(&input);
	cleanup_free char *written = NULL;
	cleanup_json json_t *body = NULL;
	cleanup_json json_t *again = NULL;
	cleanup_err struct err err = {0};

	if (api_body_parse(type, (const char *)input.data, input.size, &body, &err) < 0) {
		HOLDS(err.code == MORTISE_E_FIELD && *err_text(&err));
		return 0;
	}
	HOLDS(json_is_object(body) && depth(body) <= API_MAX_DEPTH);
	written = json_dumps(body, JSON_COMPACT);
	HOLDS(api_body_parse("application/json", written, strlen(written), &again, NULL) == 0);
	HOLDS(json_equal(body, again));
	return 0;
}
