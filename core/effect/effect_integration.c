/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * Effects on an integration and its links: metadata, status, configuration, audit
 * rows, and tasks to queue.  Store writer thread.
 */
#include "config.h"
#include "core/effect/effect_private.h"

#include <inttypes.h>
#include <pthread.h>
#include <string.h>

#include <sodium.h>

#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/job/job.h"
#include "core/provider/provider.h"
#include "core/storage/audit.h"
#include "core/storage/integration.h"
#include "core/storage/link.h"
#include "core/vault/slot.h"

#define LINKS_AT_ONCE 100

static unsigned char uid_key[crypto_generichash_KEYBYTES];
static pthread_once_t uid_once = PTHREAD_ONCE_INIT;

static void make_uid_key(void)
{
	randombytes_buf(uid_key, sizeof(uid_key));
}

/* The uid of a row that this effect may make.  It cannot be random, because the closure
 * may run twice; so it is a keyed hash of what the row is, under a key of this process. */
static void make_uid(const struct effect_context *context, unsigned char uid[INTEGRATION_UID_SIZE])
{
	cleanup_free char *text = xasprintf("%s\n%s\n%" PRId64 "\n%" PRId64,
		reg_row_key(context->scope->provider), context->scope->external_id,
		context->now_us, context->job_id);

	pthread_once(&uid_once, make_uid_key);
	crypto_generichash(uid, INTEGRATION_UID_SIZE, (const unsigned char *)text, strlen(text),
		uid_key, sizeof(uid_key));
}

/* The row that the effect means, if there is one; else it stays zero. */
static int find_row(struct tx *tx, const struct call_scope *scope, struct integration *ret_row,
	struct err *err)
{
	cleanup_err struct err missing = {0};
	int result = scope->integration_id > 0
		? integration_get(tx, scope->integration_id, ret_row, &missing)
		: integration_find(tx, reg_row_key(scope->provider), scope->external_id, 0, ret_row,
			&missing);

	return result < 0 && result != MORTISE_E_NOT_FOUND ? err_move(err, &missing) : 0;
}

/* Put the record's secrets beside those of the row and seal all for it.  The nonces are
 * new at each run of the closure: nothing else depends on them, and only the blob of the
 * run that is committed ever leaves this function. */
static int seal_secrets(const struct effect_context *context, const struct integration *row,
	const unsigned char uid[INTEGRATION_UID_SIZE], const json_t *record,
	unsigned char **ret_sealed, size_t *ret_size, struct err *err)
{
	cleanup_json json_t *secrets = NULL;
	const json_t *given = json_object_get(record, "secrets");
	int result;

	if (!context->vault)
		return err_set(err, MORTISE_E_INTERNAL, "secrets cannot be sealed in this call");
	result = secrets_unseal(context->vault, SLOT_INTEGRATION_COLUMN, row->uid, row->secrets,
		row->secrets_size, &secrets, err);
	if (result < 0)
		return result;
	json_object_update(secrets, (json_t *)(uintptr_t)given);
	secrets_seal(context->vault, SLOT_INTEGRATION_COLUMN, uid, secrets, ret_sealed, ret_size);
	return 0;
}

int effect_integration_put(struct tx *tx, struct effect_context *context, const json_t *record,
	struct err *err)
{
	const struct call_scope *scope = context->scope;
	cleanup_integration struct integration there = {0};
	cleanup_free unsigned char *sealed = NULL;
	unsigned char uid[INTEGRATION_UID_SIZE];
	struct integration_put put = {
		.provider = reg_row_key(scope->provider),
		.external_id = scope->external_id,
		.name = effect_text(record, "name"),
		.metadata = json_object_get(record, "metadata"),
		.merge = true,
		.uid = uid,
		.now_us = context->now_us,
	};
	int64_t id;
	bool created;
	int result = find_row(tx, scope, &there, err);

	if (result == 0 && there.id == 0 && scope->integration_id > 0)
		return EFFECT_SKIPPED;
	if (there.id > 0) {
		put.external_id = there.external_id;
		put.owner_organization_id = there.owner_organization_id;
		memcpy(uid, there.uid, sizeof(uid));
	} else {
		make_uid(context, uid);
	}
	if (result == 0 && json_object_size(json_object_get(record, "secrets")) > 0) {
		result = seal_secrets(context, &there, uid, record, &sealed, &put.secrets.size, err);
		put.secrets.data = sealed;
	}
	if (result < 0)
		return result;
	result = integration_put(tx, &put, &id, &created, err);
	if (result == 0 && scope->kind == MORTISE_SCOPE_SUBJECT)
		result = integration_announce(tx, id, context->now_us, err);
	return result < 0 ? result : EFFECT_APPLIED;
}

int effect_integration_patch(struct tx *tx, struct effect_context *context, const json_t *record,
	struct err *err)
{
	int64_t id;
	int result = effect_integration_id(tx, context, &id, err);

	if (result < 0)
		return result;
	if (id == 0)
		return EFFECT_SKIPPED;
	return integration_patch(tx, id, json_object_get(record, "metadata"), context->now_us, err);
}

