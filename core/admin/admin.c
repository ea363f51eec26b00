/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * The socket: connections, messages and replies.
 *
 * A connection belongs to the loop thread.  A call is shared by the loop and the
 * worker that runs it: it counts its references, and its lock guards what both see.
 * A connection runs one call at a time; what a client sends meanwhile waits in its
 * input, which has an upper mark.
 */
#include "config.h"
#include "core/admin/admin_private.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/listener.h>

#include "core/base/err.h"
#include "core/base/log.h"
#include "core/base/loop.h"
#include "core/base/mem.h"
#include "core/base/pool.h"
#include "core/config/settings.h"
#include "core/daemon/daemon.h"

#define WORKERS 2
#define MAX_WAITING 64
#define MAX_CONNECTIONS 64
#define BACKLOG 64
#define STREAM_MARK ((size_t)1 << 20)  /* a stream waits while more than this is unread */
#define STREAM_WAIT_S 60               /* … for at most so long without any progress */

struct admin_conn {
	LIST_ENTRY(admin_conn) link;
	struct admin *admin;
	struct bufferevent *bev;
	uid_t uid;
	enum admin_level level;
	size_t scanned;        /* bytes of the input without a NUL */
	struct admin_call *call;/* that runs, or NULL */
	bool eof;              /* ends when the call has */
};

struct admin {
	struct daemon *daemon;
	struct pool *pool;
	struct admin_table table;
	struct admin_groups groups;
	struct evconnlistener *listener;
	char *path;                    /* of a socket that we made; NULL: handed over */
	/* Loop thread. */
	LIST_HEAD(, admin_conn) conns;
	size_t conn_len;
};

struct admin_call {
	atomic_int refs;
	struct admin *admin;
	struct loop *loop;
	struct admin_conn *conn;       /* loop thread; NULL: the client is gone */
	char *message;
	size_t size;
	uid_t uid;
	enum admin_level level;
	pthread_mutex_t lock;
	pthread_cond_t drained;
	size_t queued;                 /* under lock: bytes that the client has yet to read */
	bool gone;                     /* under lock */
};

/* What a worker hands to the loop. */
struct delivery {
	struct admin_call *call;       /* a reference */
	char *text;                    /* with its NUL; NULL: nothing to say */
	size_t size;
	bool last;
	bool bad;                      /* the message was none: close */
};

static void conn_advance(struct admin_conn *conn);
static void conn_free(struct admin_conn *conn);

/* ---- Calls ---- */

static struct admin_call *call_new(struct admin_conn *conn, char *message_take, size_t size)
{
	struct admin_call *call = new(struct admin_call);
	pthread_condattr_t monotonic;

	atomic_init(&call->refs, 2); /* the connection's and the worker's */
	call->admin = conn->admin;
	call->loop = conn->admin->daemon->loop;
	call->conn = conn;
	call->message = message_take;
	call->size = size;
	call->uid = conn->uid;
	call->level = conn->level;
	pthread_mutex_init(&call->lock, NULL);
	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_cond_init(&call->drained, &monotonic);
	pthread_condattr_destroy(&monotonic);
	return call;
}

static void call_unref(struct admin_call *call)
{
	if (atomic_fetch_sub(&call->refs, 1) > 1)
		return;
	pthread_cond_destroy(&call->drained);
	pthread_mutex_destroy(&call->lock);
	free(call->message);
	free(call);
}

/* The connection lets go of its call. */
static void conn_end_call(struct admin_conn *conn)
{
	struct admin_call *call = steal(&conn->call);

	if (!call)
		return;
	pthread_mutex_lock(&call->lock);
	call->gone = true;
	pthread_cond_broadcast(&call->drained);
	pthread_mutex_unlock(&call->lock);
	call->conn = NULL;
	call_unref(call);
}

static void deliver(void *arg)
{
	struct delivery *delivery = arg;
	struct admin_conn *conn = delivery->call->conn;

	if (conn && delivery->text)
		bufferevent_write(conn->bev, delivery->text, delivery->size);
	if (conn && delivery->bad) {
		conn_free(conn);
	} else if (conn && delivery->last) {
		conn_end_call(conn);
		conn_advance(conn);
	}
	call_unref(delivery->call);
	free(delivery->text);
	free(delivery);
}

static void post(struct admin_call *call, const json_t *reply, bool last, bool bad)
{
	struct delivery *delivery = new(struct delivery);

	atomic_fetch_add(&call->refs, 1);
	*delivery = (struct delivery){.call = call, .last = last, .bad = bad};
	if (reply) {
		delivery->text = json_dumps(reply, JSON_COMPACT);
		delivery->size = strlen(delivery->text) + 1;
	}
	pthread_mutex_lock(&call->lock);
	call->queued += delivery->size;
	pthread_mutex_unlock(&call->lock);
	loop_post(call->loop, deliver, delivery);
}

