/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
#include "config.h"
#include "core/api/cursor.h"

#include <assert.h>
#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <sodium.h>

#include "core/api/call.h"
#include "core/base/buf.h"
#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/base/utf8.h"
#include "core/config/settings.h"
#include "core/daemon/daemon.h"
#include "core/http/http.h"

#define MAX_LINK 16384

/* Digits up to 'end' or the end of the text, at most 'max'. */
static bool number_read(const char **text, char end, int64_t max, int64_t *ret_number)
{
	const char *c = *text;
	int64_t number = 0;

	if (!isdigit((unsigned char)*c))
		return false;
	for (; isdigit((unsigned char)*c); c++) {
		int digit = *c - '0';

		if (digit > max || number > (max - digit) / 10)
			return false;
		number = number * 10 + digit;
	}
	if (*c != end)
		return false;
	*text = end ? c + 1 : c;
	*ret_number = number;
	return true;
}

bool cursor_parse(const char *text, struct api_page *ret_page)
{
	int64_t size, number, is_prev;

	if (!number_read(&text, ':', API_PAGE_MAX, &size) ||
		!number_read(&text, ':', API_PAGE_LAST, &number) ||
		!number_read(&text, '\0', 1, &is_prev) || (size == 0 && number > 0))
		return false;
	/* Clients that begin with a cursor of their own begin with "0:0:0". */
	if (size == 0)
		size = API_PAGE_MAX;
	*ret_page = (struct api_page){size, number, size * number};
	return true;
}

static int cursor_refused(struct err *err)
{
	return err_set(err, MORTISE_E_FIELD,
		"the cursor is not one that this list gave out; start without one");
}

static int per_page_read(const struct api_call *call, int64_t *ret_size, struct err *err)
{
	const char *per_page = api_query(call, "per_page", NULL);
	int64_t size = API_PAGE_MAX;

	if (per_page && (!number_read(&per_page, '\0', API_PAGE_MAX, &size) || size == 0))
		return err_set(err, MORTISE_E_FIELD, "per_page must be a number from 1 to %d",
			API_PAGE_MAX);
	*ret_size = size;
	return 0;
}

int api_page_read(const struct api_call *call, struct api_page *ret_page, struct err *err)
{
	const char *cursor = api_query(call, "cursor", NULL);
	int64_t size;

	if (per_page_read(call, &size, err) < 0)
		return err->code;
	*ret_page = (struct api_page){.size = size};
	if (cursor && !cursor_parse(cursor, ret_page))
		return cursor_refused(err);
	/* A client that changes per_page on the way keeps its place, not its page number. */
	if (cursor && api_query(call, "per_page", NULL) && ret_page->size != size) {
		ret_page->number = ret_page->offset / size;
		ret_page->size = size;
		ret_page->offset = ret_page->number * size;
	}
	return 0;
}

/* What the lists of the API understand.  Nothing else of a query is repeated: it may hold
 * what should not be in a URL at all. */
static bool is_known(const char *pair, size_t size)
{
	static const char *const names[] = {"actor", "environment", "event", "expand",
		"features", "includeConfig", "integrationId", "integration_id", "per_page",
		"project", "providerKey", "provider_key", "query", "sort", "status"};
	const char *equals = memchr(pair, '=', size);
	size_t len = equals ? (size_t)(equals - pair) : size;

	for (size_t i = 0; i < lengthof(names); i++)
		if (strlen(names[i]) == len && memcmp(names[i], pair, len) == 0)
			return true;
	return false;
}

/* This request's URL with another cursor. */
static void link_add(struct buf *link, const struct api_call *call, const char *rel,
	const char *cursor, bool results)
{
	const char *query = http_query_raw(call->request);

	buf_printf(link, "%s<%s%s?", link->size > 0 ? ", " : "", call->daemon->settings->public_url,
		http_path(call->request));
	while (*query) {
		size_t size = strcspn(query, "&");

		if (is_known(query, size)) {
			buf_add(link, query, size);
			buf_add_char(link, '&');
		}
		query += size + (query[size] == '&');
	}
	buf_printf(link, "cursor=%s>; rel=\"%s\"; results=\"%s\"; cursor=\"%s\"", cursor, rel,
		results ? "true" : "false", cursor);
}

static void link_answer(const struct api_call *call, const char *previous, bool has_previous,
	const char *next, bool has_next)
{
	cleanup_buf struct buf link = BUF(MAX_LINK);

	link_add(&link, call, "previous", previous, has_previous);
	link_add(&link, call, "next", next, has_next);
	if (!link.failed)
		http_reply_header(call->request, "Link", buf_text(&link));
}

