/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * Issues, comments, status and assignee on their way to Jira Cloud; the test plays mortised
 * and Jira.
 */
#include "config.h"
#include "tests/unit/plugin_peer.h"

#include <string.h>

#include "core/base/err.h"
#include "core/base/mem.h"

#define API "/rest/api/3"
#define ISSUE "GET " API "/issue/APP-7"
#define TEXT(text_) "{\"type\":\"text\",\"text\":\"" text_ "\"}"
#define PARAGRAPH(text_) "{\"type\":\"paragraph\",\"content\":[" TEXT(text_) "]}"
#define DOC(content_) "{\"type\":\"doc\",\"version\":1,\"content\":[" content_ "]}"

static void expect_json(const json_t *json, const char *expected)
{
	cleanup_json json_t *wanted = json_loads(expected, JSON_DECODE_ANY, NULL);
	cleanup_free char *text = json ? json_dumps(json, JSON_SORT_KEYS) : NULL;

	assert_non_null(wanted);
	if (!json || !json_equal(json, wanted))
		fail_msg("%s\nis not\n%s", text ? text : "(nothing)", expected);
}

static const json_t *sent_query(void **state, const char *ask)
{
	return json_object_get(sent_question(state, ask, 0), "query");
}

/* ---- Link ---- */

static json_t *chosen(const char *key)
{
	return json_pack("{s:{s:s}}", "fields", "externalIssue", key);
}

static void chosen_issue_is_described(void **state)
{
	static const struct answer answers[] = {{ISSUE, 0, 200, "{\"id\":\"10117\",\"key\":\"APP-7\",\"fields\":{"
		"\"summary\":\"Crash on save\",\"description\":" DOC(PARAGRAPH("It broke")) "}}", NULL, NULL}, {0}};
	static const struct answer moved[] = {{ISSUE, 0, 200, "{\"key\":\"OPS-3\",\"fields\":{\"summary\":\"x\","
		"\"description\":null}}", NULL, NULL}, {0}};

	assert_int_equal(run(state, "issue:get", "install", chosen("APP-7"), NULL, answers), 0);
	expect_json(output(state), "{\"key\":\"APP-7\",\"title\":\"Crash on save\",\"description\":\"It broke\"}");
	assert_int_equal(run(state, "issue:get", "install", chosen("APP-7"), NULL, moved), 0);
	expect_json(output(state), "{\"key\":\"OPS-3\",\"title\":\"x\"}");
}

static void what_is_no_key_is_not_asked_for(void **state)
{
	static const char *const keys[] = {"", "7", "APP", "APP-", "APP-x", "APP-7/..", "1APP-7", "A P-1"};

	for (size_t i = 0; i < lengthof(keys); i++)
		assert_int_equal(run(state, "issue:get", "install", chosen(keys[i]), NULL, NULL), MORTISE_E_FIELD);
}

static void answers_have_their_codes(void **state)
{
	static const struct {
		int status;
		const char *body;
		int64_t code;
	} cases[] = {
		{401, "{}", MORTISE_E_IDENTITY},
		{403, "{\"errorMessages\":[\"No\"]}", MORTISE_E_FORBIDDEN},
		{404, "{\"errorMessages\":[\"No\"]}", MORTISE_E_NOT_FOUND},
		{429, "{}", MORTISE_E_RATE},
		{500, "<!DOCTYPE html><b>secret host</b>", MORTISE_E_UPSTREAM},
		{200, "<!DOCTYPE html><b>secret host</b>", MORTISE_E_UPSTREAM},
		{200, "{\"errorMessages\":[\"Broken\"],\"errors\":{}}", MORTISE_E_UPSTREAM},
		{200, "{}", MORTISE_E_UPSTREAM},
		{200, "[]", MORTISE_E_UPSTREAM},
		{200, "{\"key\":\"../x\"}", MORTISE_E_UPSTREAM},
	};

	for (size_t i = 0; i < lengthof(cases); i++) {
		const struct answer answers[] = {{ISSUE, 0, cases[i].status, cases[i].body, NULL, NULL}, {0}};
		int64_t code = run(state, "issue:get", "install", chosen("APP-7"), NULL, answers);

		if (code != cases[i].code)
			fail_msg("case %zu: code %lld, wanted %lld", i, (long long)code, (long long)cases[i].code);
		assert_null(strchr(why(state), '<'));
	}
}

/* ---- Create ---- */

