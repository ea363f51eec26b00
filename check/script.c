/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
#include "config.h"
#include "check/script.h"

#include <ctype.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include "check/calls.h"
#include "check/compare.h"
#include "core/base/clock.h"
#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/effect/effect.h"
#include "core/pipeline/reference.h"
#include "core/provider/provider_private.h"

#define CACHE_LIFE_MS (INT64_C(60) * 1000)

struct script {
	struct call_script base;       /* first: the two are cast */
	atomic_size_t references;
	const json_t *asks;
	bool is_job;
	unsigned long serial;          /* the cache of one run is no other's */
	pthread_mutex_t lock;
	bool *used;                    /* under lock, as the next three */
	size_t asked;
	bool finished;
	json_t *lines;
};

static int answer(struct call_script *base, struct call *call, const json_t *question,
	struct host_answer *answer, struct err *err);

static void release(struct call_script *base)
{
	script_unref((struct script *)base);
}

struct script *script_new(const json_t *asks, bool is_job)
{
	static atomic_ulong last_serial;
	struct script *script = new(struct script);

	script->base = (struct call_script){.answer = answer, .release = release};
	atomic_init(&script->references, 1);
	script->asks = asks;
	script->is_job = is_job;
	script->serial = atomic_fetch_add(&last_serial, 1);
	pthread_mutex_init(&script->lock, NULL);
	script->used = xcalloc(json_array_size(asks) + 1, sizeof(*script->used));
	script->lines = json_array();
	return script;
}

void script_unref(struct script *script)
{
	if (atomic_fetch_sub(&script->references, 1) > 1)
		return;
	pthread_mutex_destroy(&script->lock);
	free(script->used);
	json_decref(script->lines);
	free(script);
}

struct call_script *script_for_call(struct script *script)
{
	atomic_fetch_add(&script->references, 1);
	return &script->base;
}

static void add_line(struct script *script, char *line_take)
{
	if (!script->finished && json_array_size(script->lines) < SCRIPT_LINES_MAX)
		json_array_append_new(script->lines, json_string(line_take));
	free(line_take);
}

/* ---- Finding the answer ---- */

/* The members that the file gives must be the same; the question may have more. */
static void compare_ask(const json_t *expected, const json_t *question, const char *pointer,
	json_t *lines)
{
	const char *name;
	json_t *value;

	json_object_foreach((json_t *)(uintptr_t)expected, name, value) {
		cleanup_free char *inner = xasprintf("%s/%s", pointer, name);

		compare_json(value, json_object_get(question, name), inner, lines, SCRIPT_LINES_MAX);
	}
}

static bool is_any(const json_t *item)
{
	return json_is_true(json_object_get(item, "any"));
}

/* Lock held.  The first entry that fits and may still be used, or NULL. */
static const json_t *find_answer(struct script *script, const json_t *question)
{
	json_t *item;
	size_t i;

	json_array_foreach(script->asks, i, item) {
		cleanup_json json_t *differences = json_array();

		if (script->used[i] && !is_any(item))
			continue;
		compare_ask(json_object_get(item, "ask"), question, "", differences);
		if (json_array_size(differences) > 0)
			continue;
		script->used[i] = true;
		return item;
	}
	return NULL;
}

/* Lock held.  Nothing fits: say how the likeliest entry differs. */
static void tell_unexpected(struct script *script, const json_t *question)
{
	const char *op = json_string_value(json_object_get(question, "op"));
	cleanup_json json_t *best = NULL;
	cleanup_free char *shown = compare_show(question);
	json_t *item, *line;
	size_t i;

	add_line(script, xasprintf("it asked for what \"asks\" does not answer: %s", shown));
	json_array_foreach(script->asks, i, item) {
		const json_t *ask = json_object_get(item, "ask");
		const char *expected = json_string_value(json_object_get(ask, "op"));
		cleanup_free char *at = xasprintf("/asks/%zu/ask", i);
		json_t *differences;

		if (script->used[i] || strcmp(expected, op) != 0)
			continue;
		differences = json_array();
		compare_ask(ask, question, at, differences);
		if (best && json_array_size(best) <= json_array_size(differences)) {
			json_decref(differences);
			continue;
		}
		json_decref(best);
		best = differences;
	}
	json_array_foreach(best, i, line)
		add_line(script, xstrdup(json_string_value(line)));
}

