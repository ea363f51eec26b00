/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * The SQLite engine: a writer thread that groups queued closures in one commit, and a
 * set of read connections.
 *
 * There is no batch window: what was queued while the last commit ran is the next
 * batch.  Some errors end SQLite's whole transaction and the savepoints with it, so
 * after any error the writer asks whether it still stands; if not, the batch is void
 * and each of its closures is run once more alone.
 *
 * On a full disk what comes in from outside (store_write_async) is refused, so that jobs
 * and pruning can go on in the room that checkpoint.c has made.
 */
#include "config.h"
#include "core/storage/store.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/file.h>
#include <sys/queue.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "core/base/err.h"
#include "core/base/log.h"
#include "core/base/mem.h"
#include "core/http/metrics.h"
#include "core/storage/checkpoint.h"
#include "core/storage/connection.h"
#include "core/storage/delivery.h"
#include "core/storage/dictionary.h"
#include "core/storage/migrate.h"

#define QUEUE_MAX 4096
#define BATCH_MAX 256
#define BATCH_MAX_SIZE (8 << 20)
#define BATCH_MAX_MS 5
#define READ_MAX_MS 2000
#define READERS 8
#define PROGRESS_OPCODES 100000
#define TRY_MS 1000

METRIC_COUNTER(commits_total, "mortise_store_commits_total", "Durable commits of the store.");
METRIC_COUNTER(writes_total, "mortise_store_writes_total", "Changes in these commits.");

struct write {
	STAILQ_ENTRY(write) link;
	store_fn *fn;
	void *arg;
	size_t size;
	store_done_fn *done;           /* NULL: somebody waits at 'ready' */
	sem_t *ready;
	int result;
	struct err err;
};
STAILQ_HEAD(write_list, write);

struct store {
	char *path;
	int lock_fd;

	pthread_t writer;
	struct tx *write_tx;           /* writer thread */
	struct checkpointer *checkpointer;
	pthread_mutex_t queue_lock;
	pthread_cond_t queue_wake;
	struct write_list queue;       /* under queue_lock, as those to 'closing' */
	size_t queue_len;
	store_probe_fn *probe;         /* NULL: nobody asks */
	void *probe_arg;
	bool closing;
	atomic_bool healthy;
	atomic_uint_fast64_t commits;

	pthread_mutex_t reader_lock;
	pthread_cond_t reader_wake;
	struct tx **readers;           /* under reader_lock: those that are free */
	int reader_free, reader_len;

	struct dictionaries *dictionaries;
};

/* A closure that waits for the store would wait for itself, or for the last free
 * connection. */
static _Thread_local bool in_closure;

/* ---- The writer ---- */

/* Is the transaction that we began still there? */
static bool in_transaction(struct tx *tx)
{
	return !tx->broken && !sqlite3_get_autocommit(tx->db);
}

static void call_closure(struct store *store, struct write *write)
{
	in_closure = true;
	write->result = write->fn(store->write_tx, write->arg, &write->err);
	in_closure = false;
}

/* In a savepoint: what it wrote is undone if it fails. */
static void run_closure(struct store *store, struct write *write)
{
	struct tx *tx = store->write_tx;

	err_clear(&write->err);
	write->result = connection_do(tx, CONNECTION_SAVEPOINT, &write->err);
	if (write->result < 0)
		return;
	call_closure(store, write);
	if (!in_transaction(tx))
		return;
	if (write->result < 0)
		(void)connection_do(tx, CONNECTION_ROLLBACK_TO, NULL);
	(void)connection_do(tx, CONNECTION_RELEASE, NULL);
}

/* One of a batch.  A savepoint has each page copied that is changed, so what comes in
 * from outside, and fails with the disk only, goes without; false: the batch is void. */
static bool run_in_batch(struct store *store, struct write *write)
{
	if (!write->done) {
		run_closure(store, write);
		return in_transaction(store->write_tx);
	}
	err_clear(&write->err);
	call_closure(store, write);
	return write->result >= 0 && in_transaction(store->write_tx);
}

static int begin(struct tx *tx, struct err *err)
{
	tx->serial++;
	return connection_do(tx, CONNECTION_BEGIN_WRITE, err);
}

/* Leave no transaction behind, whatever happened. */
static void abandon(struct tx *tx)
{
	if (!sqlite3_get_autocommit(tx->db))
		(void)connection_do(tx, CONNECTION_ROLLBACK, NULL);
	delivery_rolled_back(tx);
	tx->broken = false;
}

/* The next closure in the queue, which moves to the batch; NULL if there is none. */
static struct write *take_next(struct store *store, struct write_list *batch)
{
	struct write *write;

