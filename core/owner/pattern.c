/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
#include "config.h"
#include "core/owner/pattern.h"

#include <ctype.h>
#include <stddef.h>
#include <string.h>

static char slashed(char c)
{
	return c == '\\' ? '/' : c;
}

static char folded(char c)
{
	return (char)tolower((unsigned char)slashed(c));
}

/* Behind the character that 'text' begins with, whatever its bytes are. */
static const char *next_character(const char *text)
{
	do
		text++;
	while (((unsigned char)*text & 0xc0) == 0x80);
	return text;
}

/* ---- Ownership rules ---- */

/* Is the character in the class behind "["?  '*ret_end' is behind its "]"; NULL: there is
 * none, so the bracket is a character like others. */
static bool in_class(const char *class, char c, const char **ret_end)
{
	bool negated = *class == '!' || *class == '^', found = false;
	const char *at = class + negated;
	const char *end = *at ? strchr(at + 1, ']') : NULL;

	*ret_end = end ? end + 1 : NULL;
	while (end && at < end) {
		bool is_range = at + 2 < end && at[1] == '-';
		char last = folded(is_range ? at[2] : *at);

		found = found || (folded(c) >= folded(*at) && folded(c) <= last);
		at += is_range ? 3 : 1;
	}
	return found != negated;
}

/* One character of the text against one element of the pattern: goes behind both. */
static bool one_matches(const char **pattern, const char **text)
{
	const char *end;

	if (**pattern == '?') {
		(*pattern)++;
		*text = next_character(*text);
		return true;
	}
	if (**pattern == '[') {
		bool matches = in_class(*pattern + 1, **text, &end);

		if (end && matches) {
			*pattern = end;
			*text = next_character(*text);
		}
		if (end)
			return matches;
	}
	if (**pattern == '\0' || folded(**pattern) != folded(**text))
		return false;
	(*pattern)++;
	(*text)++;
	return true;
}

bool pattern_matches(const char *pattern, const char *text, uint64_t *steps)
{
	const char *star = NULL, *from = NULL;     /* behind the last "*", and what it ends at */

	while (*text) {
		if (*steps == 0)
			return false;
		--*steps;
		if (*pattern == '*') {
			star = ++pattern;
			from = text;
		} else if (!one_matches(&pattern, &text)) {
			if (!star)
				return false;
			pattern = star;
			text = from = next_character(from);
		}
	}
	return pattern[strspn(pattern, "*")] == '\0';
}

/* ---- CODEOWNERS ---- */

/* What must follow where the pattern ends. */
enum ending {
	ENDS_ANYWHERE,         /* the end, or what is in the folder */
	ENDS_IN_FOLDER,
	ENDS_HERE,
};

static bool is_slash(char c)
{
	return slashed(c) == '/';
}

static const char *skip_slashes(const char *text)
{
	while (is_slash(*text))
		text++;
	return text;
}

/* Behind the next slash; NULL if there is none. */
static const char *next_part(const char *path)
{
	const char *slash = strpbrk(path, "/\\");

	return slash ? slash + 1 : NULL;
}

static bool ends(const char *path, enum ending ending)
{
	return (*path == '\0' && ending != ENDS_IN_FOLDER) ||
		(is_slash(*path) && ending != ENDS_HERE);
}

/* "**" that stands for whole parts: 2, or 3 with its slash; 0 if it is none. */
static size_t deep_size(const char *start, const char *pattern, const char *end)
{
	bool begins = pattern == start || is_slash(pattern[-1]);

	if (end - pattern < 2 || pattern[0] != '*' || pattern[1] != '*' || !begins)
		return 0;
	return pattern + 2 == end ? 2 : is_slash(pattern[2]) ? 3 : 0;
}

/* 'pattern' up to 'end' from the start of 'path'.  A failure goes back to the last "*",
 * which takes one character more, or else to the last "**", which takes one part more. */
static bool matches_from(const char *pattern, const char *end, const char *path,
	enum ending ending, uint64_t *steps)
{
	const char *start = pattern;
	const char *star = NULL, *star_path = NULL, *deep = NULL, *deep_path = NULL;

	for (; *steps > 0; --*steps) {
		size_t deep_len = deep_size(start, pattern, end);

		if (deep_len == 2)
			return *path != '\0';
		if (pattern == end && ends(path, ending))
			return true;
		if (deep_len == 3) {
			deep = pattern += 3;
			deep_path = path;
			star = NULL;
		} else if (pattern < end && *pattern == '*') {
			star = ++pattern;
			star_path = path;
		} else if (pattern < end && *path && (*pattern == '?' ? !is_slash(*path)
				: slashed(*pattern) == slashed(*path))) {
			path = *pattern == '?' ? next_character(path) : path + 1;
			pattern++;
		} else if (star && *star_path && !is_slash(*star_path)) {
			pattern = star;
			path = ++star_path;
		} else if (deep && (deep_path = next_part(deep_path))) {
			pattern = deep;
			path = deep_path;
			star = NULL;
		} else {
			return false;
		}
	}
	return false;
}

bool pattern_matches_path(const char *pattern, const char *path, uint64_t *steps)
{
	size_t size = strlen(pattern);
	const char *slash = strpbrk(pattern, "/\\");
	const char *end = pattern + size;
	bool anchored = slash && slash != end - 1;
	enum ending ending = ENDS_ANYWHERE;

	if (size > 0 && is_slash(end[-1])) {
		ending = ENDS_IN_FOLDER;
		end--;
	} else if (size > 1 && end[-1] == '*' && is_slash(end[-2])) {
		ending = ENDS_HERE;
	}
	pattern = skip_slashes(pattern);
	if (pattern >= end)
		return false;
	for (path = skip_slashes(path); path; path = anchored ? NULL : next_part(path))
		if (matches_from(pattern, end, path, ending, steps))
			return true;
	return false;
}
