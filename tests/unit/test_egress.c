/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
#include "config.h"
#include "tests/unit/unit.h"
#include "tests/unit/scripted_server.h"

#include <pthread.h>
#include <semaphore.h>
#include <stdio.h>
#include <strings.h>

#include "core/base/buf.h"
#include "core/base/clock.h"
#include "core/base/err.h"
#include "core/base/log.h"
#include "core/base/loop.h"
#include "core/base/mem.h"
#include "core/config/settings.h"
#include "core/egress/egress.h"

/* A client with its loop, and two upstreams. */
struct bench {
	struct settings settings;
	struct settings_allow allow[2];
	struct loop *loop;
	pthread_t thread;
	struct egress *egress;
	struct scripted_server *first, *second;
	struct scripted_reply reply, other_reply;
	int resets;                    /* the first so many requests are reset */
	char *last_head;               /* of either */
	char *last_method;
	char *last_body;
	sem_t came;
	/* Of the last send: */
	struct egress_answer answer;
	enum egress_failure failure;
	struct err err;
};

static void note(struct bench *bench, const struct scripted_request *request)
{
	free(bench->last_head);
	free(bench->last_method);
	free(bench->last_body);
	bench->last_head = xstrdup(request->head);
	bench->last_method = xstrdup(request->method);
	bench->last_body = xstrdup(request->body);
	sem_post(&bench->came);
}

static void first_answers(const struct scripted_request *request, struct scripted_reply *reply,
	void *arg)
{
	struct bench *bench = arg;

	note(bench, request);
	*reply = bench->reply;
	if (request->number <= bench->resets)
		*reply = (struct scripted_reply){.reset = true};
}

static void second_answers(const struct scripted_request *request, struct scripted_reply *reply,
	void *arg)
{
	struct bench *bench = arg;

	note(bench, request);
	*reply = bench->other_reply;
}

static void *run_loop(void *arg)
{
	loop_run(arg);
	return NULL;
}

/* 'allow' is "cidr", "named" (the first upstream for provider "acme") or "nothing". */
static struct bench *bench_new(const char *allow, const char *proxy)
{
	struct bench *bench = new(struct bench);

	log_setup(MORTISE_LOG_ERROR, LOG_LOGFMT);
	sem_init(&bench->came, 0, 0);
	bench->first = scripted_server_new(first_answers, bench);
	bench->second = scripted_server_new(second_answers, bench);
	bench->settings = (struct settings){.egress_allow = bench->allow,
		.egress_connect_timeout = 5, .egress_timeout = 10,
		.egress_proxy = xstrdup(proxy)};
	if (strcmp(proxy, "second") == 0) {
		free(bench->settings.egress_proxy);
		bench->settings.egress_proxy = xstrdup(scripted_server_url(bench->second));
	}
	if (strcmp(allow, "cidr") == 0) {
		static char cidr[] = "127.0.0.2/32";

		bench->allow[0] = (struct settings_allow){.cidr = cidr};
		bench->settings.egress_allow_len = 1;
	} else if (strcmp(allow, "named") == 0) {
		static char provider[] = "acme", host[] = "127.0.0.2";

		bench->allow[0] = (struct settings_allow){.provider = provider, .host = host,
			.port = scripted_server_port(bench->first)};
		bench->settings.egress_allow_len = 1;
	}
	bench->loop = loop_new();
	bench->egress = egress_new(bench->loop, &bench->settings);
	pthread_create(&bench->thread, NULL, run_loop, bench->loop);
	return bench;
}

static void bench_free(struct bench *bench)
{
	egress_stop(bench->egress);
	loop_stop(bench->loop);
	pthread_join(bench->thread, NULL);
	egress_free(bench->egress);
	loop_free(bench->loop);
	scripted_server_free(bench->first);
	scripted_server_free(bench->second);
	free(bench->settings.egress_proxy);
	egress_answer_clear(&bench->answer);
	err_clear(&bench->err);
	free(bench->last_head);
	free(bench->last_method);
	free(bench->last_body);
	sem_destroy(&bench->came);
	free(bench);
}

static int send_request(struct bench *bench, struct egress_request request)
{
	if (!request.provider)
		request.provider = "acme";
	if (!request.method)
		request.method = "GET";
	if (!request.url)
		request.url = scripted_server_url(bench->first);
	egress_answer_clear(&bench->answer);
	err_clear(&bench->err);
	bench->failure = EGRESS_ANSWERED;
	return egress_send(bench->egress, &request, &bench->answer, &bench->failure, &bench->err);
}

