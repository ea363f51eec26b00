/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * One connection: head, body, handler, reply, and again.  Loop thread.
 *
 * Requests of a connection are handled one at a time; what a client pipelines
 * waits in the input buffer, which has an upper mark.  Reading stays on while a
 * handler works, so that a reset is noticed; an EOF alone is not the end, the
 * client may still listen.
 *
 * Most requests are one read and one write: a bufferevent would take both in pieces, and
 * tell the kernel before and after each reply what it waits for.
 */
#include "config.h"
#include "core/http/http_private.h"

#include <assert.h>
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <event2/buffer.h>
#include <event2/event.h>

#include "core/base/clock.h"
#include "core/base/err.h"
#include "core/base/log.h"
#include "core/base/mem.h"
#include "core/base/pool.h"
#include "core/http/metrics.h"

#define READ_MARK (HTTP_MAX_HEAD + 4096)
#define READ_SIZE 16384        /* at once; a head with a small body */
#define LINGER_MS 2000
#define REFUSE_MS 2000
/* While the server drains: how long a request may take to come, and a new connection to
 * say its first word. */
#define DRAIN_READ_MS 5000
#define DRAIN_FIRST_MS 1000
#define COPY_LIMIT 4096        /* a smaller reply is copied, a larger one lent */
#define RETRY_AFTER_S "1"

METRIC_COUNTER(requests_total, "mortise_http_requests_total",
	"HTTP requests answered, by method and status.", "method", "status");
METRIC_COUNTER(refused_total, "mortise_http_refused_total",
	"HTTP requests refused before a handler saw them, by status.", "status");
METRIC_SECONDS(request_seconds, "mortise_http_request_seconds",
	"Time from the head of a request to its reply.", "route");

static void conn_run(struct http_conn *conn);

/* What it waits for must come within 'ms'; 0: it may take as long as it likes. */
static void set_deadline(struct http_conn *conn, int64_t ms)
{
	conn->due_ms = ms > 0 ? clock_mono_ms() + ms : 0;
}

/* See that the timer ends by then.  One that ends too early is set again when it does:
 * deadlines of requests come and go, and mostly only move on. */
static void arm_timer(struct http_conn *conn)
{
	int64_t ms = conn->due_ms - clock_mono_ms();
	struct timeval when = {0};

	if (conn->due_ms == 0 || (conn->timer_ms > 0 && conn->timer_ms <= conn->due_ms))
		return;
	if (ms > 0)
		when = (struct timeval){.tv_sec = ms / 1000, .tv_usec = ms % 1000 * 1000};
	event_add(conn->timer, &when);
	conn->timer_ms = conn->due_ms;
}

/* A deadline for reading: short while the server drains. */
static void set_read_deadline(struct http_conn *conn, int64_t ms)
{
	set_deadline(conn, conn->server->draining && ms > DRAIN_READ_MS ? DRAIN_READ_MS : ms);
}

/* ---- Writing ---- */

static void lend_free(const void *data, size_t size, void *arg)
{
	(void)data;
	(void)size;
	free(arg);
}

static void write_body(struct http_conn *conn, char *body_take, size_t size)
{
	if (size < COPY_LIMIT) {
		evbuffer_add(conn->output, body_take, size);
		free(body_take);
	} else if (evbuffer_add_reference(conn->output, body_take, size, lend_free, body_take) != 0) {
		abort();
	}
}

static void begin_reply(struct http_conn *conn)
{
	conn->state = CONN_REPLY;
	set_deadline(conn, conn->server->settings.body_timeout_ms);
}

/* Answer without a request, and end: the bytes could not be understood, or there is
 * no room.  'retry' adds Retry-After. */
static void refuse(struct http_conn *conn, int status, const char *reason)
{
	json_t *json = json_pack("{s:s}", "detail", reason);
	char *body = json_dumps(json, JSON_COMPACT);
	char number[8];

	json_decref(json);
	snprintf(number, sizeof(number), "%d", status);
	metrics_add(&refused_total, 1, number);
	log_limited(MORTISE_LOG_NOTICE, "http.refused", LOG_INT("status", status),
		LOG_TEXT("reason", reason));
	http_request_free(conn->request);
	conn->request = NULL;
	conn->closing = true;
	evbuffer_add_printf(conn->output,
		"HTTP/1.1 %d %s\r\nContent-Type: application/json\r\nContent-Length: %zu\r\n"
		"X-Content-Type-Options: nosniff\r\n%sConnection: close\r\n\r\n%s",
		status, http_status_text(status), strlen(body),
		status == 503 ? "Retry-After: " RETRY_AFTER_S "\r\n" : "", body);
	free(body);
	begin_reply(conn);
}

