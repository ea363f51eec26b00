/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * Preloaded into mortised: while the file FOLDER/stuck-disk is there, the disk does not
 * answer; while FOLDER/stuck-loop is there, the loop does not turn.  FOLDER is the value
 * of MORTISE_TEST_STUCK.
 */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/syscall.h>
#include <unistd.h>

static void wait_while(const char *name)
{
	const char *folder = getenv("MORTISE_TEST_STUCK");
	char path[256];

	if (!folder)
		return;
	snprintf(path, sizeof(path), "%s/%s", folder, name);
	while (access(path, F_OK) == 0)
		usleep(20000);
}

int fsync(int fd)
{
	wait_while("stuck-disk");
	return (int)syscall(SYS_fsync, fd);
}

int fdatasync(int fd)
{
	wait_while("stuck-disk");
	return (int)syscall(SYS_fdatasync, fd);
}

int epoll_wait(int fd, struct epoll_event *events, int len, int ms)
{
	wait_while("stuck-loop");
	return (int)syscall(SYS_epoll_wait, fd, events, len, ms);
}
