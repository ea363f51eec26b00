/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * Guarded writes: the intent is committed before the request is sent,
 * the answer before it is given.  What is out just now is also known in memory, so that
 * nobody takes a running request for a lost one.
 */
#include "config.h"
#include "core/upstream/exchange.h"

#include <pthread.h>
#include <string.h>

#include <sodium.h>

#include "core/base/clock.h"
#include "core/base/err.h"
#include "core/base/log.h"
#include "core/base/mem.h"
#include "core/daemon/daemon.h"
#include "core/provider/provider.h"
#include "core/storage/ledger.h"
#include "core/storage/store.h"

#define KEPT_BODY_MAX ((size_t)64 * 1024)
#define ONCE_MAX 200

/* What a later attempt may want to know; the rest of the head is not kept. */
static const char *const kept_headers[] = {
	"content-type", "etag", "link", "location", "x-github-request-id", "x-request-id",
};

/* ---- What is out just now ---- */

struct sending {
	struct sending *next;
	const char *owner, *once;
};

struct sendings {
	pthread_mutex_t lock;
	struct sending *out;           /* under lock */
};

struct sendings *sendings_new(void)
{
	struct sendings *sendings = new(struct sendings);

	pthread_mutex_init(&sendings->lock, NULL);
	return sendings;
}

void sendings_free(struct sendings *sendings)
{
	if (!sendings)
		return;
	pthread_mutex_destroy(&sendings->lock);
	free(sendings);
}

/* Enter 'sending', unless one of that name is out: then E_RETRY. */
static int sending_enter(struct sendings *sendings, struct sending *sending, struct err *err)
{
	struct sending *other;

	pthread_mutex_lock(&sendings->lock);
	for (other = sendings->out; other; other = other->next)
		if (strcmp(other->owner, sending->owner) == 0 &&
			strcmp(other->once, sending->once) == 0)
			break;
	if (!other) {
		sending->next = sendings->out;
		sendings->out = sending;
	}
	pthread_mutex_unlock(&sendings->lock);
	if (other)
		return err_set(err, MORTISE_E_RETRY, "another call is at \"%s\" just now",
			sending->once);
	return 0;
}

static void sending_leave(struct sendings *sendings, struct sending *sending)
{
	struct sending **link = &sendings->out;

	pthread_mutex_lock(&sendings->lock);
	while (*link != sending)
		link = &(*link)->next;
	*link = sending->next;
	pthread_mutex_unlock(&sendings->lock);
}

/* ---- Answers as the ledger keeps them ---- */

static void keep_body(json_t *kept, const struct upstream_answer *answer)
{
	json_t *json = NULL, *text = NULL;
	size_t encoded_size;
	char *encoded;

	if (answer->size == 0)
		return;
	if (answer->size > KEPT_BODY_MAX) {
		json_object_set_new(kept, "cut", json_true());
		return;
	}
	json = json_loadb(answer->body, answer->size, JSON_REJECT_DUPLICATES, NULL);
	if (json) {
		json_object_set_new(kept, "json", json);
		return;
	}
	text = json_stringn(answer->body, answer->size);
	if (text) {
		json_object_set_new(kept, "text", text);
		return;
	}
	encoded_size = sodium_base64_ENCODED_LEN(answer->size, sodium_base64_VARIANT_ORIGINAL);
	encoded = xmalloc(encoded_size);
	sodium_bin2base64(encoded, encoded_size, (const unsigned char *)answer->body, answer->size,
		sodium_base64_VARIANT_ORIGINAL);
	json_object_set_new(kept, "base64", json_string(encoded));
	free(encoded);
}

/* JSON text: {"status", "headers", and "json", "text" or "base64"}. */
static char *answer_keep(const struct upstream_answer *answer)
{
	cleanup_json json_t *kept = json_object();
	json_t *headers = json_object();

	json_object_set_new(kept, "status", json_integer(answer->status));
	json_object_set_new(kept, "headers", headers);
	for (size_t i = 0; i < lengthof(kept_headers); i++) {
		json_t *value = json_object_get(answer->headers, kept_headers[i]);

		if (value)
			json_object_set(headers, kept_headers[i], value);
	}
	keep_body(kept, answer);
	return json_dumps(kept, JSON_COMPACT);
}