void api_page_answer(const struct api_call *call, const struct api_page *page, bool more)
{
	int64_t before = page->number > 0 ? page->number - 1 : 0;
	char previous[64], next[64];

	snprintf(previous, sizeof(previous), "%" PRId64 ":%" PRId64 ":1", page->size, before);
	snprintf(next, sizeof(next), "%" PRId64 ":%" PRId64 ":0", page->size, page->number + 1);
	link_answer(call, previous, page->number > 0, next, more && page->number < API_PAGE_LAST);
}

/* ---- Places ---- */

void keyset_start(enum keyset_kind kind, struct keyset *ret_place)
{
	int64_t first = kind == KEYSET_DOWN ? INT64_MAX : INT64_MIN;

	*ret_place = (struct keyset){.number = first, .id = first};
}

/* What the database takes as text. */
static bool is_text(const char *text, size_t size)
{
	const unsigned char *at = (const unsigned char *)text, *end = at + size;

	while (at < end && *at) {
		size_t character = utf8_size(at, end);

		if (character == 0)
			return false;
		at += character;
	}
	return at == end;
}

static bool key_read(const char **text, enum keyset_kind kind, struct keyset *place)
{
	bool negative = kind != KEYSET_TEXT && **text == '-';
	const char *end = strchr(*text, ':');
	size_t size;

	*text += negative;
	if (kind != KEYSET_TEXT) {
		if (!number_read(text, ':', INT64_MAX, &place->number))
			return false;
		place->number = negative ? -place->number : place->number;
		return true;
	}
	if (**text != 't' || !end || sodium_base642bin((unsigned char *)place->text,
		sizeof(place->text) - 1, *text + 1, (size_t)(end - *text - 1), NULL, &size, NULL,
		sodium_base64_VARIANT_URLSAFE_NO_PADDING) != 0)
		return false;
	place->text[size] = '\0';
	*text = end + 1;
	return is_text(place->text, size);
}

bool keyset_parse(const char *text, enum keyset_kind kind, struct keyset *ret_place)
{
	struct keyset place = {0};
	int64_t is_prev;

	if (strcmp(text, "0:0:0") == 0) {
		keyset_start(kind, ret_place);
		return true;
	}
	if (!key_read(&text, kind, &place) || !number_read(&text, ':', INT64_MAX, &place.id) ||
		!number_read(&text, '\0', 1, &is_prev))
		return false;
	place.back = is_prev == 1;
	*ret_place = place;
	return true;
}

char *keyset_cursor(const struct cursor_mark *mark, bool back)
{
	char key[1 + sodium_base64_ENCODED_LEN(KEYSET_TEXT_SIZE,
		sodium_base64_VARIANT_URLSAFE_NO_PADDING)];
	size_t size = mark->text ? strlen(mark->text) : 0;

	if (!mark->text) {
		snprintf(key, sizeof(key), "%" PRId64, mark->number);
	} else {
		assert(size < KEYSET_TEXT_SIZE);
		key[0] = 't';
		sodium_bin2base64(key + 1, sizeof(key) - 1, (const unsigned char *)mark->text, size,
			sodium_base64_VARIANT_URLSAFE_NO_PADDING);
	}
	return xasprintf("%s:%" PRId64 ":%d", key, mark->id, back);
}

int api_keyset_read(const struct api_call *call, enum keyset_kind kind, struct keyset *ret_place,
	struct err *err)
{
	const char *cursor = api_query(call, "cursor", NULL);
	int64_t size;

	if (per_page_read(call, &size, err) < 0)
		return err->code;
	keyset_start(kind, ret_place);
	if (cursor && !keyset_parse(cursor, kind, ret_place))
		return cursor_refused(err);
	ret_place->limit = size + 1;
	return 0;
}

size_t api_keyset_shown(const struct keyset *place, size_t len)
{
	size_t size = (size_t)place->limit - 1;

	return len < size ? len : size;
}

size_t api_keyset_row(const struct keyset *place, size_t len, size_t i)
{
	return place->back ? api_keyset_shown(place, len) - 1 - i : i;
}

void api_keyset_answer(const struct api_call *call, const struct keyset *place, size_t len,
	const struct cursor_mark *first, const struct cursor_mark *last)
{
	cleanup_free char *previous = first ? keyset_cursor(first, true) : xstrdup("0:0:0");
	cleanup_free char *next = last ? keyset_cursor(last, false) : xstrdup("0:0:0");
	bool more = len > api_keyset_shown(place, len);
	bool at_start = place->id == INT64_MIN || place->id == INT64_MAX;

	/* Where a client came from there is something, unless it was deleted since. */
	link_answer(call, previous, place->back ? more : !at_start && first, next,
		place->back ? last != NULL : more);
}
