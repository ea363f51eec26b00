/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * What the files of core/provider share: plugins, their host processes, and calls.
 *
 *   provider.c    the registry, for any thread; the operator's changes
 *   supervisor.c  the life of a plugin: start, death, restart, quarantine
 *   acceptance.c  what its host registered
 *   plugin_change.c  load, unload, reload, enable, disable
 *   plugin_log.c  its log lines
 *   host.c        one host process: spawn, bytes in and out, reaping
 *   allowance.c   how much a host may send and how much of the processor it may take
 *   last_words.c  its standard error, and what it died of
 *   call.c        provider_call, the queue in front of a host, deadlines
 *   host_call.c   what a plugin asks for during a call
 *   host_read.c   its reads
 *   host_cache.c  its cache
 *   recorder.c    its calls as they were, for mortise-check
 *
 * Loop thread, unless a member says otherwise.
 */
#ifndef MORTISE_PROVIDER_PROVIDER_PRIVATE_H
#define MORTISE_PROVIDER_PROVIDER_PRIVATE_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <sys/types.h>

#include "core/base/buf.h"
#include "core/base/err.h"
#include "core/frame/frame.h"
#include "core/provider/provider.h"
#include "core/upstream/upstream.h"

struct call;
struct event;
struct host;
struct host_cache;
struct call_record;
struct loop_timer;
struct plugin;
struct recorder;

/* ---- The registry ---- */

/* Times and bounds; a test makes them smaller before the start. */
struct provider_limits {
	int64_t ready_ms;              /* from the start of a host to ready */
	int64_t hang_ms;               /* from CANCEL to the end of the host */
	int64_t drain_ms;              /* for the calls of a host that was replaced */
	int64_t stop_ms;               /* from STOP to its end */
	int64_t first_delay_ms;        /* of restarts; the very first has none */
	int64_t cpu_percent;           /* of one processor, that a host may use */
	int64_t cpu_ms;                /* and how much of it it may save up */
	size_t waiting_max;            /* calls of one provider */
};

struct providers {
	struct daemon *daemon;
	struct provider_limits limits;
	pthread_mutex_t lock;
	pthread_cond_t idle;           /* works fell to 0 */
	struct plugin *plugins;        /* by name; the loop changes it, under lock */
	size_t works;                  /* on the host-call pool; under lock */
	atomic_uint_fast64_t next_call;
	struct host_cache *cache;      /* has its own lock */
	atomic_bool is_recording;
	struct recorder *recorder;     /* under lock; NULL: nothing is recorded */
	struct plugin *retired;        /* unloaded, but a process still ends */
	bool stopping;
	struct change *stop;           /* who waits for the last process to end */
};

/* Run fn(arg) on the host-call pool; providers_stop waits for it. */
int providers_submit(struct providers *providers, void (*fn)(void *arg), void *arg,
	struct err *err);
/* The last act of such a function. */
void providers_work_done(struct providers *providers);

/* ---- Plugins ---- */

enum plugin_state {
	PLUGIN_STARTING,               /* no host has been ready yet */
	PLUGIN_READY,
	PLUGIN_RESTARTING,             /* its host died; another will be started */
	PLUGIN_QUARANTINED,            /* died too often; the operator decides */
	PLUGIN_DISABLED,
	PLUGIN_REFUSED,                /* the file or what it registered is not acceptable */
};

#define DEATHS_MAX 5                           /* in the window: quarantine */
#define DEATHS_WINDOW_MS (INT64_C(600) * 1000)

struct call_list {
	struct call *first, *last;
	size_t len;
};

struct plugin {
	struct plugin *next;
	struct providers *providers;
	char *name;
	char *path;

	/* The loop writes these under providers->lock; others read them under it. */
	enum plugin_state state;
	char *reason;                  /* why it is not ready, or how the last host died */
	struct registration *registration;     /* in force; NULL: none yet */
	pid_t pid;                     /* of the host that takes calls; 0: none */
	size_t death_len;
	char *lacking;                 /* pieces of the sandbox that the kernel lacks; NULL: none */

	int fd;                        /* the file that was checked; -1: none acceptable */
	int incoming_fd;               /* of a reload that is under way; -1: none */
	bool retired;                  /* unloaded; freed with its last host */
	struct host *hosts;            /* every process, also those that end */
	struct host *host;             /* takes calls */
	struct host *incoming;         /* starts, to become 'host' */
	struct host *solo;             /* takes one call at a time */
	struct call_list waiting, waiting_solo;
	int64_t deaths_ms[DEATHS_MAX];         /* the newest first */
	int64_t restart_delay_ms;
	int64_t down_since_ms;         /* when the host that took calls died; 0: it did not */
	struct loop_timer *restart_timer;
	struct change *change;         /* who waits for it to be ready or refused */
};

