/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/* How two JSON values differ, in words.  Any thread. */
#ifndef MORTISE_CHECK_COMPARE_H
#define MORTISE_CHECK_COMPARE_H

#include <jansson.h>

/* Append a line for each difference, "POINTER: expected X, got Y", to 'lines', up to
 * 'max' lines in all.  'pointer' is where the values stand. */
void compare_json(const json_t *expected, const json_t *got, const char *pointer, json_t *lines,
	size_t max);
/* A value on one line, cut if it is long (new string). */
char *compare_show(const json_t *value);

#endif
