/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/* Jira Server: its install, its webhook, and how users are found; the test plays both ends. */
#include "config.h"
#include "tests/unit/plugin_peer.h"

#include "core/base/err.h"
#include "core/base/mem.h"

#define CLASSIC "/rest/webhooks/1.0/webhook"
#define SINCE_10 "/rest/jira-webhook/1.0/webhooks"
#define AUTH {.ask = "read metadata", .body = "\"oauth1\"", .always = true}
#define SIGNED {.ask = "jwt_sign", .body = "\"head.claims.sign\""}
#define PREFIX "https://m.example/extensions/jira-server/issue-updated/"
#define OUR_URL PREFIX "head.claims.sign/"
#define PUBLIC {.ask = "read public_url", .body = "\"" PREFIX "\""}
#define PRODUCT {.ask = "read product", .body = "{\"name\":\"Acme\",\"key\":\"acme\"}", .always = true}
#define MADE "{\"id\":12,\"url\":\"" OUR_URL "\",\"self\":\"https://j" CLASSIC "/12\"}"

static int setup(void **state)
{
	return plugin_setup(state, "plugins/jira/.libs/jira.so", "jira_server");
}

static json_t *parse(const char *text)
{
	json_t *json = json_loads(text, JSON_DECODE_ANY, NULL);

	assert_non_null(json);
	return json;
}

static const char *field_text(void **state, const char *field)
{
	const struct plugin *plugin = *state;
	const char *text = json_string_value(json_array_get(json_object_get(json_object_get(plugin->reply,
		"fields"), field), 0));

	return text ? text : "";
}

/* ---- The form ---- */

/* 'secrets': which of private key and access token were filled in, in that order. */
static int64_t check_form(void **state, const char *answer, const char *secrets, const char *myself,
	int status)
{
	const struct answer answers[] = {
		{.ask = "read secret_present", .body = secrets[0] == 'k' ? "{\"present\":true}" : "{\"present\":false}"},
		{.ask = "read secret_present", .body = secrets[1] == 't' ? "{\"present\":true}" : "{\"present\":false}"},
		{.ask = "GET /rest/api/2/myself", .status = status, .body = myself}, {0}};

	return run(state, "step:installation_config:check", "pipeline", json_pack("{s:o, s:{}}", "answer",
		parse(answer), "state"), NULL, answers);
}

static const char *made(void **state, const char *member)
{
	return peer_text(json_object_get(output(state), "state"), member);
}

#define HOST60 "a23456789.b23456789.c23456789.d23456789.e23456789.f23456789."

static void form_gives_the_integration_its_name(void **state)
{
	static const struct {
		const char *url, *key, *id, *domain;
	} cases[] = {
		{"https://jira.corp.example", "sentry-key", "jira.corp.example:sentry-key", "jira.corp.example"},
		{"https://Jira.Corp.example:8443/jira", "k", "jira.corp.example:8443:k", "jira.corp.example:8443"},
		/* Cut to 64 bytes, wherever it is used. */
		{"https://" HOST60, "abcdef", HOST60 ":abc", HOST60},
		{"http://j", "k2345678901234567890123456789012345678901234567890123456789012345",
			"j:k2345678901234567890123456789012345678901234567890123456789012", "j"},
	};

	for (size_t i = 0; i < lengthof(cases); i++) {
		cleanup_free char *answer = xasprintf("{\"url\":\"%s\",\"consumer_key\":\"%s\",\"verify_ssl\":true}",
			cases[i].url, cases[i].key);

		assert_int_equal(check_form(state, answer, "k-", NULL, 0), 0);
		assert_string_equal(made(state, "external_id"), cases[i].id);
		assert_string_equal(made(state, "domain_name"), cases[i].domain);
		assert_string_equal(made(state, "auth"), "oauth1");
		assert_null(json_object_get(json_object_get(output(state), "state"), "uses_token"));
	}
}

