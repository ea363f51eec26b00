/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * What egress does when TLS is spoken: an upstream with a certificate that nobody
 * vouches for, in front of a scripted one.
 */
#include "config.h"
#include "tests/unit/unit.h"
#include "tests/unit/scripted_server.h"
#include "tests/unit/tls_front.h"

#include <pthread.h>

#include "core/base/err.h"
#include "core/base/log.h"
#include "core/base/loop.h"
#include "core/base/mem.h"
#include "core/config/settings.h"
#include "core/egress/egress.h"

/* ---- The bench ---- */

struct bench {
	struct settings settings;
	struct settings_allow allow;
	struct loop *loop;
	pthread_t thread;
	struct egress *egress;
	struct scripted_server *server;
	struct tls_front *front;
	char *plain_url, *tls_url;
	char *location;                /* "/leave" is redirected there */
	struct err err;
	enum egress_failure failure;
};

static void play(const struct scripted_request *request, struct scripted_reply *reply, void *arg)
{
	struct bench *bench = arg;

	if (strcmp(request->target, "/leave") == 0) {
		reply->status = 302;
		reply->headers = bench->location;
	}
}

static void *run_loop(void *arg)
{
	loop_run(arg);
	return NULL;
}

static struct bench *bench_new(void)
{
	static char cidr[] = "127.0.0.2", proxy[] = "";
	struct bench *bench = new(struct bench);

	log_setup(MORTISE_LOG_ERROR, LOG_LOGFMT);
	bench->server = scripted_server_new(play, bench);
	bench->front = tls_front_new(scripted_server_port(bench->server));
	bench->plain_url = xasprintf("%s/leave", scripted_server_url(bench->server));
	bench->tls_url = xasprintf("https://127.0.0.2:%d/leave", tls_front_port(bench->front));
	bench->allow.cidr = cidr;
	bench->settings = (struct settings){.egress_allow = &bench->allow, .egress_allow_len = 1,
		.egress_connect_timeout = unit_patience(5),
		.egress_timeout = unit_patience(5), .egress_proxy = proxy};
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
	tls_front_free(bench->front);
	scripted_server_free(bench->server);
	free(bench->plain_url);
	free(bench->tls_url);
	free(bench->location);
	err_clear(&bench->err);
	free(bench);
}

static int get(struct bench *bench, const char *url, bool insecure, int redirects)
{
	struct egress_answer answer = {0};
	int result, status;

	err_clear(&bench->err);
	result = egress_send(bench->egress, &(struct egress_request){.provider = "acme",
		.method = "GET", .url = url, .insecure = insecure, .redirects = redirects}, &answer,
		&bench->failure, &bench->err);
	status = answer.status;
	egress_answer_clear(&answer);
	return result < 0 ? result : status;
}

/* ---- Cases ---- */

static void a_certificate_nobody_vouches_for_is_refused(void **state)
{
	struct bench *bench = bench_new();

	(void)state;
	assert_int_equal(get(bench, bench->tls_url, false, MORTISE_REDIRECT_NONE),
		MORTISE_E_UPSTREAM);
	assert_int_equal(bench->failure, EGRESS_NOT_SENT);
	assert_non_null(strstr(err_text(&bench->err), "certificate could not be verified (it is "
		"self-signed)"));
	assert_int_equal(scripted_server_requests(bench->server), 0);
	/* Unless the operator said so, and only for that request. */
	assert_int_equal(get(bench, bench->tls_url, true, MORTISE_REDIRECT_NONE), 302);
	assert_int_equal(get(bench, bench->tls_url, false, MORTISE_REDIRECT_NONE),
		MORTISE_E_UPSTREAM);
	bench_free(bench);
}

static void a_redirect_never_leads_from_https_to_http(void **state)
{
	struct bench *bench = bench_new();

	(void)state;
	bench->location = xasprintf("Location: %s/x\r\n", scripted_server_url(bench->server));
	assert_int_equal(get(bench, bench->tls_url, true, MORTISE_REDIRECT_ALL), MORTISE_E_UPSTREAM);
	assert_non_null(strstr(err_text(&bench->err), "from https to http"));
	assert_int_equal(scripted_server_requests(bench->server), 1);
	bench_free(bench);
}

static void unchecked_is_one_origin_and_no_other(void **state)
{
	struct bench *bench = bench_new();

	(void)state;
	bench->location = xasprintf("Location: https://127.0.0.2:%d/x\r\n", tls_front_port(bench->front));
	assert_int_equal(get(bench, bench->tls_url, true, MORTISE_REDIRECT_ALL), 200);
	assert_int_equal(scripted_server_requests(bench->server), 2);
	assert_int_equal(get(bench, bench->plain_url, true, MORTISE_REDIRECT_ALL),
		MORTISE_E_UPSTREAM);
	assert_non_null(strstr(err_text(&bench->err), "self-signed"));
	assert_int_equal(scripted_server_requests(bench->server), 3);
	bench_free(bench);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_certificate_nobody_vouches_for_is_refused),
		cmocka_unit_test(unchecked_is_one_origin_and_no_other),
		cmocka_unit_test(a_redirect_never_leads_from_https_to_http),
	};

	return cmocka_run_group_tests_name("egress_tls", tests, NULL, NULL);
}
