/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * The keys of a project, which SDKs send events with.  A key is named by its public text;
 * one that is switched off, or deleted, counts no longer with the next event.
 */
#include "config.h"
#include "core/api/routes.h"

#include "core/api/body.h"
#include "core/api/people.h"
#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/config/settings.h"
#include "core/daemon/daemon.h"
#include "core/http/http.h"
#include "core/ingest/ingest.h"
#include "core/storage/project_key.h"

struct sent {
	const char *name;          /* NULL: not sent */
	int active;                /* 0 or 1; -1: not sent */
	char public_key[PROJECT_KEY_SIZE];     /* of a new one */
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
	struct work *work = arg;
	struct project_key *rows;
	size_t len, shown;

	if (project_key_list(tx, work->call->project.id, &work->place, &rows, &len, err) < 0)
		return err->code;
	shown = work_begin_list(work, len);
	for (size_t i = 0; i < shown; i++) {
		const struct project_key *row = &rows[work_row(work, i)];

		work_show(work, key_json(work->call, row), row->id, NULL);
	}
	project_key_list_free(rows, len);
	return 0;
}

static int list(struct api_call *call, struct err *err)
{
	return work_list(call, KEYSET_UP, list_in, err);
}

static int find(struct tx *tx, const struct work *work, struct project_key *ret_key,
	struct err *err)
{
	return project_key_get(tx, work->call->project.id, http_param(work->call->request, "key"),
		ret_key, err);
}

static int show_in(struct tx *tx, void *arg, struct err *err)
{
	struct work *work = arg;
	cleanup_project_key struct project_key key = {0};

	if (find(tx, work, &key, err) < 0)
		return err->code;
	work_answer(work, key_json(work->call, &key));
	return 0;
}

static int show(struct api_call *call, struct err *err)
{
	return work_read(call, show_in, err);
}

static int audit(struct tx *tx, const struct work *work, const char *event,
	const struct project_key *key, struct err *err)
{
	const struct project *project = &work->call->project;

	return work_audit(tx, work, project->organization_id, event, "project", project->id,
		json_pack("{s:s, s:s, s:b}", "key", key->public_key, "name", key->name, "isActive",
			key->active), err);
}

static int add_in(struct tx *tx, void *arg, struct err *err)
{
	struct work *work = arg;
	const struct sent *sent = work->sent;
	cleanup_project_key struct project_key key = {
		.project_id = work->call->project.id,
		.public_key = xstrdup(sent->public_key),
		.name = xstrdup(sent->name ? sent->name : "Default"),
		.active = true,
		.added_at_us = work->now_us,
	};

	if (project_key_insert(tx, key.project_id, key.public_key, key.name, work->now_us, &key.id,
		    err) < 0)
		return err->code;
	work->created = true;
	work_answer(work, key_json(work->call, &key));
	return audit(tx, work, "projectkey.create", &key, err);
}

static int add(struct api_call *call, struct err *err)
{
	struct body in = {call->body, .err = err};
	struct sent sent = {.name = body_text(&in, "name", PEOPLE_NAME_LEN_MAX, 0)};

	project_key_make(sent.public_key);
	return err->code < 0 ? err->code : work_write(call, add_in, &sent, err);
}

static int update_in(struct tx *tx, void *arg, struct err *err)
{
	struct work *work = arg;
	const struct sent *sent = work->sent;
	cleanup_project_key struct project_key key = {0};

	if (find(tx, work, &key, err) < 0)
		return err->code;
	if (sent->name) {
		free(key.name);
		key.name = xstrdup(sent->name);
	}
	if (sent->active >= 0)
		key.active = sent->active == 1;
	if (project_key_update(tx, &key, err) < 0)
		return err->code;
	work_answer(work, key_json(work->call, &key));
	return audit(tx, work, "projectkey.edit", &key, err);
}

static int update(struct api_call *call, struct err *err)
{
	struct body in = {call->body, .err = err};
	struct sent sent = {
		.name = body_text(&in, "name", PEOPLE_NAME_LEN_MAX, 0),
		.active = people_read_flag(&in, "isActive"),
	};
	int result = err->code < 0 ? err->code : work_write(call, update_in, &sent, err);

	if (result == 0)
		ingest_forget_keys(call->daemon->ingest);
	return result;
}

static int delete_in(struct tx *tx, void *arg, struct err *err)
{
	struct work *work = arg;
	cleanup_project_key struct project_key key = {0};

	if (find(tx, work, &key, err) < 0 ||
		project_key_delete(tx, key.project_id, key.public_key, err) < 0)
		return err->code;
	return audit(tx, work, "projectkey.remove", &key, err);
}

static int delete(struct api_call *call, struct err *err)
{
	int result = work_write(call, delete_in, NULL, err);

	if (result == 0)
		ingest_forget_keys(call->daemon->ingest);
	return result;
}

#define KEYS "/api/0/projects/{org}/{project}/keys/"

const struct api_route api_project_key_routes[] = {
	{"GET", KEYS, SCOPES_P_GET, 0, list},
	{"POST", KEYS, SCOPES_P_POST, API_BODY, add},
	{"GET", KEYS "{key}/", SCOPES_P_GET, 0, show},
	{"PUT", KEYS "{key}/", SCOPES_P_POST, API_BODY, update},
	{"DELETE", KEYS "{key}/", SCOPES_P_DELETE, 0, delete},
	{0},
};
