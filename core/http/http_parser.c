/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
#include "config.h"
#include "core/http/http_parser.h"

#include <string.h>
#include <strings.h>

#include "core/base/hex.h"
#include "core/base/utf8.h"
#include "core/base/mem.h"

#define MAX_LENGTH_DIGITS 15   /* of Content-Length: below 2^53 */
#define MAX_CHUNK_DIGITS 15
#define MAX_CHUNK_EXTRA 4096

static const char *const methods[] = {
	"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS",
};

bool http_method_known(const char *method)
{
	for (size_t i = 0; i < lengthof(methods); i++)
		if (strcmp(methods[i], method) == 0)
			return true;
	return false;
}

/* ---- Finding the end ---- */

static int refuse(const char **reason, int status, const char *text)
{
	*reason = text;
	return status;
}

int http_scan_head(struct http_scan *scan, const char *data, size_t size, size_t *ret_size)
{
	for (; scan->offset < size; scan->offset++) {
		unsigned char c = (unsigned char)data[scan->offset];
		bool after_cr = scan->offset > 0 && data[scan->offset - 1] == '\r';

		if (scan->offset >= HTTP_MAX_HEAD)
			return refuse(&scan->reason, 431, "the head is too large");
		if (after_cr && c != '\n')
			return refuse(&scan->reason, 400, "CR without LF");
		if (c == '\n') {
			if (!after_cr)
				return refuse(&scan->reason, 400, "LF without CR");
			if (scan->offset - 1 == scan->line_start) {
				*ret_size = scan->offset + 1;
				return HTTP_DONE;
			}
			scan->line_start = scan->offset + 1;
		} else if ((c < 0x20 && c != '\t' && c != '\r') || c == 0x7f) {
			return refuse(&scan->reason, 400, "control character in the head");
		}
	}
	return HTTP_MORE;
}

/* ---- The head ---- */

/* RFC 9110 5.6.2 */
static bool is_token_char(unsigned char c)
{
	static const bool chars[256] = {
		['0' ... '9'] = true, ['A' ... 'Z'] = true, ['a' ... 'z'] = true,
		['!'] = true, ['#'] = true, ['$'] = true, ['%'] = true, ['&'] = true,
		['\''] = true, ['*'] = true, ['+'] = true, ['-'] = true, ['.'] = true,
		['^'] = true, ['_'] = true, ['`'] = true, ['|'] = true, ['~'] = true,
	};

	return chars[c];
}

static bool is_token(const char *text, size_t size)
{
	for (size_t i = 0; i < size; i++)
		if (!is_token_char((unsigned char)text[i]))
			return false;
	return size > 0;
}

/* Cut the next line off; its CR becomes a NUL.  The scan made sure of CR LF. */
static char *next_line(char **cursor, char *end)
{
	char *line = *cursor;
	char *cr = memchr(line, '\r', (size_t)(end - line));

	if (!cr)
		return NULL;
	*cr = '\0';
	*cursor = cr + 2;
	return line;
}

static int parse_version(const char *text, struct http_head *head)
{
	if (strncmp(text, "HTTP/", 5) != 0 || text[5] < '0' || text[5] > '9' || text[6] != '.' ||
		text[7] < '0' || text[7] > '9' || text[8])
		return refuse(&head->reason, 400, "bad HTTP version");
	if (text[5] != '1' || text[7] > '1')
		return refuse(&head->reason, 505, "this server speaks HTTP/1.1");
	head->minor = text[7] - '0';
	return HTTP_DONE;
}

/* "http://host/path" → '*ret_authority' cut out of the text, result: the path. */
static char *split_absolute(char *target, char **ret_authority)
{
	static const char *const schemes[] = {"http://", "https://"};

	for (size_t i = 0; i < lengthof(schemes); i++) {
		size_t size = strlen(schemes[i]);
		char *path;

		if (strncasecmp(target, schemes[i], size) != 0)
			continue;
		path = strchr(target + size, '/');
		if (!path || memchr(target + size, '?', (size_t)(path - target) - size))
			return NULL;
		/* Move the authority to the left, so that both can be ended. */
		memmove(target, target + size, (size_t)(path - target) - size);
		target[(size_t)(path - target) - size] = '\0';
		*ret_authority = target;
		return path;
	}
	return NULL;
}

