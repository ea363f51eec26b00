/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * The two stages in which the host locks itself in.  The first is there before any
 * foreign code, since constructors run inside dlopen: library folders can be read,
 * nothing can be written, no socket, no program, no other process.  The second, after
 * load, takes away files altogether, new threads, and new executable memory.
 *
 * Builds with a sanitizer have no sandbox: its reports need more than it allows.
 */
#ifndef MORTISE_HOST_SANDBOX_H
#define MORTISE_HOST_SANDBOX_H

struct err;

/* Main thread, before any other thread: Landlock does not reach those that run already.
 * 'plugin' is the file that will be loaded. */
int sandbox_before_load(const char *plugin, struct err *err);
/* Files: none.  Before the workers, which inherit it. */
int sandbox_after_load(struct err *err);
/* System calls: the second filter, for all threads. */
int sandbox_seal(struct err *err);

#endif
