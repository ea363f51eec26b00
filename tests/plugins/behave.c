/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
#include "tests/plugins/behave.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

struct wish {
	const struct mortise_host *host;
	struct mortise_call *call;
	const json_t *input, *wish;
	json_t **ret_output;
};

static const char *text_of(const struct wish *w, const char *name)
{
	return json_string_value(json_object_get(w->wish, name));
}

static int64_t number_of(const struct wish *w, const char *name)
{
	return json_integer_value(json_object_get(w->wish, name));
}

static int32_t do_ok(const struct wish *w)
{
	*w->ret_output = json_pack("{s:s}", "outcome", "ok");
	return MORTISE_OK;
}

static int32_t do_fail(const struct wish *w)
{
	const char *text = text_of(w, "text");

	return w->host->fail(w->call, (int32_t)number_of(w, "code"), "%s", text ? text : "as told");
}

static int32_t do_field(const struct wish *w)
{
	return w->host->field_error(w->call, text_of(w, "path"), "is wrong: choose another");
}

static int32_t do_rate(const struct wish *w)
{
	w->host->retry_at(w->call, w->host->now(w->call) + number_of(w, "ms"));
	return w->host->fail(w->call, MORTISE_E_RATE, "too many requests");
}

static int32_t do_silent(const struct wish *w)
{
	return (int32_t)number_of(w, "code");
}

static int32_t do_crash(const struct wish *w)
{
	(void)w;
	abort();
}

/* Harmless alone; two at once meet. */
static int32_t do_meet(const struct wish *w)
{
	static atomic_int here;
	const struct timespec moment = {.tv_nsec = 20000000};

	if (atomic_fetch_add(&here, 1) > 0)
		abort();
	nanosleep(&moment, NULL);
	atomic_fetch_sub(&here, 1);
	return do_ok(w);
}

static int32_t do_segfault(const struct wish *w)
{
	char *volatile nowhere = (char *)(uintptr_t)1;

	(void)w;
	*nowhere = 1;
	return MORTISE_OK;
}

static int32_t do_exit(const struct wish *w)
{
	(void)w;
	_exit(0);
}

static int32_t do_loop(const struct wish *w)
{
	volatile int64_t turns = 0;

	while (w->host)
		turns = turns + 1;
	return MORTISE_OK;
}

static int32_t do_sleep(const struct wish *w)
{
	int64_t ms = number_of(w, "ms");
	const struct timespec time = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};

	nanosleep(&time, NULL);
	return do_ok(w);
}

static int32_t do_eat(const struct wish *w)
{
	const size_t size = (size_t)16 << 20;
	char *all = NULL;

	for (size_t i = 1;; i++) {
		char *more = realloc(all, i * size);

		if (!more) {
			free(all);
			return w->host->fail(w->call, MORTISE_E_LIMIT, "ate %zu MiB", i * 16);
		}
		all = more;
		memset(all + (i - 1) * size, 1, size);
	}
}

/* Forget some bytes; they are written so that they count. */
static int32_t do_leak(const struct wish *w)
{
	size_t size = (size_t)number_of(w, "size");
	char *volatile lost = malloc(size);

	if (lost)
		memset(lost, 1, size);
	return do_ok(w);
}

static int32_t give_effects(const struct wish *w, const json_t *effects)
{
	json_t *effect;
	size_t i;

	json_array_foreach(effects, i, effect) {
		json_t *record = json_copy(effect);
		const char *type = json_string_value(json_object_get(effect, "type"));
		int32_t ret;

		json_object_del(record, "type");
		ret = w->host->effect(w->call, type, record);
		json_decref(record);
		if (ret != MORTISE_OK)
			return ret;
	}
	return MORTISE_OK;
}

static int32_t do_effects(const struct wish *w)
{
	int32_t ret = give_effects(w, json_object_get(w->wish, "effects"));

	return ret != MORTISE_OK ? ret : do_ok(w);
}

static int32_t do_http(const struct wish *w)
{
	const struct mortise_http request = {
		.size = sizeof(request),
		.upstream = "api",
		.method = text_of(w, "method"),
		.path = text_of(w, "path"),
		.query = json_object_get(w->wish, "query"),
		.body = json_object_get(w->wish, "body"),
		.credentials = text_of(w, "credentials"),
		.once = text_of(w, "once"),
	};
	struct mortise_answer answer = {.size = sizeof(answer)};
	int32_t ret = w->host->http(w->call, &request, &answer);

	if (ret != MORTISE_OK)
		return ret;
	*w->ret_output = json_pack("{s:i, s:b, s:O*, s:s*}", "status", (int)answer.status, "replayed",
		answer.replayed != 0, "json", answer.json, "text", answer.bytes);
	w->host->answer_clear(&answer);
	return MORTISE_OK;
}

static int32_t give_value(const struct wish *w, int32_t ret, json_t *value)
{
	if (ret == MORTISE_OK)
		*w->ret_output = json_pack("{s:o}", "value", value);
	return ret;
}

static int32_t do_read(const struct wish *w)
{
	json_t *value = NULL;
	int32_t ret = w->host->read(w->call, text_of(w, "what"), json_object_get(w->wish, "args"), &value);

	return give_value(w, ret, value);
}

static int32_t do_cache(const struct wish *w)
{
	const json_t *given = json_object_get(w->wish, "value");
	json_t *value = NULL;
	int32_t ret;

	if (given)
		return w->host->cache_put(w->call, text_of(w, "key"), given, 60000);
	ret = w->host->cache_get(w->call, text_of(w, "key"), &value);
	return give_value(w, ret, value);
}

