/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
#include "config.h"
#include "core/daemon/sockets.h"

#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>

#include <systemd/sd-daemon.h>

#include "core/admin/admin.h"
#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/config/settings.h"
#include "core/daemon/daemon.h"
#include "core/http/http.h"

/* Which doors were handed over. */
struct handed {
	bool http, metrics, admin;
};

/* One descriptor; 'name' is FileDescriptorName= of its socket unit. */
static int take(struct daemon *daemon, int fd, const char *name, struct handed *handed,
	struct err *err)
{
	bool is_admin = strcmp(name, "admin") == 0, is_metrics = strcmp(name, "metrics") == 0;

	if (sd_is_socket(fd, is_admin ? AF_UNIX : AF_UNSPEC, SOCK_STREAM, 1) <= 0)
		return err_set(err, MORTISE_E_SETTINGS, "descriptor %d from socket activation, "
			"\"%s\", is no listening %s socket; check the socket unit", fd, name,
			is_admin ? "Unix stream" : "stream");
	if (is_admin && handed->admin)
		return err_set(err, MORTISE_E_SETTINGS,
			"two admin sockets came from socket activation; leave one of them out");
	if (is_admin) {
		handed->admin = true;
		return admin_listen_fd(daemon->admin, fd, err);
	}
	if (is_metrics && !daemon->metrics_http)
		return err_set(err, MORTISE_E_SETTINGS, "a metrics socket came from socket "
			"activation, but metrics.listen is empty; set it, or disable the unit");
	*(is_metrics ? &handed->metrics : &handed->http) = true;
	return http_server_listen_fd(is_metrics ? daemon->metrics_http : daemon->http, fd, err);
}

static int take_all(struct daemon *daemon, struct handed *handed, struct err *err)
{
	char **names = NULL;
	int len = sd_listen_fds_with_names(1, &names), result = 0;

	if (len < 0)
		return err_set(err, MORTISE_E_SETTINGS,
			"LISTEN_FDS: the environment of socket activation is damaged: %s",
			strerror(-len));
	for (int i = 0; i < len; i++) {
		if (result == 0)
			result = take(daemon, SD_LISTEN_FDS_START + i, names[i], handed, err);
		free(names[i]);
	}
	free(names);
	return result;
}

static int open_http(struct daemon *daemon, struct err *err)
{
	for (char **address = daemon->settings->listen; *address; address++)
		if (http_server_listen(daemon->http, *address, err) < 0) {
			err_prefix(err, "listen: ");
			return err->code;
		}
	return 0;
}

static int open_metrics(struct daemon *daemon, struct err *err)
{
	int result = http_server_listen(daemon->metrics_http, daemon->settings->metrics_listen,
		err);

	if (result < 0)
		err_prefix(err, "metrics.listen: ");
	return result;
}

static int open_admin(struct daemon *daemon, struct err *err)
{
	cleanup_free char *path = xasprintf("%s/admin.sock", daemon->settings->runtime_dir);

	return admin_listen(daemon->admin, path, err);
}

int sockets_open(struct daemon *daemon, struct err *err)
{
	struct handed handed = {0};
	int result = take_all(daemon, &handed, err);

	if (result == 0 && !handed.admin)
		result = open_admin(daemon, err);
	if (result == 0 && !handed.http)
		result = open_http(daemon, err);
	if (result == 0 && !handed.metrics && daemon->metrics_http)
		result = open_metrics(daemon, err);
	return result;
}