int admin_call_send(struct admin_call *call, json_t *part_take, struct err *err)
{
	json_t *reply = json_pack("{s:o, s:b}", "parameters", part_take, "continues", 1);
	struct timespec until;
	int waited = 0;
	bool gone;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += STREAM_WAIT_S;
	pthread_mutex_lock(&call->lock);
	while (call->queued > STREAM_MARK && !call->gone && waited == 0)
		waited = pthread_cond_timedwait(&call->drained, &call->lock, &until);
	gone = call->gone || waited != 0;
	pthread_mutex_unlock(&call->lock);
	if (!gone)
		post(call, reply, false, false);
	json_decref(reply);
	return gone ? err_set(err, MORTISE_E_CANCELLED, "the client went away") : 0;
}

/* On a worker. */
static void run_call(void *arg)
{
	struct admin_call *call = arg;
	json_t *reply = NULL;
	int result = admin_dispatch(&call->admin->table, call->admin->daemon, call->uid,
		call->level, call, call->message, call->size, &reply);

	post(call, reply, true, result < 0);
	json_decref(reply);
	call_unref(call);
}

/* ---- Connections ---- */

static void conn_free(struct admin_conn *conn)
{
	conn_end_call(conn);
	LIST_REMOVE(conn, link);
	conn->admin->conn_len--;
	bufferevent_free(conn->bev);
	free(conn);
}

static void start_call(struct admin_conn *conn, char *message_take, size_t size)
{
	cleanup_err struct err err = {0};
	struct admin_call *call = call_new(conn, message_take, size);
	json_t *reply;

	conn->call = call;
	if (pool_submit(conn->admin->pool, run_call, call, &err) == 0)
		return;
	reply = json_pack("{s:s, s:{s:s, s:s}}", "error", ADMIN_INTERFACE ".Refused", "parameters",
		"reason", err_text(&err), "code", err_meaning(err.code)->name);
	post(call, reply, true, false);
	json_decref(reply);
	call_unref(call);
}

/* Take the next message, if it is whole and none runs; may free the connection. */
static void conn_advance(struct admin_conn *conn)
{
	struct evbuffer *input = bufferevent_get_input(conn->bev);
	struct evbuffer_ptr from, end;
	size_t size = evbuffer_get_length(input);
	char *message;

	if (conn->call)
		return;
	if (size > conn->scanned) {
		evbuffer_ptr_set(input, &from, conn->scanned, EVBUFFER_PTR_SET);
		end = evbuffer_search(input, "", 1, &from);
		if (end.pos >= 0) {
			conn->scanned = 0;
			message = xmalloc((size_t)end.pos + 1);
			evbuffer_remove(input, message, (size_t)end.pos + 1);
			start_call(conn, message, (size_t)end.pos);
			return;
		}
		conn->scanned = size;
	}
	if (size >= ADMIN_MAX_MESSAGE) {
		log_limited(MORTISE_LOG_WARNING, "admin.message_too_large",
			LOG_INT("uid", conn->uid));
		conn_free(conn);
	} else if (conn->eof && evbuffer_get_length(bufferevent_get_output(conn->bev)) == 0) {
		conn_free(conn);
	}
}

static void on_read(struct bufferevent *bev, void *arg)
{
	(void)bev;
	conn_advance(arg);
}

/* The output is empty: a stream may go on. */
static void on_write(struct bufferevent *bev, void *arg)
{
	struct admin_conn *conn = arg;

	(void)bev;
	if (conn->call) {
		pthread_mutex_lock(&conn->call->lock);
		conn->call->queued = 0;
		pthread_cond_broadcast(&conn->call->drained);
		pthread_mutex_unlock(&conn->call->lock);
	} else if (conn->eof) {
		conn_advance(conn);
	}
}

static void on_event(struct bufferevent *bev, short what, void *arg)
{
	struct admin_conn *conn = arg;

	(void)bev;
	if ((what & BEV_EVENT_EOF) && (what & BEV_EVENT_READING)) {
		/* It may only have stopped sending. */
		conn->eof = true;
		conn_advance(conn);
	} else if (what & (BEV_EVENT_EOF | BEV_EVENT_ERROR)) {
		conn_free(conn);
	}
}

