/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
#include "config.h"
#include "core/api/code_mapping_change.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "core/api/body.h"
#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/storage/audit.h"
#include "core/storage/code_mapping.h"
#include "core/storage/codeowners.h"
#include "core/storage/link.h"
#include "core/storage/repository.h"

#define ROOT_MAX 512           /* characters; a database has to sort by it */
#define BRANCH_MAX 255

/* ---- What was sent ---- */

static const char *read_root(const struct body *in, const char *name)
{
	const char *root = body_text(in, name, ROOT_MAX, BODY_REQUIRED | BODY_BLANK);

	if (root && strpbrk(root, " \t\r\n\v\f'\"")) {
		err_field(in->err, name, "Path may not contain spaces or quotations");
		return NULL;
	}
	return root;
}

void code_mapping_read_roots(const struct body *in, struct code_mapping_wanted *wanted)
{
	wanted->stack_root = read_root(in, "stackRoot");
	wanted->source_root = read_root(in, "sourceRoot");
}

static bool is_branch(const char *text)
{
	size_t size = strlen(text);

	for (const char *c = text; *c; c++)
		if (!isalnum((unsigned char)*c) && !strchr("_.-/", *c) && !((unsigned char)*c & 0x80))
			return false;
	return size > 0 && text[0] != '/' && text[size - 1] != '/';
}

/* An empty one is none. */
void code_mapping_read_branch(const struct body *in, struct code_mapping_wanted *wanted)
{
	const char *branch = body_text(in, "defaultBranch", BRANCH_MAX, BODY_BLANK);

	if (!branch || !*branch)
		return;
	if (!is_branch(branch))
		err_field(in->err, "defaultBranch", "Branch name may only have letters, numbers, "
			"underscores, forward slashes, dots, and dashes. Branch name may not start or "
			"end with a forward slash.");
	wanted->branch = branch;
}

/* ---- What must hold ---- */

bool code_mapping_needs_branch(const char *provider)
{
	return strcmp(provider, "perforce") != 0;
}

static int check_integration(struct tx *tx, const struct api_call *call,
	const struct code_mapping_wanted *wanted, struct err *err)
{
	cleanup_integration struct integration integration = {0};
	cleanup_link struct link link = {0};
	cleanup_err struct err missing = {0};
	int result = link_find(tx, call->principal.organization_id, wanted->integration_id, &link,
		&missing);

	if (result == 0)
		result = integration_get(tx, wanted->integration_id, &integration, &missing);
	if (result < 0 && result != MORTISE_E_NOT_FOUND)
		return err_move(err, &missing);
	if (result < 0 || link.status > INTEGRATION_DISABLED)
		return err_set(err, MORTISE_E_NOT_FOUND, "this organization has no such integration");
	if (!wanted->branch && code_mapping_needs_branch(integration.provider))
		return err_field(err, "defaultBranch", "This field is required.");
	return 0;
}

static int check_repository(struct tx *tx, const struct api_call *call,
	const struct code_mapping_wanted *wanted, struct err *err)
{
	cleanup_repository struct repository repository = {0};
	cleanup_err struct err missing = {0};
	int result = repository_get(tx, call->principal.organization_id, wanted->repository_id,
		&repository, &missing);

	if (result < 0 && result != MORTISE_E_NOT_FOUND)
		return err_move(err, &missing);
	if (result < 0 || repository.status > INTEGRATION_DISABLED ||
		repository.integration_id != wanted->integration_id)
		return err_field(err, "repositoryId", "Repository does not exist");
	return 0;
}

int code_mapping_check(struct tx *tx, const struct api_call *call,
	const struct code_mapping_wanted *wanted, struct err *err)
{
	cleanup_project struct project project = {0};
	char id[24];

	snprintf(id, sizeof(id), "%" PRId64, wanted->project_id);
	if (access_project_find(tx, &call->principal, id, &project, err) < 0 ||
		check_integration(tx, call, wanted, err) < 0)
		return err->code;
	return check_repository(tx, call, wanted, err);
}

