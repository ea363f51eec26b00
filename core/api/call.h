/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * One API request: who asks, what was sent, what is answered.  Every route of the API
 * goes through api_serve (call.c), so that the order of checks is in one place:
 * credentials (401) → organization (404 unless one's own) → scopes (403) → project and
 * team (404) → reach (403) → body (400).  {org}, {project}, {team} and {issue} of a pattern
 * are looked up there, in one read of the store; a write finds its rows again by their
 * ids, since they may have gone meanwhile.
 * Request workers; private to core/api.
 */
#ifndef MORTISE_API_CALL_H
#define MORTISE_API_CALL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include "core/access/access.h"

struct daemon;
struct err;
struct http_request;
struct http_route;

#define API_MAX_BODY (1024 * 1024)
#define API_MAX_LARGE (8 * 1024 * 1024)
#define API_MAX_IGNORED 4096   /* of a body where none is asked for: clients send "{}" */
#define API_MAX_DEPTH 32

/* The scope sets of Sentry's API: what a method needs one of. */
#define SCOPES_I_GET \
	(SCOPE_ORG_READ | SCOPE_ORG_WRITE | SCOPE_ORG_ADMIN | SCOPE_ORG_INTEGRATIONS)
#define SCOPES_I_POST (SCOPE_ORG_WRITE | SCOPE_ORG_ADMIN | SCOPE_ORG_INTEGRATIONS)
#define SCOPES_I_DELETE (SCOPE_ORG_ADMIN | SCOPE_ORG_INTEGRATIONS)
#define SCOPES_L_GET (SCOPES_I_GET | SCOPE_ORG_CI)
#define SCOPES_L_POST (SCOPES_I_POST | SCOPE_ORG_READ)
#define SCOPES_L_DELETE SCOPES_I_DELETE
#define SCOPES_O_GET (SCOPE_ORG_READ | SCOPE_ORG_WRITE | SCOPE_ORG_ADMIN)
#define SCOPES_O_POST (SCOPE_ORG_WRITE | SCOPE_ORG_ADMIN)
#define SCOPES_O_DELETE SCOPE_ORG_ADMIN
#define SCOPES_G_GET (SCOPE_EVENT_READ | SCOPE_EVENT_WRITE | SCOPE_EVENT_ADMIN)
#define SCOPES_G_POST (SCOPE_EVENT_WRITE | SCOPE_EVENT_ADMIN)
#define SCOPES_G_DELETE SCOPE_EVENT_ADMIN
#define SCOPES_T_GET (SCOPE_TEAM_READ | SCOPE_TEAM_WRITE | SCOPE_TEAM_ADMIN)
#define SCOPES_T_POST (SCOPE_TEAM_WRITE | SCOPE_TEAM_ADMIN)
#define SCOPES_T_DELETE SCOPE_TEAM_ADMIN
#define SCOPES_P_GET (SCOPE_PROJECT_READ | SCOPE_PROJECT_WRITE | SCOPE_PROJECT_ADMIN)
#define SCOPES_P_POST (SCOPE_PROJECT_WRITE | SCOPE_PROJECT_ADMIN)
#define SCOPES_P_DELETE SCOPE_PROJECT_ADMIN
/* Releases: continuous integration makes them, with scopes of its own. */
#define SCOPES_R_GET (SCOPES_P_GET | SCOPE_PROJECT_RELEASES | SCOPE_ORG_CI)
#define SCOPES_R_POST (SCOPES_P_POST | SCOPE_PROJECT_RELEASES | SCOPE_ORG_CI)
#define SCOPES_R_DELETE (SCOPES_P_DELETE | SCOPE_PROJECT_RELEASES)
#define SCOPES_M_GET (SCOPE_MEMBER_READ | SCOPE_MEMBER_WRITE | SCOPE_MEMBER_ADMIN)
#define SCOPES_M_POST (SCOPE_MEMBER_WRITE | SCOPE_MEMBER_ADMIN)

struct api_call {
	struct daemon *daemon;
	struct http_request *request;
	struct principal principal;
	struct project project;    /* that {project} names, active and within reach */
	struct team team;          /* that {team} names */
	json_t *body;              /* API_BODY: an object; owned */
	int status;                /* of a success; 0: 200 with a body, 204 without */
	json_t *reply;             /* of a success; NULL: no body; owned */
	char *text;                /* or JSON as it stands, in place of it; owned */
};

struct api_bindings;

#define API_PUBLIC 1           /* no credentials are looked at; the address is counted */
#define API_BODY 2             /* a JSON object is read into call->body */
#define API_NO_STORE 4         /* Cache-Control: no-store, Referrer-Policy */
#define API_PIPELINE 8         /* errors look as pipelines show them */
#define API_ANY_TEAM 16        /* {team} may be one that the principal has no part in */
#define API_LARGE 32           /* the body may have API_MAX_LARGE bytes: it holds a file */

struct api_route {
	const char *method;        /* NULL ends a table */
	/* {project} and {team} go with {org}; an {issue} may stand without. */
	const char *pattern;
	uint64_t any_of;           /* scopes, of which one is needed; 0: none */
	unsigned flags;            /* API_ */
	/* 0 with call->reply or text, or a code with 'err' filled. */
	int (*run)(struct api_call *call, struct err *err);
};

/* Add a table of routes to daemon->http; the table is borrowed for good.  Free what comes
 * back after the server. */
struct api_bindings *api_add(struct daemon *daemon, const struct api_route *routes);

/* The line of a table that a route was made from; NULL: it is not of the API. */
const struct api_route *api_route_of(const struct http_route *route);

/* A path parameter that is an id: E_NOT_FOUND if it is no positive integer. */
int api_id(const struct api_call *call, const char *name, int64_t *ret_id, struct err *err);
/* The first of a query parameter's two spellings; NULL if absent or empty. */
const char *api_query(const struct api_call *call, const char *name, const char *alias);
/* Parse a request body: an object of at most API_MAX_DEPTH levels.  E_FIELD if not. */
int api_body_parse(const char *content_type, const char *body, size_t size, json_t **ret_body,
	struct err *err);
/* "2026-05-01T10:00:00.000Z" as JSON; null for 0. */
json_t *api_time(int64_t time_us);
/* An id as the API shows it: a string; null for 0. */
json_t *api_id_json(int64_t id);

#endif
