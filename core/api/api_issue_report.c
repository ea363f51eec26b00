/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * Reporting an issue, for applications that keep their own: POST to a project's issues.
 * The key (or fingerprint) says which issue it is; the first report makes it (201), each
 * further one counts it and takes over what it says anew (200).  A resolved one that is
 * reported again regresses, as with events.  `event`, in the form SDKs send, is kept as
 * theirs are; which issue it belongs to is still the key's to say.
 */
#include "config.h"
#include "core/api/routes.h"

#include <string.h>

#include <sodium.h>

#include "core/api/issue_json.h"
#include "core/base/clock.h"
#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/base/pack.h"
#include "core/config/settings.h"
#include "core/crypto/digest.h"
#include "core/daemon/daemon.h"
#include "core/http/http.h"
#include "core/ingest/describe.h"
#include "core/ingest/normalize.h"
#include "core/issue/release_version.h"
#include "core/issue/seen.h"
#include "core/job/job.h"
#include "core/storage/dictionary.h"
#include "core/storage/event.h"
#include "core/storage/issue.h"
#include "core/storage/project.h"
#include "core/storage/store.h"

#define KEY_PARTS_MAX 32
#define TEXT_MAX 1024          /* bytes of any one text */
#define METADATA_MAX 16384
#define TIMES_MAX INT64_C(1000000000)

struct report {
	const struct api_call *call;
	struct issue_seen seen;
	char hash[ISSUE_HASH_SIZE];
	const char *hashes[1];
	struct issue_seen_result result;
	/* Of the event, if there is one: */
	char event_id[EVENT_ID_SIZE];
	json_t *body;
	char *text;                /* of the body; NULL: no event */
	struct packed packed;
	struct event_new event;
	json_t *json;
};

static void report_clear(struct report *report)
{
	packed_clear(&report->packed);
	free(report->text);
	json_decref(report->body);
}

/* ---- Reading ---- */

/* A text of 1 to TEXT_MAX bytes; NULL for none. */
static const char *read_text(json_t *body, const char *name, struct err *err)
{
	const json_t *given = json_object_get(body, name);
	const char *text = json_string_value(given);

	if (!given || json_is_null(given))
		return NULL;
	if (!text || !*text || strlen(text) > TEXT_MAX)
		err_field(err, name, "Must be a text of 1 to %d bytes.", TEXT_MAX);
	return text;
}

static int64_t read_time(json_t *body, const char *name, int64_t now_us, struct err *err)
{
	const char *text = read_text(body, name, err);
	int64_t time_us = now_us;

	if (text && !clock_parse(text, &time_us))
		err_field(err, name, "Must be a time like 2026-05-01T10:00:00Z.");
	else if (time_us < 0)
		err_field(err, name, "Must not be before 1970.");
	return time_us < now_us ? time_us : now_us;
}

static int read_level(json_t *body, struct err *err)
{
	const char *text = read_text(body, "level", err);
	int level = text ? issue_level_parse(text) : 0;

	if (text && !level)
		err_field(err, "level", "A level is debug, info, warning, error or fatal.");
	return level;
}

static const json_t *read_metadata(json_t *body, struct err *err)
{
	const json_t *given = json_object_get(body, "metadata");

	if (!given || json_is_null(given))
		return NULL;
	if (!json_is_object(given) || json_dumpb(given, NULL, 0, JSON_COMPACT) > METADATA_MAX)
		err_field(err, "metadata", "Must be an object of at most %d bytes.", METADATA_MAX);
	return given;
}

static int64_t read_times(json_t *body, struct err *err)
{
	const json_t *given = json_object_get(body, "count");
	int64_t times = given ? json_integer_value(given) : 1;

	if (times < 1 || times > TIMES_MAX)
		err_field(err, "count", "Must be a number from 1 to %" JSON_INTEGER_FORMAT ".",
			(json_int_t)TIMES_MAX);
	return times;
}

static void hash_text(const char *text, char ret_hash[static ISSUE_HASH_SIZE])
{
	unsigned char digest[DIGEST_MAX_SIZE];
	size_t size = digest_of(DIGEST_SHA256, text, strlen(text), digest);

	sodium_bin2hex(ret_hash, ISSUE_HASH_SIZE, digest, size);
}

/* A digest of the parts as JSON, so that no two lists run together. */
static void read_hash(json_t *body, struct report *report, struct err *err)
{
	json_t *key = json_object_get(body, "key");
	json_t *fingerprint = json_object_get(body, "fingerprint");
	cleanup_json json_t *parts = NULL;
	cleanup_free char *text = NULL;
	json_t *part;
	size_t i;

	if (!key == !fingerprint) {
		err_field(err, "fingerprint", "Give either \"key\", a text, or \"fingerprint\", a "
			"list of texts.");
		return;
	}
	if (key)
		(void)read_text(body, "key", err);
	parts = key ? json_pack("[O]", key) : json_incref(fingerprint);
	if (!json_is_array(parts) || json_array_size(parts) == 0 ||
		json_array_size(parts) > KEY_PARTS_MAX) {
		err_field(err, "fingerprint", "Must be a list of 1 to %d texts.", KEY_PARTS_MAX);
		return;
	}
	json_array_foreach(parts, i, part)
		if (!json_is_string(part) || json_string_length(part) > TEXT_MAX) {
			err_field(err, "fingerprint", "Each part must be a text of at most %d "
				"bytes.", TEXT_MAX);
			return;
		}
	text = json_dumps(parts, JSON_COMPACT);
	hash_text(text, report->hash);
}

