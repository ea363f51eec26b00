/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * An upstream for unit tests: an HTTP/1.1 server on 127.0.0.2 whose answers a function
 * of the test gives.  A thread for each connection; the function is called under one
 * lock, so it may count in plain variables.
 */
#ifndef MORTISE_TESTS_SCRIPTED_SERVER_H
#define MORTISE_TESTS_SCRIPTED_SERVER_H

#include <stdbool.h>
#include <stddef.h>

struct scripted_server;

struct scripted_request {
	int number;                /* from 1, over all connections */
	const char *method;
	const char *target;
	const char *head;          /* all of it */
	const char *body;
	size_t body_size;
};

struct scripted_reply {
	int status;                /* 0: 200 */
	const char *headers;       /* lines with CR LF, or NULL */
	const void *body;          /* copied after the function has returned, so not a local */
	size_t size;               /* 0: of the text */
	bool hang;                 /* read the request and never answer */
	bool reset;                /* read it and reset the connection */
	/* Instead of an answer these bytes, then 'again' until the client goes away. */
	const char *raw;
	const char *again;
	int pause_ms;              /* before each of the latter */
};

typedef void scripted_fn(const struct scripted_request *request, struct scripted_reply *reply,
	void *arg);

struct scripted_server *scripted_server_new(scripted_fn *fn, void *arg);
void scripted_server_free(struct scripted_server *server);
int scripted_server_port(const struct scripted_server *server);
/* "http://127.0.0.2:PORT" */
const char *scripted_server_url(const struct scripted_server *server);
/* Requests and connections so far. */
int scripted_server_requests(struct scripted_server *server);
int scripted_server_connections(struct scripted_server *server);
/* After a request that was not answered: what the function did is seen by the caller. */
void scripted_server_sync(struct scripted_server *server);
/* Value of a header of the request (new string), or NULL. */
char *scripted_header(const struct scripted_request *request, const char *name);

#endif
