/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
#include "config.h"
#include "core/vault/slot.h"

#include <pthread.h>
#include <string.h>

#include <sodium.h>

#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/config/settings.h"
#include "core/daemon/daemon.h"
#include "core/provider/provider.h"
#include "core/storage/integration.h"
#include "core/storage/link.h"
#include "core/storage/store.h"

#define SECRET_FILE_MAX ((size_t)64 * 1024)

/* ---- Secret files, in locked memory ---- */

struct file_secret {
	struct file_secret *next;
	char *path;
	struct secret *secret;
};

static pthread_mutex_t files_lock = PTHREAD_MUTEX_INITIALIZER;
static struct file_secret *files; /* under files_lock; one per process */

static struct file_secret *file_find(const char *path)
{
	for (struct file_secret *file = files; file; file = file->next)
		if (strcmp(file->path, path) == 0)
			return file;
	return NULL;
}

static int file_read(const char *path, struct secret **ret_secret, struct err *err)
{
	struct file_secret *file;
	int result = 0;

	pthread_mutex_lock(&files_lock);
	file = file_find(path);
	if (!file) {
		struct secret *secret;

		result = secret_read_file(path, SECRET_FILE_MAX, &secret, err);
		if (result == 0) {
			file = new(struct file_secret);
			file->path = xstrdup(path);
			file->secret = secret;
			file->next = files;
			files = file;
		}
	}
	if (result == 0)
		*ret_secret = secret_new(file->secret->data, file->secret->size);
	pthread_mutex_unlock(&files_lock);
	return result;
}

void slots_reload(void)
{
	pthread_mutex_lock(&files_lock);
	while (files) {
		struct file_secret *file = files;

		files = file->next;
		secret_free(file->secret);
		free(file->path);
		free(file);
	}
	pthread_mutex_unlock(&files_lock);
}

static int provider_read(struct daemon *daemon, const struct call_scope *scope,
	const char *name, struct secret **ret_secret, struct err *err)
{
	const char *key = scope->provider->provider.key;
	cleanup_free char *setting = xasprintf("%s_file", name);
	cleanup_free char *path = settings_provider_text(daemon->settings, key, setting);
	cleanup_err struct err why = {0};

	if (!path || !*path)
		return err_set(err, MORTISE_E_SETTINGS, "set providers.%s.%s to the file that holds "
			"it", key, setting);
	if (file_read(path, ret_secret, &why) < 0)
		return err_set(err, MORTISE_E_SETTINGS, "providers.%s.%s: %s", key, setting,
			err_text(&why));
	return 0;
}

/* ---- Sealed objects ---- */

void secrets_seal(struct vault *vault, const char *column,
	const unsigned char uid[VAULT_UID_SIZE], const json_t *secrets,
	unsigned char **ret_sealed, size_t *ret_size)
{
	char *text;

	if (json_object_size(secrets) == 0) {
		*ret_sealed = NULL;
		*ret_size = 0;
		return;
	}
	text = json_dumps(secrets, JSON_COMPACT | JSON_SORT_KEYS);
	if (!text)
		abort();
	vault_seal(vault, column, uid, text, strlen(text), ret_sealed, ret_size);
	sodium_memzero(text, strlen(text));
	free(text);
}

int secrets_unseal(struct vault *vault, const char *column,
	const unsigned char uid[VAULT_UID_SIZE], const void *sealed, size_t sealed_size,
	json_t **ret_secrets, struct err *err)
{
	cleanup_secret struct secret *plain = NULL;
	json_t *secrets;
	int result;

	if (sealed_size == 0) {
		*ret_secrets = json_object();
		return 0;
	}
	result = vault_open_sealed(vault, column, uid, sealed, sealed_size, &plain, err);
	if (result < 0)
		return result;
	secrets = json_loadb((const char *)plain->data, plain->size, JSON_REJECT_DUPLICATES, NULL);
	if (!json_is_object(secrets)) {
		json_decref(secrets);
		return err_set(err, MORTISE_E_INTERNAL, "%s: the sealed value is not a JSON object",
			column);
	}
	*ret_secrets = secrets;
	return 0;
}

