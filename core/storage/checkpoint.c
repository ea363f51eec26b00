/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
#include "config.h"
#include "core/storage/checkpoint.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <time.h>

#include "core/base/clock.h"
#include "core/base/err.h"
#include "core/base/log.h"
#include "core/base/mem.h"
#include "core/storage/ballast.h"
#include "core/storage/connection.h"

#define PAUSE_MS 100
#define LONG_FRAMES 16000
#define LAG_FRAMES 6000                /* of 8 KiB; less than the ballast */
#define FULL_RETRY_MS 1000
#define FREE_PAGES_LOW LAG_FRAMES
#define FREE_PAGES_ENOUGH (2 * LAG_FRAMES)

struct checkpointer {
	char *path;
	struct tx *writer;             /* writer thread, as the next */
	int log_frames;                /* in the log after the last commit */

	pthread_t thread;
	struct tx *tx;                 /* our thread */
	pthread_mutex_t lock;
	pthread_cond_t wake;
	bool dirty, ending;            /* under lock */
	atomic_bool log_is_long;       /* the writer should checkpoint between batches */
	atomic_int done_frames;        /* how far the last checkpoint came in the log */

	pthread_mutex_t ballast_lock;
	struct ballast *ballast;       /* given by the writer, taken by our thread */
	atomic_bool ballast_given;     /* written under ballast_lock, as the next */
	atomic_bool full;
};

/* Beside readers and the writer; how many frames the log has. */
static int checkpoint(struct checkpointer *checkpointer, struct tx *tx)
{
	int frames = 0, done = 0;
	int code = sqlite3_wal_checkpoint_v2(tx->db, NULL, SQLITE_CHECKPOINT_PASSIVE, &frames,
		&done);

	connection_check_sync(tx, code);
	if (code == SQLITE_OK)
		atomic_store(&checkpointer->done_frames, done);
	return frames;
}

static void log_full(struct checkpointer *checkpointer, bool full)
{
	if (full)
		log_error("store.disk_full", LOG_TEXT("file", checkpointer->path),
			LOG_TEXT("action", "free space; webhooks are refused until then"));
	else
		log_notice("store.disk_freed", LOG_TEXT("file", checkpointer->path));
}

void checkpoint_all(struct tx *tx)
{
	/* On a full disk there is no room for it; then the log goes on. */
	connection_check_sync(tx, sqlite3_wal_checkpoint_v2(tx->db, NULL,
		SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL));
}

/* ---- On the writer thread ---- */

/* After each commit. */
static int note_log(void *arg, sqlite3 *db, const char *name, int frames)
{
	struct checkpointer *checkpointer = arg;

	(void)db;
	(void)name;
	/* The log has begun anew. */
	if (frames < checkpointer->log_frames)
		atomic_store(&checkpointer->done_frames, 0);
	checkpointer->log_frames = frames;
	return SQLITE_OK;
}

void checkpointer_batch_ended(struct checkpointer *checkpointer)
{
	/* When our thread cannot keep up, the log must not grow past what the ballast
	 * can take. */
	if (atomic_exchange(&checkpointer->log_is_long, false) ||
		checkpointer->log_frames - atomic_load(&checkpointer->done_frames) > LAG_FRAMES)
		(void)checkpoint(checkpointer, checkpointer->writer);
	pthread_mutex_lock(&checkpointer->lock);
	if (!checkpointer->dirty)
		pthread_cond_signal(&checkpointer->wake);
	checkpointer->dirty = true;
	pthread_mutex_unlock(&checkpointer->lock);
}

/* The checkpoint lets the log start anew in the room that it has. */
void checkpointer_make_room(struct checkpointer *checkpointer)
{
	bool was_full;

	pthread_mutex_lock(&checkpointer->ballast_lock);
	was_full = atomic_exchange(&checkpointer->full, true);
	atomic_store(&checkpointer->ballast_given, true);
	ballast_give(checkpointer->ballast);
	pthread_mutex_unlock(&checkpointer->ballast_lock);
	if (!was_full)
		log_full(checkpointer, true);
	(void)checkpoint(checkpointer, checkpointer->writer);
}

bool checkpointer_disk_full(struct checkpointer *checkpointer)
{
	return atomic_load(&checkpointer->full);
}

/* ---- On our thread ---- */

static struct timespec after_ms(int64_t ms)
{
	int64_t then_ms = clock_mono_ms() + ms;

	return (struct timespec){.tv_sec = then_ms / 1000, .tv_nsec = then_ms % 1000 * 1000000};
}

/* Wait until there is something to do; false: the end.  A checkpoint works on what
 * several commits have left, not on each.  A full disk is looked at again and again. */
