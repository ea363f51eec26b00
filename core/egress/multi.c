/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
#include "config.h"
#include "core/egress/multi.h"

#include <assert.h>
#include <stdlib.h>

#include <event2/event.h>

#include "core/base/loop.h"
#include "core/base/mem.h"

/* Idle connections kept, and connections at once to one host and in all. */
#define IDLE_MAX 64L
#define PER_HOST_MAX 64L
#define TOTAL_MAX 512L

struct multi {
	struct loop *loop;
	CURLM *curl;
	struct event *timer;
	multi_done_fn *done;
};

static void take_done(struct multi *multi)
{
	CURLMsg *message;
	int left;

	while ((message = curl_multi_info_read(multi->curl, &left))) {
		CURL *easy = message->easy_handle;
		CURLcode result = message->data.result;
		void *arg = NULL;

		if (message->msg != CURLMSG_DONE)
			continue;
		curl_easy_getinfo(easy, CURLINFO_PRIVATE, &arg);
		curl_multi_remove_handle(multi->curl, easy);
		multi->done(arg, result);
	}
}

static void act(struct multi *multi, curl_socket_t fd, int what)
{
	int running;

	curl_multi_socket_action(multi->curl, fd, what, &running);
	take_done(multi);
}

static void on_timer(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	act(arg, CURL_SOCKET_TIMEOUT, 0);
}

static void on_socket(evutil_socket_t fd, short what, void *arg)
{
	act(arg, fd, ((what & EV_READ) ? CURL_CSELECT_IN : 0) |
		((what & EV_WRITE) ? CURL_CSELECT_OUT : 0));
}

/* libcurl: call me again in 'timeout_ms', or not at all. */
static int set_timer(CURLM *curl, long timeout_ms, void *arg)
{
	struct multi *multi = arg;
	struct timeval tv = {timeout_ms / 1000, timeout_ms % 1000 * 1000};

	(void)curl;
	if (timeout_ms < 0)
		event_del(multi->timer);
	else
		event_add(multi->timer, &tv);
	return 0;
}

/* libcurl: watch this socket for that; 'socket_arg' is its event. */
static int set_socket(CURL *easy, curl_socket_t fd, int what, void *arg, void *socket_arg)
{
	struct multi *multi = arg;
	struct event *event = socket_arg;
	short wanted = (short)(EV_PERSIST | ((what & CURL_POLL_IN) ? EV_READ : 0) |
		((what & CURL_POLL_OUT) ? EV_WRITE : 0));

	(void)easy;
	if (event)
		event_free(event);
	event = NULL;
	if (what != CURL_POLL_REMOVE) {
		event = event_new(loop_base(multi->loop), fd, wanted, on_socket, multi);
		if (!event || event_add(event, NULL) < 0)
			abort();
	}
	curl_multi_assign(multi->curl, fd, event);
	return 0;
}

struct multi *multi_new(struct loop *loop, multi_done_fn *done)
{
	struct multi *multi = new(struct multi);

	multi->loop = loop;
	multi->done = done;
	multi->curl = curl_multi_init();
	multi->timer = evtimer_new(loop_base(loop), on_timer, multi);
	if (!multi->curl || !multi->timer)
		abort();
	curl_multi_setopt(multi->curl, CURLMOPT_SOCKETFUNCTION, set_socket);
	curl_multi_setopt(multi->curl, CURLMOPT_SOCKETDATA, multi);
	curl_multi_setopt(multi->curl, CURLMOPT_TIMERFUNCTION, set_timer);
	curl_multi_setopt(multi->curl, CURLMOPT_TIMERDATA, multi);
	curl_multi_setopt(multi->curl, CURLMOPT_MAXCONNECTS, IDLE_MAX);
	curl_multi_setopt(multi->curl, CURLMOPT_MAX_HOST_CONNECTIONS, PER_HOST_MAX);
	curl_multi_setopt(multi->curl, CURLMOPT_MAX_TOTAL_CONNECTIONS, TOTAL_MAX);
	return multi;
}

void multi_free(struct multi *multi)
{
	if (!multi)
		return;
	assert_loop_thread(multi->loop);
	curl_multi_cleanup(multi->curl);
	event_free(multi->timer);
	free(multi);
}

void multi_add(struct multi *multi, CURL *easy, void *arg)
{
	assert_loop_thread(multi->loop);
	curl_easy_setopt(easy, CURLOPT_PRIVATE, arg);
	if (curl_multi_add_handle(multi->curl, easy) != CURLM_OK)
		multi->done(arg, CURLE_FAILED_INIT);
}

void multi_remove(struct multi *multi, CURL *easy)
{
	assert_loop_thread(multi->loop);
	curl_multi_remove_handle(multi->curl, easy);
}
