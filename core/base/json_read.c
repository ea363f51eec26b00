/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * Each read_ function takes the token at 'at', whose first byte its caller has seen, and
 * moves behind it.  NULL or false: not for us.
 */
#include "config.h"
#include "core/base/json_read.h"

#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/buf.h"
#include "core/base/hex.h"
#include "core/base/json_plain.h"
#include "core/base/mem.h"

#define DEPTH_MAX 128
#define NUMBER_SIZE 64

struct reader {
	const char *at, *end;
	bool rejects_duplicates;
	int depth;
	struct buf unescaped;          /* of the string under way */
};

/* What stands between two quotes. */
struct text {
	const char *data;
	size_t size;
	bool is_ascii;
};

static json_t *read_value(struct reader *reader);

static void skip_space(struct reader *reader)
{
	while (reader->at < reader->end && (*reader->at == ' ' || *reader->at == '\n' ||
			*reader->at == '\r' || *reader->at == '\t'))
		reader->at++;
}

/* The next byte that is no space, taken; -1 at the end. */
static int next_byte(struct reader *reader)
{
	skip_space(reader);
	return reader->at < reader->end ? (unsigned char)*reader->at++ : -1;
}

/* ---- Strings ---- */

/* To the next quote, backslash or control; '*is_ascii' is cleared by other characters. */
static void skip_plain(struct reader *reader, bool *is_ascii)
{
	for (;;) {
		size_t plain = 8;
		unsigned char c;

		while (plain == 8 && reader->end - reader->at >= 8) {
			plain = json_plain_of_8(reader->at);
			reader->at += plain;
		}
		if (reader->at == reader->end)
			return;
		c = (unsigned char)*reader->at;
		if (c == '"' || c == '\\' || c < 0x20)
			return;
		if (c >= 0x80)
			*is_ascii = false;
		reader->at++;
	}
}

/* The four digits behind "\u"; -1 if they are not there. */
static int read_unit(struct reader *reader)
{
	int unit = 0;

	if (reader->end - reader->at < 4)
		return -1;
	for (int i = 0; i < 4; i++) {
		int digit = hex_value(*reader->at++);

		if (digit < 0)
			return -1;
		unit = unit * 16 + digit;
	}
	return unit;
}

static void add_code(struct buf *buf, uint32_t code)
{
	if (code < 0x80) {
		buf_add_char(buf, (char)code);
		return;
	}
	if (code < 0x800) {
		buf_add_char(buf, (char)(0xc0 | code >> 6));
	} else {
		if (code < 0x10000) {
			buf_add_char(buf, (char)(0xe0 | code >> 12));
		} else {
			buf_add_char(buf, (char)(0xf0 | code >> 18));
			buf_add_char(buf, (char)(0x80 | (code >> 12 & 0x3f)));
		}
		buf_add_char(buf, (char)(0x80 | (code >> 6 & 0x3f)));
	}
	buf_add_char(buf, (char)(0x80 | (code & 0x3f)));
}

/* Behind "\u".  NUL and half pairs are for jansson to refuse. */
static bool read_code(struct reader *reader)
{
	int high = read_unit(reader), low;

	if (high <= 0 || (high >= 0xdc00 && high < 0xe000))
		return false;
	if (high < 0xd800 || high >= 0xe000) {
		add_code(&reader->unescaped, (uint32_t)high);
		return true;
	}
	if (reader->end - reader->at < 2 || reader->at[0] != '\\' || reader->at[1] != 'u')
		return false;
	reader->at += 2;
	low = read_unit(reader);
	if (low < 0xdc00 || low >= 0xe000)
		return false;
	add_code(&reader->unescaped,
		0x10000 + ((uint32_t)(high - 0xd800) << 10) + (uint32_t)(low - 0xdc00));
	return true;
}

/* Behind a backslash. */
static bool read_escape(struct reader *reader)
{
	static const char names[] = "\"\\/bfnrt", values[] = "\"\\/\b\f\n\r\t";
	const char *name;
	char c;

	if (reader->at == reader->end)
		return false;
	c = *reader->at++;
	if (c == 'u')
		return read_code(reader);
	name = memchr(names, c, sizeof(names) - 1);
	if (name)
		buf_add_char(&reader->unescaped, values[name - names]);
	return name != NULL;
}

/* The string whose quote was taken; 'ret_text' holds until the next one. */
static bool read_text(struct reader *reader, struct text *ret_text)
{
	struct buf *unescaped = &reader->unescaped;
	const char *start = reader->at;
	bool escaped = false;

	ret_text->is_ascii = true;
	for (;;) {
		skip_plain(reader, &ret_text->is_ascii);
		if (reader->at == reader->end)
			return false;
		if (*reader->at == '"')
			break;
		if (*reader->at != '\\')
			return false;
		if (!escaped)
			unescaped->size = 0;
		escaped = true;
		buf_add(unescaped, start, (size_t)(reader->at++ - start));
		if (!read_escape(reader))
			return false;
		start = reader->at;
	}
	ret_text->data = start;
	ret_text->size = (size_t)(reader->at++ - start);
	if (escaped) {
		buf_add(unescaped, start, ret_text->size);
		ret_text->data = buf_text(unescaped);
		ret_text->size = unescaped->size;
	}
	return !unescaped->failed;
}

static json_t *read_string(struct reader *reader)
{
	struct text text;

	if (!read_text(reader, &text))
		return NULL;
	return text.is_ascii ? json_stringn_nocheck(text.data, text.size) :
		json_stringn(text.data, text.size);
}

/* ---- Numbers and words ---- */

