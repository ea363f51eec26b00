/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/* The reader of ELF notes against any file: it must answer, and what it accepts
 * must be a name that can be part of a path. */
#include "config.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "core/base/err.h"
#include "core/provider/plugin_note.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	cleanup_err struct err err = {0};
	struct plugin_note note;
	int fd = memfd_create("fuzz", MFD_CLOEXEC);

	if (fd < 0 || write(fd, data, size) != (ssize_t)size)
		abort();
	if (plugin_note_read(fd, "fuzz.so", &note, &err) == 0) {
		if (strchr(note.name, '/') || note.name[0] == '\0')
			abort();
	} else if (err.code == 0) {
		abort();
	}
	close(fd);
	return 0;
}
