/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
#include "config.h"
#include "core/forward/sealed.h"

#include <stdlib.h>

#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/forward/rules.h"
#include "core/storage/data_forwarder.h"
#include "core/vault/slot.h"

void forward_values_seal(struct vault *vault, const char *column,
	const struct forward_provider *provider, json_t *values,
	struct forward_values *stored)
{
	cleanup_json json_t *secrets = json_object();
	unsigned char *sealed;
	const char *key;
	json_t *value;

	json_decref(stored->open);
	stored->open = json_object();
	json_object_foreach(values, key, value)
		json_object_set(forward_key_is_readable(provider, key) ? stored->open : secrets, key,
			value);
	free(stored->sealed);
	secrets_seal(vault, column, stored->uid, secrets, &sealed, &stored->sealed_size);
	stored->sealed = sealed;
}

int forward_values_open(struct vault *vault, const char *column,
	const struct forward_values *stored, json_t **ret_values, struct err *err)
{
	json_t *values;

	if (secrets_unseal(vault, column, stored->uid, stored->sealed, stored->sealed_size, &values,
		    err) < 0)
		return err->code;
	json_object_update(values, stored->open);
	*ret_values = values;
	return 0;
}
