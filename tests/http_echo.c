/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * The HTTP server with one route that tells what it understood, for tests that send
 * it bytes: prints its port, serves until standard input ends.
 */
#include "config.h"

#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#include <event2/event.h>
#include <sodium.h>

#include "core/base/err.h"
#include "core/base/log.h"
#include "core/base/loop.h"
#include "core/http/http.h"

static void serve(struct http_request *request, void *arg)
{
	size_t size;
	const char *body = http_body(request, &size);
	char *hex = malloc(size * 2 + 1);

	(void)arg;
	sodium_bin2hex(hex, size * 2 + 1, (const unsigned char *)body, size);
	http_reply_json(request, 200, json_pack("{s:s, s:s, s:s, s:s}", "method",
		http_method(request), "path", http_path(request), "query",
		http_query_raw(request), "body", hex));
	http_send(request);
	free(hex);
}

static void on_input(evutil_socket_t fd, short what, void *arg)
{
	char bytes[64];

	(void)what;
	if (read(fd, bytes, sizeof(bytes)) <= 0)
		loop_stop(arg);
}

int main(void)
{
	struct loop *loop = loop_new();
	struct http_server *server = http_server_new(&(struct http_settings){.loop = loop});
	struct event *input = event_new(loop_base(loop), STDIN_FILENO, EV_READ | EV_PERSIST,
		on_input, loop);
	cleanup_err struct err err = {0};

	signal(SIGPIPE, SIG_IGN);
	log_setup(MORTISE_LOG_ERROR, LOG_LOGFMT);
	http_server_add(server, &(struct http_route){.method = "*", .pattern = "/{rest*}",
		.handler = serve, .max_body = 1 << 20});
	if (http_server_listen(server, "127.0.0.1:0", &err) < 0) {
		fprintf(stderr, "%s\n", err_text(&err));
		return 1;
	}
	printf("%d\n", http_server_port(server));
	fflush(stdout);
	event_add(input, NULL);
	loop_run(loop);
	event_free(input);
	http_server_free(server);
	loop_free(loop);
	return 0;
}
