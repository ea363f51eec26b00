/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/* Jobs as the dispatcher runs them: effects and end together, fences, fates. */
#include "config.h"
#include "tests/unit/unit.h"

#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <time.h>

#include "core/base/clock.h"
#include "core/base/err.h"
#include "core/base/log.h"
#include "core/base/mem.h"
#include "core/config/settings.h"
#include "core/daemon/daemon.h"
#include "core/effect/effect.h"
#include "core/job/job_admin.h"
#include "core/job/job_private.h"
#include "core/storage/integration.h"
#include "core/storage/schedule.h"
#include "core/storage/store.h"
#include "core/webhook/webhook.h"
#include "tests/unit/fake_providers.h"
#include "tests/unit/scratch_store.h"

#define WAIT_S 20

struct fixture {
	struct scratch_store scratch;
	struct settings settings;
	struct daemon daemon;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static int runs;               /* of the task "script", under lock */
static bool held;              /* runs wait while it is set */
static int applied;            /* replies whose effects were */

/* ---- Effects: each puts a schedule, so that the store shows what was applied ---- */

int effects_check(const struct effect_context *context, const json_t *effects, struct err *err)
{
	json_t *first = json_array_get(effects, 0);

	(void)context;
	if (json_object_get(first, "malformed"))
		return err_set(err, MORTISE_E_INTERNAL, "malformed");
	return 0;
}

int effects_apply(struct tx *tx, struct effect_context *context, const json_t *effects,
	struct err *err)
{
	size_t index;
	json_t *effect;
	int result = 0;

