/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * Jira Cloud: its life cycle, what it tells of issues, and its pages; the test plays
 * mortised and Jira.
 */
#include "config.h"
#include "tests/unit/plugin_peer.h"

#include <string.h>

#include "core/base/err.h"
#include "core/base/mem.h"

#define NO_KEY {"read setting", MORTISE_E_NOT_FOUND, 0, NULL, NULL, NULL}
#define URL(url_) {"read public_url", 0, 0, "\"" url_ "\"", NULL, NULL}
#define PRODUCT {"read product", 0, 0, "{\"name\":\"Acme\",\"key\":\"acme\"}", NULL, NULL}

static void expect_json(const json_t *json, const char *expected)
{
	cleanup_json json_t *wanted = json_loads(expected, JSON_DECODE_ANY, NULL);
	cleanup_free char *text = json ? json_dumps(json, JSON_SORT_KEYS) : NULL;

	assert_non_null(wanted);
	if (!json || !json_equal(json, wanted))
		fail_msg("%s\nis not\n%s", text ? text : "(nothing)", expected);
}

/* The nth effect must be this. */
static void expect_effect(void **state, size_t i, const char *type, const char *record)
{
	cleanup_json json_t *rest = json_deep_copy(effect(state, i));

	assert_string_equal(peer_text(rest, "type"), type);
	json_object_del(rest, "type");
	expect_json(rest, record);
}

/* ---- Life cycle ---- */

#define INSTALLED(base_) "{\"key\":\"errors.example.com.jira\",\"clientKey\":\"b7c1\",\"oauthClientId\":\"eyJ\"," \
	"\"publicKey\":\"MIGf\",\"sharedSecret\":\"ATCO\",\"baseUrl\":" base_ ",\"productType\":\"jira\"," \
	"\"eventType\":\"installed\"}"

static int64_t life_cycle(void **state, const char *name, const char *scope, const char *body,
	const struct answer *answers)
{
	cleanup_free char *callback = xasprintf("webhook:%s", name);

	return run(state, callback, scope, json_pack("{s:s, s:s}", "webhook", name, "event", name), body,
		answers);
}

static void installed_site_is_kept_with_its_secret_apart(void **state)
{
	static const struct answer answers[] = {NO_KEY, URL("https://errors.example.com/"), {0}};

	assert_int_equal(life_cycle(state, "installed", "subject",
		INSTALLED("\"https://acme.atlassian.net/\""), answers), 0);
	assert_int_equal(effect_len(state), 2);
	expect_effect(state, 0, MORTISE_EFFECT_INTEGRATION_PUT, "{\"name\":\"JIRA\",\"metadata\":{"
		"\"base_url\":\"https://acme.atlassian.net\",\"domain_name\":\"acme.atlassian.net\","
		"\"app_key\":\"errors.example.com.jira\",\"oauth_client_id\":\"eyJ\",\"public_key\":\"MIGf\"},"
		"\"secrets\":{\"shared_secret\":\"ATCO\"}}");
	expect_effect(state, 1, MORTISE_EFFECT_TASK, "{\"name\":\"sync_metadata\"}");
}

static void app_key_of_the_settings_wins(void **state)
{
	static const struct answer answers[] = {{"read setting", 0, 0, "\"com.acme.jira\"", NULL, NULL}, {0}};
	const json_t *metadata;

	assert_int_equal(life_cycle(state, "installed", "subject",
		INSTALLED("\"https://acme.atlassian.net\""), answers), 0);
	metadata = json_object_get(effect(state, 0), "metadata");
	assert_string_equal(peer_text(metadata, "app_key"), "com.acme.jira");
}

static void odd_install_is_refused(void **state)
{
	static const char *const bodies[] = {
		INSTALLED("\"\""), INSTALLED("\"acme.atlassian.net\""), INSTALLED("\"ftp://acme.atlassian.net\""),
		INSTALLED("\"https://\""), INSTALLED("\"https:///x\""), INSTALLED("\"https://acme.net/?a=b\""),
		INSTALLED("\"https://user@acme.net\""), INSTALLED("7"), INSTALLED("null"), "{}", "[]",
		"{\"clientKey\":\"b7c1\",\"baseUrl\":\"https://acme.atlassian.net\"}",
		"{\"clientKey\":\"b7c1\",\"baseUrl\":\"https://acme.atlassian.net\",\"sharedSecret\":\"\"}",
		"{\"baseUrl\":\"https://acme.atlassian.net\",\"sharedSecret\":\"x\",\"publicKey\":7}",
	};

	for (size_t i = 0; i < lengthof(bodies); i++) {
		if (life_cycle(state, "installed", "subject", bodies[i], NULL) != MORTISE_E_FIELD)
			fail_msg("case %zu is taken", i);
		assert_int_equal(effect_len(state), 0);
	}
}

