/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * The tasks of core/sync/ over two trackers whose callbacks the test answers: what each
 * does, what holds it back, and what is told about it.  Jobs run one after the other on
 * the test's own thread.
 */
#include "config.h"
#include "tests/unit/unit.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "core/base/buf.h"
#include "core/base/clock.h"
#include "core/base/err.h"
#include "core/base/log.h"
#include "core/base/mem.h"
#include "core/config/settings.h"
#include "core/daemon/daemon.h"
#include "core/effect/effect.h"
#include "core/issue/change.h"
#include "core/issue/outbound.h"
#include "core/job/job_private.h"
#include "core/storage/activity.h"
#include "core/storage/external_actor.h"
#include "core/storage/external_issue.h"
#include "core/storage/integration.h"
#include "core/storage/issue.h"
#include "core/storage/issue_link.h"
#include "core/storage/link.h"
#include "core/storage/member.h"
#include "core/storage/organization.h"
#include "core/storage/project.h"
#include "core/storage/store.h"
#include "core/storage/team.h"
#include "core/sync/sync.h"
#include "tests/unit/fake_providers.h"
#include "tests/unit/scratch_store.h"

#define TRACKERS 2
#define PEOPLE 2
#define HOUR_MS (INT64_C(3600) * 1000)

static const char registration[] = "[{"
	"'provider': {'key': 'fake', 'name': 'Fake'},"
	"'issue_provider': {'create': true, 'get': true, 'comment_create': true,"
	" 'comment_update': true, 'status_out': true, 'assignee_out': true, 'sync': '{"
	"\\\"comment\\\": \\\"notes\\\", \\\"outbound_status\\\": \\\"status_out\\\","
	"\\\"inbound_status\\\": \\\"status_in\\\", \\\"outbound_assignee\\\": \\\"who_out\\\","
	"\\\"inbound_assignee\\\": \\\"who_in\\\"}'}}]";

struct fixture {
	struct scratch_store scratch;
	struct settings settings;
	struct daemon daemon;
	int64_t organization, project, issue, team;
	int64_t accounts[PEOPLE], members[PEOPLE];
	int64_t integrations[TRACKERS], links[TRACKERS], externals[TRACKERS];
	int64_t note, other_issue;
	/* For closures: */
	bool changed;
	int other_status;
	int64_t actor_integration;
	const char *config;
};

static struct {
	struct buf log;                /* "status_out one-1 resolved\n", of each call */
	size_t len;
	size_t told_len;               /* of them, how many the tracker told of */
	int code;                      /* the next call fails with it */
} calls;

/* ---- Trackers ---- */

static int answer_call(const struct call_request *request, json_t **ret_output,
	json_t **ret_effects, struct err *err)
{
	const char *name = strchr(request->callback, ':') + 1;
	bool resolved = json_is_true(json_object_get(request->input, "resolved"));
	json_t *user = json_object_get(request->input, "user");
	const char *note = json_string_value(json_object_get(json_object_get(request->input, "note"),
		"text"));
	int code = calls.code;

	calls.len++;
	calls.code = 0;
	buf_printf(&calls.log, "%s %s", name, json_string_value(json_object_get(request->input, "key")));
	if (strcmp(name, "status_out") == 0)
		buf_printf(&calls.log, " %s", resolved ? "resolved" : "unresolved");
	if (strcmp(name, "assignee_out") == 0)
		buf_printf(&calls.log, " %s", json_is_object(user)
			? json_string_value(json_object_get(user, "email")) : "nobody");
	if (note)
		buf_printf(&calls.log, " %s", note);
	buf_add_text(&calls.log, "\n");
	if (code != 0)
		return err_set(err, code, "the tracker says no");
	*ret_effects = json_array();
	*ret_output = strcmp(name, "status_out") == 0 ? json_pack("{s:s}", "wrote",
			resolved ? "done" : "open")
		: strcmp(name, "assignee_out") == 0 ? json_pack("{s:s}", "wrote",
			json_is_object(user) ? "somebody" : "")
		: strcmp(name, "comment_create") == 0 ? json_pack("{s:s}", "external_id", "c-1")
		: json_object();
	return 0;
}

static void assert_calls(const char *expected)
{
	assert_string_equal(buf_text(&calls.log), expected);
	buf_clear(&calls.log);
	calls.log = BUF(65536);
}

/* ---- The scene ---- */

static int fill_in(struct tx *tx, void *arg, struct err *err)
{
	static const char *const emails[] = {"ann@acme.test", "bob@acme.test"};
	static const char *const keys[] = {"one-1", "two-1"};
	struct fixture *f = arg;
	cleanup_json json_t *metadata = json_object();
	unsigned char uid[INTEGRATION_UID_SIZE] = {0};
	int64_t now = clock_now_us();
	bool created;

	assert_int_equal(organization_insert(tx, "acme", "Acme", now, &f->organization, err), 0);
	assert_int_equal(project_insert(tx, f->organization, "shop", "Shop", NULL, now, &f->project,
		err), 0);
	for (size_t i = 0; i < PEOPLE; i++) {
		assert_int_equal(account_put(tx, emails[i], NULL, now, &f->accounts[i], err), 0);
		assert_int_equal(member_put(tx, f->organization, f->accounts[i], "member", now,
			&f->members[i], err), 0);
	}
	assert_int_equal(issue_insert(tx, &(struct issue_new){.organization_id = f->organization,
		.project_id = f->project, .title = "Broken", .culprit = "", .type = "error",
		.level = ISSUE_ERROR, .first_seen_at_us = now, .now_us = now}, &f->issue, err), 0);
	for (size_t i = 0; i < TRACKERS; i++) {
		cleanup_json json_t *config = json_pack("{s:b, s:b, s:b, s:b, s:b}", "notes", 1,
			"status_out", 1, "status_in", 1, "who_out", 1, "who_in", 1);

		uid[0] = (unsigned char)i + 1;
		assert_int_equal(integration_put(tx, &(struct integration_put){.provider = "fake",
			.external_id = keys[i], .name = keys[i], .metadata = metadata, .uid = uid,
			.now_us = now}, &f->integrations[i], &created, err), 0);
		assert_int_equal(link_add(tx, &(struct link_add){.organization_id = f->organization,
			.integration_id = f->integrations[i], .uid = uid, .now_us = now},
			&f->links[i], &created, err), 0);
		assert_int_equal(link_set_config(tx, f->links[i], config, now, err), 1);
		assert_int_equal(external_issue_put(tx, &(struct external_issue_put){
			.organization_id = f->organization, .integration_id = f->integrations[i],
			.key = keys[i], .now_us = now}, &f->externals[i], err), 1);
		assert_int_equal(issue_link_insert(tx, &(struct issue_link){.issue_id = f->issue,
			.project_id = f->project, .type = ISSUE_LINK_EXTERNAL,
			.linked_id = f->externals[i], .relationship = ISSUE_LINK_REFERENCES,
			.added_at_us = now}, err), 1);
	}
	return 0;
}

