/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * One host process: spawned, read, written and reaped on the loop thread.  (The
 * parent-death signal follows the thread that spawned, not the process.)
 *
 * Each read, the frames under way and the bytes that wait for it are bounded, so that
 * one host can hold up nobody but itself.
 */
#include "config.h"
#include "core/provider/provider_private.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <event2/event.h>

#include "core/base/clock.h"
#include "core/base/loop.h"
#include "core/base/mem.h"
#include "core/config/settings.h"
#include "core/daemon/daemon.h"

#define READ_SIZE ((size_t)64 << 10)
#define OUT_MAX ((size_t)64 << 20)
/* Frames that only tell what happened to others may go a little over. */
#define OUT_SLACK ((size_t)1 << 20)
/* Descriptors of the child.  What is to become one of them is first moved above. */
#define CHILD_SOCKET 3
#define CHILD_PLUGIN 4
#define CHILD_PAGE 5
#define CHILD_END 6
/* What a frame costs of the allowance besides its bytes. */
#define FRAME_COST 256

struct out {
	struct out *next;
	size_t at, size;
	char *data;
};

/* ---- Spawning ---- */

/* A tree of JSON is some hundred small blocks of a few sizes, taken and given back at once:
 * some of each size stay with the thread that freed them, more than malloc's own 7. */
#define MALLOC_TUNABLES "GLIBC_TUNABLES=glibc.malloc.tcache_count=64"

/* The few variables that a host may see. */
static char **make_environment(void)
{
	static const char *const names[] = {"TZ", "LANG", "ASAN_OPTIONS", "UBSAN_OPTIONS",
		"TSAN_OPTIONS", "LSAN_OPTIONS"};
	char **environment = xcalloc(lengthof(names) + 2, sizeof(*environment));
	size_t len = 0;

	for (size_t i = 0; i < lengthof(names); i++) {
		const char *value = getenv(names[i]);

		if (value)
			environment[len++] = xasprintf("%s=%s", names[i], value);
	}
	environment[len] = xstrdup(MALLOC_TUNABLES);
	return environment;
}

static void free_environment(char **environment)
{
	for (size_t i = 0; environment[i]; i++)
		free(environment[i]);
	free(environment);
}

/* Descriptors that become the child's; -1: it does without. */
struct child {
	int socket, plugin, words, page;
};

