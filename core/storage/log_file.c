/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/* Belongs to the thread of its connection. */
#include "config.h"
#include "core/storage/log_file.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <sqlite3.h>

/* The most that SQLite's own layer writes at once. */
#define BUFFER_SIZE ((128 << 10) - 1)

struct log_file {
	sqlite3_file file;             /* what SQLite sees */
	sqlite3_file *below;           /* behind this struct */
	char *buffer;                  /* what is to be written at 'offset' */
	int64_t offset;
	int size;
};

static struct log_file *log_of(sqlite3_file *file)
{
	return (struct log_file *)(void *)file;
}

/* What cannot be written is forgotten: SQLite takes the transaction back. */
static int flush(struct log_file *log)
{
	int size = log->size;

	log->size = 0;
	return size == 0 ? SQLITE_OK :
		log->below->pMethods->xWrite(log->below, log->buffer, size, log->offset);
}

static int log_write(sqlite3_file *file, const void *data, int size, sqlite3_int64 offset)
{
	struct log_file *log = log_of(file);
	int code = SQLITE_OK;

	if (offset != log->offset + log->size || size > BUFFER_SIZE - log->size)
		code = flush(log);
	if (code != SQLITE_OK)
		return code;
	if (size > BUFFER_SIZE)
		return log->below->pMethods->xWrite(log->below, data, size, offset);
	if (log->size == 0)
		log->offset = offset;
	memcpy(log->buffer + log->size, data, (size_t)size);
	log->size += size;
	return SQLITE_OK;
}

static int log_sync(sqlite3_file *file, int flags)
{
	struct log_file *log = log_of(file);
	int code = flush(log);

	return code == SQLITE_OK ? log->below->pMethods->xSync(log->below, flags) : code;
}

static int log_read(sqlite3_file *file, void *data, int size, sqlite3_int64 offset)
{
	struct log_file *log = log_of(file);
	int code = flush(log);

	return code == SQLITE_OK ? log->below->pMethods->xRead(log->below, data, size, offset) :
		code;
}

static int log_truncate(sqlite3_file *file, sqlite3_int64 size)
{
	struct log_file *log = log_of(file);
	int code = flush(log);

	return code == SQLITE_OK ? log->below->pMethods->xTruncate(log->below, size) : code;
}

static int log_size(sqlite3_file *file, sqlite3_int64 *ret_size)
{
	struct log_file *log = log_of(file);
	int code = flush(log);

	return code == SQLITE_OK ? log->below->pMethods->xFileSize(log->below, ret_size) : code;
}

static int log_control(sqlite3_file *file, int op, void *arg)
{
	struct log_file *log = log_of(file);

	return log->below->pMethods->xFileControl(log->below, op, arg);
}

static int log_sector_size(sqlite3_file *file)
{
	struct log_file *log = log_of(file);

	return log->below->pMethods->xSectorSize(log->below);
}

static int log_characteristics(sqlite3_file *file)
{
	struct log_file *log = log_of(file);

	return log->below->pMethods->xDeviceCharacteristics(log->below);
}

/* Nobody locks a log. */
static int log_lock(sqlite3_file *file, int lock)
{
	(void)file;
	(void)lock;
	return SQLITE_OK;
}

static int log_check_lock(sqlite3_file *file, int *ret_locked)
{
	(void)file;
	*ret_locked = 0;
	return SQLITE_OK;
}

static int log_close(sqlite3_file *file)
{
	struct log_file *log = log_of(file);
	int code = flush(log), closed = log->below->pMethods->xClose(log->below);

	free(log->buffer);
	return code == SQLITE_OK ? closed : code;
}

static const sqlite3_io_methods log_methods = {
	.iVersion = 1,
	.xClose = log_close,
	.xRead = log_read,
	.xWrite = log_write,
	.xTruncate = log_truncate,
	.xSync = log_sync,
	.xFileSize = log_size,
	.xLock = log_lock,
	.xUnlock = log_lock,
	.xCheckReservedLock = log_check_lock,
	.xFileControl = log_control,
	.xSectorSize = log_sector_size,
	.xDeviceCharacteristics = log_characteristics,
};

/* Other files than the log are opened as ever. */
static int log_open(sqlite3_vfs *vfs, const char *path, sqlite3_file *file, int flags,
	int *ret_flags)
{
	sqlite3_vfs *below = sqlite3_vfs_find(NULL);
	struct log_file *log = log_of(file);
	int code;

	(void)vfs;
	if (!(flags & SQLITE_OPEN_WAL))
		return below->xOpen(below, path, file, flags, ret_flags);
	*log = (struct log_file){.below = (sqlite3_file *)(void *)(log + 1)};
	log->buffer = malloc(BUFFER_SIZE);
	if (!log->buffer)
		return SQLITE_NOMEM;
	code = below->xOpen(below, path, log->below, flags, ret_flags);
	if (code == SQLITE_OK)
		log->file.pMethods = &log_methods;
	else
		free(log->buffer);
	return code;
}

const char *log_file_register(void)
{
	static sqlite3_vfs vfs;

	vfs = *sqlite3_vfs_find(NULL);
	vfs.zName = "mortise";
	vfs.szOsFile += (int)sizeof(struct log_file);
	vfs.xOpen = log_open;
	return sqlite3_vfs_register(&vfs, 0) == SQLITE_OK ? vfs.zName : NULL;
}
