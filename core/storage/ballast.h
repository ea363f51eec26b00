/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * A file beside the database that only takes up room.  On a full disk SQLite can
 * neither delete rows nor checkpoint; emptying the ballast gives it the room to do so,
 * until somebody has freed the disk.  One thread at a time.
 */
#ifndef MORTISE_STORAGE_BALLAST_H
#define MORTISE_STORAGE_BALLAST_H

#include <stdbool.h>

struct ballast;

/* 'path' is made, or an earlier one used; no error is fatal. */
struct ballast *ballast_new(const char *path);
void ballast_free(struct ballast *ballast);
/* Let the room go, if it is there. */
void ballast_give(struct ballast *ballast);
/* Take the room again.  False: the disk has not that much yet. */
bool ballast_take(struct ballast *ballast);

#endif
