/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * The end of an install.  The provider's build callback says what was installed and how
 * it knows; then integration, identity, link, secrets, audit row, the post-install job and
 * `complete` are one transaction.  Request workers.
 */
#include "config.h"
#include "core/pipeline/finish.h"

#include <inttypes.h>
#include <string.h>

#include <sodium.h>

#include "core/access/access.h"
#include "core/base/clock.h"
#include "core/base/err.h"
#include "core/base/log.h"
#include "core/base/mem.h"
#include "core/daemon/daemon.h"
#include "core/effect/effect.h"
#include "core/job/job.h"
#include "core/storage/audit.h"
#include "core/storage/identity.h"
#include "core/storage/integration.h"
#include "core/storage/link.h"
#include "core/storage/store.h"
#include "core/sync/migrate.h"
#include "core/upstream/upstream.h"
#include "core/vault/vault.h"
#include "core/webhook/webhook.h"

#define BUILD_DEADLINE_MS 25000
#define MAX_EXTERNAL_ID 256
#define MAX_NAME 200
#define SECRET_FLAGS (MORTISE_FIELD_SECRET | MORTISE_FIELD_RANDOM)

/* What build answered, checked; borrows from 'output'. */
struct built {
	json_t *output;            /* owned */
	char *external_id;         /* owned */
	char *name;                /* owned */
	const json_t *metadata;
	bool proved;
	json_t *secrets;           /* slot of the integration → text; owned */
	const char *identity_type, *identity_id;       /* NULL: no identity */
	char *identity_scopes;     /* owned */
};

static void built_clear(struct built *built)
{
	json_decref(built->output);
	free(built->external_id);
	free(built->name);
	json_decref(built->secrets);
	free(built->identity_scopes);
}

/* ---- Reading what build answered ---- */

/* Text or an integer, as text. */
static char *text_of(const json_t *value)
{
	if (json_is_integer(value))
		return xasprintf("%" JSON_INTEGER_FORMAT, json_integer_value(value));
	return xstrdup(json_string_value(value));
}

/* Could a step have saved this secret?  Then an optional field was left empty. */
static bool secret_is_known(const struct reg_provider *provider, const char *name)
{
	for (size_t i = 0; i < provider->step_len; i++) {
		const struct reg_step *step = &provider->steps[i];
		size_t len = step->step.save_as ? strlen(step->step.save_as) : 0;

		/* A token, or what came with it ("token.refresh_token", "token.secret"). */
		if (len > 0 && strncmp(name, step->step.save_as, len) == 0 &&
			(name[len] == '\0' || name[len] == '.'))
			return true;
		for (size_t j = 0; j < step->field_len; j++)
			if ((step->fields[j].flags & SECRET_FLAGS) &&
				strcmp(step->fields[j].name, name) == 0)
				return true;
	}
	return false;
}

static int built_secrets(const struct pipeline_run *run, struct built *built, struct err *err)
{
	json_t *wanted = json_object_get(built->output, "secrets");
	const char *slot;
	json_t *from;

	built->secrets = json_object();
	json_object_foreach(wanted, slot, from) {
		const char *name = json_string_value(from);
		json_t *secret = name ? json_object_get(run->secrets, name) : NULL;

		if (!secret && !(name && secret_is_known(run->provider, name)))
			return err_set(err, MORTISE_E_INTERNAL,
				"build of %s wants the secret \"%s\", which no step saves",
				run->row.provider, name ? name : slot);
		if (secret)
			json_object_set(built->secrets, slot, secret);
	}
	return 0;
}

static void built_identity(struct built *built)
{
	json_t *identity = json_object_get(built->output, "identity");
	json_t *scopes = json_object_get(identity, "scopes");

	built->identity_type = json_string_value(json_object_get(identity, "type"));
	built->identity_id = json_string_value(json_object_get(identity, "external_id"));
	if (json_is_array(scopes)) {
		size_t i;
		json_t *scope;

		json_array_foreach(scopes, i, scope) {
			char *joined = xasprintf("%s%s%s",
				built->identity_scopes ? built->identity_scopes : "",
				built->identity_scopes ? " " : "",
				json_is_string(scope) ? json_string_value(scope) : "");

			free(built->identity_scopes);
			built->identity_scopes = joined;
		}
	} else {
		built->identity_scopes = xstrdup(json_string_value(scopes));
	}
	if (!built->identity_id)
		built->identity_type = NULL;
}

