/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/* The forms of the Jira plugin, of both providers; the test plays mortised and Jira. */
#include "config.h"
#include "tests/unit/plugin_peer.h"

#include <stdio.h>

#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/tracker/answer.h"

#define CUSTOM "com.atlassian.jira.plugin.system.customfieldtypes:"
#define PYXIS "com.pyxis.greenhopper.jira:"

/* What Jira Server asks its credentials for, and who we are. */
#define AUTH {.ask = "read metadata", .body = "\"oauth1\"", .always = true}
#define PRODUCT {.ask = "read product", .body = "{\"name\":\"Acme\",\"key\":\"acme\"}"}
#define NOT_CONFIGURED {.ask = "read config", .code = MORTISE_E_NOT_FOUND}

#define SERVER "GET /rest/api/2"
#define CLOUD "GET /rest/api/3"
#define TYPES "/issue/createmeta/10200/issuetypes"
#define FIELDS TYPES "/1"
#define PROJECTS "[{\"id\":\"10200\",\"key\":\"OPS\",\"name\":\"Operations\"}," \
	"{\"id\":\"10300\",\"key\":\"WEB\",\"name\":\"Web\"}]"
#define TYPE_LIST "[{\"id\":\"1\",\"name\":\"Bug\"},{\"id\":\"2\",\"name\":\"Task\"}]"
#define SERVER_PAGE(list_) "{\"startAt\":0,\"maxResults\":50,\"isLast\":true,\"values\":" list_ "}"
#define SUMMARY "{\"fieldId\":\"summary\",\"name\":\"Summary\",\"required\":true," \
	"\"schema\":{\"type\":\"string\",\"system\":\"summary\"}}"

/* A Jira Server whose one issue type has these fields. */
#define SERVER_WITH(fields_) AUTH, PRODUCT, NOT_CONFIGURED,                                  \
	{.ask = SERVER "/project", .status = 200, .body = PROJECTS},                         \
	{.ask = SERVER TYPES, .status = 200, .body = SERVER_PAGE(TYPE_LIST)},                \
	{.ask = SERVER FIELDS, .status = 200, .body = SERVER_PAGE(fields_)}
/* The same of a Jira Cloud. */
#define CLOUD_WITH(fields_) PRODUCT, NOT_CONFIGURED,                                         \
	{.ask = CLOUD "/project/search", .status = 200, .body = "{\"values\":" PROJECTS "}"}, \
	{.ask = CLOUD TYPES, .status = 200, .body = "{\"total\":2,\"issueTypes\":" TYPE_LIST "}"}, \
	{.ask = CLOUD FIELDS, .status = 200, .body = "{\"fields\":" fields_ "}"}

static int setup(void **state)
{
	return plugin_setup(state, "plugins/jira/.libs/jira.so", "jira_server");
}

static void as_provider(void **state, const char *provider)
{
	struct plugin *plugin = *state;

	plugin->provider = provider;
}

static json_t *parse(const char *text)
{
	json_t *json = json_loads(text, JSON_DECODE_ANY, NULL);

	assert_non_null(json);
	return json;
}

static json_t *issue(void)
{
	return parse("{\"id\":\"r\",\"short_id\":\"SHOP-1\",\"title\":\"It\\nbroke\",\"url\":"
		"\"https://m.example/issues/7/\",\"project\":\"shop\",\"description\":"
		"\"Issue: [SHOP-1](https://m.example/issues/7/)\\n\\n```\\nx {\\n```\"}");
}

static json_t *create_input(const char *params, const char *defaults)
{
	return json_pack("{s:s, s:o, s:o, s:o}", "action", "create", "params", parse(params), "defaults",
		parse(defaults), "issue", issue());
}

static int64_t create_form(void **state, const char *params, const char *defaults,
	const struct answer *answers)
{
	return run(state, "issue:form", "install", create_input(params, defaults), NULL, answers);
}

static const json_t *form_field(void **state, const char *name)
{
	json_t *field;
	size_t i;

	json_array_foreach(json_object_get(output(state), "fields"), i, field)
		if (strcmp(peer_text(field, "name"), name) == 0)
			return field;
	return NULL;
}

/* The names of the fields in their order: "project title". */
static char *field_names(void **state)
{
	char *names = xstrdup("");
	json_t *field;
	size_t i;

	json_array_foreach(json_object_get(output(state), "fields"), i, field) {
		char *more = xasprintf("%s%s%s", names, i ? " " : "", peer_text(field, "name"));

		free(names);
		names = more;
	}
	return names;
}

static void assert_names(void **state, const char *wanted)
{
	cleanup_free char *names = field_names(state);

	assert_string_equal(names, wanted);
}

/* What the plugin answers is what the daemon takes. */
static void assert_answer(void **state, enum tracker_callback callback)
{
	cleanup_err struct err err = {0};

	if (answer_check(callback, output(state), &err) < 0)
		fail_msg("the daemon refuses it: %s", err_text(&err));
}

static const char *field_text(void **state, const char *field)
{
	const struct plugin *plugin = *state;
	const char *text = json_string_value(json_array_get(json_object_get(json_object_get(plugin->reply,
		"fields"), field), 0));

	return text ? text : "";
}

static size_t choice_len(const json_t *field)
{
	return json_array_size(json_object_get(field, "choices"));
}

/* ---- The create form ---- */

static void server_form_has_its_fields_in_order(void **state)
{
	static const struct answer answers[] = {SERVER_WITH("[" SUMMARY ","
		"{\"fieldId\":\"customfield_2\",\"name\":\"B\",\"schema\":{\"type\":\"string\"}},"
		"{\"fieldId\":\"customfield_1\",\"name\":\"A\",\"required\":true,\"schema\":{\"type\":\"string\"}},"
		"{\"fieldId\":\"security\",\"name\":\"S\",\"schema\":{\"type\":\"securitylevel\"}},"
		"{\"fieldId\":\"components\",\"name\":\"C\",\"schema\":{\"type\":\"array\",\"items\":\"component\"},"
			"\"allowedValues\":[{\"id\":\"7\",\"name\":\"Store\"}]},"
		"{\"fieldId\":\"issuetype\",\"name\":\"T\",\"schema\":{\"type\":\"issuetype\"}},"
		"{\"fieldId\":\"project\",\"name\":\"P\",\"schema\":{\"type\":\"project\"}},"
		"{\"fieldId\":\"description\",\"name\":\"D\",\"schema\":{\"type\":\"string\"}},"
		"{\"fieldId\":\"issuelinks\",\"name\":\"L\",\"schema\":{\"type\":\"array\",\"items\":\"issuelinks\"}},"
		"{\"fieldId\":\"fixVersions\",\"name\":\"F\",\"schema\":{\"type\":\"array\",\"items\":\"version\"}},"
		"{\"fieldId\":\"priority\",\"name\":\"Priority\",\"schema\":{\"type\":\"priority\"}}]"),
		{.ask = SERVER "/priority", .status = 200, .body = "[{\"id\":\"1\",\"name\":\"High\"}]"},
		{.ask = SERVER "/project/10200/versions", .status = 200, .body = "[{\"id\":\"5\",\"name\":\"1.0\"}]"},
		{0}};
	const json_t *field;

	assert_int_equal(create_form(state, "{}", "{}", answers), 0);
	assert_answer(state, TRACKER_FORM);
	assert_names(state, "project title description issuetype priority fixVersions components security "
		"customfield_1 customfield_2");
	field = form_field(state, "project");
	assert_string_equal(peer_text(field, "label"), "Jira Project");
	assert_string_equal(peer_text(field, "default"), "10200");
	assert_string_equal(json_string_value(json_array_get(json_array_get(json_object_get(field, "choices"), 0), 1)),
		"OPS");
	assert_null(json_object_get(field, "url"));
	assert_string_equal(peer_text(form_field(state, "title"), "default"), "It broke");
	assert_string_equal(peer_text(form_field(state, "description"), "default"),
		"Issue: [SHOP-1|https://m.example/issues/7/]\n\n{code}\nx {\n{code}");
	assert_true(json_is_true(json_object_get(form_field(state, "issuetype"), "updatesForm")));
	assert_int_equal(choice_len(form_field(state, "priority")), 1);
	assert_int_equal(choice_len(form_field(state, "fixVersions")), 1);
	assert_true(json_is_true(json_object_get(form_field(state, "customfield_1"), "required")));
}

