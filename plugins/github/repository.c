/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/* The repositories of an installation: listing, adding, keeping in step. */
#include "github.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool github_is_repository_name(const char *text)
{
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.";
	const char *slash = text ? strchr(text, '/') : NULL;

	return slash && slash > text && slash[1] && strspn(text, allowed) == (size_t)(slash - text) &&
		slash[1 + strspn(slash + 1, allowed)] == '\0' && strcmp(slash + 1, ".") != 0 &&
		strcmp(slash + 1, "..") != 0 && text[0] != '.';
}

/* ---- Effects ---- */

int32_t github_effect(struct mortise_call *call, const char *type, json_t *record_take)
{
	int32_t ret = host->effect(call, type, record_take);

	/* The reply is full: commit what it holds.  All that we give can be given again. */
	if (ret == MORTISE_E_LIMIT) {
		ret = host->checkpoint(call, NULL);
		if (ret == MORTISE_OK)
			ret = host->effect(call, type, record_take);
	}
	json_decref(record_take);
	return ret;
}

int32_t github_queue(struct mortise_call *call, const char *task, json_t *payload_take)
{
	return github_effect(call, MORTISE_EFFECT_TASK, json_pack("{s:s, s:o}", "name", task, "payload",
		payload_take));
}

int32_t github_known_repositories(struct mortise_call *call, bool unlinked, json_t **page)
{
	const json_t *last = json_array_get(*page, json_array_size(*page) - 1);
	json_t *args = json_pack("{s:O?, s:b}", "after", json_object_get(last, "external_id"),
		"unlinked", (int)unlinked);
	int32_t ret;

	json_decref(*page);
	*page = NULL;
	ret = host->read(call, MORTISE_READ_REPOSITORIES, args, page);
	json_decref(args);
	if (ret == MORTISE_OK && json_array_size(*page) == 0) {
		json_decref(*page);
		*page = NULL;
	}
	return ret;
}

/* 'former': a name that it had until now, which stays in its configuration; or NULL. */
static int32_t put_repository(struct mortise_call *call, const json_t *repository,
	const char *mode, const char *former)
{
	const char *name = github_short(repository, "full_name", NAME_MAX_SIZE);
	const char *given = github_short(repository, "html_url", URL_MAX_SIZE);
	char *web = NULL, *url = NULL;
	char id[ID_SIZE];
	json_t *record;
	int32_t ret = MORTISE_OK;

	/* Rows without an id or a name are not for us. */
	if (!github_id(repository, "id", id) || !name)
		return MORTISE_OK;
	if (!given) {
		ret = github_setting(call, "web_url", &web);
		if (ret == MORTISE_OK && asprintf(&url, "%s/%s", web, name) < 0)
			url = NULL;
	}
	record = json_pack("{s:s, s:s, s:s*, s:s*, s:{s:s, s:o*}, s:s}", "external_id", id, "name",
		name, "url", given ? given : url, "branch",
		github_short(repository, "default_branch", BRANCH_MAX_SIZE), "config", "name", name,
		"former", former ? json_pack("{s:b}", former, 1) : NULL, "mode", mode);
	free(web);
	free(url);
	if (ret == MORTISE_OK)
		return github_effect(call, MORTISE_EFFECT_REPOSITORY_PUT, record);
	json_decref(record);
	return ret;
}

int32_t github_put_repository(struct mortise_call *call, const json_t *repository,
	const char *mode)
{
	return put_repository(call, repository, mode, NULL);
}

/* The name that is known, if it is not its name any more. */
static const char *former_name(const json_t *known, const json_t *repository)
{
	const char *was = github_text(known, "name");
	const char *name = github_text(repository, "full_name");

	return name && github_is_repository_name(was) && strcmp(was, name) != 0 ? was : NULL;
}

