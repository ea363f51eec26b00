/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * Webhooks from the socket to the handler: GitHub's table of checks, keys of
 * integrations and links, repeats, order, replay, inline.
 */
#include "config.h"
#include "tests/unit/unit.h"

#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <unistd.h>

#include <arpa/inet.h>
#include <sodium.h>
#include <sys/socket.h>

#include "core/base/buf.h"
#include "core/base/clock.h"
#include "core/base/err.h"
#include "core/base/log.h"
#include "core/base/loop.h"
#include "core/base/mem.h"
#include "core/base/pool.h"
#include "core/config/settings.h"
#include "core/crypto/digest.h"
#include "core/daemon/daemon.h"
#include "core/effect/effect.h"
#include "core/http/http.h"
#include "core/job/job.h"
#include "core/job/job_admin.h"
#include "core/storage/integration.h"
#include "core/storage/link.h"
#include "core/storage/organization.h"
#include "core/storage/prune.h"
#include "core/storage/store.h"
#include "core/storage/tx.h"
#include "core/vault/slot.h"
#include "core/webhook/webhook.h"
#include "tests/unit/fake_providers.h"
#include "tests/unit/scratch_store.h"

#define WAIT_MS 20000
#define SECRET "s3cret"

static const char registration[] = "[{"
	"\"provider\":{\"key\":\"github\",\"name\":\"GitHub\",\"build\":true},"
	"\"settings\":[{\"type\":1,\"flags\":1,\"name\":\"webhook_secret\"}],"
	"\"tasks\":[{\"name\":\"catch_up\",\"scope\":1,\"run\":true}],"
	"\"webhooks\":["
	"{\"name\":\"webhook\",\"path\":\"webhook/\",\"max_body\":4096,\"scope\":4,\"scheme\":1,"
	"\"key\":\"provider:webhook_secret\",\"event\":\"header:X-GitHub-Event\","
	"\"delivery_id\":\"header:X-GitHub-Delivery\",\"subject\":\"json:/installation/id\","
	"\"object\":\"json:/repository/id\","
	"\"keep_headers\":\"X-GitHub-Event, X-Hub-Signature-256\",\"handler\":true,"
	"\"signatures\":["
	"{\"header\":\"X-Hub-Signature-256\",\"algorithm\":\"sha256\",\"prefix\":\"sha256=\"},"
	"{\"header\":\"X-Hub-Signature\",\"algorithm\":\"sha1\",\"prefix\":\"sha1=\"}],"
	"\"events\":[{\"name\":\"installation\",\"flags\":7},{\"name\":\"push\",\"flags\":1},"
	"{\"name\":\"issues\"}],"
	"\"replies\":[{\"condition\":\"not_configured\",\"status\":401},"
	"{\"condition\":\"no_signature\",\"status\":400},{\"condition\":\"bad_token\",\"status\":400},"
	"{\"condition\":\"unknown_integration\",\"status\":204},"
	"{\"condition\":\"accepted\",\"status\":204}]},"
	"{\"name\":\"own\",\"path\":\"own/\",\"scope\":4,\"scheme\":2,"
	"\"key\":\"integration:own\",\"event\":\"json:/type\",\"subject\":\"json:/subject\","
	"\"bind_left\":\"header:X-Bind\",\"bind_right\":\"json:/bind\",\"handler\":true,"
	"\"signatures\":[{\"header\":\"X-Key\"}],"
	"\"events\":[{\"name\":\"made\",\"flags\":1,\"accepted\":201}]},"
	"{\"name\":\"linked\",\"path\":\"linked/\",\"scope\":5,\"scheme\":2,"
	"\"key\":\"install:own\",\"subject\":\"json:/subject\",\"handler\":true,"
	"\"signatures\":[{\"header\":\"X-Key\"}]},"
	"{\"name\":\"now\",\"path\":\"now/{token}/\",\"methods\":\"GET, POST\",\"mode\":1,\"scope\":1,"
	"\"event\":\"path:token\",\"handler\":true,"
	"\"replies\":[{\"condition\":\"accepted\",\"status\":200}]}"
	"]},{"
	"\"provider\":{\"key\":\"placed\",\"name\":\"Placed\",\"build\":true},"
	"\"settings\":[{\"type\":1,\"flags\":1,\"name\":\"webhook_secret\"},"
	"{\"type\":1,\"name\":\"event\",\"default_value\":\"header:X-Kind | json:/kind\"},"
	"{\"type\":1,\"name\":\"header\",\"default_value\":\"X-Sum\"},"
	"{\"type\":1,\"name\":\"prefix\",\"default_value\":\"v1=\"},"
	"{\"type\":1,\"name\":\"none\"}],"
	"\"webhooks\":[{\"path\":\"in/\",\"mode\":1,\"scope\":1,\"scheme\":1,"
	"\"key\":\"provider:webhook_secret\",\"event\":\"setting:event\","
	"\"object\":\"setting:none\",\"handler\":true,"
	"\"signatures\":[{\"header\":\"setting:header\",\"algorithm\":\"sha256\","
	"\"prefix\":\"setting:prefix\"}],\"events\":[{\"name\":\"told\",\"flags\":1}]}]"
	"},{"
	"\"provider\":{\"key\":\"misplaced\",\"name\":\"Misplaced\",\"build\":true},"
	"\"settings\":[{\"type\":1,\"flags\":1,\"name\":\"webhook_secret\"},"
	"{\"type\":1,\"name\":\"header\"},"
	"{\"type\":1,\"name\":\"odd\",\"default_value\":\"header X-Kind\"}],"
	"\"webhooks\":[{\"path\":\"in/\",\"mode\":1,\"scope\":1,\"scheme\":1,"
	"\"key\":\"provider:webhook_secret\",\"handler\":true,"
	"\"signatures\":[{\"header\":\"setting:header\",\"algorithm\":\"sha256\"}]},"
	"{\"path\":\"odd/\",\"mode\":1,\"scope\":1,\"event\":\"setting:odd\",\"handler\":true},"
	"{\"path\":\"fine/\",\"mode\":1,\"scope\":1,\"handler\":true}]"
	"}]";

