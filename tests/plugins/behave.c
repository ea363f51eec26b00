/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
#include "tests/plugins/behave.h"

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
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

static int32_t do_free(const struct wish *w)
{
	char *volatile nothing = (char *)(uintptr_t)w->call + 8;

	free(nothing);
	return MORTISE_OK;
}

static int32_t do_exit(const struct wish *w)
{
	(void)w;
	_exit(0);
}

static int32_t do_loop(const struct wish *w)
{
	int64_t ms = number_of(w, "ms"), until = w->host->now(w->call) + ms;

	while (ms == 0 || w->host->now(w->call) < until)
		continue;
	return do_ok(w);
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

static int32_t request(const struct wish *w, const char *method, const char *path, const char *once,
	struct mortise_answer *ret_answer)
{
	const struct mortise_http request = {
		.size = sizeof(request),
		.upstream = "api",
		.method = method,
		.path = path,
		.query = json_object_get(w->wish, "query"),
		.body = strcmp(method, "GET") != 0 ? json_object_get(w->wish, "body") : NULL,
		.credentials = text_of(w, "credentials"),
		.once = once,
	};

	*ret_answer = (struct mortise_answer){.size = sizeof(*ret_answer)};
	return w->host->http(w->call, &request, ret_answer);
}

static int32_t do_http(const struct wish *w)
{
	struct mortise_answer answer;
	int32_t ret = request(w, text_of(w, "method"), text_of(w, "path"), text_of(w, "once"), &answer);

	if (ret != MORTISE_OK)
		return ret;
	*w->ret_output = json_pack("{s:i, s:b, s:O*, s:s*}", "status", (int)answer.status, "replayed",
		answer.replayed != 0, "json", answer.json, "text", answer.bytes);
	w->host->answer_clear(&answer);
	return MORTISE_OK;
}

/* Nobody knows whether the guarded request acted: what the upstream says of it is settled,
 * and if it knows of nothing, it may be sent again. */
static int32_t look(const struct wish *w, int *ret_found)
{
	struct mortise_answer answer;
	int32_t ret = request(w, "GET", text_of(w, "look"), NULL, &answer);

	if (ret != MORTISE_OK)
		return ret;
	*ret_found = answer.status == 200;
	if (*ret_found)
		ret = w->host->once_settle(w->call, text_of(w, "once"), answer.json);
	else
		ret = w->host->once_clear(w->call, text_of(w, "once"));
	w->host->answer_clear(&answer);
	return ret;
}

/* As a provider should make something at its upstream. */
static int32_t do_create(const struct wish *w)
{
	int32_t ret = do_http(w);
	int found = 0;

	if (ret == MORTISE_E_UNCERTAIN) {
		ret = look(w, &found);
		if (ret == MORTISE_OK && !found)
			ret = do_http(w);
	}
	return ret != MORTISE_OK ? ret : give_effects(w, json_object_get(w->wish, "effects"));
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

/* A text that the daemon made for us. */
static int32_t give_text(const struct wish *w, int32_t ret, char *text)
{
	if (ret == MORTISE_OK)
		*w->ret_output = json_pack("{s:s}", "value", text);
	free(text);
	return ret;
}

static int32_t do_sign(const struct wish *w)
{
	char *token = NULL;
	int32_t ret = w->host->jwt_sign(w->call, (int32_t)number_of(w, "algorithm"), text_of(w, "slot"),
		json_object_get(w->wish, "claims"), &token);

	return give_text(w, ret, token);
}

static int32_t do_refer(const struct wish *w)
{
	char *reference = NULL;
	int32_t ret = w->host->reference_make(w->call, number_of(w, "ms"), &reference);

	return give_text(w, ret, reference);
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

static int try_write(void)
{
	int fd = open("mortise-plugin-wrote-this", O_WRONLY | O_CREAT, 0600);

	return fd < 0 ? -1 : close(fd);
}

static int try_socket(void)
{
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	return fd < 0 ? -1 : close(fd);
}

static int try_exec(void)
{
	char name[] = "true";
	char *argv[] = {name, NULL};

	return execv("/bin/true", argv);
}

static int try_ptrace(void)
{
	return (int)ptrace(PTRACE_ATTACH, getppid(), NULL, NULL);
}

static int try_kill(void)
{
	return kill(getppid(), SIGKILL);
}

/* Only whether it could be made: were it filled, the machine would suffer. */
static int try_shared(void)
{
	void *memory = mmap(NULL, (size_t)1 << 20, PROT_READ | PROT_WRITE,
		MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	return memory == MAP_FAILED ? -1 : munmap(memory, (size_t)1 << 20);
}

static int try_growing(void)
{
	void *memory = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS | MAP_GROWSDOWN, -1, 0);

	return memory == MAP_FAILED ? -1 : munmap(memory, 4096);
}

/* As the kernel has it: the first 32 bits are the signal, whatever stands above. */
struct kernel_action {
	void (*handler)(int);
	unsigned long flags;
	void (*restorer)(void);
	uint64_t mask;
};

static void ignore(int number)
{
	(void)number;
}

/* Take our handler of SIGSYS away, so that forbidden calls merely fail. */
static int try_handler(void)
{
	struct kernel_action action = {.handler = ignore};

	return (int)syscall(SYS_rt_sigaction, (UINT64_C(1) << 32) | SIGSYS, &action, NULL,
		sizeof(action.mask));
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

#ifdef __x86_64__
/* The other two doors into this kernel; getpid by each. */
static int try_int80(void)
{
	int result = 20;

	__asm__ volatile("int $0x80" : "+a"(result) : : "memory", "r8", "r9", "r10", "r11");
	return result;
}

static int try_x32(void)
{
	return (int)syscall(0x40000000 | SYS_getpid);
}
#endif

static int try_time(void)
{
	time_t now = 0;
	struct tm local;

	return localtime_r(&now, &local) ? 0 : -1;
}

/* ---- Past the host, on its socket ---- */

#define SOCKET 3
#define OP_RETURN 5

/* The call's number, from the host's own memory: nothing in a process is secret from the
 * plugin in it. */
static uint64_t own_number(const struct wish *w)
{
	uint64_t words[3];

	memcpy(words, (const void *)w->call, sizeof(words));
	return words[2];
}

static int write_all(const char *bytes, size_t size)
{
	while (size > 0) {
		ssize_t written = write(SOCKET, bytes, size);

		if (written <= 0)
			return -1;
		bytes += written;
		size -= (size_t)written;
	}
	return 0;
}

static int write_frame(uint32_t promised, uint64_t call, int op, const char *json, size_t size)
{
	/* In one piece, or the host's own frames come between header and JSON. */
	char *frame = calloc(1, 24 + size);
	int ret;

	if (!frame)
		return -1;
	for (int i = 0; i < 4; i++)
		frame[i] = (char)(promised >> 8 * i);
	for (int i = 0; i < 8; i++)
		frame[8 + i] = (char)(call >> 8 * i);
	frame[20] = (char)op;
	memcpy(frame + 24, json, size);
	ret = write_all(frame, 24 + size);
	free(frame);
	return ret;
}

static int32_t do_babble(const struct wish *w)
{
	const char *hex = text_of(w, "hex");
	unsigned char bytes[256];
	size_t len = 0;
	unsigned value;

	while (len < sizeof(bytes) && sscanf(hex + 2 * len, "%2x", &value) == 1)
		bytes[len++] = (unsigned char)value;
	return write_all((const char *)bytes, len) < 0 ?
		w->host->fail(w->call, MORTISE_E_FORBIDDEN, "no socket") : do_ok(w);
}

static char *add_text(char *at, const char *text)
{
	size_t size = text ? strlen(text) : 0;

	memcpy(at, text ? text : "", size);
	return at + size;
}

static int32_t do_frame(const struct wish *w)
{
	const char *head = text_of(w, "head"), *fill = text_of(w, "fill"), *tail = text_of(w, "tail");
	size_t count = (size_t)number_of(w, "count");
	char *json = malloc((head ? strlen(head) : 0) + (fill ? strlen(fill) : 0) * count +
		(tail ? strlen(tail) : 0) + 1);
	const json_t *call = json_object_get(w->wish, "call");
	uint32_t size;
	char *at = json;
	int ret;

	if (!json)
		return w->host->fail(w->call, MORTISE_E_LIMIT, "no memory for this frame");
	at = add_text(at, head);
	for (size_t i = 0; i < count; i++)
		at = add_text(at, fill);
	size = (uint32_t)(add_text(at, tail) - json);
	ret = write_frame(json_object_get(w->wish, "size") ? (uint32_t)number_of(w, "size") : size,
		call ? (uint64_t)json_integer_value(call) : own_number(w), (int)number_of(w, "op"),
		json, size);
	free(json);
	return ret < 0 ? w->host->fail(w->call, MORTISE_E_FORBIDDEN, "no socket") : do_ok(w);
}

static int32_t do_flood(const struct wish *w)
{
	const char *what = text_of(w, "what");

	for (;;) {
		json_t *value = NULL;

		if (strcmp(what, "unknown") == 0 && write_frame(0, 0, OP_RETURN, "", 0) < 0)
			return MORTISE_E_INTERNAL;
		else if (strcmp(what, "log") == 0)
			w->host->log(w->call, MORTISE_LOG_INFO, "ping.flood", NULL);
		else if (strcmp(what, "stderr") == 0)
			fputs("chatter chatter chatter chatter chatter chatter chatter chatter\n", stderr);
		else if (strcmp(what, "ask") == 0)
			(void)w->host->cache_get(w->call, "nothing", &value);
		json_decref(value);
	}
}

/* Mortised takes the call for ended, so no deadline watches it any more. */
static int32_t do_leave(const struct wish *w)
{
	static const char json[] = "{\"code\":0}";
	int64_t ms = number_of(w, "ms"), until = w->host->now(w->call) + ms;

	if (write_frame(sizeof(json) - 1, own_number(w), OP_RETURN, json, sizeof(json) - 1) < 0)
		return MORTISE_E_INTERNAL;
	while (ms == 0 || w->host->now(w->call) < until)
		continue;
	return do_ok(w);
}

/* ---- Outside ---- */

static int32_t do_outside(const struct wish *w)
{
	static const struct {
		const char *how;
		int (*attempt)(void);
	} ways[] = {
		/* These fail. */
		{"thread", try_thread}, {"file", try_file}, {"socket", try_socket},
		{"shared", try_shared}, {"growing", try_growing},
		/* These end the process. */
		{"write", try_write}, {"fork", try_fork}, {"exec", try_exec}, {"ptrace", try_ptrace},
		{"kill", try_kill}, {"code", try_code}, {"handler", try_handler},
#ifdef __x86_64__
		{"int80", try_int80}, {"x32", try_x32},
#endif
		/* This is allowed. */
		{"time", try_time}};
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
		{"exit", do_exit}, {"free", do_free}, {"loop", do_loop}, {"sleep", do_sleep}, {"eat", do_eat},
		{"leak", do_leak}, {"meet", do_meet},
		{"effects", do_effects}, {"http", do_http}, {"read", do_read}, {"cache", do_cache},
		{"sign", do_sign}, {"refer", do_refer}, {"settle", do_settle}, {"clear", do_clear}, {"checkpoint", do_checkpoint},
		{"log", do_log}, {"chatter", do_chatter}, {"now", do_now}, {"outside", do_outside},
		{"babble", do_babble}, {"frame", do_frame}, {"flood", do_flood}, {"leave", do_leave}, {"create", do_create},
	};
	const struct wish w = {host, call, input, wish, ret_output};
	const char *word = text_of(&w, "do");

	for (size_t i = 0; word && i < sizeof(words) / sizeof(words[0]); i++)
		if (strcmp(words[i].word, word) == 0)
			return words[i].act(&w);
	return word ? host->fail(call, MORTISE_E_UNSUPPORTED, "\"%s\" cannot be done", word) : do_ok(&w);
}
