/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/* The events of an issue that are kept, in Sentry's shape. */
#include "config.h"
#include "core/api/routes.h"

#include <string.h>

#include "core/api/cursor.h"
#include "core/api/event_json.h"
#include "core/api/issue_json.h"
#include "core/api/release_json.h"
#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/daemon/daemon.h"
#include "core/http/http.h"
#include "core/ingest/normalize.h"
#include "core/storage/event.h"
#include "core/storage/issue.h"
#include "core/storage/release.h"
#include "core/storage/store.h"

struct reading {
	const struct api_call *call;
	struct api_page page;
	json_t *json;
	bool more;
};

static int find_issue(struct tx *tx, const struct reading *reading, struct issue *ret_issue,
	struct err *err)
{
	return issue_by_text(tx, reading->call->principal.organization_id,
		http_param(reading->call->request, "issue"), ret_issue, err);
}

/* ---- A page of them ---- */

/* Bodies are read one by one: the rows of a page could hold a lot. */
static int add_event(struct tx *tx, const struct event *row, json_t *list, struct err *err)
{
	cleanup_event struct event event = {0};
	int result = event_find(tx, row->issue_id, row->event_id, &event, err);

	if (result == 0)
		json_array_append_new(list, event_json(&event));
	return result;
}

static int list_in(struct tx *tx, void *arg, struct err *err)
{
	struct reading *reading = arg;
	cleanup_issue struct issue issue = {0};
	struct event *rows;
	size_t len;
	int result = find_issue(tx, reading, &issue, err);

	if (result == 0)
		result = event_list(tx, issue.id, reading->page.offset, reading->page.size + 1,
			&rows, &len, err);
	if (result < 0)
		return result;
	json_decref(reading->json);
	reading->json = json_array();
	reading->more = (int64_t)len > reading->page.size;
	for (size_t i = 0; i < len && (int64_t)i < reading->page.size && result == 0; i++)
		result = add_event(tx, &rows[i], reading->json, err);
	event_list_free(rows, len);
	return result;
}

static int list(struct api_call *call, struct err *err)
{
	struct reading reading = {.call = call};
	int result = api_page_read(call, &reading.page, err);

	if (result == 0)
		result = store_read(call->daemon->store, list_in, &reading, err);
	if (result < 0) {
		json_decref(reading.json);
		return result;
	}
	api_page_answer(call, &reading.page, reading.more);
	call->reply = reading.json;
	return 0;
}

/* ---- One ---- */

/* By its id, or by what it is among the events of its issue. */
static int find_event(struct tx *tx, int64_t issue_id, const char *name, struct event *ret_event,
	struct err *err)
{
	static const struct {
		const char *name;
		enum event_which which;
	} names[] = {
		{"latest", EVENT_LATEST}, {"oldest", EVENT_OLDEST},
		{"recommended", EVENT_RECOMMENDED},
	};
	char event_id[EVENT_ID_SIZE];

	for (size_t i = 0; i < lengthof(names); i++)
		if (strcmp(name, names[i].name) == 0)
			return event_get(tx, issue_id, names[i].which, ret_event, err);
	if (!normalize_event_id(name, event_id))
		return err_set(err, MORTISE_E_NOT_FOUND, "an event is named by its id of 32 "
			"hexadecimal digits, \"latest\", \"oldest\" or \"recommended\"");
	return event_find(tx, issue_id, event_id, ret_event, err);
}

static int add_release(struct tx *tx, const struct event *event, json_t *shown, struct err *err)
{
	cleanup_release struct release release = {0};
	int result = event->release_id ? release_get(tx, event->release_id, &release, err) :
		MORTISE_E_NOT_FOUND;
	json_t *json;

	if (result == MORTISE_E_NOT_FOUND) {
		/* It may have been deleted since. */
		err_clear(err);
		json_object_set_new(shown, "release", json_null());
		return 0;
	}
	if (result == 0)
		result = release_json(tx, &release, &json, err);
	if (result == 0)
		json_object_set_new(shown, "release", json);
	return result;
}

static int add_neighbours(struct tx *tx, const struct event *event, json_t *shown, struct err *err)
{
	char before[EVENT_ID_SIZE], after[EVENT_ID_SIZE];
	int result = event_neighbours(tx, event, before, after, err);

	if (result < 0)
		return result;
	json_object_set_new(shown, "previousEventID", *before ? json_string(before) : json_null());
	json_object_set_new(shown, "nextEventID", *after ? json_string(after) : json_null());
	return 0;
}

static int get_in(struct tx *tx, void *arg, struct err *err)
{
	struct reading *reading = arg;
	cleanup_issue struct issue issue = {0};
	cleanup_event struct event event = {0};
	int result = find_issue(tx, reading, &issue, err);

	if (result == 0)
		result = find_event(tx, issue.id, http_param(reading->call->request, "event"),
			&event, err);
	if (result < 0)
		return result;
	json_decref(reading->json);
	reading->json = event_json_details(&event);
	result = add_release(tx, &event, reading->json, err);
	return result < 0 ? result : add_neighbours(tx, &event, reading->json, err);
}

static int get(struct api_call *call, struct err *err)
{
	struct reading reading = {.call = call};
	int result = store_read(call->daemon->store, get_in, &reading, err);

	if (result < 0) {
		json_decref(reading.json);
		return result;
	}
	call->reply = reading.json;
	return 0;
}

#define ROUTES(prefix)                                                       \
	{"GET", prefix "{issue}/events/", SCOPES_G_GET, 0, list},            \
	{"GET", prefix "{issue}/events/{event}/", SCOPES_G_GET, 0, get}

const struct api_route api_event_routes[] = {
	ROUTES("/api/0/organizations/{org}/issues/"),
	ROUTES("/api/0/issues/"),
	ROUTES("/api/0/groups/"),
	{0},
};
