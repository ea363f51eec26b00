/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
#include "config.h"
#include "check/replay.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "check/callback.h"
#include "check/calls.h"
#include "check/compare.h"
#include "check/report.h"
#include "check/runner.h"
#include "check/script.h"
#include "core/base/buf.h"
#include "core/base/clock.h"
#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/effect/effect.h"
#include "core/frame/call_scope.h"
#include "core/provider/provider.h"

/* Growth over a third of many runs that is no accident, in bytes. */
#define LEAK_SIZE ((int64_t)256 << 10)
#define LEAK_RUNS_MIN 300
/* A host of its own may first have to get rid of the call before. */
#define SOLO_WAIT_MS 2000
/* A call that failed so often is not run again. */
#define FAILED_MAX 5

/* A call of a file, ready to be run, and what became of its runs. */
struct plan {
	const struct call_file *file;
	const json_t *call;
	char *label;                   /* "push.json: call 2 \"a push\"" */
	const struct reg_provider *provider;   /* with a reference */
	struct callback callback;
	int scope;
	json_t *input;
	char *body;                    /* or NULL */
	size_t body_size;
	/* Under replay->lock: */
	size_t runs, failed;
	size_t asks, effects;
	int64_t elapsed_ms;            /* of the longest */
	json_t *lines;                 /* what was wrong with the first that failed */
	bool is_doubtful;              /* a run of it failed, and others may be to blame */
};

struct replay {
	struct runner *runner;
	const struct replay_options *options;
	struct report *report;
	struct call_file *files;
	size_t file_len;
	struct plan *plans;
	size_t plan_len;
	pthread_mutex_t lock;
	size_t next;                   /* run; under lock, as the rest */
	bool troubled;                 /* a run failed: a host may have died of it */
	char *shared_death;            /* how a host died with several calls in it */
	bool has_culprit;              /* a call killed its host alone */
	int64_t sizes[3];              /* of the host, after each third of the runs */
};

/* ---- Planning ---- */

static int find_scope(const struct plan *plan, int *ret_scope, struct err *err)
{
	const char *name = json_string_value(json_object_get(plan->call, "scope"));
	int scope = name ? call_scope_parse(name) : plan->callback.scope;

	if (!callback_has_scope(&plan->callback, scope))
		return err_set(err, MORTISE_E_FIELD, "/scope: the daemon calls %s in %s scope, not in %s "
			"scope", plan->callback.name, call_scope_name(plan->callback.scope),
			call_scope_name(scope));
	*ret_scope = scope;
	return 0;
}

static int take_body(struct plan *plan, struct err *err)
{
	const struct reg_webhook *webhook = plan->callback.webhook;
	uint64_t max = webhook && webhook->webhook.max_body ? webhook->webhook.max_body : 1 << 20;

	plan->body = call_bytes(plan->call, &plan->body_size);
	if (plan->body && !webhook)
		return err_set(err, MORTISE_E_FIELD, "only the handler of a webhook is given a body");
	if (plan->body_size > max)
		return err_set(err, MORTISE_E_LIMIT, "the body has %zu bytes, but the webhook takes %" PRIu64
			" (max_body)", plan->body_size, max);
	return 0;
}

static int64_t now_of(const struct plan *plan)
{
	return json_integer_value(json_object_get(plan->call, "now_ms"));
}

static int make_plan(struct replay *replay, struct plan *plan, struct err *err)
{
	const char *key = json_string_value(json_object_get(plan->call, "provider"));
	const char *callback = json_string_value(json_object_get(plan->call, "callback"));
	const json_t *input = json_object_get(plan->call, "input");
	int result;

	plan->provider = providers_find(replay->runner->daemon.providers, key);
	if (!plan->provider || strcmp(plan->provider->provider.key, key) != 0)
		return err_set(err, MORTISE_E_NOT_FOUND, "the plugin registers no provider \"%s\"", key);
	result = callback_find(plan->provider, callback, &plan->callback, err);
	if (result == 0)
		result = find_scope(plan, &plan->scope, err);
	if (result == 0)
		result = take_body(plan, err);
	plan->input = input ? json_deep_copy(input) : json_object();
	if (result == 0)
		result = callback_fill_input(&plan->callback, now_of(plan) ? now_of(plan) :
			clock_now_us() / 1000, plan->input, err);
	return result;
}

