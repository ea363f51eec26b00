/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
#include "config.h"
#include "core/crypto/digest.h"

#include <string.h>

#include <openssl/core_names.h>
#include <openssl/evp.h>

#include "core/base/mem.h"

static const struct {
	const char *name;
	size_t size;
} digests[] = {
	[DIGEST_SHA256] = {"sha256", 32},
	[DIGEST_SHA1] = {"sha1", 20},
	[DIGEST_MD5] = {"md5", 16},
};

struct hmac_key {
	EVP_MAC_CTX *ready;    /* keyed; each signature works on a copy */
};

/* libcrypto fails here only when memory is gone or a provider is missing. */
static void must(bool worked)
{
	if (!worked)
		abort();
}

bool digest_parse(const char *name, enum digest *ret_digest)
{
	for (size_t i = 0; i < lengthof(digests); i++)
		if (strcmp(digests[i].name, name) == 0) {
			*ret_digest = (enum digest)i;
			return true;
		}
	return false;
}

size_t digest_size(enum digest digest)
{
	return digests[digest].size;
}

size_t digest_of(enum digest digest, const void *data, size_t size,
	unsigned char ret_bytes[static DIGEST_MAX_SIZE])
{
	size_t len = 0;

	must(EVP_Q_digest(NULL, digests[digest].name, NULL, data, size, ret_bytes, &len) == 1);
	return len;
}

struct hmac_key *hmac_key_new(enum digest digest, const void *key, size_t size)
{
	struct hmac_key *made = new(struct hmac_key);
	EVP_MAC *mac = EVP_MAC_fetch(NULL, "HMAC", NULL);
	char name[16];
	OSSL_PARAM params[] = {OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, name, 0),
		OSSL_PARAM_construct_end()};

	must(mac != NULL);
	strcpy(name, digests[digest].name);
	made->ready = EVP_MAC_CTX_new(mac);
	/* An empty key would mean "keep the key" to EVP_MAC_init. */
	must(made->ready && EVP_MAC_init(made->ready, size > 0 ? key : (const void *)"\0",
		size > 0 ? size : 1, params) == 1);
	EVP_MAC_free(mac);
	return made;
}

void hmac_key_free(struct hmac_key *key)
{
	if (!key)
		return;
	EVP_MAC_CTX_free(key->ready);
	free(key);
}

size_t hmac_sign(const struct hmac_key *key, const void *data, size_t size,
	unsigned char ret_bytes[static DIGEST_MAX_SIZE])
{
	EVP_MAC_CTX *context = EVP_MAC_CTX_dup(key->ready);
	size_t len = 0;

	must(context && EVP_MAC_update(context, data, size) == 1 &&
		EVP_MAC_final(context, ret_bytes, &len, DIGEST_MAX_SIZE) == 1);
	EVP_MAC_CTX_free(context);
	return len;
}
