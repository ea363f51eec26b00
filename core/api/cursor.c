/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
#include "config.h"
#include "core/api/cursor.h"

#include <ctype.h>
#include <inttypes.h>
#include <string.h>

#include "core/api/call.h"
#include "core/base/buf.h"
#include "core/base/err.h"
#include "core/base/mem.h"
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
		number = number * 10 + (*c - '0');
		if (number > max)
			return false;
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
		!number_read(&text, '\0', 1, &is_prev) || size == 0)
		return false;
	*ret_page = (struct api_page){size, number, size * number};
	return true;
}

int api_page_read(const struct api_call *call, struct api_page *ret_page, struct err *err)
{
	const char *cursor = api_query(call, "cursor", NULL);
	const char *per_page = api_query(call, "per_page", NULL);
	int64_t size = API_PAGE_MAX;

	if (per_page && (!number_read(&per_page, '\0', API_PAGE_MAX, &size) || size == 0))
		return err_set(err, MORTISE_E_FIELD, "per_page must be a number from 1 to %d",
			API_PAGE_MAX);
	*ret_page = (struct api_page){.size = size};
	if (cursor && !cursor_parse(cursor, ret_page))
		return err_set(err, MORTISE_E_FIELD,
			"the cursor is not one that this API gave out; start without one");
	/* A client that changes per_page on the way keeps its place, not its page number. */
	if (cursor && per_page && ret_page->size != size) {
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
	static const char *const names[] = {"expand", "features", "includeConfig",
		"integrationId", "integration_id", "per_page", "project", "providerKey",
		"provider_key", "query", "sort", "status"};
	const char *equals = memchr(pair, '=', size);
	size_t len = equals ? (size_t)(equals - pair) : size;

	for (size_t i = 0; i < lengthof(names); i++)
		if (strlen(names[i]) == len && memcmp(names[i], pair, len) == 0)
			return true;
	return false;
}

/* This request's URL with another cursor. */
static void link_add(struct buf *link, const struct api_call *call, const char *rel,
	const struct api_page *page, int64_t number, bool results)
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
	buf_printf(link, "cursor=%" PRId64 ":%" PRId64 ":%d>; rel=\"%s\"; results=\"%s\"; "
		"cursor=\"%" PRId64 ":%" PRId64 ":%d\"", page->size, number, rel[0] == 'p', rel,
		results ? "true" : "false", page->size, number, rel[0] == 'p');
}

void api_page_answer(const struct api_call *call, const struct api_page *page, bool more)
{
	cleanup_buf struct buf link = BUF(MAX_LINK);
	int64_t before = page->number > 0 ? page->number - 1 : 0;

	link_add(&link, call, "previous", page, before, page->number > 0);
	link_add(&link, call, "next", page, page->number + 1, more && page->number < API_PAGE_LAST);
	if (!link.failed)
		http_reply_header(call->request, "Link", buf_text(&link));
}
