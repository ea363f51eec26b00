/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * The webhook scanner against jansson: what the scanner takes, a host parses, else it
 * would be acknowledged and end as a dead letter; both have the same values at the
 * picked places; what jansson takes without repeated members, the scanner takes.
 */
#include "config.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "core/base/foreign_json.h"
#include "core/base/mem.h"
#include "core/webhook/scanner.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int64_t depth(json_t *json)
{
	int64_t deepest = 0;
	const char *key;
	json_t *value;
	size_t index;

	if (json_is_array(json)) {
		json_array_foreach(json, index, value)
			if (depth(value) > deepest)
				deepest = depth(value);
	} else if (json_is_object(json)) {
		json_object_foreach(json, key, value)
			if (depth(value) > deepest)
				deepest = depth(value);
	} else {
		return 0;
	}
	return deepest + 1;
}

static void compare(const json_t *tree, const struct scanner_value *value)
{
	const json_t *picked = json_object_get(json_object_get(tree, "a"), "b");
	char number[32];

	if (json_is_string(picked) && value->size > 0 &&
		strcmp(json_string_value(picked), value->text) != 0)
		abort();
	if (json_is_integer(picked)) {
		snprintf(number, sizeof(number), "%" JSON_INTEGER_FORMAT, json_integer_value(picked));
		if (strcmp(number, value->text) != 0 && strcmp(value->text, "-0") != 0)
			abort();
	}
	if (!picked && value->size > 0)
		abort();
}

/* As a host does with a webhook that was taken in. */
static bool host_parses(const char *text, size_t size)
{
	cleanup_free char *copy = xstrndup(text, size);
	cleanup_json json_t *tree = NULL;

	return foreign_json_parse(copy, size, &tree, NULL) == 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct scanner_plan *plan = scanner_plan_new();
	const char *text = size ? (const char *)data : "";
	cleanup_json json_t *tree = json_loadb(text, size, JSON_REJECT_DUPLICATES, NULL);
	struct scanner_result result;

	scanner_plan_add(plan, "/a/b", NULL);
	if (scanner_scan(plan, text, size, &result)) {
		if (!host_parses(text, size))
			abort();
		if (tree)
			compare(tree, &result.values[0]);
	} else if (tree && depth(tree) <= SCANNER_MAX_DEPTH && !memchr(text, 0, size)) {
		/* (jansson 2.14 loses a NUL byte that follows a number.) */
		abort();
	}
	scanner_plan_free(plan);
	return 0;
}