static void refuse_for_room(struct http_conn *conn)
{
	refuse(conn, 503, "too much is being sent or read; try again later");
}

static bool has_no_body(int status)
{
	return status == 204 || status == 304;
}

static void write_reply(struct http_conn *conn, struct http_request *request)
{
	const struct http_head *head = &request->head;
	bool is_head = strcmp(head->method, "HEAD") == 0, is_empty = has_no_body(request->status);
	const char *type = request->content_type;
	char length[40] = "";

	if (!is_empty)
		snprintf(length, sizeof(length), "Content-Length: %zu\r\n", request->reply_size);
	evbuffer_add_printf(conn->output,
		"HTTP/1.1 %d %s\r\n%s%s%s%s%sX-Content-Type-Options: nosniff\r\n"
		"X-Request-Id: %s\r\n%s\r\n",
		request->status, http_status_text(request->status),
		buf_text(&request->reply_headers), type ? "Content-Type: " : "", type ? type : "",
		type ? "\r\n" : "", length, request->id, conn->closing ? "Connection: close\r\n" :
		head->minor == 0 ? "Connection: keep-alive\r\n" : "");
	if (request->reply_size > 0 && !is_head && !is_empty)
		write_body(conn, steal(&request->reply_body), request->reply_size);
}

static void note_reply(const struct http_request *request)
{
	int64_t ms = clock_mono_ms() - request->start_ms;
	const char *route = request->route.pattern ? request->route.pattern : "-";
	char status[8];

	snprintf(status, sizeof(status), "%d", request->status);
	metrics_add(&requests_total, 1,
		http_method_known(request->head.method) ? request->head.method : "other", status);
	metrics_observe_ms(&request_seconds, ms, route);
	log_debug("http.request", LOG_TEXT("id", request->id),
		LOG_TEXT("method", request->head.method), LOG_TEXT("route", route),
		LOG_INT("status", request->status), LOG_INT("ms", ms));
}

void http_conn_reply(void *arg)
{
	struct http_request *request = arg;
	struct http_conn *conn = request->conn;

	if (request->status == 0) {
		log_error("http.no_reply", LOG_TEXT("route", request->route.pattern));
		http_reply_detail(request, 500, "Internal error");
	}
	if (request->server)
		atomic_fetch_sub(&request->server->busy, 1);
	note_reply(request);
	if (conn) {
		assert(conn->state == CONN_BUSY && conn->request == request);
		/* A body that was not read cannot be told from the next request. */
		if (!request->head.keep_alive || !request->body_whole || conn->server->draining)
			conn->closing = true;
		/* What it says of the request is not needed any more, the reply is held. */
		buf_clear(&request->body);
		http_request_hold(request, request->reply_size);
		http_allow_origin(request);
		write_reply(conn, request);
		begin_reply(conn);
		conn_run(conn);
	} else {
		http_request_free(request);
	}
}

/* ---- Handing over ---- */

static void run_handler(void *arg)
{
	struct http_request *request = arg;

	request->route.handler(request, request->route.arg);
}

static void answer(struct http_request *request, int status, const char *detail)
{
	http_reply_detail(request, status, detail);
	http_send(request);
}

static void set_busy(struct http_conn *conn)
{
	conn->state = CONN_BUSY;
	set_deadline(conn, 0);
	atomic_fetch_add(&conn->server->busy, 1);
}

static void dispatch(struct http_conn *conn)
{
	struct http_request *request = conn->request;

	set_busy(conn);
	request->body_whole = true;
	if (!request->route.pool) {
		run_handler(request);
	} else if (pool_submit(request->route.pool, run_handler, request, NULL) < 0) {
		http_reply_header(request, "Retry-After", RETRY_AFTER_S);
		answer(request, 503, "The server is busy; try again later");
	}
}