static bool wait_for_work(struct checkpointer *checkpointer)
{
	struct timespec pause = after_ms(PAUSE_MS), retry = after_ms(FULL_RETRY_MS);
	bool ending;

	pthread_mutex_lock(&checkpointer->lock);
	while (!checkpointer->ending && pthread_cond_timedwait(&checkpointer->wake,
		&checkpointer->lock, &pause) == 0)
		;
	while (!checkpointer->dirty && !checkpointer->ending) {
		if (!atomic_load(&checkpointer->full))
			pthread_cond_wait(&checkpointer->wake, &checkpointer->lock);
		else if (pthread_cond_timedwait(&checkpointer->wake, &checkpointer->lock,
				 &retry) == ETIMEDOUT)
			break;
	}
	checkpointer->dirty = false;
	ending = checkpointer->ending;
	pthread_mutex_unlock(&checkpointer->lock);
	return !ending;
}

/* Pages inside the file that are free: rows can be added without a longer file. */
static int count_free_pages(struct tx *tx)
{
	sqlite3_stmt *statement;
	int len = 0;

	if (sqlite3_prepare_v2(tx->db, "PRAGMA freelist_count", -1, &statement, NULL) != SQLITE_OK)
		return 0;
	if (sqlite3_step(statement) == SQLITE_ROW)
		len = sqlite3_column_int(statement, 0);
	sqlite3_finalize(statement);
	return len;
}

/* While the ballast is given up: has somebody freed the disk, or pruning the file? */
static void look_for_room(struct checkpointer *checkpointer)
{
	int free_pages = count_free_pages(checkpointer->tx);
	bool was_full, full;

	pthread_mutex_lock(&checkpointer->ballast_lock);
	if (ballast_take(checkpointer->ballast)) {
		atomic_store(&checkpointer->ballast_given, false);
		free_pages = FREE_PAGES_ENOUGH;
	}
	was_full = atomic_load(&checkpointer->full);
	full = free_pages < (was_full ? FREE_PAGES_ENOUGH : FREE_PAGES_LOW);
	atomic_store(&checkpointer->full, full);
	pthread_mutex_unlock(&checkpointer->ballast_lock);
	if (was_full != full)
		log_full(checkpointer, full);
}

static void *checkpoint_forever(void *arg)
{
	struct checkpointer *checkpointer = arg;

	pthread_setname_np(pthread_self(), "checkpointer");
	while (wait_for_work(checkpointer)) {
		if (checkpoint(checkpointer, checkpointer->tx) > LONG_FRAMES)
			atomic_store(&checkpointer->log_is_long, true);
		if (atomic_load(&checkpointer->ballast_given))
			look_for_room(checkpointer);
	}
	return NULL;
}

/* ---- Making and ending ---- */

int checkpointer_new(const char *path, struct tx *writer, struct checkpointer **ret_checkpointer,
	struct err *err)
{
	cleanup_free char *ballast = xasprintf("%s.ballast", path);
	struct checkpointer *checkpointer;
	pthread_condattr_t monotonic;
	struct tx *tx;
	int result = connection_open(path, CONNECTION_WRITER, &tx, err);

	if (result < 0)
		return result;
	checkpointer = new(struct checkpointer);
	checkpointer->path = xstrdup(path);
	checkpointer->writer = writer;
	checkpointer->tx = tx;
	checkpointer->ballast = ballast_new(ballast);
	pthread_mutex_init(&checkpointer->lock, NULL);
	pthread_mutex_init(&checkpointer->ballast_lock, NULL);
	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_cond_init(&checkpointer->wake, &monotonic);
	pthread_condattr_destroy(&monotonic);
	sqlite3_wal_hook(writer->db, note_log, checkpointer);
	if (pthread_create(&checkpointer->thread, NULL, checkpoint_forever, checkpointer) != 0)
		abort();
	*ret_checkpointer = checkpointer;
	return 0;
}

void checkpointer_free(struct checkpointer *checkpointer)
{
	if (!checkpointer)
		return;
	pthread_mutex_lock(&checkpointer->lock);
	checkpointer->ending = true;
	pthread_cond_signal(&checkpointer->wake);
	pthread_mutex_unlock(&checkpointer->lock);
	pthread_join(checkpointer->thread, NULL);
	sqlite3_wal_hook(checkpointer->writer->db, NULL, NULL);
	connection_close(checkpointer->tx);
	ballast_free(checkpointer->ballast);
	pthread_cond_destroy(&checkpointer->wake);
	pthread_mutex_destroy(&checkpointer->ballast_lock);
	pthread_mutex_destroy(&checkpointer->lock);
	free(checkpointer->path);
	free(checkpointer);
}
