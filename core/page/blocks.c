/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
#include "config.h"
#include "core/page/blocks.h"

#include <stdbool.h>
#include <string.h>

#include <mortise/plugin.h>

#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/tracker/answer.h"

enum block_type {
	BLOCK_TEXT,
	BLOCK_URL,
	BLOCK_TEXTS,           /* a list of texts */
	BLOCK_OBJECT,          /* of the form 'inner' */
	BLOCK_OBJECTS,         /* a list of them */
};

struct member {
	const char *name;
	enum block_type type;
	bool required;
	const struct member *inner;
};

static const struct member fact_members[] = {
	{"label", BLOCK_TEXT, true}, {"value", BLOCK_TEXT, true}, {0}};
static const struct member link_members[] = {
	{"label", BLOCK_TEXT, true}, {"url", BLOCK_URL, true}, {0}};
static const struct member row_members[] = {
	{"title", BLOCK_TEXT, true}, {"url", BLOCK_URL},
	{"facts", BLOCK_OBJECTS, false, fact_members}, {0}};
static const struct member page_members[] = {
	{"title", BLOCK_TEXT, true}, {"text", BLOCK_TEXTS},
	{"rows", BLOCK_OBJECTS, false, row_members}, {"links", BLOCK_OBJECTS, false, link_members},
	{"action", BLOCK_OBJECT, false, link_members}, {0}};

static int check_object(const struct member *members, const json_t *object, const char *at,
	struct err *err);

static int check_list(const struct member *member, const json_t *list, const char *at, struct err *err)
{
	json_t *item;
	size_t i;

	if (!json_is_array(list))
		return err_set(err, MORTISE_E_INTERNAL, "page: %s must be a list", at);
	json_array_foreach(list, i, item) {
		cleanup_free char *inner = xasprintf("%s/%zu", at, i);
		int result = 0;

		if (member->inner)
			result = check_object(member->inner, item, inner, err);
		else if (!json_is_string(item))
			result = err_set(err, MORTISE_E_INTERNAL, "page: %s must be a text", inner);
		if (result < 0)
			return result;
	}
	return 0;
}

static int check_value(const struct member *member, const json_t *value, const char *at,
	struct err *err)
{
	switch (member->type) {
	case BLOCK_TEXT:
		return json_is_string(value) ? 0 :
			err_set(err, MORTISE_E_INTERNAL, "page: %s must be a text", at);
	case BLOCK_URL:
		return json_is_string(value) && answer_is_url(json_string_value(value)) ? 0 :
			err_set(err, MORTISE_E_INTERNAL, "page: %s must be an http or https URL", at);
	case BLOCK_OBJECT:
		return check_object(member->inner, value, at, err);
	case BLOCK_TEXTS:
	case BLOCK_OBJECTS:
		break;
	}
	return check_list(member, value, at, err);
}

static const struct member *find_member(const struct member *members, const char *name)
{
	for (; members->name; members++)
		if (strcmp(members->name, name) == 0)
			return members;
	return NULL;
}

static int check_object(const struct member *members, const json_t *object, const char *at,
	struct err *err)
{
	const char *name;
	json_t *value;

	if (!json_is_object(object))
		return err_set(err, MORTISE_E_INTERNAL, "page: %s must be an object", *at ? at : "the data");
	json_object_foreach((json_t *)(uintptr_t)object, name, value) {
		const struct member *member = find_member(members, name);
		cleanup_free char *inner = xasprintf("%s/%.64s", at, name);
		int result = 0;

		if (!member)
			result = err_set(err, MORTISE_E_INTERNAL, "page: %s is no member of it", inner);
		else if (member->required || !json_is_null(value))
			result = check_value(member, value, inner, err);
		if (result < 0)
			return result;
	}
	for (; members->name; members++)
		if (members->required && !json_object_get(object, members->name))
			return err_set(err, MORTISE_E_INTERNAL, "page: %s/%s is missing", at, members->name);
	return 0;
}

int blocks_check(const json_t *blocks, struct err *err)
{
	int result = check_object(page_members, blocks, "", err);

	if (result == 0 && json_dumpb(blocks, NULL, 0, JSON_COMPACT) > BLOCKS_MAX_SIZE)
		result = err_set(err, MORTISE_E_INTERNAL, "page: its data has more than %zu bytes",
			BLOCKS_MAX_SIZE);
	return result;
}