/* No route fits: say so, once a body of no length was read. */
static void answer_unrouted(struct http_conn *conn, int status, const char *reason)
{
	struct http_request *request = conn->request;
	bool options = strcmp(request->head.method, "OPTIONS") == 0;

	set_busy(conn);
	request->body_whole = !request->head.chunked && request->head.content_length <= 0;
	if (*request->match.allow)
		http_reply_header(request, "Allow", request->match.allow);
	if (options && (status == 405 || strcmp(request->head.path, "*") == 0)) {
		http_reply_empty(request, 204);
		http_send(request);
		return;
	}
	if (!reason)
		reason = status == 405 ? "Method not allowed" : "The requested resource does not exist";
	answer(request, status, reason);
}

/* ---- Reading ---- */

/* What may the body have?  False: answered already. */
static bool admit(struct http_conn *conn)
{
	struct http_request *request = conn->request;

	request->max_body = request->route.max_body;
	if (!request->route.admit)
		return true;
	set_busy(conn);
	request->max_body = request->route.admit(request, request->route.arg);
	if (request->max_body < 0) {
		request->body_whole = !request->head.chunked && request->head.content_length <= 0;
		return false;
	}
	atomic_fetch_sub(&conn->server->busy, 1);
	return true;
}

static void begin_body(struct http_conn *conn)
{
	struct http_request *request = conn->request;

	if (request->head.content_length > request->max_body) {
		refuse(conn, 413, "the body is too large");
		return;
	}
	if (!request->head.chunked && request->head.content_length <= 0) {
		dispatch(conn);
		return;
	}
	request->body = BUF((size_t)request->max_body);
	conn->state = CONN_BODY;
	conn->chunked = HTTP_CHUNKED_INIT;
	set_read_deadline(conn, conn->server->settings.body_timeout_ms);
	if (request->head.expect_continue &&
		evbuffer_get_length(conn->input) == 0)
		evbuffer_add(conn->output, "HTTP/1.1 100 Continue\r\n\r\n", 25);
}

static void take_head(struct http_conn *conn, char *bytes_take, size_t size)
{
	struct http_request *request = http_request_new(conn);
	const char *reason = NULL;
	int status;

	conn->request = request;
	request->bytes = bytes_take;
	status = http_head_parse(request->bytes, size, &request->head);
	if (status != HTTP_DONE) {
		refuse(conn, status, request->head.reason);
		return;
	}
	status = http_request_prepare(request, &reason);
	if (status == 400)
		refuse(conn, status, reason);
	else if (status != HTTP_DONE)
		answer_unrouted(conn, status, reason);
	else if (!http_server_has_room(conn->server, request->client, 0))
		refuse_for_room(conn);
	else if (admit(conn))
		begin_body(conn);
}

/* The read functions answer whether it is worth going on at once. */
static bool read_head(struct http_conn *conn)
{
	struct evbuffer *input = conn->input;
	size_t size = evbuffer_get_length(input), head_size;
	const char *data;
	char *bytes;
	int status;

	if (conn->state == CONN_IDLE) {
		if (size == 0)
			return false;
		conn->state = CONN_HEAD;
		TAILQ_REMOVE(&conn->server->idle, conn, idle);
		conn->scan = (struct http_scan){0};
		set_read_deadline(conn, conn->server->settings.head_timeout_ms);
	}
	if (size > HTTP_MAX_HEAD + 1)
		size = HTTP_MAX_HEAD + 1;
	data = (const char *)evbuffer_pullup(input, (ev_ssize_t)size);
	status = http_scan_head(&conn->scan, data, size, &head_size);
	if (status == HTTP_MORE)
		return false;
	if (status != HTTP_DONE) {
		refuse(conn, status, conn->scan.reason);
		return false;
	}
	bytes = xmalloc(head_size + 1);
	evbuffer_remove(input, bytes, head_size);
	bytes[head_size] = '\0';
	take_head(conn, bytes, head_size);
	return true;
}

