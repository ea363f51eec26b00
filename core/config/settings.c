/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * One table says every key: where it lives, its type, its default and its bounds.
 * The file is read into a fresh struct, so a reload that fails leaves the old one.
 */
#include "config.h"
#include "core/config/settings.h"

#include <dirent.h>
#include <errno.h>
#include <libconfig.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "core/base/err.h"
#include "core/base/ip.h"
#include "core/base/log.h"
#include "core/base/mem.h"
#include "core/provider/registration.h"

#define FILE_MAX_SIZE (1 << 20)
#define FILES_MAX 256

enum type { TEXT, URL, WORD, PROXY, ENDPOINT, NUMBER, TEXTS, NETWORKS, ORIGINS, ENDPOINTS, ALLOW, LEVEL,
	FORMAT, SANDBOX, PROVIDERS };

struct key {
	const char *path;          /* "egress.timeout" */
	enum type type;
	size_t offset;
	const char *default_text;  /* of a text; of a list of texts: its one entry */
	int default_number, min, max;
};

/* One file as read; kept for its providers section. */
struct settings_tree {
	config_t config;
	struct settings_tree *earlier;
};

#define AT(member) offsetof(struct settings, member)
static const struct key keys[] = {
	{"public_url", URL, AT(public_url), "http://127.0.0.1:8300"},
	{"listen", ENDPOINTS, AT(listen), "127.0.0.1:8300"},
	{"state_dir", TEXT, AT(state_dir), "/var/lib/mortise"},
	{"runtime_dir", TEXT, AT(runtime_dir), "/run/mortise"},
	{"plugin_dir", TEXT, AT(plugin_dir), MORTISE_PLUGIN_DIR},
	{"plugins", TEXTS, AT(plugins)},
	{"host_path", TEXT, AT(host_path), MORTISE_HOST_PATH},
	{"sandbox", SANDBOX, AT(sandbox_required)},
	{"console_dir", TEXT, AT(console_dir), MORTISE_CONSOLE_DIR},
	{"forwarding.regions_file", TEXT, AT(regions_file), MORTISE_REGIONS_FILE},
	{"product.name", TEXT, AT(product_name), "Mortise"},
	{"product.key", WORD, AT(product_key), "mortise"},
	{"vault.key_file", TEXT, AT(vault_key_file), ""},
	{"storage.url", TEXT, AT(storage_url), "sqlite:mortise.db"},
	{"egress.allow", ALLOW, 0},
	{"egress.connect_timeout", NUMBER, AT(egress_connect_timeout), NULL, 5, 1, 300},
	{"egress.timeout", NUMBER, AT(egress_timeout), NULL, 30, 1, 600},
	{"egress.proxy", PROXY, AT(egress_proxy), ""},
	{"admin.operate", TEXTS, AT(admin_operate)},
	{"admin.admin", TEXTS, AT(admin_admin), "mortise"},
	{"trusted_proxies", NETWORKS, AT(trusted_proxies)},
	{"api.origins", ORIGINS, AT(api_origins)},
	{"retention.webhooks", NUMBER, AT(retention_webhooks), NULL, 7, 1, 3650},
	{"retention.jobs", NUMBER, AT(retention_jobs), NULL, 7, 1, 3650},
	{"retention.deliveries", NUMBER, AT(retention_deliveries), NULL, 7, 1, 3650},
	{"retention.events", NUMBER, AT(retention_events), NULL, 30, 1, 3650},
	{"retention.issues", NUMBER, AT(retention_issues), NULL, 365, 1, 36500},
	{"retention.audit", NUMBER, AT(retention_audit), NULL, 365, 1, 36500},
	{"log.level", LEVEL, AT(log_level)},
	{"log.format", FORMAT, AT(log_format)},
	{"drain_timeout", NUMBER, AT(drain_timeout), NULL, 25, 1, 600},
	{"api.rate_per_token", NUMBER, AT(api_rate_per_token), NULL, 20000, 0, 1000000},
	{"api.rate_per_address", NUMBER, AT(api_rate_per_address), NULL, 100, 0, 1000000},
	{"ingest.rate", NUMBER, AT(ingest_rate), NULL, 0, 0, 10000000},
	{"ingest.events_per_issue", NUMBER, AT(ingest_events_per_issue), NULL, 10, 1, 1000},
	{"metrics.listen", ENDPOINT, AT(metrics_listen), "127.0.0.1:8301"},
	{"workers.request", NUMBER, AT(request_workers), NULL, 8, 2, 256},
	{"workers.intake", NUMBER, AT(intake_workers), NULL, 2, 1, 64},
	{"workers.ingest", NUMBER, AT(ingest_workers), NULL, 2, 1, 64},
	{"workers.job", NUMBER, AT(job_workers), NULL, 24, 2, 256},
	{"workers.host_call", NUMBER, AT(host_call_workers), NULL, 16, 2, 256},
	{"providers", PROVIDERS, 0},
};

