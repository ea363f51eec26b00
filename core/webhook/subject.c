/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
#include "config.h"
#include "core/webhook/subject.h"

#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/daemon/daemon.h"
#include "core/provider/provider.h"
#include "core/storage/link.h"
#include "core/storage/store.h"
#include "core/vault/slot.h"
#include "core/webhook/scheme.h"

#define TABLE_LEN 256
#define LIFE_MS 30000
/* Links of one integration that webhooks reach. */
#define LINKS_MAX 1024
#define LINKS_STEP 64

/* The subject as others see it, and how many hold it. */
struct counted {
	struct subject subject;
	atomic_size_t references;
};

struct entry {
	const struct subject *subject; /* NULL: free */
	uint64_t generation;
	int64_t until_ms;
};

struct subject_table {
	struct daemon *daemon;
	_Atomic uint64_t generation;
	pthread_mutex_t lock;
	struct entry entries[TABLE_LEN];       /* under lock; place by hash of the name */
};

struct subject_table *subject_table_new(struct daemon *daemon)
{
	struct subject_table *table = new(struct subject_table);

	table->daemon = daemon;
	pthread_mutex_init(&table->lock, NULL);
	return table;
}

void subject_table_free(struct subject_table *table)
{
	if (!table)
		return;
	for (size_t i = 0; i < TABLE_LEN; i++)
		subject_unref(table->entries[i].subject);
	pthread_mutex_destroy(&table->lock);
	free(table);
}

void subject_table_forget(struct subject_table *table)
{
	atomic_fetch_add(&table->generation, 1);
}

static void clear_keys(struct subject_keys keys[TOKEN_REGISTERED_MAX])
{
	for (size_t i = 0; i < TOKEN_REGISTERED_MAX; i++)
		for (size_t j = 0; j < keys[i].len; j++)
			scheme_key_free(keys[i].keys[j]);
}

static void clear_integration(struct subject_integration *integration)
{
	clear_keys(integration->keys);
	for (size_t i = 0; i < integration->link_len; i++)
		clear_keys(integration->links[i].keys);
	free(integration->links);
}

void subject_unref(const struct subject *subject)
{
	/* Constant for those who hold it; the last one gives it back. */
	struct counted *counted = (struct counted *)(uintptr_t)subject;

	if (!subject || atomic_fetch_sub(&counted->references, 1) > 1)
		return;
	clear_keys(counted->subject.keys);
	for (size_t i = 0; i < counted->subject.len; i++)
		clear_integration(&counted->subject.integrations[i]);
	free(counted->subject.name);
	free(counted);
}

/* ---- The table ---- */

static struct entry *place_of(struct subject_table *table, const char *name)
{
	uint32_t hash = UINT32_C(2166136261);

	for (; *name; name++)
		hash = (hash ^ (unsigned char)*name) * UINT32_C(16777619);
	return &table->entries[hash % TABLE_LEN];
}

static const struct subject *look_up(struct subject_table *table, const char *name)
{
	struct entry *entry = place_of(table, name);
	const struct subject *subject = NULL;

	pthread_mutex_lock(&table->lock);
	if (entry->subject && entry->generation == atomic_load(&table->generation) &&
		clock_mono_ms() < entry->until_ms && strcmp(entry->subject->name, name) == 0) {
		subject = entry->subject;
		atomic_fetch_add(&((struct counted *)(uintptr_t)subject)->references, 1);
	}
	pthread_mutex_unlock(&table->lock);
	return subject;
}

static void keep(struct subject_table *table, const struct subject *subject, uint64_t generation)
{
	struct entry *entry = place_of(table, subject->name);
	const struct subject *before;

	atomic_fetch_add(&((struct counted *)(uintptr_t)subject)->references, 1);
	pthread_mutex_lock(&table->lock);
	before = entry->subject;
	*entry = (struct entry){subject, generation, clock_mono_ms() + LIFE_MS};
	pthread_mutex_unlock(&table->lock);
	subject_unref(before);
}

/* ---- Reading ---- */

struct read {
	const char *provider, *external_id;
	bool all_links;                /* else one says enough */
	struct subject *subject;
};

static int read_links(struct tx *tx, struct subject_integration *integration, bool all,
	struct err *err)
{
	size_t max = all ? LINKS_MAX : 1, len = 1;
	int64_t after = 0;

	integration->links = xcalloc(max, sizeof(*integration->links));
	while (len > 0 && integration->link_len < max) {
		struct link links[LINKS_STEP];
		size_t left = max - integration->link_len;
		int result = link_list_active(tx, integration->id, after,
			left < LINKS_STEP ? left : LINKS_STEP, links, &len, err);

		if (result < 0)
			return result;
		for (size_t i = 0; i < len; i++) {
			after = links[i].id;
			integration->links[integration->link_len++] = (struct subject_link){
				.id = links[i].id,
				.organization_id = links[i].organization_id,
			};
			link_clear(&links[i]);
		}
	}
	return 0;
}

