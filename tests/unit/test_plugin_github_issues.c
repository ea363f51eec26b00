/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/* The GitHub plugin as a tracker; the test plays mortised and GitHub. */
#include "config.h"
#include "tests/unit/plugin_peer.h"

#include <string.h>

#include "core/base/err.h"
#include "core/base/mem.h"

#define SHOP "{\"external_id\":\"5501\",\"name\":\"acme-co/shop\",\"status\":\"active\",\"linked\":true}"
#define LINKED {"read repository", 0, 0, SHOP, NULL}
#define UNLINKED {"read repository", MORTISE_E_NOT_FOUND, 0, NULL, NULL}
#define API "https://api.github.com/repos/"
#define ISSUE(repository_, number_, state_, body_) "{\"number\":" number_ ",\"title\":\"It broke\"," \
	"\"state\":\"" state_ "\",\"updated_at\":\"2026-04-30T10:00:00Z\",\"body\":\"" body_ "\",\"repository_url\":\"" API repository_ "\"," \
	"\"html_url\":\"https://github.com/" repository_ "/issues/" number_ "\"}"
#define UPDATED_MS INT64_C(1777543200000)
#define POST_ISSUE "POST /repos/acme-co/shop/issues"
#define POST_COMMENT "POST /repos/acme-co/shop/issues/12/comments"

static json_t *fields(const char *repository)
{
	return json_pack("{s:{s:s, s:s, s:s, s:s, s:[s, s]}, s:s}", "fields", "repo", repository,
		"title", "It broke", "description", "Look", "assignee", "mona", "labels", "bug", "p1",
		"reference", "r1");
}

static json_t *note(const char *author, const char *text)
{
	return json_pack("{s:s, s:{s:s, s:s, s:s, s:s}}", "key", "acme-co/shop#12", "note", "reference",
		"n7", "author", author, "text", text, "external_id", "900");
}

/* What field_error said about 'field' in the last run. */
static const char *field_text(void **state, const char *field)
{
	const struct plugin *plugin = *state;

	return json_string_value(json_array_get(json_object_get(json_object_get(plugin->reply, "fields"),
		field), 0));
}

/* ---- Create ---- */

static void created_issue_has_its_key(void **state)
{
	static const struct answer answers[] = {LINKED,
		{POST_ISSUE, 0, 201, ISSUE("acme-co/shop", "12", "open", "Look\\n\\n<!-- mortise:ticket:r1 -->"), NULL},
		{0}};
	const json_t *body;

	assert_int_equal(run(state, "issue:create", "install", fields("acme-co/shop"), NULL, answers), 0);
	assert_string_equal(peer_text(output(state), "key"), "acme-co/shop#12");
	assert_string_equal(peer_text(output(state), "title"), "It broke");
	assert_string_equal(peer_text(output(state), "description"), "Look");
	assert_string_equal(peer_text(output(state), "url"), "https://github.com/acme-co/shop/issues/12");
	body = sent_body(state, POST_ISSUE, 0);
	assert_string_equal(peer_text(body, "body"), "Look\n\n<!-- mortise:ticket:r1 -->");
	assert_int_equal(json_array_size(json_object_get(body, "labels")), 2);
	assert_string_equal(json_string_value(json_array_get(json_object_get(body, "assignees"), 0)), "mona");
}

static void form_is_checked_in_order(void **state)
{
	static const struct {
		const char *given, *wrong;
	} cases[] = {
		{"{}", "repo"},
		{"{\"repo\":\"acme-co\"}", "repo"},
		{"{\"repo\":\"acme-co/../app\"}", "repo"},
		{"{\"repo\":\"acme-co/shop\"}", "title"},
		{"{\"repo\":\"acme-co/shop\",\"title\":\" \\n\"}", "title"},
		{"{\"repo\":\"acme-co/shop\",\"title\":\"x\"}", "description"},
		{"{\"repo\":\"acme-co/shop\",\"title\":\"x\",\"description\":\"\",\"labels\":[1]}", "labels"},
	};
	static const struct answer answers[] = {LINKED, {0}};

	for (size_t i = 0; i < lengthof(cases); i++) {
		json_t *input = json_pack("{s:o, s:s}", "fields", json_loads(cases[i].given, 0, NULL),
			"reference", "r1");

		assert_int_equal(run(state, "issue:create", "install", input, NULL, answers), MORTISE_E_FIELD);
		if (!field_text(state, cases[i].wrong))
			fail_msg("case %zu: %s is not named", i, cases[i].wrong);
	}
}

static void unlinked_repository_is_refused(void **state)
{
	static const char *const known[] = {NULL,
		"{\"name\":\"acme-co/shop\",\"status\":\"disabled\",\"linked\":true}",
		"{\"name\":\"acme-co/shop\",\"status\":\"active\",\"linked\":false}"};

	for (size_t i = 0; i < lengthof(known); i++) {
		const struct answer answers[] = {
			{"read repository", known[i] ? 0 : MORTISE_E_NOT_FOUND, 0, known[i], NULL}, {0}};

		assert_int_equal(run(state, "issue:create", "install", fields("acme-co/shop"), NULL, answers),
			MORTISE_E_FIELD);
		assert_non_null(strstr(field_text(state, "repo"), "acme-co/shop"));
	}
}

