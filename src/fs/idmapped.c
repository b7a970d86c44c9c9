/* idmapped.c - mounts whose files have other owners than the disk says.
 *
 * Theory of operation: mount_setattr(2) gives a mount the map of a user
 * namespace, once, while it is still detached.  It takes CAP_SYS_ADMIN in the
 * user namespace that the filesystem belongs to, the host's mostly, which
 * INSIDE has not.  HOST could clone the source itself, but such a copy has none
 * of the host's flags (ro, nosuid, ...) locked, and a container with
 * CAP_SYS_ADMIN could clear them.  So INSIDE makes the copy in its own mount
 * namespace, where they are, and HOST changes that (tried on Linux 6.1 and
 * 6.18).
 */
#include <errno.h>

#include "base/err.h"
#include "base/own.h"
#include "fs/fs.h"
#include "sys/fdpass.h"
#include "sys/mountapi.h"

int fs_send_idmapped(const struct fs *fs, const struct plan *plan, int sock,
		     struct err *e)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < plan->n_mounts; i++)
		if (plan->mounts[i].ids)
			r = fdpass_send(sock, "", 1, fs->sources[i]);
	if (r < 0)
		return err_errno(e, r,
				 "hand over the sources of the idmapped "
				 "mounts");
	return 0;
}

int fs_take_idmapped(const struct plan *plan, size_t i, int sock, int *ret_fd,
		     struct err *e)
{
	const char *source = plan->mounts[i].source;
	char byte;
	ssize_t n = fdpass_recv(sock, &byte, 1, ret_fd);

	if (n < 0)
		return err_errno(e, (int)n, "take over %s, a source", source);
	if (n == 0)
		return err_set(e, ECHILD, "nobody handed over %s, a source",
			       source);
	return 0;
}

static int explain(const struct plan_mount *m, int code, struct err *e)
{
	(void)err_errno(e, code, "give the mount of %s at %s its ids",
			m->source, m->dest);
	if (code == -EINVAL)
		return err_hint(e,
				"this kernel has no idmapped mounts for the "
				"filesystem of the source (or of a mount "
				"below it, with ridmap): ext4, xfs and btrfs "
				"have them, tmpfs since Linux 6.3");
	if (code == -EPERM)
		return err_hint(e,
				"the filesystem of the source belongs to a "
				"user namespace where the caller is not "
				"root, or the source is an idmapped mount "
				"already: start rootlet as root of the host, "
				"or remove the mappings");
	return code;
}

/* Namespace situation: HOST's. */
int fs_idmap(const struct plan *plan, size_t i, int tree_fd, int userns_fd,
	     struct err *e)
{
	const struct plan_mount *m = &plan->mounts[i];
	const struct sys_mount_attr attr = {
		.set = MOUNT_ATTR_IDMAP,
		.userns_fd = userns_fd,
	};
	int r = sys_mount_setattr(tree_fd, "", m->ids->recursive, &attr);

	return r < 0 ? explain(m, r, e) : 0;
}
