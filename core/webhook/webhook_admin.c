/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/* What an operator sees of webhooks, and running one again.  Workers. */
#include "config.h"

#include <inttypes.h>
#include <stdio.h>

#include "core/base/clock.h"
#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/daemon/daemon.h"
#include "core/job/job.h"
#include "core/job/job_describe.h"
#include "core/storage/job.h"
#include "core/storage/store.h"
#include "core/storage/webhook.h"
#include "core/webhook/webhook.h"

#define JOBS_MAX 1024

static json_t *id_json(int64_t id)
{
	char text[24];

	snprintf(text, sizeof(text), "%" PRId64, id);
	return id == 0 ? json_null() : json_string(text);
}

static json_t *describe(const struct webhook_row *row)
{
	char received[CLOCK_TEXT_SIZE];

	return json_pack("{s:o, s:s, s:s, s:s, s:s?, s:o, s:s?, s:s?, s:s, s:s}",
		"id", id_json(row->id), "provider", row->provider, "webhook", row->webhook,
		"event", row->event, "subject", row->subject,
		"integration", id_json(row->integration_id), "object", row->object,
		"delivery", row->delivery_id,
		"received", clock_format(row->received_us, received),
		"status", row->newest_status < 0 ? "pruned" : job_status_name(row->newest_status));
}

struct list {
	const char *provider;
	int status;
	int64_t before;
	size_t max;
	struct webhook_row *rows;
	size_t len;
};

static int list_in(struct tx *tx, void *arg, struct err *err)
{
	struct list *list = arg;

	return webhook_list(tx, list->provider, list->status, list->before, list->max,
		&list->rows, &list->len, err);
}

int webhook_admin_list(struct daemon *daemon, const json_t *parameters, json_t **ret_result,
	struct err *err)
{
	const char *status = json_string_value(json_object_get(parameters, "status"));
	struct list list = {
		.provider = json_string_value(json_object_get(parameters, "provider")),
		.status = -1,
	};
	int result = job_parameter_page(parameters, &list.before, &list.max, err);
	json_t *webhooks;

	if (result == 0 && status)
		result = job_status_parse(status, &list.status, err);
	if (result == 0)
		result = store_read(daemon->store, list_in, &list, err);
	if (result < 0)
		return result;
	webhooks = json_array();
	for (size_t i = 0; i < list.len; i++) {
		json_array_append_new(webhooks, describe(&list.rows[i]));
		webhook_row_clear(&list.rows[i]);
	}
	free(list.rows);
	*ret_result = json_pack("{s:o}", "webhooks", webhooks);
	return 0;
}

struct show {
	int64_t id;
	struct webhook_row row;
	json_t *jobs;
};

static int show_in(struct tx *tx, void *arg, struct err *err)
{
	struct show *show = arg;
	int64_t ids[JOBS_MAX];
	size_t len = 0;
	int result = webhook_get(tx, show->id, &show->row, err);

	if (result == 0)
		result = job_list_webhook(tx, show->id, lengthof(ids), ids, &len, err);
	for (size_t i = 0; result == 0 && i < len; i++) {
		cleanup_job_row struct job_row row = {0};

		result = job_row_get(tx, ids[i], &row, err);
		if (result == 0)
			json_array_append_new(show->jobs, job_describe(&row));
	}
	return result;
}

int webhook_admin_show(struct daemon *daemon, const json_t *parameters, json_t **ret_result,
	struct err *err)
{
	cleanup_json json_t *jobs = json_array();
	struct show show = {.jobs = jobs};
	int result = job_parameter_id(parameters, "id", &show.id, err);
	json_t *webhook;

	if (result == 0)
		result = store_read(daemon->store, show_in, &show, err);
	if (result < 0) {
		webhook_row_clear(&show.row);
		return result;
	}
	webhook = describe(&show.row);
	json_object_set_new(webhook, "headers", json_loads(show.row.headers, 0, NULL));
	json_object_set_new(webhook, "size", json_integer(show.row.size));
	json_object_set(webhook, "jobs", jobs);
	webhook_row_clear(&show.row);
	*ret_result = json_pack("{s:o}", "webhook", webhook);
	return 0;
}

/* ---- Replay ---- */

struct replay {
	int64_t id, now_us;
	int64_t ids[JOBS_MAX];         /* of the new jobs */
	size_t len;
};

/* Several runs for one target make one new item. */
static bool is_repeat(const struct job_row *rows, size_t len, const struct job_row *row)
{
	for (size_t i = 0; i < len; i++)
		if (rows[i].integration_id == row->integration_id &&
			rows[i].link_id == row->link_id)
			return true;
	return false;
}

static int append(struct tx *tx, struct replay *replay, const struct job_row *row, struct err *err)
{
	int result = job_row_add(tx, &(struct job_add){
		.task = row->task,
		.provider = row->provider,
		.version = row->version,
		.integration_id = row->integration_id,
		.link_id = row->link_id,
		.webhook_id = row->webhook_id,
		.object = row->object,
		.order_key = row->order_key,
		.barrier = row->barrier,
		.payload = "{\"replay\":true}",
		.origin = row->origin,
		.not_before_us = replay->now_us,
		.now_us = replay->now_us,
	}, &replay->ids[replay->len], err);

	if (result == 0)
		replay->len++;
	return result;
}

static int append_all(struct tx *tx, struct replay *replay, struct job_row *rows, size_t len,
	struct err *err)
{
	int result = 0;

	for (size_t i = 0; result == 0 && i < len; i++)
		if (!is_repeat(rows, i, &rows[i]))
			result = append(tx, replay, &rows[i], err);
	return result;
}

static int replay_in(struct tx *tx, void *arg, struct err *err)
{
	struct replay *replay = arg;
	cleanup_webhook_row struct webhook_row webhook = {0};
	cleanup_free struct job_row *rows = NULL;
	int64_t ids[JOBS_MAX];
	size_t len = 0, read = 0;
	int result = webhook_get(tx, replay->id, &webhook, err);

	replay->len = 0;
	if (result == 0)
		result = job_list_webhook(tx, replay->id, lengthof(ids), ids, &len, err);
	if (result == 0 && len == 0)
		result = err_set(err, MORTISE_E_NOT_FOUND, "webhook %" PRId64 " has no job any "
			"more that says for whom it ran", replay->id);
	rows = xcalloc(len + 1, sizeof(*rows));
	while (result == 0 && read < len) {
		result = job_row_get(tx, ids[read], &rows[read], err);
		read += result == 0;
	}
	if (result == 0)
		result = append_all(tx, replay, rows, len, err);
	while (read > 0)
		job_row_clear(&rows[--read]);
	return result;
}

int webhook_admin_replay(struct daemon *daemon, const json_t *parameters, json_t **ret_result,
	struct err *err)
{
	struct replay replay = {.now_us = clock_now_us()};
	int result = job_parameter_id(parameters, "id", &replay.id, err);
	json_t *jobs;

	if (result == 0)
		result = store_write(daemon->store, replay_in, &replay, err);
	if (result < 0)
		return result;
	jobs_wake(daemon->jobs);
	jobs = json_array();
	for (size_t i = 0; i < replay.len; i++)
		json_array_append_new(jobs, id_json(replay.ids[i]));
	*ret_result = json_pack("{s:o}", "jobs", jobs);
	return 0;
}