static void write_now(struct fixture *f, store_fn *fn, void *arg)
{
	cleanup_err struct err err = {0};

	if (store_write(f->daemon.store, fn, arg, &err) < 0)
		fail_msg("%s", err_text(&err));
}

static void read_now(struct fixture *f, store_fn *fn, void *arg)
{
	cleanup_err struct err err = {0};

	if (store_read(f->daemon.store, fn, arg, &err) < 0)
		fail_msg("%s", err_text(&err));
}

static int setup(void **state)
{
	struct fixture *f = new(struct fixture);
	cleanup_free char *text = xstrdup(registration);

	for (char *c = text; *c; c++)
		if (*c == '\'')
			*c = '"';
	log_setup(MORTISE_LOG_ERROR - 1, LOG_LOGFMT);
	scratch_store_open(&f->scratch);
	f->settings.job_workers = 2;
	f->daemon.settings = &f->settings;
	f->daemon.store = f->scratch.store;
	f->daemon.jobs = jobs_new(&f->daemon);
	sync_setup(&f->daemon);
	fake_providers_set(text);
	fake_call = answer_call;
	calls.log = BUF(65536);
	calls.len = calls.told_len = 0;
	calls.code = 0;
	write_now(f, fill_in, f);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	buf_clear(&calls.log);
	jobs_free(f->daemon.jobs);
	scratch_store_close(&f->scratch);
	fake_providers_set(NULL);
	free(f);
	return 0;
}

/* ---- Jobs ---- */

struct pick {
	struct job_row row;
	bool found;
};

static const char lease[] = "0123456789abcdef0123456789abcdef";

static int pick_in(struct tx *tx, void *arg, struct err *err)
{
	struct pick *pick = arg;
	int64_t now = clock_now_us(), id;
	size_t len = 0;
	int result = job_list_due(tx, "", now, 1, &id, &len, err);

	if (result >= 0 && len == 0)
		result = job_list_due(tx, "fake", now, 1, &id, &len, err);
	pick->found = len == 1;
	if (result < 0 || len == 0)
		return result < 0 ? result : 0;
	assert_int_equal(job_lease(tx, id, lease, INT64_MAX, now, err), 1);
	return job_row_get(tx, id, &pick->row, err);
}

static void run_picked(struct fixture *f, struct job_row *row)
{
	struct job_turn *turn = new(struct job_turn);
	struct job_work *work = job_work_new(f->daemon.jobs, row, lease);

	job_work_run(work);
	STAILQ_INIT(&turn->ends);
	STAILQ_INSERT_TAIL(&turn->ends, work, link);
	turn->end_len = 1;
	assert_true(jobs_turn_write(f->daemon.jobs, turn));
	jobs_look_clear(&turn->look);
	free(turn);
}

/* Run what is due, until nothing is. */
static void run_jobs(struct fixture *f)
{
	for (int i = 0; i < 100; i++) {
		struct pick pick = {0};

		write_now(f, pick_in, &pick);
		if (!pick.found)
			return;
		run_picked(f, &pick.row);
	}
	fail_msg("the jobs do not settle");
}

struct last {
	char *task, *code, *outcome;
	int status, attempts;
};

static int last_in(struct tx *tx, void *arg, struct err *err)
{
	struct last *last = arg;
	struct job_row *rows;
	size_t len;

	if (job_list(tx, -1, last->task, 0, 1, &rows, &len, err) < 0)
		return err->code;
	assert_int_equal(len, 1);
	last->code = xstrdup(rows[0].code);
	last->outcome = xstrdup(rows[0].outcome);
	last->status = rows[0].status;
	last->attempts = rows[0].attempts;
	job_row_clear(&rows[0]);
	free(rows);
	return 0;
}

static void assert_job(struct fixture *f, const char *task, int status, const char *outcome)
{
	struct last last = {.task = (char *)(uintptr_t)task};

	read_now(f, last_in, &last);
	if (last.status != status || !last.outcome || !strstr(last.outcome, outcome))
		fail_msg("%s ended as %d %s: %s", task, last.status, last.code, last.outcome);
	free(last.code);
	free(last.outcome);
}

/* ---- What users do ---- */

static struct issue_actor actor_of(const struct fixture *f)
{
	return (struct issue_actor){
		.origin = f->actor_integration ? "integration:1" : "user:1",
		.integration_id = f->actor_integration,
		.account_id = f->actor_integration ? 0 : f->accounts[0],
		.now_us = clock_now_us(),
	};
}

