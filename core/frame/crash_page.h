/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * One page that a host shares with mortised, so that it can still tell, in a signal
 * handler, which forbidden system call ends it.  Whoever runs in the host can write
 * it, so mortised reads it as numbers of a stranger, and only after the host's death.
 */
#ifndef MORTISE_FRAME_CRASH_PAGE_H
#define MORTISE_FRAME_CRASH_PAGE_H

#include <stdint.h>

#define CRASH_PAGE_SIZE 4096
#define CRASH_PAGE_MAGIC 0x6d637270u   /* something was written */

struct crash_page {
	uint32_t magic;
	uint32_t arch;                 /* AUDIT_ARCH_ */
	int32_t number;                /* of the system call */
	uint32_t reserved;
	uint64_t address;              /* of the instruction */
};

#endif