static void on_accept(struct evconnlistener *listener, evutil_socket_t fd, struct sockaddr *from,
	int size, void *arg)
{
	struct admin *admin = arg;
	struct admin_conn *conn;
	cleanup_err struct err err = {0};
	struct admin_peer peer;

	(void)listener;
	(void)from;
	(void)size;
	if (admin->conn_len >= MAX_CONNECTIONS || admin_peer_read(fd, &peer, &err) < 0) {
		close(fd);
		return;
	}
	conn = new(struct admin_conn);
	conn->admin = admin;
	conn->uid = peer.uid;
	conn->level = admin_peer_level(&peer, &admin->groups);
	admin_peer_clear(&peer);
	conn->bev = bufferevent_socket_new(loop_base(admin->daemon->loop), fd,
		BEV_OPT_CLOSE_ON_FREE);
	if (!conn->bev)
		abort();
	LIST_INSERT_HEAD(&admin->conns, conn, link);
	admin->conn_len++;
	bufferevent_setcb(conn->bev, on_read, on_write, on_event, conn);
	bufferevent_setwatermark(conn->bev, EV_READ, 0, ADMIN_MAX_MESSAGE);
	bufferevent_enable(conn->bev, EV_READ | EV_WRITE);
}

/* ---- The socket ---- */

/* Remove what a dead daemon left; E_CONFLICT if a living one answers. */
static int clear_path(const struct sockaddr_un *where, struct err *err)
{
	struct stat about;
	int fd, result = 0;

	if (lstat(where->sun_path, &about) < 0)
		return 0;
	if (!S_ISSOCK(about.st_mode))
		return err_set(err, MORTISE_E_CONFLICT, "%s is there and is no socket; remove it",
			where->sun_path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd >= 0 && connect(fd, (const struct sockaddr *)where, sizeof(*where)) == 0)
		result = err_set(err, MORTISE_E_CONFLICT,
			"another mortised answers at %s; stop it, or set another runtime_dir",
			where->sun_path);
	else
		unlink(where->sun_path);
	if (fd >= 0)
		close(fd);
	return result;
}

/* A listening socket that owner and group may open. */
static int open_socket(const char *path, int *ret_fd, struct err *err)
{
	struct sockaddr_un where = {.sun_family = AF_UNIX};
	int fd, result;

	if (strlen(path) >= sizeof(where.sun_path))
		return err_set(err, MORTISE_E_SETTINGS,
			"%s is too long for a socket; set a shorter runtime_dir", path);
	strcpy(where.sun_path, path);
	result = clear_path(&where, err);
	if (result < 0)
		return result;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	/* Nobody can connect before listen, so the mode may come after bind. */
	if (fd < 0 || bind(fd, (struct sockaddr *)&where, sizeof(where)) < 0 ||
		chmod(path, 0660) < 0 || listen(fd, BACKLOG) < 0) {
		result = err_set(err, MORTISE_E_SETTINGS, "cannot listen on %s: %s", path,
			strerror(errno));
		if (fd >= 0)
			close(fd);
		return result;
	}
	*ret_fd = fd;
	return 0;
}

struct admin *admin_new(struct daemon *daemon)
{
	struct admin *admin = new(struct admin);

	admin->daemon = daemon;
	admin->pool = pool_new("admin", POOL_IN_FRONT, WORKERS, MAX_WAITING);
	admin_groups_read(daemon->settings->admin_operate, daemon->settings->admin_admin,
		&admin->groups);
	LIST_INIT(&admin->conns);
	return admin;
}

void admin_add_methods(struct admin *admin, const struct admin_method *methods)
{
	admin_table_add(&admin->table, methods);
}

int admin_listen_fd(struct admin *admin, int fd, struct err *err)
{
	evutil_make_socket_nonblocking(fd);
	admin->listener = evconnlistener_new(loop_base(admin->daemon->loop), on_accept, admin,
		LEV_OPT_CLOSE_ON_FREE | LEV_OPT_CLOSE_ON_EXEC, 0, fd);
	if (!admin->listener)
		return err_set(err, MORTISE_E_INTERNAL, "the admin socket cannot be listened on");
	return 0;
}

int admin_listen(struct admin *admin, const char *path, struct err *err)
{
	int fd = -1, result = open_socket(path, &fd, err);

	if (result < 0)
		return result;
	result = admin_listen_fd(admin, fd, err);
	if (result < 0)
		close(fd);
	else
		admin->path = xstrdup(path);
	return result;
}

void admin_free(struct admin *admin)
{
	if (!admin)
		return;
	if (admin->listener)
		evconnlistener_free(admin->listener);
	if (admin->path)
		unlink(admin->path);
	while (!LIST_EMPTY(&admin->conns))
		conn_free(LIST_FIRST(&admin->conns));
	pool_free(admin->pool);
	admin_table_clear(&admin->table);
	admin_groups_clear(&admin->groups);
	free(admin->path);
	free(admin);
}
