/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * The names of scopes, what each role may do, and how our own secrets look.  Pure
 * functions over constant tables; any thread.
 */
#include "config.h"
#include "core/access/access.h"

#include <stdio.h>
#include <string.h>

#include <sodium.h>

#include "core/base/mem.h"

static const struct {
	const char *name;
	uint64_t bit;
} scopes[] = {
	{"alerts:read", SCOPE_ALERTS_READ},
	{"alerts:write", SCOPE_ALERTS_WRITE},
	{"event:admin", SCOPE_EVENT_ADMIN},
	{"event:read", SCOPE_EVENT_READ},
	{"event:write", SCOPE_EVENT_WRITE},
	{"member:admin", SCOPE_MEMBER_ADMIN},
	{"member:invite", SCOPE_MEMBER_INVITE},
	{"member:read", SCOPE_MEMBER_READ},
	{"member:write", SCOPE_MEMBER_WRITE},
	{"org:admin", SCOPE_ORG_ADMIN},
	{"org:ci", SCOPE_ORG_CI},
	{"org:integrations", SCOPE_ORG_INTEGRATIONS},
	{"org:read", SCOPE_ORG_READ},
	{"org:write", SCOPE_ORG_WRITE},
	{"project:admin", SCOPE_PROJECT_ADMIN},
	{"project:distribution", SCOPE_PROJECT_DISTRIBUTION},
	{"project:read", SCOPE_PROJECT_READ},
	{"project:releases", SCOPE_PROJECT_RELEASES},
	{"project:write", SCOPE_PROJECT_WRITE},
	{"team:admin", SCOPE_TEAM_ADMIN},
	{"team:read", SCOPE_TEAM_READ},
	{"team:write", SCOPE_TEAM_WRITE},
};

#define EVENT_SCOPES (SCOPE_EVENT_READ | SCOPE_EVENT_WRITE | SCOPE_EVENT_ADMIN)
#define ALERTS_SCOPES (SCOPE_ALERTS_READ | SCOPE_ALERTS_WRITE)
#define PROJECT_SCOPES                                                          \
	(SCOPE_PROJECT_READ | SCOPE_PROJECT_WRITE | SCOPE_PROJECT_ADMIN |       \
		SCOPE_PROJECT_RELEASES)
#define TEAM_SCOPES (SCOPE_TEAM_READ | SCOPE_TEAM_WRITE | SCOPE_TEAM_ADMIN)

/* Sentry's sets.  org:ci and project:distribution are for tokens only. */
#define MEMBER_SCOPES                                                           \
	(SCOPE_ORG_READ | SCOPE_PROJECT_READ | SCOPE_PROJECT_RELEASES |         \
		SCOPE_TEAM_READ | SCOPE_MEMBER_READ | SCOPE_MEMBER_INVITE |     \
		EVENT_SCOPES | ALERTS_SCOPES)
#define TEAM_ADMIN_SCOPES                                                       \
	(SCOPE_ORG_READ | SCOPE_MEMBER_READ | PROJECT_SCOPES | TEAM_SCOPES |    \
		EVENT_SCOPES | ALERTS_SCOPES)
#define ADMIN_SCOPES (MEMBER_SCOPES | TEAM_ADMIN_SCOPES | SCOPE_ORG_INTEGRATIONS)
#define MANAGER_SCOPES                                                          \
	(ADMIN_SCOPES | SCOPE_ORG_WRITE | SCOPE_MEMBER_WRITE | SCOPE_MEMBER_ADMIN)

static const struct role {
	const char *name;
	uint64_t scopes;
	bool is_global;            /* reaches every project */
} roles[] = {
	{"owner", MANAGER_SCOPES | SCOPE_ORG_ADMIN, true},
	{"manager", MANAGER_SCOPES, true},
	{"admin", ADMIN_SCOPES, false},
	{"member", MEMBER_SCOPES, false},
};

uint64_t access_scope_parse(const char *name)
{
	for (size_t i = 0; i < lengthof(scopes); i++)
		if (strcmp(scopes[i].name, name) == 0)
			return scopes[i].bit;
	return 0;
}

json_t *access_scope_names(uint64_t held)
{
	json_t *names = json_array();

	for (size_t i = 0; i < lengthof(scopes); i++)
		if (held & scopes[i].bit)
			json_array_append_new(names, json_string(scopes[i].name));
	return names;
}

static const struct role *role_find(const char *name)
{
	for (size_t i = 0; i < lengthof(roles); i++)
		if (strcmp(roles[i].name, name) == 0)
			return &roles[i];
	return NULL;
}

uint64_t access_role_scopes(const char *name)
{
	const struct role *role = role_find(name);

	return role ? role->scopes : 0;
}

bool access_role_is_global(const char *name)
{
	const struct role *role = role_find(name);

	return role && role->is_global;
}

uint64_t access_team_admin_scopes(void)
{
	return TEAM_ADMIN_SCOPES;
}

uint64_t access_scopes_whole(uint64_t held)
{
	static const struct {
		uint64_t all_of, covers;
	} covering[] = {
		{SCOPE_ORG_ADMIN, SCOPE_ORG_READ | SCOPE_ORG_WRITE | SCOPE_ORG_INTEGRATIONS},
		{SCOPE_ORG_WRITE, SCOPE_ORG_READ},
		{SCOPE_ORG_READ | SCOPE_PROJECT_RELEASES, SCOPE_ORG_CI},
		{SCOPE_PROJECT_ADMIN, SCOPE_PROJECT_READ | SCOPE_PROJECT_WRITE},
		{SCOPE_PROJECT_WRITE, SCOPE_PROJECT_READ},
		{SCOPE_PROJECT_RELEASES, SCOPE_PROJECT_DISTRIBUTION},
		{SCOPE_TEAM_ADMIN, SCOPE_TEAM_READ | SCOPE_TEAM_WRITE},
		{SCOPE_TEAM_WRITE, SCOPE_TEAM_READ},
		{SCOPE_MEMBER_ADMIN,
			SCOPE_MEMBER_READ | SCOPE_MEMBER_WRITE | SCOPE_MEMBER_INVITE},
		{SCOPE_MEMBER_WRITE, SCOPE_MEMBER_READ | SCOPE_MEMBER_INVITE},
		/* No request needs a scope of alerts here; clients know them. */
		{SCOPE_EVENT_ADMIN, SCOPE_EVENT_READ | SCOPE_EVENT_WRITE | ALERTS_SCOPES},
		{SCOPE_EVENT_WRITE, SCOPE_EVENT_READ | SCOPE_ALERTS_READ},
		{SCOPE_ALERTS_WRITE, SCOPE_ALERTS_READ},
	};

	for (size_t i = 0; i < lengthof(covering); i++)
		if ((held & covering[i].all_of) == covering[i].all_of)
			held |= covering[i].covers;
	return held;
}

uint64_t access_scopes_lacking(uint64_t held, uint64_t wanted)
{
	return wanted & ~access_scopes_whole(held);
}

void access_secret_make(const char *prefix, char ret_text[ACCESS_SECRET_SIZE])
{
	unsigned char bytes[32];
	char text[44];

	randombytes_buf(bytes, sizeof(bytes));
	sodium_bin2base64(text, sizeof(text), bytes, sizeof(bytes),
		sodium_base64_VARIANT_URLSAFE_NO_PADDING);
	snprintf(ret_text, ACCESS_SECRET_SIZE, "%.4s%s", prefix, text);
	sodium_memzero(bytes, sizeof(bytes));
	sodium_memzero(text, sizeof(text));
}
