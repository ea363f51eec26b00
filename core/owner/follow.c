/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/* The task "codeowners_follow".  Job worker; what is in follow.h for the writer, there. */
#include "config.h"
#include "core/owner/follow.h"

#include <inttypes.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/err.h"
#include "core/base/log.h"
#include "core/base/mem.h"
#include "core/daemon/daemon.h"
#include "core/job/job.h"
#include "core/owner/source.h"
#include "core/storage/audit.h"
#include "core/storage/code_mapping.h"
#include "core/storage/codeowners.h"
#include "core/storage/integration.h"
#include "core/storage/repository.h"
#include "core/storage/store.h"

#define TASK "codeowners_follow"
#define AT_ONCE 20
#define FILE_DEADLINE_MS 10000

int follow_queue(struct tx *tx, const struct follow_new *follow, struct err *err)
{
	cleanup_free char *payload = xasprintf("{\"repository\":%" PRId64 "}", follow->repository_id);
	cleanup_free char *object = xasprintf("codeowners:%" PRId64, follow->repository_id);
	int64_t id;
	int result = codeowners_follows(tx, follow->repository_id, err);

	if (result <= 0)
		return result;
	result = job_insert(tx, &(struct job_new){
		.task = TASK,
		.provider = follow->provider,
		.integration_id = follow->integration_id,
		.link_id = follow->link_id,
		.object = object,
		.payload = payload,
		.now_us = follow->now_us,
		.origin = "system",
	}, &id, err);
	return result < 0 ? result : 1;
}

/* One run: the repository, and the mappings that follow it. */
struct following {
	struct job_run *run;
	struct repository repository;
	int64_t after;                 /* mapping that was done last */
	int64_t mapping_ids[AT_ONCE];
	size_t len;
	/* The one in work: */
	struct code_mapping mapping;
	struct codeowners codeowners;
	const char *content;
	int64_t now_us;
	bool changed;
};

static int read_repository_in(struct tx *tx, void *arg, struct err *err)
{
	struct following *f = arg;

	repository_clear(&f->repository);
	return repository_get(tx, f->run->organization_id,
		json_integer_value(json_object_get(f->run->payload, "repository")), &f->repository,
		err);
}

static int read_mappings_in(struct tx *tx, void *arg, struct err *err)
{
	struct following *f = arg;

	return codeowners_following(tx, f->repository.id, f->after, AT_ONCE, f->mapping_ids,
		&f->len, err);
}

static int read_one_in(struct tx *tx, void *arg, struct err *err)
{
	struct following *f = arg;
	int result;

	code_mapping_clear(&f->mapping);
	codeowners_clear(&f->codeowners);
	result = code_mapping_get(tx, f->run->organization_id, f->after, &f->mapping, err);
	return result < 0 ? result : codeowners_find(tx, f->after, &f->codeowners, err);
}

/* Unless it was changed, or taken away, while the file was read. */
static int write_in(struct tx *tx, void *arg, struct err *err)
{
	struct following *f = arg;
	cleanup_codeowners struct codeowners now = {0};
	int result = codeowners_find(tx, f->mapping.id, &now, err);

	f->changed = result == 1 && now.id == f->codeowners.id &&
		now.updated_at_us == f->codeowners.updated_at_us;
	if (result < 0 || !f->changed)
		return result < 0 ? result : 0;
	result = codeowners_update(tx, now.id, now.code_mapping_id, f->content, f->now_us, err);
	return result < 0 ? result : audit_insert(tx, &(struct audit_new){
		.organization_id = f->run->organization_id,
		.origin = f->run->origin,
		.event = "codeowners.edit",
		.kind = "codeowners",
		.id = f->codeowners.id,
		.now_us = f->now_us,
	}, err);
}

static int read_file(struct following *f, struct source_file *ret_file, struct err *err)
{
	return source_codeowners(&(struct source_request){
		.daemon = f->run->daemon,
		.scope = &f->run->scope,
		.job = f->run,
		.repository = &f->repository,
		.ref = f->mapping.branch,
		.deadline_ms = FILE_DEADLINE_MS,
	}, ret_file, err);
}

/* What is there stays when the file cannot be read. */
static int follow_one(struct following *f, struct err *err)
{
	cleanup_source_file struct source_file file = {0};
	int result = store_read(f->run->daemon->store, read_one_in, f, err);

	if (result < 0)
		return result;
	if (f->codeowners.id == 0 || f->mapping.integration_id != f->run->integration_id)
		return 0;
	result = read_file(f, &file, err);
	if (result < 0) {
		log_limited(MORTISE_LOG_WARNING, "codeowners.not_read",
			LOG_INT("project", f->mapping.project_id), LOG_INT("mapping", f->mapping.id),
			LOG_TEXT("reason", err_text(err)));
		return result == MORTISE_E_NOT_FOUND ? 0 : result;
	}
	if (strcmp(file.content, f->codeowners.raw) == 0)
		return 0;
	f->content = file.content;
	f->now_us = clock_now_us();
	return store_write(f->run->daemon->store, write_in, f, err);
}

/* The failure of one mapping, the first of them, is told when all were tried. */
static int follow_all(struct following *f, struct err *err)
{
	size_t changed = 0;

	do {
		if (store_read(f->run->daemon->store, read_mappings_in, f, err) < 0)
			return err->code;
		for (size_t i = 0; i < f->len; i++) {
			cleanup_err struct err problem = {0};

			f->changed = false;
			f->after = f->mapping_ids[i];
			if (follow_one(f, &problem) < 0 && problem.code != MORTISE_E_NOT_FOUND &&
				!err->code)
				err_move(err, &problem);
			changed += f->changed;
		}
	} while (f->len == AT_ONCE);
	f->run->outcome = xasprintf("%zu changed", changed);
	return err->code;
}

static int run_follow(struct job_run *run, void *arg, struct err *err)
{
	struct following f = {.run = run};
	int result;

	(void)arg;
	if (job_install(run, err) < 0)
		return err->code;
	run->scope = (struct call_scope){
		.kind = MORTISE_SCOPE_INSTALL,
		.provider = run->provider_ref,
		.integration_id = run->integration_id,
		.link_id = run->link_id,
		.organization_id = run->organization_id,
		.external_id = run->external_id,
		.origin = run->origin,
	};
	result = store_read(run->daemon->store, read_repository_in, &f, err);
	if (result == 0)
		result = follow_all(&f, err);
	repository_clear(&f.repository);
	code_mapping_clear(&f.mapping);
	codeowners_clear(&f.codeowners);
	return result;
}

void follow_setup(struct daemon *daemon)
{
	static const struct job_policy policy = {.attempts = 5, .delay_ms = 5000,
		.factor_percent = 100};

	jobs_add_task(daemon->jobs, TASK, &policy, run_follow, NULL);
}
