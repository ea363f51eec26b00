/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * The audit log of an organization, newest first, in Sentry's shape.  `event` and `actor`
 * (a user's id, or an origin as "token:3") narrow it.  `options` are the events that stand
 * in it, to choose from; addresses of clients are not kept.
 */
#include "config.h"
#include "core/api/routes.h"

#include <stdlib.h>
#include <string.h>

#include "core/api/cursor.h"
#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/base/slug.h"
#include "core/daemon/daemon.h"
#include "core/storage/api_token.h"
#include "core/storage/audit.h"
#include "core/storage/member.h"
#include "core/storage/store.h"

struct ask {
	const struct api_call *call;
	struct keyset place;
	const char *event, *origin;        /* NULL: any */
	/* Set anew at each run: */
	json_t *rows, *options;
	size_t len;
	struct cursor_mark first, last;
};

/* ---- Who did it ---- */

static json_t *actor_json(const char *type, const char *id, const char *name, const char *email)
{
	return json_pack("{s:s, s:s?, s:s, s:s?, s:s?}", "type", type, "id", id, "name", name,
		"email", email, "username", email);
}

static int actor_user(struct tx *tx, const char *id, json_t **ret_json, struct err *err)
{
	cleanup_account struct account account = {0};
	cleanup_err struct err missing = {0};
	int result = account_get(tx, atoll(id), &account, &missing);

	if (result < 0 && result != MORTISE_E_NOT_FOUND)
		return err_move(err, &missing);
	*ret_json = actor_json("user", id, result == 0 ? account.name : "", account.email);
	return 0;
}

static int actor_token(struct tx *tx, const char *id, json_t **ret_json, struct err *err)
{
	cleanup_api_token struct api_token token = {0};
	cleanup_err struct err missing = {0};
	int result = api_token_get(tx, atoll(id), &token, &missing);

	if (result < 0 && result != MORTISE_E_NOT_FOUND)
		return err_move(err, &missing);
	*ret_json = actor_json("token", id, result == 0 ? token.name : "", NULL);
	return 0;
}

/* "user:7", "token:3", "integration:5", "system" */
static int add_actor(struct tx *tx, const struct audit *row, json_t *item, struct err *err)
{
	json_t *actor = NULL;
	int result = 0;

	if (strncmp(row->origin, "user:", 5) == 0)
		result = actor_user(tx, row->origin + 5, &actor, err);
	else if (strncmp(row->origin, "token:", 6) == 0)
		result = actor_token(tx, row->origin + 6, &actor, err);
	else
		actor = actor_json("system", NULL, row->origin, NULL);
	if (result == 0)
		json_object_set_new(item, "actor", actor);
	return result;
}

/* ---- The list ---- */

/* Sentry's target is a number; ours says of what, too. */
static json_t *target_number(const char *target)
{
	const char *colon = strchr(target, ':');
	int64_t id;

	return colon && slug_is_id(colon + 1, &id) ? json_integer(id) : json_null();
}

static int row_json(struct tx *tx, const struct audit *row, json_t **ret_json, struct err *err)
{
	json_t *data = json_loads(row->data, 0, NULL);
	cleanup_json json_t *item = json_pack("{s:o, s:s, s:n, s:s, s:s, s:o, s:n, s:o, s:o}", "id",
		api_id_json(row->id), "event", row->event, "ipAddress", "note", row->event,
		"target", row->target, "targetObject", target_number(row->target), "targetUser",
		"data", data ? data : json_object(), "dateCreated", api_time(row->added_at_us));

	if (add_actor(tx, row, item, err) < 0)
		return err->code;
	*ret_json = steal(&item);
	return 0;
}

static int rows_json(struct tx *tx, struct ask *ask, const struct audit *rows, struct err *err)
{
	size_t shown = api_keyset_shown(&ask->place, ask->len);

	for (size_t i = 0; i < shown; i++) {
		const struct audit *row = &rows[api_keyset_row(&ask->place, shown, i)];
		json_t *item;

		if (row_json(tx, row, &item, err) < 0)
			return err->code;
		json_array_append_new(ask->rows, item);
		ask->last = (struct cursor_mark){.id = row->id};
		if (i == 0)
			ask->first = ask->last;
	}
	return 0;
}

static int list_in(struct tx *tx, void *arg, struct err *err)
{
	struct ask *ask = arg;
	int64_t organization_id = ask->call->principal.organization_id;
	struct audit *rows;
	int result;

	json_decref(ask->rows);
	json_decref(ask->options);
	ask->rows = json_array();
	ask->options = NULL;
	if (audit_list(tx, organization_id, ask->origin, ask->event, &ask->place, &rows, &ask->len,
		    err) < 0)
		return err->code;
	result = rows_json(tx, ask, rows, err);
	audit_list_free(rows, ask->len);
	return result < 0 ? result : audit_events(tx, organization_id, &ask->options, err);
}

static int list(struct api_call *call, struct err *err)
{
	const char *actor = api_query(call, "actor", NULL);
	struct ask ask = {.call = call, .event = api_query(call, "event", NULL)};
	cleanup_free char *origin = NULL;
	bool empty;
	int64_t id;
	int result = api_keyset_read(call, KEYSET_DOWN, &ask.place, err);

	if (actor)
		origin = slug_is_id(actor, &id) ? xasprintf("user:%s", actor) : xstrdup(actor);
	ask.origin = origin;
	if (result == 0)
		result = store_read(call->daemon->store, list_in, &ask, err);
	if (result < 0) {
		json_decref(ask.rows);
		json_decref(ask.options);
		return result;
	}
	empty = json_array_size(ask.rows) == 0;
	api_keyset_answer(call, &ask.place, ask.len, empty ? NULL : &ask.first,
		empty ? NULL : &ask.last);
	call->reply = json_pack("{s:o, s:o}", "rows", ask.rows, "options", ask.options);
	return 0;
}

const struct api_route api_audit_routes[] = {
	{"GET", "/api/0/organizations/{org}/audit-logs/", SCOPES_O_POST, 0, list},
	{0},
};
