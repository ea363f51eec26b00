/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/* Who sent a request, and what they may do with what it names.  Workers. */
#include "config.h"
#include "core/access/access.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/access/cookie.h"
#include "core/access/credentials.h"
#include "core/access/rate.h"
#include "core/base/clock.h"
#include "core/base/err.h"
#include "core/base/ip.h"
#include "core/base/log.h"
#include "core/base/mem.h"
#include "core/base/slug.h"
#include "core/config/settings.h"
#include "core/daemon/daemon.h"
#include "core/http/http.h"
#include "core/issue/change.h"
#include "core/storage/api_token.h"
#include "core/storage/issue.h"
#include "core/storage/part.h"
#include "core/storage/store.h"
#include "core/vault/vault.h"

/* The texts do not tell what is there from what is not. */
static int absent(struct err *err)
{
	return err_set(err, MORTISE_E_NOT_FOUND, "The requested resource does not exist");
}

static int forbidden(struct err *err)
{
	return err_refuse(err, "You do not have permission to perform this action.");
}

/* What a lookup found: 'missing' in the words of all lookups. */
static int looked_up(int result, struct err *missing, struct err *err)
{
	if (result == MORTISE_E_NOT_FOUND)
		return absent(err);
	return result < 0 ? err_move(err, missing) : 0;
}

/* ---- Organizations ---- */

int access_organization(struct tx *tx, struct principal *principal, const char *organization,
	struct err *err)
{
	cleanup_err struct err missing = {0};
	struct part part = {0};
	uint64_t role = ~UINT64_C(0);
	int result = part_find(tx, organization, principal->user_id, &part, &missing);

	if (looked_up(result, &missing, err) < 0)
		return err->code;
	/* Whether it exists is nobody's business who has no part in it. */
	if ((principal->organization_id && principal->organization_id != part.organization_id) ||
		(principal->user_id && !part.member_id))
		return absent(err);
	if (principal->user_id)
		role = access_role_scopes(part.role);
	principal->organization_id = part.organization_id;
	principal->member_id = part.member_id;
	/* A person's token can do no more than the person. */
	principal->scopes = principal->limit & role;
	principal->every_project = !principal->user_id || part.open_membership ||
		access_role_is_global(part.role);
	return 0;
}

/* A path that names no organization may still be one for a principal of one only. */
static int take_part_in_own(struct tx *tx, struct principal *principal, struct err *err)
{
	cleanup_err struct err missing = {0};
	char id[24];
	int result;

	if (!principal->organization_id)
		return 0;
	snprintf(id, sizeof(id), "%" PRId64, principal->organization_id);
	result = access_organization(tx, principal, id, &missing);
	if (result != MORTISE_E_NOT_FOUND)
		return result < 0 ? err_move(err, &missing) : 0;
	principal->scopes = 0;
	return 0;
}

/* ---- Projects and teams ---- */

/* Team roles matter to members who may not do everything already. */
static bool has_team_roles(const struct principal *principal)
{
	return principal->member_id &&
		(~principal->scopes & principal->limit & access_team_admin_scopes()) != 0;
}

static uint64_t scopes_with(const struct principal *principal, enum part_role role)
{
	return role == PART_ADMIN
		? principal->scopes | (principal->limit & access_team_admin_scopes())
		: principal->scopes;
}

int access_project_scopes(struct tx *tx, const struct principal *principal, int64_t project_id,
	uint64_t *ret_scopes, struct err *err)
{
	enum part_role role = PART_NONE;

	if (has_team_roles(principal) &&
		part_in_project(tx, principal->member_id, project_id, &role, err) < 0)
		return err->code;
	*ret_scopes = scopes_with(principal, role);
	return 0;
}

int access_project(struct tx *tx, const struct principal *principal, int64_t project_id,
	struct err *err)
{
	enum part_role role = PART_CONTRIBUTOR;

	if (!principal->every_project &&
		part_in_project(tx, principal->member_id, project_id, &role, err) < 0)
		return err->code;
	return role == PART_NONE ? forbidden(err) : 0;
}

