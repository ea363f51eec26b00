/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/* A copy of the whole database as of one moment, while it is in use.  Workers. */
#ifndef MORTISE_STORAGE_BACKUP_H
#define MORTISE_STORAGE_BACKUP_H

struct err;
struct store;

/* Write it to the empty file 'to'.  Writers go on meanwhile; the write-ahead log grows
 * as long as the copy takes. */
int backup_write(struct store *store, const char *to, struct err *err);

/* How the name of such a file begins in the state folder, until it is removed there. */
#define BACKUP_PREFIX ".mortise-backup-"
/* Remove what backups left in 'folder' that were cut off.  While none is under way. */
void backup_sweep(const char *folder);

#endif
