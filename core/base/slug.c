/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
#include "config.h"
#include "core/base/slug.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "core/base/err.h"

#define MAX_SLUG (SLUG_SIZE - 1)
#define MAX_ID_DIGITS 15       /* below 2^53 */

static bool is_slug_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
}

int slug_check(const char *slug, const char *field, struct err *err)
{
	size_t len = strlen(slug);
	bool digits = true;

	for (size_t i = 0; i < len; i++) {
		if (!is_slug_char(slug[i]))
			return err_field(err, field,
				"A slug has lower-case letters, digits, - and _ only.");
		digits = digits && isdigit((unsigned char)slug[i]);
	}
	if (len == 0 || len > MAX_SLUG)
		return err_field(err, field, "A slug has 1 to %d characters.", MAX_SLUG);
	if (slug[0] == '-' || slug[0] == '_')
		return err_field(err, field, "A slug begins with a letter or a digit.");
	if (digits)
		return err_field(err, field, "A slug is never all digits, so that it is not "
			"taken for an id.");
	return 0;
}

bool slug_is_id(const char *text, int64_t *ret_id)
{
	int64_t id = 0;
	size_t len = strlen(text);

	if (len == 0 || len > MAX_ID_DIGITS)
		return false;
	for (size_t i = 0; i < len; i++) {
		if (!isdigit((unsigned char)text[i]))
			return false;
		id = id * 10 + (text[i] - '0');
	}
	*ret_id = id;
	return true;
}

void slug_make(const char *name, char ret_slug[static SLUG_SIZE])
{
	size_t len = 0;
	bool digits = true;

	for (; *name && len < MAX_SLUG; name++) {
		char c = (char)tolower((unsigned char)*name);

		if ((c < 'a' || c > 'z') && !(c >= '0' && c <= '9') && c != '_')
			c = '-';
		if ((c == '-' || c == '_') && (len == 0 || ret_slug[len - 1] == '-'))
			continue;
		digits = digits && isdigit((unsigned char)c);
		ret_slug[len++] = c;
	}
	while (len > 0 && ret_slug[len - 1] == '-')
		len--;
	ret_slug[digits ? 0 : len] = '\0';
}

void slug_number(const char *slug, int number, char ret_slug[static SLUG_SIZE])
{
	char suffix[16] = "";

	if (number > 1)
		snprintf(suffix, sizeof(suffix), "-%d", number);
	snprintf(ret_slug, SLUG_SIZE, "%.*s%s", (int)(MAX_SLUG - strlen(suffix)), slug, suffix);
}