int access_team(struct tx *tx, const struct principal *principal, int64_t team_id,
	struct err *err)
{
	enum part_role role = PART_CONTRIBUTOR;

	if (!principal->every_project &&
		part_in_team(tx, principal->member_id, team_id, &role, err) < 0)
		return err->code;
	return role == PART_NONE ? forbidden(err) : 0;
}

int access_project_find(struct tx *tx, const struct principal *principal,
	const char *id_or_slug, struct project *ret_project, struct err *err)
{
	cleanup_project struct project project = {0};
	cleanup_err struct err missing = {0};
	int result = project_find(tx, principal->organization_id, id_or_slug, &project, &missing);

	if (looked_up(result, &missing, err) < 0 ||
		access_project(tx, principal, project.id, err) < 0)
		return err->code;
	*ret_project = project;
	project = (struct project){0};
	return 0;
}

int64_t access_reach(const struct principal *principal)
{
	return principal->every_project ? 0 : principal->member_id;
}

/* ---- A request ---- */

struct admission {
	struct credentials credentials;
	const struct access_path *path;
	struct access access;
};

/* The organization of an issue that is named without one; by a short id, which other
 * organizations may have too, the only one that the principal may name. */
static int issue_organization(struct tx *tx, const struct admission *admission,
	char ret_organization[static 24], struct err *err)
{
	int64_t organization_id = admission->access.principal.organization_id;
	cleanup_issue struct issue issue = {0};
	cleanup_err struct err missing = {0};
	int64_t id;

	if (slug_is_id(admission->path->issue, &id)) {
		if (looked_up(issue_get(tx, id, &issue, &missing), &missing, err) < 0)
			return err->code;
		organization_id = issue.organization_id;
	}
	if (organization_id == 0)
		return absent(err);
	snprintf(ret_organization, 24, "%" PRId64, organization_id);
	return 0;
}

static int admit_organization(struct tx *tx, struct admission *admission, struct err *err)
{
	const struct access_path *path = admission->path;
	char of_issue[24];

	if (path->organization)
		return access_organization(tx, &admission->access.principal, path->organization,
			err);
	if (!path->issue)
		return take_part_in_own(tx, &admission->access.principal, err);
	if (issue_organization(tx, admission, of_issue, err) < 0)
		return err->code;
	return access_organization(tx, &admission->access.principal, of_issue, err);
}

/* What the path names, as far as it is there; its id, 0 if it is not. */
static int find_project(struct tx *tx, struct admission *admission, int64_t *ret_id,
	struct err *err)
{
	struct access *access = &admission->access;
	cleanup_err struct err missing = {0};
	int result = project_find(tx, access->principal.organization_id,
		admission->path->project, &access->project, &missing);

	*ret_id = access->project.id;
	return result == MORTISE_E_NOT_FOUND || result == 0 ? 0 : err_move(err, &missing);
}

static int find_team(struct tx *tx, struct admission *admission, int64_t *ret_id, struct err *err)
{
	struct access *access = &admission->access;
	cleanup_err struct err missing = {0};
	int result = team_find(tx, access->principal.organization_id, admission->path->team,
		&access->team, &missing);

	*ret_id = access->team.id;
	return result == MORTISE_E_NOT_FOUND || result == 0 ? 0 : err_move(err, &missing);
}

/* The project of an issue.  One that is not there is the handler's to say. */
static int find_issue(struct tx *tx, const struct admission *admission, int64_t *ret_project_id,
	struct err *err)
{
	cleanup_issue struct issue issue = {0};
	cleanup_err struct err missing = {0};
	int result = issue_by_text(tx, admission->access.principal.organization_id,
		admission->path->issue, &issue, &missing);

	*ret_project_id = issue.project_id;
	return result == MORTISE_E_NOT_FOUND || result == 0 ? 0 : err_move(err, &missing);
}

/* What a member is in what the path names: in the project, else in the issue's, else in
 * the team.  Only what matters is looked up. */