static void uninstalled_site_is_disabled(void **state)
{
	assert_int_equal(life_cycle(state, "uninstalled", "integration", "{\"clientKey\":\"b7c1\"}", NULL), 0);
	assert_int_equal(effect_len(state), 1);
	expect_effect(state, 0, MORTISE_EFFECT_INTEGRATION_STATUS,
		"{\"status\":\"disabled\",\"reason\":\"removed in Jira\"}");
}

/* ---- The install on this side ---- */

#define SITE "{\"state\":{\"signed_params\":{\"external_id\":\"b7c1\",\"name\":\"Acme Jira\",\"metadata\":{" \
	"\"base_url\":\"https://acme.atlassian.net\"}}}}"

static void site_is_shown_and_built_from_the_reference(void **state)
{
	static const char *const callbacks[] = {"step:jira_confirm_install:show", "build"};

	assert_int_equal(run(state, callbacks[0], "pipeline", json_loads(SITE, 0, NULL), NULL, NULL), 0);
	expect_json(output(state), "{\"rows\":[{\"label\":\"Jira site\",\"value\":\"https://acme.atlassian.net\"}],"
		"\"data\":{\"baseUrl\":\"https://acme.atlassian.net\"}}");
	assert_int_equal(run(state, callbacks[1], "pipeline", json_loads(SITE, 0, NULL), NULL, NULL), 0);
	expect_json(output(state), "{\"external_id\":\"b7c1\",\"name\":\"Acme Jira\",\"ownership\":\"proved\"}");
	for (size_t i = 0; i < lengthof(callbacks); i++)
		assert_int_equal(run(state, callbacks[i], "pipeline", json_pack("{s:{}}", "state"), NULL, NULL),
			MORTISE_E_SETTINGS);
}

/* ---- Issues that change ---- */

#define EVENT(fields_, items_) "{\"timestamp\":1767225600123,\"webhookEvent\":\"jira:issue_updated\",\"issue\":{" \
	"\"id\":\"10117\",\"key\":\"APP-7\",\"fields\":{" fields_ "}},\"changelog\":{\"id\":\"1\",\"items\":[" items_ "]}}"
#define DANA "\"assignee\":{\"accountId\":\"5f0c:aa11\",\"displayName\":\"Dana Lee\"," \
	"\"emailAddress\":\"dana@acme.test\"}"
#define HIDDEN "\"assignee\":{\"accountId\":\"5f0c:aa11\",\"displayName\":\"Dana Lee\"}"
#define ASSIGNED "{\"field\":\"assignee\",\"from\":null,\"to\":\"5f0c:aa11\"}"
#define STATUS(from_, to_) "{\"field\":\"status\",\"from\":\"" from_ "\",\"to\":\"" to_ "\",\"toString\":\"Done\"}"
#define DANA_IN "{\"key\":\"APP-7\",\"assignees\":[{\"email\":\"dana@acme.test\"}],\"assignee\":\"5f0c:aa11\"," \
	"\"time_ms\":1767225600123}"
#define EMAIL "GET /rest/api/3/user/email"
#define SCOPE {"read setting", 0, 0, "true", NULL, NULL}

static int64_t changed(void **state, const char *body, const struct answer *answers)
{
	return run(state, "webhook:issue-updated", "integration", json_pack("{s:s}", "webhook",
		"issue-updated"), body, answers);
}

static void status_and_assignee_come_in(void **state)
{
	static const char body[] = EVENT("\"summary\":\"Crash\"," DANA, STATUS("3", "10233") "," ASSIGNED);

	assert_int_equal(changed(state, body, NULL), 0);
	assert_int_equal(effect_len(state), 2);
	expect_effect(state, 0, MORTISE_EFFECT_ASSIGNEE_IN, DANA_IN);
	expect_effect(state, 1, MORTISE_EFFECT_STATUS_IN, "{\"key\":\"APP-7\",\"change\":{\"from\":\"3\","
		"\"to\":\"10233\"},\"status\":\"10233\",\"time_ms\":1767225600123}");
}

