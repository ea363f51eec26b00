/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/* Patterns, ownership rules, CODEOWNERS, and frames: what needs no store. */
#include "config.h"
#include "tests/unit/unit.h"

#include "core/base/buf.h"
#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/owner/codeowners.h"
#include "core/owner/frame.h"
#include "core/owner/pattern.h"
#include "core/owner/rule.h"
#include "core/owner/subject.h"
#include "core/storage/code_mapping.h"

/* ---- Patterns ---- */

struct pattern_case {
	const char *pattern, *text;
	bool matches;
};

static void a_rule_pattern_matches_the_whole_text(void **state)
{
	static const struct pattern_case cases[] = {
		{"src/*", "src/a/b.c", true}, {"src/*", "lib/src/a.c", false},
		{"*src/*", "lib/src/a.c", true}, {"*.py", "a/b.PY", true}, {"*.py", "a.pyc", false},
		{"a?c", "abc", true}, {"a?c", "a\xc3\xa9" "c", true}, {"a?c", "ac", false},
		{"[a-c]x", "bx", true}, {"[!a-c]x", "bx", false}, {"[!a-c]x", "dx", true},
		{"[]]", "]", true}, {"[ab", "[ab", true}, {"a\\b", "a/b", true}, {"a/b", "a\\b", true},
		{"**", "", true}, {"", "", true}, {"", "a", false}, {"*a*b*c", "xaybzc", true},
		{"*a*b*c", "xaybz", false},
	};

	(void)state;
	for (size_t i = 0; i < lengthof(cases); i++) {
		uint64_t steps = 10000;

		if (pattern_matches(cases[i].pattern, cases[i].text, &steps) != cases[i].matches)
			fail_msg("case %zu: \"%s\" against \"%s\"", i, cases[i].pattern, cases[i].text);
	}
}

static void a_codeowners_pattern_matches_as_in_gitignore(void **state)
{
	static const struct pattern_case cases[] = {
		{"*", "a/b.c", true}, {"*.js", "a/b.js", true}, {"*.js", "b.js", true},
		{"*.js", "a/b.jsx", false}, {"*.js", "a.js/b.c", true},
		{"docs", "docs/a.md", true}, {"docs", "lib/docs/a.md", true}, {"docs", "docs2/a.md", false},
		{"docs/", "docs/a.md", true}, {"docs/", "lib/docs/a/b.md", true}, {"docs/", "docs", false},
		{"/docs", "docs/a.md", true}, {"/docs", "lib/docs/a.md", false}, {"/docs/", "/docs/a", true},
		{"src/api", "src/api/a.c", true}, {"src/api", "lib/src/api/a.c", false},
		{"src/api", "src/api", true}, {"src/api", "src/apis", false},
		{"src/*", "src/a.c", true}, {"src/*", "src/a/b.c", false}, {"/*", "a", true},
		{"/*", "a/b", false}, {"src/*.c", "src/a.c", true}, {"src/*.c", "src/x/a.c", false},
		{"src/**", "src/a/b.c", true}, {"src/**", "src", false}, {"**/api", "src/x/api/a.c", true},
		{"**/api", "src/myapi/a.c", false}, {"src/**/a.c", "src/a.c", true},
		{"src/**/a.c", "src/x/y/a.c", true}, {"src/**/a.c", "src/x/ba.c", false},
		{"s?c/a.c", "src/a.c", true}, {"s?c", "s/c", false}, {"a**b", "axxb", true},
		{"webpack://shop/api/", "webpack://shop/api/cart.js", true},
		{"webpack://shop/api/", "webpack://shop/apis/cart.js", false},
		{"C:\\repo\\src/", "C:\\repo\\src\\a.cs", true}, {"Src", "src", false},
		{"/", "a", false}, {"", "a", false}, {"**", "a", true}, {"**/", "a/b", true},
	};

	(void)state;
	for (size_t i = 0; i < lengthof(cases); i++) {
		uint64_t steps = 10000;

		if (pattern_matches_path(cases[i].pattern, cases[i].text, &steps) != cases[i].matches)
			fail_msg("case %zu: \"%s\" against \"%s\"", i, cases[i].pattern, cases[i].text);
	}
}

