/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
#include "config.h"
#include "core/api/mapping_source.h"

#include "core/base/err.h"
#include "core/daemon/daemon.h"
#include "core/owner/source.h"
#include "core/storage/code_mapping.h"
#include "core/storage/store.h"

struct read {
	const struct code_mapping *mapping;
	struct repository *repository;
};

static int read_in(struct tx *tx, void *arg, struct err *err)
{
	struct read *read = arg;

	repository_clear(read->repository);
	return repository_get(tx, read->mapping->organization_id, read->mapping->repository_id,
		read->repository, err);
}

int mapping_source_read(const struct api_call *call, const struct code_mapping *mapping,
	struct mapping_source *ret_source, struct err *err)
{
	struct read read = {mapping, &ret_source->repository};

	ret_source->call = call;
	if (install_read_id(call, mapping->integration_id, &ret_source->install, err) < 0 ||
		store_read(call->daemon->store, read_in, &read, err) < 0)
		return err->code;
	if (!source_has_files(ret_source->install.provider) ||
		ret_source->install.integration.status != INTEGRATION_ACTIVE ||
		ret_source->install.link.status != INTEGRATION_ACTIVE)
		return err_set(err, MORTISE_E_NOT_FOUND,
			"the integration of this code mapping cannot read files");
	return 0;
}

static struct source_request request_of(const struct mapping_source *source,
	const struct call_scope *scope, const char *ref, int64_t deadline_ms)
{
	return (struct source_request){
		.daemon = source->call->daemon,
		.scope = scope,
		.repository = &source->repository,
		.ref = ref,
		.deadline_ms = deadline_ms,
	};
}

int mapping_source_file(const struct mapping_source *source, const char *path, const char *ref,
	int64_t deadline_ms, struct source_file *ret_file, struct err *err)
{
	const struct call_scope scope = install_scope(&source->install, source->call);
	struct source_request request = request_of(source, &scope, ref, deadline_ms);

	request.path = path;
	return source_file(&request, ret_file, err);
}

int mapping_source_codeowners(const struct mapping_source *source,
	const struct code_mapping *mapping, int64_t deadline_ms, struct source_file *ret_file,
	struct err *err)
{
	const struct call_scope scope = install_scope(&source->install, source->call);
	const struct source_request request = request_of(source, &scope, mapping->branch,
		deadline_ms);

	return source_codeowners(&request, ret_file, err);
}

void mapping_source_clear(struct mapping_source *source)
{
	install_clear(&source->install);
	repository_clear(&source->repository);
}
