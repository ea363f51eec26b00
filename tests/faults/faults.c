/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * A disk and a clock that misbehave when a test wants it: LD_PRELOAD this into mortised.
 *
 * FAULTS_FILE names a file that is mapped here and written by the test
 * (tests/blackbox/lib/faults.mjs); it has the form of 'struct faults'.  Only the store's
 * files are touched: mortise.db, its log and its ballast.
 *
 * FAULTS_IMAGE names a folder that gets what of these files would be there after a power
 * cut: a page of the file goes there when a sync of it has succeeded, and not before.
 * After a sync that failed, the pages that it was for count as clean, as the kernel has
 * it: a later sync that succeeds does not bring them.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define PAGE 4096
#define PAGES_MAX (1 << 18)            /* of a file: 1 GiB */

enum operation { OPERATION_WRITE, OPERATION_SYNC, OPERATION_OPEN, OPERATION_LEN };
enum { FILE_DATABASE, FILE_LOG, FILE_BALLAST, FILE_LEN };

static const char *const names[FILE_LEN] = {
	"mortise.db", "mortise.db-wal", "mortise.db.ballast"};

struct faults {
	struct rule {
		_Atomic int32_t times;         /* how often it still fails; -1: always */
		int32_t error;                 /* errno */
		int32_t files;                 /* one bit for each of 'names' */
		_Atomic int32_t hits;          /* how often it has failed */
	} rules[OPERATION_LEN];
	_Atomic int64_t clock_us;              /* added to the time of day */
};

static struct faults *faults;
static const char *image;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
/* Under lock: */
static bool dirty[FILE_LEN][PAGES_MAX];
static off64_t dirty_end[FILE_LEN];

#define REAL(function) ((__typeof__(&(function)))dlsym(RTLD_NEXT, #function))

__attribute__((constructor)) static void map_faults(void)
{
	const char *path = getenv("FAULTS_FILE");
	int fd = path ? open(path, O_RDWR | O_CLOEXEC) : -1;
	void *at = fd >= 0 ? mmap(NULL, sizeof(*faults), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0) :
		MAP_FAILED;

	if (at == MAP_FAILED)
		abort();
	close(fd);
	image = getenv("FAULTS_IMAGE");
	faults = at;
}

/* Which of the store's files it is, or -1. */
static int which(const char *path)
{
	const char *name = strrchr(path, '/');

	for (int i = 0; name && i < FILE_LEN; i++)
		if (strcmp(name + 1, names[i]) == 0)
			return i;
	return -1;
}

static int which_fd(int fd)
{
	char link[40], path[1024];
	ssize_t len;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	len = readlink(link, path, sizeof(path) - 1);
	path[len > 0 ? len : 0] = '\0';
	return which(path);
}

/* Does this one fail?  Then errno says how. */
static bool fails(enum operation operation, int file)
{
	struct rule *rule = &faults->rules[operation];
	int32_t times = atomic_load(&rule->times);

	if (file < 0 || !(rule->files & 1 << file))
		return false;
	while (times > 0 && !atomic_compare_exchange_weak(&rule->times, &times, times - 1))
		;
	if (times == 0)
		return false;
	atomic_fetch_add(&rule->hits, 1);
	errno = rule->error;
	return true;
}

/* ---- The image ---- */

static int open_image(int file)
{
	char path[1024];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", image, names[file]);
	fd = REAL(open64)(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0)
		abort();
	return fd;
}

static void note_written(int file, off64_t offset, size_t size)
{
	if (!image || size == 0)
		return;
	pthread_mutex_lock(&lock);
	for (off64_t page = offset / PAGE; page <= (off64_t)(offset + size - 1) / PAGE; page++) {
		if (page >= PAGES_MAX)
			abort();
		dirty[file][page] = true;
		if (dirty_end[file] <= page)
			dirty_end[file] = page + 1;
	}
	pthread_mutex_unlock(&lock);
}