static void a_comparison_ends_when_its_steps_do(void **state)
{
	cleanup_buf struct buf pattern = BUF(0), text = BUF(0);
	uint64_t steps = 500, deep = 500;

	(void)state;
	for (int i = 0; i < 100; i++) {
		buf_add_text(&pattern, "*a/**/");
		buf_add_text(&text, "aaaaaa/aaa/");
	}
	buf_add_text(&pattern, "b");
	assert_false(pattern_matches(buf_text(&pattern), buf_text(&text), &steps));
	assert_int_equal(steps, 0);
	assert_false(pattern_matches_path(buf_text(&pattern), buf_text(&text), &deep));
	assert_int_equal(deep, 0);
}

/* ---- Rules ---- */

/* Each rule as TYPE, PATTERN and owners. */
static char *shown(const struct owner_rules *rules)
{
	static const char *const signs[] = {"", "#", "", ""};
	struct buf text = BUF(0);

	for (size_t i = 0; i < rules->len; i++) {
		const struct owner_rule *rule = &rules->list[i];
		cleanup_free char *type = owner_rule_type(rules, rule);

		buf_printf(&text, "%s|%s|", type, owner_rules_text(rules, rule->pattern));
		for (uint32_t j = 0; j < rule->len; j++)
			buf_printf(&text, "%s%s%s", j > 0 ? " " : "",
				signs[rules->owners[rule->first + j].kind],
				owner_rules_text(rules, rules->owners[rule->first + j].name));
		buf_add_text(&text, ";");
	}
	return text.data ? buf_steal(&text) : xstrdup("");
}

static void rules_are_read(void **state)
{
	static const char *const cases[][2] = {
		{"", ""}, {"\n  \n# a comment\n#web\n", ""},
		{"path:src/* #web bob@acme.example", "path|src/*|#web bob@acme.example;"},
		{"src/a.c   bob@acme.example\r\n", "path|src/a.c|bob@acme.example;"},
		{"url:https://shop.example/* #web", "url|https://shop.example/*|#web;"},
		{"https://shop.example/x #web", "path|https://shop.example/x|#web;"},
		{"module:com.acme.* #web", "module|com.acme.*|#web;"},
		{"tags.user type:vip #web", "tags.user type|vip|#web;"},
		{"tags.:x #web", "path|tags.:x|#web;"},
		{"codeowners:/docs/ #docs", "codeowners|/docs/|#docs;"},
		{"path:\"a b/\\\"c\\\".py\" #web\n\"d e\" #web", "path|a b/\"c\".py|#web;path|d e|#web;"},
		{"a #x\nb #y #z", "path|a|#x;path|b|#y #z;"},
	};

	(void)state;
	for (size_t i = 0; i < lengthof(cases); i++) {
		cleanup_owner_rules struct owner_rules rules = {0};
		cleanup_err struct err err = {0};
		cleanup_free char *text = NULL;

		if (owner_rules_parse(&rules, cases[i][0], &err) < 0)
			fail_msg("case %zu: %s", i, err_text(&err));
		text = shown(&rules);
		assert_string_equal(text, cases[i][1]);
	}
}

static void a_line_that_is_no_rule_is_named(void **state)
{
	static const char *const cases[][2] = {
		{"src/*", "line 1: the rule has no owner"}, {"a #x\nb\n", "line 2: the rule has no owner"},
		{"a # note", "line 1: \"#\" is no owner"}, {"path: #web", "no pattern"},
		{"\n\npath:\"a #web", "line 3: the quotation mark"},
	};

	(void)state;
	for (size_t i = 0; i < lengthof(cases); i++) {
		cleanup_owner_rules struct owner_rules rules = {0};
		cleanup_err struct err err = {0};

		assert_int_equal(owner_rules_parse(&rules, cases[i][0], &err), MORTISE_E_FIELD);
		if (!strstr(json_string_value(json_array_get(json_object_get(err.fields, "raw"), 0)),
			    cases[i][1]))
			fail_msg("case %zu: %s", i, err_text(&err));
	}
}

static void what_has_no_end_is_refused(void **state)
{
	cleanup_buf struct buf raw = BUF(0);
	cleanup_owner_rules struct owner_rules rules = {0};
	cleanup_owner_rules struct owner_rules files = {0};
	cleanup_err struct err err = {0};

	(void)state;
	for (int i = 0; i < OWNER_RULES_MAX / 2 + 1; i++)
		buf_add_text(&raw, "a #b\n");
	assert_int_equal(owner_rules_parse(&rules, buf_text(&raw), &err), MORTISE_E_FIELD);
	for (char *c = raw.data; *c; c++)
		if (*c == '#')
			*c = '@';
	assert_false(codeowners_parse(&files, buf_text(&raw), "", ""));
}