static void set_actions(posix_spawn_file_actions_t *actions, const struct child *child)
{
	posix_spawn_file_actions_init(actions);
	posix_spawn_file_actions_addopen(actions, 0, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_adddup2(actions, child->words, 1);
	posix_spawn_file_actions_adddup2(actions, child->words, 2);
	posix_spawn_file_actions_adddup2(actions, child->socket, CHILD_SOCKET);
	posix_spawn_file_actions_adddup2(actions, child->plugin, CHILD_PLUGIN);
	if (child->page >= 0)
		posix_spawn_file_actions_adddup2(actions, child->page, CHILD_PAGE);
	posix_spawn_file_actions_addclosefrom_np(actions, child->page >= 0 ? CHILD_END : CHILD_PAGE);
}

/* No signal blocked, none ignored: an ignored SIGPIPE would be inherited.  A group of its
 * own: Ctrl-C on a terminal is for the daemon, which then ends its hosts in good order. */
static void set_attributes(posix_spawnattr_t *attributes)
{
	sigset_t none, all;

	sigemptyset(&none);
	sigfillset(&all);
	posix_spawnattr_init(attributes);
	posix_spawnattr_setsigmask(attributes, &none);
	posix_spawnattr_setsigdefault(attributes, &all);
	posix_spawnattr_setpgroup(attributes, 0);
	posix_spawnattr_setflags(attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF |
		POSIX_SPAWN_SETPGROUP);
}

static int spawn(const struct settings *settings, const struct child *child, pid_t *ret_pid)
{
	cleanup_free char *parent = xasprintf("--parent=%d", (int)getpid());
	cleanup_free char *page = xasprintf("--crash-page=%d", child->page >= 0 ? CHILD_PAGE : -1);
	cleanup_free char *sandbox = xasprintf("--sandbox=%s",
		settings->sandbox_required ? "require" : "prefer");
	cleanup_free char *file = xasprintf("/proc/self/fd/%d", CHILD_PLUGIN);
	char name[] = "mortise-host";
	char *argv[] = {name, parent, page, sandbox, file, NULL};
	char **environment = make_environment();
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	int problem;

	set_actions(&actions, child);
	set_attributes(&attributes);
	problem = posix_spawn(ret_pid, settings->host_path, &actions, &attributes, argv,
		environment);
	posix_spawn_file_actions_destroy(&actions);
	posix_spawnattr_destroy(&attributes);
	free_environment(environment);
	return problem;
}

/* A copy that is out of the way of the child's descriptors. */
static int move_away(int fd)
{
	return fd < 0 ? -1 : fcntl(fd, F_DUPFD_CLOEXEC, CHILD_END);
}

static void close_child(const struct child *child)
{
	const int fds[] = {child->socket, child->plugin, child->words, child->page};

	for (size_t i = 0; i < lengthof(fds); i++)
		if (fds[i] >= 0)
			close(fds[i]);
}

static int start_process(struct host *host, const struct child *given, struct err *err)
{
	const struct settings *settings = host->plugin->providers->daemon->settings;
	struct child child = {move_away(given->socket), move_away(given->plugin),
		move_away(given->words), move_away(given->page)};
	int problem = child.socket < 0 || child.plugin < 0 || child.words < 0 ? errno :
		spawn(settings, &child, &host->pid);

	close_child(&child);
	if (problem != 0)
		return err_set(err, MORTISE_E_RETRY, "%s cannot be started: %s", settings->host_path,
			strerror(problem));
	host->pidfd = pidfd_open(host->pid, 0);
	if (host->pidfd >= 0)
		return 0;
	err_set(err, MORTISE_E_RETRY, "%s cannot be watched: %s", settings->host_path,
		strerror(errno));
	kill(host->pid, SIGKILL);
	waitid(P_PID, (id_t)host->pid, &(siginfo_t){0}, WEXITED);
	return MORTISE_E_RETRY;
}

static void on_readable(evutil_socket_t fd, short what, void *arg);
static void on_writable(evutil_socket_t fd, short what, void *arg);
static void on_exited(evutil_socket_t fd, short what, void *arg);

static void watch(struct host *host)
{
	struct event_base *base = loop_base(host->plugin->providers->daemon->loop);

	host->on_read = event_new(base, host->socket, EV_READ | EV_PERSIST, on_readable, host);
	host->on_write = event_new(base, host->socket, EV_WRITE, on_writable, host);
	host->on_exit = event_new(base, host->pidfd, EV_READ, on_exited, host);
	event_add(host->on_read, NULL);
	event_add(host->on_exit, NULL);
}

int host_spawn(struct plugin *plugin, int plugin_fd, bool is_solo, struct host **ret_host,
	struct err *err)
{
	static uint64_t last_serial;
	struct host *host;
	int sockets[2], words = -1, result;

	/* Only our end is non-blocking: the host reads and writes in blocking style. */
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sockets) < 0 ||
		fcntl(sockets[0], F_SETFL, O_NONBLOCK) < 0)
		return err_set(err, MORTISE_E_RETRY, "no socket for a host: %s", strerror(errno));
	host = new(struct host);
	host->plugin = plugin;
	host->serial = ++last_serial;
	host->is_solo = is_solo;
	host->started_ms = clock_mono_ms();
	host->socket = sockets[0];
	host->pidfd = -1;
	host->last_words.fd = host->last_words.page = -1;
	allowance_init(host);
	frame_decoder_init(&host->decoder, FRAME_FROM_HOST);
	result = last_words_open(host, &words, err);
	if (result == 0)
		result = start_process(host, &(struct child){sockets[1], plugin_fd, words,
			host->last_words.page}, err);
	close(sockets[1]);
	if (words >= 0)
		close(words);
	if (result < 0) {
		host_free(host);
		return result;
	}
	watch(host);
	allowance_watch(host);
	*ret_host = host;
	return 0;
}

/* ---- Reading ---- */

/* Where the loop reads, one host at a time.  On the stack the compiler would fill it with
 * zeros for each read. */
static char received[READ_SIZE];

static void feed(struct host *host, const char *bytes, size_t size)
{
	size_t at = 0;

	while (at < size && host->end != HOST_END_FAULT) {
		cleanup_err struct err err = {0};
		cleanup_frame struct frame frame = {0};
		size_t used = 0;
		int result = frame_decoder_feed(&host->decoder, bytes + at, size - at, &used, &frame,
			&err);

		at += used;
		if (result == 1) {
			host_charge(host, FRAME_COST);
			result = supervisor_take_frame(host, &frame, &err);
		}
		if (result < 0)
			host_kill(host, HOST_END_FAULT, err_text(&err));
	}
}

void host_pause(struct host *host)
{
	event_del(host->on_read);
	event_del(host->last_words.on_read);
}

void host_resume(struct host *host)
{
	event_add(host->on_read, NULL);
	event_add(host->last_words.on_read, NULL);
}

