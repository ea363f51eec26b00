/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
#include "config.h"
#include "core/ingest/normalize.h"

#include <ctype.h>
#include <math.h>
#include <string.h>

#include "core/base/buf.h"
#include "core/base/clock.h"
#include "core/base/hex.h"
#include "core/base/mem.h"
#include "core/ingest/stacktrace.h"
#include "core/ingest/trim.h"

#define ERRORS_MAX 20
#define MESSAGE_CHARS 8192
#define PARAMS_MAX 50
#define TAGS_MAX 100
#define TAG_CHARS 200
#define BREADCRUMBS_MAX 100
#define FINGERPRINT_MAX 20
/* Bytes that the variables of all frames may take. */
#define VARIABLES_SIZE ((size_t)256 << 10)

/* One event on its way from 'raw' to 'body'. */
struct normalizing {
	const json_t *raw;
	const struct normalize_source *source;
	json_t *body;
	json_t *errors;
};

static void note_error(struct normalizing *n, const char *name)
{
	if (json_array_size(n->errors) < ERRORS_MAX)
		json_array_append_new(n->errors, json_pack("{s:s, s:s}", "type", "invalid_data",
			"name", name));
}

/* Set an attribute that was made, or note that what came could not be one. */
static void put(struct normalizing *n, const char *name, json_t *value_take)
{
	const json_t *raw = json_object_get(n->raw, name);

	if (value_take)
		json_object_set_new(n->body, name, value_take);
	else if (raw && !json_is_null(raw))
		note_error(n, name);
}

/* ---- Texts ---- */

static bool has_control(const char *text)
{
	for (; *text; text++)
		if (iscntrl((unsigned char)*text))
			return true;
	return false;
}

static bool is_plain(const char *text)
{
	return *text && !has_control(text);
}

/* As Sentry wants them: what stands in URLs and lists. */
static bool is_release(const char *text)
{
	return is_plain(text) && strcmp(text, ".") != 0 && strcmp(text, "..") != 0 &&
		!strpbrk(text, "/\\");
}

static bool is_environment(const char *text)
{
	return is_plain(text) && strcmp(text, "none") != 0 && !strchr(text, '/');
}

static const struct text_attribute {
	const char *name;
	size_t chars;
	bool (*valid)(const char *text);
	bool whole;            /* cut short it would be another */
} texts[] = {
	{"platform", 64, is_plain, false},
	{"logger", 64, is_plain, false},
	{"transaction", 200, is_plain, false},
	{"server_name", 256, is_plain, false},
	{"release", 200, is_release, true},
	{"dist", 64, is_plain, true},
	{"environment", 64, is_environment, true},
};

static void take_text(struct normalizing *n, const struct text_attribute *attribute)
{
	json_t *text = trim_scalar(json_object_get(n->raw, attribute->name), attribute->chars + 1);

	/* SDKs send "" for what they do not know. */
	if (text && !*json_string_value(text)) {
		json_decref(text);
		return;
	}
	if (text && !attribute->whole) {
		json_t *cut = trim_text(json_string_value(text), attribute->chars);

		json_decref(text);
		text = cut;
	}
	if (text && (!attribute->valid(json_string_value(text)) || (attribute->whole &&
			strlen(json_string_value(text)) > attribute->chars))) {
		json_decref(text);
		text = NULL;
	}
	put(n, attribute->name, text);
}

static void take_level(struct normalizing *n)
{
	static const struct {
		const char *name, *level;
	} levels[] = {
		{"debug", "debug"}, {"info", "info"}, {"log", "info"}, {"warning", "warning"},
		{"warn", "warning"}, {"error", "error"}, {"fatal", "fatal"}, {"critical", "fatal"},
	};
	const char *name = json_string_value(json_object_get(n->raw, "level"));

	for (size_t i = 0; name && i < lengthof(levels); i++)
		if (strcmp(name, levels[i].name) == 0) {
			json_object_set_new(n->body, "level", json_string(levels[i].level));
			return;
		}
	put(n, "level", NULL);
	json_object_set_new(n->body, "level", json_string("error"));
}

/* ---- Times ---- */

static bool read_time(const json_t *raw, int64_t *ret_time_us)
{
	double seconds = json_number_value(raw);
	const char *text = json_string_value(raw);
	cleanup_free char *utc = NULL;

	if (json_is_number(raw)) {
		if (!(fabs(seconds) < 1e12))
			return false;
		*ret_time_us = (int64_t)(seconds * 1e6);
		return true;
	}
	if (!text || strlen(text) > 64)
		return false;
	if (clock_parse(text, ret_time_us))
		return true;
	/* Without an offset it means UTC. */
	utc = xasprintf("%sZ", text);
	return clock_parse(utc, ret_time_us);
}