/* ---- CODEOWNERS ---- */

static void a_file_becomes_rules(void **state)
{
	static const char *const cases[][2] = {
		{"*.js @acme/web @bob", "codeowners|*.js|@acme/web @bob;"},
		{"src/api/ @acme/api # note", "codeowners|webpack://shop/api/|@acme/api;"},
		{"docs/ @nobody", "codeowners|docs/|@nobody;"},
		{"!skip/*.log @bob", ""}, {"a[bc].c @bob", ""}, {"a#b @bob", ""}, {"a\\ b @bob", ""},
		{"# comment\n\n  \t\n", ""}, {"lonely", ""}, {"a #all comment", ""},
		{"a[b @bob", "codeowners|a[b|@bob;"},
		{"\ta.c\tbob@acme.example  x@y\r\n", "codeowners|a.c|bob@acme.example x@y;"},
		{"a.c @bob\nb.c @eve", "codeowners|a.c|@bob;codeowners|b.c|@eve;"},
	};

	(void)state;
	for (size_t i = 0; i < lengthof(cases); i++) {
		cleanup_owner_rules struct owner_rules rules = {0};
		cleanup_free char *text = NULL;

		assert_true(codeowners_parse(&rules, cases[i][0], "webpack://shop", "src"));
		text = shown(&rules);
		assert_string_equal(text, cases[i][1]);
	}
}

static void owners_are_told_apart(void **state)
{
	static const struct {
		const char *name;
		enum owner_kind kind;
	} cases[] = {
		{"@acme/web", OWNER_GROUP}, {"bob@acme.example", OWNER_ADDRESS}, {"@bob", OWNER_ACCOUNT},
		{"bob@acme", OWNER_ACCOUNT}, {"@bob@acme.example", OWNER_ACCOUNT}, {"a@.b", OWNER_ACCOUNT},
		{"a@b.", OWNER_ACCOUNT}, {"a/b@c.d", OWNER_GROUP},
	};

	(void)state;
	for (size_t i = 0; i < lengthof(cases); i++) {
		cleanup_owner_rules struct owner_rules rules = {0};
		cleanup_free char *line = xasprintf("* %s", cases[i].name);

		assert_true(codeowners_parse(&rules, line, "", ""));
		if (rules.owners[0].kind != cases[i].kind)
			fail_msg("case %zu: %s", i, cases[i].name);
	}
}

static void roots_are_replaced(void **state)
{
	static const struct {
		const char *path, *stack_root, *source_root, *pattern;
	} cases[] = {
		{"src/api/", "webpack://shop", "src", "webpack://shop/api/"},
		{"*.js", "webpack://shop", "src", "*.js"},
		{"docs/", "webpack://shop", "docs", "docs/"},
		{"src/api/", "app:///", "src/", "app:///api/"},
		{"src/api/", "app:///", "src", "app:///api/"},
		{"/src/db/x", "app://", "src", "app://db/x"},
		{"/src/db/x", "app:///", "src/", "app:///db/x"},
		{"src/x", "app/", "", "app/src/x"},
		{"/x", "", "", "/x"}, {"/x/", "", "", "x/"}, {"/x", "app/", "", "app/x"},
		{"lib/src//x", "a//b", "src", "lib/a/b/x"},
		{"docs/x", "app/", "src/", "docs/x"}, {"/docs", "app/", "src/", "/docs"},
	};

	(void)state;
	for (size_t i = 0; i < lengthof(cases); i++) {
		cleanup_buf struct buf pattern = BUF(0);

		codeowners_path(cases[i].path, cases[i].stack_root, cases[i].source_root, &pattern);
		if (strcmp(buf_text(&pattern), cases[i].pattern) != 0)
			fail_msg("case %zu: %s", i, buf_text(&pattern));
	}
}

/* ---- Frames ---- */

