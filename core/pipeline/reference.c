/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
#include "config.h"
#include "core/pipeline/reference.h"

#include <inttypes.h>
#include <string.h>

#include "core/access/access.h"
#include "core/base/clock.h"
#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/daemon/daemon.h"
#include "core/provider/provider.h"
#include "core/storage/integration.h"
#include "core/storage/reference.h"
#include "core/storage/store.h"
#include "core/vault/vault.h"

/* ---- Making ---- */

struct make {
	const struct call_scope *scope;
	char hash[65];
	int64_t expires_at_us;
};

static int make_in(struct tx *tx, void *arg, struct err *err)
{
	const struct make *make = arg;

	return reference_insert(tx, make->hash, make->scope->provider->provider.key,
		make->scope->integration_id, make->expires_at_us, err);
}

int reference_make(struct daemon *daemon, const struct call_scope *scope, int64_t life_ms,
	char **ret_text, struct err *err)
{
	struct make make = {.scope = scope};
	char text[ACCESS_SECRET_SIZE];

	if (scope->integration_id <= 0)
		return err_set(err, MORTISE_E_UNSUPPORTED,
			"reference_make: this call has no integration");
	if (life_ms <= 0 || life_ms > REFERENCE_LIFE_MAX_MS)
		return err_set(err, MORTISE_E_INTERNAL,
			"reference_make: a life of %" PRId64 " ms is not between 1 ms and a day",
			life_ms);
	access_secret_make(ACCESS_PREFIX_REFERENCE, text);
	vault_token_hash(daemon->vault, text, make.hash);
	make.expires_at_us = clock_now_us() + life_ms * 1000;
	if (store_write(daemon->store, make_in, &make, err) < 0)
		return err->code;
	*ret_text = xstrdup(text);
	return 0;
}

/* ---- Bringing back ---- */

void reference_init(struct reference *reference, struct daemon *daemon, const char *text)
{
	vault_token_hash(daemon->vault, text, reference->hash);
}

/* The integration that a good one stands for, if it may be installed. */
static int find_integration(struct tx *tx, const struct reference *reference, int64_t id,
	struct integration *ret_integration, struct err *err)
{
	cleanup_err struct err missing = {0};
	int result = integration_get(tx, id, ret_integration, &missing);

	if (result < 0 && result != MORTISE_E_NOT_FOUND)
		return err_move(err, &missing);
	if (result < 0 || ret_integration->status != INTEGRATION_ACTIVE)
		return err_set(err, MORTISE_E_NOT_FOUND, "What this link stands for was removed "
			"or is disabled; install it there again first.");
	if (ret_integration->owner_organization_id != 0 &&
		ret_integration->owner_organization_id != reference->organization_id)
		return err_set(err, MORTISE_E_NOT_FOUND,
			"This link belongs to another organization; choose that one.");
	return 0;
}

/* What is no good is a wrong field to who brought it. */
static int as_field(const struct reference *reference, int result, struct err *why,
	struct err *err)
{
	if (result == MORTISE_E_NOT_FOUND)
		return err_field(err, reference->field, "%s", err_text(why));
	return result < 0 ? err_move(err, why) : 0;
}

struct look {
	struct reference *reference;
	int64_t now_us;
	struct integration integration;
};

static int look_in(struct tx *tx, void *arg, struct err *err)
{
	struct look *look = arg;
	struct reference *reference = look->reference;
	cleanup_err struct err why = {0};
	int result;

	integration_clear(&look->integration);
	result = reference_find(tx, reference->hash, reference->provider, look->now_us,
		&reference->integration_id, &why);
	if (result == 0)
		result = find_integration(tx, reference, reference->integration_id,
			&look->integration, &why);
	return as_field(reference, result, &why, err);
}

int reference_look(struct daemon *daemon, struct reference *reference, json_t **ret_about,
	struct err *err)
{
	struct look look = {.reference = reference, .now_us = clock_now_us()};
	int result = store_read(daemon->store, look_in, &look, err);

	if (result == 0)
		*ret_about = json_pack("{s:s, s:s, s:O}", "external_id",
			look.integration.external_id, "name", look.integration.name, "metadata",
			look.integration.metadata);
	integration_clear(&look.integration);
	return result;
}

int reference_use_in(struct tx *tx, const struct reference *reference, int64_t now_us,
	struct err *err)
{
	cleanup_integration struct integration integration = {0};
	cleanup_err struct err why = {0};
	int64_t id = 0;
	int result = reference_take(tx, reference->hash, reference->provider, now_us, &id, &why);

	if (result == 0)
		result = find_integration(tx, reference, id, &integration, &why);
	return as_field(reference, result, &why, err);
}
