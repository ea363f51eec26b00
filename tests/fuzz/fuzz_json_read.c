/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/* JSON: one byte of flags, and a text that is read as jansson reads it. */
#include "config.h"
#include "tests/fuzz/fuzz.h"

#include "core/base/json_read.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const size_t flag_sets[] = {0, JSON_DECODE_ANY, JSON_REJECT_DUPLICATES,
		JSON_DECODE_ANY | JSON_REJECT_DUPLICATES};
	const char *text = (const char *)data + 1;
	json_error_t problem;

	if (size == 0)
		return 0;
	cleanup_json json_t *wanted = json_loadb(text, size - 1, flag_sets[data[0] % 4], &problem);
	cleanup_json json_t *json = json_read(text, size - 1, flag_sets[data[0] % 4], &problem);

	HOLDS(!wanted == !json);
	HOLDS(!wanted || json_equal(wanted, json));
	return 0;
}
