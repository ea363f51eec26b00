/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/* Replies to requests that did not succeed.  Any thread. */
#ifndef MORTISE_API_REPLY_H
#define MORTISE_API_REPLY_H

#include <jansson.h>

struct err;
struct http_request;

/* Set the reply for 'err': status and shape of err_meaning; an outage or a fault of ours
 * gets an errorId and its line in the log.  Does not send. */
void reply_err(struct http_request *request, const struct err *err);
/* The same inside a pipeline: {"status": "error", "data": {"detail"}, "detail", …}. */
void reply_pipeline_err(struct http_request *request, const struct err *err);
/* A request that access turned away: 401, 403 or 404. */
void reply_refusal(struct http_request *request, const struct err *err);

#endif