static void refusal_names_the_field(void **state)
{
	static const struct {
		const char *body, *field, *text;
	} cases[] = {
		{"{\"message\":\"Validation Failed\",\"errors\":[{\"field\":\"assignees\",\"code\":\"invalid\","
			"\"value\":\"mona\"},{\"field\":\"title\"}]}", "assignee", "invalid: mona"},
		{"{\"message\":\"Validation Failed\",\"errors\":[{\"field\":\"title\"}]}", "title", "invalid"},
		{"{\"message\":\"Validation Failed\",\"errors\":[{\"field\":\"$[0]\",\"code\":\"odd\"}]}", "detail",
			"Validation Failed"},
		{"{\"message\":\"Validation Failed\",\"errors\":[]}", "detail", "Validation Failed"},
		{"{\"message\":\"Validation Failed\",\"errors\":[\"too long\"]}", "detail", "too long"},
	};

	for (size_t i = 0; i < lengthof(cases); i++) {
		const struct answer answers[] = {LINKED, {POST_ISSUE, 0, 422, cases[i].body, NULL}, {0}};
		const char *text;

		assert_int_equal(run(state, "issue:create", "install", fields("acme-co/shop"), NULL, answers),
			MORTISE_E_FIELD);
		text = field_text(state, cases[i].field);
		if (!text || !strstr(text, cases[i].text))
			fail_msg("case %zu: \"%s\"", i, text ? text : "(nothing)");
	}
}

static void failures_have_their_codes(void **state)
{
	static const struct {
		int status;
		const char *body;
		int64_t code;
	} cases[] = {
		{401, "{\"message\":\"Bad credentials\"}", MORTISE_E_IDENTITY},
		{403, "{\"message\":\"Resource not accessible by integration\"}", MORTISE_E_FORBIDDEN},
		{403, "{\"message\":\"You have exceeded a secondary rate limit\"}", MORTISE_E_RATE},
		{404, "{\"message\":\"Not Found\"}", MORTISE_E_NOT_FOUND},
		{410, "{\"message\":\"Issues are disabled for this repo\"}", MORTISE_E_SETTINGS},
		{429, "{}", MORTISE_E_RATE},
		{500, "<!DOCTYPE html>", MORTISE_E_UPSTREAM},
		{201, "<!DOCTYPE html>", MORTISE_E_UPSTREAM},
		{201, "{\"number\":\"12\"}", MORTISE_E_UPSTREAM},
	};

	for (size_t i = 0; i < lengthof(cases); i++) {
		const struct answer answers[] = {LINKED, {POST_ISSUE, 0, cases[i].status, cases[i].body, NULL}, {0}};
		int64_t code = run(state, "issue:create", "install", fields("acme-co/shop"), NULL, answers);

		if (code != cases[i].code)
			fail_msg("case %zu: code %lld, wanted %lld", i, (long long)code, (long long)cases[i].code);
	}
}

#define LIST "GET /repos/acme-co/shop/issues"
#define MARKED "Look\\n\\n<!-- mortise:ticket:r1 -->"

static void lost_answer_is_looked_for(void **state)
{
	static const struct answer found[] = {LINKED, {POST_ISSUE, MORTISE_E_UNCERTAIN, 0, NULL, NULL},
		{LIST, 0, 200, "[" ISSUE("acme-co/shop", "14", "open", "<!-- mortise:ticket:r10 -->") ","
			ISSUE("acme-co/shop", "13", "open", "Someone quotes <!-- mortise:ticket:r1 --> here") ","
			ISSUE("acme-co/shop", "12", "open", MARKED) "]", NULL}, {"once_settle", 0, 0, NULL, NULL}, {0}};
	static const struct answer absent[] = {LINKED, {POST_ISSUE, MORTISE_E_UNCERTAIN, 0, NULL, NULL},
		{POST_ISSUE, 0, 201, ISSUE("acme-co/shop", "15", "open", MARKED), NULL},
		{LIST, 0, 200, "[]", NULL}, {"once_clear", 0, 0, NULL, NULL}, {0}};
	const struct plugin *plugin = *state;

	assert_int_equal(run(state, "issue:create", "install", fields("acme-co/shop"), NULL, found), 0);
	assert_string_equal(peer_text(output(state), "key"), "acme-co/shop#12");
	assert_int_equal(count_asked(plugin, "once_settle"), 1);
	assert_int_equal(count_asked(plugin, POST_ISSUE), 1);
	assert_int_equal(run(state, "issue:create", "install", fields("acme-co/shop"), NULL, absent), 0);
	assert_string_equal(peer_text(output(state), "key"), "acme-co/shop#15");
	assert_int_equal(count_asked(plugin, "once_clear"), 1);
	assert_int_equal(count_asked(plugin, POST_ISSUE), 2);
}

static void looking_that_fails_sends_nothing(void **state)
{
	static const struct answer answers[] = {LINKED, {POST_ISSUE, MORTISE_E_UNCERTAIN, 0, NULL, NULL},
		{LIST, 0, 502, "bad gateway", NULL}, {0}};
	const struct plugin *plugin = *state;

	assert_int_equal(run(state, "issue:create", "install", fields("acme-co/shop"), NULL, answers),
		MORTISE_E_UPSTREAM);
	assert_int_equal(count_asked(plugin, POST_ISSUE), 1);
}

/* ---- Link ---- */