	pthread_mutex_lock(&store->queue_lock);
	write = STAILQ_FIRST(&store->queue);
	if (write) {
		STAILQ_REMOVE_HEAD(&store->queue, link);
		store->queue_len--;
	}
	pthread_mutex_unlock(&store->queue_lock);
	if (write)
		STAILQ_INSERT_TAIL(batch, write, link);
	return write;
}

/* Fill a batch, running each closure as it is taken.  False: the batch is void. */
static bool run_batch(struct store *store, struct write_list *batch)
{
	struct tx *tx = store->write_tx;
	int64_t started_ms = clock_mono_ms();
	size_t len = 0, size = 0;
	bool begun = begin(tx, NULL) == 0;

	for (struct write *write; len < BATCH_MAX && size < BATCH_MAX_SIZE &&
		clock_mono_ms() - started_ms <= BATCH_MAX_MS && (write = take_next(store, batch));
		len++) {
		size += write->size;
		if (!begun)
			return false;
		if (!run_in_batch(store, write))
			return false;
	}
	if (connection_do(tx, CONNECTION_COMMIT, NULL) < 0)
		return false;
	atomic_fetch_add(&store->commits, 1);
	metrics_add(&commits_total, 1);
	metrics_add(&writes_total, (int64_t)len);
	return true;
}

/* Run one closure of a void batch in a transaction of its own. */
static void run_alone(struct store *store, struct write *write)
{
	struct tx *tx = store->write_tx;
	struct err err = {0};
	int result = begin(tx, &err);

	if (result == 0) {
		run_closure(store, write);
		result = in_transaction(tx) ? connection_do(tx, CONNECTION_COMMIT, &err) :
			MORTISE_E_RETRY;
	}
	atomic_fetch_add(&store->commits, 1);
	if (result < 0) {
		if (write->err.code != MORTISE_E_RETRY) {
			err_clear(&write->err);
			err_set(&write->err, MORTISE_E_RETRY, "%s",
				err.text ? err.text : "the database takes nothing now");
		}
		write->result = MORTISE_E_RETRY;
		abandon(tx);
		log_limited(MORTISE_LOG_ERROR, "store.write_failed",
			LOG_TEXT("reason", err_text(&write->err)));
	}
	atomic_store(&store->healthy, result == 0);
	err_clear(&err);
}

static void deliver(struct write_list *batch)
{
	struct write *write;

	while ((write = STAILQ_FIRST(batch))) {
		STAILQ_REMOVE_HEAD(batch, link);
		if (write->done) {
			write->done(write->result, &write->err, write->arg);
			err_clear(&write->err);
			free(write);
		} else {
			sem_post(write->ready);
		}
	}
}

/* Between two commits; under queue_lock. */
static void answer_probe(struct store *store)
{
	if (store->probe)
		store->probe(store->probe_arg);
	store->probe = NULL;
}

/* Who asks whether we are ready may send nothing until we are: see for ourselves.  The
 * value stays as it was, and yet it is written. */
static void try_disk(struct store *store)
{
	bool written = connection_run(store->write_tx,
		"BEGIN IMMEDIATE; PRAGMA user_version = 0; COMMIT", NULL) == 0;

	abandon(store->write_tx);
	atomic_store(&store->healthy, written);
}

/* Under queue_lock, which is free meanwhile. */
static void wait_a_while(struct store *store)
{
	int64_t until_ms = clock_mono_ms() + TRY_MS;
	struct timespec until = {.tv_sec = until_ms / 1000, .tv_nsec = until_ms % 1000 * 1000000};

	if (atomic_load(&store->healthy)) {
		pthread_cond_wait(&store->queue_wake, &store->queue_lock);
	} else if (pthread_cond_timedwait(&store->queue_wake, &store->queue_lock, &until) ==
		ETIMEDOUT) {
		pthread_mutex_unlock(&store->queue_lock);
		try_disk(store);
		pthread_mutex_lock(&store->queue_lock);
	}
}

static bool wait_for_work(struct store *store)
{
	bool work;

	pthread_mutex_lock(&store->queue_lock);
	answer_probe(store);
	while (STAILQ_EMPTY(&store->queue) && !store->closing) {
		wait_a_while(store);
		answer_probe(store);
	}
	work = !STAILQ_EMPTY(&store->queue);
	pthread_mutex_unlock(&store->queue_lock);
	return work;
}

