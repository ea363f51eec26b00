/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
#include "config.h"
#include "core/job/job_admin.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/daemon/daemon.h"
#include "core/job/job.h"
#include "core/job/job_describe.h"
#include "core/storage/job.h"
#include "core/storage/store.h"

#define LIST_LEN 100
#define LIST_LEN_MAX 1000

static const char *const status_names[] = {
	[JOB_WAITING] = "waiting",
	[JOB_RUNNING] = "running",
	[JOB_DONE] = "done",
	[JOB_HALTED] = "halted",
	[JOB_DEAD] = "dead",
};

const char *job_status_name(int status)
{
	return status >= 0 && status < (int)lengthof(status_names) ? status_names[status] : "-";
}

int job_status_parse(const char *name, int *ret_status, struct err *err)
{
	for (size_t i = 0; i < lengthof(status_names); i++)
		if (strcmp(status_names[i], name) == 0) {
			*ret_status = (int)i;
			return 0;
		}
	return err_field(err, "status", "\"%s\" is none of waiting, running, done, halted, dead",
		name);
}

static json_t *id_json(int64_t id)
{
	char text[24];

	if (id == 0)
		return json_null();
	snprintf(text, sizeof(text), "%" PRId64, id);
	return json_string(text);
}

static json_t *time_json(int64_t time_us)
{
	char text[CLOCK_TEXT_SIZE];

	return time_us == 0 ? json_null() : json_string(clock_format(time_us, text));
}

json_t *job_describe(const struct job_row *row)
{
	const char *status = row->status == JOB_WAITING && row->held ? "held" :
		job_status_name(row->status);

	return json_pack("{s:o, s:s, s:s, s:o, s:s?, s:i, s:o, s:o, s:s?, s:s?, s:o, s:o}",
		"id", id_json(row->id), "task", row->task, "status", status,
		"integration", id_json(row->integration_id), "object", row->object,
		"attempts", row->attempts, "webhook", id_json(row->webhook_id),
		"not_before", time_json(row->not_before_us), "code", row->code,
		"outcome", row->outcome, "added", time_json(row->added_us),
		"finished", time_json(row->finished_us));
}

/* ---- Parameters ---- */

int job_parameter_id(const json_t *parameters, const char *name, int64_t *ret_id, struct err *err)
{
	const char *text = json_string_value(json_object_get(parameters, name));
	char *end = NULL;
	int64_t id = text ? strtoll(text, &end, 10) : 0;

	if (!text || *end || id <= 0)
		return err_field(err, name, "must be the number of a row, as text");
	*ret_id = id;
	return 0;
}

int job_parameter_page(const json_t *parameters, int64_t *ret_before, size_t *ret_max,
	struct err *err)
{
	json_int_t limit = json_integer_value(json_object_get(parameters, "limit"));
	int result = 0;

	*ret_before = 0;
	if (json_is_string(json_object_get(parameters, "before")))
		result = job_parameter_id(parameters, "before", ret_before, err);
	if (limit < 0 || limit > LIST_LEN_MAX)
		result = err_field(err, "limit", "must be 1 to %d", LIST_LEN_MAX);
	*ret_max = limit > 0 ? (size_t)limit : LIST_LEN;
	return result;
}

/* ---- Reading ---- */

struct list {
	int status;
	const char *task;
	int64_t before;
	size_t max;
	struct job_row *rows;
	size_t len;
};

static int list_in(struct tx *tx, void *arg, struct err *err)
{
	struct list *list = arg;

	return job_list(tx, list->status, list->task, list->before, list->max, &list->rows,
		&list->len, err);
}

int job_admin_list(struct daemon *daemon, const json_t *parameters, json_t **ret_result,
	struct err *err)
{
	const char *status = json_string_value(json_object_get(parameters, "status"));
	struct list list = {
		.status = -1,
		.task = json_string_value(json_object_get(parameters, "task")),
	};
	int result = job_parameter_page(parameters, &list.before, &list.max, err);
	json_t *jobs;

