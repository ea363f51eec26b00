/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
#include "config.h"
#include "check/compare.h"

#include <stdint.h>
#include <string.h>

#include "core/base/buf.h"
#include "core/base/mem.h"

#define SHOWN_MAX 200
#define POINTER_MAX 4096

char *compare_show(const json_t *value)
{
	char *text = value ? json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT | JSON_SORT_KEYS) :
		xstrdup("nothing");

	if (strlen(text) > SHOWN_MAX) {
		size_t size = SHOWN_MAX;

		/* Never inside a character. */
		while (((unsigned char)text[size] & 0xc0) == 0x80)
			size--;
		strcpy(text + size, "…");
	}
	return text;
}

/* 'pointer' and one more step, escaped as RFC 6901 says. */
static char *step_into(const char *pointer, const char *name)
{
	struct buf buf = BUF(POINTER_MAX);

	buf_add_text(&buf, pointer);
	buf_add_char(&buf, '/');
	for (; *name; name++) {
		if (*name == '~')
			buf_add_text(&buf, "~0");
		else if (*name == '/')
			buf_add_text(&buf, "~1");
		else
			buf_add_char(&buf, *name);
	}
	return buf_steal(&buf);
}

static void compare_objects(const json_t *expected, const json_t *got, const char *pointer,
	json_t *lines, size_t max)
{
	const char *name;
	json_t *value;

	json_object_foreach((json_t *)(uintptr_t)expected, name, value) {
		cleanup_free char *inner = step_into(pointer, name);

		compare_json(value, json_object_get(got, name), inner, lines, max);
	}
	json_object_foreach((json_t *)(uintptr_t)got, name, value) {
		cleanup_free char *inner = step_into(pointer, name);

		if (!json_object_get(expected, name))
			compare_json(NULL, value, inner, lines, max);
	}
}

static void compare_lists(const json_t *expected, const json_t *got, const char *pointer, json_t *lines,
	size_t max)
{
	size_t expected_len = json_array_size(expected), got_len = json_array_size(got);

	for (size_t i = 0; i < expected_len || i < got_len; i++) {
		cleanup_free char *inner = xasprintf("%s/%zu", pointer, i);

		compare_json(json_array_get(expected, i), json_array_get(got, i), inner, lines, max);
	}
}

void compare_json(const json_t *expected, const json_t *got, const char *pointer, json_t *lines,
	size_t max)
{
	if (json_array_size(lines) >= max || (expected && got && json_equal(expected, got)))
		return;
	if (json_is_object(expected) && json_is_object(got)) {
		compare_objects(expected, got, pointer, lines, max);
	} else if (json_is_array(expected) && json_is_array(got)) {
		compare_lists(expected, got, pointer, lines, max);
	} else {
		cleanup_free char *wanted = compare_show(expected);
		cleanup_free char *came = compare_show(got);
		cleanup_free char *line = xasprintf("%s: expected %s, got %s", pointer, wanted, came);

		json_array_append_new(lines, json_string(line));
	}
}
