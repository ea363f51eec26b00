/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * The log: one line per event on standard error, logfmt or JSON, with journald
 * priorities.  Any thread.
 *
 * An event has a stable dotted name, listed in docs/events.md, and fields: ids,
 * numbers and short words, never names, addresses, tokens, bodies or queries.
 *
 *   log_notice("webhook.rejected", LOG_TEXT("provider", key), LOG_INT("status", 401));
 *
 * A site that a stranger can trigger uses log_limited: at most ten lines a
 * minute, then one that counts what was dropped.
 */
#ifndef MORTISE_BASE_LOG_H
#define MORTISE_BASE_LOG_H

#include <stdbool.h>
#include <stdint.h>
#include <stdatomic.h>

#include <mortise/plugin.h>

struct log_field {
	const char *name;      /* NULL ends the list */
	const char *text;      /* NULL: a number */
	int64_t number;
};

#define LOG_TEXT(name_, text_) ((struct log_field){(name_), (text_) ? (text_) : "-", 0})
#define LOG_INT(name_, number_) ((struct log_field){(name_), NULL, (int64_t)(number_)})

enum log_format { LOG_LOGFMT, LOG_JSON };

/* Before threads start; again on reload. */
void log_setup(int level, enum log_format format);
int log_level(void);
void log_set_level(int level);
/* "debug" … "error" → MORTISE_LOG_, or -1. */
int log_level_parse(const char *name);
const char *log_level_name(int level);

/* Write one line if 'level' is on.  'fields' ends with a NULL name. */
void log_write(int level, const char *event, const struct log_field *fields);

#define log_at(level_, event_, ...) \
	log_write((level_), (event_), (const struct log_field[]){__VA_ARGS__ __VA_OPT__(,) {0}})
#define log_error(event_, ...) log_at(MORTISE_LOG_ERROR, event_ __VA_OPT__(,) __VA_ARGS__)
#define log_warning(event_, ...) log_at(MORTISE_LOG_WARNING, event_ __VA_OPT__(,) __VA_ARGS__)
#define log_notice(event_, ...) log_at(MORTISE_LOG_NOTICE, event_ __VA_OPT__(,) __VA_ARGS__)
#define log_info(event_, ...) log_at(MORTISE_LOG_INFO, event_ __VA_OPT__(,) __VA_ARGS__)
#define log_debug(event_, ...) log_at(MORTISE_LOG_DEBUG, event_ __VA_OPT__(,) __VA_ARGS__)

struct log_limit {
	_Atomic int64_t window_ms;
	_Atomic int64_t count;
};

/* May this site write now?  Sets '*ret_dropped' to what the last window dropped. */
bool log_limit_take(struct log_limit *limit, int64_t *ret_dropped);

#define log_limited(level_, event_, ...)                                           \
	do {                                                                       \
		static struct log_limit log_limit_;                                \
		int64_t log_dropped_;                                              \
		if (log_limit_take(&log_limit_, &log_dropped_)) {                  \
			if (log_dropped_ > 0)                                      \
				log_notice("log.dropped", LOG_TEXT("of", event_),  \
					LOG_INT("count", log_dropped_));           \
			log_at(level_, event_ __VA_OPT__(,) __VA_ARGS__);          \
		}                                                                  \
	} while (0)

#endif
