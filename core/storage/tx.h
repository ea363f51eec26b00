/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * Statements inside a transaction, for the files of core/storage/ only.
 *
 * Every statement is declared with SQL(), which puts it in one table of the
 * program: connections keep it prepared by its place there, and a check
 * prepares all of them on both engines.  SQL is the subset that SQLite and
 * PostgreSQL speak; parameters are $1, $2, … each first used in that order.
 */
#ifndef MORTISE_STORAGE_TX_H
#define MORTISE_STORAGE_TX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct err;
struct tx;

struct sql {
	const char *name;
	const char *text;
};

#define SQL(name_, text_)                                                        \
	static const struct sql name_ __attribute__((used, section("mortise_sql"), \
		aligned(sizeof(void *)))) = {#name_, text_}

/* A blob argument for tx_exec and query_begin. */
struct blob {
	const void *data;
	size_t size;
};

/*
 * Run a statement.  'types' has one letter per parameter: i int64_t, s const char *
 * (NULL is null), b const struct blob * (NULL is null), o const int64_t * (NULL is null).
 * Returns the number of rows changed, or a negative code.  A unique or foreign key
 * clash is E_CONFLICT.
 */
int tx_exec(struct tx *tx, const struct sql *sql, struct err *err, const char *types, ...);
/* The same for INSERT … RETURNING id: E_NOT_FOUND when no row came back (ON CONFLICT
 * DO NOTHING). */
int tx_insert(struct tx *tx, const struct sql *sql, int64_t *ret_id, struct err *err,
	const char *types, ...);

struct query {
	void *statement;
	struct tx *tx;
	struct err *err;
};

/* Iterate: query_begin, while query_next == 1, query_end (always). */
int query_begin(struct query *query, struct tx *tx, const struct sql *sql, struct err *err,
	const char *types, ...);
/* query_begin and query_next in one, for a statement of one row. */
int query_first(struct query *query, struct tx *tx, const struct sql *sql, struct err *err,
	const char *types, ...);
/* 1: a row; 0: no more; negative: an error. */
int query_next(struct query *query);
void query_end(struct query *query);
bool query_is_null(struct query *query, int column);
int64_t query_int(struct query *query, int column);
/* Borrowed until the next step; NULL for null. */
const char *query_text(struct query *query, int column);
struct blob query_blob(struct query *query, int column);

#endif