static void issue_is_linked_by_its_number(void **state)
{
	static const char *const numbers[] = {"12", "\"12\"", "\"#12\""};
	static const char *const wrong[] = {"0", "-1", "\"\"", "\"#\"", "\"12a\"", "\"99999999999\"", "[]", "null"};
	static const struct answer answers[] = {LINKED, {"GET /repos/acme-co/shop/issues/12", 0, 200,
		ISSUE("acme-co/shop", "12", "open", "Look"), NULL}, {0}};

	for (size_t i = 0; i < lengthof(numbers); i++) {
		assert_int_equal(run(state, "issue:get", "install", json_pack("{s:{s:s, s:o}}", "fields", "repo",
			"acme-co/shop", "externalIssue", json_loads(numbers[i], JSON_DECODE_ANY, NULL)), NULL,
			answers), 0);
		assert_string_equal(peer_text(output(state), "key"), "acme-co/shop#12");
	}
	for (size_t i = 0; i < lengthof(wrong); i++) {
		assert_int_equal(run(state, "issue:get", "install", json_pack("{s:{s:s, s:o}}", "fields", "repo",
			"acme-co/shop", "externalIssue", json_loads(wrong[i], JSON_DECODE_ANY, NULL)), NULL, answers),
			MORTISE_E_FIELD);
		assert_non_null(field_text(state, "externalIssue"));
	}
}

static void moved_issue_is_linked_only_where_its_repository_is(void **state)
{
	static const struct answer inside[] = {LINKED, LINKED, {"GET /repos/acme-co/shop/issues/12", 0, 200,
		ISSUE("acme-co/web", "3", "open", ""), NULL}, {0}};
	static const struct answer outside[] = {LINKED, UNLINKED, {"GET /repos/acme-co/shop/issues/12", 0, 200,
		ISSUE("other-co/secret", "3", "open", ""), NULL}, {0}};
	json_t *input = json_pack("{s:{s:s, s:i}}", "fields", "repo", "acme-co/shop", "externalIssue", 12);

	assert_int_equal(run(state, "issue:get", "install", json_incref(input), NULL, inside), 0);
	assert_string_equal(peer_text(output(state), "key"), "acme-co/web#3");
	assert_int_equal(run(state, "issue:get", "install", input, NULL, outside), MORTISE_E_FIELD);
	assert_non_null(field_text(state, "repo"));
}

static void link_posts_the_comment_that_was_given(void **state)
{
	static const struct answer answers[] = {{POST_COMMENT, 0, 201, "{\"id\":900}", NULL}, {0}};
	static const char *const silent[] = {"", " \n"};

	assert_int_equal(run(state, "issue:linked", "install", json_pack("{s:s, s:{s:s}, s:s}", "key",
		"acme-co/shop#12", "fields", "comment", "Linked", "reference", "r1"), NULL, answers), 0);
	assert_string_equal(peer_text(sent_body(state, POST_COMMENT, 0), "body"),
		"Linked\n\n<!-- mortise:linked:r1 -->");
	for (size_t i = 0; i < lengthof(silent); i++)
		assert_int_equal(run(state, "issue:linked", "install", json_pack("{s:s, s:{s:s}, s:s}", "key",
			"acme-co/shop#12", "fields", "comment", silent[i], "reference", "r1"), NULL, NULL), 0);
}

/* ---- Forms ---- */

static const json_t *form_field(void **state, const char *name)
{
	json_t *field;
	size_t i;

	json_array_foreach(json_object_get(output(state), "fields"), i, field)
		if (strcmp(peer_text(field, "name"), name) == 0)
			return field;
	fail_msg("there is no field %s", name);
	return NULL;
}

/* "a b c": the values of a field's choices. */
static char *choices(void **state, const char *name)
{
	char *text = xstrdup("");
	json_t *choice;
	size_t i;

	json_array_foreach(json_object_get(form_field(state, name), "choices"), i, choice) {
		char *more = xasprintf("%s%s%s", text, i > 0 ? " " : "", json_string_value(json_array_get(choice, 0)));

		free(text);
		text = more;
	}
	return text;
}

#define REPOSITORIES {"read repositories", 0, 0, "[" SHOP "," \
	"{\"external_id\":\"2\",\"name\":\"acme-co/web\",\"status\":\"active\",\"linked\":true}," \
	"{\"external_id\":\"3\",\"name\":\"acme-co/old\",\"status\":\"disabled\",\"linked\":true}," \
	"{\"external_id\":\"4\",\"name\":\"acme-co/other\",\"status\":\"active\",\"linked\":false}]", NULL}, \
	{"read repositories", 0, 0, "[]", NULL}

static json_t *form_input(const char *action, const char *param, const char *last)
{
	return json_pack("{s:s, s:{s:s*}, s:{s:s*}, s:{s:s, s:s, s:s, s:s}}", "action", action, "params",
		"repo", param, "defaults", "repo", last, "issue", "short_id", "SHOP-1", "title", "It broke",
		"url", "https://mortise.test/i/1", "description", "Look");
}

