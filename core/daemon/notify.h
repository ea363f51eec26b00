/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * What the service manager is told, as sd_notify(3) defines it.  Any thread; without a
 * service manager nothing happens.
 */
#ifndef MORTISE_DAEMON_NOTIFY_H
#define MORTISE_DAEMON_NOTIFY_H

/* One line for `systemctl status`. */
void notify_status(const char *format, ...) __attribute__((format(printf, 1, 2)));
void notify_ready(void);
/* Each reload begins with the first and ends with the second. */
void notify_reloading(void);
void notify_reloaded(const char *status);
void notify_stopping(void);
void notify_failed(const char *reason);
void notify_alive(void);
/* The start goes on, but takes long: a little more time, please.  Main thread only. */
void notify_progress(void);

#endif
