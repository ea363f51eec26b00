/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * What tries to turn the outbound client against the network it stands in.
 *
 * getaddrinfo, connect and getpeername are this file's, so that no test can reach a real
 * address even when the filter fails: loopback is connected to, a public address stands
 * for the first scripted server, and everything else is only noted.
 */
#include "config.h"
#include "tests/unit/unit.h"
#include "tests/unit/scripted_server.h"

#include <arpa/inet.h>
#include <dlfcn.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "core/base/buf.h"
#include "core/base/err.h"
#include "core/base/ip.h"
#include "core/base/log.h"
#include "core/base/loop.h"
#include "core/base/mem.h"
#include "core/config/settings.h"
#include "core/egress/address.h"
#include "core/egress/egress.h"
#include "core/egress/multi.h"
#include "core/egress/transfer.h"

/* Libraries call these functions of ours instead of the C library's. */
#define INTERPOSED __attribute__((__visibility__("default")))
#define PUBLIC "93.184.215.14"
#define FILES_MAX 4096

/* ---- The network as libcurl sees it ---- */

/* A name, and what it resolves to: the n-th answer to the n-th question. */
struct name {
	const char *name;
	const char *answers[4];        /* each "ADDRESS ADDRESS …"; the last one stays */
};

static struct {
	pthread_mutex_t lock;
	/* Under lock: */
	const struct name *names;
	int asked;                     /* questions of all names */
	int attempts;                  /* connects in all */
	char last[INET6_ADDRSTRLEN];   /* the last address that was connected to */
	bool beyond;                   /* another one than loopback and PUBLIC was */
	/* While a test runs: */
	int public_port;               /* of the server that PUBLIC stands for */
} net = {.lock = PTHREAD_MUTEX_INITIALIZER};

static atomic_bool is_public[FILES_MAX]; /* by descriptor */

static void net_reset(const struct name *names, int public_port)
{
	pthread_mutex_lock(&net.lock);
	net.names = names;
	net.asked = net.attempts = 0;
	net.last[0] = '\0';
	net.beyond = false;
	net.public_port = public_port;
	pthread_mutex_unlock(&net.lock);
}

static int attempts(void)
{
	int result;

	pthread_mutex_lock(&net.lock);
	result = net.attempts;
	pthread_mutex_unlock(&net.lock);
	return result;
}

static void note_attempt(const struct ip *ip, bool known)
{
	pthread_mutex_lock(&net.lock);
	net.attempts++;
	net.beyond = net.beyond || !known;
	inet_ntop(ip_is_v4(ip) ? AF_INET : AF_INET6, ip->bytes + (ip_is_v4(ip) ? 12 : 0), net.last,
		sizeof(net.last));
	pthread_mutex_unlock(&net.lock);
}

INTERPOSED int connect(int fd, const struct sockaddr *address, socklen_t size)
{
	struct sockaddr_in here = {.sin_family = AF_INET, .sin_port = htons((uint16_t)net.public_port)};
	struct ip ip, public;
	bool near;

	if (!ip_from(address, &ip)) {
		errno = EAFNOSUPPORT;
		return -1;
	}
	ip_parse(PUBLIC, &public);
	near = ip_is_v4(&ip) && ip.bytes[12] == 127;
	note_attempt(&ip, near || memcmp(&ip, &public, sizeof(ip)) == 0);
	if (near)
		return (int)syscall(SYS_connect, fd, address, size);
	if (memcmp(&ip, &public, sizeof(ip)) != 0 || fd >= FILES_MAX) {
		errno = ENETUNREACH;
		return -1;
	}
	atomic_store(&is_public[fd], true);
	inet_pton(AF_INET, "127.0.0.2", &here.sin_addr);
	return (int)syscall(SYS_connect, fd, &here, sizeof(here));
}

