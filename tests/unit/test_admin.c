/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/* The admin socket with a small table of its own, on a real socket. */
#include "config.h"
#include "tests/unit/unit.h"

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "core/admin/admin_private.h"
#include "core/admin/varlink.h"
#include "core/base/buf.h"
#include "core/base/err.h"
#include "core/base/log.h"
#include "core/base/loop.h"
#include "core/base/mem.h"
#include "core/config/settings.h"
#include "core/daemon/daemon.h"

/* ---- Types ---- */

static void values_are_checked_against_types(void **state)
{
	static const struct {
		const char *type, *value;
		const char *path;      /* NULL: it fits */
	} cases[] = {
		{"()", "{}", NULL},
		{"()", "{\"a\":1}", "a"},
		{"(a: string)", "{\"a\":\"x\"}", NULL},
		{"(a: string)", "{}", "a"},
		{"(a: string)", "{\"a\":null}", "a"},
		{"(a: string)", "{\"a\":1}", "a"},
		{"(a: ?string)", "{}", NULL},
		{"(a: ?string)", "{\"a\":null}", NULL},
		{"(a: int, b: bool, c: float)", "{\"a\":1,\"b\":true,\"c\":2}", NULL},
		{"(a: int)", "{\"a\":1.5}", "a"},
		{"(a: []string)", "{\"a\":[\"x\",\"y\"]}", NULL},
		{"(a: []string)", "{\"a\":[\"x\",2]}", "a.1"},
		{"(a: [string]int)", "{\"a\":{\"k\":1}}", NULL},
		{"(a: [string]int)", "{\"a\":{\"k\":\"1\"}}", "a.k"},
		{"(a: [](b: ?(c: int)))", "{\"a\":[{},{\"b\":{\"c\":true}}]}", "a.1.b.c"},
		{"(a: object)", "{\"a\":{\"any\":[1]}}", NULL},
		{"(a: object)", "{\"a\":\"x\"}", "a"},
	};

	(void)state;
	for (size_t i = 0; i < lengthof(cases); i++) {
		cleanup_json json_t *value = json_loads(cases[i].value, 0, NULL);
		cleanup_free char *path = NULL;
		struct varlink_type *type;
		bool fits;

		assert_int_equal(varlink_parse(cases[i].type, &type, NULL), 0);
		fits = varlink_check(type, value, &path);
		varlink_free(type);
		if (fits != !cases[i].path || (path && strcmp(path, cases[i].path) != 0))
			fail_msg("case %zu: %s", i, path ? path : "fits");
	}
}

static void bad_types_are_refused(void **state)
{
	static const char *const texts[] = {
		"", "(", "(a)", "(a:)", "(a: text)", "(a: string", "(a: string) x", "(a: string,)",
		"[]", "?", "((((((((((((((((((((((((", "(a: [int]string)",
	};

	(void)state;
	for (size_t i = 0; i < lengthof(texts); i++) {
		struct varlink_type *type;

		if (varlink_parse(texts[i], &type, NULL) == 0)
			fail_msg("case %zu: %s", i, texts[i]);
	}
}

static void levels_follow_user_and_groups(void **state)
{
	gid_t operate[] = {70001}, admin[] = {70002};
	const struct admin_groups groups = {operate, admin, 1, 1};
	static const struct {
		uid_t uid;
		gid_t gid;
		enum admin_level level;
	} cases[] = {
		{0, 1, ADMIN_ADMIN}, {70000, 1, ADMIN_READ}, {70000, 70001, ADMIN_OPERATE},
		{70000, 70002, ADMIN_ADMIN},
	};

	(void)state;
	for (size_t i = 0; i < lengthof(cases); i++) {
		gid_t own[] = {5, cases[i].gid};
		const struct admin_peer peer = {cases[i].uid, own, 2};

		assert_int_equal(admin_peer_level(&peer, &groups), cases[i].level);
	}
}

/* ---- The socket ---- */

struct fixture {
	struct loop *loop;
	struct settings settings;
	struct daemon daemon;
	struct admin *admin;
	pthread_t thread;
	char folder[32];
	char path[64];
};

static int run_greet(struct daemon *daemon, const json_t *parameters, json_t **ret_result,
	struct err *err)
{
	const char *name = json_string_value(json_object_get(parameters, "name"));

	(void)daemon;
	if (strcmp(name, "nobody") == 0)
		return err_set(err, MORTISE_E_NOT_FOUND, "there is no \"%s\"", name);
	*ret_result = json_pack("{s:s+}", "text", "hello ", name);
	return 0;
}

static int run_count(struct daemon *daemon, const json_t *parameters, struct admin_call *call,
	json_t **ret_result, struct err *err)
{
	json_int_t to = json_integer_value(json_object_get(parameters, "to"));
	cleanup_free char *pad = xmalloc(100001);

	(void)daemon;
	memset(pad, 'x', 100000);
	pad[100000] = '\0';
	for (json_int_t i = 0; i < to; i++) {
		int result = admin_call_send(call, json_pack("{s:I, s:s}", "n", i, "pad", pad), err);

		if (result < 0)
			return result;
	}
	*ret_result = json_pack("{s:I, s:s}", "n", to, "pad", "");
	return 0;
}

