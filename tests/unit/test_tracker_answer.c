/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
#include "config.h"
#include "tests/unit/unit.h"

#include <string.h>

#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/provider/registration.h"
#include "core/tracker/answer.h"
#include "core/tracker/form.h"

/* Single quotes stand for double ones. */
static json_t *parse(const char *text)
{
	cleanup_free char *json = xstrdup(text);
	json_t *value;

	for (char *c = json; *c; c++)
		if (*c == '\'')
			*c = '"';
	value = json_loads(json, JSON_DECODE_ANY, NULL);
	if (!value)
		fail_msg("no JSON: %s", json);
	return value;
}

static char *repeat(char c, size_t size)
{
	char *text = xcalloc(size + 1, 1);

	memset(text, c, size);
	return text;
}

static const struct answer_case {
	enum tracker_callback callback;
	const char *answer;
	int code;
} cases[] = {
	{TRACKER_CREATE, "{'key': 'a#1'}", 0},
	{TRACKER_CREATE, "{'key': 'a#1', 'title': null, 'url': 'https://a.test/1?x=y#z',"
		" 'display_name': 'A 1', 'metadata': {'node': 1}}", 0},
	{TRACKER_CREATE, "{}", MORTISE_E_INTERNAL},
	{TRACKER_CREATE, "{'key': ''}", MORTISE_E_INTERNAL},
	{TRACKER_CREATE, "{'key': 7}", MORTISE_E_INTERNAL},
	{TRACKER_CREATE, "{'key': 'a', 'title': ['t']}", MORTISE_E_INTERNAL},
	{TRACKER_CREATE, "{'key': 'a', 'metadata': 'm'}", MORTISE_E_INTERNAL},
	{TRACKER_CREATE, "{'key': 'a', 'url': 'javascript:alert(1)'}", MORTISE_E_INTERNAL},
	{TRACKER_CREATE, "{'key': 'a', 'url': '//a.test/'}", MORTISE_E_INTERNAL},
	{TRACKER_CREATE, "{'key': 'a', 'url': 'https://'}", MORTISE_E_INTERNAL},
	{TRACKER_CREATE, "{'key': 'a', 'url': 'https:///x'}", MORTISE_E_INTERNAL},
	{TRACKER_CREATE, "{'key': 'a', 'url': 'https://a.test/ x'}", MORTISE_E_INTERNAL},
	{TRACKER_CREATE, "{'key': 'a', 'url': 'https://a.test/\\nx'}", MORTISE_E_INTERNAL},
	{TRACKER_CREATE, "{'key': 'a', 'url': 'https://a.test/<script>'}", MORTISE_E_INTERNAL},
	{TRACKER_GET, "{'title': 't'}", MORTISE_E_INTERNAL},
	{TRACKER_LINKED, "{}", 0},
	{TRACKER_SEARCH, "{'options': [{'label': '#1 t', 'value': 1}, {'label': '', 'value': 'x'}]}", 0},
	{TRACKER_SEARCH, "{'options': [{'label': '#1'}]}", MORTISE_E_INTERNAL},
	{TRACKER_SEARCH, "{'options': {}}", MORTISE_E_INTERNAL},
	{TRACKER_COMMENT_CREATE, "{'external_id': '7'}", 0},
	{TRACKER_COMMENT_CREATE, "{'external_id': 7}", MORTISE_E_INTERNAL},
	{TRACKER_STATUS_OUT, "{}", 0},
	{TRACKER_STATUS_OUT, "{'wrote': 'closed'}", 0},
	{TRACKER_STATUS_OUT, "{'wrote': true}", MORTISE_E_INTERNAL},
	{TRACKER_STATUS_ACTION, "{'action': 'resolve'}", 0},
	{TRACKER_STATUS_ACTION, "{'action': 'reopen'}", MORTISE_E_INTERNAL},
	{TRACKER_STATUS_ACTION, "{}", MORTISE_E_INTERNAL},
	{TRACKER_CONFIG_SAVE, "{'patch': {'a': null}}", 0},
	{TRACKER_CONFIG_SAVE, "{'patch': {}, 'external_projects': {'1': {'resolved': 'done',"
		" 'unresolved': 'open'}}}", 0},
	{TRACKER_CONFIG_SAVE, "{'patch': {}, 'external_projects': [1]}", MORTISE_E_INTERNAL},
	{TRACKER_CONFIG_SAVE, "{'patch': []}", MORTISE_E_INTERNAL},
	{TRACKER_FORM, "{'fields': []}", 0},
	{TRACKER_FORM, "{'fields': [{'name': 'repo', 'type': 'select', 'label': 'Repository',"
		" 'choices': [['a/b', 'b'], [7, 'seven'], [null, 'none']], 'required': true,"
		" 'updatesForm': true, 'url': '/extensions/x/search/', 'default': 'a/b',"
		" 'multiple': false, 'placeholder': ''}, {'name': 'map', 'type': 'choice_mapper',"
		" 'addDropdown': {}, 'mappedSelectors': {}, 'columnLabels': {}}]}", 0},
	{TRACKER_FORM, "{'fields': [{'name': 'project', 'type': 'text'}, {'name': 'error',"
		" 'type': 'blank', 'help': 'x'}, {'name': 'map', 'type': 'choice_mapper',"
		" 'perItemMapping': true}]}", 0},
	{TRACKER_FORM, "{'fields': [{'name': 'map', 'type': 'choice_mapper', 'perItemMapping': 1}]}",
		MORTISE_E_INTERNAL},
	{TRACKER_FORM, "{}", MORTISE_E_INTERNAL},
	{TRACKER_FORM, "{'fields': {}}", MORTISE_E_INTERNAL},
	{TRACKER_FORM, "{'fields': [7]}", MORTISE_E_INTERNAL},
	{TRACKER_FORM, "{'fields': [{'name': 'a'}]}", MORTISE_E_INTERNAL},
	{TRACKER_FORM, "{'fields': [{'name': 'a b', 'type': 'string'}]}", MORTISE_E_INTERNAL},
	{TRACKER_FORM, "{'fields': [{'name': 'a', 'type': 'html'}]}", MORTISE_E_INTERNAL},
	{TRACKER_FORM, "{'fields': [{'name': 'a', 'type': 'string', 'onload': 'x'}]}",
		MORTISE_E_INTERNAL},
	{TRACKER_FORM, "{'fields': [{'name': 'a', 'type': 'string', 'label': {}}]}",
		MORTISE_E_INTERNAL},
	{TRACKER_FORM, "{'fields': [{'name': 'a', 'type': 'select', 'choices': ['b']}]}",
		MORTISE_E_INTERNAL},
	{TRACKER_FORM, "{'fields': [{'name': 'a', 'type': 'select', 'choices': [['b', 1]]}]}",
		MORTISE_E_INTERNAL},
	{TRACKER_FORM, "{'fields': [{'name': 'a', 'type': 'select', 'url': 'javascript:1'}]}",
		MORTISE_E_INTERNAL},
	{TRACKER_FORM, "{'fields': [{'name': 'a', 'type': 'select', 'url': '//a.test/'}]}",
		MORTISE_E_INTERNAL},
	{TRACKER_FORM, "{'fields': [{'name': 'a', 'type': 'string'},"
		" {'name': 'a', 'type': 'string'}]}", MORTISE_E_INTERNAL},
};