static char *make_label(const struct call_file *file, size_t index, const json_t *call)
{
	const char *name = json_string_value(json_object_get(call, "name"));

	if (!name)
		name = json_string_value(json_object_get(call, "callback"));
	return xasprintf("%s: call %zu \"%s\"", file->path, index + 1, name);
}

static void plan_clear(struct plan *plan)
{
	if (plan->provider)
		registration_unref(plan->provider->registration);
	callback_clear(&plan->callback);
	free(plan->label);
	free(plan->body);
	json_decref(plan->input);
	json_decref(plan->lines);
}

/* A call that cannot be planned is told and left out. */
static void plan_file(struct replay *replay, const struct call_file *file)
{
	json_t *call;
	size_t i;

	replay->plans = xrealloc(replay->plans,
		(replay->plan_len + json_array_size(file->calls)) * sizeof(*replay->plans));
	json_array_foreach(file->calls, i, call) {
		struct plan *plan = &replay->plans[replay->plan_len];
		cleanup_err struct err err = {0};

		*plan = (struct plan){.file = file, .call = call, .lines = json_array(),
			.label = make_label(file, i, call)};
		if (make_plan(replay, plan, &err) == 0) {
			replay->plan_len++;
			continue;
		}
		report_error(replay->report, plan->label, "%s", err_text(&err));
		plan_clear(plan);
	}
}

static void read_files(struct replay *replay)
{
	replay->files = xcalloc(replay->options->path_len, sizeof(*replay->files));
	for (size_t i = 0; i < replay->options->path_len; i++) {
		struct call_file *file = &replay->files[replay->file_len];
		const char *path = replay->options->paths[i];
		cleanup_err struct err err = {0};

		if (call_file_read(path, file, &err) < 0) {
			report_error(replay->report, path, "%s", err_text(&err));
			continue;
		}
		replay->file_len++;
		plan_file(replay, file);
	}
}

/* ---- One run; any thread ---- */

/* What came back. */
struct outcome {
	int code;
	struct err err;
	json_t *output, *effects;      /* if code is 0 */
	enum call_death death;
	int64_t elapsed_ms;
};

static void outcome_clear(struct outcome *outcome)
{
	err_clear(&outcome->err);
	json_decref(outcome->output);
	json_decref(outcome->effects);
}
#define cleanup_outcome __attribute__((__cleanup__(outcome_clear)))

static void add_line(json_t *lines, char *line_take)
{
	json_array_append_new(lines, json_string(line_take));
	free(line_take);
}

static struct call_scope scope_of(const struct plan *plan)
{
	const char *external_id = json_string_value(json_object_get(plan->call, "external_id"));

	return (struct call_scope){
		.kind = plan->scope,
		.provider = plan->provider,
		.external_id = external_id,
		.state = json_object_get(plan->input, "state"),
	};
}

static void call_once(const struct replay *replay, const struct plan *plan, struct script *script,
	bool solo, struct outcome *ret_outcome)
{
	struct call_request request = {
		.scope = scope_of(plan),
		.callback = plan->callback.name,
		.input = plan->input,
		.body = plan->body,
		.body_size = plan->body_size,
		.deadline_ms = replay->options->timeout_ms + (solo ? SOLO_WAIT_MS : 0),
		.solo = solo,
		.now_ms = now_of(plan),
		.script = script_for_call(script),
		.ret_death = &ret_outcome->death,
	};
	int64_t started_ms = clock_mono_ms();

	ret_outcome->code = provider_call(replay->runner->daemon.providers, &request,
		&ret_outcome->output, &ret_outcome->effects, &ret_outcome->err);
	ret_outcome->elapsed_ms = clock_mono_ms() - started_ms;
}

