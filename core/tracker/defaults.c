/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
#include "config.h"
#include "core/tracker/defaults.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/provider/registration.h"
#include "core/storage/form_default.h"
#include "core/storage/link.h"

#define MEMBER "project_issue_defaults"
#define VALUE_MAX 1024
#define LIST_MAX 32
#define CONFIG_MAX (48 * 1024)         /* less than what the API takes of a configuration */

static const char *project_key(const struct defaults_of *of, char text[static 24])
{
	snprintf(text, 24, "%" PRId64, of->project_id);
	return text;
}

int defaults_read(struct tx *tx, const struct defaults_of *of, json_t **ret_defaults,
	struct err *err)
{
	char key[24];
	const json_t *projects = json_object_get(of->link->config, MEMBER);
	const json_t *project = json_object_get(projects, project_key(of, key));
	cleanup_json json_t *user = NULL;
	json_t *defaults;

	if (of->account_id > 0 && form_default_get(tx, of->account_id, of->project_id,
		    reg_row_key(of->provider), &user, err) < 0)
		return err->code;
	defaults = json_is_object(project) ? json_copy((json_t *)(uintptr_t)project) : json_object();
	if (user)
		json_object_update(defaults, user);
	*ret_defaults = defaults;
	return 0;
}

static bool is_kept(const json_t *value)
{
	json_t *item;
	size_t i;

	if (json_is_array(value)) {
		if (json_array_size(value) > LIST_MAX)
			return false;
		json_array_foreach(value, i, item)
			if (json_is_array(item) || !is_kept(item))
				return false;
		return true;
	}
	return json_is_number(value) || json_is_boolean(value) ||
		(json_is_string(value) && json_string_length(value) <= VALUE_MAX);
}

/* The members of 'fields' that 'names' (separated by commas) has, as a new object. */
static json_t *pick(const json_t *fields, const char *names)
{
	cleanup_free char *list = xstrdup(names ? names : "");
	json_t *picked = json_object();
	char *rest = NULL;

	for (char *name = strtok_r(list, ", ", &rest); name; name = strtok_r(NULL, ", ", &rest)) {
		json_t *value = json_object_get(fields, name);

		if (value && is_kept(value))
			json_object_set(picked, name, value);
	}
	return picked;
}

static int keep_for_project(struct tx *tx, const struct defaults_of *of, const json_t *picked,
	int64_t now_us, struct err *err)
{
	char key[24];
	cleanup_json json_t *patch = json_pack("{s:{s:O}}", MEMBER, project_key(of, key), picked);
	cleanup_free char *config = json_dumps(of->link->config, JSON_COMPACT);
	cleanup_free char *text = json_dumps(patch, JSON_COMPACT);
	int result;

	if (json_object_size(picked) == 0 || strlen(config) + strlen(text) > CONFIG_MAX)
		return 0;
	result = link_patch_config(tx, of->link->id, patch, now_us, err);
	return result < 0 ? result : 0;
}

static int keep_for_user(struct tx *tx, const struct defaults_of *of, json_t *picked,
	struct err *err)
{
	cleanup_json json_t *before = NULL;
	const char *provider = reg_row_key(of->provider);

	if (of->account_id == 0 || json_object_size(picked) == 0)
		return 0;
	if (form_default_get(tx, of->account_id, of->project_id, provider, &before, err) < 0)
		return err->code;
	json_object_update(before, picked);
	return form_default_put(tx, of->account_id, of->project_id, provider, before, err);
}

int defaults_keep(struct tx *tx, const struct defaults_of *of, const json_t *fields,
	int64_t now_us, struct err *err)
{
	const struct mortise_issue_provider *issues = &of->provider->issue_provider;
	cleanup_json json_t *project = pick(fields, issues->defaults);
	cleanup_json json_t *user = pick(fields, issues->user_defaults);
	int result = keep_for_project(tx, of, project, now_us, err);

	return result < 0 ? result : keep_for_user(tx, of, user, err);
}
