/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * The one door to the database.
 *
 * store_write queues a closure for the store writer thread, which runs queued
 * closures one after the other, so that one that fails leaves nothing, and commits
 * the batch once.  A caller is told only after the commit is durable.  store_read
 * runs a closure in a read transaction on a connection of the calling thread.
 *
 * A write closure may run more than once: it sets its outputs anew each time,
 * does no input or output, takes no lock, asks for no time, randomness or log.
 * Any thread but the loop may wait here; the loop uses store_write_async.
 */
#ifndef MORTISE_STORAGE_STORE_H
#define MORTISE_STORAGE_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct dictionaries;
struct err;
struct store;
struct tx;

struct store_settings {
	const char *url;           /* "sqlite:FILE", relative to state_dir */
	const char *state_dir;
	int readers;               /* read connections; 0: 8 */
	void (*progress)(void);    /* called now and then while migrations run, or NULL */
};

typedef int store_fn(struct tx *tx, void *arg, struct err *err);
/* Runs on the writer thread after the commit: must be short.  'err' holds the
 * closure's own words, or why the commit failed. */
typedef void store_done_fn(int result, struct err *err, void *arg);
/* Runs on the writer thread: must be very short and call nothing here. */
typedef void store_probe_fn(void *arg);

/* Open, migrate, start the writer. */
int store_open(const struct store_settings *settings, struct store **ret_store, struct err *err);
/* Finish queued writes, close. */
void store_close(struct store *store);

/* Wait for fn's result and the commit.  E_RETRY when the queue is full, the disk
 * is full or the store is closing: then nothing was written. */
int store_write(struct store *store, store_fn *fn, void *arg, struct err *err)
	__attribute__((warn_unused_result));
/* The same without waiting.  E_RETRY at once (done is not called) if the queue or the
 * disk is full: what comes in from outside uses this one, and is what can be refused.
 * Its closure should fail only where the database does: the whole batch is then run anew.
 * 'size' is about how many bytes it will write, for the bound of a batch. */
int store_write_async(struct store *store, store_fn *fn, void *arg, size_t size,
	store_done_fn *done, struct err *err) __attribute__((warn_unused_result));
int store_read(struct store *store, store_fn *fn, void *arg, struct err *err)
	__attribute__((warn_unused_result));
/* Does the writer live?  It calls fn(arg) when it is between two commits, whatever
 * waits, and whether the disk takes data or not.  One probe at a time; any thread. */
void store_probe(struct store *store, store_probe_fn *fn, void *arg);
/* Is the database answering and writable (the last batch committed)? */
bool store_healthy(struct store *store);
/* How many commits this process has made.  What was read after it told a number is as new
 * as the store, as long as it tells the same. */
uint64_t store_commits(const struct store *store);
/* What bodies are packed with. */
struct dictionaries *store_dictionaries(const struct store *store);
/* The database file. */
const char *store_path(const struct store *store);

#endif
