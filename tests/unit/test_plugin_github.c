/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/* The GitHub plugin: installs, webhooks, repositories and deliveries that were lost. */
#include "config.h"
#include "tests/unit/plugin_peer.h"

#include "core/base/err.h"
#include "core/base/mem.h"

/* ---- Install ---- */

#define USER {"GET /user", 0, 200, "{\"login\":\"mona\"}", NULL}
#define MEMBERSHIPS {"GET /user/memberships/orgs", 0, 200, "[" \
	"{\"state\":\"active\",\"role\":\"admin\",\"organization\":{\"login\":\"Acme-Co\"}}," \
	"{\"state\":\"active\",\"role\":\"member\",\"organization\":{\"login\":\"other-co\"}}]", NULL}
#define INSTALLATIONS {"GET /user/installations", 0, 200, "{\"installations\":[" \
	"{\"id\":11,\"target_type\":\"Organization\",\"account\":{\"login\":\"acme-co\",\"avatar_url\":\"a\"}}," \
	"{\"id\":12,\"target_type\":\"Organization\",\"account\":{\"login\":\"other-co\"}}," \
	"{\"id\":13,\"target_type\":\"User\",\"account\":{\"login\":\"mona\"}}," \
	"{\"id\":14,\"target_type\":\"User\",\"account\":{\"login\":\"hubot\"}}]}", NULL}
#define APP_NAME {"read setting", 0, 0, "\"Mortise Test\"", NULL}

static void login_lists_what_the_user_owns(void **state)
{
	static const struct answer answers[] = {USER, MEMBERSHIPS, INSTALLATIONS, APP_NAME, {0}};
	const json_t *made, *list;

	assert_int_equal(run(state, "step:oauth_login:check", "pipeline", json_pack("{s:{}, s:{}}",
		"answer", "state"), NULL, answers), 0);
	made = json_object_get(output(state), "state");
	assert_string_equal(peer_text(made, "github_authenticated_user"), "mona");
	assert_string_equal(peer_text(made, "app_slug"), "mortise-test");
	list = json_object_get(made, "existing_installation_info");
	assert_int_equal(json_array_size(list), 2);
	assert_string_equal(peer_text(json_array_get(list, 0), "installation_id"), "11");
	assert_string_equal(peer_text(json_array_get(list, 1), "installation_id"), "13");
}

static void upstream_fault_at_login_is_told(void **state)
{
	static const struct {
		struct answer answers[5];
		int code;
		const char *words;
	} cases[] = {
		{{{"GET /user", 0, 200, "{}", NULL}}, MORTISE_E_UPSTREAM, "Missing login info"},
		{{{"GET /user", 0, 200, "<html>", NULL}}, MORTISE_E_UPSTREAM, "not JSON"},
		{{{"GET /user", 0, 200, "", NULL}}, MORTISE_E_UPSTREAM, "not JSON"},
		{{{"GET /user", 0, 500, "{\"message\":\"boom\"}", NULL}}, MORTISE_E_UPSTREAM, "HTTP 500"},
		{{{"GET /user", 0, 401, "{\"message\":\"Bad credentials\"}", NULL}}, MORTISE_E_IDENTITY,
			"Bad credentials"},
		{{USER, MEMBERSHIPS, {"GET /user/installations", 0, 200, "[]", NULL}}, MORTISE_E_UPSTREAM,
			"installations"},
		{{{"GET /user", MORTISE_E_UPSTREAM, 0, NULL, NULL}}, MORTISE_E_UPSTREAM, ""},
	};

	for (size_t i = 0; i < lengthof(cases); i++)
		if (run(state, "step:oauth_login:check", "pipeline", json_pack("{s:{}, s:{}}", "answer",
			"state"), NULL, cases[i].answers) != cases[i].code || !strstr(why(state), cases[i].words))
			fail_msg("case %zu: %s", i, why(state));
}

static int64_t check_installation(void **state, json_t *answer_take)
{
	static const struct answer answers[] = {MEMBERSHIPS, INSTALLATIONS, {0}};

	return run(state, "step:github_installation:check", "pipeline", json_pack("{s:o, s:{s:s}}",
		"answer", answer_take, "state", "github_authenticated_user", "mona"), NULL, answers);
}