static char *head_value(const struct bench *bench, const char *name)
{
	struct scripted_request request = {.head = bench->last_head};

	return scripted_header(&request, name);
}

static void an_answer_comes_with_status_headers_and_body(void **state)
{
	struct bench *bench = bench_new("cidr", "");
	struct egress_header headers[] = {{"X-Id", "7"}, {NULL, NULL}};
	cleanup_free char *id = NULL, *agent = NULL, *length = NULL;

	(void)state;
	bench->reply = (struct scripted_reply){.status = 201, .body = "{\"a\":1}",
		.headers = "X-Twice: one\r\nx-TWICE:  two \r\n"};
	assert_int_equal(send_request(bench, (struct egress_request){.method = "POST",
		.headers = headers, .body = "hello", .body_size = 5}), 0);
	assert_int_equal(bench->answer.status, 201);
	assert_string_equal(bench->answer.body, "{\"a\":1}");
	assert_int_equal(bench->answer.size, 7);
	assert_string_equal(egress_answer_header(&bench->answer, "X-Twice"), "two");
	assert_string_equal(bench->last_method, "POST");
	assert_string_equal(bench->last_body, "hello");
	id = head_value(bench, "x-id");
	assert_string_equal(id, "7");
	agent = head_value(bench, "user-agent");
	assert_non_null(strstr(agent, "mortise/"));
	assert_null(head_value(bench, "expect"));
	assert_null(head_value(bench, "content-type"));

	assert_int_equal(send_request(bench, (struct egress_request){.method = "PATCH"}), 0);
	assert_string_equal(bench->last_method, "PATCH");
	length = head_value(bench, "content-length");
	assert_string_equal(length, "0");
	assert_int_equal(send_request(bench, (struct egress_request){.method = "HEAD"}), 0);
	assert_string_equal(bench->last_method, "HEAD");
	assert_int_equal(bench->answer.size, 0);
	bench_free(bench);
}

static void forbidden_addresses_are_never_connected_to(void **state)
{
	static const char *const forms[] = {
		"http://127.0.0.2:%d/", "http://2130706434:%d/", "http://0x7f.2:%d/",
		"http://0177.0.0.2:%d/", "http://127.2:%d/", "http://[::ffff:127.0.0.2]:%d/",
		"http://[::ffff:7f00:2]:%d/", "http://localhost:%d/", "http://x.localhost:%d/",
	};
	struct bench *bench = bench_new("nothing", "");

	(void)state;
	for (size_t i = 0; i < lengthof(forms); i++) {
		cleanup_free char *url = NULL;
		struct buf text = BUF(200);

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
		buf_printf(&text, forms[i], scripted_server_port(bench->first));
#pragma GCC diagnostic pop
		url = buf_steal(&text);
		if (send_request(bench, (struct egress_request){.url = url}) != MORTISE_E_UPSTREAM)
			fail_msg("%s was not refused", url);
		assert_int_equal(bench->failure, EGRESS_NOT_SENT);
		if (!strstr(err_text(&bench->err), "loopback"))
			fail_msg("%s: %s", url, err_text(&bench->err));
	}
	assert_int_equal(scripted_server_connections(bench->first), 0);
	bench_free(bench);
}

static void a_named_entry_opens_one_host_and_port_for_one_provider(void **state)
{
	struct bench *bench = bench_new("named", "");

	(void)state;
	assert_int_equal(send_request(bench, (struct egress_request){0}), 0);
	assert_int_equal(send_request(bench, (struct egress_request){.provider = "other"}),
		MORTISE_E_UPSTREAM);
	assert_int_equal(bench->failure, EGRESS_NOT_SENT);
	assert_int_equal(send_request(bench, (struct egress_request){
		.url = scripted_server_url(bench->second)}), MORTISE_E_UPSTREAM);
	assert_int_equal(send_request(bench, (struct egress_request){0}), 0);
	assert_int_equal(scripted_server_requests(bench->first), 2);
	assert_int_equal(scripted_server_connections(bench->first), 1);
	assert_int_equal(scripted_server_connections(bench->second), 0);
	bench_free(bench);
}

