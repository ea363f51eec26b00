/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/* The client's side of `backup`: parts of the database into a new file. */
#ifndef MORTISE_CTL_BACKUP_H
#define MORTISE_CTL_BACKUP_H


#include <jansson.h>

struct err;

struct backup {
	int fd;
	const char *path;
	char *part_path;       /* written until it is whole */
};

/* Refuses a file that exists. */
int backup_open(const char *path, struct backup *ret_backup, struct err *err);
/* One part: {"data": base64}. */
int backup_add(struct backup *backup, const json_t *part, struct err *err);
/* All parts came: the file gets its name, durably. */
int backup_finish(struct backup *backup, struct err *err);
/* Removes what was not finished. */
void backup_close(struct backup *backup);

#endif
