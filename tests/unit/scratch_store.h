/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/* A store in a folder of its own, for one test. */
#ifndef MORTISE_TESTS_SCRATCH_STORE_H
#define MORTISE_TESTS_SCRATCH_STORE_H

struct store;

struct scratch_store {
	char dir[32];
	struct store *store;
};

void scratch_store_open(struct scratch_store *scratch);
/* The folder alone; a store is opened in it, "test.db", with scratch_store_reopen. */
void scratch_store_folder(struct scratch_store *scratch);
/* As after a crash and a new start: nothing but what was committed is there. */
void scratch_store_reopen(struct scratch_store *scratch);
/* From now on no row of a webhook can be written. */
void scratch_store_refuse_writes(struct scratch_store *scratch);
void scratch_store_close(struct scratch_store *scratch);

#endif
