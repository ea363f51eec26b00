/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * What registrations leave open until a call: values and templates, filled from settings,
 * the pipeline's state and the integration's metadata.  Workers and host-call threads;
 * reads the store.
 */
#include "config.h"
#include "core/upstream/upstream.h"

#include <string.h>

#include "core/base/buf.h"
#include "core/base/err.h"
#include "core/base/json_pointer.h"
#include "core/base/mem.h"
#include "core/config/settings.h"
#include "core/daemon/daemon.h"
#include "core/provider/provider.h"
#include "core/storage/integration.h"
#include "core/storage/store.h"
#include "core/upstream/template.h"

#define TEXT_MAX ((size_t)64 * 1024)

typedef int value_fn(struct daemon *daemon, const struct call_scope *scope, const char *name,
	char **ret_text, struct err *err);

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

static int pointed_text(const json_t *json, const char *what, const char *pointer,
	char **ret_text, struct err *err)
{
	const json_t *value = json ? json_pointer(json, pointer) : NULL;
	char *text = json_is_boolean(value) ? xstrdup(json_is_true(value) ? "true" : "false")
		: template_scalar(value);

	if (!text)
		return err_set(err, MORTISE_E_NOT_FOUND, "the %s has no text at \"%s\"", what,
			pointer);
	*ret_text = text;
	return 0;
}

static int state_text(struct daemon *daemon, const struct call_scope *scope, const char *pointer,
	char **ret_text, struct err *err)
{
	(void)daemon;
	return pointed_text(scope->state, "pipeline's state", pointer, ret_text, err);
}

struct row_read {
	int64_t id;
	struct integration row;
};

static int read_row(struct tx *tx, void *arg, struct err *err)
{
	struct row_read *read = arg;

	integration_clear(&read->row);
	return integration_get(tx, read->id, &read->row, err);
}

static int metadata_text(struct daemon *daemon, const struct call_scope *scope,
	const char *pointer, char **ret_text, struct err *err)
{
	struct row_read read = {.id = scope->integration_id};
	int result;

	if (scope->kind == MORTISE_SCOPE_PIPELINE || scope->integration_id == 0)
		return err_set(err, MORTISE_E_SETTINGS, "\"metadata:%s\" needs an integration, which "
			"this call has not yet", pointer);
	result = store_read(daemon->store, read_row, &read, err);
	if (result == 0)
		result = pointed_text(read.row.metadata, "integration's metadata", pointer, ret_text,
			err);
	integration_clear(&read.row);
	return result;
}

static int public_url_text(struct daemon *daemon, const struct call_scope *scope,
	const char *path, char **ret_text, struct err *err)
{
	(void)scope;
	if (*path && *path != '/')
		return err_set(err, MORTISE_E_INTERNAL, "\"public_url:%s\" must name a path that "
			"starts with a slash", path);
	*ret_text = xasprintf("%s%s", daemon->settings->public_url, path);
	return 0;
}

static const struct {
	const char *prefix;
	value_fn *text;
} kinds[] = {
	{"setting:", setting_text},
	{"state:", state_text},
	{"metadata:", metadata_text},
	{"public_url:", public_url_text},
};

/* What 'value' says it is; NULL for plain text. */
static value_fn *kind_of(const char *value, const char **ret_name)
{
	for (size_t i = 0; i < lengthof(kinds); i++) {
		size_t len = strlen(kinds[i].prefix);

		if (strncmp(value, kinds[i].prefix, len) == 0) {
			*ret_name = value + len;
			return kinds[i].text;
		}
	}
	return NULL;
}

int upstream_value(struct daemon *daemon, const struct call_scope *scope, const char *value,
	char **ret_text, struct err *err)
{
	const char *name;
	value_fn *text = kind_of(value, &name);

	if (text)
		return text(daemon, scope, name, ret_text, err);
	*ret_text = xstrdup(value);
	return 0;
}

int upstream_verify(struct daemon *daemon, const struct call_scope *scope, const char *verify,
	bool *ret_verify, struct err *err)
{
	cleanup_free char *text = NULL;
	cleanup_err struct err why = {0};
	int result = verify ? upstream_value(daemon, scope, verify, &text, &why)
		: MORTISE_E_NOT_FOUND;

	if (result < 0 && result != MORTISE_E_NOT_FOUND)
		return err_move(err, &why);
	*ret_verify = !text || strcmp(text, "false") != 0;
	return 0;
}

/* ---- Templates ---- */

/* What stands for {name}. */
static int brace_text(struct daemon *daemon, const struct call_scope *scope, const char *name,
	const char *state_token, char **ret_text, struct err *err)
{
	const char *rest;

	if (strcmp(name, "state") == 0 && state_token)
		*ret_text = xstrdup(state_token);
	else if (strcmp(name, "external_id") == 0 && scope->external_id)
		*ret_text = xstrdup(scope->external_id);
	else if (kind_of(name, &rest))
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
