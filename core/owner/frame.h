/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * From a stack frame to a file of a repository: the path that a frame means, which code
 * mapping applies to it, and what path that gives.  Pure functions; any thread.
 */
#ifndef MORTISE_OWNER_FRAME_H
#define MORTISE_OWNER_FRAME_H

#include <stddef.h>

struct code_mapping;

/* What is known of a frame; all but the file may be NULL. */
struct owner_frame {
	const char *platform;      /* of the frame, else of its event */
	const char *sdk;           /* name of the SDK */
	const char *file;
	const char *abs_path;
	const char *module;
	const char *package;
};

/*
 * The path that the frame's platform means, a new string; NULL: the file as it is.
 *	java    a file without a slash stands where its module says
 *	cocoa   the absolute path, from the folder of the package on
 *	other   by sentry.dart.flutter: without "package:NAME/"
 */
char *frame_munged_path(const struct owner_frame *frame);

/* Put mappings that are in the order of their ids into the order in which they are tried:
 * made by hand before generated ones, absolute roots before relative ones, longer roots
 * before their prefixes, else the newest first. */
void frame_order_mappings(const struct code_mapping **mappings, size_t len);

/* The path in the repository that a mapping gives, a new string; NULL: it does not apply. */
char *frame_source_path(const struct owner_frame *frame, const struct code_mapping *mapping);

#endif
