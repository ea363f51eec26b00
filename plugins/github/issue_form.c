/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * The forms that create an issue or link one.
 *
 * The repositories offered are those that are linked and active in the organization,
 * not all that the installation sees: only they are taken when the form comes back.
 */
#include "github.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#define CREATE_CHOICES_MAX 100
#define LINK_CHOICES_MAX 2000
#define NAME_CHOICES_MAX 2000
#define TITLE_CHARACTERS 255   /* GitHub takes 256 */

/* ---- Repositories ---- */

const char *github_short_name(const char *full_name)
{
	const char *slash = strchr(full_name, '/');

	return slash ? slash + 1 : full_name;
}

int32_t github_linked_repositories(struct mortise_call *call, size_t max, json_t **ret_names)
{
	json_t *names = json_array(), *page = NULL, *repository;
	int32_t ret;
	size_t i;

	do {
		ret = github_known_repositories(call, false, &page);
		json_array_foreach(page, i, repository) {
			const char *name = github_text(repository, "name");
			const char *status = github_text(repository, "status");

			if (json_array_size(names) < max && github_is_repository_name(name) && status &&
				strcmp(status, "active") == 0 &&
				json_is_true(json_object_get(repository, "linked")))
				json_array_append_new(names, json_string(name));
		}
	} while (ret == MORTISE_OK && page && json_array_size(names) < max);
	json_decref(page);
	if (ret != MORTISE_OK)
		json_decref(names);
	else
		*ret_names = names;
	return ret;
}

static bool has_name(const json_t *names, const char *wanted)
{
	json_t *name;
	size_t i;

	json_array_foreach(names, i, name)
		if (strcmp(json_string_value(name), wanted) == 0)
			return true;
	return false;
}

/* What is chosen at first: what was asked for, else what was used last, else the first. */
static const char *choose_repository(const json_t *input, json_t *names)
{
	const char *wanted = github_text(json_object_get(input, "params"), "repo");

	if (!github_is_repository_name(wanted))
		wanted = github_text(json_object_get(input, "defaults"), "repo");
	if (!github_is_repository_name(wanted) || strlen(wanted) > NAME_MAX_SIZE)
		return json_string_value(json_array_get(names, 0));
	if (!has_name(names, wanted))
		json_array_insert_new(names, 0, json_string(wanted));
	return wanted;
}

static json_t *repository_field(const json_t *names, const char *chosen)
{
	json_t *choices = json_array(), *name;
	size_t i;

	json_array_foreach(names, i, name)
		json_array_append_new(choices, json_pack("[O, s]", name,
			github_short_name(json_string_value(name))));
	return json_pack("{s:s, s:s, s:s, s:b, s:b, s:s, s:s*, s:o}", "name", "repo", "label",
		"GitHub Repository", "type", "select", "required", 1, "updatesForm", 1, "url", "/search/",
		"default", chosen, "choices", choices);
}

/* ---- Labels and assignees ---- */

int github_natural_order(const char *a, const char *b)
{
	const char *first = a, *second = b;

	while (*a && *b) {
		size_t a_size, b_size;
		int order;

		if (!isdigit((unsigned char)*a) || !isdigit((unsigned char)*b)) {
			order = tolower((unsigned char)*a++) - tolower((unsigned char)*b++);
			if (order != 0)
				return order;
			continue;
		}
		a += strspn(a, "0");
		b += strspn(b, "0");
		a_size = strspn(a, "0123456789");
		b_size = strspn(b, "0123456789");
		order = a_size != b_size ? (a_size < b_size ? -1 : 1) : strncmp(a, b, a_size);
		if (order != 0)
			return order;
		a += a_size;
		b += b_size;
	}
	return *a || *b ? (unsigned char)*a - (unsigned char)*b : strcmp(first, second);
}

static int compare_names(const void *a, const void *b)
{
	return github_natural_order(*(const char *const *)a, *(const char *const *)b);
}

/* [[name, name], …] in natural order. */
static json_t *sorted_choices(const json_t *items, const char *member)
{
	size_t size = json_array_size(items), len = 0;
	const char **names = calloc(size + 1, sizeof(*names));
	json_t *choices = json_array(), *item;
	size_t i;

	json_array_foreach(items, i, item)
		if (names && github_short(item, member, NAME_MAX_SIZE))
			names[len++] = github_text(item, member);
	if (len > 1)
		qsort(names, len, sizeof(*names), compare_names);
	for (i = 0; i < len && i < NAME_CHOICES_MAX; i++)
		json_array_append_new(choices, json_pack("[s, s]", names[i], names[i]));
	free(names);
	return choices;
}

/* A list below a repository, as choices; none where the repository is not ours to use. */
static int32_t list_choices(struct mortise_call *call, const char *repository, bool usable,
	const char *path, const char *member, json_t **ret_choices)
{
	json_t *params, *items = NULL;
	int32_t ret;

	if (!usable) {
		*ret_choices = json_array();
		return MORTISE_OK;
	}
	params = json_pack("{s:s}", "repo", repository);
	ret = github_list(call, &(struct request){.path = path, .params = params}, NULL, &items);
	json_decref(params);
	if (ret == MORTISE_OK)
		*ret_choices = sorted_choices(items, member);
	json_decref(items);
	return ret;
}

