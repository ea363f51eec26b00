/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * Effects on code: repositories, commits, pull requests and their people.  Each
 * reaches every organization that the call's scope reaches.  A commit or a pull
 * request is stored where the repository is active and belongs to this integration;
 * issues that it says it resolves are linked to it.  Store writer thread.
 */
#include "config.h"
#include "core/effect/effect_private.h"

#include <inttypes.h>
#include <string.h>

#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/issue/change.h"
#include "core/issue/commit.h"
#include "core/owner/follow.h"
#include "core/owner/source.h"
#include "core/provider/provider.h"
#include "core/storage/audit.h"
#include "core/storage/commit.h"
#include "core/storage/external_actor.h"
#include "core/storage/integration.h"
#include "core/storage/pull_request.h"
#include "core/storage/repository.h"

#define ORGANIZATIONS_AT_ONCE 100

/* One effect in one organization. */
struct target {
	struct tx *tx;
	struct effect_context *context;
	const json_t *record;
	int64_t integration_id, organization_id, link_id;
};

/* An outcome (effect_private.h) or a negative code. */
typedef int each_fn(const struct target *target, struct err *err);

static int for_each_organization(struct tx *tx, struct effect_context *context,
	const json_t *record, each_fn *each, struct err *err)
{
	int64_t organizations[ORGANIZATIONS_AT_ONCE], links[ORGANIZATIONS_AT_ONCE];
	struct target target = {.tx = tx, .context = context, .record = record};
	int outcome = EFFECT_SKIPPED;
	int64_t after = 0;
	size_t len;
	int result = effect_integration_id(tx, context, &target.integration_id, err);

	if (result < 0)
		return result;
	do {
		result = effect_organizations(tx, context, after, ORGANIZATIONS_AT_ONCE, organizations,
			links, &len, err);
		if (result < 0)
			return result;
		for (size_t i = 0; i < len; i++) {
			target.organization_id = organizations[i];
			target.link_id = links[i];
			result = each(&target, err);
			if (result < 0)
				return result;
			outcome = effect_join(outcome, result);
			after = links[i];
		}
	} while (len == ORGANIZATIONS_AT_ONCE);
	return outcome;
}

/* The id that repositories of this provider carry, or NULL. */
static const char *repository_provider(const struct target *target)
{
	const struct reg_provider *provider = target->context->scope->provider;

	return provider->has_repository_provider ? provider->repository_provider.id : NULL;
}

static int audit_repository(const struct target *target, const char *event, int64_t id,
	struct err *err)
{

	return audit_insert(target->tx, &(struct audit_new){
		.organization_id = target->organization_id,
		.origin = target->context->scope->origin,
		.event = event,
		.kind = "repository",
		.id = id,
		.now_us = target->context->now_us,
	}, err);
}

/* ---- Repositories ---- */

static enum repository_mode parse_mode(const char *text)
{
	if (text && strcmp(text, "refresh") == 0)
		return REPOSITORY_REFRESH;
	return text && strcmp(text, "enable") == 0 ? REPOSITORY_ENABLE : REPOSITORY_CREATE;
}

static int put_repository(const struct target *target, struct err *err)
{
	const json_t *record = target->record;
	const json_t *config = json_object_get(record, "config");
	int64_t id = 0;
	int result = repository_put(target->tx, &(struct repository_put){
		.organization_id = target->organization_id,
		.integration_id = target->integration_id,
		.provider = repository_provider(target),
		.external_id = effect_text(record, "external_id"),
		.name = effect_text(record, "name"),
		.url = effect_text(record, "url"),
		.branch = effect_text(record, "branch"),
		.config = json_is_object(config) ? config : NULL,
		.mode = parse_mode(effect_text(record, "mode")),
		.now_us = target->context->now_us,
	}, &id, err);

	switch (result) {
	case REPOSITORY_UNCHANGED:
		return EFFECT_UNCHANGED;
	case REPOSITORY_CHANGED:
		return EFFECT_APPLIED;
	case REPOSITORY_CREATED:
		result = audit_repository(target, "repo.add", id, err);
		return result < 0 ? result : EFFECT_APPLIED;
	case REPOSITORY_ENABLED:
		result = audit_repository(target, "repo.enable", id, err);
		return result < 0 ? result : EFFECT_APPLIED;
	default:
		return result < 0 ? result : EFFECT_SKIPPED;
	}
}

static int check_provider(const struct effect_context *context, struct err *err)
{
	if (context->scope->provider->has_repository_provider)
		return 0;
	return err_set(err, MORTISE_E_INTERNAL, "provider \"%s\" has no repositories: register a "
		"repository provider", context->scope->provider->provider.key);
}

