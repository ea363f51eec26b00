/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * Who asks, and what they may: bearer tokens with scopes, browser sessions, one-time
 * sign-in links; roles in an organization and in its teams.  Workers.
 *
 * A role in the organization gives scopes in all of it; an admin of a team has those of
 * access_team_admin_scopes in the team's projects, too.  A token has no more than its own.
 * Reach is another matter: an organization's token, owners and managers reach every
 * project, and so does each member while membership is open; else a member reaches the
 * projects of the member's teams.
 */
#ifndef MORTISE_ACCESS_ACCESS_H
#define MORTISE_ACCESS_ACCESS_H

#include <stdbool.h>
#include <stdint.h>

#include <jansson.h>

#include "core/storage/project.h"
#include "core/storage/team.h"

struct account;
struct daemon;
struct err;
struct http_request;
struct member;
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
#define SCOPE_MEMBER_INVITE (UINT64_C(1) << 18)
#define SCOPE_ALERTS_READ (UINT64_C(1) << 19)
#define SCOPE_ALERTS_WRITE (UINT64_C(1) << 20)
#define SCOPE_PROJECT_DISTRIBUTION (UINT64_C(1) << 21)

enum principal_kind { PRINCIPAL_NONE, PRINCIPAL_TOKEN, PRINCIPAL_SESSION };

struct principal {
	enum principal_kind kind;
	int64_t token_id;          /* token or session row */
	int64_t user_id;           /* 0: an organization's token */
	int64_t organization_id;   /* of the request; before that, the only one it may name */
	int64_t member_id;         /* the user's, in that organization; 0: none */
	uint64_t limit;            /* the most that the credentials allow */
	uint64_t scopes;           /* in that organization, and in what the path names of it */
	bool every_project;        /* of the organization is within reach */
	char origin[32];           /* "user:7" or "token:3" */
};

/* What the address of a request names, each by slug or id; NULL: it names none. */
struct access_path {
	const char *organization;
	const char *issue;         /* alone, it stands for its organization, too */
	const char *project, *team;/* of the organization */
	uint64_t any_of;           /* scopes, of which one is needed; 0: none */
	bool any_team;             /* it may be a team that the principal has no part in */
};

/* Who may do it, and to what; free with access_clear.  Without a project or team in the
 * path these are zero. */
struct access {
	struct principal principal;
	struct project project;
	struct team team;
};

/* May this request be made?  In this order: credentials (E_IDENTITY → 401; E_FORBIDDEN
 * for a change that rides on a session without the CSRF header), the organization
 * (E_NOT_FOUND unless the principal has part in it), scopes (E_FORBIDDEN), project and team
 * (E_NOT_FOUND), reach (E_FORBIDDEN).  Refusals are err_refuse, which a
 * reply makes 403.  Who asks too often gets E_RATE instead of any of it: requests with good
 * credentials count for the token or the user, all others for the address.  All of it is one read of the store.  What is written
 * later finds its rows again, by their ids: they may have gone since. */
int access_admit(struct daemon *daemon, struct http_request *request,
	const struct access_path *path, struct access *ret_access, struct err *err);
/* A request that needs no credentials. */
int access_admit_public(struct daemon *daemon, struct http_request *request, struct err *err);
void access_clear(struct access *access);

/* Make an organization, by slug or id, the principal's: its part there, scopes and reach.
 * E_NOT_FOUND if it has none.  For requests whose path names no organization.  In a
 * transaction. */
int access_organization(struct tx *tx, struct principal *principal, const char *organization,
	struct err *err);

/* For what a body or a query names; 'principal' is that of the request, in its
 * organization.  In a transaction. */
/* Is the project, one of that organization, within reach?  E_FORBIDDEN if not. */
int access_project(struct tx *tx, const struct principal *principal, int64_t project_id,
	struct err *err);
/* The same by slug or id; E_NOT_FOUND if the organization has no such project. */
int access_project_find(struct tx *tx, const struct principal *principal,
	const char *id_or_slug, struct project *ret_project, struct err *err);
/* Is the team, one of that organization, within reach?  E_FORBIDDEN if not. */
int access_team(struct tx *tx, const struct principal *principal, int64_t team_id,
	struct err *err);
/* What may be done in a project, team roles included. */
int access_project_scopes(struct tx *tx, const struct principal *principal, int64_t project_id,
	uint64_t *ret_scopes, struct err *err);
/* Whose projects a list shows: 0 for all of the organization, else the member whose teams
 * must work on them.  Statements take it with PART_REACHES (core/storage/part.h). */
int64_t access_reach(const struct principal *principal);

/* Does "user:7" or "token:3" hold one of 'any_of' in this organization at 'now_us'?  For
 * what ends later than the request that began it.  E_FORBIDDEN if not.  In a transaction. */
int access_still(struct tx *tx, const char *origin, int64_t organization_id, uint64_t any_of,
	int64_t now_us, struct err *err);

#define ACCESS_SECRET_SIZE 48
#define ACCESS_CSRF_SIZE 65
/* A one-time sign-in link for a member into the organization, good for ten minutes: its
 * URL, a new string.  'origin' gave it out, says the audit log. */
int access_link_make(struct daemon *daemon, const struct member *member, const char *origin,
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
/* Scopes of a role: "owner", "manager", "admin", "member"; 0 if unknown. */
uint64_t access_role_scopes(const char *role);
/* Does the role reach every project, whatever the teams? */
bool access_role_is_global(const char *role);
/* What an admin of a team may do in the team and in its projects. */
uint64_t access_team_admin_scopes(void);
/* 'held' with what it covers: "admin" of a kind covers its "write", that its "read";
 * org:read with project:releases covers org:ci. */
uint64_t access_scopes_whole(uint64_t held);
/* Those of 'wanted' that 'held' does not cover. */
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
