/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
#include "config.h"
#include "core/crypto/rsa.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include "core/base/err.h"
#include "core/vault/vault.h"

/* Refuse an encrypted key at once: libcrypto would ask the terminal. */
static int no_passphrase(char *text, int size, int writing, void *arg)
{
	(void)text;
	(void)size;
	(void)writing;
	*(bool *)arg = true;
	return -1;
}

static int check_size(EVP_PKEY *key, int min_bits, EVP_PKEY **ret_key, struct err *err)
{
	if (!EVP_PKEY_is_a(key, "RSA") || EVP_PKEY_get_bits(key) < min_bits ||
		EVP_PKEY_get_bits(key) > RSA_MAX_BITS) {
		EVP_PKEY_free(key);
		return err_set(err, MORTISE_E_SETTINGS,
			"the key must be an RSA key of at least %d bits, and at most %d", min_bits,
			RSA_MAX_BITS);
	}
	*ret_key = key;
	return 0;
}

int rsa_private_key(const struct secret *pem, int min_bits, EVP_PKEY **ret_key, struct err *err)
{
	BIO *bio = BIO_new_mem_buf(pem->data, (int)pem->size);
	bool encrypted = false;
	EVP_PKEY *key = PEM_read_bio_PrivateKey(bio, NULL, no_passphrase, &encrypted);

	BIO_free(bio);
	ERR_clear_error();
	if (!key && encrypted)
		return err_set(err, MORTISE_E_SETTINGS, "the private key is encrypted; give an "
			"RSA key without a passphrase (openssl pkey -in FILE)");
	if (!key)
		return err_set(err, MORTISE_E_SETTINGS,
			"the private key is not an unencrypted RSA key in PEM");
	return check_size(key, min_bits, ret_key, err);
}

int rsa_public_key(const struct secret *pem, int min_bits, EVP_PKEY **ret_key, struct err *err)
{
	BIO *bio = BIO_new_mem_buf(pem->data, (int)pem->size);
	EVP_PKEY *key = PEM_read_bio_PUBKEY(bio, NULL, NULL, NULL);

	BIO_free(bio);
	ERR_clear_error();
	if (!key)
		return err_set(err, MORTISE_E_SETTINGS, "the public key is not an RSA key in PEM");
	return check_size(key, min_bits, ret_key, err);
}
