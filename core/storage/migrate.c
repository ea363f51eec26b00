/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
#include "config.h"
#include "core/storage/migrate.h"

#include <string.h>

#include "core/base/buf.h"
#include "core/base/err.h"
#include "core/base/log.h"
#include "core/base/mem.h"
#include "core/storage/connection.h"

static const struct {
	const char *mark, *type;
} types[] = {
	/* AUTOINCREMENT: an id is never given twice, also after its row was pruned. */
	{"{id}", "INTEGER PRIMARY KEY AUTOINCREMENT"},
	{"{int}", "INTEGER"},
	{"{blob}", "BLOB"},
	/* After the columns: the rows lie in the primary key itself. */
	{"{clustered}", "WITHOUT ROWID"},
};

static void add_types(struct buf *buf, const char *text)
{
	while (*text) {
		const char *mark = strchr(text, '{');
		size_t i = 0;

		if (!mark) {
			buf_add_text(buf, text);
			return;
		}
		buf_add(buf, text, (size_t)(mark - text));
		while (i < lengthof(types) &&
			strncmp(mark, types[i].mark, strlen(types[i].mark)) != 0)
			i++;
		if (i == lengthof(types)) {
			/* Braces of the text itself: a default of '{}'. */
			buf_add_char(buf, '{');
			text = mark + 1;
			continue;
		}
		buf_add_text(buf, types[i].type);
		text = mark + strlen(types[i].mark);
	}
}

static int read_version(struct tx *tx, int *ret_version, struct err *err)
{
	sqlite3_stmt *statement;

	if (connection_run(tx, "CREATE TABLE IF NOT EXISTS schema_version "
			       "(version INTEGER NOT NULL)", err) < 0)
		return err->code;
	if (sqlite3_prepare_v2(tx->db, "SELECT coalesce(max(version), 0) FROM schema_version", -1,
		&statement, NULL) != SQLITE_OK)
		return connection_error(tx, "schema_version", err);
	*ret_version = sqlite3_step(statement) == SQLITE_ROW ?
		sqlite3_column_int(statement, 0) : 0;
	sqlite3_finalize(statement);
	return 0;
}

static int apply(struct tx *tx, int version, struct err *err)
{
	const struct migration *migration = &migrations[version - 1];
	cleanup_buf struct buf text = BUF(0);
	int result;

	buf_add_text(&text, "BEGIN IMMEDIATE;\n");
	add_types(&text, migration->text);
	buf_printf(&text, "\nINSERT INTO schema_version (version) VALUES (%d);\nCOMMIT;\n", version);
	result = connection_run(tx, buf_text(&text), err);
	if (result < 0) {
		err_prefix(err, "migration %s: ", migration->name);
		if (!sqlite3_get_autocommit(tx->db))
			(void)connection_run(tx, "ROLLBACK", NULL);
		return result;
	}
	log_notice("store.migrated", LOG_TEXT("migration", migration->name));
	return 0;
}

int migrate(struct tx *tx, const char *path, int last, struct err *err)
{
	int version = 0, known = 0, result;

	while (migrations[known].name)
		known++;
	result = read_version(tx, &version, err);
	if (result < 0)
		return result;
	if (version > known)
		return err_set(err, MORTISE_E_SETTINGS,
			"%s: has schema version %d, and this mortised knows versions up to %d: "
			"start the newer mortised that made it, or restore a backup",
			path, version, known);
	while (result == 0 && version < known && version < last)
		result = apply(tx, ++version, err);
	return result;
}
