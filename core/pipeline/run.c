/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
#include "config.h"
#include "core/pipeline/run.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <sodium.h>

#include "core/access/access.h"
#include "core/base/clock.h"
#include "core/base/err.h"
#include "core/base/log.h"
#include "core/base/mem.h"
#include "core/daemon/daemon.h"
#include "core/effect/effect.h"
#include "core/job/job.h"
#include "core/storage/ledger.h"
#include "core/storage/store.h"
#include "core/vault/vault.h"

#define SEALED_COLUMN "pipeline.sealed_state"

struct load {
	int64_t id;
	const struct principal *principal;     /* NULL: any */
	struct pipeline_row row;
};

void pipeline_run_clear(struct pipeline_run *run)
{
	if (run->provider)
		registration_unref(run->provider->registration);
	json_decref(run->state);
	json_decref(run->secrets);
	json_decref(run->shown);
	json_decref(run->effects);
	pipeline_row_clear(&run->row);
	*run = (struct pipeline_run){0};
}

static int load_in(struct tx *tx, void *arg, struct err *err)
{
	struct load *load = arg;
	const struct principal *principal = load->principal;
	int result;

	pipeline_row_clear(&load->row);
	if (load->id == 0)
		return pipeline_row_find_live(tx, principal->organization_id, principal->origin,
			&load->row, err);
	result = pipeline_row_get(tx, load->id, &load->row, err);
	if (result < 0 || !principal)
		return result;
	if (load->row.organization_id != principal->organization_id ||
		strcmp(load->row.principal, principal->origin) != 0)
		return err_set(err, MORTISE_E_NOT_FOUND, "no such pipeline; start again");
	return 0;
}

/* Open the sealed state into 'run'; a row without one has an empty state. */
static int run_unseal(struct pipeline_run *run, struct err *err)
{
	cleanup_secret struct secret *plain = NULL;
	cleanup_json json_t *opened = NULL;

	if (run->row.sealed) {
		if (vault_open_sealed(run->daemon->vault, SEALED_COLUMN, run->row.uid,
			    run->row.sealed, run->row.sealed_size, &plain, err) < 0)
			return err->code;
		opened = json_loadb((const char *)plain->data, plain->size, 0, NULL);
	}
	run->state = json_incref(json_object_get(opened, "state"));
	run->secrets = json_incref(json_object_get(opened, "secrets"));
	run->shown = json_incref(json_object_get(opened, "shown"));
	if (!run->state)
		run->state = json_object();
	if (!run->secrets)
		run->secrets = json_object();
	if (!run->shown)
		run->shown = json_object();
	snprintf(run->state_hash, sizeof(run->state_hash), "%s",
		run->row.state_hash ? run->row.state_hash : "");
	return 0;
}

/* Can it go on?  One that cannot is moved to its end. */
static int run_check_live(struct pipeline_run *run, struct err *err)
{
	char signature[65];

	if (!pipeline_state_live(pipeline_run_state(run)))
		return err_set(err, MORTISE_E_NOT_FOUND, "this install has ended (%s); start again",
			run->row.status);
	if (run->row.expires_at < clock_now_us()) {
		cleanup_err struct err ignored = {0};

		/* If somebody moves it right now, the sweep ends it. */
		(void)pipeline_run_end(run, PIPELINE_EXPIRED, NULL, &ignored);
		return err_set(err, MORTISE_E_NOT_FOUND,
			"this install waited too long and has expired; start again");
	}
	if (!run->provider)
		return err_set(err, MORTISE_E_NOT_FOUND,
			"the provider \"%s\" is not loaded any more", run->row.provider);
	reg_step_signature(run->provider, signature);
	if (strcmp(signature, run->row.signature) != 0) {
		cleanup_err struct err ignored = {0};

		(void)pipeline_run_end(run, PIPELINE_FAILED,
			"the provider's steps changed meanwhile", &ignored);
		return err_set(err, MORTISE_E_NOT_FOUND,
			"the steps of this install changed meanwhile; start again");
	}
	return 0;
}

static int run_read(struct pipeline_run *run, struct daemon *daemon,
	const struct principal *principal, int64_t id, struct err *err)
{
	struct load load = {.id = id, .principal = principal};

	*run = (struct pipeline_run){.daemon = daemon};
	if (store_read(daemon->store, load_in, &load, err) < 0) {
		pipeline_row_clear(&load.row);
		return err->code;
	}
	run->row = load.row;
	run->provider = providers_find(daemon->providers, run->row.provider);
	run->effects = json_array();
	return run_unseal(run, err);
}

