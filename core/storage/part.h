/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * Who has part in what: an account in an organization, a member in its projects and
 * teams.  What each request is decided by.  Inside a transaction.
 */
#ifndef MORTISE_STORAGE_PART_H
#define MORTISE_STORAGE_PART_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/storage/tx.h"

#define PART_ROLE_SIZE 16

/* Condition of a statement: the member reaches the project by way of a team; a member of
 * 0 reaches all.  'member' is a parameter, 'project' a column. */
#define PART_REACHES(member, project)                                                    \
	"(" member " = 0 OR EXISTS (SELECT 1 FROM project_team rp "                      \
	"JOIN team_member rm ON rm.team_id = rp.team_id AND rm.member_id = " member " "  \
	"JOIN team rt ON rt.id = rp.team_id AND rt.status = 0 "                          \
	"WHERE rp.project_id = " project ")) "

struct part {
	int64_t organization_id;
	bool open_membership;      /* its members reach every project */
	int64_t member_id;         /* 0: the account is no member */
	char role[PART_ROLE_SIZE]; /* of the member: "owner", … */
};

/* What a member is in a team, the highest of several: an admin may do more there. */
enum part_role { PART_NONE, PART_CONTRIBUTOR, PART_ADMIN };

/* An organization by id or slug, and what an account is in it; E_NOT_FOUND if there is no
 * such organization. */
int part_find(struct tx *tx, const char *id_or_slug, int64_t account_id, struct part *ret_part,
	struct err *err);
/* By way of the teams that work on the project. */
int part_in_project(struct tx *tx, int64_t member_id, int64_t project_id,
	enum part_role *ret_role, struct err *err);
/* All projects that a member reaches that way: a new array. */
int part_projects(struct tx *tx, int64_t member_id, int64_t **ret_ids, size_t *ret_len,
	struct err *err);
int part_in_team(struct tx *tx, int64_t member_id, int64_t team_id, enum part_role *ret_role,
	struct err *err);

#endif
