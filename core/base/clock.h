/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * The two clocks, and the text form of an instant.  Any thread.
 *
 * Instants are stored as integer microseconds since 1970 and shown as RFC 3339
 * UTC with milliseconds.  Time spans are measured on the monotonic clock only.
 */
#ifndef MORTISE_BASE_CLOCK_H
#define MORTISE_BASE_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

#define CLOCK_TEXT_SIZE 32

int64_t clock_now_us(void);
int64_t clock_mono_ms(void);
/* "2026-05-01T10:00:00.000Z" into 'ret_text', which is returned. */
const char *clock_format(int64_t time_us, char ret_text[static CLOCK_TEXT_SIZE]);
/* Parse RFC 3339 with offset or Z, of the years 0 to 9999; false if it is not. */
bool clock_parse(const char *text, int64_t *ret_time_us);
/* Tests only: add this to clock_now_us from now on. */
void clock_shift_us(int64_t shift_us);

#endif
