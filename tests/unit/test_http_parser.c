/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
#include "config.h"
#include "tests/unit/unit.h"

#include <stdio.h>

#include "core/base/mem.h"
#include "core/http/http_parser.h"
#include "core/http/http_peer.h"
#include "core/http/http_router.h"

/* Scan and parse as the server does; '*ret_bytes' holds the texts of the head. */
static int parse(const char *text, size_t size, struct http_head *ret_head, char **ret_bytes)
{
	struct http_scan scan = {0};
	size_t head_size;
	int status = http_scan_head(&scan, text, size, &head_size);

	*ret_bytes = NULL;
	if (status != HTTP_DONE)
		return status;
	*ret_bytes = xmalloc(head_size + 1);
	memcpy(*ret_bytes, text, head_size);
	(*ret_bytes)[head_size] = '\0';
	return http_head_parse(*ret_bytes, head_size, ret_head);
}

#define H "Host: a\r\n"
#define CASE(text_, status_) {(text_), sizeof(text_) - 1, (status_)}

static void heads_are_taken_or_refused(void **state)
{
	static const struct {
		const char *text;
		size_t size;
		int status;
	} cases[] = {
		CASE("GET / HTTP/1.1\r\n" H "\r\n", HTTP_DONE),
		CASE("GET /a?b=c HTTP/1.1\r\n" H "Accept: */*\r\n\r\n", HTTP_DONE),
		CASE("GET / HTTP/1.0\r\n\r\n", HTTP_DONE),
		CASE("OPTIONS * HTTP/1.1\r\n" H "\r\n", HTTP_DONE),
		CASE("GET http://a/x HTTP/1.1\r\n" H "\r\n", HTTP_DONE),
		CASE("POST / HTTP/1.1\r\n" H "Content-Length: 3\r\n\r\n", HTTP_DONE),
		CASE("POST / HTTP/1.1\r\n" H "Transfer-Encoding: Chunked\r\n\r\n", HTTP_DONE),
		CASE("POST / HTTP/1.1\r\n" H "Expect: 100-continue\r\n\r\n", HTTP_DONE),
		CASE("GET / HTTP/1.1\r\nHost: [::1]:80\r\n\r\n", HTTP_DONE),
		CASE("GET / HTTP/1.1\r\n" H "X: \xc3\xa9\r\n\r\n", HTTP_DONE),
		CASE("GET / HTTP/1.1\r\n" H, HTTP_MORE),
		CASE("GET / HTTP/1.1\r\n" H "\r", HTTP_MORE),
		/* What frames the body must be said once, in one way. */
		CASE("POST / HTTP/1.1\r\n" H "Content-Length: 3\r\nContent-Length: 4\r\n\r\n", 400),
		CASE("POST / HTTP/1.1\r\n" H "Content-Length: 3\r\nContent-Length: 3\r\n\r\n", 400),
		CASE("POST / HTTP/1.1\r\n" H "Content-Length: 3, 3\r\n\r\n", 400),
		CASE("POST / HTTP/1.1\r\n" H "Content-Length: 3\r\n"
		     "Transfer-Encoding: chunked\r\n\r\n", 400),
		CASE("POST / HTTP/1.1\r\n" H "Transfer-Encoding: chunked\r\n"
		     "Transfer-Encoding: chunked\r\n\r\n", 400),
		CASE("POST / HTTP/1.1\r\n" H "Transfer-Encoding: chunked, identity\r\n\r\n", 400),
		CASE("POST / HTTP/1.1\r\n" H "Transfer-Encoding: xchunked\r\n\r\n", 501),
		CASE("POST / HTTP/1.1\r\n" H "Transfer-Encoding: gzip, chunked\r\n\r\n", 501),
		CASE("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n", 400),
		CASE("POST / HTTP/1.1\r\n" H "Content-Length: +3\r\n\r\n", 400),
		CASE("POST / HTTP/1.1\r\n" H "Content-Length: -3\r\n\r\n", 400),
		CASE("POST / HTTP/1.1\r\n" H "Content-Length: 0x3\r\n\r\n", 400),
		CASE("POST / HTTP/1.1\r\n" H "Content-Length: \r\n\r\n", 400),
		CASE("POST / HTTP/1.1\r\n" H "Content-Length: 3\t\r\n\r\n", 400),
		CASE("POST / HTTP/1.1\r\n" H "Content-Length: 99999999999999999999\r\n\r\n", 413),
		CASE("POST / HTTP/1.1\r\n" H "Content-Length : 3\r\n\r\n", 400),
		CASE("POST / HTTP/1.1\r\n" H " Content-Length: 3\r\n\r\n", 400),
		CASE("POST / HTTP/1.1\r\n" H "X: a\r\n b\r\n\r\n", 400),
		CASE("POST / HTTP/1.1\r\n" H "X: a\r\n\tb\r\n\r\n", 400),
		CASE("POST / HTTP/1.1\r\n" H "NoColon\r\n\r\n", 400),
		CASE("POST / HTTP/1.1\r\n" H ": x\r\n\r\n", 400),
		/* Lines end in CR LF and nothing else does. */
		CASE("GET / HTTP/1.1\nHost: a\n\n", 400),
		CASE("GET / HTTP/1.1\r\n" H "X: a\nY: b\r\n\r\n", 400),
		CASE("GET / HTTP/1.1\r\n" H "X: a\rY: b\r\n\r\n", 400),
		CASE("GET / HTTP/1.1\r\n" H "X: a\0b\r\n\r\n", 400),
		CASE("GET / HTTP/1.1\r\n" H "\0X: b\r\n\r\n", 400),
		CASE("GET / HTTP/1.1\r\n" H "X: a\x01\r\n\r\n", 400),
		CASE("\r\nGET / HTTP/1.1\r\n" H "\r\n", 400),
		/* Host. */
		CASE("GET / HTTP/1.1\r\n\r\n", 400),
		CASE("GET / HTTP/1.1\r\n" H H "\r\n", 400),
		CASE("GET / HTTP/1.0\r\n" H H "\r\n", 400),
		CASE("GET / HTTP/1.1\r\nHost:\r\n\r\n", 400),
		CASE("GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", 400),
		CASE("GET / HTTP/1.1\r\nHost: u@a\r\n\r\n", 400),
		CASE("GET / HTTP/1.1\r\nHost: a, b\r\n\r\n", 400),
		CASE("GET / HTTP/1.1\r\nHost: [::1\r\n\r\n", 400),
		/* The request line. */
		CASE("GET //evil/x HTTP/1.1\r\n" H "\r\n", 400),
		CASE("GET http://evil/x HTTP/1.1\r\n" H "\r\n", 400),
		CASE("GET http://a//evil HTTP/1.1\r\n" H "\r\n", 400),
		CASE("GET http:/x HTTP/1.1\r\n" H "\r\n", 400),
		CASE("GET x HTTP/1.1\r\n" H "\r\n", 400),
		CASE("GET * HTTP/1.1\r\n" H "\r\n", 400),
		CASE("GET /a#b HTTP/1.1\r\n" H "\r\n", 400),
		CASE("GET /a b HTTP/1.1\r\n" H "\r\n", 400),
		CASE("GET  / HTTP/1.1\r\n" H "\r\n", 400),
		CASE("GET / HTTP/1.1 \r\n" H "\r\n", 400),
		CASE("GET /\r\n" H "\r\n", 400),
		CASE("G(T / HTTP/1.1\r\n" H "\r\n", 400),
		CASE("CONNECT a:80 HTTP/1.1\r\n" H "\r\n", 400),
		CASE("GET / HTTP/2.0\r\n" H "\r\n", 505),
		CASE("GET / HTTP/1.2\r\n" H "\r\n", 505),
		CASE("GET / http/1.1\r\n" H "\r\n", 400),
		CASE("GET / HTTP/1.1\r\n" H "Expect: a-pony\r\n\r\n", 417),
	};

	(void)state;
	for (size_t i = 0; i < lengthof(cases); i++) {
		cleanup_free char *bytes = NULL;
		struct http_head head;
		int status = parse(cases[i].text, cases[i].size, &head, &bytes);

		if (status != cases[i].status)
			fail_msg("case %zu: %d instead of %d: %s", i, status, cases[i].status,
				cases[i].text);
	}
}