static void answer_has_the_form_of_its_callback(void **state)
{
	(void)state;
	for (size_t i = 0; i < lengthof(cases); i++) {
		cleanup_err struct err err = {0};
		cleanup_json json_t *answer = parse(cases[i].answer);

		if (answer_check(cases[i].callback, answer, &err) != cases[i].code)
			fail_msg("case %zu: %s: %s", i, cases[i].answer, err_text(&err));
	}
}

static void key_of_10_kb_is_refused(void **state)
{
	cleanup_err struct err err = {0};
	cleanup_free char *longest = repeat('k', ANSWER_KEY_MAX);
	cleanup_free char *large = repeat('k', 10240);
	cleanup_json json_t *fits = json_pack("{s:s}", "key", longest);
	cleanup_json json_t *answer = json_pack("{s:s}", "key", large);

	(void)state;
	assert_int_equal(answer_check(TRACKER_GET, fits, &err), 0);
	assert_int_equal(answer_check(TRACKER_GET, answer, &err), MORTISE_E_INTERNAL);
	assert_non_null(strstr(err_text(&err), "key"));
}

static void huge_form_is_refused(void **state)
{
	cleanup_err struct err many = {0};
	cleanup_err struct err large = {0};
	cleanup_free char *text = repeat('t', 60000);
	cleanup_json json_t *fields = json_array();

	(void)state;
	for (int i = 0; i < FORM_FIELDS_MAX; i++) {
		cleanup_free char *name = xasprintf("f%d", i);

		json_array_append_new(fields, json_pack("{s:s, s:s, s:s}", "name", name, "type",
			"string", "help", i < 10 ? text : ""));
	}
	assert_int_equal(form_fields_check(fields, NULL), 0);
	json_array_append_new(fields, json_pack("{s:s, s:s}", "name", "more", "type", "string"));
	assert_int_equal(form_fields_check(fields, &many), MORTISE_E_INTERNAL);
	json_array_remove(fields, FORM_FIELDS_MAX);
	for (size_t i = 0; i < 20; i++)
		json_object_set_new(json_array_get(fields, i), "help", json_string(text));
	assert_int_equal(form_fields_check(fields, &large), MORTISE_E_INTERNAL);
	assert_non_null(strstr(err_text(&large), "larger"));
}

