/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
#include "config.h"
#include "check/calls.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include <sodium.h>

#include <mortise/plugin.h>

#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/frame/call_scope.h"

#define FILE_MAX_SIZE ((size_t)256 << 20)
#define CALLS_MAX 10000

/* ---- The form ---- */

enum form_type { FORM_TEXT, FORM_INTEGER, FORM_OBJECT, FORM_LIST, FORM_TRUE, FORM_ANY, FORM_CODE };

struct form {
	const char *name;
	enum form_type type;
	bool required;
};

static const struct form call_form[] = {
	{"name", FORM_TEXT, false}, {"provider", FORM_TEXT, true}, {"callback", FORM_TEXT, true},
	{"scope", FORM_TEXT, false}, {"external_id", FORM_TEXT, false}, {"now_ms", FORM_INTEGER, false},
	{"input", FORM_OBJECT, false}, {"body", FORM_ANY, false}, {"text", FORM_TEXT, false},
	{"base64", FORM_TEXT, false}, {"asks", FORM_LIST, false}, {"expect", FORM_OBJECT, false}, {0}};
static const struct form ask_form[] = {
	{"ask", FORM_OBJECT, true}, {"answer", FORM_OBJECT, false}, {"any", FORM_TRUE, false}, {0}};
static const struct form answer_form[] = {
	{"code", FORM_CODE, false}, {"reason", FORM_TEXT, false}, {"retry_at_ms", FORM_INTEGER, false},
	{"value", FORM_ANY, false}, {"status", FORM_INTEGER, false}, {"headers", FORM_OBJECT, false},
	{"replayed", FORM_ANY, false}, {"deadline_ms", FORM_INTEGER, false}, {"body", FORM_ANY, false},
	{"text", FORM_TEXT, false}, {"base64", FORM_TEXT, false}, {0}};
static const struct form expect_form[] = {
	{"code", FORM_CODE, false}, {"reason", FORM_TEXT, false}, {"fields", FORM_OBJECT, false},
	{"retry_at_ms", FORM_INTEGER, false}, {"output", FORM_OBJECT, false},
	{"effects", FORM_LIST, false}, {0}};

bool code_parse(const char *name, int *ret_code)
{
	for (int code = MORTISE_OK; code >= MORTISE_E_INTERNAL; code--)
		if (strcmp(err_meaning(code)->name, name) == 0) {
			*ret_code = code;
			return true;
		}
	return false;
}

static const char *type_fault(enum form_type type, const json_t *value)
{
	int code;

	switch (type) {
	case FORM_TEXT:
		return json_is_string(value) ? NULL : "must be a text";
	case FORM_INTEGER:
		return json_is_integer(value) ? NULL : "must be an integer";
	case FORM_OBJECT:
		return json_is_object(value) ? NULL : "must be an object";
	case FORM_LIST:
		return json_is_array(value) ? NULL : "must be a list";
	case FORM_TRUE:
		return json_is_true(value) ? NULL : "must be true, or be left out";
	case FORM_CODE:
		return json_is_string(value) && code_parse(json_string_value(value), &code) ? NULL :
			"must be \"OK\" or a code as in \"E_NOT_FOUND\"";
	case FORM_ANY:
		break;
	}
	return NULL;
}

static int check_form(const struct form *form, const json_t *object, const char *at, struct err *err)
{
	const char *name;
	json_t *value;

	if (!json_is_object(object))
		return err_set(err, MORTISE_E_FIELD, "%s must be an object", *at ? at : "a call");
	json_object_foreach((json_t *)(uintptr_t)object, name, value) {
		const struct form *member = form;
		const char *fault;

		while (member->name && strcmp(member->name, name) != 0)
			member++;
		if (!member->name)
			return err_set(err, MORTISE_E_FIELD, "%s/%s is no member of a call: see "
				"mortise-check(1)", at, name);
		fault = type_fault(member->type, value);
		if (fault)
			return err_set(err, MORTISE_E_FIELD, "%s/%s %s", at, name, fault);
	}
	for (; form->name; form++)
		if (form->required && !json_object_get(object, form->name))
			return err_set(err, MORTISE_E_FIELD, "%s/%s is missing", at, form->name);
	return 0;
}

/* At most one way to give bytes, and base64 that is some. */
static int check_bytes(const json_t *object, const char *at, struct err *err)
{
	const json_t *text = json_object_get(object, "base64");
	int ways = (json_object_get(object, "body") != NULL) + (json_object_get(object, "text") != NULL) +
		(text != NULL);
	size_t size;
	cleanup_free char *bytes = text ? call_bytes(object, &size) : NULL;

	if (ways > 1)
		return err_set(err, MORTISE_E_FIELD, "%s: give one of \"body\", \"text\" and \"base64\"", at);
	if (text && !bytes)
		return err_set(err, MORTISE_E_FIELD, "%s/base64 is not base64", at);
	return 0;
}

static int check_ask(const json_t *item, size_t index, struct err *err)
{
	cleanup_free char *at = xasprintf("/asks/%zu", index);
	cleanup_free char *inner = xasprintf("%s/answer", at);
	const json_t *answer = json_object_get(item, "answer");
	const char *op = json_string_value(json_object_get(json_object_get(item, "ask"), "op"));
	int result = check_form(ask_form, item, at, err);

	if (result == 0 && answer)
		result = check_form(answer_form, answer, inner, err);
	if (result == 0 && answer)
		result = check_bytes(answer, inner, err);
	if (result == 0 && !op)
		result = err_set(err, MORTISE_E_FIELD, "%s/ask/op is missing: \"http\", \"read\", …", at);
	if (result == 0 && strcmp(op, "http") == 0 && !json_object_get(answer, "code") &&
		!json_object_get(answer, "status"))
		result = err_set(err, MORTISE_E_FIELD, "%s/status is missing: which status does the "
			"upstream answer?", inner);
	return result;
}

