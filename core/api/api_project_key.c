/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/* The keys of a project, which SDKs send events with. */
#include "config.h"
#include "core/api/routes.h"

#include "core/api/body.h"
#include "core/api/cursor.h"
#include "core/base/clock.h"
#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/config/settings.h"
#include "core/daemon/daemon.h"
#include "core/storage/audit.h"
#include "core/storage/project_key.h"
#include "core/storage/store.h"

#define NAME_LEN_MAX 64

struct keys {
	const struct api_call *call;
	struct api_page page;
	char public_key[PROJECT_KEY_SIZE];     /* of a new one, as the rest */
	const char *name;
	int64_t now_us;
	json_t *json;
	bool more;
};

/* There is no secret half of a DSN: "secret" shows the public one, as SDKs that want one
 * take either. */
static json_t *key_json(const struct api_call *call, const struct project_key *key)
{
	cleanup_free char *dsn = project_key_dsn(call->daemon->settings->public_url, key);

	return json_pack("{s:s, s:s, s:s, s:s, s:I, s:b, s:n, s:{s:s, s:s}, s:o}",
		"id", key->public_key, "name", key->name, "label", key->name,
		"public", key->public_key, "projectId", (json_int_t)key->project_id,
		"isActive", key->active, "rateLimit", "dsn", "public", dsn, "secret", dsn,
		"dateCreated", api_time(key->added_at_us));
}

static int list_in(struct tx *tx, void *arg, struct err *err)
{
	struct keys *keys = arg;
	struct project_key *rows;
	size_t len;

	if (project_key_list(tx, keys->call->project.id, keys->page.offset, keys->page.size + 1,
		    &rows, &len, err) < 0)
		return err->code;
	json_decref(keys->json);
	keys->json = json_array();
	keys->more = (int64_t)len > keys->page.size;
	for (size_t i = 0; i < len && (int64_t)i < keys->page.size; i++)
		json_array_append_new(keys->json, key_json(keys->call, &rows[i]));
	project_key_list_free(rows, len);
	return 0;
}

static int list(struct api_call *call, struct err *err)
{
	struct keys keys = {.call = call};
	int result = api_page_read(call, &keys.page, err);

	if (result == 0)
		result = store_read(call->daemon->store, list_in, &keys, err);
	if (result < 0) {
		json_decref(keys.json);
		return result;
	}
	api_page_answer(call, &keys.page, keys.more);
	call->reply = keys.json;
	return 0;
}

static int add_in(struct tx *tx, void *arg, struct err *err)
{
	struct keys *keys = arg;
	const struct project *project = &keys->call->project;
	cleanup_project_key struct project_key key = {.project_id = project->id,
		.public_key = xstrdup(keys->public_key), .name = xstrdup(keys->name),
		.active = true, .added_at_us = keys->now_us};
	cleanup_free char *target = NULL;

	if (project_key_insert(tx, project->id, key.public_key, key.name, keys->now_us, &key.id,
		    err) < 0)
		return err->code;
	json_decref(keys->json);
	keys->json = key_json(keys->call, &key);
	target = xasprintf("project:%lld", (long long)project->id);
	return audit_insert(tx, &(struct audit_new){.organization_id = project->organization_id,
		.origin = keys->call->principal.origin, .event = "project.key_add",
		.target = target, .now_us = keys->now_us}, err);
}

static int add(struct api_call *call, struct err *err)
{
	struct keys keys = {.call = call, .name = "Default", .now_us = clock_now_us()};
	struct body in = {call->body, .err = err};
	const char *name = body_text(&in, "name", NAME_LEN_MAX, 0);
	int result;

	if (err->code < 0)
		return err->code;
	if (name)
		keys.name = name;
	project_key_make(keys.public_key);
	result = store_write(call->daemon->store, add_in, &keys, err);
	if (result < 0) {
		json_decref(keys.json);
		return result;
	}
	call->status = 201;
	call->reply = keys.json;
	return 0;
}

const struct api_route api_project_key_routes[] = {
	{"GET", "/api/0/projects/{org}/{project}/keys/", SCOPES_P_GET, 0, list},
	{"POST", "/api/0/projects/{org}/{project}/keys/", SCOPES_P_POST, API_BODY, add},
	{0},
};
