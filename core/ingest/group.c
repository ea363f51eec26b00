/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * A frame counts by its module, or its file without what a deployment changes in it, and
 * its function; a function without a name by its line of source.  Line numbers never
 * count, so that an edit elsewhere in the file makes no new issue, and of frames that
 * follow each other and are the same one counts, so that the depth of a recursion does
 * not either.
 */
#include "config.h"
#include "core/ingest/group.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <sodium.h>

#include "core/base/buf.h"
#include "core/base/mem.h"
#include "core/crypto/digest.h"
#include "core/ingest/parametrize.h"

#define PARTS_SIZE ((size_t)4 << 20)
#define MARK "{{"

static const char *text_of(const json_t *json, const char *name)
{
	const char *text = json_string_value(json_object_get(json, name));

	return text && *text ? text : NULL;
}

/* A part ends with a NUL, which no text has: "ab", "c" is not "a", "bc". */
static void end_part(struct buf *parts)
{
	buf_add_char(parts, '\0');
}

static void add_part(struct buf *parts, const char *text)
{
	buf_add_text(parts, text);
	end_part(parts);
}

/* ---- Frames ---- */

/* The file without scheme, host, query and what a deployment numbers. */
static void add_file(struct buf *parts, const char *file)
{
	const char *host = strstr(file, "://");
	const char *path = host ? strchr(host + strlen("://"), '/') : file;
	cleanup_free char *plain = path ? xstrndup(path, strcspn(path, "?#")) : xstrdup("");

	parametrize(plain, parts);
	end_part(parts);
}

static bool is_nameless(const char *function)
{
	static const char *const names[] = {"?", "<anonymous>", "<lambda>", "<unknown>"};

	for (size_t i = 0; function && i < lengthof(names); i++)
		if (strcmp(function, names[i]) == 0)
			return true;
	return !function;
}

static void add_frame(struct buf *parts, const json_t *frame)
{
	const char *module = text_of(frame, "module"), *file = text_of(frame, "filename");
	const char *function = text_of(frame, "function"), *line = text_of(frame, "context_line");

	if (module)
		add_part(parts, module);
	else if (file)
		add_file(parts, file);
	if (!is_nameless(function))
		add_part(parts, function);
	else if (line)
		add_part(parts, line + strspn(line, " \t"));
}

static bool is_in_app(const json_t *frame)
{
	return json_is_true(json_object_get(frame, "in_app"));
}

/* Does a list of frames, or of what holds one, have any of the application? */
static bool has_in_app(const json_t *frames)
{
	const json_t *frame;
	size_t index;

	json_array_foreach(frames, index, frame)
		if (is_in_app(frame))
			return true;
	return false;
}

static void add_frames(struct buf *parts, const json_t *frames, bool in_app_only)
{
	size_t previous = 0, previous_size = 0, index;
	const json_t *frame;

	json_array_foreach(frames, index, frame) {
		size_t start = parts->size, size;

		if (in_app_only && !is_in_app(frame))
			continue;
		add_frame(parts, frame);
		size = parts->size - start;
		if (size > 0 && size == previous_size && !parts->failed &&
			memcmp(parts->data + previous, parts->data + start, size) == 0) {
			parts->size = start;
		} else {
			previous = start;
			previous_size = size;
		}
	}
}

/* ---- What an event is by default ---- */

static const json_t *frames_of(const json_t *holder)
{
	return json_object_get(json_object_get(holder, "stacktrace"), "frames");
}

static bool any_in_app(const json_t *exceptions)
{
	const json_t *exception;
	size_t index;

	json_array_foreach(exceptions, index, exception)
		if (has_in_app(frames_of(exception)))
			return true;
	return false;
}

/* A synthetic exception is one that the SDK made up; its type says nothing. */
static bool is_synthetic(const json_t *exception)
{
	return json_is_true(json_object_get(json_object_get(exception, "mechanism"),
		"synthetic"));
}

static void add_exception(struct buf *parts, const json_t *exception, bool in_app_only)
{
	const char *type = text_of(exception, "type"), *value = text_of(exception, "value");
	size_t start;

	if (type && !is_synthetic(exception))
		add_part(parts, type);
	start = parts->size;
	add_frames(parts, frames_of(exception), in_app_only);
	/* Where the stack says nothing, the words must. */
	if (parts->size == start && value && json_array_size(frames_of(exception)) == 0) {
		parametrize(value, parts);
		end_part(parts);
	}
}

