/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/* The registry and its supervisor with real host processes and the test plugins. */
#include "config.h"
#include "tests/unit/unit.h"

#include <dirent.h>
#include <limits.h>
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <sodium.h>

#include "core/base/clock.h"
#include "core/base/err.h"
#include "core/base/log.h"
#include "core/base/loop.h"
#include "core/base/mem.h"
#include "core/base/pool.h"
#include "core/config/settings.h"
#include "core/daemon/daemon.h"
#include "core/provider/provider.h"
#include "core/provider/provider_private.h"
#include "core/provider/supervisor_private.h"
#include "core/storage/store.h"

struct fixture {
	struct daemon daemon;
	struct settings settings;
	char dir[32];
	pthread_t loop_thread;
};

static char *built(const char *path)
{
	const char *builddir = getenv("builddir");
	char *relative = xasprintf("%s/%s", builddir ? builddir : ".", path);
	char *absolute = realpath(relative, NULL);

	free(relative);
	assert_non_null(absolute);
	return absolute;
}

static void *run_loop(void *arg)
{
	loop_run(arg);
	return NULL;
}

/* Put a test plugin into the folder, under another file name if need be. */
static void put_plugin(struct fixture *fixture, const char *plugin, const char *name)
{
	cleanup_free char *from = xasprintf("tests/plugins/.libs/%s.so", plugin);
	cleanup_free char *target = built(from);
	cleanup_free char *path = xasprintf("%s/plugins/%s.so", fixture->dir, name);

	unlink(path);
	assert_int_equal(symlink(target, path), 0);
}

static void open_daemon(struct fixture *fixture)
{
	struct store_settings store = {.url = "sqlite:test.db", .state_dir = fixture->dir};
	struct daemon *daemon = &fixture->daemon;
	cleanup_err struct err err = {0};

	if (store_open(&store, &daemon->store, &err) < 0)
		fail_msg("%s", err_text(&err));
	daemon->settings = &fixture->settings;
	daemon->loop = loop_new();
	daemon->host_call_pool = pool_new("host-call", POOL_BEHIND, 8, 256);
	daemon->providers = providers_new(daemon);
	daemon->providers->limits.hang_ms = 100;
	daemon->providers->limits.first_delay_ms = 10;
	pthread_create(&fixture->loop_thread, NULL, run_loop, daemon->loop);
}

static void start(struct fixture *fixture)
{
	cleanup_err struct err err = {0};

	if (providers_start(fixture->daemon.providers, &err) < 0)
		fail_msg("%s", err_text(&err));
}

static void close_daemon(struct fixture *fixture)
{
	struct daemon *daemon = &fixture->daemon;

	providers_stop(daemon->providers);
	loop_stop(daemon->loop);
	pthread_join(fixture->loop_thread, NULL);
	providers_free(daemon->providers);
	pool_free(daemon->host_call_pool);
	store_close(daemon->store);
	loop_free(daemon->loop);
	fixture->daemon = (struct daemon){0};
}

static int setup(void **state)
{
	struct fixture *fixture = new(struct fixture);
	cleanup_free char *plugins = NULL;

	/* What dies here dies on purpose. */
	log_setup(getenv("MORTISE_TEST_LOG") ? MORTISE_LOG_DEBUG : MORTISE_LOG_ERROR - 1, LOG_LOGFMT);
	assert_true(sodium_init() >= 0);
	strcpy(fixture->dir, "/tmp/mortise-test-XXXXXX");
	assert_non_null(mkdtemp(fixture->dir));
	plugins = xasprintf("%s/plugins", fixture->dir);
	assert_int_equal(mkdir(plugins, 0700), 0);
	fixture->settings = (struct settings){
		.plugin_dir = steal(&plugins),
		.host_path = built("mortise-host"),
		.public_url = xstrdup("https://mortise.test/base"),
		.product_name = xstrdup("Test"),
		.product_key = xstrdup("test"),
		.request_workers = 16,
		.job_workers = 16,
		.intake_workers = 16,
	};
	open_daemon(fixture);
	*state = fixture;
	return 0;
}

static void remove_folder(const char *path)
{
	DIR *folder = opendir(path);
	struct dirent *entry;

	while (folder && (entry = readdir(folder))) {
		cleanup_free char *file = xasprintf("%s/%s", path, entry->d_name);

		if (entry->d_name[0] != '.')
			unlink(file);
	}
	if (folder)
		closedir(folder);
	rmdir(path);
}

static int teardown(void **state)
{
	struct fixture *fixture = *state;

	close_daemon(fixture);
	remove_folder(fixture->settings.plugin_dir);
	remove_folder(fixture->dir);
	free(fixture->settings.plugin_dir);
	free(fixture->settings.host_path);
	free(fixture->settings.public_url);
	free(fixture->settings.product_name);
	free(fixture->settings.product_key);
	free(fixture);
	return 0;
}

/* ---- Calls ---- */

struct result {
	int code;
	struct err err;
	json_t *output, *effects;
	enum call_death death;
};

static void result_clear(struct result *result)
{
	err_clear(&result->err);
	json_decref(result->output);
	json_decref(result->effects);
}
#define cleanup_result __attribute__((__cleanup__(result_clear)))

struct wish {
	const char *json;          /* of behave.h */
	const char *provider;      /* NULL: ping */
	int64_t deadline_ms;       /* 0: 20 s */
	int scope;                 /* 0: integration */
	bool solo;
};

static struct result call(struct fixture *fixture, struct wish wish)
{
	struct providers *providers = fixture->daemon.providers;
	const struct reg_provider *provider = providers_find(providers,
		wish.provider ? wish.provider : "ping");
	cleanup_json json_t *payload = json_loads(wish.json, 0, NULL);
	cleanup_json json_t *input = json_pack("{s:O}", "payload", payload);
	struct result result = {0};
	struct call_request request = {
		.scope = {.kind = wish.scope ? wish.scope : MORTISE_SCOPE_INTEGRATION,
			.provider = provider, .integration_id = 5, .external_id = "acme"},
		.callback = "task:work",
		.input = input,
		.deadline_ms = wish.deadline_ms ? wish.deadline_ms : 20000,
		.solo = wish.solo,
		.ret_death = &result.death,
	};

	assert_non_null(provider);
	assert_non_null(input);
	result.code = provider_call(providers, &request, &result.output, &result.effects,
		&result.err);
	registration_unref(provider->registration);
	return result;
}

/* A call on a thread of its own. */
struct background {
	struct fixture *fixture;
	struct wish wish;
	struct result result;
	pthread_t thread;
};

