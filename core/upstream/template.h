/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * From templates and JSON to URLs: path parameters, queries, form bodies.  Pure
 * functions, any thread.
 */
#ifndef MORTISE_UPSTREAM_TEMPLATE_H
#define MORTISE_UPSTREAM_TEMPLATE_H

#include <jansson.h>

struct buf;
struct err;

/* A string or an integer as text (new string); NULL for anything else. */
char *template_scalar(const json_t *value);
/* Percent-encode all but unreserved characters; 'keep' names further ones to keep. */
void template_encode(struct buf *buf, const char *text, const char *keep);
/* Append "name=value" to a query or form body, with "&" if 'buf' is not empty. */
void template_pair(struct buf *buf, const char *name, const char *value);
/* A path: {name} is params[name] percent-encoded, {name*} keeps its slashes.  E_INTERNAL
 * for a template that cannot be filled, E_FORBIDDEN for a value that would leave its
 * place: empty, "." or "..". */
int template_path(struct buf *buf, const char *path, const json_t *params, struct err *err);
/* An object of strings and integers, and of lists of them for names that are repeated, as
 * query, without "?". */
int template_query(struct buf *buf, const json_t *query, struct err *err);

#endif