static int find_role(struct tx *tx, const struct admission *admission, int64_t project_id,
	int64_t team_id, enum part_role *ret_role, struct err *err)
{
	const struct principal *principal = &admission->access.principal;

	*ret_role = PART_NONE;
	if (principal->every_project && !has_team_roles(principal))
		return 0;
	if (!admission->path->project && admission->path->issue &&
		find_issue(tx, admission, &project_id, err) < 0)
		return err->code;
	if (project_id)
		return part_in_project(tx, principal->member_id, project_id, ret_role, err);
	return team_id ? part_in_team(tx, principal->member_id, team_id, ret_role, err) : 0;
}

/* Is what the path names within reach?  'role' is the member's in the first of it. */
static int check_reach(struct tx *tx, const struct admission *admission, enum part_role role,
	struct err *err)
{
	const struct access_path *path = admission->path;
	const struct access *access = &admission->access;
	enum part_role in_team = role;

	if (access->principal.every_project)
		return 0;
	if ((path->project || path->issue) && role == PART_NONE)
		return forbidden(err);
	if (!path->team || path->any_team)
		return 0;
	if (path->project && part_in_team(tx, access->principal.member_id, access->team.id,
				     &in_team, err) < 0)
		return err->code;
	return in_team == PART_NONE ? forbidden(err) : 0;
}

/* Scopes, then what the path names, then reach. */
static int admit_named(struct tx *tx, struct admission *admission, struct err *err)
{
	const struct access_path *path = admission->path;
	struct principal *principal = &admission->access.principal;
	int64_t project_id = 0, team_id = 0;
	enum part_role role;

	if (path->project && find_project(tx, admission, &project_id, err) < 0)
		return err->code;
	if (path->team && find_team(tx, admission, &team_id, err) < 0)
		return err->code;
	if (find_role(tx, admission, project_id, team_id, &role, err) < 0)
		return err->code;
	principal->scopes = scopes_with(principal, role);
	if (path->any_of != 0 && (principal->scopes & path->any_of) == 0)
		return forbidden(err);
	if ((path->project && !project_id) || (path->team && !team_id))
		return absent(err);
	return check_reach(tx, admission, role, err);
}

static int admit_in(struct tx *tx, void *arg, struct err *err)
{
	struct admission *admission = arg;

	access_clear(&admission->access);
	if (credentials_check(tx, &admission->credentials, &admission->access.principal, err) < 0 ||
		admit_organization(tx, admission, err) < 0)
		return err->code;
	return admit_named(tx, admission, err);
}

/* ---- How often ---- */

/* A header of Sentry's with a number. */
static void reply_number(struct http_request *request, const char *name, int64_t number)
{
	char text[24];

	snprintf(text, sizeof(text), "%" PRId64, number);
	http_reply_header(request, name, text);
}

/* Count a request of 'who'; E_RATE if it is one too many, whatever else is wrong. */
static int count(struct daemon *daemon, struct http_request *request, const void *who, size_t size,
	int per_second, struct err *err)
{
	struct rate rate;

	if (per_second == 0)
		return 0;
	rates_count(daemon->rates, who, size, per_second, clock_now_us(), &rate);
	reply_number(request, "X-Sentry-Rate-Limit-Limit", rate.limit);
	reply_number(request, "X-Sentry-Rate-Limit-Remaining", rate.remaining);
	reply_number(request, "X-Sentry-Rate-Limit-Reset", rate.reset_s);
	if (!rate.exceeded)
		return 0;
	err_clear(err);
	err_set(err, MORTISE_E_RATE, "You are attempting to use this endpoint too frequently: "
		"at most %" PRId64 " requests in %d seconds.", rate.limit, RATE_WINDOW_S);
	err->retry_at_ms = rate.reset_s * 1000;
	return err->code;
}

/* By whom it was sent, or else from where. */
static int count_sender(struct daemon *daemon, struct http_request *request,
	const struct principal *principal, struct err *err)
{
	if (principal->kind == PRINCIPAL_NONE)
		return access_admit_public(daemon, request, err);
	if (count(daemon, request, principal->origin, strlen(principal->origin),
		    daemon->settings->api_rate_per_token, err) < 0)
		log_limited(MORTISE_LOG_NOTICE, "access.limited",
			LOG_TEXT("origin", principal->origin));
	return err->code;
}

