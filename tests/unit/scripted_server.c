/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
#include "config.h"
#include "tests/unit/unit.h"
#include "tests/unit/scripted_server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/base/buf.h"
#include "core/base/mem.h"

#define CONNECTIONS_MAX 256

struct connection {
	struct scripted_server *server;
	int fd;
	pthread_t thread;
};

struct scripted_server {
	scripted_fn *fn;
	void *arg;
	int fd;
	int port;
	char *url;
	pthread_t thread;
	pthread_mutex_t lock;
	/* Under lock: */
	int requests;
	int connection_len;
	struct connection connections[CONNECTIONS_MAX];
};

char *scripted_header(const struct scripted_request *request, const char *name)
{
	size_t len = strlen(name);

	for (const char *line = strstr(request->head, "\r\n"); line; line = strstr(line, "\r\n")) {
		line += 2;
		if (strncasecmp(line, name, len) == 0 && line[len] == ':') {
			const char *value = line + len + 1;

			value += strspn(value, " ");
			return xstrndup(value, strcspn(value, "\r\n"));
		}
	}
	return NULL;
}

/* Read one request into 'bytes'; its head ends at '*ret_head'.  False at the end. */
static bool read_request(int fd, struct buf *bytes, size_t *ret_head, size_t *ret_body)
{
	size_t wanted = 0;
	char chunk[4096];

	for (;;) {
		const char *end = bytes->size > 0 ? strstr(bytes->data, "\r\n\r\n") : NULL;
		ssize_t got;

		if (end) {
			struct scripted_request head = {.head = bytes->data};
			cleanup_free char *length = scripted_header(&head, "content-length");

			*ret_head = (size_t)(end - bytes->data) + 4;
			*ret_body = length ? (size_t)atol(length) : 0;
			wanted = *ret_head + *ret_body;
			if (bytes->size >= wanted)
				return true;
		}
		got = recv(fd, chunk, sizeof(chunk), 0);
		if (got <= 0)
			return false;
		/* The hello of TLS, which is not spoken here. */
		if (bytes->size == 0 && chunk[0] == 0x16)
			return false;
		buf_add(bytes, chunk, (size_t)got);
	}
}

static bool send_all(int fd, const void *data, size_t size)
{
	const char *cursor = data;

	while (size > 0) {
		ssize_t sent = send(fd, cursor, size, MSG_NOSIGNAL);

		if (sent <= 0)
			return false;
		cursor += sent;
		size -= (size_t)sent;
	}
	return true;
}

/* Until the client goes away or the test ends. */
static void send_for_ever(int fd, const struct scripted_reply *reply)
{
	struct pollfd client = {.fd = fd, .events = POLLIN};

	if (!send_all(fd, reply->raw, strlen(reply->raw)))
		return;
	do
		if (poll(&client, 1, reply->pause_ms) != 0)
			return;
	while (send_all(fd, reply->again, strlen(reply->again)));
}

static void answer(int fd, const char *method, const struct scripted_reply *reply)
{
	size_t size = reply->size ? reply->size : reply->body ? strlen(reply->body) : 0;
	cleanup_free char *head = xasprintf("HTTP/1.1 %d Scripted\r\n%sContent-Length: %zu\r\n\r\n",
		reply->status ? reply->status : 200, reply->headers ? reply->headers : "", size);

	send_all(fd, head, strlen(head));
	if (strcmp(method, "HEAD") != 0)
		send_all(fd, reply->body, size);
}

