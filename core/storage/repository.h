/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * Repositories: one row per organization, named by the provider's external id.
 * 'provider' is the id of a repository provider ("integrations:github").  A row
 * without an integration is left from another source, or from an integration that
 * was removed.  Inside a transaction; what changes something belongs in a write closure.
 */
#ifndef MORTISE_STORAGE_REPOSITORY_H
#define MORTISE_STORAGE_REPOSITORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include "core/storage/tx.h"

struct keyset;

/* Status values are those of integrations (integration.h); hidden is disabled.  One that
 * waits for its deletion keeps all it has, until that begins. */
struct repository {
	int64_t id, organization_id;
	char *provider;
	char *external_id;         /* or NULL */
	char *name;
	char *url;                 /* or NULL */
	char *branch;              /* or NULL */
	json_t *config;            /* always an object */
	json_t *languages;         /* always an array */
	json_t *settings;          /* {"enabledCodeReview", "codeReviewTriggers"}, or NULL */
	int64_t integration_id;    /* 0: none */
	int status;
	int64_t added_at_us, updated_at_us;
};

/* E_NOT_FOUND if the organization has none.  Free with repository_clear. */
int repository_get(struct tx *tx, int64_t organization_id, int64_t id,
	struct repository *ret_repository, struct err *err);
/* 1 if there is one, 0 if not. */
int repository_find(struct tx *tx, int64_t organization_id, const char *provider,
	const char *external_id, struct repository *ret_repository, struct err *err);

/* By name, an active one first, then the newest, none that is being deleted: 1 if there is
 * one, 0 if not. */
int repository_find_name(struct tx *tx, int64_t organization_id, const char *name,
	struct repository *ret_repository, struct err *err);

/* The active ones of a name, at most 'max'. */
int repository_list_name(struct tx *tx, int64_t organization_id, const char *name, int64_t max,
	struct repository **ret_list, size_t *ret_len, struct err *err);
/* 1 if an active one of this provider has this name, 0 if not. */
int repository_is_active(struct tx *tx, int64_t organization_id, const char *provider,
	const char *name, struct err *err);

/* What to look for; all that is set must hold.  Ordered by external id. */
struct repository_filter {
	int64_t organization_id;   /* 0: every organization with an active link to the integration */
	int64_t integration_id;    /* 0: any */
	const char *provider;      /* required */
	const char *external_id, *name;  /* NULL: any */
	bool unlinked;             /* those without an integration */
	const char *after;         /* external id; NULL: from the start */
	int64_t limit;
};
int repository_scan(struct tx *tx, const struct repository_filter *filter,
	struct repository **ret_list, size_t *ret_len, struct err *err);

/* For the API: by name. */
struct repository_page {
	int64_t organization_id;
	const char *query;         /* the name contains it, in any case; NULL: all */
	int64_t integration_id;    /* 0: any */
	bool inactive;             /* everything that is not active, instead of what is */
	const struct keyset *place;
};
int repository_list(struct tx *tx, const struct repository_page *page,
	struct repository **ret_list, size_t *ret_len, struct err *err);

enum repository_mode {
	REPOSITORY_REFRESH,        /* only rows that exist */
	REPOSITORY_CREATE,         /* missing ones too */
	REPOSITORY_ENABLE,         /* and disabled or unlinked ones become active, of this integration */
};

struct repository_put {
	int64_t organization_id, integration_id;
	const char *provider, *external_id, *name;
	const char *url, *branch;  /* NULL: leave what is there */
	const json_t *config;      /* merge patch, or NULL */
	enum repository_mode mode;
	int64_t now_us;
};

enum repository_outcome {
	REPOSITORY_UNCHANGED = 0,
	REPOSITORY_CHANGED,
	REPOSITORY_ABSENT,         /* refresh: the organization has none */
	REPOSITORY_FOREIGN,        /* it belongs to another integration that is in use */
	REPOSITORY_CREATED,
	REPOSITORY_ENABLED,
};

/* Negative: an error. */
int repository_put(struct tx *tx, const struct repository_put *put, int64_t *ret_id,
	struct err *err);
/* What the API does to add one: like REPOSITORY_ENABLE, and one that waits for its deletion
 * stays.  Created or enabled; any other outcome: the organization has it already. */
int repository_add(struct tx *tx, const struct repository_put *put, int64_t *ret_id,
	struct err *err);
/* Active or disabled.  1: changed, 0: it had this status, or is being deleted. */
int repository_set_status(struct tx *tx, int64_t id, int status, int64_t now_us, struct err *err);
/* To another integration of the same organization, with the id of its repository provider.
 * E_CONFLICT if the organization has it there already. */
int repository_relink(struct tx *tx, int64_t id, const char *provider, int64_t integration_id,
	int64_t now_us, struct err *err);
/* 'settings' takes the place of what is there. */
int repository_set_settings(struct tx *tx, int64_t id, const json_t *settings, int64_t now_us,
	struct err *err);
/* Every row of the integration in the organization; the number changed. */
int repository_set_status_all(struct tx *tx, int64_t organization_id, int64_t integration_id,
	int status, int64_t now_us, struct err *err);
/* A removed link: its rows stay, without an integration. */
int repository_unlink_all(struct tx *tx, int64_t organization_id, int64_t integration_id,
	int64_t now_us, struct err *err);
/* One that only releases name: no provider, no integration. */
int repository_insert_named(struct tx *tx, int64_t organization_id, const char *name,
	int64_t now_us, int64_t *ret_id, struct err *err);
/* 1: some were new, 0: all were known. */
int repository_add_languages(struct tx *tx, const struct repository *repository,
	const json_t *names, int64_t now_us, struct err *err);

/* ---- Deletion ---- */

/* Active or disabled → pending deletion, since 'now_us'.  1, or 0 if it was neither. */
int repository_begin_deletion(struct tx *tx, int64_t id, int64_t now_us, struct err *err);
/* Pending deletion → disabled.  1, or 0 if it was not pending. */
int repository_keep(struct tx *tx, int64_t id, int64_t now_us, struct err *err);
/* Pending since 'since_us' → in progress.  1 if it is now in progress, 0 if it was kept. */
int repository_claim_deletion(struct tx *tx, int64_t id, int64_t since_us, struct err *err);
/* Remove some of what belongs to a disabled one (commits, pull requests, code mappings), or
 * to one whose deletion is in progress, and that itself at last.  1: there may be more, 0:
 * nothing is left, or it was kept. */
int repository_purge_step(struct tx *tx, int64_t id, struct err *err);
int repository_has_commits(struct tx *tx, int64_t id, bool *ret_has, struct err *err);

void repository_clear(struct repository *repository);
void repository_list_free(struct repository *list, size_t len);
#define cleanup_repository __attribute__((__cleanup__(repository_clear)))

#endif
