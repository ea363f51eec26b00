/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
#include "config.h"
#include "core/base/clock.h"

#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define FIRST_S INT64_C(-62167219200)  /* the year 0 begins */
#define LAST_S INT64_C(253402300800)   /* the year 9999 has ended */

static _Atomic int64_t shift;

int64_t clock_now_us(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	return (int64_t)ts.tv_sec * 1000000 + ts.tv_nsec / 1000 + atomic_load(&shift);
}

int64_t clock_mono_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

void clock_shift_us(int64_t shift_us)
{
	atomic_fetch_add(&shift, shift_us);
}

const char *clock_format(int64_t time_us, char ret_text[static CLOCK_TEXT_SIZE])
{
	int64_t seconds = time_us / 1000000, micros = time_us % 1000000;
	time_t when;
	struct tm tm;

	if (micros < 0) {
		micros += 1000000;
		seconds--;
	}
	when = (time_t)seconds;
	/* Years beyond four digits have no RFC 3339 form; that is no time of ours. */
	if (seconds < FIRST_S || seconds >= LAST_S)
		when = 0;
	gmtime_r(&when, &tm);
	/* strftime would write the year 5 as "5". */
	snprintf(ret_text, CLOCK_TEXT_SIZE, "%04d", tm.tm_year + 1900);
	strftime(ret_text + 4, CLOCK_TEXT_SIZE - 4, "-%m-%dT%H:%M:%S", &tm);
	snprintf(ret_text + 19, CLOCK_TEXT_SIZE - 19, ".%03dZ", (int)(micros / 1000));
	return ret_text;
}

/* Exactly 'len' digits at '*cursor', which moves on. */
static bool take_digits(const char **cursor, int len, int *ret_value)
{
	int value = 0;

	for (int i = 0; i < len; i++) {
		char c = (*cursor)[i];

		if (c < '0' || c > '9')
			return false;
		value = value * 10 + (c - '0');
	}
	*cursor += len;
	*ret_value = value;
	return true;
}

static bool take_char(const char **cursor, const char *allowed)
{
	if (**cursor == '\0' || !strchr(allowed, **cursor))
		return false;
	(*cursor)++;
	return true;
}

static bool take_offset(const char **cursor, int *ret_minutes)
{
	int hours, minutes, sign;

	if (take_char(cursor, "Zz")) {
		*ret_minutes = 0;
		return true;
	}
	sign = **cursor == '-' ? -1 : 1;
	if (!take_char(cursor, "+-") || !take_digits(cursor, 2, &hours))
		return false;
	(void)take_char(cursor, ":"); /* some upstreams leave the colon out */
	if (!take_digits(cursor, 2, &minutes) || hours > 23 || minutes > 59)
		return false;
	*ret_minutes = sign * (hours * 60 + minutes);
	return true;
}

bool clock_parse(const char *text, int64_t *ret_time_us)
{
	int year, month, day, hour, minute, second, offset;
	int64_t seconds, micros = 0, unit = 100000;
	struct tm tm = {0};

	if (!take_digits(&text, 4, &year) || !take_char(&text, "-") ||
		!take_digits(&text, 2, &month) || !take_char(&text, "-") ||
		!take_digits(&text, 2, &day) || !take_char(&text, "Tt ") ||
		!take_digits(&text, 2, &hour) || !take_char(&text, ":") ||
		!take_digits(&text, 2, &minute) || !take_char(&text, ":") ||
		!take_digits(&text, 2, &second))
		return false;
	if (take_char(&text, "."))
		for (int digit; take_digits(&text, 1, &digit); unit /= 10)
			micros += digit * unit;
	if (!take_offset(&text, &offset) || *text != '\0')
		return false;
	if (month < 1 || month > 12 || day < 1 || day > 31 || hour > 23 || minute > 59 ||
		second > 60)
		return false;
	tm.tm_year = year - 1900;
	tm.tm_mon = month - 1;
	tm.tm_mday = day;
	tm.tm_hour = hour;
	tm.tm_min = minute;
	seconds = (int64_t)timegm(&tm) + second - offset * 60;
	/* timegm makes a 31st of February the 3rd of March. */
	if (tm.tm_mday != day || seconds < FIRST_S || seconds >= LAST_S)
		return false;
	*ret_time_us = seconds * 1000000 + micros;
	return true;
}