static void a_frame_means_a_path(void **state)
{
	static const struct {
		struct owner_frame frame;
		const char *path;
	} cases[] = {
		{{.platform = "java", .file = "Cart.java", .module = "com.acme.Cart$Item"},
			"com/acme/Cart.java"},
		{{.platform = "java", .file = "Cart.java", .module = "Cart"}, "Cart.java"},
		{{.platform = "java", .file = "com/acme/Cart.java", .module = "com.acme.Cart"}, NULL},
		{{.platform = "java", .file = "Cart.java"}, NULL},
		{{.platform = "cocoa", .file = "App.swift", .package = "Shop",
			 .abs_path = "/Users/a/Shop/Views/App.swift"}, "Shop/Views/App.swift"},
		{{.platform = "cocoa", .file = "App.swift", .package = "/var/app/Shop",
			 .abs_path = "/Users/a/MyShop/Shop/App.swift"}, "Shop/App.swift"},
		{{.platform = "cocoa", .file = "App.swift", .package = "Other", .abs_path = "/a/App.swift"},
			NULL},
		{{.platform = "other", .sdk = "sentry.dart.flutter", .file = "main.dart",
			 .package = "shop", .abs_path = "package:shop/src/main.dart"}, "src/main.dart"},
		{{.platform = "other", .sdk = "sentry.dart", .file = "main.dart", .package = "shop",
			 .abs_path = "package:shop/main.dart"}, NULL},
		{{.platform = "python", .file = "a.py", .module = "x.a", .abs_path = "/x/a.py"}, NULL},
		{{.file = "a.py"}, NULL},
	};

	(void)state;
	for (size_t i = 0; i < lengthof(cases); i++) {
		cleanup_free char *path = frame_munged_path(&cases[i].frame);

		if (!path != !cases[i].path || (path && strcmp(path, cases[i].path) != 0))
			fail_msg("case %zu: %s", i, path ? path : "none");
	}
}

static void mappings_have_an_order(void **state)
{
	/* Roots in the order of ids, "*" for a generated one; and as they are tried. */
	static const char *const cases[][2] = {
		{"a/ b/ a/c/", "b/ a/c/ a/"}, {"a/ b/", "b/ a/"}, {"*a/ b/", "b/ *a/"},
		{"a/ *b/", "a/ *b/"}, {"a/ /app/", "/app/ a/"}, {"a/ */app/", "*/app/ a/"},
		{"*a/ *a/b/", "*a/b/ *a/"}, {"*a/ *b/", "*a/ *b/"}, {"/app/ /app/x/ a/", "a/ /app/x/ /app/"},
		{"/a/ *g/ b/", "/a/ b/ *g/"}, {"", ""}, {"a/", "a/"},
	};

	(void)state;
	for (size_t i = 0; i < lengthof(cases); i++) {
		cleanup_free char *text = xstrdup(cases[i][0]);
		cleanup_buf struct buf order = BUF(0);
		struct code_mapping mappings[4] = {{0}};
		const struct code_mapping *tried[4];
		char *rest = text, *root;
		size_t len = 0;

		while ((root = strsep(&rest, " ")) && *root) {
			mappings[len].generated = *root == '*';
			mappings[len].stack_root = root + (*root == '*');
			tried[len] = &mappings[len];
			len++;
		}
		frame_order_mappings(tried, len);
		for (size_t j = 0; j < len; j++)
			buf_printf(&order, "%s%s%s", j > 0 ? " " : "", tried[j]->generated ? "*" : "",
				tried[j]->stack_root);
		if (strcmp(buf_text(&order), cases[i][1]) != 0)
			fail_msg("case %zu: %s", i, buf_text(&order));
	}
}

static void a_mapping_gives_the_path_in_the_repository(void **state)
{
	static const struct {
		const char *file, *abs_path, *stack_root, *source_root, *path;
	} cases[] = {
		{"/app/shop/cart.py", NULL, "/app/", "", "shop/cart.py"},
		{"shop/cart.py", NULL, "shop/", "src/shop/", "src/shop/cart.py"},
		{"./web/list.ts", NULL, "./", "static/", "static/web/list.ts"},
		{"app:///../lib/a.js", NULL, "app:///../", "", "lib/a.js"},
		{"x/one/two.py", NULL, "x/one/", "y/", "y/two.py"}, {"a/b.py", NULL, "", "", "a/b.py"},
		{"/a/b.py", NULL, "/", "", "a/b.py"}, {"C:\\repo\\pkg\\m.cs", NULL, "C:\\repo\\", "", "pkg/m.cs"},
		{"cart.py", "/app/shop/cart.py", "/app/", "src/", "src/shop/cart.py"},
		{"cart.py", "/app/shop/cart.py", "/srv/", "", NULL}, {"lib/shop/a.py", NULL, "shop/", "", NULL},
		{"a/a/b.py", NULL, "a/", "x/", "x/a/b.py"},
	};

	(void)state;
	for (size_t i = 0; i < lengthof(cases); i++) {
		const struct owner_frame frame = {.file = cases[i].file, .abs_path = cases[i].abs_path};
		cleanup_free char *stack_root = xstrdup(cases[i].stack_root);
		cleanup_free char *source_root = xstrdup(cases[i].source_root);
		const struct code_mapping mapping = {.stack_root = stack_root,
			.source_root = source_root};
		cleanup_free char *path = frame_source_path(&frame, &mapping);

		if (!path != !cases[i].path || (path && strcmp(path, cases[i].path) != 0))
			fail_msg("case %zu: %s", i, path ? path : "none");
	}
}

