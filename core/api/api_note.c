/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/* Notes under an issue, which Sentry also calls comments. */
#include "config.h"
#include "core/api/routes.h"

#include <inttypes.h>
#include <string.h>

#include "core/api/cursor.h"
#include "core/api/issue_json.h"
#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/daemon/daemon.h"
#include "core/http/http.h"
#include "core/job/job.h"
#include "core/storage/activity.h"
#include "core/storage/audit.h"
#include "core/storage/issue.h"
#include "core/storage/store.h"

struct notes {
	const struct api_call *call;
	struct keyset place;
	struct issue_actor actor;
	const char *text;
	int64_t note_id;
	json_t *json;
	size_t len;                /* rows that were read of a list */
	struct cursor_mark first, last;    /* of those that are shown */
};

static int find(struct tx *tx, const struct notes *notes, struct issue *ret_issue,
	struct err *err)
{
	return issue_by_text(tx, notes->call->principal.organization_id,
		http_param(notes->call->request, "issue"), ret_issue, err);
}

static int answer(struct api_call *call, struct notes *notes, int result)
{
	if (result < 0) {
		json_decref(notes->json);
		return result;
	}
	call->reply = notes->json;
	return 0;
}

/* ---- Reading ---- */

static int list_in(struct tx *tx, void *arg, struct err *err)
{
	struct notes *notes = arg;
	cleanup_issue struct issue issue = {0};
	struct activity *rows;
	size_t shown;
	int result = find(tx, notes, &issue, err);

	if (result < 0 || activity_list(tx, issue.id, ACTIVITY_NOTE, &notes->place, &rows,
				  &notes->len, err) < 0)
		return err->code;
	json_decref(notes->json);
	notes->json = json_array();
	shown = api_keyset_shown(&notes->place, notes->len);
	for (size_t i = 0; i < shown && result == 0; i++) {
		const struct activity *row = &rows[api_keyset_row(&notes->place, shown, i)];
		json_t *item;

		result = activity_json(tx, row, &item, err);
		if (result == 0)
			json_array_append_new(notes->json, item);
		notes->last = (struct cursor_mark){.id = row->id};
		if (i == 0)
			notes->first = notes->last;
	}
	activity_list_free(rows, notes->len);
	return result;
}

static int list(struct api_call *call, struct err *err)
{
	struct notes notes = {.call = call};
	int result = api_keyset_read(call, KEYSET_DOWN, &notes.place, err);

	if (result == 0)
		result = store_read(call->daemon->store, list_in, &notes, err);
	if (result == 0)
		api_keyset_answer(call, &notes.place, notes.len,
			notes.len > 0 ? &notes.first : NULL, notes.len > 0 ? &notes.last : NULL);
	return answer(call, &notes, result);
}

/* ---- Writing ---- */

static int read_text(const struct api_call *call, const char **ret_text, struct err *err)
{
	*ret_text = json_string_value(json_object_get(call->body, "text"));
	return *ret_text ? 0 : err_field(err, "text", "This field is required, and is a text.");
}

/* Somebody else's note is changed by none but an administrator: every member has
 * event:admin, so a person needs to be one of the project. */
static int find_own(struct tx *tx, const struct notes *notes, const struct issue *issue,
	struct err *err)
{
	cleanup_activity struct activity note = {0};
	const struct principal *principal = &notes->call->principal;
	int result = activity_get(tx, issue->id, notes->note_id, &note, err);

	if (result < 0)
		return result;
	if ((principal->user_id && note.account_id == principal->user_id) ||
		strcmp(note.origin, principal->origin) == 0 ||
		(principal->scopes &
			(principal->user_id ? SCOPE_PROJECT_ADMIN : SCOPE_EVENT_ADMIN)))
		return 0;
	return err_refuse(err, "Only who wrote a note may change it.");
}

static int shown(struct tx *tx, struct notes *notes, const struct issue *issue, struct err *err)
{
	cleanup_activity struct activity note = {0};

	json_decref(notes->json);
	notes->json = NULL;
	if (activity_get(tx, issue->id, notes->note_id, &note, err) < 0)
		return err->code;
	return activity_json(tx, &note, &notes->json, err);
}