struct fixture {
	struct scratch_store scratch;
	struct settings settings;
	struct daemon daemon;
	pthread_t thread;
	int64_t integration_id, link_ids[2];
};

static bool secret_is_named;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static char handled[1024];     /* one line for each call of a handler, under lock */
static char last_body[4096];   /* that it was given */
static int handler_code;       /* what it answers */

/* ---- What stands for other parts ---- */

char *settings_provider_text(const struct settings *settings, const char *provider,
	const char *name)
{
	(void)settings;
	(void)provider;
	return secret_is_named && strcmp(name, "webhook_secret_file") == 0 ? xstrdup("/file") : NULL;
}

int slot_read_both(struct daemon *daemon, const struct call_scope *scope, const char *slot,
	struct secret **ret_current, struct secret **ret_previous, struct err *err)
{
	char text[32] = SECRET;

	(void)daemon;
	*ret_previous = NULL;
	if (strcmp(slot, "integration:own") == 0)
		strcpy(text, "own");
	if (strcmp(slot, "install:own") == 0)
		snprintf(text, sizeof(text), "link-%lld", (long long)scope->organization_id);
	if (strcmp(slot, "install:own") == 0 && scope->link_id == 0)
		return err_set(err, MORTISE_E_NOT_FOUND, "none");
	*ret_current = secret_new(text, strlen(text));
	return 0;
}

int effects_check(const struct effect_context *context, const json_t *effects, struct err *err)
{
	(void)context;
	(void)effects;
	(void)err;
	return 0;
}

int effects_apply(struct tx *tx, struct effect_context *context, const json_t *effects,
	struct err *err)
{
	(void)tx;
	(void)context;
	(void)effects;
	(void)err;
	return 0;
}

static int handle(const struct call_request *request, json_t **ret_output, json_t **ret_effects,
	struct err *err)
{
	json_t *input = request->input;
	const char *event = json_string_value(json_object_get(input, "event"));
	size_t used;
	int code;

	pthread_mutex_lock(&lock);
	used = strlen(handled);
	snprintf(last_body, sizeof(last_body), "%.*s", (int)request->body_size,
		request->body ? (const char *)request->body : "");
	snprintf(handled + used, sizeof(handled) - used, "%s %s scope=%d subject=%s size=%zu%s\n",
		request->callback, event, request->scope.kind, request->scope.external_id,
		request->body_size,
		json_is_true(json_object_get(input, "replay")) ? " replay" : "");
	code = handler_code;
	pthread_mutex_unlock(&lock);
	if (code != 0)
		return err_set(err, code, "as told");
	*ret_output = json_pack("{s:s, s:{s:s}}", "outcome", "handled", "body", "hello", event);
	*ret_effects = json_array();
	return 0;
}

