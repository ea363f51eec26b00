/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * What the files that keep plugins alive share: supervisor.c, acceptance.c,
 * plugin_change.c, plugin_log.c.  Loop thread.
 */
#ifndef MORTISE_PROVIDER_SUPERVISOR_PRIVATE_H
#define MORTISE_PROVIDER_SUPERVISOR_PRIVATE_H

#include "core/provider/provider_private.h"

struct loop;

/* ---- supervisor.c ---- */

struct loop *plugin_loop(struct plugin *plugin);
/* The one function that moves a plugin to another state.  'reason' may be NULL. */
void plugin_set_state(struct plugin *plugin, enum plugin_state state, const char *reason);
/* End the wait of whoever changed this plugin; 0 for success. */
void plugin_answer_change(struct plugin *plugin, int code, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
void change_fail(struct change *change, int code, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* A host that may have died meanwhile; NULL then. */
struct host *plugin_find_host(struct providers *providers, const char *name, uint64_t serial);
struct host *plugin_spawn_host(struct plugin *plugin, int fd, bool is_solo, struct err *err);
/* Unless it has one, or no file for one. */
void plugin_start_host(struct plugin *plugin);
/* It takes no more calls; those it has may end. */
void host_drain(struct host *host);
/* Nothing runs in it any more: ask it to end. */
void host_stop(struct host *host);
/* Every host of the plugin, and no restart. */
void plugin_drain(struct plugin *plugin);
/* Deaths and restarts count from now on. */
void plugin_forgive(struct plugin *plugin);
/* The file of a reload: dropped, or the plugin's from now on. */
void plugin_forget_incoming(struct plugin *plugin);
void plugin_take_incoming(struct plugin *plugin);
void plugin_free_if_last(struct plugin *plugin);
bool providers_have_hosts(const struct providers *providers);

/* ---- acceptance.c ---- */

/* LACKING, HELLO and REFUSED, and what follows once READY came too. */
int acceptance_take_lacking(struct host *host, struct frame *frame, struct err *err);
int acceptance_take_hello(struct host *host, struct frame *frame, struct err *err);
int acceptance_take_refused(struct host *host, const struct frame *frame, struct err *err);
void acceptance_check_ready(struct host *host);
/* Why these registrations cannot be in force beside those of other plugins; NULL if
 * they can. */
char *plugin_find_clash(const struct plugin *plugin, const struct registration *registration);
/* The new set replaces the old in one step. */
void plugin_put_in_force(struct plugin *plugin, struct registration *registration_take);

/* ---- plugin_log.c ---- */

void plugin_log_take(struct host *host, struct frame *frame);

#endif