int pipeline_run_load(struct pipeline_run *run, struct daemon *daemon,
	const struct principal *principal, int64_t id, struct err *err)
{
	int result = run_read(run, daemon, principal, id, err);

	return result < 0 ? result : run_check_live(run, err);
}

int pipeline_run_load_any(struct pipeline_run *run, struct daemon *daemon, int64_t id,
	struct err *err)
{
	return run_read(run, daemon, NULL, id, err);
}

const struct reg_step *pipeline_run_step(const struct pipeline_run *run)
{
	if (run->row.step < 0 || (size_t)run->row.step >= run->provider->step_len)
		return NULL;
	return &run->provider->steps[run->row.step];
}

enum pipeline_state pipeline_run_state(const struct pipeline_run *run)
{
	return pipeline_state_parse(run->row.status);
}

/* ---- Claiming and saving ---- */

struct claim {
	const struct pipeline_run *run;
	const char *claim;
	int64_t now_us;
};

static int claim_in(struct tx *tx, void *arg, struct err *err)
{
	struct claim *claim = arg;

	return pipeline_row_claim(tx, &claim->run->row, claim->claim,
		claim->now_us + PIPELINE_CLAIM_US, claim->now_us, err);
}

int pipeline_run_claim(struct pipeline_run *run, struct err *err)
{
	unsigned char bytes[(PIPELINE_CLAIM_SIZE - 1) / 2];
	char text[PIPELINE_CLAIM_SIZE];
	struct claim claim = {run, text, clock_now_us()};

	randombytes_buf(bytes, sizeof(bytes));
	sodium_bin2hex(text, sizeof(text), bytes, sizeof(bytes));
	if (store_write(run->daemon->store, claim_in, &claim, err) < 0)
		return err->code;
	memcpy(run->claim, text, sizeof(text));
	return 0;
}

void pipeline_run_seal(const struct pipeline_run *run, unsigned char **ret_sealed,
	size_t *ret_size)
{
	cleanup_json json_t *all = json_pack("{s:O, s:O, s:O}", "state", run->state, "secrets",
		run->secrets, "shown", run->shown);
	char *text = json_dumps(all, JSON_COMPACT);
	size_t size = strlen(text);

	vault_seal(run->daemon->vault, SEALED_COLUMN, run->row.uid, text, size, ret_sealed,
		ret_size);
	sodium_memzero(text, size);
	free(text);
}

struct save {
	struct pipeline_run *run;
	struct pipeline_move move;
	struct call_scope scope;
};

static int save_in(struct tx *tx, void *arg, struct err *err)
{
	struct save *save = arg;
	struct effect_context context = {.scope = &save->scope, .now_us = save->move.now_us};

	if (json_array_size(save->run->effects) > 0 &&
		effects_apply(tx, &context, save->run->effects, err) < 0)
		return err->code;
	return pipeline_advance(tx, &save->run->row, &save->move, err);
}

/* Bring the row in memory to where the store has it now. */
static void row_moved(struct pipeline_row *row, const struct pipeline_move *move)
{
	free(row->status);
	row->status = xstrdup(pipeline_state_name(move->to));
	row->step = move->to_step;
	free(row->state_hash);
	row->state_hash = xstrdup(move->state_hash);
	row->updated_at = move->now_us;
}

int pipeline_run_save(struct pipeline_run *run, enum pipeline_state to, int64_t step, bool keep,
	struct err *err)
{
	cleanup_free unsigned char *sealed = NULL;
	size_t sealed_size;
	struct save save = {.run = run, .scope = pipeline_run_scope(run)};

	pipeline_run_seal(run, &sealed, &sealed_size);
	save.move = (struct pipeline_move){
		.to = to,
		.to_step = step,
		.step_len = (int64_t)run->provider->step_len,
		.held = run->claim,
		.keep_claim = keep,
		.state_hash = run->state_hash[0] ? run->state_hash : NULL,
		.sealed = sealed,
		.sealed_size = sealed_size,
		.life_us = run->life_us,
		.now_us = clock_now_us(),
	};
	if (store_write(run->daemon->store, save_in, &save, err) < 0)
		return err->code;
	row_moved(&run->row, &save.move);
	json_array_clear(run->effects);
	if (!keep)
		run->claim[0] = '\0';
	return 0;
}

/* ---- The end ---- */

