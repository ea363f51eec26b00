/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * Start, signals, drain and end.  The loop runs on the main thread; what must wait
 * (plugins becoming ready, work that ends) runs on a thread of its own, so that the
 * loop always turns.
 */
#include "config.h"
#include "core/daemon/daemon.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <event2/event.h>

#include "core/access/rate.h"
#include "core/admin/admin.h"
#include "core/admin/admin_methods.h"
#include "core/api/api.h"
#include "core/base/clock.h"
#include "core/base/err.h"
#include "core/base/log.h"
#include "core/base/loop.h"
#include "core/base/mem.h"
#include "core/base/pool.h"
#include "core/config/settings.h"
#include "core/daemon/notify.h"
#include "core/daemon/sockets.h"
#include "core/daemon/watchdog.h"
#include "core/egress/egress.h"
#include "core/http/health.h"
#include "core/http/http.h"
#include "core/http/metrics.h"
#include "core/ingest/ingest.h"
#include "core/job/job.h"
#include "core/pipeline/pipeline.h"
#include "core/owner/assign.h"
#include "core/owner/cache.h"
#include "core/owner/follow.h"
#include "core/page/page.h"
#include "core/provider/provider.h"
#include "core/storage/backup.h"
#include "core/storage/store.h"
#include "core/sync/sync.h"
#include "core/token/public_key.h"
#include "core/upstream/upstream.h"
#include "core/vault/slot.h"
#include "core/vault/vault.h"
#include "core/webhook/webhook.h"

#define QUEUE_MAX 1024
#define METRICS_CONNECTIONS 64
#define HOST_CALL_SPARE 2              /* for what plugins log and register */
/* How often the service manager is told what is still waited for. */
#define TELL_EVERY_MS 1000

enum phase { STARTING, RUNNING, DRAINED, STOPPING, FAILED };

struct daemon_life {
	_Atomic int phase;             /* enum phase */
	struct health health;
	struct err err;                /* why the start failed */
	pthread_t starter, stopper;
	bool stopper_runs;
	atomic_bool hurry;             /* asked to stop again: wait for nothing */
	pthread_mutex_t lock;
	pthread_cond_t said;
	bool all_said;                 /* under lock: the last reply has left */
	struct event *signals[3];
	struct watchdog *watchdog;
};

static bool is_ready(void *arg, const char **ret_reason)
{
	struct daemon *daemon = arg;
	int phase = atomic_load(&daemon->life->phase);

	if (phase != RUNNING)
		*ret_reason = phase == STARTING ? "starting" : "draining";
	else if (!store_healthy(daemon->store))
		*ret_reason = "the database takes nothing now";
	else
		return true;
	return false;
}

/* ---- Making the parts ---- */

static int make_dir(const char *path, struct err *err)
{
	struct stat st;

	if (mkdir(path, 0700) < 0 && errno != EEXIST)
		return err_set(err, MORTISE_E_SETTINGS,
			"%s: cannot be made (%s); make it and give it to the daemon's user, or "
			"name another folder in the configuration", path, strerror(errno));
	if (stat(path, &st) < 0 || !S_ISDIR(st.st_mode))
		return err_set(err, MORTISE_E_SETTINGS, "%s: not a folder", path);
	if (access(path, W_OK) < 0)
		return err_set(err, MORTISE_E_SETTINGS, "%s: not writable for this user", path);
	return 0;
}

static int open_storage(struct daemon *daemon, struct err *err)
{
	struct settings *settings = daemon->settings;
	struct vault_settings vault = {
		.key_file = settings->vault_key_file, .state_dir = settings->state_dir};
	struct store_settings store = {
		.url = settings->storage_url, .state_dir = settings->state_dir,
		.progress = notify_progress};
	int result = make_dir(settings->state_dir, err);

	if (result == 0)
		result = make_dir(settings->runtime_dir, err);
	if (result == 0)
		result = store_open(&store, &daemon->store, err);
	if (result == 0) {
		/* The store's lock is ours: no other daemon is at work in this folder. */
		backup_sweep(settings->state_dir);
		result = vault_open(&vault, &daemon->vault, err);
	}
	if (result == 0)
		result = vault_check(daemon->vault, daemon->store, err);
	return result;
}

