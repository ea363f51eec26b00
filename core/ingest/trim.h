/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/* Copies of foreign values that are no larger than they may be.  Any thread. */
#ifndef MORTISE_INGEST_TRIM_H
#define MORTISE_INGEST_TRIM_H

#include <stddef.h>

#include <jansson.h>

/* Of a copy; all of them are small numbers, depth too. */
struct trim {
	int depth;             /* containers in containers */
	size_t items;          /* of one container; what is over is left out */
	size_t chars;          /* of one text; what is longer is cut and ends in "..." */
};

/* 'text' as it is, or cut to 'chars' characters. */
json_t *trim_text(const char *text, size_t chars);
/* The text that a value is: a string, a number or a boolean; NULL for anything else. */
json_t *trim_scalar(const json_t *value, size_t chars);
/* A copy.  '*left' is how many bytes may still be copied, and goes down: what comes when
 * it is used up is left out.  NULL: nothing of it fits. */
json_t *trim_value(const json_t *value, const struct trim *trim, size_t *left);

#endif
