/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * When not to send: the rate gate of an owner (an integration, a pipeline, a provider),
 * closed by what an upstream answered, and the circuit breaker of a provider's origin,
 * opened by failures in a row.  Any thread.
 */
#ifndef MORTISE_UPSTREAM_GATE_H
#define MORTISE_UPSTREAM_GATE_H

#include <stdbool.h>
#include <stdint.h>

struct egress_answer;
struct err;
struct gates;

#define BREAKER_FAILURES 5
#define BREAKER_OPEN_MS 30000
#define BREAKER_FORGET_MS 600000 /* failures so far apart are not in a row */

struct gates *gates_new(void);
void gates_free(struct gates *gates);

/* E_RATE with retry_at while the owner's gate is closed.  'until_us' is what the
 * database says, 0: nothing. */
int gate_check(struct gates *gates, const char *owner, int64_t until_us, struct err *err);
/* Until when this answer closes the gate, in microseconds since 1970; 0: it does not. */
int64_t gate_of_answer(const struct egress_answer *answer, int64_t now_us);
void gate_close(struct gates *gates, const char *owner, int64_t until_us);

/* Ask before sending.  E_UPSTREAM while the circuit is open; after a while one request
 * is let through to try.  Each 0 is followed by one breaker_leave.  'now_ms' is
 * clock_mono_ms(). */
int breaker_enter(struct gates *gates, const char *provider, const char *origin,
	int64_t now_ms, struct err *err);

enum breaker_outcome { BREAKER_WORKED, BREAKER_FAILED, BREAKER_NOTHING };

/* How it ended; 'why' goes with BREAKER_FAILED.  BREAKER_NOTHING: nothing was tried. */
void breaker_leave(struct gates *gates, const char *provider, const char *origin,
	int64_t now_ms, enum breaker_outcome outcome, const char *why);

#endif
