/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * Recording the calls of one plugin, with all that it asked for and was answered, in the
 * form that mortise-check runs again (mortise-check(1)).
 *
 * A recording holds what the plugin saw: no credentials, which the core applies after it,
 * but bodies and settings as they were.  It is bounded: what its reader does not take in
 * time is dropped and counted.  Any thread.
 */
#ifndef MORTISE_PROVIDER_RECORDER_H
#define MORTISE_PROVIDER_RECORDER_H

#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

struct call_record;
struct call_request;
struct err;
struct host_answer;
struct providers;
struct recorder;

/* ---- For who reads ---- */

/* Record from now on.  E_CONFLICT if a recording runs already; E_NOT_FOUND if there is no
 * such plugin. */
int recorder_open(struct providers *providers, const char *plugin, struct recorder **ret_recorder,
	struct err *err);
void recorder_close(struct recorder *recorder);
/* 1: a call (new reference); 0: none ended within 'wait_ms'; E_CANCELLED: the daemon stops. */
int recorder_next(struct recorder *recorder, int64_t wait_ms, json_t **ret_call, struct err *err);
/* How many calls were too large, or ended faster than they were read. */
int64_t recorder_dropped(struct recorder *recorder);

/* ---- For the files of core/provider ---- */

/* No more: the daemon stops. */
void recorder_end(struct providers *providers);
/* NULL unless this call is to be recorded; every function below takes NULL. */
struct call_record *call_record_new(struct providers *providers, const struct call_request *request);
/* One question and its answer, or why there was none ('err', code not 0). */
void call_record_ask(struct call_record *record, const json_t *question,
	const struct host_answer *answer, const struct err *err);
/* The end as the plugin gave it: a failure in 'err', or output and effects. */
void call_record_finish(struct call_record *record, int64_t now_ms, const struct err *err,
	const json_t *output, const json_t *effects);
/* It ended without the plugin's word: its host died, or its time was over. */
void call_record_abort(struct call_record *record, int64_t now_ms);
void call_record_free(struct call_record *record);

#endif
