/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/* What the files of core/job/ share. */
#ifndef MORTISE_JOB_JOB_PRIVATE_H
#define MORTISE_JOB_JOB_PRIVATE_H

#include <pthread.h>

#include "core/job/job.h"
#include "core/storage/job.h"

#define JOB_DEADLINE_MS 60000
#define JOB_LEASE_EXTRA_MS 30000
#define JOB_TASKS_MAX 64
#define JOB_PROVIDERS_MAX 64

struct job_task {
	const char *name;
	struct job_policy policy;
	job_fn *fn;
	void *arg;
};

/* How many jobs of a provider run now. */
struct job_load {
	char *provider;
	int running;
};

struct jobs {
	struct daemon *daemon;
	struct pool *pool;
	int workers;
	int64_t lease_ms;              /* covers the longest deadline of a core task */
	struct job_task tasks[JOB_TASKS_MAX];  /* fixed once started */
	size_t task_len;
	char *scheduled;               /* dispatcher: what plugins wanted last, as text */
	int64_t scheduled_ms;          /* dispatcher: when that was looked up */
	int64_t clock_offset_us;       /* dispatcher: time of day less monotonic time */
	unsigned turn;                 /* dispatcher: whose provider is first */

	pthread_t dispatcher;
	bool started;
	pthread_mutex_t lock;
	pthread_cond_t wake;           /* for the dispatcher */
	pthread_cond_t ended;          /* a run has ended, or all should */
	/* Under lock, as the rest: there is work, a worker is free, it is over. */
	bool woken, freed, ending;
	int running;
	struct job_load loads[JOB_PROVIDERS_MAX];
	size_t load_len;
};

/* ---- dispatch.c ---- */

void *jobs_dispatch(void *arg);
/* A monotonic instant 'ms' from now, for waiting. */
struct timespec jobs_in(int64_t ms);

/* ---- clock_jump.c ---- */

/* The clock may have been set back since the last daemon ran. */
int jobs_clock_start(struct jobs *jobs, struct err *err);
/* Dispatcher: or since the last look. */
void jobs_clock_look(struct jobs *jobs);

/* ---- run.c: on a job worker ---- */

/* Run one leased row, which is taken over, to its end. */
void job_run_leased(struct jobs *jobs, struct job_row *row_take, const char *lease);

/* ---- policy.c ---- */

/* How a run ended. */
struct job_verdict {
	int code;
	int64_t retry_at_ms;           /* E_RATE */
	enum call_death death;
	bool refused;                  /* its effects were: a dead letter whatever the policy */
	bool ending;                   /* the daemon stops: a retry counts nothing */
};

/* What becomes of the row; fills status, not_before_us, attempts, faults, strikes and
 * solo of 'ret_end', and when the integration's gate opens (0: it is not closed).
 * 'random' spreads the retries. */
void job_decide(const struct job_policy *policy, const struct job_row *row,
	const struct job_verdict *verdict, int64_t now_us, uint32_t random,
	struct job_end *ret_end, int64_t *ret_gate_us);

/* ---- finish.c ---- */

/* Commit the end of a run: fence, effects, settled requests, row, followers. */
void job_finish(struct job_run *run, int result, struct err *err);

/* ---- plugin_task.c ---- */

/* Is this the name of a plugin's task ("PROVIDER:NAME")?  Then run it. */
bool job_is_plugin_task(const char *task);
int job_run_plugin_task(struct job_run *run, struct job_policy *ret_policy, struct err *err);

/* ---- insert.c ---- */

/* "5/repo", of install scope "5:7/repo"; NULL: unordered. */
char *job_order_key(const struct job_new *job);

/* ---- spread.c ---- */

/* Run what a schedule inserted for a task of install scope: insert one job of it for each
 * active link of the provider, spread over the schedule's distance. */
int job_spread(struct job_run *run, const struct reg_provider *provider,
	const struct mortise_task *task, struct err *err);

/* ---- learn.c ---- */

#define JOB_LEARN "learn"
#define JOB_LEARN_EVERY_MS (3600 * 1000)
job_fn job_learn_run;

/* ---- prune.c ---- */

#define JOB_PRUNE "prune"
#define JOB_PRUNE_EVERY_MS (3600 * 1000)
job_fn job_prune_run;

/* ---- schedule.c: on the dispatcher ---- */

/* Keep the schedules that plugins registered in the store. */
void jobs_sync_schedules(struct jobs *jobs);
/* In a transaction: insert jobs for what is due. */
int jobs_fire_schedules(struct tx *tx, int64_t now_us, struct err *err);

#endif