/* One row of the table each: what a field's schema makes of it. */
static void schema_decides_the_field(void **state)
{
	static const struct {
		const char *provider, *field, *form;
	} cases[] = {
		{"jira", "{\"schema\":{\"type\":\"securitylevel\"},\"allowedValues\":[{\"id\":\"1\",\"name\":\"S\"}]}",
			"{\"type\":\"select\",\"choices\":[[\"1\",\"S\"]]}"},
		{"jira", "{\"schema\":{\"type\":\"option\",\"custom\":\"" CUSTOM "select\"},\"allowedValues\":"
			"[{\"id\":\"1\",\"value\":\"Low\"},{\"id\":\"2\",\"label\":\"High\"},{\"id\":\"3\"}]}",
			"{\"type\":\"select\",\"choices\":[[\"Low\",\"Low\"],[\"High\",\"High\"]]}"},
		{"jira", "{\"schema\":{\"type\":\"user\"},\"autoCompleteUrl\":\"https://evil.example/?q=\"}",
			"{\"type\":\"select\",\"url\":\"/search/\",\"choices\":[]}"},
		{"jira", "{\"schema\":{\"type\":\"user\"}}", "{\"type\":\"text\"}"},
		{"jira", "{\"schema\":{\"type\":\"array\",\"items\":\"user\"},\"autoCompleteUrl\":\"x\"}",
			"{\"type\":\"select\",\"url\":\"/search/\",\"choices\":[]}"},
		{"jira", "{\"schema\":{\"type\":\"team\"},\"autoCompleteUrl\":\"x\"}",
			"{\"type\":\"select\",\"url\":\"/search/\",\"choices\":[]}"},
		{"jira_server", "{\"schema\":{\"type\":\"team\"},\"autoCompleteUrl\":\"x\"}", "{\"type\":\"text\"}"},
		{"jira", "{\"schema\":{\"type\":\"array\",\"items\":\"json\",\"custom\":\"" PYXIS "gh-sprint\"}}",
			"{\"type\":\"select\",\"url\":\"/search/\",\"choices\":[]}"},
		{"jira", "{\"schema\":{\"type\":\"any\",\"custom\":\"" PYXIS "gh-epic-link\"}}",
			"{\"type\":\"select\",\"url\":\"/search/\",\"choices\":[]}"},
		{"jira", "{\"schema\":{\"type\":\"issuelink\"}}", "{\"type\":\"select\",\"url\":\"/search/\",\"choices\":[]}"},
		{"jira", "{\"schema\":{\"type\":\"timetracking\"}}", NULL},
		{"jira", "{\"schema\":{\"type\":\"array\",\"items\":\"worklog\"}}", NULL},
		{"jira", "{\"schema\":{\"type\":\"array\",\"items\":\"attachment\"}}", NULL},
		{"jira", "{\"schema\":{\"type\":\"array\",\"items\":\"option\"},\"allowedValues\":[{\"id\":\"1\",\"value\":\"UI\"}]}",
			"{\"type\":\"select\",\"multiple\":true,\"default\":\"\",\"choices\":[[\"UI\",\"UI\"]]}"},
		{"jira", "{\"schema\":{\"type\":\"array\",\"items\":\"string\"}}", "{\"type\":\"text\"}"},
		{"jira", "{\"schema\":{\"type\":\"option\"},\"allowedValues\":[{\"value\":\"UI\"}]}",
			"{\"type\":\"select\",\"default\":\"\",\"choices\":[[\"UI\",\"UI\"]]}"},
		{"jira", "{\"schema\":{\"type\":\"option\"}}", "{\"type\":\"text\"}"},
		{"jira", "{\"schema\":{\"type\":\"string\",\"custom\":\"" CUSTOM "textarea\"}}", "{\"type\":\"textarea\"}"},
		{"jira", "{\"schema\":{\"type\":\"number\"},\"required\":true}", "{\"type\":\"text\",\"required\":true}"},
		{"jira", "{}", "{\"type\":\"text\"}"},
		{"jira_server", "{\"schema\":[],\"allowedValues\":{}}", "{\"type\":\"text\"}"},
		{"jira", "{\"fieldId\":\"a b\"}", NULL},
	};

	for (size_t i = 0; i < lengthof(cases); i++) {
		bool is_cloud = strcmp(cases[i].provider, "jira") == 0;
		cleanup_json json_t *given = parse(cases[i].field);
		cleanup_json json_t *wanted = cases[i].form ? parse(cases[i].form) : NULL;
		cleanup_free char *text = NULL, *page = NULL;
		const json_t *made;

		if (!json_object_get(given, "fieldId"))
			json_object_set_new(given, "fieldId", json_string("customfield_7"));
		json_object_set_new(given, "name", json_string("Field"));
		text = json_dumps(given, 0);
		page = xasprintf(is_cloud ? "{\"fields\":[%s]}" : "{\"isLast\":true,\"values\":[%s]}", text);
		as_provider(state, cases[i].provider);
		{
			const struct answer cloud[] = {CLOUD_WITH("[]"), {0}};
			const struct answer server[] = {SERVER_WITH("[]"), {0}};
			struct answer answers[8];

			memcpy(answers, is_cloud ? cloud : server, is_cloud ? sizeof(cloud) : sizeof(server));
			answers[is_cloud ? lengthof(cloud) - 2 : lengthof(server) - 2].body = page;
			assert_int_equal(create_form(state, "{}", "{}", answers), 0);
		}
		assert_answer(state, TRACKER_FORM);
		made = form_field(state, "customfield_7");
		if (!wanted != !made)
			fail_msg("case %zu: the field is %s", i, made ? "there" : "missing");
		if (wanted) {
			cleanup_free char *shown = json_dumps(made, 0);

			if (!json_object_get(wanted, "required"))
				json_object_set_new(wanted, "required", json_false());
			json_object_set_new(wanted, "name", json_string("customfield_7"));
			json_object_set_new(wanted, "label", json_string("Field"));
			if (!json_equal(made, wanted))
				fail_msg("case %zu: %s", i, shown);
		}
	}
}

static void form_asks_what_was_asked_for_and_used_last(void **state)
{
	static const struct answer answers[] = {AUTH, PRODUCT, NOT_CONFIGURED,
		{.ask = SERVER "/project", .status = 200, .body = PROJECTS},
		{.ask = SERVER "/issue/createmeta/10300/issuetypes", .status = 200, .body = SERVER_PAGE(TYPE_LIST)},
		{.ask = SERVER "/issue/createmeta/10300/issuetypes/2", .status = 200, .body = SERVER_PAGE("[]")}, {0}};

	assert_int_equal(create_form(state, "{\"project\":\"10300\"}", "{\"project\":\"10200\",\"issuetype\":\"2\"}",
		answers), 0);
	assert_string_equal(peer_text(form_field(state, "project"), "default"), "10300");
	assert_string_equal(peer_text(form_field(state, "issuetype"), "default"), "2");
	assert_int_equal(create_form(state, "{\"issuetype\":\"2\",\"project\":\"99\"}", "{\"project\":\"10300\"}",
		(const struct answer[]){SERVER_WITH("[]"), {.ask = SERVER TYPES "/2", .status = 200, .body = SERVER_PAGE("[]")},
		{0}}), 0);
	assert_string_equal(peer_text(form_field(state, "issuetype"), "default"), "2");
}