static void foreign_installation_is_refused(void **state)
{
	/* In the list, but of an organization the user does not own; a user's own; nobody's. */
	static const char *const foreign[] = {"12", "14", "99"};

	for (size_t i = 0; i < lengthof(foreign); i++) {
		assert_int_equal(check_installation(state, json_pack("{s:s}", "installation_id",
			foreign[i])), MORTISE_E_FORBIDDEN);
		assert_non_null(strstr(why(state), foreign[i]));
	}
	assert_int_equal(check_installation(state, json_pack("{s:s, s:s}", "installation_id", "11",
		"setup_action", "install")), 0);
	assert_int_equal(check_installation(state, json_pack("{s:s}", "installation_id", "11/../12")),
		MORTISE_E_FIELD);
	assert_int_equal(check_installation(state, json_pack("{}")), MORTISE_E_FIELD);
}

static void request_to_an_owner_keeps_the_step_waiting(void **state)
{
	assert_int_equal(check_installation(state, json_pack("{s:s}", "setup_action", "request")), 0);
	assert_true(json_is_true(json_object_get(output(state), "stay")));
}

#define ONE_INSTALLATION {"GET /app/installations/11", 0, 200, "{\"id\":11,\"app_id\":7,\"account\":" \
	"{\"login\":\"acme-co\",\"id\":77,\"type\":\"Organization\",\"avatar_url\":\"https://a/77\"," \
	"\"html_url\":\"https://github.com/acme-co\"},\"suspended_at\":null}", NULL}

static void build_describes_the_installation(void **state)
{
	static const struct answer answers[] = {MEMBERSHIPS, INSTALLATIONS, ONE_INSTALLATION, {0}};
	const json_t *metadata;

	assert_int_equal(run(state, "build", "pipeline", json_pack("{s:{s:s, s:s}}", "state",
		"installation_id", "11", "github_authenticated_user", "mona"), NULL, answers), 0);
	assert_string_equal(peer_text(output(state), "external_id"), "11");
	assert_string_equal(peer_text(output(state), "name"), "acme-co");
	assert_string_equal(peer_text(output(state), "ownership"), "proved");
	metadata = json_object_get(output(state), "metadata");
	assert_string_equal(peer_text(metadata, "domain_name"), "github.com/acme-co");
	assert_string_equal(peer_text(metadata, "account_type"), "Organization");
	assert_int_equal(json_integer_value(json_object_get(metadata, "account_id")), 77);
}

static void build_proves_ownership_again(void **state)
{
	static const struct answer answers[] = {MEMBERSHIPS, INSTALLATIONS,
		{"GET /app/installations/13", 0, 404, "{\"message\":\"Not Found\"}", NULL}, {0}};

	/* Whatever an earlier step let into the state. */
	assert_int_equal(run(state, "build", "pipeline", json_pack("{s:{s:s, s:s}}", "state",
		"installation_id", "12", "github_authenticated_user", "mona"), NULL, answers),
		MORTISE_E_FORBIDDEN);
	assert_int_equal(run(state, "build", "pipeline", json_pack("{s:{s:s, s:s}}", "state",
		"chosen_installation", "13", "github_authenticated_user", "mona"), NULL, answers),
		MORTISE_E_NOT_FOUND);
}

/* ---- Webhooks ---- */

#define REPOSITORY "\"repository\":{\"id\":5501,\"full_name\":\"acme-co/shop\"," \
	"\"html_url\":\"https://github.com/acme-co/shop\",\"default_branch\":\"main\"}"
#define KNOWN {"read repository", 0, 0, "{\"external_id\":\"5501\"}", NULL}
#define UNKNOWN {"read repository", MORTISE_E_NOT_FOUND, 0, NULL, NULL}