static json_t *time_json(int64_t time_us)
{
	return json_real((double)(time_us / 1000) / 1000.0);
}

static int64_t take_times(struct normalizing *n)
{
	int64_t received_us = n->source->received_us, occurred_us = received_us;
	const json_t *raw = json_object_get(n->raw, "timestamp");
	bool valid = raw && read_time(raw, &occurred_us) &&
		occurred_us <= received_us + NORMALIZE_FUTURE_US &&
		occurred_us >= received_us - NORMALIZE_PAST_US;

	if (!valid) {
		put(n, "timestamp", NULL);
		occurred_us = received_us;
	}
	json_object_set_new(n->body, "timestamp", time_json(occurred_us));
	json_object_set_new(n->body, "received", time_json(received_us));
	return occurred_us;
}

/* ---- The message ---- */

/* "%s of %d" and "{} of {}" with their parameters, in their order. */
static json_t *format_message(const char *message, const json_t *params)
{
	struct buf text = BUF(MESSAGE_CHARS * 4);
	json_t *formatted;
	size_t used = 0;

	while (*message) {
		size_t size = *message == '%' && message[1] && strchr("sdifr", message[1]) ? 2 :
			strncmp(message, "{}", 2) == 0 ? 2 : 0;
		json_t *value = size ? trim_scalar(json_array_get(params, used), TAG_CHARS) : NULL;

		if (value) {
			buf_add_text(&text, json_string_value(value));
			message += size;
			used++;
			json_decref(value);
		} else {
			buf_add_char(&text, *message++);
		}
	}
	formatted = trim_text(buf_text(&text), MESSAGE_CHARS);
	buf_clear(&text);
	return formatted;
}

/* SDKs send a text, or the template with its parameters; both under two names. */
static void take_message(struct normalizing *n)
{
	const json_t *raw = json_object_get(n->raw, "logentry");
	const json_t *params;
	json_t *message, *formatted, *entry;

	if (!json_is_object(raw) && !json_is_string(raw))
		raw = json_object_get(n->raw, "message");
	message = trim_scalar(json_is_object(raw) ? json_object_get(raw, "message") : raw,
		MESSAGE_CHARS);
	formatted = trim_scalar(json_object_get(raw, "formatted"), MESSAGE_CHARS);
	params = json_object_get(raw, "params");
	if (!message && !formatted) {
		put(n, "message", NULL);
		return;
	}
	if (!formatted)
		formatted = format_message(json_string_value(message), params);
	entry = json_pack("{s:o}", "formatted", formatted);
	if (message && !json_equal(message, formatted))
		json_object_set(entry, "message", message);
	if (json_is_array(params)) {
		size_t left = MESSAGE_CHARS;
		json_t *kept = trim_value(params, &(struct trim){.depth = 2, .items = PARAMS_MAX,
			.chars = TAG_CHARS}, &left);

		if (kept)
			json_object_set_new(entry, "params", kept);
	}
	json_decref(message);
	json_object_set_new(n->body, "logentry", entry);
}

/* ---- Tags, fingerprint, breadcrumbs ---- */

static bool is_tag_key(const char *key)
{
	size_t size = strlen(key);

	return size > 0 && size <= TAG_CHARS &&
		strspn(key, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
			"_.:-") == size;
}

static void add_tag(struct normalizing *n, json_t *tags, const char *key, const json_t *raw)
{
	json_t *value = trim_scalar(raw, TAG_CHARS);

	if (key && is_tag_key(key) && value && is_plain(json_string_value(value)) &&
		json_array_size(tags) < TAGS_MAX)
		json_array_append_new(tags, json_pack("[s, O]", key, value));
	else if (!json_is_null(raw))
		note_error(n, "tags");
	json_decref(value);
}

/* {"key": "value"}, [["key", "value"]] or [{"key": …, "value": …}]. */
static void take_tags(struct normalizing *n)
{
	json_t *raw = json_object_get(n->raw, "tags"), *tags = json_array(), *value;
	const char *key;
	size_t index;

	json_object_foreach(raw, key, value)
		add_tag(n, tags, key, value);
	json_array_foreach(raw, index, value) {
		const json_t *name = json_is_array(value) ? json_array_get(value, 0) :
			json_object_get(value, "key");

		add_tag(n, tags, json_string_value(name), json_is_array(value) ?
			json_array_get(value, 1) : json_object_get(value, "value"));
	}
	if (raw && !json_is_null(raw) && !json_is_object(raw) && !json_is_array(raw))
		note_error(n, "tags");
	json_object_set_new(n->body, "tags", tags);
}