static void server_whose_types_cannot_be_had_offers_the_project_alone(void **state)
{
	static const struct answer answers[] = {AUTH, {.ask = SERVER "/project", .status = 200, .body = PROJECTS},
		{.ask = SERVER TYPES, .status = 403, .body = "{\"errorMessages\":[\"no\"]}"}, {0}};

	assert_int_equal(create_form(state, "{}", "{}", answers), 0);
	assert_answer(state, TRACKER_FORM);
	assert_names(state, "project error");
	assert_string_equal(peer_text(form_field(state, "error"), "type"), "blank");
	assert_true(strlen(peer_text(form_field(state, "error"), "help")) > 0);
}

static void server_whose_fields_refuse_us_fails(void **state)
{
	static const struct answer answers[] = {AUTH, PRODUCT, NOT_CONFIGURED,
		{.ask = SERVER "/project", .status = 200, .body = PROJECTS},
		{.ask = SERVER TYPES, .status = 200, .body = SERVER_PAGE(TYPE_LIST)},
		{.ask = SERVER FIELDS, .status = 401, .body = "oauth_problem=token_rejected"}, {0}};

	assert_int_equal(create_form(state, "{}", "{}", answers), MORTISE_E_IDENTITY);
	assert_non_null(strstr(why(state), "access token is not valid"));
}

static void projects_that_cannot_be_had_fail_the_form(void **state)
{
	static const struct {
		int status;
		const char *body;
		int64_t code;
	} cases[] = {
		{500, "<html>", MORTISE_E_UPSTREAM}, {200, "[]", MORTISE_E_SETTINGS}, {200, "{}", MORTISE_E_UPSTREAM},
		{401, "{}", MORTISE_E_IDENTITY}, {200, "<html>", MORTISE_E_UPSTREAM},
	};

	for (size_t i = 0; i < lengthof(cases); i++) {
		const struct answer answers[] = {AUTH,
			{.ask = SERVER "/project", .status = cases[i].status, .body = cases[i].body}, {0}};

		if (create_form(state, "{}", "{}", answers) != cases[i].code)
			fail_msg("case %zu: %s", i, why(state));
		assert_non_null(strstr(why(state), "list of projects"));
		assert_null(strstr(why(state), "<html>"));
	}
}

static void cloud_falls_through_to_a_project_in_which_something_can_be_made(void **state)
{
	static const struct answer answers[] = {PRODUCT, NOT_CONFIGURED,
		{.ask = CLOUD "/project/search", .status = 200, .body = "{\"values\":" PROJECTS "}"},
		{.ask = CLOUD "/issue/createmeta/10300/issuetypes", .status = 404, .body = "{}"},
		{.ask = CLOUD TYPES, .status = 200, .body = "{\"total\":2,\"issueTypes\":" TYPE_LIST "}"},
		{.ask = CLOUD FIELDS, .status = 200, .body = "{\"total\":0,\"fields\":[]}"}, {0}};
	static const struct answer nothing[] = {
		{.ask = CLOUD "/project/search", .status = 200, .body = "{\"values\":" PROJECTS "}"},
		{.ask = CLOUD "/issue/createmeta/10300/issuetypes", .status = 200, .body = "{\"total\":0,\"issueTypes\":[]}"},
		{.ask = CLOUD TYPES, .status = 400, .body = "{\"errorMessages\":[\"No project\"]}"}, {0}};
	const json_t *field;

	as_provider(state, "jira");
	assert_int_equal(create_form(state, "{}", "{\"project\":\"10300\"}", answers), 0);
	assert_answer(state, TRACKER_FORM);
	field = form_field(state, "project");
	assert_string_equal(peer_text(field, "default"), "10200");
	assert_string_equal(peer_text(field, "url"), "/search/");
	assert_string_equal(json_string_value(json_array_get(json_array_get(json_object_get(field, "choices"), 0), 1)),
		"OPS - Operations");
	assert_non_null(strstr(peer_text(form_field(state, "description"), "default"), "```\nx {\n```"));
	assert_int_equal(create_form(state, "{}", "{}", nothing), MORTISE_E_SETTINGS);
	assert_non_null(strstr(why(state), "permission to create issues"));
}

static void cloud_asks_for_the_project_that_its_first_page_lacks(void **state)
{
	static const struct answer answers[] = {PRODUCT, NOT_CONFIGURED,
		{.ask = CLOUD "/project/search", .status = 200, .body = "{\"values\":" PROJECTS "}"},
		{.ask = CLOUD "/project/search", .status = 200, .body = "{\"values\":[{\"id\":\"9\",\"key\":\"X\",\"name\":\"x\"}]}"},
		{.ask = CLOUD "/issue/createmeta/9/issuetypes", .status = 200, .body = "{\"issueTypes\":" TYPE_LIST "}"},
		{.ask = CLOUD "/issue/createmeta/9/issuetypes/1", .status = 200, .body = "{\"fields\":[]}"}, {0}};

	as_provider(state, "jira");
	assert_int_equal(create_form(state, "{\"project\":\"9\"}", "{}", answers), 0);
	assert_string_equal(peer_text(form_field(state, "project"), "default"), "9");
	assert_string_equal(json_string_value(json_array_get(json_object_get(json_object_get(sent_question(state,
		CLOUD "/project/search", 1), "query"), "id"), 0)), "9");
}

static void ignored_fields_are_left_out_even_if_required(void **state)
{
	static const struct answer answers[] = {AUTH, PRODUCT,
		{.ask = "read config", .body = "[\"customfield_1\"]"},
		{.ask = SERVER "/project", .status = 200, .body = PROJECTS},
		{.ask = SERVER TYPES, .status = 200, .body = SERVER_PAGE(TYPE_LIST)},
		{.ask = SERVER FIELDS, .status = 200, .body = SERVER_PAGE("["
			"{\"fieldId\":\"customfield_1\",\"name\":\"A\",\"required\":true,\"schema\":{\"type\":\"string\"}},"
			"{\"fieldId\":\"customfield_2\",\"name\":\"Team size\",\"schema\":{\"type\":\"string\"}},"
			"{\"fieldId\":\"customfield_3\",\"name\":\"C\",\"schema\":{\"type\":\"string\"}}]")}, {0}};

	assert_int_equal(create_form(state, "{\"ignored\":\"x, Team size\"}", "{}", answers), 0);
	assert_names(state, "project title description issuetype customfield_3");
}

static void metadata_is_read_in_pages(void **state)
{
	cleanup_free char *page = xstrdup("[" SUMMARY);
	cleanup_free char *first = NULL;

	for (int i = 1; i < 50; i++) {
		char *more = xasprintf("%s,{\"fieldId\":\"customfield_%d\",\"name\":\"x\",\"schema\":{\"type\":\"string\"}}",
			page, i);

		free(page);
		page = more;
	}
	first = xasprintf("{\"isLast\":false,\"total\":51,\"values\":%s]}", page);
	{
		const struct answer answers[] = {AUTH, PRODUCT, NOT_CONFIGURED,
			{.ask = SERVER "/project", .status = 200, .body = PROJECTS},
			{.ask = SERVER TYPES, .status = 200, .body = SERVER_PAGE(TYPE_LIST)},
			{.ask = SERVER FIELDS, .status = 200, .body = first},
			{.ask = SERVER FIELDS, .status = 200, .body = "{\"isLast\":true,\"total\":51,\"values\":["
				"{\"fieldId\":\"customfield_99\",\"name\":\"x\",\"schema\":{\"type\":\"string\"}}]}"}, {0}};

		assert_int_equal(create_form(state, "{}", "{}", answers), 0);
	}
	assert_non_null(form_field(state, "customfield_99"));
	assert_int_equal(json_integer_value(json_object_get(json_object_get(sent_question(state, SERVER FIELDS, 1),
		"query"), "startAt")), 50);
}

