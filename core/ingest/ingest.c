/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * The way in: method and size on the loop before the body is read, the rest on an ingest
 * worker.  Memory: a worker holds one expanded body and one event's tree at a time; what
 * waits for the disk is packed.
 */
#include "config.h"
#include "core/ingest/ingest.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <sodium.h>

#include "core/base/buf.h"
#include "core/base/clock.h"
#include "core/base/err.h"
#include "core/base/foreign_json.h"
#include "core/base/mem.h"
#include "core/base/slug.h"
#include "core/config/settings.h"
#include "core/daemon/daemon.h"
#include "core/http/http.h"
#include "core/http/metrics.h"
#include "core/ingest/describe.h"
#include "core/ingest/envelope.h"
#include "core/ingest/expand.h"
#include "core/ingest/ingest_private.h"
#include "core/ingest/normalize.h"
#include "core/ingest/reply.h"
#include "core/ingest/sender.h"

METRIC_COUNTER(items, "mortise_ingest_items_total", "Items of envelopes by their type.", "type");

/* Of an event: more than any SDK sends, and a tree of them fits in some megabytes. */
#define EVENT_DEPTH 128
#define EVENT_VALUES 50000

/* A request on an ingest worker. */
struct intake {
	struct ingest *ingest;
	struct http_request *request;
	int64_t received_us;
	struct buf expanded;
	const char *data;              /* the body after expansion */
	size_t size;
	char public_key[PROJECT_KEY_SIZE];     /* "": not known yet */
	struct key_owner owner;
	char event_id[EVENT_ID_SIZE];  /* of the envelope; "" */
	int wait_s;
	struct err err;                /* words for the sender */
};

/* A step's answer when there is nothing to say. */
#define GO_ON INGEST_OUTCOME_LEN

/* ---- On the loop ---- */

static int64_t admit(struct http_request *request, size_t max)
{
	const char *length = http_header(request, "Content-Length");

	if (strcmp(http_method(request), "POST") != 0)
		ingest_answer_method(request);
	else if (length && strtoll(length, NULL, 10) > (int64_t)max)
		ingest_answer(request, &(struct ingest_answer){.outcome = INGEST_TOO_LARGE});
	else
		return (int64_t)max;
	return -1;
}

static int64_t admit_envelope(struct http_request *request, void *arg)
{
	(void)arg;
	return admit(request, INGEST_ENVELOPE_MAX);
}

static int64_t admit_store(struct http_request *request, void *arg)
{
	(void)arg;
	return admit(request, INGEST_EVENT_MAX);
}

/* ---- Whose it is ---- */

/* Does the key belong to the project in the path? */
static enum ingest_outcome check_key(struct intake *intake)
{
	int64_t project_id;
	int result = keys_find(intake->ingest->keys, intake->public_key, &intake->owner,
		&intake->err);

	if (result == MORTISE_E_NOT_FOUND) {
		err_clear(&intake->err);
		return INGEST_WRONG_KEY;
	}
	if (result < 0)
		return INGEST_OVERLOADED;
	if (!intake->owner.active ||
		!slug_is_id(http_param(intake->request, "project_id"), &project_id) ||
		project_id != intake->owner.project_id)
		return INGEST_WRONG_KEY;
	return GO_ON;
}

/* Before the body is looked at, if the head names the key. */
static enum ingest_outcome check_head(struct intake *intake)
{
	const char *header = http_header(intake->request, "X-Sentry-Auth");
	const char *query = http_query(intake->request, "sentry_key");

	if (!header)
		header = http_header(intake->request, "Authorization");
	if (header && sender_of_header(header, intake->public_key))
		return check_key(intake);
	if (query && sender_of_key(query, intake->public_key))
		return check_key(intake);
	intake->public_key[0] = '\0';
	return header || query ? INGEST_WRONG_KEY : GO_ON;
}

/* The envelope's own DSN: instead of the head's key, or the same. */
static enum ingest_outcome check_envelope(struct intake *intake, const struct envelope *envelope)
{
	const char *dsn = json_string_value(json_object_get(envelope->header, "dsn"));
	const char *event_id = json_string_value(json_object_get(envelope->header, "event_id"));
	char public_key[PROJECT_KEY_SIZE];
	int64_t project_id;