static void check_failure(const struct outcome *outcome, const json_t *expect, json_t *lines)
{
	const json_t *fields = json_object_get(expect, "fields");
	const json_t *reason = json_object_get(expect, "reason");
	const json_t *retry_at = json_object_get(expect, "retry_at_ms");
	cleanup_json json_t *own_reason = json_string(err_text(&outcome->err));
	cleanup_json json_t *own_retry_at = json_integer(outcome->err.retry_at_ms);

	if (reason)
		compare_json(reason, own_reason, "/expect/reason", lines, SCRIPT_LINES_MAX);
	if (fields)
		compare_json(fields, outcome->err.fields, "/expect/fields", lines, SCRIPT_LINES_MAX);
	if (retry_at)
		compare_json(retry_at, own_retry_at, "/expect/retry_at_ms", lines, SCRIPT_LINES_MAX);
}

static void check_success(const struct plan *plan, const struct outcome *outcome,
	const json_t *expect, json_t *lines)
{
	const json_t *output = json_object_get(expect, "output");
	const json_t *effects = json_object_get(expect, "effects");
	const struct call_scope scope = scope_of(plan);
	const struct effect_context context = {.scope = &scope};
	cleanup_err struct err bad_output = {0}, bad_effect = {0};

	if (callback_check_output(&plan->callback, outcome->output, &bad_output) < 0)
		add_line(lines, xstrdup(err_text(&bad_output)));
	if (effects_check(&context, outcome->effects, &bad_effect) < 0)
		add_line(lines, xstrdup(err_text(&bad_effect)));
	if (output)
		compare_json(output, outcome->output, "/expect/output", lines, SCRIPT_LINES_MAX);
	if (effects)
		compare_json(effects, outcome->effects, "/expect/effects", lines, SCRIPT_LINES_MAX);
}

static const char *expected_code(const struct plan *plan)
{
	const char *code = json_string_value(json_object_get(json_object_get(plan->call, "expect"),
		"code"));

	return code ? code : "OK";
}

static void check_outcome(const struct plan *plan, const struct outcome *outcome, json_t *lines)
{
	const json_t *expect = json_object_get(plan->call, "expect");
	const char *expected = expected_code(plan);
	const char *code = err_meaning(outcome->code)->name;

	if (outcome->death != CALL_DEATH_NONE)
		add_line(lines, xstrdup(err_text(&outcome->err)));
	else if (strcmp(code, expected) != 0)
		add_line(lines, xasprintf("/expect/code: expected %s, got %s%s%s%s", expected, code, outcome->code ? " (" : "",
			outcome->code ? err_text(&outcome->err) : "", outcome->code ? ")" : ""));
	else if (outcome->code == 0)
		check_success(plan, outcome, expect, lines);
	else
		check_failure(outcome, expect, lines);
}

static void keep_result(struct replay *replay, struct plan *plan, const struct outcome *outcome,
	size_t asked, json_t *lines)
{
	pthread_mutex_lock(&replay->lock);
	plan->runs++;
	replay->troubled |= json_array_size(lines) > 0;
	replay->has_culprit |= outcome->death != CALL_DEATH_NONE;
	if (json_array_size(lines) > 0 && plan->failed++ == 0)
		json_array_extend(plan->lines, lines);
	plan->asks = asked;
	plan->effects = json_array_size(outcome->effects);
	if (outcome->elapsed_ms > plan->elapsed_ms)
		plan->elapsed_ms = outcome->elapsed_ms;
	pthread_mutex_unlock(&replay->lock);
}

/* Others that ran beside it may be to blame: the host died with all of them, or was
 * replaced for one that hung. */
static bool is_doubtful(const struct plan *plan, const struct outcome *outcome)
{
	return outcome->death == CALL_DEATH_SHARED || (outcome->death == CALL_DEATH_NONE &&
		outcome->code == MORTISE_E_RETRY && strcmp(expected_code(plan), "E_RETRY") != 0);
}

