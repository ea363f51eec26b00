/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * Calls: a worker makes one, hands it to the loop and waits; the loop gives it to a
 * host when one has room, watches its deadline, and wakes the worker with what came
 * back.  JSON is written and parsed by the worker.
 *
 * A call outlives its worker when its deadline passed or what it asked for is still
 * under way, so it owns all that it needs.
 */
#include "config.h"
#include "core/provider/provider_private.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/log.h"
#include "core/base/loop.h"
#include "core/base/mem.h"
#include "core/config/settings.h"
#include "core/daemon/daemon.h"
#include "core/frame/call_scope.h"
#include "core/frame/effect_forms.h"
#include "core/job/job.h"
#include "core/provider/recorder.h"

#define MAX_CALLS_DEFAULT 8
#define ASK_COST 1024                  /* of the host's allowance: it moves three threads */
/* Of what a plugin says about a failure. */
#define WORDS_MAX ((size_t)2000)
#define FIELDS_MAX 64
#define FIELD_PATH_MAX 256
/* How long the work of a plugin that is switched off waits before it is looked at again. */
#define OFF_RETRY_MS (INT64_C(30) * 1000)

/* Who waits for a call: each kind has a pool of its own. */
enum caller { CALLER_REQUEST, CALLER_JOB };

struct call {
	struct call *next;             /* in the waiting list or its host's list; loop */
	atomic_size_t references;
	struct providers *providers;
	uint64_t number;
	struct call_scope scope;       /* copies, and a reference to the provider */
	char *plugin_name;
	int64_t job_id;
	enum caller caller;
	bool is_solo;
	int64_t now_ms;                /* as the plugin was told; 0: not sent yet, and the clock */
	struct call_script *script;    /* or NULL */
	struct call_record *record;    /* or NULL */
	struct buf frame;              /* the encoded CALL, until it is sent */
	size_t clock_at;               /* where its two times stand in there */

	/* Loop. */
	struct plugin *plugin;         /* while it waits or runs */
	struct host *host;             /* while it runs */
	struct loop_timer *timer;
	bool cancelled;                /* its caller has gone, the host still has it */
	bool is_asking;

	pthread_mutex_t lock;
	pthread_cond_t changed;
	int64_t deadline_ms;           /* monotonic */
	struct job_run *job;           /* until it ended */
	size_t job_users;
	bool ended;
	int code;
	struct err err;
	struct frame reply;            /* if code is 0 */
	enum call_death death;
};

/* ---- Life ---- */

/* The JSON is copied too: a call that was given up may still read it, on a host-call
 * thread, while its caller goes on to change it. */
static void copy_scope(const struct call_scope *from, struct call_scope *to)
{
	*to = *from;
	registration_ref(from->provider->registration);
	to->external_id = xstrdup(from->external_id);
	to->origin = xstrdup(from->origin ? from->origin : "system");
	to->state = json_deep_copy(from->state);
	to->secrets = json_deep_copy(from->secrets);
}

static void free_scope(struct call_scope *scope)
{
	registration_unref(scope->provider->registration);
	free((char *)(uintptr_t)scope->external_id);
	free((char *)(uintptr_t)scope->origin);
	json_decref(scope->state);
	json_decref(scope->secrets);
}

static struct call *call_ref(struct call *call)
{
	atomic_fetch_add(&call->references, 1);
	return call;
}

void call_unref(struct call *call)
{
	if (atomic_fetch_sub(&call->references, 1) > 1)
		return;
	if (call->script)
		call->script->release(call->script);
	call_record_free(call->record);
	free_scope(&call->scope);
	free(call->plugin_name);
	buf_clear(&call->frame);
	err_clear(&call->err);
	frame_clear(&call->reply);
	pthread_cond_destroy(&call->changed);
	pthread_mutex_destroy(&call->lock);
	free(call);
}

/* ---- The frame ---- */

/* The two times of a CALL are known when it is sent; until then they are numbers of the
 * same width, at the end of the JSON. */
#define CLOCK_FORMAT "\"now_ms\":%13" PRId64 ",\"deadline_ms\":%12" PRId64 "}"
#define CLOCK_SIZE (sizeof("\"now_ms\":") - 1 + 13 + sizeof(",\"deadline_ms\":") - 1 + 12 + 1)
#define NOW_PLACE INT64_C(1000000000000)
#define DEADLINE_PLACE INT64_C(100000000000)