static int built_read(const struct pipeline_run *run, struct built *built, struct err *err)
{
	const char *ownership = json_string_value(json_object_get(built->output, "ownership"));
	const json_t *metadata = json_object_get(built->output, "metadata");

	built->external_id = text_of(json_object_get(built->output, "external_id"));
	built->name = text_of(json_object_get(built->output, "name"));
	if (!built->external_id || !*built->external_id ||
		strlen(built->external_id) > MAX_EXTERNAL_ID)
		return err_set(err, MORTISE_E_INTERNAL, "build of %s gave no usable external_id",
			run->row.provider);
	if (!built->name || !*built->name) {
		free(built->name);
		built->name = xstrdup(built->external_id);
	}
	if (strlen(built->name) > MAX_NAME)
		return err_set(err, MORTISE_E_INTERNAL, "build of %s gave a name of over %d bytes",
			run->row.provider, MAX_NAME);
	if (metadata && !json_is_object(metadata))
		return err_set(err, MORTISE_E_INTERNAL,
			"build of %s gave metadata that is no object", run->row.provider);
	built->metadata = metadata;
	built->proved = ownership && strcmp(ownership, "proved") == 0;
	if (!built->proved && (!ownership || strcmp(ownership, "claimed") != 0))
		return err_set(err, MORTISE_E_INTERNAL,
			"build of %s must say whether the ownership is \"proved\" or \"claimed\"",
			run->row.provider);
	if (upstream_check_origins(run->provider, run->state, metadata, err) < 0)
		return err->code;
	built_identity(built);
	return built_secrets(run, built, err);
}

static int build_call(struct pipeline_run *run, struct built *built, struct err *err)
{
	cleanup_json json_t *input = json_pack("{s:O}", "state", run->state);

	if (pipeline_run_call(run, "build", input, BUILD_DEADLINE_MS, &built->output, err) < 0)
		return err->code;
	return built_read(run, built, err);
}

/* ---- The one transaction ---- */

struct finish {
	struct pipeline_run *run;
	const struct built *built;
	int64_t now_us;
	unsigned char integration_uid[INTEGRATION_UID_SIZE];
	unsigned char link_uid[INTEGRATION_UID_SIZE];
	unsigned char identity_uid[INTEGRATION_UID_SIZE];
	unsigned char *sealed;     /* secrets of the integration, or NULL */
	size_t sealed_size;
	const char *post_install;  /* payload of the job, or NULL */
	/* Set by the transaction: */
	int64_t integration_id, identity_id, link_id;
	bool link_created;
};

/* An install that began with an integration ends with that one. */
static int check_same(const struct finish *finish, struct err *err)
{
	const struct pipeline_run *run = finish->run;

	if (!run->row.integration_id || run->row.integration_id == finish->integration_id)
		return 0;
	if (strcmp(run->row.kind, "reauth") == 0)
		return err_set(err, MORTISE_E_FORBIDDEN,
			"the authorization is for another account than the one installed; choose "
			"the same account, or install this one beside it");
	return err_set(err, MORTISE_E_INTERNAL,
		"build of %s named another integration than the one that the reference stands for",
		run->row.provider);
}

static int put_integration(struct tx *tx, struct finish *finish, struct err *err)
{
	const struct pipeline_run *run = finish->run;
	cleanup_json json_t *none = json_object();
	struct integration_put put = {
		.provider = reg_row_key(run->provider),
		.external_id = finish->built->external_id,
		.owner_organization_id = finish->built->proved ? 0 : run->row.organization_id,
		.name = finish->built->name,
		.metadata = finish->built->metadata ? finish->built->metadata : none,
		.merge = !finish->built->metadata,
		.uid = finish->integration_uid,
		.secrets = {finish->sealed, finish->sealed_size},
		.now_us = finish->now_us,
	};
	bool created;

	if (integration_put(tx, &put, &finish->integration_id, &created, err) < 0)
		return err->code;
	return check_same(finish, err);
}