static void first_status_item_wins(void **state)
{
	assert_int_equal(changed(state, EVENT("", STATUS("1", "2") "," STATUS("2", "3")), NULL), 0);
	assert_int_equal(effect_len(state), 1);
	expect_json(json_object_get(effect(state, 0), "change"), "{\"from\":\"1\",\"to\":\"2\"}");
}

static void nobody_assigned_is_an_empty_list(void **state)
{
	static const char *const fields[] = {EVENT("\"assignee\":null", ASSIGNED), EVENT("", ASSIGNED)};

	for (size_t i = 0; i < lengthof(fields); i++) {
		assert_int_equal(changed(state, fields[i], NULL), 0);
		assert_int_equal(effect_len(state), 1);
		expect_effect(state, 0, MORTISE_EFFECT_ASSIGNEE_IN, "{\"key\":\"APP-7\",\"assignees\":[],"
			"\"assignee\":\"\",\"time_ms\":1767225600123}");
	}
}

static void assignee_counts_only_if_it_changed(void **state)
{
	assert_int_equal(changed(state, EVENT(DANA, "{\"field\":\"labels\"}"), NULL), 0);
	assert_int_equal(effect_len(state), 0);
}

static void hidden_address_is_asked_for_where_allowed(void **state)
{
	static const struct answer forbidden[] = {NO_KEY, {0}};
	static const struct answer allowed[] = {SCOPE, {EMAIL, 0, 200,
		"{\"accountId\":\"5f0c:aa11\",\"email\":\"dana@acme.test\"}", NULL, NULL}, {0}};
	static const char body[] = EVENT(HIDDEN, ASSIGNED);

	assert_int_equal(changed(state, body, forbidden), 0);
	assert_int_equal(effect_len(state), 0);
	assert_string_equal(peer_text(output(state), "outcome"), "the assignee shows no address");
	assert_int_equal(changed(state, body, allowed), 0);
	expect_effect(state, 0, MORTISE_EFFECT_ASSIGNEE_IN, DANA_IN);
	expect_json(json_object_get(sent_question(state, EMAIL, 0), "query"), "{\"accountId\":\"5f0c:aa11\"}");
}

static void address_that_cannot_be_had_leaves_the_rest(void **state)
{
	static const struct {
		int status;
		const char *outcome;
	} cases[] = {
		{403, "User lacks permissions to get email."},
		{404, "User lacks permissions to get email."},
		{500, "Cannot reach host to get email."},
		{503, "Cannot reach host to get email."},
	};

	for (size_t i = 0; i < lengthof(cases); i++) {
		const struct answer answers[] = {SCOPE, {EMAIL, 0, cases[i].status, "{}", NULL, NULL}, {0}};

		assert_int_equal(changed(state, EVENT(HIDDEN, ASSIGNED "," STATUS("3", "4")), answers), 0);
		assert_string_equal(peer_text(output(state), "outcome"), cases[i].outcome);
		assert_int_equal(effect_len(state), 1);
		assert_string_equal(peer_text(effect(state, 0), "type"), MORTISE_EFFECT_STATUS_IN);
	}
}

static void rate_limit_on_an_address_waits(void **state)
{
	static const struct answer answers[] = {SCOPE, {EMAIL, 0, 429, "{}", NULL, "30"}, {0}};
	const struct plugin *plugin = *state;

	assert_int_equal(changed(state, EVENT(HIDDEN, ASSIGNED), answers), MORTISE_E_RATE);
	/* The clock of the host goes on. */
	assert_in_range(json_integer_value(json_object_get(plugin->reply, "retry_at_ms")), NOW_MS + 30000,
		NOW_MS + 50000);
	assert_int_equal(effect_len(state), 0);
}

