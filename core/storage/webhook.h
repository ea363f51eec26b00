/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * Stored webhooks and their bodies.  Inside a transaction; functions that change
 * something belong in a write closure.
 *
 * A row holds what was verified (who, when, how), so that running it again verifies
 * nothing anew.  A delivery id is recognised per key owner as long as its row is there.
 */
#ifndef MORTISE_STORAGE_WEBHOOK_H
#define MORTISE_STORAGE_WEBHOOK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/storage/tx.h"

struct webhook_add {
	const char *key_owner;
	const char *delivery_id;   /* NULL: not recognised again */
	const char *provider, *webhook, *event;
	const char *subject;       /* or NULL */
	bool subject_scope;        /* needs no integration */
	int64_t integration_id;    /* 0: none */
	const char *object;        /* or NULL */
	const char *headers;       /* JSON */
	int64_t received_us;
	int encoding;              /* enum pack_encoding */
	int64_t size;              /* as it came */
	struct blob body;          /* encoded */
};

struct webhook_row {
	int64_t id;
	char *provider, *webhook, *event;
	char *subject, *delivery_id, *object;  /* or NULL */
	bool subject_scope;
	int64_t integration_id;
	char *headers;             /* JSON */
	int64_t received_us;
	int64_t size;              /* of its body, as it came */
	int newest_status;         /* of its newest job; -1: it has none (any more) */
};

/* Store one, unless its delivery id was seen: then '*ret_known' is true and '*ret_id' that
 * row. */
int webhook_add(struct tx *tx, const struct webhook_add *add, int64_t *ret_id, bool *ret_known,
	struct err *err);

/* E_NOT_FOUND if there is none.  Free with webhook_row_clear. */
int webhook_get(struct tx *tx, int64_t id, struct webhook_row *ret_row, struct err *err);
void webhook_row_clear(struct webhook_row *row);
#define cleanup_webhook_row __attribute__((__cleanup__(webhook_row_clear)))
/* The body as it came, with a NUL behind it; free it.  E_LIMIT if it is damaged. */
int webhook_body_get(struct tx *tx, int64_t id, char **ret_body, size_t *ret_size,
	struct err *err);
/* Rows below id 'before' (0: all), newest first.  'provider' may be NULL; 'status' as of
 * jobs, -1: any.  Free each, then the array. */
int webhook_list(struct tx *tx, const char *provider, int status, int64_t before, size_t max,
	struct webhook_row **ret_rows, size_t *ret_len, struct err *err);

#endif
