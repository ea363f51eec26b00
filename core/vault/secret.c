/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/* Secrets in libsodium's locked, guarded memory.  Any thread. */
#include "config.h"
#include "core/vault/vault.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sodium.h>

#include "core/base/err.h"
#include "core/base/mem.h"

struct secret *secret_new(const void *data, size_t size)
{
	struct secret *secret = new(struct secret);

	secret->data = sodium_malloc(size + 1);
	if (!secret->data)
		abort();
	if (size > 0)
		memcpy(secret->data, data, size);
	secret->data[size] = '\0';
	secret->size = size;
	return secret;
}

void secret_free(struct secret *secret)
{
	if (!secret)
		return;
	sodium_free(secret->data);
	free(secret);
}

void secret_freep(struct secret **secret)
{
	secret_free(*secret);
	*secret = NULL;
}

static int check_file(int fd, const char *path, size_t max_size, size_t *ret_size, struct err *err)
{
	struct stat st;

	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
		return err_set(err, MORTISE_E_SETTINGS, "%s: not a regular file; "
			"name the file that holds the secret", path);
	if (st.st_mode & S_IRWXO)
		return err_set(err, MORTISE_E_SETTINGS,
			"%s: everybody may read or write this secret; run `chmod o= %s`", path, path);
	if (st.st_size == 0)
		return err_set(err, MORTISE_E_SETTINGS, "%s: is empty; restore it, or "
			"name another file in the configuration", path);
	if ((uint64_t)st.st_size > max_size)
		return err_set(err, MORTISE_E_SETTINGS, "%s: larger than %zu bytes; "
			"is it the right file?", path, max_size);
	*ret_size = (size_t)st.st_size;
	return 0;
}

int secret_read_file(const char *path, size_t max_size, struct secret **ret_secret, struct err *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK), result;
	struct secret *secret;
	size_t size = 0, got = 0;

	if (fd < 0)
		return err_set(err, MORTISE_E_SETTINGS, "%s: %s; restore it, or name another file "
			"in the configuration", path, strerror(errno));
	result = check_file(fd, path, max_size, &size, err);
	if (result < 0) {
		close(fd);
		return result;
	}
	secret = secret_new(NULL, 0);
	sodium_free(secret->data);
	secret->data = sodium_malloc(size + 1);
	if (!secret->data)
		abort();
	for (ssize_t more = 1; got < size && more > 0; got += more > 0 ? (size_t)more : 0)
		more = read(fd, secret->data + got, size - got);
	close(fd);
	if (got < size) {
		secret_free(secret);
		return err_set(err, MORTISE_E_SETTINGS, "%s: changed while it was read", path);
	}
	if (got > 0 && secret->data[got - 1] == '\n')
		got--;
	secret->data[got] = '\0';
	secret->size = got;
	*ret_secret = secret;
	return 0;
}