static void on_readable(evutil_socket_t fd, short what, void *arg)
{
	struct host *host = arg;
	ssize_t size = recv(fd, received, sizeof(received), MSG_DONTWAIT);

	(void)what;
	if (size > 0) {
		host_charge(host, (size_t)size);
		feed(host, received, (size_t)size);
	} else if (size == 0 || (errno != EAGAIN && errno != EINTR)) {
		event_del(host->on_read);
		/* Most often it is dying, and the exit comes next. */
		host_kill(host, HOST_END_ITSELF, "it closed its socket");
	}
}

/* ---- The end ---- */

/* Take what it sent before it died; the kernel's buffer bounds that. */
static void drain(struct host *host)
{
	ssize_t size;

	while ((size = recv(host->socket, received, sizeof(received), MSG_DONTWAIT)) > 0)
		feed(host, received, (size_t)size);
}

static void on_exited(evutil_socket_t fd, short what, void *arg)
{
	struct host *host = arg;
	siginfo_t info = {0};

	(void)what;
	if (waitid(P_PIDFD, (id_t)fd, &info, WEXITED | WNOHANG) < 0 || info.si_pid == 0) {
		event_add(host->on_exit, NULL);
		return;
	}
	if (info.si_code == CLD_EXITED)
		host->exit_code = info.si_status;
	else
		host->exit_signal = info.si_status;
	host->pid = 0;
	host->killed = true;
	drain(host);
	last_words_finish(host);
	supervisor_host_died(host);
}

void host_kill(struct host *host, enum host_end end, const char *reason)
{
	if (host->end == HOST_END_ITSELF)
		host->end = end;
	if (!host->reason && reason)
		host->reason = xstrdup(reason);
	if (host->killed)
		return;
	host->killed = true;
	pidfd_send_signal(host->pidfd, SIGKILL, NULL, 0);
}

void host_free(struct host *host)
{
	if (!host)
		return;
	if (host->on_read)
		event_free(host->on_read);
	if (host->on_write)
		event_free(host->on_write);
	if (host->on_exit)
		event_free(host->on_exit);
	loop_timer_free(host->timer);
	loop_timer_free(host->idle_timer);
	allowance_done(host);
	last_words_close(host);
	while (host->out_first) {
		struct out *out = host->out_first;

		host->out_first = out->next;
		free(out->data);
		free(out);
	}
	frame_decoder_done(&host->decoder);
	registration_unref(host->registration);
	free(host->reason);
	close(host->socket);
	if (host->pidfd >= 0)
		close(host->pidfd);
	free(host);
}

/* ---- Writing ---- */

static void flush(struct host *host)
{
	while (host->out_first) {
		struct out *out = host->out_first;
		ssize_t written = send(host->socket, out->data + out->at, out->size - out->at,
			MSG_NOSIGNAL | MSG_DONTWAIT);

		if (written < 0 && errno == EINTR)
			continue;
		if (written < 0) {
			/* Anything but a full buffer means that it is gone: the exit follows. */
			if (errno == EAGAIN)
				event_add(host->on_write, NULL);
			return;
		}
		host->out_size -= (size_t)written;
		out->at += (size_t)written;
		if (out->at < out->size)
			continue;
		host->out_first = out->next;
		if (!host->out_first)
			host->out_last = NULL;
		free(out->data);
		free(out);
	}
}

static void on_writable(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	flush(arg);
}

static int append(struct host *host, struct buf *buf, size_t max, struct err *err)
{
	size_t size = buf->size;
	struct out *out;

	if (host->killed || size > max - host->out_size) {
		buf_clear(buf);
		return err_set(err, MORTISE_E_RETRY,
			"plugin \"%s\" does not take what is sent to it", host->plugin->name);
	}
	out = new(struct out);
	out->size = size;
	out->data = buf_steal(buf);
	if (host->out_last)
		host->out_last->next = out;
	else
		host->out_first = out;
	host->out_last = out;
	host->out_size += size;
	if (host->out_first == out)
		flush(host);
	return 0;
}

int host_send(struct host *host, struct buf *buf, struct err *err)
{
	if (host->out_size > OUT_MAX) {
		buf_clear(buf);
		return err_set(err, MORTISE_E_RETRY,
			"plugin \"%s\" does not take what is sent to it", host->plugin->name);
	}
	return append(host, buf, OUT_MAX, err);
}

void host_send_op(struct host *host, enum frame_op op, uint64_t call)
{
	struct buf buf = BUF(FRAME_HEADER_SIZE);

	if (host->killed || frame_encode(&buf, op, call, 0, NULL, NULL, 0, NULL) < 0)
		return;
	if (append(host, &buf, OUT_MAX + OUT_SLACK, NULL) < 0)
		host_kill(host, HOST_END_FAULT, "it does not read what is sent to it");
}
