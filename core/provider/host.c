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
#define CHILD_END 5
/* How many bytes of log lines a host may send in a second. */
#define LOG_RATE (INT64_C(1) << 20)

struct out {
	struct out *next;
	size_t at, size;
	char *data;
};

/* ---- Spawning ---- */

/* The few variables that a host may see. */
static char **make_environment(void)
{
	static const char *const names[] = {"TZ", "LANG", "ASAN_OPTIONS", "UBSAN_OPTIONS",
		"TSAN_OPTIONS", "LSAN_OPTIONS"};
	char **environment = xcalloc(lengthof(names) + 1, sizeof(*environment));
	size_t len = 0;

	for (size_t i = 0; i < lengthof(names); i++) {
		const char *value = getenv(names[i]);

		if (value)
			environment[len++] = xasprintf("%s=%s", names[i], value);
	}
	return environment;
}

static void free_environment(char **environment)
{
	for (size_t i = 0; environment[i]; i++)
		free(environment[i]);
	free(environment);
}

static void set_actions(posix_spawn_file_actions_t *actions, int socket, int plugin_fd)
{
	posix_spawn_file_actions_init(actions);
	posix_spawn_file_actions_addopen(actions, 0, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_adddup2(actions, 2, 1);
	posix_spawn_file_actions_adddup2(actions, socket, CHILD_SOCKET);
	posix_spawn_file_actions_adddup2(actions, plugin_fd, CHILD_PLUGIN);
	posix_spawn_file_actions_addclosefrom_np(actions, CHILD_END);
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

static int spawn(const char *path, int socket, int plugin_fd, pid_t *ret_pid)
{
	cleanup_free char *parent = xasprintf("--parent=%d", (int)getpid());
	cleanup_free char *file = xasprintf("/proc/self/fd/%d", CHILD_PLUGIN);
	char name[] = "mortise-host";
	char *argv[] = {name, parent, file, NULL};
	char **environment = make_environment();
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	int problem;

	set_actions(&actions, socket, plugin_fd);
	set_attributes(&attributes);
	problem = posix_spawn(ret_pid, path, &actions, &attributes, argv, environment);
	posix_spawn_file_actions_destroy(&actions);
	posix_spawnattr_destroy(&attributes);
	free_environment(environment);
	return problem;
}

/* Both descriptors are moved out of the way of the child's, then the child is started. */
static int start_process(struct host *host, const char *path, int child_socket, int plugin_fd,
	struct err *err)
{
	int socket = fcntl(child_socket, F_DUPFD_CLOEXEC, CHILD_END);
	int plugin = fcntl(plugin_fd, F_DUPFD_CLOEXEC, CHILD_END);
	int problem = socket < 0 || plugin < 0 ? errno : spawn(path, socket, plugin, &host->pid);

	if (socket >= 0)
		close(socket);
	if (plugin >= 0)
		close(plugin);
	if (problem != 0)
		return err_set(err, MORTISE_E_RETRY, "%s cannot be started: %s", path,
			strerror(problem));
	host->pidfd = pidfd_open(host->pid, 0);
	if (host->pidfd >= 0)
		return 0;
	err_set(err, MORTISE_E_RETRY, "%s cannot be watched: %s", path, strerror(errno));
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
	int sockets[2], result;

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
	host->log_budget = LOG_RATE;
	host->log_ms = host->started_ms;
	frame_decoder_init(&host->decoder, FRAME_FROM_HOST);
	result = start_process(host, plugin->providers->daemon->settings->host_path, sockets[1],
		plugin_fd, err);
	close(sockets[1]);
	if (result < 0) {
		host_free(host);
		return result;
	}
	watch(host);
	*ret_host = host;
	return 0;
}

/* ---- Reading ---- */

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
		if (result == 1)
			result = supervisor_take_frame(host, &frame, &err);
		if (result < 0)
			host_kill(host, HOST_END_FAULT, err_text(&err));
	}
}

static void resume_reading(void *arg)
{
	struct host *host = arg;

	loop_timer_free(steal(&host->resume_timer));
	event_add(host->on_read, NULL);
}

/* A host that floods us with log lines waits until its budget has grown again. */
static void pace(struct host *host)
{
	int64_t now_ms = clock_mono_ms();

	host->log_budget += (now_ms - host->log_ms) * LOG_RATE / 1000;
	host->log_ms = now_ms;
	if (host->log_budget > LOG_RATE)
		host->log_budget = LOG_RATE;
	if (host->log_budget >= 0 || host->killed)
		return;
	event_del(host->on_read);
	host->resume_timer = loop_timer_new(host->plugin->providers->daemon->loop,
		-host->log_budget * 1000 / LOG_RATE + 1, 0, resume_reading, host);
}

static void on_readable(evutil_socket_t fd, short what, void *arg)
{
	struct host *host = arg;
	char bytes[READ_SIZE];
	ssize_t size = recv(fd, bytes, sizeof(bytes), MSG_DONTWAIT);

	(void)what;
	if (size > 0) {
		feed(host, bytes, (size_t)size);
		pace(host);
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
	char bytes[READ_SIZE];
	ssize_t size;

	while ((size = recv(host->socket, bytes, sizeof(bytes), MSG_DONTWAIT)) > 0)
		feed(host, bytes, (size_t)size);
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
	loop_timer_free(host->resume_timer);
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
