/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * The install: who is this user on GitHub, which installation, and is it his.
 *
 * An installation id alone proves nothing: anybody can write one into a URL.  It counts
 * if the user's own token lists it AND its account is himself or an organization that he
 * owns.  The list alone would not do, because GitHub also shows an installation to
 * people who can merely read one repository of it.
 */
#include "github.h"

#include <stdlib.h>
#include <string.h>

/* ---- Login ---- */

static bool is_same(const char *a, const char *b)
{
	return a && b && strcasecmp(a, b) == 0;
}

/* Is the user an active owner of this organization? */
static bool is_owner(const json_t *memberships, const char *organization)
{
	json_t *membership;
	size_t i;

	json_array_foreach(memberships, i, membership)
		if (is_same(github_text(membership, "role"), "admin") &&
			is_same(github_text(membership, "state"), "active") &&
			is_same(github_text(json_object_get(membership, "organization"), "login"),
				organization))
			return true;
	return false;
}

static bool is_eligible(const json_t *installation, const char *login, const json_t *memberships)
{
	const char *account = github_text(json_object_get(installation, "account"), "login");

	if (is_same(github_text(installation, "target_type"), "User"))
		return is_same(account, login);
	return account && is_owner(memberships, account);
}

/* What the picker shows of an installation. */
static json_t *describe(const json_t *installation)
{
	const json_t *account = json_object_get(installation, "account");
	const char *avatar = github_text(account, "avatar_url");
	char id[ID_SIZE];

	if (!github_id(installation, "id", id))
		return NULL;
	return json_pack("{s:s, s:s, s:s}", "installation_id", id, "github_account",
		github_text(account, "login"), "avatar_url", avatar ? avatar : "");
}

/* The installations of our App that this user may bind here. */
static int32_t list_eligible(struct mortise_call *call, const char *login, json_t **ret_list)
{
	const struct request ask_memberships = {.path = "/user/memberships/orgs",
		.credentials = "user", .flags = MORTISE_HTTP_NO_CACHE};
	const struct request ask_installations = {.path = "/user/installations",
		.credentials = "user", .flags = MORTISE_HTTP_NO_CACHE};
	json_t *memberships = NULL;
	json_t *installations = NULL;
	json_t *installation;
	size_t i;
	int32_t ret = github_list(call, &ask_memberships, NULL, &memberships);

	if (ret == MORTISE_OK)
		ret = github_list(call, &ask_installations, "installations", &installations);
	if (ret == MORTISE_OK) {
		*ret_list = json_array();
		json_array_foreach(installations, i, installation) {
			json_t *shown = is_eligible(installation, login, memberships)
				? describe(installation) : NULL;

			if (shown)
				json_array_append_new(*ret_list, shown);
		}
	}
	json_decref(memberships);
	json_decref(installations);
	return ret;
}

static bool has_installation(const json_t *eligible, const char *id)
{
	json_t *installation;
	size_t i;

	json_array_foreach(eligible, i, installation)
		if (strcmp(github_text(installation, "installation_id"), id) == 0)
			return true;
	return false;
}

static int32_t fail_foreign(struct mortise_call *call, const char *id)
{
	host->log(call, MORTISE_LOG_NOTICE, "github.foreign_installation", NULL);
	return host->fail(call, MORTISE_E_FORBIDDEN,
		"The GitHub user you signed in as does not own installation %.20s. Sign in as an owner "
		"of the organization it is installed on, or ask an owner to do this install.", id);
}

static int32_t get_login(struct mortise_call *call, char **ret_login)
{
	const struct request ask = {.path = "/user", .credentials = "user",
		.flags = MORTISE_HTTP_NO_CACHE};
	json_t *user = NULL;
	const char *login;
	int32_t ret = github_get(call, &ask, &user);

	if (ret != MORTISE_OK)
		return ret;
	login = github_text(user, "login");
	if (login)
		*ret_login = strdup(login);
	else
		ret = host->fail(call, MORTISE_E_UPSTREAM,
			"Missing login info: GitHub did not say who you are. Start again.");
	json_decref(user);
	return ret;
}

int32_t github_check_login(struct mortise_call *call, const json_t *input, json_t **ret_output)
{
	const char *arrived = github_text(json_object_get(input, "state"), "installation_id");
	char *login = NULL, *name = NULL, *slug = NULL;
	json_t *eligible = NULL;
	int32_t ret = get_login(call, &login);

	if (ret == MORTISE_OK)
		ret = list_eligible(call, login, &eligible);
	/* Who came from GitHub's side with an id need not choose, if the id is his. */
	if (ret == MORTISE_OK && arrived && !has_installation(eligible, arrived))
		ret = fail_foreign(call, arrived);
	if (ret == MORTISE_OK)
		ret = github_setting(call, "app_name", &name);
	if (ret == MORTISE_OK) {
		slug = github_slug(name);
		*ret_output = json_pack("{s:{s:s, s:O, s:s, s:s*}}", "state",
			"github_authenticated_user", login, "existing_installation_info", eligible,
			"app_slug", slug, "chosen_installation", arrived);
	}
	free(login);
	free(name);
	free(slug);
	json_decref(eligible);
	return ret;
}

/* ---- Organization ---- */

int32_t github_show_organizations(struct mortise_call *call, const json_t *input,
	json_t **ret_output)
{
	const json_t *found = json_object_get(json_object_get(input, "state"),
		"existing_installation_info");
	json_t *options = json_array();
	json_t *installation;
	size_t i;

	(void)call;
	json_array_foreach(found, i, installation) {
		json_t *option = json_copy(installation);

		json_object_set(option, "value", json_object_get(installation, "installation_id"));
		json_object_set(option, "label", json_object_get(installation, "github_account"));
		json_array_append_new(options, option);
	}
	*ret_output = json_pack("{s:o}", "options", options);
	return MORTISE_OK;
}

