/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * Vault key files, and sealed values as the store holds them: "FILE NUL SEALED".  A file
 * that opens seals and unseals; a sealed value that was changed never does.
 */
#include "config.h"
#include "tests/fuzz/fuzz.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sodium.h>

#include "core/base/err.h"
#include "core/base/log.h"
#include "core/vault/vault.h"

static const unsigned char uid[VAULT_UID_SIZE] = "an integration";

static int open_vault(const void *data, size_t size, struct vault **ret_vault)
{
	int fd = memfd_create("fuzz", MFD_CLOEXEC);
	cleanup_free char *path = xasprintf("/proc/self/fd/%d", fd);
	const struct vault_settings settings = {.key_file = path, .state_dir = "/nowhere"};
	cleanup_err struct err err = {0};
	int result;

	HOLDS(fd >= 0 && fchmod(fd, 0600) == 0 && write(fd, data, size) == (ssize_t)size);
	result = vault_open(&settings, ret_vault, &err);
	HOLDS(result == 0 || (err.code == MORTISE_E_SETTINGS && *err_text(&err)));
	close(fd);
	return result;
}

static void check(struct vault *vault, const uint8_t *change, size_t size)
{
	unsigned char *sealed;
	struct secret *plain;
	size_t sealed_size;
	bool changed = false;

	vault_seal(vault, "integration.secrets", uid, "plain", 5, &sealed, &sealed_size);
	HOLDS(vault_open_sealed(vault, "integration.secrets", uid, sealed, sealed_size, &plain,
		NULL) == 0);
	HOLDS(plain->size == 5 && memcmp(plain->data, "plain", 5) == 0);
	secret_free(plain);
	HOLDS(vault_open_sealed(vault, "link.secrets", uid, sealed, sealed_size, &plain, NULL) < 0);
	for (size_t i = 0; i < size && i < sealed_size; i++) {
		sealed[i] ^= change[i];
		changed = changed || change[i] != 0;
	}
	if (changed)
		HOLDS(vault_open_sealed(vault, "integration.secrets", uid, sealed, sealed_size,
			&plain, NULL) < 0);
	free(sealed);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *end = size > 0 ? memchr(data, '\0', size) : NULL;
	size_t file_size = end ? (size_t)(end - data) : size;
	size_t rest = end ? size - file_size - 1 : 0;
	struct secret *plain;
	struct vault *vault;

	log_setup(MORTISE_LOG_ERROR, LOG_LOGFMT);
	if (sodium_init() < 0 || open_vault(data, file_size, &vault) < 0)
		return 0;
	check(vault, data + size - rest, rest);
	HOLDS(vault_open_sealed(vault, "integration.secrets", uid, data + size - rest, rest,
		&plain, NULL) < 0);
	vault_close(vault);
	return 0;
}
