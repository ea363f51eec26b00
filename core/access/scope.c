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
	{"event:admin", SCOPE_EVENT_ADMIN},
	{"event:read", SCOPE_EVENT_READ},
	{"event:write", SCOPE_EVENT_WRITE},
	{"member:admin", SCOPE_MEMBER_ADMIN},
	{"member:read", SCOPE_MEMBER_READ},
	{"member:write", SCOPE_MEMBER_WRITE},
	{"org:admin", SCOPE_ORG_ADMIN},
	{"org:ci", SCOPE_ORG_CI},
	{"org:integrations", SCOPE_ORG_INTEGRATIONS},
	{"org:read", SCOPE_ORG_READ},
	{"org:write", SCOPE_ORG_WRITE},
	{"project:admin", SCOPE_PROJECT_ADMIN},
	{"project:read", SCOPE_PROJECT_READ},
	{"project:releases", SCOPE_PROJECT_RELEASES},
	{"project:write", SCOPE_PROJECT_WRITE},
	{"team:admin", SCOPE_TEAM_ADMIN},
	{"team:read", SCOPE_TEAM_READ},
	{"team:write", SCOPE_TEAM_WRITE},
};

#define MEMBER_SCOPES                                                           \
	(SCOPE_ORG_READ | SCOPE_PROJECT_READ | SCOPE_PROJECT_RELEASES |         \
		SCOPE_TEAM_READ | SCOPE_MEMBER_READ | SCOPE_EVENT_READ |        \
		SCOPE_EVENT_WRITE)
#define MANAGER_SCOPES                                                          \
	(MEMBER_SCOPES | SCOPE_ORG_WRITE | SCOPE_ORG_INTEGRATIONS |             \
		SCOPE_PROJECT_WRITE | SCOPE_PROJECT_ADMIN | SCOPE_TEAM_WRITE |  \
		SCOPE_TEAM_ADMIN | SCOPE_MEMBER_WRITE | SCOPE_MEMBER_ADMIN |    \
		SCOPE_EVENT_ADMIN)

static const struct {
	const char *role;
	uint64_t scopes;
} roles[] = {
	{"owner", MANAGER_SCOPES | SCOPE_ORG_ADMIN},
	{"manager", MANAGER_SCOPES},
	{"member", MEMBER_SCOPES},
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

uint64_t access_role_scopes(const char *role)
{
	for (size_t i = 0; i < lengthof(roles); i++)
		if (strcmp(roles[i].role, role) == 0)
			return roles[i].scopes;
	return 0;
}

uint64_t access_scopes_lacking(uint64_t held, uint64_t wanted)
{
	static const struct {
		uint64_t scope, covers;
	} covering[] = {
		{SCOPE_ORG_ADMIN, SCOPE_ORG_READ | SCOPE_ORG_WRITE | SCOPE_ORG_INTEGRATIONS},
		{SCOPE_ORG_WRITE, SCOPE_ORG_READ},
		{SCOPE_PROJECT_ADMIN, SCOPE_PROJECT_READ | SCOPE_PROJECT_WRITE},
		{SCOPE_PROJECT_WRITE, SCOPE_PROJECT_READ},
		{SCOPE_TEAM_ADMIN, SCOPE_TEAM_READ | SCOPE_TEAM_WRITE},
		{SCOPE_TEAM_WRITE, SCOPE_TEAM_READ},
		{SCOPE_MEMBER_ADMIN, SCOPE_MEMBER_READ | SCOPE_MEMBER_WRITE},
		{SCOPE_MEMBER_WRITE, SCOPE_MEMBER_READ},
		{SCOPE_EVENT_ADMIN, SCOPE_EVENT_READ | SCOPE_EVENT_WRITE},
		{SCOPE_EVENT_WRITE, SCOPE_EVENT_READ},
	};
	uint64_t lacking = wanted & ~held;

	for (size_t i = 0; i < lengthof(covering); i++)
		if (held & covering[i].scope)
			lacking &= ~covering[i].covers;
	return lacking;
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
