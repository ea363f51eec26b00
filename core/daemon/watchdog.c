/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
#include "config.h"
#include "core/daemon/watchdog.h"

#include <systemd/sd-daemon.h>

#include "core/base/clock.h"
#include "core/base/log.h"
#include "core/base/loop.h"
#include "core/base/mem.h"
#include "core/daemon/notify.h"
#include "core/storage/store.h"

struct watchdog {
	struct loop *loop;
	struct store *store;
	struct loop_timer *timer;
	int64_t asked_ms;      /* when the writer was asked; 0: it has answered */
};

static void tell(void *arg)
{
	struct watchdog *watchdog = arg;

	watchdog->asked_ms = 0;
	notify_alive();
}

/* Store writer. */
static void answer(void *arg)
{
	struct watchdog *watchdog = arg;

	loop_post(watchdog->loop, tell, watchdog);
}

static void ask(void *arg)
{
	struct watchdog *watchdog = arg;
	int64_t now_ms = clock_mono_ms();

	if (watchdog->asked_ms > 0) {
		log_warning("daemon.store_hangs", LOG_INT("ms", now_ms - watchdog->asked_ms));
		return;
	}
	watchdog->asked_ms = now_ms;
	store_probe(watchdog->store, answer, watchdog);
}

struct watchdog *watchdog_start(struct loop *loop, struct store *store)
{
	struct watchdog *watchdog;
	uint64_t limit_us = 0;

	if (sd_watchdog_enabled(0, &limit_us) <= 0)
		return NULL;
	watchdog = new(struct watchdog);
	watchdog->loop = loop;
	watchdog->store = store;
	/* Twice in the time that is allowed, as sd_watchdog_enabled(3) recommends. */
	watchdog->timer = loop_timer_new(loop, 1, (int64_t)(limit_us / 2000), ask, watchdog);
	return watchdog;
}

void watchdog_stop(struct watchdog *watchdog)
{
	if (watchdog)
		loop_timer_free(steal(&watchdog->timer));
}

void watchdog_free(struct watchdog *watchdog)
{
	free(watchdog);
}