static void a_head_says_what_it_holds(void **state)
{
	static const char text[] = "POST /a%20b/?c=d&e HTTP/1.1\r\nHost: x\r\nX-One:  two three\t\r\n"
				   "connection: Keep-Alive, close\r\nContent-Length: 17\r\n\r\nrest";
	cleanup_free char *bytes = NULL;
	struct http_head head;

	(void)state;
	assert_int_equal(parse(text, sizeof(text) - 1, &head, &bytes), HTTP_DONE);
	assert_string_equal(head.method, "POST");
	assert_string_equal(head.path, "/a%20b/");
	assert_string_equal(head.query, "c=d&e");
	assert_string_equal(http_head_find(&head, "x-one"), "two three");
	assert_null(http_head_find(&head, "X-Two"));
	assert_int_equal(head.content_length, 17);
	assert_false(head.chunked);
	assert_false(head.keep_alive);
}

static void keep_alive_follows_version_and_header(void **state)
{
	static const struct {
		const char *text;
		bool keep_alive;
	} cases[] = {
		{"GET / HTTP/1.1\r\n" H "\r\n", true},
		{"GET / HTTP/1.1\r\n" H "Connection: close\r\n\r\n", false},
		{"GET / HTTP/1.1\r\n" H "Connection: x\r\nConnection: Close\r\n\r\n", false},
		{"GET / HTTP/1.1\r\n" H "Connection: closed\r\n\r\n", true},
		{"GET / HTTP/1.0\r\n\r\n", false},
		{"GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", true},
	};

	(void)state;
	for (size_t i = 0; i < lengthof(cases); i++) {
		cleanup_free char *bytes = NULL;
		struct http_head head;

		assert_int_equal(parse(cases[i].text, strlen(cases[i].text), &head, &bytes), 0);
		if (head.keep_alive != cases[i].keep_alive)
			fail_msg("case %zu: %s", i, cases[i].text);
	}
}