INTERPOSED int getpeername(int fd, struct sockaddr *address, socklen_t *size)
{
	int result = (int)syscall(SYS_getpeername, fd, address, size);
	struct sockaddr_in *in = (struct sockaddr_in *)(void *)address;

	if (result == 0 && fd < FILES_MAX && atomic_load(&is_public[fd]))
		inet_pton(AF_INET, PUBLIC, &in->sin_addr);
	return result;
}

static struct addrinfo *make_info(const char *text, const char *service)
{
	struct addrinfo *info = new(struct addrinfo);
	struct sockaddr_in *in = new(struct sockaddr_in);
	struct sockaddr_in6 *in6;

	in->sin_family = AF_INET;
	in->sin_port = htons((uint16_t)(service ? atoi(service) : 0));
	info->ai_socktype = SOCK_STREAM;
	info->ai_protocol = IPPROTO_TCP;
	if (inet_pton(AF_INET, text, &in->sin_addr) == 1) {
		info->ai_family = AF_INET;
		info->ai_addrlen = sizeof(*in);
		info->ai_addr = (struct sockaddr *)in;
		return info;
	}
	in6 = new(struct sockaddr_in6);
	in6->sin6_family = AF_INET6;
	in6->sin6_port = in->sin_port;
	free(in);
	assert_int_equal(inet_pton(AF_INET6, text, &in6->sin6_addr), 1);
	info->ai_family = AF_INET6;
	info->ai_addrlen = sizeof(*in6);
	info->ai_addr = (struct sockaddr *)in6;
	return info;
}

INTERPOSED void freeaddrinfo(struct addrinfo *info)
{
	while (info) {
		struct addrinfo *next = info->ai_next;

		free(info->ai_addr);
		free(info);
		info = next;
	}
}

/* Which answer is it this time?  NULL: there is no such name. */
static const char *next_answer(const char *node)
{
	const char *answer = NULL;

	pthread_mutex_lock(&net.lock);
	for (const struct name *name = net.names; name && name->name && !answer; name++) {
		int place = net.asked;

		if (strcmp(name->name, node) != 0)
			continue;
		while (!name->answers[place < 3 ? place : 3])
			place--;
		answer = name->answers[place < 3 ? place : 3];
	}
	net.asked++;
	pthread_mutex_unlock(&net.lock);
	return answer;
}

INTERPOSED int getaddrinfo(const char *node, const char *service, const struct addrinfo *hints,
	struct addrinfo **ret_info)
{
	cleanup_free char *answer = NULL;
	struct addrinfo **link = ret_info;
	const char *found = node ? next_answer(node) : NULL;
	char *at = NULL;

	(void)hints;
	*ret_info = NULL;
	if (!found)
		return EAI_NONAME;
	answer = xstrdup(found);
	for (char *text = strtok_r(answer, " ", &at); text; text = strtok_r(NULL, " ", &at)) {
		*link = make_info(text, service);
		link = &(*link)->ai_next;
	}
	return 0;
}

/* ---- A client with its loop, and two servers ---- */

struct bench {
	struct settings settings;
	struct settings_allow allow[2];
	struct loop *loop;
	pthread_t thread;
	struct egress *egress;
	struct scripted_server *server, *trap;
	struct scripted_reply reply;
	struct egress_answer answer;
	enum egress_failure failure;
	struct err err;
};

static void answer_as_told(const struct scripted_request *request, struct scripted_reply *reply,
	void *arg)
{
	const struct bench *bench = arg;

	(void)request;
	*reply = bench->reply;
}

static void *run_loop(void *arg)
{
	loop_run(arg);
	return NULL;
}

static struct bench *bench_new(const char *cidr, bool proxied)
{
	struct bench *bench = new(struct bench);