/* ---- */

struct rows {
	struct fixture *fixture;
	int links;
};

static int put_rows(struct tx *tx, void *arg, struct err *err)
{
	static const unsigned char uid[INTEGRATION_UID_SIZE] = {1};
	const struct rows *rows = arg;
	struct fixture *fixture = rows->fixture;
	cleanup_json json_t *metadata = json_object();
	bool created;
	int result = integration_put(tx, &(struct integration_put){.provider = "github",
		.external_id = "7", .name = "n", .metadata = metadata, .uid = uid, .now_us = 1},
		&fixture->integration_id, &created, err);

	for (int i = 0; result == 0 && i < rows->links; i++) {
		int64_t organization_id;
		char slug[16];

		snprintf(slug, sizeof(slug), "o%d", i);
		result = organization_insert(tx, slug, slug, 1, &organization_id, err);
		if (result == 0)
			result = link_add(tx, &(struct link_add){.organization_id = organization_id,
				.integration_id = fixture->integration_id, .uid = uid, .now_us = 1},
				&fixture->link_ids[i], &created, err);
	}
	return result;
}

static void *run_loop(void *arg)
{
	loop_run(arg);
	return NULL;
}

static int setup(void **state)
{
	struct fixture *fixture = new(struct fixture);
	struct rows rows = {fixture, 2};
	struct daemon *daemon = &fixture->daemon;
	cleanup_err struct err err = {0};

	assert_true(sodium_init() >= 0);
	scratch_store_open(&fixture->scratch);
	fixture->settings.job_workers = 2;
	fixture->settings.retention_webhooks = 7;
	fixture->settings.retention_jobs = 7;
	fixture->settings.retention_audit = 7;
	daemon->settings = &fixture->settings;
	daemon->store = fixture->scratch.store;
	daemon->loop = loop_new();
	daemon->intake_pool = pool_new("intake", POOL_IN_FRONT, 2, 8);
	daemon->request_pool = pool_new("request", POOL_IN_FRONT, 2, 8);
	daemon->http = http_server_new(&(struct http_settings){.loop = daemon->loop});
	daemon->jobs = jobs_new(daemon);
	daemon->webhooks = webhooks_new(daemon);
	fake_providers_set(registration);
	fake_call = handle;
	fake_configured = secret_is_named = true;
	*handled = '\0';
	handler_code = 0;
	if (store_write(daemon->store, put_rows, &rows, &err) < 0 ||
		http_server_listen(daemon->http, "127.0.0.1:0", &err) < 0)
		fail_msg("%s", err_text(&err));
	pthread_create(&fixture->thread, NULL, run_loop, daemon->loop);
	*state = fixture;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *fixture = *state;
	struct daemon *daemon = &fixture->daemon;

	jobs_drain(daemon->jobs, WAIT_MS);
	loop_stop(daemon->loop);
	pthread_join(fixture->thread, NULL);
	pool_free(daemon->intake_pool);
	pool_free(daemon->request_pool);
	http_server_free(daemon->http);
	jobs_free(daemon->jobs);
	webhooks_free(daemon->webhooks);
	scratch_store_close(&fixture->scratch);
	loop_free(daemon->loop);
	fake_providers_set(NULL);
	free(fixture);
	return 0;
}

/* ---- A sender ---- */

static char *exchange(struct fixture *fixture, const char *head, const char *body)
{
	struct sockaddr_in where = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)},
		.sin_port = htons((uint16_t)http_server_port(fixture->daemon.http))};
	struct timeval limit = {.tv_sec = WAIT_MS / 1000};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	cleanup_free char *request = xasprintf("%s\r\nHost: a\r\nConnection: close\r\n"
		"Content-Length: %zu\r\n\r\n%s", head, strlen(body), body);
	struct buf reply = BUF(1 << 16);
	char piece[4096];
	ssize_t got;

	assert_int_equal(connect(fd, (struct sockaddr *)&where, sizeof(where)), 0);
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	assert_int_equal(send(fd, request, strlen(request), MSG_NOSIGNAL), (ssize_t)strlen(request));
	while ((got = recv(fd, piece, sizeof(piece), 0)) > 0)
		buf_add(&reply, piece, (size_t)got);
	close(fd);
	return buf_steal(&reply);
}

static int status_of(const char *reply)
{
	return reply && strlen(reply) > 12 ? (int)strtol(reply + 9, NULL, 10) : 0;
}

