/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * Metrics, and their Prometheus text.  Any thread.
 *
 * A metric is declared once, in the file that feeds it, with its label names:
 *
 *   METRIC_COUNTER(webhooks, "mortise_webhooks_total",
 *           "Webhooks by outcome.", "provider", "outcome");
 *   …
 *   metrics_add(&webhooks, 1, "github", "accepted");
 *
 * The declarations make one table of the program, so a metric without labels is
 * shown from the start.  Label values are keys and short words, never anything
 * a stranger chooses: a metric keeps at most METRICS_MAX_SERIES of them, what
 * comes later is counted as "other".
 */
#ifndef MORTISE_HTTP_METRICS_H
#define MORTISE_HTTP_METRICS_H

#include <stddef.h>
#include <stdint.h>

#define METRICS_MAX_LABELS 4
#define METRICS_MAX_SERIES 500

struct http_request;
struct http_server;
struct metric_series;

enum metric_kind { METRIC_KIND_COUNTER, METRIC_KIND_GAUGE, METRIC_KIND_HISTOGRAM };

struct metric {
	const char *name;
	const char *help;
	enum metric_kind kind;
	const char *labels[METRICS_MAX_LABELS + 1];
	struct metric_series *series;  /* under the lock of metrics.c */
	size_t series_len;
};

#define METRIC_(variable_, kind_, name_, help_, ...)                                    \
	static struct metric variable_ = {.name = (name_), .help = (help_),             \
		.kind = (kind_), .labels = {__VA_ARGS__}};                              \
	static struct metric *const variable_##_entry_                                  \
		__attribute__((used, section("mortise_metric"))) = &variable_

/* Declare a metric at file scope; label names follow the help text. */
#define METRIC_COUNTER(variable_, name_, help_, ...) \
	METRIC_(variable_, METRIC_KIND_COUNTER, name_, help_ __VA_OPT__(,) __VA_ARGS__)
#define METRIC_GAUGE(variable_, name_, help_, ...) \
	METRIC_(variable_, METRIC_KIND_GAUGE, name_, help_ __VA_OPT__(,) __VA_ARGS__)
/* Of seconds, from 1 ms to 60 s. */
#define METRIC_SECONDS(variable_, name_, help_, ...) \
	METRIC_(variable_, METRIC_KIND_HISTOGRAM, name_, help_ __VA_OPT__(,) __VA_ARGS__)

#define METRIC_VALUES_(...) ((const char *const[]){__VA_ARGS__ __VA_OPT__(,) NULL})

/* Add to a counter or gauge; label values follow, as many as it has labels. */
#define metrics_add(metric_, amount_, ...) \
	metrics_add_values((metric_), (amount_), METRIC_VALUES_(__VA_ARGS__))
/* Set a gauge. */
#define metrics_set(metric_, value_, ...) \
	metrics_set_values((metric_), (value_), METRIC_VALUES_(__VA_ARGS__))
/* Note one time span. */
#define metrics_observe_ms(metric_, ms_, ...) \
	metrics_observe_values((metric_), (ms_), METRIC_VALUES_(__VA_ARGS__))

void metrics_add_values(struct metric *metric, int64_t amount, const char *const *values);
void metrics_set_values(struct metric *metric, int64_t value, const char *const *values);
void metrics_observe_values(struct metric *metric, int64_t ms, const char *const *values);

/* Everything as Prometheus text; the caller frees it. */
char *metrics_text(size_t *ret_size);
/* Serve it as GET /metrics. */
void metrics_add_route(struct http_server *server);

#endif
