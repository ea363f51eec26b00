/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
#include "config.h"
#include "core/issue/short_id.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#define BASE 36
#define NUMBER_MAX (INT64_C(1) << 53)

const char *short_id_format(const char *slug, int64_t number, char ret_text[static SHORT_ID_SIZE])
{
	static const char digits[BASE + 1] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";
	char reversed[16];
	size_t len = 0, at;

	do {
		reversed[len++] = digits[number % BASE];
		number /= BASE;
	} while (number > 0 && len < sizeof(reversed));
	at = (size_t)snprintf(ret_text, SHORT_ID_SLUG_SIZE, "%s", slug);
	if (at >= SHORT_ID_SLUG_SIZE)
		at = SHORT_ID_SLUG_SIZE - 1;
	for (size_t i = 0; i < at; i++)
		ret_text[i] = (char)toupper((unsigned char)ret_text[i]);
	ret_text[at++] = '-';
	while (len > 0)
		ret_text[at++] = reversed[--len];
	ret_text[at] = '\0';
	return ret_text;
}

static int digit_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'Z' ? c - 'A' + 10 : -1;
}

bool short_id_parse(const char *text, char ret_slug[static SHORT_ID_SLUG_SIZE],
	int64_t *ret_number)
{
	const char *dash = strrchr(text, '-');
	int64_t number = 0;
	size_t size;

	if (!dash || dash == text || !dash[1])
		return false;
	size = (size_t)(dash - text);
	if (size >= SHORT_ID_SLUG_SIZE)
		return false;
	for (const char *c = dash + 1; *c; c++) {
		int value = digit_value(*c);

		if (value < 0 || number > NUMBER_MAX / BASE)
			return false;
		number = number * BASE + value;
	}
	if (number == 0)
		return false;
	for (size_t i = 0; i < size; i++)
		ret_slug[i] = (char)tolower((unsigned char)text[i]);
	ret_slug[size] = '\0';
	*ret_number = number;
	return true;
}
