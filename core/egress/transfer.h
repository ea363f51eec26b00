/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * One HTTP exchange, without redirects or repetition: a libcurl handle with the rules
 * that always hold, and its answer.  The worker makes it, waits and reads it; in
 * between it belongs to the loop thread.  For egress.c.
 */
#ifndef MORTISE_EGRESS_TRANSFER_H
#define MORTISE_EGRESS_TRANSFER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <curl/curl.h>

#include "core/base/buf.h"
#include "core/egress/egress.h"

struct err;
struct ip;
struct origin;

/* May this exchange be connected to 'ip'?  NULL, or the kind that forbids it. */
typedef const char *transfer_judge_fn(const struct ip *ip, void *arg);

struct transfer_plan {
	const struct egress_request *request;
	const char *method;
	const char *url;
	const struct egress_header *secret_headers;    /* NULL: none */
	bool with_body;
	bool insecure;                 /* the TLS certificate is not checked */
	int64_t timeout_ms;
	int64_t connect_timeout_ms;
	const char *proxy;             /* "": none */
	transfer_judge_fn *judge;
	void *judge_arg;
};

struct transfer {
	CURL *easy;
	struct curl_slist *list;       /* request headers */
	const struct transfer_plan *plan;
	struct buf body;
	struct buf header_text;        /* name NUL value NUL …, of the last answer */
	size_t header_bytes;
	int codings;                   /* Content-Encoding headers of the last answer */
	bool head_done;                /* what comes now are trailers, which do not count */
	/* Why a callback ended it: */
	const char *forbidden;         /* kind of the address */
	bool over_limit;               /* the answer is larger than it may be */
	bool coded;                    /* it is coded in a way that was not asked for */
};

/* E_INTERNAL for a header or method that cannot be sent. */
int transfer_init(struct transfer *transfer, const struct transfer_plan *plan, struct err *err);
/* Read the answer out of it, after the end. */
void transfer_take_answer(struct transfer *transfer, struct egress_answer *ret_answer);
/* Bytes of the request that went out. */
int64_t transfer_sent_bytes(const struct transfer *transfer);
/* After CURLE_PEER_FAILED_VERIFICATION: what is wrong with the certificate. */
const char *transfer_certificate_fault(const struct transfer *transfer);
void transfer_done(struct transfer *transfer);

#endif
