/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * The app as Atlassian Connect knows it: its descriptor, the calls by which Jira says that
 * a site has installed or removed it, and how a site comes to an organization.
 *
 * A call of the life cycle is proved by its token, which names the site; what its body says
 * counts for that site alone.
 */
#include "cloud.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SLUG_PATH "/extensions/jira/"
#define URL_MAX_SIZE 4096
#define SECRET_MAX_SIZE 1024

/* ---- Names ---- */

/* An address of ours; a new string. */
static int32_t read_url(struct mortise_call *call, const char *path, char **ret_url)
{
	json_t *url = NULL;

	TRY(jira_read(call, MORTISE_READ_PUBLIC_URL, "path", path, &url));
	*ret_url = strdup(json_is_string(url) ? json_string_value(url) : "");
	json_decref(url);
	return MORTISE_OK;
}

/* "https://errors.example.com:8443/x" names the host errors.example.com. */
static char *host_of(const char *url)
{
	const char *start = strstr(url, "://");

	start = start ? start + 3 : url;
	if (*start == '[')
		return strndup(start + 1, strcspn(start + 1, "]"));
	return strndup(start, strcspn(start, ":/"));
}

int32_t cloud_app_key(struct mortise_call *call, char **ret_key)
{
	char *key, *url, *name;

	TRY(jira_setting(call, "app_key", &key));
	if (*key) {
		*ret_key = key;
		return MORTISE_OK;
	}
	free(key);
	TRY(read_url(call, "/", &url));
	name = host_of(url);
	free(url);
	if (asprintf(ret_key, "%s.jira", name) < 0)
		*ret_key = NULL;
	free(name);
	return MORTISE_OK;
}

/* {"name", "key"} of this side. */
static int32_t read_product(struct mortise_call *call, json_t **ret_product)
{
	json_t *args = json_object();
	int32_t ret = host->read(call, MORTISE_READ_PRODUCT, args, ret_product);

	json_decref(args);
	return ret;
}

int32_t cloud_panel_key(struct mortise_call *call, char **ret_key)
{
	json_t *product = NULL;

	TRY(read_product(call, &product));
	if (asprintf(ret_key, "%s-issues-glance", jira_text(product, "key")) < 0)
		*ret_key = NULL;
	json_decref(product);
	return MORTISE_OK;
}

/* ---- The descriptor ---- */

static json_t *page_module(const json_t *product, const char *prefix)
{
	const char *name = jira_text(product, "name");

	return json_pack("{s:s, s:{s:s+}, s:s+}", "url", SLUG_PATH "ui-hook/", "name", "value",
		"Configure ", name, "key", prefix, jira_text(product, "key"));
}

static json_t *panel_module(const json_t *product, const char *icon)
{
	return json_pack("{s:{s:i, s:i, s:s}, s:{s:s, s:{s:s}}, s:{s:s, s:s}, s:{s:s}, s:s+}",
		"icon", "width", 24, "height", 24, "url", icon,
		"content", "type", "label", "label", "value", "Linked Issues",
		"target", "type", "web_panel", "url", SLUG_PATH "issue-details/{issue.key}/",
		"name", "value", jira_text(product, "name"),
		"key", jira_text(product, "key"), "-issues-glance");
}

static json_t *webhook_module(const char *event)
{
	return json_pack("{s:s, s:s, s:b}", "event", event, "url", SLUG_PATH "issue-updated/",
		"excludeBody", 0);
}

static json_t *modules(const json_t *product, const char *icon)
{
	return json_pack("{s:o, s:o, s:[o], s:[o, o]}",
		"postInstallPage", page_module(product, "post-install-"),
		"configurePage", page_module(product, "configure-"),
		"jiraIssueContexts", panel_module(product, icon),
		"webhooks", webhook_module("jira:issue_updated"), webhook_module("jira:issue_deleted"));
}

/* Atlassian approves the scope of addresses for each app by itself. */
static int32_t read_scopes(struct mortise_call *call, json_t **ret_scopes)
{
	json_t *scope = NULL;
	int32_t ret = jira_read(call, MORTISE_READ_SETTING, "name", "email_scope", &scope);

	if (ret != MORTISE_OK && ret != MORTISE_E_NOT_FOUND)
		return ret;
	*ret_scopes = json_pack("[s, s, s]", "read", "write", "act_as_user");
	if (json_is_true(scope))
		json_array_append_new(*ret_scopes, json_string("access_email_addresses"));
	json_decref(scope);
	return MORTISE_OK;
}

int32_t cloud_descriptor(struct mortise_call *call, const json_t *input, json_t **ret_output)
{
	json_t *product = NULL, *scopes = NULL;
	char *key = NULL, *base = NULL, *icon = NULL;
	int32_t ret = cloud_app_key(call, &key);

	(void)input;
	if (ret == MORTISE_OK)
		ret = read_url(call, "/", &base);
	if (ret == MORTISE_OK)
		ret = read_url(call, "/console/logo.svg", &icon);
	if (ret == MORTISE_OK)
		ret = read_product(call, &product);
	if (ret == MORTISE_OK)
		ret = read_scopes(call, &scopes);
	if (ret == MORTISE_OK) {
		const char *name = jira_text(product, "name");

		base[strlen(base) - (*base != '\0')] = '\0';
		*ret_output = json_pack("{s:{s:s, s:s++, s:s, s:s, s:{s:s, s:s}, s:{s:s}, s:{s:s, s:s}, "
			"s:i, s:o, s:{s:b, s:b, s:b}, s:O}}", "body",
			"name", name,
			"description", "Issues of ", name, " in Jira: create them, link them, and keep both "
				"sides in step.",
			"key", key, "baseUrl", base,
			"vendor", "name", name, "url", base,
			"authentication", "type", "jwt",
			"lifecycle", "installed", SLUG_PATH "installed/", "uninstalled",
				SLUG_PATH "uninstalled/",
			"apiVersion", 1, "modules", modules(product, icon),
			"apiMigrations", "gdpr", 1, "context-qsh", 1, "signed-install", 1,
			"scopes", scopes);
	}
	json_decref(scopes);
	json_decref(product);
	free(icon);
	free(base);
	free(key);
	return ret;
}

