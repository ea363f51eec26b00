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
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>
#include <mortise/plugin.h>

#include "core/base/err.h"
#include "core/frame/frame.h"
#include "host/registry.h"
#include "host/wire.h"

struct calls;

/* One run of a callback.  Guarded by calls->lock where said; the rest belongs to the
 * worker that runs it. */
struct mortise_call {
	struct calls *calls;
	struct mortise_call *next;         /* calls->lock */
	uint64_t number;
	struct frame frame;                /* as it came */
	bool started;                      /* calls->lock: a worker has it */
	pthread_cond_t changed;            /* calls->lock: an answer, or a cancellation */
	bool cancelled;                    /* calls->lock */
	int64_t deadline_ms;               /* calls->lock; monotonic */

	/* The ask under way; calls->lock. */
	uint32_t seq;
	bool answered;                     /* or not asked: an answer is not expected */
	struct frame answer;

	int scope;                         /* MORTISE_SCOPE_ */
	int64_t clock_ms;                  /* the core's clock minus our monotonic one */
	json_t *effects;
	size_t effects_size;
	struct err reason;                 /* from fail, field_error, retry_at, or an answer */
	bool has_own_reason;               /* the plugin gave it: no later answer replaces it */
	struct err fault;                  /* the plugin broke a rule: E_INTERNAL, whatever it says */
	/* The first effect that is malformed or out of scope.  The reply holds it alone,
	 * whatever the callback answers: mortised refuses it, for good and with its reason. */
	json_t *refused;
};

struct calls {
	struct wire *wire;
	const struct mortise_registrar *registrar;     /* once it is open, as the next two */
	void (*unload)(void);
	pthread_mutex_t lock;
	pthread_cond_t changed;            /* work for one, or the beginning or end for all */
	bool open;
	int wanted;                        /* workers; the others end */
	int workers;                       /* that are ready */
	struct err problem;                /* why one of them could not be */
	struct mortise_call *list;         /* oldest first: waiting and running */
	size_t len;
	bool stopping;
};

/* A worker that is well-behaved never queues; mortised sends at most max_calls. */
#define CALLS_MAX 1024
#define CALL_THREADS_MAX 64            /* the largest max_calls that can be registered */

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
/* The plugin broke a rule: the whole call ends with E_INTERNAL and this text. */
int call_fault(struct mortise_call *call, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

#endif
