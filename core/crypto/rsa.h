/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/* RSA keys in PEM.  Any thread. */
#ifndef MORTISE_CRYPTO_RSA_H
#define MORTISE_CRYPTO_RSA_H

#include <openssl/types.h>

struct err;
struct secret;

#define RSA_MAX_BITS 8192

/* A private key in PKCS#1 or PKCS#8, not encrypted, of 'min_bits' to RSA_MAX_BITS.
 * E_SETTINGS says what is wrong with it.  Free with EVP_PKEY_free. */
int rsa_private_key(const struct secret *pem, int min_bits, EVP_PKEY **ret_key, struct err *err);
int rsa_public_key(const struct secret *pem, int min_bits, EVP_PKEY **ret_key, struct err *err);

#endif