/* ---- Subjects ---- */

static void rules_look_at_all_of_an_event(void **state)
{
	static const char body_text[] =
		"{\"platform\": \"java\", \"environment\": \"production\","
		" \"request\": {\"url\": \"https://shop.example/cart\"},"
		" \"tags\": [[\"browser\", \"Firefox 131\"]],"
		" \"exception\": {\"values\": [{\"stacktrace\": {\"frames\": ["
		"   {\"filename\": \"Cart.java\", \"module\": \"com.acme.Cart\"},"
		"   {\"filename\": \"a.js\", \"abs_path\": \"app:///a.js\", \"platform\": \"javascript\"}]}}]},"
		" \"threads\": {\"values\": [{\"crashed\": true, \"stacktrace\": {\"frames\": ["
		"   {\"filename\": \"thread.c\"}]}}]}}";
	static const struct {
		const char *rule;
		bool matches;
	} cases[] = {
		{"path:Cart.java #x", true}, {"path:com/acme/* #x", true}, {"path:com/other/* #x", false},
		{"codeowners:com/acme/ #x", true}, {"codeowners:app:///a.js #x", true},
		{"module:com.acme.* #x", true}, {"module:Cart.java #x", false},
		{"url:*/cart #x", true}, {"url:*/checkout #x", false}, {"tags.browser:firefox* #x", true},
		{"tags.browser:Chrome* #x", false}, {"tags.environment:production #x", true},
		{"tags.nothing:* #x", false}, {"path:thread.c #x", false},
	};
	cleanup_json json_t *body = json_loads(body_text, 0, NULL);

	(void)state;
	assert_non_null(body);
	for (size_t i = 0; i < lengthof(cases); i++) {
		cleanup_owner_subject struct owner_subject subject = {0};
		cleanup_owner_rules struct owner_rules rules = {0};

		owner_subject_of_event(body, &subject);
		assert_int_equal(owner_rules_parse(&rules, cases[i].rule, NULL), 0);
		if (owner_rule_matches(&rules, &rules.list[0], &subject) != cases[i].matches)
			fail_msg("case %zu: %s", i, cases[i].rule);
	}
}

static void a_thread_counts_where_nothing_else_has_frames(void **state)
{
	cleanup_json json_t *body = json_pack("{s:{s:[{s:b, s:{s:[{s:s}]}}, {s:{s:[{s:s}]}}]}}",
		"threads", "values", "current", 1, "stacktrace", "frames", "filename", "mine.c",
		"stacktrace", "frames", "filename", "other.c");
	cleanup_owner_subject struct owner_subject subject = {0};

	(void)state;
	owner_subject_of_event(body, &subject);
	assert_non_null(json_object_get(subject.paths, "mine.c"));
	assert_int_equal(json_object_size(subject.paths), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_rule_pattern_matches_the_whole_text),
		cmocka_unit_test(a_codeowners_pattern_matches_as_in_gitignore),
		cmocka_unit_test(a_comparison_ends_when_its_steps_do),
		cmocka_unit_test(rules_are_read),
		cmocka_unit_test(a_line_that_is_no_rule_is_named),
		cmocka_unit_test(what_has_no_end_is_refused),
		cmocka_unit_test(a_file_becomes_rules),
		cmocka_unit_test(owners_are_told_apart),
		cmocka_unit_test(roots_are_replaced),
		cmocka_unit_test(a_frame_means_a_path),
		cmocka_unit_test(mappings_have_an_order),
		cmocka_unit_test(a_mapping_gives_the_path_in_the_repository),
		cmocka_unit_test(rules_look_at_all_of_an_event),
		cmocka_unit_test(a_thread_counts_where_nothing_else_has_frames),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
