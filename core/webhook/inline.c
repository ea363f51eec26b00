/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * Inline webhooks: verified like the others, then handled, committed and answered in
 * this order.  They wait for the provider, so they run on request workers and leave the
 * intake free.
 */
#include "config.h"

#include <string.h>

#include "core/base/clock.h"
#include "core/base/err.h"
#include "core/base/log.h"
#include "core/base/mem.h"
#include "core/base/pool.h"
#include "core/daemon/daemon.h"
#include "core/effect/effect.h"
#include "core/http/http.h"
#include "core/job/job.h"
#include "core/provider/provider.h"
#include "core/storage/store.h"
#include "core/webhook/webhook_private.h"

#define DEADLINE_MS 5000

struct commit {
	struct effect_context context;
	const json_t *effects;
	const struct token_use *use;
	bool replayed;                 /* set anew at each run */
};

static int commit_in(struct tx *tx, void *arg, struct err *err)
{
	struct commit *commit = arg;
	int result = token_use_up(tx, commit->use, err);

	commit->replayed = result == MORTISE_E_CONFLICT;
	return result < 0 ? result : effects_apply(tx, &commit->context, commit->effects, err);
}

static struct call_scope scope_of(const struct intake *intake)
{
	const struct webhook_target *target = &intake->targets[0];
	struct call_scope scope = {
		.kind = intake->subject_scope ? MORTISE_SCOPE_SUBJECT :
			intake->plan->reg->webhook.scope,
		.provider = intake->set->provider,
		.external_id = intake->external_id,
		.origin = "system",
	};

	if (scope.kind == MORTISE_SCOPE_INTEGRATION || scope.kind == MORTISE_SCOPE_INSTALL)
		scope.integration_id = target->integration_id;
	if (scope.kind == MORTISE_SCOPE_INSTALL) {
		scope.link_id = target->link_id;
		scope.organization_id = target->organization_id;
	}
	return scope;
}

/* The effects, and with them the token that allows them; '*ret_replayed' if it was used
 * up meanwhile. */
static int apply(struct intake *intake, const struct call_scope *scope, const json_t *effects,
	bool *ret_replayed, struct err *err)
{
	struct daemon *daemon = intake->webhooks->daemon;
	struct commit commit = {
		.context = {.scope = scope, .vault = daemon->vault, .now_us = clock_now_us()},
		.effects = effects,
		.use = &intake->use,
	};
	int result;

	if (json_array_size(effects) == 0 && !*intake->use.hash)
		return 0;
	result = effects_check(&commit.context, effects, err);
	if (result == 0)
		result = store_write(daemon->store, commit_in, &commit, err);
	*ret_replayed = commit.replayed;
	if (result < 0 || json_array_size(effects) == 0)
		return result;
	webhooks_forget_all(daemon->webhooks);
	jobs_wake(daemon->jobs);
	return 0;
}

static int handle(struct intake *intake, json_t **ret_output, bool *ret_replayed,
	struct err *err)
{
	struct daemon *daemon = intake->webhooks->daemon;
	struct call_scope scope = scope_of(intake);
	cleanup_free char *callback = xasprintf("webhook:%s", intake->plan->name);
	cleanup_json json_t *input = webhook_input(intake->plan->name, intake->event_name,
		intake_headers(intake), *intake->delivery_id ? intake->delivery_id : NULL,
		intake->received_us, false);
	cleanup_json json_t *effects = NULL;
	struct call_request request = {
		.scope = scope,
		.callback = callback,
		.input = input,
		.body = intake->size > 0 ? intake->data : NULL,
		.body_size = intake->size,
		.deadline_ms = DEADLINE_MS,
	};
	int result = provider_call(daemon->providers, &request, ret_output, &effects, err);

	return result < 0 ? result : apply(intake, &scope, effects, ret_replayed, err);
}

static void answer_failure(struct intake *intake, int code, const struct err *err)
{
	const struct err_meaning *meaning = err_meaning(code);
	int status = meaning->http_status > 0 ? meaning->http_status : 400;

	const char *id = http_id(intake->request);
	json_t *body;

	log_at(meaning->log_level, "webhook.failed",
		LOG_TEXT("provider", intake->set->provider->provider.key),
		LOG_TEXT("webhook", intake->plan->name), LOG_TEXT("code", meaning->name),
		LOG_TEXT("error_id", id), LOG_TEXT("reason", err_text(err)));
	/* What a fault of ours says stays in the log, as everywhere. */
	body = json_pack("{s:s}", "detail", code == MORTISE_E_INTERNAL
		? "Something went wrong here" : err_text(err));
	if (meaning->error_id)
		json_object_set_new(body, "errorId", json_string(id));
	webhook_answer_json(intake->request, intake->set, status, body);
}

static void run_inline(void *arg)
{
	struct intake *intake = arg;
	cleanup_json json_t *output = NULL;
	cleanup_err struct err err = {0};
	bool replayed = false;
	int result = handle(intake, &output, &replayed, &err);
	json_t *body = json_object_get(output, "body");
	const char *unused;

	if (replayed || (result == 0 && !body)) {
		intake_end(intake, replayed ? WEBHOOK_REPLAYED : WEBHOOK_ACCEPTED);
		return;
	}
	if (result < 0)
		answer_failure(intake, result, &err);
	else
		webhook_answer_json(intake->request, intake->set,
			webhook_status(intake->plan, intake->event, WEBHOOK_ACCEPTED, &unused),
			json_incref(body));
	intake_free(intake);
}

void webhook_run_inline(struct intake *intake)
{
	if (pool_submit(intake->webhooks->daemon->request_pool, run_inline, intake, NULL) < 0)
		intake_end(intake, WEBHOOK_OVERLOADED);
}
