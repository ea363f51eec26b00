/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
#include "github.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

const char *github_text(const json_t *object, const char *member)
{
	return json_string_value(json_object_get(object, member));
}

const char *github_short(const json_t *object, const char *member, size_t max)
{
	const char *text = github_text(object, member);

	return text && strlen(text) <= max ? text : NULL;
}

const char *github_web_url(const json_t *object)
{
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
		"-._~:/?#[]@!$&'()*+,;=%";
	const char *url = github_short(object, "html_url", URL_MAX_SIZE);
	size_t scheme = !url ? 0 : strncmp(url, "https://", 8) == 0 ? 8
		: strncmp(url, "http://", 7) == 0 ? 7 : 0;

	if (scheme == 0 || !isalnum((unsigned char)url[scheme]) || url[strspn(url, allowed)])
		return NULL;
	return url;
}

bool github_id(const json_t *object, const char *member, char ret_id[ID_SIZE])
{
	const json_t *value = json_object_get(object, member);

	if (!json_is_integer(value) || json_integer_value(value) <= 0)
		return false;
	snprintf(ret_id, ID_SIZE, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
	return true;
}

char *github_cut(const char *text, size_t max)
{
	size_t size = strlen(text);

	if (size > max) {
		size = max;
		while (size > 0 && ((unsigned char)text[size] & 0xc0) == 0x80)
			size--;
	}
	return strndup(text, size);
}

bool github_time(const char *text, int64_t *ret_ms)
{
	struct tm tm = {0};
	int hours, minutes, end = 0;
	const char *zone;
	int64_t offset_s = 0;

	if (!text || sscanf(text, "%4d-%2d-%2dT%2d:%2d:%2d%n", &tm.tm_year, &tm.tm_mon, &tm.tm_mday,
		&tm.tm_hour, &tm.tm_min, &tm.tm_sec, &end) != 6)
		return false;
	zone = text + end;
	if (*zone == '.')
		zone += 1 + strspn(zone + 1, "0123456789");
	if ((*zone == '+' || *zone == '-') && sscanf(zone + 1, "%2d:%2d", &hours, &minutes) == 2)
		offset_s = (*zone == '-' ? -1 : 1) * (hours * 3600 + minutes * 60);
	else if (*zone != 'Z')
		return false;
	tm.tm_year -= 1900;
	tm.tm_mon--;
	*ret_ms = ((int64_t)timegm(&tm) - offset_s) * 1000;
	return *ret_ms >= 0;
}

int32_t github_setting(struct mortise_call *call, const char *name, char **ret_value)
{
	json_t *args = json_pack("{s:s}", "name", name);
	json_t *value = NULL;
	int32_t ret = host->read(call, MORTISE_READ_SETTING, args, &value);

	json_decref(args);
	if (ret != MORTISE_OK && ret != MORTISE_E_NOT_FOUND)
		return ret;
	*ret_value = strdup(json_is_string(value) ? json_string_value(value) : "");
	json_decref(value);
	return MORTISE_OK;
}

char *github_slug(const char *name)
{
	char *slug = calloc(1, strlen(name) + 1);
	size_t size = 0;

	for (; slug && *name; name++) {
		if (isalnum((unsigned char)*name) || *name == '_')
			slug[size++] = (char)tolower((unsigned char)*name);
		else if ((*name == ' ' || *name == '-') && size > 0 && slug[size - 1] != '-')
			slug[size++] = '-';
	}
	while (size > 0 && slug[size - 1] == '-')
		slug[--size] = '\0';
	return slug;
}

char *github_encode(const char *text)
{
	static const char kept[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~/";
	char *encoded = calloc(3, strlen(text) + 1);
	char *end = encoded;

	for (; encoded && *text; text++) {
		if (strchr(kept, *text))
			*end++ = *text;
		else
			end += sprintf(end, "%%%02X", (unsigned char)*text);
	}
	return encoded;
}

const char *github_language(const char *path)
{
	static const char *const languages[][2] = {
		{"c", "c"}, {"cc", "cpp"}, {"cpp", "cpp"}, {"cs", "c#"}, {"cxx", "cpp"},
		{"dart", "dart"}, {"ex", "elixir"}, {"exs", "elixir"}, {"go", "go"},
		{"groovy", "groovy"}, {"h", "c"}, {"hpp", "cpp"}, {"java", "java"},
		{"js", "javascript"}, {"jsx", "javascript"}, {"kt", "kotlin"}, {"kts", "kotlin"},
		{"lua", "lua"}, {"m", "objective-c"}, {"mjs", "javascript"}, {"mm", "objective-c"},
		{"php", "php"}, {"pl", "perl"}, {"py", "python"}, {"rb", "ruby"}, {"rs", "rust"},
		{"scala", "scala"}, {"swift", "swift"}, {"ts", "typescript"}, {"tsx", "typescript"},
	};
	const char *name = strrchr(path, '/');
	const char *dot = strrchr(name ? name : path, '.');

	for (size_t i = 0; dot && i < sizeof(languages) / sizeof(languages[0]); i++)
		if (strcasecmp(dot + 1, languages[i][0]) == 0)
			return languages[i][1];
	return NULL;
}
