/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
#include "config.h"
#include "core/base/loop.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <event2/event.h>

#include "core/base/mem.h"

struct post {
	struct post *next;
	loop_fn *fn;
	void *arg;
};

struct loop {
	struct event_base *base;
	struct event *wake;
	int fd;
	pthread_mutex_t lock;
	struct post *first, *last;     /* under lock */
	_Atomic(pthread_t) thread;
	atomic_bool running;
};

struct loop_timer {
	struct event *event;
	struct loop *loop;
	struct timeval every;
	bool repeats;
	loop_fn *fn;
	void *arg;
};

static void run_posts(struct loop *loop)
{
	struct post *post;

	pthread_mutex_lock(&loop->lock);
	post = loop->first;
	loop->first = loop->last = NULL;
	pthread_mutex_unlock(&loop->lock);
	while (post) {
		struct post *next = post->next;

		post->fn(post->arg);
		free(post);
		post = next;
	}
}

static void on_wake(evutil_socket_t fd, short what, void *arg)
{
	uint64_t count;

	(void)what;
	/* Only resets the counter; EAGAIN means somebody else did. */
	ssize_t ignored = read(fd, &count, sizeof(count));
	(void)ignored;
	run_posts(arg);
}

struct loop *loop_new(void)
{
	struct loop *loop = new(struct loop);

	loop->base = event_base_new();
	loop->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (!loop->base || loop->fd < 0)
		abort();
	pthread_mutex_init(&loop->lock, NULL);
	loop->wake = event_new(loop->base, loop->fd, EV_READ | EV_PERSIST, on_wake, loop);
	event_add(loop->wake, NULL);
	return loop;
}

void loop_free(struct loop *loop)
{
	if (!loop)
		return;
	run_posts(loop);
	/* libevent frees a bufferevent in a later turn. */
	event_base_loop(loop->base, EVLOOP_NONBLOCK);
	event_free(loop->wake);
	event_base_free(loop->base);
	close(loop->fd);
	pthread_mutex_destroy(&loop->lock);
	free(loop);
}

void loop_run(struct loop *loop)
{
	atomic_store(&loop->thread, pthread_self());
	atomic_store(&loop->running, true);
	event_base_dispatch(loop->base);
	atomic_store(&loop->running, false);
}

static void break_loop(void *arg)
{
	struct loop *loop = arg;

	event_base_loopbreak(loop->base);
}

void loop_stop(struct loop *loop)
{
	loop_post(loop, break_loop, loop);
}

void loop_post(struct loop *loop, loop_fn *fn, void *arg)
{
	struct post *post = new(struct post);
	bool first;

	post->fn = fn;
	post->arg = arg;
	pthread_mutex_lock(&loop->lock);
	first = !loop->first;
	if (first)
		loop->first = post;
	else
		loop->last->next = post;
	loop->last = post;
	pthread_mutex_unlock(&loop->lock);
	if (first) {
		uint64_t one = 1;

		while (write(loop->fd, &one, sizeof(one)) < 0 && errno == EINTR)
			;
	}
}

struct event_base *loop_base(struct loop *loop)
{
	return loop->base;
}

bool loop_is_current(const struct loop *loop)
{
	return !atomic_load(&loop->running) ||
		pthread_equal(atomic_load(&loop->thread), pthread_self());
}

static void on_timer(evutil_socket_t fd, short what, void *arg)
{
	struct loop_timer *timer = arg;

	(void)fd;
	(void)what;
	if (timer->repeats)
		event_add(timer->event, &timer->every);
	timer->fn(timer->arg);
}

struct loop_timer *loop_timer_new(struct loop *loop, int64_t first_ms, int64_t every_ms,
	loop_fn *fn, void *arg)
{
	struct loop_timer *timer = new(struct loop_timer);
	struct timeval first = {.tv_sec = first_ms / 1000, .tv_usec = first_ms % 1000 * 1000};

	timer->loop = loop;
	timer->fn = fn;
	timer->arg = arg;
	timer->repeats = every_ms > 0;
	timer->every = (struct timeval){every_ms / 1000, every_ms % 1000 * 1000};
	timer->event = event_new(loop->base, -1, 0, on_timer, timer);
	event_add(timer->event, &first);
	return timer;
}

void loop_timer_free(struct loop_timer *timer)
{
	if (!timer)
		return;
	event_free(timer->event);
	free(timer);
}
