/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
#include "config.h"
#include "core/crypto/oauth1.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <sodium.h>

#include "core/base/buf.h"
#include "core/base/clock.h"
#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/crypto/digest.h"
#include "core/crypto/parameters.h"
#include "core/crypto/rsa.h"

#define KEY_MIN_BITS 1024
#define TEXT_MAX ((size_t)4 << 20)

void oauth1_stamp(struct oauth1 *oauth1)
{
	unsigned char bytes[(OAUTH1_NONCE_SIZE - 1) / 2];

	randombytes_buf(bytes, sizeof(bytes));
	sodium_bin2hex(oauth1->nonce, sizeof(oauth1->nonce), bytes, sizeof(bytes));
	oauth1->time_s = clock_now_us() / 1000000;
}

/* ---- The parameters of the protocol ---- */

struct protocol {
	struct {
		const char *name, *value;      /* value NULL: not sent */
	} list[8];
	char time[24];
};

static void protocol_init(struct protocol *protocol, const struct oauth1 *oauth1)
{
	*protocol = (struct protocol){.list = {
		{"oauth_nonce", oauth1->nonce},
		{"oauth_timestamp", protocol->time},
		{"oauth_version", "1.0"},
		{"oauth_signature_method", "RSA-SHA1"},
		{"oauth_consumer_key", oauth1->consumer_key},
		{"oauth_token", oauth1->token},
		{"oauth_callback", oauth1->callback},
		{"oauth_verifier", oauth1->verifier},
	}};
	snprintf(protocol->time, sizeof(protocol->time), "%" PRId64, oauth1->time_s);
}

/* ---- What is signed ---- */

static int collect(const struct oauth1 *oauth1, const struct protocol *protocol,
	struct parameters *parameters, struct err *err)
{
	int result = parameters_parse(parameters, oauth1->query ? oauth1->query : "", err);

	if (result == 0)
		result = parameters_parse(parameters, oauth1->form ? oauth1->form : "", err);
	for (size_t i = 0; result == 0 && i < lengthof(protocol->list); i++)
		if (protocol->list[i].value)
			result = parameters_add(parameters, protocol->list[i].name,
				protocol->list[i].value, err);
	return result;
}

static void add_encoded(struct buf *out, const char *text)
{
	cleanup_free char *encoded = parameter_encode(text);

	buf_add_text(out, encoded);
}

/* Encoded once more, as one text: "&" and "=" too. */
static void add_parameters(struct buf *out, const struct parameters *parameters)
{
	for (size_t i = 0; i < parameters->len; i++) {
		buf_add_text(out, i > 0 ? "%26" : "");
		add_encoded(out, parameters->list[i].name);
		buf_add_text(out, "%3D");
		add_encoded(out, parameters->list[i].value);
	}
}

static int base_string(const struct oauth1 *oauth1, const struct protocol *protocol,
	char **ret_text, struct err *err)
{
	cleanup_parameters struct parameters parameters = {0};
	cleanup_buf struct buf out = BUF(TEXT_MAX);
	int result = collect(oauth1, protocol, &parameters, err);

	if (result < 0)
		return result;
	parameters_sort(&parameters);
	for (const char *c = oauth1->method; *c; c++)
		buf_add_char(&out, (char)toupper((unsigned char)*c));
	buf_add_char(&out, '&');
	add_encoded(&out, oauth1->resource);
	buf_add_char(&out, '&');
	add_parameters(&out, &parameters);
	if (out.failed)
		return err_set(err, MORTISE_E_LIMIT, "the request is too long to be signed");
	*ret_text = buf_steal(&out);
	return 0;
}

int oauth1_base_string(const struct oauth1 *oauth1, char **ret_text, struct err *err)
{
	struct protocol protocol;

	protocol_init(&protocol, oauth1);
	return base_string(oauth1, &protocol, ret_text, err);
}

/* ---- The signature ---- */

/* SHA-1's DigestInfo up to the digest itself (RFC 8017, 9.2). */
static const unsigned char sha1_info[] = {0x30, 0x21, 0x30, 0x09, 0x06, 0x05, 0x2b, 0x0e, 0x03,
	0x02, 0x1a, 0x05, 0x00, 0x04, 0x14};

#define SHA1_SIZE 20

/* RSASSA-PKCS1-v1_5 over SHA-1.  The DigestInfo is made here: libcrypto is not told what
 * it signs, so no policy of the system's against SHA-1 stands in the way of this one use,
 * and none has to be changed for it. */
static int sign(EVP_PKEY *key, const char *text, unsigned char *signature, size_t *size)
{
	unsigned char info[sizeof(sha1_info) + DIGEST_MAX_SIZE];
	EVP_PKEY_CTX *context = EVP_PKEY_CTX_new(key, NULL);
	bool good;

	memcpy(info, sha1_info, sizeof(sha1_info));
	digest_of(DIGEST_SHA1, text, strlen(text), info + sizeof(sha1_info));
	good = context && EVP_PKEY_sign_init(context) == 1 &&
		EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PADDING) == 1 &&
		EVP_PKEY_sign(context, signature, size, info, sizeof(sha1_info) + SHA1_SIZE) == 1;
	EVP_PKEY_CTX_free(context);
	ERR_clear_error();
	return good ? 0 : -1;
}

static int signature_of(const struct secret *pem, const char *text, char **ret_signature,
	struct err *err)
{
	unsigned char bytes[RSA_MAX_BITS / 8];
	char encoded[sodium_base64_ENCODED_LEN(sizeof(bytes), sodium_base64_VARIANT_ORIGINAL)];
	size_t size = sizeof(bytes);
	EVP_PKEY *key;
	int result = rsa_private_key(pem, KEY_MIN_BITS, &key, err);

	if (result < 0)
		return result;
	result = sign(key, text, bytes, &size);
	EVP_PKEY_free(key);
	if (result < 0)
		return err_set(err, MORTISE_E_SETTINGS, "the private key cannot sign");
	sodium_bin2base64(encoded, sizeof(encoded), bytes, size, sodium_base64_VARIANT_ORIGINAL);
	*ret_signature = parameter_encode(encoded);
	return 0;
}

int oauth1_header(const struct oauth1 *oauth1, const struct secret *key, char **ret_header,
	struct err *err)
{
	struct protocol protocol;
	cleanup_free char *text = NULL;
	cleanup_free char *signature = NULL;
	cleanup_buf struct buf header = BUF(TEXT_MAX);
	int result;

	protocol_init(&protocol, oauth1);
	result = base_string(oauth1, &protocol, &text, err);
	if (result == 0)
		result = signature_of(key, text, &signature, err);
	if (result < 0)
		return result;
	buf_add_text(&header, "OAuth ");
	for (size_t i = 0; i < lengthof(protocol.list); i++)
		if (protocol.list[i].value) {
			buf_printf(&header, "%s=\"", protocol.list[i].name);
			add_encoded(&header, protocol.list[i].value);
			buf_add_text(&header, "\", ");
		}
	buf_printf(&header, "oauth_signature=\"%s\"", signature);
	*ret_header = buf_steal(&header);
	return 0;
}