static int encode_call(struct call *call, const struct call_request *request, struct err *err)
{
	cleanup_json json_t *json = json_pack("{s:s, s:s, s:s, s:s*}", "provider",
		request->scope.provider->provider.key, "callback", request->callback, "scope",
		call_scope_name(request->scope.kind), "external_id", request->scope.external_id);
	int result;

	if (!json)
		return err_set(err, MORTISE_E_INTERNAL, "call \"%s\" is not UTF-8", request->callback);
	if (request->input)
		json_object_set(json, "input", request->input);
	json_object_set_new(json, "now_ms", json_integer(NOW_PLACE));
	json_object_set_new(json, "deadline_ms", json_integer(DEADLINE_PLACE));
	result = frame_encode(&call->frame, FRAME_CALL, call->number, 0, json, request->body,
		request->body ? request->body_size : 0, err);
	if (result == 0)
		call->clock_at = call->frame.size - (request->body ? request->body_size : 0) -
			CLOCK_SIZE;
	return result;
}

/* Loop: put in what the clocks say now. */
static void stamp(struct call *call)
{
	char text[CLOCK_SIZE + 32];
	int64_t left_ms = call->deadline_ms - clock_mono_ms();

	if (call->now_ms == 0)
		call->now_ms = clock_now_us() / 1000;
	snprintf(text, sizeof(text), CLOCK_FORMAT, call->now_ms,
		left_ms > 1 ? left_ms : 1);
	memcpy(call->frame.data + call->clock_at, text, CLOCK_SIZE);
}

static enum caller caller_of(const struct call_request *request)
{
	return request->job ? CALLER_JOB : CALLER_REQUEST;
}

static int make_call(struct providers *providers, const struct call_request *request,
	struct call **ret_call, struct err *err)
{
	struct call *call = new(struct call);
	int result;

	atomic_init(&call->references, 1);
	pthread_mutex_init(&call->lock, NULL);
	pthread_cond_init(&call->changed, NULL);
	call->providers = providers;
	call->number = atomic_fetch_add(&providers->next_call, 1) + 1;
	copy_scope(&request->scope, &call->scope);
	call->plugin_name = xstrdup(request->scope.provider->registration->plugin);
	call->job = request->job;
	call->job_id = request->job ? request->job->id : 0;
	call->caller = caller_of(request);
	call->is_solo = request->solo;
	call->now_ms = request->now_ms;
	call->script = request->script;
	call->record = call_record_new(providers, request);
	call->frame.max = FRAME_MAX + FRAME_HEADER_SIZE;
	call->deadline_ms = clock_mono_ms() + request->deadline_ms;
	result = encode_call(call, request, err);
	if (result < 0) {
		call_unref(call);
		return result;
	}
	*ret_call = call;
	return 0;
}

/* ---- Lists, loop ---- */

static void list_add(struct call_list *list, struct call *call)
{
	call->next = NULL;
	if (list->last)
		list->last->next = call;
	else
		list->first = call;
	list->last = call;
	list->len++;
}

static void list_remove(struct call_list *list, struct call *call)
{
	struct call *before = NULL;

	for (struct call *at = list->first; at != call; at = at->next)
		before = at;
	if (before)
		before->next = call->next;
	else
		list->first = call->next;
	if (list->last == call)
		list->last = before;
	list->len--;
	call->next = NULL;
}

static struct call_list *waiting_list(struct call *call)
{
	return call->is_solo ? &call->plugin->waiting_solo : &call->plugin->waiting;
}

/* ---- Endings, loop ---- */

/* Wake the worker, once, and behind the lock, where it does not run into it: what the loop
 * has of the call keeps it. */
static void end_call(struct call *call, int code, enum call_death death, const char *text)
{
	bool first;

	pthread_mutex_lock(&call->lock);
	first = !call->ended;
	if (first) {
		call->ended = true;
		call->code = err_set(&call->err, code, "%s", text);
		call->death = death;
	}
	pthread_mutex_unlock(&call->lock);
	if (first)
		pthread_cond_broadcast(&call->changed);
}

static void end_with_reply(struct call *call, struct frame *frame)
{
	bool first;

	pthread_mutex_lock(&call->lock);
	first = !call->ended;
	if (first) {
		call->ended = true;
		call->reply = *frame;
		*frame = (struct frame){0};
	}
	pthread_mutex_unlock(&call->lock);
	if (first)
		pthread_cond_broadcast(&call->changed);
}