static void take_fingerprint(struct normalizing *n)
{
	json_t *raw = json_object_get(n->raw, "fingerprint"), *value;
	json_t *fingerprint = json_array();
	size_t index;

	json_array_foreach(raw, index, value) {
		json_t *text = index < FINGERPRINT_MAX ? trim_scalar(value, TAG_CHARS) : NULL;

		if (text)
			json_array_append_new(fingerprint, text);
	}
	if (json_array_size(fingerprint) > 0) {
		json_object_set_new(n->body, "fingerprint", fingerprint);
	} else {
		json_decref(fingerprint);
		put(n, "fingerprint", NULL);
	}
}

static void take_breadcrumbs(struct normalizing *n)
{
	static const struct trim trim = {.depth = 4, .items = 50, .chars = 2048};
	cleanup_json json_t *values = values_of(json_object_get(n->raw, "breadcrumbs"));
	json_t *taken = json_array();
	size_t len = json_array_size(values), left = (size_t)128 << 10;

	for (size_t i = len > BREADCRUMBS_MAX ? len - BREADCRUMBS_MAX : 0; i < len; i++) {
		json_t *crumb = trim_value(json_array_get(values, i), &trim, &left);

		if (crumb)
			json_array_append_new(taken, crumb);
	}
	if (json_array_size(taken) > 0)
		json_object_set_new(n->body, "breadcrumbs", json_pack("{s:O}", "values", taken));
	json_decref(taken);
}

/* ---- What is kept as it came, trimmed ---- */

static const struct object_attribute {
	const char *name;
	struct trim trim;
	size_t size;           /* bytes in all */
} objects[] = {
	{"user", {.depth = 4, .items = 50, .chars = 512}, 8 << 10},
	{"request", {.depth = 6, .items = 100, .chars = 2048}, 64 << 10},
	{"contexts", {.depth = 7, .items = 100, .chars = 1024}, 128 << 10},
	{"extra", {.depth = 7, .items = 100, .chars = 16384}, 256 << 10},
	{"modules", {.depth = 1, .items = 500, .chars = 128}, 64 << 10},
	{"sdk", {.depth = 4, .items = 100, .chars = 256}, 16 << 10},
};

static void take_object(struct normalizing *n, const struct object_attribute *attribute)
{
	const json_t *raw = json_object_get(n->raw, attribute->name);
	size_t left = attribute->size;

	if (json_is_object(raw) && json_object_size(raw) == 0)
		return;
	put(n, attribute->name, json_is_object(raw) ?
		trim_value(raw, &attribute->trim, &left) : NULL);
}

/* An SDK that does not know its own address asks us for it. */
static void fill_address(struct normalizing *n)
{
	json_t *user = json_object_get(n->body, "user");
	const char *address = json_string_value(json_object_get(user, "ip_address"));

	if (address && strcmp(address, "{{auto}}") == 0)
		json_object_set_new(user, "ip_address", json_string(n->source->peer));
}

/* ---- */

bool normalize_event_id(const char *text, char ret_id[static EVENT_ID_SIZE])
{
	size_t len = 0;

	for (; *text; text++) {
		/* A UUID's dashes stand where they stand in every UUID. */
		if (*text == '-' && (len == 8 || len == 12 || len == 16 || len == 20))
			continue;
		if (hex_value((unsigned char)*text) < 0 || len == EVENT_ID_SIZE - 1)
			return false;
		ret_id[len++] = (char)tolower((unsigned char)*text);
	}
	ret_id[len] = '\0';
	return len == EVENT_ID_SIZE - 1;
}

json_t *normalize(const json_t *raw, const struct normalize_source *source,
	int64_t *ret_occurred_us)
{
	struct normalizing n = {
		.raw = raw, .source = source, .body = json_object(), .errors = json_array()};
	size_t left = VARIABLES_SIZE;

	json_object_set_new(n.body, "event_id", json_string(source->event_id));
	*ret_occurred_us = take_times(&n);
	take_level(&n);
	for (size_t i = 0; i < lengthof(texts); i++)
		take_text(&n, &texts[i]);
	take_message(&n);
	put(&n, "exception", exceptions_normalize(json_object_get(raw, "exception"), &left));
	put(&n, "stacktrace", stacktrace_normalize(json_object_get(raw, "stacktrace"), &left));
	put(&n, "threads", threads_normalize(json_object_get(raw, "threads"), &left));
	take_tags(&n);
	take_fingerprint(&n);
	take_breadcrumbs(&n);
	for (size_t i = 0; i < lengthof(objects); i++)
		take_object(&n, &objects[i]);
	fill_address(&n);
	if (!json_object_get(n.body, "platform"))
		json_object_set_new(n.body, "platform", json_string("other"));
	json_object_set_new(n.body, "errors", n.errors);
	return n.body;
}
