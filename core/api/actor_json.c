/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
#include "config.h"
#include "core/api/actor_json.h"

#include "core/api/call.h"
#include "core/storage/external_actor.h"

json_t *actor_json(const struct external_actor *actor)
{
	json_t *json = json_pack("{s:o, s:s, s:s, s:o}", "id", api_id_json(actor->id), "provider",
		actor->provider, "externalName", actor->name, "integrationId",
		api_id_json(actor->integration_id));

	if (actor->external_id)
		json_object_set_new(json, "externalId", json_string(actor->external_id));
	if (actor->account_id)
		json_object_set_new(json, "userId", api_id_json(actor->account_id));
	if (actor->team_id)
		json_object_set_new(json, "teamId", api_id_json(actor->team_id));
	return json;
}

json_t *actor_json_list(struct external_actor *list_take, size_t len)
{
	json_t *list = json_array();

	for (size_t i = 0; i < len; i++)
		json_array_append_new(list, actor_json(&list_take[i]));
	external_actor_list_free(list_take, len);
	return list;
}