/* Thousands of fields and choices: a form that the daemon takes, with what is required. */
static void huge_metadata_becomes_a_form_of_bounded_size(void **state)
{
	cleanup_json json_t *values = json_array();
	cleanup_json json_t *fields = json_array();
	cleanup_json json_t *page = NULL;
	cleanup_free char *body = NULL;

	for (int i = 0; i < 5000; i++)
		json_array_append_new(values, json_pack("{s:o, s:o}", "id", json_sprintf("%d", i), "name",
			json_sprintf("value number %d", i)));
	for (int i = 0; i < 60; i++)
		json_array_append_new(fields, json_pack("{s:o, s:s, s:b, s:{s:s}, s:O}", "fieldId",
			json_sprintf("priority%d", i), "name", "x", "required", i == 59, "schema", "type",
			"securitylevel", "allowedValues", values));
	for (int i = 0; i < 100; i++)
		json_array_append_new(fields, json_pack("{s:o, s:s, s:b, s:{s:s}}", "fieldId",
			json_sprintf("z%d", i), "name", "x", "required", i == 99, "schema", "type", "string"));
	page = json_pack("{s:b, s:O}", "isLast", 1, "values", fields);
	body = json_dumps(page, JSON_COMPACT);
	assert_true(strlen(body) > (10 << 20));
	{
		const struct answer answers[] = {AUTH, PRODUCT, NOT_CONFIGURED,
			{.ask = SERVER "/project", .status = 200, .body = PROJECTS},
			{.ask = SERVER TYPES, .status = 200, .body = SERVER_PAGE(TYPE_LIST)},
			{.ask = SERVER FIELDS, .status = 200, .body = body}, {0}};

		assert_int_equal(create_form(state, "{}", "{}", answers), 0);
	}
	assert_answer(state, TRACKER_FORM);
	assert_int_equal(json_array_size(json_object_get(output(state), "fields")), 100);
	assert_non_null(form_field(state, "z99"));
	assert_true(choice_len(form_field(state, "priority59")) >= 100);
	assert_non_null(strstr(peer_text(form_field(state, "priority59"), "help"), "Only the first"));
}

static void reporter_of_last_time_is_proposed_if_he_is_there(void **state)
{
#define REPORTER SERVER_WITH("[{\"fieldId\":\"reporter\",\"name\":\"R\",\"autoCompleteUrl\":\"x\"," \
	"\"schema\":{\"type\":\"user\"}}]")
	static const struct answer there[] = {REPORTER, {.ask = SERVER "/user", .status = 200,
		.body = "{\"name\":\"dlee\",\"displayName\":\"Dana Lee\",\"emailAddress\":\"dana@corp.example\"}"}, {0}};
	static const struct answer gone[] = {REPORTER, {.ask = SERVER "/user", .status = 404, .body = "{}"}, {0}};
	const json_t *field;

	assert_int_equal(create_form(state, "{}", "{\"reporter\":\"dlee\"}", there), 0);
	field = form_field(state, "reporter");
	assert_string_equal(peer_text(field, "default"), "dlee");
	assert_string_equal(json_string_value(json_array_get(json_array_get(json_object_get(field, "choices"), 0), 1)),
		"Dana Lee - dana@corp.example (dlee)");
	assert_int_equal(create_form(state, "{}", "{\"reporter\":\"dlee\"}", gone), 0);
	field = form_field(state, "reporter");
	assert_string_equal(json_string_value(json_object_get(field, "default")), "");
	assert_int_equal(choice_len(field), 0);
}

static void form_without_an_issue_proposes_no_texts(void **state)
{
	static const struct answer answers[] = {SERVER_WITH("[]"), {0}};
	json_t *input = create_input("{}", "{}");

	json_object_set_new(input, "issue", json_null());
	assert_int_equal(run(state, "issue:form", "install", input, NULL, answers), 0);
	assert_names(state, "project title description issuetype");
	assert_null(json_object_get(form_field(state, "title"), "default"));
}

/* ---- The link form ---- */

static void link_form_of_server_proposes_a_comment(void **state)
{
	static const struct answer answers[] = {PRODUCT, {0}};
	json_t *input = create_input("{}", "{}");
	json_t *again;

	json_object_set_new(input, "action", json_string("link"));
	again = json_incref(input);
	assert_int_equal(run(state, "issue:form", "install", input, NULL, answers), 0);
	assert_answer(state, TRACKER_FORM);
	assert_names(state, "externalIssue comment");
	assert_string_equal(peer_text(form_field(state, "externalIssue"), "url"), "/search/");
	assert_string_equal(peer_text(form_field(state, "comment"), "default"),
		"Linked Acme Issue: [SHOP-1|https://m.example/issues/7/?referrer=jira_server]");
	as_provider(state, "jira");
	assert_int_equal(run(state, "issue:form", "install", again, NULL, NULL), 0);
	assert_names(state, "externalIssue");
}

/* ---- Submit ---- */

#define FIELD(id_, schema_) "{\"fieldId\":\"" id_ "\",\"name\":\"" id_ "\",\"schema\":{" schema_ "}}"
#define EVERY_FIELD "[" SUMMARY ","                                                             \
	FIELD("description", "\"type\":\"string\"") ","                                         \
	FIELD("labels", "\"type\":\"array\",\"items\":\"string\"") ","                          \
	FIELD("priority", "\"type\":\"priority\"") ","                                          \
	FIELD("components", "\"type\":\"array\",\"items\":\"component\"") ","                   \
	FIELD("fixVersions", "\"type\":\"array\",\"items\":\"version\"") ","                    \
	FIELD("security", "\"type\":\"securitylevel\"") ","                                     \
	FIELD("reporter", "\"type\":\"user\"") ","                                              \
	FIELD("watchers", "\"type\":\"array\",\"items\":\"user\",\"custom\":\"" CUSTOM "multiuserpicker\"") "," \
	FIELD("parent", "\"type\":\"issuelink\"") ","                                           \
	FIELD("epic", "\"type\":\"any\",\"custom\":\"" PYXIS "gh-epic-link\"") ","              \
	FIELD("sprint", "\"type\":\"array\",\"items\":\"json\",\"custom\":\"" PYXIS "gh-sprint\"") "," \
	FIELD("rank", "\"type\":\"any\",\"custom\":\"" PYXIS "gh-lexo-rank\"") ","              \
	FIELD("account", "\"type\":\"option2\",\"custom\":\"com.tempoplugin.tempo-accounts:accounts.customfield\"") "," \
	FIELD("areas", "\"type\":\"array\",\"items\":\"option\"") ","                           \
	FIELD("choice", "\"type\":\"option\",\"custom\":\"" CUSTOM "select\"") ","              \
	FIELD("tags", "\"type\":\"array\",\"items\":\"string\"") ","                            \
	FIELD("steps", "\"type\":\"string\",\"custom\":\"" CUSTOM "textarea\"") ","             \
	FIELD("points", "\"type\":\"number\"") ","                                              \
	FIELD("weight", "\"type\":\"number\"") ","                                              \
	FIELD("due", "\"type\":\"date\"") ","                                                   \
	FIELD("team", "\"type\":\"team\"") ","                                                  \
	FIELD("empty", "\"type\":\"string\"") "]"

#define EVERY_VALUE "\"title\":\"It broke\",\"description\":\"Look\",\"project\":\"10200\",\"issuetype\":\"1\"," \
	"\"labels\":\" a, ,b \",\"priority\":\"3\",\"components\":[\"7\",\"8\"],\"fixVersions\":\"5\","      \
	"\"security\":\"4\",\"reporter\":\"dlee\",\"watchers\":[\"a\",\"b\"],\"parent\":\"OPS-1\",\"epic\":\"OPS-2\"," \
	"\"sprint\":\"12\",\"account\":\"7\",\"areas\":[\"UI\"],\"choice\":\"Low\",\"tags\":\"x\",\"steps\":\"one\"," \
	"\"points\":\"3\",\"weight\":\"2.5\",\"due\":\"2026-01-02\",\"rank\":\"r1\",\"unknown\":\"u\",\"empty\":\"\""

#define MADE_SERVER {.ask = "POST /rest/api/2/issue", .status = 201, .body = "{\"id\":\"1\",\"key\":\"OPS-9\"}"}, \
	{.ask = SERVER "/issue/OPS-9", .status = 200, .body = "{\"key\":\"OPS-9\",\"fields\":{\"summary\":\"It broke\"}}"}