static int resolve_in(struct tx *tx, void *arg, struct err *err)
{
	struct fixture *f = arg;
	struct issue_actor actor = actor_of(f);

	return issue_resolve(tx, f->issue, &(struct issue_resolve){ISSUE_RESOLVE_NOW}, &actor,
		&f->changed, err);
}

static int unresolve_in(struct tx *tx, void *arg, struct err *err)
{
	struct fixture *f = arg;
	struct issue_actor actor = actor_of(f);

	return issue_unresolve(tx, f->issue, ISSUE_REOPEN_ONGOING, NULL, &actor, &f->changed, err);
}

static int ignore_in(struct tx *tx, void *arg, struct err *err)
{
	struct fixture *f = arg;
	struct issue_actor actor = actor_of(f);

	return issue_ignore(tx, f->issue, NULL, NULL, &actor, &f->changed, err);
}

static int assign_in(struct tx *tx, void *arg, struct err *err)
{
	struct fixture *f = arg;
	struct issue_actor actor = actor_of(f);

	return issue_assign(tx, f->issue, f->accounts[1], 0, NULL, &actor, &f->changed, err);
}

static int assign_team_in(struct tx *tx, void *arg, struct err *err)
{
	struct fixture *f = arg;
	struct issue_actor actor = actor_of(f);

	if (team_insert(tx, f->organization, "web", "Web", actor.now_us, &f->team, err) < 0 ||
		team_add_project(tx, f->team, f->project, err) < 0)
		return err->code;
	return issue_assign(tx, f->issue, 0, f->team, NULL, &actor, &f->changed, err);
}

static int unassign_in(struct tx *tx, void *arg, struct err *err)
{
	struct fixture *f = arg;
	struct issue_actor actor = actor_of(f);

	return issue_assign(tx, f->issue, 0, 0, NULL, &actor, &f->changed, err);
}

static int note_in(struct tx *tx, void *arg, struct err *err)
{
	struct fixture *f = arg;
	struct issue_actor actor = actor_of(f);

	return issue_note_add(tx, f->issue, "looks bad", &actor, &f->note, err);
}

static int edit_in(struct tx *tx, void *arg, struct err *err)
{
	struct fixture *f = arg;
	struct issue_actor actor = actor_of(f);

	return issue_note_edit(tx, f->issue, f->note, "looks good", &actor, &f->changed, err);
}

/* Put 'config' (a merge patch) over the first tracker's settings. */
static int configure_in(struct tx *tx, void *arg, struct err *err)
{
	struct fixture *f = arg;
	cleanup_json json_t *patch = json_loads(f->config, 0, NULL);
	int result = link_patch_config(tx, f->links[0], patch, clock_now_us(), err);

	return result < 0 ? result : 0;
}

static void configure(struct fixture *f, const char *patch)
{
	f->config = patch;
	write_now(f, configure_in, f);
}

static int unlink_in(struct tx *tx, void *arg, struct err *err)
{
	struct fixture *f = arg;

	return issue_link_delete(tx, f->issue, ISSUE_LINK_EXTERNAL, f->externals[0], err) < 0
		? err->code : 0;
}

/* ---- What trackers tell ---- */

struct told {
	struct fixture *f;
	size_t tracker;
	json_t *effects;
};

static int tell_in(struct tx *tx, void *arg, struct err *err)
{
	struct told *told = arg;
	const struct reg_provider *provider = providers_find(NULL, "fake");
	struct call_scope scope = {
		.kind = MORTISE_SCOPE_INTEGRATION,
		.provider = provider,
		.integration_id = told->f->integrations[told->tracker],
		.external_id = "one-1",
		.origin = told->tracker == 0 ? "integration:1" : "integration:2",
	};
	struct effect_context context = {.scope = &scope, .now_us = clock_now_us()};
	int result = effects_check(&context, told->effects, err);

	if (result == 0)
		result = effects_apply(tx, &context, told->effects, err);
	registration_unref(provider->registration);
	return result;
}

/* Consumes 'effect_take'. */
static void tell(struct fixture *f, size_t tracker, json_t *effect_take)
{
	cleanup_json json_t *effects = json_pack("[o]", effect_take);

	write_now(f, tell_in, &(struct told){f, tracker, effects});
	run_jobs(f);
}

static json_t *status_in(const char *key, const char *action, const char *status, int64_t time_ms)
{
	json_t *effect = json_pack("{s:s, s:s, s:{s:s}}", "type", "status_in", "key", key, "change",
		"action", action);

	if (status)
		json_object_set_new(effect, "status", json_string(status));
	if (time_ms > 0)
		json_object_set_new(effect, "time_ms", json_integer(time_ms));
	return effect;
}

static json_t *assignee_in(const char *key, json_t *person_take, int64_t time_ms)
{
	json_t *people = json_array();
	json_t *effect = json_pack("{s:s, s:s, s:o}", "type", "assignee_in", "key", key, "assignees",
		people);

	if (person_take)
		json_array_append_new(people, person_take);
	if (time_ms > 0)
		json_object_set_new(effect, "time_ms", json_integer(time_ms));
	return effect;
}

/* ---- What is seen ---- */

struct seen {
	struct fixture *f;
	struct issue issue;
	struct activity *activities;
	size_t len;
};

static int seen_in(struct tx *tx, void *arg, struct err *err)
{
	struct seen *seen = arg;

	if (issue_get(tx, seen->f->issue, &seen->issue, err) < 0)
		return err->code;
	return activity_list(tx, seen->f->issue, NULL, &KEYSET_NEWEST(100), &seen->activities,
		&seen->len, err);
}