static void *member(struct settings *settings, const struct key *key)
{
	return (char *)settings + key->offset;
}

static const char *file_of(const config_setting_t *setting)
{
	const char *file = config_setting_source_file(setting);

	return file ? file : "configuration";
}

/* "FILE:LINE: key: text" */
static int refuse(struct err *err, config_setting_t *setting, const char *path, const char *text)
{
	return err_set(err, MORTISE_E_SETTINGS, "%s:%u: %s: %s", file_of(setting),
		config_setting_source_line(setting), path, text);
}

/* ---- Types ---- */

static void free_texts(char **texts)
{
	for (char **text = texts; text && *text; text++)
		free(*text);
	free(texts);
}

static const char *wrong_url(const char *text)
{
	if (strncmp(text, "http://", 7) != 0 && strncmp(text, "https://", 8) != 0)
		return "must begin with http:// or https://";
	return strpbrk(text, "?# \t\r\n") ? "must have no query, fragment or space" : NULL;
}

static const char *wrong_endpoint(const char *text)
{
	struct sockaddr_storage address;
	socklen_t size;

	return ip_endpoint_parse(text, &address, &size, NULL) == 0 ? NULL :
		"must be ADDRESS:PORT, as in \"127.0.0.1:8300\" or \"[::1]:8300\"";
}

static const char *wrong_network(const char *text)
{
	struct ip_network network;

	return ip_network_parse(text, &network) ? NULL :
		"must be an address or network, as in \"10.1.2.0/24\" or \"fd00::/8\"";
}

