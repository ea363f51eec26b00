/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
#include "config.h"
#include "core/provider/recorder.h"

#include <string.h>
#include <strings.h>
#include <time.h>

#include <sodium.h>

#include "core/base/clock.h"
#include "core/base/err.h"
#include "core/base/log.h"
#include "core/base/mem.h"
#include "core/frame/call_scope.h"
#include "core/provider/provider_private.h"
#include "core/provider/recording.h"

#define CALL_MAX ((size_t)16 << 20)    /* of one call, as JSON */
#define WAITING_MAX ((size_t)64 << 20) /* of those that were not read yet */

struct ended {
	struct ended *next;
	json_t *call;
	size_t size;
};

struct recorder {
	struct providers *providers;
	char *plugin;
	size_t references;             /* under providers->lock: the reader and each call */
	pthread_mutex_t lock;
	pthread_cond_t changed;
	struct ended *first, *last;    /* under lock, as the rest */
	size_t size;
	int64_t dropped;
	bool over;
};

/* A call under way.  What it asked for may still be answered after it has ended. */
struct call_record {
	struct recorder *recorder;
	pthread_mutex_t lock;
	json_t *call;                  /* under lock; NULL: it has ended */
	size_t size;
};

/* ---- The recorder ---- */

static void unref(struct recorder *recorder)
{
	struct providers *providers = recorder->providers;
	bool last;

	pthread_mutex_lock(&providers->lock);
	last = --recorder->references == 0;
	pthread_mutex_unlock(&providers->lock);
	if (!last)
		return;
	while (recorder->first) {
		struct ended *ended = recorder->first;

		recorder->first = ended->next;
		json_decref(ended->call);
		free(ended);
	}
	pthread_cond_destroy(&recorder->changed);
	pthread_mutex_destroy(&recorder->lock);
	free(recorder->plugin);
	free(recorder);
}

/* Lock of the providers held. */
static bool is_loaded(const struct providers *providers, const char *plugin)
{
	for (const struct plugin *at = providers->plugins; at; at = at->next)
		if (strcmp(at->name, plugin) == 0)
			return true;
	return false;
}

int recorder_open(struct providers *providers, const char *plugin, struct recorder **ret_recorder,
	struct err *err)
{
	struct recorder *recorder = NULL;
	int result = 0;

	pthread_mutex_lock(&providers->lock);
	if (!is_loaded(providers, plugin)) {
		result = err_set(err, MORTISE_E_NOT_FOUND, "there is no plugin \"%.64s\"; `mortisectl "
			"plugin list` shows those that are", plugin);
	} else if (providers->recorder) {
		result = err_set(err, MORTISE_E_CONFLICT, "calls of plugin \"%s\" are being recorded; "
			"end that first", providers->recorder->plugin);
	} else {
		recorder = new(struct recorder);
		recorder->providers = providers;
		recorder->plugin = xstrdup(plugin);
		recorder->references = 1;
		pthread_mutex_init(&recorder->lock, NULL);
		pthread_cond_init(&recorder->changed, NULL);
		providers->recorder = recorder;
		atomic_store(&providers->is_recording, true);
	}
	pthread_mutex_unlock(&providers->lock);
	if (result < 0)
		return result;
	log_notice("plugin.recording", LOG_TEXT("plugin", plugin));
	*ret_recorder = recorder;
	return 0;
}

void recorder_close(struct recorder *recorder)
{
	struct providers *providers = recorder->providers;

	pthread_mutex_lock(&providers->lock);
	providers->recorder = NULL;
	atomic_store(&providers->is_recording, false);
	pthread_mutex_unlock(&providers->lock);
	log_notice("plugin.recorded", LOG_TEXT("plugin", recorder->plugin),
		LOG_INT("dropped", recorder_dropped(recorder)));
	unref(recorder);
}

void recorder_end(struct providers *providers)
{
	pthread_mutex_lock(&providers->lock);
	if (providers->recorder) {
		pthread_mutex_lock(&providers->recorder->lock);
		providers->recorder->over = true;
		pthread_cond_broadcast(&providers->recorder->changed);
		pthread_mutex_unlock(&providers->recorder->lock);
	}
	pthread_mutex_unlock(&providers->lock);
}

