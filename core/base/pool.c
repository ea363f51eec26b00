/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
#include "config.h"
#include "core/base/pool.h"

#include <pthread.h>
#include <signal.h>
#include <stdio.h>

#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/base/priority.h"

struct work {
	pool_fn *fn;
	void *arg;
};

struct pool {
	char name[16];
	enum pool_rank rank;
	pthread_mutex_t lock;
	pthread_cond_t wake;
	struct work *ring;     /* max_queue entries */
	size_t max_queue;
	size_t head;
	size_t len;
	size_t running;
	bool ending;
	int thread_len;
	pthread_t threads[];
};

static void *worker(void *arg)
{
	struct pool *pool = arg;

	pthread_setname_np(pthread_self(), pool->name);
	if (pool->rank == POOL_BEHIND)
		priority_stand_back();
	pthread_mutex_lock(&pool->lock);
	for (;;) {
		struct work work;

		while (pool->len == 0 && !pool->ending)
			pthread_cond_wait(&pool->wake, &pool->lock);
		if (pool->len == 0)
			break;
		work = pool->ring[pool->head];
		pool->head = (pool->head + 1) % pool->max_queue;
		pool->len--;
		pool->running++;
		pthread_mutex_unlock(&pool->lock);
		work.fn(work.arg);
		pthread_mutex_lock(&pool->lock);
		pool->running--;
	}
	pthread_mutex_unlock(&pool->lock);
	return NULL;
}

struct pool *pool_new(const char *name, enum pool_rank rank, int threads, size_t max_queue)
{
	struct pool *pool = xcalloc(1, sizeof(*pool) + (size_t)threads * sizeof(pthread_t));
	sigset_t all, before;

	snprintf(pool->name, sizeof(pool->name), "%s", name);
	pool->rank = rank;
	pthread_mutex_init(&pool->lock, NULL);
	pthread_cond_init(&pool->wake, NULL);
	pool->max_queue = max_queue;
	pool->ring = xcalloc(max_queue, sizeof(*pool->ring));
	/* Signals belong to the loop thread. */
	sigfillset(&all);
	pthread_sigmask(SIG_BLOCK, &all, &before);
	for (int i = 0; i < threads; i++) {
		if (pthread_create(&pool->threads[i], NULL, worker, pool) != 0)
			abort();
		pool->thread_len++;
	}
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return pool;
}

int pool_submit(struct pool *pool, pool_fn *fn, void *arg, struct err *err)
{
	int result = 0;

	pthread_mutex_lock(&pool->lock);
	if (pool->ending || pool->len == pool->max_queue) {
		result = err_set(err, MORTISE_E_RETRY, "%s: too much work is waiting; try again later",
			pool->name);
	} else {
		pool->ring[(pool->head + pool->len) % pool->max_queue] = (struct work){fn, arg};
		pool->len++;
		/* Not behind the lock: a thread of another pool may submit, and the work be over
		 * and this pool gone before it signals. */
		pthread_cond_signal(&pool->wake);
	}
	pthread_mutex_unlock(&pool->lock);
	return result;
}

size_t pool_load(struct pool *pool)
{
	size_t load;

	pthread_mutex_lock(&pool->lock);
	load = pool->len + pool->running;
	pthread_mutex_unlock(&pool->lock);
	return load;
}

void pool_free(struct pool *pool)
{
	if (!pool)
		return;
	pthread_mutex_lock(&pool->lock);
	pool->ending = true;
	pthread_cond_broadcast(&pool->wake);
	pthread_mutex_unlock(&pool->lock);
	for (int i = 0; i < pool->thread_len; i++)
		pthread_join(pool->threads[i], NULL);
	pthread_cond_destroy(&pool->wake);
	pthread_mutex_destroy(&pool->lock);
	free(pool->ring);
	free(pool);
}
