/* root.c - attach the root filesystem and make sure that it can be used.
 *
 * Theory of operation: the detached tree of the root filesystem goes over the
 * directory that it was cloned from, so that it becomes a mount of its own,
 * as pivot_root(2) wants it, at a path that exists.  Then each destination is
 * looked for once.  Nearly always all of them are there or can be made, and
 * the mounts make them on their way; where one is missing and its directory
 * is not ours to write, an overlay has to come first.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "base/mem.h"
#include "base/own.h"
#include "fs/dest.h"
#include "fs/fs.h"
#include "fs/overlay.h"
#include "sys/access.h"
#include "sys/beneath.h"
#include "sys/mountapi.h"

static int check_search(const struct fs *fs, const struct plan *plan,
			struct err *e)
{
	const char *path = plan->root.path;
	struct stat st;

	/* A look-up of "." asks for the right to search; of the fd alone it
	 * would not. */
	if (fstatat(fs->root_fd, ".", &st, 0) == 0)
		return 0;
	(void)err_sys(e,
		      "the root filesystem %s can't be entered by the "
		      "container's root",
		      path);
	return err_hint(e,
			"as its owner: chmod o+x %s; or give it to an id that "
			"the container maps, or use --userns=single",
			path);
}

/* Is there an earlier mount that will have this destination? */
static bool is_covered(const struct plan *plan, size_t i)
{
	for (size_t k = 0; k < i; k++)
		if (plan->mounts[k].ladder[0] != MOUNT_SKIP &&
		    dest_is_below(plan->mounts[i].dest, plan->mounts[k].dest))
			return true;
	return false;
}

/* May we write the directory nearest to where path would be? */
static bool can_make(int root_fd, const char *path)
{
	char at[PATH_MAX];
	autoclose int fd = -1;

	if (beneath_resolve(root_fd, path, at) < 0)
		return true; /* whoever makes it says why not */
	do {
		char *slash = strrchr(at, '/');

		*(slash > at ? slash : at + 1) = '\0';
		fd = beneath_open(root_fd, at, O_PATH | O_DIRECTORY);
	} while (fd == -ENOENT && at[1] != '\0');
	if (fd < 0)
		return true;
	return sys_may(fd, "", W_OK | X_OK, AT_EMPTY_PATH);
}

/* Has plan->mounts[i] neither a mount point nor a way to get one? */
static bool is_missing(const struct fs *fs, const struct plan *plan, size_t i)
{
	const struct plan_mount *m = &plan->mounts[i];
	autoclose int fd = -1;

	if (m->ladder[0] == MOUNT_SKIP || is_covered(plan, i))
		return false;
	fd = beneath_open(fs->root_fd, m->dest, O_PATH);
	return fd == -ENOENT && !can_make(fs->root_fd, m->dest);
}

static int cover_missing(struct fs *fs, const struct plan *plan, struct err *e)
{
	autofree bool *missing = mem_zero_n(plan->n_mounts + 1,
					    sizeof(*missing));
	const char *first = NULL;
	int r;

	for (size_t i = 0; i < plan->n_mounts; i++) {
		missing[i] = is_missing(fs, plan, i);
		if (missing[i] && !first)
			first = plan->mounts[i].dest;
	}
	if (!first)
		return 0;
	r = overlay_root(fs, plan, missing, e);
	if (r < 0) {
		(void)err_wrap(e,
			       "the mount point %s is missing in a root "
			       "filesystem that we can't write",
			       first);
		return err_hint(e, "make %s%s beforehand", plan->root.path,
				first);
	}
	return degrade_note(plan, fs->notes, DEGRADE_ROOT_OVERLAY, 0, e);
}

int fs_attach_root(struct fs *fs, const struct plan *plan, struct err *e)
{
	int r = sys_move_mount(fs->root_fd, fs->attach_fd);

	if (r < 0)
		return err_errno(e, r, "attach the root filesystem at %s",
				 plan->root.path);
	own_close(&fs->attach_fd);
	r = check_search(fs, plan, e);
	return r < 0 ? r : cover_missing(fs, plan, e);
}
