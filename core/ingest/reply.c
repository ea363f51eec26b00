/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
#include "config.h"
#include "core/ingest/reply.h"

#include <stdio.h>
#include <string.h>

#include "core/base/log.h"
#include "core/base/mem.h"
#include "core/http/http.h"
#include "core/http/metrics.h"

METRIC_COUNTER(ingested, "mortise_events_total", "Events of SDKs by what became of them.",
	"outcome");

#define BUSY_WAIT_S 5
#define DAY_S "86400"

static const struct outcome {
	const char *name;
	int status;
	const char *detail;
} outcomes[] = {
	[INGEST_STORED] = {"stored", 200, NULL},
	[INGEST_REPEATED] = {"repeated", 200, NULL},
	[INGEST_NO_EVENT] = {"no_event", 200, NULL},
	[INGEST_NO_KEY] = {"no_key", 401, "The request names no key: send X-Sentry-Auth, "
		"sentry_key or the DSN in the envelope's header"},
	[INGEST_WRONG_KEY] = {"wrong_key", 403,
		"The DSN is not one of this project, or it is disabled"},
	[INGEST_MALFORMED] = {"malformed", 400, "The body is malformed"},
	[INGEST_ENCODING] = {"encoding", 415, "Content-Encoding must be gzip or deflate"},
	[INGEST_TOO_LARGE] = {"too_large", 413,
		"An event may have 1 MiB and an envelope 20 MiB, after decompression"},
	[INGEST_LIMITED] = {"limited", 429, "Too many events of this key; wait"},
	[INGEST_BUSY] = {"busy", 429, "Too many events of this key at a time; wait"},
	[INGEST_OVERLOADED] = {"overloaded", 503, "The event cannot be stored now"},
};

/* Whatever page an SDK runs in may read what it is answered. */
static void allow_origins(struct http_request *request)
{
	http_reply_header(request, "Access-Control-Allow-Origin", "*");
	http_reply_header(request, "Access-Control-Expose-Headers",
		"X-Sentry-Error, X-Sentry-Rate-Limits, Retry-After");
	http_reply_header(request, "Cross-Origin-Resource-Policy", "cross-origin");
}

/* At most ten lines a minute for each outcome. */
static void log_refused(const struct outcome *outcome, enum ingest_outcome which,
	const char *detail)
{
	static struct log_limit limits[INGEST_OUTCOME_LEN];
	int64_t dropped;

	if (outcome->status < 400 || !log_limit_take(&limits[which], &dropped))
		return;
	if (dropped > 0)
		log_notice("log.dropped", LOG_TEXT("of", "event.rejected"),
			LOG_TEXT("reason", outcome->name), LOG_INT("count", dropped));
	log_notice("event.rejected", LOG_TEXT("reason", outcome->name),
		LOG_INT("status", outcome->status), LOG_TEXT("detail", detail));
}

static void add_wait(struct http_request *request, int status, int wait_s)
{
	char seconds[16], limits[64];

	if (status != 429 && status != 503)
		return;
	if (wait_s == 0)
		wait_s = BUSY_WAIT_S;
	snprintf(seconds, sizeof(seconds), "%d", wait_s);
	http_reply_header(request, "Retry-After", seconds);
	if (status == 503)
		return;
	/* Seconds, categories (errors and messages), scope. */
	snprintf(limits, sizeof(limits), "%d:error;default:key", wait_s);
	http_reply_header(request, "X-Sentry-Rate-Limits", limits);
}

void ingest_answer(struct http_request *request, const struct ingest_answer *answer)
{
	const struct outcome *outcome = &outcomes[answer->outcome];
	const char *detail = answer->detail ? answer->detail : outcome->detail;

	metrics_add(&ingested, 1, outcome->name);
	log_refused(outcome, answer->outcome, detail);
	allow_origins(request);
	add_wait(request, outcome->status, answer->wait_s);
	if (outcome->status >= 400) {
		http_reply_header(request, "X-Sentry-Error", detail);
		http_reply_json(request, outcome->status, json_pack("{s:s}", "detail", detail));
	} else {
		http_reply_json(request, outcome->status, answer->event_id ?
			json_pack("{s:s}", "id", answer->event_id) : json_object());
	}
	http_send(request);
}

void ingest_answer_method(struct http_request *request)
{
	allow_origins(request);
	http_reply_header(request, "Allow", "POST, OPTIONS");
	if (strcmp(http_method(request), "OPTIONS") == 0) {
		http_reply_header(request, "Access-Control-Allow-Methods", "POST");
		http_reply_header(request, "Access-Control-Allow-Headers",
			"Authorization, Content-Encoding, Content-Type, X-Requested-With, "
			"X-Sentry-Auth");
		http_reply_header(request, "Access-Control-Max-Age", DAY_S);
		http_reply_empty(request, 204);
	} else {
		http_reply_json(request, 405, json_pack("{s:s}", "detail", "Method not allowed"));
	}
	http_send(request);
}