static void token_is_asked_whose_it_is(void **state)
{
	const struct plugin *plugin = *state;

	assert_int_equal(check_form(state, "{\"url\":\"https://j.example/jira\"}", "-t",
		"{\"name\":\"dlee\",\"displayName\":\"Dana\"}", 200), 0);
	assert_string_equal(made(state, "external_id"), "j.example:~dlee");
	assert_string_equal(made(state, "auth"), "token");
	assert_true(json_is_true(json_object_get(json_object_get(output(state), "state"), "uses_token")));
	assert_string_equal(peer_text(sent_question(state, "GET /rest/api/2/myself", 0), "credentials"), "setup_token");
	assert_string_equal(peer_text(sent_question(state, "GET /rest/api/2/myself", 0), "upstream"), "setup");
	assert_int_equal(count_asked(plugin, "read metadata"), 0);
}

static void wrong_form_names_its_fields(void **state)
{
	static const struct {
		const char *answer, *secrets, *myself;
		int status;
		const char *wrong;
	} cases[] = {
		{"{\"url\":\"https://j\"}", "--", NULL, 0, "consumer_key"},
		{"{\"url\":\"https://j\"}", "--", NULL, 0, "private_key"},
		{"{\"url\":\"https://j\",\"consumer_key\":\"k\"}", "--", NULL, 0, "private_key"},
		{"{\"url\":\"https://j\"}", "k-", NULL, 0, "consumer_key"},
		{"{\"url\":\"https://j\",\"consumer_key\":\"k\"}", "kt", NULL, 0, "access_token"},
		{"{\"url\":\"https://" HOST60 "xyz\",\"consumer_key\":\"k\"}", "k-", NULL, 0, "url"},
		{"{\"url\":\"https://j\"}", "-t", "{}", 401, "access_token"},
		{"{\"url\":\"https://j\"}", "-t", "<html>", 200, "url"},
		{"{\"url\":\"https://j\"}", "-t", "{\"accountId\":\"x\"}", 200, "url"},
		{"{\"url\":\"https://j\"}", "-t", "{}", 404, "url"},
		{"{\"url\":\"https://j\"}", "-t", "{}", 502, "url"},
	};

	for (size_t i = 0; i < lengthof(cases); i++) {
		if (check_form(state, cases[i].answer, cases[i].secrets, cases[i].myself, cases[i].status) != MORTISE_E_FIELD)
			fail_msg("case %zu: code %lld", i, (long long)peer_code(((struct plugin *)*state)->reply));
		if (!*field_text(state, cases[i].wrong))
			fail_msg("case %zu: %s is not named", i, cases[i].wrong);
	}
}

/* ---- Build ---- */

#define STATE "{\"url\":\"https://j.example/jira\",\"verify_ssl\":true,\"consumer_key\":\"key\"," \
	"\"external_id\":\"j.example:key\",\"domain_name\":\"j.example\",\"auth\":\"oauth1\"}"
#define TOKEN_STATE "{\"url\":\"https://j.example\",\"verify_ssl\":true,\"external_id\":\"j.example:~dlee\"," \
	"\"domain_name\":\"j.example\",\"auth\":\"token\",\"uses_token\":true}"

static int64_t build(void **state, const char *pipeline, const struct answer *answers)
{
	return run(state, "build", "pipeline", json_pack("{s:o}", "state", parse(pipeline)), NULL, answers);
}

static void assert_output(void **state, const char *wanted)
{
	cleanup_json json_t *json = parse(wanted);
	cleanup_free char *shown = json_dumps(output(state), JSON_SORT_KEYS);

	if (!json_equal(output(state), json))
		fail_msg("gave %s", shown);
}