int recorder_next(struct recorder *recorder, int64_t wait_ms, json_t **ret_call, struct err *err)
{
	struct timespec until;
	struct ended *ended;
	int waited = 0;
	bool over;

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += wait_ms / 1000;
	pthread_mutex_lock(&recorder->lock);
	while (!recorder->first && !recorder->over && waited == 0)
		waited = pthread_cond_timedwait(&recorder->changed, &recorder->lock, &until);
	over = recorder->over;
	ended = recorder->first;
	if (ended) {
		recorder->first = ended->next;
		if (!recorder->first)
			recorder->last = NULL;
		recorder->size -= ended->size;
	}
	pthread_mutex_unlock(&recorder->lock);
	if (!ended)
		return over ? err_set(err, MORTISE_E_CANCELLED, "the daemon is stopping") : 0;
	*ret_call = ended->call;
	free(ended);
	return 1;
}

int64_t recorder_dropped(struct recorder *recorder)
{
	int64_t dropped;

	pthread_mutex_lock(&recorder->lock);
	dropped = recorder->dropped;
	pthread_mutex_unlock(&recorder->lock);
	return dropped;
}

/* Lock held. */
static void append(struct recorder *recorder, struct ended *ended)
{
	if (recorder->last)
		recorder->last->next = ended;
	else
		recorder->first = ended;
	recorder->last = ended;
	recorder->size += ended->size;
	pthread_cond_broadcast(&recorder->changed);
}

/* A call has ended. */
static void hand_over(struct recorder *recorder, json_t *call_take, size_t size)
{
	struct ended *ended = new(struct ended);
	bool kept;

	*ended = (struct ended){.call = call_take, .size = size};
	pthread_mutex_lock(&recorder->lock);
	kept = size <= CALL_MAX && recorder->size + size <= WAITING_MAX;
	if (kept)
		append(recorder, ended);
	else
		recorder->dropped++;
	pthread_mutex_unlock(&recorder->lock);
	if (kept)
		return;
	json_decref(ended->call);
	free(ended);
}

/* ---- Bytes ---- */

static char *base64_of(const char *data, size_t size)
{
	size_t text_size = sodium_base64_encoded_len(size, sodium_base64_VARIANT_ORIGINAL);
	char *text = xmalloc(text_size);

	return sodium_bin2base64(text, text_size, (const unsigned char *)data, size,
		sodium_base64_VARIANT_ORIGINAL);
}

/* As "body" if it is JSON and 'may_be_json', else as "text" or "base64". */
static void put_bytes(json_t *object, const char *data, size_t size, bool may_be_json)
{
	json_t *value = may_be_json ? json_loadb(data, size, JSON_DECODE_ANY | JSON_REJECT_DUPLICATES,
		NULL) : NULL;
	const char *name = "body";

	if (!value && !memchr(data, '\0', size)) {
		value = json_stringn(data, size);
		name = "text";
	}
	if (!value) {
		cleanup_free char *text = base64_of(data, size);

		value = json_string(text);
		name = "base64";
	}
	json_object_set_new(object, name, value);
}

/* ---- A call under way ---- */

static size_t size_of(const json_t *value)
{
	return value ? json_dumpb(value, NULL, 0, JSON_COMPACT | JSON_ENCODE_ANY) : 0;
}

static json_t *begin(const struct call_request *request)
{
	char when[CLOCK_TEXT_SIZE];
	cleanup_free char *name = xasprintf("%s of %s", request->callback,
		clock_format(clock_now_us(), when));
	json_t *call = json_pack("{s:s, s:s, s:s, s:s, s:s*}", "name", name, "provider",
		request->scope.provider->provider.key, "callback", request->callback, "scope",
		call_scope_name(request->scope.kind), "external_id", request->scope.external_id);

	if (request->input)
		json_object_set_new(call, "input", json_deep_copy(request->input));
	if (request->body && request->body_size > 0)
		put_bytes(call, request->body, request->body_size, true);
	json_object_set_new(call, "asks", json_array());
	return call;
}

struct call_record *call_record_new(struct providers *providers, const struct call_request *request)
{
	struct recorder *recorder = NULL;
	struct call_record *record;

	if (!atomic_load(&providers->is_recording))
		return NULL;
	pthread_mutex_lock(&providers->lock);
	if (providers->recorder &&
		strcmp(providers->recorder->plugin, request->scope.provider->registration->plugin) == 0) {
		recorder = providers->recorder;
		recorder->references++;
	}
	pthread_mutex_unlock(&providers->lock);
	if (!recorder)
		return NULL;
	record = new(struct call_record);
	record->recorder = recorder;
	pthread_mutex_init(&record->lock, NULL);
	record->call = begin(request);
	record->size = size_of(record->call);
	return record;
}

