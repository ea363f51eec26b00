/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
#include "config.h"
#include "core/storage/connection.h"

#include <pthread.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "core/base/err.h"
#include "core/base/log.h"
#include "core/base/mem.h"
#include "core/storage/delivery.h"
#include "core/storage/log_file.h"

#define BUSY_MS 5000
#define PROGRESS_OPCODES 4000

static pthread_once_t configure_once = PTHREAD_ONCE_INIT;
static const char *writer_layer;

extern const struct sql __start_mortise_sql[] __attribute__((weak));
extern const struct sql __stop_mortise_sql[] __attribute__((weak));

static size_t statement_len(void)
{
	return (size_t)(__stop_mortise_sql - __start_mortise_sql);
}

/* Non-zero interrupts the statement. */
static int check_time(void *arg)
{
	struct tx *tx = arg;

	return tx->read_until_ms > 0 && clock_mono_ms() > tx->read_until_ms;
}

/* Debian builds SQLite with secure_delete, which doubles the pages a delete writes;
 * what is secret here is sealed.  Checkpoints are the store's own business. */
static const char common_pragmas[] =
	"PRAGMA foreign_keys = ON;"
	"PRAGMA secure_delete = OFF;"
	"PRAGMA temp_store = MEMORY;"
	"PRAGMA wal_autocheckpoint = 0;";
/* The log keeps the size that it has under load when it begins anew (LONG_FRAMES in
 * checkpoint.c): cutting it, to lengthen it again, held up all writes for 30 ms. */
static const char writer_pragmas[] =
	"PRAGMA page_size = 8192;"
	"PRAGMA journal_mode = WAL;"
	"PRAGMA synchronous = FULL;"
	"PRAGMA cache_size = -65536;"
	"PRAGMA journal_size_limit = 201326592;";
static const char reader_pragmas[] =
	"PRAGMA query_only = ON;"
	"PRAGMA cache_size = -4096;";

/* Counting its memory costs a lock at each allocation, of all threads. */
static void configure(void)
{
	sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
	writer_layer = log_file_register();
}

int connection_open(const char *path, enum connection_kind kind, struct tx **ret_tx,
	struct err *err)
{
	struct tx *tx = new(struct tx);
	int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX |
		SQLITE_OPEN_EXRESCODE;
	int result;

	pthread_once(&configure_once, configure);
	tx->statements = xcalloc(statement_len(), sizeof(sqlite3_stmt *));
	if (sqlite3_open_v2(path, &tx->db, flags, kind == CONNECTION_WRITER ? writer_layer : NULL) !=
		SQLITE_OK) {
		result = err_set(err, MORTISE_E_SETTINGS, "%s: cannot be opened: %s", path,
			tx->db ? sqlite3_errmsg(tx->db) : "no memory");
		connection_close(tx);
		return result;
	}
	/* SQLite falls back to reading alone. */
	if (sqlite3_db_readonly(tx->db, "main") == 1) {
		result = err_set(err, MORTISE_E_SETTINGS, "%s: is read-only; give it to the "
			"daemon's user, and see that its file system is mounted for writing", path);
		connection_close(tx);
		return result;
	}
	sqlite3_busy_timeout(tx->db, BUSY_MS);
	sqlite3_limit(tx->db, SQLITE_LIMIT_ATTACHED, 0);
	result = connection_run(tx, kind == CONNECTION_WRITER ? writer_pragmas : reader_pragmas,
		err);
	if (result == 0)
		result = connection_run(tx, common_pragmas, err);
	if (result < 0) {
		err_prefix(err, "%s: ", path);
		connection_close(tx);
		return result;
	}
	if (kind == CONNECTION_READER)
		sqlite3_progress_handler(tx->db, PROGRESS_OPCODES, check_time, tx);
	*ret_tx = tx;
	return 0;
}

void connection_close(struct tx *tx)
{
	if (!tx)
		return;
	for (size_t i = 0; i < statement_len(); i++)
		sqlite3_finalize(tx->statements[i]);
	for (size_t i = 0; i < CONNECTION_VERB_LEN; i++)
		sqlite3_finalize(tx->verbs[i]);
	sqlite3_close(tx->db);
	delivery_table_free(tx->deliveries);
	free(tx->statements);
	free(tx);
}