static void a_redirect_to_a_forbidden_address_is_refused(void **state)
{
	struct bench *bench = bench_new("named", "");
	cleanup_free char *location = xasprintf("Location: %s/x\r\n",
		scripted_server_url(bench->second));

	(void)state;
	bench->reply = (struct scripted_reply){.status = 302, .headers = location};
	assert_int_equal(send_request(bench, (struct egress_request){
		.redirects = MORTISE_REDIRECT_ALL}), MORTISE_E_UPSTREAM);
	assert_non_null(strstr(err_text(&bench->err), "loopback"));
	assert_int_equal(scripted_server_connections(bench->second), 0);
	bench_free(bench);
}

static void secret_headers_stay_with_their_origin(void **state)
{
	struct bench *bench = bench_new("cidr", "");
	struct egress_header secrets[] = {{"Authorization", "Bearer s3cret"}, {NULL, NULL}};
	struct egress_header headers[] = {{"Accept", "x/y"}, {NULL, NULL}};
	cleanup_free char *there = xasprintf("Location: %s/x\r\n",
		scripted_server_url(bench->second));
	cleanup_free char *back = xasprintf("Location: %s/back\r\n",
		scripted_server_url(bench->first));
	cleanup_free char *accept = NULL, *kept = NULL;
	struct egress_request request = {.redirects = MORTISE_REDIRECT_ALL, .headers = headers,
		.secret_headers = secrets};

	(void)state;
	bench->reply = (struct scripted_reply){.status = 307, .headers = there};
	bench->other_reply = (struct scripted_reply){.status = 200};
	assert_int_equal(send_request(bench, request), 0);
	assert_int_equal(scripted_server_requests(bench->second), 1);
	assert_null(head_value(bench, "authorization"));
	accept = head_value(bench, "accept");
	assert_string_equal(accept, "x/y");
	/* Back at the first origin they are still gone. */
	bench->other_reply = (struct scripted_reply){.status = 302, .headers = back};
	assert_int_equal(send_request(bench, request), MORTISE_E_UPSTREAM);
	assert_null(head_value(bench, "authorization"));
	assert_non_null(strstr(err_text(&bench->err), "more than five"));
	/* Inside the origin they stay. */
	bench->reply = (struct scripted_reply){.status = 301, .headers = "Location: y\r\n"};
	assert_int_equal(send_request(bench, request), MORTISE_E_UPSTREAM);
	kept = head_value(bench, "authorization");
	assert_string_equal(kept, "Bearer s3cret");
	bench_free(bench);
}

/* Counts its calls, and says what each was asked to sign. */
struct signer {
	int calls;
	bool fails;
	char value[512];
};

static int sign(void *arg, const char *method, const char *url, struct egress_header *ret_header,
	struct err *err)
{
	struct signer *signer = arg;

	if (signer->fails)
		return err_set(err, MORTISE_E_SETTINGS, "no key");
	snprintf(signer->value, sizeof(signer->value), "%d %s %s", ++signer->calls, method,
		strrchr(url, '/'));
	*ret_header = (struct egress_header){"Authorization", signer->value};
	return 0;
}

static void assert_signed(const struct bench *bench, const char *wanted)
{
	cleanup_free char *value = head_value(bench, "authorization");

	if (wanted)
		assert_string_equal(value, wanted);
	else
		assert_null(value);
}

static void each_sending_is_signed_anew(void **state)
{
	struct bench *bench = bench_new("cidr", "");
	cleanup_free char *there = xasprintf("Location: %s/x\r\n",
		scripted_server_url(bench->second));
	cleanup_free char *url = xasprintf("%s/a", scripted_server_url(bench->first));
	struct signer signer = {0};
	struct egress_request request = {.url = url, .redirects = MORTISE_REDIRECT_ALL,
		.sign = sign, .sign_arg = &signer};

	(void)state;
	bench->resets = 2;
	assert_int_equal(send_request(bench, request), 0);
	assert_signed(bench, "3 GET /a");
	bench->resets = 0;
	bench->reply = (struct scripted_reply){.status = 301, .headers = "Location: /b\r\n"};
	request.redirects = MORTISE_REDIRECT_GET;
	assert_int_equal(send_request(bench, request), MORTISE_E_UPSTREAM);
	assert_signed(bench, "9 GET /b");
	/* Never for another origin. */
	bench->reply = (struct scripted_reply){.status = 302, .headers = there};
	assert_int_equal(send_request(bench, request), 0);
	assert_int_equal(scripted_server_requests(bench->second), 1);
	assert_signed(bench, NULL);
	assert_int_equal(signer.calls, 10);
	/* What cannot be signed is not sent. */
	signer.fails = true;
	assert_int_equal(send_request(bench, request), MORTISE_E_SETTINGS);
	assert_int_equal(bench->failure, EGRESS_NOT_SENT);
	bench_free(bench);
}