static void create_form_offers_what_may_be_used(void **state)
{
	static const struct answer answers[] = {REPOSITORIES, LINKED,
		{"GET /repos/acme-co/shop/assignees", 0, 200, "[{\"login\":\"mona\"},{\"login\":7},{}]", NULL},
		{"GET /repos/acme-co/shop/labels", 0, 200, "[{\"name\":\"p10\"},{\"name\":\"Bug\"},{\"name\":\"p9\"},"
			"{\"name\":\"api\"},{\"name\":\"p09\"},{\"name\":\"p\"}]", NULL}, {0}};
	static const char *const order[] = {"repo", "title", "description", "assignee", "labels"};
	cleanup_free char *repositories = NULL, *assignees = NULL, *labels = NULL;
	json_t *list;

	assert_int_equal(run(state, "issue:form", "install", form_input("create", NULL, NULL), NULL, answers), 0);
	list = json_object_get(output(state), "fields");
	assert_int_equal(json_array_size(list), lengthof(order));
	for (size_t i = 0; i < lengthof(order); i++)
		assert_string_equal(peer_text(json_array_get(list, i), "name"), order[i]);
	repositories = choices(state, "repo");
	assert_string_equal(repositories, "acme-co/shop acme-co/web");
	assert_string_equal(peer_text(form_field(state, "repo"), "default"), "acme-co/shop");
	assignees = choices(state, "assignee");
	assert_string_equal(assignees, " mona");
	labels = choices(state, "labels");
	assert_string_equal(labels, "api Bug p p09 p9 p10");
	assert_string_equal(peer_text(form_field(state, "title"), "default"), "It broke");
	assert_string_equal(peer_text(form_field(state, "description"), "default"), "Look");
}

static void form_begins_with_what_was_asked_for(void **state)
{
	static const struct answer lists[] = {REPOSITORIES, {0}};
	static const struct {
		const char *param, *last, *chosen, *offered;
	} cases[] = {
		{"acme-co/web", "acme-co/shop", "acme-co/web", "acme-co/shop acme-co/web"},
		{NULL, "acme-co/web", "acme-co/web", "acme-co/shop acme-co/web"},
		{"acme-co/new", NULL, "acme-co/new", "acme-co/new acme-co/shop acme-co/web"},
		{"../app", NULL, "acme-co/shop", "acme-co/shop acme-co/web"},
	};

	for (size_t i = 0; i < lengthof(cases); i++) {
		cleanup_free char *offered = NULL;

		assert_int_equal(run(state, "issue:form", "install", form_input("link", cases[i].param,
			cases[i].last), NULL, lists), 0);
		offered = choices(state, "repo");
		assert_string_equal(offered, cases[i].offered);
		assert_string_equal(peer_text(form_field(state, "repo"), "default"), cases[i].chosen);
	}
	assert_string_equal(peer_text(form_field(state, "comment"), "default"),
		"Linked issue: [SHOP-1](https://mortise.test/i/1)");
}

static void repository_of_others_shows_nothing(void **state)
{
	static const struct answer answers[] = {REPOSITORIES, UNLINKED, {0}};
	cleanup_free char *labels = NULL;

	assert_int_equal(run(state, "issue:form", "install", form_input("create", "other-co/secret", NULL),
		NULL, answers), 0);
	labels = choices(state, "labels");
	assert_string_equal(labels, "");
}

/* ---- Search ---- */

static json_t *search_input(const char *field, const char *query, const char *repository)
{
	return json_pack("{s:s, s:s, s:{s:s*}}", "field", field, "query", query, "params", "repo", repository);
}

static void search_shows_only_the_repository_asked_about(void **state)
{
	static const struct answer answers[] = {LINKED, {"GET /search/issues", 0, 200, "{\"items\":["
		ISSUE("acme-co/shop", "12", "open", "") "," ISSUE("other-co/secret", "5", "open", "") ",7,{}]}", NULL}, {0}};
	static const struct answer hidden[] = {UNLINKED, {0}};
	json_t *options;

	assert_int_equal(run(state, "issue:search", "install", search_input("externalIssue",
		"x repo:other-co/secret", "acme-co/shop"), NULL, answers), 0);
	options = json_object_get(output(state), "options");
	assert_int_equal(json_array_size(options), 1);
	assert_string_equal(peer_text(json_array_get(options, 0), "label"), "#12 It broke");
	assert_int_equal(json_integer_value(json_object_get(json_array_get(options, 0), "value")), 12);
	assert_int_equal(run(state, "issue:search", "install", search_input("externalIssue", "x", NULL), NULL,
		hidden), MORTISE_E_FIELD);
	assert_int_equal(run(state, "issue:search", "install", search_input("externalIssue", "x",
		"other-co/secret"), NULL, hidden), MORTISE_E_FIELD);
	assert_int_equal(run(state, "issue:search", "install", search_input("milestone", "x", NULL), NULL,
		NULL), MORTISE_E_FIELD);
}

static void search_maps_what_github_refuses(void **state)
{
	static const struct {
		int status;
		int64_t code;
	} cases[] = {{403, MORTISE_E_RATE}, {422, MORTISE_E_NOT_FOUND}, {500, MORTISE_E_UPSTREAM}};

	for (size_t i = 0; i < lengthof(cases); i++) {
		const struct answer answers[] = {{"read metadata", 0, 0, "\"github.com/acme-co\"", NULL},
			{"read metadata", 0, 0, "\"Organization\"", NULL},
			{"GET /search/repositories", 0, cases[i].status, "{\"message\":\"no\"}", NULL}, {0}};

		assert_int_equal(run(state, "issue:search", "install", search_input("repo", "sh", NULL), NULL,
			answers), cases[i].code);
	}
}

/* ---- Comments ---- */

