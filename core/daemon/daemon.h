/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * The parts of a running mortised, and their life.
 *
 * daemon_new makes the parts in the order of their dependencies and hands them to
 * each other through this one struct; daemon_run runs the loop on the calling
 * thread until the daemon has drained.  Members are set before any thread that
 * uses them starts and do not change until it ends.
 */
#ifndef MORTISE_DAEMON_DAEMON_H
#define MORTISE_DAEMON_DAEMON_H

#include <stdint.h>

struct err;

struct daemon {
	struct settings *settings;
	int64_t started_us;
	struct loop *loop;
	struct pool *request_pool;     /* API handlers, pipeline steps */
	struct pool *intake_pool;      /* webhooks: verify and store */
	struct pool *ingest_pool;      /* events: take apart and store */
	struct pool *host_call_pool;   /* what providers ask for during calls */
	struct store *store;
	struct vault *vault;
	struct egress *egress;
	struct upstreams *upstreams;
	struct providers *providers;
	struct public_keys *public_keys; /* of those who sign tokens */
	struct rates *rates;           /* how often each caller asked */
	struct owner_cache *owner_cache; /* ownership rules of projects */
	struct jobs *jobs;
	struct webhooks *webhooks;
	struct pages *pages;
	struct ingest *ingest;
	struct http_server *http;
	struct api *api;
	struct http_server *metrics_http;
	struct admin *admin;
	struct daemon_life *life;      /* signals, start and drain; daemon.c's own */
};

/* Takes the settings over, also on failure. */
int daemon_new(struct settings *settings_take, struct daemon **ret_daemon, struct err *err);
/* 0 after an orderly end; negative when the start failed. */
int daemon_run(struct daemon *daemon, struct err *err);
void daemon_free(struct daemon *daemon);
/* Begin to drain and end; any thread, any number of times. */
void daemon_stop(struct daemon *daemon);
/* Take no new webhooks, requests or jobs, but stay (for an operator); any thread. */
void daemon_drain(struct daemon *daemon);

#endif
