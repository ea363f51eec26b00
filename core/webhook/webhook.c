/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/* Webhooks' life: the route, the task, the sets of each provider. */
#include "config.h"
#include "core/webhook/webhook.h"

#include <string.h>

#include "core/base/err.h"
#include "core/base/log.h"
#include "core/base/mem.h"
#include "core/daemon/daemon.h"
#include "core/http/http.h"
#include "core/job/job.h"
#include "core/provider/provider.h"
#include "core/storage/store.h"
#include "core/storage/webhook.h"
#include "core/webhook/webhook_private.h"

struct webhooks *webhooks_new(struct daemon *daemon)
{
	struct webhooks *webhooks = new(struct webhooks);

	webhooks->daemon = daemon;
	webhooks->subjects = subject_table_new(daemon);
	pthread_mutex_init(&webhooks->lock, NULL);
	http_server_add(daemon->http, &(struct http_route){
		.method = "*",
		.pattern = "/extensions/{slug}/{rest*}",
		.handler = intake_handle,
		.admit = intake_admit,
		.pool = daemon->intake_pool,
		.arg = webhooks,
	});
	jobs_add_task(daemon->jobs, WEBHOOK_TASK, &(struct job_policy){0}, webhook_run_job, NULL);
	return webhooks;
}

void webhooks_set_others(struct webhooks *webhooks, const struct http_route *others)
{
	webhooks->others = *others;
}

void webhooks_free(struct webhooks *webhooks)
{
	if (!webhooks)
		return;
	for (size_t i = 0; i < webhooks->set_len; i++)
		webhook_set_unref(webhooks->sets[i]);
	subject_table_free(webhooks->subjects);
	pthread_mutex_destroy(&webhooks->lock);
	free(webhooks);
}

void webhooks_forget(struct webhooks *webhooks, int64_t integration_id)
{
	/* Reading a subject again costs less than knowing whose it was. */
	(void)integration_id;
	subject_table_forget(webhooks->subjects);
}

void webhooks_forget_all(struct webhooks *webhooks)
{
	subject_table_forget(webhooks->subjects);
}

/* Under lock: the set made from just this registration. */
static struct webhook_set *find_made(struct webhooks *webhooks, const struct reg_provider *provider)
{
	for (size_t i = 0; i < webhooks->set_len; i++)
		if (webhooks->sets[i]->provider == provider)
			return webhook_set_ref(webhooks->sets[i]);
	return NULL;
}

/* Under lock: keep a set, in the place of an older one of the same provider. */
static void keep_made(struct webhooks *webhooks, struct webhook_set *set)
{
	size_t i = 0;

	while (i < webhooks->set_len && strcmp(webhooks->sets[i]->provider->provider.key,
			set->provider->provider.key) != 0)
		i++;
	if (i == WEBHOOK_SETS_MAX)
		return;
	if (i < webhooks->set_len)
		webhook_set_unref(webhooks->sets[i]);
	else
		webhooks->set_len++;
	webhooks->sets[i] = webhook_set_ref(set);
}

static void tell_unusable(const struct webhook_set *set)
{
	for (size_t i = 0; i < set->len; i++)
		if (set->plans[i].unusable)
			log_error("webhook.unusable",
				LOG_TEXT("provider", set->provider->provider.key),
				LOG_TEXT("webhook", set->plans[i].name),
				LOG_TEXT("reason", set->plans[i].unusable));
}

struct webhook_set *webhooks_find(struct webhooks *webhooks, const char *slug)
{
	const struct reg_provider *provider =
		providers_find_slug(webhooks->daemon->providers, slug);
	struct webhook_set *set;

	if (!provider)
		return NULL;
	pthread_mutex_lock(&webhooks->lock);
	set = find_made(webhooks, provider);
	pthread_mutex_unlock(&webhooks->lock);
	if (set) {
		registration_unref(provider->registration);
		return set;
	}
	set = webhook_set_new(webhooks->daemon, provider);
	tell_unusable(set);
	/* Another registration may name other keys. */
	subject_table_forget(webhooks->subjects);
	pthread_mutex_lock(&webhooks->lock);
	keep_made(webhooks, set);
	pthread_mutex_unlock(&webhooks->lock);
	return set;
}