/* Keep bytes of the body; false if the request was refused over them. */
static bool keep_body(struct http_conn *conn, const char *data, size_t size)
{
	struct http_request *request = conn->request;

	if ((int64_t)(request->body.size + size) > request->max_body) {
		refuse(conn, 413, "the body is too large");
		return false;
	}
	if (!http_server_has_room(conn->server, request->client, size)) {
		refuse_for_room(conn);
		return false;
	}
	http_request_hold(request, request->body.size + size);
	buf_add(&request->body, data, size);
	return true;
}

static bool read_plain(struct http_conn *conn)
{
	struct evbuffer *input = conn->input;
	struct http_request *request = conn->request;
	size_t left = (size_t)request->head.content_length - request->body.size;
	size_t size = evbuffer_get_contiguous_space(input);

	if (size > left)
		size = left;
	if (size == 0 || !keep_body(conn, (const char *)evbuffer_pullup(input, (ev_ssize_t)size),
		size))
		return false;
	evbuffer_drain(input, size);
	if (size == left)
		dispatch(conn);
	return true;
}

static bool read_chunked(struct http_conn *conn)
{
	struct evbuffer *input = conn->input;
	size_t size = evbuffer_get_contiguous_space(input), used, body_size;
	const char *data = (const char *)evbuffer_pullup(input, (ev_ssize_t)size), *body;
	int status;

	if (size == 0)
		return false;
	status = http_chunked_next(&conn->chunked, data, size, &used, &body, &body_size);
	if (status != HTTP_MORE && status != HTTP_DONE) {
		refuse(conn, status, conn->chunked.reason);
		return false;
	}
	if (body_size > 0 && !keep_body(conn, body, body_size))
		return false;
	evbuffer_drain(input, used);
	if (status == HTTP_DONE) {
		http_chunked_clear(&conn->chunked);
		dispatch(conn);
	}
	return true;
}

/* Full of what waits behind the request. */
static void rest_if_full(struct http_conn *conn)
{
	if (evbuffer_get_length(conn->input) >= READ_MARK)
		event_del(conn->readable);
}

/* Do what the input allows. */
static void advance(struct http_conn *conn)
{
	bool more = true;

	while (more) {
		switch (conn->state) {
		case CONN_IDLE:
		case CONN_HEAD:
			more = read_head(conn);
			break;
		case CONN_BODY:
			more = conn->request->head.chunked ? read_chunked(conn) : read_plain(conn);
			break;
		case CONN_LINGER:
			evbuffer_drain(conn->input, evbuffer_get_length(conn->input));
			more = false;
			break;
		case CONN_BUSY:
		case CONN_REPLY:
			rest_if_full(conn);
			more = false;
			break;
		}
	}
}

static void end_reply(struct http_conn *conn)
{
	http_request_free(conn->request);
	conn->request = NULL;
	conn->served = true;
	if (!conn->eof)
		event_add(conn->readable, NULL);
	if (conn->closing || conn->server->draining) {
		/* Closing with unread input would reset the connection and could take the
		 * reply with it: end our side, and wait a little for the other. */
		shutdown(conn->fd, SHUT_WR);
		conn->state = CONN_LINGER;
		set_deadline(conn, LINGER_MS);
		http_server_said(conn);
	} else {
		conn->state = CONN_IDLE;
		TAILQ_INSERT_TAIL(&conn->server->idle, conn, idle);
		set_deadline(conn, conn->server->settings.idle_timeout_ms);
	}
}

/* Write the output.  1: it is empty; 0: the client must read first; -1: it is gone. */
static int write_output(struct http_conn *conn)
{
	while (evbuffer_get_length(conn->output) > 0) {
		if (evbuffer_write(conn->output, conn->fd) >= 0 || errno == EINTR)
			continue;
		if (errno != EAGAIN)
			return -1;
		event_add(conn->writable, NULL);
		return 0;
	}
	return 1;
}

/* Do what input and output allow; may free the connection. */
static void conn_run(struct http_conn *conn)
{
	int written;

	advance(conn);
	while ((written = write_output(conn)) == 1 && conn->state == CONN_REPLY) {
		end_reply(conn);
		advance(conn);
	}
	if (written < 0 || (conn->eof && conn->state != CONN_BUSY && conn->state != CONN_REPLY))
		http_conn_free(conn);
	else
		arm_timer(conn);
}