static int check_call(const json_t *call, struct err *err)
{
	const json_t *expect = json_object_get(call, "expect");
	const char *scope = json_string_value(json_object_get(call, "scope"));
	int result = check_form(call_form, call, "", err);
	json_t *item;
	size_t i;

	if (result == 0 && expect)
		result = check_form(expect_form, expect, "/expect", err);
	if (result == 0)
		result = check_bytes(call, "a call", err);
	if (result == 0 && scope && !call_scope_parse(scope))
		result = err_set(err, MORTISE_E_FIELD, "/scope is \"%s\": use provider, subject, pipeline, "
			"integration or install", scope);
	json_array_foreach(json_object_get(call, "asks"), i, item)
		if (result == 0)
			result = check_ask(item, i, err);
	return result;
}

/* ---- Bytes ---- */

static char *from_base64(const char *text, size_t *ret_size)
{
	size_t size = strlen(text);
	char *bytes = xmalloc(size + 1);

	if (sodium_base642bin((unsigned char *)bytes, size, text, size, NULL, ret_size, NULL,
		    sodium_base64_VARIANT_ORIGINAL) != 0) {
		free(bytes);
		return NULL;
	}
	bytes[*ret_size] = '\0';
	return bytes;
}

char *call_bytes(const json_t *object, size_t *ret_size)
{
	const json_t *body = json_object_get(object, "body");
	const char *text = json_string_value(json_object_get(object, "text"));
	const char *base64 = json_string_value(json_object_get(object, "base64"));
	char *bytes = NULL;

	if (base64)
		return from_base64(base64, ret_size);
	if (body)
		bytes = json_dumps(body, JSON_ENCODE_ANY | JSON_COMPACT);
	else if (text)
		bytes = xstrdup(text);
	*ret_size = bytes ? strlen(bytes) : 0;
	return bytes;
}

/* ---- Reading ---- */

static int read_all(const char *path, char **ret_text, size_t *ret_size, struct err *err)
{
	FILE *file = fopen(path, "re");
	cleanup_free char *text = NULL;
	size_t size = 0, capacity = 0;

	if (!file)
		return err_set(err, MORTISE_E_NOT_FOUND, "it cannot be read: %s", strerror(errno));
	do {
		if (capacity - size < 65536)
			text = xrealloc(text, (capacity = capacity * 2 + 65536));
		size += fread(text + size, 1, capacity - size, file);
	} while (!feof(file) && !ferror(file) && size <= FILE_MAX_SIZE);
	fclose(file);
	if (size > FILE_MAX_SIZE)
		return err_set(err, MORTISE_E_LIMIT, "it is larger than %zu MiB", FILE_MAX_SIZE >> 20);
	*ret_text = steal(&text);
	*ret_size = size;
	return 0;
}

static int add_call(struct call_file *file, json_t *call, struct err *err)
{
	int result = check_call(call, err);

	if (result == 0 && json_array_size(file->calls) >= CALLS_MAX)
		result = err_set(err, MORTISE_E_LIMIT, "it holds more than %d calls", CALLS_MAX);
	if (result < 0)
		err_prefix(err, "call %zu: ", json_array_size(file->calls) + 1);
	else
		json_array_append(file->calls, call);
	return result;
}

static int add_value(struct call_file *file, json_t *value, struct err *err)
{
	int result = 0;
	json_t *call;
	size_t i;

	if (!json_is_array(value))
		return add_call(file, value, err);
	json_array_foreach(value, i, call)
		if (result == 0)
			result = add_call(file, call, err);
	return result;
}

static int line_of(const char *text, size_t at)
{
	int line = 1;

	for (size_t i = 0; i < at; i++)
		line += text[i] == '\n';
	return line;
}

/* The values that stand one after the other in 'text'. */
static int parse(struct call_file *file, const char *text, size_t size, struct err *err)
{
	size_t at = 0;
	int result = 0;

	for (;;) {
		cleanup_json json_t *value = NULL;
		json_error_t problem;

		while (at < size && memchr(" \t\r\n", text[at], 4))
			at++;
		if (at == size || result < 0)
			return result;
		value = json_loadb(text + at, size - at, JSON_REJECT_DUPLICATES | JSON_DISABLE_EOF_CHECK,
			&problem);
		if (!value)
			return err_set(err, MORTISE_E_FIELD, "line %d: %s",
				line_of(text, at) + problem.line - 1, problem.text);
		result = add_value(file, value, err);
		at += (size_t)problem.position;
	}
}

int call_file_read(const char *path, struct call_file *ret_file, struct err *err)
{
	struct call_file file = {.path = path, .calls = json_array()};
	cleanup_free char *text = NULL;
	size_t size;
	int result = read_all(path, &text, &size, err);

	if (result == 0)
		result = parse(&file, text, size, err);
	if (result == 0 && json_array_size(file.calls) == 0)
		result = err_set(err, MORTISE_E_FIELD, "it holds no call");
	if (result < 0) {
		call_file_clear(&file);
		return result;
	}
	*ret_file = file;
	return 0;
}

void call_file_clear(struct call_file *file)
{
	json_decref(file->calls);
	*file = (struct call_file){0};
}