/* The loop has no more to do with it. */
static void let_go(struct call *call)
{
	loop_timer_free(steal(&call->timer));
	call->plugin = NULL;
	call->host = NULL;
	call_unref(call);
}

static void leave_host(struct call *call)
{
	struct host *host = call->host;

	list_remove(&host->calls, call);
	let_go(call);
}

size_t calls_live(const struct host *host)
{
	size_t len = 0;

	for (const struct call *call = host->calls.first; call; call = call->next)
		len += !call->cancelled;
	return len;
}

void calls_fail_host(struct host *host, bool counts, const char *reason)
{
	enum call_death death = CALL_DEATH_NONE;
	cleanup_free char *text = xasprintf("plugin \"%s\": its host died: %s", host->plugin->name,
		reason);

	if (counts)
		death = host->calls.len == 1 ? CALL_DEATH_ALONE : CALL_DEATH_SHARED;
	while (host->calls.first) {
		struct call *call = host->calls.first;

		end_call(call, MORTISE_E_RETRY, death, text);
		leave_host(call);
	}
}

void calls_fail_waiting(struct plugin *plugin, int code, const char *reason)
{
	struct call_list *lists[] = {&plugin->waiting, &plugin->waiting_solo};
	cleanup_free char *text = xasprintf("plugin \"%s\": %s", plugin->name, reason);

	for (size_t i = 0; i < lengthof(lists); i++)
		while (lists[i]->first) {
			struct call *call = lists[i]->first;

			list_remove(lists[i], call);
			end_call(call, code, CALL_DEATH_NONE, text);
			let_go(call);
		}
}

/* ---- Deadlines, loop ---- */

static void on_deadline(void *arg);

static void set_timer(struct call *call, int64_t in_ms)
{
	loop_timer_free(call->timer);
	call->timer = loop_timer_new(call->providers->daemon->loop, in_ms > 0 ? in_ms : 0, 0,
		on_deadline, call);
}

static void give_up_waiting(struct call *call)
{
	struct plugin *plugin = call->plugin;
	cleanup_free char *text = xasprintf("plugin \"%s\" is %s and took this call not in time; "
		"try again later", plugin->name,
		plugin->host ? "busy" : plugin_state_name(plugin->state));

	list_remove(waiting_list(call), call);
	end_call(call, MORTISE_E_RETRY, CALL_DEATH_NONE, text);
	let_go(call);
}

/* First the call is cancelled; when it does not end then, its host is replaced. */
static void on_deadline(void *arg)
{
	struct call *call = arg;
	struct host *host = call->host;

	loop_timer_free(steal(&call->timer));
	if (!host) {
		give_up_waiting(call);
	} else if (!call->cancelled) {
		call->cancelled = true;
		host_send_op(host, FRAME_CANCEL, call->number);
		end_call(call, MORTISE_E_CANCELLED, CALL_DEATH_NONE,
			"the call took too long and was cancelled");
		set_timer(call, call->providers->limits.hang_ms);
	} else {
		supervisor_call_hangs(host);
	}
}

/* ---- Giving calls to hosts, loop ---- */

static bool same_provider(const struct call *a, const struct call *b)
{
	return strcmp(a->scope.provider->provider.key, b->scope.provider->provider.key) == 0;
}

/* May this call start now?  At most max_calls of its provider run in a host. */
static bool has_room(const struct host *host, const struct call *call)
{
	uint32_t max_calls = call->scope.provider->provider.max_calls;
	size_t running = 0;

	if (host->is_solo)
		return host->calls.len == 0;
	for (const struct call *at = host->calls.first; at; at = at->next)
		running += same_provider(at, call);
	return running < (max_calls > 0 ? max_calls : MAX_CALLS_DEFAULT);
}

static void give(struct host *host, struct call *call)
{
	cleanup_err struct err err = {0};

	list_remove(waiting_list(call), call);
	stamp(call);
	if (host_send(host, &call->frame, &err) < 0) {
		end_call(call, err.code, CALL_DEATH_NONE, err_text(&err));
		let_go(call);
		return;
	}
	call->host = host;
	list_add(&host->calls, call);
	host_grant(host);
	loop_timer_free(steal(&host->idle_timer));
}

static void pump_list(struct host *host, struct call_list *list)
{
	for (struct call *call = list->first, *next; call; call = next) {
		next = call->next;
		if (has_room(host, call))
			give(host, call);
	}
}

