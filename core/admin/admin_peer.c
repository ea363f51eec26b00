/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * Who is at the other end of the admin socket.  The kernel tells user and groups as
 * they were when the peer connected; no name service is asked.
 */
#include "config.h"
#include "core/admin/admin_private.h"

#include <errno.h>
#include <grp.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/base/err.h"
#include "core/base/log.h"
#include "core/base/mem.h"

#ifndef SO_PEERGROUPS
#define SO_PEERGROUPS 59
#endif

int admin_peer_read(int fd, struct admin_peer *ret_peer, struct err *err)
{
	struct ucred cred;
	socklen_t size = sizeof(cred);
	cleanup_free gid_t *groups = NULL;
	socklen_t group_size = 0;

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &size) < 0)
		return err_set(err, MORTISE_E_FORBIDDEN, "the peer cannot be told: %s",
			strerror(errno));
	/* The first call only asks how many there are. */
	if (getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, NULL, &group_size) < 0 && errno != ERANGE)
		group_size = 0;
	groups = xmalloc(group_size + sizeof(gid_t));
	if (group_size > 0 &&
		getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, groups, &group_size) < 0)
		group_size = 0;
	*ret_peer = (struct admin_peer){.uid = cred.uid,
		.group_len = group_size / sizeof(gid_t) + 1};
	groups[ret_peer->group_len - 1] = cred.gid;
	ret_peer->groups = steal(&groups);
	return 0;
}

void admin_peer_clear(struct admin_peer *peer)
{
	free(peer->groups);
	*peer = (struct admin_peer){0};
}

static void read_names(char *const *names, gid_t **ret_groups, size_t *ret_len)
{
	*ret_groups = NULL;
	*ret_len = 0;
	for (; names && *names; names++) {
		const struct group *group = getgrnam(*names);

		if (!group) {
			log_info("admin.no_group", LOG_TEXT("group", *names));
			continue;
		}
		*ret_groups = xrealloc(*ret_groups, (*ret_len + 1) * sizeof(gid_t));
		(*ret_groups)[(*ret_len)++] = group->gr_gid;
	}
}

void admin_groups_read(char *const *operate, char *const *admin, struct admin_groups *ret_groups)
{
	read_names(operate, &ret_groups->operate, &ret_groups->operate_len);
	read_names(admin, &ret_groups->admin, &ret_groups->admin_len);
}

void admin_groups_clear(struct admin_groups *groups)
{
	free(groups->operate);
	free(groups->admin);
	*groups = (struct admin_groups){0};
}

static bool in_any(const struct admin_peer *peer, const gid_t *groups, size_t len)
{
	for (size_t i = 0; i < len; i++)
		for (size_t j = 0; j < peer->group_len; j++)
			if (groups[i] == peer->groups[j])
				return true;
	return false;
}

enum admin_level admin_peer_level(const struct admin_peer *peer, const struct admin_groups *groups)
{
	if (peer->uid == 0 || peer->uid == geteuid() ||
		in_any(peer, groups->admin, groups->admin_len))
		return ADMIN_ADMIN;
	return in_any(peer, groups->operate, groups->operate_len) ? ADMIN_OPERATE : ADMIN_READ;
}
