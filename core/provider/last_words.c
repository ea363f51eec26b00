/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * What a host says besides frames: its standard error, line by line into our log, and
 * the crash page, which names the forbidden system call that it died of.  Loop thread.
 *
 * Nobody is held up by a plugin that chatters: its bytes are paid from the host's
 * allowance, its lines from the same bound as its log lines.  The last few that were
 * left out are kept, and written when it dies.
 */
#include "config.h"
#include "core/provider/provider_private.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <event2/event.h>
#include <seccomp.h>

#include "core/base/log.h"
#include "core/base/loop.h"
#include "core/base/mem.h"
#include "core/daemon/daemon.h"
#include "core/frame/crash_page.h"

#define READ_SIZE 4096

static void on_said(evutil_socket_t fd, short what, void *arg);

int last_words_open(struct host *host, int *ret_stderr, struct err *err)
{
	struct last_words *words = &host->last_words;
	int ends[2];

	if (pipe2(ends, O_CLOEXEC) < 0 || fcntl(ends[0], F_SETFL, O_NONBLOCK) < 0)
		return err_set(err, MORTISE_E_RETRY, "no pipe for a host: %s", strerror(errno));
	words->fd = ends[0];
	words->on_read = event_new(loop_base(host->plugin->providers->daemon->loop), ends[0],
		EV_READ | EV_PERSIST, on_said, host);
	event_add(words->on_read, NULL);
	/* Without it a death is only described less well. */
	words->page = memfd_create("crash-page", MFD_CLOEXEC);
	if (words->page >= 0 && ftruncate(words->page, CRASH_PAGE_SIZE) < 0) {
		close(words->page);
		words->page = -1;
	}
	*ret_stderr = ends[1];
	return 0;
}

/* ---- Lines ---- */

static void write_line(const struct host *host, const char *line)
{
	log_warning("plugin.stderr", LOG_TEXT("plugin", host->plugin->name), LOG_TEXT("text", line));
}

static void keep_line(struct last_words *words, const char *line)
{
	char **place = &words->kept[words->kept_at++ % LAST_WORDS_KEPT];

	free(*place);
	*place = xstrdup(line);
}

static void end_line(struct host *host)
{
	struct last_words *words = &host->last_words;

	words->line[words->size] = '\0';
	if (words->size > 0 && host_may_log(host))
		write_line(host, words->line);
	else if (words->size > 0)
		keep_line(words, words->line);
	words->size = 0;
}

/* What a line has too much is another line. */
static void take_bytes(struct host *host, const char *bytes, size_t size)
{
	struct last_words *words = &host->last_words;

	for (size_t i = 0; i < size; i++) {
		if (bytes[i] == '\n' || words->size == LAST_WORDS_LINE)
			end_line(host);
		if (bytes[i] != '\n')
			words->line[words->size++] = bytes[i] != '\0' ? bytes[i] : ' ';
	}
}

/* False: there is no more for now. */
static bool read_some(struct host *host)
{
	char bytes[READ_SIZE];
	ssize_t size = read(host->last_words.fd, bytes, sizeof(bytes));

	if (size == 0 || (size < 0 && errno != EAGAIN && errno != EINTR))
		event_del(host->last_words.on_read);
	if (size <= 0)
		return false;
	take_bytes(host, bytes, (size_t)size);
	host_charge(host, (size_t)size);
	return true;
}

static void on_said(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	(void)read_some(arg);
}

/* ---- The end ---- */

void last_words_finish(struct host *host)
{
	struct last_words *words = &host->last_words;

	/* The pipe's capacity bounds that. */
	while (read_some(host))
		continue;
	end_line(host);
	for (size_t i = 0; i < LAST_WORDS_KEPT; i++) {
		const char *line = words->kept[(words->kept_at + i) % LAST_WORDS_KEPT];

		if (line)
			write_line(host, line);
	}
}

char *last_words_forbidden(const struct host *host)
{
	struct crash_page page = {0};
	cleanup_free char *name = NULL;

	if (host->last_words.page < 0 ||
		pread(host->last_words.page, &page, sizeof(page), 0) != (ssize_t)sizeof(page) ||
		page.magic != CRASH_PAGE_MAGIC)
		return NULL;
	name = seccomp_syscall_resolve_num_arch(page.arch, page.number);
	return xasprintf("it made a forbidden system call, %s (number %d, architecture %08x, at %#llx)",
		name ? name : "one without a name", page.number, page.arch,
		(unsigned long long)page.address);
}

void last_words_close(struct host *host)
{
	struct last_words *words = &host->last_words;

	if (words->on_read)
		event_free(words->on_read);
	if (words->fd >= 0)
		close(words->fd);
	if (words->page >= 0)
		close(words->page);
	for (size_t i = 0; i < LAST_WORDS_KEPT; i++)
		free(words->kept[i]);
}
