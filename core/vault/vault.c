/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * The key file is text: a first line "mortise-vault 1", then one line for each
 * master key, "ID KEY" in lower-case hex, 8 and 64 digits, the newest last.
 *
 * A sealed value is: the master key's id (4 bytes, big-endian), a nonce (24), the
 * data key sealed by the master key (48), a nonce (24), the value sealed by the data
 * key.  Both use the column's name, a zero byte and the row's uid as associated data.
 */
#include "config.h"
#include "core/vault/vault.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sodium.h>

#include "core/base/buf.h"
#include "core/base/err.h"
#include "core/base/log.h"
#include "core/base/mem.h"
#include "core/storage/sealed.h"
#include "core/storage/store.h"

#define KEY_SIZE crypto_aead_xchacha20poly1305_ietf_KEYBYTES
#define NONCE_SIZE crypto_aead_xchacha20poly1305_ietf_NPUBBYTES
#define TAG_SIZE crypto_aead_xchacha20poly1305_ietf_ABYTES
#define WRAPPED_SIZE (KEY_SIZE + TAG_SIZE)
#define HEAD_SIZE (4 + NONCE_SIZE + WRAPPED_SIZE)
#define KEYS_MAX 64
#define FILE_MAX_SIZE 8192
#define FIRST_LINE "mortise-vault 1"
#define FRESH ".new"             /* behind the name, until the file is whole */
#define KEY_LINE_SIZE (8 + 1 + 2 * KEY_SIZE)
#define TOKEN_KEY_NAME "token-hash"
#define ROTATE_STEP 100
#define SAMPLES 8
#define ASSOCIATED_MAX 128

struct master {
	uint32_t id;
	unsigned char *key;        /* KEY_SIZE bytes of locked memory */
};

struct vault {
	char *path;
	bool path_is_ours;         /* it may be written: not a systemd credential */
	bool is_new;               /* the only key is not in the file yet */
	pthread_rwlock_t lock;
	struct master masters[KEYS_MAX];   /* under lock, as the next */
	size_t master_len;
	unsigned char *token_key;  /* crypto_generichash_KEYBYTES of locked memory; set once */
};

/* ---- The key file ---- */

static void add_master(struct vault *vault, uint32_t id, const unsigned char key[KEY_SIZE])
{
	struct master *master = &vault->masters[vault->master_len++];

	master->id = id;
	master->key = sodium_malloc(KEY_SIZE);
	if (!master->key)
		abort();
	memcpy(master->key, key, KEY_SIZE);
	sodium_mprotect_readonly(master->key);
}

static struct master *find_master(struct vault *vault, uint32_t id)
{
	for (size_t i = 0; i < vault->master_len; i++)
		if (vault->masters[i].id == id)
			return &vault->masters[i];
	return NULL;
}

static bool parse_line(struct vault *vault, const char *line, size_t size)
{
	unsigned char id[4], key[KEY_SIZE];
	uint32_t number = 0;
	const char *end;
	size_t len;
	bool good;

	good = size == KEY_LINE_SIZE && line[8] == ' ' &&
		sodium_hex2bin(id, sizeof(id), line, 8, NULL, &len, &end) == 0 &&
		end == line + 8 &&
		sodium_hex2bin(key, sizeof(key), line + 9, 2 * KEY_SIZE, NULL, &len, &end) == 0 &&
		end == line + size && vault->master_len < KEYS_MAX;
	if (good)
		number = (uint32_t)id[0] << 24 | (uint32_t)id[1] << 16 | (uint32_t)id[2] << 8 | id[3];
	/* Of two keys with one id, only one would ever be found. */
	good = good && !find_master(vault, number);
	if (good)
		add_master(vault, number, key);
	sodium_memzero(key, sizeof(key));
	return good;
}

static int parse_file(struct vault *vault, const struct secret *file, struct err *err)
{
	const char *text = (const char *)file->data, *end = text + file->size;
	size_t first = strlen(FIRST_LINE);

	if (file->size < first || memcmp(text, FIRST_LINE, first) != 0 ||
		(file->size > first && text[first] != '\n'))
		return err_set(err, MORTISE_E_SETTINGS,
			"%s: not a vault key file; point vault.key_file at the right one, or "
			"restore it from your copy", vault->path);
	for (text += first + 1; text < end;) {
		const char *newline = memchr(text, '\n', (size_t)(end - text));
		size_t size = (size_t)((newline ? newline : end) - text);

		if (!parse_line(vault, text, size))
			return err_set(err, MORTISE_E_SETTINGS,
				"%s: damaged or cut short at key %zu; restore it from your copy",
				vault->path, vault->master_len + 1);
		text += size + 1;
	}
	if (vault->master_len == 0)
		return err_set(err, MORTISE_E_SETTINGS, "%s: holds no key; restore it from your copy",
			vault->path);
	return 0;
}