static void assert_status(struct fixture *f, int status)
{
	struct seen seen = {.f = f};

	read_now(f, seen_in, &seen);
	assert_int_equal(seen.issue.status, status);
	issue_clear(&seen.issue);
	activity_list_free(seen.activities, seen.len);
}

static void assert_assignee(struct fixture *f, int64_t account_id)
{
	struct seen seen = {.f = f};

	read_now(f, seen_in, &seen);
	assert_int_equal(seen.issue.assignee_account_id, account_id);
	issue_clear(&seen.issue);
	activity_list_free(seen.activities, seen.len);
}

/* How many activities of a type there are; the newest one's member 'name' holds 'text'. */
static size_t count_activities(struct fixture *f, const char *type, const char *name,
	const char *text)
{
	struct seen seen = {.f = f};
	size_t count = 0;

	read_now(f, seen_in, &seen);
	for (size_t i = 0; i < seen.len; i++) {
		const char *value = name ? json_string_value(json_object_get(
			seen.activities[i].data, name)) : NULL;

		if (strcmp(seen.activities[i].type, type) != 0)
			continue;
		if (count++ == 0 && name && (!value || !strstr(value, text)))
			fail_msg("%s: %s is %s", type, name, value);
	}
	issue_clear(&seen.issue);
	activity_list_free(seen.activities, seen.len);
	return count;
}

/* ---- Status out ---- */

static void resolving_tells_every_tracker_once(void **state)
{
	struct fixture *f = *state;

	write_now(f, resolve_in, f);
	run_jobs(f);
	assert_calls("status_out one-1 resolved\nstatus_out two-1 resolved\n");
	assert_job(f, "sync_status_outbound", JOB_DONE, "\"done\": resolved");
	write_now(f, unresolve_in, f);
	run_jobs(f);
	assert_calls("status_out one-1 unresolved\nstatus_out two-1 unresolved\n");
}

static void a_quick_change_of_mind_tells_the_last_state_only(void **state)
{
	struct fixture *f = *state;

	write_now(f, resolve_in, f);
	write_now(f, unresolve_in, f);
	write_now(f, resolve_in, f);
	run_jobs(f);
	assert_calls("status_out one-1 resolved\nstatus_out two-1 resolved\n");
	assert_job(f, "sync_status_outbound", JOB_DONE, "skipped: two-1 is resolved already");
}

/* Another issue for the first tracker's ticket; its id is f->other_issue. */
static int second_in(struct tx *tx, void *arg, struct err *err)
{
	struct fixture *f = arg;
	int64_t now = clock_now_us();

	assert_int_equal(issue_insert(tx, &(struct issue_new){.organization_id = f->organization,
		.project_id = f->project, .title = "Broken too", .culprit = "", .type = "error",
		.level = ISSUE_ERROR, .first_seen_at_us = now, .now_us = now}, &f->other_issue, err), 0);
	assert_int_equal(issue_link_insert(tx, &(struct issue_link){.issue_id = f->other_issue,
		.project_id = f->project, .type = ISSUE_LINK_EXTERNAL,
		.linked_id = f->externals[0], .relationship = ISSUE_LINK_REFERENCES,
		.added_at_us = now}, err), 1);
	return 0;
}

static int second_status_in(struct tx *tx, void *arg, struct err *err)
{
	struct fixture *f = arg;
	cleanup_issue struct issue issue = {0};

	assert_int_equal(issue_get(tx, f->other_issue, &issue, err), 0);
	f->other_status = issue.status;
	return 0;
}

static void assert_second(struct fixture *f, int status)
{
	read_now(f, second_status_in, f);
	assert_int_equal(f->other_status, status);
}

static void issues_of_one_ticket_follow_each_other(void **state)
{
	struct fixture *f = *state;

	write_now(f, second_in, f);
	write_now(f, resolve_in, f);
	run_jobs(f);
	assert_calls("status_out one-1 resolved\nstatus_out two-1 resolved\n");
	assert_second(f, ISSUE_RESOLVED);
	write_now(f, unresolve_in, f);
	run_jobs(f);
	assert_calls("status_out one-1 unresolved\nstatus_out two-1 unresolved\n");
	assert_second(f, ISSUE_UNRESOLVED);
	configure(f, "{\"status_in\": false}");
	write_now(f, resolve_in, f);
	run_jobs(f);
	assert_second(f, ISSUE_UNRESOLVED);
}

static void settings_and_archiving_hold_the_status_back(void **state)
{
	struct fixture *f = *state;

	configure(f, "{\"status_out\": false}");
	write_now(f, resolve_in, f);
	run_jobs(f);
	assert_calls("status_out two-1 resolved\n");
	configure(f, "{\"status_out\": {\"board\": {}}}");
	write_now(f, unresolve_in, f);
	write_now(f, ignore_in, f);
	run_jobs(f);
	assert_calls("");
	assert_job(f, "sync_status_outbound", JOB_DONE, "skipped: the issue is archived");
}

static void what_a_tracker_refuses_for_good_is_told_on_the_issue_once(void **state)
{
	struct fixture *f = *state;

	for (int i = 0; i < 2; i++) {
		calls.code = MORTISE_E_NO_TARGET;
		write_now(f, i == 0 ? resolve_in : unresolve_in, f);
		run_jobs(f);
	}
	assert_int_equal(calls.len, 4);
	assert_int_equal(count_activities(f, "sync_failed", "reason", "the tracker says no"), 1);
	assert_int_equal(count_activities(f, "sync_failed", "key", "one-1"), 1);
}

