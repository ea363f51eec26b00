/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * Expressions of webhook registrations, over a body that is scanned for them:
 * "EXPRESSION NUL BODY".  The body also stands for a token's claims, if it is an object.
 * A result has its bounds; without the body it may be put off, but never come out
 * differently.
 */
#include "config.h"
#include "tests/fuzz/fuzz.h"

#include "core/base/err.h"
#include "core/webhook/expression.h"

static const char *find_value(const void *arg, const char *name)
{
	(void)arg;
	return *name == 'x' ? NULL : name;
}

static void check(const struct expression *expression, const struct scanner_plan *plan,
	const char *body, size_t size)
{
	char text[SCANNER_VALUE_SIZE + 1], early[SCANNER_VALUE_SIZE + 1];
	struct scanner_result picked;
	cleanup_json json_t *claims = json_loadb(body, size, 0, NULL);
	struct expression_source source = {.header = find_value, .path = find_value,
		.claims = claims};
	enum expression_state before = expression_evaluate(expression, &source, early), after;

	if (!expression_needs_body(expression))
		HOLDS(before != EXPRESSION_LATER);
	(void)scanner_scan(plan, body, size, &picked);
	source.body = &picked;
	after = expression_evaluate(expression, &source, text);
	HOLDS(after != EXPRESSION_LATER);
	if (before != EXPRESSION_LATER)
		HOLDS(before == after);
	if (after != EXPRESSION_PRESENT)
		return;
	HOLDS(*text && strlen(text) <= SCANNER_VALUE_SIZE);
	for (const char *c = text; *c; c++)
		HOLDS(*c >= 0x20 && *c <= 0x7e);
	if (before == EXPRESSION_PRESENT)
		HOLDS(strcmp(early, text) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input input = {data, size};
	cleanup_free char *text = fuzz_text(&input);
	cleanup_err struct err err = {0};
	struct scanner_plan *plan = scanner_plan_new();
	struct expression *expression;

	if (expression_parse(text, plan, &expression, &err) == 0) {
		check(expression, plan, (const char *)input.data, input.size);
		expression_free(expression);
	} else {
		HOLDS(err.code < 0 && *err_text(&err));
	}
	scanner_plan_free(plan);
	return 0;
}