	applied++;
	json_array_foreach(effects, index, effect) {
		if (result == 0)
			result = schedule_put(tx, json_string_value(json_object_get(effect, "mark")),
				1000000000, context->now_us + INT64_C(1000000000000), err);
		if (json_object_get(effect, "outside"))
			result = err_set(err, MORTISE_E_INTERNAL, "outside its scope");
	}
	return result;
}

void webhooks_forget_all(struct webhooks *webhooks)
{
	(void)webhooks;
}

/* ---- A task that does what its payload says ---- */

static void note_run(void)
{
	pthread_mutex_lock(&lock);
	runs++;
	pthread_cond_broadcast(&changed);
	while (held)
		pthread_cond_wait(&changed, &lock);
	pthread_mutex_unlock(&lock);
}

/* The same, for one that is not held. */
static void count_run(void)
{
	pthread_mutex_lock(&lock);
	runs++;
	pthread_cond_broadcast(&changed);
	pthread_mutex_unlock(&lock);
}

static int run_script(struct job_run *run, void *arg, struct err *err)
{
	int code = (int)json_integer_value(json_object_get(run->payload, "code"));
	json_int_t times = json_integer_value(json_object_get(run->payload, "times"));
	json_t *checkpoint = json_object_get(run->payload, "checkpoint");
	int64_t deadline_ms;

	(void)arg;
	if (json_is_true(json_object_get(run->payload, "free")))
		count_run();
	else
		note_run();
	run->scope.kind = MORTISE_SCOPE_PROVIDER;
	if (checkpoint && !run->cursor) {
		cleanup_json json_t *cursor = json_string("half");

		if (job_checkpoint(run, checkpoint, cursor, &deadline_ms, err) < 0)
			return err->code;
	}
	run->effects = json_incref(json_object_get(run->payload, "effects"));
	if (code != 0 && run->attempt <= times)
		return err_set(err, code, "as told");
	run->outcome = xstrdup(run->cursor ? "went on" : "at once");
	return 0;
}

/* ---- */

static void set_held(bool value)
{
	pthread_mutex_lock(&lock);
	held = value;
	pthread_cond_broadcast(&changed);
	pthread_mutex_unlock(&lock);
}

static int setup(void **state)
{
	struct fixture *fixture = new(struct fixture);

	scratch_store_open(&fixture->scratch);
	fixture->settings.job_workers = 4;
	fixture->settings.retention_webhooks = 7;
	fixture->settings.retention_jobs = 7;
	fixture->settings.retention_audit = 365;
	fixture->daemon.settings = &fixture->settings;
	fixture->daemon.store = fixture->scratch.store;
	fixture->daemon.jobs = jobs_new(&fixture->daemon);
	jobs_add_task(fixture->daemon.jobs, "script", &(struct job_policy){.attempts = 3,
		.delay_ms = 1, .factor_percent = 100}, run_script, NULL);
	runs = 0;
	held = false;
	applied = 0;
	fake_providers_set(NULL);
	fake_runnable = true;
	*state = fixture;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *fixture = *state;

	set_held(false);
	jobs_drain(fixture->daemon.jobs, WAIT_S * 1000);
	jobs_free(fixture->daemon.jobs);
	scratch_store_close(&fixture->scratch);
	fake_providers_set(NULL);
	free(fixture);
	return 0;
}

static int insert_in(struct tx *tx, void *arg, struct err *err)
{
	struct job_new *job = arg;
	int64_t id;
	int result = job_insert(tx, job, &id, err);

	job->webhook_id = id;
	return result;
}

/* Insert one with this payload; returns its id. */
static int64_t insert(struct fixture *fixture, const char *task, const char *object,
	const char *payload)
{
	struct job_new job = {
		.task = task,
		.object = object,
		.order_group = object ? "group" : NULL,
		.payload = payload,
		.now_us = clock_now_us(),
	};

	assert_int_equal(store_write(fixture->scratch.store, insert_in, &job, NULL), 0);
	jobs_wake(fixture->daemon.jobs);
	return job.webhook_id;
}

static void start(struct fixture *fixture)
{
	cleanup_err struct err err = {0};

	if (jobs_start(fixture->daemon.jobs, &err) < 0)
		fail_msg("%s", err_text(&err));
}

/* A member of job_admin_show's answer, as text to be freed. */
static char *shown(struct fixture *fixture, int64_t id, const char *member)
{
	char text[24];
	cleanup_json json_t *parameters = NULL;
	cleanup_json json_t *result = NULL;
	json_t *value;

	snprintf(text, sizeof(text), "%lld", (long long)id);
	parameters = json_pack("{s:s}", "id", text);
	assert_int_equal(job_admin_show(&fixture->daemon, parameters, &result, NULL), 0);
	value = json_object_get(json_object_get(result, "job"), member);
	return json_is_string(value) ? xstrdup(json_string_value(value)) :
		json_dumps(value, JSON_ENCODE_ANY);
}

/* The end of a run wakes nobody here, so look until it is there. */
static void wait_for_status(struct fixture *fixture, int64_t id, const char *status)
{
	int64_t until_ms = clock_mono_ms() + WAIT_S * 1000;

	for (;;) {
		cleanup_free char *now = shown(fixture, id, "status");

		if (strcmp(now, status) == 0)
			return;
		if (clock_mono_ms() > until_ms)
			fail_msg("job %lld is %s, not %s", (long long)id, now, status);
		sched_yield();
	}
}

static void wait_for_runs(int wanted)
{
	struct timespec until;

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += WAIT_S;
	pthread_mutex_lock(&lock);
	while (runs < wanted)
		if (pthread_cond_timedwait(&changed, &lock, &until) != 0)
			fail_msg("%d runs, not %d", runs, wanted);
	pthread_mutex_unlock(&lock);
}

struct marks {
	const char *mark;
	bool found;
};

static int marked_in(struct tx *tx, void *arg, struct err *err)
{
	struct marks *marks = arg;
	cleanup_free char *name = NULL;
	int result = 0;

	marks->found = false;
	do {
		free(steal(&name));
		result = schedule_take(tx, INT64_MAX / 2, &name, err);
		if (name && strcmp(name, marks->mark) == 0)
			marks->found = true;
	} while (result == 0 && name && !marks->found);
	err_clear(err);
	return err_set(err, MORTISE_E_RETRY, "only looked");
}

/* Was the effect with this mark applied? */
static bool is_marked(struct fixture *fixture, const char *mark)
{
	struct marks marks = {mark, false};

	assert_int_equal(store_write(fixture->scratch.store, marked_in, &marks, NULL),
		MORTISE_E_RETRY);
	return marks.found;
}

#define assert_shown(fixture, id, member, expected)                              \
	do {                                                                     \
		cleanup_free char *shown_ = shown((fixture), (id), (member));    \
		assert_string_equal(shown_, (expected));                         \
	} while (0)

/* ---- */

static void effects_and_the_end_are_one_commit(void **state)
{
	struct fixture *fixture = *state;
	int64_t id = insert(fixture, "script", NULL, "{\"effects\":[{\"mark\":\"m\"}]}");

	start(fixture);
	wait_for_status(fixture, id, "done");
	assert_true(is_marked(fixture, "m"));
	assert_shown(fixture, id, "outcome", "at once");
}

static void a_failure_leaves_no_effect_and_is_tried_again(void **state)
{
	struct fixture *fixture = *state;
	int64_t id = insert(fixture, "script", NULL,
		"{\"code\":-9,\"times\":2,\"effects\":[{\"mark\":\"m\"}]}");

	start(fixture);
	wait_for_status(fixture, id, "done");
	assert_int_equal(runs, 3);
	assert_true(is_marked(fixture, "m"));
}

static void the_last_attempt_makes_a_dead_letter_and_the_key_goes_on(void **state)
{
	struct fixture *fixture = *state;
	int64_t first = insert(fixture, "script", "a",
		"{\"code\":-9,\"times\":99,\"effects\":[{\"mark\":\"m\"}]}");
	int64_t second = insert(fixture, "script", "a", "{}");

	start(fixture);
	wait_for_status(fixture, second, "done");
	assert_shown(fixture, first, "status", "dead");
	assert_shown(fixture, first, "code", "E_UPSTREAM");
	assert_shown(fixture, first, "attempts", "3");
	assert_false(is_marked(fixture, "m"));
}

static void a_code_that_halts_is_not_tried_again(void **state)
{
	struct fixture *fixture = *state;
	int64_t id = insert(fixture, "script", NULL, "{\"code\":-2,\"times\":99}");

	start(fixture);
	wait_for_status(fixture, id, "halted");
	assert_int_equal(runs, 1);
	assert_shown(fixture, id, "outcome", "as told");
}

static void refused_effects_apply_nothing(void **state)
{
	static const char *const effects[] = {
		"{\"effects\":[{\"malformed\":1,\"mark\":\"m\"}]}",
		"{\"effects\":[{\"mark\":\"m\"},{\"mark\":\"n\",\"outside\":1}]}",
	};
	struct fixture *fixture = *state;

	start(fixture);
	for (size_t i = 0; i < lengthof(effects); i++) {
		int64_t id = insert(fixture, "script", NULL, effects[i]);

		wait_for_status(fixture, id, "dead");
		assert_shown(fixture, id, "code", "E_INTERNAL");
		assert_false(is_marked(fixture, "m"));
	}
	assert_int_equal(runs, 2);
}

static int take_away(struct tx *tx, void *arg, struct err *err)
{
	(void)arg;
	return job_end_leases(tx, err) > 0 ? 0 : MORTISE_E_INTERNAL;
}

static void a_lost_lease_applies_nothing(void **state)
{
	struct fixture *fixture = *state;
	int64_t id = insert(fixture, "script", "a", "{\"effects\":[{\"mark\":\"m\"}]}");

	set_held(true);
	start(fixture);
	wait_for_runs(1);
	/* Somebody else takes the job over, which waits for its provider. */
	assert_int_equal(store_write(fixture->scratch.store, take_away, NULL, NULL), 0);
	jobs_wake(fixture->daemon.jobs);
	wait_for_runs(2);
	set_held(false);
	wait_for_status(fixture, id, "done");
	jobs_drain(fixture->daemon.jobs, WAIT_S * 1000);
	assert_int_equal(runs, 2);
	assert_int_equal(applied, 1);
	assert_shown(fixture, id, "attempts", "0");
}

/* ---- Many at once ---- */

struct batch {
	struct job_turn turn;
	int64_t ids[8];
	struct job_row rows[8];
	size_t len;
};

static const char batch_lease[] = "0123456789abcdef0123456789abcdef";

static int lease_batch(struct tx *tx, void *arg, struct err *err)
{
	struct batch *batch = arg;
	int64_t now_us = clock_now_us();
	int result = 0;

	for (size_t i = 0; result >= 0 && i < batch->len; i++) {
		result = job_lease(tx, batch->ids[i], batch_lease, INT64_MAX, now_us, err);
		if (result == 1)
			result = job_row_get(tx, batch->ids[i], &batch->rows[i], err);
	}
	return result;
}

/* Run them all, then write their ends in one turn, and what it leaves in the next. */
static void run_batch(struct fixture *fixture, struct batch *batch)
{
	struct job_turn *turn = &batch->turn;

	assert_int_equal(store_write(fixture->scratch.store, lease_batch, batch, NULL), 0);
	STAILQ_INIT(&turn->ends);
	for (size_t i = 0; i < batch->len; i++) {
		struct job_work *work = job_work_new(fixture->daemon.jobs, &batch->rows[i],
			batch_lease);

		job_work_run(work);
		STAILQ_INSERT_TAIL(&turn->ends, work, link);
	}
	for (turn->end_len = batch->len; !STAILQ_EMPTY(&turn->ends); turn->end_len = 1)
		assert_true(jobs_turn_write(fixture->daemon.jobs, turn));
	jobs_look_clear(&turn->look);
}

static void an_end_that_is_refused_takes_no_other_with_it(void **state)
{
	static const struct {
		const char *payload, *mark;
	} ends[] = {
		{"{\"effects\":[{\"mark\":\"a\"}]}", "a"},
		{"{\"effects\":[{\"mark\":\"b\"}]}", "b"},
		{"{\"effects\":[{\"mark\":\"c\",\"outside\":1}]}", NULL},
		{"{\"effects\":[{\"mark\":\"d\",\"outside\":1}]}", NULL},
		{"{\"effects\":[{\"mark\":\"e\"}]}", "e"},
	};
	struct fixture *fixture = *state;
	struct batch batch = {.len = lengthof(ends)};

	for (size_t i = 0; i < lengthof(ends); i++)
		batch.ids[i] = insert(fixture, "script", NULL, ends[i].payload);
	run_batch(fixture, &batch);
	for (size_t i = 0; i < lengthof(ends); i++) {
		assert_shown(fixture, batch.ids[i], "status", ends[i].mark ? "done" : "dead");
		if (ends[i].mark && !is_marked(fixture, ends[i].mark))
			fail_msg("the effects of %zu were not applied", i);
	}
	assert_false(is_marked(fixture, "c"));
	assert_false(is_marked(fixture, "d"));
}

static void what_has_not_begun_waits_again_when_the_daemon_ends(void **state)
{
	struct fixture *fixture = *state;
	int64_t last = 0;

	fixture->daemon.jobs->ready_max_ms = INT64_MAX;
	for (int i = 0; i < 10; i++)
		last = insert(fixture, "script", NULL, "{}");
	set_held(true);
	start(fixture);
	wait_for_runs(4);
	wait_for_status(fixture, last, "running");
	jobs_pause(fixture->daemon.jobs);
	wait_for_status(fixture, last, "waiting");
	assert_shown(fixture, last, "attempts", "0");
	set_held(false);
	assert_int_equal(jobs_drain(fixture->daemon.jobs, WAIT_S * 1000), 0);
	assert_int_equal(runs, 4);
}

/* Leases are so short here that those of the runs that are held end; what is ready is
 * picked anew before its own does. */
static void what_was_ready_for_too_long_waits_again(void **state)
{
	struct fixture *fixture = *state;
	int64_t ids[10];

	fixture->daemon.jobs->ready_max_ms = 100;
	fixture->daemon.jobs->lease_ms = 500;
	for (size_t i = 0; i < lengthof(ids); i++)
		ids[i] = insert(fixture, "script", NULL, "{}");
	set_held(true);
	start(fixture);
	for (int64_t until_ms = clock_mono_ms() + WAIT_S * 1000; clock_mono_ms() < until_ms;) {
		cleanup_free char *attempts = shown(fixture, ids[0], "attempts");

		if (strcmp(attempts, "1") == 0)
			break;
		sched_yield();
	}
	assert_shown(fixture, ids[0], "attempts", "1");
	assert_shown(fixture, ids[9], "attempts", "0");
	set_held(false);
	wait_for_status(fixture, ids[9], "done");
}

static int put_integration(struct tx *tx, void *arg, struct err *err)
{
	static const unsigned char uid[INTEGRATION_UID_SIZE] = {1};
	cleanup_json json_t *metadata = json_object();
	bool created;

	return integration_put(tx, &(struct integration_put){.provider = "p", .external_id = "7",
		.name = "n", .metadata = metadata, .uid = uid, .now_us = 1}, arg, &created, err);
}

static void a_gate_that_closes_calls_back_what_is_ready(void **state)
{
	struct fixture *fixture = *state;
	struct job_new job = {.task = "script", .unordered = true, .now_us = clock_now_us()};

	fixture->daemon.jobs->ready_max_ms = INT64_MAX;
	assert_int_equal(store_write(fixture->scratch.store, put_integration,
		&job.integration_id, NULL), 0);
	for (int i = 0; i < 10; i++) {
		job.payload = i == 0 ? "{\"free\":true,\"code\":-8,\"times\":99}" : "{}";
		assert_int_equal(store_write(fixture->scratch.store, insert_in, &job, NULL), 0);
	}
	set_held(true);
	start(fixture);
	/* Four are held; the worker of the first has gone on before its end was written. */
	wait_for_runs(5);
	wait_for_status(fixture, job.webhook_id, "waiting");
	set_held(false);
	jobs_drain(fixture->daemon.jobs, WAIT_S * 1000);
	assert_int_equal(runs, 5);
	assert_shown(fixture, job.webhook_id, "attempts", "0");
}

static void a_checkpoint_keeps_its_effects_and_its_cursor(void **state)
{
	struct fixture *fixture = *state;
	int64_t id = insert(fixture, "script", NULL, "{\"code\":-10,\"times\":1,"
		"\"checkpoint\":[{\"mark\":\"c\"}],\"effects\":[{\"mark\":\"m\"}]}");

	start(fixture);
	wait_for_status(fixture, id, "done");
	assert_true(is_marked(fixture, "c"));
	assert_shown(fixture, id, "outcome", "went on");
	assert_shown(fixture, id, "cursor", "half");
}

static void items_of_a_key_run_one_after_the_other(void **state)
{
	struct fixture *fixture = *state;
	int64_t last = 0;

	for (int i = 0; i < 20; i++)
		last = insert(fixture, "script", "k", i % 5 == 0 ? "{\"code\":-9,\"times\":1}" : "{}");
	set_held(true);
	start(fixture);
	wait_for_runs(1);
	assert_int_equal(runs, 1);
	set_held(false);
	wait_for_status(fixture, last, "done");
	assert_int_equal(runs, 24);
}

static void an_end_and_the_pick_of_the_next_one_are_one_commit(void **state)
{
	struct fixture *fixture = *state;
	uint64_t before;
	int64_t last = 0;

	for (int i = 0; i < 40; i++)
		last = insert(fixture, "script", "k", "{}");
	set_held(true);
	start(fixture);
	wait_for_runs(1);
	before = store_commits(fixture->scratch.store);
	set_held(false);
	wait_for_status(fixture, last, "done");
	/* Two for each would be 79; the task that prunes has some of its own. */
	assert_true(store_commits(fixture->scratch.store) - before < 60);
}

static void a_task_that_nobody_registers_is_a_dead_letter(void **state)
{
	struct fixture *fixture = *state;
	int64_t core = insert(fixture, "gone", NULL, "{}");
	int64_t plugin = insert(fixture, "acme:sync", NULL, "{}");

	start(fixture);
	wait_for_status(fixture, core, "dead");
	wait_for_status(fixture, plugin, "dead");
	assert_shown(fixture, plugin, "code", "E_UNSUPPORTED");
}

static const char acme[] = "[{\"provider\":{\"key\":\"acme\",\"name\":\"Acme\",\"build\":true},"
	"\"tasks\":[{\"name\":\"sync\",\"scope\":1,\"run\":true,\"version\":2,\"attempts\":5,"
	"\"delay_ms\":1,\"schedule_ms\":3600000}]}]";

static enum call_death deaths[8];
static int calls;
static bool last_solo;

static int die(const struct call_request *request, json_t **ret_output, json_t **ret_effects,
	struct err *err)
{
	(void)ret_output;
	(void)ret_effects;
	last_solo = request->solo;
	*request->ret_death = deaths[calls++];
	return err_set(err, MORTISE_E_RETRY, "its host died");
}

static int answer(const struct call_request *request, json_t **ret_output, json_t **ret_effects,
	struct err *err)
{
	(void)err;
	calls++;
	assert_string_equal(request->callback, "task:sync");
	assert_int_equal(request->scope.kind, MORTISE_SCOPE_PROVIDER);
	*ret_output = json_pack("{s:s}", "outcome", "synced");
	*ret_effects = json_array();
	return 0;
}

static int hold_call(const struct call_request *request, json_t **ret_output, json_t **ret_effects,
	struct err *err)
{
	(void)err;
	(void)request;
	note_run();
	*ret_output = json_object();
	*ret_effects = json_array();
	return 0;
}

static void much_ready_work_of_a_provider_holds_no_other(void **state)
{
	struct fixture *fixture = *state;
	int64_t last = 0, other;

	fake_configured = false;
	fake_call = hold_call;
	fake_providers_set(acme);
	for (int i = 0; i < 10; i++)
		last = insert(fixture, "acme:sync", NULL, "{}");
	set_held(true);
	start(fixture);
	wait_for_runs(2);
	wait_for_status(fixture, last, "running");
	other = insert(fixture, "script", NULL, "{\"free\":true}");
	wait_for_status(fixture, other, "done");
	/* Half of the workers, and the other one. */
	assert_int_equal(runs, 3);
	set_held(false);
	wait_for_status(fixture, last, "done");
	assert_int_equal(runs, 11);
	fake_configured = true;
}

static void three_strikes_make_a_dead_letter(void **state)
{
	static const enum call_death seen[] = {CALL_DEATH_SHARED, CALL_DEATH_ALONE,
		CALL_DEATH_ALONE, CALL_DEATH_ALONE};
	struct fixture *fixture = *state;
	int64_t id;

	memcpy(deaths, seen, sizeof(seen));
	calls = 0;
	fake_call = die;
	fake_configured = false;
	fake_providers_set(acme);
	id = insert(fixture, "acme:sync", NULL, "{}");
	start(fixture);
	wait_for_status(fixture, id, "dead");
	assert_int_equal(calls, 4);
	assert_true(last_solo);
	assert_shown(fixture, id, "strikes", "3");
	fake_configured = true;
}

static void a_schedule_of_a_plugin_inserts_its_task(void **state)
{
	struct fixture *fixture = *state;
	cleanup_json json_t *parameters = json_pack("{s:s, s:s}", "task", "acme:sync", "status",
		"done");
	int64_t until_ms = clock_mono_ms() + WAIT_S * 1000;
	size_t found = 0;

	calls = 0;
	fake_call = answer;
	fake_providers_set(acme);
	start(fixture);
	while (found == 0 && clock_mono_ms() < until_ms) {
		cleanup_json json_t *result = NULL;

		assert_int_equal(job_admin_list(&fixture->daemon, parameters, &result, NULL), 0);
		found = json_array_size(json_object_get(result, "jobs"));
		sched_yield();
	}
	assert_int_equal(found, 1);
	assert_int_equal(calls, 1);
}

static void work_of_a_disabled_plugin_waits_without_an_attempt(void **state)
{
	struct fixture *fixture = *state;
	int64_t id, other;

	fake_runnable = false;
	fake_configured = false;
	fake_call = answer;
	calls = 0;
	fake_providers_set(acme);
	id = insert(fixture, "acme:sync", NULL, "{}");
	other = insert(fixture, "script", NULL, "{}");
	start(fixture);
	wait_for_status(fixture, other, "done");
	assert_shown(fixture, id, "status", "waiting");
	assert_shown(fixture, id, "attempts", "0");
	fake_runnable = true;
	jobs_wake(fixture->daemon.jobs);
	wait_for_status(fixture, id, "done");
	assert_shown(fixture, id, "outcome", "synced");
	fake_configured = true;
}

static void the_operator_retries_and_drops(void **state)
{
	struct fixture *fixture = *state;
	int64_t id = insert(fixture, "script", NULL, "{\"code\":-2,\"times\":1}");
	cleanup_json json_t *result = NULL, *parameters = NULL, *nothing = NULL;
	char text[24];

	start(fixture);
	wait_for_status(fixture, id, "halted");
	snprintf(text, sizeof(text), "%lld", (long long)id);
	parameters = json_pack("{s:s}", "id", text);
	assert_int_equal(job_admin_retry(&fixture->daemon, parameters, &result, NULL), 0);
	assert_string_not_equal(json_string_value(json_object_get(result, "id")), text);
	assert_int_equal(job_admin_drop(&fixture->daemon, parameters, &nothing, NULL),
		MORTISE_E_NOT_FOUND);
	json_object_set(parameters, "id", json_object_get(result, "id"));
	wait_for_status(fixture, strtoll(json_string_value(json_object_get(result, "id")), NULL, 10),
		"halted");
	assert_int_equal(job_admin_drop(&fixture->daemon, parameters, &nothing, NULL), 0);
}

#define case_of(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		case_of(effects_and_the_end_are_one_commit),
		case_of(a_failure_leaves_no_effect_and_is_tried_again),
		case_of(the_last_attempt_makes_a_dead_letter_and_the_key_goes_on),
		case_of(a_code_that_halts_is_not_tried_again),
		case_of(refused_effects_apply_nothing),
		case_of(a_lost_lease_applies_nothing),
		case_of(an_end_that_is_refused_takes_no_other_with_it),
		case_of(what_has_not_begun_waits_again_when_the_daemon_ends),
		case_of(what_was_ready_for_too_long_waits_again),
		case_of(a_gate_that_closes_calls_back_what_is_ready),
		case_of(much_ready_work_of_a_provider_holds_no_other),
		case_of(a_checkpoint_keeps_its_effects_and_its_cursor),
		case_of(items_of_a_key_run_one_after_the_other),
		case_of(an_end_and_the_pick_of_the_next_one_are_one_commit),
		case_of(a_task_that_nobody_registers_is_a_dead_letter),
		case_of(three_strikes_make_a_dead_letter),
		case_of(a_schedule_of_a_plugin_inserts_its_task),
		case_of(work_of_a_disabled_plugin_waits_without_an_attempt),
		case_of(the_operator_retries_and_drops),
	};

	log_setup(MORTISE_LOG_ERROR - 1, LOG_LOGFMT);
	return cmocka_run_group_tests_name("job_run", tests, NULL, NULL);
}
