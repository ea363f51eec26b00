/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
#include "config.h"
#include "host/call.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "core/base/foreign_json.h"
#include "core/base/mem.h"
#include "core/frame/call_scope.h"
#include "host/sandbox.h"

/* Enough for jansson's recursion over the deepest JSON it takes. */
#ifdef MORTISE_SANITIZED
#define WORKER_STACK_SIZE ((size_t)4 << 20)
#else
#define WORKER_STACK_SIZE ((size_t)256 << 10)
#endif

int64_t call_clock_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static struct mortise_call *call_new(struct calls *calls, struct frame *frame_take)
{
	struct mortise_call *call = new(struct mortise_call);
	pthread_condattr_t clock;

	call->calls = calls;
	call->number = frame_take->call;
	call->answered = true;
	call->frame = *frame_take;
	*frame_take = (struct frame){0};
	pthread_condattr_init(&clock);
	pthread_condattr_setclock(&clock, CLOCK_MONOTONIC);
	pthread_cond_init(&call->changed, &clock);
	pthread_condattr_destroy(&clock);
	return call;
}

static void call_free(struct mortise_call *call)
{
	pthread_cond_destroy(&call->changed);
	frame_clear(&call->frame);
	frame_clear(&call->answer);
	json_decref(call->effects);
	json_decref(call->refused);
	err_clear(&call->reason);
	err_clear(&call->fault);
	free(call);
}

/* ---- In: frames from mortised, main thread ---- */

static struct mortise_call *find_call(struct calls *calls, uint64_t number)
{
	for (struct mortise_call *call = calls->list; call; call = call->next)
		if (call->number == number)
			return call;
	return NULL;
}

/* Lock held. */
static int add_call(struct calls *calls, struct frame *frame, struct err *err)
{
	struct mortise_call **end = &calls->list;
	struct mortise_call *call;

	if (calls->len >= CALLS_MAX || find_call(calls, frame->call))
		return err_set(err, MORTISE_E_INTERNAL, "mortised sent call %llu twice, or too many",
			(unsigned long long)frame->call);
	call = call_new(calls, frame);
	while (*end)
		end = &(*end)->next;
	*end = call;
	calls->len++;
	pthread_cond_signal(&calls->changed);
	return 0;
}

/* Lock held.  A late answer to an ask or a call that ended is dropped. */
static void take_answer(struct calls *calls, struct frame *frame)
{
	struct mortise_call *call = find_call(calls, frame->call);

	if (!call || call->answered || call->seq != frame->seq)
		return;
	call->answer = *frame;
	call->answered = true;
	*frame = (struct frame){0};
	pthread_cond_signal(&call->changed);
}

static void cancel_call(struct calls *calls, uint64_t number)
{
	struct mortise_call *call = find_call(calls, number);

	if (!call)
		return;
	call->cancelled = true;
	pthread_cond_signal(&call->changed);
}

int calls_take_frame(struct calls *calls, struct frame *frame, struct err *err)
{
	int ret = 0;

	pthread_mutex_lock(&calls->lock);
	switch (frame->op) {
	case FRAME_CALL:
		ret = add_call(calls, frame, err);
		break;
	case FRAME_ANSWER:
		take_answer(calls, frame);
		break;
	case FRAME_CANCEL:
		cancel_call(calls, frame->call);
		break;
	case FRAME_STOP:
		calls->stopping = true;
		pthread_cond_broadcast(&calls->changed);
		break;
	default:
		ret = err_set(err, MORTISE_E_INTERNAL, "mortised sent a frame %s out of place",
			frame_op_name(frame->op));
	}
	pthread_mutex_unlock(&calls->lock);
	frame_clear(frame);
	return ret;
}

/* ---- During a call ---- */

bool call_is_over(struct mortise_call *call)
{
	bool over;

	pthread_mutex_lock(&call->calls->lock);
	over = call->cancelled || call_clock_ms() >= call->deadline_ms;
	pthread_mutex_unlock(&call->calls->lock);
	return over;
}

int call_fault(struct mortise_call *call, const char *format, ...)
{
	cleanup_free char *text = NULL;
	va_list args;

	va_start(args, format);
	if (vasprintf(&text, format, args) < 0)
		abort();
	va_end(args);
	return err_set(&call->fault, MORTISE_E_INTERNAL, "%s", text);
}

/* Lock held: wait until the answer is there or the call is over. */
static void wait_for_answer(struct mortise_call *call)
{
	struct calls *calls = call->calls;

	while (!call->answered && !call->cancelled && call_clock_ms() < call->deadline_ms) {
		struct timespec until = {.tv_sec = call->deadline_ms / 1000,
			.tv_nsec = call->deadline_ms % 1000 * 1000000};

		pthread_cond_timedwait(&call->changed, &calls->lock, &until);
	}
}

