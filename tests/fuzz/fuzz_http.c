/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * The HTTP parser over any bytes.  Beyond not crashing: how the bytes are cut into
 * pieces must not change what is understood.
 */
#include "config.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/http/http_parser.h"
#include "core/http/http_router.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int scan(const char *text, size_t size, size_t step, size_t *ret_size)
{
	struct http_scan scan = {0};
	int status = HTTP_MORE;

	for (size_t at = 0; at < size && status == HTTP_MORE;) {
		at = size - at < step ? size : at + step;
		status = http_scan_head(&scan, text, at, ret_size);
	}
	return status;
}

struct decoded {
	int status;
	size_t used;
	struct buf body;
};

static struct decoded decode(const char *text, size_t size, size_t step)
{
	struct decoded result = {.status = HTTP_MORE, .body = BUF(1 << 20)};
	struct http_chunked chunked = HTTP_CHUNKED_INIT;

	while (result.used < size && result.status == HTTP_MORE) {
		size_t left = size - result.used, used, body_size;
		const char *body;

		result.status = http_chunked_next(&chunked, text + result.used,
			left < step ? left : step, &used, &body, &body_size);
		if (result.status <= HTTP_MORE)
			buf_add(&result.body, body, body_size);
		result.used += used;
	}
	http_chunked_clear(&chunked);
	return result;
}

static void check_chunked(const char *text, size_t size)
{
	struct decoded whole = decode(text, size, size), pieces = decode(text, size, 1);

	if (whole.status != pieces.status || whole.used != pieces.used ||
		whole.body.size != pieces.body.size ||
		strcmp(buf_text(&whole.body), buf_text(&pieces.body)) != 0)
		abort();
	buf_clear(&whole.body);
	buf_clear(&pieces.body);
}

static void check_target(struct http_head *head)
{
	static const struct http_route routes[] = {
		{.method = "GET", .pattern = "/a/{b}/"},
		{.method = "*", .pattern = "/{rest*}"},
	};
	struct http_router *router = http_router_new();
	struct http_field fields[HTTP_MAX_QUERY];
	cleanup_free char *query = xstrdup(head->query);
	struct http_match match;
	size_t len;

	for (size_t i = 0; i < lengthof(routes); i++)
		http_router_add(router, &routes[i]);
	(void)http_router_find(router, head->method, head->path, &match);
	http_match_clear(&match);
	(void)http_query_parse(query, fields, &len);
	http_router_free(router);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *text = (const char *)data;
	cleanup_free char *bytes = NULL;
	size_t head_size = 0, again = 0;
	struct http_head head;

	check_chunked(text, size);
	if (scan(text, size, size, &head_size) != scan(text, size, 1, &again) ||
		head_size != again)
		abort();
	if (head_size == 0)
		return 0;
	bytes = xmalloc(head_size + 1);
	memcpy(bytes, text, head_size);
	bytes[head_size] = '\0';
	if (http_head_parse(bytes, head_size, &head) != HTTP_DONE)
		return 0;
	/* One way to say how long the body is, or none. */
	if (head.chunked && head.content_length >= 0)
		abort();
	check_target(&head);
	if (head.chunked)
		check_chunked(text + head_size, size - head_size);
	return 0;
}