static void an_outage_is_tried_again_five_minutes_later(void **state)
{
	struct fixture *f = *state;
	struct last last = {.task = (char *)(uintptr_t)"sync_status_outbound"};

	configure(f, "{\"status_out\": true}");
	calls.code = MORTISE_E_UPSTREAM;
	write_now(f, resolve_in, f);
	run_jobs(f);
	assert_int_equal(calls.len, 2);
	assert_int_equal(count_activities(f, "sync_failed", NULL, NULL), 0);
	/* The second tracker's job is the newest row; it is done, the first one waits. */
	read_now(f, last_in, &last);
	assert_int_equal(last.status, JOB_DONE);
	free(last.code);
	free(last.outcome);
}

static int hurry_in(struct tx *tx, void *arg, struct err *err)
{
	struct job_row *rows;
	size_t len;
	int result = job_list(tx, JOB_WAITING, "sync_status_outbound", 0, 1, &rows, &len, err);

	(void)arg;
	if (result < 0)
		return result;
	assert_int_equal(len, 1);
	result = job_hurry(tx, rows[0].id, clock_now_us(), err);
	job_row_clear(&rows[0]);
	free(rows);
	return result < 0 ? result : 0;
}

static void after_five_retries_it_is_given_up_and_told(void **state)
{
	struct fixture *f = *state;

	write_now(f, unlink_in, f);
	for (int i = 0; i < 6; i++) {
		calls.code = MORTISE_E_UPSTREAM;
		write_now(f, i == 0 ? resolve_in : hurry_in, f);
		assert_int_equal(count_activities(f, "sync_failed", NULL, NULL), 0);
		run_jobs(f);
	}
	assert_int_equal(calls.len, 6);
	assert_job(f, "sync_status_outbound", JOB_DEAD, "the tracker says no");
	assert_int_equal(count_activities(f, "sync_failed", "task", "sync_status_outbound"), 1);
}

/* ---- Status in ---- */

static void a_change_reaches_the_issue_and_the_other_tracker_only(void **state)
{
	struct fixture *f = *state;

	tell(f, 0, status_in("one-1", "resolve", "closed", 1000));
	assert_status(f, ISSUE_RESOLVED);
	assert_calls("status_out two-1 resolved\n");
	assert_int_equal(count_activities(f, "set_resolved", "provider_key", "fake"), 1);
	/* The other one tells what it was told. */
	tell(f, 1, status_in("two-1", "resolve", "done", 2000));
	assert_calls("");
	assert_job(f, "sync_status_inbound", JOB_DONE, "skipped: our own change of two-1 came back");
	assert_int_equal(count_activities(f, "set_resolved", NULL, NULL), 1);
}

static void late_changes_are_left_out(void **state)
{
	struct fixture *f = *state;

	tell(f, 0, status_in("one-1", "resolve", "closed", 5000));
	assert_status(f, ISSUE_RESOLVED);
	tell(f, 0, status_in("one-1", "unresolve", "open", 4999));
	assert_status(f, ISSUE_RESOLVED);
	assert_job(f, "sync_status_inbound", JOB_DONE, "skipped: older than what was applied");
	/* Equal times stand in the order of the queue. */
	tell(f, 0, status_in("one-1", "unresolve", "open", 5000));
	assert_status(f, ISSUE_UNRESOLVED);
	/* One that means nothing here moves the mark, too. */
	tell(f, 0, status_in("one-1", "none", "triage", 6000));
	tell(f, 0, status_in("one-1", "resolve", "closed", 5500));
	assert_status(f, ISSUE_UNRESOLVED);
}

static void an_echo_is_known_whenever_it_comes(void **state)
{
	struct fixture *f = *state;

	write_now(f, resolve_in, f);
	run_jobs(f);
	write_now(f, unresolve_in, f);
	run_jobs(f);
	calls.log.size = 0;
	/* We wrote "open" last. */
	tell(f, 0, status_in("one-1", "unresolve", "open", HOUR_MS));
	tell(f, 0, status_in("one-1", "unresolve", "open", 2 * HOUR_MS));
	assert_job(f, "sync_status_inbound", JOB_DONE, "skipped: our own change");
	/* Somebody closes it there at once, and opens it again. */
	tell(f, 0, status_in("one-1", "resolve", "done", 3 * HOUR_MS));
	assert_status(f, ISSUE_RESOLVED);
	tell(f, 0, status_in("one-1", "unresolve", "open", 4 * HOUR_MS));
	assert_status(f, ISSUE_UNRESOLVED);
}

static void without_time_and_status_three_minutes_are_waited(void **state)
{
	struct fixture *f = *state;

	write_now(f, resolve_in, f);
	run_jobs(f);
	tell(f, 0, status_in("one-1", "unresolve", NULL, 0));
	assert_status(f, ISSUE_RESOLVED);
	assert_job(f, "sync_status_inbound", JOB_DONE, "skipped: our own change");
	tell(f, 0, status_in("one-1", "unresolve", "open", 0));
	assert_status(f, ISSUE_UNRESOLVED);
}

static void an_archived_issue_is_reopened_but_not_resolved(void **state)
{
	struct fixture *f = *state;

	write_now(f, ignore_in, f);
	tell(f, 0, status_in("one-1", "resolve", "closed", 1000));
	assert_status(f, ISSUE_IGNORED);
	tell(f, 0, status_in("one-1", "unresolve", "open", 2000));
	assert_status(f, ISSUE_UNRESOLVED);
}

static void a_strategy_without_releases_resolves_plainly(void **state)
{
	struct fixture *f = *state;

	configure(f, "{\"resolution_strategy\": \"resolve_next_release\"}");
	tell(f, 0, status_in("one-1", "resolve", "closed", 1000));
	assert_status(f, ISSUE_RESOLVED);
	assert_int_equal(count_activities(f, "set_resolved", NULL, NULL), 1);
}