static int send_to(struct fixture *fixture, const char *head, const char *body)
{
	cleanup_free char *reply = exchange(fixture, head, body);

	return status_of(reply);
}

static void sign(const char *body, char ret_hex[65])
{
	unsigned char mac[DIGEST_MAX_SIZE];
	struct hmac_key *key = hmac_key_new(DIGEST_SHA256, SECRET, strlen(SECRET));
	size_t size = hmac_sign(key, body, strlen(body), mac);

	hmac_key_free(key);
	sodium_bin2hex(ret_hex, 65, mac, size);
}

/* As GitHub does it. */
static int deliver(struct fixture *fixture, const char *event, const char *delivery, const char *body)
{
	cleanup_free char *head = NULL;
	char signature[65];

	sign(body, signature);
	head = xasprintf("POST /extensions/github/webhook/ HTTP/1.1\r\nX-GitHub-Event: %s\r\n"
		"X-GitHub-Delivery: %s\r\nX-Hub-Signature-256: sha256=%s", event, delivery, signature);
	return send_to(fixture, head, body);
}

static json_t *webhooks_listed(struct fixture *fixture)
{
	cleanup_json json_t *parameters = json_object();
	json_t *result;

	assert_int_equal(webhook_admin_list(&fixture->daemon, parameters, &result, NULL), 0);
	return result;
}

static size_t count(struct fixture *fixture, const char *what)
{
	cleanup_json json_t *parameters = json_object();
	cleanup_json json_t *result = NULL;
	int (*list)(struct daemon *, const json_t *, json_t **, struct err *) =
		strcmp(what, "jobs") == 0 ? job_admin_list : webhook_admin_list;

	assert_int_equal(list(&fixture->daemon, parameters, &result, NULL), 0);
	return json_array_size(json_object_get(result, what));
}

/* A member of the newest webhook or job, as text to be freed. */
static char *newest(struct fixture *fixture, const char *what, const char *member)
{
	cleanup_json json_t *parameters = json_object();
	cleanup_json json_t *result = NULL;
	json_t *value;
	int (*list)(struct daemon *, const json_t *, json_t **, struct err *) =
		strcmp(what, "jobs") == 0 ? job_admin_list : webhook_admin_list;

	assert_int_equal(list(&fixture->daemon, parameters, &result, NULL), 0);
	value = json_object_get(json_array_get(json_object_get(result, what), 0), member);
	return json_is_string(value) ? xstrdup(json_string_value(value)) :
		json_dumps(value, JSON_ENCODE_ANY);
}

#define assert_newest(fixture, what, member, expected)                          \
	do {                                                                    \
		cleanup_free char *newest_ = newest((fixture), (what), (member)); \
		assert_string_equal(newest_, (expected));                       \
	} while (0)

static void run_jobs(struct fixture *fixture)
{
	assert_int_equal(jobs_start(fixture->daemon.jobs, NULL), 0);
}

/* Until the handlers' lines are these. */
static void wait_for_handled(const char *lines)
{
	int64_t until_ms = clock_mono_ms() + WAIT_MS;
	bool equal;

	do {
		pthread_mutex_lock(&lock);
		equal = strcmp(handled, lines) == 0;
		pthread_mutex_unlock(&lock);
		sched_yield();
	} while (!equal && clock_mono_ms() < until_ms);
	assert_string_equal(handled, lines);
}

static void wait_for_newest(struct fixture *fixture, const char *status)
{
	int64_t until_ms = clock_mono_ms() + WAIT_MS;

	for (;;) {
		cleanup_free char *now = newest(fixture, "webhooks", "status");

		if (strcmp(now, status) == 0)
			return;
		if (clock_mono_ms() > until_ms)
			fail_msg("the webhook is %s, not %s", now, status);
		sched_yield();
	}
}

/* ---- GitHub's table of checks ---- */

#define PUSH "{\"installation\":{\"id\":7},\"repository\":{\"id\":5501}}"
#define POST "POST /extensions/github/webhook/ HTTP/1.1\r\n"
#define EVENT(name) "X-GitHub-Event: " name "\r\n"

