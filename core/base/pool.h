/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * A bounded pool of worker threads with a bounded queue.  A worker runs one
 * piece of work from top to bottom and may block.  Any thread submits.
 */
#ifndef MORTISE_BASE_POOL_H
#define MORTISE_BASE_POOL_H

#include <stddef.h>

struct err;
struct pool;

typedef void pool_fn(void *arg);

enum pool_rank {
	POOL_IN_FRONT,
	POOL_BEHIND,   /* what can wait while the processors are full */
};

/* 'threads' workers; at most 'max_queue' pieces of work wait. */
struct pool *pool_new(const char *name, enum pool_rank rank, int threads, size_t max_queue);
/* Run fn(arg) on a worker.  E_RETRY when the queue is full or the pool ends;
 * then nothing was taken. */
int pool_submit(struct pool *pool, pool_fn *fn, void *arg, struct err *err);
/* Work waiting and running. */
size_t pool_load(struct pool *pool);
/* Take no more work, finish what is queued, end the threads.  Not from a worker. */
void pool_free(struct pool *pool);

#endif
