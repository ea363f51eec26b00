/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
#include "config.h"
#include "core/ingest/parametrize.h"

#include <ctype.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "core/base/buf.h"
#include "core/base/hex.h"
#include "core/base/mem.h"

#define HEX_LEAST 8            /* digits of what counts as one without 0x */

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_word(char c)
{
	return isalnum((unsigned char)c) || c == '_' || (unsigned char)c >= 0x80;
}

static size_t digits(const char *text)
{
	return strspn(text, "0123456789");
}

static size_t hexes(const char *text)
{
	return strspn(text, "0123456789abcdefABCDEF");
}

/* Does the text have this form, where '9' is a digit, 'f' a hex digit and anything else
 * itself?  Its size, or 0. */
static size_t match_form(const char *text, const char *form)
{
	size_t i;

	for (i = 0; form[i]; i++) {
		bool fits = form[i] == '9' ? is_digit(text[i]) :
			form[i] == 'f' ? hex_value((unsigned char)text[i]) >= 0 : text[i] == form[i];

		if (!fits)
			return 0;
	}
	return i;
}

/* ---- The forms; each returns the size of what it takes at 'text', or 0 ---- */

static size_t match_uuid(const char *text)
{
	return match_form(text, "ffffffff-ffff-ffff-ffff-ffffffffffff");
}

static size_t match_url(const char *text)
{
	size_t scheme = strspn(text, "abcdefghijklmnopqrstuvwxyz+");

	if (scheme < 2 || strncmp(text + scheme, "://", 3) != 0)
		return 0;
	return scheme + 3 + strcspn(text + scheme + 3, " \t\r\n\"'<>()[]{},;");
}

static size_t match_email(const char *text)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "0123456789.-_";
	size_t name = strspn(text, letters), host;

	if (text[name] == '+')
		name += 1 + strspn(text + name + 1, letters);
	if (name == 0 || text[name] != '@')
		return 0;
	host = strspn(text + name + 1, letters);
	while (host > 0 && !is_word(text[name + host]))
		host--;
	return host > 0 && memchr(text + name + 1, '.', host) ? name + 1 + host : 0;
}

static size_t match_ip(const char *text)
{
	const char *at = text;

	for (int part = 0; part < 4; part++) {
		size_t len = digits(at);

		if (len == 0 || len > 3 || (part < 3 && at[len] != '.'))
			return 0;
		at += len + (part < 3);
	}
	return (size_t)(at - text);
}

static size_t match_date(const char *text)
{
	size_t size = match_form(text, "9999-99-99"), clock;

	if (size == 0)
		return 0;
	clock = match_form(text + size, "T99:99:99");
	if (clock == 0)
		clock = match_form(text + size, " 99:99:99");
	if (clock == 0)
		return size;
	size += clock;
	if (text[size] == '.' || text[size] == ',')
		size += 1 + digits(text + size + 1);
	if (text[size] == 'Z')
		return size + 1;
	clock = text[size] == '+' || text[size] == '-' ? match_form(text + size + 1, "99:99") : 0;
	return clock > 0 ? size + 1 + clock : size;
}

static size_t match_hex(const char *text)
{
	size_t len = hexes(text);

	if (text[0] == '0' && (text[1] == 'x' || text[1] == 'X') && hexes(text + 2) > 0)
		return 2 + hexes(text + 2);
	/* A word of these letters alone is a word, and of digits alone a number. */
	return len >= HEX_LEAST && digits(text) < len && strcspn(text, "0123456789") < len ? len : 0;
}

static size_t match_float(const char *text)
{
	size_t whole = digits(text), fraction;

	if (whole == 0 || text[whole] != '.')
		return 0;
	fraction = digits(text + whole + 1);
	return fraction > 0 ? whole + 1 + fraction : 0;
}

/* In the order in which they are tried: what may begin like another comes before it.
 * 'whole': no letter or digit follows. */
static const struct form {
	size_t (*match)(const char *text);
	const char *name;
	bool whole;
} forms[] = {
	{match_uuid, "<uuid>", true},
	{match_url, "<url>", false},
	{match_email, "<email>", true},
	{match_date, "<date>", true},
	{match_ip, "<ip>", true},
	{match_hex, "<hex>", true},
	{match_float, "<float>", false},
	{digits, "<int>", false},
};

/* What stands at 'text' by its form, or NULL. */
static const struct form *find_form(const char *text, size_t *ret_size)
{
	for (size_t i = 0; i < lengthof(forms); i++) {
		size_t size = forms[i].match(text);

		if (size > 0 && !(forms[i].whole && is_word(text[size]))) {
			*ret_size = size;
			return &forms[i];
		}
	}
	return NULL;
}

void parametrize(const char *text, struct buf *out)
{
	bool in_word = false;

	while (*text) {
		bool negative = !in_word && *text == '-' && is_digit(text[1]);
		size_t size;
		const struct form *form = in_word ? NULL : find_form(text + negative, &size);

		if (form) {
			buf_add_text(out, form->name);
			text += negative + size;
			in_word = is_word(*text);
		} else {
			in_word = is_word(*text);
			buf_add_char(out, *text++);
		}
	}
}