static void redirects_follow_the_policy(void **state)
{
	struct bench *bench = bench_new("cidr", "");
	cleanup_free char *there = xasprintf("Location: %s/x\r\n",
		scripted_server_url(bench->second));

	(void)state;
	bench->reply = (struct scripted_reply){.status = 302, .headers = there};
	assert_int_equal(send_request(bench, (struct egress_request){0}), 0);
	assert_int_equal(bench->answer.status, 302);
	assert_int_equal(send_request(bench, (struct egress_request){.method = "POST",
		.redirects = MORTISE_REDIRECT_GET}), 0);
	assert_int_equal(bench->answer.status, 302);
	assert_int_equal(scripted_server_requests(bench->second), 0);
	assert_int_equal(send_request(bench, (struct egress_request){
		.redirects = MORTISE_REDIRECT_GET}), 0);
	assert_int_equal(bench->answer.status, 200);
	assert_int_equal(scripted_server_requests(bench->second), 1);
	/* A write goes to no other origin: it surely did nothing yet. */
	assert_int_equal(send_request(bench, (struct egress_request){.method = "POST",
		.redirects = MORTISE_REDIRECT_ALL, .body = "x", .body_size = 1}),
		MORTISE_E_UPSTREAM);
	assert_int_equal(bench->failure, EGRESS_NOT_SENT);
	/* 303 after a write: it was done, look there. */
	bench->reply = (struct scripted_reply){.status = 303, .headers = there};
	assert_int_equal(send_request(bench, (struct egress_request){.method = "POST",
		.redirects = MORTISE_REDIRECT_ALL, .body = "x", .body_size = 1}), 0);
	assert_string_equal(bench->last_method, "GET");
	assert_string_equal(bench->last_body, "");
	/* It was done although nobody is there. */
	scripted_server_free(bench->second);
	bench->second = NULL;
	assert_int_equal(send_request(bench, (struct egress_request){.method = "POST",
		.redirects = MORTISE_REDIRECT_ALL, .body = "x", .body_size = 1}),
		MORTISE_E_UPSTREAM);
	assert_int_equal(bench->failure, EGRESS_UNKNOWN);
	bench_free(bench);
}

static void reads_are_tried_again_and_writes_are_not(void **state)
{
	struct bench *bench = bench_new("cidr", "");

	(void)state;
	bench->resets = 2;
	assert_int_equal(send_request(bench, (struct egress_request){0}), 0);
	assert_int_equal(scripted_server_requests(bench->first), 3);
	bench_free(bench);

	bench = bench_new("cidr", "");
	bench->resets = 100;
	assert_int_equal(send_request(bench, (struct egress_request){0}), MORTISE_E_UPSTREAM);
	assert_int_equal(scripted_server_requests(bench->first), 3);
	assert_int_equal(send_request(bench, (struct egress_request){.method = "POST"}),
		MORTISE_E_UPSTREAM);
	assert_int_equal(bench->failure, EGRESS_UNKNOWN);
	assert_int_equal(scripted_server_requests(bench->first), 4);
	bench_free(bench);
}

static void a_guarded_write_never_rides_on_a_reused_connection(void **state)
{
	struct bench *bench = bench_new("cidr", "");

	(void)state;
	assert_int_equal(send_request(bench, (struct egress_request){0}), 0);
	assert_int_equal(send_request(bench, (struct egress_request){.method = "POST"}), 0);
	assert_int_equal(scripted_server_connections(bench->first), 1);
	assert_int_equal(send_request(bench, (struct egress_request){.method = "POST",
		.at_most_once = true}), 0);
	assert_int_equal(scripted_server_connections(bench->first), 2);
	bench_free(bench);
}