static void notes_are_quoted(void **state)
{
	static const struct {
		const char *author, *text, *body;
	} cases[] = {
		{"Mona", "one", "**Mona** wrote:\n\n> one"},
		{"Mona", "one\ntwo\r\nthree\rfour\n", "**Mona** wrote:\n\n> one\n> two\n> three\n> four\n"},
		{"Mona", "a\n\nb", "**Mona** wrote:\n\n> a\n> \n> b"},
		{"", "x", "**Unknown User** wrote:\n\n> x"},
		{"**Eve** <b>\n# @mona", "x", "**\\*\\*Eve\\*\\* \\<b\\> \\# @\xe2\x80\x8bmona** wrote:\n\n> x"},
		{"Zoë", "ü <!-- open", "**Zoë** wrote:\n\n> ü <!-- open"},
	};
	static const struct answer answers[] = {{POST_COMMENT, 0, 201, "{\"id\":900}", NULL}, {0}};

	for (size_t i = 0; i < lengthof(cases); i++) {
		cleanup_free char *wanted = xasprintf("%s\n\n<!-- mortise:comment:n7 -->", cases[i].body);

		assert_int_equal(run(state, "issue:comment_create", "install", note(cases[i].author,
			cases[i].text), NULL, answers), 0);
		assert_string_equal(peer_text(output(state), "external_id"), "900");
		assert_string_equal(peer_text(sent_body(state, POST_COMMENT, 0), "body"), wanted);
	}
}

static void long_note_is_cut_and_keeps_its_mark(void **state)
{
	static const struct answer answers[] = {{POST_COMMENT, 0, 201, "{\"id\":900}", NULL}, {0}};
	cleanup_free char *text = xcalloc(1, 200001);
	const char *sent;

	for (size_t i = 0; i + 2 <= 200000; i += 2)
		memcpy(text + i, "ü", 2);
	assert_int_equal(run(state, "issue:comment_create", "install", note("Mona", text), NULL, answers), 0);
	sent = peer_text(sent_body(state, POST_COMMENT, 0), "body");
	assert_true(strlen(sent) < 65536);
	assert_non_null(strstr(sent, "…\n\n<!-- mortise:comment:n7 -->"));
}

static void edited_note_changes_its_comment(void **state)
{
	static const struct answer answers[] = {
		{"PATCH /repos/acme-co/shop/issues/comments/900", 0, 200, "{\"id\":900}", NULL}, {0}};
	json_t *input = note("Mona", "x");

	assert_int_equal(run(state, "issue:comment_update", "install", json_incref(input), NULL, answers), 0);
	assert_string_equal(peer_text(sent_body(state, answers[0].ask, 0), "body"),
		"**Mona** wrote:\n\n> x\n\n<!-- mortise:comment:n7 -->");
	json_object_set_new(json_object_get(input, "note"), "external_id", json_string("../../1"));
	assert_int_equal(run(state, "issue:comment_update", "install", input, NULL, NULL), MORTISE_E_NO_TARGET);
}

static void lost_comment_is_looked_for(void **state)
{
	static const struct answer answers[] = {{POST_COMMENT, MORTISE_E_UNCERTAIN, 0, NULL, NULL},
		{"GET /repos/acme-co/shop/issues/12/comments", 0, 200, "[{\"id\":1,\"body\":null}]",
			"<https://api.github.com/x?page=2>; rel=\"next\""},
		{"GET /repos/acme-co/shop/issues/12/comments", 0, 200,
			"[{\"id\":901,\"body\":\"hi\\n\\n<!-- mortise:comment:n7 -->\"}]", NULL},
		{"once_settle", 0, 0, NULL, NULL}, {0}};
	const struct plugin *plugin = *state;

	assert_int_equal(run(state, "issue:comment_create", "install", note("Mona", "hi"), NULL, answers), 0);
	assert_string_equal(peer_text(output(state), "external_id"), "901");
	assert_int_equal(count_asked(plugin, POST_COMMENT), 1);
}

/* ---- Status and assignee, out ---- */

#define GET_ISSUE "GET /repos/acme-co/shop/issues/12"
#define PATCH_ISSUE "PATCH /repos/acme-co/shop/issues/12"
#define MAPPING(resolved_, unresolved_) {"read mapping", 0, 0, \
	"{\"resolved\":\"" resolved_ "\",\"unresolved\":\"" unresolved_ "\"}", NULL}

static json_t *status(const char *key, int resolved)
{
	return json_pack("{s:s, s:b, s:{}}", "key", key, "resolved", resolved, "metadata");
}

static void status_is_written_where_it_differs(void **state)
{
	static const struct answer open[] = {MAPPING("closed", "open"),
		{GET_ISSUE, 0, 200, ISSUE("acme-co/shop", "12", "open", ""), NULL},
		{PATCH_ISSUE, 0, 200, ISSUE("acme-co/shop", "12", "closed", ""), NULL}, {0}};
	const struct plugin *plugin = *state;

	assert_int_equal(run(state, "issue:status_out", "install", status("acme-co/shop#12", 1), NULL, open), 0);
	assert_string_equal(peer_text(sent_body(state, PATCH_ISSUE, 0), "state"), "closed");
	assert_string_equal(peer_text(output(state), "wrote"), "closed");
	assert_true(json_integer_value(json_object_get(output(state), "time_ms")) == UPDATED_MS);
	assert_int_equal(run(state, "issue:status_out", "install", status("acme-co/shop#12", 0), NULL, open), 0);
	assert_int_equal(count_asked(plugin, PATCH_ISSUE), 0);
	assert_null(json_object_get(output(state), "wrote"));
}