static size_t skip_digits(struct reader *reader)
{
	const char *start = reader->at;

	while (reader->at < reader->end && *reader->at >= '0' && *reader->at <= '9')
		reader->at++;
	return (size_t)(reader->at - start);
}

static bool take(struct reader *reader, char c)
{
	if (reader->at == reader->end || *reader->at != c)
		return false;
	reader->at++;
	return true;
}

static json_t *make_integer(const char *digits, size_t len, bool negative)
{
	json_int_t value = 0;

	/* Below zero, where there is one more. */
	for (size_t i = 0; i < len; i++)
		if (__builtin_mul_overflow(value, 10, &value) ||
			__builtin_sub_overflow(value, digits[i] - '0', &value))
			return NULL;
	if (!negative && __builtin_sub_overflow(0, value, &value))
		return NULL;
	return json_integer(value);
}

static json_t *make_real(const char *start, size_t size)
{
	char text[NUMBER_SIZE], *end;
	double value;

	if (size >= sizeof(text))
		return NULL;
	memcpy(text, start, size);
	text[size] = '\0';
	value = strtod(text, &end);
	/* In a locale without a decimal point it ends early. */
	return end == text + size && isfinite(value) ? json_real(value) : NULL;
}

static json_t *read_number(struct reader *reader)
{
	const char *start = reader->at, *digits;
	bool negative = take(reader, '-'), is_real = false;
	size_t len;

	digits = reader->at;
	len = skip_digits(reader);
	if (len == 0 || (digits[0] == '0' && len > 1))
		return NULL;
	if (take(reader, '.')) {
		is_real = true;
		if (skip_digits(reader) == 0)
			return NULL;
	}
	if (take(reader, 'e') || take(reader, 'E')) {
		is_real = true;
		if (!take(reader, '+'))
			(void)take(reader, '-');
		if (skip_digits(reader) == 0)
			return NULL;
	}
	return is_real ? make_real(start, (size_t)(reader->at - start)) :
		make_integer(digits, len, negative);
}

static bool take_word(struct reader *reader, const char *word, size_t size)
{
	if ((size_t)(reader->end - reader->at) < size || memcmp(reader->at, word, size) != 0)
		return false;
	reader->at += size;
	return true;
}

/* ---- Lists and objects, whose bracket was taken ---- */

static bool add_items(struct reader *reader, json_t *list)
{
	int c = next_byte(reader);

	if (c == ']')
		return true;
	reader->at -= c >= 0;
	do {
		if (json_array_append_new(list, read_value(reader)) < 0)
			return false;
		c = next_byte(reader);
	} while (c == ',');
	return c == ']';
}

/* The member whose name comes. */
static bool add_member(struct reader *reader, json_t *object)
{
	size_t len = json_object_size(object);
	cleanup_free char *copy = NULL;
	struct text name;
	json_t *value;
	int result;

	if (next_byte(reader) != '"' || !read_text(reader, &name) || next_byte(reader) != ':')
		return false;
	/* The value may be unescaped into the same place. */
	if (name.data == reader->unescaped.data)
		name.data = copy = xmemdup(name.data, name.size);
	value = read_value(reader);
	if (!value)
		return false;
	result = name.is_ascii ? json_object_setn_new_nocheck(object, name.data, name.size, value) :
		json_object_setn_new(object, name.data, name.size, value);
	return result == 0 && (!reader->rejects_duplicates || json_object_size(object) > len);
}

static bool add_members(struct reader *reader, json_t *object)
{
	int c = next_byte(reader);

	if (c == '}')
		return true;
	reader->at -= c >= 0;
	do {
		if (!add_member(reader, object))
			return false;
		c = next_byte(reader);
	} while (c == ',');
	return c == '}';
}

static json_t *read_container(struct reader *reader, json_t *container,
	bool (*fill)(struct reader *reader, json_t *container))
{
	bool filled;

	reader->depth++;
	filled = container && reader->depth <= DEPTH_MAX && fill(reader, container);
	reader->depth--;
	if (filled)
		return container;
	json_decref(container);
	return NULL;
}

static json_t *read_value(struct reader *reader)
{
	switch (next_byte(reader)) {
	case '{':
		return read_container(reader, json_object(), add_members);
	case '[':
		return read_container(reader, json_array(), add_items);
	case '"':
		return read_string(reader);
	case '-': case '0': case '1': case '2': case '3': case '4': case '5': case '6': case '7':
	case '8': case '9':
		reader->at--;
		return read_number(reader);
	case 't':
		return take_word(reader, "rue", 3) ? json_true() : NULL;
	case 'f':
		return take_word(reader, "alse", 4) ? json_false() : NULL;
	case 'n':
		return take_word(reader, "ull", 3) ? json_null() : NULL;
	default:
		return NULL;
	}
}

json_t *json_read(const char *text, size_t size, size_t flags, json_error_t *problem)
{
	struct reader reader = {
		.at = text,
		.end = text + size,
		.rejects_duplicates = flags & JSON_REJECT_DUPLICATES,
		.unescaped = BUF(size + 1),
	};
	bool known = (flags & ~(size_t)(JSON_REJECT_DUPLICATES | JSON_DECODE_ANY)) == 0;
	json_t *json = known ? read_value(&reader) : NULL;

	skip_space(&reader);
	if (reader.at < reader.end || (!(flags & JSON_DECODE_ANY) && !json_is_object(json) &&
			!json_is_array(json))) {
		json_decref(json);
		json = NULL;
	}
	buf_clear(&reader.unescaped);
	return json ? json : json_loadb(text, size, flags, problem);
}
