/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * The task "learn": dictionaries for bodies at rest (core/storage/dictionary.h), learned
 * from samples of what is stored and tried on the newest, which they did not see.
 *
 * A new one takes the place of the one before, or of none, where it makes bodies a fifth
 * smaller.  One that is old goes in any case: it has pieces of bodies, and what was deleted
 * must not live on in it.
 */
#include "config.h"

#include "core/base/clock.h"
#include "core/base/err.h"
#include "core/base/log.h"
#include "core/base/mem.h"
#include "core/base/pack.h"
#include "core/config/settings.h"
#include "core/daemon/daemon.h"
#include "core/job/job_private.h"
#include "core/storage/dictionary.h"
#include "core/storage/store.h"

#define DAY_US (INT64_C(24) * 3600 * 1000000)
#define OLD_DAYS 7
#define KINDS_MAX 64
#define RESTED_MAX 64
#define SAMPLES_MIN 64
/* One sample of so many is a test, the newest. */
#define TESTS 8

struct learning {
	struct daemon *daemon;
	struct dictionary_kind kind;
	int64_t now_us;
	struct dictionary_samples samples;
	void *content;                 /* what was learned; NULL: nothing */
	size_t content_size;
	int64_t id;                    /* of its row */
};

static int sample_in(struct tx *tx, void *arg, struct err *err)
{
	struct learning *learning = arg;

	dictionary_samples_clear(&learning->samples);
	return dictionary_sample(tx, &learning->kind, &learning->samples, err);
}

static int add_in(struct tx *tx, void *arg, struct err *err)
{
	struct learning *learning = arg;

	return dictionary_add(tx, &learning->kind, learning->content, learning->content_size,
		learning->now_us, &learning->id, err);
}

static int end_in(struct tx *tx, void *arg, struct err *err)
{
	return dictionary_end(tx, *(const int64_t *)arg, err);
}

/* How large the tests are, packed with it or, if it is NULL, without. */
static size_t try_on_tests(const struct dictionary_samples *samples, size_t tests,
	struct pack_dictionary *dictionary_take)
{
	const char *bytes = samples->bytes;
	size_t sum = 0;

	for (size_t i = 0; i < tests; bytes += samples->sizes[i++]) {
		cleanup_packed struct packed packed = {0};

		pack(bytes, samples->sizes[i],
			dictionary_take ? pack_dictionary_ref(dictionary_take) : NULL, &packed);
		sum += packed.data_size;
	}
	pack_dictionary_unref(dictionary_take);
	return sum;
}

static void learn_from(const struct dictionary_samples *samples, size_t tests,
	struct learning *learning)
{
	const char *bytes = samples->bytes;

	for (size_t i = 0; i < tests; i++)
		bytes += samples->sizes[i];
	learning->content = pack_learn(bytes, &samples->sizes[tests], samples->len - tests,
		&learning->content_size);
}

/* Learn from the samples.  Is the result worth to be used?  Then it is 'content'. */
static bool is_learned(struct learning *learning, bool old)
{
	const struct dictionary_samples *samples = &learning->samples;
	struct dictionaries *dictionaries = store_dictionaries(learning->daemon->store);
	size_t tests = samples->len / TESTS, size_now, size_new;
	struct pack_dictionary *learned;

	learn_from(samples, tests, learning);
	if (!learning->content)
		return false;
	learned = pack_dictionary_new(PACK_DICTIONARY_ID_MAX, learning->content,
		learning->content_size);
	if (!learned)
		return false;
	size_new = try_on_tests(samples, tests, learned);
	size_now = try_on_tests(samples, tests, old ? NULL :
		dictionaries_current(dictionaries, &learning->kind, NULL));
	log_debug("dictionary.tried", LOG_TEXT("provider", learning->kind.name),
		LOG_INT("samples", samples->len), LOG_INT("now", size_now),
		LOG_INT("learned", size_new));
	return size_new < size_now - size_now / 5;
}

static int use_learned(struct learning *learning, struct err *err)
{
	struct pack_dictionary *learned;
	int result = store_write(learning->daemon->store, add_in, learning, err);

	if (result < 0)
		return result;
	learned = pack_dictionary_new(learning->id, learning->content, learning->content_size);
	if (!learned)
		return err_set(err, MORTISE_E_INTERNAL, "dictionary %lld cannot be used",
			(long long)learning->id);
	dictionaries_put(store_dictionaries(learning->daemon->store), &learning->kind, learned,
		learning->now_us);
	log_info("dictionary.learned", LOG_INT("dictionary", learning->id),
		LOG_TEXT("of", learning->kind.source == DICTIONARY_EVENTS ? "events" : "webhooks"),
		LOG_TEXT("provider", learning->kind.name));
	return 0;
}

static int learn(struct learning *learning, struct err *err)
{
	const struct settings *settings = learning->daemon->settings;
	struct dictionaries *dictionaries = store_dictionaries(learning->daemon->store);
	int64_t made_us = dictionaries_made(dictionaries, &learning->kind);
	int64_t age_us = learning->now_us - made_us;
	int64_t days = learning->kind.source == DICTIONARY_EVENTS ? settings->retention_events :
		settings->retention_webhooks;
	/* So is one from the future: the clock was set back. */
	bool old = age_us < 0 || age_us > DAY_US * (days < OLD_DAYS ? days : OLD_DAYS);
	int result;

	if (made_us > 0 && !old && age_us < DAY_US)
		return 0;
	result = store_read(learning->daemon->store, sample_in, learning, err);
	if (result < 0)
		return result;
	if (learning->samples.len >= SAMPLES_MIN && is_learned(learning, old))
		return use_learned(learning, err);
	if (made_us > 0 && old)
		dictionaries_put(dictionaries, &learning->kind, NULL, 0);
	return 0;
}

/* What rested long enough goes with the rows that need it. */
static int end_rested(struct store *store, struct err *err)
{
	int64_t ids[RESTED_MAX];
	size_t len = dictionaries_rested(store_dictionaries(store), lengthof(ids), ids);

	for (size_t i = 0; i < len; i++) {
		int result = store_write(store, end_in, &ids[i], err);

		if (result < 0)
			return result;
		dictionaries_forget(store_dictionaries(store), ids[i]);
	}
	return 0;
}

int job_learn_run(struct job_run *run, void *arg, struct err *err)
{
	struct store *store = run->daemon->store;
	struct dictionary_kind kinds[KINDS_MAX];
	size_t len = dictionaries_kinds(store_dictionaries(store), lengthof(kinds), kinds);
	int result = 0;

	(void)arg;
	for (size_t i = 0; result == 0 && i < len; i++) {
		struct learning *learning = new(struct learning);

		learning->daemon = run->daemon;
		learning->kind = kinds[i];
		learning->now_us = clock_now_us();
		result = learn(learning, err);
		dictionary_samples_clear(&learning->samples);
		free(learning->content);
		free(learning);
	}
	return result < 0 ? result : end_rested(store, err);
}

int job_learn_queue(struct tx *tx, int64_t now_us, struct err *err)
{
	/* In the place of what the schedule inserts. */
	return job_insert_once(tx, &(struct job_new){
		.task = JOB_LEARN,
		.order_group = "schedule",
		.object = JOB_LEARN,
		.now_us = now_us,
	}, err);
}
