/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * What a host may take: so much in a second, and something more for each call that it
 * was given, so that a busy plugin with honest calls never meets a bound.  Loop thread.
 *
 * Bytes: all that is read from it counts, frames and standard error alike, and a frame
 * counts more than its bytes, for the loop's work is by the frame.  A host that has used
 * up its allowance is not read for a while: its own calls wait, nobody else's do.
 *
 * The processor: a host that has used it up goes on at the lowest priority, on what the
 * others leave.  Only a privileged process could give it its priority back, so once it has
 * saved enough again a new process takes its place.  One that runs on while it has no
 * call is killed: nothing would ever end it.
 */
#include "config.h"
#include "core/provider/provider_private.h"

#include <dirent.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>

#include "core/base/clock.h"
#include "core/base/log.h"
#include "core/base/loop.h"
#include "core/base/mem.h"
#include "core/daemon/daemon.h"
#include "core/frame/effect_forms.h"

#define BYTES_RATE (INT64_C(1) << 20)
/* One reply or checkpoint that is as large as it may be costs no pause. */
#define BYTES_MAX ((int64_t)EFFECTS_MAX_SIZE + BYTES_RATE)
#define BYTES_PER_CALL (INT64_C(16) << 10)
#define LINES_RATE 50                  /* log lines in a second */
#define LINES_MAX (INT64_C(200) * 1000)
#define LOGS_PENDING_MAX 64            /* that the host-call pool has not written yet */
#define TELL_MS 1000
#define CPU_PER_CALL_US (INT64_C(20) * 1000)
#define CPU_TICK_MS 500
#define CPU_IDLE_TICK_MS 10000         /* while it has no call and does nothing */
#define CPU_LOWEST_PRIORITY 19

