/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * How an install begins: from the product, again for one that is there, or with what the
 * browser brought from the provider's side.  A reference among that is used up by the
 * same commit that makes the pipeline's row.  Request workers.
 */
#include "config.h"
#include "core/pipeline/start.h"

#include <ctype.h>
#include <string.h>

#include <sodium.h>

#include "core/access/access.h"
#include "core/base/clock.h"
#include "core/base/err.h"
#include "core/base/log.h"
#include "core/base/mem.h"
#include "core/daemon/daemon.h"
#include "core/job/job.h"
#include "core/pipeline/reference.h"
#include "core/pipeline/step.h"
#include "core/storage/integration.h"
#include "core/storage/link.h"
#include "core/storage/store.h"

#define MAX_RIVALS 16

/* ---- What it begins with ---- */

static int find_provider(struct daemon *daemon, const char *key,
	const struct reg_provider **ret_provider, struct err *err)
{
	const struct reg_provider *provider = providers_find(daemon->providers, key);
	const char *unset;

	/* An install that began at the provider knows only the name in the URL. */
	if (!provider)
		provider = providers_find_slug(daemon->providers, key);
	*ret_provider = provider;
	if (!provider)
		return err_set(err, MORTISE_E_NOT_FOUND, "there is no provider \"%s\"", key);
	unset = provider_unset(daemon, provider);
	if (unset)
		return err_set(err, MORTISE_E_SETTINGS, "%s is not configured: set providers.%s.%s%s",
			provider->provider.name, provider->provider.key, unset,
			reg_setting(provider, unset)->flags & MORTISE_SETTING_SECRET ? "_file" : "");
	return 0;
}

/* "signed_params" as "signedParams": clients write names of arrivals either way. */
static void camel_case(const char *name, char *ret_text)
{
	for (; *name; name++) {
		if (*name == '_' && name[1])
			*ret_text++ = (char)toupper((unsigned char)*++name);
		else
			*ret_text++ = *name;
	}
	*ret_text = '\0';
}

/* What was given of the provider's arrivals, under their registered names. */
static json_t *given_arrivals(const struct reg_provider *provider, const json_t *initial)
{
	json_t *given = json_object();

	for (size_t i = 0; i < provider->arrival_len; i++) {
		const char *name = provider->arrivals[i].name;
		cleanup_free char *camel = xmalloc(strlen(name) + 1);
		json_t *value = json_object_get(initial, name);

		camel_case(name, camel);
		if (!value)
			value = json_object_get(initial, camel);
		if (value)
			json_object_set(given, name, value);
	}
	return given;
}

/* The name of the arrival that is a reference, or NULL. */
static const char *reference_name(const struct reg_provider *provider)
{
	for (size_t i = 0; i < provider->arrival_len; i++)
		if (provider->arrivals[i].type == MORTISE_TYPE_REFERENCE)
			return provider->arrivals[i].name;
	return NULL;
}

/* The state that a pipeline begins with: the provider's arrivals, no others.  In place of
 * a reference stands what it is for. */
static int initial_state(struct pipeline_run *run, const json_t *initial,
	struct reference *reference, struct err *err)
{
	const struct reg_provider *provider = run->provider;
	cleanup_json json_t *given = given_arrivals(provider, initial);
	const char *name = reference_name(provider);
	json_t *about;

	if (!json_is_object(initial)) {
		run->state = json_object();
		return 0;
	}
	if (step_fields_check(provider->arrivals, provider->arrival_len, given, &run->state,
		    err) < 0)
		return err->code;
	if (!name || !json_object_get(run->state, name))
		return 0;
	reference->field = name;
	reference_init(reference, run->daemon,
		json_string_value(json_object_get(run->state, name)));
	if (reference_look(run->daemon, reference, &about, err) < 0)
		return err->code;
	json_object_set_new(run->state, name, about);
	return 0;
}

/* It began without what only the provider's own site gives. */
static int not_from_here(const struct reg_provider *provider, struct err *err)
{
	const char *name = reference_name(provider);

	if (name)
		return err_field(err, name, "%s is installed by a link that its own site shows; open "
			"that link.", provider->provider.name);
	return err_set(err, MORTISE_E_NOT_FOUND,
		"\"%s\" cannot be installed from here; start at its own site",
		provider->provider.key);
}

/* ---- The row ---- */

struct start {
	struct pipeline_row row;
	const struct reg_provider *provider;
	const struct reference *reference;
	bool again;                /* authorize an install that is there */
	int64_t now_us;
	/* Set by the transaction: */
	bool job;
};

