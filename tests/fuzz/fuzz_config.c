/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * Configuration files: "mortise.conf NUL conf.d/10.conf NUL …", as an operator writes them.
 * Each number has its bounds whatever was read, texts are there, and an error names the
 * file.
 */
#include "config.h"
#include "tests/fuzz/fuzz.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/err.h"
#include "core/config/settings.h"

#define FRAGMENTS_MAX 3

/* libconfig 1.5 loses the text it was reading when a file ends with an error; mortised
 * reads one file at a start or reload. */
const char *__lsan_default_suppressions(void) __attribute__((visibility("default")));
const char *__lsan_default_suppressions(void)
{
	return "leak:libconfig.so";
}

static char folder[] = "/dev/shm/mortise-fuzz-XXXXXX";

static char *fragment_path(int number)
{
	return xasprintf("%s/conf.d/%d.conf", folder, 10 + number);
}

static void remove_folder(void)
{
	cleanup_free char *file = xasprintf("%s/mortise.conf", folder);
	cleanup_free char *fragments = xasprintf("%s/conf.d", folder);

	for (int i = 0; i < FRAGMENTS_MAX; i++) {
		cleanup_free char *path = fragment_path(i);

		unlink(path);
	}
	unlink(file);
	rmdir(fragments);
	rmdir(folder);
}

static void make_folder(void)
{
	static bool made;
	cleanup_free char *fragments = NULL;

	if (made)
		return;
	HOLDS(mkdtemp(folder));
	fragments = xasprintf("%s/conf.d", folder);
	HOLDS(mkdir(fragments, 0700) == 0);
	atexit(remove_folder);
	made = true;
}


static void put(const char *path, const char *text)
{
	size_t size = strlen(text);
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	HOLDS(fd >= 0 && write(fd, text, size) == (ssize_t)size);
	close(fd);
}

static void check(const struct settings *settings)
{
	HOLDS(settings->public_url && settings->listen && settings->state_dir);
	HOLDS(settings->storage_url && settings->product_key && settings->admin_admin);
	HOLDS(settings->egress_timeout >= 1 && settings->egress_timeout <= 600);
	HOLDS(settings->request_workers >= 2 && settings->request_workers <= 256);
	HOLDS(settings->retention_audit >= 1 && settings->retention_audit <= 36500);
	for (size_t i = 0; i < settings->egress_allow_len; i++)
		HOLDS(settings->egress_allow[i].cidr || (settings->egress_allow[i].host &&
			settings->egress_allow[i].provider && settings->egress_allow[i].port > 0));
	free(settings_provider_text(settings, "github", "app_id"));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input input = {data, size};
	cleanup_free char *file = NULL;
	cleanup_err struct err err = {0};
	struct settings *settings;

	if (size > 0 && memmem(data, size, "@include", 8))
		return 0;
	make_folder();
	file = xasprintf("%s/mortise.conf", folder);
	for (int i = -1; i < FRAGMENTS_MAX; i++) {
		cleanup_free char *path = i < 0 ? xstrdup(file) : fragment_path(i);
		cleanup_free char *text = fuzz_text(&input);

		if (i >= 0 && !*text)
			unlink(path);
		else
			put(path, text);
	}
	if (settings_load(file, &settings, &err) < 0) {
		HOLDS(err.code == MORTISE_E_SETTINGS && strstr(err_text(&err), ".conf:"));
		return 0;
	}
	check(settings);
	settings_free(settings);
	return 0;
}