	if (event_id && !normalize_event_id(event_id, intake->event_id))
		intake->event_id[0] = '\0';
	if (!dsn)
		return intake->public_key[0] ? GO_ON : INGEST_NO_KEY;
	if (!sender_of_dsn(dsn, public_key, &project_id))
		return INGEST_WRONG_KEY;
	if (intake->public_key[0])
		return strcmp(public_key, intake->public_key) == 0 ? GO_ON : INGEST_WRONG_KEY;
	strcpy(intake->public_key, public_key);
	return check_key(intake);
}

/* ---- What was sent ---- */

static enum ingest_outcome expand_body(struct intake *intake, size_t max)
{
	static const enum ingest_outcome outcomes[] = {
		[EXPAND_DONE] = GO_ON,
		[EXPAND_UNKNOWN] = INGEST_ENCODING,
		[EXPAND_DAMAGED] = INGEST_MALFORMED,
		[EXPAND_TOO_LARGE] = INGEST_TOO_LARGE,
	};
	const char *encoding = http_header(intake->request, "Content-Encoding");
	enum expand_result result;

	intake->data = http_body(intake->request, &intake->size);
	if (!expand_needed(encoding))
		return GO_ON;
	result = expand(encoding, intake->data, intake->size, max, &intake->expanded);
	intake->data = buf_text(&intake->expanded);
	intake->size = intake->expanded.size;
	if (result == EXPAND_DAMAGED)
		err_set(&intake->err, MORTISE_E_FIELD, "the body is no %s stream", encoding);
	return outcomes[result];
}

/* A count of each kind that we know of, and of all others. */
static void count_item(const char *type)
{
	static const char *const known[] = {"event", "attachment", "check_in", "client_report",
		"feedback", "log", "profile", "replay_event", "replay_recording", "session",
		"sessions", "span", "statsd", "transaction", "user_report"};

	for (size_t i = 0; i < lengthof(known); i++)
		if (strcmp(type, known[i]) == 0) {
			metrics_add(&items, 1, known[i]);
			return;
		}
	metrics_add(&items, 1, "other");
}

/* The envelope's one event, of which '*ret_payload' is NULL if it has none.  All is read,
 * so that half an envelope is not taken for a whole one. */
static enum ingest_outcome find_event(struct intake *intake, struct envelope *envelope,
	const char **ret_payload, size_t *ret_size)
{
	cleanup_envelope_item struct envelope_item item = {0};
	int result;

	*ret_payload = NULL;
	while ((result = envelope_next(envelope, &item, &intake->err)) == 1) {
		count_item(item.type);
		if (strcmp(item.type, "event") != 0)
			continue;
		if (*ret_payload) {
			err_set(&intake->err, MORTISE_E_FIELD,
				"an envelope may have one event, this one has more");
			return INGEST_MALFORMED;
		}
		*ret_payload = item.payload;
		*ret_size = item.size;
	}
	return result < 0 ? INGEST_MALFORMED : GO_ON;
}

static enum ingest_outcome parse_event(struct intake *intake, const char *payload, size_t size,
	json_t **ret_event)
{
	cleanup_free char *text = NULL;
	json_t *event;

	if (size > INGEST_EVENT_MAX)
		return INGEST_TOO_LARGE;
	if (!foreign_json_fits(payload, size, EVENT_DEPTH, EVENT_VALUES)) {
		err_set(&intake->err, MORTISE_E_FIELD, "the event nests deeper than %d levels or "
			"has more than %d values", EVENT_DEPTH, EVENT_VALUES);
		return INGEST_MALFORMED;
	}
	text = xmalloc(size + 1);
	memcpy(text, payload, size);
	text[size] = '\0';
	if (foreign_json_parse(text, size, &event, &intake->err) < 0)
		return INGEST_MALFORMED;
	if (!json_is_object(event)) {
		json_decref(event);
		err_set(&intake->err, MORTISE_E_FIELD, "the event is not a JSON object");
		return INGEST_MALFORMED;
	}
	*ret_event = event;
	return GO_ON;
}

/* ---- Handing it on ---- */

static void choose_event_id(struct intake *intake, const json_t *event)
{
	const char *own = json_string_value(json_object_get(event, "event_id"));
	unsigned char random[(EVENT_ID_SIZE - 1) / 2];

	if (intake->event_id[0] || (own && normalize_event_id(own, intake->event_id)))
		return;
	randombytes_buf(random, sizeof(random));
	sodium_bin2hex(intake->event_id, sizeof(intake->event_id), random, sizeof(random));
}

static struct report *make_report(struct intake *intake, const json_t *event)
{
	struct report *report = new(struct report);
	struct normalize_source source = {.event_id = report->event_id,
		.received_us = intake->received_us, .peer = http_peer(intake->request)};

