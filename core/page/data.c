/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * The data of a page: the token once more, the plugin's callback, its effects, its
 * blocks.  Request workers.
 */
#include "config.h"

#include <string.h>

#include "core/base/clock.h"
#include "core/base/err.h"
#include "core/base/log.h"
#include "core/base/mem.h"
#include "core/daemon/daemon.h"
#include "core/effect/effect.h"
#include "core/http/http.h"
#include "core/job/job.h"
#include "core/page/blocks.h"
#include "core/page/page_private.h"
#include "core/provider/provider.h"
#include "core/storage/store.h"
#include "core/webhook/webhook.h"

#define DEADLINE_MS 10000

/* ---- What is said instead of data ---- */

static void refuse(struct http_request *request, int status, const char *problem, const char *detail)
{
	if (status == 503)
		http_reply_header(request, "Retry-After", "5");
	http_reply_json(request, status, json_pack("{s:s, s:s}", "problem", problem, "detail", detail));
}

static void refuse_token(struct http_request *request, enum token_verdict verdict)
{
	if (verdict == TOKEN_EXPIRED)
		refuse(request, 401, "expired", "This page is too old: reload it.");
	else if (verdict == TOKEN_UNAVAILABLE)
		refuse(request, 503, "unavailable", "This page cannot be shown now: try again later.");
	else
		refuse(request, 401, "unverified", "Unable to verify installation");
}

/* What a fault of ours says stays in the log, as everywhere. */
static void refuse_call(struct http_request *request, const char *provider, const char *page,
	const struct err *err)
{
	const struct err_meaning *meaning = err_meaning(err->code);
	const char *id = http_id(request);

	log_at(meaning->log_level, "page.failed", LOG_TEXT("provider", provider),
		LOG_TEXT("page", page), LOG_TEXT("code", meaning->name), LOG_TEXT("error_id", id),
		LOG_TEXT("reason", err_text(err)));
	refuse(request, meaning->http_status > 0 ? meaning->http_status : 400, "failed",
		err->code == MORTISE_E_INTERNAL ? "Something went wrong here" : err_text(err));
}

/* ---- The call ---- */

struct commit {
	struct effect_context context;
	const json_t *effects;
};

static int commit_in(struct tx *tx, void *arg, struct err *err)
{
	struct commit *commit = arg;

	return effects_apply(tx, &commit->context, commit->effects, err);
}

static int apply(struct daemon *daemon, const struct call_scope *scope, const json_t *effects,
	struct err *err)
{
	struct commit commit = {
		.context = {.scope = scope, .now_us = clock_now_us()},
		.effects = effects,
	};
	int result;

	if (json_array_size(effects) == 0)
		return 0;
	result = effects_check(&commit.context, effects, err);
	if (result == 0)
		result = store_write(daemon->store, commit_in, &commit, err);
	if (result < 0)
		return result;
	webhooks_forget(daemon->webhooks, scope->integration_id);
	jobs_wake(daemon->jobs);
	return 0;
}

static int ask(struct daemon *daemon, const struct reg_provider *provider,
	const struct page_address *address, const struct page_subject *subject, json_t **ret_blocks,
	struct err *err)
{
	cleanup_free char *callback = xasprintf("page:%s", address->page->page.name);
	cleanup_json json_t *input = page_address_input(address);
	cleanup_json json_t *blocks = NULL;
	cleanup_json json_t *effects = NULL;
	const struct call_request call = {
		.scope = {
			.kind = MORTISE_SCOPE_INTEGRATION,
			.provider = provider,
			.external_id = subject->external_id,
			.integration_id = subject->integration_id,
			.origin = "system",
		},
		.callback = callback,
		.input = input,
		.deadline_ms = DEADLINE_MS,
	};
	int result = provider_call(daemon->providers, &call, &blocks, &effects, err);

	if (result == 0)
		result = blocks_check(blocks, err);
	if (result == 0)
		result = apply(daemon, &call.scope, effects, err);
	if (result < 0)
		return result;
	*ret_blocks = steal(&blocks);
	return 0;
}

void page_answer_data(struct pages *pages, const struct reg_provider *provider,
	const struct page_address *address, struct http_request *request)
{
	const struct mortise_page *page = &address->page->page;
	cleanup_err struct err err = {0};
	struct page_subject subject = {0};
	json_t *blocks;
	enum token_verdict verdict = page_verify(pages->daemon, provider, address, &subject, &err);

	http_reply_no_store(request);
	if (verdict != TOKEN_GOOD)
		refuse_token(request, verdict);
	else if (ask(pages->daemon, provider, address, &subject, &blocks, &err) < 0)
		refuse_call(request, provider->provider.key, page->name, &err);
	else
		http_reply_json(request, 200, json_pack("{s:s?, s:o}", "script", page->script, "page",
			blocks));
	page_subject_clear(&subject);
}