	log_setup(MORTISE_LOG_ERROR, LOG_LOGFMT);
	bench->server = scripted_server_new(answer_as_told, bench);
	bench->trap = scripted_server_new(answer_as_told, bench);
	bench->settings = (struct settings){.egress_allow = bench->allow,
		.egress_connect_timeout = 5, .egress_timeout = 10,
		.egress_proxy = xstrdup(proxied ? scripted_server_url(bench->trap) : "")};
	if (cidr) {
		bench->allow[0] = (struct settings_allow){.cidr = xstrdup(cidr)};
		bench->settings.egress_allow_len = 1;
	}
	bench->loop = loop_new();
	bench->egress = egress_new(bench->loop, &bench->settings);
	pthread_create(&bench->thread, NULL, run_loop, bench->loop);
	net_reset(NULL, scripted_server_port(bench->server));
	return bench;
}

static void bench_free(struct bench *bench)
{
	egress_stop(bench->egress);
	loop_stop(bench->loop);
	pthread_join(bench->thread, NULL);
	egress_free(bench->egress);
	loop_free(bench->loop);
	scripted_server_free(bench->server);
	scripted_server_free(bench->trap);
	free(bench->settings.egress_proxy);
	free(bench->allow[0].cidr);
	egress_answer_clear(&bench->answer);
	err_clear(&bench->err);
	for (size_t i = 0; i < lengthof(is_public); i++)
		atomic_store(&is_public[i], false);
	free(bench);
}

static int fetch(struct bench *bench, struct egress_request request)
{
	request.provider = "acme";
	request.method = "GET";
	request.redirects = MORTISE_REDIRECT_ALL;
	egress_answer_clear(&bench->answer);
	err_clear(&bench->err);
	return egress_send(bench->egress, &request, &bench->answer, &bench->failure, &bench->err);
}

static int fetch_url(struct bench *bench, const char *url)
{
	return fetch(bench, (struct egress_request){.url = url});
}

/* ---- Addresses ---- */

/* One place in all its spellings, and one of each kind; hosts of URLs. */
static const char *const forbidden_hosts[] = {
	"127.0.0.1", "127.1", "127.0.1", "2130706433", "0x7f000001", "0x7f.1", "017700000001", "0177.1",
	"0177.0.0.1", "0x7f.0x0.0x0.0x1", "127.0.0.1.", "127.255.255.254", "localhost", "LOCALHOST",
	"localhost.", "a.localhost", "0", "0.0.0.0", "0x0", "00000", "[::]", "[::1]", "[0:0:0:0:0:0:0:1]",
	"[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[0:0:0:0:0:ffff:127.0.0.1]", "[::127.0.0.1]",
	"[::ffff:0:127.0.0.1]", "[64:ff9b::127.0.0.1]", "[64:ff9b::7f00:1]", "[64:ff9b:1::7f00:1]",
	"[2002:7f00:1::]", "[2001:0:5ef5:79fd:0:0:80ff:fffe]",
	"169.254.169.254", "2852039166", "0xa9fea9fe", "0251.0376.0251.0376", "169.254.43518",
	"[::ffff:169.254.169.254]", "[::ffff:a9fe:a9fe]", "[64:ff9b::a9fe:a9fe]", "[fd00:ec2::254]",
	"168.63.129.16", "100.100.100.200", "100.64.0.1", "10.0.0.1", "10.1", "172.16.0.1", "172.31.255.255",
	"192.168.0.1", "192.168.257", "192.0.0.170", "192.0.2.1", "198.18.0.1", "224.0.0.1", "239.255.255.250",
	"240.0.0.1", "255.255.255.255", "4294967295", "[fe80::1]", "[fe80::1%25lo]", "[febf::1]", "[fec0::1]",
	"[fc00::1]", "[fdff::1]", "[ff02::1]", "[ff0e::1]", "[100::1]", "[2001:db8::1]", "[4000::1]",
};

static char *url_of(const struct bench *bench, const char *host)
{
	return xasprintf("http://%s:%d/", host, scripted_server_port(bench->server));
}

