/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * Outbound HTTP: libcurl multi on the loop thread, with the rules that always hold.
 *
 * No private, loopback, link-local or metadata address unless the configuration
 * allows it for that provider, host and port (checked on the resolved address, each
 * time, after redirects too); TLS verified; http and https only; proxy from the
 * configuration only; bounded answers, after decompression; headers without CR or LF.
 * Credentials and their origin are core/upstream's: here a request may carry
 * 'secret_headers' or 'sign', which are dropped when a redirect leaves the origin, and
 * so is 'insecure'.
 */
#ifndef MORTISE_EGRESS_EGRESS_H
#define MORTISE_EGRESS_EGRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct egress;
struct err;
struct loop;
struct settings;

struct egress_header {
	const char *name;
	const char *value;
};

/* Make the secret header of one sending, which is signed over its method and URL.  On
 * the worker; '*ret_header' borrows, until the next call. */
typedef int egress_sign_fn(void *arg, const char *method, const char *url,
	struct egress_header *ret_header, struct err *err);

struct egress_request {
	const char *provider;      /* for the allow list, logs and metrics */
	const char *method;
	const char *url;
	const struct egress_header *headers;   /* NULL name ends */
	const struct egress_header *secret_headers;
	egress_sign_fn *sign;      /* in their place, for each sending anew; or NULL */
	void *sign_arg;
	const void *body;
	size_t body_size;
	int redirects;             /* MORTISE_REDIRECT_ */
	size_t max_answer;         /* bytes; 0: 16 MiB */
	int64_t timeout_ms;        /* total, 0: settings */
	bool insecure;             /* do not verify TLS (who installed it said so), on
				    * connections that nobody else uses */
	bool at_most_once;         /* on a connection of its own, since libcurl sends again
				    * when a reused one dies */
};

struct egress_answer {
	int status;
	struct egress_header *headers;  /* lower-case names; NULL name ends; owned */
	char *body;                /* NUL-terminated; owned */
	size_t size;
	int64_t elapsed_ms;
};

/* Where a request that got no answer stopped: did it surely do nothing? */
enum egress_failure {
	EGRESS_ANSWERED,
	EGRESS_NOT_SENT,           /* refused, name not found, TLS failed, forbidden address */
	EGRESS_UNKNOWN,            /* sent, then time-out or reset */
};

/* 'settings' is borrowed for good. */
struct egress *egress_new(struct loop *loop, const struct settings *settings);
/* Any thread but the loop, while the loop still runs: every request, also a running one,
 * ends with E_CANCELLED from now on.  Returns when nobody is in egress_send any more. */
void egress_stop(struct egress *egress);
/* When the loop has ended. */
void egress_free(struct egress *egress);
/* Send and wait; not on the loop thread.  0 whenever an answer came.  E_UPSTREAM
 * otherwise, with '*ret_failure' set. */
int egress_send(struct egress *egress, const struct egress_request *request,
	struct egress_answer *ret_answer, enum egress_failure *ret_failure, struct err *err);
void egress_answer_clear(struct egress_answer *answer);
const char *egress_answer_header(const struct egress_answer *answer, const char *name);

#endif
