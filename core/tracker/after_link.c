/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * The task "after_link": tell a tracker that one of its issues was linked, so that it posts
 * the comment of the form.  Job worker.
 */
#include "config.h"
#include "core/tracker/link.h"

#include <string.h>

#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/daemon/daemon.h"
#include "core/job/job.h"
#include "core/storage/issue.h"
#include "core/storage/issue_link.h"
#include "core/storage/store.h"
#include "core/tracker/ticket.h"
#include "core/tracker/tracker.h"

/* The rows that the job is about, as they are now. */
struct after_link {
	const struct job_run *run;
	char *key;                     /* NULL: the link is gone */
	json_t *issue;
};

static int64_t payload_id(const struct job_run *run, const char *name)
{
	return json_integer_value(json_object_get(run->payload, name));
}

static int read_issue(struct tx *tx, struct after_link *after, struct err *err)
{
	cleanup_issue struct issue issue = {0};

	json_decref(after->issue);
	after->issue = NULL;
	if (issue_get(tx, payload_id(after->run, "issue"), &issue, err) < 0)
		return err->code;
	return ticket_issue_json(tx, after->run->daemon, after->run->provider_ref, &issue,
		&after->issue, err);
}

static int read_in(struct tx *tx, void *arg, struct err *err)
{
	struct after_link *after = arg;
	cleanup_external_issue struct external_issue linked = {0};
	cleanup_err struct err missing = {0};
	int result = issue_link_exists(tx, payload_id(after->run, "issue"), ISSUE_LINK_EXTERNAL,
		payload_id(after->run, "external_issue"), err);

	free(steal(&after->key));
	if (result <= 0)
		return result;
	result = external_issue_get(tx, after->run->organization_id,
		payload_id(after->run, "external_issue"), &linked, &missing);
	if (result < 0)
		return result == MORTISE_E_NOT_FOUND ? 0 : err_move(err, &missing);
	after->key = xstrdup(linked.key);
	return read_issue(tx, after, err);
}

static int call(struct job_run *run, const struct after_link *after, struct err *err)
{
	cleanup_json json_t *output = NULL;
	cleanup_json json_t *input = json_pack("{s:s, s:O, s:O, s:O}", "key", after->key, "fields",
		json_object_get(run->payload, "fields"), "issue", after->issue, "reference",
		json_object_get(run->payload, "reference"));

	run->scope = (struct call_scope){
		.kind = MORTISE_SCOPE_INSTALL,
		.provider = run->provider_ref,
		.integration_id = run->integration_id,
		.link_id = run->link_id,
		.organization_id = run->organization_id,
		.external_id = run->external_id,
		.origin = run->origin,
	};
	return tracker_call(run->daemon, &run->scope, run, TRACKER_LINKED, input, &output,
		&run->effects, err);
}

static int run_after_link(struct job_run *run, void *arg, struct err *err)
{
	struct after_link after = {.run = run};
	int result;

	(void)arg;
	if (job_install(run, err) < 0)
		return err->code;
	result = store_read(run->daemon->store, read_in, &after, err);
	if (result == 0 && after.key)
		result = call(run, &after, err);
	else if (result == 0)
		run->outcome = xstrdup("skipped: it is no longer linked");
	free(after.key);
	json_decref(after.issue);
	return result;
}

void tracker_setup(struct daemon *daemon)
{
	static const struct job_policy policy = {.attempts = 6};

	jobs_add_task(daemon->jobs, TRACKER_AFTER_LINK, &policy, run_after_link, NULL);
}
