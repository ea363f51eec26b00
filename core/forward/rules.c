/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
#include "config.h"
#include "core/forward/rules.h"

#include <errno.h>
#include <regex.h>
#include <stdio.h>
#include <string.h>

#include "core/base/buf.h"
#include "core/base/err.h"
#include "core/base/mem.h"

#define REGION_LINE_MAX 256
#define REGIONS_MAX 1000

/* ---- Who needs what ---- */

static const struct forward_key segment_keys[] = {
	{"write_key", "^[A-Za-z0-9_-]+$", "letters, digits, \"_\" and \"-\"", true},
	{0},
};
static const char *const segment_readable[] = {NULL};

static const struct forward_key sqs_keys[] = {
	{"queue_url", "^https://sqs\\.[a-z0-9-]+\\.amazonaws\\.com/[0-9]+/[A-Za-z0-9_/-]+(\\.fifo)?$",
		"like https://sqs.us-east-1.amazonaws.com/123456789012/events", true},
	{"region", NULL, "a region of AWS, like us-east-1", true},
	{"access_key", NULL, NULL, true},
	{"secret_key", NULL, NULL, true},
	{"message_group_id", NULL, NULL, false},
	{"s3_bucket", "^[a-z0-9.-]+$", "lower-case letters, digits, \"-\" and \".\"", false},
	{0},
};
static const char *const sqs_readable[] = {"queue_url", "region", "access_key", "message_group_id",
	"s3_bucket", NULL};

static const struct forward_key splunk_keys[] = {
	{"instance_url", "^https?://[A-Za-z0-9.-]+(:[0-9]{1,5})?(/[^[:space:]]*)?$",
		"like https://splunk.example.com:8088", true},
	{"index", NULL, NULL, true},
	{"source", NULL, NULL, true},
	{"token", "^[A-Za-z0-9-]+$", "letters, digits and \"-\"", true},
	{0},
};
static const char *const splunk_readable[] = {"instance_url", "index", "source", NULL};

static const struct forward_provider providers[] = {
	{"segment", "Segment", segment_keys, segment_readable},
	{"sqs", "Amazon SQS", sqs_keys, sqs_readable},
	{"splunk", "Splunk", splunk_keys, splunk_readable},
};

const char *const forward_provider_keys[] = {"segment", "sqs", "splunk", NULL};

const struct forward_provider *forward_provider_find(const char *key)
{
	for (size_t i = 0; i < lengthof(providers); i++)
		if (strcmp(providers[i].key, key) == 0)
			return &providers[i];
	return NULL;
}

bool forward_key_is_readable(const struct forward_provider *provider, const char *key)
{
	for (size_t i = 0; provider->readable[i]; i++)
		if (strcmp(provider->readable[i], key) == 0)
			return true;
	return false;
}

int forward_regions_read(const char *file, json_t **ret_regions, struct err *err)
{
	cleanup_json json_t *regions = json_object();
	char line[REGION_LINE_MAX];
	FILE *stream = fopen(file, "re");

	if (!stream)
		return err_set(err, MORTISE_E_SETTINGS, "%s: %s; set forwarding.regions_file to "
			"the list of AWS regions", file, strerror(errno));
	while (json_object_size(regions) < REGIONS_MAX && fgets(line, sizeof(line), stream)) {
		line[strcspn(line, " \t\r\n#")] = '\0';
		if (*line)
			json_object_set_new(regions, line, json_true());
	}
	fclose(stream);
	*ret_regions = steal(&regions);
	return 0;
}

/* ---- Values ---- */

