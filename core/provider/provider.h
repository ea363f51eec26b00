/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * The plugins of this daemon: finding, starting, supervising and calling them.
 *
 * Host processes are spawned, read, written and reaped on the loop thread.
 * provider_call blocks the calling worker; what a plugin asks for during a call
 * runs on a pool of its own (host_call.c).
 */
#ifndef MORTISE_PROVIDER_PROVIDER_H
#define MORTISE_PROVIDER_PROVIDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include "core/provider/registration.h"

struct call;
struct call_script;
struct daemon;
struct err;
struct host_answer;
struct job_run;
struct providers;

/* Who a call is for.  Borrowed strings and JSON; provider_call takes references. */
struct call_scope {
	int kind;                  /* MORTISE_SCOPE_ */
	const struct reg_provider *provider;
	int64_t integration_id;    /* integration and install scope; 0 else */
	int64_t link_id;           /* organization_integration; install scope */
	int64_t organization_id;   /* install and pipeline scope */
	const char *external_id;   /* integration's, or the verified subject */
	int64_t pipeline_id;       /* pipeline scope */
	json_t *state;             /* pipeline scope: its state, no secrets */
	json_t *secrets;           /* pipeline scope: slot → value */
	const char *origin;        /* "user:7", "token:3", "integration:5", "system" */
};

/* Did the host die during this call?  Jobs count the deaths that are surely theirs. */
enum call_death {
	CALL_DEATH_NONE,
	CALL_DEATH_SHARED,         /* several calls ran: try this one again with 'solo' */
	CALL_DEATH_ALONE,          /* only this one ran: a strike */
};

/* Answers what a plugin asks for in place of the daemon: for mortise-check.  Embedded in
 * what it needs. */
struct call_script {
	/* On a host-call thread; like the functions of host_call.c. */
	int (*answer)(struct call_script *script, struct call *call, const json_t *question,
		struct host_answer *answer, struct err *err);
	/* Nobody asks any more: the call and its last question have ended.  Any thread. */
	void (*release)(struct call_script *script);
};

struct call_request {
	struct call_scope scope;
	/* "build" "post_install" "uninstall" "undo" "step:NAME:check" "step:NAME:show"
	 * "webhook:NAME" "task:NAME" "repository:list" "repository:get"
	 * "repository:file" */
	const char *callback;
	json_t *input;             /* borrowed */
	const void *body;          /* raw JSON that the host puts in as input.body, or NULL */
	size_t body_size;
	int64_t deadline_ms;       /* from now */
	struct job_run *job;       /* for checkpoints; NULL outside jobs */
	bool solo;                 /* run it in a host that takes one call at a time */
	int64_t now_ms;            /* what the plugin takes for now; 0: the clock */
	struct call_script *script;/* NULL: the daemon answers; taken over */
	enum call_death *ret_death;    /* set when the call fails; or NULL */
};

struct providers *providers_new(struct daemon *daemon);
/* Find plugins in plugin_dir, read their notes, start a host for each.  A plugin
 * that cannot be loaded is reported and left out; it does not fail the start.
 * Returns once each is ready or refused. */
int providers_start(struct providers *providers, struct err *err);
void providers_stop(struct providers *providers);
void providers_free(struct providers *providers);

/* The set in force that has this provider key (or slug), with a reference: give it
 * back with registration_unref(provider->registration).  NULL: nobody has it. */
const struct reg_provider *providers_find(struct providers *providers, const char *key);
const struct reg_provider *providers_find_slug(struct providers *providers, const char *slug);
/* All providers in key order, each with a reference; free the array. */
const struct reg_provider **providers_all(struct providers *providers, size_t *ret_len);

/* A provider's setting as configured, else its default, as a new string; NULL if it has
 * neither, is not registered, or is secret. */
char *provider_setting(struct daemon *daemon, const struct reg_provider *provider,
	const char *name);
/* A registered value, as a new string: "setting:NAME" is that setting, anything else
 * stands for itself.  NULL: there is none. */
char *provider_value(struct daemon *daemon, const struct reg_provider *provider,
	const char *value);
/* The first of its required settings that has no value, or NULL; and are all there? */
const char *provider_unset(struct daemon *daemon, const struct reg_provider *provider);
bool provider_configured(struct daemon *daemon, const struct reg_provider *provider);

/* Does a host of this provider run, or will one soon?  Not while its plugin is disabled,
 * refused or in quarantine: then work may as well wait. */
bool providers_runnable(struct providers *providers, const char *key);

/* Run a callback and wait; not on the loop thread.  On 0, '*ret_output' is an object and '*ret_effects' an array,
 * both new references, for effects_apply.  While no host runs it waits for one.
 * E_RETRY: the host died, none came in time, or too many calls wait; E_CANCELLED: the
 * deadline passed. */
int provider_call(struct providers *providers, const struct call_request *request,
	json_t **ret_output, json_t **ret_effects, struct err *err);

/* For the admin socket: [{"name","file","version","state","pid","generation",
 * "providers":[],"reason","deaths","sandbox"}].  sandbox: "whole", or "without …".  state: "starting" "ready" "restarting"
 * "quarantined" "disabled" "refused". */
json_t *providers_describe(struct providers *providers);
/* These four wait until it is so.  Load also takes a file that was refused before. */
int providers_load(struct providers *providers, const char *name, struct err *err);
int providers_unload(struct providers *providers, const char *name, struct err *err);
int providers_reload(struct providers *providers, const char *name, struct err *err);
int providers_set_enabled(struct providers *providers, const char *name, bool enabled,
	struct err *err);

#endif
