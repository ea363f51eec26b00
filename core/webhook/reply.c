/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
#include "config.h"
#include "core/webhook/reply.h"

#include <string.h>

#include "core/base/log.h"
#include "core/base/mem.h"
#include "core/http/http.h"
#include "core/http/metrics.h"

METRIC_COUNTER(webhooks_total, "mortise_webhooks_total", "Webhooks by what became of them.",
	"provider", "outcome");

/* How a condition is told to the operator. */
enum tell { TELL_NOTHING, TELL_QUIETLY, TELL };

static const struct condition {
	const char *name;
	int status;
	enum tell tell;
	enum webhook_condition as;     /* answered like this one */
	const char *detail;            /* for the sender */
} conditions[] = {
	[WEBHOOK_METHOD] = {"method", 405, TELL, WEBHOOK_METHOD, "Method not allowed"},
	[WEBHOOK_TOO_LARGE] = {"too_large", 413, TELL, WEBHOOK_TOO_LARGE, "The body is too large"},
	[WEBHOOK_OVERLOADED] = {"overloaded", 503, TELL, WEBHOOK_OVERLOADED,
		"The webhook cannot be stored now; send it again later"},
	[WEBHOOK_NOT_CONFIGURED] = {"not_configured", 503, TELL, WEBHOOK_NOT_CONFIGURED,
		"This provider is not configured"},
	[WEBHOOK_EMPTY_BODY] = {"empty_body", 400, TELL, WEBHOOK_EMPTY_BODY, "The body is empty"},
	[WEBHOOK_NO_EVENT] = {"no_event", 400, TELL, WEBHOOK_NO_EVENT,
		"The request names no event"},
	[WEBHOOK_OTHER_EVENT] = {"other_event", 204, TELL_QUIETLY, WEBHOOK_OTHER_EVENT, ""},
	[WEBHOOK_IGNORED_EVENT] = {"ignored_event", 0, TELL_QUIETLY, WEBHOOK_ACCEPTED, ""},
	[WEBHOOK_NOT_JSON] = {"not_json", 400, TELL, WEBHOOK_NOT_JSON, "The body is not JSON"},
	[WEBHOOK_NO_SUBJECT] = {"no_subject", 400, TELL, WEBHOOK_NO_SUBJECT,
		"The request does not say whom it is about"},
	[WEBHOOK_UNKNOWN_INTEGRATION] = {"unknown_integration", 404, TELL,
		WEBHOOK_UNKNOWN_INTEGRATION, "There is no such integration"},
	[WEBHOOK_NO_LINK] = {"no_link", 0, TELL_QUIETLY, WEBHOOK_ACCEPTED, ""},
	[WEBHOOK_NO_SIGNATURE] = {"no_signature", 401, TELL, WEBHOOK_NO_SIGNATURE,
		"The request is not signed"},
	[WEBHOOK_BAD_TOKEN] = {"bad_token", 400, TELL, WEBHOOK_BAD_TOKEN,
		"The signature has no known form"},
	[WEBHOOK_BAD_SIGNATURE] = {"bad_signature", 401, TELL, WEBHOOK_BAD_SIGNATURE,
		"The signature does not match"},
	[WEBHOOK_NO_KID] = {"no_kid", 400, TELL, WEBHOOK_NO_KID, "The token names no key"},
	[WEBHOOK_UNKNOWN_KEY] = {"unknown_key", 400, TELL, WEBHOOK_UNKNOWN_KEY,
		"The key that the token names is not known"},
	[WEBHOOK_EXPIRED] = {"expired", 401, TELL, WEBHOOK_EXPIRED, "The token has expired"},
	[WEBHOOK_BAD_QSH] = {"bad_qsh", 401, TELL, WEBHOOK_BAD_QSH,
		"The token was made for another request"},
	/* A token that counts once has expired by its use. */
	[WEBHOOK_REPLAYED] = {"replayed", 0, TELL, WEBHOOK_EXPIRED, "The token was used before"},
	[WEBHOOK_BAD_BIND] = {"bad_bind", 400, TELL, WEBHOOK_BAD_BIND,
		"The body does not belong to its signature"},
	[WEBHOOK_ACCEPTED] = {"accepted", 202, TELL_NOTHING, WEBHOOK_ACCEPTED, ""},
	[WEBHOOK_DUPLICATE] = {"duplicate", 0, TELL_QUIETLY, WEBHOOK_ACCEPTED, ""},
};