static void a_refused_connection_was_not_sent(void **state)
{
	struct bench *bench = bench_new("cidr", "");
	cleanup_free char *url = xstrdup(scripted_server_url(bench->second));

	(void)state;
	scripted_server_free(bench->second);
	bench->second = NULL;
	assert_int_equal(send_request(bench, (struct egress_request){.method = "POST", .url = url}),
		MORTISE_E_UPSTREAM);
	assert_int_equal(bench->failure, EGRESS_NOT_SENT);
	assert_int_equal(send_request(bench, (struct egress_request){.method = "POST",
		.url = "http://mortise-test.invalid/", .timeout_ms = 3000}), MORTISE_E_UPSTREAM);
	assert_int_equal(bench->failure, EGRESS_NOT_SENT);
	bench_free(bench);
}

static void a_slow_upstream_ends_at_the_time_out(void **state)
{
	struct bench *bench = bench_new("cidr", "");
	int64_t begin_ms = clock_mono_ms();

	(void)state;
	bench->reply = (struct scripted_reply){.hang = true};
	assert_int_equal(send_request(bench, (struct egress_request){.timeout_ms = 150}),
		MORTISE_E_UPSTREAM);
	assert_int_equal(bench->failure, EGRESS_UNKNOWN);
	assert_true(clock_mono_ms() - begin_ms < 5000);
	bench_free(bench);
}

/* 32 MiB of zeros, about 32 KiB as it travels. */
static char *make_bomb(size_t *ret_size)
{
	FILE *pipe = popen("head -c 33554432 /dev/zero | gzip -9", "r");
	struct buf buf = BUF((size_t)1 << 20);
	char chunk[4096];
	size_t got;

	assert_non_null(pipe);
	while ((got = fread(chunk, 1, sizeof(chunk), pipe)) > 0)
		buf_add(&buf, chunk, got);
	pclose(pipe);
	*ret_size = buf.size;
	return buf_steal(&buf);
}

static void an_answer_is_bounded_after_decompression(void **state)
{
	struct bench *bench = bench_new("cidr", "");
	size_t size;
	cleanup_free char *bomb = make_bomb(&size);

	(void)state;
	assert_in_range(size, 1000, 200000);
	bench->reply = (struct scripted_reply){.headers = "Content-Encoding: gzip\r\n",
		.body = bomb, .size = size};
	assert_int_equal(send_request(bench, (struct egress_request){.max_answer = 1 << 20}),
		MORTISE_E_UPSTREAM);
	assert_non_null(strstr(err_text(&bench->err), "larger"));
	assert_int_equal(send_request(bench, (struct egress_request){
		.max_answer = (size_t)32 << 20}), 0);
	assert_int_equal(bench->answer.size, (size_t)32 << 20);
	bench->reply = (struct scripted_reply){.body = "0123456789"};
	assert_int_equal(send_request(bench, (struct egress_request){.max_answer = 10}), 0);
	assert_int_equal(send_request(bench, (struct egress_request){.max_answer = 9}),
		MORTISE_E_UPSTREAM);
	bench_free(bench);
}

static void a_head_is_bounded(void **state)
{
	struct bench *bench = bench_new("cidr", "");
	struct buf headers = BUF((size_t)1 << 20);

	(void)state;
	for (int i = 0; i < 1000; i++)
		buf_printf(&headers, "X-Long-%d: %0100d\r\n", i, i);
	bench->reply = (struct scripted_reply){.headers = buf_text(&headers)};
	assert_int_equal(send_request(bench, (struct egress_request){0}), MORTISE_E_UPSTREAM);
	assert_non_null(strstr(err_text(&bench->err), "larger"));
	buf_clear(&headers);
	bench_free(bench);
}

static void requests_that_smuggle_are_not_sent(void **state)
{
	static const struct {
		const char *method, *url, *name, *value;
	} table[] = {
		{"GET", NULL, "X-A", "1\r\nX-B: 2"},
		{"GET", NULL, "X-A", "1\nX-B: 2"},
		{"GET", NULL, "X-A\r\nX-B", "1"},
		{"GET", NULL, "X A", "1"},
		{"GET", NULL, "", "1"},
		{"GET / HTTP/1.1\r\nX:", NULL, "X-A", "1"},
		{"", NULL, "X-A", "1"},
		{"GET", "http://user:pass@127.0.0.2/", "X-A", "1"},
		{"GET", "ftp://127.0.0.2/", "X-A", "1"},
		{"GET", "file:///etc/passwd", "X-A", "1"},
		{"GET", "http://127.0.0.2/a b", "X-A", "1"},
		{"GET", "http://127.0.0.2/\r\nX-B: 2", "X-A", "1"},
		{"GET", "/relative", "X-A", "1"},
	};
	struct bench *bench = bench_new("cidr", "");

	(void)state;
	for (size_t i = 0; i < lengthof(table); i++) {
		struct egress_header headers[] = {{table[i].name, table[i].value}, {NULL, NULL}};

		if (send_request(bench, (struct egress_request){.method = table[i].method,
			.url = table[i].url, .secret_headers = headers}) != MORTISE_E_INTERNAL)
			fail_msg("%zu was not refused", i);
		assert_int_equal(bench->failure, EGRESS_NOT_SENT);
	}
	assert_int_equal(scripted_server_connections(bench->first), 0);
	bench_free(bench);
}

