/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * A service manager for tests: holds listening sockets over restarts of one program,
 * hands them over as sd_listen_fds(3) says, and shows what it is told (sd_notify(3)).
 *
 *   manager FOLDER WATCHDOG_USEC NAME=tcp|PATH … -- PROGRAM [ARGUMENT …]
 *
 * A NAME may come several times.  "start" on standard input starts the program.  On
 * standard output: "socket NAME PORT" or "socket NAME PATH" at first, then "started PID",
 * "told KEY=VALUE" for each line of a message, "ended STATUS" or "killed SIGNAL".  The
 * program's own lines go through standard error.
 */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#define FIRST_FD 3
#define SOCKETS_MAX 8

struct manager {
	const char *watchdog_usec;
	char **program;
	int sockets[SOCKETS_MAX], len;
	char names[256];               /* "http:http:metrics" */
	int notify, signals;
	pid_t pid;                     /* 0: the program does not run */
};

static _Noreturn void die(const char *what)
{
	perror(what);
	exit(1);
}

static int listen_tcp(const char *name)
{
	struct sockaddr_in where = {.sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t size = sizeof(where);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || bind(fd, (struct sockaddr *)&where, size) < 0 || listen(fd, 4096) < 0 ||
		getsockname(fd, (struct sockaddr *)&where, &size) < 0)
		die(name);
	printf("socket %s %d\n", name, ntohs(where.sin_port));
	return fd;
}

static int bind_unix(const char *path, int type)
{
	struct sockaddr_un where = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, type | SOCK_CLOEXEC, 0);

	snprintf(where.sun_path, sizeof(where.sun_path), "%s", path);
	if (fd < 0 || bind(fd, (struct sockaddr *)&where, sizeof(where)) < 0)
		die(path);
	return fd;
}

static void open_socket(struct manager *manager, char *argument)
{
	char *kind = strchr(argument, '=');
	int fd;

	if (!kind || manager->len == SOCKETS_MAX)
		die("NAME=tcp|PATH");
	*kind++ = '\0';
	if (strcmp(kind, "tcp") == 0) {
		fd = listen_tcp(argument);
	} else {
		fd = bind_unix(kind, SOCK_STREAM);
		if (listen(fd, 64) < 0)
			die(kind);
		printf("socket %s %s\n", argument, kind);
	}
	snprintf(manager->names + strlen(manager->names),
		sizeof(manager->names) - strlen(manager->names), "%s%s",
		manager->len > 0 ? ":" : "", argument);
	/* Out of the way of the numbers that the program gets. */
	manager->sockets[manager->len++] = fcntl(fd, F_DUPFD_CLOEXEC, FIRST_FD + SOCKETS_MAX);
	close(fd);
}

static void set_number(const char *name, long number)
{
	char text[24];

	snprintf(text, sizeof(text), "%ld", number);
	setenv(name, text, 1);
}

/* In the child: sockets from descriptor 3 on, the environment, the program. */
static _Noreturn void run_program(struct manager *manager)
{
	sigset_t none;

	for (int i = 0; i < manager->len; i++)
		if (dup2(manager->sockets[i], FIRST_FD + i) < 0)
			_exit(126);
	if (manager->len > 0) {
		set_number("LISTEN_FDS", manager->len);
		set_number("LISTEN_PID", getpid());
		setenv("LISTEN_FDNAMES", manager->names, 1);
	}
	if (strcmp(manager->watchdog_usec, "0") != 0) {
		setenv("WATCHDOG_USEC", manager->watchdog_usec, 1);
		set_number("WATCHDOG_PID", getpid());
	}
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	execv(manager->program[0], manager->program);
	_exit(127);
}

static void start_program(struct manager *manager)
{
	manager->pid = fork();
	if (manager->pid < 0)
		die("fork");
	if (manager->pid == 0)
		run_program(manager);
	printf("started %d\n", (int)manager->pid);
}

static void show_notes(int fd)
{
	char message[4096], *rest = message;
	ssize_t size = recv(fd, message, sizeof(message) - 1, 0);

	if (size < 0)
		return;
	message[size] = '\0';
	for (char *line; (line = strsep(&rest, "\n"));)
		if (*line)
			printf("told %s\n", line);
}

static void reap(struct manager *manager)
{
	struct signalfd_siginfo info;
	int status;

	if (read(manager->signals, &info, sizeof(info)) < 0 || manager->pid == 0 ||
		waitpid(manager->pid, &status, WNOHANG) != manager->pid)
		return;
	/* What it said last comes first. */
	for (struct pollfd more = {manager->notify, POLLIN, 0}; poll(&more, 1, 0) > 0;)
		show_notes(manager->notify);
	if (WIFEXITED(status))
		printf("ended %d\n", WEXITSTATUS(status));
	else
		printf("killed %d\n", WTERMSIG(status));
	manager->pid = 0;
}

/* Commands until standard input ends, with which the program ends too. */
static void serve(struct manager *manager)
{
	struct pollfd fds[] = {{STDIN_FILENO, POLLIN, 0}, {manager->notify, POLLIN, 0},
		{manager->signals, POLLIN, 0}};
	char command[64];

	for (;;) {
		ssize_t size;

		if (poll(fds, 3, -1) < 0 && errno != EINTR)
			die("poll");
		if (fds[1].revents)
			show_notes(manager->notify);
		if (fds[2].revents)
			reap(manager);
		if (!fds[0].revents)
			continue;
		size = read(STDIN_FILENO, command, sizeof(command));
		if (size <= 0)
			break;
		if (manager->pid == 0)
			start_program(manager);
	}
	if (manager->pid > 0)
		kill(manager->pid, SIGKILL);
}

int main(int argc, char **argv)
{
	struct manager manager = {0};
	char path[108];
	sigset_t child;
	int at = 3;

	if (argc < 5)
		die("usage");
	setvbuf(stdout, NULL, _IOLBF, 0);
	manager.watchdog_usec = argv[2];
	while (at < argc && strcmp(argv[at], "--") != 0)
		open_socket(&manager, argv[at++]);
	manager.program = &argv[at + 1];
	snprintf(path, sizeof(path), "%s/notify", argv[1]);
	manager.notify = bind_unix(path, SOCK_DGRAM);
	setenv("NOTIFY_SOCKET", path, 1);
	sigemptyset(&child);
	sigaddset(&child, SIGCHLD);
	sigprocmask(SIG_BLOCK, &child, NULL);
	manager.signals = signalfd(-1, &child, SFD_CLOEXEC);
	serve(&manager);
	return 0;
}