static void build_makes_the_webhook_first(void **state)
{
	static const struct answer answers[] = {SIGNED, PUBLIC, PRODUCT,
		{.ask = "POST " CLASSIC, .status = 201, .body = MADE}, {0}};
	const json_t *body;

	assert_int_equal(build(state, STATE, answers), 0);
	assert_output(state, "{\"external_id\":\"j.example:key\",\"name\":\"key\",\"ownership\":\"proved\","
		"\"metadata\":{\"base_url\":\"https://j.example/jira\",\"domain_name\":\"j.example\",\"verify_ssl\":true,"
		"\"auth\":\"oauth1\",\"consumer_key\":\"key\"},"
		"\"secrets\":{\"private_key\":\"private_key\",\"access_token\":\"access_token\",\"webhook_secret\":\"webhook_secret\"},"
		"\"identity\":{\"type\":\"jira_server\",\"external_id\":\"j.example:key\",\"scopes\":[]},\"post_install\":{}}");
	body = sent_body(state, "POST " CLASSIC, 0);
	assert_string_equal(peer_text(body, "name"), "Acme Issue Sync");
	assert_string_equal(peer_text(body, "url"), OUR_URL);
	assert_int_equal(json_array_size(json_object_get(body, "events")), 2);
	assert_string_equal(peer_text(sent_question(state, "POST " CLASSIC, 0), "credentials"), "setup_oauth1");
	/* The token names the integration as the row and the identity do. */
	assert_string_equal(peer_text(json_object_get(sent_question(state, "jwt_sign", 0), "claims"), "id"), "j.example:key");
	assert_string_equal(peer_text(sent_question(state, "jwt_sign", 0), "slot"), "state:webhook_secret");
}

static void build_with_a_token_needs_no_keys(void **state)
{
	static const struct answer answers[] = {SIGNED, PUBLIC, PRODUCT,
		{.ask = "POST " CLASSIC, .status = 201, .body = MADE}, {0}};

	assert_int_equal(build(state, TOKEN_STATE, answers), 0);
	assert_output(state, "{\"external_id\":\"j.example:~dlee\",\"name\":\"j.example\",\"ownership\":\"proved\","
		"\"metadata\":{\"base_url\":\"https://j.example\",\"domain_name\":\"j.example\",\"verify_ssl\":true,\"auth\":\"token\"},"
		"\"secrets\":{\"access_token\":\"access_token\",\"webhook_secret\":\"webhook_secret\"},"
		"\"identity\":{\"type\":\"jira_server\",\"external_id\":\"j.example:~dlee\",\"scopes\":[]},\"post_install\":{}}");
	assert_string_equal(peer_text(sent_question(state, "POST " CLASSIC, 0), "credentials"), "setup_token");
}

static void ownership_is_proved_by_a_checked_certificate_alone(void **state)
{
	static const char *const claimed[] = {
		"{\"url\":\"https://j\",\"verify_ssl\":false,\"consumer_key\":\"k\",\"external_id\":\"j:k\",\"domain_name\":\"j\"}",
		"{\"url\":\"http://j\",\"verify_ssl\":true,\"consumer_key\":\"k\",\"external_id\":\"j:k\",\"domain_name\":\"j\"}",
	};
	static const struct answer answers[] = {SIGNED, PUBLIC, PRODUCT,
		{.ask = "POST " CLASSIC, .status = 201, .body = MADE}, {0}};

	for (size_t i = 0; i < lengthof(claimed); i++) {
		assert_int_equal(build(state, claimed[i], answers), 0);
		assert_string_equal(peer_text(output(state), "ownership"), "claimed");
	}
	assert_int_equal(build(state, "{}", NULL), MORTISE_E_SETTINGS);
}

static void jira_10_has_its_webhooks_elsewhere(void **state)
{
	static const struct answer answers[] = {SIGNED, PUBLIC, PRODUCT,
		{.ask = "POST " CLASSIC, .status = 404, .body = "<html>"}, {.ask = "POST " SINCE_10, .status = 201, .body = MADE}, {0}};

	assert_int_equal(build(state, STATE, answers), 0);
	assert_string_equal(peer_text(sent_question(state, "POST " SINCE_10, 0), "once"), "webhook");
}

static void refused_webhook_fails_the_install_with_its_reason(void **state)
{
	static const struct {
		int status;
		const char *body, *text;
		int64_t code;
	} cases[] = {
		{403, "{\"messages\":[{\"key\":\"You do not have admin permission\"}]}", "You do not have admin permission",
			MORTISE_E_SETTINGS},
		{401, "oauth_problem=token_rejected", "Could not create the issue webhook", MORTISE_E_SETTINGS},
		{400, "{\"messages\":[]}", "Could not create the issue webhook", MORTISE_E_SETTINGS},
		{503, "<html>", "Jira Server", MORTISE_E_UPSTREAM},
		{429, "{}", "limits", MORTISE_E_RATE},
	};

	for (size_t i = 0; i < lengthof(cases); i++) {
		const struct answer answers[] = {SIGNED, PUBLIC, PRODUCT,
			{.ask = "POST " CLASSIC, .status = cases[i].status, .body = cases[i].body}, {0}};

		if (build(state, STATE, answers) != cases[i].code || !strstr(why(state), cases[i].text))
			fail_msg("case %zu: %s", i, why(state));
		assert_null(strstr(why(state), "<html>"));
	}
}

