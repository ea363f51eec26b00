/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * Public keys that others publish by their ids, fetched when a token names one and kept in
 * memory for an hour; an id that is not known there, for a minute.
 *
 * Whoever sends a token chooses the id, so everything is bounded: the table, the answer, the
 * time, and how many are fetched at once; beyond that the sender shall come again.
 */
#ifndef MORTISE_TOKEN_PUBLIC_KEY_H
#define MORTISE_TOKEN_PUBLIC_KEY_H

struct call_scope;
struct daemon;
struct err;
struct public_keys;
struct secret;

struct public_keys *public_keys_new(void);
void public_keys_free(struct public_keys *keys);

/* The key named 'kid', which is a plain id, at the address 'address': a template with {kid}.
 * PEM.  E_NOT_FOUND when the other side knows no usable key of this name, E_RETRY or
 * E_UPSTREAM when it cannot be had now.  Blocks: a worker, but of the intake. */
int public_key_get(struct daemon *daemon, const struct call_scope *scope, const char *address,
	const char *kid, struct secret **ret_pem, struct err *err);

#endif
