/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * The service manager's watchdog.  Each ping is a round trip: the loop asks the store
 * writer, the writer answers between two commits, the loop tells the service manager.
 * If either hangs (an endless callback, a disk that never answers), the pings stop and
 * the service manager starts the daemon anew.
 */
#ifndef MORTISE_DAEMON_WATCHDOG_H
#define MORTISE_DAEMON_WATCHDOG_H

struct loop;
struct store;
struct watchdog;

/* NULL if nobody watches.  Loop thread. */
struct watchdog *watchdog_start(struct loop *loop, struct store *store);
/* No more pings; loop thread, or after the loop's end.  NULL is fine. */
void watchdog_stop(struct watchdog *watchdog);
/* After the loop and the store. */
void watchdog_free(struct watchdog *watchdog);

#endif