static int parse_target(char *target, struct http_head *head, char **ret_authority)
{
	char *mark;

	for (const char *c = target; *c; c++)
		if ((unsigned char)*c <= 0x20 || (unsigned char)*c >= 0x7f || *c == '#')
			return refuse(&head->reason, 400, "bad character in the target");
	if (strcmp(target, "*") == 0 && strcmp(head->method, "OPTIONS") == 0) {
		head->path = target;
		head->query = "";
		return HTTP_DONE;
	}
	if (target[0] != '/')
		target = split_absolute(target, ret_authority);
	if (!target || strncmp(target, "//", 2) == 0)
		return refuse(&head->reason, 400, "bad target");
	head->path = target;
	mark = strchr(target, '?');
	if (mark)
		*mark = '\0';
	head->query = mark ? mark + 1 : "";
	return HTTP_DONE;
}

static int parse_request_line(char *line, struct http_head *head, char **ret_authority)
{
	char *target = strchr(line, ' ');
	char *version = target ? strchr(target + 1, ' ') : NULL;
	int status;

	if (!version)
		return refuse(&head->reason, 400, "bad request line");
	*target++ = '\0';
	*version++ = '\0';
	if (!is_token(line, strlen(line)))
		return refuse(&head->reason, 400, "bad method");
	head->method = line;
	status = parse_version(version, head);
	if (status != HTTP_DONE)
		return status;
	return parse_target(target, head, ret_authority);
}

static char *trim(char *value)
{
	char *end;

	value += strspn(value, " \t");
	end = value + strlen(value);
	while (end > value && (end[-1] == ' ' || end[-1] == '\t'))
		end--;
	*end = '\0';
	return value;
}

/* Fields that say where a message ends or goes: read most strictly, and never as a
 * trailer. */
static bool is_framing(const char *name)
{
	static const char *const names[] = {"Content-Length", "Transfer-Encoding", "Host",
		"Connection", "Upgrade"};

	for (size_t i = 0; i < lengthof(names); i++)
		if (strcasecmp(names[i], name) == 0)
			return true;
	return false;
}

static int parse_field(char *line, struct http_field *ret_field, const char **reason)
{
	char *colon = strchr(line, ':');
	size_t name_size = colon ? (size_t)(colon - line) : 0;

	if (line[0] == ' ' || line[0] == '\t')
		return refuse(reason, 400, "folded header");
	if (!colon)
		return refuse(reason, 400, "header without colon");
	*colon = '\0';
	if (!is_token(line, name_size))
		return refuse(reason, 400, "bad header name");
	/* White space by RFC 9110, but not to every server. */
	if (strchr(colon + 1, '\t') && is_framing(line))
		return refuse(reason, 400, "tab in a framing header");
	*ret_field = (struct http_field){line, trim(colon + 1), name_size};
	return HTTP_DONE;
}

bool http_field_is(const struct http_field *field, const char *name, size_t name_size)
{
	return field->name_size == name_size && strncasecmp(field->name, name, name_size) == 0;
}

const char *http_head_find(const struct http_head *head, const char *name)
{
	size_t size = strlen(name);

	for (size_t i = 0; i < head->field_len; i++)
		if (http_field_is(&head->fields[i], name, size))
			return head->fields[i].value;
	return NULL;
}

/* The only value of 'name'; false if there are several. */
static bool find_single(const struct http_head *head, const char *name, const char **ret_value)
{
	size_t size = strlen(name);
	const char *value = NULL;

	for (size_t i = 0; i < head->field_len; i++) {
		if (!http_field_is(&head->fields[i], name, size))
			continue;
		if (value)
			return false;
		value = head->fields[i].value;
	}
	*ret_value = value;
	return true;
}