static const struct refusal {
	const char *name, *head, *body;
	bool sign;             /* add the right X-Hub-Signature-256 */
	int status;
} refusals[] = {
	{"not POST", "GET /extensions/github/webhook/ HTTP/1.1\r\nX: y", "", false, 405},
	{"no such webhook", "POST /extensions/github/other/ HTTP/1.1\r\nX: y", "", false, 404},
	{"no such provider", "POST /extensions/gitlab/webhook/ HTTP/1.1\r\nX: y", "", false, 404},
	{"empty body", POST EVENT("push") "X: y", "", true, 400},
	{"no event", POST "X: y", PUSH, true, 400},
	{"other event, wrong signature", POST EVENT("star") "X-Hub-Signature-256: sha256=00", PUSH,
		false, 204},
	{"known event without handler", POST EVENT("issues") "X: y", PUSH, false, 204},
	{"no signature", POST EVENT("push") "X: y", PUSH, false, 400},
	{"no = in it", POST EVENT("push") "X-Hub-Signature-256: abc", PUSH, false, 400},
	{"another algorithm", POST EVENT("push") "X-Hub-Signature: md5=abc", PUSH, false, 400},
	{"wrong signature", POST EVENT("push") "X-Hub-Signature-256: sha256=00", PUSH, false, 401},
	{"wrong sha1 signature", POST EVENT("push") "X-Hub-Signature: sha1=00", PUSH, false, 401},
	{"not JSON", POST EVENT("push") "X: y", "payload=%7B%7D", true, 400},
	{"wrong signature over no JSON", POST EVENT("push") "X-Hub-Signature-256: sha256=00", "x",
		false, 401},
	{"a member twice", POST EVENT("push") "X: y",
		"{\"installation\":{\"id\":7},\"installation\":{\"id\":8}}", true, 400},
	{"no installation", POST EVENT("push") "X: y", "{}", true, 400},
	{"unknown installation", POST EVENT("push") "X: y", "{\"installation\":{\"id\":8}}", true, 204},
};

static void what_is_refused_is_answered_and_not_stored(void **state)
{
	struct fixture *fixture = *state;

	for (size_t i = 0; i < lengthof(refusals); i++) {
		const struct refusal *r = &refusals[i];
		cleanup_free char *head = NULL;
		char signature[65];
		int status;

		sign(r->body, signature);
		head = r->sign ? xasprintf("%s\r\nX-Hub-Signature-256: sha256=%s", r->head, signature) :
			xstrdup(r->head);
		status = send_to(fixture, head, r->body);
		if (status != r->status)
			fail_msg("case %zu, %s: %d, not %d", i, r->name, status, r->status);
	}
	assert_int_equal(count(fixture, "webhooks"), 0);
	assert_int_equal(count(fixture, "jobs"), 0);
}

static void a_secret_that_is_not_configured_is_told_first(void **state)
{
	struct fixture *fixture = *state;

	secret_is_named = false;
	assert_int_equal(send_to(fixture, POST "X: y", ""), 401);
}

static void a_body_over_the_limit_is_refused_before_it_is_read(void **state)
{
	struct fixture *fixture = *state;
	char body[4200];

	memset(body, ' ', sizeof(body) - 1);
	body[sizeof(body) - 1] = '\0';
	assert_int_equal(deliver(fixture, "push", "d", body), 413);
	body[4096] = '\0';
	assert_int_equal(deliver(fixture, "push", "d", body), 400);
}

/* ---- What is accepted ---- */

static void an_accepted_webhook_is_stored_and_handled(void **state)
{
	struct fixture *fixture = *state;
	cleanup_json json_t *parameters = NULL, *result = NULL;
	cleanup_free char *id = NULL;
	json_t *shown;

	assert_int_equal(deliver(fixture, "push", "d1", PUSH), 204);
	assert_newest(fixture, "webhooks", "status", "waiting");
	assert_newest(fixture, "webhooks", "event", "push");
	assert_newest(fixture, "webhooks", "object", "5501");
	run_jobs(fixture);
	wait_for_newest(fixture, "done");
	wait_for_handled("webhook:webhook push scope=4 subject=7 size=50\n");
	assert_string_equal(last_body, PUSH);
	id = newest(fixture, "webhooks", "id");
	parameters = json_pack("{s:s}", "id", id);
	assert_int_equal(webhook_admin_show(&fixture->daemon, parameters, &result, NULL), 0);
	shown = json_object_get(result, "webhook");
	/* What is asked to be kept is, but never a signature. */
	assert_int_equal(json_object_size(json_object_get(shown, "headers")), 1);
	assert_string_equal(json_string_value(json_object_get(json_object_get(shown, "headers"),
		"x-github-event")), "push");
	assert_string_equal(json_string_value(json_object_get(json_array_get(
		json_object_get(shown, "jobs"), 0), "outcome")), "handled");
}