#define TYPES "GET " API "/issue/createmeta/10050/issuetypes"
#define SUMMARY_ONLY \
	{.ask = TYPES, .status = 200, .body = "{\"issueTypes\":[{\"id\":\"1\",\"name\":\"Bug\"}]}"}, \
	{.ask = TYPES "/1", .status = 200, .body = "{\"fields\":[{\"fieldId\":\"summary\",\"name\":\"Summary\"," \
		"\"required\":true,\"schema\":{\"type\":\"string\",\"system\":\"summary\"}}]}"}
#define CREATE "POST " API "/issue"
#define SEARCH "GET " API "/search/jql"
#define MADE(key_) {.ask = "GET " API "/issue/" key_, .status = 200, .body = "{\"key\":\"" key_ "\",\"fields\":{" \
	"\"summary\":\"It broke\",\"description\":null},\"properties\":{\"mortise.once\":\"ticket:r1\"}}", .always = true}
#define OTHER(key_) {.ask = "GET " API "/issue/" key_, .status = 200, .body = "{\"key\":\"" key_ "\",\"fields\":{}," \
	"\"properties\":{\"mortise.once\":\"ticket:r10\"}}"}
#define FOUND(issues_) {.ask = SEARCH, .status = 200, .body = "{\"isLast\":true,\"issues\":[" issues_ "]}"}
#define HIT(key_, summary_) "{\"key\":\"" key_ "\",\"fields\":{\"summary\":\"" summary_ "\"}}"
#define LOST {.ask = CREATE, .code = MORTISE_E_UNCERTAIN}

static json_t *ticket(void)
{
	return json_pack("{s:{s:s, s:s, s:s}, s:s}", "fields", "project", "10050", "issuetype", "1", "title",
		"It broke ", "reference", "r1");
}

static void made_issue_carries_a_mark(void **state)
{
	static const struct answer answers[] = {SUMMARY_ONLY,
		{.ask = CREATE, .status = 201, .body = "{\"id\":\"10118\",\"key\":\"APP-8\"}"}, MADE("APP-8"), {0}};

	assert_int_equal(run(state, "issue:create", "install", ticket(), NULL, answers), 0);
	expect_json(output(state), "{\"key\":\"APP-8\",\"title\":\"It broke\"}");
	assert_string_equal(peer_text(sent_question(state, CREATE, 0), "once"), "ticket:r1");
	expect_json(json_object_get(sent_body(state, CREATE, 0), "properties"),
		"[{\"key\":\"mortise.once\",\"value\":\"ticket:r1\"}]");
}

static void lost_issue_is_looked_for(void **state)
{
	static const struct answer found[] = {SUMMARY_ONLY, LOST, FOUND("7,{}," HIT("APP-5", "Another") ","
		HIT("APP-6", "It broke") "," HIT("APP-8", "It broke") "," HIT("APP-9", "It broke")), OTHER("APP-6"),
		MADE("APP-8"), {.ask = "once_settle"}, {0}};
	static const struct answer absent[] = {SUMMARY_ONLY, LOST, FOUND(HIT("APP-6", "It broke")), OTHER("APP-6"),
		{.ask = "once_clear"}, {.ask = CREATE, .status = 201, .body = "{\"key\":\"APP-9\"}"}, MADE("APP-9"), {0}};
	const struct plugin *plugin = *state;

	assert_int_equal(run(state, "issue:create", "install", ticket(), NULL, found), 0);
	assert_string_equal(peer_text(output(state), "key"), "APP-8");
	assert_int_equal(count_asked(plugin, CREATE), 1);
	assert_int_equal(count_asked(plugin, "once_settle"), 1);
	assert_string_equal(peer_text(sent_query(state, SEARCH), "jql"),
		"project = 10050 AND created >= \"-2d\" ORDER BY created DESC");
	assert_int_equal(run(state, "issue:create", "install", ticket(), NULL, absent), 0);
	assert_string_equal(peer_text(output(state), "key"), "APP-9");
	assert_int_equal(count_asked(plugin, CREATE), 2);
	assert_int_equal(count_asked(plugin, "once_clear"), 1);
}

static void search_that_fails_makes_no_second_issue(void **state)
{
	static const struct answer answers[] = {SUMMARY_ONLY, LOST,
		{.ask = SEARCH, .status = 503, .body = "<html>down</html>"}, {0}};
	const struct plugin *plugin = *state;

	assert_int_equal(run(state, "issue:create", "install", ticket(), NULL, answers), MORTISE_E_UPSTREAM);
	assert_int_equal(count_asked(plugin, CREATE), 1);
}