static void lost_answer_is_looked_for(void **state)
{
	static const struct answer there[] = {SIGNED, PUBLIC, PRODUCT, {.ask = "POST " CLASSIC, .code = MORTISE_E_UNCERTAIN},
		{.ask = "GET " CLASSIC, .status = 200, .body = "[{\"id\":3,\"url\":\"https://other/\"}," MADE "]"},
		{.ask = "once_settle"}, {0}};
	static const struct answer absent[] = {SIGNED, PUBLIC, PRODUCT, {.ask = "POST " CLASSIC, .code = MORTISE_E_UNCERTAIN},
		{.ask = "GET " CLASSIC, .status = 200, .body = "[]"}, {.ask = "once_clear"},
		{.ask = "POST " CLASSIC, .status = 201, .body = MADE}, {0}};
	const struct plugin *plugin = *state;

	assert_int_equal(build(state, STATE, there), 0);
	assert_int_equal(count_asked(plugin, "POST " CLASSIC), 1);
	assert_int_equal(count_asked(plugin, "once_settle"), 1);
	assert_int_equal(build(state, STATE, absent), 0);
	assert_int_equal(count_asked(plugin, "POST " CLASSIC), 2);
}

/* ---- Afterwards ---- */

static void failed_install_takes_its_webhook_back(void **state)
{
	static const struct answer answers[] = {{.ask = "read state", .body = "\"token\""},
		{.ask = "DELETE " CLASSIC "/12", .status = 204}, {0}};
	static const struct answer since_10[] = {{.ask = "read state", .body = "\"oauth1\""},
		{.ask = "DELETE " CLASSIC "/7", .status = 404}, {.ask = "DELETE " SINCE_10 "/7", .status = 204}, {0}};

	assert_int_equal(run(state, "undo", "pipeline", json_pack("{s:{s:o}}", "made", "webhook", parse(MADE)), NULL,
		answers), 0);
	assert_string_equal(peer_text(sent_question(state, "DELETE " CLASSIC "/12", 0), "credentials"), "setup_token");
	assert_int_equal(run(state, "undo", "pipeline", json_pack("{s:{s:{s:s}}}", "made", "webhook", "self",
		"https://j/x/7"), NULL, since_10), 0);
	assert_int_equal(run(state, "undo", "pipeline", json_pack("{s:{}}", "made"), NULL, NULL), 0);
}

#define INTEGRATION {.ask = "read integration", .body = "{\"external_id\":\"j.example:key\"}"}
#define LIST "[{\"id\":1,\"url\":\"https://other.example/\"},{\"id\":2,\"url\":\"" PREFIX "head.claims.former/\"}," \
	"{\"id\":3,\"url\":\"" PREFIX "head.others.sign/\"}," MADE ",{\"id\":5},7]"

static void renewed_install_removes_the_former_webhook(void **state)
{
	static const struct answer answers[] = {AUTH, INTEGRATION, SIGNED, PUBLIC,
		{.ask = "GET " CLASSIC, .status = 200, .body = LIST}, {.ask = "DELETE " CLASSIC "/2", .status = 204}, {0}};

	assert_int_equal(run(state, "post_install", "install", json_pack("{s:{}}", "post_install"), NULL, answers), 0);
	assert_int_equal(effect_len(state), 1);
	assert_string_equal(peer_text(effect(state, 0), "type"), "task");
	assert_string_equal(peer_text(sent_question(state, "jwt_sign", 0), "slot"), "integration:webhook_secret");
}

