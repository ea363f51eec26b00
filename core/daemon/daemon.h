/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * The parts of a running mortised, made in order by main.c and handed to each
 * other through this one struct.  Members are set before any thread that uses
 * them starts and do not change until it ends.
 */
#ifndef MORTISE_DAEMON_DAEMON_H
#define MORTISE_DAEMON_DAEMON_H

struct daemon {
	struct settings *settings;
	struct loop *loop;
	struct pool *request_pool;     /* API handlers, pipeline steps */
	struct pool *intake_pool;      /* webhooks: verify and store */
	struct pool *host_call_pool;   /* what providers ask for during calls */
	struct store *store;
	struct vault *vault;
	struct egress *egress;
	struct upstreams *upstreams;
	struct providers *providers;
	struct jobs *jobs;
	struct webhooks *webhooks;
	struct http_server *http;
	struct http_server *metrics_http;
	struct admin *admin;
};

#endif