static void push_gives_its_commits(void **state)
{
	static const struct answer answers[] = {UNKNOWN, {0}};
	const char *body = "{" REPOSITORY ",\"commits\":["
		"{\"id\":\"a1\",\"distinct\":true,\"message\":\"fix\",\"timestamp\":\"2026-04-30T10:00:00+02:00\","
		" \"author\":{\"name\":\"Mona\",\"email\":\"mona@acme.test\",\"username\":\"mona\"},"
		" \"added\":[\"x.py\"],\"removed\":[\"old.go\"],\"modified\":[\"api/cart.ts\"]},"
		"{\"id\":\"a2\",\"distinct\":false,\"message\":\"again\",\"timestamp\":\"2026-04-30T10:00:00Z\"},"
		"{\"id\":\"a3\",\"message\":\"no #skipsentry\",\"timestamp\":\"2026-04-30T10:00:00Z\"},"
		"{\"id\":\"a4\",\"message\":\"hidden\",\"timestamp\":\"2026-04-30T10:00:00.5Z\","
		" \"author\":{\"name\":\"M\",\"email\":\"9+mona@users.noreply.github.com\",\"username\":\"mona\"}}]}";
	const json_t *author;

	assert_int_equal(hook(state, "push", body, answers), 0);
	assert_int_equal(effect_len(state), 5);
	assert_string_equal(peer_text(effect(state, 0), "type"), "repository_put");
	assert_string_equal(peer_text(effect(state, 0), "mode"), "create");
	assert_string_equal(peer_text(effect(state, 0), "name"), "acme-co/shop");
	assert_string_equal(peer_text(effect(state, 1), "sha"), "a1");
	assert_true(json_integer_value(json_object_get(effect(state, 1), "time_ms")) ==
		INT64_C(1777536000000));
	assert_int_equal(json_array_size(json_object_get(effect(state, 1), "files")), 3);
	author = json_object_get(effect(state, 1), "author");
	assert_string_equal(peer_text(author, "external_id"), "github:mona");
	assert_true(json_is_false(json_object_get(author, "anonymous")));
	assert_string_equal(peer_text(effect(state, 2), "sha"), "a4");
	author = json_object_get(effect(state, 2), "author");
	assert_true(json_is_true(json_object_get(author, "anonymous")));
	assert_string_equal(peer_text(effect(state, 3), "type"), "repository_languages");
	assert_int_equal(json_array_size(json_object_get(effect(state, 3), "languages")), 2);
	assert_string_equal(peer_text(effect(state, 4), "type"), "actor");
	assert_string_equal(peer_text(effect(state, 4), "name"), "@mona");
}

static void known_repository_is_only_refreshed(void **state)
{
	static const struct answer answers[] = {KNOWN, {0}};

	assert_int_equal(hook(state, "push", "{" REPOSITORY ",\"commits\":[]}", answers), 0);
	assert_int_equal(effect_len(state), 1);
	assert_string_equal(peer_text(effect(state, 0), "mode"), "refresh");
}

static void pull_request_has_a_merge_commit_only_when_merged(void **state)
{
	static const char *const merged[] = {"true", "false"};

	for (size_t i = 0; i < lengthof(merged); i++) {
		static const struct answer answers[] = {KNOWN, {0}};
		cleanup_free char *body = xasprintf("{\"action\":\"closed\"," REPOSITORY ",\"pull_request\":"
			"{\"number\":14,\"title\":\"Fix\",\"body\":null,\"merged\":%s,\"merge_commit_sha\":\"77ab01\","
			"\"user\":{\"login\":\"mona\"}}}", merged[i]);
		const json_t *pull;

		assert_int_equal(hook(state, "pull_request", body, answers), 0);
		pull = effect(state, 1);
		assert_string_equal(peer_text(pull, "number"), "14");
		assert_string_equal(peer_text(pull, "merge_commit_sha"), i == 0 ? "77ab01" : "");
		assert_string_equal(peer_text(json_object_get(pull, "author"), "external_id"), "github:mona");
	}
}

static void installation_is_read_as_it_is_now(void **state)
{
	static const struct answer there[] = {ONE_INSTALLATION, {0}};
	static const struct answer gone[] = {
		{"GET /app/installations/11", 0, 404, "{\"message\":\"Not Found\"}", NULL}, {0}};
	const char *body = "{\"action\":\"created\",\"installation\":{\"id\":11},"
		"\"sender\":{\"id\":9,\"login\":\"mona\"}}";

	assert_int_equal(hook(state, "installation", body, there), 0);
	assert_int_equal(effect_len(state), 2);
	assert_string_equal(peer_text(effect(state, 0), "type"), "integration_put");
	assert_string_equal(peer_text(effect(state, 0), "name"), "acme-co");
	assert_string_equal(peer_text(json_object_get(json_object_get(effect(state, 0), "metadata"),
		"sender"), "login"), "mona");
	assert_string_equal(peer_text(effect(state, 1), "name"), "sync_repositories");
	/* A late delivery brings nothing back. */
	assert_int_equal(hook(state, "installation", body, gone), 0);
	assert_int_equal(effect_len(state), 0);
}

