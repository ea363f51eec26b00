/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
#include "config.h"
#include "tests/fuzz/plugin_player.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "core/base/buf.h"
#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/frame/effect_forms.h"
#include "core/upstream/template.h"
#include "tests/fuzz/fuzz.h"

#define STEPS_MAX 200          /* of a call: what it asks for is endless otherwise */

struct mortise_call {
	const json_t *reads, *answers;
	size_t read_len, answer_len;   /* that were given already */
	size_t steps;
	bool failed;
};

/* ---- The host ---- */

static MORTISE_PRINTF(3, 4) int32_t play_fail(struct mortise_call *call, int32_t code, const char *format, ...)
{
	char text[4096];
	va_list args;

	va_start(args, format);
	HOLDS(vsnprintf(text, sizeof(text), format, args) > 0);
	va_end(args);
	HOLDS(code < 0);
	call->failed = true;
	return code;
}

static MORTISE_PRINTF(3, 4) int32_t play_field_error(struct mortise_call *call, const char *path, const char *format,
	...)
{
	HOLDS(*path && *format);
	call->failed = true;
	return MORTISE_E_FIELD;
}

static int32_t play_retry_at(struct mortise_call *call, int64_t time_ms)
{
	(void)time_ms;
	call->failed = true;
	return MORTISE_E_RATE;
}

static int64_t play_deadline(struct mortise_call *call)
{
	return call->steps < STEPS_MAX ? 10000 : 0;
}

static int64_t play_now(struct mortise_call *call)
{
	(void)call;
	return INT64_C(1767225600000);
}

static void play_log(struct mortise_call *call, int32_t level, const char *event,
	const json_t *fields)
{
	(void)call;
	HOLDS(level >= MORTISE_LOG_ERROR && level <= MORTISE_LOG_DEBUG && *event);
	HOLDS(!fields || json_is_object(fields));
}

static int32_t take_step(struct mortise_call *call)
{
	if (++call->steps < STEPS_MAX)
		return MORTISE_OK;
	call->failed = true;
	return MORTISE_E_CANCELLED;
}

static int32_t play_checkpoint(struct mortise_call *call, const json_t *cursor)
{
	(void)cursor;
	return take_step(call);
}

static int32_t play_read(struct mortise_call *call, const char *what, const json_t *args,
	json_t **ret_value)
{
	json_t *value = json_array_get(call->reads, call->read_len);

	HOLDS(*what && json_is_object(args));
	if (take_step(call) != MORTISE_OK)
		return MORTISE_E_CANCELLED;
	call->read_len++;
	if (!value || json_is_null(value)) {
		call->failed = true;
		return MORTISE_E_NOT_FOUND;
	}
	/* A list of repositories has no end before the deadline unless it is one. */
	*ret_value = json_incref(value);
	return MORTISE_OK;
}

static int32_t play_http(struct mortise_call *call, const struct mortise_http *request,
	struct mortise_answer *ret_answer)
{
	json_t *answer = json_array_get(call->answers, call->answer_len++);
	cleanup_buf struct buf path = BUF(65536);
	cleanup_err struct err err = {0};

	if (take_step(call) != MORTISE_OK)
		return MORTISE_E_CANCELLED;
	/* A value that would leave its place is refused there; no template is broken. */
	if (template_path(&path, request->path, request->params, &err) < 0) {
		HOLDS(err.code == MORTISE_E_FORBIDDEN);
		call->failed = true;
		return err.code;
	}
	if (!json_is_object(answer)) {
		call->failed = true;
		return request->once && json_is_true(answer) ? MORTISE_E_UNCERTAIN : MORTISE_E_UPSTREAM;
	}
	*ret_answer = (struct mortise_answer){.size = sizeof(*ret_answer),
		.status = (int32_t)json_integer_value(json_object_get(answer, "status")),
		.headers = json_is_object(json_object_get(answer, "headers")) ?
			json_incref(json_object_get(answer, "headers")) : json_object(),
		.json = json_incref(json_object_get(answer, "json"))};
	if (!ret_answer->json)
		ret_answer->bytes = xstrdup("");
	return MORTISE_OK;
}