int32_t github_refresh_repository(struct mortise_call *call, const json_t *repository,
	json_t **ret_former)
{
	char id[ID_SIZE];
	json_t *args, *known = NULL;
	const char *former;
	int32_t ret;

	if (!github_id(repository, "id", id))
		return MORTISE_OK;
	args = json_pack("{s:s}", "external_id", id);
	ret = host->read(call, MORTISE_READ_REPOSITORY, args, &known);
	json_decref(args);
	if (ret == MORTISE_E_NOT_FOUND)
		return github_put_repository(call, repository, "create");
	if (ret != MORTISE_OK)
		return ret;
	former = former_name(known, repository);
	if (ret_former) {
		json_t *names = json_object_get(json_object_get(known, "config"), "former");

		*ret_former = json_is_object(names) ? json_copy(names) : json_object();
		if (former)
			json_object_set_new(*ret_former, former, json_true());
	}
	ret = put_repository(call, repository, "refresh", former);
	json_decref(known);
	return ret;
}

/* ---- Listing ---- */

static json_t *describe(const json_t *repository)
{
	char id[ID_SIZE];

	if (!github_id(repository, "id", id) || !github_text(repository, "full_name"))
		return NULL;
	return json_pack("{s:s, s:s, s:s, s:s*}", "external_id", id, "name",
		github_text(repository, "name"), "identifier", github_text(repository, "full_name"),
		"default_branch", github_text(repository, "default_branch"));
}

static json_t *describe_all(const json_t *repositories, bool archived)
{
	json_t *list = json_array();
	json_t *repository;
	size_t i;

	json_array_foreach(repositories, i, repository) {
		json_t *shown = archived || !json_is_true(json_object_get(repository, "archived"))
			? describe(repository) : NULL;

		if (shown)
			json_array_append_new(list, shown);
	}
	return list;
}

/* All that the installation may access, remembered for a while: people open the same
 * list several times in a row. */
static int32_t list_all(struct mortise_call *call, json_t **ret_list)
{
	const struct request ask = {.path = "/installation/repositories"};
	json_t *found = NULL;
	int32_t ret = host->cache_get(call, "repos", ret_list);

	if (ret != MORTISE_E_NOT_FOUND)
		return ret;
	ret = github_list(call, &ask, "repositories", &found);
	if (ret != MORTISE_OK)
		return ret;
	*ret_list = describe_all(found, false);
	json_decref(found);
	/* A list that is too large for the cache is fetched again next time. */
	(void)host->cache_put(call, "repos", *ret_list, REPOSITORY_CACHE_MS);
	return MORTISE_OK;
}

static int32_t read_metadata(struct mortise_call *call, const char *pointer, char **ret_text)
{
	json_t *args = json_pack("{s:s}", "pointer", pointer);
	json_t *value = NULL;
	int32_t ret = host->read(call, MORTISE_READ_METADATA, args, &value);

	json_decref(args);
	if (ret == MORTISE_E_NOT_FOUND || (ret == MORTISE_OK && !json_is_string(value)))
		ret = host->fail(call, MORTISE_E_SETTINGS,
			"The account of this installation is not known. Install the GitHub App again.");
	else if (ret == MORTISE_OK)
		*ret_text = strdup(json_string_value(value));
	json_decref(value);
	return ret;
}

/* "fork:true org:acme-co TEXT" */
static int32_t make_search(struct mortise_call *call, const char *text, json_t **ret_query)
{
	char *domain = NULL, *type = NULL, *search = NULL;
	const char *account;
	int32_t ret = read_metadata(call, "/domain_name", &domain);

	if (ret == MORTISE_OK)
		ret = read_metadata(call, "/account_type", &type);
	if (ret == MORTISE_OK) {
		account = strrchr(domain, '/') ? strrchr(domain, '/') + 1 : domain;
		if (asprintf(&search, "fork:true %s:%s %s", strcmp(type, "User") == 0 ? "user" : "org",
			account, text) >= 0)
			*ret_query = json_pack("{s:s, s:i}", "q", search, "per_page", PAGE_SIZE);
	}
	free(search);
	free(domain);
	free(type);
	return ret;
}