static void read_release(json_t *body, struct issue_seen *seen, struct err *err)
{
	seen->release = read_text(body, "release", err);
	if (seen->release && err->code == 0)
		(void)release_version_check(seen->release, err);
}

/* Its id, or one that is made here. */
static void read_event_id(const json_t *event, char ret_id[static EVENT_ID_SIZE])
{
	const char *given = json_string_value(json_object_get(event, "event_id"));
	unsigned char random[(EVENT_ID_SIZE - 1) / 2];

	if (given && normalize_event_id(given, ret_id))
		return;
	randombytes_buf(random, sizeof(random));
	sodium_bin2hex(ret_id, EVENT_ID_SIZE, random, sizeof(random));
}

static void read_event(const struct api_call *call, struct report *report, struct err *err)
{
	const struct dictionary_kind kind = {DICTIONARY_EVENTS, ""};
	const json_t *given = json_object_get(call->body, "event");
	cleanup_json json_t *body = NULL;
	int64_t occurred_us;

	if (!given || json_is_null(given))
		return;
	if (!json_is_object(given)) {
		err_field(err, "event", "Must be an object, as SDKs send events.");
		return;
	}
	read_event_id(given, report->event_id);
	body = normalize(given, &(struct normalize_source){
		.event_id = report->event_id,
		.received_us = report->seen.now_us,
		.peer = http_peer(call->request),
	}, &occurred_us);
	describe(body);
	json_object_set_new(body, "hashes", json_pack("[s]", report->hash));
	report->text = json_dumps(body, JSON_COMPACT);
	pack(report->text, strlen(report->text), dictionaries_current(
		store_dictionaries(call->daemon->store), &kind, NULL), &report->packed);
	report->seen.event_id = report->event_id;
	report->event = (struct event_new){
		.event_id = report->event_id,
		.occurred_us = occurred_us,
		.received_us = report->seen.now_us,
		.environment = json_string_value(json_object_get(body, "environment")),
		.weight = describe_weight(body),
		.body = &report->packed,
	};
	report->body = steal(&body);
}

static int report_read(const struct api_call *call, struct report *report, struct err *err)
{
	int64_t now_us = clock_now_us();
	json_t *body = call->body;

	read_hash(body, report, err);
	report->hashes[0] = report->hash;
	report->seen = (struct issue_seen){
		.organization_id = call->principal.organization_id,
		.project_id = call->project.id,
		.hashes = report->hashes,
		.hash_len = 1,
		.title = read_text(body, "title", err),
		.culprit = read_text(body, "culprit", err),
		.type = read_text(body, "type", err),
		.platform = read_text(body, "platform", err),
		.logger = read_text(body, "logger", err),
		.url = read_text(body, "url", err),
		.level = read_level(body, err),
		.metadata = read_metadata(body, err),
		.describe = true,
		.times = read_times(body, err),
		.seen_at_us = read_time(body, "lastSeen", now_us, err),
		.now_us = now_us,
		.origin = call->principal.origin,
	};
	read_release(body, &report->seen, err);
	read_event(call, report, err);
	if (!json_object_get(body, "title"))
		err_field(err, "title", "This field is required.");
	if (report->seen.url && strncmp(report->seen.url, "https://", 8) != 0 &&
		strncmp(report->seen.url, "http://", 7) != 0)
		err_field(err, "url", "Must begin with https:// or http://.");
	return err->code;
}

/* ---- Writing ---- */

static int keep_event(struct tx *tx, struct report *report, bool known, struct err *err)
{
	int keep = report->call->daemon->settings->ingest_events_per_issue;
	int64_t id;

	if (!report->text || known)
		return 0;
	report->event.issue_id = report->result.issue_id;
	report->event.project_id = report->seen.project_id;
	report->event.release_id = report->result.release_id;
	return event_insert(tx, &report->event, keep, &id, err);
}

static int report_in(struct tx *tx, void *arg, struct err *err)
{
	struct report *report = arg;
	cleanup_issue struct issue issue = {0};
	bool known = false;

	json_decref(report->json);
	report->json = NULL;
	/* An event that is there already is counted, but not kept twice. */
	if (report->text && event_known(tx, report->seen.project_id, report->hash, report->event_id, &known,
				    err) < 0)
		return err->code;
	if (issue_seen(tx, &report->seen, &report->result, err) < 0 ||
		keep_event(tx, report, known, err) < 0 ||
		issue_get(tx, report->result.issue_id, &issue, err) < 0)
		return err->code;
	return issue_json_details(tx, report->call, &issue, &report->json, err);
}

static int report_issue(struct api_call *call, struct err *err)
{
	struct report report = {.call = call};
	int result = report_read(call, &report, err);

	if (result == 0)
		result = store_write(call->daemon->store, report_in, &report, err);
	report_clear(&report);
	if (result < 0) {
		json_decref(report.json);
		return result;
	}
	if (report.result.regressed)
		jobs_wake(call->daemon->jobs);
	call->status = report.result.created ? 201 : 200;
	call->reply = report.json;
	return 0;
}

const struct api_route api_issue_report_routes[] = {
	{"POST", "/api/0/projects/{org}/{project}/issues/", SCOPES_G_POST, API_BODY, report_issue},
	{0},
};
