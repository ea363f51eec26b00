/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * What the host process gives up before it runs foreign code.  Main thread, before
 * any other thread.
 */
#ifndef MORTISE_HOST_LOCKDOWN_H
#define MORTISE_HOST_LOCKDOWN_H

#include <stdint.h>
#include <sys/types.h>

struct crash_page;
struct err;

/* How the process ends; a signal besides these is the plugin's fault. */
enum host_exit {
	HOST_EXIT_STOPPED = 0,
	HOST_EXIT_REFUSED = 1,         /* the plugin was refused; REFUSED told why */
	HOST_EXIT_USAGE = 2,
	HOST_EXIT_PEER = 3,            /* mortised is gone */
	HOST_EXIT_FRAME = 4,           /* mortised sent what is no frame */
	HOST_EXIT_MEMORY = 5,          /* the memory limit was reached */
};

/* Die with the process that started us; 'parent' is its pid, 0 if not known. */
int lockdown_bind_parent(pid_t parent, struct err *err);
/* Close every descriptor above the socket's but 'kept' (-1: none). */
void lockdown_close_files(int kept);
/* Limits, no new privileges, no core file, not traceable.  'data_limit' in bytes. */
int lockdown_limit(uint64_t data_limit, struct err *err);
/* The page that mortised reads once we are dead; NULL if it gave none. */
struct crash_page *lockdown_map_page(int fd);
/* Load now what glibc and jansson would otherwise fetch later. */
void lockdown_preload(void);

#endif