int32_t github_repository_search(struct mortise_call *call, const char *text, json_t **ret_list)
{
	struct request ask = {.path = "/search/repositories", .invalid = MORTISE_E_NOT_FOUND};
	json_t *query = NULL, *found = NULL;
	int32_t ret = make_search(call, text, &query);

	if (ret != MORTISE_OK)
		return ret;
	ask.query = query;
	ret = github_get(call, &ask, &found);
	json_decref(query);
	if (ret == MORTISE_OK)
		*ret_list = describe_all(json_object_get(found, "items"), true);
	json_decref(found);
	return ret;
}

int32_t github_repository_list(struct mortise_call *call, const json_t *input,
	json_t **ret_output)
{
	const char *query = github_text(input, "query");
	json_t *list = NULL;
	int32_t ret = query && *query ? github_repository_search(call, query, &list)
		: list_all(call, &list);

	if (ret == MORTISE_OK)
		*ret_output = json_pack("{s:o, s:b}", "repositories", list, "searchable", 1);
	return ret;
}

/* ---- Adding one ---- */

/* A repository's hooks show whether the installation has access: its commits would be
 * readable for everybody if it is public. */
static int32_t probe(struct mortise_call *call, const char *identifier)
{
	json_t *params = json_pack("{s:s}", "name", identifier);
	const struct request ask = {.path = "/repos/{name*}/hooks", .params = params,
		.flags = MORTISE_HTTP_NO_CACHE};
	json_t *hooks = NULL;
	int32_t ret = github_get(call, &ask, &hooks);

	json_decref(params);
	json_decref(hooks);
	return ret;
}

int32_t github_repository_get(struct mortise_call *call, const json_t *input, json_t **ret_output)
{
	const char *identifier = github_text(input, "identifier");
	json_t *params, *found = NULL;
	struct request ask = {.path = "/repos/{name*}", .flags = MORTISE_HTTP_NO_CACHE};
	char id[ID_SIZE];
	int32_t ret;

	if (!github_is_repository_name(identifier))
		return host->field_error(call, "identifier", "Give a repository as owner/name.");
	params = json_pack("{s:s}", "name", identifier);
	ask.params = params;
	ret = github_get(call, &ask, &found);
	json_decref(params);
	if (ret == MORTISE_OK)
		ret = probe(call, identifier);
	if (ret == MORTISE_E_FORBIDDEN || ret == MORTISE_E_NOT_FOUND)
		ret = host->fail(call, MORTISE_E_SETTINGS, "You must grant the GitHub App access to %s, in "
			"the settings of its installation on GitHub.", identifier);
	if (ret == MORTISE_OK && !github_id(found, "id", id))
		ret = host->fail(call, MORTISE_E_UPSTREAM,
			"GitHub did not give the id of %s; try again later.", identifier);
	if (ret == MORTISE_OK) {
		const char *name = github_text(found, "full_name");

		if (!name)
			name = identifier;
		*ret_output = json_pack("{s:s, s:s, s:s*, s:s*, s:{s:s}}", "external_id", id, "name", name,
			"url", github_text(found, "html_url"), "branch",
			github_text(found, "default_branch"), "config", "name", name);
	}
	json_decref(found);
	return ret;
}

/* ---- Tasks ---- */

/* One page of the installation's repositories becomes rows.  Archived ones do not; ids
 * of all are noted in 'seen', if it is not NULL. */
static int32_t put_page(struct mortise_call *call, const json_t *items, json_t *seen)
{
	json_t *repository;
	size_t i;

	json_array_foreach(items, i, repository) {
		char id[ID_SIZE];
		int32_t ret;

		if (seen && github_id(repository, "id", id))
			json_object_set_new(seen, id, json_true());
		if (json_is_true(json_object_get(repository, "archived")))
			continue;
		ret = github_put_repository(call, repository, "enable");
		if (ret != MORTISE_OK)
			return ret;
	}
	return MORTISE_OK;
}