/* The answer's own code, its words kept as the reason of the call. */
static int read_answer(struct mortise_call *call, const json_t *json)
{
	int code = (int)json_integer_value(json_object_get(json, "code"));
	const char *text = json_string_value(json_object_get(json, "text"));

	if (code == MORTISE_OK)
		return 0;
	if (code > 0 || code < MORTISE_E_INTERNAL)
		code = MORTISE_E_INTERNAL;
	if (!call->has_own_reason) {
		err_clear(&call->reason);
		err_set(&call->reason, code, "%s", text ? text : "mortised gave no reason");
		call->reason.retry_at_ms = json_integer_value(json_object_get(json, "retry_at_ms"));
	}
	return code;
}

int call_ask(struct mortise_call *call, const json_t *question, json_t **ret_json,
	struct frame *ret_frame)
{
	struct calls *calls = call->calls;
	cleanup_err struct err err = {0};
	cleanup_frame struct frame answer = {0};
	cleanup_json json_t *json = NULL;
	int ret;

	if (call_is_over(call))
		return MORTISE_E_CANCELLED;
	pthread_mutex_lock(&calls->lock);
	call->seq++;
	call->answered = false;
	pthread_mutex_unlock(&calls->lock);
	if (wire_send(calls->wire, FRAME_ASK, call->number, call->seq, question, &err) < 0)
		return err_move(&call->reason, &err);

	pthread_mutex_lock(&calls->lock);
	wait_for_answer(call);
	if (call->answered) {
		answer = call->answer;
		call->answer = (struct frame){0};
	}
	call->answered = true;
	pthread_mutex_unlock(&calls->lock);
	if (!answer.json)
		return MORTISE_E_CANCELLED;
	if (frame_parse(&answer, &json, &err) < 0)
		return err_move(&call->reason, &err);
	ret = read_answer(call, json);
	if (ret < 0)
		return ret;
	*ret_json = steal(&json);
	if (ret_frame) {
		*ret_frame = answer;
		answer = (struct frame){0};
	}
	return 0;
}

/* ---- Running a call, worker threads ---- */

/* Read the CALL: its callback, its input with the body put in, and its clocks. */
static int prepare(struct mortise_call *call, mortise_callback **ret_run, json_t **ret_input,
	struct err *err)
{
	cleanup_json json_t *json = NULL;
	cleanup_json json_t *input = NULL;
	const char *provider, *callback;
	int64_t now_ms = call_clock_ms();

	if (frame_parse(&call->frame, &json, err) < 0)
		return err->code;
	provider = json_string_value(json_object_get(json, "provider"));
	callback = json_string_value(json_object_get(json, "callback"));
	*ret_run = provider && callback ?
		registry_find(call->calls->registrar, provider, callback) : NULL;
	if (!*ret_run)
		return err_set(err, MORTISE_E_UNSUPPORTED, "provider \"%s\" has no callback \"%s\"",
			provider ? provider : "", callback ? callback : "");
	call->scope = call_scope_parse(json_string_value(json_object_get(json, "scope")));
	call->clock_ms = json_integer_value(json_object_get(json, "now_ms")) - now_ms;
	pthread_mutex_lock(&call->calls->lock);
	call->deadline_ms = now_ms + json_integer_value(json_object_get(json, "deadline_ms"));
	pthread_mutex_unlock(&call->calls->lock);
	call->effects = json_array();
	input = json_incref(json_object_get(json, "input"));
	if (!json_is_object(input)) {
		json_decref(input);
		input = json_object();
	}
	if (call->frame.body_size > 0) {
		json_t *body;

		if (foreign_json_parse(call->frame.body, call->frame.body_size, &body, err) < 0)
			return err->code;
		json_object_set_new(input, "body", body);
	}
	frame_clear(&call->frame);
	*ret_input = steal(&input);
	return 0;
}

static int check_result(struct mortise_call *call, int code, const json_t *output)
{
	if (code > 0 || code < MORTISE_E_INTERNAL)
		return call_fault(call, "the callback returned %d, which is no MORTISE_ result", code);
	if (output && !json_is_object(output))
		return call_fault(call, "the callback's output is not a JSON object");
	return call->fault.code != 0 ? call->fault.code : code;
}

static json_t *make_failure(struct mortise_call *call, int code)
{
	struct err *reason = call->fault.code != 0 ? &call->fault : &call->reason;
	/* What a request said counts only for a callback that passes its code on. */
	bool meant = call->fault.code != 0 || call->has_own_reason || reason->code == code;
	json_t *json = json_pack("{s:i, s:s}", "code", code, "text",
		meant && reason->text ? reason->text : "the plugin gave no reason");

	if (code == MORTISE_E_FIELD && reason->fields)
		json_object_set(json, "fields", reason->fields);
	if (reason->retry_at_ms > 0)
		json_object_set_new(json, "retry_at_ms", json_integer(reason->retry_at_ms));
	return json;
}