static void edits_come_in(void **state)
{
	static const char body[] = EVENT("\"summary\":\"Better\",\"description\":{\"type\":\"doc\",\"version\":1,"
		"\"content\":[{\"type\":\"paragraph\",\"content\":[{\"type\":\"text\",\"text\":\"More\"}]}]}",
		"{\"field\":\"summary\"},{\"field\":\"description\"}");
	static const char wiki[] = EVENT("\"summary\":\"Better\",\"description\":\"h1. More\"",
		"{\"field\":\"description\"}");
	static const char emptied[] = EVENT("\"description\":null", "{\"field\":\"description\"}");

	assert_int_equal(changed(state, body, NULL), 0);
	expect_effect(state, 0, MORTISE_EFFECT_ISSUE_REFRESH,
		"{\"key\":\"APP-7\",\"title\":\"Better\",\"description\":\"More\"}");
	assert_int_equal(changed(state, wiki, NULL), 0);
	expect_effect(state, 0, MORTISE_EFFECT_ISSUE_REFRESH, "{\"key\":\"APP-7\",\"description\":\"h1. More\"}");
	assert_int_equal(changed(state, emptied, NULL), 0);
	expect_effect(state, 0, MORTISE_EFFECT_ISSUE_REFRESH, "{\"key\":\"APP-7\",\"description\":\"\"}");
}

static void moved_issue_has_its_new_key_first(void **state)
{
	static const char body[] = EVENT("", STATUS("1", "2") ",{\"field\":\"project\",\"from\":\"1\"},"
		"{\"field\":\"Key\",\"from\":\"\",\"fromString\":\"OPS-3\",\"to\":\"\",\"toString\":\"APP-7\"}");

	assert_int_equal(changed(state, body, NULL), 0);
	assert_int_equal(effect_len(state), 2);
	expect_effect(state, 0, MORTISE_EFFECT_ISSUE_MOVED, "{\"old_key\":\"OPS-3\",\"key\":\"APP-7\"}");
	assert_string_equal(peer_text(effect(state, 1), "type"), MORTISE_EFFECT_STATUS_IN);
}

static void deleted_issue_is_gone(void **state)
{
	assert_int_equal(changed(state, "{\"webhookEvent\":\"jira:issue_deleted\",\"issue\":{\"id\":\"1\","
		"\"key\":\"APP-7\"}}", NULL), 0);
	assert_int_equal(effect_len(state), 1);
	expect_effect(state, 0, MORTISE_EFFECT_ISSUE_GONE, "{\"key\":\"APP-7\",\"reason\":\"deleted\"}");
}

static void odd_events_do_no_harm(void **state)
{
	static const char *const bodies[] = {
		"{}", "[]", "{\"issue\":7}", "{\"issue\":{\"key\":\"../x\"}}", "{\"issue\":{\"key\":\"APP-7\"}}",
		"{\"issue\":{\"key\":\"APP-7\"},\"changelog\":{}}",
		"{\"issue\":{\"key\":\"APP-7\"},\"changelog\":{\"items\":{}}}",
		"{\"issue\":{\"key\":\"APP-7\"},\"changelog\":{\"items\":[7,null,{},{\"field\":7},{\"field\":\"status\"}]}}",
		"{\"issue\":{\"key\":\"APP-7\"},\"changelog\":{\"items\":[{\"field\":\"status\",\"from\":1,\"to\":2}]}}",
		"{\"issue\":{\"key\":\"APP-7\"},\"changelog\":{\"items\":[{\"field\":\"Key\",\"fromString\":\"no key\"}]}}",
		"{\"webhookEvent\":\"jira:issue_deleted\",\"issue\":{\"key\":\"no key\"}}",
	};

	for (size_t i = 0; i < lengthof(bodies); i++) {
		if (changed(state, bodies[i], NULL) != 0)
			fail_msg("case %zu: %s", i, why(state));
		assert_int_equal(effect_len(state), 0);
	}
}

/* ---- Metadata ---- */

#define INFO "GET /rest/api/3/serverInfo"
#define PROJECTS "GET /rest/api/3/project/search"

