/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * Check in one pass that bytes are JSON, and pick a few values out of them, without
 * building a tree.  Any thread; a plan is constant once it is complete.
 *
 * What is taken: exactly RFC 8259 with valid UTF-8, an object or array at the top, at
 * most SCANNER_MAX_DEPTH deep.  A member on the way to a picked value that stands twice
 * is refused: two readers of such a text need not agree on which one counts.  (jansson
 * refuses some JSON: NUL, lone surrogates, numbers out of range.  What is taken
 * here, foreign_json_parse parses.)
 */
#ifndef MORTISE_WEBHOOK_SCANNER_H
#define MORTISE_WEBHOOK_SCANNER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct err;

#define SCANNER_MAX_DEPTH 512
#define SCANNER_MAX_PICKS 16
#define SCANNER_VALUE_SIZE 256

struct scanner_plan;

/* A picked string, or a number as it was written; size 0: absent, another type, empty,
 * longer than SCANNER_VALUE_SIZE or not all printable ASCII. */
struct scanner_value {
	size_t size;
	char text[SCANNER_VALUE_SIZE + 1];
};

struct scanner_result {
	struct scanner_value values[SCANNER_MAX_PICKS];
};

struct scanner_plan *scanner_plan_new(void);
/* Pick the value at this JSON pointer ("/installation/id").  Returns its place in
 * `values`; the same pointer has the same place. */
int scanner_plan_add(struct scanner_plan *plan, const char *pointer, struct err *err);
void scanner_plan_free(struct scanner_plan *plan);

/* False: not JSON.  Then '*ret_result' holds no values. */
bool scanner_scan(const struct scanner_plan *plan, const char *data, size_t size,
	struct scanner_result *ret_result);

#endif
