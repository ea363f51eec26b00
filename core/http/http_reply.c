/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * The reply that a handler makes; a tag, by which a client need not be sent the same
 * again; and gzip.  On the handler's thread.
 *
 * Only a reply of WORTH_SIZE bytes and more is compressed or tagged: a smaller one is one
 * packet either way.  What must not be kept (Cache-Control: no-store) is neither, for its
 * length would tell of the secrets in it.
 */
#include "config.h"
#include "core/http/http_private.h"

#include <stdio.h>
#include <string.h>

#include <sodium.h>

#include "core/base/buf.h"
#include "core/base/json_text.h"
#include "core/base/mem.h"
#include "core/http/gzip.h"

#define WORTH_SIZE 1024
#define MAX_JSON ((size_t)256 << 20)
#define GZIP_LEVEL 1           /* of what is compressed once for one client */

static bool is_header_text(const char *text)
{
	for (; *text; text++)
		if (((unsigned char)*text < 0x20 && *text != '\t') || *text == 0x7f)
			return false;
	return true;
}

void http_reply_header(struct http_request *request, const char *name, const char *value)
{
	if (value && is_header_text(name) && is_header_text(value))
		buf_printf(&request->reply_headers, "%s: %s\r\n", name, value);
}

static void set_body(struct http_request *request, int status, const char *content_type,
	char *body_take, size_t size)
{
	free(request->reply_body);
	request->status = status;
	request->reply_body = body_take;
	request->reply_size = size;
	free(request->content_type);
	request->content_type = is_header_text(content_type) ? xstrdup(content_type) : NULL;
}

void http_reply_json(struct http_request *request, int status, json_t *json_take)
{
	struct buf text = BUF(MAX_JSON);

	if (json_take)
		json_text_add(json_take, &text);
	json_decref(json_take);
	if (!json_take || text.failed) {
		/* What could not be packed, or has no end: a bug, not the client's. */
		status = 500;
		buf_clear(&text);
		text = BUF(MAX_JSON);
		buf_add_text(&text, "{\"detail\":\"Internal error\"}");
	}
	set_body(request, status, "application/json", text.data, text.size);
}

void http_reply_detail(struct http_request *request, int status, const char *detail)
{
	http_reply_json(request, status, json_pack("{s:s}", "detail", detail));
}

void http_reply_bytes(struct http_request *request, int status, const char *content_type,
	const void *data, size_t size)
{
	set_body(request, status, content_type, xmemdup(data, size), size);
}

void http_reply_empty(struct http_request *request, int status)
{
	free(request->reply_body);
	free(steal(&request->content_type));
	request->reply_body = NULL;
	request->reply_size = 0;
	request->status = status;
}

void http_reply_no_store(struct http_request *request)
{
	http_reply_header(request, "Cache-Control", "no-store");
	request->no_store = true;
}

bool http_has_tag(const struct http_request *request, const char *tag)
{
	const char *have = http_header(request, "If-None-Match");

	/* Comparison is the weak one: a tag begins with its quote, behind W/ or not. */
	return have && (strcmp(have, "*") == 0 || strstr(have, strchr(tag, '"')));
}

/* The same for the same bytes, whoever computes it: no secret is in it. */
void http_tag_make(const void *data, size_t size, char ret_tag[static HTTP_TAG_SIZE])
{
	static const unsigned char key[crypto_shorthash_siphashx24_KEYBYTES];
	unsigned char hash[crypto_shorthash_siphashx24_BYTES];
	char hex[2 * sizeof(hash) + 1];

	_Static_assert(HTTP_TAG_SIZE == sizeof("W/\"\"") - 1 + sizeof(hex),
		"a tag is a hash in hex");
	crypto_shorthash_siphashx24(hash, data, size, key);
	sodium_bin2hex(hex, sizeof(hex), hash, sizeof(hash));
	snprintf(ret_tag, HTTP_TAG_SIZE, "W/\"%s\"", hex);
}

void http_reply_tag(struct http_request *request)
{
	char tag[HTTP_TAG_SIZE];

	if (request->status != 200 || request->reply_size < WORTH_SIZE || request->no_store)
		return;
	http_tag_make(request->reply_body, request->reply_size, tag);
	http_reply_header(request, "ETag", tag);
	http_reply_header(request, "Cache-Control", "private, no-cache");
	if (http_has_tag(request, tag))
		http_reply_empty(request, 304);
}

static bool is_compressible(const char *type)
{
	return type && (strncmp(type, "application/json", 16) == 0 || strncmp(type, "text/", 5) == 0);
}

/* On workers only: the loop has no time for it. */
static void compress(struct http_request *request)
{
	size_t size;
	char *packed;

	if (!request->route.pool || request->no_store || request->reply_size < WORTH_SIZE ||
		!is_compressible(request->content_type))
		return;
	http_reply_header(request, "Vary", "Accept-Encoding");
	if (!gzip_accepted(http_header(request, "Accept-Encoding")))
		return;
	packed = gzip_pack(request->reply_body, request->reply_size, GZIP_LEVEL, &size);
	http_reply_header(request, "Content-Encoding", "gzip");
	free(request->reply_body);
	request->reply_body = packed;
	request->reply_size = size;
}

void http_send(struct http_request *request)
{
	compress(request);
	loop_post(request->loop, http_conn_reply, request);
}

const char *http_status_text(int status)
{
	static const struct {
		int status;
		const char *text;
	} texts[] = {
		{200, "OK"}, {201, "Created"}, {202, "Accepted"}, {204, "No Content"},
		{301, "Moved Permanently"}, {302, "Found"}, {303, "See Other"},
		{304, "Not Modified"}, {307, "Temporary Redirect"}, {308, "Permanent Redirect"},
		{400, "Bad Request"}, {401, "Unauthorized"}, {403, "Forbidden"},
		{404, "Not Found"}, {405, "Method Not Allowed"}, {408, "Request Timeout"},
		{409, "Conflict"}, {410, "Gone"}, {413, "Content Too Large"},
		{415, "Unsupported Media Type"}, {417, "Expectation Failed"},
		{422, "Unprocessable Content"}, {429, "Too Many Requests"},
		{431, "Request Header Fields Too Large"}, {500, "Internal Server Error"},
		{501, "Not Implemented"}, {503, "Service Unavailable"},
		{505, "HTTP Version Not Supported"},
	};

	for (size_t i = 0; i < lengthof(texts); i++)
		if (texts[i].status == status)
			return texts[i].text;
	return "Status";
}