int access_admit_public(struct daemon *daemon, struct http_request *request, struct err *err)
{
	struct ip address = {0};

	/* Whoever has one address of IPv6 has a /64 of them. */
	if (ip_parse(http_peer(request), &address) && !ip_is_v4(&address))
		memset(address.bytes + 8, 0, 8);
	if (count(daemon, request, address.bytes, sizeof(address.bytes),
		    daemon->settings->api_rate_per_address, err) < 0)
		log_limited(MORTISE_LOG_NOTICE, "access.limited", LOG_TEXT("origin", "address"));
	return err->code;
}

int access_admit(struct daemon *daemon, struct http_request *request,
	const struct access_path *path, struct access *ret_access, struct err *err)
{
	struct admission admission = {.path = path};
	int result = credentials_read(daemon, request, &admission.credentials, err);

	if (result == 0)
		result = store_read(daemon->store, admit_in, &admission, err);
	if (admission.credentials.refusal)
		log_limited(MORTISE_LOG_NOTICE, "access.refused",
			LOG_TEXT("reason", admission.credentials.refusal));
	credentials_touch(daemon, &admission.credentials, &admission.access.principal);
	if (count_sender(daemon, request, &admission.access.principal, err) < 0)
		result = err->code;
	if (result < 0) {
		access_clear(&admission.access);
		return result;
	}
	*ret_access = admission.access;
	return 0;
}

void access_clear(struct access *access)
{
	project_clear(&access->project);
	team_clear(&access->team);
	*access = (struct access){0};
}

/* ---- What ends later than its request ---- */

static int origin_scopes(struct tx *tx, const char *origin, int64_t organization_id,
	int64_t now_us, uint64_t *ret_scopes, struct err *err)
{
	cleanup_api_token struct api_token token = {0};
	struct principal principal = {
		.organization_id = organization_id,
		.limit = ~UINT64_C(0),
	};

	if (strncmp(origin, "user:", 5) == 0) {
		principal.user_id = atoll(origin + 5);
	} else if (strncmp(origin, "token:", 6) == 0) {
		if (api_token_get(tx, atoll(origin + 6), &token, err) < 0)
			return err->code;
		if (token.revoked_at_us != 0 ||
			(token.expires_at_us != 0 && token.expires_at_us <= now_us) ||
			token.organization_id != organization_id)
			return err_set(err, MORTISE_E_NOT_FOUND, "the token has ended");
		principal.user_id = token.account_id;
		principal.limit = access_scopes_whole(token.scopes);
	} else {
		return err_set(err, MORTISE_E_NOT_FOUND, "no user and no token");
	}
	if (take_part_in_own(tx, &principal, err) < 0)
		return err->code;
	*ret_scopes = principal.scopes;
	return 0;
}

int access_still(struct tx *tx, const char *origin, int64_t organization_id, uint64_t any_of,
	int64_t now_us, struct err *err)
{
	cleanup_err struct err missing = {0};
	uint64_t scopes = 0;
	int result = origin_scopes(tx, origin, organization_id, now_us, &scopes, &missing);

	if (result < 0 && result != MORTISE_E_NOT_FOUND)
		return err_move(err, &missing);
	if ((scopes & any_of) == 0)
		return err_set(err, MORTISE_E_FORBIDDEN,
			"who began this is not allowed to do it any more");
	return 0;
}

/* ---- Sessions ---- */

bool access_csrf(struct daemon *daemon, struct http_request *request, const char *session,
	char ret_csrf[ACCESS_CSRF_SIZE])
{
	char found[ACCESS_SECRET_SIZE];
	cleanup_free char *text = NULL;

	if (!session) {
		if (!cookie_find(http_header(request, "Cookie"), ACCESS_COOKIE, found,
			    sizeof(found)))
			return false;
		session = found;
	}
	text = xasprintf("csrf:%s", session);
	vault_token_hash(daemon->vault, text, ret_csrf);
	return true;
}