static void *write_forever(void *arg)
{
	struct store *store = arg;

	pthread_setname_np(pthread_self(), "store-writer");
	while (wait_for_work(store)) {
		struct write_list batch = STAILQ_HEAD_INITIALIZER(batch);
		struct write *write;

		if (run_batch(store, &batch)) {
			atomic_store(&store->healthy, true);
		} else {
			abandon(store->write_tx);
			if (store->write_tx->full)
				checkpointer_make_room(store->checkpointer);
			store->write_tx->full = false;
			STAILQ_FOREACH(write, &batch, link)
				run_alone(store, write);
		}
		deliver(&batch);
		checkpointer_batch_ended(store->checkpointer);
	}
	return NULL;
}

static int enqueue(struct store *store, struct write *write, struct err *err)
{
	int result = 0;

	pthread_mutex_lock(&store->queue_lock);
	if (store->closing || store->queue_len >= QUEUE_MAX) {
		result = err_set(err, MORTISE_E_RETRY, store->closing ?
			"the daemon is ending; try again later" :
			"too many writes are waiting; try again later");
	} else {
		STAILQ_INSERT_TAIL(&store->queue, write, link);
		store->queue_len++;
		pthread_cond_signal(&store->queue_wake);
	}
	pthread_mutex_unlock(&store->queue_lock);
	return result;
}

int store_write(struct store *store, store_fn *fn, void *arg, struct err *err)
{
	sem_t ready;
	struct write write = {.fn = fn, .arg = arg, .size = 1024, .ready = &ready};
	int result;

	assert(!in_closure);
	sem_init(&ready, 0, 0);
	result = enqueue(store, &write, err);
	if (result == 0) {
		while (sem_wait(&ready) < 0 && errno == EINTR)
			;
		result = write.result;
		if (write.err.code != 0)
			(void)err_move(err, &write.err);
		if (result < 0)
			(void)err_set(err, result, "the write was refused");
	}
	sem_destroy(&ready);
	return result;
}

int store_write_async(struct store *store, store_fn *fn, void *arg, size_t size,
	store_done_fn *done, struct err *err)
{
	struct write *write;
	int result;

	if (checkpointer_disk_full(store->checkpointer))
		return err_set(err, MORTISE_E_RETRY, "the disk is full; try again later");
	write = new(struct write);
	write->fn = fn;
	write->arg = arg;
	write->size = size;
	write->done = done;
	result = enqueue(store, write, err);
	if (result < 0)
		free(write);
	return result;
}

void store_probe(struct store *store, store_probe_fn *fn, void *arg)
{
	pthread_mutex_lock(&store->queue_lock);
	store->probe = fn;
	store->probe_arg = arg;
	pthread_cond_signal(&store->queue_wake);
	pthread_mutex_unlock(&store->queue_lock);
}

/* ---- Readers ---- */

static struct tx *reader_take(struct store *store)
{
	struct tx *tx;

	pthread_mutex_lock(&store->reader_lock);
	while (store->reader_free == 0)
		pthread_cond_wait(&store->reader_wake, &store->reader_lock);
	tx = store->readers[--store->reader_free];
	pthread_mutex_unlock(&store->reader_lock);
	return tx;
}

static void reader_give(struct store *store, struct tx *tx)
{
	pthread_mutex_lock(&store->reader_lock);
	store->readers[store->reader_free++] = tx;
	pthread_cond_signal(&store->reader_wake);
	pthread_mutex_unlock(&store->reader_lock);
}

int store_read(struct store *store, store_fn *fn, void *arg, struct err *err)
{
	struct tx *tx;
	int result;

	assert(!in_closure);
	tx = reader_take(store);
	tx->read_until_ms = clock_mono_ms() + READ_MAX_MS;
	result = connection_do(tx, CONNECTION_BEGIN, err);
	if (result == 0) {
		in_closure = true;
		result = fn(tx, arg, err);
		in_closure = false;
		tx->read_until_ms = 0;
		(void)connection_do(tx, CONNECTION_ROLLBACK, NULL);
	}
	tx->broken = false;
	reader_give(store, tx);
	if (result < 0)
		(void)err_set(err, result, "the read was refused");
	return result;
}

bool store_healthy(struct store *store)
{
	return atomic_load(&store->healthy) && !checkpointer_disk_full(store->checkpointer);
}

uint64_t store_commits(const struct store *store)
{
	return atomic_load(&store->commits);
}

struct dictionaries *store_dictionaries(const struct store *store)
{
	return store->dictionaries;
}

const char *store_path(const struct store *store)
{
	return store->path;
}

/* ---- Opening and closing ---- */

static int lock_database(struct store *store, struct err *err)
{
	cleanup_free char *path = xasprintf("%s.lock", store->path);

	store->lock_fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (store->lock_fd < 0)
		return err_set(err, MORTISE_E_SETTINGS, "%s: %s; is state_dir right?", path,
			strerror(errno));
	if (flock(store->lock_fd, LOCK_EX | LOCK_NB) < 0)
		return err_set(err, MORTISE_E_SETTINGS,
			"%s: another mortised uses this database; stop it, or give this one a "
			"state_dir of its own", store->path);
	return 0;
}

