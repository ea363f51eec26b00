/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
#include "config.h"
#include "core/http/static.h"

#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/http/gzip.h"
#include "core/http/http.h"

#define MAX_FILE_SIZE (4 << 20)
#define GZIP_LEVEL 9
#define GZIP_WORTH 1024

/* Pages hold no data and load nothing from elsewhere; what they show they fetch
 * from the API of this origin and set as text. */
static const char policy[] =
	"default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
	"img-src 'self'; base-uri 'none'; frame-ancestors 'none'; form-action 'none'";

static const struct {
	const char *ending;
	const char *type;
} types[] = {
	{".html", "text/html; charset=utf-8"},
	{".css", "text/css; charset=utf-8"},
	{".js", "text/javascript; charset=utf-8"},
	{".mjs", "text/javascript; charset=utf-8"},
	{".json", "application/json"},
	{".svg", "image/svg+xml"},
	{".png", "image/png"},
	{".ico", "image/x-icon"},
	{".txt", "text/plain; charset=utf-8"},
	{".woff2", "font/woff2"},
};

struct file {
	char *name;
	const char *type;
	char *data;
	size_t size;
	char *packed;          /* with gzip; NULL where that saves nothing */
	size_t packed_size;
	char etag[HTTP_TAG_SIZE];
};

/* A page at a path of its own. */
struct page {
	struct page *next;
	struct static_files *files;
	const char *name;
};

struct static_files {
	struct file *files;
	size_t len;
	struct page *pages;
	char *pattern;         /* of the route; the server borrows it */
};

static const char *type_of(const char *name)
{
	size_t size = strlen(name);

	for (size_t i = 0; i < lengthof(types); i++) {
		size_t ending = strlen(types[i].ending);

		if (name[0] != '.' && size > ending &&
			strcmp(name + size - ending, types[i].ending) == 0)
			return types[i].type;
	}
	return NULL;
}

static void pack(struct file *file)
{
	if (file->size < GZIP_WORTH)
		return;
	file->packed = gzip_pack(file->data, file->size, GZIP_LEVEL, &file->packed_size);
	if (file->packed_size >= file->size)
		free(steal(&file->packed));
}

