/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * The way in: the checks of a webhook, in their fixed order, one function each.
 * Nothing from a request that is not yet verified is used but to find the key.
 *
 * Method, configuration and size are looked at on the loop, before the body is read;
 * the rest on an intake worker.  From where a token's key must be fetched, it goes on on a
 * request worker: the intake never waits for others.
 */
#include "config.h"

#include <ctype.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/err.h"
#include "core/base/log.h"
#include "core/base/mem.h"
#include "core/base/pool.h"
#include "core/daemon/daemon.h"
#include "core/http/http.h"
#include "core/provider/provider.h"
#include "core/webhook/webhook_private.h"

#define GO_ON WEBHOOK_GO_ON

typedef enum webhook_condition check_fn(struct intake *intake);

/* ---- On the loop ---- */

static bool is_announced_larger(struct http_request *request, int64_t max)
{
	const char *length = http_header(request, "Content-Length");

	return length && strtoll(length, NULL, 10) > max;
}

static int64_t admit_to(struct http_request *request, struct webhooks *webhooks,
	const struct webhook_set *set)
{
	struct webhook_path path;
	enum webhook_match match = webhook_set_find(set, http_method(request),
		http_param(request, "rest"), &path);
	const struct webhook_plan *plan = path.plan;
	enum webhook_condition condition = GO_ON;
	int64_t max = WEBHOOK_BODY_MAX;

	webhook_path_clear(&path);
	if (match == WEBHOOK_NO_PATH && webhooks->others.admit)
		return webhooks->others.admit(request, webhooks->others.arg);
	if (match == WEBHOOK_NO_PATH) {
		http_reply_json(request, 404,
			json_pack("{s:s}", "detail", "There is no such webhook"));
		http_send(request);
		return -1;
	}
	if (plan->reg->webhook.max_body > 0)
		max = (int64_t)plan->reg->webhook.max_body;
	if (match == WEBHOOK_NO_METHOD)
		condition = WEBHOOK_METHOD;
	else if (!plan->configured)
		condition = WEBHOOK_NOT_CONFIGURED;
	else if (is_announced_larger(request, max))
		condition = WEBHOOK_TOO_LARGE;
	if (condition == GO_ON)
		return max;
	webhook_answer(request, set, plan, NULL, condition, NULL);
	return -1;
}

int64_t intake_admit(struct http_request *request, void *arg)
{
	struct webhooks *webhooks = arg;
	cleanup(webhook_set_unrefp) struct webhook_set *set =
		webhooks_find(webhooks, http_param(request, "slug"));

	if (set)
		return admit_to(request, webhooks, set);
	http_reply_json(request, 404, json_pack("{s:s}", "detail", "There is no such provider"));
	http_send(request);
	return -1;
}

/* ---- On an intake worker ---- */

const char *intake_header(const void *arg, const char *name)
{
	const struct intake *intake = arg;

	return http_header(intake->request, name);
}

/* But for a token's own segment: that is a secret. */
static const char *path_of(const void *arg, const char *name)
{
	const struct intake *intake = arg;
	const struct reg_webhook *reg = intake->plan->reg;

	for (size_t i = 0; i < reg->token_len; i++)
		if (reg->tokens[i].where == MORTISE_TOKEN_PATH &&
			strcmp(reg->tokens[i].name, name) == 0)
			return NULL;
	return webhook_path_value(&intake->path, name);
}

static enum expression_state evaluate(const struct intake *intake,
	const struct expression *expression, char ret_text[static SCANNER_VALUE_SIZE + 1])
{
	struct expression_source source = {
		.header = intake_header,
		.path = path_of,
		.arg = intake,
		.body = intake->scanned ? &intake->picked : NULL,
		.claims = intake->token ? token_claims(intake->token) : NULL,
	};

	return expression ? expression_evaluate(expression, &source, ret_text) :
		EXPRESSION_ABSENT;
}

/* The provider's own keys. */
static enum webhook_condition check_configured(struct intake *intake)
{
	cleanup_err struct err err = {0};
	int result;