int effect_repository_put(struct tx *tx, struct effect_context *context, const json_t *record,
	struct err *err)
{
	int result = check_provider(context, err);

	return result < 0 ? result : for_each_organization(tx, context, record, put_repository, err);
}

/* The repository that 'member' of the record names, if this integration has it here.
 * 1: found. */
static int find_repository(const struct target *target, const char *member,
	struct repository *ret_repository, struct err *err)
{
	int result = repository_find(target->tx, target->organization_id, repository_provider(target),
		effect_text(target->record, member), ret_repository, err);

	if (result == 1 && ret_repository->integration_id != target->integration_id) {
		repository_clear(ret_repository);
		return 0;
	}
	return result;
}

static int set_status(const struct target *target, struct err *err)
{
	bool active = strcmp(effect_text(target->record, "status"), "active") == 0;
	int status = active ? INTEGRATION_ACTIVE : INTEGRATION_DISABLED;
	cleanup_repository struct repository repository = {0};
	int result;

	if (json_is_true(json_object_get(target->record, "all"))) {
		result = repository_set_status_all(target->tx, target->organization_id,
			target->integration_id, status, target->context->now_us, err);
		return result < 0 ? result : result > 0 ? EFFECT_APPLIED : EFFECT_UNCHANGED;
	}
	result = find_repository(target, "external_id", &repository, err);
	if (result != 1)
		return result < 0 ? result : EFFECT_SKIPPED;
	result = repository_set_status(target->tx, repository.id, status, target->context->now_us, err);
	if (result <= 0)
		return result;
	result = audit_repository(target, active ? "repo.enable" : "repo.disable", repository.id, err);
	return result < 0 ? result : EFFECT_APPLIED;
}

int effect_repository_status(struct tx *tx, struct effect_context *context, const json_t *record,
	struct err *err)
{
	int result = check_provider(context, err);

	return result < 0 ? result : for_each_organization(tx, context, record, set_status, err);
}

/* 1: found and active. */
static int find_active(const struct target *target, const char *member,
	struct repository *ret_repository, struct err *err)
{
	int result = find_repository(target, member, ret_repository, err);

	if (result == 1 && ret_repository->status != INTEGRATION_ACTIVE) {
		repository_clear(ret_repository);
		return 0;
	}
	return result;
}

static int add_languages(const struct target *target, struct err *err)
{
	cleanup_repository struct repository repository = {0};
	int result = find_active(target, "external_id", &repository, err);

	if (result != 1)
		return result < 0 ? result : EFFECT_SKIPPED;
	result = repository_add_languages(target->tx, &repository,
		json_object_get(target->record, "languages"), target->context->now_us, err);
	return result < 0 ? result : result > 0 ? EFFECT_APPLIED : EFFECT_UNCHANGED;
}

int effect_repository_languages(struct tx *tx, struct effect_context *context,
	const json_t *record, struct err *err)
{
	int result = check_provider(context, err);

	return result < 0 ? result : for_each_organization(tx, context, record, add_languages, err);
}

/* ---- Commits and pull requests ---- */

/* 'rename': a commit knows the author's name, a pull request only the login. */
static int put_author(const struct target *target, bool rename, int64_t *ret_id, struct err *err)
{
	const json_t *author = json_object_get(target->record, "author");

	*ret_id = 0;
	if (!json_is_object(author))
		return 0;
	return commit_author_put(target->tx, &(struct commit_author_put){
		.organization_id = target->organization_id,
		.email = effect_text(author, "email"),
		.name = effect_text(author, "name"),
		.external_id = effect_text(author, "external_id"),
		.anonymous = json_is_true(json_object_get(author, "anonymous")),
		.rename = rename,
	}, ret_id, err);
}

static int add_files(const struct target *target, int64_t commit_id, struct err *err)
{
	json_t *file;
	size_t i;

	json_array_foreach(json_object_get(target->record, "files"), i, file) {
		int result = commit_file_insert(target->tx, commit_id,
			json_string_value(json_array_get(file, 0)),
			json_string_value(json_array_get(file, 1)), err);

		if (result < 0)
			return result;
	}
	return EFFECT_APPLIED;
}

static bool touches_codeowners(const struct target *target)
{
	json_t *file;
	size_t i;

	json_array_foreach(json_object_get(target->record, "files"), i, file)
		if (source_is_codeowners(target->context->scope->provider,
			    json_string_value(json_array_get(file, 1))))
			return true;
	return false;
}

