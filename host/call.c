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
#include "core/frame/effect_forms.h"
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

	call->calls = calls;
	call->number = frame_take->call;
	call->answered = true;
	call->frame = *frame_take;
	call->effects.max = EFFECTS_MAX_SIZE;
	/* Until the CALL has been read, the call is not over. */
	call->deadline_ms = INT64_MAX;
	atomic_init(&call->cancelled, false);
	*frame_take = (struct frame){0};
	return call;
}

static void call_free(struct mortise_call *call)
{
	frame_clear(&call->frame);
	frame_clear(&call->answer);
	buf_clear(&call->effects);
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

/* Lock held.  A worker that waits for work, for whom there is some; NULL: all have. */
static struct worker *take_idle(struct calls *calls)
{
	struct worker *worker = calls->idle;

	if (worker) {
		calls->idle = worker->next_idle;
		worker->wanted = true;
	}
	return worker;
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
	return 0;
}

/* Lock held: its worker.  A late answer to an ask or a call that ended is dropped. */
static struct worker *take_answer(struct calls *calls, struct frame *frame)
{
	struct mortise_call *call = find_call(calls, frame->call);

	if (!call || call->answered || call->seq != frame->seq)
		return NULL;
	call->answer = *frame;
	call->answered = true;
	*frame = (struct frame){0};
	return call->worker;
}

/* Lock held: its worker. */
static struct worker *cancel_call(struct calls *calls, uint64_t number)
{
	struct mortise_call *call = find_call(calls, number);

	if (!call)
		return NULL;
	call->cancelled = true;
	return call->worker;
}

/* Lock held: the worker that is to be told, or NULL. */
static struct worker *take_frame(struct calls *calls, struct frame *frame, int *ret_result,
	struct err *err)
{
	*ret_result = 0;
	switch (frame->op) {
	case FRAME_CALL:
		*ret_result = add_call(calls, frame, err);
		return *ret_result < 0 ? NULL : take_idle(calls);
	case FRAME_ANSWER:
		return take_answer(calls, frame);
	case FRAME_CANCEL:
		return cancel_call(calls, frame->call);
	case FRAME_STOP:
		calls->stopping = true;
		return calls->len == 0 ? take_idle(calls) : NULL;
	default:
		*ret_result = err_set(err, MORTISE_E_INTERNAL,
			"mortised sent a frame %s out of place", frame_op_name(frame->op));
		return NULL;
	}
}

int calls_take_frame(struct calls *calls, struct frame *frame, struct err *err)
{
	struct worker *worker;
	int ret;

	pthread_mutex_lock(&calls->lock);
	worker = take_frame(calls, frame, &ret, err);
	pthread_mutex_unlock(&calls->lock);
	/* Behind the lock, where the worker does not run into it. */
	if (worker)
		pthread_cond_signal(&worker->changed);
	frame_clear(frame);
	return ret;
}

/* ---- During a call ---- */

bool call_is_over(struct mortise_call *call)
{
	return call->cancelled || call_clock_ms() >= call->deadline_ms;
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

	while (!call->answered && !call_is_over(call)) {
		struct timespec until = {.tv_sec = call->deadline_ms / 1000,
			.tv_nsec = call->deadline_ms % 1000 * 1000000};

		pthread_cond_timedwait(&call->worker->changed, &calls->lock, &until);
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

int call_ask_text(struct mortise_call *call, const struct buf *question, json_t **ret_json,
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
	if (wire_send_text(calls->wire, FRAME_ASK, call->number, call->seq, question, &err) < 0)
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

int call_ask(struct mortise_call *call, const json_t *question, json_t **ret_json,
	struct frame *ret_frame)
{
	cleanup_buf struct buf text = BUF(FRAME_FROM_HOST_MAX);

	frame_add_json(&text, question);
	return call_ask_text(call, &text, ret_json, ret_frame);
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
	call->deadline_ms = now_ms + json_integer_value(json_object_get(json, "deadline_ms"));
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

static void add_success(struct mortise_call *call, const json_t *output, struct buf *text)
{
	buf_printf(text, "{\"code\":%d,\"output\":", MORTISE_OK);
	frame_add_json(text, output);
	buf_add_text(text, ",\"effects\":[");
	buf_add(text, call->effects.data, call->effects.size);
	buf_add_text(text, "]}");
	/* The one that was refused cannot even be written. */
	text->failed |= call->effects.failed;
}

static void send_return(struct mortise_call *call, int code, const json_t *output)
{
	cleanup_buf struct buf text = BUF(FRAME_FROM_HOST_MAX);
	cleanup_json json_t *json = NULL;
	cleanup_err struct err err = {0};

	if (code == MORTISE_OK) {
		add_success(call, output, &text);
	} else {
		json = make_failure(call, code);
		frame_add_json(&text, json);
	}
	if (wire_send_text(call->calls->wire, FRAME_RETURN, call->number, 0, &text, &err) == 0)
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
	if (call->refused)
		code = MORTISE_OK;
	if (call_is_over(call))
		code = MORTISE_E_CANCELLED;
	send_return(call, code, output);
}

/* Lock held: the next call that no worker has, NULL if there is none. */
static struct mortise_call *next_waiting(struct calls *calls)
{
	for (struct mortise_call *call = calls->list; call; call = call->next)
		if (!call->worker)
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
	if (calls->ready == calls->wanted)
		return false;
	if (sandbox_leave_files(&calls->problem) == 0)
		calls->ready++;
	pthread_cond_broadcast(&calls->changed);
	return true;
}

/* Lock held. */
static void wait_for_work(struct worker *worker)
{
	struct calls *calls = worker->calls;

	worker->wanted = false;
	worker->next_idle = calls->idle;
	calls->idle = worker;
	while (!worker->wanted)
		pthread_cond_wait(&worker->changed, &calls->lock);
}

static void *work(void *arg)
{
	struct worker *worker = arg;
	struct calls *calls = worker->calls;

	pthread_mutex_lock(&calls->lock);
	if (!enter_service(calls)) {
		pthread_mutex_unlock(&calls->lock);
		return NULL;
	}
	for (;;) {
		struct mortise_call *call = next_waiting(calls);

		if (call) {
			call->worker = worker;
			pthread_mutex_unlock(&calls->lock);
			run_call(call);
			pthread_mutex_lock(&calls->lock);
			remove_call(calls, call);
			call_free(call);
		} else if (calls->stopping && calls->len == 0) {
			stop_process(calls);
		} else {
			wait_for_work(worker);
		}
	}
	return NULL;
}

static int start_worker(struct calls *calls, struct worker *worker,
	const pthread_attr_t *attributes, struct err *err)
{
	pthread_condattr_t clock;
	pthread_t thread;
	int problem;

	worker->calls = calls;
	pthread_condattr_init(&clock);
	pthread_condattr_setclock(&clock, CLOCK_MONOTONIC);
	pthread_cond_init(&worker->changed, &clock);
	pthread_condattr_destroy(&clock);
	problem = pthread_create(&thread, attributes, work, worker);
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
		ret = start_worker(calls, &calls->workers[i], &attributes, err);
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
	while (calls->ready < threads && calls->problem.code == 0)
		pthread_cond_wait(&calls->changed, &calls->lock);
	if (calls->problem.code != 0)
		ret = err_move(err, &calls->problem);
	pthread_mutex_unlock(&calls->lock);
	return ret;
}
