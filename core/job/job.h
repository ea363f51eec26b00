/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * The job queue: durable, ordered per (integration, object), with leases, back-off
 * and dead letters.  What a job changes and its completion are one transaction.
 *
 * A job names its task.  "PROVIDER:NAME" is a task that a plugin registered,
 * "webhook" is a stored webhook, other names are tasks of the core, registered with
 * jobs_add_task.  Schedules are rows too, so that one node runs each.
 */
#ifndef MORTISE_JOB_JOB_H
#define MORTISE_JOB_JOB_H

#include <stdbool.h>
#include <stdint.h>

#include <jansson.h>

#include "core/effect/effect.h"
#include "core/provider/provider.h"

struct daemon;
struct err;
struct job_end;
struct job_row;
struct job_run;
struct jobs;
struct tx;

/* What a task changes itself, in the transaction that ends its run: 'end' says how it ends
 * (core/storage/job.h).  Called when the task is over, not when it is tried again. */
typedef int job_settle_fn(struct tx *tx, struct job_run *run, const struct job_end *end,
	struct err *err);

struct job_new {
	const char *task;
	const char *provider;      /* whose host it needs; NULL: the part of 'task' before ":" */
	int version;
	int64_t integration_id;    /* 0: none */
	int64_t link_id;           /* install scope; 0: none */
	/* Items with the same (integration, object) run one after the other, in the order of
	 * their ids; those of install scope are ordered per link, so that one organization
	 * never holds another's.  A barrier waits for all earlier ordered items of its
	 * integration and holds the later ones.  A retry keeps its place and its key waits. */
	const char *object;        /* NULL: one key for what has no object */
	const char *order_group;   /* without an integration: order inside this; NULL: unordered */
	bool unordered;            /* no order key at all */
	bool barrier;              /* counts only with an integration */
	const char *payload;       /* JSON text; NULL: {} */
	int64_t webhook_id;        /* 0: none */
	int64_t not_before_us;     /* 0: now */
	int64_t now_us;
	const char *origin;
};

/* How a task is tried again, as data. */
struct job_policy {
	int attempts;              /* 0: 10 */
	int64_t delay_ms;          /* 0: 5 s */
	int factor_percent;        /* 0: 300 */
	int64_t max_delay_ms;      /* 0: 30 min */
	int64_t deadline_ms;       /* one run; 0: 60 s */
	int64_t total_ms;          /* over checkpoints; 0: deadline */
};

/* One run of a job, on a job worker. */
struct job_run {
	struct daemon *daemon;
	int64_t id;
	const char *task;
	int version;
	int attempt;               /* from 1 */
	int64_t integration_id, link_id, webhook_id;
	const char *object;
	const char *origin;
	json_t *payload;
	json_t *cursor;            /* of the last checkpoint, or NULL */
	int64_t deadline_ms;
	bool solo;                 /* for call_request: a host died with it and others */
	const char *provider;      /* "" for a task of the core */
	const char *external_id;   /* of the integration; NULL: it is gone */
	int64_t organization_id;   /* of the link; 0: it is gone */
	/* Filled by the task: */
	struct call_scope scope;   /* effects are applied in it; kind 0: no effects */
	json_t *effects;
	char *outcome;             /* short text, shown by `mortisectl job show` */
	job_settle_fn *settle;     /* or NULL */
	void *settle_arg;          /* for it; the task frees it with settle_free */
	void (*settle_free)(void *arg);
	enum call_death death;     /* what provider_call said, when it failed */
	const struct reg_provider *provider_ref;   /* of scope; given back after the end */
	char *subject;             /* scope.external_id, where the task made it; freed too */
	char lease[33];            /* internal, as the rest */
	struct jobs *jobs;
	struct job_row *row;
	const struct job_policy *policy;
	int64_t started_ms;        /* monotonic */
};

typedef int job_fn(struct job_run *run, void *arg, struct err *err);

struct jobs *jobs_new(struct daemon *daemon);
/* Before start.  'name' is borrowed for good. */
void jobs_add_task(struct jobs *jobs, const char *name, const struct job_policy *policy,
	job_fn *fn, void *arg);
/* Make sure that task 'name' runs every 'every_ms', on one node. */
int jobs_add_schedule(struct jobs *jobs, const char *name, int64_t every_ms, struct err *err);
int jobs_start(struct jobs *jobs, struct err *err);
/* Take no more work; any thread. */
void jobs_pause(struct jobs *jobs);
/* The same, and wait for what runs until 'deadline_ms' from now.  How many still run. */
size_t jobs_drain(struct jobs *jobs, int64_t deadline_ms);
void jobs_free(struct jobs *jobs);
/* A job worker waits so long.  False: the daemon ends, and it should too. */
bool jobs_rest(struct jobs *jobs, int64_t ms);
/* There may be new work: call after the commit that inserted a job.  Any thread. */
void jobs_wake(struct jobs *jobs);
/* For a task of install scope: the integration is still there and its provider is loaded,
 * into provider_ref; else E_NOT_FOUND or E_UNSUPPORTED. */
int job_install(struct job_run *run, struct err *err);
/* Effects so far and the cursor, committed; extends lease and deadline.  From a
 * host-call thread.  Consumes nothing. */
int job_checkpoint(struct job_run *run, const json_t *effects, const json_t *cursor,
	int64_t *ret_deadline_ms, struct err *err);
/* In a transaction; jobs_wake after its commit. */
int job_insert(struct tx *tx, const struct job_new *job, int64_t *ret_id, struct err *err);
/* The same, unless an item of its key is unfinished: that is enough, and is due now. */
int job_insert_once(struct tx *tx, const struct job_new *job, struct err *err);
/* The same for the task that learns what bodies have in common. */
int job_learn_queue(struct tx *tx, int64_t now_us, struct err *err);

#endif
