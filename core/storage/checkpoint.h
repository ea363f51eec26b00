/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * Checkpoints of the write-ahead log, in two stages: a thread of its own checkpoints
 * beside the writer, and the writer does so itself between batches when the log is long,
 * because only then can the log start anew.  Private to the store engine.
 *
 * On a full disk the ballast is given up, so that jobs and pruning can go on; the disk
 * counts as full until the thread could take the ballast again, or pruning has left
 * free pages in the file.
 */
#ifndef MORTISE_STORAGE_CHECKPOINT_H
#define MORTISE_STORAGE_CHECKPOINT_H

#include <stdbool.h>

struct checkpointer;
struct err;
struct tx;

/* 'writer' is the writer's connection; its thread calls the two functions below. */
int checkpointer_new(const char *path, struct tx *writer, struct checkpointer **ret_checkpointer,
	struct err *err);
void checkpointer_free(struct checkpointer *checkpointer);

/* Writer thread, after each batch. */
void checkpointer_batch_ended(struct checkpointer *checkpointer);
/* Writer thread, outside a transaction: a write has met a full disk. */
void checkpointer_make_room(struct checkpointer *checkpointer);
/* Any thread: should what comes in from outside be refused? */
bool checkpointer_disk_full(struct checkpointer *checkpointer);
/* At the start, before any other connection is open: move all of the log to the file, and
 * begin it anew.  What an earlier process has left in it may be only in memory, if a sync
 * failed; here each page is written again. */
void checkpoint_all(struct tx *tx);

#endif
