/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * What every task of core/sync/ checks before it acts, and how it ends.  A row that is
 * gone meanwhile is nothing to do; an integration that is gone halts the job.
 */
#include "config.h"
#include "core/sync/sync_private.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/daemon/daemon.h"
#include "core/storage/issue_link.h"
#include "core/storage/job.h"
#include "core/storage/store.h"
#include "core/sync/trace.h"

static const char *const attributes[] = {
	[SYNC_COMMENT] = "comment",
	[SYNC_OUTBOUND_STATUS] = "outbound_status",
	[SYNC_INBOUND_STATUS] = "inbound_status",
	[SYNC_OUTBOUND_ASSIGNEE] = "outbound_assignee",
	[SYNC_INBOUND_ASSIGNEE] = "inbound_assignee",
};

static const char *const nouns[] = {
	[SYNC_COMMENT] = "notes",
	[SYNC_OUTBOUND_STATUS] = "the status to the tracker",
	[SYNC_INBOUND_STATUS] = "the status from the tracker",
	[SYNC_OUTBOUND_ASSIGNEE] = "the assignee to the tracker",
	[SYNC_INBOUND_ASSIGNEE] = "the assignee from the tracker",
};

/* ---- Outcomes ---- */

__attribute__((format(printf, 3, 0)))
static void set_outcome(struct job_run *run, const char *prefix, const char *format, va_list args)
{
	char *text = NULL;

	if (vasprintf(&text, format, args) < 0)
		abort();
	free(run->outcome);
	run->outcome = xasprintf("%s%s", prefix, text);
	free(text);
}

int sync_skip(struct job_run *run, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	set_outcome(run, "skipped: ", format, args);
	va_end(args);
	return 0;
}

void sync_did(struct job_run *run, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	set_outcome(run, "", format, args);
	va_end(args);
}

json_t *sync_words(const struct sync *sync)
{
	const char *name = sync->provider ? sync->provider->provider.name : sync->integration.provider;

	return json_pack("{s:s, s:s, s:I}", "provider", name,
		"provider_key", sync->integration.provider, "integration_id",
		(json_int_t)sync->integration.id);
}

int64_t sync_time_us(const json_t *json)
{
	return json_integer_value(json_object_get(json, "time_ms")) * 1000;
}

/* ---- The end of a run ---- */

/* Why it failed, where a user looks: at each issue that it was for. */
static int trace_failure(struct tx *tx, struct sync *sync, int64_t issue_id,
	const struct job_end *end, struct err *err)
{
	cleanup_issue struct issue issue = {0};
	cleanup_err struct err missing = {0};
	cleanup_json json_t *data = sync_words(sync);
	int result = issue_get(tx, issue_id, &issue, &missing);

	if (result < 0)
		return result == MORTISE_E_NOT_FOUND ? 0 : err_move(err, &missing);
	json_object_set_new(data, "key", json_string(sync->external.key));
	json_object_set_new(data, "task", json_string(sync->run->task));
	json_object_set_new(data, "reason", json_string(end->outcome ? end->outcome : end->code));
	return trace_add(tx, &(struct trace){
		.type = TRACE_FAILED,
		.issue_id = issue.id,
		.project_id = issue.project_id,
		.origin = sync->run->origin,
		.data = data,
		.now_us = end->now_us,
	}, err);
}

static int trace_failures(struct tx *tx, struct sync *sync, const struct job_end *end,
	struct err *err)
{
	struct issue_link *links;
	size_t len;
	int result = 0;

	if (sync->issue_id > 0)
		return trace_failure(tx, sync, sync->issue_id, end, err);
	/* More than a page of issues for one ticket need not all be told. */
	if (issue_link_list_linked(tx, ISSUE_LINK_EXTERNAL, sync->external_issue_id, 0, 100, &links,
		    &len, err) < 0)
		return err->code;
	for (size_t i = 0; result == 0 && i < len; i++)
		result = trace_failure(tx, sync, links[i].issue_id, end, err);
	free(links);
	return result;
}

static int settle(struct tx *tx, struct job_run *run, const struct job_end *end, struct err *err)
{
	struct sync *sync = run->settle_arg;
	bool done = end->status == JOB_DONE;
	int result = 0;

	if (!done && sync->external.key)
		result = trace_failures(tx, sync, end, err);
	if (result == 0 && sync->apply &&
		(done || (end->status == JOB_HALTED && sync->apply_halted)))
		result = sync->apply(tx, sync, end->now_us, err);
	return result;
}

static void clear_rows(struct sync *sync)
{
	integration_clear(&sync->integration);
	link_clear(&sync->link);
	external_issue_clear(&sync->external);
	issue_clear(&sync->issue);
}

static void sync_free(void *arg)
{
	struct sync *sync = arg;

	clear_rows(sync);
	json_decref(sync->output);
	free(sync->people);
	free(sync);
}

/* ---- The beginning ---- */

struct load {
	struct sync *sync;
	const char *lacking;           /* set anew at each run */
};

