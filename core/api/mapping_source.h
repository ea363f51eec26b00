/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * The repository behind a code mapping and the integration that can look into it.  Request
 * workers; private to core/api.
 */
#ifndef MORTISE_API_MAPPING_SOURCE_H
#define MORTISE_API_MAPPING_SOURCE_H

#include <stdbool.h>
#include <stdint.h>

#include "core/api/install.h"
#include "core/storage/repository.h"

struct code_mapping;
struct err;
struct source_file;

struct mapping_source {
	const struct api_call *call;
	struct install install;
	struct repository repository;
};

/* E_NOT_FOUND if the integration is not installed any more, its plugin is not loaded or
 * cannot read files, or the repository is gone.  Free with mapping_source_clear. */
int mapping_source_read(const struct api_call *call, const struct code_mapping *mapping,
	struct mapping_source *ret_source, struct err *err);
/* Is there such a file?  As source_file. */
int mapping_source_file(const struct mapping_source *source, const char *path, const char *ref,
	int64_t deadline_ms, struct source_file *ret_file, struct err *err);
/* The repository's CODEOWNERS file at the mapping's branch.  As source_codeowners. */
int mapping_source_codeowners(const struct mapping_source *source,
	const struct code_mapping *mapping, int64_t deadline_ms, struct source_file *ret_file,
	struct err *err);
void mapping_source_clear(struct mapping_source *source);
#define cleanup_mapping_source __attribute__((__cleanup__(mapping_source_clear)))

#endif
