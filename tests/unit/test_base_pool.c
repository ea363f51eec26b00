/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
#include "config.h"
#include "tests/unit/unit.h"

#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <sys/resource.h>

#include "core/base/err.h"
#include "core/base/loop.h"
#include "core/base/pool.h"
#include "core/base/priority.h"

static sem_t gate;
static atomic_int done;

static void wait_at_gate(void *arg)
{
	(void)arg;
	sem_wait(&gate);
	atomic_fetch_add(&done, 1);
}

static void a_full_queue_refuses_and_loses_nothing(void **state)
{
	struct pool *pool = pool_new("test", POOL_IN_FRONT, 2, 3);
	cleanup_err struct err err = {0};
	int accepted = 0;

	(void)state;
	sem_init(&gate, 0, 0);
	for (int i = 0; i < 20; i++)
		if (pool_submit(pool, wait_at_gate, NULL, NULL) == 0)
			accepted++;
	assert_in_range(accepted, 3, 5);
	assert_int_equal(pool_submit(pool, wait_at_gate, NULL, &err), MORTISE_E_RETRY);
	for (int i = 0; i < accepted; i++)
		sem_post(&gate);
	pool_free(pool);
	assert_int_equal(atomic_load(&done), accepted);
}

static int niceness[2];

static void note_niceness(void *arg)
{
	*(int *)arg = getpriority(PRIO_PROCESS, 0);
}

static void workers_behind_run_at_a_lower_priority(void **state)
{
	struct pool *front = pool_new("front", POOL_IN_FRONT, 1, 1);
	struct pool *behind = pool_new("behind", POOL_BEHIND, 1, 1);
	int own = getpriority(PRIO_PROCESS, 0);

	(void)state;
	assert_int_equal(pool_submit(front, note_niceness, &niceness[0], NULL), 0);
	assert_int_equal(pool_submit(behind, note_niceness, &niceness[1], NULL), 0);
	pool_free(front);
	pool_free(behind);
	assert_int_equal(niceness[0], own);
	assert_int_equal(niceness[1], own + PRIORITY_STEPS < 19 ? own + PRIORITY_STEPS : 19);
	assert_int_equal(getpriority(PRIO_PROCESS, 0), own);
}

static int order[100];
static int order_len;

static void note_order(void *arg)
{
	order[order_len++] = (int)(intptr_t)arg;
}

static void *run_loop(void *arg)
{
	loop_run(arg);
	return NULL;
}

static void posts_run_in_order_on_the_loop(void **state)
{
	struct loop *loop = loop_new();
	pthread_t thread;

	(void)state;
	pthread_create(&thread, NULL, run_loop, loop);
	for (intptr_t i = 0; i < 100; i++)
		loop_post(loop, note_order, (void *)i);
	loop_stop(loop);
	pthread_join(thread, NULL);
	assert_int_equal(order_len, 100);
	for (int i = 0; i < 100; i++)
		assert_int_equal(order[i], i);
	loop_free(loop);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_full_queue_refuses_and_loses_nothing),
		cmocka_unit_test(workers_behind_run_at_a_lower_priority),
		cmocka_unit_test(posts_run_in_order_on_the_loop),
	};

	return cmocka_run_group_tests_name("base_pool", tests, NULL, NULL);
}
