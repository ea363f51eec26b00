/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/* What the files of core/admin/ share. */
#ifndef MORTISE_ADMIN_ADMIN_PRIVATE_H
#define MORTISE_ADMIN_ADMIN_PRIVATE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "core/admin/admin.h"

#define ADMIN_INTERFACE "dev.mortise.Admin"
#define ADMIN_MAX_MESSAGE ((size_t)1 << 20)

struct varlink_type;

/* ---- Peers (admin_peer.c) ---- */

struct admin_peer {
	uid_t uid;
	gid_t *groups;
	size_t group_len;
};

/* The groups that the settings name, as numbers. */
struct admin_groups {
	gid_t *operate, *admin;
	size_t operate_len, admin_len;
};

/* The process at the other end of a Unix socket. */
int admin_peer_read(int fd, struct admin_peer *ret_peer, struct err *err);
void admin_peer_clear(struct admin_peer *peer);
/* 'operate' and 'admin' are lists of names ended by NULL, or NULL; a name that no group
 * has is left out. */
void admin_groups_read(char *const *operate, char *const *admin, struct admin_groups *ret_groups);
void admin_groups_clear(struct admin_groups *groups);
enum admin_level admin_peer_level(const struct admin_peer *peer, const struct admin_groups *groups);

/* ---- Methods (admin_dispatch.c); workers ---- */

struct admin_entry {
	const struct admin_method *method;
	struct varlink_type *in, *out;
};

struct admin_table {
	struct admin_entry *entries;
	size_t len;
};

void admin_table_add(struct admin_table *table, const struct admin_method *methods);
void admin_table_clear(struct admin_table *table);
/* The interface description. */
char *admin_table_describe(const struct admin_table *table);

/* Run one message.  '*ret_reply' is the last reply, or NULL after a "oneway" call.
 * Negative: the message is no Varlink call; the connection ends. */
int admin_dispatch(const struct admin_table *table, struct daemon *daemon,
	uid_t uid, enum admin_level level, struct admin_call *call,
	const char *message, size_t size, json_t **ret_reply);

#endif