/* One request that is complete in 'bytes'.  False: the connection ends. */
static bool serve_one(struct connection *connection, struct buf *bytes, size_t head_size,
	size_t body_size)
{
	struct scripted_server *server = connection->server;
	cleanup_free char *head = xstrndup(bytes->data, head_size);
	cleanup_free char *body = xmemdup(bytes->data + head_size, body_size + 1);
	cleanup_free char *rest = xmemdup(bytes->data + head_size + body_size,
		bytes->size - head_size - body_size);
	size_t rest_size = bytes->size - head_size - body_size;
	char method[16] = "", target[2048] = "";
	struct scripted_request request = {.head = head, .method = method, .target = target,
		.body = body, .body_size = body_size};
	struct scripted_reply reply = {0};

	body[body_size] = '\0';
	buf_clear(bytes);
	buf_add(bytes, rest, rest_size);
	sscanf(head, "%15s %2047s", method, target);
	pthread_mutex_lock(&server->lock);
	request.number = ++server->requests;
	server->fn(&request, &reply, server->arg);
	pthread_mutex_unlock(&server->lock);
	if (reply.reset) {
		struct linger linger = {1, 0};

		setsockopt(connection->fd, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger));
		return false;
	}
	if (reply.hang) {
		char byte;

		/* Until the client goes away or the test ends. */
		while (recv(connection->fd, &byte, 1, 0) > 0)
			;
		return false;
	}
	if (reply.raw) {
		send_for_ever(connection->fd, &reply);
		return false;
	}
	answer(connection->fd, method, &reply);
	return true;
}

static void *serve(void *arg)
{
	struct connection *connection = arg;
	struct buf bytes = BUF((size_t)8 << 20);
	size_t head_size, body_size;
	int fd;

	while (read_request(connection->fd, &bytes, &head_size, &body_size))
		if (!serve_one(connection, &bytes, head_size, body_size))
			break;
	buf_clear(&bytes);
	pthread_mutex_lock(&connection->server->lock);
	fd = connection->fd;
	connection->fd = -1;
	pthread_mutex_unlock(&connection->server->lock);
	close(fd);
	return NULL;
}

static void *accept_all(void *arg)
{
	struct scripted_server *server = arg;
	int fd;

	while ((fd = accept4(server->fd, NULL, NULL, SOCK_CLOEXEC)) >= 0) {
		struct connection *connection;

		pthread_mutex_lock(&server->lock);
		assert_true(server->connection_len < CONNECTIONS_MAX);
		connection = &server->connections[server->connection_len++];
		connection->server = server;
		connection->fd = fd;
		pthread_create(&connection->thread, NULL, serve, connection);
		pthread_mutex_unlock(&server->lock);
	}
	return NULL;
}

struct scripted_server *scripted_server_new(scripted_fn *fn, void *arg)
{
	struct scripted_server *server = new(struct scripted_server);
	struct sockaddr_in address = {.sin_family = AF_INET};
	socklen_t size = sizeof(address);

	server->fn = fn;
	server->arg = arg;
	pthread_mutex_init(&server->lock, NULL);
	inet_pton(AF_INET, "127.0.0.2", &address.sin_addr);
	server->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(server->fd, (struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(listen(server->fd, 64), 0);
	assert_int_equal(getsockname(server->fd, (struct sockaddr *)&address, &size), 0);
	server->port = ntohs(address.sin_port);
	server->url = xasprintf("http://127.0.0.2:%d", server->port);
	pthread_create(&server->thread, NULL, accept_all, server);
	return server;
}

void scripted_server_free(struct scripted_server *server)
{
	if (!server)
		return;
	shutdown(server->fd, SHUT_RDWR);
	pthread_join(server->thread, NULL);
	close(server->fd);
	pthread_mutex_lock(&server->lock);
	for (int i = 0; i < server->connection_len; i++)
		if (server->connections[i].fd >= 0)
			shutdown(server->connections[i].fd, SHUT_RDWR);
	pthread_mutex_unlock(&server->lock);
	for (int i = 0; i < server->connection_len; i++)
		pthread_join(server->connections[i].thread, NULL);
	pthread_mutex_destroy(&server->lock);
	free(server->url);
	free(server);
}

int scripted_server_port(const struct scripted_server *server)
{
	return server->port;
}

const char *scripted_server_url(const struct scripted_server *server)
{
	return server->url;
}

int scripted_server_requests(struct scripted_server *server)
{
	int requests;

	pthread_mutex_lock(&server->lock);
	requests = server->requests;
	pthread_mutex_unlock(&server->lock);
	return requests;
}

int scripted_server_connections(struct scripted_server *server)
{
	int connections;

	pthread_mutex_lock(&server->lock);
	connections = server->connection_len;
	pthread_mutex_unlock(&server->lock);
	return connections;
}

void scripted_server_sync(struct scripted_server *server)
{
	pthread_mutex_lock(&server->lock);
	pthread_mutex_unlock(&server->lock);
}
