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
#include "core/base/json_pointer.h"
#include "core/base/mem.h"
#include "core/provider/provider.h"
#include "core/upstream/upstream.h"

#define TEXT_MAX ((size_t)64 * 1024)

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

/* A string or an integer as text (new string); NULL for anything else. */
static char *scalar_text(const json_t *value)
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
	cleanup_free char *text = scalar_text(json_object_get(params, key));

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

int template_query(struct buf *buf, const json_t *query, struct err *err)
{
	const char *name;
	json_t *value;

	json_object_foreach((json_t *)(uintptr_t)query, name, value) {
		cleanup_free char *text = scalar_text(value);

		if (!text)
			return err_set(err, MORTISE_E_INTERNAL,
				"the query's \"%s\" is no string or integer", name);
		template_pair(buf, name, text);
	}
	return 0;
}

/* ---- Values and templates of registrations ---- */

static const char *after(const char *text, const char *prefix)
{
	size_t len = strlen(prefix);

	return strncmp(text, prefix, len) == 0 ? text + len : NULL;
}

static int setting_text(struct daemon *daemon, const struct call_scope *scope, const char *name,
	char **ret_text, struct err *err)
{
	cleanup_free char *text = provider_setting(daemon, scope->provider, name);

	if (!text || !*text)
		return err_set(err, MORTISE_E_SETTINGS, "set providers.%s.%s in the configuration",
			scope->provider->provider.key, name);
	*ret_text = steal(&text);
	return 0;
}

static int state_text(const struct call_scope *scope, const char *pointer, char **ret_text,
	struct err *err)
{
	char *text = scope->state ? scalar_text(json_pointer(scope->state, pointer)) : NULL;

	if (!text)
		return err_set(err, MORTISE_E_NOT_FOUND, "the pipeline's state has no text at \"%s\"",
			pointer);
	*ret_text = text;
	return 0;
}

int upstream_value(struct daemon *daemon, const struct call_scope *scope, const char *value,
	char **ret_text, struct err *err)
{
	const char *name;

	if ((name = after(value, "setting:")))
		return setting_text(daemon, scope, name, ret_text, err);
	if ((name = after(value, "state:")))
		return state_text(scope, name, ret_text, err);
	*ret_text = xstrdup(value);
	return 0;
}

/* What stands for {name}. */
static int brace_text(struct daemon *daemon, const struct call_scope *scope, const char *name,
	const char *state_token, char **ret_text, struct err *err)
{
	if (strcmp(name, "state") == 0 && state_token)
		*ret_text = xstrdup(state_token);
	else if (strcmp(name, "external_id") == 0 && scope->external_id)
		*ret_text = xstrdup(scope->external_id);
	else if (after(name, "setting:") || after(name, "state:"))
		return upstream_value(daemon, scope, name, ret_text, err);
	else
		return err_set(err, MORTISE_E_INTERNAL, "nothing here stands for {%s}", name);
	return 0;
}

int upstream_template(struct daemon *daemon, const struct call_scope *scope, const char *text,
	const char *state_token, char **ret_text, struct err *err)
{
	cleanup_buf struct buf buf = BUF(TEXT_MAX);
	const char *cursor = text;

	while (*cursor) {
		size_t plain = strcspn(cursor, "{");
		const char *end = strchr(cursor + plain, '}');
		cleanup_free char *name = NULL;
		cleanup_free char *value = NULL;
		int result;

		buf_add(&buf, cursor, plain);
		if (!cursor[plain])
			break;
		if (!end)
			return err_set(err, MORTISE_E_INTERNAL,
				"a registered template has a brace that is not closed");
		name = xstrndup(cursor + plain + 1, (size_t)(end - cursor) - plain - 1);
		result = brace_text(daemon, scope, name, state_token, &value, err);
		if (result < 0)
			return result;
		if (cursor + plain == text)
			buf_add_text(&buf, value);
		else
			template_encode(&buf, value, "");
		cursor = end + 1;
	}
	if (buf.failed)
		return err_set(err, MORTISE_E_LIMIT, "a registered template grew too long");
	*ret_text = buf_steal(&buf);
	return 0;
}
