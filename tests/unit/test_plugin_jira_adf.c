/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/* Atlassian Document Format, from Markdown and to it. */
#include "config.h"
#include "tests/unit/unit.h"

#include <string.h>

#include "core/base/mem.h"
#include "plugins/jira/adf.h"
#include "plugins/jira/jira.h"

const struct mortise_host *host;

#define WORDS(text_) "{\"type\":\"text\",\"text\":\"" text_ "\"}"
#define LINK(text_, url_) "{\"type\":\"text\",\"text\":\"" text_ "\",\"marks\":[{\"type\":\"link\"," \
	"\"attrs\":{\"href\":\"" url_ "\"}}]}"
#define PARAGRAPH(content_) "{\"type\":\"paragraph\",\"content\":[" content_ "]}"
#define CODE(text_) "{\"type\":\"codeBlock\",\"content\":[" WORDS(text_) "]}"
#define QUOTE(content_) "{\"type\":\"blockquote\",\"content\":[" content_ "]}"
#define BREAK "{\"type\":\"hardBreak\"}"
#define DOC(content_) "{\"type\":\"doc\",\"version\":1,\"content\":[" content_ "]}"

static void expect_json(const json_t *json, const char *expected, size_t i)
{
	cleanup_json json_t *wanted = json_loads(expected, 0, NULL);
	cleanup_free char *text = json_dumps(json, JSON_SORT_KEYS);

	assert_non_null(wanted);
	if (!json_equal(json, wanted))
		fail_msg("case %zu: %s", i, text);
}

static void markdown_becomes_a_document(void **state)
{
	static const struct {
		const char *markdown, *document;
	} cases[] = {
		{"", DOC("")},
		{"It broke", DOC(PARAGRAPH(WORDS("It broke")))},
		{"one\n\ntwo", DOC(PARAGRAPH(WORDS("one")) "," PARAGRAPH(WORDS("two")))},
		{"one\ntwo", DOC(PARAGRAPH(WORDS("one") "," BREAK "," WORDS("two")))},
		{"Sentry Issue: [APP-1](https://e.test/i/1?referrer=jira_integration)\n\n```\nTraceback\n  x\n```",
			DOC(PARAGRAPH(WORDS("Sentry Issue: ") "," LINK("APP-1", "https://e.test/i/1?referrer=jira_integration"))
				"," CODE("Traceback\\n  x"))},
		{"> said\n\nanswer", DOC(QUOTE(PARAGRAPH(WORDS("said"))) "," PARAGRAPH(WORDS("answer")))},
		{"> a\n>\n> b", DOC(QUOTE(PARAGRAPH(WORDS("a")) "," PARAGRAPH(WORDS("b"))))},
		{"{code}<b>&amp; [x|y] @all", DOC(PARAGRAPH(WORDS("{code}<b>&amp; [x|y] @all")))},
		{"[x](javascript:alert)", DOC(PARAGRAPH(WORDS("[x](javascript:alert)")))},
	};

	(void)state;
	for (size_t i = 0; i < lengthof(cases); i++) {
		cleanup_json json_t *document = adf_from_markdown(cases[i].markdown);

		expect_json(document, cases[i].document, i);
	}
}

static void note_is_a_quotation_of_its_author(void **state)
{
	static const struct {
		const char *author, *text, *document;
	} cases[] = {
		{"Dana Lee", "Look", DOC(PARAGRAPH(WORDS("Dana Lee wrote:")) "," QUOTE(PARAGRAPH(WORDS("Look"))))},
		{NULL, "Look", DOC(PARAGRAPH(WORDS("Unknown User wrote:")) "," QUOTE(PARAGRAPH(WORDS("Look"))))},
		{"Dana", "> old\n\nnew", DOC(PARAGRAPH(WORDS("Dana wrote:")) ","
			QUOTE(PARAGRAPH(WORDS("old")) "," PARAGRAPH(WORDS("new"))))},
		{"Dana", "", DOC(PARAGRAPH(WORDS("Dana wrote:")) ",{\"type\":\"blockquote\",\"content\":["
			"{\"type\":\"paragraph\"}]}")},
		{"Dana", "```\nx\n```", DOC(PARAGRAPH(WORDS("Dana wrote:")) "," QUOTE(CODE("x")))},
	};

	(void)state;
	for (size_t i = 0; i < lengthof(cases); i++) {
		cleanup_json json_t *document = adf_quote(cases[i].author, cases[i].text);

		expect_json(document, cases[i].document, i);
	}
}

static void long_text_is_cut(void **state)
{
	cleanup_free char *text = xmalloc(100001);
	cleanup_free char *back = NULL;
	cleanup_json json_t *document = NULL;

	(void)state;
	memset(text, 'x', 100000);
	text[100000] = '\0';
	document = adf_from_markdown(text);
	back = adf_to_markdown(document);
	assert_in_range(strlen(back), ADF_TEXT_MAX, ADF_TEXT_MAX + 8);
	assert_string_equal(back + strlen(back) - 3, "…");
}

