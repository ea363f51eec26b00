/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * Digests and keyed digests on libcrypto, which uses the CPU's SHA instructions.
 * Any thread.  For hex and base64 use libsodium's functions directly.
 */
#ifndef MORTISE_CRYPTO_DIGEST_H
#define MORTISE_CRYPTO_DIGEST_H

#include <stdbool.h>
#include <stddef.h>

#define DIGEST_MAX_SIZE 32

enum digest { DIGEST_SHA256, DIGEST_SHA1, DIGEST_MD5 };

/* "sha256" → DIGEST_SHA256; false for an unknown name. */
bool digest_parse(const char *name, enum digest *ret_digest);
size_t digest_size(enum digest digest);
/* Into 'ret_bytes'; returns the size. */
size_t digest_of(enum digest digest, const void *data, size_t size,
	unsigned char ret_bytes[static DIGEST_MAX_SIZE]);

/* A key made ready once and used for many messages, by any number of threads at
 * once.  hmac_key_free wipes it. */
struct hmac_key;
struct hmac_key *hmac_key_new(enum digest digest, const void *key, size_t size);
void hmac_key_free(struct hmac_key *key);
size_t hmac_sign(const struct hmac_key *key, const void *data, size_t size,
	unsigned char ret_bytes[static DIGEST_MAX_SIZE]);

#endif