static void only_the_configured_proxy_is_used(void **state)
{
	struct bench *direct = bench_new("cidr", "");
	struct bench *proxied;

	(void)state;
	setenv("http_proxy", scripted_server_url(direct->second), 1);
	setenv("all_proxy", scripted_server_url(direct->second), 1);
	assert_int_equal(send_request(direct, (struct egress_request){0}), 0);
	assert_int_equal(scripted_server_requests(direct->first), 1);
	assert_int_equal(scripted_server_connections(direct->second), 0);
	bench_free(direct);
	unsetenv("http_proxy");
	unsetenv("all_proxy");

	setenv("no_proxy", "*", 1);
	proxied = bench_new("nothing", "second");
	assert_int_equal(send_request(proxied, (struct egress_request){
		.url = "http://mortise-test.invalid/"}), 0);
	assert_int_equal(scripted_server_requests(proxied->second), 1);
	/* What the URL itself names stays forbidden. */
	assert_int_equal(send_request(proxied, (struct egress_request){0}), MORTISE_E_UPSTREAM);
	assert_int_equal(send_request(proxied, (struct egress_request){
		.url = "http://[::1]/"}), MORTISE_E_UPSTREAM);
	assert_int_equal(send_request(proxied, (struct egress_request){
		.url = "http://localhost/"}), MORTISE_E_UPSTREAM);
	assert_int_equal(scripted_server_requests(proxied->second), 1);
	bench_free(proxied);
	unsetenv("no_proxy");
}

static void *send_and_wait(void *arg)
{
	struct bench *bench = arg;

	return (void *)(intptr_t)send_request(bench, (struct egress_request){0});
}

static void stopping_ends_what_runs(void **state)
{
	struct bench *bench = bench_new("cidr", "");
	pthread_t thread;
	void *result;

	(void)state;
	bench->reply = (struct scripted_reply){.hang = true};
	pthread_create(&thread, NULL, send_and_wait, bench);
	sem_wait(&bench->came);
	egress_stop(bench->egress);
	pthread_join(thread, &result);
	assert_int_equal((intptr_t)result, MORTISE_E_CANCELLED);
	assert_int_equal(bench->failure, EGRESS_UNKNOWN);
	assert_int_equal(send_request(bench, (struct egress_request){0}), MORTISE_E_CANCELLED);
	assert_int_equal(bench->failure, EGRESS_NOT_SENT);
	bench_free(bench);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_answer_comes_with_status_headers_and_body),
		cmocka_unit_test(forbidden_addresses_are_never_connected_to),
		cmocka_unit_test(a_named_entry_opens_one_host_and_port_for_one_provider),
		cmocka_unit_test(a_redirect_to_a_forbidden_address_is_refused),
		cmocka_unit_test(secret_headers_stay_with_their_origin),
		cmocka_unit_test(each_sending_is_signed_anew),
		cmocka_unit_test(redirects_follow_the_policy),
		cmocka_unit_test(reads_are_tried_again_and_writes_are_not),
		cmocka_unit_test(a_guarded_write_never_rides_on_a_reused_connection),
		cmocka_unit_test(a_refused_connection_was_not_sent),
		cmocka_unit_test(a_slow_upstream_ends_at_the_time_out),
		cmocka_unit_test(an_answer_is_bounded_after_decompression),
		cmocka_unit_test(a_head_is_bounded),
		cmocka_unit_test(requests_that_smuggle_are_not_sent),
		cmocka_unit_test(only_the_configured_proxy_is_used),
		cmocka_unit_test(stopping_ends_what_runs),
	};

	return cmocka_run_group_tests_name("egress", tests, NULL, NULL);
}