static void removed_installation_disables_everything(void **state)
{
	assert_int_equal(hook(state, "installation", "{\"action\":\"deleted\",\"installation\":{\"id\":11}}",
		NULL), 0);
	assert_int_equal(effect_len(state), 2);
	assert_string_equal(peer_text(effect(state, 0), "status"), "disabled");
	assert_true(json_is_true(json_object_get(effect(state, 1), "all")));
	assert_int_equal(hook(state, "installation", "{\"action\":\"suspend\",\"installation\":{\"id\":11}}",
		NULL), 0);
	assert_int_equal(effect_len(state), 1);
}

static void changed_selection_enables_and_disables(void **state)
{
	static const struct answer answers[] = {{"read setting", 0, 0, "\"https://github.com\"", NULL}, {0}};

	assert_int_equal(hook(state, "installation_repositories", "{\"action\":\"added\","
		"\"repositories_added\":[{\"id\":5502,\"full_name\":\"acme-co/web\"}],"
		"\"repositories_removed\":[{\"id\":5501,\"full_name\":\"acme-co/shop\"}]}", answers), 0);
	assert_int_equal(effect_len(state), 2);
	assert_string_equal(peer_text(effect(state, 0), "mode"), "enable");
	assert_string_equal(peer_text(effect(state, 0), "url"), "https://github.com/acme-co/web");
	assert_string_equal(peer_text(effect(state, 1), "external_id"), "5501");
	assert_string_equal(peer_text(effect(state, 1), "status"), "disabled");
}

static void odd_bodies_do_no_harm(void **state)
{
	static const char *const events[] = {"push", "pull_request", "repository", "installation",
		"installation_repositories", "unheard_of"};
	static const char *const bodies[] = {"{}", "[]", "1", "{\"repository\":7,\"commits\":7}",
		"{\"action\":7,\"repository\":{\"id\":\"x\"},\"commits\":[7,{}]}"};

	for (size_t i = 0; i < lengthof(events); i++)
		for (size_t j = 0; j < lengthof(bodies); j++) {
			assert_int_equal(hook(state, events[i], bodies[j], NULL), 0);
			assert_int_equal(effect_len(state), 0);
		}
}

/* ---- Repositories ---- */

static void pages_are_followed_and_committed_one_by_one(void **state)
{
	static const struct answer answers[] = {
		{"GET /installation/repositories", 0, 200, "{\"repositories\":[{\"id\":1,\"full_name\":\"a/b\","
			"\"html_url\":\"u\"},{\"id\":2,\"full_name\":\"a/old\",\"html_url\":\"u\",\"archived\":true}]}",
			"<https://api.github.com/x?page=2>; rel=\"next\", <https://api.github.com/x?page=2>; rel=\"last\""},
		{"GET /installation/repositories", 0, 200, "{\"repositories\":[{\"id\":3,\"full_name\":\"a/c\","
			"\"html_url\":\"u\"}]}", "<https://api.github.com/x?page=1>; rel=\"prev\""},
		{0}};
	const struct plugin *plugin = *state;

	assert_int_equal(run(state, "task:link_all_repos", "install", json_pack("{s:{}}", "payload"), NULL,
		answers), 0);
	assert_int_equal(effect_len(state), 2);
	assert_string_equal(peer_text(effect(state, 0), "name"), "a/b");
	assert_string_equal(peer_text(effect(state, 1), "name"), "a/c");
	assert_int_equal(count_asked(plugin, "checkpoint"), 1);
}

static void sync_disables_what_is_gone(void **state)
{
	static const struct answer answers[] = {
		{"GET /installation/repositories", 0, 200,
			"{\"repositories\":[{\"id\":1,\"full_name\":\"a/b\",\"html_url\":\"u\"}]}", NULL},
		{"read repositories", 0, 0, "[{\"external_id\":\"1\",\"linked\":true},"
			"{\"external_id\":\"2\",\"linked\":true},{\"external_id\":\"3\",\"linked\":false}]", NULL},
		{"read repositories", 0, 0, "[]", NULL},
		{0}};

	assert_int_equal(run(state, "task:sync_repositories", "install", json_pack("{s:{}}", "payload"),
		NULL, answers), 0);
	assert_int_equal(effect_len(state), 2);
	assert_string_equal(peer_text(effect(state, 1), "external_id"), "2");
	assert_string_equal(peer_text(effect(state, 1), "status"), "disabled");
}

