/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * GitHub's webhooks.  Deliveries come late, twice and with gaps, so each handler sets
 * states and can run again.
 */
#include "github.h"

#include <stdlib.h>
#include <string.h>

#define MESSAGE_MAX 65536      /* bytes of a commit's message that are kept */
#define AUTHOR_MAX_SIZE 1000
#define IGNORE_MARK "#skipsentry"

static int32_t outcome(json_t **ret_output, const char *text)
{
	*ret_output = json_pack("{s:s}", "outcome", text);
	return MORTISE_OK;
}

static int32_t set_status(struct mortise_call *call, const char *status, const char *reason)
{
	return github_effect(call, MORTISE_EFFECT_INTEGRATION_STATUS, json_pack("{s:s, s:s?}", "status",
		status, "reason", reason));
}

/* ---- installation ---- */

/* What GitHub says of the installation now; an old delivery may say something else. */
static int32_t get_installation(struct mortise_call *call, const json_t *body,
	json_t **ret_installation)
{
	char id[ID_SIZE];
	json_t *params;
	struct request ask = {.path = "/app/installations/{id}", .credentials = "app",
		.flags = MORTISE_HTTP_NO_CACHE};
	int32_t ret;

	if (!github_id(json_object_get(body, "installation"), "id", id))
		return host->fail(call, MORTISE_E_LIMIT, "the event has no installation id");
	params = json_pack("{s:s}", "id", id);
	ask.params = params;
	ret = github_get(call, &ask, ret_installation);
	json_decref(params);
	return ret;
}

/* Who installed it: a later install is compared with this. */
static json_t *make_metadata(const json_t *installation, const json_t *body)
{
	json_t *metadata = github_metadata(installation);
	const json_t *sender = json_object_get(body, "sender");
	json_t *id = json_object_get(sender, "id");

	if (github_text(sender, "login") && strcmp(github_text(body, "action"), "created") == 0)
		json_object_set_new(metadata, "sender", json_pack("{s:O*, s:s}", "id", id, "login",
			github_text(sender, "login")));
	return metadata;
}

/* The installation is there: create or refresh the integration, and bring the
 * repositories of those organizations that have it already back. */
static int32_t refresh_installation(struct mortise_call *call, const json_t *body,
	json_t **ret_output)
{
	json_t *installation = NULL;
	const char *login;
	int32_t ret = get_installation(call, body, &installation);

	if (ret == MORTISE_E_NOT_FOUND)
		return outcome(ret_output, "GitHub does not know this installation any more");
	if (ret != MORTISE_OK)
		return ret;
	login = github_short(json_object_get(installation, "account"), "login", NAME_MAX_SIZE);
	if (!login)
		ret = host->fail(call, MORTISE_E_UPSTREAM, "GitHub did not say whose installation it is");
	if (ret == MORTISE_OK)
		ret = github_effect(call, MORTISE_EFFECT_INTEGRATION_PUT, json_pack("{s:s, s:o}", "name",
			login, "metadata", make_metadata(installation, body)));
	if (ret == MORTISE_OK && json_is_string(json_object_get(installation, "suspended_at")))
		ret = set_status(call, "disabled", "suspended on GitHub");
	else if (ret == MORTISE_OK)
		ret = github_queue(call, "sync_repositories", json_object());
	json_decref(installation);
	return ret;
}

/* The links stay, so that a later install finds them. */
static int32_t remove_installation(struct mortise_call *call, const json_t *body,
	json_t **ret_output)
{
	int32_t ret = set_status(call, "disabled", "removed on GitHub");

	(void)body;
	(void)ret_output;
	if (ret != MORTISE_OK)
		return ret;
	return github_effect(call, MORTISE_EFFECT_REPOSITORY_STATUS, json_pack("{s:b, s:s}", "all", 1,
		"status", "disabled"));
}

static int32_t suspend_installation(struct mortise_call *call, const json_t *body,
	json_t **ret_output)
{
	(void)body;
	(void)ret_output;
	return set_status(call, "disabled", "suspended on GitHub");
}

/* A body that names no action goes to no handler. */
static const char *action_of(const json_t *body)
{
	const char *action = github_text(body, "action");

	return action ? action : "";
}

static int32_t handle_installation(struct mortise_call *call, const json_t *body,
	json_t **ret_output)
{
	static const struct {
		const char *action;
		int32_t (*handle)(struct mortise_call *call, const json_t *body, json_t **ret_output);
	} actions[] = {
		{"created", refresh_installation},
		{"unsuspend", refresh_installation},
		{"suspend", suspend_installation},
		{"deleted", remove_installation},
	};

	for (size_t i = 0; i < sizeof(actions) / sizeof(actions[0]); i++)
		if (strcmp(actions[i].action, action_of(body)) == 0)
			return actions[i].handle(call, body, ret_output);
	return outcome(ret_output, "nothing to do for this action");
}

