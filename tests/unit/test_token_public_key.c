/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/* Public keys that others publish: what is fetched, how long it is kept, what is bounded. */
#include "config.h"
#include "tests/unit/unit.h"

#include <pthread.h>
#include <stdio.h>

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <sodium.h>

#include "core/base/clock.h"
#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/daemon/daemon.h"
#include "core/egress/egress.h"
#include "core/provider/provider.h"
#include "core/token/public_key.h"
#include "core/upstream/upstream.h"
#include "core/vault/vault.h"

#define ADDRESS "https://keys.test/v1/{kid}"
#define MINUTE_MS 60000
#define HOUR_MS 3600000

static int64_t mono_ms;
static char *public_pem;
static char last_url[128];

/* What stands for the other side, under lock. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static int fetched, answer_status;
static const char *answer_body;
static bool is_held;

/* ---- What stands for other parts ---- */

int64_t clock_mono_ms(void)
{
	return mono_ms;
}

int64_t clock_now_us(void)
{
	return 0;
}

const char *clock_format(int64_t time_us, char ret_text[static CLOCK_TEXT_SIZE])
{
	(void)time_us;
	*ret_text = '\0';
	return ret_text;
}

int upstream_template(struct daemon *daemon, const struct call_scope *scope, const char *text,
	const char *state_token, char **ret_text, struct err *err)
{
	(void)daemon;
	(void)scope;
	(void)state_token;
	(void)err;
	*ret_text = xstrdup(text);
	return 0;
}

int egress_send(struct egress *egress, const struct egress_request *request,
	struct egress_answer *ret_answer, enum egress_failure *ret_failure, struct err *err)
{
	(void)egress;
	assert_string_equal(request->provider, "acme");
	assert_string_equal(request->method, "GET");
	assert_int_equal(request->redirects, MORTISE_REDIRECT_NONE);
	assert_true(request->max_answer > 0 && request->max_answer <= 16384);
	assert_true(request->timeout_ms > 0 && request->timeout_ms <= 5000);
	*ret_failure = EGRESS_ANSWERED;
	pthread_mutex_lock(&lock);
	fetched++;
	snprintf(last_url, sizeof(last_url), "%s", request->url);
	pthread_cond_broadcast(&changed);
	while (is_held)
		pthread_cond_wait(&changed, &lock);
	if (answer_status)
		*ret_answer = (struct egress_answer){.status = answer_status,
			.body = xstrdup(answer_body), .size = strlen(answer_body)};
	pthread_mutex_unlock(&lock);
	return answer_status ? 0 : err_set(err, MORTISE_E_UPSTREAM, "no answer");
}

void egress_answer_clear(struct egress_answer *answer)
{
	free(answer->body);
}

/* ---- */

static const struct reg_provider provider = {.provider = {.key = "acme"}};
static const struct call_scope scope = {.kind = MORTISE_SCOPE_PROVIDER, .provider = &provider};

static int setup(void **state)
{
	struct daemon *daemon = new(struct daemon);

	daemon->public_keys = public_keys_new();
	mono_ms = 1000;
	fetched = 0;
	is_held = false;
	answer_status = 200;
	answer_body = public_pem;
	*state = daemon;
	return 0;
}

static int teardown(void **state)
{
	struct daemon *daemon = *state;

	public_keys_free(daemon->public_keys);
	free(daemon);
	return 0;
}

static int get(struct daemon *daemon, const char *kid)
{
	cleanup_secret struct secret *pem = NULL;
	cleanup_err struct err err = {0};
	int result = public_key_get(daemon, &scope, ADDRESS, kid, &pem, &err);

	if (result == 0)
		assert_string_equal((const char *)pem->data, public_pem);
	else
		assert_true(*err_text(&err));
	return result;
}

static void a_key_is_fetched_once_an_hour(void **state)
{
	(void)*state;
	assert_int_equal(get(*state, "k-1"), 0);
	assert_string_equal(last_url, "https://keys.test/v1/k-1");
	mono_ms += HOUR_MS - 1;
	assert_int_equal(get(*state, "k-1"), 0);
	assert_int_equal(fetched, 1);
	mono_ms += 1;
	assert_int_equal(get(*state, "k-1"), 0);
	assert_int_equal(fetched, 2);
}