static void repository_without_access_is_refused(void **state)
{
	static const struct answer granted[] = {
		{"GET /repos/acme-co/shop", 0, 200, "{\"id\":5501,\"full_name\":\"acme-co/shop\"}", NULL},
		{"GET /repos/acme-co/shop/hooks", 0, 200, "[]", NULL}, {0}};
	static const struct answer hidden[] = {
		{"GET /repos/acme-co/shop", 0, 200, "{\"id\":5501,\"full_name\":\"acme-co/shop\"}", NULL},
		{"GET /repos/acme-co/shop/hooks", 0, 404, "{\"message\":\"Not Found\"}", NULL}, {0}};
	static const char *const wrong[] = {"shop", "a/b/c", "../app", "a/..", "a/b?c", ""};

	assert_int_equal(run(state, "repository:get", "install", json_pack("{s:s}", "identifier",
		"acme-co/shop"), NULL, granted), 0);
	assert_string_equal(peer_text(output(state), "external_id"), "5501");
	assert_int_equal(run(state, "repository:get", "install", json_pack("{s:s}", "identifier",
		"acme-co/shop"), NULL, hidden), MORTISE_E_SETTINGS);
	assert_non_null(strstr(why(state), "acme-co/shop"));
	for (size_t i = 0; i < lengthof(wrong); i++)
		assert_int_equal(run(state, "repository:get", "install", json_pack("{s:s}", "identifier",
			wrong[i]), NULL, NULL), MORTISE_E_FIELD);
}

static json_t *file_input(const char *path, const char *ref, bool content)
{
	return json_pack("{s:{s:s, s:s, s:s, s:{s:s}}, s:s, s:s*, s:b}", "repository", "external_id",
		"5501", "name", "acme-co/renamed", "url", "https://github.com/acme-co/shop", "config",
		"name", "acme-co/shop", "path", path, "ref", ref, "content", (int)content);
}

static void a_file_is_looked_for_and_read(void **state)
{
	static const struct answer there[] = {
		{"HEAD /repos/acme-co/shop/contents/src/a b.c", 0, 200, NULL, NULL}, {0}};
	static const struct answer missing[] = {
		{"HEAD /repos/acme-co/shop/contents/src/a b.c", 0, 404, NULL, NULL}, {0}};
	static const struct answer hidden[] = {
		{"HEAD /repos/acme-co/shop/contents/src/a b.c", 0, 403, NULL, NULL}, {0}};

	assert_int_equal(run(state, "repository:file", "install", file_input("src/a b.c", "v1#", false),
		NULL, there), 0);
	assert_true(json_is_true(json_object_get(output(state), "found")));
	assert_string_equal(peer_text(output(state), "url"),
		"https://github.com/acme-co/shop/blob/v1%23/src/a%20b.c");
	assert_int_equal(run(state, "repository:file", "install", file_input("src/a b.c", NULL, false),
		NULL, missing), 0);
	assert_true(json_is_false(json_object_get(output(state), "found")));
	assert_string_equal(peer_text(output(state), "url"),
		"https://github.com/acme-co/shop/blob/HEAD/src/a%20b.c");
	assert_int_equal(run(state, "repository:file", "install", file_input("src/a b.c", NULL, false),
		NULL, hidden), MORTISE_E_FORBIDDEN);
}

static void a_path_that_leads_elsewhere_is_not_asked_for(void **state)
{
	static const char *const wrong[] = {"", "/a", "a//b", "a/", ".", "../x", "a/../b", "a/.."};

	for (size_t i = 0; i < lengthof(wrong); i++) {
		assert_int_equal(run(state, "repository:file", "install",
			file_input(wrong[i], "main", true), NULL, NULL), 0);
		assert_true(json_is_false(json_object_get(output(state), "found")));
		assert_null(json_object_get(output(state), "content"));
	}
}

