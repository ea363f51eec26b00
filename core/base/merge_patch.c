/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
#include "config.h"
#include "core/base/merge_patch.h"

#include <stdint.h>

json_t *merge_patch(const json_t *target, const json_t *patch)
{
	json_t *merged;
	const char *key;
	json_t *value;

	if (!json_is_object(patch))
		return json_deep_copy(patch);
	merged = json_is_object(target) ? json_deep_copy(target) : json_object();
	/* The iteration only reads; jansson's macro wants it without const. */
	json_object_foreach((json_t *)(uintptr_t)patch, key, value) {
		if (json_is_null(value))
			json_object_del(merged, key);
		else
			json_object_set_new(merged, key,
				merge_patch(json_object_get(merged, key), value));
	}
	return merged;
}