#define MADE_CLOUD {.ask = "POST /rest/api/3/issue", .status = 201, .body = "{\"id\":\"1\",\"key\":\"OPS-9\"}"}, \
	{.ask = CLOUD "/issue/OPS-9", .status = 200, .body = "{\"key\":\"OPS-9\",\"fields\":{\"summary\":\"It broke\"}}"}

static json_t *submitted(const char *fields)
{
	return json_pack("{s:o, s:s, s:n}", "fields", parse(fields), "reference", "r1", "issue");
}

static const struct answer server_fields[] = {AUTH, {.ask = SERVER FIELDS, .status = 200,
	.body = SERVER_PAGE(EVERY_FIELD)}, MADE_SERVER, {0}};
static const struct answer cloud_fields[] = {{.ask = CLOUD FIELDS, .status = 200,
	.body = "{\"fields\":" EVERY_FIELD "}"}, MADE_CLOUD, {0}};

static void assert_sent(void **state, const char *ask, const char *wanted)
{
	cleanup_json json_t *json = parse(wanted);
	const json_t *sent = json_object_get(sent_body(state, ask, 0), "fields");
	cleanup_free char *shown = json_dumps(sent, JSON_SORT_KEYS);

	if (!json_equal(sent, json))
		fail_msg("sent %s", shown);
}

static void server_gets_each_field_as_it_wants_it(void **state)
{
	assert_int_equal(run(state, "issue:create", "install", submitted("{" EVERY_VALUE ",\"team\":\"\"}"), NULL,
		server_fields), 0);
	assert_string_equal(peer_text(output(state), "key"), "OPS-9");
	assert_sent(state, "POST /rest/api/2/issue", "{\"summary\":\"It broke\",\"description\":\"Look\","
		"\"project\":{\"id\":\"10200\"},\"issuetype\":{\"id\":\"1\"},\"labels\":[\"a\",\"b\"],"
		"\"priority\":{\"id\":\"3\"},\"components\":[{\"id\":\"7\"},{\"id\":\"8\"}],\"fixVersions\":[{\"id\":\"5\"}],"
		"\"security\":{\"id\":\"4\"},\"reporter\":{\"name\":\"dlee\"},\"watchers\":[{\"name\":\"a\"},{\"name\":\"b\"}],"
		"\"parent\":{\"key\":\"OPS-1\"},\"epic\":\"OPS-2\",\"sprint\":12,\"rank\":{\"id\":\"r1\"},\"account\":7,"
		"\"areas\":[{\"value\":\"UI\"}],\"choice\":{\"value\":\"Low\"},\"tags\":[\"x\"],\"steps\":\"one\",\"points\":3,"
		"\"weight\":2.5,\"due\":\"2026-01-02\"}");
}

static void cloud_gets_each_field_as_it_wants_it(void **state)
{
	as_provider(state, "jira");
	assert_int_equal(run(state, "issue:create", "install", submitted("{" EVERY_VALUE ",\"team\":\"t-1\"}"), NULL,
		cloud_fields), 0);
#define DOC(text_) "{\"type\":\"doc\",\"version\":1,\"content\":[{\"type\":\"paragraph\",\"content\":[" \
	"{\"type\":\"text\",\"text\":\"" text_ "\"}]}]}"
	assert_sent(state, "POST /rest/api/3/issue", "{\"summary\":\"It broke\",\"description\":" DOC("Look") ","
		"\"project\":{\"id\":\"10200\"},\"issuetype\":{\"id\":\"1\"},\"labels\":[\"a\",\"b\"],"
		"\"priority\":{\"id\":\"3\"},\"components\":[{\"id\":\"7\"},{\"id\":\"8\"}],\"fixVersions\":[{\"id\":\"5\"}],"
		"\"security\":{\"id\":\"4\"},\"reporter\":{\"accountId\":\"dlee\"},\"watchers\":[{\"accountId\":\"a\"},"
		"{\"accountId\":\"b\"}],\"parent\":{\"key\":\"OPS-1\"},\"epic\":\"OPS-2\",\"sprint\":12,"
		"\"rank\":{\"id\":\"r1\"},\"account\":7,\"areas\":[{\"value\":\"UI\"}],\"choice\":{\"value\":\"Low\"},"
		"\"tags\":[\"x\"],\"steps\":" DOC("one") ",\"points\":3,\"weight\":2.5,\"due\":\"2026-01-02\","
		"\"team\":\"t-1\"}");
}

#define BASE_VALUES "\"title\":\"t\",\"description\":\"\",\"project\":\"10200\",\"issuetype\":\"1\""

static void what_is_wrong_in_the_form_is_named(void **state)
{
	static const struct {
		const char *provider, *fields, *wrong;
		int64_t code;
	} cases[] = {
		{"jira_server", "{}", "project", MORTISE_E_FIELD},
		{"jira_server", "{}", "issuetype", MORTISE_E_FIELD},
		{"jira_server", "{\"title\":\"t\",\"project\":\"10200\",\"issuetype\":\"1\"}", "description", MORTISE_E_FIELD},
		{"jira_server", "{" BASE_VALUES ",\"project\":\"../x\"}", "project", MORTISE_E_FIELD},
		{"jira_server", "{" BASE_VALUES ",\"title\":\" \"}", "title", MORTISE_E_FIELD},
		{"jira_server", "{" BASE_VALUES ",\"sprint\":\"Sprint 12\"}", NULL, MORTISE_E_SETTINGS},
		{"jira_server", "{" BASE_VALUES ",\"sprint\":\"1.5\"}", NULL, MORTISE_E_SETTINGS},
		{"jira", "{\"issuetype\":\"1\"}", "project", MORTISE_E_FIELD},
		{"jira", "{" BASE_VALUES ",\"sprint\":\"Sprint 12\"}", "sprint", MORTISE_E_FIELD},
		{"jira", "{" BASE_VALUES ",\"points\":\"many\"}", "points", MORTISE_E_FIELD},
		{"jira", "{" BASE_VALUES ",\"points\":\"1.5.2\"}", "points", MORTISE_E_FIELD},
		{"jira", "{" BASE_VALUES ",\"points\":\"99999999999999999999\"}", "points", MORTISE_E_FIELD},
	};

	for (size_t i = 0; i < lengthof(cases); i++) {
		bool is_cloud = strcmp(cases[i].provider, "jira") == 0;

		as_provider(state, cases[i].provider);
		if (run(state, "issue:create", "install", submitted(cases[i].fields), NULL,
			is_cloud ? cloud_fields : server_fields) != cases[i].code)
			fail_msg("case %zu: %s", i, why(state));
		if (cases[i].wrong && !*field_text(state, cases[i].wrong))
			fail_msg("case %zu: %s is not named", i, cases[i].wrong);
		assert_null(sent_body(state, is_cloud ? "POST /rest/api/3/issue" : "POST /rest/api/2/issue", 0));
	}
}

static void server_passes_on_what_it_cannot_read(void **state)
{
	assert_int_equal(run(state, "issue:create", "install", submitted("{" BASE_VALUES ",\"points\":\"many\","
		"\"account\":\"A-1\",\"tags\":[],\"reporter\":null}"), NULL, server_fields), 0);
	assert_sent(state, "POST /rest/api/2/issue", "{\"summary\":\"t\",\"description\":\"\",\"points\":\"many\","
		"\"account\":\"A-1\",\"project\":{\"id\":\"10200\"},\"issuetype\":{\"id\":\"1\"}}");
}

static void cloud_skips_empty_values(void **state)
{
	as_provider(state, "jira");
	assert_int_equal(run(state, "issue:create", "install", submitted("{" BASE_VALUES ",\"labels\":\"\","
		"\"reporter\":null}"), NULL, cloud_fields), 0);
	assert_sent(state, "POST /rest/api/3/issue", "{\"summary\":\"t\",\"project\":{\"id\":\"10200\"},"
		"\"issuetype\":{\"id\":\"1\"}}");
}

