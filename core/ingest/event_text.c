/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
#include "config.h"
#include "core/ingest/event_text.h"

#include <stdio.h>
#include <string.h>

#include "core/base/buf.h"
#include "core/base/mem.h"

#define FRAMES_MAX 20          /* of one exception */

static const char *text_of(const json_t *json, const char *name)
{
	const char *text = json_string_value(json_object_get(json, name));

	return text && *text ? text : NULL;
}

static void add_frame(struct buf *text, const json_t *frame)
{
	const char *function = text_of(frame, "function");
	const char *file = text_of(frame, "filename");
	const char *line = text_of(frame, "context_line");
	json_t *number = json_object_get(frame, "lineno");

	if (!file)
		file = text_of(frame, "module");
	if (!file)
		file = text_of(frame, "abs_path");
	buf_printf(text, "  at %s (%s", function ? function : "?", file ? file : "?");
	if (json_is_integer(number))
		buf_printf(text, ":%lld", (long long)json_integer_value(number));
	buf_add_text(text, ")\n");
	if (line)
		buf_printf(text, "     %s\n", line + strspn(line, " \t"));
}

static void add_frames(struct buf *text, const json_t *stacktrace)
{
	const json_t *frames = json_object_get(stacktrace, "frames");
	size_t len = json_array_size(frames);

	for (size_t i = 0; i < len && i < FRAMES_MAX; i++)
		add_frame(text, json_array_get(frames, len - 1 - i));
	if (len > FRAMES_MAX)
		buf_printf(text, "  and %zu more\n", len - FRAMES_MAX);
}

static void add_exception(struct buf *text, const json_t *exception)
{
	const char *type = text_of(exception, "type"), *value = text_of(exception, "value");

	buf_printf(text, "%s%s%s\n", type ? type : "", type && value ? ": " : "",
		value ? value : "");
	add_frames(text, json_object_get(exception, "stacktrace"));
}

/* The last one was thrown; those before are what caused it. */
static void add_exceptions(struct buf *text, const json_t *values)
{
	for (size_t i = json_array_size(values); i-- > 0;) {
		add_exception(text, json_array_get(values, i));
		if (i > 0)
			buf_add_text(text, "\nCaused by: ");
	}
}

static void add_message(struct buf *text, const json_t *body)
{
	const char *message = text_of(json_object_get(body, "logentry"), "formatted");

	if (message)
		buf_printf(text, "%s\n", message);
}

/* Cut at the end of a line, or of a character where the first line is too long. */
static size_t cut(const char *text, size_t size, size_t max)
{
	const char *end;

	if (size <= max)
		return size;
	end = memrchr(text, '\n', max);
	if (end && end > text)
		return (size_t)(end - text);
	while (max > 0 && (text[max] & 0xc0) == 0x80)
		max--;
	return max;
}

/* A third backtick in a row would end the fence that the text is put in. */
static void break_fences(char *text)
{
	size_t run = 0;

	for (; *text; text++) {
		run = *text == '`' ? run + 1 : 0;
		if (run > 2)
			*text = '\'';
	}
}

char *event_text(const json_t *body, size_t max)
{
	const json_t *values = json_object_get(json_object_get(body, "exception"), "values");
	struct buf text = BUF((size_t)16 << 20);
	size_t size;
	char *result;

	add_exceptions(&text, values);
	if (text.size == 0)
		add_message(&text, body);
	if (json_array_size(values) == 0)
		add_frames(&text, json_object_get(body, "stacktrace"));
	while (text.size > 0 && text.data[text.size - 1] == '\n')
		text.size--;
	size = cut(buf_text(&text), text.size, max);
	result = xstrndup(buf_text(&text), size);
	buf_clear(&text);
	break_fences(result);
	return result;
}