static int add_in(struct tx *tx, void *arg, struct err *err)
{
	struct notes *notes = arg;
	cleanup_issue struct issue issue = {0};

	if (find(tx, notes, &issue, err) < 0 ||
		issue_note_add(tx, issue.id, notes->text, &notes->actor, &notes->note_id, err) < 0)
		return err->code;
	return shown(tx, notes, &issue, err);
}

static int add(struct api_call *call, struct err *err)
{
	struct notes notes = {.call = call, .actor = issue_actor_of(call)};
	int result = read_text(call, &notes.text, err);

	if (result == 0)
		result = store_write(call->daemon->store, add_in, &notes, err);
	if (result == 0)
		jobs_wake(call->daemon->jobs);
	call->status = 201;
	return answer(call, &notes, result);
}

/* A note says who wrote it, not who changed it or took it away. */
static int audit(struct tx *tx, const struct notes *notes, const struct issue *issue,
	const char *event, struct err *err)
{
	cleanup_json json_t *data = json_pack("{s:I}", "issue", (json_int_t)issue->id);

	return audit_insert(tx, &(struct audit_new){
		.organization_id = issue->organization_id,
		.origin = notes->actor.origin,
		.event = event,
		.kind = "note",
		.id = notes->note_id,
		.data = data,
		.now_us = notes->actor.now_us,
	}, err);
}

static int edit_in(struct tx *tx, void *arg, struct err *err)
{
	struct notes *notes = arg;
	cleanup_issue struct issue issue = {0};
	bool changed;

	if (find(tx, notes, &issue, err) < 0 || find_own(tx, notes, &issue, err) < 0 ||
		issue_note_edit(tx, issue.id, notes->note_id, notes->text, &notes->actor, &changed,
			err) < 0 ||
		(changed && audit(tx, notes, &issue, "note.edit", err) < 0))
		return err->code;
	return shown(tx, notes, &issue, err);
}

static int edit(struct api_call *call, struct err *err)
{
	struct notes notes = {.call = call, .actor = issue_actor_of(call)};
	int result = api_id(call, "note", &notes.note_id, err);

	if (result == 0)
		result = read_text(call, &notes.text, err);
	if (result == 0)
		result = store_write(call->daemon->store, edit_in, &notes, err);
	if (result == 0)
		jobs_wake(call->daemon->jobs);
	return answer(call, &notes, result);
}

static int remove_in(struct tx *tx, void *arg, struct err *err)
{
	struct notes *notes = arg;
	cleanup_issue struct issue issue = {0};

	if (find(tx, notes, &issue, err) < 0 || find_own(tx, notes, &issue, err) < 0 ||
		issue_note_delete(tx, issue.id, notes->note_id, err) < 0)
		return err->code;
	return audit(tx, notes, &issue, "note.remove", err);
}

static int remove_one(struct api_call *call, struct err *err)
{
	struct notes notes = {.call = call, .actor = issue_actor_of(call)};
	int result = api_id(call, "note", &notes.note_id, err);

	if (result == 0)
		result = store_write(call->daemon->store, remove_in, &notes, err);
	return answer(call, &notes, result);
}

/* Deleting a note needs no more than writing one: it is one's own. */
#define ROUTES(prefix, name)                                                             \
	{"GET", prefix "{issue}/" name "/", SCOPES_G_GET, 0, list},                      \
	{"POST", prefix "{issue}/" name "/", SCOPES_G_POST, API_BODY, add},              \
	{"PUT", prefix "{issue}/" name "/{note}/", SCOPES_G_POST, API_BODY, edit},       \
	{"DELETE", prefix "{issue}/" name "/{note}/", SCOPES_G_POST, 0, remove_one}

const struct api_route api_note_routes[] = {
	ROUTES("/api/0/organizations/{org}/issues/", "comments"),
	ROUTES("/api/0/organizations/{org}/issues/", "notes"),
	ROUTES("/api/0/issues/", "comments"),
	ROUTES("/api/0/issues/", "notes"),
	ROUTES("/api/0/groups/", "comments"),
	ROUTES("/api/0/groups/", "notes"),
	{0},
};