static int32_t handle_installation_repositories(struct mortise_call *call, const json_t *body,
	json_t **ret_output)
{
	json_t *repository;
	size_t i;
	int32_t ret = MORTISE_OK;

	(void)ret_output;
	json_array_foreach(json_object_get(body, "repositories_added"), i, repository)
		if (ret == MORTISE_OK)
			ret = github_put_repository(call, repository, "enable");
	json_array_foreach(json_object_get(body, "repositories_removed"), i, repository) {
		char id[ID_SIZE];

		if (ret == MORTISE_OK && github_id(repository, "id", id))
			ret = github_effect(call, MORTISE_EFFECT_REPOSITORY_STATUS, json_pack("{s:s, s:s}",
				"external_id", id, "status", "disabled"));
	}
	return ret;
}

/* ---- The repository of an event ---- */

static int32_t handle_repository(struct mortise_call *call, const json_t *body,
	json_t **ret_output)
{
	const json_t *repository = json_object_get(body, "repository");
	const char *action = action_of(body);
	char id[ID_SIZE];

	(void)ret_output;
	/* Made where the App may see everything, or given to an account that has the App. */
	if (strcmp(action, "created") == 0 || strcmp(action, "transferred") == 0)
		return github_put_repository(call, repository, "enable");
	if (strcmp(action, "deleted") != 0)
		return github_refresh_repository(call, repository, NULL);
	if (!github_id(repository, "id", id))
		return MORTISE_OK;
	return github_effect(call, MORTISE_EFFECT_REPOSITORY_STATUS, json_pack("{s:s, s:s}",
		"external_id", id, "status", "disabled"));
}

/* ---- push ---- */

static bool ends_with(const char *text, const char *end)
{
	size_t size = strlen(text), end_size = strlen(end);

	return size >= end_size && strcasecmp(text + size - end_size, end) == 0;
}

/* An author for the commit effect; NULL if the commit names none. */
static json_t *make_author(const json_t *author)
{
	const char *email = github_text(author, "email");
	const char *name = github_text(author, "name");
	const char *login = github_text(author, "username");
	bool anonymous;
	char *short_name, *account = NULL;
	json_t *made;

	if (!email || strlen(email) > AUTHOR_MAX_SIZE)
		return NULL;
	anonymous = !strchr(email, '@') || ends_with(email, "@users.noreply.github.com");
	short_name = github_cut(name ? name : "", AUTHOR_MAX_SIZE);
	if (login && strlen(login) < 200 && asprintf(&account, "github:%s", login) < 0)
		account = NULL;
	made = json_pack("{s:s, s:s, s:s*, s:b}", "name", short_name, "email", email, "external_id",
		account, "anonymous", anonymous);
	free(short_name);
	free(account);
	return made;
}

/* Paths of one list of a commit become [change, path]; languages of those that stay. */
static void add_files(json_t *files, json_t *languages, const json_t *paths, const char *change)
{
	json_t *path;
	size_t i;

	json_array_foreach(paths, i, path) {
		const char *text = json_string_value(path);
		const char *language = text && change[0] != 'D' ? github_language(text) : NULL;

		if (!text || strlen(text) > 4096 || json_array_size(files) >= 10000)
			continue;
		json_array_append_new(files, json_pack("[s, s]", change, text));
		if (language)
			json_object_set_new(languages, language, json_true());
	}
}

/* 'known' gathers what the push says beside its commits: {"languages": {}, "people": {}}. */
static int32_t put_commit(struct mortise_call *call, const char *repository, const json_t *commit,
	json_t *known)
{
	const char *message = github_text(commit, "message");
	const char *sha = github_short(commit, "id", SHA_MAX_SIZE);
	json_t *files, *author;
	char *text;
	int64_t time_ms;

	if (json_is_false(json_object_get(commit, "distinct")) || !message || !sha ||
		strstr(message, IGNORE_MARK) || !github_time(github_text(commit, "timestamp"), &time_ms))
		return MORTISE_OK;
	files = json_array();
	add_files(files, json_object_get(known, "languages"), json_object_get(commit, "added"), "A");
	add_files(files, NULL, json_object_get(commit, "removed"), "D");
	add_files(files, json_object_get(known, "languages"), json_object_get(commit, "modified"), "M");
	author = make_author(json_object_get(commit, "author"));
	if (author && json_is_false(json_object_get(author, "anonymous")) &&
		github_text(author, "external_id"))
		json_object_set(json_object_get(known, "people"), github_text(author, "external_id"),
			json_object_get(author, "email"));
	text = github_cut(message, MESSAGE_MAX);
	message = text;
	files = json_pack("{s:s, s:s, s:s, s:I, s:o?, s:o}", "repository", repository, "sha", sha,
		"message", message, "time_ms", (json_int_t)time_ms, "author", author, "files", files);
	free(text);
	return github_effect(call, MORTISE_EFFECT_COMMIT, files);
}

