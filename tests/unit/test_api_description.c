/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * The description of the API holds what the daemon serves, and nothing else: every route
 * of a whole daemon is compared with it, by path, method, scopes and body.  Names of path
 * parameters are the description's own.
 */
#include "config.h"
#include "tests/unit/unit.h"

#include <ctype.h>
#include <ftw.h>
#include <stdio.h>

#include <curl/curl.h>
#include <jansson.h>
#include <sodium.h>

#include "core/api/call.h"
#include "core/api/description.h"
#include "core/base/err.h"
#include "core/base/log.h"
#include "core/base/mem.h"
#include "core/config/settings.h"
#include "core/daemon/daemon.h"
#include "core/http/http.h"

static char dir[] = "/tmp/mortise-test-XXXXXX";
static struct daemon *daemon_whole;
static json_t *description;
static json_t *described;      /* {"GET /a/{}/": the operation} */

/* ---- A whole daemon, which does not run ---- */

static int remove_one(const char *path, const struct stat *about, int flag, struct FTW *ftw)
{
	(void)about;
	(void)flag;
	(void)ftw;
	return remove(path);
}

static void start_daemon(void)
{
	cleanup_err struct err err = {0};
	cleanup_free char *file = NULL;
	struct settings *settings;
	FILE *out;

	assert_true(sodium_init() >= 0);
	assert_int_equal(curl_global_init(CURL_GLOBAL_DEFAULT), 0);
	log_setup(MORTISE_LOG_ERROR, LOG_LOGFMT);
	assert_non_null(mkdtemp(dir));
	file = xasprintf("%s/mortise.conf", dir);
	out = fopen(file, "w");
	assert_non_null(out);
	fprintf(out, "state_dir = \"%s\"; runtime_dir = \"%s\"; plugin_dir = \"%s\";\n"
		"console_dir = \"%s/console\";\n", dir, dir, dir, getenv("srcdir"));
	fclose(out);
	if (settings_load(file, &settings, &err) < 0 ||
		daemon_new(settings, &daemon_whole, &err) < 0)
		fail_msg("%s", err_text(&err));
}

/* ---- Names that both sides have ---- */

/* "GET /a/{}/": parameters without their names, and always with the last slash. */
static char *operation_key(const char *method, const char *path)
{
	char *key = xmalloc(strlen(method) + strlen(path) + 3);
	char *to = key;

	for (const char *c = method; *c; c++)
		*to++ = (char)toupper((unsigned char)*c);
	*to++ = ' ';
	for (; *path; path++) {
		*to++ = *path;
		if (*path == '{') {
			path += strcspn(path, "}");
			*to++ = '}';
		}
	}
	if (to[-1] != '/')
		*to++ = '/';
	*to = '\0';
	return key;
}

static bool is_method(const char *name)
{
	return strcmp(name, "get") == 0 || strcmp(name, "put") == 0 ||
		strcmp(name, "post") == 0 || strcmp(name, "delete") == 0 ||
		strcmp(name, "patch") == 0;
}

static int prepare(void **state)
{
	json_t *item, *operation;
	const char *path, *method;

	(void)state;
	start_daemon();
	description = json_loads(api_description, JSON_REJECT_DUPLICATES, NULL);
	described = json_object();
	json_object_foreach(json_object_get(description, "paths"), path, item)
		json_object_foreach(item, method, operation) {
			cleanup_free char *key = operation_key(method, path);

			if (!is_method(method))
				continue;
			if (json_object_get(described, key))
				fail_msg("%s is described twice", key);
			json_object_set(described, key, operation);
		}
	return 0;
}

static int end(void **state)
{
	(void)state;
	json_decref(described);
	json_decref(description);
	daemon_free(daemon_whole);
	curl_global_cleanup();
	nftw(dir, remove_one, 8, FTW_DEPTH | FTW_PHYS);
	return 0;
}

/* What the daemon serves at a route; "*" takes any method that is described. */
static json_t *served_operation(const struct http_route *route)
{
	static const char *const any[] = {"POST", "GET"};
	json_t *operation = NULL;

	if (strcmp(route->method, "*") != 0) {
		cleanup_free char *key = operation_key(route->method, route->pattern);

		return json_object_get(described, key);
	}
	for (size_t i = 0; !operation && i < lengthof(any); i++) {
		cleanup_free char *key = operation_key(any[i], route->pattern);

		operation = json_object_get(described, key);
	}
	return operation;
}

