/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * Issues of GitHub as a tracker's: their keys, "owner/name#12", finding the one that a
 * user chose, and making one.
 *
 * Only a repository that is linked and active in the organization is used.  An
 * installation may see more, and may serve other organizations as well.
 *
 * An issue that was moved answers under its old address with a redirect, which is
 * followed; what it is called now is read from the answer.
 */
#include "github.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NUMBER_MAX_LEN 10

/* ---- Keys ---- */

bool github_key_parse(const char *text, struct issue_key *ret_key)
{
	const char *hash = text ? strchr(text, '#') : NULL;
	size_t digits = hash ? strspn(hash + 1, "0123456789") : 0;
	struct issue_key key = {0};

	if (!hash || hash - text > NAME_MAX_SIZE || digits == 0 || digits > NUMBER_MAX_LEN ||
		hash[1 + digits] != '\0')
		return false;
	memcpy(key.repository, text, (size_t)(hash - text));
	key.number = strtoll(hash + 1, NULL, 10);
	if (key.number == 0 || !github_is_repository_name(key.repository))
		return false;
	*ret_key = key;
	return true;
}

char *github_key_text(const struct issue_key *key)
{
	char *text;

	if (asprintf(&text, "%s#%lld", key->repository, (long long)key->number) < 0)
		return NULL;
	return text;
}

int32_t github_key_of_call(struct mortise_call *call, const json_t *input,
	struct issue_key *ret_key)
{
	const char *text = github_text(input, "key");

	if (github_key_parse(text, ret_key))
		return MORTISE_OK;
	return host->fail(call, MORTISE_E_NO_TARGET, "\"%.300s\" is not the key of a GitHub issue "
		"(owner/name#number); unlink it, and link the issue again", text ? text : "");
}

json_t *github_key_params(const struct issue_key *key)
{
	return json_pack("{s:s, s:I}", "repo", key->repository, "number", (json_int_t)key->number);
}

/* "https://api.github.com/repos/acme-co/shop" ends in the name. */
static const char *name_in_url(const char *url)
{
	const char *slash = url ? strrchr(url, '/') : NULL;

	while (slash && slash > url && slash[-1] != '/')
		slash--;
	return slash && slash > url && github_is_repository_name(slash) ? slash : NULL;
}

bool github_key_of_issue(const json_t *issue, const struct issue_key *asked,
	struct issue_key *ret_key)
{
	const char *name = name_in_url(github_text(issue, "repository_url"));
	json_int_t number = json_integer_value(json_object_get(issue, "number"));
	struct issue_key key = *asked;

	if (number <= 0 || (name && strlen(name) > NAME_MAX_SIZE))
		return false;
	if (name)
		snprintf(key.repository, sizeof(key.repository), "%s", name);
	key.number = number;
	*ret_key = key;
	return true;
}

static bool same_key(const struct issue_key *a, const struct issue_key *b)
{
	return a->number == b->number && strcasecmp(a->repository, b->repository) == 0;
}

/* ---- The repository of an issue ---- */

int32_t github_repository_usable(struct mortise_call *call, const char *name, bool *ret_usable)
{
	json_t *args = json_pack("{s:s}", "name", name);
	json_t *known = NULL;
	const char *status;
	int32_t ret = host->read(call, MORTISE_READ_REPOSITORY, args, &known);

	json_decref(args);
	if (ret != MORTISE_OK && ret != MORTISE_E_NOT_FOUND)
		return ret;
	status = github_text(known, "status");
	*ret_usable = status && strcmp(status, "active") == 0 &&
		json_is_true(json_object_get(known, "linked"));
	json_decref(known);
	return MORTISE_OK;
}

int32_t github_check_repository(struct mortise_call *call, const char *name)
{
	bool usable = false;
	int32_t ret;

	if (!name || !*name)
		return host->field_error(call, "repo", "Choose a repository.");
	if (!github_is_repository_name(name) || strlen(name) > NAME_MAX_SIZE)
		return host->field_error(call, "repo", "Give a repository as owner/name.");
	ret = github_repository_usable(call, name, &usable);
	if (ret != MORTISE_OK || usable)
		return ret;
	return host->field_error(call, "repo", "The repository %s is not linked here: add it to the "
		"repositories of this organization.", name);
}

/* ---- What GitHub says of an issue ---- */

int32_t github_issue_read(struct mortise_call *call, const struct issue_key *key,
	json_t **ret_issue)
{
	json_t *params = github_key_params(key);
	const struct request ask = {.path = "/repos/{repo*}/issues/{number}", .params = params,
		.flags = MORTISE_HTTP_NO_CACHE};
	int32_t ret = github_get(call, &ask, ret_issue);

	json_decref(params);
	return ret;
}

int32_t github_issue_moved(struct mortise_call *call, const json_t *issue, struct issue_key *key)
{
	struct issue_key now;
	char *was, *text;
	int32_t ret = MORTISE_OK;

	if (!github_key_of_issue(issue, key, &now) || same_key(&now, key))
		return MORTISE_OK;
	was = github_key_text(key);
	text = github_key_text(&now);
	ret = github_effect(call, MORTISE_EFFECT_ISSUE_MOVED, json_pack("{s:s, s:s, s:s*}", "old_key",
		was, "key", text, "url", github_web_url(issue)));
	free(was);
	free(text);
	*key = now;
	return ret;
}

