/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * The task "migrate_repo": a repository without an integration becomes one of the
 * integration that can work with it, with all commits it has here.  One that was disabled
 * is active again; one that is being deleted stays so.
 */
#include "config.h"
#include "core/sync/migrate.h"

#include "core/base/err.h"
#include "core/base/log.h"
#include "core/base/mem.h"
#include "core/daemon/daemon.h"
#include "core/provider/provider.h"
#include "core/storage/integration.h"
#include "core/storage/job.h"
#include "core/storage/legacy.h"
#include "core/storage/repository.h"
#include "core/storage/store.h"

struct work {
	int64_t organization_id, id;
	struct repository repository;
	json_t *output;                /* of repository:get */
	char *provider_id;
};

static int load_in(struct tx *tx, void *arg, struct err *err)
{
	struct work *work = arg;

	repository_clear(&work->repository);
	return repository_get(tx, work->organization_id, work->id, &work->repository, err);
}

static void work_free(void *arg)
{
	struct work *work = arg;

	repository_clear(&work->repository);
	json_decref(work->output);
	free(work->provider_id);
	free(work);
}

static const char *text_of(const struct work *work, const char *name)
{
	return json_string_value(json_object_get(work->output, name));
}

static int settle(struct tx *tx, struct job_run *run, const struct job_end *end, struct err *err)
{
	struct work *work = run->settle_arg;

	if (end->status != JOB_DONE || !work->output)
		return 0;
	return legacy_repository_take(tx, &(struct legacy_take){
		.repository_id = work->id,
		.integration_id = run->integration_id,
		.provider = work->provider_id,
		.external_id = text_of(work, "external_id"),
		.name = text_of(work, "name"),
		.url = text_of(work, "url"),
		.now_us = end->now_us,
	}, err);
}

/* Can the integration work with it?  That is what repository:get answers. */
static int look(struct job_run *run, struct work *work, struct err *err)
{
	cleanup_json json_t *input = json_pack("{s:s}", "identifier", work->repository.name);
	struct call_request request = {
		.callback = "repository:get",
		.input = input,
		.deadline_ms = run->deadline_ms,
		.job = run,
		.solo = run->solo,
		.ret_death = &run->death,
	};

	run->subject = xstrdup(run->external_id);
	run->scope = (struct call_scope){
		.kind = MORTISE_SCOPE_INSTALL,
		.provider = run->provider_ref,
		.integration_id = run->integration_id,
		.link_id = run->link_id,
		.organization_id = run->organization_id,
		.external_id = run->subject,
		.origin = run->origin,
	};
	request.scope = run->scope;
	if (provider_call(run->daemon->providers, &request, &work->output, &run->effects, err) < 0)
		return err->code;
	if (!text_of(work, "external_id") || !text_of(work, "name"))
		return err_set(err, MORTISE_E_INTERNAL,
			"repository:get of %s gave no \"external_id\" or no \"name\"", run->provider);
	log_info("repo.migrated", LOG_INT("repository", work->id),
		LOG_INT("integration", run->integration_id), LOG_INT("job", run->id));
	run->outcome = xasprintf("\"%s\" is the integration's now", text_of(work, "name"));
	return 0;
}

int migrate_repo(struct job_run *run, void *arg, struct err *err)
{
	struct work *work = new(struct work);

	(void)arg;
	run->settle = settle;
	run->settle_arg = work;
	run->settle_free = work_free;
	work->organization_id = run->organization_id;
	work->id = json_integer_value(json_object_get(run->payload, "repo"));
	if (!run->external_id || run->organization_id == 0)
		return err_set(err, MORTISE_E_NOT_FOUND, "its integration is gone");
	if (store_read(run->daemon->store, load_in, work, err) < 0)
		return err->code;
	if (work->repository.integration_id > 0) {
		run->outcome = xstrdup("skipped: it has an integration already");
		return 0;
	}
	run->provider_ref = providers_find(run->daemon->providers, run->provider);
	if (!run->provider_ref || !run->provider_ref->has_repository_provider)
		return err_set(err, MORTISE_E_UNSUPPORTED, "no plugin registers repositories of \"%s\" "
			"any more; load its plugin, then retry the job", run->provider);
	work->provider_id = xstrdup(run->provider_ref->repository_provider.id);
	return look(run, work, err);
}
