/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * The two stages in which the host locks itself in.  The first is there before any
 * foreign code, since constructors run inside dlopen: library folders can be read,
 * nothing can be written, no socket, no program, no other process, no new thread.  The
 * second, after load, takes away files altogether and new executable memory.
 *
 * Builds with a sanitizer have no sandbox: its reports need more than it allows.
 */
#ifndef MORTISE_HOST_SANDBOX_H
#define MORTISE_HOST_SANDBOX_H

struct crash_page;
struct err;

/* The pieces, as bits. */
enum sandbox_piece {
	SANDBOX_LANDLOCK = 1,
	SANDBOX_SECCOMP = 2,
};

/* Those that this kernel, or this build, does not have: each of the functions below does
 * nothing where its piece is lacking. */
unsigned sandbox_lacking(void);
/* "landlock", … */
const char *sandbox_piece_name(enum sandbox_piece piece);

/* Stage 1, files: the libraries, and 'plugin', which will be loaded.  For this thread
 * and those it will start: so before any other. */
int sandbox_restrict_files(const char *plugin, struct err *err);
/* Stage 1, system calls: for all threads.  What is forbidden is noted in 'page' (or
 * NULL) before the process dies of it. */
int sandbox_restrict_calls(struct crash_page *page, struct err *err);
/* Stage 2, files: none, for this thread only. */
int sandbox_leave_files(struct err *err);
/* Stage 2, system calls: for all threads. */
int sandbox_seal(struct err *err);

#endif
