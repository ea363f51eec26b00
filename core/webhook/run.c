/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/* The task "webhook": run the handler of a stored webhook.  Job worker. */
#include "config.h"

#include "core/base/err.h"
#include "core/base/log.h"
#include "core/base/mem.h"
#include "core/daemon/daemon.h"
#include "core/job/job.h"
#include "core/provider/provider.h"
#include "core/storage/store.h"
#include "core/storage/webhook.h"
#include "core/webhook/webhook_private.h"

struct load {
	int64_t id;
	struct webhook_row row;
	char *body;
	size_t body_size;
};

static int load_in(struct tx *tx, void *arg, struct err *err)
{
	struct load *load = arg;
	int result = webhook_get(tx, load->id, &load->row, err);

	if (result == 0)
		result = webhook_body_get(tx, load->id, &load->body, &load->body_size, err);
	return result;
}

json_t *webhook_input(const char *webhook, const char *event, json_t *headers_take,
	const char *delivery_id, int64_t received_us, bool replay)
{
	return json_pack("{s:s, s:s, s:o, s:s?, s:I, s:b}", "webhook", webhook, "event", event,
		"headers", headers_take ? headers_take : json_object(), "delivery_id", delivery_id,
		"received_ms", (json_int_t)(received_us / 1000), "replay", replay);
}

static int set_scope(struct job_run *run, const struct reg_provider *provider,
	const struct reg_webhook *webhook, const struct webhook_row *row, struct err *err)
{
	int kind = row->subject_scope ? MORTISE_SCOPE_SUBJECT : webhook->webhook.scope;

	run->scope = (struct call_scope){
		.kind = kind,
		.provider = provider,
		.external_id = row->subject,
		.origin = run->origin,
	};
	if (kind == MORTISE_SCOPE_SUBJECT || kind == MORTISE_SCOPE_PROVIDER)
		return 0;
	if (!run->external_id)
		return err_set(err, MORTISE_E_NOT_FOUND, "its integration is gone");
	run->scope.integration_id = run->integration_id;
	run->scope.external_id = run->external_id;
	if (run->link_id == 0)
		return 0;
	if (run->organization_id == 0)
		return err_set(err, MORTISE_E_NOT_FOUND, "its organization's link is gone");
	run->scope.kind = MORTISE_SCOPE_INSTALL;
	run->scope.link_id = run->link_id;
	run->scope.organization_id = run->organization_id;
	return 0;
}

static int call_handler(struct job_run *run, const struct load *load, struct err *err)
{
	const struct webhook_row *row = &load->row;
	bool replay = json_is_true(json_object_get(run->payload, "replay"));
	cleanup_free char *callback = xasprintf("webhook:%s", row->webhook);
	cleanup_json json_t *input = webhook_input(row->webhook, row->event,
		json_loads(row->headers, 0, NULL), row->delivery_id, row->received_us, replay);
	cleanup_json json_t *output = NULL;
	struct call_request request = {
		.scope = run->scope,
		.callback = callback,
		.input = input,
		.body = load->body_size > 0 ? load->body : NULL,
		.body_size = load->body_size,
		.deadline_ms = run->deadline_ms,
		.job = run,
		.solo = run->solo,
		.ret_death = &run->death,
	};
	int result = provider_call(run->daemon->providers, &request, &output, &run->effects, err);

	if (result == 0)
		run->outcome = xstrdup(json_string_value(json_object_get(output, "outcome")));
	return result;
}

static int run_loaded(struct job_run *run, struct load *load, struct err *err)
{
	const struct webhook_row *row = &load->row;
	const struct reg_provider *provider = providers_find(run->daemon->providers, row->provider);
	const struct reg_webhook *webhook;
	int result;

	if (!provider)
		return err_set(err, MORTISE_E_UNSUPPORTED, "no plugin registers the provider "
			"\"%s\" any more; load its plugin, then retry the job", row->provider);
	run->provider_ref = provider;
	webhook = reg_webhook_find(provider, row->webhook);
	if (!webhook)
		return err_set(err, MORTISE_E_UNSUPPORTED, "plugin \"%s\" %s no longer registers "
			"the webhook \"%s\"; load a version that does, then retry the job",
			provider->registration->plugin, provider->registration->version,
			row->webhook);
	result = set_scope(run, provider, webhook, row, err);
	if (result == 0)
		result = call_handler(run, load, err);
	log_info("webhook.handled", LOG_TEXT("provider", row->provider),
		LOG_TEXT("event", row->event), LOG_TEXT("delivery", row->delivery_id),
		LOG_INT("webhook", row->id), LOG_INT("job", run->id),
		LOG_INT("integration", run->integration_id),
		LOG_TEXT("code", err_meaning(result)->name));
	return result;
}

int webhook_run_job(struct job_run *run, void *arg, struct err *err)
{
	struct load *load = new(struct load);
	int result;

	(void)arg;
	load->id = run->webhook_id;
	result = store_read(run->daemon->store, load_in, load, err);
	if (result == 0)
		result = run_loaded(run, load, err);
	/* Effects are applied in this scope after we are gone. */
	run->scope.external_id = run->subject = xstrdup(run->scope.external_id);
	webhook_row_clear(&load->row);
	free(load->body);
	free(load);
	return result;
}
