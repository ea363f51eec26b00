/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * The pass keeps two things for each open container: its kind, and, for the first
 * levels, which pointers have matched the way down to it.  A pointer whose last segment
 * matches picks the value that follows.
 */
#include "config.h"
#include "core/webhook/scanner.h"

#include <string.h>

#include "core/base/err.h"
#include "core/base/hex.h"
#include "core/base/json_plain.h"
#include "core/base/mem.h"
#include "core/base/utf8.h"

#define MAX_SEGMENTS 8
#define SEGMENT_SIZE 64

struct pointer {
	char *text;                                /* as given */
	size_t len;
	char segments[MAX_SEGMENTS][SEGMENT_SIZE]; /* unescaped */
	size_t sizes[MAX_SEGMENTS];                /* of the segments */
};

struct scanner_plan {
	size_t len;
	struct pointer pointers[SCANNER_MAX_PICKS];
};

struct level {
	uint32_t mask;         /* pointers that lead through this container */
	uint32_t index;        /* array: place of the next item */
};

struct scan {
	const unsigned char *at, *end;
	const struct scanner_plan *plan;
	struct scanner_result *result;
	size_t depth;                              /* open containers */
	bool fresh;                                /* the innermost holds nothing yet */
	uint32_t mask;                             /* pointers that lead to the next value */
	uint8_t is_object[SCANNER_MAX_DEPTH];
	struct level levels[MAX_SEGMENTS + 1];     /* [depth], of the first containers */
	uint8_t seen[SCANNER_MAX_PICKS];           /* bit n: segment n was met */
};

struct text {
	const unsigned char *start, *end;
	bool escaped;
};

/* ---- The plan ---- */

struct scanner_plan *scanner_plan_new(void)
{
	return new(struct scanner_plan);
}

void scanner_plan_free(struct scanner_plan *plan)
{
	if (!plan)
		return;
	for (size_t i = 0; i < plan->len; i++)
		free(plan->pointers[i].text);
	free(plan);
}

/* One segment of a JSON pointer (RFC 6901); '*at' moves behind it. */
static bool read_segment(const char **at, char ret_segment[SEGMENT_SIZE], size_t *ret_size)
{
	size_t size = 0;

	for (; **at && **at != '/'; (*at)++) {
		char c = **at;

		if (c == '~') {
			(*at)++;
			if (**at != '0' && **at != '1')
				return false;
			c = **at == '0' ? '~' : '/';
		}
		if (size + 1 >= SEGMENT_SIZE || c < 0x20 || c > 0x7e)
			return false;
		ret_segment[size++] = c;
	}
	ret_segment[size] = '\0';
	*ret_size = size;
	return true;
}

int scanner_plan_add(struct scanner_plan *plan, const char *pointer, struct err *err)
{
	struct pointer *new_one = &plan->pointers[plan->len];
	const char *at = pointer;

	for (size_t i = 0; i < plan->len; i++)
		if (strcmp(plan->pointers[i].text, pointer) == 0)
			return (int)i;
	if (plan->len == SCANNER_MAX_PICKS)
		return err_set(err, MORTISE_E_LIMIT, "more than %d JSON pointers",
			SCANNER_MAX_PICKS);
	new_one->len = 0;
	while (*at == '/' && new_one->len < MAX_SEGMENTS) {
		size_t place = new_one->len++;

		at++;
		if (!read_segment(&at, new_one->segments[place], &new_one->sizes[place]))
			break;
	}
	if (*at != '\0' || new_one->len == 0)
		return err_set(err, MORTISE_E_FIELD, "\"%s\" is not a JSON pointer of 1 to %d "
			"segments of printable ASCII", pointer, MAX_SEGMENTS);
	new_one->text = xstrdup(pointer);
	return (int)plan->len++;
}

/* ---- Tokens ---- */

static void skip_space(struct scan *scan)
{
	while (scan->at < scan->end && (*scan->at == ' ' || *scan->at == '\n' ||
			*scan->at == '\r' || *scan->at == '\t'))
		scan->at++;
}

static int peek(const struct scan *scan)
{
	return scan->at < scan->end ? *scan->at : -1;
}

/* The four digits of an escape at 'at'; -1 if they are not there. */
static int hex_unit(const unsigned char *at, const unsigned char *end)
{
	int unit = 0;

	if (end - at < 4)
		return -1;
	for (int i = 0; i < 4; i++) {
		int digit = hex_value(at[i]);

		if (digit < 0)
			return -1;
		unit = unit * 16 + digit;
	}
	return unit;
}