static void no_spelling_reaches_a_forbidden_address(void **state)
{
	struct bench *bench = bench_new(NULL, false);

	(void)state;
	for (size_t i = 0; i < lengthof(forbidden_hosts); i++) {
		cleanup_free char *url = url_of(bench, forbidden_hosts[i]);

		if (fetch_url(bench, url) == 0)
			fail_msg("%s was answered", url);
		if (attempts() > 0)
			fail_msg("%s: %s was connected to", url, net.last);
		assert_int_equal(bench->failure, EGRESS_NOT_SENT);
	}
	bench_free(bench);
}

static void no_spelling_gets_through_a_proxy(void **state)
{
	struct bench *bench = bench_new(NULL, true);

	(void)state;
	for (size_t i = 0; i < lengthof(forbidden_hosts); i++) {
		cleanup_free char *url = url_of(bench, forbidden_hosts[i]);

		if (fetch_url(bench, url) == 0)
			fail_msg("%s was answered", url);
		if (scripted_server_connections(bench->trap) > 0)
			fail_msg("%s was told to the proxy", url);
	}
	bench_free(bench);
}

static void public_addresses_are_connected_to(void **state)
{
	static const char *const hosts[] = {PUBLIC, "0x5db8d70e", "1572394766", "0135.0270.0327.016"};
	struct bench *bench = bench_new(NULL, false);

	(void)state;
	for (size_t i = 0; i < lengthof(hosts); i++) {
		cleanup_free char *url = url_of(bench, hosts[i]);

		if (fetch_url(bench, url) < 0)
			fail_msg("%s: %s", url, err_text(&bench->err));
	}
	assert_string_equal(net.last, PUBLIC);
	assert_false(net.beyond);
	bench_free(bench);
}

/* ---- Names ---- */

static void a_name_leads_to_public_addresses_only(void **state)
{
	static const struct name names[] = {
		{"private.test", {"10.0.0.1"}},
		{"metadata.test", {"169.254.169.254"}},
		{"mapped.test", {"::ffff:127.0.0.2"}},
		{"six.test", {"::1 fe80::1 fd00:ec2::254"}},
		{"many.test", {"127.0.0.2 10.0.0.1 ::1 192.168.0.1"}},
		{"first.test", {PUBLIC " 127.0.0.2 10.0.0.1"}},
		{"last.test", {"10.0.0.1 ::1 127.0.0.2 " PUBLIC}},
		{NULL, {NULL}},
	};
	struct bench *bench = bench_new(NULL, false);

	(void)state;
	for (size_t i = 0; names[i].name; i++) {
		cleanup_free char *url = url_of(bench, names[i].name);
		bool has_public = strstr(names[i].answers[0], PUBLIC);

		net_reset(names, scripted_server_port(bench->server));
		if ((fetch_url(bench, url) == 0) != has_public)
			fail_msg("%s: %s", url, err_text(&bench->err));
		assert_int_equal(attempts(), has_public);
		assert_false(net.beyond);
		assert_string_equal(net.last, has_public ? PUBLIC : "");
	}
	bench_free(bench);
}

/* What was checked is what is connected to, however the answers change. */
static void answers_that_change_win_nothing(void **state)
{
	static const struct name names[] = {
		{"rebind.test", {PUBLIC, "127.0.0.2"}},
		{NULL, {NULL}},
	};
	struct bench *bench = bench_new(NULL, false), *later;
	cleanup_free char *url = url_of(bench, "rebind.test");
	struct egress_request fresh = {.url = url, .at_most_once = true};

	(void)state;
	net_reset(names, scripted_server_port(bench->server));
	for (int i = 0; i < 3; i++) {
		assert_int_equal(fetch(bench, fresh), 0);
		assert_string_equal(net.last, PUBLIC);
	}
	/* Another client asks again, and is told loopback. */
	later = bench_new(NULL, false);
	net_reset(names, scripted_server_port(bench->server));
	net.asked = 1;
	assert_int_equal(fetch(later, fresh), MORTISE_E_UPSTREAM);
	assert_non_null(strstr(err_text(&later->err), "loopback"));
	assert_int_equal(attempts(), 0);
	bench_free(later);
	bench_free(bench);
}