	if (!webhook_has_slot(intake->plan, "provider:"))
		return GO_ON;
	result = subject_get(intake->webhooks->subjects, intake->set, intake->plan, "",
		&intake->own, &err);
	if (result == 0)
		return GO_ON;
	log_limited(MORTISE_LOG_ERROR, "webhook.key_unreadable",
		LOG_TEXT("provider", intake->set->provider->provider.key),
		LOG_TEXT("reason", err_text(&err)));
	return result == MORTISE_E_SETTINGS ? WEBHOOK_NOT_CONFIGURED : WEBHOOK_OVERLOADED;
}

/* Parts of event and subject that are headers. */
static enum webhook_condition check_headers(struct intake *intake)
{
	if (intake->plan->event &&
		evaluate(intake, intake->plan->event, intake->event_name) == EXPRESSION_ABSENT)
		return WEBHOOK_NO_EVENT;
	if (intake->plan->subject &&
		evaluate(intake, intake->plan->subject, intake->external_id) == EXPRESSION_ABSENT)
		return WEBHOOK_NO_SUBJECT;
	return GO_ON;
}

static enum webhook_condition check_empty(struct intake *intake)
{
	return intake->has_body && intake->size == 0 ? WEBHOOK_EMPTY_BODY : GO_ON;
}

static enum webhook_condition check_known(struct intake *intake)
{
	intake->event = webhook_event(intake->plan, intake->event_name);
	/* Without a list, any event is for the handler. */
	if (intake->plan->reg->event_len == 0)
		return GO_ON;
	if (!intake->event)
		return WEBHOOK_OTHER_EVENT;
	return intake->event->flags & MORTISE_EVENT_HANDLE ? GO_ON : WEBHOOK_IGNORED_EVENT;
}

static bool names_event_early(const struct intake *intake)
{
	return !intake->plan->event || !expression_needs_body(intake->plan->event);
}

static enum webhook_condition check_early_event(struct intake *intake)
{
	return names_event_early(intake) ? check_known(intake) : GO_ON;
}

/* Does the key lie with the integration or link? */
static bool verifies_late(const struct intake *intake)
{
	return intake_has_slot(intake, "integration:") || intake_has_slot(intake, "install:");
}

static enum webhook_condition check_early_signature(struct intake *intake)
{
	if (verifies_late(intake))
		return GO_ON;
	if (intake_fetches_key(intake))
		return intake->may_wait ? intake_verify_fetched(intake) : WEBHOOK_MUST_WAIT;
	return intake_verify(intake, intake->own ? intake->own->keys : NULL, 0);
}

static enum webhook_condition check_json(struct intake *intake)
{
	if (!intake->has_body)
		intake->scanned = scanner_scan(intake->plan->scanner, "{}", 2, &intake->picked);
	else
		intake->scanned = scanner_scan(intake->plan->scanner, intake->data, intake->size,
			&intake->picked);
	return intake->scanned ? GO_ON : WEBHOOK_NOT_JSON;
}

static enum webhook_condition check_event(struct intake *intake)
{
	if (names_event_early(intake))
		return GO_ON;
	if (evaluate(intake, intake->plan->event, intake->event_name) != EXPRESSION_PRESENT)
		return WEBHOOK_NO_EVENT;
	return check_known(intake);
}

static enum webhook_condition check_subject(struct intake *intake)
{
	int scope = intake->plan->reg->webhook.scope;

	intake->subject_scope = scope == MORTISE_SCOPE_SUBJECT ||
		(intake->event && intake->event->flags & MORTISE_EVENT_LIFECYCLE);
	if (scope == MORTISE_SCOPE_PROVIDER)
		return GO_ON;
	if (evaluate(intake, intake->plan->subject, intake->external_id) != EXPRESSION_PRESENT)
		return WEBHOOK_NO_SUBJECT;
	return GO_ON;
}

static enum webhook_condition check_integration(struct intake *intake)
{
	cleanup_err struct err err = {0};

	if (intake->plan->reg->webhook.scope == MORTISE_SCOPE_PROVIDER)
		return GO_ON;
	if (subject_get(intake->webhooks->subjects, intake->set, intake->plan,
		    intake->external_id, &intake->subject, &err) < 0) {
		log_limited(MORTISE_LOG_ERROR, "webhook.lookup_failed",
			LOG_TEXT("reason", err_text(&err)));
		return WEBHOOK_OVERLOADED;
	}
	return intake->subject->len > 0 || intake->subject_scope ? GO_ON :
		WEBHOOK_UNKNOWN_INTEGRATION;
}