static void status_without_a_mapping_has_no_target(void **state)
{
	static const struct answer none[] = {{"read mapping", MORTISE_E_NOT_FOUND, 0, NULL, NULL}, {0}};
	static const struct answer odd[] = {MAPPING("Done", ""), {0}};
	static const char *const keys[] = {"", "acme-co/shop", "acme-co/shop#", "acme-co/shop#1#2", "shop#1",
		"acme-co/shop#0", "acme-co/shop#1x", "acme-co/../x#1", "a/b?c#1", "acme-co/shop#99999999999"};

	assert_int_equal(run(state, "issue:status_out", "install", status("acme-co/shop#12", 1), NULL, none),
		MORTISE_E_NO_TARGET);
	assert_non_null(strstr(why(state), "acme-co/shop"));
	assert_int_equal(run(state, "issue:status_out", "install", status("acme-co/shop#12", 1), NULL, odd),
		MORTISE_E_NO_TARGET);
	for (size_t i = 0; i < lengthof(keys); i++)
		assert_int_equal(run(state, "issue:status_out", "install", status(keys[i], 1), NULL, NULL),
			MORTISE_E_NO_TARGET);
}

static void moved_issue_is_followed(void **state)
{
	static const struct answer answers[] = {MAPPING("closed", "open"),
		{GET_ISSUE, 0, 200, ISSUE("acme-co/web", "3", "open", ""), NULL},
		{"PATCH /repos/acme-co/web/issues/3", 0, 200, ISSUE("acme-co/web", "3", "closed", ""), NULL}, {0}};

	assert_int_equal(run(state, "issue:status_out", "install", status("acme-co/shop#12", 1), NULL, answers), 0);
	assert_int_equal(effect_len(state), 1);
	assert_string_equal(peer_text(effect(state, 0), "type"), "issue_moved");
	assert_string_equal(peer_text(effect(state, 0), "old_key"), "acme-co/shop#12");
	assert_string_equal(peer_text(effect(state, 0), "key"), "acme-co/web#3");
}

static json_t *assignee(const char *name)
{
	return json_pack("{s:s, s:b, s:o}", "key", "acme-co/shop#12", "assign", name != NULL, "user", name ?
		json_pack("{s:s, s:s, s:s}", "email", "m@acme.test", "name", "Mona", "external_name", name) :
		json_null());
}

static void assignee_replaces_all(void **state)
{
	static const struct answer taken[] = {{PATCH_ISSUE, 0, 200, "{\"number\":12,\"assignees\":"
		"[{\"login\":\"Mona\"}]}", NULL}, {0}};
	static const struct answer dropped[] = {{PATCH_ISSUE, 0, 200, "{\"number\":12,\"assignees\":[]}", NULL}, {0}};
	static const struct answer refused[] = {{PATCH_ISSUE, 0, 422, "{\"message\":\"Validation Failed\"}", NULL}, {0}};
	json_t *sent;

	assert_int_equal(run(state, "issue:assignee_out", "install", assignee("@Mona"), NULL, taken), 0);
	sent = json_object_get(sent_body(state, PATCH_ISSUE, 0), "assignees");
	assert_int_equal(json_array_size(sent), 1);
	assert_string_equal(json_string_value(json_array_get(sent, 0)), "mona");
	assert_string_equal(peer_text(output(state), "wrote"), "mona");
	assert_int_equal(run(state, "issue:assignee_out", "install", assignee(NULL), NULL, dropped), 0);
	assert_int_equal(json_array_size(json_object_get(sent_body(state, PATCH_ISSUE, 0), "assignees")), 0);
	assert_int_equal(run(state, "issue:assignee_out", "install", assignee("@mona"), NULL, dropped),
		MORTISE_E_NO_TARGET);
	assert_int_equal(run(state, "issue:assignee_out", "install", assignee("@mona"), NULL, refused),
		MORTISE_E_NO_TARGET);
	assert_int_equal(run(state, "issue:assignee_out", "install", assignee("@"), NULL, NULL),
		MORTISE_E_NO_TARGET);
	assert_int_equal(run(state, "issue:assignee_out", "install", assignee("@a/b"), NULL, NULL),
		MORTISE_E_NO_TARGET);
}

/* ---- In ---- */

#define EVENT(action_, issue_, more_) "{\"action\":\"" action_ "\",\"repository\":{\"id\":5501," \
	"\"full_name\":\"acme-co/shop\",\"html_url\":\"https://github.com/acme-co/shop\"}," \
	"\"issue\":{\"number\":12,\"title\":\"It broke\",\"updated_at\":\"2026-04-30T10:00:00Z\"" issue_ "}" more_ "}"
#define KNOWN LINKED

static void states_come_in_with_their_time(void **state)
{
	static const char *const cases[][3] = {
		{EVENT("closed", ",\"state_reason\":\"not_planned\"", ""), "resolve", "closed"},
		{EVENT("reopened", "", ""), "unresolve", "open"},
	};
	static const struct answer answers[] = {KNOWN, {0}};

	for (size_t i = 0; i < lengthof(cases); i++) {
		const json_t *in;

		assert_int_equal(hook(state, "issues", cases[i][0], answers), 0);
		assert_int_equal(effect_len(state), 2);
		in = effect(state, 1);
		assert_string_equal(peer_text(in, "type"), "status_in");
		assert_string_equal(peer_text(in, "key"), "acme-co/shop#12");
		assert_string_equal(peer_text(json_object_get(in, "change"), "action"), cases[i][1]);
		assert_string_equal(peer_text(in, "status"), cases[i][2]);
		assert_true(json_integer_value(json_object_get(in, "time_ms")) == UPDATED_MS);
	}
}

