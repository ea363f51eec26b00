/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
#include "config.h"
#include "core/api/code_mapping_json.h"

#include "core/api/call.h"
#include "core/api/integration_json.h"
#include "core/storage/code_mapping.h"

json_t *code_mapping_json(struct daemon *daemon, const struct code_mapping *mapping)
{
	return json_pack("{s:o, s:o, s:s, s:o, s:s, s:o, s:o, s:s, s:s, s:s?, s:b}", "id",
		api_id_json(mapping->id), "projectId", api_id_json(mapping->project_id),
		"projectSlug", mapping->project_slug, "repoId", api_id_json(mapping->repository_id),
		"repoName", mapping->repository_name, "integrationId",
		api_id_json(mapping->integration_id), "provider", mapping->provider
			? integration_provider_json(daemon, mapping->provider) : json_null(),
		"stackRoot", mapping->stack_root, "sourceRoot", mapping->source_root,
		"defaultBranch", mapping->branch, "automaticallyGenerated", mapping->generated);
}