static void a_large_head_is_431(void **state)
{
	size_t size = HTTP_MAX_HEAD + 100;
	cleanup_free char *text = xmalloc(size);
	cleanup_buf struct buf many = BUF(HTTP_MAX_HEAD);
	cleanup_free char *bytes = NULL;
	struct http_scan scan = {0};
	struct http_head head;
	size_t head_size;

	(void)state;
	memset(text, 'a', size);
	assert_int_equal(http_scan_head(&scan, text, size, &head_size), 431);
	buf_add_text(&many, "GET / HTTP/1.1\r\n" H);
	for (int i = 0; i < HTTP_MAX_HEADERS; i++)
		buf_printf(&many, "X-%d: y\r\n", i);
	buf_add_text(&many, "\r\n");
	assert_int_equal(parse(many.data, many.size, &head, &bytes), 431);
}

static void a_head_may_come_byte_by_byte(void **state)
{
	static const char text[] = "GET / HTTP/1.1\r\n" H "\r\nGET";
	struct http_scan scan = {0};
	size_t head_size = 0;

	(void)state;
	for (size_t i = 0; i < sizeof(text) - 4; i++)
		assert_int_equal(http_scan_head(&scan, text, i, &head_size), HTTP_MORE);
	assert_int_equal(http_scan_head(&scan, text, sizeof(text) - 1, &head_size), HTTP_DONE);
	assert_int_equal(head_size, sizeof(text) - 4);
}