static void what_is_off_or_unknown_changes_nothing(void **state)
{
	struct fixture *f = *state;

	configure(f, "{\"status_in\": false}");
	tell(f, 0, status_in("one-1", "resolve", "closed", 1000));
	assert_status(f, ISSUE_UNRESOLVED);
	assert_job(f, "sync_status_inbound", JOB_DONE, "skipped: the integration's setting \"status_in\" is off");
	tell(f, 1, status_in("one-1", "resolve", "closed", 1000));
	assert_status(f, ISSUE_UNRESOLVED);
	assert_calls("");
}

/* Another organization shares the first integration, and an issue of its own is linked to
 * the same ticket. */
static int share_in(struct tx *tx, void *arg, struct err *err)
{
	struct fixture *f = arg;
	cleanup_json json_t *config = json_pack("{s:b}", "status_in", 1);
	unsigned char uid[INTEGRATION_UID_SIZE] = {9};
	int64_t now = clock_now_us(), organization, project, link, external;
	bool created;

	assert_int_equal(organization_insert(tx, "other", "Other", now, &organization, err), 0);
	assert_int_equal(project_insert(tx, organization, "api", "API", NULL, now, &project, err), 0);
	assert_int_equal(issue_insert(tx, &(struct issue_new){.organization_id = organization,
		.project_id = project, .title = "Same", .culprit = "", .type = "error",
		.level = ISSUE_ERROR, .first_seen_at_us = now, .now_us = now}, &f->other_issue, err), 0);
	assert_int_equal(link_add(tx, &(struct link_add){.organization_id = organization,
		.integration_id = f->integrations[0], .uid = uid, .now_us = now}, &link, &created,
		err), 0);
	assert_int_equal(link_set_config(tx, link, config, now, err), 1);
	assert_int_equal(external_issue_put(tx, &(struct external_issue_put){
		.organization_id = organization, .integration_id = f->integrations[0],
		.key = "one-1", .now_us = now}, &external, err), 1);
	return issue_link_insert(tx, &(struct issue_link){.issue_id = f->other_issue,
		.project_id = project, .type = ISSUE_LINK_EXTERNAL, .linked_id = external,
		.relationship = ISSUE_LINK_REFERENCES, .added_at_us = now}, err) < 0 ? err->code : 0;
}

static void each_organization_follows_under_its_own_settings(void **state)
{
	struct fixture *f = *state;
	int64_t own = f->issue;

	write_now(f, share_in, f);
	tell(f, 0, status_in("one-1", "resolve", "closed", 1000));
	assert_status(f, ISSUE_RESOLVED);
	f->issue = f->other_issue;
	assert_status(f, ISSUE_RESOLVED);
	configure(f, "{\"status_in\": false}");
	tell(f, 0, status_in("one-1", "unresolve", "open", 2000));
	assert_status(f, ISSUE_UNRESOLVED);
	f->issue = own;
	assert_status(f, ISSUE_RESOLVED);
	/* What one does goes to its own trackers only. */
	assert_calls("status_out two-1 resolved\n");
}

/* ---- Loops ---- */

/* Both trackers tell all that is written to them, as upstreams' webhooks do. */
static size_t settle(struct fixture *f, int64_t *time_ms)
{
	size_t rounds = 0;

	while (calls.told_len < calls.len) {
		cleanup_free char *log = xstrdup(buf_text(&calls.log));
		size_t line_len = 0;

		if (++rounds == 10)
			fail_msg("no end of calls:\n%s", buf_text(&calls.log));
		for (char *line = strtok(log, "\n"); line; line = strtok(NULL, "\n")) {
			bool first = strstr(line, "one-1") != NULL;
			bool resolved = strstr(line, " resolved") != NULL;

			if (line_len++ < calls.told_len)
				continue;
			*time_ms += 1000;
			tell(f, first ? 0 : 1, status_in(first ? "one-1" : "two-1",
				resolved ? "resolve" : "unresolve", resolved ? "done" : "open", *time_ms));
		}
		calls.told_len = line_len;
	}
	return calls.len;
}

static void a_change_settles_after_a_bounded_number_of_calls(void **state)
{
	struct fixture *f = *state;
	int64_t time_ms = 1000;

	write_now(f, resolve_in, f);
	run_jobs(f);
	assert_int_equal(settle(f, &time_ms), 2);
	tell(f, 0, status_in("one-1", "unresolve", "reopened", ++time_ms));
	assert_int_equal(settle(f, &time_ms), 3);
	assert_status(f, ISSUE_UNRESOLVED);
}

/* ---- Assignees ---- */

static void assigning_tells_every_tracker(void **state)
{
	struct fixture *f = *state;

	write_now(f, assign_in, f);
	run_jobs(f);
	assert_calls("assignee_out one-1 bob@acme.test\nassignee_out two-1 bob@acme.test\n");
	write_now(f, unassign_in, f);
	run_jobs(f);
	assert_calls("assignee_out one-1 nobody\nassignee_out two-1 nobody\n");
	write_now(f, assign_team_in, f);
	run_jobs(f);
	assert_calls("");
}

static void an_unknown_assignee_upstream_halts_and_is_told(void **state)
{
	struct fixture *f = *state;

	calls.code = MORTISE_E_NO_TARGET;
	write_now(f, assign_in, f);
	run_jobs(f);
	assert_int_equal(count_activities(f, "sync_failed", "task", "sync_assignee_outbound"), 1);
}

static void an_assignee_is_found_by_address(void **state)
{
	struct fixture *f = *state;

	tell(f, 0, assignee_in("one-1", json_pack("{s:s}", "email", "BOB@acme.test"), 1000));
	assert_assignee(f, f->accounts[1]);
	assert_calls("assignee_out two-1 bob@acme.test\n");
	/* A late one, and then nobody. */
	tell(f, 0, assignee_in("one-1", NULL, 999));
	assert_assignee(f, f->accounts[1]);
	tell(f, 0, assignee_in("one-1", NULL, 2000));
	assert_assignee(f, 0);
	assert_calls("assignee_out two-1 nobody\n");
}

