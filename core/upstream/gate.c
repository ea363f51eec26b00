/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
#include "config.h"
#include "core/upstream/gate.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include <curl/curl.h>

#include "core/base/clock.h"
#include "core/base/err.h"
#include "core/base/log.h"
#include "core/base/mem.h"
#include "core/egress/egress.h"

#define SECOND_US INT64_C(1000000)
/* A 429 that says nothing more; what GitHub's documentation asks for. */
#define RATE_DEFAULT_US (60 * SECOND_US)
#define RATE_MAX_US (24 * 3600 * SECOND_US)

struct gate {
	struct gate *next;
	char *owner;
	int64_t closed_us, until_us;
};

/* An origin that failed last time; one that works has no entry. */
struct breaker {
	struct breaker *next;
	char *provider, *origin;
	char *why;                     /* of the last failure */
	int failures;                  /* in a row */
	int64_t failed_ms;             /* the last of them */
	int64_t open_until_ms;         /* monotonic; 0: closed */
	bool probing;                  /* one request is out to try */
};

struct gates {
	pthread_mutex_t lock;
	/* Under lock: */
	struct gate *closed;
	struct breaker *breakers;
};

struct gates *gates_new(void)
{
	struct gates *gates = new(struct gates);

	pthread_mutex_init(&gates->lock, NULL);
	return gates;
}

static void breaker_drop(struct breaker **link)
{
	struct breaker *breaker = *link;

	*link = breaker->next;
	free(breaker->provider);
	free(breaker->origin);
	free(breaker->why);
	free(breaker);
}

static void gate_drop(struct gate **link)
{
	struct gate *gate = *link;

	*link = gate->next;
	free(gate->owner);
	free(gate);
}

void gates_free(struct gates *gates)
{
	if (!gates)
		return;
	while (gates->closed)
		gate_drop(&gates->closed);
	while (gates->breakers)
		breaker_drop(&gates->breakers);
	pthread_mutex_destroy(&gates->lock);
	free(gates);
}

/* ---- The rate gate ---- */

/* The owner's entry, with those that have passed dropped on the way; and those that were
 * closed by a clock that has been set back since: the upstream will say again. */
static struct gate *gate_find(struct gates *gates, const char *owner, int64_t now_us)
{
	struct gate **link = &gates->closed, *found = NULL;

	while (*link) {
		if ((*link)->until_us <= now_us || (*link)->closed_us > now_us) {
			gate_drop(link);
			continue;
		}
		if (strcmp((*link)->owner, owner) == 0)
			found = *link;
		link = &(*link)->next;
	}
	return found;
}

int gate_check(struct gates *gates, const char *owner, int64_t until_us, struct err *err)
{
	int64_t now_us = clock_now_us();
	struct gate *gate;
	char text[CLOCK_TEXT_SIZE];

	pthread_mutex_lock(&gates->lock);
	gate = gate_find(gates, owner, now_us);
	if (gate && gate->until_us > until_us)
		until_us = gate->until_us;
	pthread_mutex_unlock(&gates->lock);
	if (until_us <= now_us)
		return 0;
	(void)err_set(err, MORTISE_E_RATE, "the upstream asked to wait until %s",
		clock_format(until_us, text));
	if (err)
		err->retry_at_ms = until_us / 1000 + 1;
	return MORTISE_E_RATE;
}

void gate_close(struct gates *gates, const char *owner, int64_t until_us)
{
	int64_t now_us = clock_now_us();
	struct gate *gate;

	pthread_mutex_lock(&gates->lock);
	gate = gate_find(gates, owner, now_us);
	if (!gate) {
		gate = new(struct gate);
		gate->owner = xstrdup(owner);
		gate->next = gates->closed;
		gates->closed = gate;
	}
	gate->closed_us = now_us;
	if (until_us > gate->until_us)
		gate->until_us = until_us;
	pthread_mutex_unlock(&gates->lock);
}

/* Seconds or an HTTP date; 0 if it is neither. */
static int64_t retry_after_us(const char *text, int64_t now_us)
{
	char *end;
	long long seconds = strtoll(text, &end, 10);
	time_t date;

	if (end != text && *end == '\0')
		return seconds > 0 && seconds < RATE_MAX_US / SECOND_US
			? now_us + seconds * SECOND_US
			: seconds > 0 ? now_us + RATE_MAX_US : now_us + SECOND_US;
	date = curl_getdate(text, NULL);
	if (date <= 0)
		return 0;
	return date < (now_us + RATE_MAX_US) / SECOND_US
		? (int64_t)date * SECOND_US : now_us + RATE_MAX_US;
}