/* ---- Comments ---- */

#define COMMENTS API "/issue/APP-7/comment"
#define POST "POST " COMMENTS
#define LIST "GET " COMMENTS
#define NOTE DOC(PARAGRAPH("Dana wrote:") ",{\"type\":\"blockquote\",\"content\":[" PARAGRAPH("Look") "]}")
#define MARKED(id_, mark_) "{\"id\":\"" id_ "\",\"body\":" NOTE ",\"properties\":[{\"key\":\"other\",\"value\":1}," \
	"{\"key\":\"mortise.once\",\"value\":\"" mark_ "\"}]}"
#define UNMARKED(id_, body_) "{\"id\":\"" id_ "\",\"body\":" body_ "}"

static json_t *note(const char *external_id)
{
	return json_pack("{s:s, s:{s:s, s:s, s:s, s:s*}}", "key", "APP-7", "note", "reference", "n7", "author",
		"Dana", "text", "Look", "external_id", external_id);
}

static void note_becomes_a_marked_quotation(void **state)
{
	static const struct answer answers[] = {{POST, 0, 201, "{\"id\":\"900\"}", NULL, NULL}, {0}};

	assert_int_equal(run(state, "issue:comment_create", "install", note(NULL), NULL, answers), 0);
	expect_json(output(state), "{\"external_id\":\"900\"}");
	expect_json(sent_body(state, POST, 0), "{\"body\":" NOTE ",\"properties\":[{\"key\":\"mortise.once\","
		"\"value\":\"comment:n7\"}]}");
	assert_string_equal(peer_text(sent_question(state, POST, 0), "once"), "comment:n7");
}

static void edited_note_changes_its_comment(void **state)
{
	static const struct answer answers[] = {{"PUT " COMMENTS "/900", 0, 200, "{\"id\":\"900\"}", NULL, NULL}, {0}};
	static const char *const odd[] = {"", "x", "9/../../x", NULL};

	assert_int_equal(run(state, "issue:comment_update", "install", note("900"), NULL, answers), 0);
	expect_json(sent_body(state, "PUT " COMMENTS "/900", 0), "{\"body\":" NOTE "}");
	for (size_t i = 0; i < lengthof(odd); i++)
		assert_int_equal(run(state, "issue:comment_update", "install", note(odd[i]), NULL, NULL),
			MORTISE_E_NO_TARGET);
}

static void lost_comment_is_looked_for(void **state)
{
	static const struct {
		const char *comments, *found;
	} cases[] = {
		{MARKED("7", "comment:n70") "," MARKED("8", "comment:n7"), "8"},
		{UNMARKED("9", NOTE), "9"},
		{UNMARKED("9", DOC(PARAGRAPH("Look"))), NULL},
		{MARKED("7", "comment:n8"), NULL},
		{"{\"id\":\"1\",\"properties\":[],\"body\":" NOTE "}", NULL},
		{"7,null,{}", NULL},
	};
	const struct plugin *plugin = *state;

	for (size_t i = 0; i < lengthof(cases); i++) {
		cleanup_free char *list = xasprintf("{\"startAt\":0,\"total\":2,\"comments\":[%s]}", cases[i].comments);
		const struct answer answers[] = {{POST, MORTISE_E_UNCERTAIN, 0, NULL, NULL, NULL},
			{POST, 0, 201, "{\"id\":\"900\"}", NULL, NULL}, {LIST, 0, 200, list, NULL, NULL},
			{LIST, 0, 200, "{\"total\":2,\"comments\":[]}", NULL, NULL},
			{"once_settle", 0, 0, NULL, NULL, NULL}, {"once_clear", 0, 0, NULL, NULL, NULL}, {0}};
		bool is_found = cases[i].found != NULL;

		assert_int_equal(run(state, "issue:comment_create", "install", note(NULL), NULL, answers), 0);
		assert_string_equal(peer_text(output(state), "external_id"), is_found ? cases[i].found : "900");
		assert_int_equal(count_asked(plugin, "once_settle"), is_found);
		assert_int_equal(count_asked(plugin, "once_clear"), !is_found);
		assert_int_equal(count_asked(plugin, POST), is_found ? 1 : 2);
	}
	expect_json(sent_query(state, LIST), "{\"orderBy\":\"-created\",\"expand\":\"properties\",\"startAt\":0,"
		"\"maxResults\":50}");
}