static void send_return(struct mortise_call *call, int code, json_t *output)
{
	cleanup_json json_t *json = NULL;
	cleanup_err struct err err = {0};

	if (code == MORTISE_OK)
		json = json_pack("{s:i, s:O, s:O}", "code", MORTISE_OK, "output", output,
			"effects", call->effects);
	else
		json = make_failure(call, code);
	if (wire_send(call->calls->wire, FRAME_RETURN, call->number, 0, json, &err) == 0)
		return;
	json_decref(json);
	json = json_pack("{s:i, s:s}", "code", err.code, "text", err_text(&err));
	(void)wire_send(call->calls->wire, FRAME_RETURN, call->number, 0, json, NULL);
}

static void run_call(struct mortise_call *call)
{
	cleanup_json json_t *input = NULL;
	cleanup_json json_t *output = NULL;
	mortise_callback *run = NULL;
	int code = prepare(call, &run, &input, &call->reason);

	if (code == MORTISE_OK && !call_is_over(call))
		code = check_result(call, run(call, input, &output), output);
	if (!output)
		output = json_object();
	if (call->refused) {
		json_array_clear(call->effects);
		json_array_append(call->effects, call->refused);
		code = MORTISE_OK;
	}
	if (call_is_over(call))
		code = MORTISE_E_CANCELLED;
	send_return(call, code, output);
}

/* Lock held: the next call that no worker has, NULL if there is none. */
static struct mortise_call *next_waiting(struct calls *calls)
{
	for (struct mortise_call *call = calls->list; call; call = call->next)
		if (!call->started)
			return call;
	return NULL;
}

/* Lock held. */
static void remove_call(struct calls *calls, struct mortise_call *call)
{
	struct mortise_call **at = &calls->list;

	while (*at != call)
		at = &(*at)->next;
	*at = call->next;
	calls->len--;
	if (calls->stopping)
		pthread_cond_broadcast(&calls->changed);
}

/* The last worker's last act: in good order, with the plugin's own farewell. */
static void stop_process(struct calls *calls)
{
	if (calls->unload)
		calls->unload();
	exit(0);
}

/* Lock held.  Wait for the plugin, and leave the files.  False: this worker is not needed. */
static bool enter_service(struct calls *calls)
{
	while (!calls->open)
		pthread_cond_wait(&calls->changed, &calls->lock);
	if (calls->workers == calls->wanted)
		return false;
	if (sandbox_leave_files(&calls->problem) == 0)
		calls->workers++;
	pthread_cond_broadcast(&calls->changed);
	return true;
}

static void *work(void *arg)
{
	struct calls *calls = arg;

	pthread_mutex_lock(&calls->lock);
	if (!enter_service(calls)) {
		pthread_mutex_unlock(&calls->lock);
		return NULL;
	}
	for (;;) {
		struct mortise_call *call = next_waiting(calls);

		if (call) {
			call->started = true;
			/* Until the CALL has been read, the call is not over. */
			call->deadline_ms = INT64_MAX;
			pthread_mutex_unlock(&calls->lock);
			run_call(call);
			pthread_mutex_lock(&calls->lock);
			remove_call(calls, call);
			call_free(call);
		} else if (calls->stopping && calls->len == 0) {
			stop_process(calls);
		} else {
			pthread_cond_wait(&calls->changed, &calls->lock);
		}
	}
	return NULL;
}

static int start_worker(struct calls *calls, const pthread_attr_t *attributes, struct err *err)
{
	pthread_t thread;
	int problem = pthread_create(&thread, attributes, work, calls);

	if (problem != 0)
		return err_set(err, MORTISE_E_INTERNAL, "start a worker thread: %s", strerror(problem));
	return 0;
}

int calls_start(struct calls *calls, struct wire *wire, struct err *err)
{
	pthread_attr_t attributes;
	int ret = 0;

	*calls = (struct calls){.wire = wire};
	pthread_mutex_init(&calls->lock, NULL);
	pthread_cond_init(&calls->changed, NULL);
	pthread_attr_init(&attributes);
	pthread_attr_setstacksize(&attributes, WORKER_STACK_SIZE);
	pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
	for (int i = 0; i < CALL_THREADS_MAX && ret == 0; i++)
		ret = start_worker(calls, &attributes, err);
	pthread_attr_destroy(&attributes);
	return ret;
}

int calls_open(struct calls *calls, const struct mortise_registrar *registrar,
	void (*unload)(void), int threads, struct err *err)
{
	int ret = 0;

	pthread_mutex_lock(&calls->lock);
	calls->registrar = registrar;
	calls->unload = unload;
	calls->wanted = threads;
	calls->open = true;
	pthread_cond_broadcast(&calls->changed);
	while (calls->workers < threads && calls->problem.code == 0)
		pthread_cond_wait(&calls->changed, &calls->lock);
	if (calls->problem.code != 0)
		ret = err_move(err, &calls->problem);
	pthread_mutex_unlock(&calls->lock);
	return ret;
}
