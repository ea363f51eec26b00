/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/* What a request shows to say who sends it.  Private to core/access; workers. */
#ifndef MORTISE_ACCESS_CREDENTIALS_H
#define MORTISE_ACCESS_CREDENTIALS_H

#include <stdbool.h>
#include <stdint.h>

#include "core/access/access.h"

struct credentials {
	enum principal_kind kind;
	char hash[65];             /* of the token's or the session's secret */
	char csrf_hash[65];        /* of the X-CSRF-Token; "" if there is none */
	bool changes;              /* the request may change something */
	int64_t now_us;
	/* Of credentials_check: */
	const char *refusal;       /* why, for the log; NULL: they hold */
	bool touch;                /* a token whose last use should be noted */
};

/* E_IDENTITY if there are none, or none that could be ours; then 'refusal' says why, if
 * there was something. */
int credentials_read(struct daemon *daemon, struct http_request *request,
	struct credentials *ret_credentials, struct err *err);
/* Whose they are, if they hold.  In a transaction. */
int credentials_check(struct tx *tx, struct credentials *credentials,
	struct principal *ret_principal, struct err *err);
/* Remember about when a token was used, for who wonders whether it can be revoked. */
void credentials_touch(struct daemon *daemon, const struct credentials *credentials,
	const struct principal *principal);

#endif