/* What must hold before a pipeline may start, as far as the store knows it. */
static int start_allowed(struct tx *tx, const struct start *start, struct err *err)
{
	bool installed = false;

	if (start->again) {
		cleanup_link struct link link = {0};
		cleanup_integration struct integration integration = {0};

		if (link_find(tx, start->row.organization_id, start->row.integration_id, &link,
			    err) < 0 ||
			integration_get(tx, start->row.integration_id, &integration, err) < 0)
			return err->code;
		if (strcmp(integration.provider, reg_row_key(start->provider)) != 0)
			return err_set(err, MORTISE_E_NOT_FOUND,
				"this integration belongs to another provider");
		return 0;
	}
	if (!(start->provider->provider.flags & MORTISE_PROVIDER_SINGLE))
		return 0;
	if (link_exists(tx, start->row.organization_id, reg_row_key(start->provider), false,
		    &installed, err) < 0)
		return err->code;
	if (installed)
		return err_set(err, MORTISE_E_SETTINGS,
			"%s is installed already; this organization can have it once",
			start->provider->provider.name);
	return 0;
}

/* The newest start wins, also over a request that is moving an old one: its claim is gone
 * when it wants to save. */
static int end_rival(struct tx *tx, struct start *start, int64_t id, struct err *err)
{
	cleanup(pipeline_row_clear) struct pipeline_row rival = {0};
	bool job;

	if (pipeline_row_get(tx, id, &rival, err) < 0 ||
		pipeline_end_in(tx, &rival, PIPELINE_CANCELLED, rival.claim, NULL, start->now_us,
		    &job, err) < 0)
		return err->code;
	start->job |= job;
	return 0;
}

static int start_in(struct tx *tx, void *arg, struct err *err)
{
	struct start *start = arg;
	struct pipeline_row *row = &start->row;
	int64_t rivals[MAX_RIVALS];
	int len;

	start->job = false;
	if (start_allowed(tx, start, err) < 0 ||
		(start->reference->field &&
		    reference_use_in(tx, start->reference, start->now_us, err) < 0))
		return err->code;
	len = pipeline_row_rivals(tx, row->organization_id, row->provider, row->principal, rivals,
		MAX_RIVALS, err);
	for (int i = 0; i < len; i++)
		if (end_rival(tx, start, rivals[i], err) < 0)
			return err->code;
	return len < 0 ? len : pipeline_row_insert(tx, row, err);
}

static void row_fill(struct pipeline_run *run, const struct principal *principal,
	const struct start *start, int64_t integration_id)
{
	char signature[65];

	randombytes_buf(run->row.uid, sizeof(run->row.uid));
	reg_step_signature(run->provider, signature);
	run->row.organization_id = principal->organization_id;
	run->row.principal = xstrdup(principal->origin);
	run->row.provider = xstrdup(run->provider->provider.key);
	run->row.kind = xstrdup(start->again ? "reauth" : "install");
	run->row.status = xstrdup(pipeline_state_name(PIPELINE_ACTIVE));
	run->row.signature = xstrdup(signature);
	run->row.integration_id = integration_id;
	run->row.added_at = run->row.updated_at = start->now_us;
	run->row.expires_at = start->now_us + PIPELINE_LIFE_US;
}

static int start_write(struct pipeline_run *run, struct start *start, struct err *err)
{
	cleanup_free unsigned char *sealed = NULL;
	size_t sealed_size;

	pipeline_run_seal(run, &sealed, &sealed_size);
	start->row = run->row;
	start->row.sealed = sealed;
	start->row.sealed_size = sealed_size;
	if (store_write(run->daemon->store, start_in, start, err) < 0)
		return err->code;
	run->row.id = start->row.id;
	if (start->job)
		jobs_wake(run->daemon->jobs);
	log_info("pipeline.started", LOG_INT("pipeline", run->row.id),
		LOG_TEXT("provider", run->row.provider), LOG_TEXT("kind", run->row.kind),
		LOG_INT("organization", run->row.organization_id));
	return 0;
}

int pipeline_run_begin(struct pipeline_run *run, const struct principal *principal,
	const char *provider, const json_t *initial, int64_t integration_id, struct err *err)
{
	struct reference reference = {.organization_id = principal->organization_id};
	struct start start = {.reference = &reference, .again = integration_id > 0,
		.now_us = clock_now_us()};

	run->secrets = json_object();
	run->shown = json_object();
	run->effects = json_array();
	if (find_provider(run->daemon, provider, &run->provider, err) < 0)
		return err->code;
	start.provider = run->provider;
	reference.provider = run->provider->provider.key;
	if (initial_state(run, initial, &reference, err) < 0)
		return err->code;
	if (!reference.field && !(run->provider->provider.flags & MORTISE_PROVIDER_CAN_ADD))
		return not_from_here(run->provider, err);
	if (start.again && reference.field && reference.integration_id != integration_id)
		return err_field(err, "integrationId",
			"The link belongs to another integration; leave one of them out.");
	row_fill(run, principal, &start, start.again ? integration_id : reference.integration_id);
	return start_write(run, &start, err);
}
