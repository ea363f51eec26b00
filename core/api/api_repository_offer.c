/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * What an integration has at its upstream: repositories that could be added, and taking
 * them all over.
 *
 * POST …/repo-sync/ queues the task of install scope that a plugin calls
 * "sync_repositories", which is also what the daily schedule runs; who has none cannot
 * sync.  One that waits is not doubled but run now.
 */
#include "config.h"
#include "core/api/routes.h"

#include <inttypes.h>
#include <string.h>

#include "core/api/install.h"
#include "core/base/clock.h"
#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/daemon/daemon.h"
#include "core/job/job.h"
#include "core/storage/audit.h"
#include "core/storage/repository.h"
#include "core/storage/store.h"

#define SEARCH_DEADLINE_MS 10000
#define SYNC_TASK "sync_repositories"

static int need_repositories(const struct install *install, struct err *err)
{
	if (install->provider && install->provider->has_repository_provider &&
		install->provider->repository_provider.list)
		return 0;
	return err_set(err, MORTISE_E_UNSUPPORTED, "%s has no repositories",
		install->integration.provider);
}

static bool is_active(const struct install *install)
{
	return install->integration.status == INTEGRATION_ACTIVE &&
		install->link.status == INTEGRATION_ACTIVE;
}

/* ---- What could be added ---- */

struct offer {
	const struct api_call *call;
	const struct install *install;
	const json_t *offered;     /* list of what the provider showed */
	bool only_new;
	json_t *items;
};

static int show_offer(struct tx *tx, struct offer *offer, const json_t *offered, struct err *err)
{
	const char *identifier = json_string_value(json_object_get(offered, "identifier"));
	const char *name = json_string_value(json_object_get(offered, "name"));
	int result;

	if (!identifier)
		return 0;
	result = repository_is_active(tx, offer->call->principal.organization_id,
		offer->install->provider->repository_provider.id, identifier, err);
	if (result < 0 || (result == 1 && offer->only_new))
		return result < 0 ? result : 0;
	json_array_append_new(offer->items, json_pack("{s:s, s:s, s:O?, s:O?, s:b}", "name",
		name ? name : identifier, "identifier", identifier, "defaultBranch",
		json_object_get(offered, "default_branch"), "externalId",
		json_object_get(offered, "external_id"), "isInstalled", result));
	return 0;
}

static int offers_in(struct tx *tx, void *arg, struct err *err)
{
	struct offer *offer = arg;
	json_t *offered;
	size_t i;

	json_decref(offer->items);
	offer->items = json_array();
	json_array_foreach(offer->offered, i, offered)
		if (show_offer(tx, offer, offered, err) < 0)
			return err->code;
	return 0;
}

static int offers(struct api_call *call, struct err *err)
{
	const char *only_new = api_query(call, "installableOnly", NULL);
	cleanup_install struct install install = {0};
	cleanup_json json_t *input = NULL;
	cleanup_json json_t *output = NULL;
	cleanup_json json_t *effects = NULL;
	struct offer offer = {.call = call, .install = &install,
		.only_new = only_new && strcmp(only_new, "true") == 0};
	int result;

	if (install_read(call, "integration", &install, err) < 0 ||
		need_repositories(&install, err) < 0)
		return err->code;
	if (!is_active(&install)) {
		call->reply = json_pack("{s:[]}", "repos");
		return 0;
	}
	input = json_pack("{s:s?}", "query", api_query(call, "search", NULL));
	if (install_call(call, &install, "repository:list", input, SEARCH_DEADLINE_MS, &output,
		    &effects, err) < 0)
		return install_refused(call, "detail", err);
	offer.offered = json_object_get(output, "repositories");
	result = store_read(call->daemon->store, offers_in, &offer, err);
	if (result == 0)
		call->reply = json_pack("{s:O, s:b}", "repos", offer.items, "searchable",
			json_is_true(json_object_get(output, "searchable")));
	json_decref(offer.items);
	return result;
}

/* ---- Taking them over ---- */

struct sync {
	const struct api_call *call;
	const struct install *install;
	const struct mortise_task *task;
	int64_t now_us;
};

static int sync_in(struct tx *tx, void *arg, struct err *err)
{
	const struct sync *sync = arg;
	const struct install *install = sync->install;
	cleanup_free char *task = xasprintf("%s:%s", install->provider->provider.key, SYNC_TASK);

	if (job_insert_once(tx, &(struct job_new){
		.task = task,
		.version = (int)sync->task->version,
		.integration_id = install->integration.id,
		.link_id = install->link.id,
		.object = SYNC_TASK,
		.now_us = sync->now_us,
		.origin = sync->call->principal.origin,
	}, err) < 0)
		return err->code;
	return audit_insert(tx, &(struct audit_new){
		.organization_id = install->link.organization_id,
		.origin = sync->call->principal.origin,
		.event = "integration.sync-repos",
		.kind = "integration",
		.id = install->integration.id,
		.now_us = sync->now_us,
	}, err);
}

static int sync_all(struct api_call *call, struct err *err)
{
	cleanup_install struct install install = {0};
	struct sync sync = {.call = call, .install = &install, .now_us = clock_now_us()};

	if (install_read(call, "integration", &install, err) < 0 ||
		need_repositories(&install, err) < 0)
		return err->code;
	sync.task = reg_task(install.provider, SYNC_TASK);
	if (!sync.task || sync.task->scope != MORTISE_SCOPE_INSTALL)
		return err_set(err, MORTISE_E_UNSUPPORTED, "%s cannot take over all repositories: "
			"add them one by one", install.integration.provider);
	if (!is_active(&install))
		return err_set(err, MORTISE_E_UNSUPPORTED, "this integration is disabled");
	if (store_write(call->daemon->store, sync_in, &sync, err) < 0)
		return err->code;
	jobs_wake(call->daemon->jobs);
	call->status = 202;
	return 0;
}

#define INTEGRATION "/api/0/organizations/{org}/integrations/{integration}/"

const struct api_route api_repository_offer_routes[] = {
	{"GET", INTEGRATION "repos/", SCOPES_I_GET, 0, offers},
	{"POST", INTEGRATION "repo-sync/", SCOPES_I_POST, 0, sync_all},
	{0},
};