int connection_do(struct tx *tx, enum connection_verb verb, struct err *err)
{
	static const char *const texts[] = {
		[CONNECTION_BEGIN] = "BEGIN",
		[CONNECTION_BEGIN_WRITE] = "BEGIN IMMEDIATE",
		[CONNECTION_COMMIT] = "COMMIT",
		[CONNECTION_ROLLBACK] = "ROLLBACK",
		[CONNECTION_SAVEPOINT] = "SAVEPOINT closure",
		[CONNECTION_ROLLBACK_TO] = "ROLLBACK TO closure",
		[CONNECTION_RELEASE] = "RELEASE closure",
	};
	int result = 0;

	if (!tx->verbs[verb] && sqlite3_prepare_v3(tx->db, texts[verb], -1,
		SQLITE_PREPARE_PERSISTENT, &tx->verbs[verb], NULL) != SQLITE_OK)
		return connection_error(tx, "database", err);
	if (sqlite3_step(tx->verbs[verb]) != SQLITE_DONE)
		result = connection_error(tx, "database", err);
	sqlite3_reset(tx->verbs[verb]);
	return result;
}

int connection_run(struct tx *tx, const char *text, struct err *err)
{
	if (sqlite3_exec(tx->db, text, NULL, NULL, NULL) != SQLITE_OK)
		return connection_error(tx, "database", err);
	return 0;
}

/* After a sync that failed, nobody knows what the disk has: the kernel counts the pages as
 * written, and a later sync that succeeds does not bring them.  So nothing more may be
 * built, or acknowledged, on what this process believes, not even a clean end.  The next
 * start reads what is there and writes all of the log anew (store.c). */
void connection_check_sync(struct tx *tx, int code)
{
	if (code != SQLITE_IOERR_FSYNC && code != SQLITE_IOERR_DIR_FSYNC)
		return;
	log_error("store.sync_failed", LOG_TEXT("file", sqlite3_db_filename(tx->db, "main")),
		LOG_TEXT("reason", strerror(sqlite3_system_errno(tx->db))),
		LOG_TEXT("action", "ending at once, to start again on what the disk has; "
			"check the disk if this comes back"));
	_exit(EXIT_FAILURE);
}

int connection_error(struct tx *tx, const char *what, struct err *err)
{
	int code = sqlite3_extended_errcode(tx->db);
	const char *text = sqlite3_errmsg(tx->db);

	connection_check_sync(tx, code);
	switch (code) {
	case SQLITE_CONSTRAINT_UNIQUE:
	case SQLITE_CONSTRAINT_PRIMARYKEY:
	case SQLITE_CONSTRAINT_FOREIGNKEY:
	case SQLITE_CONSTRAINT_ROWID:
		return err_set(err, MORTISE_E_CONFLICT, "%s: %s", what, text);
	}
	switch (code & 0xff) {
	case SQLITE_FULL:
		tx->full = true;
		/* fall through */
	case SQLITE_IOERR:
	case SQLITE_NOMEM:
	case SQLITE_READONLY:
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
	case SQLITE_CANTOPEN:
		tx->broken = true;
		return err_set(err, MORTISE_E_RETRY, "%s: the database takes nothing now: %s",
			what, text);
	case SQLITE_INTERRUPT:
		return err_set(err, MORTISE_E_RETRY,
			"%s: reading took longer than a read may", what);
	default:
		return err_set(err, MORTISE_E_INTERNAL, "%s: %s", what, text);
	}
}

/* ---- Statements ---- */

/* SQLite keeps a copy of each page that a statement with RETURNING changes, in case it
 * fails in its middle, and it has told the id of a plain INSERT already. */
static size_t text_len(const char *text)
{
	static const char returning[] = " RETURNING id";
	size_t len = strlen(text), end = sizeof(returning) - 1;

	if (strncmp(text, "INSERT", 6) == 0 && len > end &&
		strcmp(text + len - end, returning) == 0 && !strstr(text, "DO UPDATE"))
		return len - end;
	return len;
}

static int prepare(struct tx *tx, const struct sql *sql, sqlite3_stmt **ret_statement,
	struct err *err)
{
	size_t place = (size_t)(sql - __start_mortise_sql);

	if (!tx->statements[place] &&
		sqlite3_prepare_v3(tx->db, sql->text, (int)text_len(sql->text), SQLITE_PREPARE_PERSISTENT,
			&tx->statements[place], NULL) != SQLITE_OK)
		return connection_error(tx, sql->name, err);
	*ret_statement = tx->statements[place];
	return 0;
}

