/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
#include "config.h"
#include "core/api/issue_range.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/storage/issue_list.h"

#define SECOND_US INT64_C(1000000)
#define NUMBER_MAX INT64_C(1000000000000)
#define DATE_SIZE 10           /* "2026-05-01" */

enum comparison { EQUAL, ABOVE, AT_LEAST, BELOW, AT_MOST };

static enum comparison comparison_read(const char **text)
{
	const char *at = *text;
	bool with_equal = (at[0] == '>' || at[0] == '<') && at[1] == '=';
	enum comparison comparison = at[0] == '>' ? (with_equal ? AT_LEAST : ABOVE) :
		at[0] == '<' ? (with_equal ? AT_MOST : BELOW) : EQUAL;

	*text += comparison == EQUAL ? 0 : with_equal ? 2 : 1;
	return comparison;
}

/* Digits up to the end of them. */
static bool digits_read(const char **text, int64_t *ret_number)
{
	int64_t number = 0;

	if (!isdigit((unsigned char)**text))
		return false;
	for (; isdigit((unsigned char)**text); (*text)++) {
		number = number * 10 + (**text - '0');
		if (number > NUMBER_MAX)
			return false;
	}
	*ret_number = number;
	return true;
}

static void narrow(struct issue_range *range, enum comparison comparison, int64_t value)
{
	int64_t min = comparison == ABOVE ? value + 1 :
		comparison == AT_LEAST || comparison == EQUAL ? value : INT64_MIN;
	int64_t max = comparison == BELOW ? value - 1 :
		comparison == AT_MOST || comparison == EQUAL ? value : INT64_MAX;

	if (min > range->min)
		range->min = min;
	if (max < range->max)
		range->max = max;
}

bool issue_range_number(const char *text, struct issue_range *range)
{
	enum comparison comparison = comparison_read(&text);
	int64_t number;

	if (!digits_read(&text, &number) || *text)
		return false;
	narrow(range, comparison, number);
	return true;
}

/* "-24h", "+2d". */
static bool age_read(const char *text, int64_t now_us, struct issue_range *range)
{
	static const char units[] = "mhdw";
	static const int64_t seconds[] = {60, 3600, 86400, 7 * 86400};
	bool newer = *text == '-';
	const char *unit;
	int64_t number;

	text++;
	if (!digits_read(&text, &number) || !*text || text[1] != '\0')
		return false;
	unit = strchr(units, *text);
	if (!unit || number > now_us / SECOND_US / seconds[unit - units])
		return false;
	narrow(range, newer ? AT_LEAST : AT_MOST,
		now_us - number * seconds[unit - units] * SECOND_US);
	return true;
}

bool issue_range_time(const char *text, int64_t now_us, struct issue_range *range)
{
	char day[DATE_SIZE + sizeof("T00:00:00Z")];
	enum comparison comparison;
	int64_t time_us;

	if (*text == '-' || *text == '+')
		return age_read(text, now_us, range);
	comparison = comparison_read(&text);
	if (comparison == EQUAL)
		return false;
	if (strlen(text) == DATE_SIZE) {
		snprintf(day, sizeof(day), "%.10sT00:00:00Z", text);
		text = day;
	}
	if (!clock_parse(text, &time_us))
		return false;
	narrow(range, comparison, time_us);
	return true;
}
