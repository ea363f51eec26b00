/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * Who an owner's name means: a member who works on the project, or a team of it.  Accounts
 * and teams of an upstream are looked up among the external actors of code hosts, in any
 * case.  In a transaction.
 */
#ifndef MORTISE_OWNER_RESOLVE_H
#define MORTISE_OWNER_RESOLVE_H

#include <stdbool.h>
#include <stdint.h>

#include <jansson.h>

#include "core/owner/rule.h"

struct err;
struct tx;

struct owner_place {
	int64_t organization_id, project_id;
};

struct owner_actor {
	bool is_team;
	int64_t id;                /* of the account or team */
	char *name;                /* of the person; slug of the team */
	char *email;               /* of the person; NULL for a team */
};

enum owner_found {
	OWNER_NOBODY,
	OWNER_WITHOUT_ACCESS,      /* who has nothing to do with the project */
	OWNER_FOUND,
};

/* An owner_found, or a negative code; '*ret_actor' is set unless it is nobody.  Free with
 * owner_actor_clear. */
int owner_resolve(struct tx *tx, const struct owner_place *place, enum owner_kind kind,
	const char *name, struct owner_actor *ret_actor, struct err *err);
void owner_actor_clear(struct owner_actor *actor);
#define cleanup_owner_actor __attribute__((__cleanup__(owner_actor_clear)))

/*
 * Who the names in a set of rules mean.  "owners" has each name once, with its kind's sign
 * in front, and what it means: {"type": "user" or "team", "id", "name"}, where the name is an
 * address or a slug, or null for nobody; "associations" and "errors" are as the API shows
 * them.
 */
struct owner_people {
	json_t *owners;
	json_t *associations;      /* {"@bob": "bob@acme.example", "@acme/web": "#web"} */
	json_t *errors;            /* {"missing_user_emails": […], …} */
};

void owner_people_init(struct owner_people *people);
void owner_people_clear(struct owner_people *people);
#define cleanup_owner_people __attribute__((__cleanup__(owner_people_clear)))
/* Look up every name of 'rules' that is not there yet. */
int owner_people_add(struct tx *tx, const struct owner_place *place,
	const struct owner_rules *rules, struct owner_people *people, struct err *err);
/* What a name of 'rules' means: borrowed; NULL: nobody. */
const json_t *owner_people_find(const struct owner_people *people,
	const struct owner_rules *rules, const struct owner_name *name);

#endif
