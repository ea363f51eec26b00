/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
#include "config.h"
#include "core/storage/backup.h"

#include <dirent.h>
#include <string.h>
#include <unistd.h>

#include "core/base/err.h"
#include "core/base/log.h"
#include "core/storage/connection.h"
#include "core/storage/store.h"

/* All pages in one step: the read transaction inside makes them of one moment. */
static int copy(sqlite3 *from, sqlite3 *to, struct err *err)
{
	sqlite3_backup *backup = sqlite3_backup_init(to, "main", from, "main");
	int result;

	if (!backup)
		return err_set(err, MORTISE_E_INTERNAL, "the copy cannot begin: %s",
			sqlite3_errmsg(to));
	result = sqlite3_backup_step(backup, -1);
	sqlite3_backup_finish(backup);
	if (result != SQLITE_DONE)
		return err_set(err, MORTISE_E_RETRY, "the copy failed: %s", sqlite3_errstr(result));
	return 0;
}

int backup_write(struct store *store, const char *to, struct err *err)
{
	sqlite3 *target = NULL;
	struct tx *source;
	int result = connection_open(store_path(store), CONNECTION_READER, &source, err);

	if (result < 0)
		return result;
	if (sqlite3_open_v2(to, &target, SQLITE_OPEN_READWRITE, NULL) != SQLITE_OK)
		result = err_set(err, MORTISE_E_SETTINGS, "%s: cannot be opened: %s", to,
			target ? sqlite3_errmsg(target) : "no memory");
	else
		result = copy(source->db, target, err);
	sqlite3_close(target);
	connection_close(source);
	return result;
}

void backup_sweep(const char *folder)
{
	DIR *dir = opendir(folder);
	const struct dirent *entry;

	if (!dir)
		return;
	while ((entry = readdir(dir)))
		if (strncmp(entry->d_name, BACKUP_PREFIX, strlen(BACKUP_PREFIX)) == 0 &&
			unlinkat(dirfd(dir), entry->d_name, 0) == 0)
			log_notice("store.backup_swept", LOG_TEXT("file", entry->d_name));
	closedir(dir);
}
