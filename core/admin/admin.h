/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * The admin socket, $RUNTIME_DIRECTORY/admin.sock: Varlink, interface dev.mortise.Admin.
 *
 * Methods stand in one table for each subject with level, interface text and handler;
 * the tables make the dispatcher and the interface description.  The loop thread moves
 * bytes; messages are parsed and handlers run on two workers of the socket's own, so
 * that an operator gets through when the daemon is busy.
 */
#ifndef MORTISE_ADMIN_ADMIN_H
#define MORTISE_ADMIN_ADMIN_H

#include <jansson.h>

struct admin;
struct admin_call;
struct daemon;
struct err;

/* Root and the daemon's user have all; groups of the settings have operate or admin;
 * who else can open the socket has read. */
enum admin_level { ADMIN_READ, ADMIN_OPERATE, ADMIN_ADMIN };

struct admin_method {
	const char *name;          /* "Status" */
	enum admin_level level;
	const char *in, *out;      /* Varlink types: "(slug: string, name: ?string)" */
	const char *help;
	/* 'parameters' has been checked against 'in'.  '*ret_result' is a new object.
	 * Leave it NULL for "()". */
	int (*run)(struct daemon *daemon, const json_t *parameters, json_t **ret_result,
		struct err *err);
	/* Instead of run, for a method that answers in several parts; the client must ask
	 * for "more".  '*ret_result' is the last part. */
	int (*stream)(struct daemon *daemon, const json_t *parameters, struct admin_call *call,
		json_t **ret_result, struct err *err);
};

struct admin *admin_new(struct daemon *daemon);
/* Before admin_listen.  A NULL name ends the table; it is borrowed for good. */
void admin_add_methods(struct admin *admin, const struct admin_method *methods);
/* All tables of this folder. */
void admin_add_all_methods(struct admin *admin);
int admin_listen(struct admin *admin, const char *path, struct err *err);
/* Take a listening Unix socket (socket activation). */
int admin_listen_fd(struct admin *admin, int fd, struct err *err);
/* Loop thread, or when the loop has ended. */
void admin_free(struct admin *admin);

/* Send one part; waits while the client reads slowly.  E_CANCELLED when it is gone. */
int admin_call_send(struct admin_call *call, json_t *part_take, struct err *err);

#endif
