/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * URLs of outbound requests: their check, their origin, and the target of a redirect.
 * They are parsed by libcurl, which also uses them, so that nobody reads a URL in
 * another way than the one who connects.  Any thread.
 */
#ifndef MORTISE_EGRESS_ORIGIN_H
#define MORTISE_EGRESS_ORIGIN_H

#include <stdbool.h>

struct err;

#define ORIGIN_URL_MAX 8192

struct origin {
	char *scheme;          /* "http", "https" */
	char *host;            /* lower case, without brackets or a last dot */
	int port;
};

/* Parse an absolute http or https URL without user and password; E_FIELD says what is
 * wrong with it, without showing it. */
int origin_parse(const char *url, struct origin *ret_origin, struct err *err);
/* What a signature over a request covers of its URL. */
struct origin_target {
	char *resource;        /* scheme, host in lower case, port if it is not the scheme's
				* own, and path: the "base string URI" of RFC 5849 */
	char *path;            /* as it is sent; at least "/" */
	char *query;           /* as it is sent, without "?"; NULL: none */
};

/* Like origin_parse. */
int origin_target_parse(const char *url, struct origin_target *ret_target, struct err *err);
void origin_target_clear(struct origin_target *target);
bool origin_equals(const struct origin *left, const struct origin *right);
void origin_clear(struct origin *origin);
/* 'location' as seen from 'url' (new string), without fragment; NULL if it makes no URL. */
char *origin_resolve(const char *url, const char *location);

#endif
