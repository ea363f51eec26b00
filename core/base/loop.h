/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * The loop thread: all sockets, timers and outbound transfers.  It never blocks
 * and never touches the database.  Other threads reach it with loop_post.
 */
#ifndef MORTISE_BASE_LOOP_H
#define MORTISE_BASE_LOOP_H

#include <stdbool.h>
#include <stdint.h>

struct event_base;
struct loop;
struct loop_timer;

typedef void loop_fn(void *arg);

struct loop *loop_new(void);
/* Everything registered on the loop must be gone. */
void loop_free(struct loop *loop);
/* Run until loop_stop; the calling thread is the loop thread from here on. */
void loop_run(struct loop *loop);
/* Any thread. */
void loop_stop(struct loop *loop);
/* Any thread: run fn(arg) on the loop thread, in the order posted.  One wake-up
 * serves all that is waiting. */
void loop_post(struct loop *loop, loop_fn *fn, void *arg);
struct event_base *loop_base(struct loop *loop);
bool loop_is_current(const struct loop *loop);
#define assert_loop_thread(loop) assert(loop_is_current(loop))

/* A timer on the loop thread; loop thread only.  Runs again every 'every_ms'
 * unless 0.  loop_timer_free(NULL) is fine. */
struct loop_timer *loop_timer_new(struct loop *loop, int64_t first_ms, int64_t every_ms,
	loop_fn *fn, void *arg);
void loop_timer_free(struct loop_timer *timer);

#endif