static void nothing_is_made_without_metadata(void **state)
{
	static const struct answer empty[] = {AUTH, {.ask = SERVER FIELDS, .status = 200, .body = SERVER_PAGE("[]")}, {0}};

	assert_int_equal(run(state, "issue:create", "install", submitted("{" BASE_VALUES "}"), NULL, empty),
		MORTISE_E_SETTINGS);
}

/* ---- What Jira answers ---- */

static void refusals_have_their_meaning(void **state)
{
	static const struct {
		int status;
		const char *body;
		int64_t code;
		const char *field, *text;
	} cases[] = {
		{400, "{\"errorMessages\":[],\"errors\":{\"customfield_10041\":\"Data was not an array\"}}", MORTISE_E_FIELD,
			"customfield_10041", "Data was not an array"},
		{400, "{\"errors\":{\"summary\":\"too long\"}}", MORTISE_E_FIELD, "title", "too long"},
		{400, "{\"errorMessages\":[\"Team with id 'x' not found.\"]}", MORTISE_E_FIELD, "Team Field", "not found"},
		{404, "{\"errorMessages\":[\"Issue Does Not Exist or you do not have permission to see it\"]}",
			MORTISE_E_FIELD, "Issue", "permission"},
		{400, "{\"errorMessages\":[\"Bad input\",\"Twice\"]}", MORTISE_E_SETTINGS, NULL,
			"Error Communicating with Jira Server (HTTP 400): Bad input Twice"},
		{400, "<html>maintenance</html>", MORTISE_E_SETTINGS, NULL, "Something went wrong"},
		{401, "{}", MORTISE_E_IDENTITY, NULL, "unknown error"},
		{401, "oauth_problem=timestamp_refused&oauth_acceptable=1", MORTISE_E_IDENTITY, NULL, "clocks"},
		{403, "{\"errorMessages\":[\"no\"]}", MORTISE_E_FORBIDDEN, NULL, "permissions"},
		{404, "{}", MORTISE_E_NOT_FOUND, NULL, "gone"},
		{409, "{}", MORTISE_E_CONFLICT, NULL, "409"},
		{429, "{}", MORTISE_E_RATE, NULL, "limits"},
		{500, "{\"errorMessages\":[\"oops\"]}", MORTISE_E_UPSTREAM, NULL, "oops"},
		{502, "<html>", MORTISE_E_UPSTREAM, NULL, "none of Jira's|page"},
		{200, "{\"errorMessages\":[\"failed\"],\"errors\":{}}", MORTISE_E_UPSTREAM, NULL, "failed"},
		{200, "{\"errors\":{\"a\":\"b\"}}", MORTISE_E_UPSTREAM, NULL, "a: b"},
		{302, "", MORTISE_E_UPSTREAM, NULL, "302"},
	};

	for (size_t i = 0; i < lengthof(cases); i++) {
		const struct answer answers[] = {AUTH, {.ask = SERVER FIELDS, .status = 200, .body = SERVER_PAGE(EVERY_FIELD)},
			{.ask = "POST /rest/api/2/issue", .status = cases[i].status, .body = cases[i].body}, {0}};
		const char *text;

		if (run(state, "issue:create", "install", submitted("{" BASE_VALUES "}"), NULL, answers) != cases[i].code)
			fail_msg("case %zu: %s", i, why(state));
		text = cases[i].field ? field_text(state, cases[i].field) : why(state);
		if (!strchr(cases[i].text, '|') && !strstr(text, cases[i].text))
			fail_msg("case %zu: \"%s\"", i, text);
		assert_null(strstr(text, "<html>"));
	}
}

static void limit_ends_when_jira_says(void **state)
{
	static const struct answer answers[] = {AUTH, {.ask = SERVER FIELDS, .status = 429, .body = "{}",
		.retry_after = "7"}, {0}};
	static const struct answer busy[] = {AUTH, {.ask = SERVER FIELDS, .status = 503, .body = "<html>",
		.retry_after = "50"}, {0}};
	const struct plugin *plugin = *state;

	assert_int_equal(run(state, "issue:create", "install", submitted("{" BASE_VALUES "}"), NULL, answers),
		MORTISE_E_RATE);
	/* The clock of the host goes on. */
	assert_in_range(json_integer_value(json_object_get(plugin->reply, "retry_at_ms")), NOW_MS + 7000, NOW_MS + 27000);
	assert_int_equal(run(state, "issue:create", "install", submitted("{" BASE_VALUES "}"), NULL, busy),
		MORTISE_E_RATE);
	assert_in_range(json_integer_value(json_object_get(plugin->reply, "retry_at_ms")), NOW_MS + 50000, NOW_MS + 58000);
}

/* ---- Search ---- */

static json_t *query(const char *field, const char *text, const char *params)
{
	return json_pack("{s:s*, s:s*, s:o}", "field", field, "query", text, "params", parse(params));
}

static const char *option(void **state, size_t i, const char *member)
{
	return peer_text(json_array_get(json_object_get(output(state), "options"), i), member);
}

static void issues_are_searched_by_key_or_text(void **state)
{
	static const struct {
		const char *text, *jql;
	} cases[] = {
		{"ops-7", "id=\"ops-7\""}, {"OPS-7 x", "text ~ \"OPS-7 x\""}, {"say \"hi\" \\", "text ~ \"say \\\"hi\\\" \\\\\""},
		{"OPS-", "text ~ \"OPS-\""},
	};

	for (size_t i = 0; i < lengthof(cases); i++) {
		static const struct answer answers[] = {AUTH, {.ask = SERVER "/search", .status = 200,
			.body = "{\"total\":2,\"issues\":[{\"key\":\"OPS-7\",\"fields\":{\"summary\":\"Crash\"}},{\"key\":\"../x\"}]}"},
			{0}};

		assert_int_equal(run(state, "issue:search", "install", query("externalIssue", cases[i].text, "{}"), NULL,
			answers), 0);
		assert_answer(state, TRACKER_SEARCH);
		assert_string_equal(peer_text(json_object_get(sent_question(state, SERVER "/search", 0), "query"), "jql"),
			cases[i].jql);
		assert_int_equal(json_array_size(json_object_get(output(state), "options")), 1);
		assert_string_equal(option(state, 0, "label"), "(OPS-7) Crash");
		assert_string_equal(option(state, 0, "value"), "OPS-7");
	}
}

static void users_are_searched_in_the_project(void **state)
{
	static const struct answer answers[] = {AUTH, {.ask = SERVER "/project", .status = 200, .body = PROJECTS},
		{.ask = SERVER "/user/assignable/search", .status = 200, .body = "[{\"name\":\"dlee\",\"displayName\":\"Dana Lee\","
			"\"emailAddress\":\"dana@corp.example\"},{\"displayName\":\"no name\"},{\"name\":\"bob\",\"displayName\":\"Bob\"}]"},
		{0}};
	static const struct answer refused[] = {AUTH, {.ask = SERVER "/project", .status = 200, .body = PROJECTS},
		{.ask = SERVER "/user/assignable/search", .status = 403, .body = "{}"}, {0}};
	const json_t *sent;

	assert_int_equal(run(state, "issue:search", "install", query("reporter", "da", "{\"project\":\"10200\"}"), NULL,
		answers), 0);
	sent = json_object_get(sent_question(state, SERVER "/user/assignable/search", 0), "query");
	assert_string_equal(peer_text(sent, "project"), "OPS");
	assert_string_equal(peer_text(sent, "username"), "da");
	assert_int_equal(json_array_size(json_object_get(output(state), "options")), 2);
	assert_string_equal(option(state, 0, "label"), "Dana Lee - dana@corp.example (dlee)");
	assert_string_equal(option(state, 1, "label"), "Bob (bob)");
	assert_int_equal(run(state, "issue:search", "install", query("assignee", "da", "{\"project\":\"10200\"}"), NULL,
		refused), MORTISE_E_SETTINGS);
	assert_string_equal(why(state), "Unable to fetch users from Jira Server");
	assert_int_equal(run(state, "issue:search", "install", query("assignee", "da", "{}"), NULL, refused),
		MORTISE_E_FIELD);
}