static void give_body(const json_t *kept, struct upstream_answer *answer)
{
	const json_t *json = json_object_get(kept, "json");
	const json_t *text = json_object_get(kept, "text");
	const char *encoded = json_string_value(json_object_get(kept, "base64"));
	size_t len = encoded ? strlen(encoded) : 0;

	if (json) {
		answer->body = json_dumps(json, JSON_COMPACT | JSON_ENCODE_ANY);
		answer->size = strlen(answer->body);
	} else if (text) {
		answer->size = json_string_length(text);
		answer->body = xmemdup(json_string_value(text), answer->size + 1);
	} else {
		answer->body = xcalloc(1, len + 1);
		if (encoded && sodium_base642bin((unsigned char *)answer->body, len, encoded, len,
			NULL, &answer->size, NULL, sodium_base64_VARIANT_ORIGINAL) != 0)
			answer->size = 0;
	}
}

static int answer_replay(const char *text, struct upstream_answer *ret_answer, struct err *err)
{
	cleanup_json json_t *kept = json_loads(text, 0, NULL);
	json_t *headers = json_object_get(kept, "headers");

	if (!kept)
		return err_set(err, MORTISE_E_INTERNAL, "an answer in the ledger is not readable");
	*ret_answer = (struct upstream_answer){
		.status = (int)json_integer_value(json_object_get(kept, "status")),
		.headers = headers ? json_incref(headers) : json_object(),
		.replayed = true,
	};
	give_body(kept, ret_answer);
	return 0;
}

/* ---- The ledger ---- */

struct ledger_work {
	struct ledger_intent intent;   /* names the entry */
	const char *answer;            /* to be written */
	struct ledger_entry entry;     /* what was read */
};

static int read_entry(struct tx *tx, void *arg, struct err *err)
{
	struct ledger_work *work = arg;

	ledger_entry_clear(&work->entry);
	return ledger_find(tx, work->intent.owner, work->intent.once, &work->entry, err);
}

static int write_intent(struct tx *tx, void *arg, struct err *err)
{
	const struct ledger_work *work = arg;

	return ledger_intend(tx, &work->intent, err);
}

static int write_answer(struct tx *tx, void *arg, struct err *err)
{
	const struct ledger_work *work = arg;

	return ledger_answer(tx, work->intent.owner, work->intent.once, work->answer, err);
}

static int write_take_back(struct tx *tx, void *arg, struct err *err)
{
	const struct ledger_work *work = arg;
	int result = ledger_take_back(tx, work->intent.owner, work->intent.once, err);

	return result < 0 ? result : 0;
}

static int write_settled(struct tx *tx, void *arg, struct err *err)
{
	const struct ledger_work *work = arg;

	return ledger_settle(tx, &work->intent, work->answer, err);
}

static int uncertain(const char *once, struct err *err)
{
	return err_set(err, MORTISE_E_UNCERTAIN, "\"%s\" was sent before and its answer is not "
		"known: it may or may not have acted", once);
}

/* What stands in the ledger decides: 1: nothing, go on; 0: answered; or an error. */
static int consult(struct store *store, struct ledger_work *work,
	struct upstream_answer *ret_answer, struct err *err)
{
	cleanup_err struct err why = {0};
	int result = store_read(store, read_entry, work, &why);

	if (result == MORTISE_E_NOT_FOUND)
		return 1;
	if (result < 0)
		return err_move(err, &why);
	if (work->entry.status == LEDGER_INTENT)
		return uncertain(work->intent.once, err);
	return answer_replay(work->entry.answer, ret_answer, err);
}

/* The request surely did nothing.  If that cannot be noted, the intent stands and the
 * next attempt looks first, which is safe. */
static void take_back(struct store *store, struct ledger_work *work)
{
	cleanup_err struct err why = {0};

	if (store_write(store, write_take_back, work, &why) < 0)
		log_warning("upstream.intent_stands", LOG_TEXT("owner", work->intent.owner),
			LOG_TEXT("reason", err_text(&why)));
}

/* The answer is here: note it before it is given. */
static int keep_answer(struct store *store, struct ledger_work *work,
	const struct upstream_answer *answer, struct err *err)
{
	cleanup_free char *text = NULL;
	cleanup_err struct err why = {0};

	if (answer->status >= 500)
		return 0;
	if (answer->status >= 400) {
		take_back(store, work);
		return 0;
	}
	text = answer_keep(answer);
	work->answer = text;
	if (store_write(store, write_answer, work, &why) < 0) {
		log_warning("upstream.intent_stands", LOG_TEXT("owner", work->intent.owner),
			LOG_TEXT("reason", err_text(&why)));
		return uncertain(work->intent.once, err);
	}
	return 0;
}

