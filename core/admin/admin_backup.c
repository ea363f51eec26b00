/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * A backup streams to the client, who writes the file: the daemon writes nowhere but
 * in its own state folder, and the client nowhere with the daemon's rights.
 */
#include "config.h"
#include "core/admin/admin_methods.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include <sodium.h>

#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/config/settings.h"
#include "core/daemon/daemon.h"
#include "core/storage/backup.h"

/* A multiple of three, so that only the last part has padding. */
#define PART_SIZE ((size_t)192 << 10)

/* The next part as {"data": base64}; NULL at the end of the file. */
static int read_part(int fd, json_t **ret_part, struct err *err)
{
	size_t text_size = sodium_base64_encoded_len(PART_SIZE, sodium_base64_VARIANT_ORIGINAL);
	cleanup_free unsigned char *bytes = xmalloc(PART_SIZE);
	cleanup_free char *text = xmalloc(text_size);
	size_t size = 0;

	while (size < PART_SIZE) {
		ssize_t got = read(fd, bytes + size, PART_SIZE - size);

		if (got < 0)
			return err_set(err, MORTISE_E_INTERNAL, "the copy cannot be read: %s",
				strerror(errno));
		if (got == 0)
			break;
		size += (size_t)got;
	}
	*ret_part = NULL;
	if (size > 0)
		*ret_part = json_pack("{s:s}", "data", sodium_bin2base64(text, text_size, bytes,
			size, sodium_base64_VARIANT_ORIGINAL));
	return 0;
}

static int send_file(int fd, struct admin_call *call, struct err *err)
{
	json_t *part = NULL;
	int result;

	while ((result = read_part(fd, &part, err)) == 0 && part) {
		result = admin_call_send(call, part, err);
		if (result < 0)
			break;
	}
	return result;
}

static int stream_backup(struct daemon *daemon, const json_t *parameters, struct admin_call *call,
	json_t **ret_result, struct err *err)
{
	cleanup_free char *path = xasprintf("%s/" BACKUP_PREFIX "XXXXXX",
		daemon->settings->state_dir);
	int fd = mkostemp(path, O_CLOEXEC), result;

	(void)parameters;
	if (fd < 0)
		return err_set(err, MORTISE_E_SETTINGS, "cannot make %s: %s", path, strerror(errno));
	result = backup_write(daemon->store, path, err);
	/* What the name is gone from is freed when this ends, however it ends. */
	unlink(path);
	if (result == 0)
		result = send_file(fd, call, err);
	close(fd);
	if (result == 0)
		*ret_result = json_pack("{s:s}", "data", "");
	return result;
}

const struct admin_method admin_backup_methods[] = {
	{.name = "Backup", .level = ADMIN_ADMIN, .in = "()", .out = "(data: string)",
		.help = "A copy of the database, in base64; the parts are to be joined",
		.stream = stream_backup},
	{0},
};
