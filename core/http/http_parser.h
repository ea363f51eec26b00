/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * Parsing HTTP/1.1 requests: the head, the chunked coding, percent-encoding.
 *
 * Pure functions over bytes of strangers; no input or output, no state outside
 * the given structs.  Whatever two implementations could read differently is
 * refused: this parser never repairs.
 */
#ifndef MORTISE_HTTP_HTTP_PARSER_H
#define MORTISE_HTTP_HTTP_PARSER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/buf.h"

#define HTTP_MAX_HEAD (32u << 10)
#define HTTP_MAX_HEADERS 100
#define HTTP_MAX_QUERY 200

/* Results: HTTP_DONE, HTTP_MORE, or the HTTP status of the refusal (400 and up). */
#define HTTP_DONE 0
#define HTTP_MORE 1

/* Looks for the end of a head, each byte once, however small the pieces are. */
struct http_scan {
	size_t offset;         /* bytes looked at */
	size_t line_start;
	const char *reason;    /* of a refusal; constant text */
};

/*
 * 'data' begins with the head and holds what has come so far, including what an
 * earlier call saw.  HTTP_DONE: '*ret_size' is the head with its empty line.
 */
int http_scan_head(struct http_scan *scan, const char *data, size_t size, size_t *ret_size);

struct http_field {
	const char *name;
	const char *value;
	size_t name_size;      /* of a header's name */
};

/* Is it the header 'name', in any case? */
bool http_field_is(const struct http_field *field, const char *name, size_t name_size);

/* A parsed head; its texts point into the bytes that were parsed. */
struct http_head {
	const char *method;
	const char *path;      /* as it came, begins with "/"; "*" for OPTIONS * */
	const char *query;     /* without "?"; "" if none */
	int minor;             /* HTTP/1.minor: 0 or 1 */
	struct http_field fields[HTTP_MAX_HEADERS];
	size_t field_len;
	int64_t content_length;/* -1: none given */
	bool chunked;
	bool keep_alive;
	bool expect_continue;
	const char *reason;    /* of a refusal; constant text */
};

/* Parse a whole head in place: 'data' is cut into strings.  HTTP_DONE or a status. */
int http_head_parse(char *data, size_t size, struct http_head *ret_head);
/* Value of the first field 'name' in any case; NULL if absent. */
const char *http_head_find(const struct http_head *head, const char *name);

/* Methods that this server knows; others are 501. */
bool http_method_known(const char *method);

enum http_chunk_state {
	HTTP_CHUNK_SIZE,
	HTTP_CHUNK_EXTENSION,
	HTTP_CHUNK_SIZE_LF,
	HTTP_CHUNK_DATA,
	HTTP_CHUNK_DATA_CR,
	HTTP_CHUNK_DATA_LF,
	HTTP_CHUNK_TRAILER,    /* the trailer section; read and dropped */
	HTTP_CHUNK_END,
};

struct http_chunked {
	enum http_chunk_state state;
	uint64_t left;         /* of the chunk */
	int digits;
	size_t extra;          /* bytes of extensions so far */
	char before;           /* the byte before, in an extension */
	bool in_value;         /* of an extension */
	struct http_scan trailer_scan;
	struct buf trailer;
	const char *reason;
};

#define HTTP_CHUNKED_INIT ((struct http_chunked){.trailer = BUF(4096)})

/*
 * Decode up to 'size' bytes: '*ret_used' of them were consumed.  If '*ret_data_size'
 * is not 0, that many bytes of body stand at '*ret_data', and the call is repeated
 * with what follows '*ret_used'.  HTTP_DONE: the body and its trailers ended.
 */
int http_chunked_next(struct http_chunked *chunked, const char *data, size_t size,
	size_t *ret_used, const char **ret_data, size_t *ret_data_size);
void http_chunked_clear(struct http_chunked *chunked);

enum http_decode_mode { HTTP_DECODE_PATH, HTTP_DECODE_QUERY /* "+" is a space */ };

/* Percent-decode in place; false if an escape is wrong, or the result holds a NUL
 * or is not UTF-8. */
bool http_percent_decode(char *text, enum http_decode_mode mode);
/* Cut 'query' in place into decoded names and values.  HTTP_DONE or a status. */
int http_query_parse(char *query, struct http_field ret_fields[HTTP_MAX_QUERY], size_t *ret_len);

#endif
