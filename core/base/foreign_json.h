/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * Foreign JSON: a webhook, an upstream's answer, an event.  Its bounds, and parsing what
 * jansson alone would refuse.  Any thread.
 */
#ifndef MORTISE_BASE_FOREIGN_JSON_H
#define MORTISE_BASE_FOREIGN_JSON_H

#include <stdbool.h>
#include <stddef.h>

#include <jansson.h>

struct err;

/* Before a tree is built, which takes many times the bytes: do brackets nest at most
 * 'max_depth' levels, and are there at most 'max_values' values, an empty list
 * or object counted as two? */
bool foreign_json_fits(const char *text, size_t size, size_t max_depth, size_t max_values);
/* Parse 'text', which is followed by a NUL.  \u0000 and half surrogate pairs become
 * U+FFFD, an integer over 63 bits or a real that no double holds a string.  E_FIELD if
 * it is not JSON. */
int foreign_json_parse(const char *text, size_t size, json_t **ret_json, struct err *err);

#endif