/* host or host:port; an IPv6 address in brackets. */
static bool is_host(const char *text)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "0123456789-._~";
	size_t size;

	if (*text == '[') {
		size = strspn(text + 1, "0123456789abcdefABCDEF:.");
		if (size == 0 || text[size + 1] != ']')
			return false;
		text += size + 2;
	} else {
		size = strspn(text, letters);
		if (size == 0)
			return false;
		text += size;
	}
	if (*text == '\0')
		return true;
	return *text == ':' && strlen(text) <= 6 && strspn(text + 1, "0123456789") ==
		strlen(text + 1);
}

static int check_host(struct http_head *head, const char *authority)
{
	const char *host;

	if (!find_single(head, "Host", &host))
		return refuse(&head->reason, 400, "several Host headers");
	if (!host && head->minor == 1)
		return refuse(&head->reason, 400, "no Host header");
	if (host && !is_host(host))
		return refuse(&head->reason, 400, "bad Host header");
	if (authority && (!host || strcasecmp(host, authority) != 0))
		return refuse(&head->reason, 400, "target and Host differ");
	return HTTP_DONE;
}

static bool ends_with_chunked(const char *value)
{
	size_t size = strlen(value);

	return size >= 7 && strcasecmp(value + size - 7, "chunked") == 0;
}

/* How long is the body?  Here the smuggling of requests is stopped. */
static int check_framing(struct http_head *head)
{
	const char *length, *coding;

	if (!find_single(head, "Content-Length", &length))
		return refuse(&head->reason, 400, "several Content-Length headers");
	if (!find_single(head, "Transfer-Encoding", &coding))
		return refuse(&head->reason, 400, "several Transfer-Encoding headers");
	if (length && coding)
		return refuse(&head->reason, 400, "Content-Length with Transfer-Encoding");
	head->content_length = -1;
	if (length) {
		size_t digits = strspn(length, "0123456789");

		if (digits == 0 || length[digits])
			return refuse(&head->reason, 400, "bad Content-Length");
		if (digits > MAX_LENGTH_DIGITS)
			return refuse(&head->reason, 413, "the body is too large");
		head->content_length = (int64_t)strtoull(length, NULL, 10);
	}
	if (!coding)
		return HTTP_DONE;
	if (head->minor == 0)
		return refuse(&head->reason, 400, "Transfer-Encoding in HTTP/1.0");
	if (strcasecmp(coding, "chunked") != 0)
		return refuse(&head->reason, ends_with_chunked(coding) ? 501 : 400,
			"unknown transfer coding");
	head->chunked = true;
	return HTTP_DONE;
}

/* Is 'token' an element of a list as in Connection? */
static bool list_has(const char *list, const char *token)
{
	size_t size = strlen(token);

	while (*list) {
		size_t item;

		list += strspn(list, ", \t");
		item = strcspn(list, ", \t");
		if (item == size && strncasecmp(list, token, size) == 0)
			return true;
		list += item;
	}
	return false;
}

static int check_connection(struct http_head *head)
{
	const char *expect;
	bool close = false, keep = false;

	for (size_t i = 0; i < head->field_len; i++) {
		if (!http_field_is(&head->fields[i], "Connection", strlen("Connection")))
			continue;
		close = close || list_has(head->fields[i].value, "close");
		keep = keep || list_has(head->fields[i].value, "keep-alive");
	}
	head->keep_alive = !close && (head->minor == 1 || keep);
	if (!find_single(head, "Expect", &expect))
		return refuse(&head->reason, 400, "several Expect headers");
	if (!expect || head->minor == 0)
		return HTTP_DONE;
	if (strcasecmp(expect, "100-continue") != 0)
		return refuse(&head->reason, 417, "unknown expectation");
	head->expect_continue = true;
	return HTTP_DONE;
}

