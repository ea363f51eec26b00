/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * The main of every fuzz target in a plain build: run each file of the target's
 * seed folder through it, one TAP line per seed.  A seed that crashes the target
 * ends the program, which the driver reports.
 *
 * tests/fuzz/fuzz_NAME reads $srcdir/tests/fuzz/seeds/NAME/, or the files named on
 * the command line.  Built with --enable-fuzzing libFuzzer's main stands here.
 */
#include "config.h"

#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The bytes of 'path' in memory of exactly their size, so that a sanitizer sees
 * a read past the end; NULL if it cannot be read. */
static uint8_t *file_read(const char *path, size_t *ret_size)
{
	FILE *file = fopen(path, "rb");
	uint8_t *data = NULL;
	long size;

	if (!file)
		return NULL;
	if (fseek(file, 0, SEEK_END) == 0 && (size = ftell(file)) >= 0) {
		rewind(file);
		data = malloc(size > 0 ? (size_t)size : 1);
		if (data && fread(data, 1, (size_t)size, file) != (size_t)size) {
			free(data);
			data = NULL;
		}
		*ret_size = (size_t)size;
	}
	fclose(file);
	return data;
}

static int replay(const char *path, int number)
{
	size_t size = 0;
	uint8_t *data = file_read(path, &size);

	if (!data) {
		printf("not ok %d - %s: cannot be read\n", number, path);
		return 1;
	}
	LLVMFuzzerTestOneInput(data, size);
	free(data);
	printf("ok %d - %s\n", number, path);
	fflush(stdout);
	return 0;
}

static int is_seed(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

static int replay_folder(const char *folder)
{
	struct dirent **entries;
	int failed = 0, len = scandir(folder, &entries, is_seed, alphasort);

	if (len <= 0) {
		printf("Bail out! %s: no seeds\n", folder);
		return 1;
	}
	printf("1..%d\n", len);
	for (int i = 0; i < len; i++) {
		char path[8192];

		snprintf(path, sizeof(path), "%s/%s", folder, entries[i]->d_name);
		failed += replay(path, i + 1);
		free(entries[i]);
	}
	free(entries);
	return failed > 0;
}

int main(int argc, char **argv)
{
	const char *top = getenv("srcdir"), *name = strrchr(argv[0], '/');
	char folder[4096];
	int failed = 0;

	if (argc > 1) {
		for (int i = 1; i < argc; i++)
			failed += replay(argv[i], i);
		return failed > 0;
	}
	name = name ? name + 1 : argv[0];
	if (strncmp(name, "fuzz_", 5) == 0)
		name += 5;
	snprintf(folder, sizeof(folder), "%s/tests/fuzz/seeds/%s", top ? top : ".", name);
	return replay_folder(folder);
}