/* ---- Redirects ---- */

static void no_redirect_leads_inside(void **state)
{
	static const struct name names[] = {
		{"public.test", {PUBLIC}}, {"inside.test", {"127.0.0.2"}}, {NULL, {NULL}},
	};
	/* %d is the trap's port. */
	static const char *const places[] = {
		"http://127.0.0.2:%d/", "http://2130706434:%d/", "http://0x7f.2:%d/", "http://127.2:%d/",
		"http://[::ffff:127.0.0.2]:%d/", "http://inside.test:%d/", "//127.0.0.2:%d/", "//inside.test:%d/",
		"http://localhost:%d/", "HTTP://127.0.0.2:%d/", "http:\\\\127.0.0.2:%d\\", "https://127.0.0.2:%d/",
		"http://u:p@" PUBLIC ":%d/", "http://" PUBLIC "@127.0.0.2:%d/", "http://127.0.0.2:%d@" PUBLIC "/",
		"ftp://127.0.0.2:%d/", "file:///etc/passwd?%d", "gopher://127.0.0.2:%d/_x", "dict://127.0.0.2:%d/x",
		"ldap://127.0.0.2:%d/", "smtp://127.0.0.2:%d/", "telnet://127.0.0.2:%d/", "scp://127.0.0.2:%d/x",
		"unix:/run/admin.sock?%d", "data:text/plain,%d", "javascript:%d", "http://%%31%%32%%37.0.0.2:%d/",
	};
	struct bench *bench = bench_new(NULL, false);
	cleanup_free char *url = url_of(bench, "public.test");

	(void)state;
	net_reset(names, scripted_server_port(bench->server));
	for (size_t i = 0; i < lengthof(places); i++) {
		cleanup_free char *place = NULL, *location = NULL;

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
		place = xasprintf(places[i], scripted_server_port(bench->trap));
#pragma GCC diagnostic pop
		location = xasprintf("Location: %s\r\n", place);
		bench->reply = (struct scripted_reply){.status = 302, .headers = location};
		if (fetch_url(bench, url) == 0 && bench->answer.status != 302)
			fail_msg("%s was followed", place);
		if (scripted_server_connections(bench->trap) > 0)
			fail_msg("%s was connected to", place);
		assert_false(net.beyond);
	}
	bench_free(bench);
}

/* ---- Connections that stand ---- */

struct judged {
	struct multi *multi;
	struct loop *loop;
	CURLcode result;
	bool forbids;
};

static const char *judge(const struct ip *ip, void *arg)
{
	const struct judged *judged = arg;

	(void)ip;
	return judged->forbids ? "forbidden meanwhile" : NULL;
}

static struct judged *current;

static void on_done(void *arg, CURLcode result)
{
	(void)arg;
	current->result = result;
	loop_stop(current->loop);
}

static void add_transfer(void *arg)
{
	multi_add(current->multi, arg, NULL);
}

static void free_multi(void *arg)
{
	struct judged *judged = arg;

	multi_free(judged->multi);
	loop_stop(judged->loop);
}

static void a_connection_that_stands_is_judged_again(void **state)
{
	struct bench *bench = bench_new(NULL, false);
	struct loop *loop = loop_new();
	struct judged judged = {.multi = multi_new(loop, on_done), .loop = loop};
	struct egress_request request = {0};
	struct transfer_plan plan = {.request = &request, .method = "GET",
		.url = scripted_server_url(bench->server), .timeout_ms = 5000,
		.connect_timeout_ms = 5000, .proxy = "", .judge = judge, .judge_arg = &judged};

	(void)state;
	current = &judged;
	for (int i = 0; i < 3; i++) {
		struct transfer transfer;

		judged.forbids = i == 2;
		assert_int_equal(transfer_init(&transfer, &plan, NULL), 0);
		loop_post(loop, add_transfer, transfer.easy);
		loop_run(loop);
		assert_int_equal(judged.result, i == 2 ? CURLE_ABORTED_BY_CALLBACK : CURLE_OK);
		assert_int_equal(transfer.forbidden != NULL, i == 2);
		transfer_done(&transfer);
	}
	assert_int_equal(scripted_server_connections(bench->server), 1);
	assert_int_equal(scripted_server_requests(bench->server), 2);
	loop_post(loop, free_multi, &judged);
	loop_run(loop);
	loop_free(loop);
	bench_free(bench);
}