static void *run_background(void *arg)
{
	struct background *background = arg;

	background->result = call(background->fixture, background->wish);
	return NULL;
}

static void begin(struct background *background, struct fixture *fixture, struct wish wish)
{
	*background = (struct background){.fixture = fixture, .wish = wish};
	pthread_create(&background->thread, NULL, run_background, background);
}

static json_t *describe(struct fixture *fixture, const char *name)
{
	cleanup_json json_t *list = providers_describe(fixture->daemon.providers);
	json_t *item;
	size_t i;

	json_array_foreach(list, i, item)
		if (strcmp(json_string_value(json_object_get(item, "name")), name) == 0)
			return json_incref(item);
	return NULL;
}

static bool is_state(struct fixture *fixture, const char *name, const char *wanted)
{
	cleanup_json json_t *item = describe(fixture, name);

	return item && strcmp(json_string_value(json_object_get(item, "state")), wanted) == 0;
}

static int64_t number_of(struct fixture *fixture, const char *name, const char *member)
{
	cleanup_json json_t *item = describe(fixture, name);

	return json_integer_value(json_object_get(item, member));
}

#define WAIT_FOR(condition_)                                                         \
	do {                                                                         \
		int64_t until_ = clock_mono_ms() + 20000;                            \
		while (!(condition_)) {                                              \
			if (clock_mono_ms() > until_)                                \
				fail_msg("waited in vain for %s", #condition_);       \
			sched_yield();                                               \
		}                                                                    \
	} while (0)

/* How many calls run and wait, counted by the loop, whose they are. */
struct peek {
	struct providers *providers;
	size_t running, waiting, hosts;
	sem_t done;
};

static void count_calls(void *arg)
{
	struct peek *peek = arg;

	for (struct plugin *plugin = peek->providers->plugins; plugin; plugin = plugin->next) {
		peek->waiting += plugin->waiting.len + plugin->waiting_solo.len;
		for (struct host *host = plugin->hosts; host; host = host->next) {
			peek->running += host->calls.len;
			peek->hosts++;
		}
	}
	sem_post(&peek->done);
}

static struct peek peek(struct fixture *fixture)
{
	struct peek peek = {.providers = fixture->daemon.providers};

	sem_init(&peek.done, 0, 0);
	loop_post(fixture->daemon.loop, count_calls, &peek);
	sem_wait(&peek.done);
	sem_destroy(&peek.done);
	return peek;
}

static size_t running_calls(struct fixture *fixture)
{
	return peek(fixture).running;
}

static void calls_come_back_with_output_and_effects(void **state)
{
	struct fixture *fixture = *state;
	cleanup_result struct result plain = {0}, effects = {0};

	put_plugin(fixture, "ping", "ping");
	start(fixture);
	plain = call(fixture, (struct wish){.json = "{\"do\":\"ok\"}"});
	assert_int_equal(plain.code, 0);
	assert_string_equal(json_string_value(json_object_get(plain.output, "outcome")), "ok");
	assert_int_equal(json_array_size(plain.effects), 0);
	effects = call(fixture, (struct wish){.json = "{\"do\":\"effects\",\"effects\":[{\"type\":"
		"\"integration_patch\",\"metadata\":{\"icon\":\"x\"}}]}"});
	assert_int_equal(effects.code, 0);
	assert_string_equal(json_string_value(json_object_get(json_array_get(effects.effects, 0),
		"type")), "integration_patch");
}

static void failures_come_back_with_their_words(void **state)
{
	static const struct {
		const char *json;
		int code;
		const char *words;
	} cases[] = {
		{"{\"do\":\"fail\",\"code\":-2,\"text\":\"issues are off\"}", MORTISE_E_SETTINGS,
			"issues are off"},
		{"{\"do\":\"fail\",\"code\":-9}", MORTISE_E_UPSTREAM, "as told"},
		{"{\"do\":\"field\",\"path\":\"a.b\"}", MORTISE_E_FIELD, "is wrong"},
		{"{\"do\":\"rate\",\"ms\":5000}", MORTISE_E_RATE, "too many"},
		{"{\"do\":\"silent\",\"code\":-4}", MORTISE_E_NOT_FOUND, "no reason"},
		{"{\"do\":\"silent\",\"code\":-77}", MORTISE_E_INTERNAL, "-77"},
	};
	struct fixture *fixture = *state;

	put_plugin(fixture, "ping", "ping");
	start(fixture);
	for (size_t i = 0; i < lengthof(cases); i++) {
		cleanup_result struct result result = call(fixture,
			(struct wish){.json = cases[i].json});

		if (result.code != cases[i].code || result.err.code != cases[i].code ||
			!strstr(err_text(&result.err), cases[i].words))
			fail_msg("case %zu: %d %s", i, result.code, err_text(&result.err));
		assert_int_equal(result.death, CALL_DEATH_NONE);
		assert_true((cases[i].code == MORTISE_E_RATE) == (result.err.retry_at_ms > 0));
		assert_true((cases[i].code == MORTISE_E_FIELD) ==
			(json_object_get(result.err.fields, "a.b") != NULL));
	}
}

static void reads_show_what_the_scope_has(void **state)
{
	static const struct {
		const char *json;
		int scope, code;
		const char *value;     /* as JSON; or words of the failure */
	} cases[] = {
		{"{\"do\":\"read\",\"what\":\"setting\",\"args\":{\"name\":\"client_id\"}}", 0, 0,
			"\"ping-client\""},
		{"{\"do\":\"read\",\"what\":\"setting\",\"args\":{\"name\":\"client_secret\"}}", 0,
			MORTISE_E_INTERNAL, "secret"},
		{"{\"do\":\"read\",\"what\":\"setting\",\"args\":{\"name\":\"other\"}}", 0,
			MORTISE_E_INTERNAL, "not registered"},
		{"{\"do\":\"read\",\"what\":\"public_url\",\"args\":{\"path\":\"/x/\"}}", 0, 0,
			"\"https://mortise.test/base/x/\""},
		{"{\"do\":\"read\",\"what\":\"product\",\"args\":{}}", 0, 0,
			"{\"name\":\"Test\",\"key\":\"test\"}"},
		{"{\"do\":\"read\",\"what\":\"integration\",\"args\":{}}", 0, 0,
			"{\"scope\":\"integration\",\"external_id\":\"acme\"}"},
		{"{\"do\":\"read\",\"what\":\"metadata\",\"args\":{\"pointer\":\"/a\"}}", 0,
			MORTISE_E_NOT_FOUND, "no integration 5"},
		{"{\"do\":\"read\",\"what\":\"config\",\"args\":{\"pointer\":\"/a\"}}", 0,
			MORTISE_E_INTERNAL, "integration scope cannot read \"config\""},
		{"{\"do\":\"read\",\"what\":\"metadata\",\"args\":{}}", MORTISE_SCOPE_PROVIDER,
			MORTISE_E_INTERNAL, "provider scope cannot read \"metadata\""},
		{"{\"do\":\"read\",\"what\":\"weather\",\"args\":{}}", 0, MORTISE_E_INTERNAL, "weather"},
		{"{\"do\":\"cache\",\"key\":\"k\"}", 0, MORTISE_E_NOT_FOUND, "cache"},
		{"{\"do\":\"cache\",\"key\":\"k\",\"value\":{\"a\":1}}", 0, 0, NULL},
		{"{\"do\":\"cache\",\"key\":\"k\"}", 0, 0, "{\"a\":1}"},
	};
	struct fixture *fixture = *state;

	put_plugin(fixture, "ping", "ping");
	start(fixture);
	for (size_t i = 0; i < lengthof(cases); i++) {
		cleanup_result struct result result = call(fixture,
			(struct wish){.json = cases[i].json, .scope = cases[i].scope});
		cleanup_json json_t *wanted = cases[i].code == 0 && cases[i].value
			? json_loads(cases[i].value, JSON_DECODE_ANY, NULL) : NULL;

		if (result.code != cases[i].code)
			fail_msg("case %zu: %d %s", i, result.code, err_text(&result.err));
		if (wanted && !json_equal(json_object_get(result.output, "value"), wanted))
			fail_msg("case %zu: %s", i, json_dumps(result.output, 0));
		if (result.code < 0 && !strstr(err_text(&result.err), cases[i].value))
			fail_msg("case %zu: %s", i, err_text(&result.err));
	}
}

static void a_full_cache_puts_out_only_its_own(void **state)
{
	struct host_cache *cache = host_cache_new(4000);
	json_t *value = json_string("0123456789"), *found;

	(void)state;
	assert_int_equal(host_cache_put(cache, "ping integration 1", "mine", value, 0, 1000, NULL), 0);
	for (int i = 0; i < 1000; i++) {
		cleanup_free char *key = xasprintf("key %d", i);

		assert_int_equal(host_cache_put(cache, "pong integration 1", key, value, 0, 1000,
			NULL), 0);
	}
	found = host_cache_get(cache, "ping integration 1", "mine", 0);
	assert_non_null(found);
	json_decref(found);
	assert_null(host_cache_get(cache, "pong integration 1", "key 0", 0));
	found = host_cache_get(cache, "pong integration 1", "key 999", 0);
	assert_non_null(found);
	json_decref(found);
	json_decref(value);
	host_cache_free(cache);
}

static void the_clock_of_a_call_is_ours(void **state)
{
	struct fixture *fixture = *state;
	cleanup_result struct result result = {0};
	int64_t before_ms = clock_now_us() / 1000;

	put_plugin(fixture, "ping", "ping");
	start(fixture);
	result = call(fixture, (struct wish){.json = "{\"do\":\"now\"}", .deadline_ms = 9000});
	assert_int_equal(result.code, 0);
	assert_in_range(json_integer_value(json_object_get(result.output, "now")), before_ms - 50,
		clock_now_us() / 1000 + 50);
	assert_in_range(json_integer_value(json_object_get(result.output, "deadline")), 1000, 9000);
}

static void a_crash_alone_is_a_strike_and_the_host_comes_back(void **state)
{
	static const char *const ways[] = {"{\"do\":\"crash\"}", "{\"do\":\"segfault\"}",
		"{\"do\":\"exit\"}"};
	struct fixture *fixture = *state;

	put_plugin(fixture, "ping", "ping");
	start(fixture);
	for (size_t i = 0; i < lengthof(ways); i++) {
		cleanup_result struct result dead = call(fixture, (struct wish){.json = ways[i]});
		cleanup_result struct result after = {0};

		assert_int_equal(dead.code, MORTISE_E_RETRY);
		assert_int_equal(dead.death, CALL_DEATH_ALONE);
		after = call(fixture, (struct wish){.json = "{}"});
		assert_int_equal(after.code, 0);
	}
	WAIT_FOR(number_of(fixture, "ping", "deaths") == 3);
}

/* Header: JSON size, body size, call, seq, operation, flags; little-endian. */
#define HEADER(json_size_, body_size_, op_, flags_) \
	json_size_ body_size_ "0000000000000000" "00000000" op_ flags_
#define NOTHING "00000000"

static void a_bad_frame_kills_its_host_only(void **state)
{
	static const char *const frames[] = {
		"ffffffffffffffffffffffffffffffffffffffffffffffff",
		HEADER("00000040", NOTHING, "0900", "0000"),           /* a gigabyte of log line */
		HEADER(NOTHING, "01000000", "0500", "0000"),           /* RETURN with a body */
		HEADER(NOTHING, NOTHING, "0400", "0000"),              /* CALL, which only we send */
		HEADER(NOTHING, NOTHING, "6300", "0000"),              /* no operation */
		HEADER(NOTHING, NOTHING, "0900", "0100"),              /* unknown flags */
		HEADER(NOTHING, NOTHING, "0100", "0000"),              /* HELLO again */
		HEADER(NOTHING, NOTHING, "0200", "0000"),              /* READY again */
		HEADER(NOTHING, NOTHING, "0300", "0000"),              /* REFUSED, too late */
	};
	struct fixture *fixture = *state;
	struct providers *providers = fixture->daemon.providers;

	put_plugin(fixture, "ping", "ping");
	start(fixture);
	for (size_t i = 0; i < lengthof(frames); i++) {
		cleanup_free char *wish = xasprintf("{\"do\":\"babble\",\"hex\":\"%s\"}", frames[i]);
		cleanup_result struct result dead = call(fixture, (struct wish){.json = wish});
		cleanup_result struct result after = {0};

		if (dead.code != MORTISE_E_RETRY || dead.death != CALL_DEATH_ALONE)
			fail_msg("frame %zu: %d %s", i, dead.code, err_text(&dead.err));
		/* Not by the fifth death, which is another test's. */
		WAIT_FOR(number_of(fixture, "ping", "deaths") == (json_int_t)(i % 4) + 1);
		if (i % 4 == 3) {
			assert_int_equal(providers_set_enabled(providers, "ping", false, NULL), 0);
			assert_int_equal(providers_set_enabled(providers, "ping", true, NULL), 0);
		}
		after = call(fixture, (struct wish){.json = "{}"});
		if (after.code != 0)
			fail_msg("after frame %zu: %s", i, err_text(&after.err));
	}
}

static void a_frame_of_an_unknown_call_is_dropped(void **state)
{
	static const char *const wishes[] = {
		"{\"do\":\"babble\",\"hex\":\"" HEADER(NOTHING, NOTHING, "0500", "0000") "\"}",
		"{\"do\":\"babble\",\"hex\":\"" HEADER(NOTHING, NOTHING, "0600", "0000") "\"}",
	};
	struct fixture *fixture = *state;

	put_plugin(fixture, "ping", "ping");
	start(fixture);
	for (size_t i = 0; i < lengthof(wishes); i++) {
		cleanup_result struct result result = call(fixture, (struct wish){.json = wishes[i]});

		assert_int_equal(result.code, 0);
	}
}

/* A frame larger than its operation may be ends its host before it is read. */
static void a_huge_frame_kills_its_host(void **state)
{
	static const char *const wishes[] = {
		"{\"do\":\"frame\",\"op\":9,\"size\":70000}",                       /* LOG */
		"{\"do\":\"frame\",\"op\":5,\"size\":9500000}",                     /* RETURN */
		"{\"do\":\"frame\",\"op\":6,\"size\":4294967295}",                  /* ASK */
	};
	struct fixture *fixture = *state;

	put_plugin(fixture, "ping", "ping");
	start(fixture);
	for (size_t i = 0; i < lengthof(wishes); i++) {
		cleanup_result struct result dead = call(fixture, (struct wish){.json = wishes[i]});
		cleanup_result struct result after = {0};

		if (dead.code != MORTISE_E_RETRY || dead.death != CALL_DEATH_ALONE)
			fail_msg("frame %zu: %d %s", i, dead.code, err_text(&dead.err));
		after = call(fixture, (struct wish){.json = "{}"});
		assert_int_equal(after.code, 0);
	}
}

/* A plugin that forges the reply of its own call, past the host and its checks. */
static void a_garbage_reply_is_refused_with_its_fault(void **state)
{
	static const struct {
		const char *frame;     /* "head", "fill", "count", "tail" of behave.h's frame */
		const char *words;
	} cases[] = {
		{"\"head\":\"\"", "no code"},
		{"\"head\":\"{\\\"code\\\":\"", "not JSON"},
		{"\"head\":\"[0]\"", "not a JSON object"},
		{"\"head\":\"{\\\"code\\\":0,\\\"code\\\":0}\"", "not JSON"},
		{"\"head\":\"{\\\"code\\\":\\\"0\\\"}\"", "no code"},
		{"\"head\":\"{\\\"code\\\":5}\"", "none of the MORTISE_E_ codes"},
		{"\"head\":\"{\\\"code\\\":-99}\"", "none of the MORTISE_E_ codes"},
		{"\"head\":\"{\\\"code\\\":0,\\\"output\\\":7}\"", "no object"},
		{"\"head\":\"{\\\"code\\\":0,\\\"effects\\\":{}}\"", "no list"},
		{"\"head\":\"{\\\"code\\\":0,\\\"effects\\\":[\",\"fill\":\"{},\",\"count\":10001,"
			"\"tail\":\"{}]}\"", "too many effects"},
		{"\"head\":\"{\\\"code\\\":0,\\\"output\\\":{\\\"a\\\":[\",\"fill\":\"[],\","
			"\"count\":2500000,\"tail\":\"[]]}}\"", "JSON values"},
		{"\"head\":\"{\\\"code\\\":0,\\\"output\\\":{\\\"a\\\":\",\"fill\":\"[\","
			"\"count\":100000", "not JSON"},
	};
	struct fixture *fixture = *state;

	put_plugin(fixture, "ping", "ping");
	start(fixture);
	for (size_t i = 0; i < lengthof(cases); i++) {
		cleanup_free char *wish = xasprintf("{\"do\":\"frame\",\"op\":5,%s}",
			cases[i].frame);
		cleanup_result struct result result = call(fixture, (struct wish){.json = wish});

		if (result.code != MORTISE_E_INTERNAL || !strstr(err_text(&result.err),
				cases[i].words))
			fail_msg("case %zu: %d %s", i, result.code, err_text(&result.err));
	}
}

static void a_forged_failure_is_cut_to_size(void **state)
{
	struct fixture *fixture = *state;
	cleanup_result struct result result = {0}, fields = {0};

	put_plugin(fixture, "ping", "ping");
	start(fixture);
	result = call(fixture, (struct wish){.json = "{\"do\":\"frame\",\"op\":5,\"head\":"
		"\"{\\\"code\\\":-9,\\\"text\\\":\\\"\",\"fill\":\"\u00fc\",\"count\":1000000,"
		"\"tail\":\"\\\"}\"}"});
	assert_int_equal(result.code, MORTISE_E_UPSTREAM);
	assert_in_range(strlen(err_text(&result.err)), 1000, 2000);
	fields = call(fixture, (struct wish){.json = "{\"do\":\"frame\",\"op\":5,\"head\":"
		"\"{\\\"code\\\":-1,\\\"text\\\":\\\"x\\\",\\\"fields\\\":{\\\"a\\\":[\","
		"\"fill\":\"\\\"x\\\",\",\"count\":100000,\"tail\":\"\\\"x\\\"]}}\"}"});
	assert_int_equal(fields.code, MORTISE_E_FIELD);
	assert_in_range(json_array_size(json_object_get(fields.err.fields, "a")), 1, 64);
}

#ifndef MORTISE_SANITIZED
/* Little, so that it is soon used up on a machine that has much else to do. */
static void bound_processor(struct fixture *fixture)
{
	fixture->daemon.providers->limits.cpu_percent = 1;
	fixture->daemon.providers->limits.cpu_ms = 50;
}

static void a_forbidden_system_call_is_named(void **state)
{
	static const char *const cases[][2] = {{"exec", "execve"}, {"ptrace", "ptrace"},
		{"kill", "kill"}, {"write", "openat"}, {"handler", "rt_sigaction"}};
	struct fixture *fixture = *state;
	struct providers *providers = fixture->daemon.providers;

	put_plugin(fixture, "ping", "ping");
	start(fixture);
	for (size_t i = 0; i < lengthof(cases); i++) {
		cleanup_free char *wish = xasprintf("{\"do\":\"outside\",\"how\":\"%s\"}", cases[i][0]);
		cleanup_result struct result dead = call(fixture, (struct wish){.json = wish});
		cleanup_free char *words = xasprintf("forbidden system call, %s (number ", cases[i][1]);

		if (!strstr(err_text(&dead.err), words))
			fail_msg("%s: %s", cases[i][0], err_text(&dead.err));
		assert_int_equal(providers_set_enabled(providers, "ping", false, NULL), 0);
		assert_int_equal(providers_set_enabled(providers, "ping", true, NULL), 0);
	}
}

/* It sends its RETURN itself, so that no deadline watches it, and goes on. */
static void a_host_that_runs_on_without_a_call_is_killed(void **state)
{
	struct fixture *fixture = *state;
	cleanup_result struct result left = {0}, after = {0};
	int64_t pid;

	put_plugin(fixture, "ping", "ping");
	bound_processor(fixture);
	start(fixture);
	pid = number_of(fixture, "ping", "pid");
	left = call(fixture, (struct wish){.json = "{\"do\":\"leave\"}"});
	assert_int_equal(left.code, 0);
	WAIT_FOR(number_of(fixture, "ping", "pid") != pid && is_state(fixture, "ping", "ready"));
	assert_int_equal(number_of(fixture, "ping", "deaths"), 1);
	after = call(fixture, (struct wish){.json = "{}"});
	assert_int_equal(after.code, 0);
}

/* A call that burns the processor costs its host the priority; when it is over and the
 * host has saved enough, a fresh one takes its place. */
static void a_demoted_host_is_renewed(void **state)
{
	struct fixture *fixture = *state;
	struct background busy;
	int64_t pid;
	int priority;

	put_plugin(fixture, "ping", "ping");
	bound_processor(fixture);
	start(fixture);
	pid = number_of(fixture, "ping", "pid");
	priority = getpriority(PRIO_PROCESS, (id_t)pid);
	begin(&busy, fixture, (struct wish){.json = "{\"do\":\"loop\",\"ms\":2500}"});
	WAIT_FOR(getpriority(PRIO_PROCESS, (id_t)pid) == 19);
	pthread_join(busy.thread, NULL);
	assert_int_equal(busy.result.code, 0);
	result_clear(&busy.result);
	WAIT_FOR(number_of(fixture, "ping", "pid") != pid && is_state(fixture, "ping", "ready"));
	assert_int_equal(getpriority(PRIO_PROCESS, (id_t)number_of(fixture, "ping", "pid")),
		priority);
	assert_int_equal(number_of(fixture, "ping", "deaths"), 0);
}
#endif

static void a_death_among_several_is_nobodys_strike(void **state)
{
	struct fixture *fixture = *state;
	cleanup_result struct result dead = {0}, alone = {0};
	struct background other;

	put_plugin(fixture, "ping", "ping");
	start(fixture);
	begin(&other, fixture, (struct wish){.json = "{\"do\":\"sleep\",\"ms\":15000}"});
	WAIT_FOR(running_calls(fixture) == 1);
	dead = call(fixture, (struct wish){.json = "{\"do\":\"crash\"}"});
	pthread_join(other.thread, NULL);
	assert_int_equal(dead.death, CALL_DEATH_SHARED);
	assert_int_equal(other.result.code, MORTISE_E_RETRY);
	assert_int_equal(other.result.death, CALL_DEATH_SHARED);
	result_clear(&other.result);
	/* Alone, one is well and the other is guilty. */
	other.result = call(fixture, (struct wish){.json = "{}", .solo = true});
	assert_int_equal(other.result.code, 0);
	result_clear(&other.result);
	alone = call(fixture, (struct wish){.json = "{\"do\":\"crash\"}", .solo = true});
	assert_int_equal(alone.code, MORTISE_E_RETRY);
	assert_int_equal(alone.death, CALL_DEATH_ALONE);
}

static void a_solo_host_takes_one_call_at_a_time(void **state)
{
	struct fixture *fixture = *state;
	struct background calls[3];

	put_plugin(fixture, "ping", "ping");
	start(fixture);
	for (size_t i = 0; i < lengthof(calls); i++)
		begin(&calls[i], fixture, (struct wish){.solo = true,
			.json = "{\"do\":\"sleep\",\"ms\":100}"});
	WAIT_FOR(running_calls(fixture) == 1);
	for (size_t i = 0; i < lengthof(calls); i++) {
		assert_true(running_calls(fixture) <= 1);
		pthread_join(calls[i].thread, NULL);
		assert_int_equal(calls[i].result.code, 0);
		result_clear(&calls[i].result);
	}
}

static void a_late_call_is_cancelled_and_its_host_goes_on(void **state)
{
	struct fixture *fixture = *state;
	cleanup_result struct result late = {0}, after = {0};
	int64_t pid;

	put_plugin(fixture, "ping", "ping");
	fixture->daemon.providers->limits.hang_ms = 10000;
	start(fixture);
	pid = number_of(fixture, "ping", "pid");
	late = call(fixture, (struct wish){.json = "{\"do\":\"sleep\",\"ms\":300}",
		.deadline_ms = 100});
	assert_int_equal(late.code, MORTISE_E_CANCELLED);
	after = call(fixture, (struct wish){.json = "{\"do\":\"sleep\",\"ms\":400}"});
	assert_int_equal(after.code, 0);
	assert_int_equal(number_of(fixture, "ping", "pid"), pid);
}

static void a_hang_costs_its_host_and_no_other_call(void **state)
{
	struct fixture *fixture = *state;
	cleanup_result struct result hung = {0}, after = {0};
	struct background other;
	int64_t pid;

	put_plugin(fixture, "ping", "ping");
	start(fixture);
	pid = number_of(fixture, "ping", "pid");
	begin(&other, fixture, (struct wish){.json = "{\"do\":\"sleep\",\"ms\":800}"});
	WAIT_FOR(running_calls(fixture) == 1);
	hung = call(fixture, (struct wish){.json = "{\"do\":\"loop\"}", .deadline_ms = 100});
	assert_int_equal(hung.code, MORTISE_E_CANCELLED);
	WAIT_FOR(number_of(fixture, "ping", "pid") != pid && is_state(fixture, "ping", "ready"));
	after = call(fixture, (struct wish){.json = "{}"});
	assert_int_equal(after.code, 0);
	/* It was in the host that hung, and still ended well; then that host is killed. */
	pthread_join(other.thread, NULL);
	assert_int_equal(other.result.code, 0);
	result_clear(&other.result);
	WAIT_FOR(kill((pid_t)pid, 0) < 0);
}

static void five_deaths_are_quarantine(void **state)
{
	struct fixture *fixture = *state;
	struct providers *providers = fixture->daemon.providers;
	cleanup_result struct result refused = {0}, after = {0};
	const struct reg_provider *provider;

	put_plugin(fixture, "ping", "ping");
	start(fixture);
	for (int i = 0; i < DEATHS_MAX; i++) {
		cleanup_result struct result dead = call(fixture,
			(struct wish){.json = "{\"do\":\"crash\"}", .solo = true});

		assert_int_equal(dead.code, MORTISE_E_RETRY);
	}
	WAIT_FOR(is_state(fixture, "ping", "quarantined"));
	refused = call(fixture, (struct wish){.json = "{}"});
	assert_int_equal(refused.code, MORTISE_E_RETRY);
	assert_non_null(strstr(err_text(&refused.err), "mortisectl plugin enable ping"));
	assert_false(providers_runnable(providers, "ping"));
	/* Its webhooks are still taken in: what it registered is in force. */
	provider = providers_find_slug(providers, "ping");
	assert_non_null(provider);
	registration_unref(provider->registration);
	assert_int_equal(providers_set_enabled(providers, "ping", true, NULL), 0);
	after = call(fixture, (struct wish){.json = "{}"});
	assert_int_equal(after.code, 0);
	assert_int_equal(number_of(fixture, "ping", "deaths"), 0);
}

static void a_reload_moves_new_calls_and_lets_old_ones_end(void **state)
{
	struct fixture *fixture = *state;
	struct providers *providers = fixture->daemon.providers;
	cleanup_result struct result after = {0};
	struct background old;
	int64_t pid;

	put_plugin(fixture, "ping", "ping");
	start(fixture);
	pid = number_of(fixture, "ping", "pid");
	begin(&old, fixture, (struct wish){.json = "{\"do\":\"sleep\",\"ms\":500}"});
	WAIT_FOR(running_calls(fixture) == 1);
	assert_int_equal(providers_reload(providers, "ping", NULL), 0);
	assert_true(number_of(fixture, "ping", "pid") != pid);
	/* The same registration is the same generation. */
	assert_int_equal(number_of(fixture, "ping", "generation"), 1);
	after = call(fixture, (struct wish){.json = "{}"});
	assert_int_equal(after.code, 0);
	pthread_join(old.thread, NULL);
	assert_int_equal(old.result.code, 0);
	result_clear(&old.result);
	WAIT_FOR(kill((pid_t)pid, 0) < 0);
}

static void a_reload_that_fails_changes_nothing(void **state)
{
	static const char *const files[] = {"newer_minor", "no_note", "load_crashes"};
	struct fixture *fixture = *state;
	struct providers *providers = fixture->daemon.providers;
	int64_t pid;

	put_plugin(fixture, "ping", "ping");
	start(fixture);
	pid = number_of(fixture, "ping", "pid");
	for (size_t i = 0; i < lengthof(files); i++) {
		cleanup_result struct result after = {0};
		cleanup_err struct err err = {0};

		put_plugin(fixture, files[i], "ping");
		assert_true(providers_reload(providers, "ping", &err) < 0);
		after = call(fixture, (struct wish){.json = "{}"});
		assert_int_equal(after.code, 0);
		assert_int_equal(number_of(fixture, "ping", "pid"), pid);
	}
}

static void a_disabled_plugin_is_known_and_runs_nothing(void **state)
{
	struct fixture *fixture = *state;
	struct providers *providers = fixture->daemon.providers;
	const struct reg_provider *provider;
	cleanup_result struct result refused = {0}, after = {0};

	put_plugin(fixture, "ping", "ping");
	start(fixture);
	assert_int_equal(providers_set_enabled(providers, "ping", false, NULL), 0);
	refused = call(fixture, (struct wish){.json = "{}"});
	assert_int_equal(refused.code, MORTISE_E_RETRY);
	assert_non_null(strstr(err_text(&refused.err), "disabled"));
	/* It stays so over a restart, from what it registered last. */
	close_daemon(fixture);
	open_daemon(fixture);
	providers = fixture->daemon.providers;
	start(fixture);
	assert_true(is_state(fixture, "ping", "disabled"));
	assert_int_equal(number_of(fixture, "ping", "pid"), 0);
	provider = providers_find(providers, "ping-oauth");
	assert_non_null(provider);
	registration_unref(provider->registration);
	assert_int_equal(providers_set_enabled(providers, "ping", true, NULL), 0);
	after = call(fixture, (struct wish){.json = "{}"});
	assert_int_equal(after.code, 0);
}

/* Drops the host that is on its way, as disabling does, before what it has sent is read. */
struct dropping {
	struct fixture *fixture;
	atomic_bool dropped, adopted;
};

static void drop_when_it_is_on_its_way(void *arg)
{
	struct dropping *dropping = arg;
	struct plugin *plugin = dropping->fixture->daemon.providers->plugins;
	struct host *host = plugin->incoming;

	if (!host) {
		loop_post(dropping->fixture->daemon.loop, drop_when_it_is_on_its_way, dropping);
		return;
	}
	host_drain(host);
	/* Its READY is read now, and so is the word that it was accepted. */
	host->said_ready = host->accepted = true;
	acceptance_check_ready(host);
	atomic_store(&dropping->adopted, plugin->host == host);
	atomic_store(&dropping->dropped, true);
}

static void a_host_that_was_dropped_is_not_adopted(void **state)
{
	struct fixture *fixture = *state;
	struct providers *providers = fixture->daemon.providers;
	struct dropping dropping = {.fixture = fixture};
	cleanup_result struct result dead = {0}, after = {0};

	put_plugin(fixture, "ping", "ping");
	start(fixture);
	loop_post(fixture->daemon.loop, drop_when_it_is_on_its_way, &dropping);
	dead = call(fixture, (struct wish){.json = "{\"do\":\"crash\"}"});
	assert_int_equal(dead.code, MORTISE_E_RETRY);
	WAIT_FOR(atomic_load(&dropping.dropped));
	assert_false(atomic_load(&dropping.adopted));
	WAIT_FOR(peek(fixture).hosts == 0);
	assert_false(is_state(fixture, "ping", "ready"));
	assert_int_equal(providers_set_enabled(providers, "ping", false, NULL), 0);
	assert_int_equal(providers_set_enabled(providers, "ping", true, NULL), 0);
	after = call(fixture, (struct wish){.json = "{}"});
	assert_int_equal(after.code, 0);
}

static void an_unloaded_plugin_is_gone_until_it_is_loaded(void **state)
{
	struct fixture *fixture = *state;
	struct providers *providers = fixture->daemon.providers;
	cleanup_err struct err twice = {0}, missing = {0}, name = {0};
	const struct reg_provider *provider;

	put_plugin(fixture, "ping", "ping");
	start(fixture);
	assert_int_equal(providers_load(providers, "ping", &twice), MORTISE_E_CONFLICT);
	assert_int_equal(providers_unload(providers, "ping", NULL), 0);
	assert_null(providers_find(providers, "ping"));
	assert_int_equal(providers_reload(providers, "ping", &missing), MORTISE_E_NOT_FOUND);
	assert_int_equal(providers_load(providers, "../ping", &name), MORTISE_E_FIELD);
	assert_int_equal(providers_load(providers, "ping", NULL), 0);
	provider = providers_find(providers, "ping");
	assert_non_null(provider);
	registration_unref(provider->registration);
}

static void a_wrong_plugin_is_refused_and_leaves_the_rest_running(void **state)
{
	static const struct {
		const char *plugin, *words, *name;
	} cases[] = {
		{"newer_minor", "newer_minor.so: needs plugin ABI 0.5, this mortised provides 0.4"},
		{"older_major", "needs plugin ABI 7.4"},
		{"bad_magic", "magic"},
		{"short_size", "descriptor has 8 bytes"},
		{"no_note", "no Mortise note"},
		{"no_symbol", ""},
		{"load_refuses", ""},
		{"registers_badly", "nowhere"},
		{"load_crashes", "did not start"},
		{"constructor_crashes", "did not start"},
		{"constructor_babbles", "did not start"},
		{"null_callback", "run is required"},
		{"bad_expression", "provider \"bad\": webhook \"hook/\": "},
		{"no_load", "lacks name, version, license or load"},
#ifndef MORTISE_SANITIZED
		{"load_threads", "E_FORBIDDEN"},
		{"load_eats", "E_LIMIT"},
#endif
		{"ping", "name the file ping.so", "pong"},
	};
	struct fixture *fixture = *state;
	struct providers *providers = fixture->daemon.providers;

	put_plugin(fixture, "ping", "ping");
	start(fixture);
	for (size_t i = 0; i < lengthof(cases); i++) {
		cleanup_result struct result after = {0};
		cleanup_err struct err err = {0};

		put_plugin(fixture, cases[i].plugin, cases[i].name ? cases[i].name : cases[i].plugin);
		if (providers_load(providers, cases[i].name ? cases[i].name : cases[i].plugin,
				&err) >= 0 ||
			!strstr(err_text(&err), cases[i].words))
			fail_msg("case %zu (%s): %s", i, cases[i].plugin, err_text(&err));
		after = call(fixture, (struct wish){.json = "{}"});
		assert_int_equal(after.code, 0);
		(void)providers_unload(providers, cases[i].plugin, NULL);
	}
}

static void a_plugin_that_never_gets_ready_is_given_up(void **state)
{
	struct fixture *fixture = *state;
	cleanup_err struct err err = {0};

	fixture->daemon.providers->limits.ready_ms = 200;
	put_plugin(fixture, "load_hangs", "load_hangs");
	start(fixture);
	assert_true(is_state(fixture, "load_hangs", "restarting") ||
		is_state(fixture, "load_hangs", "quarantined"));
	assert_int_equal(providers_unload(fixture->daemon.providers, "load_hangs", &err), 0);
}

static void a_provider_keeps_at_most_half_of_a_pool_waiting(void **state)
{
	struct fixture *fixture = *state;
	cleanup_result struct result refused = {0}, other = {0};
	struct background calls[5];

	put_plugin(fixture, "ping", "ping");
	put_plugin(fixture, "neighbour", "neighbour");
	fixture->settings.request_workers = 10;
	start(fixture);
	/* Four run, one waits: each has a worker. */
	for (size_t i = 0; i < lengthof(calls); i++)
		begin(&calls[i], fixture, (struct wish){.json = "{\"do\":\"sleep\",\"ms\":500}"});
	WAIT_FOR(running_calls(fixture) == 4 && peek(fixture).waiting == 1);
	refused = call(fixture, (struct wish){.json = "{}"});
	assert_int_equal(refused.code, MORTISE_E_RETRY);
	other = call(fixture, (struct wish){.json = "{}", .provider = "neighbour"});
	assert_int_equal(other.code, 0);
	for (size_t i = 0; i < lengthof(calls); i++) {
		pthread_join(calls[i].thread, NULL);
		assert_int_equal(calls[i].result.code, 0);
		result_clear(&calls[i].result);
	}
}

static void too_many_waiting_calls_are_turned_away(void **state)
{
	struct fixture *fixture = *state;
	cleanup_result struct result refused = {0};
	struct background calls[6];

	put_plugin(fixture, "ping", "ping");
	fixture->daemon.providers->limits.waiting_max = 2;
	start(fixture);
	/* ping takes four at a time, so two wait. */
	for (size_t i = 0; i < lengthof(calls); i++) {
		begin(&calls[i], fixture, (struct wish){.json = "{\"do\":\"sleep\",\"ms\":500}"});
		if (i < 4)
			WAIT_FOR(running_calls(fixture) == i + 1);
	}
	WAIT_FOR(peek(fixture).waiting == 2);
	refused = call(fixture, (struct wish){.json = "{}"});
	assert_int_equal(refused.code, MORTISE_E_RETRY);
	for (size_t i = 0; i < lengthof(calls); i++) {
		pthread_join(calls[i].thread, NULL);
		assert_int_equal(calls[i].result.code, 0);
		result_clear(&calls[i].result);
	}
}

/* ---- Neighbours ---- */

#ifndef MORTISE_SANITIZED

#define CALLERS 3
#define ROUNDS 12
#define SLICE_MS 60
#define TRIES 15                       /* for a machine that others use too */

/* Threads that call ping, one call after the other. */
struct load {
	struct fixture *fixture;
	atomic_bool stop;
	atomic_size_t calls;
	pthread_t threads[CALLERS];
};

static void *run_load(void *arg)
{
	struct load *load = arg;

	while (!load->stop) {
		cleanup_result struct result result = call(load->fixture, (struct wish){.json = "{}"});

		load->calls += result.code == 0;
	}
	return NULL;
}

static void begin_load(struct load *load, struct fixture *fixture)
{
	load->fixture = fixture;
	for (size_t i = 0; i < CALLERS; i++)
		pthread_create(&load->threads[i], NULL, run_load, load);
}

static void end_load(struct load *load)
{
	load->stop = true;
	for (size_t i = 0; i < CALLERS; i++)
		pthread_join(load->threads[i], NULL);
}

/* How many calls of ping end in a slice of time. */
static size_t measure(struct load *load)
{
	const struct timespec slice = {.tv_nsec = SLICE_MS * 1000000};
	size_t before = load->calls;

	nanosleep(&slice, NULL);
	return load->calls - before;
}

/* In percent: what is left of ping's calls beside the neighbour.  Slices with it and
 * slices while its process is stopped take turns, so that both see the same machine. */
static int throughput_beside(struct load *load, pid_t neighbour)
{
	size_t with = 0, without = 0;

	for (int i = 0; i < ROUNDS; i++) {
		kill(neighbour, SIGSTOP);
		without += measure(load);
		kill(neighbour, SIGCONT);
		with += measure(load);
	}
	return (int)(with * 100 / (without > 0 ? without : 1));
}

/* Its four threads do as told, for as long as anybody measures. */
static void check_neighbour(struct fixture *fixture, const char *wish, bool burns)
{
	struct providers *providers = fixture->daemon.providers;
	struct background calls[4];
	struct load load = {0};
	int percent = 0;
	pid_t pid;

	assert_int_equal(providers_set_enabled(providers, "neighbour", true, NULL), 0);
	pid = (pid_t)number_of(fixture, "neighbour", "pid");
	for (size_t i = 0; i < lengthof(calls); i++)
		begin(&calls[i], fixture, (struct wish){.json = wish, .provider = "neighbour",
			.deadline_ms = 60000});
	WAIT_FOR(running_calls(fixture) == lengthof(calls));
	if (burns)
		WAIT_FOR(getpriority(PRIO_PROCESS, (id_t)pid) == 19);
	begin_load(&load, fixture);
	for (int i = 0; i < TRIES && percent < 80; i++)
		percent = throughput_beside(&load, pid);
	end_load(&load);
	assert_int_equal(number_of(fixture, "neighbour", "pid"), pid);
	assert_int_equal(providers_set_enabled(providers, "neighbour", false, NULL), 0);
	for (size_t i = 0; i < lengthof(calls); i++) {
		pthread_join(calls[i].thread, NULL);
		result_clear(&calls[i].result);
	}
	print_message("# beside %s: %d %%\n", wish, percent);
	if (percent < 80)
		fail_msg("beside %s only %d %% of the calls are left", wish, percent);
}

/* All threads of this process, and so the hosts to come, keep to one processor: two that
 * are halves of one core slow each other down whatever their priorities are. */
static void use_one_processor(void)
{
	DIR *tasks = opendir("/proc/self/task");
	const struct dirent *task;
	cpu_set_t set;
	int first = 0;

	assert_int_equal(sched_getaffinity(0, sizeof(set), &set), 0);
	while (!CPU_ISSET(first, &set))
		first++;
	CPU_ZERO(&set);
	CPU_SET(first, &set);
	assert_non_null(tasks);
	while ((task = readdir(tasks)))
		if (task->d_name[0] != '.')
			assert_int_equal(sched_setaffinity(atoi(task->d_name), sizeof(set), &set), 0);
	closedir(tasks);
}

static void a_neighbour_leaves_the_others_their_throughput(void **state)
{
	static const struct {
		const char *wish;
		bool burns;            /* the processor */
	} cases[] = {
		{"{\"do\":\"loop\"}", true},
		{"{\"do\":\"flood\",\"what\":\"unknown\"}", false},
		{"{\"do\":\"flood\",\"what\":\"log\"}", false},
		{"{\"do\":\"flood\",\"what\":\"stderr\"}", false},
		{"{\"do\":\"flood\",\"what\":\"ask\"}", false},
	};
	struct fixture *fixture = *state;

	use_one_processor();
	put_plugin(fixture, "ping", "ping");
	put_plugin(fixture, "neighbour", "neighbour");
	fixture->daemon.providers->limits.drain_ms = 10;
	bound_processor(fixture);
	start(fixture);
	for (size_t i = 0; i < lengthof(cases); i++)
		check_neighbour(fixture, cases[i].wish, cases[i].burns);
}

#endif

#define CASE(name_) cmocka_unit_test_setup_teardown(name_, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(calls_come_back_with_output_and_effects),
		CASE(failures_come_back_with_their_words),
		CASE(reads_show_what_the_scope_has),
		CASE(the_clock_of_a_call_is_ours),
		cmocka_unit_test(a_full_cache_puts_out_only_its_own),
		CASE(a_crash_alone_is_a_strike_and_the_host_comes_back),
		CASE(a_bad_frame_kills_its_host_only),
		CASE(a_huge_frame_kills_its_host),
		CASE(a_garbage_reply_is_refused_with_its_fault),
		CASE(a_forged_failure_is_cut_to_size),
#ifndef MORTISE_SANITIZED
		CASE(a_forbidden_system_call_is_named),
		CASE(a_host_that_runs_on_without_a_call_is_killed),
		CASE(a_demoted_host_is_renewed),
#endif
		CASE(a_frame_of_an_unknown_call_is_dropped),
		CASE(a_death_among_several_is_nobodys_strike),
		CASE(a_solo_host_takes_one_call_at_a_time),
		CASE(a_late_call_is_cancelled_and_its_host_goes_on),
		CASE(a_hang_costs_its_host_and_no_other_call),
		CASE(five_deaths_are_quarantine),
		CASE(a_reload_moves_new_calls_and_lets_old_ones_end),
		CASE(a_reload_that_fails_changes_nothing),
		CASE(a_disabled_plugin_is_known_and_runs_nothing),
		CASE(a_host_that_was_dropped_is_not_adopted),
		CASE(an_unloaded_plugin_is_gone_until_it_is_loaded),
		CASE(a_wrong_plugin_is_refused_and_leaves_the_rest_running),
		CASE(a_plugin_that_never_gets_ready_is_given_up),
		CASE(a_provider_keeps_at_most_half_of_a_pool_waiting),
		CASE(too_many_waiting_calls_are_turned_away),
#ifndef MORTISE_SANITIZED
		CASE(a_neighbour_leaves_the_others_their_throughput),
#endif
	};

#ifdef MORTISE_SANITIZED
	print_message("# skipped: a sanitizer blurs throughput, and replaces the sandbox\n");
#endif
	return cmocka_run_group_tests_name("provider_supervisor", tests, NULL, NULL);
}