/* Decode 'text' in pieces of 'step' bytes; the status, or HTTP_MORE at the end. */
static int decode(const char *text, size_t size, size_t step, struct buf *body, size_t *ret_used)
{
	struct http_chunked chunked = HTTP_CHUNKED_INIT;
	size_t at = 0;
	int status = HTTP_MORE;

	while (status == HTTP_MORE && at < size) {
		size_t used, data_size, piece = size - at < step ? size - at : step;
		const char *data;

		status = http_chunked_next(&chunked, text + at, piece, &used, &data, &data_size);
		buf_add(body, data, data_size);
		at += used;
	}
	http_chunked_clear(&chunked);
	*ret_used = at;
	return status;
}

static void chunked_bodies_are_taken_or_refused(void **state)
{
	static const struct {
		const char *text;
		int status;
		const char *body;
	} cases[] = {
		{"0\r\n\r\n", HTTP_DONE, ""},
		{"3\r\nabc\r\n0\r\n\r\n", HTTP_DONE, "abc"},
		{"3;x=y\r\nabc\r\n2\r\nde\r\n000\r\n\r\n", HTTP_DONE, "abcde"},
		{"A\r\n0123456789\r\n0\r\nX: y\r\n\r\n", HTTP_DONE, "0123456789"},
		{"3\r\nab", HTTP_MORE, "ab"},
		{"0\r\n", HTTP_MORE, ""},
		{"0x3\r\nabc\r\n", 400, ""},
		{"+3\r\nabc\r\n", 400, ""},
		{" 3\r\nabc\r\n", 400, ""},
		{"3 \r\nabc\r\n", 400, ""},
		{"\r\n3\r\nabc\r\n", 400, ""},
		{"3\nabc\r\n", 400, ""},
		{"3\r\nabcd\r\n", 400, "abc"},
		{"3\r\nabc\n0\r\n\r\n", 400, "abc"},
		{"3;\nabc\r\n", 400, ""},
		{"3;x;y=z\r\nabc\r\n0;a\r\n\r\n", HTTP_DONE, "abc"},
		{"3;\r\nabc\r\n", 400, ""},
		{"3;x=\r\nabc\r\n", 400, ""},
		{"3;x=y=z\r\nabc\r\n", 400, ""},
		{"3;x=\"y\"\r\nabc\r\n", 400, ""},
		{"3; x\r\nabc\r\n", 400, ""},
		{"fffffffffffffffff\r\n", 400, ""},
		{"0\r\nX y\r\n\r\n", 400, ""},
		{"0\r\nX: y\n\r\n", 400, ""},
		{"0\r\ncontent-length: 3\r\n\r\n", 400, ""},
		{"0\r\n X: y\r\n\r\n", 400, ""},
	};

	(void)state;
	for (size_t i = 0; i < lengthof(cases); i++) {
		for (size_t step = 1; step < 40; step += 6) {
			cleanup_buf struct buf body = BUF(100);
			size_t used;
			int status = decode(cases[i].text, strlen(cases[i].text), step, &body, &used);

			if (status != cases[i].status ||
				strcmp(buf_text(&body), cases[i].body) != 0)
				fail_msg("case %zu, step %zu: %d, \"%s\"", i, step, status,
					buf_text(&body));
			if (status == HTTP_DONE)
				assert_int_equal(used, strlen(cases[i].text));
		}
	}
}

static void endless_extensions_and_trailers_are_refused(void **state)
{
	size_t size = 64 << 10, used;
	cleanup_free char *text = xmalloc(size);
	cleanup_buf struct buf body = BUF(100);

	(void)state;
	memset(text, 'a', size);
	memcpy(text, "3;", 2);
	assert_int_equal(decode(text, size, size, &body, &used), 400);
	memset(text, 'a', size);
	memcpy(text, "0\r\n", 3);
	assert_int_equal(decode(text, size, size, &body, &used), 431);
}