/* ---- Giving it ---- */

static int give_failure(const json_t *given, struct err *err)
{
	const char *reason = json_string_value(json_object_get(given, "reason"));
	int code = MORTISE_OK;

	if (json_object_get(given, "code"))
		code_parse(json_string_value(json_object_get(given, "code")), &code);
	if (code == MORTISE_OK)
		return 0;
	err_set(err, code, "%s", reason ? reason : "as the script says");
	err->retry_at_ms = json_integer_value(json_object_get(given, "retry_at_ms"));
	return code;
}

/* Names of headers are lower-case in an answer. */
static json_t *take_headers(const json_t *given)
{
	json_t *headers = json_object();
	const char *name;
	json_t *value;

	json_object_foreach((json_t *)(uintptr_t)given, name, value) {
		cleanup_free char *lower = xstrdup(name);

		for (char *c = lower; *c; c++)
			*c = (char)tolower((unsigned char)*c);
		json_object_set(headers, lower, value);
	}
	return headers;
}

static void give_http(const json_t *given, struct host_answer *answer)
{
	answer->upstream.status = (int)json_integer_value(json_object_get(given, "status"));
	answer->upstream.headers = take_headers(json_object_get(given, "headers"));
	answer->upstream.body = call_bytes(given, &answer->upstream.size);
	answer->upstream.replayed = json_is_true(json_object_get(given, "replayed"));
	host_call_show_answer(answer);
}

static int give(const json_t *given, const char *op, struct host_answer *answer, struct err *err)
{
	json_t *value = json_object_get(given, "value");
	json_t *deadline = json_object_get(given, "deadline_ms");
	int result = give_failure(given, err);

	if (result < 0)
		return result;
	if (strcmp(op, "http") == 0)
		give_http(given, answer);
	if (value)
		json_object_set(answer->json, "value", value);
	if (deadline)
		json_object_set(answer->json, "deadline_ms", deadline);
	return 0;
}

/* ---- What the daemon would say first ---- */

static int check_read(struct call *call, const json_t *question, bool *ret_stored, struct err *err)
{
	const char *what = json_string_value(json_object_get(question, "what"));
	const json_t *args = json_object_get(question, "args");
	cleanup_err struct err own = {0};
	json_t *value = NULL;
	int result = host_read_check(what ? what : "", call_scope_of(call)->kind, ret_stored, err);

	if (result < 0 || *ret_stored)
		return result;
	/* Without the store the daemon's own reading says what is wrong with the arguments. */
	result = host_read(call, what, args, &value, &own);
	json_decref(value);
	return result == MORTISE_E_INTERNAL ? err_move(err, &own) : 0;
}

static int check_http(struct call *call, const json_t *question, struct err *err)
{
	const struct call_scope *scope = call_scope_of(call);
	struct upstream_request request = {0};
	int result = host_call_read_request(question, &request, err);

	if (result == 0)
		result = upstream_check(scope->provider, &request, err);
	if (result == 0 && request.once && scope->kind != MORTISE_SCOPE_PIPELINE &&
		scope->kind != MORTISE_SCOPE_INTEGRATION && scope->kind != MORTISE_SCOPE_INSTALL)
		result = err_set(err, MORTISE_E_UNSUPPORTED,
			"a guarded request needs an integration or a pipeline");
	return result;
}

static int check_checkpoint(const struct script *script, struct call *call, const json_t *question,
	struct err *err)
{
	const struct effect_context context = {.scope = call_scope_of(call)};

	if (!script->is_job)
		return err_set(err, MORTISE_E_UNSUPPORTED, "checkpoint: this call is no job");
	return effects_check(&context, json_object_get(question, "effects"), err);
}

static int check_reference(struct call *call, const json_t *question, struct err *err)
{
	int scope = call_scope_of(call)->kind;
	json_int_t life_ms = json_integer_value(json_object_get(question, "life_ms"));

	if (scope != MORTISE_SCOPE_INTEGRATION && scope != MORTISE_SCOPE_INSTALL)
		return err_set(err, MORTISE_E_UNSUPPORTED,
			"reference_make: this scope has no integration");
	if (life_ms <= 0 || life_ms > REFERENCE_LIFE_MAX_MS)
		return err_set(err, MORTISE_E_INTERNAL, "reference_make: life_ms must be 1 to %lld",
			(long long)REFERENCE_LIFE_MAX_MS);
	return 0;
}

