/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * One request for a token, as OAuth 1.0a and 2 make it: a POST that is sent once and goes
 * nowhere else, with an answer that is short and secret.  For the files of this folder.
 */
#ifndef MORTISE_UPSTREAM_TOKEN_ENDPOINT_H
#define MORTISE_UPSTREAM_TOKEN_ENDPOINT_H

#include <stddef.h>
#include <stdint.h>

struct call_scope;
struct daemon;
struct egress_answer;
struct err;

struct token_request {
	const char *url;               /* template */
	const char *verify;            /* value, as in mortise_upstream; or NULL */
	const char *accept;
	const char *authorization;     /* secret; NULL: none */
	const void *body;              /* a form; size 0: none */
	size_t body_size;
	int64_t timeout_ms;            /* 0: 30 s */
};

/* Clear what came with token_answer_clear. */
int token_request_send(struct daemon *daemon, const struct call_scope *scope,
	const struct token_request *request, struct egress_answer *ret_answer, struct err *err);
void token_answer_clear(struct egress_answer *answer);
/* The upstream's own words for the user: one line, bounded (new string). */
char *token_words(const char *text);
/* E_UPSTREAM: the endpoint failed with 'status'. */
int token_endpoint_failed(int status, struct err *err);

#endif
