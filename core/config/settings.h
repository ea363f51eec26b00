/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * The configuration: /etc/mortise/mortise.conf and conf.d/ beside it, read with
 * libconfig, strictly: an unknown key or a wrong type is an error with file and
 * line.  Immutable after settings_load; any thread.
 *
 * The section `providers` is kept as it stands and checked against what each
 * plugin registers (settings_check_provider).
 */
#ifndef MORTISE_CONFIG_SETTINGS_H
#define MORTISE_CONFIG_SETTINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct err;
struct reg_provider;

/* An entry of egress.allow: a CIDR for everyone, or one host and port for one provider. */
struct settings_allow {
	char *cidr;            /* or NULL */
	char *provider, *host; /* with cidr NULL */
	int port;
};

struct settings {
	char *file;
	char *public_url;      /* no trailing slash */
	char **listen;         /* NULL-terminated lists of strings */
	char *state_dir, *runtime_dir, *plugin_dir, *host_path, *console_dir;
	char *regions_file;        /* the regions of AWS, one a line */
	char **plugins;        /* empty: all in plugin_dir */
	bool sandbox_required; /* no plugin where the kernel lacks a piece */
	char *product_name, *product_key;
	char *vault_key_file;
	char *storage_url;
	struct settings_allow *egress_allow;
	size_t egress_allow_len;
	int egress_connect_timeout, egress_timeout;    /* seconds */
	char *egress_proxy;
	char **admin_operate, **admin_admin;           /* groups */
	char **trusted_proxies;
	char **api_origins;    /* whose pages may use the API; "*": all */
	int retention_webhooks, retention_jobs, retention_deliveries, retention_events,
		retention_issues, retention_audit;     /* days */
	int log_level;
	int log_format;        /* enum log_format */
	char *metrics_listen;  /* "": off */
	int drain_timeout;     /* seconds */
	int api_rate_per_token, api_rate_per_address;  /* requests a second; 0: any number */
	int ingest_rate;       /* events a minute of one key; 0: any number */
	int ingest_events_per_issue;   /* that are kept */
	int request_workers, intake_workers, ingest_workers, job_workers, host_call_workers;
	struct settings_tree *trees;   /* what was read, last file first */
};

/* All defaults, without a file. */
struct settings *settings_new(void);
int settings_load(const char *file, struct settings **ret_settings, struct err *err);
void settings_free(struct settings *settings);
/* providers.KEY.NAME as text (new string); NULL if it is not there. */
char *settings_provider_text(const struct settings *settings, const char *provider,
	const char *name);
/* Is every key of providers.KEY one that the plugin registered, with its type? */
int settings_check_provider(const struct settings *settings, const struct reg_provider *provider,
	struct err *err);

#endif