static void last_uninstall_removes_the_webhook(void **state)
{
	static const struct answer answers[] = {AUTH, INTEGRATION, SIGNED, PUBLIC,
		{.ask = "GET " CLASSIC, .status = 404, .body = "<html>"}, {.ask = "GET " SINCE_10, .status = 200, .body = LIST},
		{.ask = "DELETE " CLASSIC "/2", .status = 404}, {.ask = "DELETE " SINCE_10 "/2", .status = 204},
		{.ask = "DELETE " CLASSIC "/12", .status = 404}, {.ask = "DELETE " SINCE_10 "/12", .status = 204}, {0}};
	static const struct answer gone[] = {AUTH, INTEGRATION, SIGNED, PUBLIC,
		{.ask = "GET " CLASSIC, .status = 401, .body = "oauth_problem=token_revoked"}, {0}};
	const struct plugin *plugin = *state;

	assert_int_equal(run(state, "uninstall", "install", json_pack("{s:b}", "last", 1), NULL, answers), 0);
	assert_int_equal(count_asked(plugin, "DELETE " SINCE_10 "/12"), 1);
	assert_int_equal(run(state, "uninstall", "install", json_pack("{s:b}", "last", 0), NULL, NULL), 0);
	/* A Jira that does not let us in keeps nobody from leaving. */
	assert_int_equal(run(state, "uninstall", "install", json_pack("{s:b}", "last", 1), NULL, gone), 0);
}

/* ---- Users ---- */

#define SEARCH "GET /rest/api/2/user/assignable/search"
#define ASSIGN "PUT /rest/api/2/issue/OPS-7/assignee"

static json_t *assignee(bool assign)
{
	return json_pack("{s:s, s:b, s:{s:s, s:s}}", "key", "OPS-7", "assign", assign, "user", "email",
		"dana@corp.example", "name", "Dana");
}

static void assignee_is_found_by_address(void **state)
{
	static const struct {
		const char *users, *name;
	} cases[] = {
		/* One whose address is hidden is taken at Jira's word. */
		{"[{\"name\":\"dlee\",\"displayName\":\"Dana\"}]", "dlee"},
		{"[{\"name\":\"x\",\"emailAddress\":\"x@corp.example\"},{\"name\":\"dlee\",\"emailAddress\":\"Dana@Corp.example\"}]",
			"dlee"},
		{"[{\"name\":\"x\"},{\"name\":\"y\"}]", NULL},
		{"[]", NULL},
		{"[{\"displayName\":\"nameless\"}]", NULL},
	};

	for (size_t i = 0; i < lengthof(cases); i++) {
		const struct answer answers[] = {AUTH, {.ask = SEARCH, .status = 200, .body = cases[i].users},
			{.ask = ASSIGN, .status = 204}, {0}};
		int64_t code = run(state, "issue:assignee_out", "install", assignee(true), NULL, answers);

		if (code != (cases[i].name ? 0 : MORTISE_E_NO_TARGET))
			fail_msg("case %zu: %s", i, why(state));
		if (cases[i].name)
			assert_string_equal(peer_text(sent_body(state, ASSIGN, 0), "name"), cases[i].name);
		else
			assert_null(sent_body(state, ASSIGN, 0));
	}
	assert_string_equal(peer_text(json_object_get(sent_question(state, SEARCH, 0), "query"), "username"),
		"dana@corp.example");
}

static void nobody_is_assigned_by_null(void **state)
{
	static const struct answer answers[] = {AUTH, {.ask = ASSIGN, .status = 204}, {0}};
	static const struct answer refused[] = {AUTH, {.ask = ASSIGN, .status = 401, .body = "{}"}, {0}};

	assert_int_equal(run(state, "issue:assignee_out", "install", assignee(false), NULL, answers), 0);
	assert_true(json_is_null(json_object_get(sent_body(state, ASSIGN, 0), "name")));
	assert_int_equal(run(state, "issue:assignee_out", "install", assignee(false), NULL, refused), MORTISE_E_FORBIDDEN);
}

/* ---- The webhook ---- */

static int64_t changed(void **state, const char *body)
{
	return run(state, "webhook:issue-updated", "integration", json_pack("{s:s, s:s}", "webhook", "issue-updated",
		"event", "jira:issue_updated"), body, NULL);
}

