/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * What a plugin asks for during a call: reads, requests, checkpoints, its cache.  One
 * table of operations.  Each runs on a host-call thread and may block; none of them
 * ever starts a provider call, so waits go one way only.
 */
#include "config.h"
#include "core/provider/provider_private.h"

#include <inttypes.h>
#include <string.h>

#include <sodium.h>

#include "core/base/clock.h"
#include "core/base/mem.h"
#include "core/daemon/daemon.h"
#include "core/job/job.h"
#include "core/pipeline/reference.h"
#include "core/provider/recorder.h"
#include "core/upstream/sign.h"
#include "core/upstream/upstream.h"

/* A request ends this long before its call, so that the plugin can still answer. */
#define REQUEST_MARGIN_MS 1000
#define CACHE_LIFE_MAX_MS (INT64_C(24) * 3600 * 1000)

typedef int ask_fn(struct call *call, const json_t *question, struct host_answer *answer,
	struct err *err);

static const char *text_of(const json_t *question, const char *member)
{
	return json_string_value(json_object_get(question, member));
}

/* A text that must be there. */
static int need_text(const json_t *question, const char *member, const char **ret_text,
	struct err *err)
{
	const char *text = text_of(question, member);

	if (!text)
		return err_set(err, MORTISE_E_INTERNAL, "%s: \"%s\" is missing",
			text_of(question, "op"), member);
	*ret_text = text;
	return 0;
}

static int ask_read(struct call *call, const json_t *question, struct host_answer *answer,
	struct err *err)
{
	const char *what;
	json_t *value;
	int result = need_text(question, "what", &what, err);

	if (result == 0)
		result = host_read(call, what, json_object_get(question, "args"), &value, err);
	if (result == 0)
		json_object_set_new(answer->json, "value", value);
	return result;
}

/* An object or NULL; anything else is a fault of the plugin. */
static int take_object(const json_t *question, const char *member, const json_t **ret_object,
	struct err *err)
{
	const json_t *value = json_object_get(question, member);

	if (value && !json_is_object(value))
		return err_set(err, MORTISE_E_INTERNAL, "http: \"%s\" must be an object", member);
	*ret_object = value;
	return 0;
}

int host_call_read_request(const json_t *question, struct upstream_request *request, struct err *err)
{
	int result = need_text(question, "upstream", &request->upstream, err);

	if (result == 0)
		result = need_text(question, "method", &request->method, err);
	if (result == 0)
		result = need_text(question, "path", &request->path, err);
	if (result == 0)
		result = take_object(question, "params", &request->params, err);
	if (result == 0)
		result = take_object(question, "query", &request->query, err);
	if (result == 0)
		result = take_object(question, "headers", &request->headers, err);
	if (result < 0)
		return result;
	request->body = json_object_get(question, "body");
	request->credentials = text_of(question, "credentials");
	request->once = text_of(question, "once");
	request->flags = (uint64_t)json_integer_value(json_object_get(question, "flags"));
	request->timeout_ms = json_integer_value(json_object_get(question, "timeout_ms"));
	return 0;
}

/* The lease that a guarded write needs to stand (new string); NULL outside jobs. */
static char *copy_lease(struct call *call)
{
	struct job_run *job = call_borrow_job(call);
	char *lease;

	if (!job)
		return NULL;
	lease = xstrdup(job->lease);
	call_return_job(call);
	return lease;
}

void host_call_show_answer(struct host_answer *answer)
{
	json_object_set_new(answer->json, "status", json_integer(answer->upstream.status));
	if (answer->upstream.headers)
		json_object_set(answer->json, "headers", answer->upstream.headers);
	else
		json_object_set_new(answer->json, "headers", json_object());
	json_object_set_new(answer->json, "replayed", json_boolean(answer->upstream.replayed));
}

