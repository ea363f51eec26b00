/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/* What every unit test includes: cmocka with the headers it wants first. */
#ifndef MORTISE_TESTS_UNIT_H
#define MORTISE_TESTS_UNIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* A time limit, MORTISE_TEST_PATIENCE times as long: for sanitizers and slow machines. */
static inline int unit_patience(int limit)
{
	const char *times = getenv("MORTISE_TEST_PATIENCE");

	return times ? limit * atoi(times) : limit;
}

#endif
