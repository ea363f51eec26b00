/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * One SQLite connection with its prepared statements.  Belongs to one thread at a
 * time; private to the store engine.
 */
#ifndef MORTISE_STORAGE_CONNECTION_H
#define MORTISE_STORAGE_CONNECTION_H

#include <stdbool.h>
#include <stdint.h>

#include <sqlite3.h>

#include "core/storage/tx.h"

struct delivery_table;
struct dictionaries;
struct err;

enum connection_kind { CONNECTION_WRITER, CONNECTION_READER };

/* What begins and ends a transaction. */
enum connection_verb {
	CONNECTION_BEGIN,
	CONNECTION_BEGIN_WRITE,
	CONNECTION_COMMIT,
	CONNECTION_ROLLBACK,
	CONNECTION_SAVEPOINT,
	CONNECTION_ROLLBACK_TO,
	CONNECTION_RELEASE,
	CONNECTION_VERB_LEN,
};

struct tx {
	sqlite3 *db;
	sqlite3_stmt *verbs[CONNECTION_VERB_LEN];
	sqlite3_stmt **statements;     /* by place in the program's table of SQL */
	int64_t read_until_ms;         /* a read is interrupted then; 0: no limit */
	bool broken;                   /* an error has ended the whole transaction */
	bool full;                     /* it was that the disk is full */
	uint64_t serial;               /* of the transaction, on the writer */
	struct delivery_table *deliveries; /* the writer's memory, or NULL */
	struct dictionaries *dictionaries; /* the store's */
};

int connection_open(const char *path, enum connection_kind kind, struct tx **ret_tx,
	struct err *err);
void connection_close(struct tx *tx);
int connection_do(struct tx *tx, enum connection_verb verb, struct err *err);
/* Run SQL text that is no statement of the table (pragmas, migrations). */
int connection_run(struct tx *tx, const char *text, struct err *err);
/* Turn the connection's last error into a code and words; notes a lost transaction.  Does
 * not return from a failed sync. */
int connection_error(struct tx *tx, const char *what, struct err *err);
/* If SQLite's result 'code' is that of a failed sync, say so and end the process. */
void connection_check_sync(struct tx *tx, int code);

#endif