static int add_actors_in(struct tx *tx, void *arg, struct err *err)
{
	struct fixture *f = arg;
	int64_t id;

	/* One name upstream, two accounts here; and another's name with his own id. */
	for (size_t i = 0; i < PEOPLE; i++)
		if (external_actor_insert(tx, &(struct external_actor){
			    .organization_id = f->organization,
			    .integration_id = f->integrations[0], .account_id = f->accounts[i],
			    .provider = (char *)(uintptr_t)"fake",
			    .name = (char *)(uintptr_t)"@Mona"}, clock_now_us(), &id, err) < 0)
			return err->code;
	return external_actor_insert(tx, &(struct external_actor){
		.organization_id = f->organization, .integration_id = f->integrations[0],
		.account_id = f->accounts[1], .provider = (char *)(uintptr_t)"fake",
		.name = (char *)(uintptr_t)"@other", .external_id = (char *)(uintptr_t)"77"},
		clock_now_us(), &id, err);
}

static int add_team_in(struct tx *tx, void *arg, struct err *err)
{
	struct fixture *f = arg;

	if (team_insert(tx, f->organization, "ops", "Ops", clock_now_us(), &f->team, err) < 0 ||
		team_add_project(tx, f->team, f->project, err) < 0)
		return err->code;
	return team_add_member(tx, f->team, f->members[1], err);
}

static void an_assignee_is_found_by_name_and_must_work_on_the_project(void **state)
{
	struct fixture *f = *state;

	write_now(f, add_actors_in, f);
	write_now(f, add_team_in, f);
	/* Ann is the first of that name, but only Bob's team has the project. */
	tell(f, 0, assignee_in("one-1", json_pack("{s:s}", "name", "mona"), 1000));
	assert_assignee(f, f->accounts[1]);
	write_now(f, unassign_in, f);
	/* The upstream's id goes before the name. */
	tell(f, 0, assignee_in("one-1", json_pack("{s:s, s:s}", "name", "@renamed", "external_id",
		"77"), 2000));
	assert_assignee(f, f->accounts[1]);
}

static void two_accounts_there_with_one_address_are_one_user_here(void **state)
{
	struct fixture *f = *state;
	json_t *effect = assignee_in("one-1", json_pack("{s:s, s:s}", "name", "@work", "email",
		"bob@acme.test"), 1000);

	json_array_append_new(json_object_get(effect, "assignees"), json_pack("{s:s, s:s}", "name",
		"@home", "email", "bob@acme.test"));
	/* And one that shows no address. */
	json_array_append_new(json_object_get(effect, "assignees"), json_pack("{s:s}", "name",
		"@shy"));
	tell(f, 0, effect);
	assert_assignee(f, f->accounts[1]);
	assert_calls("assignee_out two-1 bob@acme.test\n");
}

static void nobody_suitable_leaves_the_issue_and_says_so(void **state)
{
	struct fixture *f = *state;

	write_now(f, assign_in, f);
	run_jobs(f);
	for (int i = 1; i <= 3; i++)
		tell(f, 0, assignee_in("one-1", json_pack("{s:s}", "name", "@stranger"), i * 1000));
	assert_assignee(f, f->accounts[1]);
	assert_job(f, "sync_assignee_inbound", JOB_HALTED, "assignee not found: @stranger");
	assert_int_equal(count_activities(f, "sync_failed", "reason", "assignee not found"), 1);
	/* Ann is a member, but the project's only team has Bob. */
	write_now(f, add_team_in, f);
	tell(f, 0, assignee_in("one-1", json_pack("{s:s}", "email", "ann@acme.test"), 4000));
	assert_assignee(f, f->accounts[1]);
	assert_job(f, "sync_assignee_inbound", JOB_HALTED, "does not work on the issue's project");
	/* The mark moved all the same. */
	tell(f, 0, assignee_in("one-1", NULL, 2500));
	assert_assignee(f, f->accounts[1]);
}

/* ---- Notes ---- */

static void a_note_goes_to_each_tracker_once_and_its_edit_after_it(void **state)
{
	struct fixture *f = *state;

	write_now(f, note_in, f);
	run_jobs(f);
	assert_calls("comment_create one-1 looks bad\ncomment_create two-1 looks bad\n");
	write_now(f, edit_in, f);
	run_jobs(f);
	assert_calls("comment_update one-1 looks good\ncomment_update two-1 looks good\n");
}

static void an_edit_that_a_tracker_refuses_is_told(void **state)
{
	struct fixture *f = *state;

	write_now(f, note_in, f);
	run_jobs(f);
	calls.code = MORTISE_E_NOT_FOUND;
	write_now(f, edit_in, f);
	run_jobs(f);
	assert_int_equal(count_activities(f, "sync_failed", "task", "update_comment"), 1);
}

static void a_note_that_failed_has_no_copy_to_edit(void **state)
{
	struct fixture *f = *state;

	calls.code = MORTISE_E_FORBIDDEN;
	write_now(f, note_in, f);
	run_jobs(f);
	assert_int_equal(count_activities(f, "sync_failed", "task", "create_comment"), 1);
	write_now(f, edit_in, f);
	run_jobs(f);
	assert_calls("comment_create one-1 looks bad\ncomment_create two-1 looks bad\n"
		"comment_update two-1 looks good\n");
}

/* ---- Moved and gone ---- */

