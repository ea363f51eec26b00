/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
#include "config.h"
#include "core/issue/release_version.h"

#include <ctype.h>
#include <string.h>

#include "core/base/buf.h"
#include "core/base/err.h"
#include "core/base/mem.h"

#define NUMBERS 4              /* major, minor, patch, revision */
#define DIGITS_MAX 18          /* a number with more is none */
#define MAX_KEY 1024

/*
 * The key, so that comparing bytes compares versions:
 *   four numbers, each a letter that counts its digits and the digits,
 *   '~' for a release proper, else each pre-release identifier: '1' and a number, or
 *   '2', text and '!', and after the last one '!',
 *   then the build, so that two builds of one version have an order too.
 * '!' sorts before all that an identifier may hold, so a shorter list goes first, as
 * semver.org asks in section 11.4.4, and '~' after all.  Section 10 gives builds no
 * precedence; here they only break the tie, as mobile applications count them.
 */
#define KEY_END '!'
#define KEY_NUMBER '1'
#define KEY_TEXT '2'
#define KEY_PROPER '~'

int release_version_check(const char *version, struct err *err)
{
	size_t size = strlen(version);

	if (size == 0 || size > RELEASE_VERSION_MAX)
		return err_field(err, "version", "A version has 1 to %d bytes.",
			RELEASE_VERSION_MAX);
	for (const char *c = version; *c; c++)
		if ((unsigned char)*c < ' ' || *c == 0x7f || *c == '/' || *c == '\\')
			return err_field(err, "version", "A version holds no slash, backslash, "
				"line break or control character.");
	if (strcmp(version, ".") == 0 || strcmp(version, "..") == 0 ||
		strcmp(version, "latest") == 0 || isspace((unsigned char)version[0]) ||
		isspace((unsigned char)version[size - 1]))
		return err_field(err, "version", "\".\", \"..\", \"latest\" and what begins or "
			"ends with a space are no versions.");
	return 0;
}

static size_t digits_size(const char *text)
{
	return strspn(text, "0123456789");
}

static void key_number(struct buf *key, const char *digits, size_t size)
{
	while (size > 1 && *digits == '0') {
		digits++;
		size--;
	}
	buf_add_char(key, (char)('A' + size));
	buf_add(key, digits, size);
}

/* Dots between the numbers; how many numbers, 0 if this is no version. */
static size_t read_numbers(const char **text, struct buf *key)
{
	size_t len = 0;
	const char *at = *text;

	for (;;) {
		size_t size = digits_size(at);

		if (size == 0 || size > DIGITS_MAX || len == NUMBERS)
			return 0;
		key_number(key, at, size);
		at += size;
		len++;
		if (*at != '.')
			break;
		at++;
	}
	for (size_t i = len; i < NUMBERS; i++)
		key_number(key, "0", 1);
	*text = at;
	return len;
}

static bool is_identifier_char(char c)
{
	return isalnum((unsigned char)c) || c == '-';
}

/* Identifiers between dots up to 'end' or the end of the text. */
static bool read_identifiers(const char **text, char end, struct buf *key)
{
	const char *at = *text;

	for (;;) {
		size_t size = 0, digits = digits_size(at);

		while (is_identifier_char(at[size]))
			size++;
		if (size == 0)
			return false;
		if (digits == size && size <= DIGITS_MAX) {
			buf_add_char(key, KEY_NUMBER);
			key_number(key, at, size);
		} else {
			buf_add_char(key, KEY_TEXT);
			buf_add(key, at, size);
			buf_add_char(key, KEY_END);
		}
		at += size;
		if (*at != '.')
			break;
		at++;
	}
	if (*at && *at != end)
		return false;
	buf_add_char(key, KEY_END);
	*text = at;
	return true;
}

/* '<numbers>[-<pre-release>][+<build>]' into a key; NULL if it is none. */
static char *make_key(const char *text, size_t numbers_min)
{
	cleanup_buf struct buf key = BUF(MAX_KEY);

	if (read_numbers(&text, &key) < numbers_min)
		return NULL;
	if (*text == '-') {
		text++;
		if (!read_identifiers(&text, '+', &key))
			return NULL;
	} else {
		buf_add_char(&key, KEY_PROPER);
	}
	if (*text == '+') {
		text++;
		if (!read_identifiers(&text, '\0', &key))
			return NULL;
	}
	return *text || key.failed ? NULL : buf_steal(&key);
}

void release_version_parse(const char *version, struct release_version *ret_version)
{
	const char *at = strrchr(version, '@');
	bool has_package = at && at > version;
	const char *description = has_package ? at + 1 : version;
	char *key = make_key(description, has_package ? 1 : 2);

	*ret_version = (struct release_version){
		.package = version,
		.package_size = has_package ? (size_t)(at - version) : 0,
		.description = description,
		.is_semver = key != NULL,
		.key = key,
	};
}

void release_version_clear(struct release_version *version)
{
	free(version->key);
	*version = (struct release_version){0};
}

char *release_version_key(const char *version)
{
	struct release_version parsed;

	release_version_parse(version, &parsed);
	return parsed.key;
}