static void document_becomes_markdown(void **state)
{
	static const struct {
		const char *document, *markdown;
	} cases[] = {
		{DOC(""), ""},
		{DOC(PARAGRAPH(WORDS("one")) "," PARAGRAPH(WORDS("two"))), "one\n\ntwo"},
		{DOC(PARAGRAPH(WORDS("one") "," BREAK "," WORDS("two"))), "one\ntwo"},
		{DOC(PARAGRAPH(LINK("APP-1", "https://e.test/"))), "[APP-1](https://e.test/)"},
		{DOC(PARAGRAPH(LINK("https://e.test/", "https://e.test/"))), "https://e.test/"},
		{DOC(CODE("a\\nb")), "```\na\nb\n```"},
		{DOC(QUOTE(PARAGRAPH(WORDS("a")) "," PARAGRAPH(WORDS("b")))), "> a\n> \n> b"},
		{DOC(PARAGRAPH(WORDS("x")) "," QUOTE(PARAGRAPH(WORDS("a") "," BREAK "," WORDS("b")))
			"," PARAGRAPH(WORDS("y"))), "x\n\n> a\n> b\n\ny"},
		{DOC("{\"type\":\"heading\",\"attrs\":{\"level\":2},\"content\":[" WORDS("Title") "]}"), "## Title"},
		{DOC("{\"type\":\"heading\",\"attrs\":{\"level\":99},\"content\":[" WORDS("Title") "]}"), "# Title"},
		{DOC("{\"type\":\"bulletList\",\"content\":[{\"type\":\"listItem\",\"content\":["
			PARAGRAPH(WORDS("a")) "]},{\"type\":\"listItem\",\"content\":[" PARAGRAPH(WORDS("b")) "]}]}"),
			"- a\n- b"},
		{DOC("{\"type\":\"orderedList\",\"content\":[{\"type\":\"listItem\",\"content\":["
			PARAGRAPH(WORDS("a")) "," PARAGRAPH(WORDS("more")) "]},{\"type\":\"listItem\",\"content\":["
			PARAGRAPH(WORDS("b")) "]}]}"), "1. a\n  \n  more\n2. b"},
		{DOC(PARAGRAPH("{\"type\":\"mention\",\"attrs\":{\"id\":\"7\",\"text\":\"@Dana\"}}," WORDS(" see ")
			",{\"type\":\"inlineCard\",\"attrs\":{\"url\":\"https://e.test/x\"}}")), "@Dana see https://e.test/x"},
		{DOC("{\"type\":\"panel\",\"content\":[" PARAGRAPH(WORDS("in a panel")) "]},{\"type\":\"rule\"}"),
			"in a panel\n\n---"},
		{DOC("7,null,{},{\"type\":7},{\"type\":\"mediaSingle\",\"content\":[{\"type\":\"media\"}]},"
			PARAGRAPH(WORDS("rest"))), "rest"},
		{"\"h1. wiki text\"", "h1. wiki text"},
	};

	(void)state;
	for (size_t i = 0; i < lengthof(cases); i++) {
		cleanup_json json_t *document = json_loads(cases[i].document, JSON_DECODE_ANY, NULL);
		cleanup_free char *text = adf_to_markdown(document);

		assert_non_null(text);
		if (strcmp(text, cases[i].markdown) != 0)
			fail_msg("case %zu: \"%s\"", i, text);
	}
	assert_null(adf_to_markdown(NULL));
	assert_null(adf_to_markdown(json_null()));
}

static void deep_and_large_documents_are_bounded(void **state)
{
	json_t *node = json_pack("{s:s, s:[{s:s, s:s}]}", "type", "paragraph", "content", "type", "text",
		"text", "deep");
	cleanup_json json_t *large = json_array();
	cleanup_free char *text = NULL;

	(void)state;
	for (int i = 0; i < 500; i++)
		node = json_pack("{s:s, s:[o]}", "type", i % 2 ? "blockquote" : "bulletList", "content", node);
	text = adf_to_markdown(node);
	json_decref(node);
	assert_non_null(text);
	assert_null(strstr(text, "deep"));
	free(text);
	for (int i = 0; i < 1000; i++)
		json_array_append_new(large, json_pack("{s:s, s:s%}", "type", "text", "text",
			"0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789"
			"0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789"
			"0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789"
			"0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789",
			(size_t)400));
	node = json_pack("{s:s, s:O}", "type", "doc", "content", large);
	text = adf_to_markdown(node);
	json_decref(node);
	assert_in_range(strlen(text), PROSE_MAX_SIZE - 400, PROSE_MAX_SIZE);
}

static void what_is_written_reads_the_same(void **state)
{
	static const char *const texts[] = {"one", "one\ntwo\n\nthree", "[a](https://e.test/)", "```\ncode\n```",
		"x\n\n> said\n\ny"};

	(void)state;
	for (size_t i = 0; i < lengthof(texts); i++) {
		cleanup_json json_t *document = adf_from_markdown(texts[i]);
		cleanup_free char *text = adf_to_markdown(document);

		assert_string_equal(text, texts[i]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(markdown_becomes_a_document),
		cmocka_unit_test(note_is_a_quotation_of_its_author),
		cmocka_unit_test(long_text_is_cut),
		cmocka_unit_test(document_becomes_markdown),
		cmocka_unit_test(deep_and_large_documents_are_bounded),
		cmocka_unit_test(what_is_written_reads_the_same),
	};

	return cmocka_run_group_tests_name("plugin_jira_adf", tests, NULL, NULL);
}
