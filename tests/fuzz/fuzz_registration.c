/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * What a host says that its plugin registered.  What is taken gives the same JSON back,
 * part by part, and can be used: webhooks made ready and found, fields described.
 */
#include "config.h"
#include "tests/fuzz/fuzz.h"

#include "core/base/err.h"
#include "core/config/settings.h"
#include "core/daemon/daemon.h"
#include "core/frame/registration_fields.h"
#include "core/pipeline/step.h"
#include "core/provider/registration.h"
#include "core/webhook/set.h"

/* One struct through JSON and back. */
static void check_round(enum reg_kind kind, const void *registration)
{
	cleanup_json json_t *written = reg_fields_to_json(kind, registration);
	cleanup_json json_t *again = NULL;
	union reg_any any;

	HOLDS(reg_fields_from_json(kind, written, &any, NULL) == 0);
	again = reg_fields_to_json(kind, &any);
	HOLDS(json_equal(written, again));
	reg_fields_clear(kind, &any);
}

static void check_webhooks(const struct reg_provider *provider)
{
	struct settings settings = {0};
	struct daemon daemon = {.settings = &settings};
	cleanup(webhook_set_unrefp) struct webhook_set *set = NULL;
	struct webhook_path path;

	registration_ref(provider->registration);
	set = webhook_set_new(&daemon, provider);
	for (size_t i = 0; i < set->len; i++) {
		const struct reg_webhook *reg = set->plans[i].reg;

		check_round(REG_WEBHOOK, &reg->webhook);
		if (set->plans[i].unusable)
			continue;
		HOLDS(!webhook_may_keep(&set->plans[i], "Authorization"));
		HOLDS(webhook_set_find(set, "POST", reg->webhook.path, &path) != WEBHOOK_NO_PATH);
		webhook_path_clear(&path);
	}
}

static void check_provider(const struct reg_provider *provider)
{
	char signature[65];

	check_round(REG_PROVIDER, &provider->provider);
	HOLDS(*reg_slug(provider) && *reg_row_key(provider));
	reg_step_signature(provider, signature);
	HOLDS(strlen(signature) == 64);
	for (size_t i = 0; i < provider->step_len; i++) {
		const struct reg_step *step = &provider->steps[i];
		cleanup_json json_t *fields = step_fields_describe(step->fields, step->field_len);

		HOLDS(json_array_size(fields) <= step->field_len);
		check_round(REG_STEP, &step->step);
	}
	for (size_t i = 0; i < provider->upstream_len; i++)
		check_round(REG_UPSTREAM, &provider->upstreams[i]);
	for (size_t i = 0; i < provider->credential_len; i++)
		check_round(REG_CREDENTIAL, &provider->credentials[i]);
	for (size_t i = 0; i < provider->task_len; i++)
		check_round(REG_TASK, &provider->tasks[i]);
	check_webhooks(provider);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	cleanup_json json_t *json = json_loadb((const char *)data, size, JSON_REJECT_DUPLICATES, NULL);
	cleanup(registration_unrefp) struct registration *registration = NULL;
	cleanup_err struct err err = {0};

	if (registration_parse(json, 1, &registration, &err) < 0) {
		HOLDS(err.code < 0 && *err_text(&err));
		return 0;
	}
	for (size_t i = 0; i < registration->provider_len; i++)
		check_provider(&registration->providers[i]);
	return 0;
}
