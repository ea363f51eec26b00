/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
#include "config.h"
#include "core/ingest/stacktrace.h"

#include <stdbool.h>
#include <stdint.h>

#include "core/base/mem.h"
#include "core/ingest/trim.h"

#define VALUES_MAX 50          /* exceptions, threads */
#define FRAMES_MAX 250
#define LINE_CHARS 512
#define LINES_MAX 10           /* of source before and after */
#define VALUE_CHARS 8192       /* what an exception says */

enum kind { TEXT, NUMBER, FLAG, LINES, VALUE };

struct member {
	const char *name;
	enum kind kind;
	size_t chars;          /* TEXT */
};

static const struct member frame_members[] = {
	{"function", TEXT, 512}, {"filename", TEXT, 512}, {"abs_path", TEXT, 1024},
	{"module", TEXT, 512}, {"package", TEXT, 512}, {"platform", TEXT, 64},
	{"instruction_addr", TEXT, 32}, {"context_line", TEXT, LINE_CHARS},
	{"lineno", NUMBER, 0}, {"colno", NUMBER, 0}, {"in_app", FLAG, 0},
	{"pre_context", LINES, 0}, {"post_context", LINES, 0}, {"vars", VALUE, 0},
};

static const struct member exception_members[] = {
	{"type", TEXT, 256}, {"value", TEXT, VALUE_CHARS}, {"module", TEXT, 256},
	{"thread_id", TEXT, 64}, {"mechanism", VALUE, 0},
};

static const struct member thread_members[] = {
	{"id", TEXT, 64}, {"name", TEXT, 256}, {"crashed", FLAG, 0}, {"current", FLAG, 0},
};

static const struct trim value_trim = {.depth = 4, .items = 50, .chars = 256};

static json_t *lines_of(const json_t *raw)
{
	json_t *lines = json_array(), *line;
	size_t index;

	json_array_foreach(raw, index, line)
		if (index < LINES_MAX)
			json_array_append_new(lines, trim_text(json_is_string(line) ?
				json_string_value(line) : "", LINE_CHARS));
	return lines;
}

/* The member's value in its canonical form, or NULL if it has none. */
static json_t *member_value(const struct member *member, const json_t *raw, size_t *left)
{
	switch (member->kind) {
	case TEXT:
		return trim_scalar(raw, member->chars);
	case NUMBER:
		return json_is_integer(raw) ? json_integer(json_integer_value(raw)) : NULL;
	case FLAG:
		return json_is_boolean(raw) ? json_boolean(json_is_true(raw)) : NULL;
	case LINES:
		return json_array_size(raw) > 0 ? lines_of(raw) : NULL;
	case VALUE:
		return json_is_object(raw) ? trim_value(raw, &value_trim, left) : NULL;
	}
	return NULL;
}

static json_t *take_members(const json_t *raw, const struct member *members, size_t len,
	size_t *left)
{
	json_t *taken = json_object();

	for (size_t i = 0; i < len; i++) {
		json_t *value = member_value(&members[i], json_object_get(raw, members[i].name), left);

		if (value)
			json_object_set_new(taken, members[i].name, value);
	}
	return taken;
}

json_t *values_of(const json_t *raw)
{
	const json_t *inner = json_object_get(raw, "values");
	const json_t *list = json_is_array(raw) ? raw : inner;
	json_t *values = json_array(), *value;
	size_t index;

	if (json_is_object(raw) && !inner)
		json_array_append(values, (json_t *)(uintptr_t)raw);
	json_array_foreach(list, index, value)
		if (json_is_object(value))
			json_array_append(values, value);
	return values;
}

/* In the middle of a long stack stands what repeats. */
static bool is_left_out(size_t index, size_t len)
{
	return len > FRAMES_MAX && index >= FRAMES_MAX / 2 && index < len - FRAMES_MAX / 2;
}

json_t *stacktrace_normalize(const json_t *raw, size_t *left)
{
	const json_t *frames = json_object_get(raw, "frames");
	size_t len = json_array_size(frames);
	json_t *taken = json_array(), *stacktrace;

	for (size_t i = 0; i < len; i++) {
		const json_t *frame = json_array_get(frames, i);

		if (!is_left_out(i, len) && json_is_object(frame))
			json_array_append_new(taken, take_members(frame, frame_members,
				lengthof(frame_members), left));
	}
	if (json_array_size(taken) == 0) {
		json_decref(taken);
		return NULL;
	}
	stacktrace = json_pack("{s:o}", "frames", taken);
	if (len > FRAMES_MAX)
		json_object_set_new(stacktrace, "frames_omitted", json_pack("[I, I]",
			(json_int_t)FRAMES_MAX / 2, (json_int_t)(len - FRAMES_MAX / 2)));
	return stacktrace;
}

/* {"values"}: each with its members and its stack; of too many the last. */
static json_t *normalize_values(const json_t *raw, const struct member *members, size_t member_len,
	size_t *left)
{
	cleanup_json json_t *values = values_of(raw);
	size_t len = json_array_size(values);
	json_t *taken = json_array();

	for (size_t i = len > VALUES_MAX ? len - VALUES_MAX : 0; i < len; i++) {
		const json_t *value = json_array_get(values, i);
		json_t *item = take_members(value, members, member_len, left);
		json_t *stacktrace = stacktrace_normalize(json_object_get(value, "stacktrace"), left);

		if (stacktrace)
			json_object_set_new(item, "stacktrace", stacktrace);
		if (json_object_size(item) > 0)
			json_array_append_new(taken, item);
		else
			json_decref(item);
	}
	if (json_array_size(taken) > 0)
		return json_pack("{s:o}", "values", taken);
	json_decref(taken);
	return NULL;
}

json_t *exceptions_normalize(const json_t *raw, size_t *left)
{
	return normalize_values(raw, exception_members, lengthof(exception_members), left);
}

json_t *threads_normalize(const json_t *raw, size_t *left)
{
	return normalize_values(raw, thread_members, lengthof(thread_members), left);
}
