/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
#include "config.h"
#include "core/api/event_json.h"

#include <stdbool.h>
#include <string.h>

#include "core/api/call.h"
#include "core/base/mem.h"
#include "core/storage/event.h"

/* A member of the body under another name; absent ones are null. */
struct renamed {
	const char *shown, *stored;
};

static json_t *rename_members(const json_t *from, const struct renamed *names, size_t len)
{
	json_t *shown = json_object();

	for (size_t i = 0; i < len; i++) {
		json_t *value = json_object_get(from, names[i].stored);

		json_object_set(shown, names[i].shown, value ? value : json_null());
	}
	return shown;
}

static json_t *values_of(const json_t *holder)
{
	return json_object_get(holder, "values");
}

/* ---- Frames ---- */

static void add_lines(json_t *context, const json_t *lines, json_int_t number)
{
	const json_t *line;
	size_t index;

	json_array_foreach(lines, index, line)
		json_array_append_new(context, json_pack("[I, O]", number + (json_int_t)index,
			line));
}

/* [[number, line], …] around the line of the frame. */
static json_t *context_json(const json_t *frame)
{
	const json_t *before = json_object_get(frame, "pre_context");
	json_t *line = json_object_get(frame, "context_line"), *context = json_array();
	json_int_t number = json_integer_value(json_object_get(frame, "lineno"));

	if (!line)
		return context;
	add_lines(context, before, number - (json_int_t)json_array_size(before));
	json_array_append_new(context, json_pack("[I, O]", number, line));
	add_lines(context, json_object_get(frame, "post_context"), number + 1);
	return context;
}

static json_t *frame_json(const json_t *frame)
{
	static const struct renamed names[] = {
		{"filename", "filename"}, {"absPath", "abs_path"}, {"module", "module"},
		{"package", "package"}, {"platform", "platform"}, {"function", "function"},
		{"instructionAddr", "instruction_addr"}, {"lineNo", "lineno"},
		{"colNo", "colno"}, {"vars", "vars"},
	};
	json_t *shown = rename_members(frame, names, lengthof(names));

	json_object_set_new(shown, "inApp",
		json_boolean(json_is_true(json_object_get(frame, "in_app"))));
	json_object_set_new(shown, "context", context_json(frame));
	return shown;
}

static json_t *stacktrace_json(const json_t *stacktrace)
{
	json_t *frames = json_array(), *frame;
	json_t *omitted = json_object_get(stacktrace, "frames_omitted");
	bool system = false, app = false;
	size_t index;

	if (!stacktrace) {
		json_decref(frames);
		return json_null();
	}
	json_array_foreach(json_object_get(stacktrace, "frames"), index, frame) {
		bool in_app = json_is_true(json_object_get(frame, "in_app"));

		app |= in_app;
		system |= !in_app;
		json_array_append_new(frames, frame_json(frame));
	}
	return json_pack("{s:o, s:O, s:n, s:b}", "frames", frames, "framesOmitted",
		omitted ? omitted : json_null(), "registers", "hasSystemFrames", app && system);
}

/* ---- Entries ---- */

static json_t *exception_json(const json_t *body)
{
	static const struct renamed names[] = {
		{"type", "type"}, {"value", "value"}, {"module", "module"},
		{"mechanism", "mechanism"}, {"threadId", "thread_id"},
	};
	json_t *values = json_array(), *value;
	size_t index;

	json_array_foreach(values_of(json_object_get(body, "exception")), index, value) {
		json_t *shown = rename_members(value, names, lengthof(names));

		json_object_set_new(shown, "stacktrace",
			stacktrace_json(json_object_get(value, "stacktrace")));
		json_object_set_new(shown, "rawStacktrace", json_null());
		json_array_append_new(values, shown);
	}
	return json_pack("{s:o, s:n}", "values", values, "excOmitted");
}

static json_t *threads_json(const json_t *body)
{
	static const struct renamed names[] = {
		{"id", "id"}, {"name", "name"}, {"crashed", "crashed"}, {"current", "current"}};
	json_t *values = json_array(), *value;
	size_t index;

	json_array_foreach(values_of(json_object_get(body, "threads")), index, value) {
		json_t *shown = rename_members(value, names, lengthof(names));

		json_object_set_new(shown, "stacktrace",
			stacktrace_json(json_object_get(value, "stacktrace")));
		json_array_append_new(values, shown);
	}
	return json_pack("{s:o}", "values", values);
}

static json_t *bare_stacktrace_json(const json_t *body)
{
	return stacktrace_json(json_object_get(body, "stacktrace"));
}

static json_t *message_json(const json_t *body)
{
	static const struct renamed names[] = {
		{"formatted", "formatted"}, {"message", "message"}, {"params", "params"}};

	return rename_members(json_object_get(body, "logentry"), names, lengthof(names));
}

static json_t *breadcrumbs_json(const json_t *body)
{
	return json_incref(json_object_get(body, "breadcrumbs"));
}

/* {"a": "b"} as [["a", "b"]]; a list as it came. */
static json_t *pairs_json(json_t *members)
{
	json_t *pairs = json_array(), *value;
	const char *key;

	json_object_foreach(members, key, value)
		json_array_append_new(pairs, json_pack("[s, O]", key, value));
	if (json_is_array(members))
		json_array_extend(pairs, members);
	return pairs;
}