void calls_pump(struct plugin *plugin)
{
	if (plugin->host && plugin->host->state == HOST_READY)
		pump_list(plugin->host, &plugin->waiting);
	if (!plugin->waiting_solo.first)
		return;
	if (plugin->solo && plugin->solo->state == HOST_READY)
		pump_list(plugin->solo, &plugin->waiting_solo);
	else
		supervisor_need_solo(plugin);
}

static size_t count_waiting(const struct plugin *plugin, const struct call *call)
{
	const struct call_list *lists[] = {&plugin->waiting, &plugin->waiting_solo};
	size_t len = 0;

	for (size_t i = 0; i < lengthof(lists); i++)
		for (const struct call *at = lists[i]->first; at; at = at->next)
			len += same_provider(at, call);
	return len;
}

static size_t count_workers(const struct call_list *list, const struct call *call)
{
	size_t len = 0;

	for (const struct call *at = list->first; at; at = at->next)
		len += same_provider(at, call) && at->caller == call->caller && !at->cancelled;
	return len;
}

/* Does this provider keep half of a pool waiting already?  A worker waits whether its
 * call runs or is queued, and the other half is for other providers.  (Of jobs the
 * dispatcher starts no more than that.) */
static bool has_its_half(const struct plugin *plugin, const struct call *call)
{
	const struct settings *settings = call->providers->daemon->settings;
	int workers = call->caller == CALLER_JOB ? settings->job_workers :
		settings->request_workers;
	size_t waiting = count_workers(&plugin->waiting, call) +
		count_workers(&plugin->waiting_solo, call);

	for (const struct host *host = plugin->hosts; host; host = host->next)
		waiting += count_workers(&host->calls, call);
	return waiting >= (size_t)(workers + 1) / 2;
}

static struct plugin *find_plugin(struct call *call)
{
	struct plugin *plugin = call->providers->plugins;

	while (plugin && strcmp(plugin->name, call->plugin_name) != 0)
		plugin = plugin->next;
	return plugin;
}

static bool is_off(const struct plugin *plugin)
{
	return plugin->state == PLUGIN_DISABLED || plugin->state == PLUGIN_QUARANTINED ||
		plugin->state == PLUGIN_REFUSED;
}

/* Nothing of this plugin runs until the operator acts.  A job just waits: that is no
 * attempt. */
static void turn_away(struct call *call, const struct plugin *plugin)
{
	cleanup_free char *text = xasprintf("plugin \"%s\" is %s%s%s", call->plugin_name,
		plugin ? plugin_state_name(plugin->state) : "not loaded",
		plugin && plugin->reason ? ": " : "", plugin && plugin->reason ? plugin->reason : "");

	call->err.retry_at_ms = clock_now_us() / 1000 + OFF_RETRY_MS;
	end_call(call, call->caller == CALLER_JOB ? MORTISE_E_RATE : MORTISE_E_RETRY,
		CALL_DEATH_NONE, text);
	let_go(call);
}

static void on_submitted(void *arg)
{
	struct call *call = arg;
	struct plugin *plugin = find_plugin(call);

	if (call->providers->stopping || !plugin || is_off(plugin)) {
		turn_away(call, plugin);
		return;
	}
	call->plugin = plugin;
	if (has_its_half(plugin, call) ||
		count_waiting(plugin, call) >= call->providers->limits.waiting_max) {
		end_call(call, MORTISE_E_RETRY, CALL_DEATH_NONE,
			"too many calls of this provider wait already; try again later");
		let_go(call);
		return;
	}
	list_add(waiting_list(call), call);
	set_timer(call, call->deadline_ms - clock_mono_ms());
	calls_pump(plugin);
}

/* ---- Frames from a host, loop ---- */

static struct call *find_call(struct host *host, uint64_t number)
{
	struct call *call = host->calls.first;

	while (call && call->number != number)
		call = call->next;
	return call;
}

/* A frame of a call that has ended is late, and dropped. */
void calls_take_return(struct host *host, struct frame *frame)
{
	struct plugin *plugin = host->plugin;
	struct call *call = find_call(host, frame->call);

	if (!call)
		return;
	end_with_reply(call, frame);
	leave_host(call);
	supervisor_call_left(host);
	calls_pump(plugin);
}

/* What a plugin asks for, on its way through the host-call pool. */
struct ask {
	struct call *call;
	struct frame frame;
	struct buf answer;
};