const char *plugin_state_name(enum plugin_state state);

/* ---- A change by the operator, or start and stop ---- */

struct change {
	struct providers *providers;
	char *name;
	char *path;
	int fd;                        /* of the checked file, taken over; -1: refused */
	char *refusal;                 /* why, if fd is -1 */
	bool enabled;
	struct registration *stored;   /* what it registered last; or NULL */

	pthread_mutex_t lock;
	pthread_cond_t changed;
	bool done;                     /* under lock, as the next two */
	int code;
	struct err err;
};

/* End the wait of a change; 'err' is moved from, NULL for success. */
void change_finish(struct change *change, struct err *err);

/* On the loop thread, with a struct change. */
void supervisor_load(void *arg);
void supervisor_unload(void *arg);
void supervisor_reload(void *arg);
void supervisor_enable(void *arg);
void supervisor_disable(void *arg);
void supervisor_stop(void *arg);
void plugin_free(struct plugin *plugin);

/* ---- Host processes ---- */

enum host_state {
	HOST_STARTING,                 /* until READY came and what it registered is accepted */
	HOST_READY,
	HOST_DRAINING,                 /* takes no calls; ends with its last one */
	HOST_STOPPING,                 /* was asked to end */
};

enum host_end {
	HOST_END_ITSELF,               /* nobody killed it */
	HOST_END_WANTED,               /* we ended it in good order */
	HOST_END_HANG,                 /* a call did not end */
	HOST_END_FAULT,                /* it broke the protocol or was not ready in time */
};

#define LAST_WORDS_LINE 512            /* bytes of a line */
#define LAST_WORDS_KEPT 16             /* lines that were left out, the newest */

/* last_words.c */
struct last_words {
	int fd, page;                  /* its standard error; its crash page; or -1 */
	struct event *on_read;
	size_t size;
	char line[LAST_WORDS_LINE + 1];
	char *kept[LAST_WORDS_KEPT];
	size_t kept_at;
};

/* allowance.c */
struct allowance {
	int64_t bytes;                 /* that it may still send; below 0: reading pauses */
	int64_t lines;                 /* in thousandths */
	int64_t dropped;               /* lines, not told of yet */
	int64_t grown_ms, told_ms;
	struct loop_timer *pause;
	int64_t cpu_us;                /* that it may still run; below 0: at low priority */
	int64_t granted_us;            /* for its calls, since the last tick */
	int64_t used_us;               /* that it had run at the last tick */
	int64_t ticked_ms, tick_ms;
	struct loop_timer *tick;
	bool had_call;                 /* since the last tick */
	bool demoted;
};

struct out;

struct host {
	struct host *next;
	struct plugin *plugin;
	uint64_t serial;               /* never used twice */
	enum host_state state;
	enum host_end end;
	bool is_solo;
	bool said_lacking, said_hello, said_ready, accepted, refused;
	bool killed;
	struct registration *registration;     /* accepted, until it is in force */
	char *reason;                  /* why it was refused or killed */
	int64_t started_ms, ready_ms;
	struct call_list calls;        /* sent and not returned */
	bool hung;                     /* a call in it did not end */
	struct loop_timer *timer;      /* ready, drain or stop, whatever is next */
	struct loop_timer *idle_timer;

	/* host.c */
	pid_t pid;
	int pidfd, socket;
	struct event *on_read, *on_write, *on_exit;
	struct frame_decoder decoder;
	struct out *out_first, *out_last;
	size_t out_size;
	size_t logs_pending;
	struct allowance allowance;
	struct last_words last_words;
	int exit_code, exit_signal;
};

/* Start a process for plugin_fd.  It reports through the supervisor_ functions below. */
int host_spawn(struct plugin *plugin, int plugin_fd, bool is_solo, struct host **ret_host,
	struct err *err);
/* Queue bytes for it, which are taken over.  E_RETRY if too many wait already. */
int host_send(struct host *host, struct buf *buf, struct err *err);
/* A small frame without JSON; kills the host if not even that can be queued. */
void host_send_op(struct host *host, enum frame_op op, uint64_t call);
/* End it at once; its death is reported later. */
void host_kill(struct host *host, enum host_end end, const char *reason);
void host_free(struct host *host);