static int write_all(int fd, const char *text, size_t size)
{
	while (size > 0) {
		ssize_t wrote = write(fd, text, size);

		if (wrote < 0 && errno != EINTR)
			return -1;
		if (wrote > 0) {
			text += wrote;
			size -= (size_t)wrote;
		}
	}
	return fsync(fd);
}

static void sync_folder(const char *path)
{
	const char *slash = strrchr(path, '/');
	cleanup_free char *dir = slash ? xstrndup(path, (size_t)(slash - path)) : xstrdup(".");
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd >= 0) {
		fsync(fd);
		close(fd);
	}
}

/* Write the keys and one more line beside the file, then put it in its place. */
static int write_file(struct vault *vault, const char *path, struct err *err)
{
	cleanup_free char *fresh = xasprintf("%s" FRESH, path);
	size_t size = strlen(FIRST_LINE "\n") + vault->master_len * (KEY_LINE_SIZE + 1);
	char *text = sodium_malloc(size + 1), *at = text;
	int fd, result = 0;

	if (!text)
		abort();
	at = stpcpy(at, FIRST_LINE "\n");
	for (size_t i = 0; i < vault->master_len; i++) {
		at += sprintf(at, "%08x ", vault->masters[i].id);
		sodium_bin2hex(at, 2 * KEY_SIZE + 1, vault->masters[i].key, KEY_SIZE);
		at += 2 * KEY_SIZE;
		*at++ = '\n';
	}
	unlink(fresh);
	fd = open(fresh, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0 || write_all(fd, text, size) < 0 || rename(fresh, path) < 0)
		result = err_set(err, MORTISE_E_SETTINGS, "%s: cannot be written: %s", path,
			strerror(errno));
	if (fd >= 0)
		close(fd);
	sodium_free(text);
	if (result == 0)
		sync_folder(path);
	return result;
}

/* Append a random master key; it is the newest. */
static int make_master(struct vault *vault, struct err *err)
{
	unsigned char key[KEY_SIZE];
	uint32_t id;

	if (vault->master_len == KEYS_MAX)
		return err_set(err, MORTISE_E_LIMIT, "%s: holds %d keys already; stop the daemon "
			"and remove the lines of those that `mortisectl vault status` shows as not "
			"in use", vault->path, KEYS_MAX);
	do
		id = randombytes_random();
	while (id == 0 || find_master(vault, id));
	randombytes_buf(key, sizeof(key));
	add_master(vault, id, key);
	sodium_memzero(key, sizeof(key));
	return 0;
}

static void find_file(struct vault *vault, const struct vault_settings *settings)
{
	const char *credentials = getenv("CREDENTIALS_DIRECTORY");
	cleanup_free char *credential = credentials ? xasprintf("%s/vault.key", credentials) : NULL;

	vault->path_is_ours = true;
	if (settings->key_file && *settings->key_file) {
		vault->path = xstrdup(settings->key_file);
	} else if (credential && access(credential, F_OK) == 0) {
		vault->path = steal(&credential);
		vault->path_is_ours = false;
	} else {
		vault->path = xasprintf("%s/vault.key", settings->state_dir);
	}
}

/* A rotation would put a file in the place of a link, and leave the target as it was. */
static int refuse_link(const struct vault *vault, struct err *err)
{
	struct stat st;

	if (!vault->path_is_ours || lstat(vault->path, &st) < 0 || !S_ISLNK(st.st_mode))
		return 0;
	return err_set(err, MORTISE_E_SETTINGS, "%s: is a symbolic link; name the file itself in "
		"vault.key_file", vault->path);
}

static int read_file(struct vault *vault, struct err *err)
{
	cleanup_free char *fresh = xasprintf("%s" FRESH, vault->path);
	cleanup_secret struct secret *file = NULL;
	int result = refuse_link(vault, err);

	if (result == 0)
		result = secret_read_file(vault->path, FILE_MAX_SIZE, &file, err);
	if (result == 0)
		result = parse_file(vault, file, err);
	/* A rotation may have been cut off before its file was the one; nothing is sealed
	 * with a key that stands only there. */
	if (result == 0 && vault->path_is_ours)
		unlink(fresh);
	return result;
}

