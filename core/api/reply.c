/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
#include "config.h"
#include "core/api/reply.h"

#include <inttypes.h>
#include <stdio.h>

#include "core/base/clock.h"
#include "core/base/err.h"
#include "core/base/log.h"
#include "core/http/http.h"

#define RETRY_AFTER_S 5

static void reply_retry_after(struct http_request *request, const struct err *err)
{
	int64_t seconds = RETRY_AFTER_S;
	char text[24];

	if (err->retry_at_ms > 0)
		seconds = (err->retry_at_ms - clock_now_us() / 1000 + 999) / 1000;
	snprintf(text, sizeof(text), "%" PRId64, seconds > 0 ? seconds : 1);
	http_reply_header(request, "Retry-After", text);
}

/* What a fault of ours says stays in the log: it may speak of tables and files. */
static json_t *reply_detail(const struct http_request *request, const struct err *err,
	const struct err_meaning *meaning)
{
	const char *text = err->code == MORTISE_E_INTERNAL
		? "Something went wrong here; the operator finds the reason by the errorId"
		: err_text(err);
	json_t *body = json_pack("{s:s}", "detail", text);

	if (meaning->error_id) {
		json_object_set_new(body, "errorId", json_string(http_id(request)));
		log_at(meaning->log_level, "api.failed", LOG_TEXT("error_id", http_id(request)),
			LOG_TEXT("code", meaning->name), LOG_INT("upstream", err->upstream_status),
			LOG_TEXT("reason", err_text(err)));
	}
	return body;
}

static int reply_status(const struct err *err, const struct err_meaning *meaning)
{
	if (err->refused)
		return 403;
	return meaning->http_status > 0 ? meaning->http_status : 400;
}

void reply_err(struct http_request *request, const struct err *err)
{
	const struct err_meaning *meaning = err_meaning(err->code);
	int status = reply_status(err, meaning);
	json_t *body;

	if (err->code == MORTISE_E_FIELD && err->fields)
		body = json_deep_copy(err->fields);
	else
		body = reply_detail(request, err, meaning);
	if (status == 429 || status == 503)
		reply_retry_after(request, err);
	http_reply_json(request, status, body);
}

void reply_pipeline_err(struct http_request *request, const struct err *err)
{
	const struct err_meaning *meaning = err_meaning(err->code);
	int status = reply_status(err, meaning);
	json_t *body;

	/* Wrong fields, and a pipeline that is not there, look as everywhere. */
	if ((err->code == MORTISE_E_FIELD && err->fields) || err->code == MORTISE_E_NOT_FOUND) {
		reply_err(request, err);
		return;
	}
	body = reply_detail(request, err, meaning);
	json_object_set_new(body, "status", json_string("error"));
	json_object_set_new(body, "data", json_pack("{s:O}", "detail",
		json_object_get(body, "detail")));
	if (err->code == MORTISE_E_SETTINGS)
		json_object_set_new(json_object_get(body, "data"), "warning", json_true());
	if (status == 429 || status == 503)
		reply_retry_after(request, err);
	http_reply_json(request, status, body);
}

void reply_refusal(struct http_request *request, const struct err *err)
{
	if (err->code != MORTISE_E_IDENTITY) {
		reply_err(request, err);
		return;
	}
	http_reply_header(request, "WWW-Authenticate", "Bearer realm=\"api\"");
	http_reply_json(request, 401, json_pack("{s:s}", "detail", err_text(err)));
}
