/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * What `mortisectl import legacy` brought from an older system: links of issues to
 * tickets, and repositories without an integration.  They wait here until an integration
 * takes them over.  Inside a transaction.
 */
#ifndef MORTISE_STORAGE_LEGACY_H
#define MORTISE_STORAGE_LEGACY_H

#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include "core/storage/tx.h"

struct legacy_issue {
	int64_t id, organization_id, issue_id;
	char *provider;            /* row key */
	char *base_url;            /* of the tracker it was in */
	char *key;
	json_t *ignored_fields;    /* always an array */
};

/* 1: new, 0: known already.  'issue->id' is not read. */
int legacy_issue_insert(struct tx *tx, const struct legacy_issue *issue, int64_t now_us,
	struct err *err);
/* Those of a provider, by id, after 'after_id'.  Free each with legacy_issue_clear. */
int legacy_issue_list(struct tx *tx, int64_t organization_id, const char *provider,
	int64_t after_id, size_t max, struct legacy_issue *ret_issues, size_t *ret_len,
	struct err *err);
int legacy_issue_delete(struct tx *tx, int64_t id, struct err *err);
void legacy_issue_clear(struct legacy_issue *issue);

struct legacy_repository {
	int64_t organization_id;
	const char *provider;      /* as the older system had it: "github" */
	const char *name;
	const char *external_id, *url;     /* or NULL */
};

/* 1: new, 0: the provider has one of this name already. */
int legacy_repository_insert(struct tx *tx, const struct legacy_repository *repository,
	int64_t now_us, struct err *err);

/* The repositories of a provider that have no integration and are not being deleted, by
 * id, after 'after_id'. */
int legacy_repository_list(struct tx *tx, int64_t organization_id, const char *provider,
	int64_t after_id, size_t max, int64_t *ret_ids, size_t *ret_len, struct err *err);

/* What an integration found behind it: the row becomes one of its own, and active if it
 * was disabled.  E_CONFLICT if the organization has that repository in another row. */
struct legacy_take {
	int64_t repository_id, integration_id;
	const char *provider, *external_id, *name, *url;   /* url NULL: leave what is there */
	int64_t now_us;
};
int legacy_repository_take(struct tx *tx, const struct legacy_take *take, struct err *err);

#endif