static int ask_http(struct call *call, const json_t *question, struct host_answer *answer,
	struct err *err)
{
	cleanup_free char *lease = copy_lease(call);
	struct upstream_request request = {0};
	int64_t left_ms = call_left_ms(call) - REQUEST_MARGIN_MS;
	int result = host_call_read_request(question, &request, err);

	if (result == 0 && left_ms <= 0)
		result = err_set(err, MORTISE_E_CANCELLED, "no time is left for a request");
	if (request.timeout_ms <= 0 || request.timeout_ms > left_ms)
		request.timeout_ms = left_ms;
	request.job_id = call_job_id(call);
	request.lease = lease;
	if (result == 0)
		result = upstream_send(call_providers(call)->daemon->upstreams, call_scope_of(call),
			&request, &answer->upstream, err);
	if (result == 0)
		host_call_show_answer(answer);
	return result;
}

static int ask_checkpoint(struct call *call, const json_t *question, struct host_answer *answer,
	struct err *err)
{
	const json_t *effects = json_object_get(question, "effects");
	const json_t *cursor = json_object_get(question, "cursor");
	struct job_run *job = call_borrow_job(call);
	int64_t left_ms;
	int result;

	if (!job && call_left_ms(call) == 0)
		return err_set(err, MORTISE_E_CANCELLED, "the call has ended");
	if (!job)
		return err_set(err, MORTISE_E_UNSUPPORTED, "checkpoint: this call is no job");
	result = job_checkpoint(job, effects, json_is_null(cursor) ? NULL : cursor, &left_ms, err);
	call_return_job(call);
	if (result < 0)
		return result;
	call_extend(call, left_ms);
	json_object_set_new(answer->json, "deadline_ms", json_integer(left_ms));
	return 0;
}

static int ask_once_settle(struct call *call, const json_t *question, struct host_answer *answer,
	struct err *err)
{
	const char *once;
	int result = need_text(question, "once", &once, err);

	(void)answer;
	if (result < 0)
		return result;
	return upstream_once_settle(call_providers(call)->daemon->upstreams, call_scope_of(call),
		once, json_object_get(question, "answer"), err);
}

static int ask_once_clear(struct call *call, const json_t *question, struct host_answer *answer,
	struct err *err)
{
	const char *once;
	int result = need_text(question, "once", &once, err);

	(void)answer;
	if (result < 0)
		return result;
	return upstream_once_clear(call_providers(call)->daemon->upstreams, call_scope_of(call), once,
		err);
}

/* Whose cache: nobody sees what another integration put. */
static char *cache_owner(const struct call_scope *scope)
{
	const char *key = scope->provider->provider.key;

	if (scope->integration_id > 0)
		return xasprintf("%s integration %" PRId64, key, scope->integration_id);
	if (scope->pipeline_id > 0)
		return xasprintf("%s pipeline %" PRId64, key, scope->pipeline_id);
	return xasprintf("%s %s", key, scope->external_id ? scope->external_id : "");
}

static int ask_cache_get(struct call *call, const json_t *question, struct host_answer *answer,
	struct err *err)
{
	cleanup_free char *owner = cache_owner(call_scope_of(call));
	const char *key;
	json_t *value;
	int result = need_text(question, "key", &key, err);

	if (result < 0)
		return result;
	value = host_cache_get(call_providers(call)->cache, owner, key, clock_mono_ms());
	if (!value)
		return err_set(err, MORTISE_E_NOT_FOUND, "the cache does not have it");
	json_object_set_new(answer->json, "value", value);
	return 0;
}

static int ask_cache_put(struct call *call, const json_t *question, struct host_answer *answer,
	struct err *err)
{
	cleanup_free char *owner = cache_owner(call_scope_of(call));
	int64_t life_ms = json_integer_value(json_object_get(question, "life_ms"));
	const json_t *value = json_object_get(question, "value");
	const char *key;
	int result = need_text(question, "key", &key, err);