/* A single-install provider must not have another active install here. */
static int check_single(struct tx *tx, const struct finish *finish, struct err *err)
{
	const struct pipeline_run *run = finish->run;
	cleanup_err struct err none = {0};
	cleanup_link struct link link = {0};
	bool exists;
	int result;

	if (!(run->provider->provider.flags & MORTISE_PROVIDER_SINGLE))
		return 0;
	result = link_find(tx, run->row.organization_id, finish->integration_id, &link, &none);
	if (result == 0 && link.status == INTEGRATION_ACTIVE)
		return 0;
	if (result < 0 && result != MORTISE_E_NOT_FOUND)
		return err_move(err, &none);
	if (link_exists(tx, run->row.organization_id, reg_row_key(run->provider), false, &exists,
		    err) < 0)
		return err->code;
	if (exists)
		return err_set(err, MORTISE_E_CONFLICT,
			"%s is installed already; this organization can have it once",
			run->provider->provider.name);
	return 0;
}

/* An identity that somebody else has is no reason to refuse the install. */
static int put_identity(struct tx *tx, struct finish *finish, struct err *err)
{
	const struct built *built = finish->built;
	cleanup_err struct err clash = {0};
	struct identity_link link = {
		.provider = built->identity_type,
		.idp_external_id = "",
		.external_id = built->identity_id,
		.scopes = built->identity_scopes,
		.uid = finish->identity_uid,
		.now_us = finish->now_us,
	};
	int result;

	finish->identity_id = 0;
	if (!built->identity_type || strncmp(finish->run->row.principal, "user:", 5) != 0)
		return 0;
	link.account_id = atoll(finish->run->row.principal + 5);
	result = identity_link(tx, &link, &finish->identity_id, &clash);
	if (result == MORTISE_E_CONFLICT)
		return 0;
	return result < 0 ? err_move(err, &clash) : 0;
}

static int put_link(struct tx *tx, struct finish *finish, struct err *err)
{
	return link_add(tx, &(struct link_add){
		.organization_id = finish->run->row.organization_id,
		.integration_id = finish->integration_id,
		.default_identity_id = finish->identity_id,
		.uid = finish->link_uid,
		.now_us = finish->now_us,
	}, &finish->link_id, &finish->link_created, err);
}

static int put_audit(struct tx *tx, const struct finish *finish, struct err *err)
{
	cleanup_json json_t *data = json_pack("{s:s, s:s, s:s, s:I}", "provider",
		reg_row_key(finish->run->provider), "external_id", finish->built->external_id,
		"kind", finish->run->row.kind, "pipeline", (json_int_t)finish->run->row.id);

	return audit_insert(tx, &(struct audit_new){
		.organization_id = finish->run->row.organization_id,
		.origin = finish->run->row.principal,
		.event = "integration.add",
		.kind = "integration",
		.id = finish->integration_id,
		.data = data,
		.now_us = finish->now_us,
	}, err);
}

static int put_job(struct tx *tx, const struct finish *finish, struct err *err)
{
	int64_t job_id;

	if (!finish->post_install)
		return 0;
	return job_insert(tx, &(struct job_new){
		.task = "pipeline.post_install",
		.provider = finish->run->provider->provider.key,
		.version = 1,
		.integration_id = finish->integration_id,
		.link_id = finish->link_id,
		.payload = finish->post_install,
		.now_us = finish->now_us,
		.origin = finish->run->row.principal,
	}, &job_id, err);
}

/* What an older system left may be this integration's. */
static int put_migration(struct tx *tx, const struct finish *finish, struct err *err)
{
	return migrate_queue(tx, &(struct migrate){
		.provider = finish->run->provider,
		.organization_id = finish->run->row.organization_id,
		.integration_id = finish->integration_id,
		.link_id = finish->link_id,
		.origin = finish->run->row.principal,
		.now_us = finish->now_us,
	}, err);
}

static int put_effects(struct tx *tx, const struct finish *finish, struct err *err)
{
	struct call_scope scope = pipeline_run_scope(finish->run);
	struct effect_context context = {.scope = &scope, .now_us = finish->now_us};

	if (json_array_size(finish->run->effects) == 0)
		return 0;
	scope.integration_id = finish->integration_id;
	scope.link_id = finish->link_id;
	scope.external_id = finish->built->external_id;
	return effects_apply(tx, &context, finish->run->effects, err);
}

