/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
#include "config.h"
#include "core/ingest/trim.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "core/base/mem.h"

#define KEY_MAX 200            /* bytes; what has a longer name is left out */
#define VALUE_COST 8           /* bytes that a value counts beside its text */

/* Bytes of the first 'chars' characters; the text is UTF-8. */
static size_t chars_size(const char *text, size_t size, size_t chars)
{
	size_t at = 0;

	while (at < size && chars-- > 0)
		for (at++; at < size && ((unsigned char)text[at] & 0xc0) == 0x80;)
			at++;
	return at;
}

json_t *trim_text(const char *text, size_t chars)
{
	size_t size = strlen(text);
	cleanup_free char *cut = NULL;

	if (size <= chars || chars_size(text, size, chars) == size)
		return json_string(text);
	cut = xasprintf("%.*s...", (int)chars_size(text, size, chars > 3 ? chars - 3 : 0), text);
	return json_string(cut);
}

json_t *trim_scalar(const json_t *value, size_t chars)
{
	char number[40];

	if (json_is_string(value))
		return trim_text(json_string_value(value), chars);
	if (json_is_boolean(value))
		return json_string(json_is_true(value) ? "True" : "False");
	if (json_is_integer(value))
		snprintf(number, sizeof(number), "%" JSON_INTEGER_FORMAT, json_integer_value(value));
	else if (json_is_real(value))
		snprintf(number, sizeof(number), "%.17g", json_real_value(value));
	else
		return NULL;
	return json_string(number);
}

static json_t *trim_in(const json_t *value, const struct trim *trim, int depth, size_t *left);

static json_t *trim_object(const json_t *value, const struct trim *trim, int depth, size_t *left)
{
	json_t *copy = json_object(), *item;
	const char *key;

	json_object_foreach((json_t *)(uintptr_t)value, key, item) {
		size_t size = strlen(key);
		json_t *trimmed;

		if (json_object_size(copy) >= trim->items || size >= *left)
			break;
		if (size > KEY_MAX)
			continue;
		*left -= size;
		trimmed = trim_in(item, trim, depth, left);
		if (trimmed)
			json_object_set_new(copy, key, trimmed);
	}
	return copy;
}

static json_t *trim_array(const json_t *value, const struct trim *trim, int depth, size_t *left)
{
	json_t *copy = json_array(), *item;
	size_t index;

	json_array_foreach(value, index, item) {
		json_t *trimmed;

		if (index >= trim->items)
			break;
		trimmed = trim_in(item, trim, depth, left);
		if (!trimmed)
			break;
		json_array_append_new(copy, trimmed);
	}
	return copy;
}

static json_t *trim_in(const json_t *value, const struct trim *trim, int depth, size_t *left)
{
	size_t cost = VALUE_COST;
	json_t *copy;

	if (json_is_string(value)) {
		size_t size = json_string_length(value);

		cost += size < trim->chars * 4 ? size : trim->chars * 4;
	}
	if (cost > *left)
		return NULL;
	*left -= cost;
	if (json_is_object(value))
		return depth > 0 ? trim_object(value, trim, depth - 1, left) :
			json_string("[Object]");
	if (json_is_array(value))
		return depth > 0 ? trim_array(value, trim, depth - 1, left) :
			json_string("[Array]");
	copy = json_is_string(value) ? trim_text(json_string_value(value), trim->chars) :
		json_deep_copy(value);
	return copy;
}

json_t *trim_value(const json_t *value, const struct trim *trim, size_t *left)
{
	return trim_in(value, trim, trim->depth, left);
}