static void on_answered(void *arg)
{
	struct ask *ask = arg;
	struct call *call = ask->call;
	cleanup_err struct err err = {0};
	struct buf small = BUF(FRAME_MAX);

	call->is_asking = false;
	if (call->host && host_send(call->host, &ask->answer, &err) < 0) {
		host_call_encode_failure(call->number, ask->frame.seq, &err, &small);
		if (host_send(call->host, &small, NULL) < 0)
			host_kill(call->host, HOST_END_FAULT, "it does not read its answers");
	}
	buf_clear(&ask->answer);
	frame_clear(&ask->frame);
	call_unref(call);
	free(ask);
}

static void run_ask(void *arg)
{
	struct ask *ask = arg;
	struct providers *providers = ask->call->providers;

	host_call_answer(ask->call, &ask->frame, &ask->answer);
	loop_post(providers->daemon->loop, on_answered, ask);
	providers_work_done(providers);
}

static int refuse_ask(struct host *host, const struct frame *frame, struct err *reason,
	struct err *err)
{
	struct buf buf = BUF(FRAME_MAX);

	host_call_encode_failure(frame->call, frame->seq, reason, &buf);
	return host_send(host, &buf, err);
}

int calls_take_ask(struct host *host, struct frame *frame, struct err *err)
{
	struct call *call = find_call(host, frame->call);
	cleanup_err struct err reason = {0};
	struct ask *ask;

	host_charge(host, ASK_COST);
	if (!call)
		return 0;
	if (call->cancelled) {
		err_set(&reason, MORTISE_E_CANCELLED, "the call has ended");
		return refuse_ask(host, frame, &reason, err);
	}
	/* So a call takes one host-call thread at most, and there is one for each. */
	if (call->is_asking)
		return err_set(err, MORTISE_E_INTERNAL, "a call asked twice at once");
	ask = new(struct ask);
	ask->call = call_ref(call);
	ask->frame = *frame;
	ask->answer.max = FRAME_MAX + FRAME_HEADER_SIZE;
	if (providers_submit(call->providers, run_ask, ask, &reason) < 0) {
		call_unref(ask->call);
		free(ask);
		return refuse_ask(host, frame, &reason, err);
	}
	*frame = (struct frame){0};
	call->is_asking = true;
	return 0;
}

/* ---- For host_call.c ---- */

const struct call_scope *call_scope_of(struct call *call)
{
	return &call->scope;
}

struct providers *call_providers(struct call *call)
{
	return call->providers;
}

struct call_script *call_script_of(struct call *call)
{
	return call->script;
}

struct call_record *call_record_of(struct call *call)
{
	return call->record;
}

int64_t call_job_id(struct call *call)
{
	return call->job_id;
}

int64_t call_left_ms(struct call *call)
{
	int64_t left_ms;

	pthread_mutex_lock(&call->lock);
	left_ms = call->ended ? 0 : call->deadline_ms - clock_mono_ms();
	pthread_mutex_unlock(&call->lock);
	return left_ms > 0 ? left_ms : 0;
}

struct job_run *call_borrow_job(struct call *call)
{
	struct job_run *job = NULL;

	pthread_mutex_lock(&call->lock);
	if (!call->ended && call->job) {
		job = call->job;
		call->job_users++;
	}
	pthread_mutex_unlock(&call->lock);
	return job;
}

void call_return_job(struct call *call)
{
	pthread_mutex_lock(&call->lock);
	call->job_users--;
	pthread_cond_broadcast(&call->changed);
	pthread_mutex_unlock(&call->lock);
}

static void on_extended(void *arg)
{
	struct call *call = arg;
	int64_t left_ms = call_left_ms(call);

	if (call->host && !call->cancelled)
		set_timer(call, left_ms);
	call_unref(call);
}

void call_extend(struct call *call, int64_t left_ms)
{
	pthread_mutex_lock(&call->lock);
	call->deadline_ms = clock_mono_ms() + left_ms;
	pthread_mutex_unlock(&call->lock);
	loop_post(call->providers->daemon->loop, on_extended, call_ref(call));
}

/* ---- The waiting worker ---- */

/* A reply that is none: its host is broken or somebody took it over. */
static int bad_reply(struct call *call, const char *what, struct err *err)
{
	log_error("plugin.bad_reply", LOG_TEXT("plugin", call->plugin_name),
		LOG_TEXT("reason", what));
	return err_set(err, MORTISE_E_INTERNAL, "plugin \"%s\" answered nonsense: %s",
		call->plugin_name, what);
}