/* ---- The environment ---- */

static void proxies_of_the_environment_are_ignored(void **state)
{
	static const char *const names[] = {"http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY",
		"all_proxy", "ALL_PROXY"};
	static const struct name hosts[] = {{"public.test", {PUBLIC}}, {NULL, {NULL}}};
	struct bench *bench = bench_new(NULL, false), *proxied;
	cleanup_free char *plain = url_of(bench, "public.test");
	cleanup_free char *secure = xasprintf("https%s", plain + 4);

	(void)state;
	net_reset(hosts, scripted_server_port(bench->server));
	for (size_t i = 0; i < lengthof(names); i++) {
		setenv(names[i], scripted_server_url(bench->trap), 1);
		assert_int_equal(fetch_url(bench, plain), 0);
		/* Its server speaks no TLS. */
		assert_int_equal(fetch(bench, (struct egress_request){.url = secure,
			.at_most_once = true}), MORTISE_E_UPSTREAM);
		unsetenv(names[i]);
		if (scripted_server_connections(bench->trap) > 0)
			fail_msg("%s was obeyed", names[i]);
	}
	/* And none of them switches the configured one off. */
	proxied = bench_new(NULL, true);
	net_reset(hosts, scripted_server_port(bench->server));
	setenv("no_proxy", "*", 1);
	setenv("NO_PROXY", "public.test", 1);
	assert_int_equal(fetch_url(proxied, plain), 0);
	unsetenv("no_proxy");
	unsetenv("NO_PROXY");
	assert_int_equal(scripted_server_requests(proxied->trap), 1);
	assert_int_equal(attempts(), 1);
	bench_free(proxied);
	bench_free(bench);
}

/* ---- Answers ---- */

/* Bytes that an upstream sends instead of an answer, once or for ever. */
static void no_answer_is_without_an_end(void **state)
{
	static const struct {
		const char *first, *then, *wants;
	} table[] = {
		{"HTTP/1.1 200 OK\r\n", "X: yyyyyyyyyyyyyyyy\r\n", "larger"},
		{"HTTP/1.1 200 OK\r\nX: ", "yyyyyyyyyyyyyyyy", NULL},
		{"", "HTTP/1.1 100 Continue\r\n\r\n", "larger"},
		{"", "HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n", "larger"},
		{"HTTP/1.1 200 OK\r\n\r\n", "endless body without a length ", "larger"},
		{"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", "10\r\n0123456789abcdef\r\n", "larger"},
		{"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n", "X: yyyyyyyyyyyyyyyy\r\n", "larger"},
		{"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1;", "xxxxxxxxxxxxxxxx", "in time"},
		{"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", "0", NULL},
		{"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", "\r\n", NULL},
		{"no HTTP at all ", "and no end either ", NULL},
		{"SSH-2.0-x\r\n", "\r\n", NULL},
	};
	struct bench *bench = bench_new("127.0.0.2", false);

	(void)state;
	for (size_t i = 0; i < lengthof(table); i++) {
		bool in_time = table[i].wants && strcmp(table[i].wants, "in time") == 0;

		bench->reply = (struct scripted_reply){.raw = table[i].first, .again = table[i].then};
		if (fetch(bench, (struct egress_request){.url = scripted_server_url(bench->server),
			    .timeout_ms = in_time ? 300 : 10000, .max_answer = 1 << 20}) == 0)
			fail_msg("case %zu was answered", i);
		/* Without 'wants' libcurl says it in its way, but soon. */
		if (table[i].wants ? !strstr(err_text(&bench->err), table[i].wants)
				   : strstr(err_text(&bench->err), "in time") != NULL)
			fail_msg("case %zu: %s", i, err_text(&bench->err));
	}
	bench_free(bench);
}