static int parse_fields(char *cursor, char *end, struct http_head *head)
{
	char *line;

	while ((line = next_line(&cursor, end)) && *line) {
		int status;

		if (head->field_len == HTTP_MAX_HEADERS)
			return refuse(&head->reason, 431, "too many headers");
		status = parse_field(line, &head->fields[head->field_len], &head->reason);
		if (status != HTTP_DONE)
			return status;
		head->field_len++;
	}
	return HTTP_DONE;
}

int http_head_parse(char *data, size_t size, struct http_head *ret_head)
{
	char *cursor = data, *authority = NULL, *line;
	int status;

	*ret_head = (struct http_head){.content_length = -1};
	line = next_line(&cursor, data + size);
	if (!line)
		return refuse(&ret_head->reason, 400, "no request line");
	status = parse_request_line(line, ret_head, &authority);
	if (status == HTTP_DONE)
		status = parse_fields(cursor, data + size, ret_head);
	if (status == HTTP_DONE)
		status = check_host(ret_head, authority);
	if (status == HTTP_DONE)
		status = check_framing(ret_head);
	if (status == HTTP_DONE)
		status = check_connection(ret_head);
	return status;
}

/* ---- The chunked coding ---- */

/* Extensions are read and dropped: ";name" or ";name=value", both tokens.  Quoted
 * values, which nobody sends, are refused: servers disagree on where they end. */
static int extension_byte(struct http_chunked *chunked, char c)
{
	bool after_token = is_token_char((unsigned char)chunked->before);

	if (++chunked->extra > MAX_CHUNK_EXTRA)
		return refuse(&chunked->reason, 400, "chunk extensions are too large");
	if (c == '\r' && after_token) {
		chunked->state = HTTP_CHUNK_SIZE_LF;
	} else if (c == ';' && after_token) {
		chunked->in_value = false;
	} else if (c == '=' && after_token && !chunked->in_value) {
		chunked->in_value = true;
	} else if (!is_token_char((unsigned char)c)) {
		return refuse(&chunked->reason, 400, "bad chunk extension");
	}
	chunked->before = c;
	return HTTP_MORE;
}

/* One byte of a chunk's framing; HTTP_MORE to go on. */
static int chunk_byte(struct http_chunked *chunked, char c)
{
	int digit;

	switch (chunked->state) {
	case HTTP_CHUNK_SIZE:
		digit = hex_value(c);
		if (digit >= 0 && chunked->digits < MAX_CHUNK_DIGITS) {
			chunked->left = chunked->left * 16 + (uint64_t)digit;
			chunked->digits++;
			return HTTP_MORE;
		}
		if (chunked->digits == 0 || (c != '\r' && c != ';'))
			return refuse(&chunked->reason, 400, "bad chunk size");
		chunked->state = c == ';' ? HTTP_CHUNK_EXTENSION : HTTP_CHUNK_SIZE_LF;
		chunked->before = c;
		chunked->in_value = false;
		return HTTP_MORE;
	case HTTP_CHUNK_EXTENSION:
		return extension_byte(chunked, c);
	case HTTP_CHUNK_SIZE_LF:
		if (c != '\n')
			return refuse(&chunked->reason, 400, "bad end of a chunk size");
		chunked->state = chunked->left > 0 ? HTTP_CHUNK_DATA : HTTP_CHUNK_TRAILER;
		return HTTP_MORE;
	case HTTP_CHUNK_DATA_CR:
		if (c != '\r')
			return refuse(&chunked->reason, 400, "bad end of a chunk");
		chunked->state = HTTP_CHUNK_DATA_LF;
		return HTTP_MORE;
	case HTTP_CHUNK_DATA_LF:
		if (c != '\n')
			return refuse(&chunked->reason, 400, "bad end of a chunk");
		chunked->state = HTTP_CHUNK_SIZE;
		chunked->digits = 0;
		chunked->left = 0;
		return HTTP_MORE;
	case HTTP_CHUNK_DATA:
	case HTTP_CHUNK_TRAILER:
	case HTTP_CHUNK_END:
		break;
	}
	return HTTP_DONE;
}