static void a_large_body_comes_back_as_it_was(void **state)
{
	struct fixture *fixture = *state;
	char body[3000];

	snprintf(body, sizeof(body), "{\"installation\":{\"id\":7},\"x\":\"%2500d\"}", 1);
	assert_int_equal(deliver(fixture, "push", "d1", body), 204);
	run_jobs(fixture);
	wait_for_handled("webhook:webhook push scope=4 subject=7 size=2532\n");
	assert_string_equal(last_body, body);
}

SQL(end_jobs, "UPDATE job SET status = 2, finished_at = 0 WHERE status = 0");

static int forget_webhooks_in(struct tx *tx, void *arg, struct err *err)
{
	struct prune_cutoffs cutoffs = {.webhooks_us = clock_now_us(), .jobs_us = clock_now_us()};
	struct prune_step step;
	int result = tx_exec(tx, &end_jobs, err, "");

	(void)arg;
	return result < 0 ? result : store_prune_step(tx, &cutoffs, 0, &step, err);
}

static void a_repeat_is_recognised_and_not_stored(void **state)
{
	struct fixture *fixture = *state;

	assert_int_equal(deliver(fixture, "push", "d1", PUSH), 204);
	assert_int_equal(deliver(fixture, "push", "d1", PUSH), 204);
	/* Days later, too. */
	clock_shift_us(INT64_C(5) * 24 * 3600 * 1000000);
	assert_int_equal(deliver(fixture, "push", "d1", PUSH), 204);
	assert_int_equal(count(fixture, "webhooks"), 1);
	assert_int_equal(count(fixture, "jobs"), 1);
	assert_int_equal(deliver(fixture, "push", "d2", PUSH), 204);
	assert_int_equal(count(fixture, "webhooks"), 2);
	/* But not longer than it is kept. */
	clock_shift_us(INT64_C(9) * 24 * 3600 * 1000000);
	assert_int_equal(store_write(fixture->scratch.store, forget_webhooks_in, NULL, NULL), 0);
	assert_int_equal(count(fixture, "webhooks"), 0);
	assert_int_equal(deliver(fixture, "push", "d1", PUSH), 204);
	assert_int_equal(count(fixture, "webhooks"), 1);
	clock_shift_us(0);
}

static void a_repeat_with_a_wrong_signature_is_refused(void **state)
{
	struct fixture *fixture = *state;

	assert_int_equal(deliver(fixture, "push", "d1", PUSH), 204);
	assert_int_equal(send_to(fixture, POST EVENT("push") "X-GitHub-Delivery: d1\r\n"
		"X-Hub-Signature-256: sha256=00", PUSH), 401);
}

static void a_repeat_of_a_dead_letter_runs_it_again(void **state)
{
	struct fixture *fixture = *state;

	handler_code = MORTISE_E_LIMIT;
	assert_int_equal(deliver(fixture, "push", "d1", PUSH), 204);
	run_jobs(fixture);
	wait_for_newest(fixture, "dead");
	handler_code = 0;
	assert_int_equal(deliver(fixture, "push", "d1", PUSH), 204);
	wait_for_newest(fixture, "done");
	assert_int_equal(count(fixture, "webhooks"), 1);
}

static void a_replay_runs_it_again_and_says_so(void **state)
{
	struct fixture *fixture = *state;
	cleanup_json json_t *parameters = NULL, *result = NULL;
	cleanup_free char *id = NULL;

	assert_int_equal(deliver(fixture, "push", "d1", "{\"installation\":{\"id\":7}}"), 204);
	run_jobs(fixture);
	wait_for_newest(fixture, "done");
	id = newest(fixture, "webhooks", "id");
	parameters = json_pack("{s:s}", "id", id);
	assert_int_equal(webhook_admin_replay(&fixture->daemon, parameters, &result, NULL), 0);
	assert_int_equal(json_array_size(json_object_get(result, "jobs")), 1);
	wait_for_handled("webhook:webhook push scope=4 subject=7 size=25\n"
			 "webhook:webhook push scope=4 subject=7 size=25 replay\n");
}

static void a_life_cycle_event_needs_no_integration(void **state)
{
	struct fixture *fixture = *state;

	assert_int_equal(deliver(fixture, "installation", "d1", "{\"installation\":{\"id\":99}}"), 204);
	assert_newest(fixture, "webhooks", "integration", "null");
	run_jobs(fixture);
	wait_for_handled("webhook:webhook installation scope=2 subject=99 size=26\n");
}