static void note_length(int file, off64_t length)
{
	int fd;

	if (!image)
		return;
	fd = open_image(file);
	if (ftruncate(fd, length) < 0)
		abort();
	close(fd);
}

/* A page may be the last one, and short. */
static void copy_page(int from, int to, off64_t page)
{
	char bytes[PAGE];
	ssize_t size = pread(from, bytes, PAGE, page * PAGE);

	if (size > 0 && REAL(pwrite64)(to, bytes, (size_t)size, page * PAGE) != size)
		abort();
}

static void end_sync(int file, int fd, bool succeeded)
{
	int to;

	if (!image)
		return;
	pthread_mutex_lock(&lock);
	to = open_image(file);
	for (off64_t page = 0; page < dirty_end[file]; page++) {
		if (dirty[file][page] && succeeded)
			copy_page(fd, to, page);
		dirty[file][page] = false;
	}
	dirty_end[file] = 0;
	close(to);
	pthread_mutex_unlock(&lock);
}

/* ---- What is interposed ---- */

__attribute__((visibility("default"))) ssize_t pwrite64(int fd, const void *bytes, size_t size,
	off64_t offset)
{
	int file = which_fd(fd);
	ssize_t done;

	if (fails(OPERATION_WRITE, file))
		return -1;
	done = REAL(pwrite64)(fd, bytes, size, offset);
	/* Afterwards: a sync between the two does not make it clean. */
	if (file >= 0 && done > 0)
		note_written(file, offset, (size_t)done);
	return done;
}

__attribute__((visibility("default"))) int ftruncate64(int fd, off64_t length)
{
	int file = which_fd(fd);

	if (fails(OPERATION_WRITE, file))
		return -1;
	if (file >= 0 && file != FILE_BALLAST)
		note_length(file, length);
	return REAL(ftruncate64)(fd, length);
}

__attribute__((visibility("default"))) int fdatasync(int fd)
{
	int file = which_fd(fd);
	bool failed = fails(OPERATION_SYNC, file);
	int error = errno, result = failed ? -1 : REAL(fdatasync)(fd);

	if (file >= 0)
		end_sync(file, fd, result == 0);
	if (failed)
		errno = error;
	return result;
}

__attribute__((visibility("default"))) int unlink(const char *path)
{
	int file = which(path);

	if (file >= 0)
		note_length(file, 0);
	return REAL(unlink)(path);
}

/* SQLite's and ours: for writing or not is what counts. */
static int open_with(__typeof__(&open64) really, const char *path, int flags, mode_t mode)
{
	if (faults && (flags & O_ACCMODE) != O_RDONLY && fails(OPERATION_OPEN, which(path)))
		return -1;
	return really(path, flags, mode);
}

__attribute__((visibility("default"))) int open64(const char *path, int flags, ...)
{
	va_list args;
	mode_t mode;

	va_start(args, flags);
	mode = flags & O_CREAT ? va_arg(args, mode_t) : 0;
	va_end(args);
	return open_with(REAL(open64), path, flags, mode);
}

__attribute__((visibility("default"))) int open(const char *path, int flags, ...)
{
	va_list args;
	mode_t mode;

	va_start(args, flags);
	mode = flags & O_CREAT ? va_arg(args, mode_t) : 0;
	va_end(args);
	return open_with(REAL(open), path, flags, mode);
}

__attribute__((visibility("default"))) int clock_gettime(clockid_t clock, struct timespec *ret_time)
{
	int result = (int)syscall(SYS_clock_gettime, clock, ret_time);
	int64_t shift_us, us;

	if (result < 0 || !faults || (clock != CLOCK_REALTIME && clock != CLOCK_REALTIME_COARSE))
		return result;
	shift_us = atomic_load(&faults->clock_us);
	us = (int64_t)ret_time->tv_sec * 1000000 + ret_time->tv_nsec / 1000 + shift_us;
	ret_time->tv_sec = us / 1000000;
	ret_time->tv_nsec = us % 1000000 * 1000;
	return 0;
}
