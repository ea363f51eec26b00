/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * The admin socket, $RUNTIME_DIRECTORY/admin.sock: Varlink, interface dev.mortise.Admin.
 *
 * Methods stand in one table each with level, interface text and handler; the table
 * makes the dispatcher and the interface description.  Handlers run on request workers.
 */
#ifndef MORTISE_ADMIN_ADMIN_H
#define MORTISE_ADMIN_ADMIN_H

#include <jansson.h>

struct admin;
struct daemon;
struct err;

enum admin_level { ADMIN_READ, ADMIN_OPERATE, ADMIN_ADMIN };

struct admin_method {
	const char *name;          /* "Status" */
	enum admin_level level;
	const char *in, *out;      /* Varlink types: "(slug: string, name: ?string)" */
	const char *help;
	/* '*ret_result' is a new object. */
	int (*run)(struct daemon *daemon, const json_t *parameters, json_t **ret_result,
		struct err *err);
};

/* NULL name ends the table; borrowed for good. */
void admin_add_methods(struct admin *admin, const struct admin_method *methods);
struct admin *admin_new(struct daemon *daemon);
int admin_listen(struct admin *admin, const char *path, struct err *err);
void admin_free(struct admin *admin);

#endif