static void note_doubtful(struct replay *replay, struct plan *plan, const struct outcome *outcome)
{
	pthread_mutex_lock(&replay->lock);
	if (outcome->death == CALL_DEATH_SHARED && !replay->shared_death)
		replay->shared_death = xstrdup(err_text(&outcome->err));
	plan->is_doubtful = true;
	replay->troubled = true;
	pthread_mutex_unlock(&replay->lock);
}

/* In the daemon a plugin whose host dies again and again is in quarantine; here the next
 * call is to be run all the same. */
static void forgive(struct replay *replay)
{
	bool troubled;

	pthread_mutex_lock(&replay->lock);
	troubled = replay->troubled;
	pthread_mutex_unlock(&replay->lock);
	if (troubled)
		runner_forgive(replay->runner);
}

/* One run; 'solo': in a host of its own. */
static void run_plan(struct replay *replay, struct plan *plan, bool solo)
{
	cleanup_outcome struct outcome outcome = {0};
	cleanup_json json_t *lines = json_array();
	struct script *script = script_new(json_object_get(plan->call, "asks"), plan->callback.is_job);
	size_t asked;

	forgive(replay);
	call_once(replay, plan, script, solo, &outcome);
	asked = script_finish(script, lines);
	script_unref(script);
	if (!solo && is_doubtful(plan, &outcome)) {
		note_doubtful(replay, plan, &outcome);
		return;
	}
	check_outcome(plan, &outcome, lines);
	keep_result(replay, plan, &outcome, asked, lines);
}

/* ---- All runs ---- */

/* Resident bytes of the host; 0: unknown. */
static int64_t host_size(const struct replay *replay)
{
	cleanup_json json_t *list = providers_describe(replay->runner->daemon.providers);
	int64_t pid = json_integer_value(json_object_get(json_array_get(list, 0), "pid"));
	cleanup_free char *path = xasprintf("/proc/%" PRId64 "/statm", pid);
	FILE *file = fopen(path, "re");
	long pages = 0;

	if (file && fscanf(file, "%*d %ld", &pages) != 1)
		pages = 0;
	if (file)
		fclose(file);
	return (int64_t)pages * sysconf(_SC_PAGESIZE);
}

/* Lock held. */
static void note_size(struct replay *replay)
{
	size_t all = replay->plan_len * replay->options->repeat;

	for (size_t third = 1; third <= 2; third++)
		if (replay->next == all * third / 3)
			replay->sizes[third - 1] = host_size(replay);
}

/* Another run to do, or NULL.  Different calls follow each other, so that they run side
 * by side. */
static struct plan *next_run(struct replay *replay)
{
	size_t all = replay->plan_len * replay->options->repeat;
	struct plan *plan = NULL;

	pthread_mutex_lock(&replay->lock);
	while (replay->next < all && !plan) {
		note_size(replay);
		plan = &replay->plans[replay->next++ % replay->plan_len];
		if (plan->failed >= FAILED_MAX || plan->is_doubtful)
			plan = NULL;
	}
	pthread_mutex_unlock(&replay->lock);
	return plan;
}

static void *work(void *arg)
{
	struct replay *replay = arg;
	struct plan *plan;

	while ((plan = next_run(replay)))
		run_plan(replay, plan, false);
	return NULL;
}

static void run_all(struct replay *replay)
{
	size_t len = replay->options->threads;
	pthread_t *threads = xcalloc(len, sizeof(*threads));

	for (size_t i = 0; i < len; i++)
		if (pthread_create(&threads[i], NULL, work, replay) != 0)
			abort();
	for (size_t i = 0; i < len; i++)
		pthread_join(threads[i], NULL);
	replay->sizes[2] = host_size(replay);
	free(threads);
	/* Alone, one after the other: that decides. */
	for (size_t i = 0; i < replay->plan_len; i++)
		if (replay->plans[i].is_doubtful)
			run_plan(replay, &replay->plans[i], true);
}

/* ---- Telling ---- */