static int send_noted(struct exchange *exchange, struct ledger_work *work,
	struct upstream_answer *ret_answer, struct err *err)
{
	struct store *store = exchange->upstreams->daemon->store;
	struct egress_answer answer = {0};
	struct upstream_answer taken;
	enum egress_failure failure;
	int result = exchange_send(exchange, &answer, &failure, err);

	if (result < 0) {
		if (failure == EGRESS_NOT_SENT)
			take_back(store, work);
		return result;
	}
	upstream_answer_take(&answer, &taken);
	result = keep_answer(store, work, &taken, err);
	if (result < 0)
		upstream_answer_clear(&taken);
	else
		*ret_answer = taken;
	return result;
}

static int send_guarded(struct exchange *exchange, struct ledger_work *work,
	struct upstream_answer *ret_answer, struct err *err)
{
	struct store *store = exchange->upstreams->daemon->store;
	int result = consult(store, work, ret_answer, err);

	/* What can fail before anything is sent fails before the intent. */
	if (result == 1)
		result = exchange_ready(exchange, err);
	else
		return result;
	if (result == 0)
		result = store_write(store, write_intent, work, err);
	if (result == MORTISE_E_CONFLICT) {
		if (err)
			err_clear(err);
		return uncertain(work->intent.once, err);
	}
	if (result == 0)
		result = send_noted(exchange, work, ret_answer, err);
	return result;
}

static int check_once(const struct call_scope *scope, const char *once, struct err *err)
{
	size_t len = strlen(once);

	if (len == 0 || len > ONCE_MAX)
		return err_set(err, MORTISE_E_INTERNAL, "the name of a guarded request has 1 to %d "
			"bytes", ONCE_MAX);
	if (scope->integration_id == 0 && scope->pipeline_id == 0)
		return err_set(err, MORTISE_E_UNSUPPORTED,
			"a guarded request needs an integration or a pipeline");
	return 0;
}

int once_send(struct exchange *exchange, const struct upstream_request *request,
	struct upstream_answer *ret_answer, struct err *err)
{
	struct sendings *sendings = exchange->upstreams->sendings;
	struct sending sending = {.owner = exchange->owner, .once = request->once};
	struct ledger_work work = {.intent = {.owner = exchange->owner, .once = request->once,
		.job_id = request->job_id, .lease = request->lease, .now_us = clock_now_us()}};
	int result = check_once(exchange->scope, request->once, err);

	if (result == 0)
		result = sending_enter(sendings, &sending, err);
	if (result < 0)
		return result;
	result = send_guarded(exchange, &work, ret_answer, err);
	sending_leave(sendings, &sending);
	ledger_entry_clear(&work.entry);
	return result;
}

/* ---- What the plugin found upstream ---- */

/* One change of an entry, while nothing of its name is out. */
static int change_entry(struct upstreams *upstreams, const struct call_scope *scope,
	const char *once, store_fn *fn, const char *answer, struct err *err)
{
	char owner[48];
	struct sending sending = {.owner = owner, .once = once};
	struct ledger_work work = {.intent = {.owner = owner, .once = once,
		.now_us = clock_now_us()}, .answer = answer};
	int result = check_once(scope, once, err);

	if (result < 0)
		return result;
	upstream_owner(scope, owner, sizeof(owner));
	result = sending_enter(upstreams->sendings, &sending, err);
	if (result < 0)
		return result;
	result = store_write(upstreams->daemon->store, fn, &work, err);
	sending_leave(upstreams->sendings, &sending);
	return result;
}

int upstream_once_settle(struct upstreams *upstreams, const struct call_scope *scope,
	const char *once, const json_t *answer, struct err *err)
{
	cleanup_json json_t *kept = json_pack("{s:i, s:{}}", "status", 200, "headers");
	cleanup_free char *text = NULL;

	if (answer)
		json_object_set_new(kept, "json", json_deep_copy(answer));
	text = json_dumps(kept, JSON_COMPACT);
	if (strlen(text) > KEPT_BODY_MAX)
		return err_set(err, MORTISE_E_LIMIT, "the answer to settle \"%s\" is too large", once);
	return change_entry(upstreams, scope, once, write_settled, text, err);
}

int upstream_once_clear(struct upstreams *upstreams, const struct call_scope *scope,
	const char *once, struct err *err)
{
	return change_entry(upstreams, scope, once, write_take_back, NULL, err);
}
