/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * The doors: listening sockets that the service manager handed over, by their names,
 * and those of the configuration for what it did not.  Loop thread.
 */
#ifndef MORTISE_DAEMON_SOCKETS_H
#define MORTISE_DAEMON_SOCKETS_H

struct daemon;
struct err;

int sockets_open(struct daemon *daemon, struct err *err);

#endif
