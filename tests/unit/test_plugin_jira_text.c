/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/* Markdown taken apart, and written as the wiki markup of Jira Server. */
#include "config.h"
#include "tests/unit/unit.h"

#include "core/base/buf.h"
#include "core/base/mem.h"
#include "plugins/jira/text.h"
#include "plugins/jira/wiki.h"

/* A text as "P(words|break|words<url>)", one block after the other. */
static char *shown(const char *markdown, size_t max)
{
	cleanup_buf struct buf out = BUF(65536);
	struct text text;

	text_parse(markdown, max, &text);
	for (size_t i = 0; i < text.len; i++) {
		const struct text_block *block = &text.blocks[i];

		buf_printf(&out, "%s%u(", block->type == TEXT_CODE ? "C" : "P", block->quote);
		for (size_t j = 0; j < block->len; j++) {
			const struct text_span *span = &text.spans[block->first + j];

			if (span->type == TEXT_BREAK)
				buf_printf(&out, "|");
			else if (span->type == TEXT_LINK)
				buf_printf(&out, "%.*s<%.*s>", (int)span->size, span->text, (int)span->url_size,
					span->url);
			else
				buf_printf(&out, "%.*s", (int)span->size, span->text);
		}
		buf_printf(&out, ")");
	}
	text_clear(&text);
	return xstrdup(out.size ? out.data : "");
}

static void markdown_is_taken_apart(void **state)
{
	static const char *const cases[][2] = {
		{"", ""},
		{" \n\t\n", ""},
		{"one\ntwo\n\nthree", "P0(one|two)P0(three)"},
		{"one\r\ntwo\rthree", "P0(one|two|three)"},
		{"a\x01" "b", "P0(a b)"},
		{"> q\n> r\n\n> s\nt", "P1(q|r)P2(s)P0(t)"},
		{"> q\n>\n> r", "P1(q)P1(r)"},
		{"> > deep", "P1(deep)"},
		{"```c\nint x;\n\n  y\n```\nz", "C0(int x;\n\n  y)P0(z)"},
		{"```\n> no quote\n```", "C0(> no quote)"},
		{"> ```\n> > x\n> ```", "C1(> x)"},
		{"> ```\n> x\nout", "C1(x)P0(out)"},
		{"```\n```", "C0()"},
		{"```\nopen", "C0(open)"},
		{"~~~\n```\n~~~", "C0(```)"},
		{"````\n```\n````", "C0(```)"},
		{"```a`b", "P0(```a`b)"},
		{"see [it](http://a.example/x)!", "P0(see it<http://a.example/x>!)"},
		{"[a [b] c](https://a.example/)", "P0(a [b] c<https://a.example/>)"},
		{"[t](https://a.example/ \"title\")", "P0(t<https://a.example/>)"},
		{"[](https://a.example/)", "P0(https://a.example/<https://a.example/>)"},
		{"[x](javascript:alert(1))", "P0([x](javascript:alert(1)))"},
		{"[x](/relative)", "P0([x](/relative))"},
		{"[x](http://a b)", "P0([x](http://a<http://a> b))"},
		{"[never closed", "P0([never closed)"},
		{"(http://a.example/b_(c)).", "P0((http://a.example/b_(c)<http://a.example/b_(c)>).)"},
		{"http://a.example, xhttp://b http://", "P0(http://a.example<http://a.example>, xhttp://b http://)"},
		{"<https://a.example> <mailto:a@b.example>",
			"P0(https://a.example<https://a.example> mailto:a@b.example<mailto:a@b.example>)"},
		{"\\*not bold\\* C:\\dir", "P0(*not bold* C:\\dir)"},
		{"[a\\]b](http://a.example/)", "P0(a]b<http://a.example/>)"},
	};

	(void)state;
	for (size_t i = 0; i < lengthof(cases); i++) {
		cleanup_free char *made = shown(cases[i][0], 1000);

		if (strcmp(made, cases[i][1]) != 0)
			fail_msg("case %zu: %s, wanted %s", i, made, cases[i][1]);
	}
}

static void a_long_text_is_cut_between_characters(void **state)
{
	cleanup_free char *words = shown("ab\xc3\xa9" "cd", 3);
	cleanup_free char *code = shown("```\nabcd\n```\nz", 6);
	cleanup_free char *whole = shown("abc", 3);

	(void)state;
	assert_string_equal(words, "P0(ab)P0(\xe2\x80\xa6)");
	assert_string_equal(code, "C0(ab)P0(\xe2\x80\xa6)");
	assert_string_equal(whole, "P0(abc)");
}