static void a_trickle_ends_at_the_time_out(void **state)
{
	static const char *const begins[] = {"", "HTTP/1.1 200 OK\r\nX: ",
		"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nfff\r\n"};
	struct bench *bench = bench_new("127.0.0.2", false);

	(void)state;
	for (size_t i = 0; i < lengthof(begins); i++) {
		bench->reply = (struct scripted_reply){.raw = begins[i], .again = "H", .pause_ms = 20};
		assert_int_equal(fetch(bench, (struct egress_request){.timeout_ms = 300,
			.url = scripted_server_url(bench->server)}), MORTISE_E_UPSTREAM);
		if (i > 0 && !strstr(err_text(&bench->err), "in time"))
			fail_msg("case %zu: %s", i, err_text(&bench->err));
	}
	bench_free(bench);
}

/* Decoders that were not asked for are not run: their windows and layers cost memory
 * and time before anything comes out. */
static void only_codings_that_were_asked_for_are_taken(void **state)
{
	static const struct {
		const char *headers;
		bool taken;
	} table[] = {
		{"Content-Encoding: identity\r\n", true},
		{"Content-Encoding:\r\n", true},
		{"Content-Encoding: br\r\n", false},
		{"Content-Encoding: zstd\r\n", false},
		{"Content-Encoding: x-foo\r\n", false},
		{"Content-Encoding: gzip, gzip\r\n", false},
		{"Content-Encoding: gzip\r\nContent-Encoding: gzip\r\n", false},
		{"content-encoding: identity, br\r\n", false},
		{"Transfer-Encoding: gzip, chunked\r\n", false},
		{"Transfer-Encoding: gzip\r\n", false},
		{"Transfer-Encoding: br\r\n", false},
	};
	struct bench *bench = bench_new("127.0.0.2", false);

	(void)state;
	for (size_t i = 0; i < lengthof(table); i++) {
		bench->reply = (struct scripted_reply){.headers = table[i].headers, .body = "x"};
		if ((fetch_url(bench, scripted_server_url(bench->server)) == 0) != table[i].taken)
			fail_msg("case %zu: %s", i, table[i].headers);
		if (!table[i].taken && !strstr(err_text(&bench->err), "coding"))
			fail_msg("case %zu: %s", i, err_text(&bench->err));
	}
	bench_free(bench);
}

/* Else a filter that fails would reach the network. */
static int nothing_real_can_be_reached(void **state)
{
	(void)state;
	assert_ptr_equal(dlsym(RTLD_DEFAULT, "connect"), connect);
	assert_ptr_equal(dlsym(RTLD_DEFAULT, "getaddrinfo"), getaddrinfo);
	assert_ptr_equal(dlsym(RTLD_DEFAULT, "freeaddrinfo"), freeaddrinfo);
	assert_ptr_equal(dlsym(RTLD_DEFAULT, "getpeername"), getpeername);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_spelling_reaches_a_forbidden_address),
		cmocka_unit_test(no_spelling_gets_through_a_proxy),
		cmocka_unit_test(public_addresses_are_connected_to),
		cmocka_unit_test(a_name_leads_to_public_addresses_only),
		cmocka_unit_test(answers_that_change_win_nothing),
		cmocka_unit_test(no_redirect_leads_inside),
		cmocka_unit_test(a_connection_that_stands_is_judged_again),
		cmocka_unit_test(proxies_of_the_environment_are_ignored),
		cmocka_unit_test(no_answer_is_without_an_end),
		cmocka_unit_test(a_trickle_ends_at_the_time_out),
		cmocka_unit_test(only_codings_that_were_asked_for_are_taken),
	};

	return cmocka_run_group_tests_name("egress_guard", tests,
		nothing_real_can_be_reached, NULL);
}
