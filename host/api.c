/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
#include "config.h"
#include "host/api.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "core/base/foreign_json.h"
#include "core/base/mem.h"
#include "core/frame/effect_forms.h"
#include "host/call.h"

#define REASON_MAX 2000        /* bytes of a text that a plugin gives */
#define LOG_FIELDS_MAX 16
#define LOG_TEXT_MAX 256

/* ---- Words ---- */

__attribute__((format(printf, 1, 0)))
static char *format_reason(const char *format, va_list args)
{
	char *text = NULL;

	if (vasprintf(&text, format, args) < 0)
		abort();
	if (strlen(text) > REASON_MAX) {
		size_t size = REASON_MAX;

		/* Never inside a character. */
		while (size > 0 && ((unsigned char)text[size] & 0xc0) == 0x80)
			size--;
		text[size] = '\0';
	}
	return text;
}

static int32_t api_fail(struct mortise_call *call, int32_t code, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

static int32_t api_fail(struct mortise_call *call, int32_t code, const char *format, ...)
{
	cleanup_free char *text = NULL;
	cleanup_json json_t *fields = steal(&call->reason.fields);
	int64_t retry_at_ms = call->reason.retry_at_ms;
	va_list args;

	va_start(args, format);
	text = format_reason(format, args);
	va_end(args);
	err_clear(&call->reason);
	err_set(&call->reason, code, "%s", text);
	if (code == MORTISE_E_FIELD)
		call->reason.fields = steal(&fields);
	call->reason.retry_at_ms = retry_at_ms;
	call->has_own_reason = true;
	return code;
}

static int32_t api_field_error(struct mortise_call *call, const char *path, const char *format,
	...) __attribute__((format(printf, 3, 4)));

static int32_t api_field_error(struct mortise_call *call, const char *path, const char *format,
	...)
{
	cleanup_free char *text = NULL;
	va_list args;

	va_start(args, format);
	text = format_reason(format, args);
	va_end(args);
	if (!call->has_own_reason) {
		err_clear(&call->reason);
		call->has_own_reason = true;
	}
	return err_field(&call->reason, path, "%s", text);
}

static int32_t api_retry_at(struct mortise_call *call, int64_t time_ms)
{
	call->reason.retry_at_ms = time_ms;
	return MORTISE_E_RATE;
}

/* ---- Clocks ---- */

static int64_t api_deadline(struct mortise_call *call)
{
	int64_t left = call_is_over(call) ? 0 : call->deadline_ms - call_clock_ms();

	return left > 0 ? left : 0;
}

static int64_t api_now(struct mortise_call *call)
{
	return call->clock_ms + call_clock_ms();
}

/* ---- Log ---- */

static bool is_log_value(const json_t *value)
{
	return json_is_integer(value) || json_is_boolean(value) ||
		(json_is_string(value) && json_string_length(value) <= LOG_TEXT_MAX);
}

static void api_log(struct mortise_call *call, int32_t level, const char *event,
	const json_t *fields)
{
	cleanup_json json_t *json = NULL;
	json_t *kept = json_object();
	const char *name;
	json_t *value;

	json_object_foreach((json_t *)(uintptr_t)fields, name, value)
		if (is_log_value(value) && json_object_size(kept) < LOG_FIELDS_MAX)
			json_object_set(kept, name, value);
	if (level < MORTISE_LOG_ERROR || level > MORTISE_LOG_DEBUG)
		level = MORTISE_LOG_INFO;
	json = json_pack("{s:i, s:s%, s:o}", "level", (int)level, "event", event,
		strnlen(event, 64), "fields", kept);
	if (json)
		(void)wire_send(call->calls->wire, FRAME_LOG, call->number, 0, json, NULL);
}

/* ---- Effects ---- */

static void drop_effects(struct mortise_call *call)
{
	buf_clear(&call->effects);
	call->effects_len = 0;
}

/* A record as it travels: with its type. */
static void add_effect(struct mortise_call *call, const char *type, const json_t *record)
{
	cleanup_json json_t *typed = json_is_object(record) ?
		json_copy((json_t *)(uintptr_t)record) : json_object();

	json_object_set_new(typed, "type", json_string(type));
	if (call->effects_len++ > 0)
		buf_add_char(&call->effects, ',');
	frame_add_json(&call->effects, typed);
}

static int32_t refuse_effect(struct mortise_call *call, const char *type, const json_t *record)
{
	if (!call->refused) {
		drop_effects(call);
		add_effect(call, type, record);
		call->refused = true;
	}
	return MORTISE_E_INTERNAL;
}

static int32_t refuse_more(struct mortise_call *call)
{
	err_set(&call->reason, MORTISE_E_LIMIT,
		"more than %d effects or %zu bytes of them: use checkpoint in between",
		EFFECTS_MAX_COUNT, EFFECTS_MAX_SIZE);
	return MORTISE_E_LIMIT;
}

static int32_t api_effect(struct mortise_call *call, const char *type, const json_t *record)
{
	const struct effect_form *form = effect_form_find(type);
	size_t size = call->effects.size;

	if (call_is_over(call))
		return MORTISE_E_CANCELLED;
	if (!form || effect_form_check_scope(form, call->scope, NULL) < 0 ||
		effect_form_check(form, record, NULL) < 0)
		return refuse_effect(call, type, record);
	if (call->refused)
		return MORTISE_OK;
	if (call->effects_len >= EFFECTS_MAX_COUNT)
		return refuse_more(call);
	add_effect(call, type, record);
	if (!call->effects.failed)
		return MORTISE_OK;
	call->effects.size = size;
	call->effects.failed = false;
	call->effects_len--;
	return refuse_more(call);
}

static int32_t api_checkpoint(struct mortise_call *call, const json_t *cursor)
{
	cleanup_buf struct buf question = BUF(FRAME_FROM_HOST_MAX);
	cleanup_json json_t *answer = NULL;
	json_t *left;
	int ret;

	if (call->fault.code != 0 || call->refused)
		return MORTISE_E_INTERNAL;
	buf_add_text(&question, "{\"op\":\"checkpoint\",\"effects\":[");
	buf_add(&question, call->effects.data, call->effects.size);
	buf_add_text(&question, "],\"cursor\":");
	frame_add_json(&question, cursor ? cursor : json_null());
	buf_add_char(&question, '}');
	ret = call_ask_text(call, &question, &answer, NULL);
	if (ret < 0)
		return ret;
	drop_effects(call);
	left = json_object_get(answer, "deadline_ms");
	if (json_is_integer(left))
		call->deadline_ms = call_clock_ms() + json_integer_value(left);
	return MORTISE_OK;
}

/* ---- Reads and the cache ---- */

/* Ask, and give the answer's "value" if 'ret_value' is not NULL. */
static int32_t ask_value(struct mortise_call *call, json_t *question_take, json_t **ret_value)
{
	cleanup_json json_t *question = question_take;
	cleanup_json json_t *answer = NULL;
	json_t *value;
	int ret;

	if (!question)
		return call_fault(call, "a host function got text that is not UTF-8, or no text");
	ret = call_ask(call, question, &answer, NULL);
	if (ret < 0 || !ret_value)
		return ret;
	value = json_object_get(answer, "value");
	*ret_value = value ? json_incref(value) : json_null();
	return MORTISE_OK;
}

static json_t *copy_or_empty(const json_t *json)
{
	return json ? json_deep_copy(json) : json_object();
}

static int32_t api_read(struct mortise_call *call, const char *what, const json_t *args,
	json_t **ret_value)
{
	return ask_value(call, json_pack("{s:s, s:s, s:o}", "op", "read", "what", what, "args",
		copy_or_empty(args)), ret_value);
}

/* Ask for a text of the daemon's. */
static int32_t ask_text(struct mortise_call *call, json_t *question_take, char **ret_text)
{
	cleanup_json json_t *value = NULL;
	int32_t ret = ask_value(call, question_take, &value);

	if (ret < 0)
		return ret;
	*ret_text = xstrdup(json_is_string(value) ? json_string_value(value) : "");
	return MORTISE_OK;
}

static int32_t api_jwt_sign(struct mortise_call *call, int32_t algorithm, const char *slot,
	const json_t *claims, char **ret_token)
{
	return ask_text(call, json_pack("{s:s, s:i, s:s, s:o}", "op", "jwt_sign", "algorithm",
		(int)algorithm, "slot", slot, "claims", copy_or_empty(claims)), ret_token);
}

static int32_t api_reference_make(struct mortise_call *call, int64_t life_ms, char **ret_reference)
{
	return ask_text(call, json_pack("{s:s, s:I}", "op", "reference_make", "life_ms",
		(json_int_t)life_ms), ret_reference);
}

static int32_t api_once_settle(struct mortise_call *call, const char *once, const json_t *answer)
{
	return ask_value(call, json_pack("{s:s, s:s, s:o}", "op", "once_settle", "once", once,
		"answer", copy_or_empty(answer)), NULL);
}

static int32_t api_once_clear(struct mortise_call *call, const char *once)
{
	return ask_value(call, json_pack("{s:s, s:s}", "op", "once_clear", "once", once), NULL);
}

static int32_t api_cache_get(struct mortise_call *call, const char *key, json_t **ret_value)
{
	return ask_value(call, json_pack("{s:s, s:s}", "op", "cache_get", "key", key), ret_value);
}

static int32_t api_cache_put(struct mortise_call *call, const char *key, const json_t *value,
	int64_t life_ms)
{
	return ask_value(call, json_pack("{s:s, s:s, s:o, s:I}", "op", "cache_put", "key", key,
		"value", copy_or_empty(value), "life_ms", (json_int_t)life_ms), NULL);
}

/* ---- Requests ---- */

static void set_json(json_t *question, const char *name, const json_t *value)
{
	if (value)
		json_object_set_new(question, name, json_deep_copy(value));
}

static json_t *make_question(const struct mortise_http *request)
{
	json_t *question = json_pack("{s:s, s:s, s:s, s:s, s:s*, s:s*, s:I, s:I}", "op", "http",
		"upstream", request->upstream, "method", request->method, "path", request->path,
		"credentials", request->credentials, "once", request->once,
		"flags", (json_int_t)request->flags, "timeout_ms", (json_int_t)request->timeout_ms);

	if (!question)
		return NULL;
	set_json(question, "params", request->params);
	set_json(question, "query", request->query);
	set_json(question, "headers", request->headers);
	set_json(question, "body", request->body);
	return question;
}

static void fill_answer(const json_t *json, struct frame *frame, uint64_t flags,
	struct mortise_answer *answer)
{
	answer->status = (int32_t)json_integer_value(json_object_get(json, "status"));
	answer->headers = json_incref(json_object_get(json, "headers"));
	answer->replayed = json_is_true(json_object_get(json, "replayed"));
	if (!(flags & MORTISE_HTTP_BYTES) && frame->body_size > 0)
		(void)foreign_json_parse(frame->body, frame->body_size, &answer->json, NULL);
	if (!answer->json) {
		answer->bytes = xmalloc(frame->body_size + 1);
		memcpy(answer->bytes, frame->body, frame->body_size + 1);
		answer->bytes_size = frame->body_size;
	}
}

#define HTTP_MIN_SIZE (offsetof(struct mortise_http, once) + sizeof(const char *))
#define ANSWER_MIN_SIZE (offsetof(struct mortise_answer, reserved) + sizeof(uint32_t))

static int32_t api_http(struct mortise_call *call, const struct mortise_http *given,
	struct mortise_answer *ret_answer)
{
	struct mortise_http request = {0};
	struct mortise_answer answer = {0};
	cleanup_json json_t *question = NULL;
	cleanup_json json_t *json = NULL;
	cleanup_frame struct frame frame = {0};
	uint32_t size = ret_answer->size;
	int ret;

	if (given->size < HTTP_MIN_SIZE || size < ANSWER_MIN_SIZE)
		return call_fault(call, "http: set the size of request and answer to their sizeof");
	memcpy(&request, given, given->size < sizeof(request) ? given->size : sizeof(request));
	question = make_question(&request);
	if (!question)
		return call_fault(call, "http: upstream, method and path are required, in UTF-8");
	ret = call_ask(call, question, &json, &frame);
	if (ret < 0)
		return ret;
	fill_answer(json, &frame, request.flags, &answer);
	answer.size = size;
	memcpy(ret_answer, &answer, size < sizeof(answer) ? size : sizeof(answer));
	return MORTISE_OK;
}

static void api_answer_clear(struct mortise_answer *answer)
{
	json_decref(answer->headers);
	json_decref(answer->json);
	free(answer->bytes);
	answer->headers = NULL;
	answer->json = NULL;
	answer->bytes = NULL;
	answer->bytes_size = 0;
}

const struct mortise_host *api_table(void)
{
	static const struct mortise_host table = {
		.size = sizeof(table),
		.abi_major = MORTISE_ABI_MAJOR,
		.abi_minor = MORTISE_ABI_MINOR,
		.fail = api_fail,
		.field_error = api_field_error,
		.retry_at = api_retry_at,
		.deadline = api_deadline,
		.now = api_now,
		.log = api_log,
		.checkpoint = api_checkpoint,
		.read = api_read,
		.http = api_http,
		.answer_clear = api_answer_clear,
		.once_settle = api_once_settle,
		.once_clear = api_once_clear,
		.cache_get = api_cache_get,
		.cache_put = api_cache_put,
		.effect = api_effect,
		.jwt_sign = api_jwt_sign,
		.reference_make = api_reference_make,
	};

	return &table;
}
