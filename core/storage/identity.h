/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * Identities: which account of ours is which account upstream, and its sealed tokens.
 * Inside a transaction.
 *
 * The column status is 0 unknown, 1 valid, 2 invalid.  Linking makes a row valid, also one
 * that was not, and only valid ones say who somebody is.  Only a refresh of the row's own
 * tokens that the upstream refuses makes one invalid; so far no credential is made from
 * them, and what an integration's credentials meet says nothing about a person's.
 */
#ifndef MORTISE_STORAGE_IDENTITY_H
#define MORTISE_STORAGE_IDENTITY_H

#include <stddef.h>
#include <stdint.h>

#include "core/storage/tx.h"

struct identity_link {
	const char *provider;      /* type: "github" */
	const char *idp_external_id;    /* which App or host; "" if there is one only */
	const char *external_id;   /* the upstream account */
	int64_t account_id;
	const char *scopes;        /* separated by spaces; NULL: none */
	const unsigned char *uid;  /* 16 bytes, what 'sealed' is sealed with */
	struct blob sealed;        /* tokens, for "identity.sealed"; data NULL: none */
	int64_t now_us;
};

/* Link an account to an upstream account.  Who had another upstream account before
 * keeps the row, with the new account; E_CONFLICT if somebody else has it. */
int identity_link(struct tx *tx, const struct identity_link *link, int64_t *ret_id,
	struct err *err);
/* The mail address of the account that linked this upstream account, if it is a member
 * of 'organization_id' or, with that 0, of every organization with an active link to
 * 'integration_id'.  E_NOT_FOUND else.  New string. */
int identity_find_email(struct tx *tx, const char *provider, const char *external_id,
	int64_t organization_id, int64_t integration_id, char **ret_email, struct err *err);

#endif
