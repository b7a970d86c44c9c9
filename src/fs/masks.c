/* masks.c - hide paths from the container, or make them read-only.
 *
 * Theory of operation: a path is opened within the root without following any
 * symlink; what the fd is decides what goes over it, and nothing is looked up
 * again.  A symlink on the way is an error: the image could choose with it
 * what is left in sight.  What is missing needs no cover.
 *
 * A file gets /dev/null, a directory an empty read-only tmpfs; all directories
 * share one.  The first cover is the mount itself, and every further one a
 * clone of it where it lies then, for a detached mount can't be cloned before
 * Linux 6.15 (EINVAL on 6.1).
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>

#include "base/err.h"
#include "base/own.h"
#include "fs/fs.h"
#include "sys/beneath.h"
#include "sys/mountapi.h"

struct cover {
	int fd; /* a mount; fs_hide_paths closes its own */
	bool is_placed; /* lies over something already */
	const char *label; /* of a directory, for SELinux, or NULL */
};

/* -1: missing.  -errno with e. */
static int open_target(const struct fs *fs, const char *path, int *ret_fd,
		       struct err *e)
{
	int fd = beneath_open_how(fs->root_fd, path, O_PATH,
				  RESOLVE_NO_SYMLINKS);

	*ret_fd = -1;
	if (fd == -ENOENT || fd == -ENOTDIR)
		return 0;
	if (fd == -ELOOP) {
		(void)err_errno(e, fd, "%s leads through a symlink", path);
		return err_hint(e, "name the path that it leads to in "
				   "linux.maskedPaths or linux.readonlyPaths");
	}
	if (fd < 0)
		return err_errno(e, fd, "open %s", path);
	*ret_fd = fd;
	return 0;
}

static int put(struct cover *c, int target_fd)
{
	autoclose int clone_fd = -1;
	int r;

	if (c->is_placed) {
		clone_fd = sys_open_tree(c->fd, "", OPEN_TREE_CLONE);
		if (clone_fd < 0)
			return clone_fd;
	}
	r = sys_move_mount(c->is_placed ? clone_fd : c->fd, target_fd);
	if (r == 0)
		c->is_placed = true;
	return r;
}

static int make_empty_dir(const char *label)
{
	autoclose int fs_fd = sys_fsopen("tmpfs");
	int r = fs_fd;

	if (r >= 0)
		r = sys_fsconfig_set(fs_fd, "source", "tmpfs");
	if (r >= 0)
		r = sys_fsconfig_set(fs_fd, "nr_blocks", "1");
	if (r >= 0)
		r = sys_fsconfig_set(fs_fd, "nr_inodes", "1");
	if (r >= 0 && label)
		r = sys_fsconfig_set(fs_fd, "context", label);
	if (r >= 0)
		r = sys_fsconfig_create(fs_fd);
	if (r >= 0)
		r = sys_fsmount(fs_fd, MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID |
					       MOUNT_ATTR_NODEV |
					       MOUNT_ATTR_NOEXEC);
	return r;
}

static int mask(const struct fs *fs, const char *path, struct cover *file,
		struct cover *dir, struct err *e)
{
	autoclose int target_fd = -1;
	struct stat st;
	int r = open_target(fs, path, &target_fd, e);

	if (r < 0)
		return err_wrap(e, "mask %s", path);
	if (target_fd < 0)
		return 0;
	if (fstat(target_fd, &st) < 0)
		return err_sys(e, "look at the masked path %s", path);
	if (S_ISDIR(st.st_mode) && dir->fd < 0) {
		dir->fd = make_empty_dir(dir->label);
		if (dir->fd < 0)
			return err_errno(e, dir->fd,
					 "make an empty directory for the "
					 "masked path %s",
					 path);
	}
	r = put(S_ISDIR(st.st_mode) ? dir : file, target_fd);
	return r < 0 ? err_errno(e, r, "mask %s", path) : 0;
}

/* The whole of what is there, over itself. */
static int make_readonly(const struct fs *fs, const char *path, struct err *e)
{
	static const struct sys_mount_attr readonly = {
		.set = MOUNT_ATTR_RDONLY
	};
	autoclose int target_fd = -1, tree_fd = -1;
	int r = open_target(fs, path, &target_fd, e);

	if (r < 0)
		return err_wrap(e, "make %s read-only", path);
	if (target_fd < 0)
		return 0;
	tree_fd = sys_open_tree(target_fd, "",
				OPEN_TREE_CLONE | SYS_AT_RECURSIVE);
	r = tree_fd;
	if (r >= 0)
		r = sys_mount_setattr(tree_fd, "", 1, &readonly);
	if (r >= 0)
		r = sys_move_mount(tree_fd, target_fd);
	return r < 0 ? err_errno(e, r, "make %s read-only", path) : 0;
}

int fs_hide_paths(struct fs *fs, const struct plan *plan, struct err *e)
{
	struct cover file = { .fd = fs->null_fd },
		     dir = { .fd = -1, .label = plan->mount_label };
	int r = 0;

	for (size_t i = 0; r >= 0 && i < plan->n_readonly; i++)
		r = make_readonly(fs, plan->readonly[i], e);
	for (size_t i = 0; r >= 0 && i < plan->n_masked; i++)
		r = mask(fs, plan->masked[i], &file, &dir, e);
	own_close(&dir.fd);
	return r < 0 ? r : 0;
}