	choose_event_id(intake, event);
	report->ingest = intake->ingest;
	report->request = intake->request;
	report->owner = intake->owner;
	report->received_us = intake->received_us;
	strcpy(report->public_key, intake->public_key);
	strcpy(report->event_id, intake->event_id);
	report->body = normalize(event, &source, &report->occurred_us);
	describe(report->body);
	return report;
}

void report_free(struct report *report)
{
	json_decref(report->body);
	free(report);
}

/* One event; INGEST_STORED: it is on its way, and the request is answered from there. */
static enum ingest_outcome take_event(struct intake *intake, const char *payload, size_t size)
{
	static const enum ingest_outcome outcomes[] = {
		[KEYS_TAKEN] = GO_ON, [KEYS_LIMITED] = INGEST_LIMITED, [KEYS_BUSY] = INGEST_BUSY};
	cleanup_json json_t *event = NULL;
	struct keys *keys = intake->ingest->keys;
	enum ingest_outcome outcome = outcomes[keys_take(keys, intake->public_key, clock_mono_ms(),
		&intake->wait_s)];
	struct report *report;

	if (outcome != GO_ON)
		return outcome;
	outcome = parse_event(intake, payload, size, &event);
	if (outcome != GO_ON) {
		keys_give_back(keys, intake->public_key);
		return outcome;
	}
	report = make_report(intake, event);
	ingest_accept(report);
	return INGEST_STORED;
}

/* What is still ours is answered here. */
static void end(struct intake *intake, enum ingest_outcome outcome)
{
	if (outcome != INGEST_STORED)
		ingest_answer(intake->request, &(struct ingest_answer){.outcome = outcome,
			.event_id = intake->event_id[0] ? intake->event_id : NULL,
			.detail = intake->err.text, .wait_s = intake->wait_s});
	buf_clear(&intake->expanded);
	err_clear(&intake->err);
}

static enum ingest_outcome take_envelope(struct intake *intake)
{
	cleanup_envelope struct envelope envelope = {0};
	const char *payload;
	enum ingest_outcome outcome;
	size_t size;

	if (envelope_begin(&envelope, intake->data, intake->size, &intake->err) < 0)
		return INGEST_MALFORMED;
	outcome = check_envelope(intake, &envelope);
	if (outcome == GO_ON)
		outcome = find_event(intake, &envelope, &payload, &size);
	if (outcome != GO_ON)
		return outcome;
	return payload ? take_event(intake, payload, size) : INGEST_NO_EVENT;
}

static void handle_envelope(struct http_request *request, void *arg)
{
	struct intake intake = {.ingest = arg, .request = request,
		.received_us = clock_now_us()};
	enum ingest_outcome outcome = check_head(&intake);

	if (outcome == GO_ON)
		outcome = expand_body(&intake, INGEST_ENVELOPE_MAX);
	if (outcome == GO_ON)
		outcome = take_envelope(&intake);
	end(&intake, outcome);
}

static void handle_store(struct http_request *request, void *arg)
{
	struct intake intake = {.ingest = arg, .request = request,
		.received_us = clock_now_us()};
	enum ingest_outcome outcome = check_head(&intake);

	if (outcome == GO_ON && !intake.public_key[0])
		outcome = INGEST_NO_KEY;
	if (outcome == GO_ON)
		outcome = expand_body(&intake, INGEST_EVENT_MAX);
	if (outcome == GO_ON)
		outcome = take_event(&intake, intake.data, intake.size);
	end(&intake, outcome);
}

/* ---- Life ---- */

struct ingest *ingest_new(struct daemon *daemon)
{
	struct ingest *ingest = new(struct ingest);

	ingest->daemon = daemon;
	ingest->keys = keys_new(daemon->store, daemon->settings->ingest_rate);
	http_server_add(daemon->http, &(struct http_route){.method = "*",
		.pattern = "/api/{project_id}/envelope/", .handler = handle_envelope,
		.admit = admit_envelope, .pool = daemon->ingest_pool, .arg = ingest});
	http_server_add(daemon->http, &(struct http_route){.method = "*",
		.pattern = "/api/{project_id}/store/", .handler = handle_store,
		.admit = admit_store, .pool = daemon->ingest_pool, .arg = ingest});
	return ingest;
}

void ingest_free(struct ingest *ingest)
{
	if (!ingest)
		return;
	keys_free(ingest->keys);
	free(ingest);
}

void ingest_forget_keys(struct ingest *ingest)
{
	keys_forget(ingest->keys);
}