static void make_http(struct daemon *daemon)
{
	struct settings *settings = daemon->settings;
	struct http_settings http = {
		.loop = daemon->loop, .public_url = settings->public_url,
		.trusted_proxies = (const char *const *)settings->trusted_proxies,
		.origins = (const char *const *)settings->api_origins,
		.origins_path = "/api/0/"};

	daemon->http = http_server_new(&http);
	http.public_url = NULL;
	http.origins = NULL;
	http.max_connections = METRICS_CONNECTIONS;
	daemon->metrics_http = *settings->metrics_listen ? http_server_new(&http) : NULL;
}

static void add_routes(struct daemon *daemon)
{
	struct health *health = &daemon->life->health;

	*health = (struct health){.ready = is_ready, .arg = daemon};
	health_add_routes(daemon->http, health);
	api_add_routes(daemon);
	if (daemon->metrics_http) {
		metrics_add_route(daemon->metrics_http);
		health_add_routes(daemon->metrics_http, health);
	}
}

/* A call asks for one thing at a time, and a request or job worker waits for each call: so
 * many threads are enough that no provider waits for those that another one holds. */
static int host_call_threads(const struct settings *settings)
{
	int least = settings->request_workers + settings->job_workers + HOST_CALL_SPARE;

	return settings->host_call_workers > least ? settings->host_call_workers : least;
}

static struct daemon_life *life_new(void)
{
	struct daemon_life *life = new(struct daemon_life);
	pthread_condattr_t attributes;

	pthread_mutex_init(&life->lock, NULL);
	pthread_condattr_init(&attributes);
	pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	pthread_cond_init(&life->said, &attributes);
	pthread_condattr_destroy(&attributes);
	return life;
}

static void life_free(struct daemon_life *life)
{
	watchdog_free(life->watchdog);
	pthread_cond_destroy(&life->said);
	pthread_mutex_destroy(&life->lock);
	err_clear(&life->err);
	free(life);
}

int daemon_new(struct settings *settings_take, struct daemon **ret_daemon, struct err *err)
{
	struct daemon *daemon = new(struct daemon);
	struct settings *settings = settings_take;
	int result;

	daemon->settings = settings;
	daemon->started_us = clock_now_us();
	daemon->life = life_new();
	notify_status("opening the database");
	result = open_storage(daemon, err);
	if (result < 0)
		goto fail;
	daemon->loop = loop_new();
	daemon->request_pool = pool_new("request", POOL_IN_FRONT, settings->request_workers,
		QUEUE_MAX);
	daemon->intake_pool = pool_new("intake", POOL_IN_FRONT, settings->intake_workers, QUEUE_MAX);
	daemon->ingest_pool = pool_new("ingest", POOL_IN_FRONT, settings->ingest_workers, QUEUE_MAX);
	daemon->host_call_pool = pool_new("host-call", POOL_BEHIND, host_call_threads(settings),
		QUEUE_MAX);
	daemon->egress = egress_new(daemon->loop, settings);
	daemon->upstreams = upstreams_new(daemon);
	daemon->providers = providers_new(daemon);
	daemon->public_keys = public_keys_new();
	daemon->rates = rates_new();
	daemon->owner_cache = owner_cache_new();
	daemon->jobs = jobs_new(daemon);
	make_http(daemon);
	daemon->webhooks = webhooks_new(daemon);
	daemon->pages = pages_new(daemon);
	daemon->ingest = ingest_new(daemon);
	sync_setup(daemon);
	follow_setup(daemon);
	owner_assign_setup(daemon);
	daemon->admin = admin_new(daemon);
	admin_add_all_methods(daemon->admin);
	result = pipelines_setup(daemon, err);
	if (result == 0)
		result = api_setup(daemon, err);
	if (result < 0)
		goto fail;
	add_routes(daemon);
	*ret_daemon = daemon;
	return 0;
fail:
	daemon_free(daemon);
	return result;
}

