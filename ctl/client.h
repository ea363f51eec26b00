/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/* The client's side of the admin socket: one call, its parts and its end. */
#ifndef MORTISE_CTL_CLIENT_H
#define MORTISE_CTL_CLIENT_H

#include <stdbool.h>

#include <jansson.h>

struct err;

struct client {
	int fd;
	char *data;            /* read and not yet used */
	size_t size, capacity;
};

int client_connect(const char *path, struct client *ret_client, struct err *err);
int client_send(struct client *client, const char *method, const json_t *parameters, bool more,
	struct err *err);
/* The next part: its parameters, and whether more follow.  An error reply becomes an
 * err; E_RETRY when the daemon hung up. */
int client_receive(struct client *client, json_t **ret_parameters, bool *ret_continues,
	struct err *err);
void client_close(struct client *client);

#endif