static const struct admin_method methods[] = {
	{.name = "Greet", .level = ADMIN_READ, .in = "(name: string)", .out = "(text: string)",
		.help = "Say hello", .run = run_greet},
	{.name = "Count", .level = ADMIN_ADMIN, .in = "(to: int)", .out = "(n: int, pad: string)",
		.help = "Count", .stream = run_count},
	{0},
};

static void *run_loop(void *arg)
{
	loop_run(arg);
	return NULL;
}

static struct fixture *fixture_new(void)
{
	struct fixture *fixture = new(struct fixture);
	cleanup_err struct err err = {0};

	strcpy(fixture->folder, "/tmp/mortise-test-XXXXXX");
	assert_non_null(mkdtemp(fixture->folder));
	snprintf(fixture->path, sizeof(fixture->path), "%s/admin.sock", fixture->folder);
	fixture->loop = fixture->daemon.loop = loop_new();
	fixture->daemon.settings = &fixture->settings;
	fixture->admin = admin_new(&fixture->daemon);
	admin_add_methods(fixture->admin, methods);
	assert_int_equal(admin_listen(fixture->admin, fixture->path, &err), 0);
	pthread_create(&fixture->thread, NULL, run_loop, fixture->loop);
	return fixture;
}

static void fixture_free(struct fixture *fixture)
{
	loop_stop(fixture->loop);
	pthread_join(fixture->thread, NULL);
	admin_free(fixture->admin);
	loop_free(fixture->loop);
	assert_int_equal(access(fixture->path, F_OK), -1);
	rmdir(fixture->folder);
	free(fixture);
}

static int dial(const struct fixture *fixture)
{
	struct sockaddr_un where = {.sun_family = AF_UNIX};
	struct timeval limit = {.tv_sec = 20};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	strcpy(where.sun_path, fixture->path);
	assert_int_equal(connect(fd, (struct sockaddr *)&where, sizeof(where)), 0);
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	return fd;
}

/* With its NUL. */
static void say(int fd, const char *text)
{
	assert_int_equal(send(fd, text, strlen(text) + 1, MSG_NOSIGNAL), (ssize_t)strlen(text) + 1);
}

/* One message; NULL at the end of the connection. */
static char *hear(int fd)
{
	struct buf text = BUF(1 << 20);
	char c;

	for (;;) {
		ssize_t got = recv(fd, &c, 1, 0);

		if (got <= 0) {
			buf_clear(&text);
			return NULL;
		}
		if (c == '\0')
			return buf_steal(&text);
		buf_add_char(&text, c);
	}
}

#define CALL(method_, parameters_) \
	"{\"method\":\"" method_ "\",\"parameters\":" parameters_ "}"
#define ADMIN(method_, parameters_) CALL("dev.mortise.Admin." method_, parameters_)

static void messages_get_the_right_reply(void **state)
{
	static const struct {
		const char *message, *reply;
	} cases[] = {
		{ADMIN("Greet", "{\"name\":\"you\"}"), "{\"parameters\":{\"text\":\"hello you\"}}"},
		{ADMIN("Greet", "{\"name\":\"nobody\"}"),
			"{\"error\":\"dev.mortise.Admin.Refused\",\"parameters\":{\"reason\":"
			"\"there is no \\\"nobody\\\"\",\"code\":\"E_NOT_FOUND\"}}"},
		{ADMIN("Greet", "{\"name\":1}"), "{\"error\":\"org.varlink.service.InvalidParameter\","
			"\"parameters\":{\"parameter\":\"name\"}}"},
		{ADMIN("Greet", "{\"name\":\"x\",\"z\":1}"),
			"{\"error\":\"org.varlink.service.InvalidParameter\","
			"\"parameters\":{\"parameter\":\"z\"}}"},
		{ADMIN("Count", "{\"to\":1}"),
			"{\"error\":\"org.varlink.service.ExpectedMore\",\"parameters\":{}}"},
		{ADMIN("Nothing", "{}"), "{\"error\":\"org.varlink.service.MethodNotFound\","
			"\"parameters\":{\"method\":\"dev.mortise.Admin.Nothing\"}}"},
		{CALL("org.example.X", "{}"), "{\"error\":\"org.varlink.service.InterfaceNotFound\","
			"\"parameters\":{\"interface\":\"org.example\"}}"},
	};
	struct fixture *fixture = fixture_new();
	int fd = dial(fixture);

	(void)state;
	for (size_t i = 0; i < lengthof(cases); i++) {
		cleanup_free char *reply = NULL;

		say(fd, cases[i].message);
		reply = hear(fd);
		if (!reply || strcmp(reply, cases[i].reply) != 0)
			fail_msg("case %zu: %s", i, reply ? reply : "closed");
	}
	close(fd);
	fixture_free(fixture);
}