static int32_t add_people_and_labels(struct mortise_call *call, const char *repository,
	bool usable, json_t *fields)
{
	json_t *choices;
	int32_t ret = list_choices(call, repository, usable, "/repos/{repo*}/assignees", "login",
		&choices);

	if (ret != MORTISE_OK)
		return ret;
	json_array_insert_new(choices, 0, json_pack("[s, s]", "", "Unassigned"));
	if (json_array_size(choices) > NAME_CHOICES_MAX)
		json_array_remove(choices, NAME_CHOICES_MAX);
	json_array_append_new(fields, json_pack("{s:s, s:s, s:s, s:b, s:s, s:o}", "name", "assignee",
		"label", "Assignee", "type", "select", "required", 0, "default", "", "choices", choices));
	ret = list_choices(call, repository, usable, "/repos/{repo*}/labels", "name", &choices);
	if (ret == MORTISE_OK)
		json_array_append_new(fields, json_pack("{s:s, s:s, s:s, s:b, s:b, s:[], s:o}", "name",
			"labels", "label", "Labels", "type", "select", "required", 0, "multiple", 1, "default",
			"choices", choices));
	return ret;
}

/* ---- The forms ---- */

/* GitHub counts characters in a title. */
static char *cut_title(const char *title)
{
	size_t size = 0, characters = 0;

	for (; title[size]; size++)
		if (((unsigned char)title[size] & 0xc0) != 0x80 && ++characters > TITLE_CHARACTERS)
			break;
	return strndup(title, size);
}

static void add_texts(const json_t *issue, json_t *fields)
{
	const char *title = github_text(issue, "title");
	const char *description = github_text(issue, "description");
	char *cut = cut_title(title ? title : "");

	json_array_append_new(fields, json_pack("{s:s, s:s, s:s, s:b, s:s}", "name", "title", "label",
		"Title", "type", "string", "required", 1, "default", cut));
	json_array_append_new(fields, json_pack("{s:s, s:s, s:s, s:b, s:i, s:s}", "name",
		"description", "label", "Description", "type", "textarea", "autosize", 1, "maxRows", 10,
		"default", description ? description : ""));
	free(cut);
}

static int32_t create_form(struct mortise_call *call, const json_t *input, json_t *fields)
{
	const json_t *issue = json_object_get(input, "issue");
	json_t *names = NULL;
	const char *repository;
	bool usable = false;
	int32_t ret = github_linked_repositories(call, CREATE_CHOICES_MAX, &names);

	if (ret != MORTISE_OK)
		return ret;
	repository = choose_repository(input, names);
	if (repository)
		ret = github_repository_usable(call, repository, &usable);
	json_array_append_new(fields, repository_field(names, repository));
	/* A rule makes issues out of what is not there yet. */
	if (json_is_object(issue))
		add_texts(issue, fields);
	if (ret == MORTISE_OK)
		ret = add_people_and_labels(call, repository, usable, fields);
	json_decref(names);
	return ret;
}

/* "Linked issue: [SHOP-1](https://…)" */
static char *link_comment(const json_t *issue)
{
	const char *short_id = github_text(issue, "short_id");
	const char *url = github_text(issue, "url");
	char *text;

	if (!short_id || !url || asprintf(&text, "Linked issue: [%s](%s)", short_id, url) < 0)
		return strdup("");
	return text;
}

static int32_t link_form(struct mortise_call *call, const json_t *input, json_t *fields)
{
	json_t *names = NULL;
	char *comment;
	int32_t ret = github_linked_repositories(call, LINK_CHOICES_MAX - 1, &names);

	if (ret != MORTISE_OK)
		return ret;
	comment = link_comment(json_object_get(input, "issue"));
	json_array_append_new(fields, repository_field(names, choose_repository(input, names)));
	json_array_append_new(fields, json_pack("{s:s, s:s, s:s, s:b, s:s, s:s, s:[]}", "name",
		"externalIssue", "label", "Issue Number or Title", "type", "select", "required", 1, "url",
		"/search/", "default", "", "choices"));
	json_array_append_new(fields, json_pack("{s:s, s:s, s:s, s:b, s:s, s:s}", "name", "comment",
		"label", "Comment", "type", "textarea", "required", 0, "default", comment, "help",
		"Leave it blank if you do not want to add a comment to the GitHub issue."));
	free(comment);
	json_decref(names);
	return MORTISE_OK;
}

int32_t github_issue_form(struct mortise_call *call, const json_t *input, json_t **ret_output)
{
	const char *action = github_text(input, "action");
	json_t *fields = json_array();
	int32_t ret = action && strcmp(action, "link") == 0 ? link_form(call, input, fields)
		: create_form(call, input, fields);

	if (ret == MORTISE_OK)
		*ret_output = json_pack("{s:O}", "fields", fields);
	json_decref(fields);
	return ret;
}
