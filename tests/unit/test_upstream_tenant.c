/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/* Upstreams that an integration names itself: where they may be, and how far trusted. */
#include "config.h"
#include "tests/unit/unit.h"
#include "tests/unit/tls_front.h"
#include "tests/unit/upstream_bench.h"

#include "core/base/mem.h"
#include "core/config/settings.h"
#include "core/upstream/oauth1.h"
#include "core/upstream/oauth2.h"

/* "/away" is redirected there. */
struct script {
	char *away;
};

static void play(const struct scripted_request *request, struct scripted_reply *reply, void *arg)
{
	struct script *script = arg;

	reply->body = "{\"access_token\":\"t\"}";
	if (strstr(request->target, "request-token"))
		reply->body = "oauth_token=a&oauth_token_secret=b";
	if (strcmp(request->target, "/away") == 0) {
		reply->status = 302;
		reply->headers = script->away;
	}
}

static void lead_to(struct bench *bench, const char *base)
{
	bench_patch_metadata(bench, json_pack("{s:s}", "base_url", base));
}

static int get(struct bench *bench, const char *path, bool cached)
{
	return bench_send(bench, (struct upstream_request){.upstream = "tenant", .path = path,
		.credentials = "none", .flags = cached ? 0 : MORTISE_HTTP_NO_CACHE});
}

/* ---- Addresses ---- */

static void each_request_is_judged_by_where_it_goes(void **state)
{
	static const char *const private[] = {"http://127.0.0.1:%d", "http://localhost:%d",
		"http://[::1]:%d", "http://10.0.0.1:%d", "http://169.254.169.254:%d",
		"http://192.168.1.1:%d/ctx", "http://[::ffff:127.0.0.1]:%d", "http://2130706433:%d",
		"http://0.0.0.0:%d", "https://127.0.0.1:%d"};
	struct script script = {0};
	struct bench *bench = bench_new(play, &script);
	int port = scripted_server_port(bench->server);

	(void)state;
	lead_to(bench, scripted_server_url(bench->server));
	assert_int_equal(get(bench, "/x", false), 0);
	for (size_t i = 0; i < lengthof(private); i++) {
		cleanup_free char *head = xstrndup(private[i], (size_t)(strstr(private[i], "%d") -
			private[i]));
		cleanup_free char *base = xasprintf("%s%d%s", head, port,
			strstr(private[i], "%d") + 2);

		lead_to(bench, base);
		if (get(bench, "/x", false) != MORTISE_E_UPSTREAM ||
			!strstr(err_text(&bench->err), "name it in egress.allow"))
			fail_msg("%s: %s", base, err_text(&bench->err));
	}
	assert_int_equal(scripted_server_requests(bench->server), 1);
	lead_to(bench, scripted_server_url(bench->server));
	assert_int_equal(get(bench, "/x", false), 0);
	/* Nor from there. */
	script.away = xasprintf("Location: http://127.0.0.1:%d/\r\n", port);
	assert_int_equal(get(bench, "/away", false), MORTISE_E_UPSTREAM);
	assert_non_null(strstr(err_text(&bench->err), "egress.allow"));
	assert_int_equal(scripted_server_requests(bench->server), 3);
	bench_free(bench);
	free(script.away);
}

/* What is allowed to one provider is not allowed to another.  Nobody listens there. */
static void an_address_is_allowed_to_one_provider(void **state)
{
	struct script script = {0};
	struct bench *bench = bench_new(play, &script);
	struct settings *settings = bench->daemon.settings;
	struct settings_allow *own = settings->egress_allow;
	struct settings_allow named = {.provider = (char *)(uintptr_t)"acme",
		.host = (char *)(uintptr_t)"127.0.0.1", .port = scripted_server_port(bench->server)};
	cleanup_free char *base = xasprintf("http://127.0.0.1:%d", named.port);

	(void)state;
	settings->egress_allow = &named;
	lead_to(bench, base);
	assert_int_equal(get(bench, "/x", false), MORTISE_E_UPSTREAM);
	assert_non_null(strstr(err_text(&bench->err), "could not be connected to"));
	bench->provider.provider.key = "other";
	assert_int_equal(get(bench, "/x", false), MORTISE_E_UPSTREAM);
	assert_non_null(strstr(err_text(&bench->err), "egress.allow"));
	settings->egress_allow = own;
	bench_free(bench);
}

