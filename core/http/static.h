/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * Static files: those that stood in a folder when the daemon started, those that
 * are a part of the daemon, and no others.  They are in memory, so a request never reaches the disk
 * and no name in a URL ever becomes a path.  Served on the loop thread.
 */
#ifndef MORTISE_HTTP_STATIC_H
#define MORTISE_HTTP_STATIC_H

#include <stddef.h>

struct err;
struct http_server;
struct static_files;

struct static_files *static_files_new(void);
/* A file of our own; 'name' says its type, the bytes are copied. */
void static_files_put(struct static_files *files, const char *name, const char *data,
	size_t size);
/* Read the regular files of 'folder' whose ending has a type that we know. */
int static_files_load(const char *folder, struct static_files **ret_files, struct err *err);
/* Serve them below 'prefix' ("/console/"); a path that ends with "/" gives index.html. */
void static_files_add_routes(struct static_files *files, struct http_server *server,
	const char *prefix);
/* Serve the one file 'name' at 'pattern', whatever its parameters are. */
void static_files_add_page(struct static_files *files, struct http_server *server,
	const char *pattern, const char *name);
/* The bytes of one file, as long as the files last; NULL: there is none. */
const char *static_files_get(const struct static_files *files, const char *name, size_t *ret_size);
/* After the server. */
void static_files_free(struct static_files *files);

#endif