static void changes_come_in_by_name_and_id(void **state)
{
#define ISSUE(fields_, items_) "{\"timestamp\":1767225600999,\"webhookEvent\":\"jira:issue_updated\",\"issue\":" \
	"{\"id\":\"40007\",\"key\":\"OPS-7\",\"fields\":{" fields_ "}},\"changelog\":{\"items\":[" items_ "]}}"
	assert_int_equal(changed(state, ISSUE("\"assignee\":{\"name\":\"dlee\",\"emailAddress\":\"dana@corp.example\"}",
		"{\"field\":\"assignee\"}")), 0);
	assert_string_equal(peer_text(effect(state, 0), "type"), "assignee_in");
	assert_int_equal(changed(state, ISSUE("\"assignee\":null", "{\"field\":\"assignee\"}")), 0);
	assert_true(json_is_array(json_object_get(effect(state, 0), "assignees")));
	assert_int_equal(json_array_size(json_object_get(effect(state, 0), "assignees")), 0);
	/* Without an address there is nobody to assign. */
	assert_int_equal(changed(state, ISSUE("\"assignee\":{\"name\":\"dlee\"}", "{\"field\":\"assignee\"}")), 0);
	assert_int_equal(effect_len(state), 0);
	assert_int_equal(changed(state, ISSUE("\"status\":{\"id\":\"3\"}",
		"{\"field\":\"status\",\"from\":\"1\",\"to\":\"3\"},{\"field\":\"status\",\"from\":\"3\",\"to\":\"1\"}")), 0);
	assert_int_equal(effect_len(state), 1);
	assert_string_equal(peer_text(effect(state, 0), "status"), "3");
	assert_int_equal(changed(state, "{\"webhookEvent\":\"jira:issue_updated\",\"issue\":{\"key\":\"OPS-7\"}}"), 0);
	assert_int_equal(effect_len(state), 0);
}

/* ---- Texts ---- */

#define COMMENT "POST /rest/api/2/issue/OPS-7/comment"

static void comments_are_wiki_markup(void **state)
{
	static const struct answer answers[] = {AUTH, {.ask = COMMENT, .status = 201, .body = "{\"id\":\"900\"}"}, {0}};

	assert_int_equal(run(state, "issue:comment_create", "install", json_pack("{s:s, s:{s:s, s:s, s:s}}", "key", "OPS-7",
		"note", "reference", "n7", "author", "Dana Lee", "text", "Look {quote} [~all]"), NULL, answers), 0);
	assert_string_equal(peer_text(sent_body(state, COMMENT, 0), "body"),
		"Dana Lee wrote:\n\n{quote}Look \\{quote} \\[\\~all]{quote}");
	/* What the user wrote into the form goes as it is. */
	assert_int_equal(run(state, "issue:linked", "install", json_pack("{s:s, s:{s:s}, s:s}", "key", "OPS-7", "fields",
		"comment", "Linked Issue: [SHOP-1|https://m.example/]", "reference", "r1"), NULL, answers), 0);
	assert_string_equal(peer_text(sent_body(state, COMMENT, 0), "body"), "Linked Issue: [SHOP-1|https://m.example/]");
}

#define TEST(name_) cmocka_unit_test_setup_teardown(name_, setup, plugin_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(form_gives_the_integration_its_name),
		TEST(token_is_asked_whose_it_is),
		TEST(wrong_form_names_its_fields),
		TEST(build_makes_the_webhook_first),
		TEST(build_with_a_token_needs_no_keys),
		TEST(ownership_is_proved_by_a_checked_certificate_alone),
		TEST(jira_10_has_its_webhooks_elsewhere),
		TEST(refused_webhook_fails_the_install_with_its_reason),
		TEST(lost_answer_is_looked_for),
		TEST(failed_install_takes_its_webhook_back),
		TEST(renewed_install_removes_the_former_webhook),
		TEST(last_uninstall_removes_the_webhook),
		TEST(assignee_is_found_by_address),
		TEST(nobody_is_assigned_by_null),
		TEST(changes_come_in_by_name_and_id),
		TEST(comments_are_wiki_markup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
