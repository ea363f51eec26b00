/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
#include "config.h"
#include "core/base/json_text.h"

#include <stdint.h>
#include <stdlib.h>

#include "core/base/buf.h"
#include "core/base/mem.h"

#define INTEGER_SIZE 24

/* The escape of a character, or NULL if it stands for itself. */
static const char *escape_of(unsigned char c, char room[static 8])
{
	static const char digits[] = "0123456789ABCDEF";
	static const char *const known[] = {
		['\b'] = "\\b", ['\t'] = "\\t", ['\n'] = "\\n", ['\f'] = "\\f", ['\r'] = "\\r",
		['"'] = "\\\"", ['\\'] = "\\\\",
	};

	if (c < lengthof(known) && known[c])
		return known[c];
	if (c >= 0x20)
		return NULL;
	room[0] = '\\';
	room[1] = 'u';
	room[2] = room[3] = '0';
	room[4] = digits[c >> 4];
	room[5] = digits[c & 15];
	room[6] = '\0';
	return room;
}

static void add_string(const char *text, size_t size, struct buf *to)
{
	size_t plain = 0;
	char room[8];

	buf_add_char(to, '"');
	for (size_t i = 0; i < size; i++) {
		const char *escape = escape_of((unsigned char)text[i], room);

		if (!escape)
			continue;
		buf_add(to, text + plain, i - plain);
		buf_add_text(to, escape);
		plain = i + 1;
	}
	buf_add(to, text + plain, size - plain);
	buf_add_char(to, '"');
}

static void add_integer(int64_t value, struct buf *to)
{
	char text[INTEGER_SIZE], *at = text + sizeof(text);
	uint64_t left = value < 0 ? -(uint64_t)value : (uint64_t)value;

	do {
		*--at = (char)('0' + left % 10);
		left /= 10;
	} while (left > 0);
	if (value < 0)
		*--at = '-';
	buf_add(to, at, (size_t)(text + sizeof(text) - at));
}

static void add_object(json_t *object, struct buf *to)
{
	bool first = true;

	buf_add_char(to, '{');
	for (void *member = json_object_iter(object); member;
		member = json_object_iter_next(object, member)) {
		if (!first)
			buf_add_char(to, ',');
		first = false;
		add_string(json_object_iter_key(member), json_object_iter_key_len(member), to);
		buf_add_char(to, ':');
		json_text_add(json_object_iter_value(member), to);
	}
	buf_add_char(to, '}');
}

static void add_list(const json_t *list, struct buf *to)
{
	buf_add_char(to, '[');
	for (size_t i = 0; i < json_array_size(list); i++) {
		if (i > 0)
			buf_add_char(to, ',');
		json_text_add(json_array_get(list, i), to);
	}
	buf_add_char(to, ']');
}

/* How a double is best written is jansson's business. */
static void add_real(const json_t *real, struct buf *to)
{
	cleanup_free char *text = json_dumps(real, JSON_ENCODE_ANY);

	buf_add_text(to, text);
}

void json_text_add(json_t *json, struct buf *to)
{
	switch (json_typeof(json)) {
	case JSON_OBJECT:
		add_object(json, to);
		break;
	case JSON_ARRAY:
		add_list(json, to);
		break;
	case JSON_STRING:
		add_string(json_string_value(json), json_string_length(json), to);
		break;
	case JSON_INTEGER:
		add_integer(json_integer_value(json), to);
		break;
	case JSON_REAL:
		add_real(json, to);
		break;
	case JSON_TRUE:
		buf_add(to, "true", 4);
		break;
	case JSON_FALSE:
		buf_add(to, "false", 5);
		break;
	case JSON_NULL:
		buf_add(to, "null", 4);
		break;
	}
}