/* ---- Cases ---- */

static void every_route_is_described(void **state)
{
	const struct http_route *route;
	size_t missing = 0, len = 0;

	(void)state;
	for (; (route = http_server_route(daemon_whole->http, len)); len++)
		if (!served_operation(route)) {
			print_message("# not described: %s %s\n", route->method, route->pattern);
			missing++;
		}
	assert_true(len > 100);
	assert_int_equal(missing, 0);
}

static bool is_served(const char *key)
{
	const struct http_route *route;

	for (size_t i = 0; (route = http_server_route(daemon_whole->http, i)); i++) {
		bool any = strcmp(route->method, "*") == 0;
		cleanup_free char *served = operation_key(any ? "" : route->method, route->pattern);

		if (strcmp(any ? strchr(key, ' ') : key, served) == 0)
			return true;
	}
	return false;
}

static void everything_described_is_served(void **state)
{
	const char *key;
	json_t *operation;
	size_t missing = 0;

	(void)state;
	json_object_foreach(described, key, operation)
		if (!is_served(key)) {
			print_message("# not served: %s\n", key);
			missing++;
		}
	assert_int_equal(missing, 0);
}

static bool is_set_of(const json_t *names, const json_t *wanted)
{
	json_t *name;
	size_t i;

	if (json_array_size(names) != json_array_size(wanted))
		return false;
	json_array_foreach(names, i, name) {
		json_t *other;
		size_t j;
		bool found = false;

		json_array_foreach(wanted, j, other)
			found = found || json_equal(name, other);
		if (!found)
			return false;
	}
	return true;
}

static void scopes_and_credentials_are_those_of_the_routes(void **state)
{
	const struct http_route *http;
	size_t wrong = 0;

	(void)state;
	for (size_t i = 0; (http = http_server_route(daemon_whole->http, i)); i++) {
		const struct api_route *route = api_route_of(http);
		const json_t *operation = served_operation(http);
		cleanup_json json_t *wanted = route ? access_scope_names(route->any_of) : NULL;
		bool is_public = json_is_array(json_object_get(operation, "security"));

		if (!route || !operation)
			continue;
		if (!is_set_of(json_object_get(operation, "x-scopes"), wanted) ||
			is_public != ((route->flags & API_PUBLIC) != 0)) {
			cleanup_free char *text = json_dumps(wanted, JSON_COMPACT);

			print_message("# %s %s takes %s%s\n", route->method, route->pattern, text,
				route->flags & API_PUBLIC ? ", and no credentials" : "");
			wrong++;
		}
	}
	assert_int_equal(wrong, 0);
}

static void bodies_are_described_where_they_are_read(void **state)
{
	const struct http_route *http;
	size_t wrong = 0;

	(void)state;
	for (size_t i = 0; (http = http_server_route(daemon_whole->http, i)); i++) {
		const struct api_route *route = api_route_of(http);
		const json_t *operation = served_operation(http);
		bool has_body = json_object_get(operation, "requestBody") != NULL;
		json_int_t max = json_integer_value(json_object_get(operation, "x-max-bytes"));

		if (route && operation && max != (route->flags & API_LARGE ? API_MAX_LARGE : 0)) {
			print_message("# %s %s takes another x-max-bytes\n", route->method,
				route->pattern);
			wrong++;
		}
		if (route && operation && has_body != ((route->flags & API_BODY) != 0)) {
			print_message("# %s %s takes %s body\n", route->method, route->pattern,
				has_body ? "no" : "a");
			wrong++;
		}
	}
	assert_int_equal(wrong, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_route_is_described),
		cmocka_unit_test(everything_described_is_served),
		cmocka_unit_test(scopes_and_credentials_are_those_of_the_routes),
		cmocka_unit_test(bodies_are_described_where_they_are_read),
	};

	return cmocka_run_group_tests_name("description of the API", tests, prepare, end);
}