/* Go on to the first byte of a string that wants a look. */
static const unsigned char *skip_plain(const unsigned char *at, const unsigned char *end)
{
	while (end - at >= 8) {
		size_t plain = json_plain_of_8(at);

		at += plain;
		if (plain < 8)
			return at;
	}
	return at;
}

/* Behind a backslash. */
static bool scan_escape(struct scan *scan)
{
	if (scan->at >= scan->end)
		return false;
	if (*scan->at != 'u')
		return strchr("\"\\/bfnrt", *scan->at++) != NULL && scan->at[-1] != '\0';
	if (hex_unit(++scan->at, scan->end) < 0)
		return false;
	scan->at += 4;
	return true;
}

static bool scan_string(struct scan *scan, struct text *ret_text)
{
	*ret_text = (struct text){.start = ++scan->at};
	for (;;) {
		size_t size;

		scan->at = skip_plain(scan->at, scan->end);
		if (scan->at >= scan->end || *scan->at < 0x20)
			return false;
		if (*scan->at == '"') {
			ret_text->end = scan->at++;
			return true;
		}
		if (*scan->at == '\\') {
			ret_text->escaped = true;
			scan->at++;
			if (!scan_escape(scan))
				return false;
		} else if (*scan->at < 0x80) {
			scan->at++;
		} else {
			size = utf8_size(scan->at, scan->end);
			if (size == 0)
				return false;
			scan->at += size;
		}
	}
}

static size_t skip_digits(struct scan *scan)
{
	const unsigned char *start = scan->at;

	while (scan->at < scan->end && *scan->at >= '0' && *scan->at <= '9')
		scan->at++;
	return (size_t)(scan->at - start);
}

static bool scan_number(struct scan *scan, struct text *ret_text)
{
	size_t digits;
	bool leading_zero;

	*ret_text = (struct text){.start = scan->at};
	if (peek(scan) == '-')
		scan->at++;
	leading_zero = peek(scan) == '0';
	digits = skip_digits(scan);
	if (digits == 0 || (leading_zero && digits > 1))
		return false;
	if (peek(scan) == '.') {
		scan->at++;
		if (skip_digits(scan) == 0)
			return false;
	}
	if (peek(scan) == 'e' || peek(scan) == 'E') {
		scan->at++;
		if (peek(scan) == '+' || peek(scan) == '-')
			scan->at++;
		if (skip_digits(scan) == 0)
			return false;
	}
	ret_text->end = scan->at;
	return true;
}

static bool scan_word(struct scan *scan, const char *word)
{
	size_t size = strlen(word);

	if ((size_t)(scan->end - scan->at) < size || memcmp(scan->at, word, size) != 0)
		return false;
	scan->at += size;
	return true;
}

/* ---- Picking ---- */

/* Unescape into 'ret_text'; false if it is longer or not printable ASCII. */
static bool copy_text(const struct text *text, char *ret_text, size_t size, size_t *ret_size)
{
	static const char escapes[] = "\"\"\\\\//";
	size_t len = 0;

	for (const unsigned char *at = text->start; at < text->end; at++) {
		int c = *at;

		if (c == '\\' && at[1] == 'u') {
			c = hex_unit(at + 2, text->end);
			at += 5;
		} else if (c == '\\') {
			const char *meaning = strchr(escapes, *++at);

			c = meaning ? meaning[1] : 0;
		}
		if (c < 0x20 || c > 0x7e || len + 1 >= size)
			return false;
		ret_text[len++] = (char)c;
	}
	ret_text[len] = '\0';
	*ret_size = len;
	return true;
}

static void pick_value(struct scan *scan, const struct text *text)
{
	for (size_t i = 0; i < scan->plan->len; i++) {
		struct scanner_value *value = &scan->result->values[i];

		if (!(scan->mask & (UINT32_C(1) << i)) ||
			scan->plan->pointers[i].len != scan->depth)
			continue;
		if (!copy_text(text, value->text, sizeof(value->text), &value->size))
			value->size = 0;
	}
}

/* Which of the container's pointers go on with 'segment'?  False: it was here before. */
static bool follow(struct scan *scan, const char *segment, size_t size)
{
	size_t place = scan->depth - 1;
	uint32_t mask = scan->levels[scan->depth].mask;

	scan->mask = 0;
	for (size_t i = 0; i < scan->plan->len; i++) {
		const struct pointer *pointer = &scan->plan->pointers[i];

		if (!(mask & (UINT32_C(1) << i)) || pointer->len <= place ||
			pointer->sizes[place] != size ||
			memcmp(pointer->segments[place], segment, size) != 0)
			continue;
		if (scan->seen[i] & (1u << place))
			return false;
		scan->seen[i] |= (uint8_t)(1u << place);
		scan->mask |= UINT32_C(1) << i;
	}
	return true;
}