void daemon_free(struct daemon *daemon)
{
	if (!daemon)
		return;
	/* Nobody calls any more; each part goes before those it stands on. */
	admin_free(daemon->admin);
	http_server_free(daemon->http);
	api_free(daemon->api);
	http_server_free(daemon->metrics_http);
	jobs_free(daemon->jobs);
	pages_free(daemon->pages);
	webhooks_free(daemon->webhooks);
	providers_free(daemon->providers);
	pool_free(daemon->request_pool);
	pool_free(daemon->intake_pool);
	pool_free(daemon->ingest_pool);
	pool_free(daemon->host_call_pool);
	public_keys_free(daemon->public_keys);
	rates_free(daemon->rates);
	owner_cache_free(daemon->owner_cache);
	upstreams_free(daemon->upstreams);
	egress_free(daemon->egress);
	store_close(daemon->store);
	/* The store's last answers went through it. */
	ingest_free(daemon->ingest);
	loop_free(daemon->loop);
	vault_close(daemon->vault);
	settings_free(daemon->settings);
	life_free(daemon->life);
	free(daemon);
}

/* ---- Start ---- */

/* Loop thread: everything is there, open the doors. */
static void open_doors(void *arg)
{
	struct daemon *daemon = arg;
	struct daemon_life *life = daemon->life;
	int starting = STARTING;

	if (life->err.code == 0)
		(void)sockets_open(daemon, &life->err);
	if (life->err.code != 0) {
		atomic_store(&life->phase, FAILED);
		daemon_stop(daemon);
		return;
	}
	/* Somebody may have asked to stop meanwhile. */
	if (!atomic_compare_exchange_strong(&life->phase, &starting, RUNNING))
		return;
	life->watchdog = watchdog_start(daemon->loop, daemon->store);
	notify_ready();
	log_notice("daemon.ready", LOG_TEXT("version", PACKAGE_VERSION),
		LOG_INT("port", http_server_port(daemon->http)),
		LOG_INT("elapsed_ms", (clock_now_us() - daemon->started_us) / 1000));
}

static void *start(void *arg)
{
	struct daemon *daemon = arg;
	struct daemon_life *life = daemon->life;

	notify_status("starting plugins");
	if (providers_start(daemon->providers, &life->err) == 0)
		(void)jobs_start(daemon->jobs, &life->err);
	loop_post(daemon->loop, open_doors, daemon);
	return NULL;
}

/* ---- Reload ---- */

/* Loop thread. */
static void reload(struct daemon *daemon)
{
	struct settings *fresh;
	cleanup_err struct err err = {0};

	if (settings_load(daemon->settings->file, &fresh, &err) < 0) {
		log_error("daemon.reload_refused", LOG_TEXT("reason", err_text(&err)));
		notify_reloaded("running; the configuration that was to be reloaded is wrong");
		return;
	}
	log_setup(fresh->log_level, fresh->log_format);
	slots_reload();
	webhooks_forget_all(daemon->webhooks);
	settings_free(fresh);
	log_notice("daemon.reloaded", LOG_TEXT("taken", "log, secrets; the rest needs a restart"));
	notify_reloaded("running");
}

/* ---- Drain and end ---- */

/* Loop thread. */
static void note_all_said(void *arg)
{
	struct daemon_life *life = arg;

	pthread_mutex_lock(&life->lock);
	life->all_said = true;
	pthread_cond_signal(&life->said);
	pthread_mutex_unlock(&life->lock);
}

static void drain_http(void *arg)
{
	struct daemon *daemon = arg;

	http_server_drain(daemon->http, note_all_said, daemon->life);
}

void daemon_drain(struct daemon *daemon)
{
	int running = RUNNING;

	if (!atomic_compare_exchange_strong(&daemon->life->phase, &running, DRAINED))
		return;
	log_notice("daemon.draining");
	notify_status("drained: nothing new is taken");
	jobs_pause(daemon->jobs);
	loop_post(daemon->loop, drain_http, daemon);
}

/* Wait a little for the last reply.  Has it left? */
static bool wait_for_replies(struct daemon_life *life, int64_t ms)
{
	struct timespec until;
	int result = 0;
	bool said;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += ms / 1000;
	until.tv_nsec += ms % 1000 * 1000000;
	if (until.tv_nsec >= 1000000000) {
		until.tv_sec++;
		until.tv_nsec -= 1000000000;
	}
	pthread_mutex_lock(&life->lock);
	while (!life->all_said && result == 0)
		result = pthread_cond_timedwait(&life->said, &life->lock, &until);
	said = life->all_said;
	pthread_mutex_unlock(&life->lock);
	return said;
}

