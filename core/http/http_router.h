/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * From a method and a path to a route.  Built before the server listens, read on
 * the loop thread.
 *
 * Where several patterns fit, a literal segment beats a parameter and a parameter
 * beats {rest*}, from left to right.
 */
#ifndef MORTISE_HTTP_HTTP_ROUTER_H
#define MORTISE_HTTP_HTTP_ROUTER_H

#include "core/http/http.h"
#include "core/http/http_parser.h"

#define HTTP_MAX_PARAMS 8

struct http_router;

struct http_match {
	const struct http_route *route;/* NULL: none */
	const char *allow;             /* of the path, for Allow; "" if no pattern fits */
	struct http_field params[HTTP_MAX_PARAMS];
	size_t param_len;
	char *storage;                 /* the params point in here */
	char allow_storage[64];
};

struct http_router *http_router_new(void);
void http_router_add(struct http_router *router, const struct http_route *route);
/* Index from 0 until NULL. */
const struct http_route *http_router_route(const struct http_router *router, size_t index);
/* HTTP_DONE, 404 (no pattern), 405 (other methods only), or 400 (a parameter's
 * escape is wrong).  Free with http_match_clear whatever the result is. */
int http_router_find(const struct http_router *router, const char *method, const char *path,
	struct http_match *ret_match);
void http_match_clear(struct http_match *match);
void http_router_free(struct http_router *router);

#endif
