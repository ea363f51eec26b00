/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
#include "config.h"
#include "core/api/release_path.h"

#include <inttypes.h>
#include <string.h>

#include "core/access/access.h"
#include "core/api/call.h"
#include "core/base/buf.h"
#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/http/http.h"
#include "core/storage/project.h"
#include "core/storage/release.h"

#define ID_SIZE 24

static int query_project(struct tx *tx, const struct api_call *call, const char *name,
	int64_t *ret_id, struct err *err)
{
	cleanup_project struct project project = {0};
	int result = access_project_find(tx, &call->principal, name, &project, err);

	*ret_id = project.id;
	return result;
}

/* All that the query names. */
static int query_projects(struct tx *tx, const struct api_call *call, struct buf *list,
	int64_t *ret_last, size_t *ret_len, struct err *err)
{
	const char *name, *value;
	size_t len = 0;

	for (size_t i = 0; http_query_at(call->request, i, &name, &value); i++) {
		if (strcmp(name, "project") != 0 || !*value || strcmp(value, "-1") == 0)
			continue;
		if (++len > RELEASE_PROJECTS_MAX)
			return err_field(err, "project", "At most %d projects at once.",
				RELEASE_PROJECTS_MAX);
		if (query_project(tx, call, value, ret_last, err) < 0)
			return err->code;
		buf_printf(list, "%s%" PRId64 ",", len == 1 ? "," : "", *ret_last);
	}
	*ret_len = len;
	return 0;
}

int release_path_projects(struct tx *tx, const struct api_call *call,
	struct release_choice *ret_choice, struct err *err)
{
	cleanup_buf struct buf list = BUF(RELEASE_PROJECTS_MAX * ID_SIZE);
	int64_t last = 0;
	size_t len = 0;

	*ret_choice = (struct release_choice){.id = call->project.id};
	if (call->project.id)
		return 0;
	if (query_projects(tx, call, &list, &last, &len, err) < 0)
		return err->code;
	if (len == 1)
		ret_choice->id = last;
	else if (len > 1)
		ret_choice->list = xstrdup(buf_text(&list));
	return 0;
}

void release_choice_clear(struct release_choice *choice)
{
	free(choice->list);
	*choice = (struct release_choice){0};
}

/* Has it a project that is asked for, and within reach?  1 or 0. */
static int is_within(struct tx *tx, const struct api_call *call, int64_t release_id,
	struct err *err)
{
	cleanup_release_place struct release_place place = {0};

	if (call->project.id)
		return release_place_get(tx, call->project.id, release_id, &place, err);
	return release_is_reached(tx, release_id, access_reach(&call->principal), err);
}

int release_path_find(struct tx *tx, const struct api_call *call, struct release *ret_release,
	struct err *err)
{
	int result = release_find(tx, call->principal.organization_id,
		http_param(call->request, "version"), ret_release, err);

	if (result == 1)
		result = is_within(tx, call, ret_release->id, err);
	if (result == 0)
		return err_set(err, MORTISE_E_NOT_FOUND, "The requested resource does not exist");
	return result < 0 ? result : 0;
}
