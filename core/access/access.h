/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * Who asks, and what they may: bearer tokens with scopes, browser sessions, and
 * one-time sign-in links.  Workers.
 */
#ifndef MORTISE_ACCESS_ACCESS_H
#define MORTISE_ACCESS_ACCESS_H

#include <stdbool.h>
#include <stdint.h>

#include <jansson.h>

struct account;
struct daemon;
struct err;
struct http_request;
struct tx;

/* Sentry's scopes, one bit each; access_scope_parse knows the names ("org:read"). */
#define SCOPE_ORG_READ (UINT64_C(1) << 0)
#define SCOPE_ORG_WRITE (UINT64_C(1) << 1)
#define SCOPE_ORG_ADMIN (UINT64_C(1) << 2)
#define SCOPE_ORG_INTEGRATIONS (UINT64_C(1) << 3)
#define SCOPE_ORG_CI (UINT64_C(1) << 4)
#define SCOPE_PROJECT_READ (UINT64_C(1) << 5)
#define SCOPE_PROJECT_WRITE (UINT64_C(1) << 6)
#define SCOPE_PROJECT_ADMIN (UINT64_C(1) << 7)
#define SCOPE_PROJECT_RELEASES (UINT64_C(1) << 8)
#define SCOPE_TEAM_READ (UINT64_C(1) << 9)
#define SCOPE_TEAM_WRITE (UINT64_C(1) << 10)
#define SCOPE_TEAM_ADMIN (UINT64_C(1) << 11)
#define SCOPE_MEMBER_READ (UINT64_C(1) << 12)
#define SCOPE_MEMBER_WRITE (UINT64_C(1) << 13)
#define SCOPE_MEMBER_ADMIN (UINT64_C(1) << 14)
#define SCOPE_EVENT_READ (UINT64_C(1) << 15)
#define SCOPE_EVENT_WRITE (UINT64_C(1) << 16)
#define SCOPE_EVENT_ADMIN (UINT64_C(1) << 17)

enum principal_kind { PRINCIPAL_NONE, PRINCIPAL_TOKEN, PRINCIPAL_SESSION };

struct principal {
	enum principal_kind kind;
	int64_t token_id;          /* token or session row */
	int64_t user_id;           /* 0: an organization's token */
	int64_t organization_id;   /* of the request; before that, the only one it may name */
	uint64_t scopes;           /* in that organization */
	char origin[32];           /* "user:7" or "token:3" */
};

/* Who sent this request; E_IDENTITY (→ 401) without or with bad credentials.  A
 * state-changing request that rides on a session needs the CSRF header. */
int access_authenticate(struct daemon *daemon, struct http_request *request,
	struct principal *ret_principal, struct err *err);
/* Resolve {org} (slug or id) for this principal and set organization_id and scopes.
 * E_NOT_FOUND when it does not exist or the principal has no part in it; E_FORBIDDEN
 * (→ 403) when none of 'any_of' is held. */
int access_organization(struct daemon *daemon, struct principal *principal, const char *org,
	uint64_t any_of, struct err *err);
/* Does "user:7" or "token:3" hold one of 'any_of' in this organization at 'now_us'?  For
 * what ends later than the request that began it.  E_FORBIDDEN if not.  In a transaction. */
int access_still(struct tx *tx, const char *origin, int64_t organization_id, uint64_t any_of,
	int64_t now_us, struct err *err);

#define ACCESS_SECRET_SIZE 48
#define ACCESS_CSRF_SIZE 65
/* A one-time sign-in link for an account into one organization, good for ten minutes: its
 * URL, a new string. */
int access_link_make(struct daemon *daemon, int64_t account_id, int64_t organization_id,
	char **ret_url, struct err *err);
/* Whose link is this?  Does not use it up.  E_NOT_FOUND if it is unknown, used or old. */
int access_link_show(struct daemon *daemon, const char *link, struct account *ret_account,
	struct err *err);
/* Use a link up and begin a session. */
int access_sign_in(struct daemon *daemon, const char *link, char ret_session[ACCESS_SECRET_SIZE],
	struct account *ret_account, struct err *err);
int access_sign_out(struct daemon *daemon, const struct principal *principal, struct err *err);
/* What a browser must send as X-CSRF-Token with the session of this request, or with
 * 'session' if that is not NULL; false if the request has none. */
bool access_csrf(struct daemon *daemon, struct http_request *request, const char *session,
	char ret_csrf[ACCESS_CSRF_SIZE]);
/* Set the cookie of a session, or take it away (NULL). */
void access_set_cookie(struct daemon *daemon, struct http_request *request,
	const char *session);

/* "org:read" → bit; 0 if unknown. */
uint64_t access_scope_parse(const char *name);
/* The names of all scopes in 'scopes', sorted: a new JSON array. */
json_t *access_scope_names(uint64_t scopes);
/* Scopes of a role: "owner", "manager", "member"; 0 if unknown. */
uint64_t access_role_scopes(const char *role);
/* Those of 'wanted' that 'held' does not cover: "admin" of a kind covers its "write",
 * that its "read". */
uint64_t access_scopes_lacking(uint64_t held, uint64_t wanted);

/* What a random secret of ours is for; its prefix tells a leaked one apart. */
#define ACCESS_PREFIX_TOKEN "mrt_"   /* API token */
#define ACCESS_PREFIX_LINK "mrl_"    /* one-time sign-in link */
#define ACCESS_PREFIX_SESSION "mrs_" /* browser session */
#define ACCESS_PREFIX_REFERENCE "mrr_" /* reference to an integration, in a link */
/* A new secret: 'prefix' and 256 random bits in base64url.  Only its vault_token_hash
 * goes to the store. */
void access_secret_make(const char *prefix, char ret_text[ACCESS_SECRET_SIZE]);

#endif