static void cloud_searches_projects_and_accounts(void **state)
{
	static const struct answer projects[] = {{.ask = CLOUD "/project/search", .status = 200,
		.body = "{\"values\":" PROJECTS "}"}, {0}};
	static const struct answer users[] = {{.ask = CLOUD "/project/search", .status = 200, .body = "{\"values\":" PROJECTS "}"},
		{.ask = CLOUD "/user/assignable/search", .status = 200, .body = "[{\"accountId\":\"5f:1\",\"displayName\":\"Bobby\","
			"\"emailAddress\":\"bob@acme.test\"}]"}, {0}};

	as_provider(state, "jira");
	assert_int_equal(run(state, "issue:search", "install", query("project", "web", "{}"), NULL, projects), 0);
	assert_string_equal(option(state, 1, "label"), "WEB - Web");
	assert_string_equal(option(state, 1, "value"), "10300");
	assert_int_equal(run(state, "issue:search", "install", query("reporter", "b", "{\"project\":\"10300\"}"), NULL,
		users), 0);
	assert_string_equal(option(state, 0, "label"), "Bobby - bob@acme.test");
	assert_string_equal(option(state, 0, "value"), "5f:1");
	assert_string_equal(peer_text(json_object_get(sent_question(state, CLOUD "/user/assignable/search", 0), "query"),
		"query"), "b");
}

static void values_are_completed_without_markup(void **state)
{
	static const struct answer answers[] = {AUTH, {.ask = SERVER "/jql/autocompletedata/suggestions", .status = 200,
		.body = "{\"results\":[{\"value\":\"12\",\"displayName\":\"<b>Spr</b>int 12 < 13\"}]}"}, {0}};
	static const struct answer failing[] = {AUTH, {.ask = SERVER "/jql/autocompletedata/suggestions", .status = 400,
		.body = "{}"}, {0}};
	const json_t *sent;

	assert_int_equal(run(state, "issue:search", "install", query("customfield_0123", "spr", "{}"), NULL, answers), 0);
	sent = json_object_get(sent_question(state, SERVER "/jql/autocompletedata/suggestions", 0), "query");
	assert_string_equal(peer_text(sent, "fieldName"), "cf[0123]");
	assert_string_equal(option(state, 0, "label"), "Sprint 12 < 13");
	assert_int_equal(run(state, "issue:search", "install", query("project", "x", "{}"), NULL, failing),
		MORTISE_E_SETTINGS);
	assert_string_equal(why(state), "Unable to fetch autocomplete for project from Jira Server");
}

static void search_needs_its_parameters(void **state)
{
	assert_int_equal(run(state, "issue:search", "install", query(NULL, "x", "{}"), NULL, NULL), MORTISE_E_FIELD);
	assert_string_equal(field_text(state, "field"), "field is a required parameter");
	assert_int_equal(run(state, "issue:search", "install", query("parent", NULL, "{}"), NULL, NULL), MORTISE_E_FIELD);
	assert_string_equal(field_text(state, "query"), "query is a required parameter");
}

/* ---- Settings of a link ---- */

#define STATUSES "[{\"id\":\"3\",\"name\":\"In Progress\"},{\"id\":\"10001\",\"name\":\"Done\"}]"

static json_t *config_input(const char *config, const char *projects)
{
	return json_pack("{s:o, s:o}", "config", parse(config), "external_projects", parse(projects));
}

static size_t selector_len(const json_t *selectors, const char *name)
{
	return choice_len(json_object_get(selectors, name));
}

static void server_config_has_seven_fields_and_all_statuses(void **state)
{
	static const struct answer answers[] = {AUTH, PRODUCT, {.ask = SERVER "/project", .status = 200, .body = PROJECTS},
		{.ask = SERVER "/status", .status = 200, .body = STATUSES}, {0}};
	const json_t *field, *data;

	assert_int_equal(run(state, "config:form", "install", config_input("{\"sync_comments\":true,"
		"\"sync_status_forward\":true,\"issues_ignored_fields\":[\"a\",\"b\"]}", "{\"10200\":{\"resolved\":\"10001\","
		"\"unresolved\":\"3\"},\"99\":{\"resolved\":\"1\",\"unresolved\":\"2\"}}"), NULL, answers), 0);
	assert_answer(state, TRACKER_CONFIG_FORM);
	assert_names(state, "sync_status_forward sync_forward_assignment sync_comments sync_status_reverse "
		"sync_reverse_assignment resolution_strategy issues_ignored_fields");
	field = form_field(state, "sync_status_forward");
	assert_string_equal(peer_text(field, "label"), "Sync Acme Status to Jira Server");
	assert_string_equal(peer_text(field, "addButtonText"), "Add Jira Server Project");
	assert_string_equal(peer_text(field, "mappedColumnLabel"), "Jira Server Project");
	assert_null(json_object_get(field, "perItemMapping"));
	assert_int_equal(selector_len(json_object_get(field, "mappedSelectors"), "on_resolve"), 2);
	assert_int_equal(json_array_size(json_object_get(json_object_get(field, "addDropdown"), "items")), 2);
	assert_string_equal(peer_text(form_field(state, "sync_status_reverse"), "label"), "Sync Jira Server Status to Acme");
	data = json_object_get(output(state), "data");
	assert_string_equal(peer_text(data, "issues_ignored_fields"), "a, b");
	assert_true(json_is_true(json_object_get(data, "sync_comments")));
	/* The project 99 is gone in Jira. */
	assert_int_equal(json_object_size(json_object_get(data, "sync_status_forward")), 1);
	assert_string_equal(peer_text(json_object_get(json_object_get(data, "sync_status_forward"), "10200"),
		"on_resolve"), "10001");
}

static void cloud_config_has_the_statuses_of_each_project(void **state)
{
	static const struct answer answers[] = {PRODUCT,
		{.ask = CLOUD "/project/search", .status = 200, .body = "{\"values\":" PROJECTS "}"},
		{.ask = CLOUD "/status", .status = 200, .body = STATUSES},
		{.ask = CLOUD "/statuses/search", .status = 200, .body = "{\"isLast\":true,\"values\":" STATUSES "}"},
		{.ask = CLOUD "/statuses/search", .status = 200, .body = "{\"isLast\":true,\"values\":[{\"id\":\"8\",\"name\":\"Open\"}]}"},
		{0}};
	const json_t *field, *selectors;

	as_provider(state, "jira");
	assert_int_equal(run(state, "config:form", "install", config_input("{}", "{}"), NULL, answers), 0);
	assert_answer(state, TRACKER_CONFIG_FORM);
	field = form_field(state, "sync_status_forward");
	assert_string_equal(peer_text(field, "label"), "Sync Acme Status to Jira");
	assert_true(json_is_true(json_object_get(field, "perItemMapping")));
	selectors = json_object_get(field, "mappedSelectors");
	assert_int_equal(selector_len(json_object_get(selectors, "10200"), "on_resolve"), 2);
	assert_int_equal(selector_len(json_object_get(selectors, "10300"), "on_unresolve"), 1);
	assert_string_equal(peer_text(json_object_get(output(state), "data"), "issues_ignored_fields"), "");
}

static void cloud_config_falls_back_when_statuses_are_limited(void **state)
{
	static const struct answer answers[] = {PRODUCT,
		{.ask = CLOUD "/project/search", .status = 200, .body = "{\"values\":" PROJECTS "}"},
		{.ask = CLOUD "/status", .status = 200, .body = STATUSES},
		{.ask = CLOUD "/statuses/search", .status = 200, .body = "{\"isLast\":true,\"values\":" STATUSES "}"},
		{.ask = CLOUD "/statuses/search", .status = 429, .body = "{}"}, {0}};
	const json_t *field;

	as_provider(state, "jira");
	assert_int_equal(run(state, "config:form", "install", config_input("{}", "{}"), NULL, answers), 0);
	field = form_field(state, "sync_status_forward");
	assert_null(json_object_get(field, "perItemMapping"));
	assert_null(json_object_get(field, "disabled"));
	assert_int_equal(selector_len(json_object_get(field, "mappedSelectors"), "on_resolve"), 2);
}