/* All pages from 'pages' on, each committed with the cursor behind it. */
static int32_t put_pages(struct mortise_call *call, struct pages *pages, json_t *seen)
{
	json_t *items;
	int32_t ret;

	while ((ret = github_page(call, pages, &items)) == MORTISE_OK && items) {
		ret = put_page(call, items, seen);
		json_decref(items);
		if (ret == MORTISE_OK && !pages->done) {
			/* A run that must see every page begins at the first one again. */
			json_t *cursor = seen ? NULL : json_pack("{s:I}", "page", (json_int_t)pages->page);

			ret = host->checkpoint(call, cursor);
			json_decref(cursor);
		}
		if (ret != MORTISE_OK)
			break;
	}
	return ret;
}

int32_t github_link_all(struct mortise_call *call, const json_t *input, json_t **ret_output)
{
	const json_t *cursor = json_object_get(input, "cursor");
	struct pages pages = {
		.request = {.path = "/installation/repositories", .flags = MORTISE_HTTP_NO_CACHE},
		.member = "repositories",
		.page = json_integer_value(json_object_get(cursor, "page")),
	};

	(void)ret_output;
	return put_pages(call, &pages, NULL);
}

/* Disable what this installation had and can no longer see. */
static int32_t disable_missing(struct mortise_call *call, const json_t *seen)
{
	json_t *page = NULL, *repository;
	int32_t ret;
	size_t i;

	do {
		ret = github_known_repositories(call, false, &page);
		json_array_foreach(page, i, repository) {
			const char *id = github_text(repository, "external_id");

			if (ret == MORTISE_OK && id && !json_object_get(seen, id) &&
				json_is_true(json_object_get(repository, "linked")))
				ret = github_effect(call, MORTISE_EFFECT_REPOSITORY_STATUS, json_pack(
					"{s:s, s:s}", "external_id", id, "status", "disabled"));
		}
	} while (ret == MORTISE_OK && page);
	json_decref(page);
	return ret;
}

int32_t github_sync_repositories(struct mortise_call *call, const json_t *input,
	json_t **ret_output)
{
	struct pages pages = {
		.request = {.path = "/installation/repositories", .flags = MORTISE_HTTP_NO_CACHE},
		.member = "repositories",
	};
	json_t *seen = json_object();
	int32_t ret = put_pages(call, &pages, seen);

	(void)input;
	(void)ret_output;
	/* A list that was cut at the last page proves nothing about what is not in it. */
	if (ret == MORTISE_OK && pages.done)
		ret = disable_missing(call, seen);
	json_decref(seen);
	return ret;
}

int32_t github_migrate(struct mortise_call *call, const json_t *input, json_t **ret_output)
{
	const json_t *payload = json_object_get(input, "payload");
	const char *name = github_text(json_object_get(payload, "config"), "name");
	int32_t ret;

	if (!name)
		name = github_text(payload, "name");
	if (!github_is_repository_name(name) || !github_text(payload, "external_id") ||
		!github_text(payload, "name")) {
		*ret_output = json_pack("{s:s}", "outcome", "not a GitHub repository");
		return MORTISE_OK;
	}
	ret = probe(call, name);
	if (ret == MORTISE_E_NOT_FOUND || ret == MORTISE_E_FORBIDDEN) {
		*ret_output = json_pack("{s:s}", "outcome", "the installation has no access to it");
		return MORTISE_OK;
	}
	if (ret != MORTISE_OK)
		return ret;
	return github_effect(call, MORTISE_EFFECT_REPOSITORY_PUT, json_pack("{s:s, s:s, s:{s:s}, s:s}",
		"external_id", github_text(payload, "external_id"), "name",
		github_text(payload, "name"), "config", "name", name, "mode", "enable"));
}
