/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
#include "config.h"
#include "core/upstream/sign.h"

#include <string.h>

#include <sodium.h>

#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/crypto/jwt.h"
#include "core/daemon/daemon.h"
#include "core/provider/provider.h"
#include "core/vault/slot.h"

static int check(int32_t algorithm, const json_t *claims, struct err *err)
{
	if (algorithm != MORTISE_ALGORITHM_HS256 && algorithm != MORTISE_ALGORITHM_RS256)
		return err_set(err, MORTISE_E_INTERNAL, "jwt_sign: %d is no MORTISE_ALGORITHM_",
			(int)algorithm);
	if (!json_is_object(claims))
		return err_set(err, MORTISE_E_INTERNAL, "jwt_sign: the claims must be an object");
	return 0;
}

int upstream_jwt_sign(struct daemon *daemon, const struct call_scope *scope, int32_t algorithm,
	const char *slot, const json_t *claims, char **ret_token, struct err *err)
{
	cleanup_secret struct secret *key = NULL;
	char *token;
	int result = check(algorithm, claims, err);

	if (result == 0)
		result = slot_read(daemon, scope, slot, &key, err);
	if (result == 0 && key->size == 0)
		result = err_set(err, MORTISE_E_NOT_FOUND, "the slot %s is empty", slot);
	if (result < 0)
		return result;
	result = jwt_sign(algorithm == MORTISE_ALGORITHM_RS256 ? JWT_RS256 : JWT_HS256, key,
		claims, &token, err);
	if (result < 0) {
		err_prefix(err, "%s: ", slot);
		return result;
	}
	if (strlen(token) >= JWT_MAX_SIZE) {
		sodium_memzero(token, strlen(token));
		free(token);
		return err_set(err, MORTISE_E_LIMIT, "jwt_sign: the claims make a token of more "
			"than %d bytes", JWT_MAX_SIZE);
	}
	*ret_token = token;
	return 0;
}
