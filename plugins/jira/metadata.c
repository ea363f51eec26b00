/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/* Name and icon of an integration, as the site in Jira has them. */
#include "jira.h"

#include <stdlib.h>
#include <string.h>

#define ICON_MAX_SIZE 2048

static int32_t sync_name(struct mortise_call *call, const struct flavor *flavor)
{
	json_t *info = NULL;
	const char *title;
	char *name;
	int32_t ret = MORTISE_OK;

	TRY(jira_get(call, flavor, &(struct request){.path = "/serverInfo",
		.flags = MORTISE_HTTP_NO_CACHE}, &info));
	title = jira_text(info, "serverTitle");
	if (title && *title) {
		name = jira_cut(title, NAME_MAX_SIZE);
		ret = jira_effect(call, MORTISE_EFFECT_INTEGRATION_NAME, json_pack("{s:s}", "name", name));
		free(name);
	}
	json_decref(info);
	return ret;
}

/* The answer is a list or, in pages, has one. */
static const char *first_icon(const json_t *answer)
{
	const json_t *list = json_is_array(answer) ? answer : json_object_get(answer, "values");
	const json_t *avatars = json_object_get(json_array_get(list, 0), "avatarUrls");
	const char *url = jira_short(avatars, "48x48", ICON_MAX_SIZE);

	return url && (strncmp(url, "https://", 8) == 0 || strncmp(url, "http://", 7) == 0) ? url
		: NULL;
}

static int32_t sync_icon(struct mortise_call *call, const struct flavor *flavor)
{
	json_t *answer = NULL;
	const char *icon;
	int32_t ret = MORTISE_OK;

	TRY(jira_get(call, flavor, &(struct request){.path = flavor->projects,
		.flags = MORTISE_HTTP_NO_CACHE}, &answer));
	icon = first_icon(answer);
	if (icon)
		ret = jira_effect(call, MORTISE_EFFECT_INTEGRATION_PATCH, json_pack("{s:{s:s}}",
			"metadata", "icon", icon));
	json_decref(answer);
	return ret;
}

int32_t jira_sync_metadata(struct mortise_call *call, const struct flavor *flavor,
	const json_t *input, json_t **ret_output)
{
	(void)input;
	(void)ret_output;
	TRY(sync_name(call, flavor));
	return sync_icon(call, flavor);
}
