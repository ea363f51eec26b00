/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
#include "config.h"
#include "core/admin/varlink.h"

#include <string.h>

#include "core/base/err.h"
#include "core/base/mem.h"

#define MAX_DEPTH 16

enum kind { KIND_BOOL, KIND_INT, KIND_FLOAT, KIND_STRING, KIND_OBJECT, KIND_STRUCT, KIND_ARRAY,
	KIND_MAP };

struct member {
	char *name;
	struct varlink_type *type;
};

struct varlink_type {
	enum kind kind;
	bool optional;
	struct varlink_type *element;  /* array, map */
	struct member *members;        /* struct */
	size_t member_len;
};

static const struct {
	const char *name;
	enum kind kind;
} words[] = {
	{"bool", KIND_BOOL}, {"int", KIND_INT}, {"float", KIND_FLOAT}, {"string", KIND_STRING},
	{"object", KIND_OBJECT},
};

struct cursor {
	const char *at;
	int depth;
};

void varlink_free(struct varlink_type *type)
{
	if (!type)
		return;
	varlink_free(type->element);
	for (size_t i = 0; i < type->member_len; i++) {
		free(type->members[i].name);
		varlink_free(type->members[i].type);
	}
	free(type->members);
	free(type);
}

static void varlink_freep(struct varlink_type **type)
{
	varlink_free(*type);
}

/* ---- Parsing ---- */

static struct varlink_type *parse_type(struct cursor *cursor);

static void skip_space(struct cursor *cursor)
{
	cursor->at += strspn(cursor->at, " \t\n");
}

static bool take(struct cursor *cursor, const char *text)
{
	size_t size = strlen(text);

	skip_space(cursor);
	if (strncmp(cursor->at, text, size) != 0)
		return false;
	cursor->at += size;
	return true;
}

static bool parse_word(struct cursor *cursor, struct varlink_type *type)
{
	size_t size = strspn(cursor->at, "abcdefghijklmnopqrstuvwxyz");

	for (size_t i = 0; i < lengthof(words); i++) {
		if (strlen(words[i].name) == size &&
			strncmp(words[i].name, cursor->at, size) == 0) {
			cursor->at += size;
			type->kind = words[i].kind;
			return true;
		}
	}
	return false;
}

static bool parse_member(struct cursor *cursor, struct varlink_type *type)
{
	struct member *member;
	size_t size;

	skip_space(cursor);
	size = strspn(cursor->at, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_");
	if (size == 0)
		return false;
	type->members = xrealloc(type->members, (type->member_len + 1) * sizeof(*type->members));
	member = &type->members[type->member_len++];
	*member = (struct member){xstrndup(cursor->at, size), NULL};
	cursor->at += size;
	if (!take(cursor, ":"))
		return false;
	member->type = parse_type(cursor);
	return member->type != NULL;
}

static bool parse_struct(struct cursor *cursor, struct varlink_type *type)
{
	type->kind = KIND_STRUCT;
	if (take(cursor, ")"))
		return true;
	do {
		if (!parse_member(cursor, type))
			return false;
	} while (take(cursor, ","));
	return take(cursor, ")");
}

static bool parse_body(struct cursor *cursor, struct varlink_type *type)
{
	type->optional = take(cursor, "?");
	if (take(cursor, "[]"))
		type->kind = KIND_ARRAY;
	else if (take(cursor, "[string]"))
		type->kind = KIND_MAP;
	else if (take(cursor, "("))
		return parse_struct(cursor, type);
	else
		return parse_word(cursor, type);
	type->element = parse_type(cursor);
	return type->element != NULL;
}

static struct varlink_type *parse_type(struct cursor *cursor)
{
	cleanup(varlink_freep) struct varlink_type *type = new(struct varlink_type);

	if (cursor->depth == MAX_DEPTH)
		return NULL;
	cursor->depth++;
	if (!parse_body(cursor, type))
		return NULL;
	cursor->depth--;
	return steal(&type);
}

int varlink_parse(const char *text, struct varlink_type **ret_type, struct err *err)
{
	struct cursor cursor = {.at = text};
	cleanup(varlink_freep) struct varlink_type *type = parse_type(&cursor);

	if (type)
		skip_space(&cursor);
	if (!type || *cursor.at)
		return err_set(err, MORTISE_E_INTERNAL, "bad Varlink type \"%s\" at \"%s\"", text,
			cursor.at);
	*ret_type = steal(&type);
	return 0;
}

/* ---- Checking ---- */

/* Put 'name' in front of the path that a part reported. */
static bool wrong_at(const char *name, char **ret_path)
{
	char *rest = *ret_path;

	*ret_path = rest && *rest ? xasprintf("%s.%s", name, rest) : xstrdup(name);
	free(rest);
	return false;
}

static const struct varlink_type *find_member(const struct varlink_type *type, const char *name)
{
	for (size_t i = 0; i < type->member_len; i++)
		if (strcmp(type->members[i].name, name) == 0)
			return type->members[i].type;
	return NULL;
}

static bool check_struct(const struct varlink_type *type, json_t *value, char **ret_path)
{
	const char *name;
	json_t *part;

	json_object_foreach(value, name, part) {
		const struct varlink_type *member = find_member(type, name);

		if (!member || !varlink_check(member, part, ret_path))
			return wrong_at(name, ret_path);
	}
	for (size_t i = 0; i < type->member_len; i++)
		if (!type->members[i].type->optional &&
			!json_object_get(value, type->members[i].name))
			return wrong_at(type->members[i].name, ret_path);
	return true;
}

static bool check_array(const struct varlink_type *type, json_t *value, char **ret_path)
{
	json_t *part;
	size_t index;

	json_array_foreach(value, index, part) {
		if (!varlink_check(type->element, part, ret_path)) {
			cleanup_free char *name = xasprintf("%zu", index);

			return wrong_at(name, ret_path);
		}
	}
	return true;
}

static bool check_map(const struct varlink_type *type, json_t *value, char **ret_path)
{
	const char *name;
	json_t *part;

	json_object_foreach(value, name, part)
		if (!varlink_check(type->element, part, ret_path))
			return wrong_at(name, ret_path);
	return true;
}

bool varlink_check(const struct varlink_type *type, json_t *value, char **ret_path)
{
	*ret_path = NULL;
	if (json_is_null(value) && type->optional)
		return true;
	switch (type->kind) {
	case KIND_BOOL:
		return json_is_boolean(value);
	case KIND_INT:
		return json_is_integer(value);
	case KIND_FLOAT:
		return json_is_number(value);
	case KIND_STRING:
		return json_is_string(value);
	case KIND_OBJECT:
		return json_is_object(value) || json_is_array(value);
	case KIND_STRUCT:
		return json_is_object(value) && check_struct(type, value, ret_path);
	case KIND_ARRAY:
		return json_is_array(value) && check_array(type, value, ret_path);
	case KIND_MAP:
		return json_is_object(value) && check_map(type, value, ret_path);
	}
	return false;
}
