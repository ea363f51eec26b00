/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/* Repositories: shown to choose from, added one by one, and all of them after the install. */
#include "example.h"

#include <stdlib.h>

static const char *text(const json_t *object, const char *member)
{
	return json_string_value(json_object_get(object, member));
}

/* ---- Effects ---- */

int32_t example_put_repository(struct mortise_call *call, const json_t *repository,
	const char *mode)
{
	char *id = example_text_at(repository, "/id");
	const char *name = text(repository, "full_name");
	int32_t ret = MORTISE_OK;

	/* One without an id or a name is none of ours. */
	if (id && name)
		ret = example_effect(call, MORTISE_EFFECT_REPOSITORY_PUT, json_pack(
			"{s:s, s:s, s:s*, s:s*, s:{s:s}, s:s}", "external_id", id, "name", name, "url",
			text(repository, "html_url"), "branch", text(repository, "default_branch"),
			"config", "name", name, "mode", mode));
	free(id);
	return ret;
}

/* ---- The repository provider ---- */

/* Input {"query"}: the first page is what the user chooses from. */
int32_t example_list_repositories(struct mortise_call *call, const json_t *input,
	json_t **ret_output)
{
	json_t *found = NULL, *list = json_array(), *repository;
	char *path = NULL;
	size_t i;
	int32_t ret = example_setting(call, "repositories_path", &path);

	(void)input;
	if (ret == MORTISE_OK)
		ret = example_get(call, NULL, path, NULL, &found, NULL);
	json_array_foreach(found, i, repository) {
		char *id = example_text_at(repository, "/id");

		json_array_append_new(list, json_pack("{s:s*, s:s*, s:s*, s:s*}", "external_id", id,
			"name", text(repository, "name"), "identifier", text(repository, "full_name"),
			"default_branch", text(repository, "default_branch")));
		free(id);
	}
	if (ret == MORTISE_OK)
		*ret_output = json_pack("{s:O, s:b}", "repositories", list, "searchable", 0);
	json_decref(list);
	json_decref(found);
	free(path);
	return ret;
}

/* Input {"identifier"}: somebody adds this one; can we work with it? */
int32_t example_get_repository(struct mortise_call *call, const json_t *input,
	json_t **ret_output)
{
	json_t *params = json_pack("{s:O}", "name", json_object_get(input, "identifier"));
	json_t *repository = NULL;
	char *path = NULL, *id = NULL;
	int32_t ret = example_setting(call, "repository_path", &path);

	if (ret == MORTISE_OK)
		ret = example_get(call, NULL, path, params, &repository, NULL);
	if (ret == MORTISE_OK) {
		const char *name = text(repository, "full_name");

		id = example_text_at(repository, "/id");
		if (id && name)
			*ret_output = json_pack("{s:s, s:s, s:s*, s:s*, s:{s:s}}", "external_id", id,
				"name", name, "url", text(repository, "html_url"), "branch",
				text(repository, "default_branch"), "config", "name", name);
		else
			ret = host->fail(call, MORTISE_E_UPSTREAM, "the code host's answer has no id "
				"or full_name: check providers." PROVIDER ".repository_path");
	}
	json_decref(params);
	json_decref(repository);
	free(path);
	free(id);
	return ret;
}

/* ---- The task: every repository of the account ---- */

/* One page.  '*ret_next' is the URL of the next, or NULL. */
static int32_t link_page(struct mortise_call *call, const char *path, char **ret_next)
{
	json_t *found = NULL, *repository;
	size_t i;
	int32_t ret = example_get(call, NULL, path, NULL, &found, ret_next);

	json_array_foreach(found, i, repository)
		if (ret == MORTISE_OK)
			ret = example_put_repository(call, repository, "enable");
	json_decref(found);
	return ret;
}

/* What is done is committed page by page: a retry goes on at the page that failed. */
int32_t example_link_repositories(struct mortise_call *call, const json_t *input,
	json_t **ret_output)
{
	char *page = example_text_at(input, "/cursor/page");
	int32_t ret = page ? MORTISE_OK : example_setting(call, "repositories_path", &page);

	(void)ret_output;
	while (ret == MORTISE_OK && page) {
		char *next = NULL;
		json_t *cursor;

		ret = link_page(call, page, &next);
		free(page);
		page = next;
		if (ret != MORTISE_OK || !page)
			break;
		cursor = json_pack("{s:s}", "page", page);
		ret = host->checkpoint(call, cursor);
		json_decref(cursor);
	}
	free(page);
	return ret;
}