static int take_output(struct call *call, const json_t *json, json_t **ret_output,
	json_t **ret_effects, struct err *err)
{
	json_t *output = json_object_get(json, "output");
	json_t *effects = json_object_get(json, "effects");

	if ((output && !json_is_object(output)) || (effects && !json_is_array(effects)))
		return bad_reply(call, "its output is no object or its effects no list", err);
	if (json_array_size(effects) > EFFECTS_MAX_COUNT)
		return bad_reply(call, "it gave too many effects", err);
	*ret_output = output ? json_incref(output) : json_object();
	*ret_effects = effects ? json_incref(effects) : json_array();
	return 0;
}

/* How much of a plugin's words is taken: never the half of a character. */
static int words_size(const char *text)
{
	size_t size = strnlen(text, WORDS_MAX + 1);

	if (size <= WORDS_MAX)
		return (int)size;
	for (size = WORDS_MAX; size > 0 && ((unsigned char)text[size] & 0xc0) == 0x80; size--)
		continue;
	return (int)size;
}

/* Fields: {"path": ["text", …]}. */
static void take_fields(const json_t *fields, struct err *err)
{
	const char *path;
	json_t *texts, *text;
	size_t i, len = 0;

	json_object_foreach((json_t *)(uintptr_t)fields, path, texts)
		json_array_foreach(texts, i, text)
			if (json_is_string(text) && strlen(path) <= FIELD_PATH_MAX &&
				len++ < FIELDS_MAX)
				err_field(err, path, "%.*s", words_size(json_string_value(text)),
					json_string_value(text));
}

static int take_failure(struct call *call, const json_t *json, int64_t code, struct err *err)
{
	const char *text = json_string_value(json_object_get(json, "text"));

	if (code > 0 || code < MORTISE_E_INTERNAL)
		return bad_reply(call, "its code is none of the MORTISE_E_ codes", err);
	if (!text)
		text = "the plugin gave no reason";
	if (code == MORTISE_E_FIELD)
		take_fields(json_object_get(json, "fields"), err);
	err_set(err, (int)code, "%.*s", words_size(text), text);
	/* The host process refuses a malformed effect, or one outside its scope, itself. */
	if (code == MORTISE_E_INTERNAL)
		log_error("plugin.refused", LOG_TEXT("plugin", call->plugin_name),
			LOG_INT("job", call->job_id), LOG_TEXT("reason", err_text(err)));
	err->retry_at_ms = json_integer_value(json_object_get(json, "retry_at_ms"));
	return (int)code;
}

static int read_reply(struct call *call, json_t **ret_output, json_t **ret_effects,
	struct err *err)
{
	cleanup_json json_t *json = NULL;
	cleanup_err struct err problem = {0};
	const json_t *code;

	if (frame_parse(&call->reply, &json, &problem) < 0)
		return bad_reply(call, err_text(&problem), err);
	code = json_object_get(json, "code");
	if (!json_is_integer(code))
		return bad_reply(call, "it has no code", err);
	if (json_integer_value(code) != MORTISE_OK)
		return take_failure(call, json, json_integer_value(code), err);
	return take_output(call, json, ret_output, ret_effects, err);
}

/* Until it ended, and nobody uses the job any more. */
static void wait_for_end(struct call *call)
{
	pthread_mutex_lock(&call->lock);
	while (!call->ended || call->job_users > 0)
		pthread_cond_wait(&call->changed, &call->lock);
	call->job = NULL;
	pthread_mutex_unlock(&call->lock);
}

int provider_call(struct providers *providers, const struct call_request *request,
	json_t **ret_output, json_t **ret_effects, struct err *err)
{
	cleanup_err struct err own = {0};
	struct call *call;
	int result;

	if (!err)
		err = &own;
	result = make_call(providers, request, &call, err);
	if (result < 0)
		return result;
	loop_post(providers->daemon->loop, on_submitted, call_ref(call));
	wait_for_end(call);
	if (call->code != 0) {
		if (request->ret_death)
			*request->ret_death = call->death;
		if (call->now_ms != 0)
			call_record_abort(call->record, call->now_ms);
		result = err_move(err, &call->err);
	} else {
		if (request->ret_death)
			*request->ret_death = CALL_DEATH_NONE;
		result = read_reply(call, ret_output, ret_effects, err);
		call_record_finish(call->record, call->now_ms, err, result == 0 ? *ret_output : NULL,
			result == 0 ? *ret_effects : NULL);
	}
	call_unref(call);
	return result;
}