static void assignees_come_in_as_they_are_now(void **state)
{
	static const struct answer answers[] = {KNOWN, {0}};
	const json_t *in;

	assert_int_equal(hook(state, "issues", EVENT("unassigned", ",\"assignees\":[{\"login\":\"Mona\",\"id\":9},"
		"{\"login\":\"hubot\"}]", ",\"assignee\":{\"login\":\"gone\"}"), answers), 0);
	in = effect(state, 1);
	assert_string_equal(peer_text(in, "type"), "assignee_in");
	assert_int_equal(json_array_size(json_object_get(in, "assignees")), 2);
	assert_string_equal(peer_text(json_array_get(json_object_get(in, "assignees"), 0), "name"), "@Mona");
	assert_string_equal(peer_text(json_array_get(json_object_get(in, "assignees"), 0), "external_id"), "9");
	assert_string_equal(peer_text(in, "assignee"), "mona,hubot");
	assert_int_equal(hook(state, "issues", EVENT("unassigned", ",\"assignees\":[]", ""), answers), 0);
	assert_int_equal(json_array_size(json_object_get(effect(state, 1), "assignees")), 0);
	assert_string_equal(peer_text(effect(state, 1), "assignee"), "");
}

static void edits_moves_and_ends_come_in(void **state)
{
	static const struct answer known[] = {KNOWN, KNOWN, {0}};
	static const struct answer elsewhere[] = {KNOWN, UNLINKED, {0}};
#define CHANGES ",\"changes\":{\"new_issue\":{\"number\":3},\"new_repository\":{\"id\":6,\"full_name\":\"acme-co/web\"}}"
	static const struct {
		const char *body;
		const struct answer *answers;
		const char *type, *member, *value;
	} cases[] = {
		{EVENT("edited", ",\"body\":\"Look\\n\\n<!-- mortise:ticket:r1 -->\"", ""), known, "issue_refresh",
			"description", "Look"},
		{EVENT("deleted", "", ""), known, "issue_gone", "reason", "deleted"},
		{EVENT("transferred", "", CHANGES), known, "issue_moved", "key", "acme-co/web#3"},
		{EVENT("transferred", "", CHANGES), elsewhere, "issue_gone", "reason", "moved"},
		{EVENT("transferred", "", ""), known, "issue_gone", "reason", "moved"},
	};

	for (size_t i = 0; i < lengthof(cases); i++) {
		assert_int_equal(hook(state, "issues", cases[i].body, cases[i].answers), 0);
		assert_int_equal(effect_len(state), 2);
		assert_string_equal(peer_text(effect(state, 1), "type"), cases[i].type);
		assert_string_equal(peer_text(effect(state, 1), cases[i].member), cases[i].value);
	}
}

static void renamed_repository_takes_its_issues_along(void **state)
{
#define RENAMED {"read repository", 0, 0, "{\"external_id\":\"5501\",\"name\":\"acme-co/store\"," \
	"\"config\":{\"former\":{\"acme-co/old\":true}}}", NULL}
#define TAKEN {"read repository", 0, 0, "{\"external_id\":\"7\",\"name\":\"acme-co/old\"}", NULL}
	static const struct answer answers[] = {RENAMED, UNLINKED, RENAMED, {0}};
	static const struct answer taken[] = {RENAMED, TAKEN, TAKEN, {0}};
	const char *body = EVENT("closed", "", "");

	assert_int_equal(hook(state, "issues", body, answers), 0);
	assert_int_equal(effect_len(state), 4);
	assert_true(json_is_true(json_object_get(json_object_get(json_object_get(effect(state, 0), "config"),
		"former"), "acme-co/store")));
	assert_string_equal(peer_text(effect(state, 1), "old_key"), "acme-co/old#12");
	assert_string_equal(peer_text(effect(state, 2), "old_key"), "acme-co/store#12");
	assert_string_equal(peer_text(effect(state, 2), "key"), "acme-co/shop#12");
	assert_string_equal(peer_text(effect(state, 3), "type"), "status_in");
	/* Another repository has the name now. */
	assert_int_equal(hook(state, "issues", body, taken), 0);
	assert_int_equal(effect_len(state), 2);
}

static void odd_events_do_no_harm(void **state)
{
	static const char *const bodies[] = {"{}", "[]", "{\"issue\":7,\"repository\":7}",
		"{\"action\":\"closed\",\"issue\":{\"number\":-1},\"repository\":{\"full_name\":\"a/b\"}}",
		"{\"action\":\"closed\",\"issue\":{\"number\":1},\"repository\":{\"full_name\":\"a/b#1/c\"}}"};
	static const struct answer answers[] = {KNOWN, {0}};

	for (size_t i = 0; i < lengthof(bodies); i++) {
		assert_int_equal(hook(state, "issues", bodies[i], NULL), 0);
		assert_int_equal(effect_len(state), 0);
	}
	assert_int_equal(hook(state, "issues", EVENT("labeled", "", ""), answers), 0);
	assert_int_equal(effect_len(state), 1);
	assert_int_equal(hook(state, "issues", EVENT("edited", ",\"title\":7,\"body\":7,\"html_url\":"
		"\"javascript:x\"", ""), answers), 0);
	assert_null(json_object_get(effect(state, 1), "url"));
}

/* ---- Settings ---- */

