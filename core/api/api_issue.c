/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/* One issue: reading, changing, deleting it; its activities and hashes. */
#include "config.h"
#include "core/api/routes.h"

#include "core/api/cursor.h"
#include "core/api/issue_json.h"
#include "core/api/issue_update.h"
#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/daemon/daemon.h"
#include "core/http/http.h"
#include "core/job/job.h"
#include "core/storage/activity.h"
#include "core/storage/issue.h"
#include "core/storage/store.h"

/* One request about one issue. */
struct one {
	const struct api_call *call;
	struct keyset place;       /* of a list */
	struct issue_update update;
	struct issue_actor actor;
	json_t *json;
	bool changed;
	size_t len;                /* rows that were read of a list */
	struct cursor_mark first, last;    /* of those that are shown */
};

static int find(struct tx *tx, const struct one *one, struct issue *ret_issue, struct err *err)
{
	return issue_by_text(tx, one->call->principal.organization_id,
		http_param(one->call->request, "issue"), ret_issue, err);
}

/* A closure may run twice: what it made is made anew. */
static void begin(struct one *one, json_t *json)
{
	json_decref(one->json);
	one->json = json;
	one->changed = false;
}

static int answer(struct api_call *call, struct one *one, int result)
{
	if (result < 0) {
		json_decref(one->json);
		return result;
	}
	call->reply = one->json;
	return 0;
}

/* ---- The issue ---- */

static int get_in(struct tx *tx, void *arg, struct err *err)
{
	struct one *one = arg;
	cleanup_issue struct issue issue = {0};

	begin(one, NULL);
	if (find(tx, one, &issue, err) < 0)
		return err->code;
	return issue_json_details(tx, one->call, &issue, &one->json, err);
}

static int get(struct api_call *call, struct err *err)
{
	struct one one = {.call = call};

	return answer(call, &one, store_read(call->daemon->store, get_in, &one, err));
}

static int put_in(struct tx *tx, void *arg, struct err *err)
{
	struct one *one = arg;
	cleanup_issue struct issue before = {0};
	cleanup_issue struct issue after = {0};

	begin(one, NULL);
	if (find(tx, one, &before, err) < 0 ||
		issue_update_apply(tx, &one->update, &before, &one->actor, &one->changed, err) < 0 ||
		issue_get(tx, before.id, &after, err) < 0)
		return err->code;
	return issue_json_details(tx, one->call, &after, &one->json, err);
}

static int put(struct api_call *call, struct err *err)
{
	struct one one = {.call = call, .actor = issue_actor_of(call)};
	int result = issue_update_read(call->body, &one.update, err);

	if (result == 0)
		result = store_write(call->daemon->store, put_in, &one, err);
	if (result == 0 && one.changed)
		jobs_wake(call->daemon->jobs);
	return answer(call, &one, result);
}

static int delete_in(struct tx *tx, void *arg, struct err *err)
{
	struct one *one = arg;
	cleanup_issue struct issue issue = {0};

	if (find(tx, one, &issue, err) < 0)
		return err->code;
	return issue_update_delete(tx, &issue, &one->actor, err);
}

/* 202, as Sentry answers: there the rest is deleted later. */
static int delete(struct api_call *call, struct err *err)
{
	struct one one = {.call = call, .actor = issue_actor_of(call)};
	int result = store_write(call->daemon->store, delete_in, &one, err);

	call->status = 202;
	return result;
}

/* ---- What belongs to it ---- */

static int activities_in(struct tx *tx, void *arg, struct err *err)
{
	struct one *one = arg;
	cleanup_issue struct issue issue = {0};
	struct activity *rows;
	size_t shown;
	int result = find(tx, one, &issue, err);

	if (result < 0 || activity_list(tx, issue.id, NULL, &one->place, &rows, &one->len, err) < 0)
		return err->code;
	begin(one, json_array());
	shown = api_keyset_shown(&one->place, one->len);
	for (size_t i = 0; i < shown && result == 0; i++) {
		const struct activity *row = &rows[api_keyset_row(&one->place, shown, i)];
		json_t *item;

		result = activity_json(tx, row, &item, err);
		if (result == 0)
			json_array_append_new(one->json, item);
		one->last = (struct cursor_mark){.id = row->id};
		if (i == 0)
			one->first = one->last;
	}
	activity_list_free(rows, one->len);
	return result;
}

static int activities(struct api_call *call, struct err *err)
{
	struct one one = {.call = call};
	int result = api_keyset_read(call, KEYSET_DOWN, &one.place, err);

	if (result == 0)
		result = store_read(call->daemon->store, activities_in, &one, err);
	if (result == 0) {
		api_keyset_answer(call, &one.place, one.len, one.len > 0 ? &one.first : NULL,
			one.len > 0 ? &one.last : NULL);
		one.json = json_pack("{s:o}", "activity", one.json);
	}
	return answer(call, &one, result);
}

static int hashes_in(struct tx *tx, void *arg, struct err *err)
{
	struct one *one = arg;
	cleanup_issue struct issue issue = {0};
	cleanup_json json_t *rows = NULL;
	size_t shown;

	if (find(tx, one, &issue, err) < 0 ||
		issue_hashes(tx, issue.id, &one->place, &rows, err) < 0)
		return err->code;
	begin(one, json_array());
	one->len = json_array_size(rows);
	shown = api_keyset_shown(&one->place, one->len);
	for (size_t i = 0; i < shown; i++)
		json_array_append_new(one->json, json_pack("{s:O}", "id",
			json_array_get(rows, api_keyset_row(&one->place, shown, i))));
	return 0;
}

/* The place of a row that is shown. */
static struct cursor_mark hash_mark(const json_t *list, size_t i)
{
	return (struct cursor_mark){.text = json_string_value(json_object_get(
		json_array_get(list, i), "id"))};
}

static int hashes(struct api_call *call, struct err *err)
{
	struct one one = {.call = call};
	int result = api_keyset_read(call, KEYSET_TEXT, &one.place, err);

	if (result == 0)
		result = store_read(call->daemon->store, hashes_in, &one, err);
	if (result == 0 && one.len > 0) {
		one.first = hash_mark(one.json, 0);
		one.last = hash_mark(one.json, json_array_size(one.json) - 1);
	}
	if (result == 0)
		api_keyset_answer(call, &one.place, one.len, one.len > 0 ? &one.first : NULL,
			one.len > 0 ? &one.last : NULL);
	return answer(call, &one, result);
}

/* An issue has three addresses in Sentry's API; without an organization its own counts. */
#define ROUTES(prefix)                                                                   \
	{"GET", prefix "{issue}/", SCOPES_G_GET, 0, get},                                \
	{"PUT", prefix "{issue}/", SCOPES_G_POST, API_BODY, put},                        \
	{"DELETE", prefix "{issue}/", SCOPES_G_DELETE, 0, delete},                       \
	{"GET", prefix "{issue}/activities/", SCOPES_G_GET, 0, activities},              \
	{"GET", prefix "{issue}/hashes/", SCOPES_G_GET, 0, hashes}

const struct api_route api_issue_routes[] = {
	ROUTES("/api/0/organizations/{org}/issues/"),
	ROUTES("/api/0/issues/"),
	ROUTES("/api/0/groups/"),
	{0},
};
