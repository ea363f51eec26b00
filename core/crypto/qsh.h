/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * The query string hash of Atlassian Connect: what a token's claim `qsh` says about the
 * request that it came with.  One code makes it for what we send and checks it in what we
 * get.  Any thread.
 *
 * It is the SHA-256 of METHOD&PATH&QUERY, where
 *   METHOD  is in capitals;
 *   PATH    begins with one slash and ends with none, unless it is "/" alone; "&" in it
 *           is "%26";
 *   QUERY   is without the parameter `jwt`; names and values are encoded as RFC 3986 has
 *           it and sorted by name; a repeated name stands once, its values sorted and
 *           joined by a comma.  A parameter without a value is "name=".
 */
#ifndef MORTISE_CRYPTO_QSH_H
#define MORTISE_CRYPTO_QSH_H

struct err;

#define QSH_SIZE 65            /* lower-case hex and its NUL */

/* 'path' is what was sent, below the base URL and without a query; 'query' is what was sent
 * behind the "?" ("a=1&b=%20", "+" a space), or NULL.  E_FIELD for a wrong escape in the
 * query, E_LIMIT for one that is too long. */
int qsh_hash(const char *method, const char *path, const char *query, char ret_hex[QSH_SIZE],
	struct err *err);
/* The text that is hashed; the caller's. */
int qsh_canonical(const char *method, const char *path, const char *query, char **ret_text,
	struct err *err);

#endif
