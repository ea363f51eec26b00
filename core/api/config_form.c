/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
#include "config.h"
#include "core/api/config_form.h"

#include <string.h>

#include "core/api/install.h"
#include "core/base/err.h"
#include "core/base/log.h"
#include "core/base/mem.h"
#include "core/base/merge_patch.h"
#include "core/daemon/daemon.h"
#include "core/effect/effect.h"
#include "core/storage/store.h"
#include "core/tracker/status_map.h"
#include "core/tracker/tracker.h"

#define MAX_CONFIG (64 * 1024)

/* ---- Showing ---- */

struct projects {
	int64_t link_id;
	json_t *json;
};

static int projects_in(struct tx *tx, void *arg, struct err *err)
{
	struct projects *projects = arg;

	json_decref(projects->json);
	projects->json = NULL;
	return status_map_read(tx, projects->link_id, &projects->json, err);
}

static int ask_form(const struct api_call *call, const struct install *install, json_t **ret_output,
	struct err *err)
{
	const struct call_scope scope = install_scope(install, call);
	struct projects projects = {.link_id = install->link.id};
	cleanup_json json_t *input = NULL;
	cleanup_json json_t *effects = NULL;

	if (store_read(call->daemon->store, projects_in, &projects, err) < 0) {
		json_decref(projects.json);
		return err->code;
	}
	input = json_pack("{s:O, s:o}", "config", install->link.config, "external_projects",
		projects.json);
	return tracker_call(call->daemon, &scope, NULL, TRACKER_CONFIG_FORM, input, ret_output,
		&effects, err);
}

static void show(json_t *item, const json_t *output)
{
	json_t *data = json_object_get(output, "data");

	json_object_set(item, "configOrganization", json_object_get(output, "fields"));
	if (json_is_object(data))
		json_object_set(item, "configData", data);
}

bool config_form_show(const struct api_call *call, const struct integration *integration,
	const struct link *link, json_t *item)
{
	const struct install install = {.integration = *integration, .link = *link,
		.provider = providers_find(call->daemon->providers, integration->provider)};
	cleanup_json json_t *output = NULL;
	cleanup_err struct err err = {0};
	bool said = true;

	if (install.provider && install.provider->has_config_form &&
		integration->status == INTEGRATION_ACTIVE && link->status == INTEGRATION_ACTIVE) {
		said = ask_form(call, &install, &output, &err) == 0;
		if (said) {
			show(item, output);
		} else {
			json_object_set_new(item, "status", json_string("disabled"));
			json_object_set_new(item, "configData", json_null());
			log_limited(MORTISE_LOG_NOTICE, "integration.form_failed",
				LOG_INT("integration", integration->id),
				LOG_TEXT("code", err_meaning(err.code)->name),
				LOG_TEXT("reason", err_text(&err)));
		}
	}
	if (install.provider)
		registration_unref(install.provider->registration);
	return said;
}

/* ---- Changing ---- */

static int too_large(struct err *err)
{
	return err_set(err, MORTISE_E_FIELD, "the configuration would be larger than %d bytes",
		MAX_CONFIG);
}

int config_form_ask(struct api_call *call, const struct install *install,
	struct config_change *ret_change, struct err *err)
{
	cleanup_json json_t *input = json_pack("{s:O, s:O}", "config", call->body, "old",
		install->link.config);
	cleanup_json json_t *output = NULL;
	struct config_change change = {.scope = install_scope(install, call)};

	if (json_dumpb(call->body, NULL, 0, JSON_COMPACT) > MAX_CONFIG)
		return too_large(err);
	if (install->provider && tracker_has(install->provider, TRACKER_CONFIG_SAVE)) {
		if (tracker_call(call->daemon, &change.scope, NULL, TRACKER_CONFIG_SAVE, input, &output,
			    &change.effects, err) < 0)
			return err->code;
		change.patch = json_incref(json_object_get(output, "patch"));
		if (json_is_object(json_object_get(output, "external_projects")))
			change.external_projects = json_incref(json_object_get(output,
				"external_projects"));
	} else {
		change.values = json_incref(call->body);
	}
	*ret_change = change;
	return 0;
}

static int store_config(struct tx *tx, const struct config_change *change, int64_t now_us,
	struct err *err)
{
	cleanup_link struct link link = {0};
	cleanup_json json_t *config = NULL;
	cleanup_free char *text = NULL;
	int result = link_get(tx, change->scope.link_id, &link, err);

	if (result < 0)
		return result;
	if (change->patch)
		config = merge_patch(link.config, change->patch);
	else
		config = json_incref(link.config);
	if (change->values)
		json_object_update(config, change->values);
	text = json_dumps(config, JSON_COMPACT);
	if (strlen(text) > MAX_CONFIG)
		return too_large(err);
	result = link_set_config(tx, link.id, config, now_us, err);
	return result < 0 ? result : 0;
}

int config_form_store(struct tx *tx, const struct config_change *change, int64_t now_us,
	struct err *err)
{
	struct effect_context context = {.scope = &change->scope, .now_us = now_us};
	int result = store_config(tx, change, now_us, err);

	if (result == 0 && change->external_projects)
		result = status_map_replace(tx, change->scope.link_id, change->external_projects,
			now_us, err);
	if (result == 0 && change->effects)
		result = effects_apply(tx, &context, change->effects, err);
	return result;
}

void config_change_clear(struct config_change *change)
{
	json_decref(change->patch);
	json_decref(change->values);
	json_decref(change->external_projects);
	json_decref(change->effects);
	*change = (struct config_change){0};
}