static int undo_insert(struct tx *tx, const struct pipeline_row *row, int64_t now_us,
	bool *ret_job, struct err *err)
{
	cleanup_json json_t *made = NULL;
	char text[64];
	int64_t job_id;

	*ret_job = false;
	snprintf(text, sizeof(text), "pipeline:%" PRId64, row->id);
	if (ledger_list(tx, text, &made, err) < 0)
		return err->code;
	if (json_object_size(made) == 0)
		return 0;
	*ret_job = true;
	snprintf(text, sizeof(text), "{\"pipeline\":%" PRId64 "}", row->id);
	return job_insert(tx, &(struct job_new){
		.task = "pipeline.undo",
		.provider = row->provider,
		.version = 1,
		.unordered = true,
		.payload = text,
		.now_us = now_us,
		.origin = "system",
	}, &job_id, err);
}

int pipeline_end_in(struct tx *tx, const struct pipeline_row *row, enum pipeline_state to,
	const char *held, const char *error, int64_t now_us, bool *ret_job, struct err *err)
{
	struct pipeline_move move = {
		.to = to,
		.to_step = row->step,
		.held = held,
		.error = error,
		.now_us = now_us,
	};

	if (undo_insert(tx, row, now_us, ret_job, err) < 0)
		return err->code;
	/* The undo job reads the sealed state and forgets it when it is done. */
	if (*ret_job) {
		move.sealed = row->sealed;
		move.sealed_size = row->sealed_size;
	}
	return pipeline_advance(tx, row, &move, err);
}

struct end {
	const struct pipeline_run *run;
	enum pipeline_state to;
	const char *error;
	int64_t now_us;
	bool job;
};

static int end_in(struct tx *tx, void *arg, struct err *err)
{
	struct end *end = arg;
	const char *held = end->run->claim[0] ? end->run->claim : NULL;

	return pipeline_end_in(tx, &end->run->row, end->to, held, end->error, end->now_us,
		&end->job, err);
}

int pipeline_run_end(struct pipeline_run *run, enum pipeline_state to, const char *error,
	struct err *err)
{
	struct end end = {.run = run, .to = to, .error = error, .now_us = clock_now_us()};

	if (store_write(run->daemon->store, end_in, &end, err) < 0)
		return err->code;
	if (end.job)
		jobs_wake(run->daemon->jobs);
	run->claim[0] = '\0';
	log_notice("pipeline.ended", LOG_INT("pipeline", run->row.id),
		LOG_TEXT("provider", run->row.provider), LOG_TEXT("status", pipeline_state_name(to)),
		LOG_INT("step", run->row.step));
	return 0;
}

/* ---- Calls and the state that comes back ---- */

struct call_scope pipeline_run_scope(const struct pipeline_run *run)
{
	return (struct call_scope){
		.kind = MORTISE_SCOPE_PIPELINE,
		.provider = run->provider,
		.organization_id = run->row.organization_id,
		.pipeline_id = run->row.id,
		.state = run->state,
		.secrets = run->secrets,
		.origin = run->row.principal,
	};
}

int pipeline_run_call(struct pipeline_run *run, const char *callback, json_t *input,
	int64_t deadline_ms, json_t **ret_output, struct err *err)
{
	struct call_request request = {
		.scope = pipeline_run_scope(run),
		.callback = callback,
		.input = input,
		.deadline_ms = deadline_ms,
	};
	struct effect_context context = {.scope = &request.scope, .now_us = clock_now_us()};
	cleanup_json json_t *output = NULL;
	cleanup_json json_t *effects = NULL;

	if (provider_call(run->daemon->providers, &request, &output, &effects, err) < 0)
		return err->code;
	if (effects_check(&context, effects, err) < 0)
		return err->code;
	json_array_extend(run->effects, effects);
	*ret_output = steal(&output);
	return 0;
}

void pipeline_run_new_state(struct pipeline_run *run, char ret_state[65])
{
	unsigned char bytes[32];

	randombytes_buf(bytes, sizeof(bytes));
	sodium_bin2hex(ret_state, 65, bytes, sizeof(bytes));
	vault_token_hash(run->daemon->vault, ret_state, run->state_hash);
}

bool pipeline_run_state_matches(const struct pipeline_run *run, const char *state)
{
	char hash[65];

	if (!run->state_hash[0] || strlen(run->state_hash) != sizeof(hash) - 1)
		return false;
	vault_token_hash(run->daemon->vault, state, hash);
	return sodium_memcmp(hash, run->state_hash, sizeof(hash)) == 0;
}
