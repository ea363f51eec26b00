/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
#include "config.h"
#include "core/http/health.h"

#include "core/http/http.h"

static void serve_healthy(struct http_request *request, void *arg)
{
	(void)arg;
	http_reply_json(request, 200, json_pack("{s:s}", "status", "ok"));
	http_send(request);
}

static void serve_ready(struct http_request *request, void *arg)
{
	struct health *health = arg;
	const char *reason = "starting or ending";

	if (health->ready(health->arg, &reason)) {
		http_reply_json(request, 200, json_pack("{s:s}", "status", "ready"));
	} else {
		http_reply_header(request, "Retry-After", "1");
		http_reply_json(request, 503, json_pack("{s:s}", "detail", reason));
	}
	http_send(request);
}

void health_add_routes(struct http_server *server, struct health *health)
{
	http_server_add(server, &(struct http_route){
		.method = "GET", .pattern = "/-/healthy", .handler = serve_healthy});
	http_server_add(server, &(struct http_route){.method = "GET", .pattern = "/-/ready",
		.handler = serve_ready, .arg = health});
}
