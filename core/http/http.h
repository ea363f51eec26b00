/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * A strict HTTP/1.1 server.  Anything ambiguous is 400 and close.
 *
 * The loop thread reads, parses and writes.  A request is handed to its route's
 * pool; the handler owns it until http_send, which may be called from any thread
 * and exactly once.  A handler never touches a connection: replies go to the loop
 * in batches, and a client that is gone is noticed there.
 */
#ifndef MORTISE_HTTP_HTTP_H
#define MORTISE_HTTP_HTTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

struct err;
struct http_request;
struct http_server;
struct loop;
struct pool;

struct http_settings {
	struct loop *loop;
	const char *public_url;            /* its path is stripped from targets */
	const char *const *trusted_proxies;/* CIDRs, NULL-terminated */
	size_t max_connections;            /* 0: 12,000, or three quarters of the open
					    * files that the process may have */
	size_t max_per_address;            /* 0: 256; loopback and trusted proxies: all */
	/* Bodies and replies in memory, over all connections and for one client (behind
	 * trusted proxies too).  0: 256 MiB; an eighth of it, loopback all. */
	size_t max_bytes, max_bytes_per_address;
	/* Whose pages may read what is below 'origins_path': origins, "*" for all;
	 * NULL-terminated, or NULL for none but our own. */
	const char *const *origins;
	const char *origins_path;
	int head_timeout_ms, body_timeout_ms, idle_timeout_ms; /* 0: 10 s, 60 s, 75 s */
};

/* Loop thread, when the head is complete and before any body: return the most bytes
 * of body that are taken.  May reply instead: http_reply… and http_send, then -1. */
typedef int64_t http_admit_fn(struct http_request *request, void *arg);
/* On a worker of the route's pool (or the loop if it has none). */
typedef void http_handler_fn(struct http_request *request, void *arg);

struct http_route {
	const char *method;    /* "GET"; HEAD is served by GET; "*": any */
	const char *pattern;   /* "/api/0/organizations/{org}/repos/"; a last segment
				* {rest*} takes the remaining path; a trailing slash is
				* optional on input */
	http_handler_fn *handler;
	http_admit_fn *admit;  /* or NULL */
	int64_t max_body;      /* bytes; 0: none, when admit is NULL */
	struct pool *pool;     /* NULL: the loop thread */
	void *arg;
};

struct http_server *http_server_new(const struct http_settings *settings);
/* Before listening.  The route is copied, its strings are borrowed for good. */
void http_server_add(struct http_server *server, const struct http_route *route);
/* Walk the routes: index from 0 until NULL. */
const struct http_route *http_server_route(const struct http_server *server, size_t index);
/* "127.0.0.1:8300", "[::1]:0".  Port 0 picks one; see http_server_port. */
int http_server_listen(struct http_server *server, const char *address, struct err *err);
/* Take a listening descriptor (socket activation). */
int http_server_listen_fd(struct http_server *server, int fd, struct err *err);
int http_server_port(struct http_server *server);
/* Loop thread: take no new connections, end idle ones, answer what has begun with
 * Connection: close.  A request whose bytes still come has some seconds.  What waits in
 * the queue of a socket that was handed over stays there for the next process.
 * fn(arg), if there is one, is called on the loop thread when the last reply has left;
 * that may be at once. */
typedef void http_drained_fn(void *arg);
void http_server_drain(struct http_server *server, http_drained_fn *fn, void *arg);
/* Requests being handled. */
size_t http_server_busy(struct http_server *server);
void http_server_free(struct http_server *server);

/* ---- The request; borrowed strings, valid until http_send ---- */
const char *http_method(const struct http_request *request);
/* The path below public_url, percent-encoded as it came, without query. */
const char *http_path(const struct http_request *request);
/* A path parameter, decoded. */
const char *http_param(const struct http_request *request, const char *name);
/* The first value of a query parameter, decoded; NULL if absent. */
const char *http_query(const struct http_request *request, const char *name);
/* Walk all query parameters: index from 0 until false. */
bool http_query_at(const struct http_request *request, size_t index, const char **ret_name,
	const char **ret_value);
/* The query as it came, without "?"; "" if none. */
const char *http_query_raw(const struct http_request *request);
/* A header by name, any case; NULL if absent. Several are joined with ", ". */
const char *http_header(const struct http_request *request, const char *name);
const char *http_body(const struct http_request *request, size_t *ret_size);
/* The client's address, behind trusted proxies too. */
const char *http_peer(const struct http_request *request);
/* Random id of this request, for logs and errorId. */
const char *http_id(const struct http_request *request);

/* ---- The reply ---- */
/* Add a header; a value with CR, LF or NUL is an error of ours and is dropped. */
void http_reply_header(struct http_request *request, const char *name, const char *value);
/* Set status and body; 'json' is taken over. */
void http_reply_json(struct http_request *request, int status, json_t *json_take);
void http_reply_bytes(struct http_request *request, int status, const char *content_type,
	const void *data, size_t size);
/* Set a status with no body. */
void http_reply_empty(struct http_request *request, int status);
/* Let nobody keep the reply. */
void http_reply_no_store(struct http_request *request);
/* The reply is complete and may be kept to be asked about again: give it an ETag, and send
 * 304 in its place to a client that has it. */
void http_reply_tag(struct http_request *request);
#define HTTP_TAG_SIZE 37
/* The ETag of these bytes, a weak one: gzip or not, they mean the same. */
void http_tag_make(const void *data, size_t size, char ret_tag[static HTTP_TAG_SIZE]);
/* Has the client what this ETag stands for? */
bool http_has_tag(const struct http_request *request, const char *tag);
/* Send it and give the request back; any thread. */
void http_send(struct http_request *request);

#endif