static void rate_limit_ends_when_github_says(void **state)
{
	static const struct answer answers[] = {{"GET /installation/repositories", 0, 403,
		"{\"message\":\"API rate limit exceeded for installation ID 11.\"}", NULL}, {0}};
	static const struct answer suspended[] = {{"GET /installation/repositories", 0, 403,
		"{\"message\":\"This installation has been suspended\"}", NULL}, {0}};
	const struct plugin *plugin = *state;
	int64_t retry_at;

	assert_int_equal(run(state, "repository:list", "install", json_pack("{}"), NULL, answers),
		MORTISE_E_RATE);
	retry_at = json_integer_value(json_object_get(plugin->reply, "retry_at_ms"));
	assert_true(retry_at >= NOW_MS + 60000 && retry_at < NOW_MS + 70000);
	assert_int_equal(run(state, "repository:list", "install", json_pack("{}"), NULL, suspended),
		MORTISE_E_IDENTITY);
}

/* ---- Catch-up ---- */

#define DELIVERY(id, guid, status, day) "{\"id\":" id ",\"guid\":\"" guid "\",\"status_code\":" status \
	",\"delivered_at\":\"2026-0" day "T10:00:00Z\"}"

static void lost_deliveries_are_asked_for_again(void **state)
{
	/* lost: twice; healed: failed, then arrived; refused: for good; old: out of the window. */
	static const struct answer answers[] = {
		{"GET /app/hook/deliveries", 0, 200, "[" DELIVERY("9", "lost", "502", "5-01") ","
			DELIVERY("8", "healed", "204", "5-01") "]",
			"<https://api.github.com/app/hook/deliveries?per_page=100&cursor=7>; rel=\"next\""},
		{"GET /app/hook/deliveries", 0, 200, "[" DELIVERY("7", "healed", "503", "5-01") ","
			DELIVERY("6", "lost", "0", "5-01") "," DELIVERY("5", "refused", "400", "5-01") ","
			DELIVERY("4", "old", "502", "4-01") "," DELIVERY("3", "older", "502", "4-01") "]",
			"<https://api.github.com/app/hook/deliveries?cursor=2>; rel=\"next\""},
		{"POST /app/hook/deliveries/9/attempts", 0, 202, "{}", NULL},
		{0}};

	assert_int_equal(run(state, "task:catch_up", "provider", json_pack("{s:{}}", "payload"), NULL,
		answers), 0);
	assert_int_equal(json_integer_value(json_object_get(output(state), "redelivered")), 1);
}

static void delivery_that_keeps_failing_is_given_up(void **state)
{
	static const struct answer answers[] = {
		{"GET /app/hook/deliveries", 0, 200, "[" DELIVERY("9", "x", "502", "5-01") ","
			DELIVERY("8", "x", "502", "5-01") "," DELIVERY("7", "x", "502", "5-01") ","
			DELIVERY("6", "x", "502", "5-01") "," DELIVERY("5", "x", "502", "5-01") "]", NULL}, {0}};

	assert_int_equal(run(state, "task:catch_up", "provider", json_pack("{s:{}}", "payload"), NULL,
		answers), 0);
	assert_int_equal(json_integer_value(json_object_get(output(state), "redelivered")), 0);
}

static int github_setup(void **state)
{
	return plugin_setup(state, "plugins/github/.libs/github.so", "github");
}

int main(void)
{
#define CASE(name_) cmocka_unit_test_setup_teardown(name_, github_setup, plugin_teardown)
	const struct CMUnitTest tests[] = {
		CASE(login_lists_what_the_user_owns),
		CASE(upstream_fault_at_login_is_told),
		CASE(foreign_installation_is_refused),
		CASE(request_to_an_owner_keeps_the_step_waiting),
		CASE(build_describes_the_installation),
		CASE(build_proves_ownership_again),
		CASE(push_gives_its_commits),
		CASE(known_repository_is_only_refreshed),
		CASE(pull_request_has_a_merge_commit_only_when_merged),
		CASE(installation_is_read_as_it_is_now),
		CASE(removed_installation_disables_everything),
		CASE(changed_selection_enables_and_disables),
		CASE(odd_bodies_do_no_harm),
		CASE(pages_are_followed_and_committed_one_by_one),
		CASE(sync_disables_what_is_gone),
		CASE(repository_without_access_is_refused),
		CASE(a_file_is_looked_for_and_read),
		CASE(a_path_that_leads_elsewhere_is_not_asked_for),
		CASE(rate_limit_ends_when_github_says),
		CASE(lost_deliveries_are_asked_for_again),
		CASE(delivery_that_keeps_failing_is_given_up),
	};

	return cmocka_run_group_tests_name("plugin_github", tests, NULL, NULL);
}