/* ---- Certificates ---- */

static void certificates_are_checked_as_the_integration_says(void **state)
{
	struct script script = {0};
	struct bench *bench = bench_new(play, &script);
	struct tls_front *front = tls_front_new(scripted_server_port(bench->server));
	cleanup_free char *base = xasprintf("https://127.0.0.2:%d", tls_front_port(front));

	(void)state;
	bench->upstreams[2].cache_ms = 60000;
	lead_to(bench, base);
	assert_int_equal(get(bench, "/x", true), MORTISE_E_UPSTREAM);
	assert_non_null(strstr(err_text(&bench->err), "(it is self-signed)"));
	bench_patch_metadata(bench, json_pack("{s:b}", "verify_ssl", 0));
	assert_int_equal(get(bench, "/x", true), 0);
	assert_int_equal(get(bench, "/x", true), 0);
	assert_int_equal(scripted_server_requests(bench->server), 1);
	/* What came unchecked is not given once it is to be checked. */
	bench_patch_metadata(bench, json_pack("{s:b}", "verify_ssl", 1));
	assert_int_equal(get(bench, "/x", true), MORTISE_E_UPSTREAM);
	/* Nor do failures of one bar the way to the other. */
	for (int i = 0; i < 6; i++)
		assert_int_equal(get(bench, "/x", true), MORTISE_E_UPSTREAM);
	assert_non_null(strstr(err_text(&bench->err), "left alone"));
	bench_patch_metadata(bench, json_pack("{s:b}", "verify_ssl", 0));
	assert_int_equal(get(bench, "/x", false), 0);
	tls_front_free(front);
	bench_free(bench);
}

static void steps_check_certificates_as_the_form_says(void **state)
{
	struct script script = {0};
	struct bench *bench = bench_new(play, &script);
	struct tls_front *front = tls_front_new(scripted_server_port(bench->server));
	cleanup_free char *url = xasprintf("https://127.0.0.2:%d/request-token",
		tls_front_port(front));
	const struct mortise_step step = {.request_token_url = url, .token_url = url,
		.client_id = "key", .client_secret = "provider:private_key",
		.verify = "state:/verify_ssl"};

	(void)state;
	for (int verify = 0; verify <= 1; verify++) {
		int wanted = verify ? MORTISE_E_UPSTREAM : 0;
		char *token = NULL, *secret = NULL;
		json_t *answer = NULL;

		json_object_set_new(bench->pipeline.state, "verify_ssl", json_boolean(verify));
		assert_int_equal(oauth1_request_token(&bench->daemon, &bench->pipeline, &step, NULL,
			&token, &secret, NULL), wanted);
		assert_int_equal(scripted_server_requests(bench->server), verify ? 2 : 1);
		/* It answers no token of that kind; but it answers. */
		err_clear(&bench->err);
		assert_int_not_equal(oauth2_exchange(&bench->daemon, &bench->pipeline,
			&(struct oauth2_exchange){.step = &step, .code = "c",
				.redirect_uri = "http://127.0.0.1/"}, &answer, &bench->err), 0);
		assert_int_equal(strstr(err_text(&bench->err), "self-signed") != NULL, verify);
		assert_int_equal(scripted_server_requests(bench->server), 2);
		free(token);
		free(secret);
	}
	tls_front_free(front);
	bench_free(bench);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_request_is_judged_by_where_it_goes),
		cmocka_unit_test(an_address_is_allowed_to_one_provider),
		cmocka_unit_test(certificates_are_checked_as_the_integration_says),
		cmocka_unit_test(steps_check_certificates_as_the_form_says),
	};

	return cmocka_run_group_tests_name("upstream_tenant", tests, NULL, NULL);
}
