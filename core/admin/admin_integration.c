/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/* Integrations of all organizations. */
#include "config.h"
#include "core/admin/admin_methods.h"

#include "core/base/clock.h"
#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/daemon/daemon.h"
#include "core/storage/audit.h"
#include "core/storage/integration.h"
#include "core/storage/link.h"
#include "core/storage/store.h"
#include "core/webhook/webhook.h"

#define MAX_LINKS 200

struct work {
	int64_t id, now_us, after_id, limit;
	json_t *json;
};

static json_t *integration_json(const struct integration *integration)
{
	return json_pack("{s:o, s:s, s:s, s:s, s:s, s:s?, s:b, s:o, s:o}",
		"id", admin_id_json(integration->id), "provider", integration->provider,
		"external_id", integration->external_id, "name", integration->name,
		"status", integration_status_name(integration->status),
		"reason", integration->status_reason,
		"shared", integration->owner_organization_id == 0,
		"added", admin_time_json(integration->added_at_us),
		"updated", admin_time_json(integration->updated_at_us));
}

static int list_integrations(struct tx *tx, void *arg, struct err *err)
{
	struct work *work = arg;
	struct integration *list;
	size_t len;
	int result = integration_list_all(tx, work->after_id, work->limit, &list, &len, err);

	if (result < 0)
		return result;
	for (size_t i = 0; i < len; i++)
		json_array_append_new(work->json, integration_json(&list[i]));
	integration_list_free(list, NULL, len);
	return 0;
}

static int run_list(struct daemon *daemon, const json_t *parameters, json_t **ret_result,
	struct err *err)
{
	struct work work = {.limit = admin_limit(parameters), .json = json_array()};
	int result = 0;

	if (admin_text(parameters, "after"))
		result = admin_id(parameters, "after", &work.after_id, err);
	if (result == 0)
		result = store_read(daemon->store, list_integrations, &work, err);
	if (result == 0)
		*ret_result = json_pack("{s:O}", "integrations", work.json);
	json_decref(work.json);
	return result;
}

static int add_links(struct tx *tx, struct work *work, struct err *err)
{
	struct link links[MAX_LINKS];
	json_t *list = json_array();
	size_t len;
	int result = link_list_active(tx, work->id, 0, MAX_LINKS, links, &len, err);

	json_object_set_new(work->json, "links", list);
	if (result < 0)
		return result;
	for (size_t i = 0; i < len; i++) {
		json_array_append_new(list, json_pack("{s:o, s:o, s:s, s:o}",
			"id", admin_id_json(links[i].id),
			"organization", admin_id_json(links[i].organization_id),
			"status", integration_status_name(links[i].status),
			"added", admin_time_json(links[i].added_at_us)));
		link_clear(&links[i]);
	}
	return 0;
}

static int show_integration(struct tx *tx, void *arg, struct err *err)
{
	struct work *work = arg;
	cleanup_integration struct integration integration = {0};
	int result = integration_get(tx, work->id, &integration, err);

	if (result < 0)
		return result;
	work->json = integration_json(&integration);
	return add_links(tx, work, err);
}

static int run_show(struct daemon *daemon, const json_t *parameters, json_t **ret_result,
	struct err *err)
{
	struct work work = {0};
	int result = admin_id(parameters, "id", &work.id, err);

	if (result == 0)
		result = store_read(daemon->store, show_integration, &work, err);
	if (result == 0)
		*ret_result = json_pack("{s:O}", "integration", work.json);
	json_decref(work.json);
	return result;
}

/* Every organization that is linked to it finds it in its own audit log. */
static int audit_disabling(struct tx *tx, const struct work *work, struct err *err)
{
	struct link links[MAX_LINKS];
	int64_t after_id = 0;
	size_t len;
	int result;

	do {
		len = 0;
		result = link_list_active(tx, work->id, after_id, MAX_LINKS, links, &len, err);
		for (size_t i = 0; result == 0 && i < len; i++) {
			after_id = links[i].id;
			result = audit_insert(tx, &(struct audit_new){
				.organization_id = links[i].organization_id,
				.origin = ADMIN_ORIGIN,
				.event = "integration.disable",
				.kind = "integration",
				.id = work->id,
				.now_us = work->now_us,
			}, err);
		}
		for (size_t i = 0; i < len; i++)
			link_clear(&links[i]);
	} while (result == 0 && len == MAX_LINKS);
	return result;
}

static int disable_integration(struct tx *tx, void *arg, struct err *err)
{
	struct work *work = arg;
	cleanup_integration struct integration integration = {0};
	int result = integration_get(tx, work->id, &integration, err);

	if (result < 0)
		return result;
	result = integration_set_status(tx, work->id, INTEGRATION_DISABLED,
		"disabled by the operator", work->now_us, err);
	if (result < 0)
		return result;
	return integration.status == INTEGRATION_DISABLED ? 0 : audit_disabling(tx, work, err);
}

static int run_disable(struct daemon *daemon, const json_t *parameters, json_t **ret_result,
	struct err *err)
{
	struct work work = {.now_us = clock_now_us()};
	int result = admin_id(parameters, "id", &work.id, err);

	(void)ret_result;
	if (result == 0)
		result = store_write(daemon->store, disable_integration, &work, err);
	if (result == 0)
		webhooks_forget(daemon->webhooks, work.id);
	return result;
}

#define INTEGRATION "(id: string, provider: string, external_id: string, name: string, " \
	"status: string, reason: ?string, shared: bool, added: string, updated: string"

const struct admin_method admin_integration_methods[] = {
	{.name = "IntegrationList", .level = ADMIN_READ, .in = "(after: ?string, limit: ?int)",
		.out = "(integrations: []" INTEGRATION "))",
		.help = "Integrations of all organizations, by id", .run = run_list},
	{.name = "IntegrationShow", .level = ADMIN_READ, .in = "(id: string)",
		.out = "(integration: " INTEGRATION ", links: [](id: string, "
		       "organization: string, status: string, added: string)))",
		.help = "One integration and the organizations that are linked to it",
		.run = run_show},
	{.name = "IntegrationDisable", .level = ADMIN_OPERATE, .in = "(id: string)", .out = "()",
		.help = "Disable an integration in all its organizations", .run = run_disable},
	{0},
};