static void a_moved_issue_keeps_its_links_under_the_new_key(void **state)
{
	struct fixture *f = *state;

	write_now(f, note_in, f);
	run_jobs(f);
	tell(f, 0, json_pack("{s:s, s:s, s:s}", "type", "issue_moved", "old_key", "one-1", "key",
		"new-7"));
	assert_int_equal(count_activities(f, "external_issue_moved", "old_key", "one-1"), 1);
	write_now(f, edit_in, f);
	run_jobs(f);
	assert_calls("comment_create one-1 looks bad\ncomment_create two-1 looks bad\n"
		"comment_update new-7 looks good\ncomment_update two-1 looks good\n");
}

static int add_other_in(struct tx *tx, void *arg, struct err *err)
{
	struct fixture *f = arg;
	int64_t id;

	return external_issue_put(tx, &(struct external_issue_put){
		.organization_id = f->organization, .integration_id = f->integrations[0],
		.key = "new-7", .now_us = clock_now_us()}, &id, err) < 0 ? err->code : 0;
}

static void two_that_become_one_are_merged(void **state)
{
	struct fixture *f = *state;

	write_now(f, note_in, f);
	run_jobs(f);
	write_now(f, add_other_in, f);
	tell(f, 0, json_pack("{s:s, s:s, s:s}", "type", "issue_moved", "old_key", "one-1", "key",
		"new-7"));
	calls.log.size = 0;
	write_now(f, edit_in, f);
	run_jobs(f);
	assert_non_null(strstr(buf_text(&calls.log), "comment_update new-7 looks good"));
	assert_null(strstr(buf_text(&calls.log), "one-1"));
}

static void a_gone_issue_is_unlinked_with_the_reason(void **state)
{
	struct fixture *f = *state;

	tell(f, 0, json_pack("{s:s, s:s, s:s}", "type", "issue_gone", "key", "one-1", "reason",
		"private"));
	assert_int_equal(count_activities(f, "external_issue_gone", "reason", "private"), 1);
	write_now(f, resolve_in, f);
	run_jobs(f);
	assert_calls("status_out two-1 resolved\n");
	tell(f, 0, status_in("one-1", "unresolve", "open", 1000));
	assert_job(f, "sync_status_inbound", JOB_DONE, "skipped: one-1 is gone there (private)");
}

static void what_was_unlinked_meanwhile_gets_no_call(void **state)
{
	struct fixture *f = *state;

	write_now(f, assign_in, f);
	write_now(f, unlink_in, f);
	run_jobs(f);
	assert_calls("assignee_out two-1 bob@acme.test\n");
}

static int disable_in(struct tx *tx, void *arg, struct err *err)
{
	struct fixture *f = arg;

	return integration_set_status(tx, f->integrations[0], INTEGRATION_DISABLED, "test",
		clock_now_us(), err) < 0 ? err->code : 0;
}

static void a_disabled_integration_is_left_alone(void **state)
{
	struct fixture *f = *state;

	write_now(f, assign_in, f);
	write_now(f, disable_in, f);
	tell(f, 0, status_in("one-1", "resolve", "closed", 1000));
	assert_calls("assignee_out two-1 bob@acme.test\n");
	assert_status(f, ISSUE_UNRESOLVED);
	assert_job(f, "sync_status_inbound", JOB_DONE, "skipped: the integration is disabled");
}

static void revoked_credentials_halt_the_job_and_mark_the_integration(void **state)
{
	struct fixture *f = *state;

	calls.code = MORTISE_E_IDENTITY;
	write_now(f, assign_in, f);
	run_jobs(f);
	assert_int_equal(calls.len, 2);
	assert_int_equal(count_activities(f, "sync_failed", "task", "sync_assignee_outbound"), 1);
	run_jobs(f);
	assert_int_equal(calls.len, 2);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(resolving_tells_every_tracker_once),
		TEST(issues_of_one_ticket_follow_each_other),
		TEST(a_quick_change_of_mind_tells_the_last_state_only),
		TEST(settings_and_archiving_hold_the_status_back),
		TEST(what_a_tracker_refuses_for_good_is_told_on_the_issue_once),
		TEST(an_outage_is_tried_again_five_minutes_later),
		TEST(after_five_retries_it_is_given_up_and_told),
		TEST(a_change_reaches_the_issue_and_the_other_tracker_only),
		TEST(late_changes_are_left_out),
		TEST(an_echo_is_known_whenever_it_comes),
		TEST(without_time_and_status_three_minutes_are_waited),
		TEST(an_archived_issue_is_reopened_but_not_resolved),
		TEST(a_strategy_without_releases_resolves_plainly),
		TEST(what_is_off_or_unknown_changes_nothing),
		TEST(each_organization_follows_under_its_own_settings),
		TEST(a_change_settles_after_a_bounded_number_of_calls),
		TEST(assigning_tells_every_tracker),
		TEST(an_unknown_assignee_upstream_halts_and_is_told),
		TEST(an_assignee_is_found_by_address),
		TEST(an_assignee_is_found_by_name_and_must_work_on_the_project),
		TEST(two_accounts_there_with_one_address_are_one_user_here),
		TEST(nobody_suitable_leaves_the_issue_and_says_so),
		TEST(a_note_goes_to_each_tracker_once_and_its_edit_after_it),
		TEST(an_edit_that_a_tracker_refuses_is_told),
		TEST(a_note_that_failed_has_no_copy_to_edit),
		TEST(a_moved_issue_keeps_its_links_under_the_new_key),
		TEST(two_that_become_one_are_merged),
		TEST(a_gone_issue_is_unlinked_with_the_reason),
		TEST(what_was_unlinked_meanwhile_gets_no_call),
		TEST(a_disabled_integration_is_left_alone),
		TEST(revoked_credentials_halt_the_job_and_mark_the_integration),
	};

	return cmocka_run_group_tests_name("sync", tests, NULL, NULL);
}