static void text_stays_text_in_wiki_markup(void **state)
{
	static const char *const cases[][2] = {
		{"plain words, 2 - 3 = -1 and a_b snake_case", "plain words, 2 - 3 = \\-1 and a_b snake_case"},
		{"**bold** _it_ a*b", "\\*\\*bold** \\_it_ a*b"},
		{"{quote} {code} {x}", "\\{quote} \\{code} \\{x}"},
		{"[~admin] [x]", "\\[\\~admin] \\[x]"},
		{"- list\n* list\n# list", "\\- list\n\\* list\n\\# list"},
		{"h1. head\nbq. quote\nsh1. no", "h1&#46; head\nbq&#46; quote\nsh1. no"},
		{"|a|b|", "\\|a|b|"},
		{"a -- b ---- c", "a \\-\\- b \\-\\-\\-\\- c"},
		{"!image.png! ??cite?? wow!", "\\!image.png! \\??cite\\?? wow!"},
		{"C:\\dir &#92; A & B", "C:&#92;dir &amp;#92; A & B"},
		{"fine :) (x) (flag) (word)", "fine &#58;) &#40;x) &#40;flag) (word)"},
		{"[the | trace](http://a.example/[x])", "[the &#124; trace|http://a.example/%5Bx%5D]"},
		{"http://a.example/_x_", "[http://a.example/_x]_"},
		{"one\n\n```\nint *x; {code} {quote}\n```", "one\n\n{code}\nint *x; {\xe2\x80\x8b" "code} {\xe2\x80\x8b"
			"quote}\n{code}"},
		{"> a\n>\n> b\n\n> c", "{quote}a\n\nb{quote}\n\n{quote}c{quote}"},
	};

	(void)state;
	for (size_t i = 0; i < lengthof(cases); i++) {
		cleanup_free char *made = wiki_from_markdown(cases[i][0]);

		if (strcmp(made, cases[i][1]) != 0)
			fail_msg("case %zu: %s, wanted %s", i, made, cases[i][1]);
	}
}

static void a_note_is_one_quotation(void **state)
{
	static const char *const cases[][3] = {
		{"Dana Lee", "Look", "Dana Lee wrote:\n\n{quote}Look{quote}"},
		{"Dana", "{quote}out{quote}", "Dana wrote:\n\n{quote}\\{quote}out\\{quote}{quote}"},
		{"Dana", "> earlier\n> lines\n\nnow", "Dana wrote:\n\n{quote}> earlier\n> lines\n\nnow{quote}"},
		{"[~all]\nbq. x", "hi", "\\[\\~all] bq. x wrote:\n\n{quote}hi{quote}"},
		{"", "hi", "Unknown User wrote:\n\n{quote}hi{quote}"},
		{NULL, NULL, "Unknown User wrote:\n\n{quote}{quote}"},
	};

	(void)state;
	for (size_t i = 0; i < lengthof(cases); i++) {
		cleanup_free char *made = wiki_quote(cases[i][0], cases[i][1]);

		if (strcmp(made, cases[i][2]) != 0)
			fail_msg("case %zu: %s, wanted %s", i, made, cases[i][2]);
	}
}

static void escapes_stay_within_what_jira_takes(void **state)
{
	cleanup_free char *stars = xmalloc(3 * WIKI_MAX + 1);
	cleanup_free char *made = NULL;

	(void)state;
	for (size_t i = 0; i < 3 * WIKI_MAX; i++)
		stars[i] = i % 2 ? ' ' : '\\';
	stars[3 * WIKI_MAX] = '\0';
	made = wiki_quote("Dana", stars);
	assert_true(strlen(made) <= WIKI_MAX && strlen(made) > WIKI_MAX / 2);
	assert_string_equal(made + strlen(made) - strlen("\xe2\x80\xa6{quote}"), "\xe2\x80\xa6{quote}");
}

static void a_link_of_words_and_url(void **state)
{
	cleanup_free char *made = wiki_link("SHOP-1", "https://m.example/issues/7/?referrer=jira_server");

	(void)state;
	assert_string_equal(made, "[SHOP-1|https://m.example/issues/7/?referrer=jira_server]");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(markdown_is_taken_apart),
		cmocka_unit_test(a_long_text_is_cut_between_characters),
		cmocka_unit_test(text_stays_text_in_wiki_markup),
		cmocka_unit_test(a_note_is_one_quotation),
		cmocka_unit_test(escapes_stay_within_what_jira_takes),
		cmocka_unit_test(a_link_of_words_and_url),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