int effect_integration_name(struct tx *tx, struct effect_context *context, const json_t *record,
	struct err *err)
{
	int64_t id;
	int result = effect_integration_id(tx, context, &id, err);

	if (result < 0)
		return result;
	if (id == 0)
		return EFFECT_SKIPPED;
	return integration_set_name(tx, id, effect_text(record, "name"), context->now_us, err);
}

int effect_integration_status(struct tx *tx, struct effect_context *context,
	const json_t *record, struct err *err)
{
	bool active = strcmp(effect_text(record, "status"), "active") == 0;
	int64_t id;
	int result = effect_integration_id(tx, context, &id, err);

	if (result < 0)
		return result;
	if (id == 0)
		return EFFECT_SKIPPED;
	return integration_set_status(tx, id, active ? INTEGRATION_ACTIVE : INTEGRATION_DISABLED,
		active ? NULL : effect_text(record, "reason"), context->now_us, err);
}

int effect_config_patch(struct tx *tx, struct effect_context *context, const json_t *record,
	struct err *err)
{
	return link_patch_config(tx, context->scope->link_id, json_object_get(record, "patch"),
		context->now_us, err);
}

/* What to do for each organization that an effect reaches. */
typedef int each_fn(struct tx *tx, struct effect_context *context, const json_t *record,
	int64_t organization_id, int64_t link_id, struct err *err);

static int for_each_organization(struct tx *tx, struct effect_context *context,
	const json_t *record, each_fn *each, struct err *err)
{
	int64_t organizations[LINKS_AT_ONCE], links[LINKS_AT_ONCE];
	int64_t after = 0;
	size_t len, done = 0;

	do {
		int result = effect_organizations(tx, context, after, LINKS_AT_ONCE, organizations,
			links, &len, err);

		for (size_t i = 0; result == 0 && i < len; i++) {
			result = each(tx, context, record, organizations[i], links[i], err);
			after = links[i];
			done++;
		}
		if (result < 0)
			return result;
	} while (len == LINKS_AT_ONCE);
	return done > 0 ? EFFECT_APPLIED : EFFECT_SKIPPED;
}

static int audit_one(struct tx *tx, struct effect_context *context, const json_t *record,
	int64_t organization_id, int64_t link_id, struct err *err)
{
	const json_t *data = json_object_get(record, "data");
	int64_t id;
	int result = effect_integration_id(tx, context, &id, err);

	(void)link_id;
	if (result < 0)
		return result;
	return audit_insert(tx, &(struct audit_new){
		.organization_id = organization_id,
		.origin = context->scope->origin,
		.event = effect_text(record, "event"),
		.kind = "integration",
		.id = id,
		.data = data,
		.now_us = context->now_us,
	}, err);
}

int effect_audit(struct tx *tx, struct effect_context *context, const json_t *record,
	struct err *err)
{
	return for_each_organization(tx, context, record, audit_one, err);
}

static int queue_task(struct tx *tx, struct effect_context *context, const json_t *record,
	int64_t integration_id, int64_t link_id, struct err *err)
{
	const struct reg_provider *provider = context->scope->provider;
	const char *name = effect_text(record, "name");
	const struct mortise_task *task = reg_task(provider, name);
	const json_t *payload = json_object_get(record, "payload");
	cleanup_free char *text = json_is_object(payload) ? json_dumps(payload, JSON_COMPACT) : NULL;
	cleanup_free char *full_name = xasprintf("%s:%s", provider->provider.key, name);
	int64_t delay_ms = json_integer_value(json_object_get(record, "delay_ms"));
	int64_t id;

	return job_insert(tx, &(struct job_new){
		.task = full_name,
		.version = (int)task->version,
		.integration_id = integration_id,
		.link_id = link_id,
		.object = effect_text(record, "object"),
		.unordered = integration_id == 0,
		.payload = text,
		.not_before_us = delay_ms > 0 ? context->now_us + delay_ms * 1000 : 0,
		.now_us = context->now_us,
		.origin = context->scope->origin,
	}, &id, err);
}

static int queue_for_link(struct tx *tx, struct effect_context *context, const json_t *record,
	int64_t organization_id, int64_t link_id, struct err *err)
{
	int64_t id;
	int result = effect_integration_id(tx, context, &id, err);

	(void)organization_id;
	return result < 0 ? result : queue_task(tx, context, record, id, link_id, err);
}

int effect_task(struct tx *tx, struct effect_context *context, const json_t *record,
	struct err *err)
{
	const struct mortise_task *task = reg_task(context->scope->provider,
		effect_text(record, "name"));
	int64_t id = 0;
	int result;

	if (!task)
		return err_set(err, MORTISE_E_INTERNAL, "its task is not registered");
	if (task->scope == MORTISE_SCOPE_INSTALL)
		return for_each_organization(tx, context, record, queue_for_link, err);
	if (task->scope != MORTISE_SCOPE_PROVIDER) {
		result = effect_integration_id(tx, context, &id, err);
		if (result < 0)
			return result;
		if (id == 0)
			return EFFECT_SKIPPED;
	}
	result = queue_task(tx, context, record, id, 0, err);
	return result < 0 ? result : EFFECT_APPLIED;
}
