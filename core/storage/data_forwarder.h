/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * Data forwarders of an organization, and which projects are enrolled in them.  Inside a
 * transaction; functions that change something belong in a write closure.
 */
#ifndef MORTISE_STORAGE_DATA_FORWARDER_H
#define MORTISE_STORAGE_DATA_FORWARDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include "core/storage/tx.h"

/* Of an organization: one for each provider, and some that have none yet. */
#define DATA_FORWARDERS_MAX 100

/* A set of texts by key, in two parts: core/forward/sealed.h takes it apart. */
struct forward_values {
	json_t *open;              /* what may be read by whoever reads the store: an object */
	unsigned char uid[16];     /* of the row, random */
	void *sealed;              /* the rest, for the row's column and uid; NULL: none */
	size_t sealed_size;
};

void forward_values_clear(struct forward_values *values);

struct data_forwarder {
	int64_t id, organization_id;
	char *name;
	char *provider;            /* or NULL: none chosen yet */
	bool enabled, enroll_new_projects;
	struct forward_values config;
	int64_t added_at_us, updated_at_us;
};

/* E_NOT_FOUND if the organization has none.  Free with data_forwarder_clear. */
int data_forwarder_get(struct tx *tx, int64_t organization_id, int64_t id,
	struct data_forwarder *ret_forwarder, struct err *err);
/* By id. */
int data_forwarder_list(struct tx *tx, int64_t organization_id, int64_t offset, int64_t limit,
	struct data_forwarder **ret_list, size_t *ret_len, struct err *err);
int data_forwarder_count(struct tx *tx, int64_t organization_id, int64_t *ret_len,
	struct err *err);
/* Both use all but the times of 'forwarder'; E_CONFLICT if the organization has one of
 * this provider already. */
int data_forwarder_insert(struct tx *tx, const struct data_forwarder *forwarder, int64_t now_us,
	int64_t *ret_id, struct err *err);
int data_forwarder_update(struct tx *tx, const struct data_forwarder *forwarder, int64_t now_us,
	struct err *err);
/* With all its enrolments. */
int data_forwarder_delete(struct tx *tx, int64_t organization_id, int64_t id, struct err *err);
void data_forwarder_clear(struct data_forwarder *forwarder);
void data_forwarder_list_free(struct data_forwarder *list, size_t len);
#define cleanup_data_forwarder __attribute__((__cleanup__(data_forwarder_clear)))

/* ---- Enrolments ---- */

struct data_forwarder_project {
	int64_t id, data_forwarder_id, project_id;
	bool enabled;
	struct forward_values overrides;
	char *slug, *platform;     /* of the project; platform may be NULL */
	int64_t added_at_us, updated_at_us;
};

/* 1 if there is one, 0 if not. */
int data_forwarder_project_find(struct tx *tx, int64_t data_forwarder_id, int64_t project_id,
	struct data_forwarder_project *ret_row, struct err *err);
/* By project id; those of projects that are being deleted are left out. */
int data_forwarder_project_list(struct tx *tx, int64_t data_forwarder_id,
	struct data_forwarder_project **ret_list, size_t *ret_len, struct err *err);
/* Enrol a project, or enable it again; its overrides stay. */
int data_forwarder_project_enable(struct tx *tx, int64_t data_forwarder_id, int64_t project_id,
	int64_t now_us, struct err *err);
/* Not enabled any more; the row and its overrides stay. */
int data_forwarder_project_disable(struct tx *tx, int64_t data_forwarder_id, int64_t project_id,
	int64_t now_us, struct err *err);
/* Write 'enabled' and 'overrides' of a row that is there. */
int data_forwarder_project_update(struct tx *tx, const struct data_forwarder_project *row,
	int64_t now_us, struct err *err);
/* Not enrolled any more; the overrides go too. */
int data_forwarder_project_delete(struct tx *tx, int64_t data_forwarder_id, int64_t project_id,
	struct err *err);
void data_forwarder_project_clear(struct data_forwarder_project *row);
void data_forwarder_project_list_free(struct data_forwarder_project *list, size_t len);
#define cleanup_data_forwarder_project \
	__attribute__((__cleanup__(data_forwarder_project_clear)))

/* A new project: enrol it in every enabled forwarder that wants new ones. */
int data_forwarder_enroll(struct tx *tx, int64_t organization_id, int64_t project_id,
	int64_t now_us, struct err *err);

#endif
