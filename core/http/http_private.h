/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/* What the files of core/http/ share. */
#ifndef MORTISE_HTTP_HTTP_PRIVATE_H
#define MORTISE_HTTP_HTTP_PRIVATE_H

#include <stdatomic.h>
#include <sys/queue.h>

#include "core/base/buf.h"
#include "core/base/loop.h"
#include "core/http/http.h"
#include "core/http/http_parser.h"
#include "core/http/http_peer.h"
#include "core/http/http_router.h"

struct evbuffer;
struct event;
struct evconnlistener;

#define HTTP_ID_SIZE 33
#define HTTP_MAX_LISTENERS 8

/* Loop thread, but for `busy` and what stands in `settings`. */
struct http_server {
	struct http_settings settings; /* with the defaults filled in */
	char *prefix;                  /* path of public_url, "" or "/mortise" */
	uint64_t id_start, id_count;   /* of requests */
	struct http_networks *trusted;
	struct http_router *router;
	struct evconnlistener *listeners[HTTP_MAX_LISTENERS];
	size_t listener_len;
	struct loop_timer *accept_timer;/* accepting rests; NULL: it does not */
	LIST_HEAD(, http_conn) conns;
	TAILQ_HEAD(http_idle, http_conn) idle; /* CONN_IDLE, the longest first */
	size_t conn_len;
	size_t refused_len;            /* connections that only get a 503 */
	struct http_clients *clients;
	LIST_HEAD(, http_request) requests;
	atomic_size_t busy;
	size_t bytes;                  /* held by all requests */
	bool draining;
	size_t drain_len;              /* connections that a drain waits for */
	http_drained_fn *drained;      /* NULL: nobody waits */
	void *drained_arg;
};

enum http_conn_state {
	CONN_IDLE,     /* nothing of a request has come */
	CONN_HEAD,
	CONN_BODY,
	CONN_BUSY,     /* a handler has the request */
	CONN_REPLY,    /* the reply is being written */
	CONN_LINGER,   /* everything was said; what still comes is dropped until EOF */
};

/* Loop thread. */
struct http_conn {
	LIST_ENTRY(http_conn) link;
	TAILQ_ENTRY(http_conn) idle;   /* CONN_IDLE */
	struct http_server *server;
	struct ip address;
	struct http_client *client;    /* NULL: it only gets a 503 */
	int fd;
	struct evbuffer *input, *output;
	struct event *readable;        /* added unless the input is full or ended */
	struct event *writable;        /* added while the output waits for the client */
	struct event *timer;
	int64_t due_ms;                /* monotonic: when its patience ends; 0: never */
	int64_t timer_ms;              /* when the timer ends; 0: it is not set */
	enum http_conn_state state;
	struct http_scan scan;         /* CONN_HEAD */
	struct http_chunked chunked;   /* CONN_BODY */
	struct http_request *request;  /* CONN_BODY, CONN_BUSY; CONN_REPLY: or NULL */
	bool served;                   /* at least one request */
	bool drains;                   /* in server->drain_len */
	bool closing;                  /* after this reply */
	bool eof;                      /* the client says no more; it may still listen */
};

/*
 * The head and body are written on the loop thread before a handler sees them, and
 * only read afterwards; the reply belongs to the handler until http_send.
 */
struct http_request {
	/* Loop thread. */
	LIST_ENTRY(http_request) link;
	struct http_server *server;    /* NULL: it was freed */
	struct http_conn *conn;        /* NULL: the client is gone */
	bool body_whole;
	int64_t start_ms;
	struct http_client *client;    /* while there is a server */
	size_t held;                   /* bytes of the body, then of the reply */

	struct loop *loop;
	struct http_route route;
	char id[HTTP_ID_SIZE];
	char peer[HTTP_PEER_TEXT_SIZE];
	char *bytes;                   /* of the head; its texts point in here */
	struct http_head head;
	struct http_match match;
	char *query_bytes;
	struct http_field *query;
	size_t query_len;
	char *joined[HTTP_MAX_HEADERS];/* values made of several */
	size_t joined_len;
	struct buf body;
	int64_t max_body;

	/* The reply. */
	int status;
	struct buf reply_headers;
	char *reply_body;
	size_t reply_size;
	char *content_type;            /* NULL: there is no body */
	bool no_store;                 /* nobody keeps it; so it is not compressed either */
};

/* http_request.c: take over a parsed head.  HTTP_DONE or a status. */
struct http_request *http_request_new(struct http_conn *conn);
int http_request_prepare(struct http_request *request, const char **ret_reason);
void http_request_free(struct http_request *request);
/* The request holds 'size' bytes of its client's and the server's share from now on. */
void http_request_hold(struct http_request *request, size_t size);
/* Set {"detail": …}. */
void http_reply_detail(struct http_request *request, int status, const char *detail);
const char *http_status_text(int status);

/* http_origin.c: say whose pages may read the reply.  Loop thread. */
void http_allow_origin(struct http_request *request);

/* http_conn.c */
/* 'client' is the caller's reference, given over; NULL: answer 503 and end. */
void http_conn_new(struct http_server *server, int fd, const struct ip *address,
	struct http_client *client_take);
void http_conn_free(struct http_conn *conn);
/* http_send's second half, on the loop thread. */
void http_conn_reply(void *request);

/* A drain has begun: end it if it is idle, else hurry it up. */
void http_conn_drain(struct http_conn *conn);

/* http_server.c: all that a drain waits for on this connection was said. */
void http_server_said(struct http_conn *conn);
/* A connection has gone. */
void http_server_gone(struct http_server *server, struct http_conn *conn);
/* May this client hold so many bytes more? */
bool http_server_has_room(const struct http_server *server, const struct http_client *client,
	size_t size);

#endif
