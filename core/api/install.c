/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
#include "config.h"
#include "core/api/install.h"

#include <string.h>

#include "core/base/clock.h"
#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/daemon/daemon.h"
#include "core/effect/effect.h"
#include "core/storage/store.h"

#define UNINSTALL_DEADLINE_MS 25000

struct read {
	int64_t organization_id, integration_id;
	struct install *install;
};

void install_clear(struct install *install)
{
	if (install->provider)
		registration_unref(install->provider->registration);
	integration_clear(&install->integration);
	link_clear(&install->link);
	install->provider = NULL;
}

static int read_in(struct tx *tx, void *arg, struct err *err)
{
	struct read *read = arg;
	struct install *install = read->install;
	cleanup_err struct err missing = {0};
	int result;

	integration_clear(&install->integration);
	link_clear(&install->link);
	result = link_find(tx, read->organization_id, read->integration_id, &install->link,
		&missing);
	if (result == MORTISE_E_NOT_FOUND ||
		(result == 0 && install->link.status == INTEGRATION_DELETION_IN_PROGRESS))
		return err_set(err, MORTISE_E_NOT_FOUND,
			"this organization has no such integration");
	if (result < 0)
		return err_move(err, &missing);
	return integration_get(tx, read->integration_id, &install->integration, err);
}

int install_read_id(const struct api_call *call, int64_t integration_id,
	struct install *ret_install, struct err *err)
{
	struct read read = {call->principal.organization_id, integration_id, ret_install};

	if (store_read(call->daemon->store, read_in, &read, err) < 0)
		return err->code;
	ret_install->provider = providers_find(call->daemon->providers,
		ret_install->integration.provider);
	return 0;
}

int install_read(const struct api_call *call, const char *name, struct install *ret_install,
	struct err *err)
{
	int64_t id;

	if (api_id(call, name, &id, err) < 0)
		return err->code;
	return install_read_id(call, id, ret_install, err);
}

struct call_scope install_scope(const struct install *install, const struct api_call *call)
{
	return (struct call_scope){
		.kind = MORTISE_SCOPE_INSTALL,
		.provider = install->provider,
		.integration_id = install->integration.id,
		.link_id = install->link.id,
		.organization_id = install->link.organization_id,
		.external_id = install->integration.external_id,
		.origin = call->principal.origin,
	};
}

int install_call(const struct api_call *call, const struct install *install,
	const char *callback, json_t *input, int64_t deadline_ms, json_t **ret_output,
	json_t **ret_effects, struct err *err)
{
	struct call_request request = {
		.scope = install_scope(install, call),
		.callback = callback,
		.input = input,
		.deadline_ms = deadline_ms,
	};
	struct effect_context context = {.scope = &request.scope, .now_us = clock_now_us()};
	cleanup_json json_t *output = NULL;
	cleanup_json json_t *effects = NULL;

	if (provider_call(call->daemon->providers, &request, &output, &effects, err) < 0 ||
		effects_check(&context, effects, err) < 0)
		return err->code;
	*ret_output = steal(&output);
	*ret_effects = steal(&effects);
	return 0;
}

struct siblings {
	const struct install *install;
	bool has_sibling;
};

static int siblings_in(struct tx *tx, void *arg, struct err *err)
{
	struct siblings *siblings = arg;

	return link_has_sibling(tx, siblings->install->integration.id, siblings->install->link.id,
		&siblings->has_sibling, err);
}

int install_uninstall(const struct api_call *call, const struct install *install,
	json_t **ret_effects, struct err *err)
{
	struct siblings siblings = {.install = install};
	cleanup_json json_t *input = NULL;
	cleanup_json json_t *output = NULL;

	if (!install->provider || !install->provider->provider.uninstall)
		return 0;
	if (store_read(call->daemon->store, siblings_in, &siblings, err) < 0)
		return err->code;
	input = json_pack("{s:b}", "last", !siblings.has_sibling);
	return install_call(call, install, "uninstall", input, UNINSTALL_DEADLINE_MS, &output,
		ret_effects, err);
}

int install_refused(struct api_call *call, const char *member, const struct err *err)
{
	int status = err_meaning(err->code)->http_status;

	if (status == 429 || status >= 500 || (err->code == MORTISE_E_FIELD && err->fields))
		return err->code;
	call->status = 400;
	call->reply = strcmp(member, "detail") == 0
		? json_pack("{s:s}", member, err_text(err))
		: json_pack("{s:[s]}", member, err_text(err));
	return 0;
}
