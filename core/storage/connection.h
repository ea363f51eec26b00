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

struct err;

enum connection_kind { CONNECTION_WRITER, CONNECTION_READER };

struct tx {
	sqlite3 *db;
	sqlite3_stmt **statements;     /* by place in the program's table of SQL */
	int64_t read_until_ms;         /* a read is interrupted then; 0: no limit */
	bool broken;                   /* an error has ended the whole transaction */
	bool full;                     /* it was that the disk is full */
};

int connection_open(const char *path, enum connection_kind kind, struct tx **ret_tx,
	struct err *err);
void connection_close(struct tx *tx);
/* Run SQL text that is no statement of the table (BEGIN, pragmas, migrations). */
int connection_run(struct tx *tx, const char *text, struct err *err);
/* Turn the connection's last error into a code and words; notes a lost transaction. */
int connection_error(struct tx *tx, const char *what, struct err *err);

#endif