struct row_read {
	int64_t id;
	struct integration integration;
	struct link link;
};

static int read_integration(struct tx *tx, void *arg, struct err *err)
{
	struct row_read *row = arg;

	integration_clear(&row->integration);
	return integration_get(tx, row->id, &row->integration, err);
}

static int read_link(struct tx *tx, void *arg, struct err *err)
{
	struct row_read *row = arg;

	link_clear(&row->link);
	return link_get(tx, row->id, &row->link, err);
}

static int integration_secrets(struct daemon *daemon, int64_t id, json_t **ret_secrets,
	struct err *err)
{
	struct row_read row = {.id = id};
	int result = store_read(daemon->store, read_integration, &row, err);

	if (result == 0)
		result = secrets_unseal(daemon->vault, SLOT_INTEGRATION_COLUMN,
			row.integration.uid, row.integration.secrets,
			row.integration.secrets_size, ret_secrets, err);
	integration_clear(&row.integration);
	return result;
}

static int link_secrets(struct daemon *daemon, int64_t id, json_t **ret_secrets,
	struct err *err)
{
	struct row_read row = {.id = id};
	int result = store_read(daemon->store, read_link, &row, err);

	if (result == 0)
		result = secrets_unseal(daemon->vault, SLOT_LINK_COLUMN, row.link.uid,
			row.link.secrets, row.link.secrets_size, ret_secrets, err);
	link_clear(&row.link);
	return result;
}

/* ---- Reading a slot ---- */

static struct secret *secret_of(const json_t *value)
{
	return json_is_string(value)
		? secret_new(json_string_value(value), json_string_length(value)) : NULL;
}

static int take_value(const json_t *secrets, const char *slot, const char *name,
	struct secret **ret_current, struct secret **ret_previous, struct err *err)
{
	const json_t *value = json_object_get(secrets, name);
	struct secret *current = secret_of(
		json_is_object(value) ? json_object_get(value, "current") : value);

	if (!current)
		return err_set(err, MORTISE_E_NOT_FOUND, "nothing is in the slot \"%s\"", slot);
	*ret_current = current;
	*ret_previous = json_is_object(value)
		? secret_of(json_object_get(value, "previous")) : NULL;
	return 0;
}

static const char *after(const char *text, const char *prefix)
{
	size_t len = strlen(prefix);

	return strncmp(text, prefix, len) == 0 ? text + len : NULL;
}

int slot_read_both(struct daemon *daemon, const struct call_scope *scope, const char *slot,
	struct secret **ret_current, struct secret **ret_previous, struct err *err)
{
	cleanup_json json_t *opened = NULL;
	const char *name;
	int result = 0;

	if ((name = after(slot, "provider:"))) {
		result = provider_read(daemon, scope, name, ret_current, err);
		if (result == 0)
			*ret_previous = NULL;
		return result;
	}
	if ((name = after(slot, "state:"))) {
		if (scope->kind != MORTISE_SCOPE_PIPELINE)
			goto unsupported;
		return take_value(scope->secrets, slot, name, ret_current, ret_previous, err);
	}
	if ((name = after(slot, "integration:")) && scope->integration_id != 0)
		result = integration_secrets(daemon, scope->integration_id, &opened, err);
	else if ((name = after(slot, "install:")) && scope->link_id != 0)
		result = link_secrets(daemon, scope->link_id, &opened, err);
	else
		goto unsupported;
	if (result < 0)
		return result;
	return take_value(opened, slot, name, ret_current, ret_previous, err);
unsupported:
	return err_set(err, MORTISE_E_UNSUPPORTED, "this scope has no slot \"%s\"", slot);
}

int slot_read(struct daemon *daemon, const struct call_scope *scope, const char *slot,
	struct secret **ret_secret, struct err *err)
{
	struct secret *previous;
	int result = slot_read_both(daemon, scope, slot, ret_secret, &previous, err);

	if (result == 0)
		secret_free(previous);
	return result;
}
