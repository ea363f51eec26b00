/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * Varlink types and values that are checked against them: "TYPE NUL JSON".  An object that
 * fails names the member, and what passes a struct is an object.
 */
#include "config.h"
#include "tests/fuzz/fuzz.h"

#include "core/admin/varlink.h"
#include "core/base/err.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input input = {data, size};
	cleanup_free char *text = fuzz_text(&input);
	cleanup_json json_t *value = json_loadb((const char *)input.data, input.size,
		JSON_DECODE_ANY, NULL);
	cleanup_free char *path = NULL;
	cleanup_err struct err err = {0};
	struct varlink_type *type;

	if (varlink_parse(text, &type, &err) < 0) {
		HOLDS(err.code == MORTISE_E_INTERNAL && *err_text(&err));
		return 0;
	}
	if (value && varlink_check(type, value, &path))
		HOLDS(!path && (text[strspn(text, " ")] != '(' || json_is_object(value)));
	else if (text[0] == '(' && json_is_object(value))
		HOLDS(path);
	varlink_free(type);
	return 0;
}
