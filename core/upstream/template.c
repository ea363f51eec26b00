/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
#include "config.h"
#include "core/upstream/template.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>

#include "core/base/buf.h"
#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/provider/provider.h"

void template_encode(struct buf *buf, const char *text, const char *keep)
{
	for (const char *c = text; *c; c++) {
		if (isalnum((unsigned char)*c) || strchr("-._~", *c) || strchr(keep, *c))
			buf_add_char(buf, *c);
		else
			buf_printf(buf, "%%%02X", (unsigned char)*c);
	}
}

void template_pair(struct buf *buf, const char *name, const char *value)
{
	if (buf->size > 0)
		buf_add_char(buf, '&');
	template_encode(buf, name, "");
	buf_add_char(buf, '=');
	template_encode(buf, value, "");
}

char *template_scalar(const json_t *value)
{
	if (json_is_string(value) && strlen(json_string_value(value)) == json_string_length(value))
		return xstrdup(json_string_value(value));
	if (json_is_integer(value))
		return xasprintf("%" JSON_INTEGER_FORMAT, json_integer_value(value));
	return NULL;
}

/* ---- Paths and queries of requests ---- */

static bool is_dots(const char *segment, size_t len)
{
	return (len == 1 && segment[0] == '.') ||
		(len == 2 && segment[0] == '.' && segment[1] == '.');
}

/* May 'text' stand as one segment, or with 'slashes' as several? */
static bool keeps_its_place(const char *text, bool slashes)
{
	const char *segment = text;

	if (!*text || text[0] == '/')
		return false;
	if (!slashes)
		return !is_dots(text, strlen(text));
	for (;;) {
		size_t len = strcspn(segment, "/");

		if (is_dots(segment, len))
			return false;
		if (!segment[len])
			return true;
		segment += len + 1;
	}
}

static int add_param(struct buf *buf, const char *name, size_t len, const json_t *params,
	struct err *err)
{
	bool slashes = len > 1 && name[len - 1] == '*';
	cleanup_free char *key = xstrndup(name, slashes ? len - 1 : len);
	cleanup_free char *text = template_scalar(json_object_get(params, key));

	if (!text)
		return err_set(err, MORTISE_E_INTERNAL,
			"the path's {%s} has no string or integer in params", key);
	if (!keeps_its_place(text, slashes))
		return err_set(err, MORTISE_E_FORBIDDEN,
			"\"%s\" cannot stand for %s in a path of the upstream", text, key);
	template_encode(buf, text, slashes ? "/" : "");
	return 0;
}

int template_path(struct buf *buf, const char *path, const json_t *params, struct err *err)
{
	if (path[0] != '/')
		return err_set(err, MORTISE_E_INTERNAL, "a request's path starts with a slash");
	while (*path) {
		size_t plain = strcspn(path, "{");
		const char *end;
		int result;

		buf_add(buf, path, plain);
		path += plain;
		if (!*path)
			break;
		end = strchr(path, '}');
		if (!end || end == path + 1)
			return err_set(err, MORTISE_E_INTERNAL,
				"a request's path has a brace that is not closed");
		result = add_param(buf, path + 1, (size_t)(end - path - 1), params, err);
		if (result < 0)
			return result;
		path = end + 1;
	}
	return 0;
}

static int add_pair(struct buf *buf, const char *name, const json_t *value, struct err *err)
{
	cleanup_free char *text = template_scalar(value);

	if (!text)
		return err_set(err, MORTISE_E_INTERNAL,
			"the query's \"%s\" is no string or integer, nor a list of them", name);
	template_pair(buf, name, text);
	return 0;
}

int template_query(struct buf *buf, const json_t *query, struct err *err)
{
	const char *name;
	json_t *value;
	int result = 0;

	json_object_foreach((json_t *)(uintptr_t)query, name, value) {
		if (!json_is_array(value))
			result = add_pair(buf, name, value, err);
		for (size_t i = 0; result == 0 && i < json_array_size(value); i++)
			result = add_pair(buf, name, json_array_get(value, i), err);
		if (result < 0)
			return result;
	}
	return 0;
}
