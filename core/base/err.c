/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
#include "config.h"
#include "core/base/err.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/base/utf8.h"

/* Texts from outside may hold anything, and one that was cut may end inside a character;
 * JSON takes only UTF-8. */
static void make_utf8(char *text)
{
	unsigned char *at = (unsigned char *)text, *end = at + strlen(text);

	while (at < end) {
		size_t size = utf8_size(at, end);

		if (size == 0)
			*at = '?';
		at += size > 0 ? size : 1;
	}
}

__attribute__((format(printf, 1, 0)))
static char *format_text(const char *format, va_list args)
{
	char *text = NULL;

	if (vasprintf(&text, format, args) < 0)
		abort();
	make_utf8(text);
	return text;
}

int err_set(struct err *err, int code, const char *format, ...)
{
	va_list args;

	if (!err)
		return code;
	if (err->code != 0)
		return err->code;
	va_start(args, format);
	err->text = format_text(format, args);
	va_end(args);
	err->code = code;
	return code;
}

int err_refuse(struct err *err, const char *format, ...)
{
	va_list args;

	if (!err)
		return MORTISE_E_FORBIDDEN;
	if (err->code != 0)
		return err->code;
	va_start(args, format);
	err->text = format_text(format, args);
	va_end(args);
	err->code = MORTISE_E_FORBIDDEN;
	err->refused = true;
	return err->code;
}

int err_field(struct err *err, const char *field, const char *format, ...)
{
	cleanup_free char *text = NULL;
	json_t *list;
	va_list args;

	if (!err)
		return MORTISE_E_FIELD;
	va_start(args, format);
	text = format_text(format, args);
	va_end(args);
	err->code = MORTISE_E_FIELD;
	if (!err->text)
		err->text = xasprintf("%s: %s", field, text);
	if (!err->fields)
		err->fields = json_object();
	list = json_object_get(err->fields, field);
	if (!list) {
		list = json_array();
		json_object_set_new(err->fields, field, list);
	}
	json_array_append_new(list, json_string(text));
	return MORTISE_E_FIELD;
}

void err_prefix(struct err *err, const char *format, ...)
{
	cleanup_free char *prefix = NULL;
	char *joined;
	va_list args;

	if (!err || !err->text)
		return;
	va_start(args, format);
	prefix = format_text(format, args);
	va_end(args);
	joined = xasprintf("%s%s", prefix, err->text);
	free(err->text);
	err->text = joined;
}

int err_move(struct err *to, struct err *from)
{
	int code = from->code;

	if (to) {
		err_clear(to);
		*to = *from;
		*from = (struct err){0};
	} else {
		err_clear(from);
	}
	return code;
}

void err_clear(struct err *err)
{
	free(err->text);
	json_decref(err->fields);
	*err = (struct err){0};
}

const char *err_text(const struct err *err)
{
	return err->text ? err->text : "no reason given";
}

static const struct err_meaning meanings[] = {
	{MORTISE_OK, "OK", 200, ERR_FATE_DONE, MORTISE_LOG_INFO, false},
	{MORTISE_E_FIELD, "E_FIELD", 400, ERR_FATE_DEAD, MORTISE_LOG_NOTICE, false},
	{MORTISE_E_SETTINGS, "E_SETTINGS", 400, ERR_FATE_HALTED, MORTISE_LOG_NOTICE, false},
	{MORTISE_E_IDENTITY, "E_IDENTITY", 400, ERR_FATE_HALTED, MORTISE_LOG_WARNING, false},
	{MORTISE_E_NOT_FOUND, "E_NOT_FOUND", 404, ERR_FATE_HALTED, MORTISE_LOG_NOTICE, false},
	{MORTISE_E_FORBIDDEN, "E_FORBIDDEN", 400, ERR_FATE_HALTED, MORTISE_LOG_NOTICE, false},
	{MORTISE_E_CONFLICT, "E_CONFLICT", 409, ERR_FATE_HALTED, MORTISE_LOG_NOTICE, false},
	{MORTISE_E_NO_TARGET, "E_NO_TARGET", 0, ERR_FATE_HALTED, MORTISE_LOG_NOTICE, false},
	{MORTISE_E_RATE, "E_RATE", 429, ERR_FATE_WAITS, MORTISE_LOG_NOTICE, false},
	{MORTISE_E_UPSTREAM, "E_UPSTREAM", 503, ERR_FATE_RETRIED, MORTISE_LOG_WARNING, true},
	{MORTISE_E_RETRY, "E_RETRY", 503, ERR_FATE_RETRIED, MORTISE_LOG_NOTICE, false},
	{MORTISE_E_UNCERTAIN, "E_UNCERTAIN", 503, ERR_FATE_RETRIED, MORTISE_LOG_WARNING, false},
	{MORTISE_E_CANCELLED, "E_CANCELLED", 503, ERR_FATE_RETRIED, MORTISE_LOG_NOTICE, false},
	{MORTISE_E_LIMIT, "E_LIMIT", 400, ERR_FATE_DEAD, MORTISE_LOG_WARNING, false},
	{MORTISE_E_UNSUPPORTED, "E_UNSUPPORTED", 400, ERR_FATE_DEAD, MORTISE_LOG_NOTICE, false},
	{MORTISE_E_INTERNAL, "E_INTERNAL", 500, ERR_FATE_RETRIED, MORTISE_LOG_ERROR, true},
};

const struct err_meaning *err_meaning(int code)
{
	for (size_t i = 0; i < lengthof(meanings); i++)
		if (meanings[i].code == code)
			return &meanings[i];
	return &meanings[lengthof(meanings) - 1];
}
