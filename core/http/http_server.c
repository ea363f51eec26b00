/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/* Listening, and the limits over all connections.  Loop thread. */
#include "config.h"
#include "core/http/http_private.h"

#include <assert.h>
#include <errno.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include <arpa/inet.h>
#include <event2/listener.h>
#include <event2/util.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sodium.h>

#include "core/base/err.h"
#include "core/base/log.h"
#include "core/base/mem.h"
#include "core/http/metrics.h"

#define DEFAULT_CONNECTIONS 12000
#define DEFAULT_PER_ADDRESS 256
#define DEFAULT_BYTES ((size_t)256 << 20)
#define SHARE_OF_BYTES 8       /* one client's part of them */
/* Connections that only get a 503; still more are closed at once. */
#define MAX_REFUSED 256
#define MIN_REFUSED 8
#define SHARE_OF_CONNECTIONS 16
#define BACKLOG 1024
#define ACCEPT_REST_MS 200

METRIC_GAUGE(connections, "mortise_http_connections", "Open HTTP connections.");
METRIC_COUNTER(evicted_total, "mortise_http_evicted_total",
	"Idle HTTP connections closed to make room for new ones.");
METRIC_COUNTER(accept_failures_total, "mortise_http_accept_failures_total",
	"Times that a connection could not be accepted, mostly for want of descriptors.");

static char *url_path(const char *url)
{
	const char *host = url ? strstr(url, "://") : NULL;
	const char *path = host ? strchr(host + 3, '/') : NULL;
	size_t size = path ? strlen(path) : 0;

	while (size > 0 && path[size - 1] == '/')
		size--;
	return xstrndup(path ? path : "", size);
}

/* The rest of the descriptors is for upstreams, plugins and the database. */
static size_t default_connections(void)
{
	struct rlimit limit = {0};

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0 || limit.rlim_cur / 4 >= DEFAULT_CONNECTIONS / 3)
		return DEFAULT_CONNECTIONS;
	return (size_t)limit.rlim_cur / 4 * 3;
}

struct http_server *http_server_new(const struct http_settings *settings)
{
	struct http_server *server = new(struct http_server);
	struct http_settings *own = &server->settings;

	*own = *settings;
	if (own->max_connections == 0)
		own->max_connections = default_connections();
	if (own->max_bytes == 0)
		own->max_bytes = DEFAULT_BYTES;
	if (own->head_timeout_ms == 0)
		own->head_timeout_ms = 10000;
	if (own->body_timeout_ms == 0)
		own->body_timeout_ms = 60000;
	if (own->idle_timeout_ms == 0)
		own->idle_timeout_ms = 75000;
	randombytes_buf(&server->id_start, sizeof(server->id_start));
	server->prefix = url_path(own->public_url);
	server->trusted = http_networks_new(own->trusted_proxies);
	server->router = http_router_new();
	server->clients = http_clients_new(server->trusted);
	LIST_INIT(&server->conns);
	TAILQ_INIT(&server->idle);
	LIST_INIT(&server->requests);
	return server;
}

void http_server_add(struct http_server *server, const struct http_route *route)
{
	http_router_add(server->router, route);
}

const struct http_route *http_server_route(const struct http_server *server, size_t index)
{
	return http_router_route(server->router, index);
}

/* ---- Accepting ---- */

static size_t max_connections_of(const struct http_server *server,
	const struct http_client *client)
{
	if (server->settings.max_per_address > 0)
		return server->settings.max_per_address;
	return client->trusted ? SIZE_MAX : DEFAULT_PER_ADDRESS;
}

/* Full: close what has been idle the longest.  Without that, a few hundred addresses
 * that only sit there would keep everybody else out. */
static bool evict(struct http_server *server)
{
	struct http_conn *longest = TAILQ_FIRST(&server->idle);

	if (!longest)
		return false;
	metrics_add(&evicted_total, 1);
	http_conn_free(longest);
	return true;
}

static size_t max_refused(const struct http_server *server)
{
	size_t share = server->settings.max_connections / SHARE_OF_CONNECTIONS;

	return share < MIN_REFUSED ? MIN_REFUSED : share > MAX_REFUSED ? MAX_REFUSED : share;
}

static bool take_in(struct http_server *server, struct http_client *client)
{
	if (client->connections >= max_connections_of(server, client) ||
		(server->conn_len >= server->settings.max_connections && !evict(server)))
		return false;
	client->connections++;
	metrics_set(&connections, (int64_t)++server->conn_len);
	return true;
}

static void on_accept(struct evconnlistener *listener, evutil_socket_t fd, struct sockaddr *from,
	int size, void *arg)
{
	struct http_server *server = arg;
	struct http_client *client;
	struct ip address;
	int one = 1;

	(void)listener;
	(void)size;
	/* Fails on a Unix socket, where there is nothing to delay. */
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	http_peer_from(from, &address);
	client = http_clients_get(server->clients, &address);
	if (take_in(server, client)) {
		http_conn_new(server, fd, &address, client);
		return;
	}
	http_clients_put(server->clients, client);
	if (server->refused_len >= max_refused(server)) {
		close(fd);
		return;
	}
	server->refused_len++;
	http_conn_new(server, fd, &address, NULL);
}

void http_server_gone(struct http_server *server, struct http_conn *conn)
{
	http_server_said(conn);
	if (!conn->client) {
		server->refused_len--;
		return;
	}
	conn->client->connections--;
	http_clients_put(server->clients, conn->client);
	metrics_set(&connections, (int64_t)--server->conn_len);
}

