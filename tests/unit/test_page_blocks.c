/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
#include "config.h"
#include "tests/unit/unit.h"

#include <mortise/plugin.h>

#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/page/blocks.h"

static const char whole[] =
	"{\"title\": \"Linked issues\", \"text\": [\"One.\", \"<script>\"],"
	" \"rows\": [{\"title\": \"It broke\", \"url\": \"https://mortise.test/1\","
	"   \"facts\": [{\"label\": \"Events\", \"value\": \"7\"}]}],"
	" \"links\": [{\"label\": \"Settings\", \"url\": \"http://mortise.test/\"}],"
	" \"action\": {\"label\": \"Finish\", \"url\": \"https://mortise.test/finish\"}}";

static int check(const char *text, struct err *err)
{
	cleanup_json json_t *json = json_loads(text, JSON_DECODE_ANY, NULL);

	assert_non_null(json);
	return blocks_check(json, err);
}

static void a_whole_page_and_a_bare_one_are_taken(void **state)
{
	static const char *const good[] = {whole, "{\"title\": \"\"}",
		"{\"title\": \"x\", \"text\": null, \"action\": null, \"rows\": [{\"title\": \"\", "
		"\"url\": null}]}"};

	(void)state;
	for (size_t i = 0; i < lengthof(good); i++) {
		cleanup_err struct err err = {0};

		if (check(good[i], &err) < 0)
			fail_msg("case %zu: %s", i, err_text(&err));
	}
}

static void what_is_no_block_is_refused_by_name(void **state)
{
	static const struct {
		const char *text, *words;
	} cases[] = {
		{"[]", "the data must be an object"},
		{"{}", "/title is missing"},
		{"{\"title\": null}", "/title must be a text"},
		{"{\"title\": \"x\", \"html\": \"<b>\"}", "/html is no member"},
		{"{\"title\": \"x\", \"text\": \"y\"}", "/text must be a list"},
		{"{\"title\": \"x\", \"text\": [7]}", "/text/0 must be a text"},
		{"{\"title\": \"x\", \"links\": [{\"label\": \"a\", \"url\": \"javascript:alert(1)\"}]}",
			"/links/0/url must be"},
		{"{\"title\": \"x\", \"links\": [{\"label\": \"a\", \"url\": \"//evil.test/\"}]}",
			"/links/0/url must be"},
		{"{\"title\": \"x\", \"links\": [{\"label\": \"a\"}]}", "/links/0/url is missing"},
		{"{\"title\": \"x\", \"action\": {\"label\": \"a\", \"url\": \"data:text/html,x\"}}",
			"/action/url must be"},
		{"{\"title\": \"x\", \"action\": []}", "/action must be an object"},
		{"{\"title\": \"x\", \"rows\": [{\"title\": \"a\", \"facts\": [{\"label\": \"b\"}]}]}",
			"/rows/0/facts/0/value is missing"},
		{"{\"title\": \"x\", \"rows\": [{\"title\": \"a\", \"onclick\": \"b\"}]}",
			"/rows/0/onclick is no member"},
	};

	(void)state;
	for (size_t i = 0; i < lengthof(cases); i++) {
		cleanup_err struct err err = {0};

		if (check(cases[i].text, &err) != MORTISE_E_INTERNAL ||
			!strstr(err_text(&err), cases[i].words))
			fail_msg("case %zu: %s", i, err_text(&err));
	}
}

static void a_page_has_a_bound(void **state)
{
	cleanup_err struct err err = {0};
	cleanup_free char *text = xmalloc(BLOCKS_MAX_SIZE + 1);
	cleanup_json json_t *page = NULL;

	(void)state;
	memset(text, 'x', BLOCKS_MAX_SIZE);
	text[BLOCKS_MAX_SIZE] = '\0';
	page = json_pack("{s:s}", "title", text);
	assert_int_equal(blocks_check(page, &err), MORTISE_E_INTERNAL);
	assert_non_null(strstr(err_text(&err), "65536 bytes"));
	text[BLOCKS_MAX_SIZE - strlen("{\"title\":\"\"}")] = '\0';
	json_object_set_new(page, "title", json_string(text));
	assert_int_equal(blocks_check(page, NULL), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_whole_page_and_a_bare_one_are_taken),
		cmocka_unit_test(what_is_no_block_is_refused_by_name),
		cmocka_unit_test(a_page_has_a_bound),
	};

	return cmocka_run_group_tests_name("page_blocks", tests, NULL, NULL);
}
