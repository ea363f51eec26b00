/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * The install.  The daemon sends the user to the code host and exchanges the code that
 * comes back; we ask whose token it is, and say what the integration shall be.
 */
#include "example.h"

#include <stdlib.h>

/* What the setting 'pointer_setting' points to in 'user'. */
static int32_t read_user(struct mortise_call *call, const json_t *user,
	const char *pointer_setting, char **ret_text)
{
	char *pointer;
	int32_t ret = example_setting(call, pointer_setting, &pointer);

	if (ret != MORTISE_OK)
		return ret;
	*ret_text = example_text_at(user, pointer);
	if (!*ret_text)
		ret = host->fail(call, MORTISE_E_SETTINGS, "the code host's answer has nothing at "
			"\"%s\": correct providers." PROVIDER ".%s", pointer, pointer_setting);
	free(pointer);
	return ret;
}

/* After the step "login": input {"answer", "state"}; what we put into "state" is there for
 * the callbacks that follow. */
int32_t example_check_login(struct mortise_call *call, const json_t *input, json_t **ret_output)
{
	char *path = NULL, *id = NULL, *name = NULL;
	json_t *user = NULL;
	int32_t ret = example_setting(call, "user_path", &path);

	(void)input;
	if (ret == MORTISE_OK)
		ret = example_get(call, "installing", path, NULL, &user, NULL);
	if (ret == MORTISE_OK)
		ret = read_user(call, user, "account_id", &id);
	if (ret == MORTISE_OK)
		ret = read_user(call, user, "account_name", &name);
	if (ret == MORTISE_OK)
		*ret_output = json_pack("{s:{s:s, s:s, s:o*}}", "state", "account_id", id,
			"account_name", name, "icon", json_incref(json_object_get(user, "avatar_url")));
	free(path);
	free(id);
	free(name);
	json_decref(user);
	return ret;
}

/* Once all steps are done.  The token told us whose it is: that proves the account. */
int32_t example_build(struct mortise_call *call, const json_t *input, json_t **ret_output)
{
	const json_t *state = json_object_get(input, "state");
	json_t *id = json_object_get(state, "account_id");
	json_t *name = json_object_get(state, "account_name");

	if (!id || !name)
		return host->fail(call, MORTISE_E_SETTINGS,
			"Nobody signed in at the code host: start the install again.");
	*ret_output = json_pack("{s:O, s:O, s:s, s:{s:O*}, s:{s:s}}", "external_id", id, "name", name,
		"ownership", "proved", "metadata", "icon", json_object_get(state, "icon"),
		"secrets", "oauth_token", "oauth_token");
	return MORTISE_OK;
}

/* A job, once the integration is there. */
int32_t example_post_install(struct mortise_call *call, const json_t *input, json_t **ret_output)
{
	(void)input;
	(void)ret_output;
	return example_effect(call, MORTISE_EFFECT_TASK,
		json_pack("{s:s}", "name", "link_repositories"));
}
