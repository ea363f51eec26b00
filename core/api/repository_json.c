/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
#include "config.h"
#include "core/api/repository_json.h"

#include <stdlib.h>
#include <string.h>

#include "core/api/call.h"
#include "core/daemon/daemon.h"
#include "core/provider/provider.h"
#include "core/storage/integration.h"
#include "core/storage/repository.h"

const struct reg_provider *repository_provider_find(struct daemon *daemon, const char *id)
{
	size_t len;
	const struct reg_provider **all = providers_all(daemon->providers, &len);
	const struct reg_provider *found = NULL;

	for (size_t i = 0; i < len; i++) {
		if (!found && all[i]->has_repository_provider &&
			strcmp(all[i]->repository_provider.id, id) == 0)
			found = all[i];
		else
			registration_unref(all[i]->registration);
	}
	free(all);
	return found;
}

static json_t *provider_json(struct daemon *daemon, const char *id)
{
	const struct reg_provider *provider;
	json_t *json;

	if (!id || !*id)
		return json_pack("{s:s, s:s}", "id", "unknown", "name", "Unknown Provider");
	provider = repository_provider_find(daemon, id);
	json = json_pack("{s:s, s:s}", "id", id, "name",
		provider && provider->repository_provider.name
			? provider->repository_provider.name : id);
	if (provider)
		registration_unref(provider->registration);
	return json;
}

json_t *repository_json(struct daemon *daemon, const struct repository *repository)
{
	return json_pack("{s:o, s:s, s:s?, s:o, s:s, s:o, s:o, s:s, s:s?, s:s?, s:O}", "id",
		api_id_json(repository->id), "name", repository->name, "url", repository->url,
		"provider", provider_json(daemon, repository->provider), "status",
		integration_status_name(repository->status), "dateCreated",
		api_time(repository->added_at_us), "integrationId",
		api_id_json(repository->integration_id), "externalSlug", repository->name,
		"externalId", repository->external_id, "defaultBranch", repository->branch,
		"languages", repository->languages);
}

json_t *repository_json_full(struct daemon *daemon, const struct repository *repository)
{
	json_t *json = repository_json(daemon, repository);

	json_object_set(json, "settings", repository->settings ? repository->settings : json_null());
	return json;
}

void repository_exists(struct api_call *call)
{
	call->status = 400;
	call->reply = json_pack("{s:{s:s, s:s, s:{}}}", "detail", "code", "repo_exists", "message",
		"A repository with this configuration already exists.", "extra");
}
