/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
#include "config.h"
#include "core/daemon/notify.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#include <systemd/sd-daemon.h>

#include "core/base/clock.h"
#include "core/base/mem.h"

/* How much time is asked for, and how often. */
#define EXTEND_US INT64_C(60000000)
#define EXTEND_EVERY_MS 5000

void notify_status(const char *format, ...)
{
	cleanup_free char *text = NULL;
	va_list args;

	va_start(args, format);
	if (vasprintf(&text, format, args) < 0)
		abort();
	va_end(args);
	(void)sd_notifyf(0, "STATUS=%s", text);
}

void notify_ready(void)
{
	(void)sd_notify(0, "READY=1\nSTATUS=running");
}

void notify_reloading(void)
{
	(void)sd_notifyf(0, "RELOADING=1\nMONOTONIC_USEC=%" PRId64 "\nSTATUS=reading the "
		"configuration", clock_mono_ms() * 1000);
}

void notify_reloaded(const char *status)
{
	(void)sd_notifyf(0, "READY=1\nSTATUS=%s", status);
}

void notify_stopping(void)
{
	(void)sd_notify(0, "STOPPING=1\nSTATUS=stopping");
}

void notify_failed(const char *reason)
{
	(void)sd_notifyf(0, "STATUS=failed: %s", reason);
}

void notify_alive(void)
{
	(void)sd_notify(0, "WATCHDOG=1");
}

void notify_progress(void)
{
	static int64_t last_ms;
	int64_t now_ms = clock_mono_ms();

	if (last_ms != 0 && now_ms - last_ms < EXTEND_EVERY_MS)
		return;
	last_ms = now_ms;
	(void)sd_notifyf(0, "EXTEND_TIMEOUT_USEC=%" PRId64, EXTEND_US);
}
