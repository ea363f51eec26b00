/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * The calls of this process: the main thread takes them in, worker threads run
 * their callbacks, and what a callback asks of mortised waits here for its answer.
 */
#ifndef MORTISE_HOST_CALL_H
#define MORTISE_HOST_CALL_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>
#include <mortise/plugin.h>

#include "core/base/buf.h"
#include "core/base/err.h"
#include "core/frame/frame.h"
#include "host/registry.h"
#include "host/wire.h"

struct calls;

/* A thread that runs callbacks; it lasts as long as the process. */
struct worker {
	struct calls *calls;
	pthread_cond_t changed;            /* for its call, or 'wanted' */
	struct worker *next_idle;          /* calls->lock, as the next one */
	bool wanted;                       /* there is work, or the end */
};

/* One run of a callback.  Guarded by calls->lock where said; the rest belongs to the
 * worker that runs it. */
struct mortise_call {
	struct calls *calls;
	struct mortise_call *next;         /* calls->lock */
	uint64_t number;
	struct frame frame;                /* as it came */
	struct worker *worker;             /* calls->lock: who has it; NULL: it waits */
	atomic_bool cancelled;
	int64_t deadline_ms;               /* monotonic */

	/* The ask under way; calls->lock. */
	uint32_t seq;
	bool answered;                     /* or not asked: an answer is not expected */
	struct frame answer;

	int scope;                         /* MORTISE_SCOPE_ */
	int64_t clock_ms;                  /* the core's clock minus our monotonic one */
	struct buf effects;                /* as they travel: objects with commas between */
	size_t effects_len;
	/* An effect was malformed or out of scope.  The reply holds the first such one alone,
	 * whatever the callback answers: mortised refuses it, for good and with its reason. */
	bool refused;
	struct err reason;                 /* from fail, field_error, retry_at, or an answer */
	bool has_own_reason;               /* the plugin gave it: no later answer replaces it */
	struct err fault;                  /* the plugin broke a rule: E_INTERNAL, whatever it says */
};

/* A worker that is well-behaved never queues; mortised sends at most max_calls. */
#define CALLS_MAX 1024
#define CALL_THREADS_MAX 64            /* the largest max_calls that can be registered */

struct calls {
	struct wire *wire;
	const struct mortise_registrar *registrar;     /* once it is open, as the next two */
	void (*unload)(void);
	pthread_mutex_t lock;
	pthread_cond_t changed;            /* the beginning, for all */
	bool open;
	int wanted;                        /* workers; the others end */
	int ready;                         /* of them */
	struct worker workers[CALL_THREADS_MAX];
	struct worker *idle;               /* the last to be so first: its memory is warm */
	struct err problem;                /* why one of them could not be */
	struct mortise_call *list;         /* oldest first: waiting and running */
	size_t len;
	bool stopping;
};

int64_t call_clock_ms(void);           /* monotonic */

/* Start as many workers as any plugin may have: foreign code comes later, and can start
 * no thread.  Main thread. */
int calls_start(struct calls *calls, struct wire *wire, struct err *err);
/* The plugin is loaded: keep 'threads' workers, and wait until each has left the files.
 * Main thread. */
int calls_open(struct calls *calls, const struct mortise_registrar *registrar,
	void (*unload)(void), int threads, struct err *err);
/* A frame from mortised; it is taken over.  Negative: mortised broke the protocol. */
int calls_take_frame(struct calls *calls, struct frame *frame, struct err *err);

/* For the host table: has this call ended already? */
bool call_is_over(struct mortise_call *call);
/* Send {"op", …} and wait for the answer.  0 and the answer's JSON and frame, or the code
 * of the answer, whose reason is kept for the reply unless the callback gives its own. */
int call_ask(struct mortise_call *call, const json_t *question, json_t **ret_json,
	struct frame *ret_frame);
/* The same with a question that is text already. */
int call_ask_text(struct mortise_call *call, const struct buf *question, json_t **ret_json,
	struct frame *ret_frame);
/* The plugin broke a rule: the whole call ends with E_INTERNAL and this text. */
int call_fault(struct mortise_call *call, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

#endif