static int finish_in(struct tx *tx, void *arg, struct err *err)
{
	struct finish *finish = arg;
	const struct pipeline_row *row = &finish->run->row;
	struct pipeline_move move = {
		.to = PIPELINE_COMPLETE,
		.to_step = row->step,
		.step_len = (int64_t)finish->run->provider->step_len,
		.held = finish->run->claim,
		.now_us = finish->now_us,
	};

	/* Who began it may have lost the right meanwhile. */
	if (access_still(tx, row->principal, row->organization_id, SCOPE_ORG_INTEGRATIONS,
		    finish->now_us, err) < 0 ||
		put_integration(tx, finish, err) < 0 || check_single(tx, finish, err) < 0 ||
		put_identity(tx, finish, err) < 0 || put_link(tx, finish, err) < 0 ||
		put_audit(tx, finish, err) < 0 || put_job(tx, finish, err) < 0 ||
		put_effects(tx, finish, err) < 0 || put_migration(tx, finish, err) < 0)
		return err->code;
	move.integration_id = finish->integration_id;
	return pipeline_advance(tx, row, &move, err);
}

/* The secrets of the integration are one sealed object of slots. */
static void seal_secrets(struct finish *finish)
{
	char *text;
	size_t size;

	if (json_object_size(finish->built->secrets) == 0)
		return;
	text = json_dumps(finish->built->secrets, JSON_COMPACT | JSON_SORT_KEYS);
	size = strlen(text);
	vault_seal(finish->run->daemon->vault, "integration.secrets", finish->integration_uid,
		text, size, &finish->sealed, &finish->sealed_size);
	sodium_memzero(text, size);
	free(text);
}

static char *post_install_payload(const struct pipeline_run *run, const struct built *built)
{
	json_t *data = json_object_get(built->output, "post_install");
	cleanup_json json_t *payload = json_pack("{s:s, s:o}", "provider",
		run->provider->provider.key, "post_install",
		json_is_object(data) ? json_incref(data) : json_object());

	if (!run->provider->provider.post_install)
		return NULL;
	return json_dumps(payload, JSON_COMPACT | JSON_SORT_KEYS);
}

static int finish_write(struct pipeline_run *run, const struct built *built,
	int64_t *ret_link_id, struct err *err)
{
	cleanup_free char *payload = post_install_payload(run, built);
	struct finish finish = {.run = run, .built = built, .now_us = clock_now_us()};
	int result;

	finish.post_install = payload;
	randombytes_buf(finish.integration_uid, sizeof(finish.integration_uid));
	randombytes_buf(finish.link_uid, sizeof(finish.link_uid));
	randombytes_buf(finish.identity_uid, sizeof(finish.identity_uid));
	seal_secrets(&finish);
	result = store_write(run->daemon->store, finish_in, &finish, err);
	free(finish.sealed);
	if (result < 0)
		return result;
	run->claim[0] = '\0';
	webhooks_forget(run->daemon->webhooks, finish.integration_id);
	if (payload)
		jobs_wake(run->daemon->jobs);
	*ret_link_id = finish.link_id;
	log_notice("pipeline.complete", LOG_INT("pipeline", run->row.id),
		LOG_TEXT("provider", run->row.provider), LOG_TEXT("kind", run->row.kind),
		LOG_INT("organization", run->row.organization_id),
		LOG_INT("integration", finish.integration_id));
	return 0;
}

/* May the same attempt work later? */
static bool may_pass(int code)
{
	enum err_fate fate = err_meaning(code)->fate;

	return fate == ERR_FATE_RETRIED || fate == ERR_FATE_WAITS;
}

int pipeline_finish(struct pipeline_run *run, int64_t *ret_link_id, struct err *err)
{
	cleanup(built_clear) struct built built = {0};
	cleanup_err struct err ignored = {0};
	int result = build_call(run, &built, err);

	if (result == 0)
		result = finish_write(run, &built, ret_link_id, err);
	if (result == 0)
		return 0;
	json_array_clear(run->effects);
	/* If neither can be written the claim runs out, and the sweep ends the pipeline. */
	if (may_pass(result))
		(void)pipeline_run_save(run, PIPELINE_FINISHING, run->row.step, false, &ignored);
	else
		(void)pipeline_run_end(run, PIPELINE_FAILED, err_text(err), &ignored);
	return result;
}