static void escapes_are_decoded_or_refused(void **state)
{
	static const struct {
		const char *text;
		enum http_decode_mode mode;
		const char *result;    /* NULL: refused */
	} cases[] = {
		{"a%20b%2Fc+d", HTTP_DECODE_PATH, "a b/c+d"},
		{"a+b%2b", HTTP_DECODE_QUERY, "a b+"},
		{"%C3%A9", HTTP_DECODE_PATH, "\xc3\xa9"},
		{"%", HTTP_DECODE_PATH, NULL},
		{"%2", HTTP_DECODE_PATH, NULL},
		{"%zz", HTTP_DECODE_PATH, NULL},
		{"%00", HTTP_DECODE_PATH, NULL},
		{"%C3", HTTP_DECODE_PATH, NULL},
		{"%C0%80", HTTP_DECODE_PATH, NULL},
		{"%ED%A0%80", HTTP_DECODE_PATH, NULL},
		{"%F4%90%80%80", HTTP_DECODE_PATH, NULL},
		{"%F0%9F%98%80", HTTP_DECODE_PATH, "\xf0\x9f\x98\x80"},
	};

	(void)state;
	for (size_t i = 0; i < lengthof(cases); i++) {
		cleanup_free char *text = xstrdup(cases[i].text);
		bool decoded = http_percent_decode(text, cases[i].mode);

		if (decoded != (cases[i].result != NULL) ||
			(decoded && strcmp(text, cases[i].result) != 0))
			fail_msg("case %zu: %s", i, cases[i].text);
	}
}

static void routes_are_found(void **state)
{
	static const struct http_route routes[] = {
		{.method = "GET", .pattern = "/o/{org}/"},
		{.method = "GET", .pattern = "/o/me/"},
		{.method = "DELETE", .pattern = "/o/{org}/"},
		{.method = "*", .pattern = "/ext/{slug}/{rest*}"},
		{.method = "POST", .pattern = "/ext/github/setup"},
		{.method = "GET", .pattern = "/"},
	};
	static const struct {
		const char *method, *path;
		int status, route;
		const char *param;     /* value of the last one */
	} cases[] = {
		{"GET", "/o/a/", 0, 0, "a"}, {"GET", "/o/a", 0, 0, "a"},
		{"GET", "/o/a%2fb", 0, 0, "a/b"}, {"GET", "/o/me", 0, 1, NULL},
		{"HEAD", "/o/x/", 0, 0, "x"}, {"DELETE", "/o/me/", 0, 2, "me"},
		{"POST", "/o/me/", 405, -1, NULL}, {"GET", "/o/", 404, -1, NULL},
		{"GET", "/o//", 404, -1, NULL}, {"GET", "/o/a//", 404, -1, NULL},
		{"GET", "/o/a/b", 404, -1, NULL}, {"GET", "/o/%zz", 400, -1, NULL},
		{"PUT", "/ext/jira/a/b/", 0, 3, "a/b/"}, {"GET", "/ext/jira", 0, 3, ""},
		{"POST", "/ext/github/setup/", 0, 4, NULL},
		{"GET", "/ext/github/setup/", 0, 3, "setup/"},
		{"GET", "/", 0, 5, NULL}, {"GET", "/x", 404, -1, NULL},
	};
	struct http_router *router = http_router_new();

	(void)state;
	for (size_t i = 0; i < lengthof(routes); i++)
		http_router_add(router, &routes[i]);
	for (size_t i = 0; i < lengthof(cases); i++) {
		struct http_match match;
		int status = http_router_find(router, cases[i].method, cases[i].path, &match);

		if (status != cases[i].status)
			fail_msg("case %zu: %s %s: %d", i, cases[i].method, cases[i].path, status);
		if (status == 0)
			assert_string_equal(match.route->pattern, routes[cases[i].route].pattern);
		if (cases[i].param)
			assert_string_equal(match.params[match.param_len - 1].value,
				cases[i].param);
		if (status == 405)
			assert_string_equal(match.allow, "GET, HEAD, OPTIONS, DELETE");
		http_match_clear(&match);
	}
	http_router_free(router);
}

