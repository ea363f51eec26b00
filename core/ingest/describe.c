/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
#include "config.h"
#include "core/ingest/describe.h"

#include <string.h>

#include "core/base/mem.h"
#include "core/ingest/trim.h"

#define LINE_CHARS 100         /* of a value or message in a title */
#define UNLABELED "<unlabeled event>"

static const char *text_of(const json_t *json, const char *name)
{
	const char *text = json_string_value(json_object_get(json, name));

	return text && *text ? text : NULL;
}

static const json_t *last_of(const json_t *list)
{
	size_t len = json_array_size(list);

	return len > 0 ? json_array_get(list, len - 1) : NULL;
}

const json_t *describe_exception(const json_t *body)
{
	return last_of(json_object_get(json_object_get(body, "exception"), "values"));
}

static const json_t *frames_of(const json_t *holder)
{
	return json_object_get(json_object_get(holder, "stacktrace"), "frames");
}

/* The frames of the exception, or of the event, or of the thread that it is about. */
static const json_t *best_frames(const json_t *body)
{
	const json_t *threads = json_object_get(json_object_get(body, "threads"), "values");
	const json_t *frames = frames_of(describe_exception(body)), *thread;
	size_t index;

	if (!frames)
		frames = frames_of(body);
	json_array_foreach(threads, index, thread)
		if (!frames && (json_is_true(json_object_get(thread, "crashed")) ||
				json_is_true(json_object_get(thread, "current"))))
			frames = frames_of(thread);
	return frames;
}

const json_t *describe_frame(const json_t *body)
{
	const json_t *frames = best_frames(body);

	for (size_t i = json_array_size(frames); i-- > 0;)
		if (json_is_true(json_object_get(json_array_get(frames, i), "in_app")))
			return json_array_get(frames, i);
	return last_of(frames);
}

/* The first line that says something, cut. */
static json_t *line_of(const char *text)
{
	cleanup_free char *line = NULL;

	text += strspn(text, " \t\r\n");
	line = xstrndup(text, strcspn(text, "\r\n"));
	return trim_text(line, LINE_CHARS);
}

static const char *file_of(const json_t *frame)
{
	const char *file = text_of(frame, "filename");

	return file ? file : text_of(frame, "module");
}

static void set_culprit(json_t *body)
{
	const json_t *frame = describe_frame(body);
	const char *transaction = text_of(body, "transaction"), *file = file_of(frame);
	const char *function = text_of(frame, "function"), *module = text_of(frame, "module");
	cleanup_free char *culprit = NULL;

	if (file)
		json_object_set_new(body, "location", json_string(file));
	if (transaction)
		culprit = xstrdup(transaction);
	else if (file)
		culprit = xasprintf("%s in %s", module ? module : file, function ? function : "?");
	else
		culprit = xstrdup(function ? function : "");
	json_object_set_new(body, "culprit", trim_text(culprit, 2 * LINE_CHARS));
}

/* "Type: what it says", with the parts in the metadata. */
static void describe_error(json_t *body, const json_t *exception)
{
	const char *type = text_of(exception, "type"), *value = text_of(exception, "value");
	const json_t *frame = describe_frame(body);
	const char *function = text_of(frame, "function"), *file = text_of(frame, "filename");
	json_t *metadata = json_object();
	cleanup_json json_t *line = value ? line_of(value) : NULL;
	cleanup_free char *title = NULL;

	if (type)
		json_object_set_new(metadata, "type", json_string(type));
	if (value)
		json_object_set_new(metadata, "value", trim_text(value, 10 * LINE_CHARS));
	if (function)
		json_object_set_new(metadata, "function", json_string(function));
	if (file)
		json_object_set_new(metadata, "filename", json_string(file));
	title = xasprintf("%s%s%s", type ? type : line ? "" : "Error", type && line ? ": " : "",
		line ? json_string_value(line) : "");
	json_object_set_new(body, "type", json_string("error"));
	json_object_set_new(body, "title", json_string(title));
	json_object_set_new(body, "metadata", metadata);
}

static void describe_message(json_t *body)
{
	const char *message = text_of(json_object_get(body, "logentry"), "formatted");
	json_t *title = line_of(message ? message : UNLABELED);

	json_object_set_new(body, "type", json_string("default"));
	json_object_set_new(body, "metadata", json_pack("{s:O}", "title", title));
	json_object_set_new(body, "title", title);
}

void describe(json_t *body)
{
	const json_t *exception = describe_exception(body);

	if (exception)
		describe_error(body, exception);
	else
		describe_message(body);
	set_culprit(body);
}

int describe_weight(const json_t *body)
{
	/* The most telling last. */
	static const char *const parts[] = {"contexts", "extra", "breadcrumbs", "user", "request"};
	int weight = 0;

	for (size_t i = 0; i < lengthof(parts); i++)
		weight |= (json_object_get(body, parts[i]) != NULL) << i;
	return weight | (best_frames(body) != NULL) << lengthof(parts);
}