static int find_path(const struct store_settings *settings, char **ret_path, struct err *err)
{
	const char *file = settings->url + strlen("sqlite:");

	if (strncmp(settings->url, "sqlite:", strlen("sqlite:")) != 0 || *file == '\0')
		return err_set(err, MORTISE_E_SETTINGS,
			"storage.url: this version supports only \"sqlite:FILE\"");
	*ret_path = *file == '/' ? xstrdup(file) : xasprintf("%s/%s", settings->state_dir, file);
	return 0;
}

static int on_progress(void *arg)
{
	const struct store_settings *settings = arg;

	settings->progress();
	return 0;
}

/* Migrations of a large database take their time: whoever waits is told that they go on. */
static int run_migrations(struct store *store, const struct store_settings *settings,
	struct err *err)
{
	struct store_settings copy = *settings;
	int result;

	if (settings->progress)
		sqlite3_progress_handler(store->write_tx->db, PROGRESS_OPCODES, on_progress, &copy);
	result = migrate(store->write_tx, store->path, MIGRATE_ALL, err);
	sqlite3_progress_handler(store->write_tx->db, 0, NULL, NULL);
	return result;
}

static int open_reader(struct store *store, struct err *err)
{
	struct tx **reader = &store->readers[store->reader_len];
	int result = connection_open(store->path, CONNECTION_READER, reader, err);

	if (result < 0)
		return result;
	(*reader)->dictionaries = store->dictionaries;
	store->reader_free = ++store->reader_len;
	return 0;
}

static int open_connections(struct store *store, const struct store_settings *settings,
	struct err *err)
{
	int readers = settings->readers ? settings->readers : READERS;
	int result = connection_open(store->path, CONNECTION_WRITER, &store->write_tx, err);

	if (result == 0)
		checkpoint_all(store->write_tx);
	if (result == 0)
		result = run_migrations(store, settings, err);
	if (result == 0)
		result = checkpointer_new(store->path, store->write_tx, &store->checkpointer, err);
	store->readers = xcalloc((size_t)readers, sizeof(struct tx *));
	while (result == 0 && store->reader_len < readers)
		result = open_reader(store, err);
	if (result < 0)
		return result;
	store->write_tx->dictionaries = store->dictionaries;
	return dictionaries_load(store->dictionaries, store->write_tx, err);
}

static struct store *store_new(void)
{
	struct store *store = new(struct store);
	pthread_condattr_t monotonic;

	store->lock_fd = -1;
	store->dictionaries = dictionaries_new();
	STAILQ_INIT(&store->queue);
	pthread_mutex_init(&store->queue_lock, NULL);
	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_cond_init(&store->queue_wake, &monotonic);
	pthread_condattr_destroy(&monotonic);
	pthread_mutex_init(&store->reader_lock, NULL);
	pthread_cond_init(&store->reader_wake, NULL);
	return store;
}

int store_open(const struct store_settings *settings, struct store **ret_store, struct err *err)
{
	struct store *store = store_new();
	int result = find_path(settings, &store->path, err);

	if (result == 0)
		result = lock_database(store, err);
	if (result == 0)
		result = open_connections(store, settings, err);
	if (result < 0) {
		store_close(store);
		return result;
	}
	atomic_store(&store->healthy, true);
	if (pthread_create(&store->writer, NULL, write_forever, store) != 0)
		abort();
	*ret_store = store;
	return 0;
}

static void end_writer(struct store *store)
{
	pthread_mutex_lock(&store->queue_lock);
	store->closing = true;
	pthread_cond_signal(&store->queue_wake);
	pthread_mutex_unlock(&store->queue_lock);
	pthread_join(store->writer, NULL);
}

void store_close(struct store *store)
{
	if (!store)
		return;
	if (store->writer)
		end_writer(store);
	for (int i = 0; i < store->reader_len; i++)
		connection_close(store->readers[i]);
	free(store->readers);
	checkpointer_free(store->checkpointer);
	connection_close(store->write_tx);
	dictionaries_free(store->dictionaries);
	if (store->lock_fd >= 0)
		close(store->lock_fd);
	pthread_cond_destroy(&store->reader_wake);
	pthread_mutex_destroy(&store->reader_lock);
	pthread_cond_destroy(&store->queue_wake);
	pthread_mutex_destroy(&store->queue_lock);
	free(store->path);
	free(store);
}