static void add_target(struct intake *intake, const struct subject_integration *integration,
	const struct subject_link *link)
{
	intake->targets[intake->target_len++] = (struct webhook_target){
		.integration_id = integration->id,
		.link_id = link ? link->id : 0,
		.organization_id = link ? link->organization_id : 0,
	};
}

/* The links whose own key matches, or all of them where the key is not theirs. */
static enum webhook_condition target_links(struct intake *intake,
	const struct subject_integration *integration)
{
	bool own_keys = intake_has_slot(intake, "install:");
	enum webhook_condition last = WEBHOOK_BAD_SIGNATURE;

	for (size_t i = 0; i < integration->link_len; i++) {
		const struct subject_link *link = &integration->links[i];
		enum webhook_condition condition = own_keys ?
			intake_verify(intake, link->keys, integration->id) : GO_ON;

		if (condition == GO_ON)
			add_target(intake, integration, link);
		else if (last == WEBHOOK_BAD_SIGNATURE)
			last = condition;
	}
	return intake->target_len > 0 ? GO_ON : last;
}

static enum webhook_condition target_integration(struct intake *intake,
	const struct subject_integration *integration)
{
	enum webhook_condition condition = GO_ON;

	if (intake_has_slot(intake, "integration:"))
		condition = intake_verify(intake, integration->keys, integration->id);
	if (condition != GO_ON)
		return condition;
	if (!intake->subject_scope && (!integration->active || integration->link_len == 0))
		return WEBHOOK_NO_LINK;
	if (intake->plan->reg->webhook.scope == MORTISE_SCOPE_INSTALL ||
		intake_has_slot(intake, "install:"))
		return target_links(intake, integration);
	add_target(intake, integration, NULL);
	return GO_ON;
}

static size_t count_targets(const struct subject *subject)
{
	size_t len = 1;

	for (size_t i = 0; subject && i < subject->len; i++)
		len += 1 + subject->integrations[i].link_len;
	return len;
}

/* Signatures whose key needed the body; and for whom the item runs. */
static enum webhook_condition check_late_signature(struct intake *intake)
{
	enum webhook_condition last = WEBHOOK_BAD_SIGNATURE;
	bool late = verifies_late(intake);

	intake->targets = xcalloc(count_targets(intake->subject), sizeof(*intake->targets));
	for (size_t i = 0; intake->subject && i < intake->subject->len; i++) {
		const struct subject_integration *integration = &intake->subject->integrations[i];
		enum webhook_condition condition;

		if (intake->subject_scope && !late) {
			add_target(intake, integration, NULL);
			break;
		}
		condition = target_integration(intake, integration);
		/* The others may have other keys: what is wrong beyond that says more. */
		if (condition != GO_ON && last == WEBHOOK_BAD_SIGNATURE)
			last = condition;
	}
	if (intake->target_len > 0)
		return GO_ON;
	if (intake->subject && intake->subject->len > 0)
		return last;
	if (late)
		return intake_verify(intake, NULL, 0);
	/* A new subject, or the provider as a whole. */
	intake->target_len = 1;
	return GO_ON;
}

static enum webhook_condition check_bind(struct intake *intake)
{
	char left[SCANNER_VALUE_SIZE + 1], right[SCANNER_VALUE_SIZE + 1];

	if (!intake->plan->bind_left)
		return GO_ON;
	if (evaluate(intake, intake->plan->bind_left, left) != EXPRESSION_PRESENT ||
		evaluate(intake, intake->plan->bind_right, right) != EXPRESSION_PRESENT ||
		strcmp(left, right) != 0)
		return WEBHOOK_BAD_BIND;
	return GO_ON;
}

static enum webhook_condition take_names(struct intake *intake)
{
	const struct webhook_target *first = &intake->targets[0];