static void looking_that_fails_sends_nothing(void **state)
{
	static const struct answer answers[] = {{POST, MORTISE_E_UNCERTAIN, 0, NULL, NULL, NULL},
		{LIST, 0, 502, "bad gateway", NULL, NULL}, {0}};
	const struct plugin *plugin = *state;

	assert_int_equal(run(state, "issue:comment_create", "install", note(NULL), NULL, answers),
		MORTISE_E_UPSTREAM);
	assert_int_equal(count_asked(plugin, POST), 1);
}

static void comment_of_a_link_is_posted_as_it_is(void **state)
{
	static const struct answer answers[] = {{POST, 0, 201, "{\"id\":\"900\"}", NULL, NULL}, {0}};

	assert_int_equal(run(state, "issue:linked", "install", json_pack("{s:s, s:{s:s}, s:s}", "key", "APP-7",
		"fields", "comment", "Linked", "reference", "r1"), NULL, answers), 0);
	expect_json(json_object_get(sent_body(state, POST, 0), "body"), DOC(PARAGRAPH("Linked")));
	assert_int_equal(run(state, "issue:linked", "install", json_pack("{s:s, s:{s:s}, s:s}", "key", "APP-7",
		"fields", "comment", " \n", "reference", "r1"), NULL, NULL), 0);
}

/* ---- Status, out ---- */

#define TRANSITIONS API "/issue/APP-7/transitions"
#define STANDS(status_) {ISSUE, 0, 200, "{\"key\":\"APP-7\",\"fields\":{\"project\":{\"id\":\"10050\"," \
	"\"key\":\"APP\"},\"status\":{\"id\":\"" status_ "\",\"name\":\"In Progress\"}}}", NULL, NULL}
#define MAPPED {"read mapping", 0, 0, "{\"resolved\":\"10233\",\"unresolved\":\"3\"}", NULL, NULL}
#define LEADS {"GET " TRANSITIONS, 0, 200, "{\"transitions\":[7,{\"id\":\"11\"},{\"id\":\"41\",\"to\":{" \
	"\"id\":\"4\"}},{\"id\":\"51\",\"to\":{\"id\":\"10233\"}}]}", NULL, NULL}

static json_t *status(bool resolved)
{
	return json_pack("{s:s, s:b}", "key", "APP-7", "resolved", resolved);
}

static void status_takes_the_transition_that_leads_there(void **state)
{
	static const struct answer answers[] = {STANDS("3"), MAPPED, LEADS,
		{"POST " TRANSITIONS, 0, 204, NULL, NULL, NULL}, {0}};

	assert_int_equal(run(state, "issue:status_out", "install", status(true), NULL, answers), 0);
	expect_json(output(state), "{\"wrote\":\"10233\"}");
	expect_json(sent_body(state, "POST " TRANSITIONS, 0), "{\"transition\":{\"id\":\"51\"}}");
	expect_json(json_object_get(sent_question(state, "read mapping", 0), "args"), "{\"external_id\":\"10050\"}");
	assert_true(json_integer_value(json_object_get(sent_question(state, "GET " TRANSITIONS, 0), "flags")) &
		MORTISE_HTTP_NO_CACHE);
}

static void status_that_is_there_is_left_alone(void **state)
{
	static const struct answer answers[] = {STANDS("10233"), MAPPED, {0}};
	const struct plugin *plugin = *state;

	assert_int_equal(run(state, "issue:status_out", "install", status(true), NULL, answers), 0);
	assert_int_equal(count_asked(plugin, "GET " TRANSITIONS), 0);
	assert_null(json_object_get(output(state), "wrote"));
}

static void status_without_a_mapping_has_no_target(void **state)
{
	static const struct answer none[] = {STANDS("3"), {"read mapping", MORTISE_E_NOT_FOUND, 0, NULL, NULL, NULL},
		{0}};

	assert_int_equal(run(state, "issue:status_out", "install", status(true), NULL, none), MORTISE_E_NO_TARGET);
	assert_non_null(strstr(why(state), "project APP"));
}

static void workflow_without_a_path_says_what_to_do(void **state)
{
	static const struct answer answers[] = {STANDS("9"), MAPPED, LEADS, {0}};

	assert_int_equal(run(state, "issue:status_out", "install", status(false), NULL, answers),
		MORTISE_E_NO_TARGET);
	assert_non_null(strstr(why(state), "no transition leads APP-7 from \"In Progress\" to the status 3"));
	assert_non_null(strstr(why(state), "workflow"));
}

