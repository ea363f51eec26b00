/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
#include "config.h"
#include "core/api/repository_unmigratable.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "core/api/cursor.h"
#include "core/api/install.h"
#include "core/api/repository_json.h"
#include "core/base/clock.h"
#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/daemon/daemon.h"
#include "core/storage/legacy.h"
#include "core/storage/repository.h"
#include "core/storage/store.h"

#define REPOSITORIES_MAX 1000  /* of one provider */
#define INTEGRATIONS_MAX 10    /* of one provider; with more, nobody waits for all */
#define LIST_DEADLINE_MS 10000
#define ALL_MS 20000

/* One provider. */
struct search {
	struct api_call *call;
	const struct reg_provider *provider;
	int64_t until_ms;
	json_t *reached;           /* names that its integrations have, as a set */
	/* Set anew at each run: */
	int64_t ids[REPOSITORIES_MAX];
	size_t len;
	int64_t integrations[INTEGRATIONS_MAX + 1];
	size_t integration_len;
	json_t *list;              /* what is found */
};

/* ---- What is there ---- */

static int add_repositories(struct tx *tx, struct search *search, const char *provider,
	struct err *err)
{
	size_t len;
	int result = legacy_repository_list(tx, search->call->principal.organization_id, provider,
		0, REPOSITORIES_MAX - search->len, search->ids + search->len, &len, err);

	if (result == 0)
		search->len += len;
	return result;
}

static int find_repositories(struct tx *tx, struct search *search, struct err *err)
{
	const char *key = reg_row_key(search->provider);
	cleanup_free char *legacy = xstrdup(search->provider->repository_provider.legacy_ids);
	char *rest = NULL;

	search->len = 0;
	if (add_repositories(tx, search, key, err) < 0)
		return err->code;
	for (char *id = legacy ? strtok_r(legacy, ", ", &rest) : NULL; id;
		id = strtok_r(NULL, ", ", &rest))
		if (strcmp(id, key) != 0 && add_repositories(tx, search, id, err) < 0)
			return err->code;
	return 0;
}

static int find_in(struct tx *tx, void *arg, struct err *err)
{
	struct search *search = arg;
	struct keyset place;
	struct integration *rows;
	struct link *links;
	size_t len;

	search->integration_len = 0;
	if (find_repositories(tx, search, err) < 0 || search->len == 0)
		return err->code;
	keyset_start(KEYSET_TEXT, &place);
	place.limit = INTEGRATIONS_MAX + 1;
	if (integration_list(tx, search->call->principal.organization_id,
		    reg_row_key(search->provider), &place, &rows, &links, &len, err) < 0)
		return err->code;
	for (size_t i = 0; i < len; i++)
		if (rows[i].status == INTEGRATION_ACTIVE && links[i].status == INTEGRATION_ACTIVE)
			search->integrations[search->integration_len++] = rows[i].id;
	integration_list_free(rows, links, len);
	return 0;
}

/* ---- What is reached ---- */

/* What one integration reaches, noted; false if it cannot be asked. */
static bool ask_one(struct search *search, int64_t integration_id)
{
	cleanup_install struct install install = {0};
	cleanup_json json_t *input = json_pack("{s:n}", "query");
	cleanup_json json_t *output = NULL;
	cleanup_json json_t *effects = NULL;
	cleanup_err struct err fault = {0};
	json_t *offered;
	size_t i;

	if (clock_mono_ms() > search->until_ms ||
		install_read_id(search->call, integration_id, &install, &fault) < 0 ||
		!install.provider || !install.provider->has_repository_provider ||
		!install.provider->repository_provider.list ||
		install_call(search->call, &install, "repository:list", input, LIST_DEADLINE_MS,
			&output, &effects, &fault) < 0)
		return false;
	json_array_foreach(json_object_get(output, "repositories"), i, offered) {
		const char *name = json_string_value(json_object_get(offered, "identifier"));

		if (name)
			json_object_set_new(search->reached, name, json_true());
	}
	return true;
}

static bool ask_all(struct search *search)
{
	if (search->integration_len == 0 || search->integration_len > INTEGRATIONS_MAX)
		return false;
	for (size_t i = 0; i < search->integration_len; i++)
		if (!ask_one(search, search->integrations[i]))
			return false;
	return true;
}

/* ---- What is not ---- */

static int show_in(struct tx *tx, void *arg, struct err *err)
{
	struct search *search = arg;

	json_decref(search->list);
	search->list = json_array();
	for (size_t i = 0; i < search->len; i++) {
		cleanup_repository struct repository repository = {0};
		cleanup_err struct err gone = {0};
		int result = repository_get(tx, search->call->principal.organization_id,
			search->ids[i], &repository, &gone);

		if (result == MORTISE_E_NOT_FOUND)
			continue;
		if (result < 0)
			return err_move(err, &gone);
		if (!json_object_get(search->reached, repository.name))
			json_array_append_new(search->list,
				repository_json(search->call->daemon, &repository));
	}
	return 0;
}

static int search_provider(struct search *search, json_t *list, struct err *err)
{
	struct store *store = search->call->daemon->store;
	int result = store_read(store, find_in, search, err);

	if (result < 0 || search->len == 0 || !ask_all(search))
		return result;
	result = store_read(store, show_in, search, err);
	if (result == 0)
		json_array_extend(list, search->list);
	return result;
}

int repository_unmigratable(struct api_call *call, json_t **ret_list, struct err *err)
{
	size_t len;
	const struct reg_provider **all = providers_all(call->daemon->providers, &len);
	cleanup_json json_t *list = json_array();
	int64_t until_ms = clock_mono_ms() + ALL_MS;
	int result = 0;

	for (size_t i = 0; i < len; i++) {
		if (result == 0 && all[i]->has_repository_provider) {
			struct search search = {.call = call, .provider = all[i],
				.until_ms = until_ms, .reached = json_object()};

			result = search_provider(&search, list, err);
			json_decref(search.reached);
			json_decref(search.list);
		}
		registration_unref(all[i]->registration);
	}
	free(all);
	if (result == 0)
		*ret_list = steal(&list);
	return result;
}
