/* beforehand.c - what only the runtime's capabilities reach, for INSIDE.
 *
 * Theory of operation: real root reads below everybody's 0700 directories, by
 * capabilities over the host's files.  A process in a user namespace of its
 * own has none of them, although it still is uid 0 until the maps are written:
 * EACCES.  So HOST looks, without these capabilities, which sources INSIDE
 * could not open, and opens those with them, as detached trees in its own
 * mount namespace; INSIDE inherits the fds and places them like its own (tried
 * on Linux 6.1 and 6.18).
 *
 * Only those: a copy that INSIDE takes in its own mount namespace has the
 * flags of the host's mounts (ro, nosuid, ...) locked, one that HOST takes has
 * not, and a container with CAP_SYS_ADMIN could clear them.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>

#include "base/err.h"
#include "base/mem.h"
#include "base/own.h"
#include "fs/fs.h"
#include "fs/sources.h"
#include "sys/effective.h"
#include "sys/mountapi.h"

#define FILE_CAPS \
	(UINT64_C(1) << CAP_DAC_OVERRIDE | UINT64_C(1) << CAP_DAC_READ_SEARCH)

static bool is_closed(const char *path)
{
	autoclose int fd = open(path, O_PATH | O_CLOEXEC);

	return fd < 0 && errno == EACCES;
}

/* One per mount, and the root filesystem last. */
static int find_closed(const struct plan *plan, bool *closed, struct err *e)
{
	uint64_t had;
	int r = sys_caps_hide(FILE_CAPS, &had);

	if (r < 0)
		return err_errno(e, r, "put the rights over files aside");
	for (size_t i = 0; i < plan->n_mounts; i++)
		closed[i] = sources_is_bind(&plan->mounts[i]) &&
			    is_closed(plan->mounts[i].source);
	closed[plan->n_mounts] = is_closed(plan->root.path);
	r = sys_caps_show(had);
	return r < 0 ? err_errno(e, r, "take the rights over files back") : 0;
}

/* -1: we can't either; INSIDE will fail, and say at what. */
static int open_closed(const struct plan *plan, const char *path, bool whole)
{
	const struct sys_mount_attr attr = {
		.propagation = plan->root.make_slave ? MS_SLAVE : MS_PRIVATE,
	};
	unsigned flags = OPEN_TREE_CLONE | (whole ? SYS_AT_RECURSIVE : 0);
	autoclose int fd = sys_open_tree(AT_FDCWD, path, flags);

	/* The copy is a peer of the host's mount still. */
	if (fd < 0 || sys_mount_setattr(fd, "", 1, &attr) < 0)
		return -1;
	return take_fd(&fd);
}

/* Namespace situation: HOST's. */
int fs_open_beforehand(struct fs *fs, const struct plan *plan, struct err *e)
{
	autofree bool *closed = mem_zero_n(plan->n_mounts + 1, sizeof(*closed));
	int r = find_closed(plan, closed, e);

	if (r < 0)
		return r;
	sources_init(fs, plan);
	for (size_t i = 0; i < plan->n_mounts; i++)
		if (closed[i])
			fs->sources[i] = open_closed(plan,
						     plan->mounts[i].source,
						     plan->mounts[i].recursive);
	if (closed[plan->n_mounts])
		fs->root_fd = open_closed(plan, plan->root.path, true);
	return 0;
}

size_t fs_fds_beforehand(const struct fs *fs, int *ret)
{
	size_t n = 0;

	for (size_t i = 0; i < fs->n_sources; i++)
		if (fs->sources[i] >= 0)
			ret[n++] = fs->sources[i];
	if (fs->root_fd >= 0)
		ret[n++] = fs->root_fd;
	return n;
}