	(void)answer;
	if (result < 0)
		return result;
	if (!value || life_ms <= 0)
		return err_set(err, MORTISE_E_INTERNAL, "cache_put: needs a value and a life time");
	return host_cache_put(call_providers(call)->cache, owner, key, value, clock_mono_ms(),
		life_ms < CACHE_LIFE_MAX_MS ? life_ms : CACHE_LIFE_MAX_MS, err);
}

static int ask_jwt_sign(struct call *call, const json_t *question, struct host_answer *answer,
	struct err *err)
{
	char *token = NULL;
	const char *slot;
	int result = need_text(question, "slot", &slot, err);

	if (result == 0)
		result = upstream_jwt_sign(call_providers(call)->daemon, call_scope_of(call),
			(int32_t)json_integer_value(json_object_get(question, "algorithm")), slot,
			json_object_get(question, "claims"), &token, err);
	if (result < 0)
		return result;
	json_object_set_new(answer->json, "value", json_string(token));
	sodium_memzero(token, strlen(token));
	free(token);
	return 0;
}

static int ask_reference_make(struct call *call, const json_t *question, struct host_answer *answer,
	struct err *err)
{
	cleanup_free char *text = NULL;
	int result = reference_make(call_providers(call)->daemon, call_scope_of(call),
		json_integer_value(json_object_get(question, "life_ms")), &text, err);

	if (result == 0)
		json_object_set_new(answer->json, "value", json_string(text));
	return result;
}

static const struct {
	const char *op;
	ask_fn *run;
} operations[] = {
	{"read", ask_read},
	{"http", ask_http},
	{"checkpoint", ask_checkpoint},
	{"once_settle", ask_once_settle},
	{"once_clear", ask_once_clear},
	{"cache_get", ask_cache_get},
	{"cache_put", ask_cache_put},
	{"jwt_sign", ask_jwt_sign},
	{"reference_make", ask_reference_make},
};

static int dispatch(struct call *call, const json_t *question, struct host_answer *answer,
	struct err *err)
{
	struct call_script *script = call_script_of(call);
	const char *op = text_of(question, "op");

	if (call_left_ms(call) == 0)
		return err_set(err, MORTISE_E_CANCELLED, "the call has ended");
	for (size_t i = 0; op && i < lengthof(operations); i++)
		if (strcmp(operations[i].op, op) == 0)
			return script ? script->answer(script, call, question, answer, err) :
				operations[i].run(call, question, answer, err);
	return err_set(err, MORTISE_E_UNSUPPORTED, "\"%.32s\" is nothing that can be asked for",
		op ? op : "");
}

void host_call_encode_failure(uint64_t call, uint32_t seq, struct err *err, struct buf *answer)
{
	cleanup_json json_t *json = json_pack("{s:i, s:s}", "code", err->code, "text", err_text(err));

	/* A text from outside may not be UTF-8. */
	if (!json)
		json = json_pack("{s:i, s:s}", "code", err->code, "text", "no reason can be shown");
	if (err->retry_at_ms > 0)
		json_object_set_new(json, "retry_at_ms", json_integer(err->retry_at_ms));
	/* Small, so that it always fits. */
	(void)frame_encode(answer, FRAME_ANSWER, call, seq, json, NULL, 0, NULL);
}

void host_call_answer(struct call *call, struct frame *frame, struct buf *buf)
{
	cleanup_err struct err err = {0};
	cleanup_json json_t *question = NULL;
	struct host_answer answer = {.json = json_object()};
	int result;

	json_object_set_new(answer.json, "code", json_integer(MORTISE_OK));
	result = frame_parse(frame, &question, &err);
	if (result == 0)
		result = dispatch(call, question, &answer, &err);
	call_record_ask(call_record_of(call), question, &answer, &err);
	if (result == 0)
		result = frame_encode(buf, FRAME_ANSWER, frame->call, frame->seq, answer.json,
			answer.upstream.body, answer.upstream.size, &err);
	if (result < 0)
		host_call_encode_failure(frame->call, frame->seq, &err, buf);
	upstream_answer_clear(&answer.upstream);
	json_decref(answer.json);
}
