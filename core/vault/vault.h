/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * The vault seals what is used to sign or to be sent before it reaches the store.
 *
 * XChaCha20-Poly1305 with one random data key per value, wrapped by a master key;
 * the associated data is the column's name and the row's random 128-bit uid, so a
 * sealed value cannot be moved.  Master keys live in locked memory.  Any thread.
 */
#ifndef MORTISE_VAULT_VAULT_H
#define MORTISE_VAULT_VAULT_H

#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

struct err;
struct store;
struct vault;

#define VAULT_UID_SIZE 16

/* A secret in locked memory; no log call takes one. */
struct secret {
	size_t size;
	unsigned char *data;   /* followed by a NUL that size does not count */
};

struct secret *secret_new(const void *data, size_t size);
/* Read from a file, less one trailing newline; refuses a world-readable one. */
int secret_read_file(const char *path, size_t max_size, struct secret **ret_secret, struct err *err);
void secret_free(struct secret *secret);
void secret_freep(struct secret **secret);
#define cleanup_secret __attribute__((__cleanup__(secret_freep)))

struct vault_settings {
	const char *key_file;  /* "": systemd credential vault.key, else state_dir/vault.key,
				* made by the first vault_check with mode 0600 */
	const char *state_dir;
};

int vault_open(const struct vault_settings *settings, struct vault **ret_vault, struct err *err);
void vault_close(struct vault *vault);
/* Every master key in use in the database must be here and open what it sealed; E_SETTINGS
 * names a missing or a wrong one.  A database with nothing sealed gets its first key file
 * here. */
int vault_check(struct vault *vault, struct store *store, struct err *err);

/* Seal 'size' bytes for 'column' ("integration.secrets") of the row 'uid'; '*ret_sealed'
 * is a malloc'ed blob, its first four bytes are the master key's id, big-endian. */
void vault_seal(struct vault *vault, const char *column, const unsigned char uid[VAULT_UID_SIZE],
	const void *plain, size_t size, unsigned char **ret_sealed, size_t *ret_size);
int vault_open_sealed(struct vault *vault, const char *column,
	const unsigned char uid[VAULT_UID_SIZE], const void *sealed, size_t sealed_size,
	struct secret **ret_plain, struct err *err);
/* Keyed hash (BLAKE2b-256) of an API token, session or link, in hex; the hashing key is a
 * sealed row of the store. */
void vault_token_hash(struct vault *vault, const char *token, char ret_hex[65]);
/* Make a new master key and wrap every sealed row anew, in steps; online. */
int vault_rotate(struct vault *vault, struct store *store, struct err *err);

/* {"file", "keys": [{"id", "newest", "inUse"}]}, without any key. */
int vault_status(struct vault *vault, struct store *store, json_t **ret_status, struct err *err);

#endif
