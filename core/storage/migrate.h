/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * Numbered migrations, embedded from migrations/NNNN-name.sql at build time.  At
 * start, before any other connection is open.
 */
#ifndef MORTISE_STORAGE_MIGRATE_H
#define MORTISE_STORAGE_MIGRATE_H

#include <limits.h>

struct err;
struct tx;

struct migration {
	const char *name;      /* "0001-first" */
	const char *text;      /* with {id}, {int} and {blob} */
};

/* Made from the files; a NULL name ends it.  The first has version 1. */
extern const struct migration migrations[];

#define MIGRATE_ALL INT_MAX

/* Bring the database to this program's version, or only to version 'last' as an older
 * program would have, each step in a transaction.  E_SETTINGS when the database comes from
 * a later version. */
int migrate(struct tx *tx, const char *path, int last, struct err *err);

#endif