bool http_server_has_room(const struct http_server *server, const struct http_client *client,
	size_t size)
{
	const struct http_settings *settings = &server->settings;
	size_t share = settings->max_bytes_per_address;

	if (share == 0)
		share = client->trusted ? settings->max_bytes : settings->max_bytes / SHARE_OF_BYTES;
	return server->bytes + size <= settings->max_bytes && client->bytes + size <= share;
}

static void resume_accepting(void *arg)
{
	struct http_server *server = arg;

	loop_timer_free(steal(&server->accept_timer));
	for (size_t i = 0; i < server->listener_len; i++)
		evconnlistener_enable(server->listeners[i]);
}

/* accept failed: mostly out of descriptors.  The socket stays readable, so rest
 * instead of spinning. */
static void on_accept_error(struct evconnlistener *listener, void *arg)
{
	struct http_server *server = arg;

	(void)listener;
	metrics_add(&accept_failures_total, 1);
	log_limited(MORTISE_LOG_ERROR, "http.accept_failed",
		LOG_TEXT("reason", strerror(EVUTIL_SOCKET_ERROR())));
	if (server->accept_timer)
		return;
	for (size_t i = 0; i < server->listener_len; i++)
		evconnlistener_disable(server->listeners[i]);
	server->accept_timer = loop_timer_new(server->settings.loop, ACCEPT_REST_MS, 0,
		resume_accepting, server);
}

int http_server_listen_fd(struct http_server *server, int fd, struct err *err)
{
	struct evconnlistener *listener;

	if (server->listener_len == HTTP_MAX_LISTENERS)
		return err_set(err, MORTISE_E_SETTINGS, "at most %d addresses can be listened on",
			HTTP_MAX_LISTENERS);
	evutil_make_socket_nonblocking(fd);
	evutil_make_socket_closeonexec(fd);
	/* A backlog of 0 leaves the socket as it is: it listens already, and the socket
	 * unit may allow more to wait. */
	listener = evconnlistener_new(loop_base(server->settings.loop), on_accept, server,
		LEV_OPT_CLOSE_ON_FREE | LEV_OPT_CLOSE_ON_EXEC, 0, fd);
	if (!listener)
		return err_set(err, MORTISE_E_SETTINGS, "cannot listen: %s", strerror(errno));
	evconnlistener_set_error_cb(listener, on_accept_error);
	server->listeners[server->listener_len++] = listener;
	return 0;
}

static int bind_refused(const char *address, int reason, struct err *err)
{
	if (reason == EADDRINUSE)
		return err_set(err, MORTISE_E_SETTINGS,
			"%s is in use by another process; change the configuration or stop it",
			address);
	return err_set(err, MORTISE_E_SETTINGS, "cannot listen on %s: %s", address,
		strerror(reason));
}

int http_server_listen(struct http_server *server, const char *address, struct err *err)
{
	struct sockaddr_storage where;
	socklen_t size;
	int fd, one = 1, result;

	result = ip_endpoint_parse(address, &where, &size, err);
	if (result < 0)
		return result;
	fd = socket(where.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return bind_refused(address, errno, err);
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (where.ss_family == AF_INET6)
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &one, sizeof(one));
	if (bind(fd, (struct sockaddr *)&where, size) < 0 || listen(fd, BACKLOG) < 0) {
		result = bind_refused(address, errno, err);
		close(fd);
		return result;
	}
	result = http_server_listen_fd(server, fd, err);
	if (result < 0)
		close(fd);
	return result;
}

int http_server_port(struct http_server *server)
{
	struct sockaddr_storage where = {0};
	socklen_t size = sizeof(where);
	struct sockaddr_in in;

	if (server->listener_len == 0 || getsockname(evconnlistener_get_fd(server->listeners[0]),
		(struct sockaddr *)&where, &size) < 0)
		return -1;
	/* The port stands at the same place in both families. */
	memcpy(&in, &where, sizeof(in));
	return ntohs(in.sin_port);
}

/* ---- Ending ---- */

static void stop_listening(struct http_server *server)
{
	loop_timer_free(steal(&server->accept_timer));
	while (server->listener_len > 0)
		evconnlistener_free(server->listeners[--server->listener_len]);
}

static void end_drain(struct http_server *server)
{
	http_drained_fn *drained = steal(&server->drained);

	if (drained)
		drained(server->drained_arg);
}

void http_server_said(struct http_conn *conn)
{
	struct http_server *server = conn->server;

	if (!conn->drains)
		return;
	conn->drains = false;
	if (--server->drain_len == 0)
		end_drain(server);
}

void http_server_drain(struct http_server *server, http_drained_fn *fn, void *arg)
{
	struct http_conn *conn, *next;

	assert_loop_thread(server->settings.loop);
	server->draining = true;
	stop_listening(server);
	for (conn = LIST_FIRST(&server->conns); conn; conn = next) {
		next = LIST_NEXT(conn, link);
		http_conn_drain(conn);
	}
	server->drained = fn;
	server->drained_arg = arg;
	if (server->drain_len == 0)
		end_drain(server);
}

size_t http_server_busy(struct http_server *server)
{
	return atomic_load(&server->busy);
}

void http_server_free(struct http_server *server)
{
	struct http_request *request;

	if (!server)
		return;
	stop_listening(server);
	server->drained = NULL;
	while (!LIST_EMPTY(&server->conns))
		http_conn_free(LIST_FIRST(&server->conns));
	/* Replies that are on their way find no server and are dropped. */
	while ((request = LIST_FIRST(&server->requests))) {
		LIST_REMOVE(request, link);
		request->server = NULL;
	}
	http_router_free(server->router);
	http_clients_free(server->clients);
	http_networks_free(server->trusted);
	free(server->prefix);
	free(server);
}