int forward_values_check(json_t *values, const char *field, struct err *err)
{
	const char *key;
	json_t *value;

	if (!json_is_object(values))
		return err_field(err, field, "Must be an object of texts.");
	if (json_object_size(values) > FORWARD_KEYS_MAX)
		return err_field(err, field, "Ensure this object has no more than %d keys.",
			FORWARD_KEYS_MAX);
	json_object_foreach(values, key, value) {
		if (!*key || strlen(key) > FORWARD_KEY_MAX)
			err_field(err, field, "A key has 1 to %d bytes.", FORWARD_KEY_MAX);
		else if (!json_is_string(value))
			err_field(err, field, "\"%s\": Not a valid string.", key);
		else if (json_string_length(value) > FORWARD_VALUE_MAX)
			err_field(err, field, "\"%s\": Ensure this value has no more than %d bytes.",
				key, FORWARD_VALUE_MAX);
	}
	return err->code;
}

json_t *forward_values_filled(json_t *values)
{
	json_t *filled = json_object();
	const char *key;
	json_t *value;

	json_object_foreach(values, key, value)
		if (json_string_length(value) > 0)
			json_object_set(filled, key, value);
	return filled;
}

json_t *forward_values_merged(json_t *config, json_t *overrides)
{
	json_t *merged = json_copy(config);

	json_object_update(merged, overrides);
	return merged;
}

/* ---- Rules ---- */

static bool matches(const char *pattern, const char *text)
{
	regex_t regex;
	bool found;

	if (regcomp(&regex, pattern, REG_EXTENDED | REG_NOSUB) != 0)
		abort();
	found = regexec(&regex, text, 0, NULL, 0) == 0;
	regfree(&regex);
	return found;
}

static void check_value(const struct forward_key *key, const char *value, const json_t *regions,
	const char *field, struct err *err)
{
	bool is_region = strcmp(key->name, "region") == 0;

	if (!*value && key->required)
		err_field(err, field, "\"%s\" may not be blank.", key->name);
	else if (*value && ((key->pattern && !matches(key->pattern, value)) ||
				   (is_region && !json_object_get(regions, value))))
		err_field(err, field, "\"%s\" must be %s.", key->name, key->hint);
}

static const char *text_of(const json_t *values, const char *key)
{
	const char *text = json_string_value(json_object_get(values, key));

	return text ? text : "";
}

/* AWS takes no message of a FIFO queue without a group. */
static void check_group(const json_t *values, const char *field, struct err *err)
{
	const char *url = text_of(values, "queue_url");
	size_t size = strlen(url);

	if (size > 5 && strcmp(url + size - 5, ".fifo") == 0 && !*text_of(values, "message_group_id"))
		err_field(err, field, "\"message_group_id\" is required for a FIFO queue.");
}

static void check_missing(const struct forward_provider *provider, const json_t *config,
	struct err *err)
{
	cleanup_buf struct buf names = BUF(1024);

	for (const struct forward_key *key = provider->keys; key->name; key++)
		if (key->required && !*text_of(config, key->name))
			buf_printf(&names, "%s\"%s\"", names.size > 0 ? ", " : "", key->name);
	if (names.size > 0)
		err_field(err, "config", "%s needs %s.", provider->name, buf_text(&names));
}

int forward_config_check(const struct forward_provider *provider, const json_t *config,
	const json_t *regions, struct err *err)
{
	check_missing(provider, config, err);
	if (err->code < 0)
		return err->code;
	for (const struct forward_key *key = provider->keys; key->name; key++)
		check_value(key, text_of(config, key->name), regions, "config", err);
	if (strcmp(provider->key, "sqs") == 0)
		check_group(config, "config", err);
	return err->code;
}

int forward_overrides_check(const struct forward_provider *provider, json_t *config,
	json_t *overrides, const json_t *regions, struct err *err)
{
	cleanup_json json_t *effective = forward_values_merged(config, overrides);

	for (const struct forward_key *key = provider->keys; key->name; key++)
		if (json_object_get(overrides, key->name))
			check_value(key, text_of(overrides, key->name), regions, "overrides", err);
	if (strcmp(provider->key, "sqs") == 0)
		check_group(effective, "overrides", err);
	return err->code;
}