static int64_t smaller(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

static int64_t cpu_max_us(const struct host *host)
{
	return host->plugin->providers->limits.cpu_ms * 1000;
}

static void grow(struct allowance *allowance)
{
	int64_t now_ms = clock_mono_ms();
	int64_t passed_ms = smaller(now_ms - allowance->grown_ms, 60 * 1000);

	allowance->grown_ms = now_ms;
	allowance->bytes = smaller(allowance->bytes + passed_ms * BYTES_RATE / 1000, BYTES_MAX);
	allowance->lines = smaller(allowance->lines + passed_ms * LINES_RATE, LINES_MAX);
}

void allowance_init(struct host *host)
{
	host->allowance = (struct allowance){
		.bytes = BYTES_MAX,
		.lines = LINES_MAX,
		.cpu_us = cpu_max_us(host),
		.grown_ms = clock_mono_ms(),
		.ticked_ms = clock_mono_ms(),
	};
}

static void tell_dropped(struct host *host)
{
	struct allowance *allowance = &host->allowance;

	if (allowance->dropped == 0 || allowance->grown_ms - allowance->told_ms < TELL_MS)
		return;
	log_warning("plugin.log_dropped", LOG_TEXT("plugin", host->plugin->name),
		LOG_INT("count", allowance->dropped));
	allowance->dropped = 0;
	allowance->told_ms = allowance->grown_ms;
}

void allowance_done(struct host *host)
{
	host->allowance.told_ms = 0;
	tell_dropped(host);
	loop_timer_free(host->allowance.pause);
	loop_timer_free(host->allowance.tick);
}

void host_grant(struct host *host)
{
	struct allowance *allowance = &host->allowance;

	allowance->bytes = smaller(allowance->bytes + BYTES_PER_CALL, BYTES_MAX);
	allowance->granted_us += CPU_PER_CALL_US;
	allowance->had_call = true;
	if (allowance->tick_ms != CPU_TICK_MS)
		allowance_watch(host);
}

/* ---- Bytes and lines ---- */

static void on_pause_over(void *arg)
{
	struct host *host = arg;

	loop_timer_free(steal(&host->allowance.pause));
	host_resume(host);
}

void host_charge(struct host *host, size_t size)
{
	struct allowance *allowance = &host->allowance;

	grow(allowance);
	allowance->bytes -= (int64_t)size;
	if (allowance->bytes >= 0 || allowance->pause || host->killed)
		return;
	host_pause(host);
	allowance->pause = loop_timer_new(host->plugin->providers->daemon->loop,
		-allowance->bytes * 1000 / BYTES_RATE + 1, 0, on_pause_over, host);
}

bool host_may_log(struct host *host)
{
	struct allowance *allowance = &host->allowance;
	bool may;

	grow(allowance);
	may = allowance->lines >= 1000 && host->logs_pending < LOGS_PENDING_MAX;
	if (may)
		allowance->lines -= 1000;
	else
		allowance->dropped++;
	tell_dropped(host);
	return may;
}

/* ---- The processor ---- */

/* How long it has run, all its threads together; -1: it is gone. */
static int64_t cpu_time_us(const struct host *host)
{
	struct timespec used;
	clockid_t clock;

	if (host->pid == 0 || clock_getcpuclockid(host->pid, &clock) != 0 ||
		clock_gettime(clock, &used) < 0)
		return -1;
	return (int64_t)used.tv_sec * 1000000 + used.tv_nsec / 1000;
}

/* An idle thread is put aside as soon as any other wants to run; one of low priority may
 * still end its slice.  A host has all its threads before foreign code runs. */
static void make_idle(pid_t pid)
{
	cleanup_free char *path = xasprintf("/proc/%d/task", (int)pid);
	DIR *tasks = opendir(path);
	const struct dirent *task;

	while (tasks && (task = readdir(tasks)))
		if (task->d_name[0] != '.')
			(void)sched_setscheduler((pid_t)atoi(task->d_name), SCHED_IDLE,
				&(struct sched_param){0});
	if (tasks)
		closedir(tasks);
}

static void demote(struct host *host)
{
	/* It is a process group of its own; that way all its threads are meant. */
	if (setpriority(PRIO_PGRP, (id_t)host->pid, CPU_LOWEST_PRIORITY) < 0)
		return;
	make_idle(host->pid);
	host->allowance.demoted = true;
	log_notice("plugin.demoted", LOG_TEXT("plugin", host->plugin->name),
		LOG_INT("pid", host->pid), LOG_INT("calls", host->calls.len));
}

static bool is_watched_closely(const struct host *host)
{
	const struct allowance *allowance = &host->allowance;

	return host->calls.len > 0 || allowance->had_call || allowance->demoted ||
		allowance->dropped > 0;
}

static void on_tick(void *arg)
{
	struct host *host = arg;
	struct allowance *allowance = &host->allowance;
	int64_t now_ms = clock_mono_ms(), passed_ms = now_ms - allowance->ticked_ms;
	int64_t total_us = cpu_time_us(host), used_us = total_us - allowance->used_us;
	int64_t max_us = cpu_max_us(host);
	int64_t share_us = passed_ms * 10 * host->plugin->providers->limits.cpu_percent;
	/* All that time; a host that starts is at work too. */
	bool without_call = host->calls.len == 0 && !allowance->had_call &&
		host->ready_ms > 0 && host->ready_ms <= allowance->ticked_ms;

	grow(allowance);
	tell_dropped(host);
	if (total_us < 0)
		return;
	allowance->ticked_ms = now_ms;
	allowance->used_us = total_us;
	allowance->had_call = host->calls.len > 0;
	allowance->cpu_us = smaller(allowance->cpu_us + share_us + allowance->granted_us - used_us,
		max_us);
	allowance->granted_us = 0;
	/* A debt is paid off in a few seconds. */
	if (allowance->cpu_us < -max_us)
		allowance->cpu_us = -max_us;
	if (without_call && used_us > share_us)
		host_kill(host, HOST_END_FAULT, "it kept a processor busy while it had no call");
	else if (allowance->cpu_us < 0 && !allowance->demoted)
		demote(host);
	else if (allowance->cpu_us == max_us && allowance->demoted)
		supervisor_renew(host);
	if ((allowance->tick_ms == CPU_TICK_MS) != is_watched_closely(host))
		allowance_watch(host);
}

void allowance_watch(struct host *host)
{
	struct allowance *allowance = &host->allowance;

	allowance->tick_ms = is_watched_closely(host) ? CPU_TICK_MS : CPU_IDLE_TICK_MS;
	loop_timer_free(allowance->tick);
	allowance->tick = loop_timer_new(host->plugin->providers->daemon->loop,
		allowance->tick_ms, allowance->tick_ms, on_tick, host);
}
