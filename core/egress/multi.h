/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * One libcurl multi handle, driven by the loop's events.  Loop thread only; multi_new
 * and multi_free also while no loop runs.
 */
#ifndef MORTISE_EGRESS_MULTI_H
#define MORTISE_EGRESS_MULTI_H

#include <curl/curl.h>

struct loop;
struct multi;

/* A transfer has ended; its handle is out of the multi already.  'arg' is what
 * multi_add was given. */
typedef void multi_done_fn(void *arg, CURLcode result);

struct multi *multi_new(struct loop *loop, multi_done_fn *done);
void multi_free(struct multi *multi);
/* Start 'easy'; its CURLOPT_PRIVATE is taken for 'arg'. */
void multi_add(struct multi *multi, CURL *easy, void *arg);
/* Take it out before its end; done is not called. */
void multi_remove(struct multi *multi, CURL *easy);

#endif