static void name_and_icon_follow_the_site(void **state)
{
	static const struct answer answers[] = {
		{INFO, 0, 200, "{\"baseUrl\":\"https://acme.atlassian.net\",\"serverTitle\":\"Acme Jira\"}", NULL, NULL},
		{PROJECTS, 0, 200, "{\"values\":[{\"avatarUrls\":{\"48x48\":\"https://acme.atlassian.net/a.png\"}},{}]}",
			NULL, NULL}, {0}};
	static const struct answer bare[] = {{INFO, 0, 200, "{}", NULL, NULL},
		{PROJECTS, 0, 200, "{\"values\":[]}", NULL, NULL}, {0}};

	assert_int_equal(run(state, "task:sync_metadata", "integration", json_object(), NULL, answers), 0);
	assert_int_equal(effect_len(state), 2);
	expect_effect(state, 0, MORTISE_EFFECT_INTEGRATION_NAME, "{\"name\":\"Acme Jira\"}");
	expect_effect(state, 1, MORTISE_EFFECT_INTEGRATION_PATCH,
		"{\"metadata\":{\"icon\":\"https://acme.atlassian.net/a.png\"}}");
	assert_int_equal(run(state, "task:sync_metadata", "integration", json_object(), NULL, bare), 0);
	assert_int_equal(effect_len(state), 0);
}

static void metadata_that_cannot_be_had_is_tried_again(void **state)
{
	static const struct answer answers[] = {{INFO, 0, 502, "<html>maintenance</html>", NULL, NULL}, {0}};

	assert_int_equal(run(state, "task:sync_metadata", "integration", json_object(), NULL, answers),
		MORTISE_E_UPSTREAM);
	assert_null(strstr(why(state), "<html>"));
}

/* ---- Pages ---- */

static void settings_page_has_one_link_out(void **state)
{
	static const struct answer answers[] = {{"reference_make", 0, 0, "\"r4nd0m\"", NULL, NULL}, PRODUCT,
		URL("https://errors.example.com/extensions/jira/configure/?signed_params=r4nd0m"), {0}};
	const json_t *action;

	assert_int_equal(run(state, "page:ui-hook", "integration", json_pack("{s:{}, s:{}}", "path", "query"), NULL,
		answers), 0);
	action = json_object_get(output(state), "action");
	assert_string_equal(peer_text(action, "label"), "Finish in Acme");
	assert_string_equal(peer_text(action, "url"),
		"https://errors.example.com/extensions/jira/configure/?signed_params=r4nd0m");
	assert_int_equal(json_integer_value(json_object_get(sent_question(state, "reference_make", 0), "life_ms")),
		24 * 3600 * 1000);
	assert_string_equal(peer_text(json_object_get(sent_question(state, "read public_url", 0), "args"), "path"),
		"/extensions/jira/configure/?signed_params=r4nd0m");
}

#define BADGE "PUT /rest/api/3/issue/APP-7/properties/com.atlassian.jira.issue:errors.example.com.jira:" \
	"acme-issues-glance:status"
#define LINKED(list_) {"read linked_issues", 0, 0, list_, NULL, NULL}
#define ONE "{\"total\":1,\"issues\":[{\"short_id\":\"SHOP-1\",\"title\":\"It broke\",\"url\":\"https://e.test/i/1\"," \
	"\"type\":\"error\",\"level\":\"error\",\"status\":\"unresolved\",\"first_seen_ms\":1767225600000," \
	"\"last_seen_ms\":1767312000000,\"first_release\":\"1.0\",\"count\":12,\"day\":3,\"fortnight\":9}]}"

static int64_t panel(void **state, const char *page, const char *key, const struct answer *answers)
{
	return run(state, page, "integration", json_pack("{s:{s:s}, s:{}}", "path", "issue_key", key, "query"), NULL,
		answers);
}

static void panel_shows_what_is_linked(void **state)
{
	static const struct answer answers[] = {LINKED(ONE), PRODUCT, PRODUCT, NO_KEY,
		URL("https://errors.example.com/"), {BADGE, 0, 200, "{}", NULL, NULL}, {0}};
	static const char *const pages[] = {"page:issue-details", "page:issue"};

	for (size_t i = 0; i < lengthof(pages); i++) {
		assert_int_equal(panel(state, pages[i], "APP-7", answers), 0);
		expect_json(output(state), "{\"title\":\"Linked Issues\",\"text\":[],\"rows\":[{\"title\":\"SHOP-1 It broke\","
			"\"url\":\"https://e.test/i/1\",\"facts\":[{\"label\":\"Type\",\"value\":\"error\"},"
			"{\"label\":\"Status\",\"value\":\"unresolved\"},"
			"{\"label\":\"First seen\",\"value\":\"2026-01-01 00:00 UTC\"},"
			"{\"label\":\"Last seen\",\"value\":\"2026-01-02 00:00 UTC\"},"
			"{\"label\":\"First release\",\"value\":\"1.0\"},{\"label\":\"Last 24 hours\",\"value\":\"3\"},"
			"{\"label\":\"Last 14 days\",\"value\":\"9\"}]}]}");
		expect_json(sent_body(state, BADGE, 0), "{\"type\":\"badge\",\"value\":{\"label\":1}}");
	}
}