/* What a row that is not there means: 'lacking' is said, nothing failed. */
static int take(struct load *load, int result, struct err *found_err, const char *lacking,
	struct err *err)
{
	if (result == MORTISE_E_NOT_FOUND) {
		load->lacking = lacking;
		return 0;
	}
	return result < 0 ? err_move(err, found_err) : 1;
}

static int load_issue(struct tx *tx, struct load *load, struct err *err)
{
	struct sync *sync = load->sync;
	cleanup_err struct err missing = {0};
	int result;

	if (sync->issue_id == 0)
		return 1;
	result = take(load, issue_get(tx, sync->issue_id, &sync->issue, &missing), &missing,
		"the issue is gone", err);
	if (result != 1)
		return result;
	result = issue_link_exists(tx, sync->issue_id, ISSUE_LINK_EXTERNAL, sync->external_issue_id,
		err);
	if (result == 0)
		load->lacking = "the issue is no longer linked to it";
	return result;
}

static int load_in(struct tx *tx, void *arg, struct err *err)
{
	struct load *load = arg;
	struct sync *sync = load->sync;
	cleanup_err struct err missing = {0};
	int result;

	clear_rows(sync);
	load->lacking = NULL;
	if (integration_get(tx, sync->run->integration_id, &sync->integration, err) < 0)
		return err->code;
	result = take(load, link_get(tx, sync->run->link_id, &sync->link, &missing), &missing,
		"the organization's link to the integration is gone", err);
	if (result == 1)
		result = take(load, external_issue_get(tx, sync->link.organization_id,
			sync->external_issue_id, &sync->external, &missing), &missing,
			"the external issue is no longer known", err);
	if (result == 1)
		result = sync_known_get(tx, sync->external.id, &sync->known, err) < 0 ? err->code : 1;
	if (result == 1)
		result = load_issue(tx, load, err);
	return result < 0 ? result : 0;
}

/* The key of the configuration that switches an attribute; NULL if the provider has none. */
static char *key_of(const struct sync *sync)
{
	const char *text = sync->provider->has_issue_provider
		? sync->provider->issue_provider.sync : NULL;
	cleanup_json json_t *map = text ? json_loads(text, 0, NULL) : NULL;

	return xstrdup(json_string_value(json_object_get(map, attributes[sync->attribute])));
}

bool sync_switched(const struct sync *sync, enum sync_attribute attribute)
{
	return tracker_syncs(sync->provider, attributes[attribute], sync->link.config);
}

static int check_settings(struct sync *sync)
{
	struct job_run *run = sync->run;
	cleanup_free char *key = NULL;

	if (sync->integration.status != INTEGRATION_ACTIVE)
		return sync_skip(run, "the integration is %s",
			integration_status_name(sync->integration.status));
	if (sync->link.status != INTEGRATION_ACTIVE)
		return sync_skip(run, "the organization's link to the integration is %s",
			integration_status_name(sync->link.status));
	if (sync->external.gone)
		return sync_skip(run, "%s is gone there (%s)", sync->external.key,
			sync->external.gone);
	if (sync_switched(sync, sync->attribute))
		return 1;
	key = key_of(sync);
	if (!key)
		return sync_skip(run, "%s does not sync %s", sync->provider->provider.name,
			nouns[sync->attribute]);
	return sync_skip(run, "the integration's setting \"%s\" is off", key);
}

static int64_t payload_id(const struct job_run *run, const char *name)
{
	return json_integer_value(json_object_get(run->payload, name));
}

int sync_begin(struct job_run *run, enum sync_attribute attribute, struct sync **ret_sync,
	struct err *err)
{
	struct sync *sync = new(struct sync);
	struct load load = {.sync = sync};

	*ret_sync = run->settle_arg = sync;
	run->settle = settle;
	run->settle_free = sync_free;
	sync->run = run;
	sync->attribute = attribute;
	sync->issue_id = payload_id(run, "issue");
	sync->external_issue_id = payload_id(run, "external_issue");
	sync->note_id = payload_id(run, "note");
	if (store_read(run->daemon->store, load_in, &load, err) < 0)
		return err->code;
	if (load.lacking)
		return sync_skip(run, "%s", load.lacking);
	sync->provider = run->provider_ref = providers_find(run->daemon->providers,
		sync->integration.provider);
	if (!sync->provider)
		return err_set(err, MORTISE_E_UNSUPPORTED, "no plugin registers the provider "
			"\"%s\" any more; load its plugin, then retry the job",
			sync->integration.provider);
	if (payload_id(run, "from") == run->integration_id)
		return sync_skip(run, "the change came from there");
	return check_settings(sync);
}

int sync_call(struct sync *sync, enum tracker_callback callback, json_t *input_take,
	struct err *err)
{
	struct job_run *run = sync->run;
	cleanup_json json_t *input = input_take;

	run->subject = xstrdup(sync->integration.external_id);
	run->scope = (struct call_scope){
		.kind = MORTISE_SCOPE_INSTALL,
		.provider = sync->provider,
		.integration_id = sync->integration.id,
		.link_id = sync->link.id,
		.organization_id = sync->link.organization_id,
		.external_id = run->subject,
		.origin = run->origin,
	};
	return tracker_call(run->daemon, &run->scope, run, callback, input, &sync->output,
		&run->effects, err);
}
