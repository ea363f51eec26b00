/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * Expressions of webhook registrations: where a value stands in a request.
 *
 *   expression  = sequence *("|" sequence)      the first that is present
 *   sequence    = 1*part                        all present, joined
 *   part        = header:NAME | json:/pointer | path:NAME | claim:NAME | "literal"
 *
 * A result is 1 to 256 bytes of printable ASCII, else it counts as absent.  Of claims,
 * texts and integers count.  Any thread; an expression is constant.
 */
#ifndef MORTISE_WEBHOOK_EXPRESSION_H
#define MORTISE_WEBHOOK_EXPRESSION_H

#include <stdbool.h>

#include <jansson.h>

#include "core/webhook/scanner.h"

struct err;
struct expression;

/* Where values come from.  The functions may return NULL. */
struct expression_source {
	const char *(*header)(const void *arg, const char *name);
	const char *(*path)(const void *arg, const char *name);
	const void *arg;
	const struct scanner_result *body;     /* NULL: not scanned yet */
	const json_t *claims;                  /* of the request's token; NULL: it has none */
};

enum expression_state {
	EXPRESSION_ABSENT,
	EXPRESSION_PRESENT,
	EXPRESSION_LATER,      /* depends on the body, which has not been scanned */
};

/* The JSON pointers in it are added to 'plan'. */
int expression_parse(const char *text, struct scanner_plan *plan,
	struct expression **ret_expression, struct err *err);
void expression_free(struct expression *expression);
/* 'ret_text' is set when the result is EXPRESSION_PRESENT. */
enum expression_state expression_evaluate(const struct expression *expression,
	const struct expression_source *source, char ret_text[static SCANNER_VALUE_SIZE + 1]);
bool expression_needs_body(const struct expression *expression);

#endif