/* ---- Events ---- */

static void on_readable(evutil_socket_t fd, short what, void *arg)
{
	struct http_conn *conn = arg;
	size_t room = READ_MARK - evbuffer_get_length(conn->input);
	struct evbuffer_iovec space;
	ssize_t size;

	(void)what;
	assert(room > 0);
	if (evbuffer_reserve_space(conn->input, READ_SIZE, &space, 1) != 1)
		abort();
	size = recv(fd, space.iov_base, room < READ_SIZE ? room : READ_SIZE, 0);
	if (size < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (size < 0) {
		http_conn_free(conn);
		return;
	}
	space.iov_len = (size_t)size;
	evbuffer_commit_space(conn->input, &space, 1);
	if (size == 0) {
		conn->eof = true;
		event_del(conn->readable);
	}
	conn_run(conn);
}

static void on_writable(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	conn_run(arg);
}

static void on_timer(evutil_socket_t fd, short what, void *arg)
{
	struct http_conn *conn = arg;

	(void)fd;
	(void)what;
	conn->timer_ms = 0;
	if (conn->due_ms == 0 || conn->due_ms > clock_mono_ms()) {
		arm_timer(conn);
	} else if (conn->state == CONN_HEAD || conn->state == CONN_BODY) {
		refuse(conn, 408, "the request took too long");
		conn_run(conn);
	} else {
		http_conn_free(conn);
	}
}

void http_conn_new(struct http_server *server, int fd, const struct ip *address,
	struct http_client *client_take)
{
	struct http_conn *conn = new(struct http_conn);
	struct event_base *base = loop_base(server->settings.loop);

	conn->server = server;
	conn->address = *address;
	conn->client = client_take;
	conn->fd = fd;
	conn->input = evbuffer_new();
	conn->output = evbuffer_new();
	conn->readable = event_new(base, fd, EV_READ | EV_PERSIST, on_readable, conn);
	conn->writable = event_new(base, fd, EV_WRITE, on_writable, conn);
	conn->timer = event_new(base, -1, 0, on_timer, conn);
	if (!conn->input || !conn->output || !conn->readable || !conn->writable || !conn->timer)
		abort();
	event_add(conn->readable, NULL);
	LIST_INSERT_HEAD(&server->conns, conn, link);
	if (client_take) {
		TAILQ_INSERT_TAIL(&server->idle, conn, idle);
		set_deadline(conn, server->settings.head_timeout_ms);
		arm_timer(conn);
	} else {
		refuse(conn, 503, "too many connections; try again later");
		set_deadline(conn, REFUSE_MS);
		conn_run(conn);
	}
}

/* Has something come that was not read yet? */
static bool has_input(struct http_conn *conn)
{
	char byte;

	return recv(conn->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) > 0;
}

void http_conn_drain(struct http_conn *conn)
{
	if (conn->state == CONN_LINGER || conn->drains)
		return;
	/* A request may be under way on a connection that is new, or has bytes to read. */
	if (conn->state == CONN_IDLE && conn->served && !has_input(conn)) {
		http_conn_free(conn);
		return;
	}
	if (conn->state == CONN_IDLE)
		set_deadline(conn, DRAIN_FIRST_MS);
	else if (conn->state == CONN_HEAD)
		set_read_deadline(conn, conn->server->settings.head_timeout_ms);
	else if (conn->state == CONN_BODY)
		set_read_deadline(conn, conn->server->settings.body_timeout_ms);
	arm_timer(conn);
	conn->drains = true;
	conn->server->drain_len++;
}

void http_conn_free(struct http_conn *conn)
{
	if (conn->state == CONN_IDLE)
		TAILQ_REMOVE(&conn->server->idle, conn, idle);
	LIST_REMOVE(conn, link);
	if (conn->state == CONN_BUSY)
		conn->request->conn = NULL; /* its handler gives it back */
	else
		http_request_free(conn->request);
	http_chunked_clear(&conn->chunked);
	http_server_gone(conn->server, conn);
	event_free(conn->timer);
	event_free(conn->readable);
	event_free(conn->writable);
	evbuffer_free(conn->input);
	evbuffer_free(conn->output);
	close(conn->fd);
	free(conn);
}