static void what_is_not_known_is_asked_for_again_after_a_minute(void **state)
{
	static const struct {
		int status;
		const char *body;
	} answers[] = {{404, ""}, {403, ""}, {302, ""}, {200, "<html>"}, {200, ""}};

	for (size_t i = 0; i < lengthof(answers); i++) {
		char kid[16];

		snprintf(kid, sizeof(kid), "k-%zu", i);
		fetched = 0;
		answer_status = answers[i].status;
		answer_body = answers[i].body;
		assert_int_equal(get(*state, kid), MORTISE_E_NOT_FOUND);
		mono_ms += MINUTE_MS - 1;
		assert_int_equal(get(*state, kid), MORTISE_E_NOT_FOUND);
		assert_int_equal(fetched, 1);
		mono_ms += 1;
		answer_status = 200;
		answer_body = public_pem;
		assert_int_equal(get(*state, kid), 0);
		assert_int_equal(fetched, 2);
	}
}

static void a_failure_is_not_remembered(void **state)
{
	static const int statuses[] = {500, 503, 429, 0};

	for (size_t i = 0; i < lengthof(statuses); i++) {
		answer_status = statuses[i];
		assert_int_equal(get(*state, "k"), MORTISE_E_UPSTREAM);
	}
	answer_status = 200;
	assert_int_equal(get(*state, "k"), 0);
	assert_int_equal(fetched, 5);
}

static void names_that_strangers_make_up_drive_no_key_out(void **state)
{
	char kid[32];

	assert_int_equal(get(*state, "good"), 0);
	answer_status = 404;
	for (int i = 0; i < 1000; i++) {
		snprintf(kid, sizeof(kid), "made-up-%d", i);
		assert_int_equal(get(*state, kid), MORTISE_E_NOT_FOUND);
	}
	fetched = 0;
	assert_int_equal(get(*state, "good"), 0);
	assert_int_equal(fetched, 0);
	/* A table full of keys is left as it is. */
	answer_status = 200;
	for (int i = 0; i < 63; i++) {
		snprintf(kid, sizeof(kid), "good-%d", i);
		assert_int_equal(get(*state, kid), 0);
	}
	answer_status = 404;
	assert_int_equal(get(*state, "made-up"), MORTISE_E_NOT_FOUND);
	fetched = 0;
	assert_int_equal(get(*state, "good"), 0);
	assert_int_equal(fetched, 0);
	/* One key more takes the place of the oldest. */
	answer_status = 200;
	mono_ms += 1;
	assert_int_equal(get(*state, "good-64"), 0);
	fetched = 0;
	assert_int_equal(get(*state, "good-64"), 0);
	assert_int_equal(fetched, 0);
}

struct caller {
	struct daemon *daemon;
	pthread_t thread;
	char kid[16];
	int result;
};

static void *call(void *arg)
{
	struct caller *caller = arg;

	caller->result = get(caller->daemon, caller->kid);
	return NULL;
}

static void few_are_fetched_at_once(void **state)
{
	struct caller callers[4];

	is_held = true;
	for (size_t i = 0; i < lengthof(callers); i++) {
		callers[i] = (struct caller){.daemon = *state};
		snprintf(callers[i].kid, sizeof(callers[i].kid), "k-%zu", i);
		pthread_create(&callers[i].thread, NULL, call, &callers[i]);
	}
	pthread_mutex_lock(&lock);
	while (fetched < (int)lengthof(callers))
		pthread_cond_wait(&changed, &lock);
	pthread_mutex_unlock(&lock);
	assert_int_equal(get(*state, "one-more"), MORTISE_E_RETRY);
	pthread_mutex_lock(&lock);
	is_held = false;
	pthread_cond_broadcast(&changed);
	pthread_mutex_unlock(&lock);
	for (size_t i = 0; i < lengthof(callers); i++) {
		pthread_join(callers[i].thread, NULL);
		assert_int_equal(callers[i].result, 0);
	}
	assert_int_equal(get(*state, "one-more"), 0);
}

static int make_key(void **state)
{
	EVP_PKEY *key = EVP_RSA_gen(2048);
	BIO *bio = BIO_new(BIO_s_mem());
	char *text;
	long size;

	(void)state;
	assert_true(sodium_init() >= 0);
	PEM_write_bio_PUBKEY(bio, key);
	size = BIO_get_mem_data(bio, &text);
	public_pem = xstrndup(text, (size_t)size);
	BIO_free(bio);
	EVP_PKEY_free(key);
	return 0;
}

static int free_key(void **state)
{
	(void)state;
	free(public_pem);
	return 0;
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(a_key_is_fetched_once_an_hour),
		CASE(what_is_not_known_is_asked_for_again_after_a_minute),
		CASE(a_failure_is_not_remembered),
		CASE(names_that_strangers_make_up_drive_no_key_out),
		CASE(few_are_fetched_at_once),
	};

	return cmocka_run_group_tests_name("token/public_key", tests, make_key, free_key);
}