/* Until requests and jobs have ended, the time is over or somebody asks again. */
static void wait_for_work(struct daemon *daemon)
{
	struct daemon_life *life = daemon->life;
	int64_t until_ms = clock_mono_ms() + daemon->settings->drain_timeout * INT64_C(1000);
	bool said = false;
	size_t jobs = 1;

	for (int64_t left_ms; (!said || jobs > 0) && !atomic_load(&life->hurry) &&
		(left_ms = until_ms - clock_mono_ms()) > 0;) {
		int64_t slice_ms = left_ms < TELL_EVERY_MS ? left_ms : TELL_EVERY_MS;

		said = wait_for_replies(life, slice_ms);
		jobs = jobs_drain(daemon->jobs, said ? slice_ms : 0);
		notify_status("stopping: %zu requests and %zu jobs to end, at most %d s more",
			http_server_busy(daemon->http), jobs,
			(int)((until_ms - clock_mono_ms()) / 1000));
	}
	jobs = jobs_drain(daemon->jobs, 0);
	if (!said || jobs > 0)
		log_warning("daemon.drain_cut", LOG_INT("requests",
			http_server_busy(daemon->http)), LOG_INT("jobs", jobs));
}

static void *stop(void *arg)
{
	struct daemon *daemon = arg;

	pthread_join(daemon->life->starter, NULL);
	jobs_pause(daemon->jobs);
	loop_post(daemon->loop, drain_http, daemon);
	wait_for_work(daemon);
	/* What still waits for an upstream would wait for ever once the loop has ended. */
	egress_stop(daemon->egress);
	providers_stop(daemon->providers);
	loop_stop(daemon->loop);
	return NULL;
}

/* Loop thread. */
static void begin_stop(void *arg)
{
	struct daemon *daemon = arg;
	struct daemon_life *life = daemon->life;

	if (life->stopper_runs)
		return;
	if (atomic_load(&life->phase) != FAILED)
		atomic_store(&life->phase, STOPPING);
	notify_stopping();
	log_notice("daemon.stopping");
	life->stopper_runs = pthread_create(&life->stopper, NULL, stop, daemon) == 0;
	if (!life->stopper_runs)
		abort();
}

void daemon_stop(struct daemon *daemon)
{
	loop_post(daemon->loop, begin_stop, daemon);
}

/* What is read during the start is fresh, and what ends needs nothing. */
static void on_hangup(struct daemon *daemon)
{
	int phase = atomic_load(&daemon->life->phase);

	if (phase != RUNNING && phase != DRAINED)
		return;
	notify_reloading();
	reload(daemon);
}

static void on_signal(evutil_socket_t number, short what, void *arg)
{
	struct daemon *daemon = arg;

	(void)what;
	if (number == SIGHUP) {
		on_hangup(daemon);
	} else if (daemon->life->stopper_runs) {
		log_notice("daemon.hurrying");
		atomic_store(&daemon->life->hurry, true);
	} else {
		begin_stop(daemon);
	}
}

int daemon_run(struct daemon *daemon, struct err *err)
{
	static const int numbers[] = {SIGTERM, SIGINT, SIGHUP};
	struct daemon_life *life = daemon->life;
	sigset_t signals;

	sigemptyset(&signals);
	for (size_t i = 0; i < lengthof(numbers); i++) {
		life->signals[i] = evsignal_new(loop_base(daemon->loop), numbers[i], on_signal,
			daemon);
		event_add(life->signals[i], NULL);
		sigaddset(&signals, numbers[i]);
	}
	/* Threads made so far keep them blocked, and so do those that start() makes. */
	if (pthread_create(&life->starter, NULL, start, daemon) != 0)
		abort();
	pthread_sigmask(SIG_UNBLOCK, &signals, NULL);
	loop_run(daemon->loop);
	pthread_join(life->stopper, NULL);
	watchdog_stop(life->watchdog);
	for (size_t i = 0; i < lengthof(numbers); i++)
		event_free(life->signals[i]);
	if (life->err.code != 0)
		return err_move(err, &life->err);
	log_notice("daemon.stopped");
	return 0;
}
