/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * A layer between SQLite and the file of its write-ahead log: a commit's pages go to the
 * file in one piece.  SQLite writes each page's header and then the page, two system
 * calls that both touch what the one before has just touched.
 *
 * For the one connection that writes, with synchronous=FULL: nobody reads what is not
 * synced yet, and a sync writes first.  That connection's own reads write first, too.
 */
#ifndef MORTISE_STORAGE_LOG_FILE_H
#define MORTISE_STORAGE_LOG_FILE_H

/* Make the layer known to SQLite; its name, for sqlite3_open_v2.  Once in a process. */
const char *log_file_register(void);

#endif