/* It sends too much, or may send again. */
void host_pause(struct host *host);
void host_resume(struct host *host);

/* allowance.c */
void allowance_init(struct host *host);
void allowance_done(struct host *host);
/* Look at its use of the processor from now on. */
void allowance_watch(struct host *host);
/* It was given a call, which it will answer. */
void host_grant(struct host *host);
/* It sent that many bytes; where it has no allowance left, reading pauses. */
void host_charge(struct host *host, size_t size);
/* May one more of its lines go into the log?  Counts those that may not. */
bool host_may_log(struct host *host);

/* last_words.c: '*ret_stderr' is the end for the child. */
int last_words_open(struct host *host, int *ret_stderr, struct err *err);
/* It is dead: what it said last. */
void last_words_finish(struct host *host);
/* The forbidden system call that it died of (new text); NULL: it noted none. */
char *last_words_forbidden(const struct host *host);
void last_words_close(struct host *host);

/* A frame came, and is taken over.  Negative: the host is broken. */
int supervisor_take_frame(struct host *host, struct frame *frame, struct err *err);
/* It ended and was reaped, and all that it sent was taken; frees it. */
void supervisor_host_died(struct host *host);
/* One of its calls is over; it may have to end now. */
void supervisor_call_left(struct host *host);
/* A call did not end although it was cancelled: replace the host. */
void supervisor_call_hangs(struct host *host);
/* Put another process in its place, and let it end its calls. */
void supervisor_renew(struct host *host);
/* There is a call for a host that takes one at a time. */
void supervisor_need_solo(struct plugin *plugin);

/* ---- Calls ---- */

/* Loop: give waiting calls to a host, as far as the limits allow. */
void calls_pump(struct plugin *plugin);
void calls_take_return(struct host *host, struct frame *frame);
int calls_take_ask(struct host *host, struct frame *frame, struct err *err);
/* The host is gone: end all that it had.  'counts': a death that is somebody's fault. */
void calls_fail_host(struct host *host, bool counts, const char *reason);
void calls_fail_waiting(struct plugin *plugin, int code, const char *reason);
/* Those of a host whose caller still waits. */
size_t calls_live(const struct host *host);

/* For host_call.c, on its threads. */
const struct call_scope *call_scope_of(struct call *call);
struct providers *call_providers(struct call *call);
struct call_script *call_script_of(struct call *call);
struct call_record *call_record_of(struct call *call);
int64_t call_job_id(struct call *call);
/* Time left in ms; 0: it is over. */
int64_t call_left_ms(struct call *call);
/* The job of a call that still runs, to be given back; NULL: over, or no job. */
struct job_run *call_borrow_job(struct call *call);
void call_return_job(struct call *call);
/* The deadline moved: that many ms from now. */
void call_extend(struct call *call, int64_t left_ms);
void call_unref(struct call *call);

/* What goes back for an ASK: the members beside "code", and raw bytes. */
struct host_answer {
	json_t *json;
	struct upstream_answer upstream;       /* its body is the raw bytes */
};

/* The request in an ASK "http"; what it points to belongs to 'question'. */
int host_call_read_request(const json_t *question, struct upstream_request *request, struct err *err);
/* Put status and headers of 'answer->upstream' into its JSON. */
void host_call_show_answer(struct host_answer *answer);
/* Answer one ASK; takes the frame over.  '*answer' gets an encoded frame. */
void host_call_answer(struct call *call, struct frame *frame, struct buf *answer);
/* {"code", "text"} as an ANSWER. */
void host_call_encode_failure(uint64_t call, uint32_t seq, struct err *err, struct buf *answer);
/* One of the MORTISE_READ_ names. */
int host_read(struct call *call, const char *what, const json_t *args, json_t **ret_value,
	struct err *err);
/* Is it one, and may a call of this scope read it?  '*ret_stored': it needs the store. */
int host_read_check(const char *what, int scope, bool *ret_stored, struct err *err);

/* ---- The cache ---- */

/* 'max_size' is what each provider may have. */
struct host_cache *host_cache_new(size_t max_size);
void host_cache_free(struct host_cache *cache);
/* 'owner' keeps tenants apart; its first word is the provider.  New reference, or NULL. */
json_t *host_cache_get(struct host_cache *cache, const char *owner, const char *key,
	int64_t now_ms);
/* E_LIMIT for a value that is too large. */
int host_cache_put(struct host_cache *cache, const char *owner, const char *key,
	const json_t *value, int64_t now_ms, int64_t life_ms, struct err *err);

#endif
