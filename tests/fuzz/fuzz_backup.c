/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * Parts of a backup that mortisectl gets, {"data": base64}: exactly the bytes that another
 * decoder makes of it come into the file.
 */
#include "config.h"
#include "tests/fuzz/fuzz.h"

#include <sys/mman.h>
#include <unistd.h>

#include <sodium.h>

#include "core/base/err.h"
#include "ctl/backup.h"

static bool is_ascii(const uint8_t *data, size_t size)
{
	for (size_t i = 0; i < size; i++)
		if (data[i] >= 0x80)
			return false;
	return true;
}

static void check_file(int fd, const void *bytes, size_t size)
{
	cleanup_free char *written = xmalloc(size + 1);

	HOLDS(pread(fd, written, size + 1, 0) == (ssize_t)size);
	HOLDS(memcmp(written, bytes, size) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	cleanup_json json_t *part = json_object();
	cleanup_free unsigned char *bytes = xmalloc(size + 1);
	struct backup backup = {.fd = memfd_create("fuzz", MFD_CLOEXEC)};
	const char *end = NULL;
	size_t bytes_size = 0;
	bool decoded;

	json_object_set_new(part, "data", json_stringn(size > 0 ? (const char *)data : "", size));
	HOLDS(backup.fd >= 0 && sodium_init() >= 0);
	/* (libsodium 1.0.18 also takes some bytes that are not ASCII.) */
	decoded = is_ascii(data, size) && sodium_base642bin(bytes, size + 1, (const char *)data,
		size, NULL, &bytes_size, &end, sodium_base64_VARIANT_ORIGINAL) == 0 &&
		end == (const char *)data + size;
	if (backup_add(&backup, part, NULL) == 0) {
		if (decoded)
			check_file(backup.fd, bytes, bytes_size);
	} else {
		HOLDS(!decoded);
	}
	close(backup.fd);
	return 0;
}