static int32_t do_settle(const struct wish *w)
{
	return w->host->once_settle(w->call, text_of(w, "once"), json_object_get(w->wish, "answer"));
}

static int32_t do_clear(const struct wish *w)
{
	return w->host->once_clear(w->call, text_of(w, "once"));
}

/* Goes on behind the page that the cursor names. */
static int32_t do_checkpoint(const struct wish *w)
{
	const json_t *pages = json_object_get(w->wish, "pages");
	const json_t *cursor = json_object_get(w->input, "cursor");
	int64_t page = json_integer_value(json_object_get(cursor, "page"));

	for (; page < (int64_t)json_array_size(pages); page++) {
		json_t *next = json_pack("{s:I}", "page", (json_int_t)(page + 1));
		int32_t ret = give_effects(w, json_array_get(pages, (size_t)page));

		if (ret == MORTISE_OK)
			ret = w->host->checkpoint(w->call, next);
		json_decref(next);
		if (ret != MORTISE_OK)
			return ret;
		if (number_of(w, "crash_after") == page + 1)
			abort();
	}
	return do_ok(w);
}

static int32_t do_log(const struct wish *w)
{
	json_t *fields = json_pack("{s:i}", "number", 7);

	for (int64_t i = 0; i < number_of(w, "count"); i++)
		w->host->log(w->call, MORTISE_LOG_INFO, "ping.told", fields);
	json_decref(fields);
	return do_ok(w);
}

static int32_t do_chatter(const struct wish *w)
{
	for (int64_t i = 0; i < number_of(w, "size"); i += 64)
		fputs("chatter chatter chatter chatter chatter chatter chatter chatter\n", stderr);
	return do_ok(w);
}

static int32_t do_now(const struct wish *w)
{
	*w->ret_output = json_pack("{s:I, s:I}", "now", (json_int_t)w->host->now(w->call), "deadline",
		(json_int_t)w->host->deadline(w->call));
	return MORTISE_OK;
}

static void *run_thread(void *arg)
{
	return arg;
}

static int try_thread(void)
{
	pthread_t thread;

	if (pthread_create(&thread, NULL, run_thread, NULL) != 0)
		return -1;
	pthread_join(thread, NULL);
	return 0;
}

static int try_file(void)
{
	int fd = open("/etc/passwd", O_RDONLY);

	return fd < 0 ? -1 : close(fd);
}

static int try_socket(void)
{
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	return fd < 0 ? -1 : close(fd);
}

static int try_fork(void)
{
	pid_t pid = fork();

	if (pid == 0)
		_exit(0);
	return pid < 0 ? -1 : 0;
}

static int try_code(void)
{
	void *code = mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return code == MAP_FAILED ? -1 : munmap(code, 4096);
}

static int try_time(void)
{
	time_t now = 0;
	struct tm local;

	return localtime_r(&now, &local) ? 0 : -1;
}

/* Write to the socket of the host process, past the host. */
static int32_t do_babble(const struct wish *w)
{
	const char *hex = text_of(w, "hex");
	unsigned char bytes[256];
	size_t len = 0;
	unsigned value;

	while (len < sizeof(bytes) && sscanf(hex + 2 * len, "%2x", &value) == 1)
		bytes[len++] = (unsigned char)value;
	if (write(3, bytes, len) != (ssize_t)len)
		return w->host->fail(w->call, MORTISE_E_FORBIDDEN, "no socket");
	return do_ok(w);
}

static int32_t do_outside(const struct wish *w)
{
	static const struct {
		const char *how;
		int (*attempt)(void);
	} ways[] = {{"thread", try_thread}, {"file", try_file}, {"socket", try_socket},
		{"fork", try_fork}, {"code", try_code}, {"time", try_time}};
	const char *how = text_of(w, "how");

	/* Builds with a sanitizer have no sandbox: then end as one would have it. */
	if (!how && try_fork() == 0)
		abort();
	for (size_t i = 0; how && i < sizeof(ways) / sizeof(ways[0]); i++)
		if (strcmp(ways[i].how, how) == 0 && ways[i].attempt() < 0)
			return w->host->fail(w->call, MORTISE_E_FORBIDDEN, "no %s", how);
	return do_ok(w);
}

int32_t behave(const struct mortise_host *host, struct mortise_call *call, const json_t *input,
	const json_t *wish, json_t **ret_output)
{
	static const struct {
		const char *word;
		int32_t (*act)(const struct wish *w);
	} words[] = {
		{"ok", do_ok}, {"fail", do_fail}, {"field", do_field}, {"rate", do_rate},
		{"silent", do_silent}, {"crash", do_crash}, {"segfault", do_segfault},
		{"exit", do_exit}, {"loop", do_loop}, {"sleep", do_sleep}, {"eat", do_eat},
		{"leak", do_leak}, {"meet", do_meet},
		{"effects", do_effects}, {"http", do_http}, {"read", do_read}, {"cache", do_cache},
		{"settle", do_settle}, {"clear", do_clear}, {"checkpoint", do_checkpoint},
		{"log", do_log}, {"chatter", do_chatter}, {"now", do_now}, {"outside", do_outside},
		{"babble", do_babble},
	};
	const struct wish w = {host, call, input, wish, ret_output};
	const char *word = text_of(&w, "do");

	for (size_t i = 0; word && i < sizeof(words) / sizeof(words[0]); i++)
		if (strcmp(words[i].word, word) == 0)
			return words[i].act(&w);
	return word ? host->fail(call, MORTISE_E_UNSUPPORTED, "\"%s\" cannot be done", word) : do_ok(&w);
}