static bool is_watched(const struct scan *scan)
{
	return scan->depth <= MAX_SEGMENTS && scan->levels[scan->depth].mask != 0;
}

static bool follow_key(struct scan *scan, const struct text *key)
{
	char segment[SEGMENT_SIZE];
	size_t size;

	scan->mask = 0;
	if (!is_watched(scan))
		return true;
	if (!key->escaped)
		return follow(scan, (const char *)key->start, (size_t)(key->end - key->start));
	if (!copy_text(key, segment, sizeof(segment), &size))
		return true;
	return follow(scan, segment, size);
}

static void follow_item(struct scan *scan)
{
	char segment[SEGMENT_SIZE];
	char *at = segment + sizeof(segment);
	uint32_t index;

	scan->mask = 0;
	if (!is_watched(scan))
		return;
	index = scan->levels[scan->depth].index++;
	do
		*--at = (char)('0' + index % 10);
	while ((index /= 10) > 0);
	/* An item comes once: this cannot be a repeat. */
	(void)follow(scan, at, (size_t)(segment + sizeof(segment) - at));
}

/* ---- The pass ---- */

static bool open_container(struct scan *scan, bool is_object)
{
	if (scan->depth == SCANNER_MAX_DEPTH)
		return false;
	scan->at++;
	scan->is_object[scan->depth++] = is_object;
	if (scan->depth <= MAX_SEGMENTS)
		scan->levels[scan->depth] = (struct level){.mask = scan->mask};
	scan->fresh = true;
	return true;
}

static bool scan_value(struct scan *scan)
{
	struct text text;

	skip_space(scan);
	switch (peek(scan)) {
	case '{':
		return open_container(scan, true);
	case '[':
		return open_container(scan, false);
	case 't':
		return scan_word(scan, "true");
	case 'f':
		return scan_word(scan, "false");
	case 'n':
		return scan_word(scan, "null");
	case '"':
		if (!scan_string(scan, &text))
			return false;
		break;
	default:
		if (!scan_number(scan, &text))
			return false;
	}
	if (scan->mask != 0)
		pick_value(scan, &text);
	return true;
}

static bool scan_key(struct scan *scan)
{
	struct text key;

	skip_space(scan);
	if (peek(scan) != '"' || !scan_string(scan, &key))
		return false;
	skip_space(scan);
	if (peek(scan) != ':')
		return false;
	scan->at++;
	return follow_key(scan, &key);
}

/* The next member or item of the innermost container, or its end. */
static bool scan_next(struct scan *scan)
{
	bool is_object = scan->is_object[scan->depth - 1];

	skip_space(scan);
	if (peek(scan) == (is_object ? '}' : ']')) {
		scan->at++;
		scan->depth--;
		scan->fresh = false;
		return true;
	}
	if (!scan->fresh) {
		if (peek(scan) != ',')
			return false;
		scan->at++;
	}
	scan->fresh = false;
	if (!is_object)
		follow_item(scan);
	else if (!scan_key(scan))
		return false;
	return scan_value(scan);
}

static bool scan_document(struct scan *scan)
{
	skip_space(scan);
	if (peek(scan) != '{' && peek(scan) != '[')
		return false;
	if (!scan_value(scan))
		return false;
	while (scan->depth > 0)
		if (!scan_next(scan))
			return false;
	skip_space(scan);
	return scan->at == scan->end;
}

static void clear_result(struct scanner_result *result)
{
	for (size_t i = 0; i < SCANNER_MAX_PICKS; i++) {
		result->values[i].size = 0;
		result->values[i].text[0] = '\0';
	}
}

bool scanner_scan(const struct scanner_plan *plan, const char *data, size_t size,
	struct scanner_result *ret_result)
{
	struct scan scan;

	/* Not the whole struct: the stack of kinds is filled as it grows. */
	scan.at = (const unsigned char *)data;
	scan.end = scan.at + size;
	scan.plan = plan;
	scan.result = ret_result;
	scan.depth = 0;
	scan.mask = (uint32_t)((UINT64_C(1) << plan->len) - 1);
	memset(scan.seen, 0, sizeof(scan.seen));
	clear_result(ret_result);
	if (scan_document(&scan))
		return true;
	clear_result(ret_result);
	return false;
}