static void refused_transition_is_a_matter_of_settings(void **state)
{
	static const struct answer answers[] = {STANDS("3"), MAPPED, LEADS, {"POST " TRANSITIONS, 0, 400,
		"{\"errorMessages\":[],\"errors\":{\"resolution\":\"Resolution is required.\"}}", NULL, NULL}, {0}};

	assert_int_equal(run(state, "issue:status_out", "install", status(true), NULL, answers), MORTISE_E_SETTINGS);
	assert_non_null(strstr(why(state), "Resolution is required."));
}

static void moved_issue_is_followed(void **state)
{
	static const struct answer answers[] = {{ISSUE, 0, 200, "{\"key\":\"OPS-3\",\"fields\":{\"project\":{"
		"\"id\":\"10050\"},\"status\":{\"id\":\"10233\"}}}", NULL, NULL}, MAPPED, {0}};

	assert_int_equal(run(state, "issue:status_out", "install", status(true), NULL, answers), 0);
	assert_int_equal(effect_len(state), 1);
	assert_string_equal(peer_text(effect(state, 0), "type"), MORTISE_EFFECT_ISSUE_MOVED);
	assert_string_equal(peer_text(effect(state, 0), "old_key"), "APP-7");
	assert_string_equal(peer_text(effect(state, 0), "key"), "OPS-3");
}

/* ---- Status, in ---- */

static void only_a_change_between_open_and_done_counts(void **state)
{
	static const struct {
		const char *from, *to, *action;
	} cases[] = {
		{"3", "10233", "resolve"}, {"10233", "3", "unresolve"}, {"3", "4", "none"},
		{"10233", "10234", "none"}, {"99", "98", "none"}, {"99", "10233", "resolve"},
	};
	static const struct answer answers[] = {{"GET " API "/status", 0, 200, "[7,{\"id\":\"3\",\"name\":\"Done\","
		"\"statusCategory\":{\"key\":\"indeterminate\"}},{\"id\":\"4\",\"statusCategory\":{\"key\":\"new\"}},"
		"{\"id\":\"10233\",\"statusCategory\":{\"id\":3,\"key\":\"done\"}},"
		"{\"id\":\"10234\",\"statusCategory\":{\"key\":\"done\"}}]", NULL, NULL}, {0}};

	for (size_t i = 0; i < lengthof(cases); i++) {
		assert_int_equal(run(state, "issue:status_action", "install", json_pack("{s:s, s:{s:s, s:s}}", "key",
			"APP-7", "change", "from", cases[i].from, "to", cases[i].to), NULL, answers), 0);
		if (strcmp(peer_text(output(state), "action"), cases[i].action) != 0)
			fail_msg("case %zu: %s", i, peer_text(output(state), "action"));
	}
}

/* ---- Assignee, out ---- */

#define USERS "GET " API "/user/assignable/search"
#define ASSIGN "PUT " API "/issue/APP-7/assignee"
#define EMAIL "GET " API "/user/email"
#define DONE {ASSIGN, 0, 204, NULL, NULL, NULL}
#define NO_SCOPE {"read setting", MORTISE_E_NOT_FOUND, 0, NULL, NULL, NULL}
#define SCOPE {"read setting", 0, 0, "true", NULL, NULL}

static json_t *assignee(const char *email)
{
	return json_pack("{s:s, s:b, s:{s:s*, s:s}}", "key", "APP-7", "assign", 1, "user", "email", email, "name",
		"Dana Lee");
}

static void assignee_is_found_by_address(void **state)
{
	static const struct answer answers[] = {{USERS, 0, 200, "[{\"accountId\":\"1\",\"emailAddress\":\"x@acme.test\"},"
		"{\"emailAddress\":\"dana@acme.test\"},7,{\"accountId\":\"5f0c:aa11\",\"emailAddress\":\"Dana@ACME.test\"}]",
		NULL, NULL}, DONE, {0}};

	assert_int_equal(run(state, "issue:assignee_out", "install", assignee("dana@acme.test"), NULL, answers), 0);
	expect_json(output(state), "{\"wrote\":\"5f0c:aa11\"}");
	expect_json(sent_body(state, ASSIGN, 0), "{\"accountId\":\"5f0c:aa11\"}");
	expect_json(sent_query(state, USERS), "{\"issueKey\":\"APP-7\",\"query\":\"dana@acme.test\"}");
}