	if (result == 0 && status)
		result = job_status_parse(status, &list.status, err);
	if (result == 0)
		result = store_read(daemon->store, list_in, &list, err);
	if (result < 0)
		return result;
	jobs = json_array();
	for (size_t i = 0; i < list.len; i++) {
		json_array_append_new(jobs, job_describe(&list.rows[i]));
		job_row_clear(&list.rows[i]);
	}
	free(list.rows);
	*ret_result = json_pack("{s:o}", "jobs", jobs);
	return 0;
}

struct show {
	int64_t id;
	struct job_row row;
};

static int show_in(struct tx *tx, void *arg, struct err *err)
{
	struct show *show = arg;

	return job_row_get(tx, show->id, &show->row, err);
}

static json_t *parse_or_null(const char *text)
{
	json_t *json = text ? json_loads(text, JSON_DECODE_ANY, NULL) : NULL;

	return json ? json : json_null();
}

int job_admin_show(struct daemon *daemon, const json_t *parameters, json_t **ret_result,
	struct err *err)
{
	struct show show = {0};
	int result = job_parameter_id(parameters, "id", &show.id, err);
	json_t *job;

	if (result == 0)
		result = store_read(daemon->store, show_in, &show, err);
	if (result < 0)
		return result;
	job = job_describe(&show.row);
	json_object_set_new(job, "origin", json_string(show.row.origin));
	json_object_set_new(job, "version", json_integer(show.row.version));
	json_object_set_new(job, "strikes", json_integer(show.row.strikes));
	json_object_set_new(job, "payload", parse_or_null(show.row.payload));
	json_object_set_new(job, "cursor", parse_or_null(show.row.cursor));
	json_object_set_new(job, "started", time_json(show.row.started_us));
	job_row_clear(&show.row);
	*ret_result = json_pack("{s:o}", "job", job);
	return 0;
}

/* ---- Changing ---- */

struct change {
	int64_t id, now_us;
	int64_t ret_id;
};

static int retry_in(struct tx *tx, void *arg, struct err *err)
{
	struct change *change = arg;
	cleanup_job_row struct job_row row = {0};
	int result = job_row_get(tx, change->id, &row, err);

	if (result < 0)
		return result;
	change->ret_id = change->id;
	if (row.status == JOB_WAITING) {
		result = job_hurry(tx, change->id, change->now_us, err);
		return result < 0 ? result : 0;
	}
	return job_revive(tx, change->id, change->now_us, &change->ret_id, err);
}

int job_admin_retry(struct daemon *daemon, const json_t *parameters, json_t **ret_result,
	struct err *err)
{
	struct change change = {.now_us = clock_now_us()};
	int result = job_parameter_id(parameters, "id", &change.id, err);

	if (result == 0)
		result = store_write(daemon->store, retry_in, &change, err);
	if (result < 0)
		return result;
	jobs_wake(daemon->jobs);
	*ret_result = json_pack("{s:o}", "id", id_json(change.ret_id));
	return 0;
}

static int drop_in(struct tx *tx, void *arg, struct err *err)
{
	const struct change *change = arg;
	int result = job_halt_waiting(tx, change->id, "dropped by the operator", change->now_us,
		err);

	if (result == 0)
		result = job_forget(tx, change->id, err);
	if (result == 0)
		return err_set(err, MORTISE_E_CONFLICT,
			"job %" PRId64 " runs; wait until it has ended", change->id);
	return result < 0 ? result : 0;
}

int job_admin_drop(struct daemon *daemon, const json_t *parameters, json_t **ret_result,
	struct err *err)
{
	struct change change = {.now_us = clock_now_us()};
	int result = job_parameter_id(parameters, "id", &change.id, err);

	if (result == 0)
		result = store_write(daemon->store, drop_in, &change, err);
	if (result < 0)
		return result;
	jobs_wake(daemon->jobs);
	*ret_result = json_object();
	return 0;
}