/* The file is read again, once for all the commits of a push. */
static int follow_codeowners(const struct target *target, int64_t repository_id, struct err *err)
{
	struct effect_context *context = target->context;
	int result;

	if (context->followed_repository_id == repository_id || !touches_codeowners(target))
		return 0;
	result = follow_queue(target->tx, &(struct follow_new){
		.repository_id = repository_id,
		.integration_id = target->integration_id,
		.link_id = target->link_id,
		.provider = context->scope->provider->provider.key,
		.now_us = context->now_us,
	}, err);
	if (result >= 0)
		context->followed_repository_id = repository_id;
	return result < 0 ? result : 0;
}

/* The author stands for himself where he is known; the origin is the integration. */
static struct issue_actor actor_of(const struct target *target)
{
	return (struct issue_actor){
		.origin = target->context->scope->origin,
		.now_us = target->context->now_us,
	};
}

static int add_commit(const struct target *target, struct err *err)
{
	cleanup_repository struct repository repository = {0};
	const char *sha = effect_text(target->record, "sha");
	struct commit_new commit = {
		.organization_id = target->organization_id,
		.sha = sha,
		.message = effect_text(target->record, "message"),
		.committed_at_us = json_integer_value(json_object_get(target->record, "time_ms")) * 1000,
		.now_us = target->context->now_us,
	};
	const struct issue_actor actor = actor_of(target);
	int64_t id;
	int result = find_active(target, "repository", &repository, err);

	if (result != 1)
		return result < 0 ? result : EFFECT_SKIPPED;
	result = follow_codeowners(target, repository.id, err);
	if (result < 0)
		return result;
	/* A known one is skipped whole: not even its author is touched. */
	result = commit_exists(target->tx, repository.id, sha, err);
	if (result != 0)
		return result < 0 ? result : EFFECT_UNCHANGED;
	result = put_author(target, true, &commit.author_id, err);
	if (result < 0)
		return result;
	commit.repository_id = repository.id;
	result = commit_insert(target->tx, &commit, &id, err);
	if (result != 1)
		return result < 0 ? result : EFFECT_UNCHANGED;
	result = add_files(target, id, err);
	if (result >= 0)
		result = commit_link_issues(target->tx, id, &actor, err);
	return result < 0 ? result : EFFECT_APPLIED;
}

int effect_commit(struct tx *tx, struct effect_context *context, const json_t *record,
	struct err *err)
{
	int result = check_provider(context, err);

	return result < 0 ? result : for_each_organization(tx, context, record, add_commit, err);
}

static int put_pull_request(const struct target *target, struct err *err)
{
	cleanup_repository struct repository repository = {0};
	cleanup_pull_request struct pull_request pull = {0};
	const struct issue_actor actor = actor_of(target);
	struct pull_request_put put = {
		.organization_id = target->organization_id,
		.number = effect_text(target->record, "number"),
		.title = effect_text(target->record, "title"),
		.body = effect_text(target->record, "body"),
		.merge_commit_sha = effect_text(target->record, "merge_commit_sha"),
		.now_us = target->context->now_us,
	};
	int result = find_active(target, "repository", &repository, err);

	if (result != 1)
		return result < 0 ? result : EFFECT_SKIPPED;
	result = put_author(target, false, &put.author_id, err);
	if (result < 0)
		return result;
	put.repository_id = repository.id;
	result = pull_request_put(target->tx, &put, err);
	if (result <= 0)
		return result < 0 ? result : EFFECT_UNCHANGED;
	result = pull_request_find(target->tx, put.repository_id, put.number, &pull, err);
	if (result == 1)
		result = pull_request_link_issues(target->tx, pull.id, &actor, err);
	return result < 0 ? result : EFFECT_APPLIED;
}

int effect_pull_request(struct tx *tx, struct effect_context *context, const json_t *record,
	struct err *err)
{
	int result = check_provider(context, err);

	return result < 0 ? result : for_each_organization(tx, context, record, put_pull_request, err);
}

static int add_actor(const struct target *target, struct err *err)
{
	int result = external_actor_add_by_email(target->tx, &(struct external_actor_new){
		.organization_id = target->organization_id,
		.integration_id = target->integration_id,
		.provider = reg_row_key(target->context->scope->provider),
		.name = effect_text(target->record, "name"),
		.external_id = effect_text(target->record, "external_id"),
		.email = effect_text(target->record, "email"),
		.source = "commit_author",
		.now_us = target->context->now_us,
	}, err);

	return result < 0 ? result : result > 0 ? EFFECT_APPLIED : EFFECT_UNCHANGED;
}

int effect_actor(struct tx *tx, struct effect_context *context, const json_t *record,
	struct err *err)
{
	return for_each_organization(tx, context, record, add_actor, err);
}
