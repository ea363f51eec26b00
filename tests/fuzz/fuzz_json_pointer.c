/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * JSON pointers and merge patches: "POINTER NUL JSON of [document, patch]".  A patch
 * leaves no null where the target had none, changes neither side, and applied twice
 * changes no more than once.
 */
#include "config.h"
#include "tests/fuzz/fuzz.h"

#include "core/base/json_pointer.h"
#include "core/base/merge_patch.h"

static void check_patch(const json_t *document, const json_t *patch)
{
	cleanup_json json_t *document_before = json_deep_copy(document);
	cleanup_json json_t *patch_before = json_deep_copy(patch);
	cleanup_json json_t *once = merge_patch(document, patch);
	cleanup_json json_t *twice = merge_patch(once, patch);
	cleanup_json json_t *created = merge_patch(NULL, patch);
	const char *name;
	json_t *value;

	HOLDS(json_equal(document, document_before) && json_equal(patch, patch_before));
	HOLDS(once && json_equal(once, twice));
	json_object_foreach(created, name, value)
		HOLDS(!json_is_null(value));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input input = {data, size};
	cleanup_free char *pointer = fuzz_text(&input);
	cleanup_json json_t *both = json_loadb((const char *)input.data, input.size, 0, NULL);
	json_t *document = json_array_get(both, 0), *patch = json_array_get(both, 1);
	json_t *found;

	if (!document || !patch)
		return 0;
	found = json_pointer(document, pointer);
	if (found && *pointer)
		HOLDS(pointer[0] == '/' && found != document);
	if (!*pointer)
		HOLDS(found == document);
	check_patch(document, patch);
	return 0;
}
