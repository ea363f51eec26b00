/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
#include "config.h"
#include "host/lockdown.h"

#include <errno.h>
#include <execinfo.h>
#include <locale.h>
#include <malloc.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include <jansson.h>

#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/frame/crash_page.h"

#define OPEN_FILES_MAX 32
/* Of the main thread: a stack grows outside the limit on data. */
#define STACK_SIZE ((uint64_t)8 << 20)

int lockdown_bind_parent(pid_t parent, struct err *err)
{
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0)
		return err_set(err, MORTISE_E_INTERNAL, "parent-death signal: %s", strerror(errno));
	/* The parent may have died before the line above. */
	if (parent != 0 && getppid() != parent)
		return err_set(err, MORTISE_E_INTERNAL, "mortised ended before its host began");
	return 0;
}

void lockdown_close_files(int kept)
{
	if (kept <= 3) {
		close_range(4, ~0u, 0);
		return;
	}
	if (kept > 4)
		close_range(4, (unsigned)kept - 1, 0);
	close_range((unsigned)kept + 1, ~0u, 0);
}

static int set_limit(__rlimit_resource_t resource, uint64_t value, const char *name,
	struct err *err)
{
	const struct rlimit limit = {.rlim_cur = value, .rlim_max = value};

	if (setrlimit(resource, &limit) == 0)
		return 0;
	return err_set(err, MORTISE_E_INTERNAL, "limit %s to %llu: %s", name,
		(unsigned long long)value, strerror(errno));
}

int lockdown_limit(uint64_t data_limit, struct err *err)
{
	int ret = set_limit(RLIMIT_CORE, 0, "core files", err);

	if (ret == 0)
		ret = set_limit(RLIMIT_NOFILE, OPEN_FILES_MAX, "open files", err);
	if (ret == 0)
		ret = set_limit(RLIMIT_STACK, STACK_SIZE, "stack", err);
	/* A sanitizer's shadow memory counts as data. */
#ifndef MORTISE_SANITIZED
	if (ret == 0)
		ret = set_limit(RLIMIT_DATA, data_limit, "memory", err);
#else
	(void)data_limit;
#endif
	if (ret == 0 && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		ret = err_set(err, MORTISE_E_INTERNAL, "no new privileges: %s", strerror(errno));
	/* A sanitizer attaches to its own process to look for leaks. */
#ifndef MORTISE_SANITIZED
	if (ret == 0 && prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0)
		ret = err_set(err, MORTISE_E_INTERNAL, "not traceable: %s", strerror(errno));
#endif
	return ret;
}

/* Out of memory ends the process: half a JSON tree is worse than none. */
static void *fatal_malloc(size_t size)
{
	static const char words[] = "mortise-host: the memory limit was reached\n";
	void *ptr = malloc(size);

	if (!ptr && size > 0) {
		(void)!write(STDERR_FILENO, words, sizeof(words) - 1);
		_exit(HOST_EXIT_MEMORY);
	}
	return ptr;
}

struct crash_page *lockdown_map_page(int fd)
{
	void *page = fd < 0 ? MAP_FAILED :
		mmap(NULL, CRASH_PAGE_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	return page == MAP_FAILED ? NULL : page;
}

/* Never 0, which would ask jansson to find a seed by itself. */
static size_t make_seed(void)
{
	size_t seed = 0;

	(void)!getrandom(&seed, sizeof(seed), 0);
	return seed | 1;
}

void lockdown_preload(void)
{
	void *frames[1];

	mallopt(M_ARENA_MAX, 2);
	setlocale(LC_ALL, "C.UTF-8");
	setenv("TZ", ":/etc/localtime", 0);
	tzset();
	/* Loads libgcc, which thread exit needs. */
	(void)backtrace(frames, (int)lengthof(frames));
	json_object_seed(make_seed());
	json_set_alloc_funcs(fatal_malloc, free);
}