int vault_open(const struct vault_settings *settings, struct vault **ret_vault, struct err *err)
{
	struct vault *vault = new(struct vault);
	bool named = settings->key_file && *settings->key_file;
	struct stat st;
	int result;

	/* What is no path may be a key itself: it is not repeated. */
	if (named && *settings->key_file != '/')
		return err_set(err, MORTISE_E_SETTINGS,
			"vault.key_file: must be the absolute path of the file that holds the keys");
	pthread_rwlock_init(&vault->lock, NULL);
	find_file(vault, settings);
	vault->is_new = !named && vault->path_is_ours && lstat(vault->path, &st) < 0 &&
		errno == ENOENT;
	result = vault->is_new ? make_master(vault, err) : read_file(vault, err);
	if (result < 0) {
		err_prefix(err, "vault key: ");
		vault_close(vault);
		return result;
	}
	*ret_vault = vault;
	return 0;
}

void vault_close(struct vault *vault)
{
	if (!vault)
		return;
	for (size_t i = 0; i < vault->master_len; i++)
		sodium_free(vault->masters[i].key);
	sodium_free(vault->token_key);
	pthread_rwlock_destroy(&vault->lock);
	free(vault->path);
	free(vault);
}

/* ---- Sealing ---- */

static size_t associate(const char *column, const unsigned char uid[VAULT_UID_SIZE],
	unsigned char ret_bytes[static ASSOCIATED_MAX])
{
	size_t len = strlen(column) + 1;

	if (len + VAULT_UID_SIZE > ASSOCIATED_MAX)
		abort();
	memcpy(ret_bytes, column, len);
	memcpy(ret_bytes + len, uid, VAULT_UID_SIZE);
	return len + VAULT_UID_SIZE;
}

static uint32_t key_id(const unsigned char *sealed)
{
	return (uint32_t)sealed[0] << 24 | (uint32_t)sealed[1] << 16 | (uint32_t)sealed[2] << 8 |
		sealed[3];
}

/* Write the head of a sealed value: the data key, wrapped by the newest master key. */
static void wrap(struct vault *vault, const unsigned char data_key[KEY_SIZE],
	const unsigned char *associated, size_t associated_size, unsigned char *head)
{
	struct master *master;

	pthread_rwlock_rdlock(&vault->lock);
	master = &vault->masters[vault->master_len - 1];
	head[0] = (unsigned char)(master->id >> 24);
	head[1] = (unsigned char)(master->id >> 16);
	head[2] = (unsigned char)(master->id >> 8);
	head[3] = (unsigned char)master->id;
	randombytes_buf(head + 4, NONCE_SIZE);
	crypto_aead_xchacha20poly1305_ietf_encrypt(head + 4 + NONCE_SIZE, NULL, data_key, KEY_SIZE,
		associated, associated_size, NULL, head + 4, master->key);
	pthread_rwlock_unlock(&vault->lock);
}

static int unwrap(struct vault *vault, const unsigned char *sealed, size_t size,
	const unsigned char *associated, size_t associated_size,
	unsigned char ret_data_key[KEY_SIZE], struct err *err)
{
	struct master *master;
	int result = 0;

	if (size < HEAD_SIZE + NONCE_SIZE + TAG_SIZE)
		return err_set(err, MORTISE_E_INTERNAL, "a sealed value is cut short");
	pthread_rwlock_rdlock(&vault->lock);
	master = find_master(vault, key_id(sealed));
	if (!master)
		result = err_set(err, MORTISE_E_SETTINGS,
			"%s: lacks key %08x, which is in use; add it from your copy", vault->path,
			key_id(sealed));
	else if (crypto_aead_xchacha20poly1305_ietf_decrypt(ret_data_key, NULL, NULL,
			 sealed + 4 + NONCE_SIZE, WRAPPED_SIZE, associated, associated_size,
			 sealed + 4, master->key) != 0)
		result = err_set(err, MORTISE_E_INTERNAL,
			"a sealed value was changed or moved, or key %08x is a wrong one", key_id(sealed));
	pthread_rwlock_unlock(&vault->lock);
	return result;
}