static void the_socket_describes_itself(void **state)
{
	struct fixture *fixture = fixture_new();
	cleanup_free char *info = NULL, *description = NULL;
	struct stat about;
	int fd = dial(fixture);

	(void)state;
	assert_int_equal(stat(fixture->path, &about), 0);
	assert_int_equal(about.st_mode & 0777, 0660);
	say(fd, CALL("org.varlink.service.GetInfo", "{}"));
	info = hear(fd);
	assert_non_null(strstr(info, "\"dev.mortise.Admin\""));
	say(fd, CALL("org.varlink.service.GetInterfaceDescription",
		"{\"interface\":\"dev.mortise.Admin\"}"));
	description = hear(fd);
	assert_non_null(strstr(description, "method Greet(name: string) -> (text: string)\\n"));
	assert_non_null(strstr(description, "error Refused (reason: string, code: string)"));
	close(fd);
	fixture_free(fixture);
}

static void pipelined_messages_are_answered_in_order(void **state)
{
	static const char two[] = ADMIN("Greet", "{\"name\":\"one\"}") "\0"
				  ADMIN("Greet", "{\"name\":\"two\"}");
	struct fixture *fixture = fixture_new();
	cleanup_free char *one = NULL, *second = NULL, *end = NULL;
	int fd = dial(fixture);

	(void)state;
	assert_int_equal(send(fd, two, sizeof(two), MSG_NOSIGNAL), sizeof(two));
	shutdown(fd, SHUT_WR);
	one = hear(fd);
	second = hear(fd);
	end = hear(fd);
	assert_non_null(strstr(one, "hello one"));
	assert_non_null(strstr(second, "hello two"));
	assert_null(end);
	close(fd);
	fixture_free(fixture);
}

static void a_stream_waits_for_its_reader(void **state)
{
	struct fixture *fixture = fixture_new();
	int fd = dial(fixture), n = 0;
	bool more = true;

	(void)state;
	say(fd, "{\"method\":\"dev.mortise.Admin.Count\",\"parameters\":{\"to\":40},\"more\":true}");
	while (more) {
		cleanup_free char *text = hear(fd);
		cleanup_json json_t *reply = NULL;

		assert_non_null(text);
		reply = json_loads(text, 0, NULL);
		more = json_is_true(json_object_get(reply, "continues"));
		assert_int_equal(json_integer_value(json_object_get(
			json_object_get(reply, "parameters"), "n")), n++);
	}
	assert_int_equal(n, 41);
	close(fd);
	fixture_free(fixture);
}

static void a_client_that_leaves_a_stream_ends_it(void **state)
{
	struct fixture *fixture = fixture_new();
	int fd = dial(fixture);
	cleanup_free char *first = NULL;

	(void)state;
	say(fd, "{\"method\":\"dev.mortise.Admin.Count\",\"parameters\":{\"to\":1000000},"
		"\"more\":true}");
	first = hear(fd);
	assert_non_null(first);
	close(fd);
	/* Would hang here if the handler went on. */
	fixture_free(fixture);
}

static void what_is_no_message_ends_the_connection(void **state)
{
	static const char *const messages[] = {"hello", "[]", "{}", "{\"method\":1}", ""};
	struct fixture *fixture = fixture_new();
	size_t size = ADMIN_MAX_MESSAGE + 10;
	cleanup_free char *large = xmalloc(size + 1);
	int fd;

	(void)state;
	for (size_t i = 0; i < lengthof(messages); i++) {
		fd = dial(fixture);
		say(fd, messages[i]);
		assert_null(hear(fd));
		close(fd);
	}
	memset(large, ' ', size);
	large[size] = '\0';
	fd = dial(fixture);
	/* The end may come before all of it was sent. */
	for (size_t at = 0; at < size;) {
		ssize_t sent = send(fd, large + at, size - at, MSG_NOSIGNAL);

		if (sent < 0)
			break;
		at += (size_t)sent;
	}
	assert_null(hear(fd));
	close(fd);
	fixture_free(fixture);
}

static void a_second_daemon_is_told_of_the_first(void **state)
{
	struct fixture *fixture = fixture_new();
	struct admin *other = admin_new(&fixture->daemon);
	cleanup_err struct err err = {0};

	(void)state;
	assert_int_equal(admin_listen(other, fixture->path, &err), MORTISE_E_CONFLICT);
	assert_non_null(strstr(err_text(&err), fixture->path));
	admin_free(other);
	fixture_free(fixture);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(values_are_checked_against_types),
		cmocka_unit_test(bad_types_are_refused),
		cmocka_unit_test(levels_follow_user_and_groups),
		cmocka_unit_test(messages_get_the_right_reply),
		cmocka_unit_test(the_socket_describes_itself),
		cmocka_unit_test(pipelined_messages_are_answered_in_order),
		cmocka_unit_test(a_stream_waits_for_its_reader),
		cmocka_unit_test(a_client_that_leaves_a_stream_ends_it),
		cmocka_unit_test(what_is_no_message_ends_the_connection),
		cmocka_unit_test(a_second_daemon_is_told_of_the_first),
	};

	signal(SIGPIPE, SIG_IGN); /* as main.c does */
	log_setup(MORTISE_LOG_ERROR, LOG_LOGFMT);
	return cmocka_run_group_tests_name("admin", tests, NULL, NULL);
}
