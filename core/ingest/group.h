/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * Which events are one issue: those with the same hash.  It is made from the fingerprint
 * that the SDK sent, else from the types of the exceptions with the frames of the
 * application (all frames if there are none of it), else from the message without what
 * varies.  From the body that normalize made.  Pure function, any thread.
 */
#ifndef MORTISE_INGEST_GROUP_H
#define MORTISE_INGEST_GROUP_H

#include <stdbool.h>

#include <jansson.h>

/* 128 bits of SHA-256 in hexadecimal, with the NUL: what Sentry shows is as long. */
#define GROUP_HASH_SIZE 33

void group_hash(const json_t *body, char ret_hash[static GROUP_HASH_SIZE]);
/* The same of the user: by id, else user name, e-mail or address.  False if it names none. */
bool group_user(const json_t *body, char ret_hash[static GROUP_HASH_SIZE]);

#endif
