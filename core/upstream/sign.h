/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * Tokens that plugins hand out, signed with keys that they never see.  Workers and
 * host-call threads; reads the store.
 */
#ifndef MORTISE_UPSTREAM_SIGN_H
#define MORTISE_UPSTREAM_SIGN_H

#include <stdint.h>

#include <jansson.h>

struct call_scope;
struct daemon;
struct err;

/* A JWT over 'claims', to which nothing is added; 'algorithm' is a MORTISE_ALGORITHM_.
 * E_NOT_FOUND when nothing is in the slot, E_INTERNAL for what a plugin must not ask,
 * E_LIMIT for claims that make no token of JWT_MAX_SIZE.  The caller wipes it. */
int upstream_jwt_sign(struct daemon *daemon, const struct call_scope *scope, int32_t algorithm,
	const char *slot, const json_t *claims, char **ret_token, struct err *err);

#endif