static json_t *request_json(const json_t *body)
{
	static const struct renamed names[] = {{"method", "method"}, {"url", "url"},
		{"fragment", "fragment"}, {"data", "data"}, {"env", "env"},
		{"inferredContentType", "inferred_content_type"}};
	const json_t *request = json_object_get(body, "request");
	json_t *shown = rename_members(request, names, lengthof(names));
	json_t *query = json_object_get(request, "query_string");

	json_object_set_new(shown, "headers", pairs_json(json_object_get(request, "headers")));
	json_object_set_new(shown, "cookies", pairs_json(json_object_get(request, "cookies")));
	json_object_set_new(shown, "query", json_is_string(query) ? json_incref(query) :
		pairs_json(query));
	return shown;
}

static json_t *entries_json(const json_t *body)
{
	static const struct {
		const char *stored, *type;
		json_t *(*json)(const json_t *body);
	} kinds[] = {
		{"exception", "exception", exception_json},
		{"stacktrace", "stacktrace", bare_stacktrace_json},
		{"threads", "threads", threads_json},
		{"logentry", "message", message_json},
		{"breadcrumbs", "breadcrumbs", breadcrumbs_json},
		{"request", "request", request_json},
	};
	json_t *entries = json_array();

	for (size_t i = 0; i < lengthof(kinds); i++)
		if (json_object_get(body, kinds[i].stored))
			json_array_append_new(entries, json_pack("{s:s, s:o}", "type",
				kinds[i].type, "data", kinds[i].json(body)));
	return entries;
}

/* ---- Tags ---- */

static bool has_tag(const json_t *tags, const char *key)
{
	const json_t *tag;
	size_t index;

	json_array_foreach(tags, index, tag)
		if (strcmp(json_string_value(json_object_get(tag, "key")), key) == 0)
			return true;
	return false;
}

static void add_tag(json_t *tags, const char *key, const char *value)
{
	if (value && !has_tag(tags, key))
		json_array_append_new(tags, json_pack("{s:s, s:s}", "key", key, "value", value));
}

/* "id:7", or what else tells the user apart. */
static void add_user_tag(json_t *tags, const json_t *user)
{
	static const char *const names[] = {"id", "username", "email", "ip_address"};

	for (size_t i = 0; i < lengthof(names); i++) {
		const json_t *value = json_object_get(user, names[i]);
		cleanup_free char *text = NULL;

		if (json_is_string(value))
			text = xasprintf("%s:%s", names[i], json_string_value(value));
		else if (json_is_integer(value))
			text = xasprintf("%s:%lld", names[i], (long long)json_integer_value(value));
		if (text) {
			add_tag(tags, "user", text);
			return;
		}
	}
}

/* The event's own, then what is looked for like one. */
static json_t *tags_json(const json_t *body)
{
	static const char *const names[] = {"level", "environment", "release", "dist",
		"server_name", "transaction", "logger"};
	json_t *tags = json_array();
	const json_t *pair;
	size_t index;

	json_array_foreach(json_object_get(body, "tags"), index, pair)
		add_tag(tags, json_string_value(json_array_get(pair, 0)),
			json_string_value(json_array_get(pair, 1)));
	for (size_t i = 0; i < lengthof(names); i++)
		add_tag(tags, names[i], json_string_value(json_object_get(body, names[i])));
	add_user_tag(tags, json_object_get(body, "user"));
	return tags;
}

/* ---- The event ---- */

/* What it says in one text: the message, or the title. */
static const char *message_of(const json_t *body)
{
	const json_t *entry = json_object_get(body, "logentry");

	return json_string_value(entry ? json_object_get(entry, "formatted") :
		json_object_get(body, "title"));
}

json_t *event_json(const struct event *event)
{
	static const struct renamed names[] = {{"title", "title"}, {"culprit", "culprit"},
		{"location", "location"}, {"event.type", "type"}, {"platform", "platform"},
		{"metadata", "metadata"}, {"user", "user"}};
	json_t *shown = rename_members(event->body, names, lengthof(names));

	json_object_set_new(shown, "id", json_string(event->event_id));
	json_object_set_new(shown, "eventID", json_string(event->event_id));
	json_object_set_new(shown, "groupID", api_id_json(event->issue_id));
	json_object_set_new(shown, "projectID", api_id_json(event->project_id));
	json_object_set_new(shown, "message", json_string(message_of(event->body)));
	json_object_set_new(shown, "dateCreated", api_time(event->occurred_us));
	json_object_set_new(shown, "tags", tags_json(event->body));
	json_object_set_new(shown, "crashFile", json_null());
	return shown;
}

static json_t *object_or_empty(const json_t *body, const char *name)
{
	json_t *value = json_object_get(body, name);

	return value ? json_incref(value) : json_object();
}

static json_t *list_or_empty(const json_t *body, const char *name)
{
	json_t *value = json_object_get(body, name);

	return value ? json_incref(value) : json_array();
}

json_t *event_json_details(const struct event *event)
{
	static const struct renamed names[] = {{"type", "type"}, {"dist", "dist"}, {"sdk", "sdk"}};
	json_t *shown = event_json(event), *rest = rename_members(event->body, names,
		lengthof(names));

	json_object_update(shown, rest);
	json_decref(rest);
	json_object_del(shown, "event.type");
	json_object_set_new(shown, "dateReceived", api_time(event->received_us));
	json_object_set_new(shown, "entries", entries_json(event->body));
	json_object_set_new(shown, "contexts", object_or_empty(event->body, "contexts"));
	json_object_set_new(shown, "context", object_or_empty(event->body, "extra"));
	json_object_set_new(shown, "packages", object_or_empty(event->body, "modules"));
	json_object_set_new(shown, "errors", list_or_empty(event->body, "errors"));
	json_object_set_new(shown, "fingerprints", list_or_empty(event->body, "hashes"));
	json_object_set_new(shown, "_meta", json_object());
	json_object_set_new(shown, "userReport", json_null());
	return shown;
}
