/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * Preloaded by tools/valgrind: what mortised and mortise-host need and valgrind 3.19 does
 * not give.  Descriptors of processes are made of a pipe and a thread that waits, as it
 * does not know pidfd_open; the hard limit of open files, above which it has its own, is
 * left alone.
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <sys/pidfd.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define FDS_MAX 4096

static _Atomic pid_t pids[FDS_MAX];    /* by descriptor */

struct watch {
	pid_t pid;
	int end;                       /* of the pipe; closed when the process ends */
};

static struct watch watches[FDS_MAX];

static void *wait_for(void *arg)
{
	struct watch *watch = arg;
	siginfo_t info;

	while (syscall(SYS_waitid, P_PID, watch->pid, &info, WEXITED | WNOWAIT, NULL) < 0 &&
		errno == EINTR)
		;
	close(watch->end);
	return NULL;
}

int pidfd_open(pid_t pid, unsigned int flags)
{
	pthread_t thread;
	int ends[2];

	(void)flags;
	if (pipe2(ends, O_CLOEXEC) < 0)
		return -1;
	pids[ends[0]] = pid;
	watches[ends[0]] = (struct watch){pid, ends[1]};
	if (pthread_create(&thread, NULL, wait_for, &watches[ends[0]]) != 0)
		return -1;
	pthread_detach(thread);
	return ends[0];
}

int pidfd_send_signal(int fd, int number, siginfo_t *info, unsigned int flags)
{
	(void)info;
	(void)flags;
	return kill(pids[fd], number);
}

int waitid(idtype_t type, id_t id, siginfo_t *info, int options)
{
	if (type == P_PIDFD) {
		type = P_PID;
		id = (id_t)pids[id];
	}
	return (int)syscall(SYS_waitid, type, id, info, options, NULL);
}

int setrlimit(__rlimit_resource_t resource, const struct rlimit *limit)
{
	struct rlimit changed = *limit, now;

	if (resource == RLIMIT_NOFILE && getrlimit(RLIMIT_NOFILE, &now) == 0)
		changed.rlim_max = now.rlim_max;
	return (int)syscall(SYS_setrlimit, resource, &changed);
}