/* The languages of the repository, and the accounts of those who are members here. */
static int32_t put_known(struct mortise_call *call, const char *repository, const json_t *known)
{
	json_t *languages = json_array();
	const char *name;
	json_t *value;
	int32_t ret = MORTISE_OK;

	json_object_foreach(json_object_get(known, "languages"), name, value)
		json_array_append_new(languages, json_string(name));
	if (json_array_size(languages) > 0)
		ret = github_effect(call, MORTISE_EFFECT_REPOSITORY_LANGUAGES, json_pack("{s:s, s:O}",
			"external_id", repository, "languages", languages));
	json_decref(languages);
	json_object_foreach(json_object_get(known, "people"), name, value) {
		char *account = NULL;

		/* "github:mona" is shown as "@mona". */
		if (ret != MORTISE_OK || json_string_length(value) > 256 ||
			asprintf(&account, "@%s", strchr(name, ':') + 1) < 0)
			break;
		ret = github_effect(call, MORTISE_EFFECT_ACTOR, json_pack("{s:s, s:O}", "name", account,
			"email", value));
		free(account);
	}
	return ret;
}

static int32_t handle_push(struct mortise_call *call, const json_t *body, json_t **ret_output)
{
	const json_t *repository = json_object_get(body, "repository");
	json_t *known, *commit;
	char id[ID_SIZE];
	size_t i;
	int32_t ret;

	if (!github_id(repository, "id", id))
		return outcome(ret_output, "the event names no repository");
	known = json_pack("{s:{}, s:{}}", "languages", "people");
	ret = github_refresh_repository(call, repository, NULL);
	json_array_foreach(json_object_get(body, "commits"), i, commit)
		if (ret == MORTISE_OK)
			ret = put_commit(call, id, commit, known);
	if (ret == MORTISE_OK)
		ret = put_known(call, id, known);
	json_decref(known);
	return ret;
}

/* ---- pull_request ---- */

/* Only the login is known here: an address is made up for an author nobody knows. */
static json_t *make_pull_request_author(const json_t *user)
{
	const char *login = github_text(user, "login");
	char *account = NULL;
	json_t *made;

	if (!login || strlen(login) > 200 || asprintf(&account, "github:%s", login) < 0)
		return NULL;
	made = json_pack("{s:s, s:s, s:s, s:b}", "name", login, "email", login, "external_id", account,
		"anonymous", 1);
	free(account);
	return made;
}

static int32_t handle_pull_request(struct mortise_call *call, const json_t *body,
	json_t **ret_output)
{
	const json_t *repository = json_object_get(body, "repository");
	const json_t *pull = json_object_get(body, "pull_request");
	bool merged = json_is_true(json_object_get(pull, "merged"));
	char id[ID_SIZE], number[ID_SIZE];
	int32_t ret;

	if (!github_id(repository, "id", id) || !github_id(pull, "number", number))
		return outcome(ret_output, "the event names no pull request");
	ret = github_refresh_repository(call, repository, NULL);
	if (ret != MORTISE_OK)
		return ret;
	return github_effect(call, MORTISE_EFFECT_PULL_REQUEST, json_pack(
		"{s:s, s:s, s:s?, s:s?, s:o?, s:s?}", "repository", id, "number", number, "title",
		github_short(pull, "title", PROSE_MAX_SIZE), "body",
		github_short(pull, "body", PROSE_MAX_SIZE), "author",
		make_pull_request_author(json_object_get(pull, "user")), "merge_commit_sha",
		merged ? github_short(pull, "merge_commit_sha", SHA_MAX_SIZE) : NULL));
}

/* ---- Dispatch ---- */

int32_t github_webhook(struct mortise_call *call, const json_t *input, json_t **ret_output)
{
	static const struct {
		const char *event;
		int32_t (*handle)(struct mortise_call *call, const json_t *body, json_t **ret_output);
	} events[] = {
		{"installation", handle_installation},
		{"installation_repositories", handle_installation_repositories},
		{"push", handle_push},
		{"pull_request", handle_pull_request},
		{"repository", handle_repository},
		{"issues", github_handle_issues},
	};
	const char *event = github_text(input, "event");

	for (size_t i = 0; event && i < sizeof(events) / sizeof(events[0]); i++)
		if (strcmp(events[i].event, event) == 0)
			return events[i].handle(call, json_object_get(input, "body"), ret_output);
	return outcome(ret_output, "no handler for this event");
}
