/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * /-/healthy: the loop turns.  /-/ready: requests can be served now; a load
 * balancer asks this one.  Both are answered on the loop thread, so that they
 * work when every worker is busy.
 */
#ifndef MORTISE_HTTP_HEALTH_H
#define MORTISE_HTTP_HEALTH_H

#include <stdbool.h>

struct http_server;

struct health {
	/* Loop thread; must not block.  If not ready, '*ret_reason' is a constant text. */
	bool (*ready)(void *arg, const char **ret_reason);
	void *arg;
};

/* 'health' is borrowed for good. */
void health_add_routes(struct http_server *server, struct health *health);

#endif
