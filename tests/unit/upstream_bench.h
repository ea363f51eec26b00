/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * A daemon's parts for the tests of core/upstream: store, vault, egress and upstreams
 * on a temporary directory, a provider "acme" with one integration, and a scripted
 * upstream.
 */
#ifndef MORTISE_TESTS_UPSTREAM_BENCH_H
#define MORTISE_TESTS_UPSTREAM_BENCH_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "core/base/err.h"
#include "core/daemon/daemon.h"
#include "core/provider/provider.h"
#include "core/upstream/upstream.h"
#include "tests/unit/scripted_server.h"

#define BENCH_MINT_PATH "/app/installations/4711/access_tokens"

struct bench {
	char dir[40];
	struct daemon daemon;
	pthread_t thread;
	struct scripted_server *server;
	/* "api"; "bare" without credentials; "tenant", where its metadata says */
	struct mortise_upstream upstreams[3];
	/* "app", "installation", "key", "user", "connect" (jwt), "oauth1" */
	struct mortise_credential credentials[6];
	struct reg_provider provider;
	struct call_scope scope;       /* of the integration */
	struct call_scope pipeline;
	int64_t other_id;              /* another integration of the same provider */
	/* Of the last send: */
	struct upstream_answer answer;
	struct err err;
};

/* The server's answers are the test's; 'arg' goes to them. */
struct bench *bench_new(scripted_fn *fn, void *arg);
void bench_free(struct bench *bench);
/* Send in the integration's scope; defaults: upstream "api", GET, "/x". */
int bench_send(struct bench *bench, struct upstream_request request);
int bench_send_as(struct bench *bench, const struct call_scope *scope,
	struct upstream_request request);
/* The integration's secrets, opened; a new reference. */
json_t *bench_secrets(struct bench *bench);
void bench_set_secrets(struct bench *bench, json_t *secrets_take);
/* Merge into the integration's metadata. */
void bench_patch_metadata(struct bench *bench, json_t *patch_take);

#endif
