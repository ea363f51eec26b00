/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * GitHub does not send a webhook again by itself.  Every ten minutes we look through the
 * App's own log of deliveries and ask for those that did not reach us.  A delivery keeps
 * its guid over all attempts, so one that arrived in the meantime is recognised.
 */
#include "github.h"

#include <stdlib.h>
#include <string.h>

#define WINDOW_MS (INT64_C(24) * 3600 * 1000)
#define LOG_PAGES_MAX 50
#define ATTEMPTS_MAX 5         /* of one delivery in the window */
#define REDELIVERIES_MAX 500   /* in one run */
/* The log up to this delivery was seen without a gap. */
#define MARK "deliveries:seen"
#define MARK_LIFE_MS (INT64_C(24) * 3600 * 1000)

/* What the log says, newest first. */
struct scan {
	int64_t since_ms;
	json_int_t mark;           /* of the last run; 0: none */
	json_int_t newest;
	json_t *arrived;           /* guid → true */
	json_t *failed;            /* guid → {"id": newest attempt, "count"} */
	bool ended;
};

/* Is it worth another attempt?  What we refused for good (a bad body, an unknown event)
 * would be refused again. */
static bool is_lost(int64_t status)
{
	return status < 100 || status >= 500 || status == 401 || status == 404 || status == 408 ||
		status == 429;
}

static void note_failure(struct scan *scan, const char *guid, const json_t *delivery)
{
	json_t *failure = json_object_get(scan->failed, guid);
	json_int_t count = json_integer_value(json_object_get(failure, "count"));

	if (json_object_get(scan->arrived, guid))
		return;
	if (!failure) {
		failure = json_pack("{s:O}", "id", json_object_get(delivery, "id"));
		json_object_set_new(scan->failed, guid, failure);
	}
	json_object_set_new(failure, "count", json_integer(count + 1));
}

static void note(struct scan *scan, const json_t *delivery)
{
	const char *guid = github_text(delivery, "guid");
	json_int_t id = json_integer_value(json_object_get(delivery, "id"));
	int64_t status = json_integer_value(json_object_get(delivery, "status_code"));
	int64_t time_ms;

	if (!guid || id <= 0 || !github_time(github_text(delivery, "delivered_at"), &time_ms))
		return;
	if (id == scan->mark || time_ms < scan->since_ms) {
		scan->ended = true;
		return;
	}
	if (id > scan->newest)
		scan->newest = id;
	if (status >= 200 && status < 400)
		json_object_set_new(scan->arrived, guid, json_true());
	else if (is_lost(status))
		note_failure(scan, guid, delivery);
}

static int32_t read_log_page(struct mortise_call *call, struct scan *scan, char **cursor)
{
	struct mortise_answer answer;
	json_t *query = json_pack("{s:i, s:s*}", "per_page", PAGE_SIZE, "cursor", *cursor);
	const struct request ask = {.path = "/app/hook/deliveries", .query = query,
		.credentials = "app", .flags = MORTISE_HTTP_NO_CACHE};
	json_t *delivery;
	size_t i;
	int32_t ret = github_send(call, &ask, &answer);

	json_decref(query);
	free(*cursor);
	*cursor = NULL;
	if (ret != MORTISE_OK)
		return ret;
	json_array_foreach(answer.json, i, delivery)
		if (!scan->ended)
			note(scan, delivery);
	if (!github_next(answer.headers, cursor) || !*cursor)
		scan->ended = true;
	host->answer_clear(&answer);
	return MORTISE_OK;
}

static int32_t read_log(struct mortise_call *call, struct scan *scan)
{
	char *cursor = NULL;
	int32_t ret = MORTISE_OK;

	for (int page = 0; page < LOG_PAGES_MAX && !scan->ended && ret == MORTISE_OK; page++)
		ret = read_log_page(call, scan, &cursor);
	free(cursor);
	return ret;
}

static int32_t redeliver(struct mortise_call *call, const json_t *failure)
{
	json_t *params = json_pack("{s:O}", "id", json_object_get(failure, "id"));
	const struct request ask = {.method = "POST", .path = "/app/hook/deliveries/{id}/attempts",
		.params = params, .credentials = "app"};
	struct mortise_answer answer;
	int32_t ret = github_send(call, &ask, &answer);

	json_decref(params);
	if (ret == MORTISE_OK)
		host->answer_clear(&answer);
	return ret;
}

/* One that GitHub will not send again (too old, gone) must not hold the others. */
static bool is_final(int32_t code)
{
	return code == MORTISE_E_NOT_FOUND || code == MORTISE_E_UPSTREAM || code == MORTISE_E_CONFLICT;
}

static int32_t redeliver_all(struct mortise_call *call, const struct scan *scan, int *ret_count)
{
	const char *guid;
	json_t *failure;

	*ret_count = 0;
	json_object_foreach(scan->failed, guid, failure) {
		int32_t ret;

		if (json_object_get(scan->arrived, guid) ||
			json_integer_value(json_object_get(failure, "count")) >= ATTEMPTS_MAX)
			continue;
		if (*ret_count >= REDELIVERIES_MAX)
			break;
		ret = redeliver(call, failure);
		if (ret != MORTISE_OK && !is_final(ret))
			return ret;
		*ret_count += ret == MORTISE_OK;
	}
	return MORTISE_OK;
}

static json_int_t read_mark(struct mortise_call *call)
{
	json_t *value = NULL;
	json_int_t mark = 0;

	if (host->cache_get(call, MARK, &value) == MORTISE_OK)
		mark = json_integer_value(value);
	json_decref(value);
	return mark;
}

int32_t github_catch_up(struct mortise_call *call, const json_t *input, json_t **ret_output)
{
	struct scan scan = {.since_ms = host->now(call) - WINDOW_MS, .mark = read_mark(call),
		.arrived = json_object(), .failed = json_object()};
	int32_t ret = read_log(call, &scan);
	int count = 0;

	(void)input;
	if (ret == MORTISE_OK)
		ret = redeliver_all(call, &scan, &count);
	/* While something is missing, the next run looks at the same part again. */
	if (ret == MORTISE_OK && json_object_size(scan.failed) == 0 && scan.newest > 0) {
		json_t *mark = json_integer(scan.newest);

		(void)host->cache_put(call, MARK, mark, MARK_LIFE_MS);
		json_decref(mark);
	}
	if (ret == MORTISE_OK)
		*ret_output = json_pack("{s:i}", "redelivered", count);
	json_decref(scan.arrived);
	json_decref(scan.failed);
	return ret;
}
