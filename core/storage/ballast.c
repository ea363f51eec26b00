/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
#include "config.h"
#include "core/storage/ballast.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/log.h"
#include "core/base/mem.h"

/* Room for a checkpoint of all that the store lets its log hold (LAG_FRAMES). */
#define BALLAST_SIZE (64 << 20)

struct ballast {
	int fd;
};

struct ballast *ballast_new(const char *path)
{
	struct ballast *ballast = new(struct ballast);

	ballast->fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (ballast->fd < 0 || !ballast_take(ballast))
		log_warning("store.no_ballast", LOG_TEXT("file", path),
			LOG_TEXT("reason", strerror(errno)));
	return ballast;
}

void ballast_free(struct ballast *ballast)
{
	if (!ballast)
		return;
	if (ballast->fd >= 0)
		close(ballast->fd);
	free(ballast);
}

static bool has_room(const struct ballast *ballast)
{
	struct stat st;

	/* Blocks, not the size: a file cut in the middle of its allocation has holes. */
	return fstat(ballast->fd, &st) == 0 && st.st_size >= BALLAST_SIZE &&
		st.st_blocks >= BALLAST_SIZE / 512;
}

void ballast_give(struct ballast *ballast)
{
	if (ballast->fd >= 0 && ftruncate(ballast->fd, 0) == 0)
		(void)fsync(ballast->fd);
}

bool ballast_take(struct ballast *ballast)
{
	int failure;

	/* There is none that could be had later. */
	if (ballast->fd < 0)
		return true;
	if (has_room(ballast))
		return true;
	failure = posix_fallocate(ballast->fd, 0, BALLAST_SIZE);
	if (failure == 0)
		return true;
	/* What it got until then would make the disk fuller. */
	(void)!ftruncate(ballast->fd, 0);
	errno = failure;
	return false;
}