static void jira_that_does_not_answer_disables_the_map_alone(void **state)
{
	static const struct answer server[] = {AUTH, PRODUCT, {.ask = SERVER "/project", .status = 503, .body = "<html>"}, {0}};
	static const struct answer extra[] = {PRODUCT,
		{.ask = CLOUD "/project/search", .status = 200, .body = "{\"values\":[{\"id\":\"10200\",\"name\":\"x\"}]}"},
		{.ask = CLOUD "/project/search", .status = 500, .body = "{}"},
		{.ask = CLOUD "/status", .status = 200, .body = STATUSES},
		{.ask = CLOUD "/statuses/search", .status = 200, .body = "{\"isLast\":true,\"values\":" STATUSES "}"}, {0}};
	const json_t *field;

	assert_int_equal(run(state, "config:form", "install", config_input("{}", "{\"99\":{\"resolved\":\"1\","
		"\"unresolved\":\"2\"}}"), NULL, server), 0);
	assert_answer(state, TRACKER_CONFIG_FORM);
	field = form_field(state, "sync_status_forward");
	assert_true(json_is_true(json_object_get(field, "disabled")));
	assert_non_null(strstr(peer_text(field, "disabledReason"), "Jira Server"));
	assert_null(json_object_get(form_field(state, "sync_comments"), "disabled"));
	/* What cannot be checked is shown. */
	assert_int_equal(json_object_size(json_object_get(json_object_get(output(state), "data"), "sync_status_forward")), 1);
	as_provider(state, "jira");
	assert_int_equal(run(state, "config:form", "install", config_input("{}", "{\"99\":{}}"), NULL, extra), 0);
	assert_null(json_object_get(form_field(state, "sync_status_forward"), "disabled"));
}

static void config_is_saved(void **state)
{
	static const struct {
		const char *config, *patch, *projects;
	} cases[] = {
		{"{\"sync_status_forward\":{\"10200\":{\"on_resolve\":\"10001\",\"on_unresolve\":3}}}",
			"{\"sync_status_forward\":true}", "{\"10200\":{\"resolved\":\"10001\",\"unresolved\":\"3\"}}"},
		{"{\"sync_status_forward\":{}}", "{\"sync_status_forward\":false}", "{}"},
		{"{\"sync_comments\":true,\"resolution_strategy\":\"resolve_next_release\"}",
			"{\"sync_comments\":true,\"resolution_strategy\":\"resolve_next_release\"}", NULL},
		{"{\"issues_ignored_fields\":\" a ,b\\nc\\r\\n, ,\"}", "{\"issues_ignored_fields\":[\"a\",\"b\",\"c\"]}", NULL},
		{"{\"issues_ignored_fields\":[\"a\"]}", "{\"issues_ignored_fields\":[\"a\"]}", NULL},
		{"{\"issues_ignored_fields\":\"\"}", "{\"issues_ignored_fields\":[]}", NULL},
	};

	for (size_t i = 0; i < lengthof(cases); i++) {
		cleanup_json json_t *patch = parse(cases[i].patch);
		cleanup_json json_t *projects = cases[i].projects ? parse(cases[i].projects) : NULL;

		assert_int_equal(run(state, "config:save", "install", json_pack("{s:o, s:{}}", "config", parse(cases[i].config),
			"old"), NULL, NULL), 0);
		assert_answer(state, TRACKER_CONFIG_SAVE);
		if (!json_equal(json_object_get(output(state), "patch"), patch))
			fail_msg("case %zu: another patch", i);
		if (projects ? !json_equal(json_object_get(output(state), "external_projects"), projects)
			: json_object_get(output(state), "external_projects") != NULL)
			fail_msg("case %zu: another map", i);
	}
}

static void wrong_config_is_refused(void **state)
{
	static const struct {
		const char *config, *wrong;
	} cases[] = {
		{"{\"sync_status_forward\":{\"1\":{\"on_resolve\":\"3\",\"on_unresolve\":\"4\"},\"2\":{\"on_resolve\":\"\","
			"\"on_unresolve\":\"4\"}}}", "sync_status_forward"},
		{"{\"sync_status_forward\":{\"1\":{\"on_resolve\":\"3\"}}}", "sync_status_forward"},
		{"{\"sync_status_forward\":{\"1\":\"3\"}}", "sync_status_forward"},
		{"{\"sync_status_forward\":{\" \":{\"on_resolve\":\"3\",\"on_unresolve\":\"4\"}}}", "sync_status_forward"},
		{"{\"sync_status_forward\":{\"1\":{\"on_resolve\":\"3\",\"on_unresolve\":\"4\"},\" 1\":{\"on_resolve\":\"3\","
			"\"on_unresolve\":\"4\"}}}", "sync_status_forward"},
		{"{\"sync_status_forward\":[]}", "sync_status_forward"},
		{"{\"sync_status_forward\":true}", "sync_status_forward"},
		{"{\"sync_comments\":\"yes\"}", "sync_comments"},
		{"{\"resolution_strategy\":\"later\"}", "resolution_strategy"},
		{"{\"issues_ignored_fields\":7}", "issues_ignored_fields"},
		{"{\"issues_ignored_fields\":[7]}", "issues_ignored_fields"},
	};

	for (size_t i = 0; i < lengthof(cases); i++) {
		assert_int_equal(run(state, "config:save", "install", json_pack("{s:o, s:{}}", "config", parse(cases[i].config),
			"old"), NULL, NULL), MORTISE_E_FIELD);
		if (!*field_text(state, cases[i].wrong))
			fail_msg("case %zu: %s is not named", i, cases[i].wrong);
	}
}

#define TEST(name_) cmocka_unit_test_setup_teardown(name_, setup, plugin_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(server_form_has_its_fields_in_order),
		TEST(schema_decides_the_field),
		TEST(form_asks_what_was_asked_for_and_used_last),
		TEST(server_whose_types_cannot_be_had_offers_the_project_alone),
		TEST(server_whose_fields_refuse_us_fails),
		TEST(projects_that_cannot_be_had_fail_the_form),
		TEST(cloud_falls_through_to_a_project_in_which_something_can_be_made),
		TEST(cloud_asks_for_the_project_that_its_first_page_lacks),
		TEST(ignored_fields_are_left_out_even_if_required),
		TEST(metadata_is_read_in_pages),
		TEST(huge_metadata_becomes_a_form_of_bounded_size),
		TEST(reporter_of_last_time_is_proposed_if_he_is_there),
		TEST(form_without_an_issue_proposes_no_texts),
		TEST(link_form_of_server_proposes_a_comment),
		TEST(server_gets_each_field_as_it_wants_it),
		TEST(cloud_gets_each_field_as_it_wants_it),
		TEST(what_is_wrong_in_the_form_is_named),
		TEST(server_passes_on_what_it_cannot_read),
		TEST(cloud_skips_empty_values),
		TEST(nothing_is_made_without_metadata),
		TEST(refusals_have_their_meaning),
		TEST(limit_ends_when_jira_says),
		TEST(issues_are_searched_by_key_or_text),
		TEST(users_are_searched_in_the_project),
		TEST(cloud_searches_projects_and_accounts),
		TEST(values_are_completed_without_markup),
		TEST(search_needs_its_parameters),
		TEST(server_config_has_seven_fields_and_all_statuses),
		TEST(cloud_config_has_the_statuses_of_each_project),
		TEST(cloud_config_falls_back_when_statuses_are_limited),
		TEST(jira_that_does_not_answer_disables_the_map_alone),
		TEST(config_is_saved),
		TEST(wrong_config_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