/* What create and get answer. */
static int32_t describe(struct mortise_call *call, const json_t *issue,
	const struct issue_key *asked, json_t **ret_output)
{
	struct issue_key key;
	char *text, *title, *description;
	int32_t ret = MORTISE_OK;

	if (!github_key_of_issue(issue, asked, &key))
		return host->fail(call, MORTISE_E_UPSTREAM,
			"GitHub did not say which issue it is; try again later");
	if (strcasecmp(key.repository, asked->repository) != 0)
		ret = github_check_repository(call, key.repository);
	if (ret != MORTISE_OK)
		return ret;
	text = github_key_text(&key);
	title = github_cut(github_text(issue, "title") ? github_text(issue, "title") : "",
		TITLE_MAX_SIZE);
	description = github_unmark(github_text(issue, "body"));
	*ret_output = json_pack("{s:s, s:s, s:s*, s:s*}", "key", text, "title", title, "description",
		description, "url", github_web_url(issue));
	free(text);
	free(title);
	free(description);
	return MORTISE_OK;
}

/* ---- Link ---- */

/* 12, "12" or "#12". */
static bool number_of(const json_t *value, int64_t *ret_number)
{
	const char *text = json_string_value(value);
	size_t digits;

	if (json_is_integer(value) && json_integer_value(value) > 0) {
		*ret_number = json_integer_value(value);
		return true;
	}
	text += text && *text == '#';
	digits = text ? strspn(text, "0123456789") : 0;
	if (digits == 0 || digits > NUMBER_MAX_LEN || text[digits] != '\0')
		return false;
	*ret_number = strtoll(text, NULL, 10);
	return *ret_number > 0;
}

int32_t github_issue_get(struct mortise_call *call, const json_t *input, json_t **ret_output)
{
	const json_t *fields = json_object_get(input, "fields");
	const char *repository = github_text(fields, "repo");
	struct issue_key key = {0};
	json_t *issue = NULL;
	int32_t ret = github_check_repository(call, repository);

	if (ret == MORTISE_OK && !number_of(json_object_get(fields, "externalIssue"), &key.number))
		ret = host->field_error(call, "externalIssue", "Give the number of an issue.");
	if (ret != MORTISE_OK)
		return ret;
	snprintf(key.repository, sizeof(key.repository), "%s", repository);
	ret = github_issue_read(call, &key, &issue);
	if (ret == MORTISE_OK)
		ret = describe(call, issue, &key, ret_output);
	json_decref(issue);
	return ret;
}

/* ---- Create ---- */

/* After a lost answer: the issue that carries the mark is among the newest ones. */
static int32_t find_ticket(struct mortise_call *call, const json_t *params, const char *mark,
	json_t **ret_found)
{
	json_t *query = json_pack("{s:s, s:s, s:s}", "state", "all", "sort", "created", "direction",
		"desc");
	struct pages pages = {.request = {.path = "/repos/{repo*}/issues", .params = params,
		.query = query, .flags = MORTISE_HTTP_NO_CACHE}, .pages_max = 5};
	int32_t ret = github_find_marked(call, &pages, mark, ret_found);

	json_decref(query);
	return ret;
}

/* "" and nothing chosen are the same. */
static const char *chosen(const json_t *fields, const char *member)
{
	const char *text = github_text(fields, member);

	return text && *text ? text : NULL;
}

static int32_t take_labels(struct mortise_call *call, const json_t *fields, json_t *body)
{
	json_t *labels = json_object_get(fields, "labels");
	json_t *label;
	size_t i;

	if (!labels || json_is_null(labels) || json_array_size(labels) + json_string_length(labels) == 0)
		return MORTISE_OK;
	json_array_foreach(labels, i, label)
		if (!json_is_string(label))
			return host->field_error(call, "labels", "Give a list of names of labels.");
	if (json_is_string(labels))
		json_object_set_new(body, "labels", json_pack("[O]", labels));
	else
		json_object_set(body, "labels", labels);
	return MORTISE_OK;
}

/* The checks of the form, in its order, and what is sent. */
static int32_t make_body(struct mortise_call *call, const json_t *fields, const char *mark,
	json_t *body)
{
	const char *title = github_text(fields, "title");
	const char *description = github_text(fields, "description");
	const char *assignee = chosen(fields, "assignee");
	char *marked;
	int32_t ret = github_check_repository(call, github_text(fields, "repo"));

	if (ret != MORTISE_OK)
		return ret;
	if (!title || title[strspn(title, " \t\r\n")] == '\0')
		return host->field_error(call, "title", "Give a title.");
	if (!description)
		return host->field_error(call, "description", "Give a description.");
	marked = github_mark(description, mark);
	json_object_set_new(body, "title", json_string(title));
	json_object_set_new(body, "body", json_string(marked));
	/* The singular "assignee" is what GitHub is about to drop. */
	if (assignee)
		json_object_set_new(body, "assignees", json_pack("[s]", assignee));
	free(marked);
	return take_labels(call, fields, body);
}

int32_t github_issue_create(struct mortise_call *call, const json_t *input, json_t **ret_output)
{
	const json_t *fields = json_object_get(input, "fields");
	char *once = github_once("ticket", github_text(input, "reference"));
	json_t *body = json_object(), *params = NULL, *issue = NULL;
	struct issue_key key = {0};
	int32_t ret = make_body(call, fields, once, body);

	if (ret == MORTISE_OK) {
		const struct request ask = {.method = "POST", .path = "/repos/{repo*}/issues", .body = body,
			.params = params = json_pack("{s:O}", "repo", json_object_get(fields, "repo")),
			.once = once, .invalid = MORTISE_E_FIELD};

		ret = github_make(call, &ask, find_ticket, &issue);
	}
	if (ret == MORTISE_OK) {
		snprintf(key.repository, sizeof(key.repository), "%s", github_text(fields, "repo"));
		ret = describe(call, issue, &key, ret_output);
	}
	json_decref(issue);
	json_decref(params);
	json_decref(body);
	free(once);
	return ret;
}