	if (evaluate(intake, intake->plan->delivery_id, intake->delivery_id) != EXPRESSION_PRESENT)
		*intake->delivery_id = '\0';
	if (evaluate(intake, intake->plan->object, intake->object) != EXPRESSION_PRESENT)
		*intake->object = '\0';
	if (intake_has_slot(intake, "install:"))
		intake->key_owner = xasprintf("link:%lld", (long long)first->link_id);
	else if (intake_has_slot(intake, "integration:"))
		intake->key_owner = xasprintf("integration:%lld", (long long)first->integration_id);
	else
		intake->key_owner = xstrdup(intake->set->provider->provider.key);
	return GO_ON;
}

static check_fn *const checks[] = {
	check_configured, intake_find_token, check_headers, check_empty, check_early_event,
	check_early_signature, check_json, check_event, check_subject, check_integration,
	check_late_signature, intake_check_use, check_bind, take_names,
};

/* ---- */

static struct intake *intake_new(struct webhooks *webhooks, struct http_request *request)
{
	struct intake *intake = new(struct intake);

	intake->webhooks = webhooks;
	intake->request = request;
	intake->received_us = clock_now_us();
	intake->data = http_body(request, &intake->size);
	intake->has_body = strcmp(http_method(request), "GET") != 0;
	intake->set = webhooks_find(webhooks, http_param(request, "slug"));
	if (intake->set && webhook_set_find(intake->set, http_method(request),
			http_param(request, "rest"), &intake->path) == WEBHOOK_FOUND)
		intake->plan = intake->path.plan;
	return intake;
}

void intake_free(struct intake *intake)
{
	token_free(intake->token);
	err_clear(&intake->why);
	subject_unref(intake->own);
	subject_unref(intake->subject);
	webhook_path_clear(&intake->path);
	webhook_set_unref(intake->set);
	free(intake->targets);
	free(intake->key_owner);
	free(intake);
}

void intake_end(struct intake *intake, enum webhook_condition condition)
{
	webhook_answer(intake->request, intake->set, intake->plan, intake->event, condition,
		intake->why.text);
	intake_free(intake);
}

/* The plugin was unloaded, or changed, while the body came in. */
static void end_unplanned(struct intake *intake)
{
	http_reply_header(intake->request, "Retry-After", "5");
	http_reply_json(intake->request, 503,
		json_pack("{s:s}", "detail", "This provider is being changed; send it again"));
	http_send(intake->request);
	intake_free(intake);
}

static void run_checks(void *arg);

static void wait_elsewhere(struct intake *intake)
{
	intake->may_wait = true;
	if (pool_submit(intake->webhooks->daemon->request_pool, run_checks, intake, NULL) < 0)
		intake_end(intake, WEBHOOK_OVERLOADED);
}

/* What is left of them. */
static void run_checks(void *arg)
{
	struct intake *intake = arg;

	for (; intake->checked < lengthof(checks); intake->checked++) {
		enum webhook_condition answer = checks[intake->checked](intake);

		if (answer == WEBHOOK_MUST_WAIT) {
			wait_elsewhere(intake);
			return;
		}
		if (answer != GO_ON) {
			intake_end(intake, answer);
			return;
		}
	}
	if (intake->plan->reg->webhook.mode == MORTISE_WEBHOOK_INLINE)
		webhook_run_inline(intake);
	else
		webhook_accept(intake);
}

void intake_handle(struct http_request *request, void *arg)
{
	struct webhooks *webhooks = arg;
	struct intake *intake = intake_new(webhooks, request);

	if (intake->plan) {
		run_checks(intake);
	} else if (webhooks->others.handler) {
		intake_free(intake);
		webhooks->others.handler(request, webhooks->others.arg);
	} else {
		end_unplanned(intake);
	}
}

json_t *intake_headers(const struct intake *intake)
{
	const char *keep = intake->plan->reg->webhook.keep_headers;
	cleanup_free char *names = xstrdup(keep ? keep : "");
	json_t *headers = json_object();
	char *at = NULL;

	for (char *name = strtok_r(names, ", ", &at); name; name = strtok_r(NULL, ", ", &at)) {
		const char *value = webhook_may_keep(intake->plan, name) ?
			http_header(intake->request, name) : NULL;

		for (char *c = name; *c; c++)
			*c = (char)tolower((unsigned char)*c);
		/* One that is not UTF-8 is left out. */
		if (value)
			(void)json_object_set_new(headers, name, json_string(value));
	}
	return headers;
}
