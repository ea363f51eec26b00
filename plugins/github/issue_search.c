/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * The searches behind the forms.  A query may hold qualifiers of its own, such as
 * another "repo:", so what is found is taken only if it belongs to the repository asked
 * about.
 */
#include "github.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define QUERY_MAX_SIZE 200     /* GitHub takes 256 characters in all */
#define LABEL_MAX_SIZE 300

/* People type while this runs: what GitHub holds back is asked for again by them. */
static int32_t limited(struct mortise_call *call)
{
	host->retry_at(call, host->now(call) + 60000);
	return host->fail(call, MORTISE_E_RATE, "Rate limit exceeded");
}

/* "#12 Title" if it is an issue, or a pull request, of this repository; else NULL. */
static json_t *issue_option(const json_t *issue, const struct issue_key *asked)
{
	struct issue_key key;
	const char *title = github_text(issue, "title");
	char *label = NULL, *cut;
	json_t *option;

	if (!title || !github_key_of_issue(issue, asked, &key) ||
		strcasecmp(key.repository, asked->repository) != 0)
		return NULL;
	cut = github_cut(title, LABEL_MAX_SIZE);
	if (asprintf(&label, "#%lld %s", (long long)key.number, cut) < 0)
		label = NULL;
	option = json_pack("{s:s*, s:I}", "label", label, "value", (json_int_t)key.number);
	free(label);
	free(cut);
	return option;
}

static int32_t search_issues(struct mortise_call *call, const json_t *input, json_t *options)
{
	const char *repository = github_text(json_object_get(input, "params"), "repo");
	char *text = github_cut(github_text(input, "query"), QUERY_MAX_SIZE);
	struct request ask = {.path = "/search/issues", .invalid = MORTISE_E_NOT_FOUND};
	struct issue_key key = {0};
	json_t *query = NULL, *found = NULL, *issue;
	char *q = NULL;
	size_t i;
	int32_t ret = github_check_repository(call, repository);

	if (ret == MORTISE_OK && asprintf(&q, "repo:%s %s", repository, text) >= 0) {
		snprintf(key.repository, sizeof(key.repository), "%s", repository);
		ask.query = query = json_pack("{s:s, s:i}", "q", q, "per_page", PAGE_SIZE);
		ret = github_get(call, &ask, &found);
	}
	json_array_foreach(json_object_get(found, "items"), i, issue) {
		json_t *option = issue_option(issue, &key);

		if (option)
			json_array_append_new(options, option);
	}
	json_decref(found);
	json_decref(query);
	free(q);
	free(text);
	return ret;
}

static int32_t search_repositories(struct mortise_call *call, const json_t *input,
	json_t *options)
{
	char *text = github_cut(github_text(input, "query"), QUERY_MAX_SIZE);
	json_t *found = NULL, *repository;
	size_t i;
	int32_t ret = github_repository_search(call, text, &found);

	json_array_foreach(found, i, repository) {
		const char *name = github_text(repository, "identifier");

		if (github_is_repository_name(name))
			json_array_append_new(options, json_pack("{s:s, s:s}", "label",
				github_short_name(name), "value", name));
	}
	json_decref(found);
	free(text);
	return ret;
}

int32_t github_issue_search(struct mortise_call *call, const json_t *input, json_t **ret_output)
{
	const char *field = github_text(input, "field");
	json_t *options = json_array();
	int32_t ret;

	if (!field || !github_text(input, "query"))
		ret = host->field_error(call, field ? "query" : "field", "This is needed.");
	else if (strcmp(field, "externalIssue") == 0)
		ret = search_issues(call, input, options);
	else if (strcmp(field, "repo") == 0)
		ret = search_repositories(call, input, options);
	else
		ret = host->field_error(call, "field", "Give externalIssue or repo.");
	if (ret == MORTISE_E_FORBIDDEN || ret == MORTISE_E_RATE)
		ret = limited(call);
	if (ret == MORTISE_OK)
		*ret_output = json_pack("{s:O}", "options", options);
	json_decref(options);
	return ret;
}
