/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
#include "config.h"
#include "core/http/metrics.h"

#include <pthread.h>
#include <string.h>

#include "core/base/buf.h"
#include "core/base/mem.h"
#include "core/http/http.h"

#define TEXT_MAX_SIZE (16u << 20)

static const int64_t bounds_ms[] = {1, 2, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10000,
	30000, 60000};

struct metric_series {
	struct metric_series *next;
	char *values[METRICS_MAX_LABELS];
	int64_t value;         /* counter, gauge; sum of milliseconds of a histogram */
	int64_t count;
	int64_t buckets[lengthof(bounds_ms)]; /* each counted in the first that fits */
};

/* The declarations of the program; weak, as a test may have none. */
extern struct metric *const __start_mortise_metric[] __attribute__((weak));
extern struct metric *const __stop_mortise_metric[] __attribute__((weak));

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static size_t labels_len(const struct metric *metric)
{
	size_t len = 0;

	while (len < METRICS_MAX_LABELS && metric->labels[len])
		len++;
	return len;
}

/* A missing value counts as "". */
static void complete_values(size_t len, const char *const *values, const char **ret_values)
{
	bool ended = false;

	for (size_t i = 0; i < len; i++) {
		ended = ended || !values[i];
		ret_values[i] = ended ? "" : values[i];
	}
}

static bool has_values(const struct metric_series *series, size_t len, const char *const *values)
{
	for (size_t i = 0; i < len; i++)
		if (strcmp(series->values[i], values[i]) != 0)
			return false;
	return true;
}

/* Find or make the series of 'values'; under the lock. */
static struct metric_series *find_series(struct metric *metric, const char *const *given)
{
	static const char *const others[] = {"other", "other", "other", "other"};
	const char *values[METRICS_MAX_LABELS];
	size_t len = labels_len(metric);
	struct metric_series *series, **end;

	complete_values(len, given, values);
	for (;;) {
		for (end = &metric->series; (series = *end); end = &series->next)
			if (has_values(series, len, values))
				return series;
		if (metric->series_len < METRICS_MAX_SERIES || strcmp(values[0], "other") == 0)
			break;
		memcpy(values, others, sizeof(values));
	}
	series = new(struct metric_series);
	for (size_t i = 0; i < len; i++)
		series->values[i] = xstrdup(values[i]);
	metric->series_len++;
	*end = series;
	return series;
}

void metrics_add_values(struct metric *metric, int64_t amount, const char *const *values)
{
	pthread_mutex_lock(&lock);
	find_series(metric, values)->value += amount;
	pthread_mutex_unlock(&lock);
}

void metrics_set_values(struct metric *metric, int64_t value, const char *const *values)
{
	pthread_mutex_lock(&lock);
	find_series(metric, values)->value = value;
	pthread_mutex_unlock(&lock);
}

void metrics_observe_values(struct metric *metric, int64_t ms, const char *const *values)
{
	struct metric_series *series;

	pthread_mutex_lock(&lock);
	series = find_series(metric, values);
	series->value += ms;
	series->count++;
	for (size_t i = 0; i < lengthof(bounds_ms); i++) {
		if (ms <= bounds_ms[i]) {
			series->buckets[i]++;
			break;
		}
	}
	pthread_mutex_unlock(&lock);
}

static void add_header(struct buf *text, const char *name, const char *help, const char *type)
{
	buf_printf(text, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

static void add_label(struct buf *text, const char *name, const char *value, const char *before)
{
	buf_printf(text, "%s%s=\"", before, name);
	for (; *value; value++) {
		if (*value == '\n')
			buf_add_text(text, "\\n");
		else if (*value == '"' || *value == '\\')
			buf_printf(text, "\\%c", *value);
		else
			buf_add_char(text, *value);
	}
	buf_add_char(text, '"');
}

/* name + suffix + {labels, le}; 'le' may be NULL. */
static void add_name(struct buf *text, const struct metric *metric,
	const struct metric_series *series, const char *suffix, const char *le)
{
	size_t len = series ? labels_len(metric) : 0;

	buf_printf(text, "%s%s", metric->name, suffix);
	for (size_t i = 0; i < len; i++)
		add_label(text, metric->labels[i], series->values[i], i == 0 ? "{" : ",");
	if (le)
		add_label(text, "le", le, len == 0 ? "{" : ",");
	if (len > 0 || le)
		buf_add_char(text, '}');
	buf_add_char(text, ' ');
}

static void add_seconds(struct buf *text, int64_t ms)
{
	buf_printf(text, "%lld.%03lld", (long long)(ms / 1000), (long long)(ms % 1000));
}

static void add_histogram(struct buf *text, const struct metric *metric,
	const struct metric_series *series)
{
	int64_t count = 0;

	for (size_t i = 0; i < lengthof(bounds_ms); i++) {
		cleanup_buf struct buf bound = BUF(32);

		count += series->buckets[i];
		add_seconds(&bound, bounds_ms[i]);
		add_name(text, metric, series, "_bucket", buf_text(&bound));
		buf_printf(text, "%lld\n", (long long)count);
	}
	add_name(text, metric, series, "_bucket", "+Inf");
	buf_printf(text, "%lld\n", (long long)series->count);
	add_name(text, metric, series, "_sum", NULL);
	add_seconds(text, series->value);
	buf_add_char(text, '\n');
	add_name(text, metric, series, "_count", NULL);
	buf_printf(text, "%lld\n", (long long)series->count);
}

static void add_metric(struct buf *text, const struct metric *metric)
{
	static const char *const types[] = {"counter", "gauge", "histogram"};

	if (!metric->series && metric->labels[0])
		return;
	add_header(text, metric->name, metric->help, types[metric->kind]);
	if (!metric->series && metric->kind != METRIC_KIND_HISTOGRAM) {
		add_name(text, metric, NULL, "", NULL);
		buf_add_text(text, "0\n");
	}
	for (const struct metric_series *series = metric->series; series; series = series->next) {
		if (metric->kind == METRIC_KIND_HISTOGRAM) {
			add_histogram(text, metric, series);
		} else {
			add_name(text, metric, series, "", NULL);
			buf_printf(text, "%lld\n", (long long)series->value);
		}
	}
}

char *metrics_text(size_t *ret_size)
{
	struct buf text = BUF(TEXT_MAX_SIZE);

	pthread_mutex_lock(&lock);
	for (struct metric *const *m = __start_mortise_metric; m < __stop_mortise_metric; m++)
		add_metric(&text, *m);
	pthread_mutex_unlock(&lock);
	*ret_size = text.size;
	return buf_steal(&text);
}

static void serve(struct http_request *request, void *arg)
{
	size_t size;
	cleanup_free char *text = metrics_text(&size);

	(void)arg;
	http_reply_bytes(request, 200, "text/plain; version=0.0.4; charset=utf-8", text, size);
	http_send(request);
}

void metrics_add_route(struct http_server *server)
{
	http_server_add(server,
		&(struct http_route){.method = "GET", .pattern = "/metrics", .handler = serve});
}