bool webhook_condition_known(const char *name)
{
	for (int i = 0; i < WEBHOOK_CONDITION_LEN; i++)
		if (conditions[i].as == (enum webhook_condition)i && strcmp(conditions[i].name, name) == 0)
			return true;
	return false;
}

static const struct mortise_reply *find_reply(const struct webhook_plan *plan, const char *name)
{
	for (size_t i = 0; i < plan->reg->reply_len; i++)
		if (strcmp(plan->reg->replies[i].condition, name) == 0)
			return &plan->reg->replies[i];
	return NULL;
}

int webhook_status(const struct webhook_plan *plan, const struct mortise_event *event,
	enum webhook_condition condition, const char **ret_body)
{
	enum webhook_condition as = conditions[condition].as;
	const struct mortise_reply *reply = find_reply(plan, conditions[as].name);

	*ret_body = reply ? reply->body : NULL;
	if (as == WEBHOOK_ACCEPTED && event && event->accepted != 0)
		return event->accepted;
	/* Whoever is asked to come again must be able to. */
	if (as == WEBHOOK_OVERLOADED || !reply || reply->status == 0)
		return conditions[as].status;
	return reply->status;
}

static void log_refused(const struct webhook_set *set, const struct condition *c, int status,
	const char *why)
{
	const struct log_field provider = LOG_TEXT("provider", set->provider->provider.key);
	const struct log_field reason = LOG_TEXT("reason", c->name);

	if (why)
		log_notice("webhook.rejected", provider, reason, LOG_INT("status", status),
			LOG_TEXT("why", why));
	else
		log_notice("webhook.rejected", provider, reason, LOG_INT("status", status));
}

/* At most ten lines a minute for each condition. */
static void log_answer(const struct webhook_set *set, enum webhook_condition condition, int status,
	const char *why)
{
	static struct log_limit limits[WEBHOOK_CONDITION_LEN];
	const struct condition *c = &conditions[condition];
	int64_t dropped;

	if (c->tell == TELL_NOTHING || !log_limit_take(&limits[condition], &dropped))
		return;
	if (dropped > 0)
		log_notice("log.dropped", LOG_TEXT("of", "webhook.rejected"),
			LOG_TEXT("reason", c->name), LOG_INT("count", dropped));
	if (c->tell == TELL)
		log_refused(set, c, status, why);
	else
		log_info("webhook.ignored", LOG_TEXT("provider", set->provider->provider.key),
			LOG_TEXT("reason", c->name), LOG_INT("status", status));
}

static void send_body(struct http_request *request, int status, const char *body,
	const char *detail)
{
	if (body)
		http_reply_bytes(request, status, "application/json", body, strlen(body));
	else if (status >= 400)
		http_reply_json(request, status, json_pack("{s:s}", "detail", detail));
	else
		http_reply_empty(request, status);
	http_send(request);
}

void webhook_answer(struct http_request *request, const struct webhook_set *set,
	const struct webhook_plan *plan, const struct mortise_event *event,
	enum webhook_condition condition, const char *why)
{
	const struct condition *c = &conditions[condition];
	const char *body;
	int status = webhook_status(plan, event, condition, &body);

	metrics_add(&webhooks_total, 1, set->provider->provider.key, c->name);
	log_answer(set, condition, status, why);
	if (condition == WEBHOOK_METHOD)
		http_reply_header(request, "Allow", webhook_methods(plan));
	if (status == 503)
		http_reply_header(request, "Retry-After", "5");
	send_body(request, status, body, c->detail);
}

void webhook_answer_json(struct http_request *request, const struct webhook_set *set,
	int status, json_t *json_take)
{
	metrics_add(&webhooks_total, 1, set->provider->provider.key,
		status < 400 ? "handled" : "failed");
	if (status == 503)
		http_reply_header(request, "Retry-After", "5");
	http_reply_json(request, status, json_take);
	http_send(request);
}