/* ---- Life cycle ---- */

/* "https://acme.atlassian.net", maybe with a path, without a slash at its end; a new string,
 * NULL if it is none. */
static char *read_base(const char *url)
{
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
		"-._~:/[]%";
	size_t scheme = !url ? 0 : strncmp(url, "https://", 8) == 0 ? 8
		: strncmp(url, "http://", 7) == 0 ? 7 : 0;
	size_t size = url ? strlen(url) : 0;

	if (scheme == 0 || size > URL_MAX_SIZE || url[strspn(url, allowed)] ||
		!(isalnum((unsigned char)url[scheme]) || url[scheme] == '['))
		return NULL;
	while (size > scheme && url[size - 1] == '/')
		size--;
	return strndup(url, size);
}

/* What the integration keeps of a site. */
static json_t *make_metadata(const json_t *body, const char *base, const char *app_key)
{
	return json_pack("{s:s, s:s, s:s, s:O*, s:O*}", "base_url", base, "domain_name",
		strstr(base, "://") + 3, "app_key", app_key, "oauth_client_id",
		json_object_get(body, "oauthClientId"), "public_key", json_object_get(body, "publicKey"));
}

static int32_t check_texts(struct mortise_call *call, const json_t *body)
{
	static const char *const optional[] = {"oauthClientId", "publicKey"};

	if (!jira_short(body, "sharedSecret", SECRET_MAX_SIZE))
		return host->field_error(call, "sharedSecret", "Jira must send the shared secret.");
	EACH(i, optional)
		if (json_object_get(body, optional[i]) && !jira_short(body, optional[i], URL_MAX_SIZE))
			return host->field_error(call, optional[i], "Jira must send a text of at most %d "
				"bytes.", URL_MAX_SIZE);
	return MORTISE_OK;
}

/* Also how a site gets a new secret, and how it comes back after it was disabled. */
int32_t cloud_installed(struct mortise_call *call, const json_t *input, json_t **ret_output)
{
	const json_t *body = json_object_get(input, "body");
	char *base = read_base(jira_text(body, "baseUrl")), *app_key = NULL;
	int32_t ret = base ? check_texts(call, body)
		: host->field_error(call, "baseUrl", "Jira must send the address of the site.");

	(void)ret_output;
	if (ret == MORTISE_OK)
		ret = cloud_app_key(call, &app_key);
	if (ret == MORTISE_OK)
		ret = jira_effect(call, MORTISE_EFFECT_INTEGRATION_PUT, json_pack(
			"{s:s, s:o, s:{s:O}}", "name", "JIRA", "metadata", make_metadata(body, base, app_key),
			"secrets", "shared_secret", json_object_get(body, "sharedSecret")));
	if (ret == MORTISE_OK)
		ret = jira_effect(call, MORTISE_EFFECT_TASK, json_pack("{s:s}", "name", SYNC_METADATA));
	free(app_key);
	free(base);
	return ret;
}

/* Links and what is linked stay, so that a later install finds them. */
int32_t cloud_uninstalled(struct mortise_call *call, const json_t *input, json_t **ret_output)
{
	(void)input;
	(void)ret_output;
	return jira_effect(call, MORTISE_EFFECT_INTEGRATION_STATUS, json_pack("{s:s, s:s}", "status",
		"disabled", "reason", "removed in Jira"));
}

/* ---- The install on this side ---- */

/* What the reference in the link stands for. */
static const json_t *site_of(const json_t *input)
{
	return json_object_get(json_object_get(input, "state"), "signed_params");
}

int32_t cloud_show_site(struct mortise_call *call, const json_t *input, json_t **ret_output)
{
	const json_t *metadata = json_object_get(site_of(input), "metadata");
	const char *base = jira_text(metadata, "base_url");

	if (!base)
		return host->fail(call, MORTISE_E_SETTINGS, "The link says nothing of a site; open the app "
			"in Jira again, and follow the link there.");
	*ret_output = json_pack("{s:[{s:s, s:s}], s:{s:s}}", "rows", "label", "Jira site", "value",
		base, "data", "baseUrl", base);
	return MORTISE_OK;
}

int32_t cloud_build(struct mortise_call *call, const json_t *input, json_t **ret_output)
{
	const json_t *site = site_of(input);

	if (!jira_text(site, "external_id") || !jira_text(site, "name"))
		return host->fail(call, MORTISE_E_SETTINGS, "The link says nothing of a site; open the app "
			"in Jira again, and follow the link there.");
	*ret_output = json_pack("{s:O, s:O, s:s}", "external_id", json_object_get(site, "external_id"),
		"name", json_object_get(site, "name"), "ownership", "proved");
	return MORTISE_OK;
}