/* 0: read; 1: no regular file, leave it out; negative: an error. */
static int read_file(int folder_fd, struct file *file, struct err *err)
{
	int fd = openat(folder_fd, file->name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	struct stat about;
	int result = 1;

	if (fd < 0)
		return errno == ELOOP ? 1 : err_set(err, MORTISE_E_SETTINGS,
			"cannot read \"%s\": %s", file->name, strerror(errno));
	if (fstat(fd, &about) < 0 || !S_ISREG(about.st_mode))
		goto out;
	if (about.st_size > MAX_FILE_SIZE) {
		result = err_set(err, MORTISE_E_SETTINGS, "\"%s\" is larger than %d bytes",
			file->name, MAX_FILE_SIZE);
		goto out;
	}
	file->data = xmalloc((size_t)about.st_size + 1);
	while (file->size < (size_t)about.st_size) {
		ssize_t got = read(fd, file->data + file->size,
			(size_t)about.st_size - file->size);

		if (got <= 0)
			break;
		file->size += (size_t)got;
	}
	result = 0;
out:
	close(fd);
	return result;
}

static void file_done(struct file *file)
{
	free(file->name);
	free(file->data);
	free(file->packed);
}

/* Tagged and packed once, for all that ask. */
static void add_file(struct static_files *files, struct file *file_take)
{
	http_tag_make(file_take->data, file_take->size, file_take->etag);
	pack(file_take);
	files->files = xrealloc(files->files, (files->len + 1) * sizeof(*file_take));
	files->files[files->len++] = *file_take;
}

static int load_entry(struct static_files *files, int folder_fd, const char *name,
	struct err *err)
{
	struct file file = {.type = type_of(name)};
	int result;

	if (!file.type)
		return 0;
	file.name = xstrdup(name);
	result = read_file(folder_fd, &file, err);
	if (result != 0) {
		file_done(&file);
		return result < 0 ? result : 0;
	}
	add_file(files, &file);
	return 0;
}

struct static_files *static_files_new(void)
{
	return new(struct static_files);
}

void static_files_put(struct static_files *files, const char *name, const char *data, size_t size)
{
	struct file file = {.name = xstrdup(name), .type = type_of(name), .data = xmalloc(size + 1),
		.size = size};

	assert(file.type);
	memcpy(file.data, data, size);
	add_file(files, &file);
}

int static_files_load(const char *folder, struct static_files **ret_files, struct err *err)
{
	DIR *dir = opendir(folder);
	struct static_files *files;
	struct dirent *entry;
	int result = 0;

	if (!dir)
		return err_set(err, MORTISE_E_SETTINGS, "cannot read the folder %s: %s", folder,
			strerror(errno));
	files = static_files_new();
	while (result == 0 && (entry = readdir(dir)))
		result = load_entry(files, dirfd(dir), entry->d_name, err);
	closedir(dir);
	if (result < 0) {
		err_prefix(err, "%s: ", folder);
		static_files_free(files);
		return result;
	}
	*ret_files = files;
	return 0;
}

static const struct file *find(const struct static_files *files, const char *name)
{
	for (size_t i = 0; i < files->len; i++)
		if (strcmp(files->files[i].name, name) == 0)
			return &files->files[i];
	return NULL;
}

static void reply_packed(struct http_request *request, const struct file *file)
{
	http_reply_header(request, "Content-Encoding", "gzip");
	http_reply_bytes(request, 200, file->type, file->packed, file->packed_size);
}

static void serve_file(struct http_request *request, const struct file *file)
{
	if (!file) {
		http_reply_json(request, 404,
			json_pack("{s:s}", "detail", "The requested resource does not exist"));
		http_send(request);
		return;
	}
	http_reply_header(request, "ETag", file->etag);
	http_reply_header(request, "Cache-Control", "no-cache");
	http_reply_header(request, "Content-Security-Policy", policy);
	http_reply_header(request, "Referrer-Policy", "no-referrer");
	if (file->packed)
		http_reply_header(request, "Vary", "Accept-Encoding");
	if (http_has_tag(request, file->etag))
		http_reply_empty(request, 304);
	else if (file->packed && gzip_accepted(http_header(request, "Accept-Encoding")))
		reply_packed(request, file);
	else
		http_reply_bytes(request, 200, file->type, file->data, file->size);
	http_send(request);
}

static void serve_named(struct http_request *request, void *arg)
{
	const char *name = http_param(request, "file");

	serve_file(request, find(arg, name && *name ? name : "index.html"));
}

void static_files_add_routes(struct static_files *files, struct http_server *server,
	const char *prefix)
{
	free(files->pattern);
	files->pattern = xasprintf("%s{file*}", prefix);
	http_server_add(server, &(struct http_route){.method = "GET", .pattern = files->pattern,
		.handler = serve_named, .arg = files});
}

static void serve_page(struct http_request *request, void *arg)
{
	const struct page *page = arg;

	serve_file(request, find(page->files, page->name));
}

void static_files_add_page(struct static_files *files, struct http_server *server,
	const char *pattern, const char *name)
{
	struct page *page = new(struct page);

	*page = (struct page){files->pages, files, name};
	files->pages = page;
	http_server_add(server, &(struct http_route){.method = "GET", .pattern = pattern,
		.handler = serve_page, .arg = page});
}

const char *static_files_get(const struct static_files *files, const char *name, size_t *ret_size)
{
	const struct file *file = find(files, name);

	*ret_size = file ? file->size : 0;
	return file ? file->data : NULL;
}

void static_files_free(struct static_files *files)
{
	if (!files)
		return;
	for (size_t i = 0; i < files->len; i++)
		file_done(&files->files[i]);
	while (files->pages) {
		struct page *next = files->pages->next;

		free(files->pages);
		files->pages = next;
	}
	free(files->files);
	free(files->pattern);
	free(files);
}
