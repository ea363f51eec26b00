/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/* What the files of core/job/ share. */
#ifndef MORTISE_JOB_JOB_PRIVATE_H
#define MORTISE_JOB_JOB_PRIVATE_H

#include <pthread.h>
#include <sys/queue.h>

#include "core/base/err.h"
#include "core/job/job.h"
#include "core/storage/job.h"

#define JOB_DEADLINE_MS 60000
#define JOB_LEASE_EXTRA_MS 30000
#define JOB_READY_MAX_MS 5000          /* well below that */
#define JOB_TASKS_MAX 64
#define JOB_PROVIDERS_MAX 64

struct job_task {
	const char *name;
	struct job_policy policy;
	job_fn *fn;
	void *arg;
};

/* One picked job, until its end is committed. */
struct job_work {
	STAILQ_ENTRY(job_work) link;   /* of the one list that it is in */
	struct jobs *jobs;
	struct job_load *load;
	struct job_row row;
	struct job_policy policy;
	struct job_run run;
	int64_t picked_ms;             /* monotonic; its lease counts from then */
	int64_t clock_offset_us;       /* of the clock that its times of day are by */
	/* How the run ended: */
	int code;
	struct err err;
	struct job_end end;
	struct effect_context context;
	const json_t *effects;         /* NULL: none are applied */
	int64_t gate_us;
	bool identity_gone;
	bool refused;                  /* what it wanted could not be written */
	bool given_back;               /* it never ran */
	/* Set anew each time the end is written: */
	bool lost;
};
STAILQ_HEAD(job_work_list, job_work);

/* The work of one provider; under the lock of the jobs. */
struct job_load {
	char *provider;
	int running;                   /* on a worker */
	struct job_work_list ready;    /* picked ahead, the oldest first */
	size_t ready_len;
	size_t done_len;               /* ended, for the dispatcher */
};

struct jobs {
	struct daemon *daemon;
	struct pool *pool;
	int workers;
	int64_t lease_ms;              /* covers the longest deadline of a core task */
	int64_t ready_max_ms;          /* how long picked work may wait for a worker */
	struct job_task tasks[JOB_TASKS_MAX];  /* fixed once started */
	size_t task_len;
	char *scheduled;               /* dispatcher: what plugins wanted last, as text */
	int64_t scheduled_ms;          /* dispatcher: when that was looked up */
	int64_t clock_offset_us;       /* dispatcher: time of day less monotonic time */
	unsigned turn;                 /* dispatcher: whose provider is picked first */
	struct job_work_list unwritten; /* dispatcher: ends that the store did not take */
	int64_t write_again_ms;        /* dispatcher: when they are tried again; monotonic */

	pthread_t dispatcher;
	bool started;
	pthread_mutex_t lock;
	pthread_cond_t wake;           /* for the dispatcher */
	pthread_cond_t ended;          /* the last run has ended, or all should */
	/* Under lock, as the rest: */
	bool woken;                    /* there may be new work */
	bool hungry;                   /* workers run out of it, and runs have ended */
	bool ending;
	int busy;                      /* workers that run something or are about to */
	int running;
	size_t unsettled;              /* struct job_work that are there */
	struct job_work_list done;     /* runs that have ended, for the dispatcher */
	size_t done_len;
	int64_t done_ms;               /* since when there are some; monotonic */
	struct job_load loads[JOB_PROVIDERS_MAX];
	size_t load_len;
	unsigned next_load;            /* whose provider's work is taken first */
};

/* ---- dispatch.c ---- */

void *jobs_dispatch(void *arg);
/* A monotonic instant, and one 'ms' from now, for waiting. */
struct timespec jobs_at(int64_t mono_ms);
struct timespec jobs_in(int64_t ms);

/* ---- turn.c: on the dispatcher ---- */

/* How many rows one turn picks. */
#define JOB_PICK_MAX 64

struct job_candidate {
	char *provider;
	int64_t due_us;                /* of its first row */
	size_t max;                    /* how many may be picked now */
};

/* What the queue looks like: which providers have rows that are not held. */
struct job_look {
	int64_t now_us;
	struct job_candidate candidates[JOB_PROVIDERS_MAX];
	size_t len;
	int64_t schedule_us;           /* when the next schedule is due */
	int64_t lease_us;              /* when the first lease ends; monotonic */
};

/* One transaction of the dispatcher: ends of runs, then what may start, for the
 * candidates of the last look; then a new look. */
struct job_turn {
	struct job_look look;
	struct job_work_list ends;
	size_t end_len;
	bool picks;                    /* not only ends */
	unsigned first;                /* candidate */
	int64_t mono_us, lease_until_us;
	char lease[33];                /* of all that it picks */
	struct job_look next;          /* what it looks like afterwards */
	/* Set anew at each run: */
	struct job_work *failed;       /* whose end could not be written, or NULL */
	size_t before;                 /* ends before that one */
	struct job_row rows[JOB_PICK_MAX];
	size_t len;
};

/* A store closure that looks; 'arg' is a struct job_look. */
int jobs_look(struct tx *tx, void *arg, struct err *err);
void jobs_look_clear(struct job_look *look);
/* Write a turn and let its picks start; its look is new then.  Ends that could not be
 * written go to jobs->unwritten, or stay in the list for the next turn.  False: the store
 * takes nothing now. */
bool jobs_turn_write(struct jobs *jobs, struct job_turn *turn);

/* ---- ready.c ---- */

/* How many more of this provider may be picked.  Any thread, as the rest. */
size_t jobs_ready_room(struct jobs *jobs, const char *provider);
/* Workers run these when they come to it. */
void jobs_ready_put(struct jobs *jobs, struct job_work_list *works);
/* What is ready waits in the queue again, if it is of this integration, has been ready for
 * too long, or the daemon ends. */
void jobs_ready_give_back(struct jobs *jobs, int64_t integration_id);
/* Runs that have ended since the last time are moved to 'list'; returns how many. */
size_t jobs_ready_take_done(struct jobs *jobs, struct job_work_list *list);

/* ---- clock_jump.c ---- */

/* Time of day less monotonic time, in microseconds.  Any thread. */
int64_t jobs_clock_offset(void);
/* The clock may have been set back since the last daemon ran. */
int jobs_clock_start(struct jobs *jobs, struct err *err);
/* Dispatcher: or since the last look. */
void jobs_clock_look(struct jobs *jobs);
/* The work has taken its times of day from the clock as it is now.  Any thread. */
void jobs_clock_stamp(struct job_work *work);
/* What a run wants written moves too, if the clock was seen set back since.  Dispatcher. */
void jobs_clock_move(struct jobs *jobs, struct job_work *work);

/* ---- run.c ---- */

/* Of a leased row, which is taken over. */
struct job_work *job_work_new(struct jobs *jobs, struct job_row *row_take, const char *lease);
/* Run it, and say how it ends: on a job worker. */
void job_work_run(struct job_work *work);
/* When nobody will write its end any more. */
void job_work_free(struct job_work *work);

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

/* The run is over with 'code', its words stand in work->err: decide what becomes of it. */
void job_work_decide(struct job_work *work, int code);
/* It was never run. */
void job_work_give_back(struct job_work *work);
/* What it wants cannot be written, and would not be the next time.  'why' is consumed. */
void job_work_refuse(struct job_work *work, struct err *why);
/* In a transaction: the fence, effects, settled requests, row, followers. */
int job_work_end(struct tx *tx, struct job_work *work, struct err *err);
/* That is committed. */
void job_work_ended(struct job_work *work);

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