static void play_answer_clear(struct mortise_answer *answer)
{
	json_decref(answer->headers);
	json_decref(answer->json);
	free(answer->bytes);
	*answer = (struct mortise_answer){.size = sizeof(*answer)};
}

static int32_t play_once_settle(struct mortise_call *call, const char *once,
	const json_t *answer)
{
	HOLDS(*once && json_is_object(answer));
	return take_step(call);
}

static int32_t play_once_clear(struct mortise_call *call, const char *once)
{
	HOLDS(*once);
	return take_step(call);
}

static int32_t play_cache_get(struct mortise_call *call, const char *key, json_t **ret_value)
{
	(void)ret_value;
	HOLDS(*key);
	return take_step(call) == MORTISE_OK ? MORTISE_E_NOT_FOUND : MORTISE_E_CANCELLED;
}

static int32_t play_cache_put(struct mortise_call *call, const char *key, const json_t *value,
	int64_t life_ms)
{
	HOLDS(*key && value && life_ms > 0);
	return take_step(call);
}

static int32_t play_effect(struct mortise_call *call, const char *type, const json_t *record)
{
	const struct effect_form *form = effect_form_find(type);

	HOLDS(form && effect_form_check(form, record, NULL) == 0);
	return take_step(call);
}

static int32_t play_jwt_sign(struct mortise_call *call, int32_t algorithm, const char *slot,
	const json_t *claims, char **ret_token)
{
	HOLDS(algorithm == MORTISE_ALGORITHM_HS256 && *slot);
	if (take_step(call) != MORTISE_OK)
		return MORTISE_E_CANCELLED;
	if (!json_is_object(claims)) {
		call->failed = true;
		return MORTISE_E_INTERNAL;
	}
	*ret_token = xstrdup("header.claims.signature");
	return MORTISE_OK;
}

static int32_t play_reference_make(struct mortise_call *call, int64_t life_ms,
	char **ret_reference)
{
	HOLDS(life_ms > 0);
	if (take_step(call) != MORTISE_OK)
		return MORTISE_E_CANCELLED;
	*ret_reference = xstrdup("reference");
	return MORTISE_OK;
}

const struct mortise_host plugin_player = {
	.size = sizeof(plugin_player),
	.abi_major = MORTISE_ABI_MAJOR,
	.abi_minor = MORTISE_ABI_MINOR,
	.fail = play_fail,
	.field_error = play_field_error,
	.retry_at = play_retry_at,
	.deadline = play_deadline,
	.now = play_now,
	.log = play_log,
	.checkpoint = play_checkpoint,
	.read = play_read,
	.http = play_http,
	.answer_clear = play_answer_clear,
	.once_settle = play_once_settle,
	.once_clear = play_once_clear,
	.cache_get = play_cache_get,
	.cache_put = play_cache_put,
	.effect = play_effect,
	.jwt_sign = play_jwt_sign,
	.reference_make = play_reference_make,
};

/* ---- The call ---- */

void plugin_play(const struct played *callbacks, size_t len, const uint8_t *data, size_t size)
{
	cleanup_json json_t *json = json_loadb((const char *)data, size, 0, NULL);
	const char *name = json_string_value(json_object_get(json, "run"));
	const json_t *input = json_object_get(json, "input");

	if (!name || !json_is_object(input))
		return;
	for (size_t i = 0; i < len; i++) {
		struct mortise_call call = {.reads = json_object_get(json, "reads"),
			.answers = json_object_get(json, "answers")};
		cleanup_json json_t *output = NULL;
		int32_t ret;

		if (strcmp(callbacks[i].name, name) != 0)
			continue;
		ret = callbacks[i].run(&call, input, &output);
		HOLDS(ret == MORTISE_OK || (ret < 0 && call.failed));
		HOLDS(ret == MORTISE_OK || !output);
	}
}