/* As browsers write it: comparing is all that is done with it. */
static const char *wrong_origin(const char *text)
{
	const char *host = strstr(text, "://");

	if (strcmp(text, "*") == 0)
		return NULL;
	return !wrong_url(text) && host[3] && !strpbrk(host + 3, "/*@\\") &&
			!strpbrk(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") ? NULL :
		"must be an origin in lower case and without a path, as in "
		"\"https://app.example.com\", or \"*\"";
}

static const char *wrong_word(const char *text)
{
	return *text && strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789-_") == strlen(text) ?
		NULL : "must be lower-case letters, digits, '-' and '_'";
}

/* NULL, or what is wrong with one text of this key. */
static const char *wrong_text(const struct key *key, const char *text)
{
	switch (key->type) {
	case URL:
		return wrong_url(text);
	case WORD:
		return wrong_word(text);
	case PROXY:
		return *text ? wrong_url(text) : NULL;
	case ENDPOINT:
		return *text ? wrong_endpoint(text) : NULL;
	case ENDPOINTS:
		return wrong_endpoint(text);
	case NETWORKS:
		return wrong_network(text);
	case ORIGINS:
		return wrong_origin(text);
	default:
		return NULL;
	}
}

static int take_text(config_setting_t *setting, const struct key *key, char **ret_text,
	struct err *err)
{
	const char *text = config_setting_get_string(setting);
	const char *wrong = text ? wrong_text(key, text) : "must be text in double quotes";

	if (wrong)
		return refuse(err, setting, key->path, wrong);
	free(*ret_text);
	*ret_text = xstrdup(text);
	if (key->type == URL)
		for (size_t len = strlen(text); len > 0 && (*ret_text)[len - 1] == '/'; len--)
			(*ret_text)[len - 1] = '\0';
	return 0;
}

static int take_texts(config_setting_t *setting, const struct key *key, char ***ret_texts,
	struct err *err)
{
	char **texts;
	int len;

	if (!config_setting_is_list(setting) && !config_setting_is_array(setting))
		return refuse(err, setting, key->path, "must be a list: ( \"a\", \"b\" )");
	len = config_setting_length(setting);
	texts = xcalloc((size_t)len + 1, sizeof(*texts));
	for (int i = 0; i < len; i++) {
		const char *text = config_setting_get_string_elem(setting, i);
		const char *wrong = text ? wrong_text(key, text) : "every entry must be text";

		if (wrong) {
			free_texts(texts);
			return refuse(err, config_setting_get_elem(setting, (unsigned)i),
				key->path, wrong);
		}
		texts[i] = xstrdup(text);
	}
	free_texts(*ret_texts);
	*ret_texts = texts;
	return 0;
}

static int take_number(config_setting_t *setting, const struct key *key, int *ret_number,
	struct err *err)
{
	int number;

	if (config_setting_type(setting) != CONFIG_TYPE_INT)
		return refuse(err, setting, key->path, "must be a whole number");
	number = config_setting_get_int(setting);
	if (number < key->min || number > key->max) {
		cleanup_free char *text = xasprintf("must be from %d to %d", key->min, key->max);

		return refuse(err, setting, key->path, text);
	}
	*ret_number = number;
	return 0;
}

static int take_allow_entry(config_setting_t *entry, struct settings_allow *ret_allow,
	struct err *err)
{
	const char *cidr, *provider, *host;
	int port;

	if (config_setting_type(entry) == CONFIG_TYPE_STRING) {
		cidr = config_setting_get_string(entry);
		if (wrong_network(cidr))
			return refuse(err, entry, "egress.allow", wrong_network(cidr));
		ret_allow->cidr = xstrdup(cidr);
		return 0;
	}
	if (!config_setting_is_group(entry) || config_setting_length(entry) != 3 ||
		!config_setting_lookup_string(entry, "provider", &provider) ||
		!config_setting_lookup_string(entry, "host", &host) ||
		!config_setting_lookup_int(entry, "port", &port) || port < 1 || port > 65535)
		return refuse(err, entry, "egress.allow",
			"an entry is \"CIDR\" or { provider = \"…\"; host = \"…\"; port = N; }");
	if (!*host || strpbrk(host, "/[]@?# \t\r\n"))
		return refuse(err, entry, "egress.allow",
			"host is a name or address alone, as in \"git.internal\" or \"::1\"");
	ret_allow->provider = xstrdup(provider);
	ret_allow->host = xstrdup(host);
	ret_allow->port = port;
	return 0;
}

static void free_allow(struct settings *settings)
{
	for (size_t i = 0; i < settings->egress_allow_len; i++) {
		free(settings->egress_allow[i].cidr);
		free(settings->egress_allow[i].provider);
		free(settings->egress_allow[i].host);
	}
	free(settings->egress_allow);
	settings->egress_allow = NULL;
	settings->egress_allow_len = 0;
}

static int take_allow(config_setting_t *setting, struct settings *settings, struct err *err)
{
	int len;

	if (!config_setting_is_list(setting))
		return refuse(err, setting, "egress.allow", "must be a list: ( … )");
	len = config_setting_length(setting);
	free_allow(settings);
	settings->egress_allow = xcalloc((size_t)len + 1, sizeof(*settings->egress_allow));
	for (int i = 0; i < len; i++) {
		int result = take_allow_entry(config_setting_get_elem(setting, (unsigned)i),
			&settings->egress_allow[i], err);

		if (result < 0)
			return result;
		settings->egress_allow_len++;
	}
	return 0;
}

static int take_log(config_setting_t *setting, const struct key *key, int *ret_value,
	struct err *err)
{
	const char *text = config_setting_get_string(setting);

	if (key->type == LEVEL) {
		int level = text ? log_level_parse(text) : -1;

		if (level < 0)
			return refuse(err, setting, key->path,
				"must be \"error\", \"warning\", \"notice\", \"info\" or \"debug\"");
		*ret_value = level;
		return 0;
	}
	if (!text || (strcmp(text, "logfmt") != 0 && strcmp(text, "json") != 0))
		return refuse(err, setting, key->path, "must be \"logfmt\" or \"json\"");
	*ret_value = strcmp(text, "json") == 0 ? LOG_JSON : LOG_LOGFMT;
	return 0;
}

static int take_sandbox(config_setting_t *setting, const struct key *key, bool *ret_required,
	struct err *err)
{
	const char *text = config_setting_get_string(setting);

	if (!text || (strcmp(text, "prefer") != 0 && strcmp(text, "require") != 0))
		return refuse(err, setting, key->path, "must be \"prefer\" or \"require\"");
	*ret_required = strcmp(text, "require") == 0;
	return 0;
}

static int take(config_setting_t *setting, const struct key *key, struct settings *settings,
	struct err *err)
{
	switch (key->type) {
	case TEXT:
	case URL:
	case WORD:
	case PROXY:
	case ENDPOINT:
		return take_text(setting, key, member(settings, key), err);
	case TEXTS:
	case NETWORKS:
	case ORIGINS:
	case ENDPOINTS:
		return take_texts(setting, key, member(settings, key), err);
	case NUMBER:
		return take_number(setting, key, member(settings, key), err);
	case ALLOW:
		return take_allow(setting, settings, err);
	case LEVEL:
	case FORMAT:
		return take_log(setting, key, member(settings, key), err);
	case SANDBOX:
		return take_sandbox(setting, key, member(settings, key), err);
	case PROVIDERS:
		if (!config_setting_is_group(setting))
			return refuse(err, setting, key->path, "must be a group: { … }");
		return 0;
	}
	return 0;
}

/* ---- The whole ---- */

static bool is_text(const struct key *key)
{
	return key->type == TEXT || key->type == URL || key->type == WORD || key->type == PROXY ||
		key->type == ENDPOINT;
}

static bool is_texts(const struct key *key)
{
	return key->type == TEXTS || key->type == NETWORKS || key->type == ORIGINS ||
		key->type == ENDPOINTS;
}

static void set_defaults(struct settings *settings)
{
	for (size_t i = 0; i < lengthof(keys); i++) {
		const struct key *key = &keys[i];

		if (is_text(key)) {
			*(char **)member(settings, key) = xstrdup(key->default_text);
		} else if (is_texts(key)) {
			char **texts = xcalloc(2, sizeof(*texts));

			texts[0] = xstrdup(key->default_text);
			*(char ***)member(settings, key) = texts;
		} else if (key->type == NUMBER) {
			*(int *)member(settings, key) = key->default_number;
		}
	}
	settings->log_level = MORTISE_LOG_INFO;
	settings->log_format = LOG_LOGFMT;
}

static const struct key *find_key(const char *path)
{
	for (size_t i = 0; i < lengthof(keys); i++)
		if (strcmp(keys[i].path, path) == 0)
			return &keys[i];
	return NULL;
}

/* Does a key begin with this path and a dot: is it a section? */
static bool is_section(const char *path)
{
	size_t len = strlen(path);

	for (size_t i = 0; i < lengthof(keys); i++)
		if (strncmp(keys[i].path, path, len) == 0 && keys[i].path[len] == '.')
			return true;
	return false;
}

static int take_group(config_setting_t *group, const char *prefix, struct settings *settings,
	struct err *err)
{
	int len = config_setting_length(group), result = 0;

	for (int i = 0; i < len && result == 0; i++) {
		config_setting_t *setting = config_setting_get_elem(group, (unsigned)i);
		cleanup_free char *path = xasprintf("%s%s", prefix, config_setting_name(setting));
		const struct key *key = find_key(path);

		if (key) {
			result = take(setting, key, settings, err);
		} else if (*prefix == '\0' && is_section(path)) {
			cleanup_free char *inner = xasprintf("%s.", path);

			result = config_setting_is_group(setting) ?
				take_group(setting, inner, settings, err) :
				refuse(err, setting, path, "must be a group: { … }");
		} else {
			result = refuse(err, setting, path,
				"no such key; see mortise.conf(5) for those there are");
		}
	}
	return result;
}

/* ---- Reading files, each into its own tree ---- */

static int read_tree(const char *path, config_t *tree, struct err *err)
{
	struct stat st;

	if (stat(path, &st) < 0)
		return err_set(err, MORTISE_E_SETTINGS, "%s: %s", path, strerror(errno));
	if (!S_ISREG(st.st_mode) || st.st_size > FILE_MAX_SIZE)
		return err_set(err, MORTISE_E_SETTINGS,
			"%s: not a regular file of at most 1 MiB", path);
	if (config_read_file(tree, path) != CONFIG_TRUE)
		return err_set(err, MORTISE_E_SETTINGS, "%s:%d: %s",
			config_error_file(tree) ? config_error_file(tree) : path,
			config_error_line(tree), config_error_text(tree));
	return 0;
}

static int is_fragment(const struct dirent *entry)
{
	size_t len = strlen(entry->d_name);

	return entry->d_name[0] != '.' && len > 5 &&
		strcmp(entry->d_name + len - 5, ".conf") == 0;
}

static int read_file(const char *path, struct settings *settings, struct err *err)
{
	struct settings_tree *tree = new(struct settings_tree);
	int result;

	config_init(&tree->config);
	tree->earlier = settings->trees;
	settings->trees = tree;
	result = read_tree(path, &tree->config, err);
	if (result < 0)
		return result;
	return take_group(config_root_setting(&tree->config), "", settings, err);
}

/* conf.d/ beside the file, in name order; a later file's keys replace earlier ones. */
static int read_fragments(const char *file, struct settings *settings, struct err *err)
{
	const char *slash = strrchr(file, '/');
	cleanup_free char *dir = slash ?
		xasprintf("%.*s/conf.d", (int)(slash - file), file) : xstrdup("conf.d");
	struct dirent **entries = NULL;
	int len = scandir(dir, &entries, is_fragment, alphasort);
	int result = 0;

	if (len > FILES_MAX)
		result = err_set(err, MORTISE_E_SETTINGS, "%s: more than %d files", dir, FILES_MAX);
	for (int i = 0; i < len; i++) {
		if (result == 0) {
			cleanup_free char *path = xasprintf("%s/%s", dir, entries[i]->d_name);

			result = read_file(path, settings, err);
		}
		free(entries[i]);
	}
	free(entries);
	return result;
}

struct settings *settings_new(void)
{
	struct settings *settings = new(struct settings);

	set_defaults(settings);
	return settings;
}

int settings_load(const char *file, struct settings **ret_settings, struct err *err)
{
	struct settings *settings = settings_new();
	int result;

	settings->file = xstrdup(file);
	result = read_file(file, settings, err);
	if (result == 0)
		result = read_fragments(file, settings, err);
	if (result < 0) {
		settings_free(settings);
		return result;
	}
	*ret_settings = settings;
	return 0;
}

void settings_free(struct settings *settings)
{
	if (!settings)
		return;
	for (size_t i = 0; i < lengthof(keys); i++) {
		if (is_text(&keys[i]))
			free(*(char **)member(settings, &keys[i]));
		else if (is_texts(&keys[i]))
			free_texts(*(char ***)member(settings, &keys[i]));
	}
	free_allow(settings);
	for (struct settings_tree *tree = settings->trees, *earlier; tree; tree = earlier) {
		earlier = tree->earlier;
		config_destroy(&tree->config);
		free(tree);
	}
	free(settings->file);
	free(settings);
}

/* providers.KEY of one file, or NULL. */
static config_setting_t *provider_group(const struct settings_tree *tree, const char *provider)
{
	config_setting_t *providers = config_lookup(&tree->config, "providers");

	return providers ? config_setting_get_member(providers, provider) : NULL;
}

static config_setting_t *provider_setting_of(const struct settings *settings,
	const char *provider, const char *name)
{
	for (struct settings_tree *tree = settings->trees; tree; tree = tree->earlier) {
		config_setting_t *group = provider_group(tree, provider);
		config_setting_t *setting = group && config_setting_is_group(group) ?
			config_setting_get_member(group, name) : NULL;

		if (setting)
			return setting;
	}
	return NULL;
}

char *settings_provider_text(const struct settings *settings, const char *provider,
	const char *name)
{
	config_setting_t *setting = provider_setting_of(settings, provider, name);

	if (!setting)
		return NULL;
	switch (config_setting_type(setting)) {
	case CONFIG_TYPE_STRING:
		return xstrdup(config_setting_get_string(setting));
	case CONFIG_TYPE_INT:
	case CONFIG_TYPE_INT64:
		return xasprintf("%lld", config_setting_get_int64(setting));
	case CONFIG_TYPE_BOOL:
		return xstrdup(config_setting_get_bool(setting) ? "true" : "false");
	default:
		return NULL;
	}
}

static bool names_setting(const struct mortise_setting *setting, const char *name)
{
	size_t len = strlen(setting->name);

	if (setting->flags & MORTISE_SETTING_SECRET)
		return strncmp(setting->name, name, len) == 0 && strcmp(name + len, "_file") == 0;
	return strcmp(setting->name, name) == 0;
}

static const char *wrong_type(const struct mortise_setting *registered, config_setting_t *setting)
{
	int type = config_setting_type(setting);

	/* What is no path may be the secret itself, and errors and logs name paths. */
	if (registered->flags & MORTISE_SETTING_SECRET)
		return type == CONFIG_TYPE_STRING && *config_setting_get_string(setting) == '/'
			? NULL : "must be the absolute path of a file that holds the secret";
	if (registered->type == MORTISE_TYPE_BOOLEAN)
		return type == CONFIG_TYPE_BOOL ? NULL : "must be true or false";
	if (registered->type == MORTISE_TYPE_INTEGER)
		return type == CONFIG_TYPE_INT || type == CONFIG_TYPE_INT64 ? NULL :
			"must be a whole number";
	/* Ids are often numbers: `app_id = 12345` means the text. */
	if (registered->type == MORTISE_TYPE_TEXT &&
		(type == CONFIG_TYPE_INT || type == CONFIG_TYPE_INT64))
		return NULL;
	return type == CONFIG_TYPE_STRING ? NULL : "must be text in double quotes";
}

/* Whoever misspelled one sees those there are. */
static int refuse_unknown(struct err *err, config_setting_t *setting, const char *path,
	const struct reg_provider *provider)
{
	cleanup_free char *text = xstrdup("the provider has no such setting; it has ");

	for (size_t i = 0; i < provider->setting_len; i++) {
		char *more = xasprintf("%s%s%s%s", text, i > 0 ? ", " : "", provider->settings[i].name,
			provider->settings[i].flags & MORTISE_SETTING_SECRET ? "_file" : "");

		free(text);
		text = more;
	}
	return refuse(err, setting, path, provider->setting_len > 0 ? text :
		"the provider has no settings");
}

static int check_group(config_setting_t *group, const struct reg_provider *provider,
	struct err *err)
{
	const char *key = provider->provider.key;

	if (!config_setting_is_group(group))
		return refuse(err, group, key, "must be a group: { … }");
	for (int i = 0; i < config_setting_length(group); i++) {
		config_setting_t *setting = config_setting_get_elem(group, (unsigned)i);
		const char *name = config_setting_name(setting), *text = NULL;
		cleanup_free char *path = xasprintf("providers.%s.%s", key, name);
		const struct mortise_setting *found = NULL;

		for (size_t j = 0; j < provider->setting_len && !found; j++)
			if (names_setting(&provider->settings[j], name))
				found = &provider->settings[j];
		if (!found)
			return refuse_unknown(err, setting, path, provider);
		text = wrong_type(found, setting);
		if (text)
			return refuse(err, setting, path, text);
	}
	return 0;
}

int settings_check_provider(const struct settings *settings, const struct reg_provider *provider,
	struct err *err)
{
	int result = 0;

	for (struct settings_tree *tree = settings->trees; tree && result == 0;
		tree = tree->earlier) {
		config_setting_t *group = provider_group(tree, provider->provider.key);

		if (group)
			result = check_group(group, provider, err);
	}
	return result;
}
