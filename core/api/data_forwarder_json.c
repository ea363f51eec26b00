/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
#include "config.h"
#include "core/api/data_forwarder_json.h"

#include "core/api/call.h"
#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/daemon/daemon.h"
#include "core/forward/rules.h"
#include "core/forward/sealed.h"
#include "core/storage/data_forwarder.h"

int data_forwarder_may_write(struct tx *tx, const struct api_call *call, int64_t project_id,
	struct err *err)
{
	cleanup_err struct err why = {0};
	uint64_t scopes;
	int result = access_project(tx, &call->principal, project_id, &why);

	if (result == MORTISE_E_FORBIDDEN)
		return 0;
	if (result < 0)
		return err_move(err, &why);
	if (access_project_scopes(tx, &call->principal, project_id, &scopes, err) < 0)
		return err->code;
	return (scopes & SCOPES_P_POST) != 0;
}

static json_t *project_json(const struct data_forwarder_project *row)
{
	return json_pack("{s:o, s:s, s:s?}", "id", api_id_json(row->project_id), "slug", row->slug,
		"platform", row->platform);
}

/* One enrolment; 'config' is that of the forwarder, NULL for those who may not see it. */
static int enrolment_json(struct tx *tx, const struct api_call *call,
	const struct data_forwarder_project *row, json_t *config, json_t **ret_json,
	struct err *err)
{
	cleanup_json json_t *overrides = NULL;
	cleanup_json json_t *effective = NULL;
	int may_see = config ? 1 : data_forwarder_may_write(tx, call, row->project_id, err);

	if (may_see < 0)
		return may_see;
	if (may_see && forward_values_open(call->daemon->vault, FORWARD_OVERRIDES_COLUMN,
			       &row->overrides, &overrides, err) < 0)
		return err->code;
	if (!overrides)
		overrides = json_object();
	effective = config ? forward_values_merged(config, overrides) : json_object();
	*ret_json = json_pack("{s:o, s:o, s:b, s:o, s:O, s:O, s:o, s:o}", "id", api_id_json(row->id),
		"dataForwarderId", api_id_json(row->data_forwarder_id), "isEnabled", row->enabled,
		"project", project_json(row), "overrides", overrides, "effectiveConfig", effective,
		"dateAdded", api_time(row->added_at_us), "dateUpdated",
		api_time(row->updated_at_us));
	return 0;
}

static json_t *forwarder_json(const struct data_forwarder *forwarder, json_t *config)
{
	return json_pack("{s:o, s:s, s:o, s:s?, s:b, s:b, s:O?, s:[], s:[], s:o, s:o, s:o}", "id",
		api_id_json(forwarder->id), "name", forwarder->name, "organizationId",
		api_id_json(forwarder->organization_id), "provider", forwarder->provider,
		"isEnabled", forwarder->enabled, "enrollNewProjects",
		forwarder->enroll_new_projects, "config", config, "enrolledProjects",
		"projectConfigs", "dateCreated", api_time(forwarder->added_at_us), "dateAdded",
		api_time(forwarder->added_at_us), "dateUpdated",
		api_time(forwarder->updated_at_us));
}

int data_forwarder_json(struct tx *tx, const struct api_call *call,
	const struct data_forwarder *forwarder, json_t **ret_json, struct err *err)
{
	struct data_forwarder_project *rows;
	cleanup_json json_t *config = NULL;
	cleanup_json json_t *json = NULL;
	size_t len;
	int result;

	if ((call->principal.scopes & SCOPES_O_POST) &&
		forward_values_open(call->daemon->vault, FORWARD_CONFIG_COLUMN, &forwarder->config,
			&config, err) < 0)
		return err->code;
	result = data_forwarder_project_list(tx, forwarder->id, &rows, &len, err);
	if (result < 0)
		return result;
	json = forwarder_json(forwarder, config);
	for (size_t i = 0; i < len && result == 0; i++) {
		json_t *item;

		json_array_append_new(json_object_get(json, "enrolledProjects"),
			project_json(&rows[i]));
		result = enrolment_json(tx, call, &rows[i], config, &item, err);
		if (result == 0)
			json_array_append_new(json_object_get(json, "projectConfigs"), item);
	}
	data_forwarder_project_list_free(rows, len);
	if (result == 0)
		*ret_json = steal(&json);
	return result;
}