static void usual_fields_stand_in_front_unless_the_provider_has_them(void **state)
{
	cleanup_json json_t *own = parse("[{'name': 'title', 'type': 'string', 'default': 'mine'},"
		" {'name': 'repo', 'type': 'select'}]");
	cleanup_json json_t *defaults = parse("{'repo': 'a/b', 'title': 'stored', 'gone': 1}");
	cleanup_json json_t *wanted = parse("[{'name': 'description', 'label': 'Description',"
		" 'type': 'textarea', 'autosize': true, 'maxRows': 10, 'default': 'd'},"
		" {'name': 'title', 'type': 'string', 'default': 'mine'},"
		" {'name': 'repo', 'type': 'select', 'default': 'a/b'}]");

	(void)state;
	form_add_create_fields(own, "t", "d");
	form_propose(own, defaults);
	assert_true(json_equal(own, wanted));
}

static void form_that_says_why_it_is_none_gets_no_usual_fields(void **state)
{
	cleanup_json json_t *own = parse("[{'name': 'project', 'type': 'select'},"
		" {'name': 'error', 'type': 'blank', 'help': 'why'}]");
	cleanup_json json_t *wanted = json_deep_copy(own);

	(void)state;
	form_add_create_fields(own, "t", "d");
	assert_true(json_equal(own, wanted));
}

static void own_searches_get_their_address(void **state)
{
	cleanup_json json_t *fields = parse("[{'name': 'repo', 'type': 'select', 'url': '/search/'},"
		" {'name': 'title', 'type': 'string'}, {'name': 'b', 'type': 'select', 'url': '/other/'}]");
	cleanup_json json_t *wanted = parse("[{'name': 'repo', 'type': 'select', 'url': '/x/'},"
		" {'name': 'title', 'type': 'string'}, {'name': 'b', 'type': 'select', 'url': '/other/'}]");

	(void)state;
	form_address_searches(fields, "/x/");
	assert_true(json_equal(fields, wanted));
}

static void attribute_is_synced_if_its_key_is_true(void **state)
{
	cleanup_json json_t *config = parse("{'comments': true, 'status': false, 'in': 'true'}");
	const struct reg_provider provider = {.has_issue_provider = true, .issue_provider = {
		.sync = "{\"comment\": \"comments\", \"outbound_status\": \"status\","
			" \"inbound_status\": \"in\"}"}};
	const struct reg_provider none = {0};

	(void)state;
	assert_true(tracker_syncs(&provider, "comment", config));
	assert_false(tracker_syncs(&provider, "outbound_status", config));
	assert_false(tracker_syncs(&provider, "inbound_status", config));
	assert_false(tracker_syncs(&provider, "outbound_assignee", config));
	assert_false(tracker_syncs(&none, "comment", config));
}

static void address_is_made_from_the_key(void **state)
{
	cleanup_json json_t *metadata = parse("{'base': 'https://a.test', 'bad': 'ftp://a'}");
	const struct {
		const char *template, *url;
	} urls[] = {
		{"https://b.test/{key}", "https://b.test/A%20%231"},
		{"{metadata:/base}/browse/{key}", "https://a.test/browse/A%20%231"},
		{"{metadata:/bad}/{key}", NULL},
		{"{metadata:/none}/{key}", NULL},
		{"https://b.test/{key}/{other}", NULL},
	};

	(void)state;
	for (size_t i = 0; i < lengthof(urls); i++) {
		const struct reg_provider provider = {.has_issue_provider = true,
			.issue_provider = {.key_url = urls[i].template}};
		cleanup_free char *url = tracker_key_url(NULL, &provider, metadata, "A #1");

		if (urls[i].url ? !url || strcmp(url, urls[i].url) != 0 : url != NULL)
			fail_msg("case %zu: %s", i, url ? url : "none");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(answer_has_the_form_of_its_callback),
		cmocka_unit_test(key_of_10_kb_is_refused),
		cmocka_unit_test(huge_form_is_refused),
		cmocka_unit_test(usual_fields_stand_in_front_unless_the_provider_has_them),
		cmocka_unit_test(form_that_says_why_it_is_none_gets_no_usual_fields),
		cmocka_unit_test(own_searches_get_their_address),
		cmocka_unit_test(attribute_is_synced_if_its_key_is_true),
		cmocka_unit_test(address_is_made_from_the_key),
	};

	return cmocka_run_group_tests_name("tracker_answer", tests, NULL, NULL);
}
