/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
#include "config.h"
#include "ctl/record.h"

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

int record_open(const char *path, struct record *ret_record, struct err *err)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);

	if (fd < 0)
		return failed(path, err);
	*ret_record = (struct record){.fd = fd, .path = path};
	return 0;
}

int record_add(struct record *record, const json_t *part, struct err *err)
{
	const json_t *call = json_object_get(part, "call");
	cleanup_free char *text = json_is_object(call) ? json_dumps(call, JSON_COMPACT) : NULL;
	size_t size = text ? strlen(text) + 1 : 0;

	record->dropped = json_integer_value(json_object_get(part, "dropped"));
	if (!text)
		return 0;
	if (record->size + size > RECORD_FILE_MAX)
		return err_set(err, MORTISE_E_LIMIT, "%s has reached %zu MiB, with %lld calls; it is good "
			"as it is", record->path, RECORD_FILE_MAX >> 20, (long long)record->len);
	text[size - 1] = '\n';
	for (size_t at = 0; at < size;) {
		ssize_t written = write(record->fd, text + at, size - at);

		if (written < 0 && errno == EINTR)
			continue;
		if (written < 0)
			return failed(record->path, err);
		at += (size_t)written;
	}
	record->size += size;
	record->len++;
	return 0;
}

void record_close(struct record *record)
{
	if (record->fd >= 0)
		close(record->fd);
	*record = (struct record){.fd = -1};
}