static void settings_have_their_fields_in_order(void **state)
{
	static const struct answer answers[] = {REPOSITORIES, {0}};
	static const char *const order[] = {"sync_status_forward", "sync_status_reverse",
		"sync_reverse_assignment", "sync_forward_assignment", "resolution_strategy", "sync_comments"};
	json_t *list, *items, *data;

	assert_int_equal(run(state, "config:form", "install", json_pack("{s:{s:b, s:b}, s:{s:{s:s, s:s, s:s}}}",
		"config", "sync_comments", 1, "sync_status_forward", 1, "external_projects", "acme-co/web",
		"name", "web", "resolved", "closed", "unresolved", "open"), NULL, answers), 0);
	data = json_object_get(output(state), "data");
	assert_true(json_is_true(json_object_get(data, "sync_comments")));
	assert_string_equal(peer_text(json_object_get(json_object_get(data, "sync_status_forward"),
		"acme-co/web"), "on_resolve"), "closed");
	list = json_object_get(output(state), "fields");
	assert_int_equal(json_array_size(list), lengthof(order));
	for (size_t i = 0; i < lengthof(order); i++)
		assert_string_equal(peer_text(json_array_get(list, i), "name"), order[i]);
	items = json_object_get(json_object_get(json_array_get(list, 0), "addDropdown"), "items");
	assert_int_equal(json_array_size(items), 2);
	assert_string_equal(peer_text(json_array_get(items, 1), "value"), "acme-co/web");
}

static int64_t save(void **state, const char *config)
{
	return run(state, "config:save", "install", json_pack("{s:o, s:{}}", "config", json_loads(config, 0,
		NULL), "old"), NULL, NULL);
}

static void status_map_is_checked_and_kept(void **state)
{
	static const char *const wrong[] = {"{\"sync_status_forward\":7}", "{\"sync_status_forward\":true}",
		"{\"sync_status_forward\":{\"a/b\":{}}}",
		"{\"sync_status_forward\":{\"a/b\":{\"on_resolve\":\"closed\",\"on_unresolve\":\"\"}}}",
		"{\"sync_status_forward\":{\"a/b\":{\"on_resolve\":\"Done\",\"on_unresolve\":\"open\"}}}",
		"{\"sync_status_forward\":{\"ab\":{\"on_resolve\":\"closed\",\"on_unresolve\":\"open\"}}}",
		"{\"sync_comments\":\"yes\"}", "{\"resolution_strategy\":\"never\"}"};
	json_t *patch, *projects;

	assert_int_equal(save(state, "{\"sync_status_forward\":{\"acme-co/shop\":{\"on_resolve\":\"closed\","
		"\"on_unresolve\":\"open\"}},\"sync_comments\":true,\"resolution_strategy\":\"resolve\"}"), 0);
	patch = json_object_get(output(state), "patch");
	projects = json_object_get(output(state), "external_projects");
	assert_true(json_is_true(json_object_get(patch, "sync_status_forward")));
	assert_true(json_is_true(json_object_get(patch, "sync_comments")));
	assert_string_equal(peer_text(json_object_get(projects, "acme-co/shop"), "resolved"), "closed");
	assert_string_equal(peer_text(json_object_get(projects, "acme-co/shop"), "unresolved"), "open");
	assert_int_equal(save(state, "{\"sync_status_forward\":{}}"), 0);
	assert_true(json_is_false(json_object_get(json_object_get(output(state), "patch"), "sync_status_forward")));
	assert_int_equal(json_object_size(json_object_get(output(state), "external_projects")), 0);
	assert_int_equal(save(state, "{\"sync_comments\":false}"), 0);
	assert_null(json_object_get(output(state), "external_projects"));
	for (size_t i = 0; i < lengthof(wrong); i++)
		assert_int_equal(save(state, wrong[i]), MORTISE_E_FIELD);
}

static int github_setup(void **state)
{
	return plugin_setup(state, "plugins/github/.libs/github.so", "github");
}

int main(void)
{
#define CASE(name_) cmocka_unit_test_setup_teardown(name_, github_setup, plugin_teardown)
	const struct CMUnitTest tests[] = {
		CASE(created_issue_has_its_key),
		CASE(form_is_checked_in_order),
		CASE(unlinked_repository_is_refused),
		CASE(refusal_names_the_field),
		CASE(failures_have_their_codes),
		CASE(lost_answer_is_looked_for),
		CASE(looking_that_fails_sends_nothing),
		CASE(issue_is_linked_by_its_number),
		CASE(moved_issue_is_linked_only_where_its_repository_is),
		CASE(link_posts_the_comment_that_was_given),
		CASE(create_form_offers_what_may_be_used),
		CASE(form_begins_with_what_was_asked_for),
		CASE(repository_of_others_shows_nothing),
		CASE(search_shows_only_the_repository_asked_about),
		CASE(search_maps_what_github_refuses),
		CASE(notes_are_quoted),
		CASE(long_note_is_cut_and_keeps_its_mark),
		CASE(edited_note_changes_its_comment),
		CASE(lost_comment_is_looked_for),
		CASE(status_is_written_where_it_differs),
		CASE(status_without_a_mapping_has_no_target),
		CASE(moved_issue_is_followed),
		CASE(assignee_replaces_all),
		CASE(states_come_in_with_their_time),
		CASE(assignees_come_in_as_they_are_now),
		CASE(edits_moves_and_ends_come_in),
		CASE(renamed_repository_takes_its_issues_along),
		CASE(odd_events_do_no_harm),
		CASE(settings_have_their_fields_in_order),
		CASE(status_map_is_checked_and_kept),
	};

	return cmocka_run_group_tests_name("plugin_github_issues", tests, NULL, NULL);
}