/* Trailers are checked like headers, then dropped: nothing here needs one. */
static int check_trailers(struct http_chunked *chunked, size_t size)
{
	char *cursor = chunked->trailer.data, *end = cursor + size, *line;
	struct http_field field;

	while ((line = next_line(&cursor, end)) && *line) {
		int status = parse_field(line, &field, &chunked->reason);

		if (status != HTTP_DONE)
			return status;
		if (is_framing(field.name))
			return refuse(&chunked->reason, 400, "framing header in the trailers");
	}
	chunked->state = HTTP_CHUNK_END;
	return HTTP_DONE;
}

static int trailer_byte(struct http_chunked *chunked, char c)
{
	size_t size;
	int status;

	buf_add_char(&chunked->trailer, c);
	if (chunked->trailer.failed)
		return refuse(&chunked->reason, 431, "the trailers are too large");
	status = http_scan_head(&chunked->trailer_scan, chunked->trailer.data,
		chunked->trailer.size, &size);
	if (status == HTTP_DONE)
		return check_trailers(chunked, size);
	if (status != HTTP_MORE)
		chunked->reason = chunked->trailer_scan.reason;
	return status;
}

int http_chunked_next(struct http_chunked *chunked, const char *data, size_t size,
	size_t *ret_used, const char **ret_data, size_t *ret_data_size)
{
	size_t used = 0;
	int status = HTTP_MORE;

	*ret_data_size = 0;
	*ret_data = NULL;
	if (chunked->state == HTTP_CHUNK_END)
		status = HTTP_DONE;
	while (used < size && status == HTTP_MORE) {
		if (chunked->state == HTTP_CHUNK_DATA) {
			size_t take = size - used;

			if (take > chunked->left)
				take = (size_t)chunked->left;
			*ret_data = data + used;
			*ret_data_size = take;
			chunked->left -= take;
			used += take;
			if (chunked->left == 0)
				chunked->state = HTTP_CHUNK_DATA_CR;
			break;
		}
		if (chunked->state == HTTP_CHUNK_TRAILER)
			status = trailer_byte(chunked, data[used++]);
		else
			status = chunk_byte(chunked, data[used++]);
	}
	*ret_used = used;
	return status;
}

void http_chunked_clear(struct http_chunked *chunked)
{
	buf_clear(&chunked->trailer);
}

/* ---- Percent-encoding ---- */

static bool is_utf8(const char *text)
{
	const unsigned char *c = (const unsigned char *)text, *end = c + strlen(text);

	while (c < end) {
		size_t size = utf8_size(c, end);

		if (size == 0)
			return false;
		c += size;
	}
	return true;
}

bool http_percent_decode(char *text, enum http_decode_mode mode)
{
	char *to = text;

	for (const char *from = text; *from; from++) {
		int high, low;

		if (*from == '+' && mode == HTTP_DECODE_QUERY) {
			*to++ = ' ';
			continue;
		}
		if (*from != '%') {
			*to++ = *from;
			continue;
		}
		high = hex_value(from[1]);
		low = high < 0 ? -1 : hex_value(from[2]);
		if (low < 0 || (high == 0 && low == 0))
			return false;
		*to++ = (char)(high * 16 + low);
		from += 2;
	}
	*to = '\0';
	return is_utf8(text);
}

int http_query_parse(char *query, struct http_field ret_fields[HTTP_MAX_QUERY], size_t *ret_len)
{
	size_t len = 0;

	while (query && *query) {
		char *next = strchr(query, '&'), *value;

		if (next)
			*next++ = '\0';
		value = strchr(query, '=');
		if (value)
			*value++ = '\0';
		if (*query || value) {
			if (len == HTTP_MAX_QUERY || !http_percent_decode(query, HTTP_DECODE_QUERY) ||
				(value && !http_percent_decode(value, HTTP_DECODE_QUERY)))
				return 400;
			ret_fields[len++] = (struct http_field){query, value ? value : ""};
		}
		query = next;
	}
	*ret_len = len;
	return HTTP_DONE;
}