static void add_exceptions(struct buf *parts, const json_t *exceptions)
{
	bool in_app_only = any_in_app(exceptions);
	const json_t *exception;
	size_t index;

	json_array_foreach(exceptions, index, exception)
		add_exception(parts, exception, in_app_only);
}

static void add_message(struct buf *parts, const json_t *body)
{
	const json_t *entry = json_object_get(body, "logentry");
	const char *message = text_of(entry, "message");

	if (!message)
		message = text_of(entry, "formatted");
	if (!message)
		return;
	parametrize(message, parts);
	end_part(parts);
}

static const json_t *threads_frames(const json_t *body)
{
	const json_t *threads = json_object_get(json_object_get(body, "threads"), "values");
	const json_t *thread;
	size_t index;

	json_array_foreach(threads, index, thread)
		if (json_is_true(json_object_get(thread, "crashed")) && frames_of(thread))
			return frames_of(thread);
	return NULL;
}

static void add_default(struct buf *parts, const json_t *body)
{
	const json_t *exceptions = json_object_get(json_object_get(body, "exception"), "values");
	size_t start = parts->size;

	if (json_array_size(exceptions) > 0) {
		add_exceptions(parts, exceptions);
		if (parts->size > start)
			return;
	}
	if (threads_frames(body))
		add_frames(parts, threads_frames(body), has_in_app(threads_frames(body)));
	if (parts->size == start)
		add_message(parts, body);
	/* An SDK that sends the stack of a message: the words, then whence. */
	if (frames_of(body))
		add_frames(parts, frames_of(body), has_in_app(frames_of(body)));
}

/* ---- */

/* "{{ default }}", with or without the spaces. */
static bool is_default(const char *text)
{
	size_t word;

	if (strncmp(text, MARK, strlen(MARK)) != 0)
		return false;
	text += strlen(MARK);
	text += strspn(text, " ");
	word = strcspn(text, " }");
	return word == strlen("default") && strncmp(text, "default", word) == 0 &&
		strcmp(text + word + strspn(text + word, " "), "}}") == 0;
}

static void hash(struct buf *parts, char ret_hash[static GROUP_HASH_SIZE])
{
	unsigned char digest[DIGEST_MAX_SIZE];

	digest_of(DIGEST_SHA256, buf_text(parts), parts->size, digest);
	sodium_bin2hex(ret_hash, GROUP_HASH_SIZE, digest, (GROUP_HASH_SIZE - 1) / 2);
}

void group_hash(const json_t *body, char ret_hash[static GROUP_HASH_SIZE])
{
	const json_t *fingerprint = json_object_get(body, "fingerprint"), *value;
	struct buf parts = BUF(PARTS_SIZE);
	size_t index;

	json_array_foreach(fingerprint, index, value) {
		if (is_default(json_string_value(value)))
			add_default(&parts, body);
		else
			add_part(&parts, json_string_value(value));
	}
	if (json_array_size(fingerprint) == 0)
		add_default(&parts, body);
	hash(&parts, ret_hash);
	buf_clear(&parts);
}

bool group_user(const json_t *body, char ret_hash[static GROUP_HASH_SIZE])
{
	static const char *const names[] = {"id", "username", "email", "ip_address"};
	const json_t *user = json_object_get(body, "user"), *value = NULL;
	struct buf parts = BUF(PARTS_SIZE);
	char number[24];
	size_t i;

	for (i = 0; i < lengthof(names) && !value; i++) {
		value = json_object_get(user, names[i]);
		if (!json_is_string(value) && !json_is_integer(value))
			value = NULL;
	}
	if (!value)
		return false;
	snprintf(number, sizeof(number), "%" JSON_INTEGER_FORMAT, json_integer_value(value));
	add_part(&parts, names[i - 1]);
	add_part(&parts, json_is_string(value) ? json_string_value(value) : number);
	hash(&parts, ret_hash);
	buf_clear(&parts);
	return true;
}
