/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * What a user fills in, against the fields that a plugin described: JSON of [fields,
 * values].  What was cleaned is clean: checked again it is the same, and holds declared
 * fields only.
 */
#include "config.h"
#include "tests/fuzz/fuzz.h"

#include "core/base/err.h"
#include "core/frame/registration_fields.h"
#include "core/pipeline/step.h"

#define FIELDS_MAX 8

static void check(const struct mortise_field *fields, size_t len, const json_t *values)
{
	cleanup_json json_t *clean = NULL;
	cleanup_json json_t *again = NULL;
	cleanup_json json_t *described = step_fields_describe(fields, len);
	cleanup_err struct err err = {0};

	HOLDS(json_array_size(described) <= len);
	if (step_fields_check(fields, len, values, &clean, &err) < 0) {
		HOLDS(err.code == MORTISE_E_FIELD && json_object_size(err.fields) > 0);
		return;
	}
	HOLDS(json_object_size(clean) <= len);
	HOLDS(step_fields_check(fields, len, clean, &again, NULL) == 0);
	HOLDS(json_equal(clean, again));
}

/* Registrations never have two fields of one name. */
static bool is_new(const struct mortise_field *fields, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (strcmp(fields[i].name, fields[len].name) == 0)
			return false;
	return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	cleanup_json json_t *both = json_loadb((const char *)data, size, JSON_REJECT_DUPLICATES, NULL);
	struct mortise_field fields[FIELDS_MAX];
	size_t len = 0;
	json_t *json;
	size_t index;

	json_array_foreach(json_array_get(both, 0), index, json) {
		if (len == FIELDS_MAX || reg_fields_from_json(REG_FIELD, json, &fields[len], NULL) < 0)
			continue;
		if (is_new(fields, len))
			len++;
		else
			reg_fields_clear(REG_FIELD, &fields[len]);
	}
	check(fields, len, json_array_get(both, 1));
	while (len > 0)
		reg_fields_clear(REG_FIELD, &fields[--len]);
	return 0;
}
