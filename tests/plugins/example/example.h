/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/* Example: what its files share. */
#ifndef EXAMPLE_H
#define EXAMPLE_H

#include <mortise/plugin.h>

#define PROVIDER "example"

extern const struct mortise_host *host;

/* ---- account.c: the install ---- */
mortise_callback example_check_login;
mortise_callback example_build;
mortise_callback example_post_install;

/* ---- repository.c ---- */
mortise_callback example_list_repositories;
mortise_callback example_get_repository;
mortise_callback example_link_repositories;
/* The effect for a repository as the code host shows it; 'mode' as repository_put has it. */
int32_t example_put_repository(struct mortise_call *call, const json_t *repository,
	const char *mode);

/* ---- webhook.c ---- */
mortise_callback example_webhook;

/* ---- request.c: the API of the code host ---- */

/* One GET whose answer is JSON.  'credentials', 'params' and 'ret_next' may be NULL;
 * '*ret_next' becomes the URL of the next page, or NULL. */
int32_t example_get(struct mortise_call *call, const char *credentials, const char *path,
	const json_t *params, json_t **ret_json, char **ret_next);
/* The text of a setting; "" if it has none. */
int32_t example_setting(struct mortise_call *call, const char *name, char **ret_text);
/* A string or a number at "/a/b", as text; NULL if there is none. */
char *example_text_at(const json_t *json, const char *pointer);
/* Give an effect; the record is taken over. */
int32_t example_effect(struct mortise_call *call, const char *type, json_t *record_take);

#endif
