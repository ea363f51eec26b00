/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
#include "config.h"
#include "core/tracker/status_map.h"

#include <string.h>

#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/storage/external_project.h"

#define FIELD "sync_status_forward"
#define TEXT_MAX 256

int status_map_read(struct tx *tx, int64_t link_id, json_t **ret_projects, struct err *err)
{
	struct external_project *list;
	size_t len;
	json_t *projects;

	if (external_project_list(tx, link_id, &list, &len, err) < 0)
		return err->code;
	projects = json_object();
	for (size_t i = 0; i < len; i++)
		json_object_set_new(projects, list[i].external_id, json_pack("{s:s, s:s, s:s}",
			"name", list[i].name, "resolved", list[i].resolved, "unresolved",
			list[i].unresolved));
	external_project_list_free(list, len);
	*ret_projects = projects;
	return 0;
}

static bool fits(const char *text)
{
	return text && *text && strlen(text) <= TEXT_MAX;
}

static int insert(struct tx *tx, int64_t link_id, const char *id, const json_t *pair,
	int64_t now_us, struct err *err)
{
	const char *name = json_string_value(json_object_get(pair, "name"));
	const char *resolved = json_string_value(json_object_get(pair, "resolved"));
	const char *unresolved = json_string_value(json_object_get(pair, "unresolved"));
	struct external_project project = {
		.external_id = (char *)(uintptr_t)id,
		.name = (char *)(uintptr_t)(fits(name) ? name : id),
		.resolved = (char *)(uintptr_t)resolved,
		.unresolved = (char *)(uintptr_t)unresolved,
	};

	if (!fits(id))
		return err_field(err, FIELD, "A project's id has 1 to %d bytes.", TEXT_MAX);
	if (!fits(resolved) || !fits(unresolved))
		return err_field(err, FIELD, "The project \"%.256s\" needs a status for resolved "
			"issues and one for unresolved issues.", id);
	return external_project_insert(tx, link_id, &project, now_us, err);
}

int status_map_replace(struct tx *tx, int64_t link_id, const json_t *projects, int64_t now_us,
	struct err *err)
{
	const char *id;
	json_t *pair;
	int result;

	if (json_object_size(projects) > EXTERNAL_PROJECTS_MAX)
		return err_field(err, FIELD, "A status map has at most %d projects.",
			EXTERNAL_PROJECTS_MAX);
	result = external_project_clear_map(tx, link_id, err);
	json_object_foreach((json_t *)(uintptr_t)projects, id, pair)
		if (result == 0)
			result = insert(tx, link_id, id, pair, now_us, err);
	return result;
}