void vault_seal(struct vault *vault, const char *column, const unsigned char uid[VAULT_UID_SIZE],
	const void *plain, size_t size, unsigned char **ret_sealed, size_t *ret_size)
{
	unsigned char associated[ASSOCIATED_MAX], data_key[KEY_SIZE];
	size_t associated_size = associate(column, uid, associated);
	size_t sealed_size = HEAD_SIZE + NONCE_SIZE + size + TAG_SIZE;
	unsigned char *sealed = xmalloc(sealed_size), *nonce = sealed + HEAD_SIZE;

	randombytes_buf(data_key, sizeof(data_key));
	wrap(vault, data_key, associated, associated_size, sealed);
	randombytes_buf(nonce, NONCE_SIZE);
	crypto_aead_xchacha20poly1305_ietf_encrypt(nonce + NONCE_SIZE, NULL, plain, size, associated,
		associated_size, NULL, nonce, data_key);
	sodium_memzero(data_key, sizeof(data_key));
	*ret_sealed = sealed;
	*ret_size = sealed_size;
}

int vault_open_sealed(struct vault *vault, const char *column,
	const unsigned char uid[VAULT_UID_SIZE], const void *sealed, size_t sealed_size,
	struct secret **ret_plain, struct err *err)
{
	unsigned char associated[ASSOCIATED_MAX], data_key[KEY_SIZE];
	size_t associated_size = associate(column, uid, associated), size;
	const unsigned char *bytes = sealed, *nonce = bytes + HEAD_SIZE;
	struct secret *plain;
	int result = unwrap(vault, bytes, sealed_size, associated, associated_size, data_key, err);

	if (result < 0)
		return result;
	size = sealed_size - HEAD_SIZE - NONCE_SIZE - TAG_SIZE;
	plain = new(struct secret);
	plain->data = sodium_malloc(size + 1);
	if (!plain->data)
		abort();
	plain->data[size] = '\0';
	plain->size = size;
	if (crypto_aead_xchacha20poly1305_ietf_decrypt(plain->data, NULL, NULL, nonce + NONCE_SIZE,
		size + TAG_SIZE, associated, associated_size, nonce, data_key) != 0) {
		secret_free(plain);
		plain = NULL;
		result = err_set(err, MORTISE_E_INTERNAL, "a sealed value was changed or moved");
	}
	sodium_memzero(data_key, sizeof(data_key));
	if (result == 0)
		*ret_plain = plain;
	return result;
}

/* ---- Tokens ---- */

void vault_token_hash(struct vault *vault, const char *token, char ret_hex[65])
{
	unsigned char hash[32];

	crypto_generichash(hash, sizeof(hash), (const unsigned char *)token, strlen(token),
		vault->token_key, crypto_generichash_KEYBYTES);
	sodium_bin2hex(ret_hex, 65, hash, sizeof(hash));
}

struct token_key {
	unsigned char uid[VAULT_UID_SIZE];
	struct blob sealed;
	struct sealed_row found;
};

static int store_token_key(struct tx *tx, void *arg, struct err *err)
{
	struct token_key *key = arg;

	return daemon_secret_insert(tx, TOKEN_KEY_NAME, key->uid, &key->sealed, err);
}

static int load_token_key(struct tx *tx, void *arg, struct err *err)
{
	struct token_key *key = arg;

	return daemon_secret_get(tx, TOKEN_KEY_NAME, &key->found, err);
}

/* Make the hashing key at the first start. */
static int make_token_key(struct vault *vault, struct store *store, struct err *err)
{
	unsigned char plain[crypto_generichash_KEYBYTES];
	struct token_key key = {0};
	unsigned char *sealed;
	size_t size;
	int result;

	randombytes_buf(plain, sizeof(plain));
	randombytes_buf(key.uid, sizeof(key.uid));
	vault_seal(vault, "daemon_secret.sealed", key.uid, plain, sizeof(plain), &sealed, &size);
	sodium_memzero(plain, sizeof(plain));
	key.sealed = (struct blob){sealed, size};
	result = store_write(store, store_token_key, &key, err);
	free(sealed);
	return result;
}