/* ---- Installation ---- */

static bool is_number(const char *text)
{
	size_t size = text ? strspn(text, "0123456789") : 0;

	return size > 0 && size < ID_SIZE - 4 && text[size] == '\0';
}

/* May this user bind the installation?  Asked anew each time: it may just have been made. */
static int32_t check_ownership(struct mortise_call *call, const json_t *state, const char *id)
{
	const char *login = github_text(state, "github_authenticated_user");
	json_t *eligible = NULL;
	int32_t ret;

	if (!login)
		return host->fail(call, MORTISE_E_SETTINGS,
			"Missing login info: the GitHub login of this install is not known. Start again.");
	ret = list_eligible(call, login, &eligible);
	if (ret != MORTISE_OK)
		return ret;
	if (!has_installation(eligible, id))
		ret = fail_foreign(call, id);
	json_decref(eligible);
	return ret;
}

int32_t github_check_installation(struct mortise_call *call, const json_t *input,
	json_t **ret_output)
{
	const json_t *answer = json_object_get(input, "answer");
	const char *id = github_text(answer, "installation_id");
	const char *action = github_text(answer, "setup_action");

	/* An owner has to approve first: nothing was installed, and GitHub gives no id. */
	if (is_same(action, "request")) {
		*ret_output = json_pack("{s:b}", "stay", 1);
		return MORTISE_OK;
	}
	if (!id || !*id)
		return host->field_error(call, "installation_id",
			"GitHub named no installation. Install the GitHub App, then come back.");
	if (!is_number(id))
		return host->field_error(call, "installation_id", "This is no installation id.");
	return check_ownership(call, json_object_get(input, "state"), id);
}

/* ---- Build ---- */

/* "github.com/acme-co" of "https://github.com/acme-co". */
static const char *without_scheme(const char *url)
{
	const char *slashes = url ? strstr(url, "://") : NULL;

	return slashes ? slashes + 3 : url;
}

json_t *github_metadata(const json_t *installation)
{
	const json_t *account = json_object_get(installation, "account");
	json_t *id = json_object_get(account, "id");

	return json_pack("{s:s*, s:s*, s:s*, s:O*}", "icon", github_text(account, "avatar_url"),
		"domain_name", without_scheme(github_text(account, "html_url")), "account_type",
		github_text(account, "type"), "account_id", id);
}

static int32_t build_from(struct mortise_call *call, const char *id, const json_t *installation,
	json_t **ret_output)
{
	const char *login = github_text(json_object_get(installation, "account"), "login");
	json_t *app_id = json_object_get(installation, "app_id");

	if (!login)
		return host->fail(call, MORTISE_E_UPSTREAM,
			"GitHub did not say whose installation %s is; try again later.", id);
	if (json_is_string(json_object_get(installation, "suspended_at")))
		return host->fail(call, MORTISE_E_SETTINGS,
			"The GitHub App is suspended on \"%s\". Lift the suspension there, then start again.",
			login);
	*ret_output = json_pack("{s:s, s:s, s:s, s:o, s:{s:O*}}", "external_id", id, "name", login,
		"ownership", "proved", "metadata", github_metadata(installation), "post_install",
		"app_id", app_id);
	return MORTISE_OK;
}

int32_t github_build(struct mortise_call *call, const json_t *input, json_t **ret_output)
{
	const json_t *state = json_object_get(input, "state");
	const char *chosen = github_text(state, "chosen_installation");
	const char *id = chosen ? chosen : github_text(state, "installation_id");
	json_t *params, *installation = NULL;
	struct mortise_answer answer = {.size = sizeof(answer)};
	struct mortise_http ask = {.size = sizeof(ask), .upstream = "api", .method = "GET",
		.path = "/app/installations/{id}", .credentials = "app", .flags = MORTISE_HTTP_NO_CACHE};
	int32_t ret;

	if (!is_number(id))
		return host->fail(call, MORTISE_E_SETTINGS,
			"No GitHub installation was chosen. Start again.");
	ret = check_ownership(call, state, id);
	if (ret != MORTISE_OK)
		return ret;
	params = json_pack("{s:s}", "id", id);
	ask.params = params;
	ret = host->http(call, &ask, &answer);
	json_decref(params);
	if (ret != MORTISE_OK)
		return ret;
	if (answer.status == 404)
		ret = host->fail(call, MORTISE_E_NOT_FOUND, "GitHub knows no installation %s of this App. "
			"Install the GitHub App again.", id);
	else
		ret = github_check(call, &answer, 0);
	installation = json_incref(answer.json);
	host->answer_clear(&answer);
	if (ret == MORTISE_OK)
		ret = build_from(call, id, installation, ret_output);
	json_decref(installation);
	return ret;
}

/* ---- After the install ---- */

/* Repositories that are here already, without an integration, become this one's. */
static int32_t queue_migrations(struct mortise_call *call)
{
	json_t *page = NULL, *repository;
	int32_t ret;
	size_t i;

	do {
		ret = github_known_repositories(call, true, &page);
		json_array_foreach(page, i, repository)
			if (ret == MORTISE_OK)
				ret = github_queue(call, "migrate_repo", json_incref(repository));
	} while (ret == MORTISE_OK && page);
	json_decref(page);
	return ret;
}

int32_t github_post_install(struct mortise_call *call, const json_t *input, json_t **ret_output)
{
	int32_t ret = queue_migrations(call);

	(void)input;
	(void)ret_output;
	return ret == MORTISE_OK ? github_queue(call, "link_all_repos", json_object()) : ret;
}