static int read_in(struct tx *tx, void *arg, struct err *err)
{
	const struct read *read = arg;
	struct subject *subject = read->subject;
	int64_t ids[SUBJECT_INTEGRATIONS_MAX];
	size_t len;
	int result = integration_find_subject(tx, read->provider, read->external_id,
		SUBJECT_INTEGRATIONS_MAX, ids, &len, err);

	for (size_t i = 0; result == 0 && i < len; i++) {
		cleanup_integration struct integration row = {0};
		struct subject_integration *integration = &subject->integrations[i];

		result = integration_get(tx, ids[i], &row, err);
		if (result < 0)
			break;
		*integration = (struct subject_integration){
			.id = row.id,
			.active = row.status == INTEGRATION_ACTIVE,
		};
		subject->len = i + 1;
		result = read_links(tx, integration, read->all_links, err);
	}
	return result;
}

/* The values of one slot in this scope; an empty slot has none. */
static int read_slot(struct daemon *daemon, const struct webhook_plan *plan, const char *slot,
	const struct call_scope *scope, struct subject_keys *keys, struct err *err)
{
	cleanup_err struct err why = {0};
	struct secret *current = NULL, *previous = NULL;
	int result = slot_read_both(daemon, scope, slot, &current, &previous, &why);

	if (result == MORTISE_E_NOT_FOUND)
		return 0;
	if (result < 0)
		return err_move(err, &why);
	keys->keys[keys->len++] = scheme_key_new(plan->reg, current);
	if (previous)
		keys->keys[keys->len++] = scheme_key_new(plan->reg, previous);
	return 0;
}

/* Those of the webhook's slots that begin with 'prefix'. */
static int read_keys(struct daemon *daemon, const struct webhook_plan *plan, const char *prefix,
	const struct call_scope *scope, struct subject_keys keys[TOKEN_REGISTERED_MAX],
	struct err *err)
{
	int result = 0;

	for (size_t i = 0; result == 0 && i < plan->slot_len; i++)
		if (webhook_is_slot(plan->slots[i], prefix))
			result = read_slot(daemon, plan, plan->slots[i], scope, &keys[i], err);
	return result;
}

static int read_integration_keys(struct daemon *daemon, const struct webhook_plan *plan,
	struct call_scope scope, struct subject_integration *integration, struct err *err)
{
	int result;

	scope.integration_id = integration->id;
	scope.kind = MORTISE_SCOPE_INTEGRATION;
	result = read_keys(daemon, plan, "integration:", &scope, integration->keys, err);
	scope.kind = MORTISE_SCOPE_INSTALL;
	for (size_t i = 0; result == 0 && i < integration->link_len; i++) {
		scope.link_id = integration->links[i].id;
		scope.organization_id = integration->links[i].organization_id;
		result = read_keys(daemon, plan, "install:", &scope, integration->links[i].keys,
			err);
	}
	return result;
}

static int read_all_keys(struct daemon *daemon, const struct webhook_set *set,
	const struct webhook_plan *plan, const char *external_id, struct subject *subject,
	struct err *err)
{
	struct call_scope scope = {
		.kind = MORTISE_SCOPE_PROVIDER,
		.provider = set->provider,
		.external_id = external_id,
	};
	int result = 0;

	if (*external_id == '\0')
		return read_keys(daemon, plan, "provider:", &scope, subject->keys, err);
	for (size_t i = 0; result == 0 && i < subject->len; i++)
		result = read_integration_keys(daemon, plan, scope, &subject->integrations[i], err);
	return result;
}

static int read_subject(struct subject_table *table, const struct webhook_set *set,
	const struct webhook_plan *plan, const char *external_id, struct subject *subject,
	struct err *err)
{
	struct read read = {
		.provider = reg_row_key(set->provider),
		.external_id = external_id,
		.all_links = plan->reg->webhook.scope == MORTISE_SCOPE_INSTALL ||
			webhook_has_slot(plan, "install:"),
		.subject = subject,
	};
	int result = 0;

	if (*external_id)
		result = store_read(table->daemon->store, read_in, &read, err);
	if (result == 0)
		result = read_all_keys(table->daemon, set, plan, external_id, subject, err);
	return result;
}

int subject_get(struct subject_table *table, const struct webhook_set *set,
	const struct webhook_plan *plan, const char *external_id, const struct subject **ret_subject,
	struct err *err)
{
	cleanup_free char *name = xasprintf("%s/%s/%s", set->provider->provider.key, plan->name,
		external_id);
	uint64_t generation = atomic_load(&table->generation);
	const struct subject *known = look_up(table, name);
	struct counted *counted;
	int result;

	if (known) {
		*ret_subject = known;
		return 0;
	}
	counted = new(struct counted);
	atomic_init(&counted->references, 1);
	counted->subject.name = steal(&name);
	result = read_subject(table, set, plan, external_id, &counted->subject, err);
	if (result < 0) {
		subject_unref(&counted->subject);
		return result;
	}
	/* What nobody knows is not kept: a stranger may name anything. */
	if (counted->subject.len > 0 || *external_id == '\0')
		keep(table, &counted->subject, generation);
	*ret_subject = &counted->subject;
	return 0;
}