static void panel_without_links_has_a_badge_of_nought(void **state)
{
	static const struct answer answers[] = {LINKED("{\"total\":0,\"issues\":[]}"), PRODUCT, PRODUCT, NO_KEY,
		URL("https://errors.example.com/"), {BADGE, 0, 200, "{}", NULL, NULL}, {0}};

	assert_int_equal(panel(state, "page:issue-details", "APP-7", answers), 0);
	expect_json(output(state), "{\"title\":\"Linked Issues\",\"text\":[\"No issue of Acme is linked to this one.\"],"
		"\"rows\":[]}");
	expect_json(sent_body(state, BADGE, 0), "{\"type\":\"badge\",\"value\":{\"label\":0}}");
}

static void badge_that_fails_leaves_the_panel(void **state)
{
	static const struct {
		int code, status;
		const char *text;
	} cases[] = {
		{0, 500, "Cannot reach host to set badge."},
		{0, 503, "Cannot reach host to set badge."},
		{MORTISE_E_UPSTREAM, 0, "Cannot reach host to set badge."},
		{MORTISE_E_RATE, 0, "Cannot reach host to set badge."},
		{0, 403, "User lacks permissions to set badge."},
		{0, 404, "User lacks permissions to set badge."},
	};

	for (size_t i = 0; i < lengthof(cases); i++) {
		const struct answer answers[] = {LINKED(ONE), PRODUCT, PRODUCT, NO_KEY, URL("https://errors.example.com/"),
			{BADGE, cases[i].code, cases[i].status, "{}", NULL, NULL}, {0}};
		const json_t *text;

		assert_int_equal(panel(state, "page:issue-details", "APP-7", answers), 0);
		text = json_array_get(json_object_get(output(state), "text"), 0);
		assert_string_equal(json_string_value(text), cases[i].text);
		assert_int_equal(json_array_size(json_object_get(output(state), "rows")), 1);
	}
}

static void panel_of_no_issue_is_not_found(void **state)
{
	static const char *const keys[] = {"", "APP", "APP-", "-7", "APP-7x", "../../x", "APP-7/../1"};

	for (size_t i = 0; i < lengthof(keys); i++)
		assert_int_equal(panel(state, "page:issue", keys[i], NULL), MORTISE_E_NOT_FOUND);
}

static int jira_setup(void **state)
{
	return plugin_setup(state, "plugins/jira/.libs/jira.so", "jira");
}

int main(void)
{
#define CASE(name_) cmocka_unit_test_setup_teardown(name_, jira_setup, plugin_teardown)
	const struct CMUnitTest tests[] = {
		CASE(installed_site_is_kept_with_its_secret_apart),
		CASE(app_key_of_the_settings_wins),
		CASE(odd_install_is_refused),
		CASE(uninstalled_site_is_disabled),
		CASE(site_is_shown_and_built_from_the_reference),
		CASE(status_and_assignee_come_in),
		CASE(first_status_item_wins),
		CASE(nobody_assigned_is_an_empty_list),
		CASE(assignee_counts_only_if_it_changed),
		CASE(hidden_address_is_asked_for_where_allowed),
		CASE(address_that_cannot_be_had_leaves_the_rest),
		CASE(rate_limit_on_an_address_waits),
		CASE(edits_come_in),
		CASE(moved_issue_has_its_new_key_first),
		CASE(deleted_issue_is_gone),
		CASE(odd_events_do_no_harm),
		CASE(name_and_icon_follow_the_site),
		CASE(metadata_that_cannot_be_had_is_tried_again),
		CASE(settings_page_has_one_link_out),
		CASE(panel_shows_what_is_linked),
		CASE(panel_without_links_has_a_badge_of_nought),
		CASE(badge_that_fails_leaves_the_panel),
		CASE(panel_of_no_issue_is_not_found),
	};

	return cmocka_run_group_tests_name("plugin_jira", tests, NULL, NULL);
}