static int open_token_key(struct vault *vault, struct store *store, struct err *err)
{
	cleanup_secret struct secret *plain = NULL;
	struct token_key key = {0};
	int result = store_read(store, load_token_key, &key, NULL);

	if (result == MORTISE_E_NOT_FOUND) {
		result = make_token_key(vault, store, err);
		if (result == 0)
			result = store_read(store, load_token_key, &key, err);
	}
	if (result == 0)
		result = vault_open_sealed(vault, "daemon_secret.sealed", key.found.uid,
			key.found.sealed, key.found.size, &plain, err);
	free(key.found.sealed);
	if (result < 0)
		return err_set(err, result, "the token key cannot be read");
	if (plain->size != crypto_generichash_KEYBYTES)
		return err_set(err, MORTISE_E_INTERNAL, "the token key has a wrong size");
	vault->token_key = sodium_malloc(plain->size);
	if (!vault->token_key)
		abort();
	memcpy(vault->token_key, plain->data, plain->size);
	return 0;
}

/* ---- Start check, status ---- */

struct used_keys {
	struct sealed_key keys[KEYS_MAX * 8];
	size_t len;
};

static int list_used_keys(struct tx *tx, void *arg, struct err *err)
{
	struct used_keys *used = arg;

	used->len = 0;
	for (size_t column = 0; sealed_column(column); column++) {
		size_t len;
		int result = sealed_list_keys(tx, column, used->keys + used->len,
			lengthof(used->keys) - used->len, &len, err);

		if (result < 0)
			return result;
		used->len += len;
	}
	return 0;
}

/* A few of the values that are wrapped with one master key. */
struct samples {
	const struct sealed_key *key;
	struct sealed_row rows[SAMPLES];
	size_t len;
};

static int list_samples(struct tx *tx, void *arg, struct err *err)
{
	struct samples *samples = arg;

	return sealed_list(tx, samples->key->column, samples->key->first - 1, SAMPLES,
		samples->rows, &samples->len, err);
}

static bool opens(struct vault *vault, const char *column, const struct sealed_row *row)
{
	unsigned char associated[ASSOCIATED_MAX], data_key[KEY_SIZE];
	size_t associated_size = associate(column, row->uid, associated);
	int result = unwrap(vault, row->sealed, row->size, associated, associated_size, data_key,
		NULL);

	sodium_memzero(data_key, sizeof(data_key));
	return result == 0;
}

/* One value that opens proves the key; one that does not may be damaged itself. */
static int check_key(struct vault *vault, struct store *store, const struct sealed_key *key,
	struct err *err)
{
	struct samples samples = {.key = key};
	int result = store_read(store, list_samples, &samples, err);
	bool good = false;

	for (size_t i = 0; i < samples.len; i++) {
		good = good || (key_id(samples.rows[i].sealed) == key->id &&
			opens(vault, sealed_column(key->column), &samples.rows[i]));
		free(samples.rows[i].sealed);
	}
	if (result == 0 && !good)
		result = err_set(err, MORTISE_E_SETTINGS, "vault key: %s: key %08x is not the one "
			"that values in the database (%s) are sealed with; restore the file from "
			"your copy", vault->path, key->id, sealed_column(key->column));
	return result;
}

/* The file is made only for a database that needs none yet. */
static int keep_new(struct vault *vault, const struct used_keys *used, struct err *err)
{
	int result;

	if (used->len > 0)
		return err_set(err, MORTISE_E_SETTINGS, "vault key: %s is missing, but values in the "
			"database are sealed with key %08x; restore the file from your copy",
			vault->path, used->keys[0].id);
	result = write_file(vault, vault->path, err);
	if (result < 0) {
		err_prefix(err, "vault key: ");
		return result;
	}
	vault->is_new = false;
	log_notice("vault.created", LOG_TEXT("file", vault->path));
	return 0;
}

int vault_check(struct vault *vault, struct store *store, struct err *err)
{
	struct used_keys *used = new(struct used_keys);
	int result = store_read(store, list_used_keys, used, err);

	if (result == 0 && vault->is_new)
		result = keep_new(vault, used, err);
	for (size_t i = 0; result == 0 && i < used->len; i++)
		if (find_master(vault, used->keys[i].id))
			result = check_key(vault, store, &used->keys[i], err);
		else
			result = err_set(err, MORTISE_E_SETTINGS,
				"vault key: %s lacks key %08x, which values in the database are sealed "
				"with; add its line from your copy of the file", vault->path,
				used->keys[i].id);
	free(used);
	return result < 0 ? result : open_token_key(vault, store, err);
}