static void hidden_address_is_asked_for_where_allowed(void **state)
{
	static const char users[] = "[{\"accountId\":\"1\"},{\"accountId\":\"2\"},{\"accountId\":\"3\"}]";
	static const struct answer allowed[] = {{USERS, 0, 200, users, NULL, NULL}, SCOPE, SCOPE, SCOPE,
		{EMAIL, 0, 404, "{}", NULL, NULL}, {EMAIL, 0, 200, "{\"email\":\"x@acme.test\"}", NULL, NULL},
		{EMAIL, 0, 200, "{\"email\":\"dana@acme.test\"}", NULL, NULL}, DONE, {0}};
	static const struct answer forbidden[] = {{USERS, 0, 200, "[{\"accountId\":\"1\"}]", NULL, NULL}, NO_SCOPE, {0}};

	assert_int_equal(run(state, "issue:assignee_out", "install", assignee("dana@acme.test"), NULL, allowed), 0);
	expect_json(output(state), "{\"wrote\":\"3\"}");
	/* One user whose address is hidden is nobody in particular. */
	assert_int_equal(run(state, "issue:assignee_out", "install", assignee("dana@acme.test"), NULL, forbidden),
		MORTISE_E_NO_TARGET);
}

static void user_without_an_account_is_no_target(void **state)
{
	static const struct answer answers[] = {{USERS, 0, 200, "[]", NULL, NULL}, {0}};

	assert_int_equal(run(state, "issue:assignee_out", "install", assignee("dana@acme.test"), NULL, answers),
		MORTISE_E_NO_TARGET);
	assert_non_null(strstr(why(state), "APP-7"));
	assert_int_equal(run(state, "issue:assignee_out", "install", assignee(NULL), NULL, NULL),
		MORTISE_E_NO_TARGET);
}

static void clearing_the_assignee_sends_null(void **state)
{
	static const struct answer answers[] = {DONE, {0}};

	assert_int_equal(run(state, "issue:assignee_out", "install", json_pack("{s:s, s:b, s:n}", "key", "APP-7",
		"assign", 0, "user"), NULL, answers), 0);
	expect_json(sent_body(state, ASSIGN, 0), "{\"accountId\":null}");
	expect_json(output(state), "{\"wrote\":\"\"}");
}

static void missing_permission_to_assign_is_no_lost_identity(void **state)
{
	static const struct answer answers[] = {{ASSIGN, 0, 401, "{}", NULL, NULL}, {0}};

	assert_int_equal(run(state, "issue:assignee_out", "install", json_pack("{s:s, s:b, s:n}", "key", "APP-7",
		"assign", 0, "user"), NULL, answers), MORTISE_E_FORBIDDEN);
	assert_non_null(strstr(why(state), "permission"));
}

static int jira_setup(void **state)
{
	return plugin_setup(state, "plugins/jira/.libs/jira.so", "jira");
}

int main(void)
{
#define CASE(name_) cmocka_unit_test_setup_teardown(name_, jira_setup, plugin_teardown)
	const struct CMUnitTest tests[] = {
		CASE(chosen_issue_is_described),
		CASE(what_is_no_key_is_not_asked_for),
		CASE(answers_have_their_codes),
		CASE(made_issue_carries_a_mark),
		CASE(lost_issue_is_looked_for),
		CASE(search_that_fails_makes_no_second_issue),
		CASE(note_becomes_a_marked_quotation),
		CASE(edited_note_changes_its_comment),
		CASE(lost_comment_is_looked_for),
		CASE(looking_that_fails_sends_nothing),
		CASE(comment_of_a_link_is_posted_as_it_is),
		CASE(status_takes_the_transition_that_leads_there),
		CASE(status_that_is_there_is_left_alone),
		CASE(status_without_a_mapping_has_no_target),
		CASE(workflow_without_a_path_says_what_to_do),
		CASE(refused_transition_is_a_matter_of_settings),
		CASE(moved_issue_is_followed),
		CASE(only_a_change_between_open_and_done_counts),
		CASE(assignee_is_found_by_address),
		CASE(hidden_address_is_asked_for_where_allowed),
		CASE(user_without_an_account_is_no_target),
		CASE(clearing_the_assignee_sends_null),
		CASE(missing_permission_to_assign_is_no_lost_identity),
	};

	return cmocka_run_group_tests_name("plugin_jira_sync", tests, NULL, NULL);
}
