/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * The HTTP server for tests that send it bytes: prints its port, serves until standard
 * input ends.  Every path tells what was understood, but
 *
 *   /hold    answers when a line comes on standard input
 *   /evil    answers with a header and a type that would break out of theirs
 *   /small   takes 16 bytes of body, with the header X-May only
 *
 * http_echo [TIMEOUT_MS]: of head, body and idle connections, instead of the usual ones.
 */
#include "config.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
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

static struct http_request *held[64];
static size_t held_len;

static void hold(struct http_request *request, void *arg)
{
	(void)arg;
	if (held_len == sizeof(held) / sizeof(held[0]))
		abort();
	held[held_len++] = request;
}

static void release(void)
{
	while (held_len > 0)
		serve(held[--held_len], NULL);
}

static void be_evil(struct http_request *request, void *arg)
{
	(void)arg;
	http_reply_bytes(request, 299, "text/plain\r\nX-Evil: type", "evil", 4);
	http_reply_header(request, "X-A", "a\r\nX-Evil: value");
	http_reply_header(request, "X-B\r\nX-Evil", "name");
	http_send(request);
}

static int64_t admit(struct http_request *request, void *arg)
{
	(void)arg;
	if (http_header(request, "X-May"))
		return 16;
	http_reply_json(request, 401, json_object());
	http_send(request);
	return -1;
}

static void on_input(evutil_socket_t fd, short what, void *arg)
{
	char bytes[64];

	(void)what;
	if (read(fd, bytes, sizeof(bytes)) <= 0)
		loop_stop(arg);
	else
		release();
}

static void add_routes(struct http_server *server)
{
	static const struct http_route routes[] = {
		{.method = "*", .pattern = "/{rest*}", .handler = serve, .max_body = 1 << 20},
		{.method = "*", .pattern = "/hold", .handler = hold, .max_body = 1 << 20},
		{.method = "GET", .pattern = "/evil", .handler = be_evil},
		{.method = "POST", .pattern = "/small", .handler = serve, .admit = admit},
	};

	for (size_t i = 0; i < sizeof(routes) / sizeof(routes[0]); i++)
		http_server_add(server, &routes[i]);
}

int main(int argc, char **argv)
{
	struct loop *loop = loop_new();
	int timeout_ms = argc > 1 ? atoi(argv[1]) : 0;
	struct http_server *server = http_server_new(&(struct http_settings){.loop = loop,
		.head_timeout_ms = timeout_ms, .body_timeout_ms = timeout_ms,
		.idle_timeout_ms = timeout_ms});
	struct event *input = event_new(loop_base(loop), STDIN_FILENO, EV_READ | EV_PERSIST,
		on_input, loop);
	cleanup_err struct err err = {0};

	signal(SIGPIPE, SIG_IGN);
	log_setup(MORTISE_LOG_ERROR, LOG_LOGFMT);
	add_routes(server);
	if (http_server_listen(server, "127.0.0.1:0", &err) < 0) {
		fprintf(stderr, "%s\n", err_text(&err));
		return 1;
	}
	printf("%d\n", http_server_port(server));
	fflush(stdout);
	event_add(input, NULL);
	loop_run(loop);
	event_free(input);
	/* What is still held outlives the server. */
	http_server_free(server);
	release();
	loop_free(loop);
	return 0;
}
