/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
#include "config.h"
#include "ctl/backup.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "core/base/err.h"
#include "core/base/mem.h"

static int failed(const char *path, struct err *err)
{
	return err_set(err, MORTISE_E_SETTINGS, "cannot write %s: %s", path, strerror(errno));
}

int backup_open(const char *path, struct backup *ret_backup, struct err *err)
{
	cleanup_free char *part_path = xasprintf("%s.part", path);
	int fd;

	if (access(path, F_OK) == 0) {
		errno = EEXIST;
		return failed(path, err);
	}
	fd = open(part_path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return failed(part_path, err);
	*ret_backup = (struct backup){fd, path, steal(&part_path)};
	return 0;
}

static int value_of(char c)
{
	static const char letters[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	const char *at = c ? strchr(letters, c) : NULL;

	return at ? (int)(at - letters) : -1;
}

/* Base64 with padding, in place; the number of bytes, or -1. */
static ssize_t decode(char *text, size_t size)
{
	size_t out = 0, padding = 0;

	if (size % 4 != 0)
		return -1;
	while (padding < 2 && padding < size && text[size - 1 - padding] == '=')
		padding++;
	for (size_t i = 0; i < size; i += 4) {
		unsigned int group = 0;

		for (size_t j = 0; j < 4; j++) {
			int value = i + j >= size - padding ? 0 : value_of(text[i + j]);

			if (value < 0)
				return -1;
			group = group << 6 | (unsigned int)value;
		}
		text[out++] = (char)(group >> 16);
		text[out++] = (char)(group >> 8);
		text[out++] = (char)group;
	}
	return (ssize_t)(out - padding);
}

int backup_add(struct backup *backup, const json_t *part, struct err *err)
{
	const json_t *data = json_object_get(part, "data");
	size_t size = json_string_length(data);
	cleanup_free char *text = data ? xmemdup(json_string_value(data), size + 1) : NULL;
	ssize_t bytes = text ? decode(text, size) : -1;

	if (bytes < 0)
		return err_set(err, MORTISE_E_INTERNAL, "mortised sent a part that is no base64");
	for (ssize_t at = 0; at < bytes;) {
		ssize_t written = write(backup->fd, text + at, (size_t)(bytes - at));

		if (written < 0 && errno == EINTR)
			continue;
		if (written < 0)
			return failed(backup->part_path, err);
		at += written;
	}
	return 0;
}

/* The folder's entry must be on disk too. */
static void sync_folder(const char *path)
{
	const char *slash = strrchr(path, '/');
	cleanup_free char *folder = slash ? xstrndup(path, (size_t)(slash - path) + 1) :
					    xstrdup(".");
	int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd >= 0) {
		(void)fsync(fd); /* the file itself is safe; some file systems refuse this */
		close(fd);
	}
}

int backup_finish(struct backup *backup, struct err *err)
{
	if (fsync(backup->fd) < 0 || link(backup->part_path, backup->path) < 0)
		return failed(backup->path, err);
	sync_folder(backup->path);
	return 0;
}

void backup_close(struct backup *backup)
{
	if (backup->part_path) {
		close(backup->fd);
		unlink(backup->part_path);
	}
	free(backup->part_path);
	*backup = (struct backup){.fd = -1};
}