/* Headers that carry credentials are not a plugin's to set, and the daemon refuses them;
 * if one tries, its words are not kept. */
static void blot_headers(json_t *question)
{
	static const char *const names[] = {"authorization", "cookie", "proxy-authorization"};
	json_t *headers = json_object_get(question, "headers");
	const char *name;
	json_t *value;

	json_object_foreach(headers, name, value)
		for (size_t i = 0; i < lengthof(names); i++)
			if (strcasecmp(name, names[i]) == 0)
				json_string_set(value, NOT_RECORDED);
}

/* A question without what is 0 or null anyway. */
static json_t *copy_question(const json_t *question)
{
	json_t *copy = json_deep_copy(question);
	const char *name;
	json_t *value;
	void *next;

	json_object_foreach_safe(copy, next, name, value)
		if (strcmp(name, "timeout_ms") == 0 || (strcmp(name, "flags") == 0 &&
			json_integer_value(value) == 0))
			json_object_del(copy, name);
	blot_headers(copy);
	return copy;
}

static json_t *describe_failure(const struct err *err)
{
	json_t *json = json_pack("{s:s, s:s}", "code", err_meaning(err->code)->name, "reason",
		err_text(err));

	return json ? json : json_pack("{s:s}", "code", err_meaning(err->code)->name);
}

static json_t *describe_answer(const json_t *question, const struct host_answer *answer)
{
	json_t *json = json_deep_copy(answer->json);
	uint64_t flags = (uint64_t)json_integer_value(json_object_get(question, "flags"));

	json_object_del(json, "code");
	if (json_is_false(json_object_get(json, "replayed")))
		json_object_del(json, "replayed");
	/* A plugin that wants bytes may count them. */
	if (answer->upstream.size > 0)
		put_bytes(json, answer->upstream.body, answer->upstream.size,
			!(flags & MORTISE_HTTP_BYTES));
	return json;
}

void call_record_ask(struct call_record *record, const json_t *question,
	const struct host_answer *answer, const struct err *err)
{
	json_t *given, *item;

	/* What is no question was the plugin writing past its host. */
	if (!record || !question)
		return;
	given = err->code != 0 ? describe_failure(err) : describe_answer(question, answer);
	if (err->retry_at_ms > 0)
		json_object_set_new(given, "retry_at_ms", json_integer(err->retry_at_ms));
	item = json_pack("{s:o, s:o}", "ask", copy_question(question), "answer", given);
	pthread_mutex_lock(&record->lock);
	/* Of one that is too large already, nothing more is kept. */
	if (record->call && record->size <= CALL_MAX) {
		record->size += size_of(item);
		json_array_append(json_object_get(record->call, "asks"), item);
	}
	pthread_mutex_unlock(&record->lock);
	json_decref(item);
}

static void end(struct call_record *record, int64_t now_ms, json_t *expect_take)
{
	json_t *call;
	size_t size;

	pthread_mutex_lock(&record->lock);
	call = steal(&record->call);
	size = record->size + size_of(expect_take);
	pthread_mutex_unlock(&record->lock);
	json_object_set_new(call, "now_ms", json_integer(now_ms));
	if (expect_take)
		json_object_set_new(call, "expect", expect_take);
	recording_mask(call);
	hand_over(record->recorder, call, size);
}

void call_record_finish(struct call_record *record, int64_t now_ms, const struct err *err,
	const json_t *output, const json_t *effects)
{
	json_t *expect;

	if (!record)
		return;
	if (err->code != 0) {
		expect = describe_failure(err);
		if (err->fields)
			json_object_set_new(expect, "fields", json_deep_copy(err->fields));
	} else {
		expect = json_pack("{s:s, s:o, s:o}", "code", "OK", "output", json_deep_copy(output),
			"effects", json_deep_copy(effects));
	}
	end(record, now_ms, expect);
}

void call_record_abort(struct call_record *record, int64_t now_ms)
{
	if (record)
		end(record, now_ms, NULL);
}

void call_record_free(struct call_record *record)
{
	if (!record)
		return;
	unref(record->recorder);
	json_decref(record->call);
	pthread_mutex_destroy(&record->lock);
	free(record);
}