static void later_life_cycle_events_keep_behind_the_first(void **state)
{
	struct fixture *fixture = *state;

	assert_int_equal(deliver(fixture, "installation", "d1", "{\"installation\":{\"id\":99}}"), 204);
	assert_newest(fixture, "jobs", "status", "waiting");
	assert_int_equal(deliver(fixture, "installation", "d2", "{\"installation\":{\"id\":99}}"), 204);
	assert_newest(fixture, "jobs", "status", "held");
	assert_int_equal(deliver(fixture, "installation", "d3", "{\"installation\":{\"id\":98}}"), 204);
	assert_newest(fixture, "jobs", "status", "waiting");
}

static int disable_in(struct tx *tx, void *arg, struct err *err)
{
	int result = integration_set_status(tx, *(int64_t *)arg, INTEGRATION_DISABLED, "test", 2, err);

	return result < 0 ? result : 0;
}

static void a_change_counts_once_it_is_told(void **state)
{
	struct fixture *fixture = *state;

	assert_int_equal(deliver(fixture, "push", "d1", PUSH), 204);
	assert_int_equal(store_write(fixture->scratch.store, disable_in, &fixture->integration_id,
		NULL), 0);
	webhooks_forget(fixture->daemon.webhooks, fixture->integration_id);
	/* Accepted, but there is nobody to run it for. */
	assert_int_equal(deliver(fixture, "push", "d2", PUSH), 204);
	assert_int_equal(count(fixture, "webhooks"), 1);
	assert_int_equal(deliver(fixture, "installation", "d3", PUSH), 204);
	assert_int_equal(count(fixture, "webhooks"), 2);
}

static void what_the_store_refuses_is_answered_503(void **state)
{
	struct fixture *fixture = *state;
	cleanup_free char *reply = NULL;
	char signature[65];
	cleanup_free char *head = NULL;

	sign(PUSH, signature);
	head = xasprintf(POST EVENT("push") "X-Hub-Signature-256: sha256=%s", signature);
	assert_int_equal(deliver(fixture, "push", "d0", PUSH), 204);
	scratch_store_refuse_writes(&fixture->scratch);
	reply = exchange(fixture, head, PUSH);
	assert_int_equal(status_of(reply), 503);
	assert_non_null(strstr(reply, "Retry-After: "));
	assert_int_equal(count(fixture, "webhooks"), 1);
}

/* ---- Keys of integrations and links ---- */

static const struct own_case {
	const char *name, *head, *body;
	int status;
} own_cases[] = {
	{"good", "X-Key: own\r\nX-Bind: b", "{\"type\":\"made\",\"subject\":\"7\",\"bind\":\"b\"}", 201},
	{"wrong key", "X-Key: other\r\nX-Bind: b", "{\"type\":\"made\",\"subject\":\"7\",\"bind\":\"b\"}",
		401},
	{"no key", "X-Bind: b", "{\"type\":\"made\",\"subject\":\"7\",\"bind\":\"b\"}", 401},
	{"not bound", "X-Key: own\r\nX-Bind: c", "{\"type\":\"made\",\"subject\":\"7\",\"bind\":\"b\"}", 400},
	{"no event", "X-Key: own", "{\"subject\":\"7\"}", 400},
	{"other event", "X-Key: own", "{\"type\":\"x\",\"subject\":\"7\"}", 204},
	{"no subject", "X-Key: own", "{\"type\":\"made\"}", 400},
	{"unknown", "X-Key: own", "{\"type\":\"made\",\"subject\":\"8\"}", 404},
	{"not JSON", "X-Key: own", "[", 400},
};

static void an_integrations_own_key_is_found_by_the_subject(void **state)
{
	struct fixture *fixture = *state;

	for (size_t i = 0; i < lengthof(own_cases); i++) {
		cleanup_free char *head = xasprintf("POST /extensions/github/own HTTP/1.1\r\n%s",
			own_cases[i].head);
		int status = send_to(fixture, head, own_cases[i].body);

		if (status != own_cases[i].status)
			fail_msg("case %zu, %s: %d", i, own_cases[i].name, status);
	}
	assert_int_equal(count(fixture, "webhooks"), 1);
}