static int bind(struct tx *tx, const struct sql *sql, sqlite3_stmt *statement, const char *types,
	va_list args, struct err *err)
{
	int result = SQLITE_OK;

	for (int i = 1; *types && result == SQLITE_OK; types++, i++) {
		const struct blob *blob;
		const char *text;
		const int64_t *optional;

		switch (*types) {
		case 'i':
			result = sqlite3_bind_int64(statement, i, va_arg(args, int64_t));
			break;
		case 'o':
			optional = va_arg(args, const int64_t *);
			result = optional ? sqlite3_bind_int64(statement, i, *optional) :
				sqlite3_bind_null(statement, i);
			break;
		case 's':
			text = va_arg(args, const char *);
			result = sqlite3_bind_text(statement, i, text, -1, SQLITE_STATIC);
			break;
		case 'b':
			blob = va_arg(args, const struct blob *);
			result = !blob ? sqlite3_bind_null(statement, i) :
				sqlite3_bind_blob64(statement, i, blob->data ? blob->data : "",
					blob->size, SQLITE_STATIC);
			break;
		default:
			abort();
		}
	}
	return result == SQLITE_OK ? 0 : connection_error(tx, sql->name, err);
}

static int begin(struct tx *tx, const struct sql *sql, const char *types, va_list args,
	sqlite3_stmt **ret_statement, struct err *err)
{
	int result = prepare(tx, sql, ret_statement, err);

	return result < 0 ? result : bind(tx, sql, *ret_statement, types, args, err);
}

/* An un-reset statement would pin an old snapshot, and bound texts are the caller's. */
static void finish(sqlite3_stmt *statement)
{
	sqlite3_reset(statement);
	sqlite3_clear_bindings(statement);
}

int tx_exec(struct tx *tx, const struct sql *sql, struct err *err, const char *types, ...)
{
	sqlite3_stmt *statement;
	va_list args;
	int result, step;

	va_start(args, types);
	result = begin(tx, sql, types, args, &statement, err);
	va_end(args);
	if (result < 0)
		return result;
	do
		step = sqlite3_step(statement);
	while (step == SQLITE_ROW);
	result = step == SQLITE_DONE ? sqlite3_changes(tx->db) :
		connection_error(tx, sql->name, err);
	finish(statement);
	return result;
}

int tx_insert(struct tx *tx, const struct sql *sql, int64_t *ret_id, struct err *err,
	const char *types, ...)
{
	sqlite3_stmt *statement;
	bool found = false;
	va_list args;
	int result, step;

	va_start(args, types);
	result = begin(tx, sql, types, args, &statement, err);
	va_end(args);
	if (result < 0)
		return result;
	while ((step = sqlite3_step(statement)) == SQLITE_ROW) {
		found = true;
		*ret_id = sqlite3_column_int64(statement, 0);
	}
	if (step != SQLITE_DONE)
		result = connection_error(tx, sql->name, err);
	else if (!found && sqlite3_column_count(statement) == 0 && sqlite3_changes(tx->db) > 0)
		*ret_id = sqlite3_last_insert_rowid(tx->db);
	else if (!found)
		result = err_set(err, MORTISE_E_NOT_FOUND, "%s: no row", sql->name);
	finish(statement);
	return result;
}

static int open_query(struct query *query, struct tx *tx, const struct sql *sql,
	struct err *err, const char *types, va_list args)
{
	sqlite3_stmt *statement = NULL;
	int result = begin(tx, sql, types, args, &statement, err);

	*query = (struct query){.statement = statement, .tx = tx, .err = err};
	return result;
}

int query_begin(struct query *query, struct tx *tx, const struct sql *sql, struct err *err,
	const char *types, ...)
{
	va_list args;
	int result;

	va_start(args, types);
	result = open_query(query, tx, sql, err, types, args);
	va_end(args);
	return result;
}

int query_first(struct query *query, struct tx *tx, const struct sql *sql, struct err *err,
	const char *types, ...)
{
	va_list args;
	int result;

	va_start(args, types);
	result = open_query(query, tx, sql, err, types, args);
	va_end(args);
	return result < 0 ? result : query_next(query);
}

int query_next(struct query *query)
{
	switch (sqlite3_step(query->statement)) {
	case SQLITE_ROW:
		return 1;
	case SQLITE_DONE:
		return 0;
	default:
		return connection_error(query->tx, "query", query->err);
	}
}

void query_end(struct query *query)
{
	if (query->statement)
		finish(query->statement);
	query->statement = NULL;
}

bool query_is_null(struct query *query, int column)
{
	return sqlite3_column_type(query->statement, column) == SQLITE_NULL;
}

int64_t query_int(struct query *query, int column)
{
	return sqlite3_column_int64(query->statement, column);
}

const char *query_text(struct query *query, int column)
{
	return (const char *)sqlite3_column_text(query->statement, column);
}

struct blob query_blob(struct query *query, int column)
{
	const void *data = sqlite3_column_blob(query->statement, column);

	return (struct blob){data, (size_t)sqlite3_column_bytes(query->statement, column)};
}