/* ---- Defaults ---- */

static int default_read(struct call *call, const json_t *question, struct host_answer *answer,
	struct err *err)
{
	json_t *value;
	int result = host_read(call, json_string_value(json_object_get(question, "what")),
		json_object_get(question, "args"), &value, err);

	if (result == 0)
		json_object_set_new(answer->json, "value", value);
	return result;
}

static int default_cache(const struct script *script, struct call *call, const json_t *question,
	struct host_answer *answer, struct err *err)
{
	struct host_cache *cache = call_providers(call)->cache;
	const char *key = json_string_value(json_object_get(question, "key"));
	const json_t *given = json_object_get(question, "value");
	char owner[32];
	json_t *value;

	snprintf(owner, sizeof(owner), "%lu", script->serial);
	if (given)
		return host_cache_put(cache, owner, key ? key : "", given, clock_mono_ms(),
			CACHE_LIFE_MS, err);
	value = host_cache_get(cache, owner, key ? key : "", clock_mono_ms());
	if (!value)
		return err_set(err, MORTISE_E_NOT_FOUND, "the cache does not have it");
	json_object_set_new(answer->json, "value", value);
	return 0;
}

static int give_default(struct script *script, struct call *call, const json_t *question, bool stored,
	struct host_answer *answer, struct err *err)
{
	const char *op = json_string_value(json_object_get(question, "op"));

	if (strcmp(op, "read") == 0 && !stored)
		return default_read(call, question, answer, err);
	if (strncmp(op, "cache_", 6) == 0)
		return default_cache(script, call, question, answer, err);
	if (strcmp(op, "checkpoint") == 0) {
		json_object_set_new(answer->json, "deadline_ms", json_integer(call_left_ms(call)));
		return 0;
	}
	if (strcmp(op, "jwt_sign") == 0 || strcmp(op, "reference_make") == 0) {
		json_object_set_new(answer->json, "value", json_string(*op == 'j' ? "made.up.token" :
			"made-up-reference"));
		return 0;
	}
	tell_unexpected(script, question);
	return err_set(err, MORTISE_E_UNSUPPORTED, "the script has no answer");
}

/* ---- Answering ---- */

/* Lock held. */
static int answer_locked(struct script *script, struct call *call, const json_t *question,
	struct host_answer *answer, struct err *err)
{
	const char *op = json_string_value(json_object_get(question, "op"));
	bool stored = false;
	const json_t *item;
	int result = 0;

	script->asked++;
	if (strcmp(op, "read") == 0)
		result = check_read(call, question, &stored, err);
	else if (strcmp(op, "http") == 0)
		result = check_http(call, question, err);
	else if (strcmp(op, "checkpoint") == 0)
		result = check_checkpoint(script, call, question, err);
	else if (strcmp(op, "reference_make") == 0)
		result = check_reference(call, question, err);
	if (result < 0 && result != MORTISE_E_CANCELLED)
		add_line(script, xasprintf("it asked for what the daemon refuses: %s", err_text(err)));
	if (result < 0)
		return result;
	item = find_answer(script, question);
	return item ? give(json_object_get(item, "answer"), op, answer, err) :
		give_default(script, call, question, stored, answer, err);
}

static int answer(struct call_script *base, struct call *call, const json_t *question,
	struct host_answer *ret_answer, struct err *err)
{
	struct script *script = (struct script *)base;
	int result;

	pthread_mutex_lock(&script->lock);
	result = answer_locked(script, call, question, ret_answer, err);
	pthread_mutex_unlock(&script->lock);
	return result;
}

size_t script_finish(struct script *script, json_t *lines)
{
	json_t *item;
	size_t i, asked;

	pthread_mutex_lock(&script->lock);
	json_array_foreach(script->asks, i, item)
		if (!script->used[i] && !is_any(item)) {
			cleanup_free char *shown = compare_show(json_object_get(item, "ask"));

			add_line(script, xasprintf("/asks/%zu: it never asked for %s", i, shown));
		}
	script->finished = true;
	json_array_extend(lines, script->lines);
	asked = script->asked;
	pthread_mutex_unlock(&script->lock);
	return asked;
}