/* ---- The row ---- */

int code_mapping_audit(struct tx *tx, const struct api_call *call, const char *event,
	const struct code_mapping *mapping, int64_t now_us, struct err *err)
{
	cleanup_json json_t *data = json_pack("{s:I, s:I, s:s}", "project",
		(json_int_t)mapping->project_id, "repository", (json_int_t)mapping->repository_id,
		"stack_root", mapping->stack_root);

	return audit_insert(tx, &(struct audit_new){
		.organization_id = call->principal.organization_id,
		.origin = call->principal.origin,
		.event = event,
		.kind = "code_mapping",
		.id = mapping->id,
		.data = data,
		.now_us = now_us,
	}, err);
}

/* Put what was sent over a row. */
static void merge(struct code_mapping *mapping, const struct code_mapping_wanted *wanted)
{
	mapping->integration_id = wanted->integration_id;
	mapping->project_id = wanted->project_id;
	mapping->repository_id = wanted->repository_id;
	mapping->generated = false;
	free(mapping->stack_root);
	free(mapping->source_root);
	free(mapping->branch);
	mapping->stack_root = xstrdup(wanted->stack_root);
	mapping->source_root = xstrdup(wanted->source_root);
	mapping->branch = xstrdup(wanted->branch);
}

/* What the store said of the row, in the API's words. */
static int stored(int result, struct err *fault, struct err *err)
{
	if (result == MORTISE_E_CONFLICT)
		return err_field(err, "nonFieldErrors",
			"Code path config already exists with this project and stack trace root");
	if (result == MORTISE_E_FIELD)
		return err_field(err, "nonFieldErrors", "%s", err_text(fault));
	return result < 0 ? err_move(err, fault) : 0;
}

/* The row with the names around it, and its audit entry. */
static int show_and_audit(struct tx *tx, const struct api_call *call, const char *event, int64_t id,
	int64_t now_us, struct code_mapping *mapping, struct err *err)
{
	code_mapping_clear(mapping);
	if (code_mapping_get(tx, call->principal.organization_id, id, mapping, err) < 0)
		return err->code;
	return code_mapping_audit(tx, call, event, mapping, now_us, err);
}

int code_mapping_create(struct tx *tx, const struct api_call *call,
	const struct code_mapping_wanted *wanted, int64_t now_us,
	struct code_mapping *ret_mapping, struct err *err)
{
	cleanup_code_mapping struct code_mapping mapping = {
		.organization_id = call->principal.organization_id};
	cleanup_err struct err fault = {0};
	int64_t id;
	int result;

	merge(&mapping, wanted);
	result = code_mapping_insert(tx, &mapping, now_us, &id, &fault);
	if (stored(result, &fault, err) < 0)
		return err->code;
	return show_and_audit(tx, call, "code_mapping.add", id, now_us, ret_mapping, err);
}

int code_mapping_change(struct tx *tx, const struct api_call *call,
	const struct code_mapping_wanted *wanted, int64_t now_us, struct code_mapping *mapping,
	struct err *err)
{
	bool moves = mapping->project_id != wanted->project_id;
	cleanup_err struct err fault = {0};
	int result = moves ? codeowners_uses_mapping(tx, mapping->id, err) : 0;

	if (result < 0)
		return result;
	if (result == 1)
		return err_set(err, MORTISE_E_CONFLICT,
			"CODEOWNERS use this code mapping: delete those before it changes its project");
	merge(mapping, wanted);
	result = code_mapping_update(tx, mapping, now_us, &fault);
	if (stored(result, &fault, err) < 0)
		return err->code;
	return show_and_audit(tx, call, "code_mapping.edit", mapping->id, now_us, mapping, err);
}

int code_mapping_refused(struct api_call *call, const struct err *err)
{
	if (err->code != MORTISE_E_FORBIDDEN)
		return err->code;
	call->status = 403;
	call->reply = json_pack("{s:s}", "detail", err_text(err));
	return 0;
}
