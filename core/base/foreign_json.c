/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
#include "config.h"
#include "core/base/foreign_json.h"

#include <string.h>

#include "core/base/buf.h"
#include "core/base/err.h"
#include "core/base/hex.h"
#include "core/base/json_read.h"
#include "core/base/mem.h"

struct repair {
	const char *at, *end;
	struct buf out;
};

/* The four hex digits behind \u at 'at', or -1. */
static int hex4(const char *at, const char *end)
{
	int value = 0;

	if (end - at < 6 || at[0] != '\\' || at[1] != 'u')
		return -1;
	for (int i = 2; i < 6; i++) {
		int digit = hex_value(at[i]);

		if (digit < 0)
			return -1;
		value = value * 16 + digit;
	}
	return value;
}

static bool is_high(int code)
{
	return code >= 0xd800 && code < 0xdc00;
}

static bool is_low(int code)
{
	return code >= 0xdc00 && code < 0xe000;
}

/* One escape: copied, or replaced if jansson would not take it. */
static void repair_escape(struct repair *repair)
{
	int code = hex4(repair->at, repair->end);
	size_t size = code < 0 ? 2 : 6;

	if (is_high(code) && is_low(hex4(repair->at + 6, repair->end)))
		size = 12;
	else if (code == 0 || is_high(code) || is_low(code)) {
		buf_add_text(&repair->out, "\\ufffd");
		repair->at += 6;
		return;
	}
	if (size > (size_t)(repair->end - repair->at))
		size = (size_t)(repair->end - repair->at);
	buf_add(&repair->out, repair->at, size);
	repair->at += size;
}

static void repair_string(struct repair *repair)
{
	buf_add_char(&repair->out, *repair->at++);
	while (repair->at < repair->end && *repair->at != '"') {
		if (*repair->at == '\\')
			repair_escape(repair);
		else
			buf_add_char(&repair->out, *repair->at++);
	}
	if (repair->at < repair->end)
		buf_add_char(&repair->out, *repair->at++);
}

/* How much at 'text' can be one number, right or not: "12" of "12-1e999". */
static size_t number_size(const char *text)
{
	static const char digits[] = "0123456789";
	const char *at = text + (*text == '-');

	at += strspn(at, digits);
	if (*at == '.')
		at += 1 + strspn(at + 1, digits);
	if (*at == 'e' || *at == 'E') {
		at++;
		at += *at == '+' || *at == '-';
		at += strspn(at, digits);
	}
	return (size_t)(at - text);
}

/* A number: one that no integer or double holds is put in quotes. */
static void repair_number(struct repair *repair)
{
	size_t size = number_size(repair->at);
	json_error_t problem;
	json_t *number = json_loadb(repair->at, size, JSON_DECODE_ANY, &problem);
	bool quoted = !number && json_error_code(&problem) == json_error_numeric_overflow;

	if (quoted)
		buf_add_char(&repair->out, '"');
	buf_add(&repair->out, repair->at, size);
	if (quoted)
		buf_add_char(&repair->out, '"');
	repair->at += size;
	json_decref(number);
}

static json_t *parse_repaired(const char *text, size_t size)
{
	struct repair repair = {.at = text, .end = text + size, .out = BUF(size * 2 + 64)};
	json_t *json = NULL;

	while (repair.at < repair.end) {
		if (*repair.at == '"')
			repair_string(&repair);
		else if (*repair.at == '-' || (*repair.at >= '0' && *repair.at <= '9'))
			repair_number(&repair);
		else
			buf_add_char(&repair.out, *repair.at++);
	}
	if (!repair.out.failed)
		json = json_loadb(buf_text(&repair.out), repair.out.size, JSON_DECODE_ANY, NULL);
	buf_clear(&repair.out);
	return json;
}

bool foreign_json_fits(const char *text, size_t size, size_t max_depth, size_t max_values)
{
	size_t depth = 0, values = 1;
	bool quoted = false;

	for (size_t i = 0; i < size && depth <= max_depth && values <= max_values; i++) {
		char c = text[i];

		if (quoted && c == '\\')
			i++;
		else if (c == '"')
			quoted = !quoted;
		else if (quoted)
			continue;
		else if (c == '{' || c == '[')
			depth++;
		else if ((c == '}' || c == ']') && depth > 0)
			depth--;
		/* Each comma and each bracket brings one. */
		values += !quoted && (c == ',' || c == '{' || c == '[');
	}
	return depth <= max_depth && values <= max_values;
}

int foreign_json_parse(const char *text, size_t size, json_t **ret_json, struct err *err)
{
	json_error_t problem;
	json_t *json = json_read(text, size, JSON_DECODE_ANY, &problem);

	if (!json)
		json = parse_repaired(text, size);
	if (!json)
		return err_set(err, MORTISE_E_FIELD, "the body is not JSON: %s", problem.text);
	*ret_json = json;
	return 0;
}