int64_t gate_of_answer(const struct egress_answer *answer, int64_t now_us)
{
	const char *after = egress_answer_header(answer, "retry-after");
	const char *remaining = egress_answer_header(answer, "x-ratelimit-remaining");
	const char *reset = egress_answer_header(answer, "x-ratelimit-reset");
	int64_t until_us = 0;

	if (answer->status != 429 && answer->status != 403)
		return 0;
	if (after)
		until_us = retry_after_us(after, now_us);
	if (until_us == 0 && remaining && reset && strcmp(remaining, "0") == 0)
		/* Whole seconds there: the limit is new only when that one has passed. */
		until_us = (strtoll(reset, NULL, 10) % (INT64_MAX / SECOND_US - 1) + 1) *
			SECOND_US;
	if (until_us == 0 && answer->status == 429)
		until_us = now_us + RATE_DEFAULT_US;
	if (until_us == 0)
		return 0;
	if (until_us < now_us + SECOND_US)
		until_us = now_us + SECOND_US;
	return until_us < now_us + RATE_MAX_US ? until_us : now_us + RATE_MAX_US;
}

/* ---- The circuit breaker ---- */

/* With those that failed long ago dropped on the way, lest the origins of upstreams that
 * are no more pile up. */
static struct breaker **breaker_find(struct gates *gates, const char *provider,
	const char *origin, int64_t now_ms)
{
	struct breaker **link = &gates->breakers, **found = NULL;

	while (*link) {
		if (!(*link)->probing && now_ms - (*link)->failed_ms >= BREAKER_FORGET_MS) {
			breaker_drop(link);
			continue;
		}
		if (strcmp((*link)->provider, provider) == 0 &&
			strcmp((*link)->origin, origin) == 0)
			found = link;
		link = &(*link)->next;
	}
	return found ? found : link;
}

int breaker_enter(struct gates *gates, const char *provider, const char *origin,
	int64_t now_ms, struct err *err)
{
	struct breaker *breaker;
	int result = 0;

	pthread_mutex_lock(&gates->lock);
	breaker = *breaker_find(gates, provider, origin, now_ms);
	if (breaker && breaker->open_until_ms != 0) {
		if (breaker->probing || now_ms < breaker->open_until_ms)
			result = err_set(err, MORTISE_E_UPSTREAM, "the upstream has failed %d times "
				"in a row and is left alone for a moment (%s)", breaker->failures,
				breaker->why);
		else
			breaker->probing = true;
	}
	pthread_mutex_unlock(&gates->lock);
	return result;
}

/* One more failure; true if that opens the circuit. */
static bool breaker_fail(struct breaker *breaker, int64_t now_ms, const char *why)
{
	bool was_open = breaker->open_until_ms != 0;

	free(breaker->why);
	breaker->why = xstrdup(why);
	breaker->failures++;
	breaker->failed_ms = now_ms;
	breaker->probing = false;
	if (breaker->failures < BREAKER_FAILURES)
		return false;
	breaker->open_until_ms = now_ms + BREAKER_OPEN_MS;
	return !was_open;
}

void breaker_leave(struct gates *gates, const char *provider, const char *origin,
	int64_t now_ms, enum breaker_outcome outcome, const char *why)
{
	struct breaker **link;
	bool opened = false, closed = false;

	pthread_mutex_lock(&gates->lock);
	link = breaker_find(gates, provider, origin, now_ms);
	if (!*link && outcome == BREAKER_FAILED) {
		*link = new(struct breaker);
		(*link)->provider = xstrdup(provider);
		(*link)->origin = xstrdup(origin);
	}
	if (*link && outcome == BREAKER_FAILED) {
		opened = breaker_fail(*link, now_ms, why);
	} else if (*link && outcome == BREAKER_WORKED) {
		closed = (*link)->open_until_ms != 0;
		breaker_drop(link);
	} else if (*link) {
		(*link)->probing = false;
	}
	pthread_mutex_unlock(&gates->lock);
	if (opened)
		log_warning("upstream.breaker_opened", LOG_TEXT("provider", provider),
			LOG_INT("failures", BREAKER_FAILURES),
			LOG_INT("retry_in_ms", BREAKER_OPEN_MS));
	if (closed)
		log_notice("upstream.breaker_closed", LOG_TEXT("provider", provider));
}