static void only_the_link_whose_key_matches_gets_a_job(void **state)
{
	struct fixture *fixture = *state;
	cleanup_json json_t *listed = NULL;

	assert_int_equal(send_to(fixture, "POST /extensions/github/linked/ HTTP/1.1\r\nX-Key: link-2",
		"{\"subject\":7}"), 202);
	assert_int_equal(count(fixture, "jobs"), 1);
	assert_int_equal(send_to(fixture, "POST /extensions/github/linked/ HTTP/1.1\r\nX-Key: link-3",
		"{\"subject\":7}"), 401);
	listed = webhooks_listed(fixture);
	assert_int_equal(json_array_size(json_object_get(listed, "webhooks")), 1);
	run_jobs(fixture);
	wait_for_handled("webhook:linked  scope=5 subject=7 size=13\n");
}

/* ---- Inline ---- */

static void an_inline_webhook_is_handled_before_it_is_answered(void **state)
{
	struct fixture *fixture = *state;
	cleanup_free char *reply = exchange(fixture, "GET /extensions/github/now/abc/ HTTP/1.1\r\nX: y",
		"");

	assert_int_equal(status_of(reply), 200);
	assert_non_null(strstr(reply, "{\"hello\":\"abc\"}"));
	handler_code = MORTISE_E_CONFLICT;
	assert_int_equal(send_to(fixture, "POST /extensions/github/now/abc HTTP/1.1\r\nX: y", "{}"), 409);
	handler_code = MORTISE_E_RETRY;
	assert_int_equal(send_to(fixture, "POST /extensions/github/now/abc HTTP/1.1\r\nX: y", "{}"), 503);
	assert_int_equal(count(fixture, "webhooks"), 0);
}

/* ---- Places that settings name ---- */

static void settings_say_where_the_parts_of_a_webhook_stand(void **state)
{
	static const char body[] = "{\"kind\":\"told\"}";
	struct fixture *fixture = *state;
	cleanup_free char *head = NULL;
	char signature[65];

	sign(body, signature);
	head = xasprintf("POST /extensions/placed/in/ HTTP/1.1\r\nX-Sum: v1=%s", signature);
	assert_int_equal(send_to(fixture, head, body), 202);
	assert_string_equal(handled, "webhook:in/ told scope=1 subject= size=15\n");
	assert_int_equal(send_to(fixture, "POST /extensions/placed/in/ HTTP/1.1\r\nX-Sum: v1=00", body),
		401);
	assert_int_equal(send_to(fixture, "POST /extensions/placed/in/ HTTP/1.1\r\nX: y", body), 401);
}

static void a_place_that_no_setting_names_rightly_is_not_configured(void **state)
{
	assert_int_equal(send_to(*state, "POST /extensions/misplaced/in/ HTTP/1.1\r\nX: y", "{}"), 503);
	assert_int_equal(send_to(*state, "POST /extensions/misplaced/odd/ HTTP/1.1\r\nX: y", "{}"), 503);
	assert_int_equal(send_to(*state, "POST /extensions/misplaced/fine/ HTTP/1.1\r\nX: y", "{}"), 202);
}

#define case_of(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		case_of(what_is_refused_is_answered_and_not_stored),
		case_of(a_secret_that_is_not_configured_is_told_first),
		case_of(a_body_over_the_limit_is_refused_before_it_is_read),
		case_of(an_accepted_webhook_is_stored_and_handled),
		case_of(a_large_body_comes_back_as_it_was),
		case_of(a_repeat_is_recognised_and_not_stored),
		case_of(a_repeat_with_a_wrong_signature_is_refused),
		case_of(a_repeat_of_a_dead_letter_runs_it_again),
		case_of(a_replay_runs_it_again_and_says_so),
		case_of(a_life_cycle_event_needs_no_integration),
		case_of(later_life_cycle_events_keep_behind_the_first),
		case_of(a_change_counts_once_it_is_told),
		case_of(what_the_store_refuses_is_answered_503),
		case_of(an_integrations_own_key_is_found_by_the_subject),
		case_of(only_the_link_whose_key_matches_gets_a_job),
		case_of(an_inline_webhook_is_handled_before_it_is_answered),
		case_of(settings_say_where_the_parts_of_a_webhook_stand),
		case_of(a_place_that_no_setting_names_rightly_is_not_configured),
	};

	log_setup(MORTISE_LOG_ERROR - 1, LOG_LOGFMT);
	return cmocka_run_group_tests_name("webhook_intake", tests, NULL, NULL);
}