int vault_status(struct vault *vault, struct store *store, json_t **ret_status, struct err *err)
{
	cleanup_free struct used_keys *used = new(struct used_keys);
	json_t *keys;
	int result = store_read(store, list_used_keys, used, err);

	if (result < 0)
		return result;
	keys = json_array();
	pthread_rwlock_rdlock(&vault->lock);
	for (size_t i = 0; i < vault->master_len; i++) {
		bool in_use = false;
		char id[9];

		for (size_t j = 0; j < used->len; j++)
			in_use = in_use || used->keys[j].id == vault->masters[i].id;
		snprintf(id, sizeof(id), "%08x", vault->masters[i].id);
		json_array_append_new(keys, json_pack("{s:s, s:b, s:b}", "id", id, "newest",
			i + 1 == vault->master_len, "inUse", in_use));
	}
	pthread_rwlock_unlock(&vault->lock);
	*ret_status = json_pack("{s:s, s:o}", "file", vault->path, "keys", keys);
	return 0;
}

/* ---- Rotation ---- */

struct rotate_step {
	struct vault *vault;
	size_t column;
	int64_t after;
	struct sealed_row rows[ROTATE_STEP];
	unsigned char *fresh[ROTATE_STEP];     /* wrapped anew; NULL: leave alone */
	size_t len;
};

static int list_step(struct tx *tx, void *arg, struct err *err)
{
	struct rotate_step *step = arg;

	return sealed_list(tx, step->column, step->after, ROTATE_STEP, step->rows, &step->len, err);
}

static int replace_step(struct tx *tx, void *arg, struct err *err)
{
	struct rotate_step *step = arg;
	int result = 0;

	for (size_t i = 0; i < step->len && result == 0; i++) {
		struct blob before = {step->rows[i].sealed, step->rows[i].size};
		struct blob after = {step->fresh[i], step->rows[i].size};

		if (step->fresh[i])
			result = sealed_replace(tx, step->column, step->rows[i].id, &before, &after, err);
	}
	return result;
}

/* The value itself stays as it is: only its data key is wrapped anew. */
static int rewrap(struct vault *vault, const char *column, const struct sealed_row *row,
	unsigned char **ret_fresh, struct err *err)
{
	unsigned char associated[ASSOCIATED_MAX], data_key[KEY_SIZE];
	size_t associated_size = associate(column, row->uid, associated);
	int result = unwrap(vault, row->sealed, row->size, associated, associated_size, data_key, err);

	if (result < 0)
		return result;
	*ret_fresh = xmemdup(row->sealed, row->size);
	wrap(vault, data_key, associated, associated_size, *ret_fresh);
	sodium_memzero(data_key, sizeof(data_key));
	return 0;
}

static int rotate_rows(struct store *store, struct rotate_step *step, struct err *err)
{
	int result = store_read(store, list_step, step, err);

	for (size_t i = 0; i < step->len && result == 0; i++) {
		step->after = step->rows[i].id;
		step->fresh[i] = NULL;
		result = rewrap(step->vault, sealed_column(step->column), &step->rows[i],
			&step->fresh[i], err);
	}
	if (result == 0 && step->len > 0)
		result = store_write(store, replace_step, step, err);
	for (size_t i = 0; i < step->len; i++) {
		free(step->rows[i].sealed);
		free(step->fresh[i]);
		step->fresh[i] = NULL;
	}
	return result;
}

static int add_newest(struct vault *vault, struct err *err)
{
	int result;

	if (!vault->path_is_ours)
		return err_set(err, MORTISE_E_SETTINGS,
			"%s: a systemd credential cannot be written; add a key line to its source "
			"and restart", vault->path);
	pthread_rwlock_wrlock(&vault->lock);
	result = make_master(vault, err);
	if (result == 0) {
		result = write_file(vault, vault->path, err);
		if (result < 0)
			/* Nothing may be sealed with a key that is not on disk. */
			sodium_free(vault->masters[--vault->master_len].key);
	}
	pthread_rwlock_unlock(&vault->lock);
	return result;
}

int vault_rotate(struct vault *vault, struct store *store, struct err *err)
{
	struct rotate_step *step = new(struct rotate_step);
	int result = add_newest(vault, err);
	int64_t rows = 0;

	step->vault = vault;
	for (size_t column = 0; result == 0 && sealed_column(column); column++) {
		step->column = column;
		step->after = 0;
		do {
			step->len = 0;
			result = rotate_rows(store, step, err);
			rows += (int64_t)step->len;
		} while (result == 0 && step->len == ROTATE_STEP);
	}
	free(step);
	if (result == 0)
		log_notice("vault.rotated", LOG_INT("rows", rows));
	return result;
}
