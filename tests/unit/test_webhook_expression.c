/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
#include "config.h"
#include "tests/unit/unit.h"

#include <stdio.h>
#include <strings.h>

#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/webhook/expression.h"

static const char body[] = "{\"installation\":{\"id\":7},\"payload\":{\"user\":{\"id\":\"u1\"}}}";

static const char *header(const void *arg, const char *name)
{
	(void)arg;
	if (strcasecmp(name, "X-GitHub-Event") == 0)
		return "push";
	if (strcasecmp(name, "X-Tenant") == 0)
		return "acme";
	if (strcasecmp(name, "X-Strange") == 0)
		return "a\xc3\xa4";
	return strcasecmp(name, "X-Empty") == 0 ? "" : NULL;
}

static const char *path(const void *arg, const char *name)
{
	(void)arg;
	return strcmp(name, "token") == 0 ? "t0k" : NULL;
}

/* 'early': what is known before the body was scanned. */
static const struct expression_case {
	const char *text;
	enum expression_state early, late;
	const char *value;
} cases[] = {
	{"header:X-GitHub-Event", EXPRESSION_PRESENT, EXPRESSION_PRESENT, "push"},
	{"header:X-Missing", EXPRESSION_ABSENT, EXPRESSION_ABSENT, NULL},
	{"header:X-Empty", EXPRESSION_ABSENT, EXPRESSION_ABSENT, NULL},
	{"header:X-Strange", EXPRESSION_ABSENT, EXPRESSION_ABSENT, NULL},
	{"path:token", EXPRESSION_PRESENT, EXPRESSION_PRESENT, "t0k"},
	{"\"fixed\"", EXPRESSION_PRESENT, EXPRESSION_PRESENT, "fixed"},
	{"json:/installation/id", EXPRESSION_LATER, EXPRESSION_PRESENT, "7"},
	{"json:/installation/none", EXPRESSION_LATER, EXPRESSION_ABSENT, NULL},
	{"json:/payload/team/id | json:/payload/user/id", EXPRESSION_LATER, EXPRESSION_PRESENT,
		"u1"},
	{"header:X-Missing|header:X-Tenant", EXPRESSION_PRESENT, EXPRESSION_PRESENT, "acme"},
	{"header:X-Host \":\" json:/installation/id|header:X-Tenant \".ghe.com:\" "
	 "json:/installation/id", EXPRESSION_LATER, EXPRESSION_PRESENT, "acme.ghe.com:7"},
	{"header:X-Missing \":\" json:/installation/id", EXPRESSION_ABSENT, EXPRESSION_ABSENT,
		NULL},
	{"json:/none \"x\" | \"default\"", EXPRESSION_LATER, EXPRESSION_PRESENT, "default"},
	{"\"github.com:\" json:/installation/id", EXPRESSION_LATER, EXPRESSION_PRESENT,
		"github.com:7"},
	{"\"\"", EXPRESSION_ABSENT, EXPRESSION_ABSENT, NULL},
	{"claim:iss", EXPRESSION_PRESENT, EXPRESSION_PRESENT, "tenant"},
	{"claim:id", EXPRESSION_PRESENT, EXPRESSION_PRESENT, "-77"},
	{"claim:iss \":\" json:/installation/id", EXPRESSION_LATER, EXPRESSION_PRESENT, "tenant:7"},
	{"claim:none | \"x\"", EXPRESSION_PRESENT, EXPRESSION_PRESENT, "x"},
	{"claim:none", EXPRESSION_ABSENT, EXPRESSION_ABSENT, NULL},
	{"claim:real", EXPRESSION_ABSENT, EXPRESSION_ABSENT, NULL},
	{"claim:yes", EXPRESSION_ABSENT, EXPRESSION_ABSENT, NULL},
	{"claim:list", EXPRESSION_ABSENT, EXPRESSION_ABSENT, NULL},
	{"claim:empty", EXPRESSION_ABSENT, EXPRESSION_ABSENT, NULL},
	{"claim:strange", EXPRESSION_ABSENT, EXPRESSION_ABSENT, NULL},
};

static void it_gives_the_first_that_is_present(void **state)
{
	cleanup_json json_t *claims = json_pack("{s:s, s:i, s:f, s:b, s:[s], s:s, s:s}", "iss",
		"tenant", "id", -77, "real", 1.5, "yes", 1, "list", "a", "empty", "", "strange",
		"\xc3\xa4");
	struct expression_source source = {.header = header, .path = path, .claims = claims};

	(void)state;
	for (size_t i = 0; i < lengthof(cases); i++) {
		struct scanner_plan *plan = scanner_plan_new();
		char text[SCANNER_VALUE_SIZE + 1] = "";
		struct scanner_result result;
		struct expression *expression;

		assert_int_equal(expression_parse(cases[i].text, plan, &expression, NULL), 0);
		source.body = NULL;
		if (expression_evaluate(expression, &source, text) != cases[i].early)
			fail_msg("case %zu, early: %s", i, cases[i].text);
		assert_true(scanner_scan(plan, body, sizeof(body) - 1, &result));
		source.body = &result;
		if (expression_evaluate(expression, &source, text) != cases[i].late ||
			(cases[i].value && strcmp(text, cases[i].value) != 0))
			fail_msg("case %zu: %s gives '%s'", i, cases[i].text, text);
		expression_free(expression);
		scanner_plan_free(plan);
	}
}

static void what_is_too_long_is_absent(void **state)
{
	struct expression_source source = {.header = header, .path = path};
	struct scanner_plan *plan = scanner_plan_new();
	char text[SCANNER_VALUE_SIZE + 1], literal[SCANNER_VALUE_SIZE + 4];

	(void)state;
	for (int size = SCANNER_VALUE_SIZE; size <= SCANNER_VALUE_SIZE + 1; size++) {
		struct expression *expression;

		snprintf(literal, sizeof(literal), "\"%0*d\"", size, 1);
		assert_int_equal(expression_parse(literal, plan, &expression, NULL), 0);
		assert_int_equal(expression_evaluate(expression, &source, text),
			size == SCANNER_VALUE_SIZE ? EXPRESSION_PRESENT : EXPRESSION_ABSENT);
		expression_free(expression);
	}
	scanner_plan_free(plan);
}

static void a_faulty_text_is_refused_with_its_words(void **state)
{
	static const char *const texts[] = {"", " ", "|", "\"a\" |", "| \"a\"", "\"a\" || \"b\"",
		"header:", "json:a", "cookie:x", "\"open", "X-GitHub-Event", "json:/a/~9"};
	struct scanner_plan *plan = scanner_plan_new();

	(void)state;
	for (size_t i = 0; i < lengthof(texts); i++) {
		cleanup_err struct err err = {0};
		struct expression *expression;

		if (expression_parse(texts[i], plan, &expression, &err) != MORTISE_E_FIELD ||
			!strstr(err_text(&err), texts[i]))
			fail_msg("case %zu: %s: %s", i, texts[i], err_text(&err));
	}
	scanner_plan_free(plan);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_gives_the_first_that_is_present),
		cmocka_unit_test(what_is_too_long_is_absent),
		cmocka_unit_test(a_faulty_text_is_refused_with_its_words),
	};

	return cmocka_run_group_tests_name("webhook_expression", tests, NULL, NULL);
}