static void tell_call(const struct replay *replay, const struct plan *plan)
{
	struct report *report = replay->report;
	json_t *line;
	size_t i;

	json_array_append_new(report->calls, json_pack("{s:s, s:s, s:s, s:b, s:I, s:I, s:I, s:I, s:I}",
		"file", plan->file->path, "call", plan->label, "callback", plan->callback.name, "passed",
		plan->failed == 0 && plan->runs > 0, "runs", (json_int_t)plan->runs, "failed",
		(json_int_t)plan->failed, "asks", (json_int_t)plan->asks, "effects",
		(json_int_t)plan->effects, "elapsed_ms", (json_int_t)plan->elapsed_ms));
	if (plan->failed == 0 && plan->runs > 0)
		report_note(report, "%s: passed (%zu asks, %zu effects, %" PRId64 " ms)", plan->label,
			plan->asks, plan->effects, plan->elapsed_ms);
	json_array_foreach(plan->lines, i, line)
		report_error(report, plan->label, "%s", json_string_value(line));
	if (plan->failed > 0 && plan->runs > 1)
		report_error(report, plan->label, "%zu of %zu runs failed; this was the first", plan->failed,
			plan->runs);
}

/* Memory that grows in the second third of the runs and in the last as well is not given
 * back.  A sanitizer keeps what was freed. */
static void tell_growth(const struct replay *replay)
{
	int64_t first = replay->sizes[1] - replay->sizes[0], second = replay->sizes[2] - replay->sizes[1];
	size_t runs = replay->plan_len * replay->options->repeat;

#ifdef MORTISE_SANITIZED
	return;
#endif
	if (runs < LEAK_RUNS_MIN || replay->troubled)
		return;
	if (first >= LEAK_SIZE && second >= LEAK_SIZE)
		report_error(replay->report, "memory", "the host grew by %" PRId64 " KiB over the last %zu "
			"runs, about %" PRId64 " bytes each: a callback keeps what it should free",
			(first + second) >> 10, runs - runs / 3,
			(first + second) / (int64_t)(runs - runs / 3));
}

static bool was_called(const struct replay *replay, const char *provider, const char *callback)
{
	for (size_t i = 0; i < replay->plan_len; i++)
		if (strcmp(replay->plans[i].provider->provider.key, provider) == 0 &&
			strcmp(replay->plans[i].callback.name, callback) == 0)
			return true;
	return false;
}

/* Which callbacks no file has called. */
static void tell_uncalled(const struct replay *replay)
{
	size_t len;
	const struct reg_provider **providers = runner_providers(replay->runner, &len);

	for (size_t i = 0; i < len; i++) {
		const char *key = providers[i]->provider.key;
		cleanup_json json_t *names = callback_names(providers[i]);
		cleanup_buf struct buf left = BUF(0);
		json_t *name;
		size_t index;

		json_array_foreach(names, index, name)
			if (!was_called(replay, key, json_string_value(name)))
				buf_printf(&left, " %s", json_string_value(name));
		if (left.size > 0)
			report_note(replay->report, "provider \"%s\": not called:%s", key,
				buf_text(&left));
		registration_unref(providers[i]->registration);
	}
	free(providers);
}

void replay_run(struct runner *runner, const struct replay_options *options, struct report *report)
{
	struct replay replay = {.runner = runner, .options = options, .report = report};

	pthread_mutex_init(&replay.lock, NULL);
	read_files(&replay);
	if (replay.plan_len > 0)
		run_all(&replay);
	for (size_t i = 0; i < replay.plan_len; i++)
		tell_call(&replay, &replay.plans[i]);
	if (replay.shared_death && !replay.has_culprit)
		report_error(report, "threads", "with several calls at once: %s; each of them passes "
			"alone: do callbacks share what is not locked?", replay.shared_death);
	tell_growth(&replay);
	tell_uncalled(&replay);
	for (size_t i = 0; i < replay.plan_len; i++)
		plan_clear(&replay.plans[i]);
	free(replay.plans);
	for (size_t i = 0; i < replay.file_len; i++)
		call_file_clear(&replay.files[i]);
	free(replay.files);
	free(replay.shared_death);
	pthread_mutex_destroy(&replay.lock);
}