static void the_client_is_found_behind_trusted_proxies(void **state)
{
	static const char *const cidrs[] = {"10.0.0.0/8", "127.0.0.1", "fd00::/16", NULL};
	static const struct {
		const char *peer, *forwarded, *client;
	} cases[] = {
		{"192.0.2.1", "198.51.100.7", "192.0.2.1"},
		{"127.0.0.1", NULL, "127.0.0.1"},
		{"127.0.0.1", "198.51.100.7", "198.51.100.7"},
		{"127.0.0.2", "198.51.100.7", "127.0.0.2"},
		{"10.1.2.3", "1.2.3.4, 198.51.100.7 ,10.9.9.9", "198.51.100.7"},
		{"10.1.2.3", "198.51.100.7, unknown", "10.1.2.3"},
		{"10.1.2.3", "unknown, 10.0.0.5", "10.0.0.5"},
		{"fd00::1", "2001:db8::5", "2001:db8::5"},
		{"11.0.0.1", "198.51.100.7", "11.0.0.1"},
	};
	struct http_networks *networks = http_networks_new(cidrs);

	(void)state;
	for (size_t i = 0; i < lengthof(cases); i++) {
		struct ip peer, client;
		char text[HTTP_PEER_TEXT_SIZE];

		assert_true(ip_parse(cases[i].peer, &peer));
		http_peer_client(networks, &peer, cases[i].forwarded, &client);
		http_peer_text(&client, text);
		if (strcmp(text, cases[i].client) != 0)
			fail_msg("case %zu: %s", i, text);
	}
	http_networks_free(networks);
}

static void clients_are_told_apart_by_address(void **state)
{
	static const char *const proxies[] = {"2001:db8::ffff", NULL};
	static const struct {
		const char *left, *right;
		bool same, trusted;
	} cases[] = {
		{"192.0.2.1", "192.0.2.1", true, false},
		{"192.0.2.1", "192.0.2.2", false, false},
		{"192.0.2.1", "::ffff:192.0.2.1", true, false},
		{"2001:db8::1", "2001:db8::2:2", true, false},
		{"2001:db8::1", "2001:db8:0:1::1", false, false},
		{"2001:db8::1", "2001:db8::ffff", false, false},
		{"2001:db8::ffff", "2001:db8::1", false, true},
		{"127.0.0.1", "::1", false, true},
		{"::1", "::2", false, true},
	};
	struct http_networks *networks = http_networks_new(proxies);
	struct http_clients *clients = http_clients_new(networks);

	(void)state;
	for (size_t i = 0; i < lengthof(cases); i++) {
		struct http_client *left, *right;
		struct ip ip;

		assert_true(ip_parse(cases[i].left, &ip));
		left = http_clients_get(clients, &ip);
		assert_true(ip_parse(cases[i].right, &ip));
		right = http_clients_get(clients, &ip);
		if ((left == right) != cases[i].same || left->trusted != cases[i].trusted)
			fail_msg("case %zu", i);
		http_clients_put(clients, left);
		http_clients_put(clients, right);
	}
	http_clients_free(clients);
	http_networks_free(networks);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(heads_are_taken_or_refused),
		cmocka_unit_test(a_head_says_what_it_holds),
		cmocka_unit_test(keep_alive_follows_version_and_header),
		cmocka_unit_test(a_large_head_is_431),
		cmocka_unit_test(a_head_may_come_byte_by_byte),
		cmocka_unit_test(chunked_bodies_are_taken_or_refused),
		cmocka_unit_test(endless_extensions_and_trailers_are_refused),
		cmocka_unit_test(escapes_are_decoded_or_refused),
		cmocka_unit_test(routes_are_found),
		cmocka_unit_test(the_client_is_found_behind_trusted_proxies),
		cmocka_unit_test(clients_are_told_apart_by_address),
	};

	return cmocka_run_group_tests_name("http_parser", tests, NULL, NULL);
}
