/* overlay.c - a root filesystem with the mount points that it lacks.
 *
 * Theory of operation: three mounts lie on top of each other then, the root
 * filesystem, a tmpfs and the overlay.  The tmpfs has a skeleton, that is the
 * missing mount points and the directories that lead to them.  For a root
 * that is read-only anyway, by the plan or by its filesystem, the skeleton is
 * the lower of two layers: what exists keeps its owner and mode, and nothing
 * can be written.  Otherwise it is the upper layer: changes stay in memory,
 * and the directories of the skeleton are copied with their modes, because an
 * upper directory hides the attributes of the one below.
 *
 * Layers are named by /proc/self/fd, so none of them is looked up by a path.
 * They must be attached: Linux before 6.15 takes no detached mount for a layer.
 */
#include "fs/overlay.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#include "base/err.h"
#include "base/own.h"
#include "fs/dest.h"
#include "fs/fs.h"
#include "sys/beneath.h"
#include "sys/mountapi.h"

#define SKELETON    "skeleton"
#define WORK	    "work"
#define STICKY	    01777
#define OVERFLOW_ID 65534

struct skeleton {
	int root_fd; /* of the root filesystem; borrowed */
	int fd; /* of the skeleton's own root; borrowed */
	const char *dest; /* for messages */
};

/* Owner and mode of the directory that it stands for.  An owner who does not
 * map shows as the overflow id, which may be mapped itself: ours stays then,
 * so that the container's root can write what it could not before. */
static void look_like(int dir_fd, const char *name, const struct stat *st)
{
	if (st->st_uid != OVERFLOW_ID && st->st_gid != OVERFLOW_ID &&
	    fchownat(dir_fd, name, st->st_uid, st->st_gid, 0) < 0)
		errno = 0; /* ours, then */
	if (fchmodat(dir_fd, name, st->st_mode & 07777, 0) < 0)
		errno = 0; /* the mode that it was made with, then */
}

static int add_dir(const struct skeleton *s, const char *path, mode_t mode,
		   struct err *e)
{
	autoclose int fd = -1;
	struct stat st;

	if (mkdirat(s->fd, path + 1, mode) < 0) {
		if (errno == EEXIST)
			return 0;
		return err_sys(e, "make %s for the mount point %s", path,
			       s->dest);
	}
	fd = beneath_open(s->root_fd, path, O_PATH | O_DIRECTORY);
	if (fd >= 0 && fstat(fd, &st) == 0)
		look_like(s->fd, path + 1, &st);
	else if (fchmodat(s->fd, path + 1, mode, 0) < 0)
		errno = 0; /* the umask's, then */
	return 0;
}

static int add_point(const struct skeleton *s, const struct plan_mount *m,
		     bool is_dir, struct err *e)
{
	char path[PATH_MAX];
	int r = beneath_resolve(s->root_fd, m->dest, path);
	char *slash;

	if (r < 0)
		return err_errno(e, r, "find the mount point %s", m->dest);
	for (slash = strchr(path + 1, '/'); slash;
	     slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		r = add_dir(s, path, 0755, e);
		*slash = '/';
		if (r < 0)
			return r;
	}
	if (is_dir)
		return add_dir(s, path, dest_gives_mode(m) ? STICKY : 0755, e);
	if (mknodat(s->fd, path + 1, S_IFREG | 0644, 0) < 0 && errno != EEXIST)
		return err_sys(e, "make %s for the mount point %s", path,
			       m->dest);
	return 0;
}

static int fill_skeleton(struct fs *fs, const struct plan *plan,
			 const bool *missing, int skeleton_fd, struct err *e)
{
	int r = 0;

	for (size_t i = 0; r >= 0 && i < plan->n_mounts; i++) {
		const struct plan_mount *m = &plan->mounts[i];
		struct skeleton s = { fs->root_fd, skeleton_fd, m->dest };
		struct stat st;
		bool is_dir = true;

		if (!missing[i])
			continue;
		if (fs->sources[i] >= 0 && fstat(fs->sources[i], &st) == 0)
			is_dir = S_ISDIR(st.st_mode);
		r = add_point(&s, m, is_dir, e);
	}
	return r;
}

/* A tmpfs over the root with an empty skeleton in it. */
static int mount_tmpfs(struct fs *fs, int *ret_fd, struct err *e)
{
	autoclose int fs_fd = sys_fsopen("tmpfs");
	autoclose int fd = -1;
	struct stat st;
	int r = fs_fd;

	if (r >= 0)
		r = sys_fsconfig_set(fs_fd, "mode", "755");
	if (r >= 0)
		r = sys_fsconfig_create(fs_fd);
	if (r >= 0)
		r = fd = sys_fsmount(fs_fd,
				     MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV);
	if (r >= 0)
		r = sys_move_mount(fd, fs->root_fd);
	if (r < 0)
		return err_errno(e, r, "mount a tmpfs for the mount points");
	if (mkdirat(fd, SKELETON, 0755) < 0 || mkdirat(fd, WORK, 0700) < 0 ||
	    fstat(fs->root_fd, &st) < 0)
		return err_sys(e, "prepare a tmpfs for the mount points");
	look_like(fd, SKELETON, &st);
	*ret_fd = take_fd(&fd);
	return 0;
}

/* What protects the root filesystem's mount protects the overlay's too. */
static uint64_t guards_of(const struct statvfs *on)
{
	return ((on->f_flag & ST_RDONLY) ? MOUNT_ATTR_RDONLY : 0) |
	       ((on->f_flag & ST_NOSUID) ? MOUNT_ATTR_NOSUID : 0) |
	       ((on->f_flag & ST_NODEV) ? MOUNT_ATTR_NODEV : 0) |
	       ((on->f_flag & ST_NOEXEC) ? MOUNT_ATTR_NOEXEC : 0);
}

static int set_layers(const struct fs *fs, const struct plan *plan, int fs_fd,
		      int tmpfs_fd, bool readonly)
{
	char lower[128], upper[64], work[64];
	int r;

	if (readonly) {
		(void)snprintf(lower, sizeof(lower),
			       "/proc/self/fd/%d:/proc/self/fd/%d/" SKELETON,
			       fs->root_fd, tmpfs_fd);
		return sys_fsconfig_set(fs_fd, "lowerdir", lower);
	}
	(void)snprintf(lower, sizeof(lower), "/proc/self/fd/%d", fs->root_fd);
	(void)snprintf(upper, sizeof(upper), "/proc/self/fd/%d/" SKELETON,
		       tmpfs_fd);
	(void)snprintf(work, sizeof(work), "/proc/self/fd/%d/" WORK, tmpfs_fd);
	r = sys_fsconfig_set(fs_fd, "lowerdir", lower);
	if (r >= 0)
		r = sys_fsconfig_set(fs_fd, "upperdir", upper);
	if (r >= 0)
		r = sys_fsconfig_set(fs_fd, "workdir", work);
	/* trusted.* belongs to the initial user namespace. */
	if (r >= 0 && plan->ns[NS_USER].action != NS_INHERIT)
		r = sys_fsconfig_set(fs_fd, "userxattr", NULL);
	return r;
}

static int mount_overlay(struct fs *fs, const struct plan *plan, int tmpfs_fd,
			 struct err *e)
{
	autoclose int fs_fd = sys_fsopen("overlay");
	autoclose int fd = -1;
	char words[256] = "";
	struct statvfs on;
	int r = fs_fd;

	if (fstatvfs(fs->root_fd, &on) < 0)
		return err_sys(e, "look at the root filesystem %s",
			       plan->root.path);
	if (r >= 0)
		r = set_layers(fs, plan, fs_fd, tmpfs_fd,
			       plan->root.readonly || (on.f_flag & ST_RDONLY));
	if (r >= 0)
		r = sys_fsconfig_create(fs_fd);
	if (r >= 0)
		r = fd = sys_fsmount(fs_fd, guards_of(&on));
	if (r >= 0)
		r = sys_move_mount(fd, tmpfs_fd);
	if (r < 0) {
		if (fs_fd >= 0)
			sys_fs_message(fs_fd, words, sizeof(words));
		return err_errno(e, r,
				 "mount an overlay over the root filesystem "
				 "%s%s%s",
				 plan->root.path, *words ? ": " : "", words);
	}
	own_close(&fs->root_fd);
	fs->root_fd = take_fd(&fd);
	return 0;
}

int overlay_root(struct fs *fs, const struct plan *plan, const bool *missing,
		 struct err *e)
{
	autoclose int tmpfs_fd = -1, skeleton_fd = -1;
	mode_t mask = umask(0);
	int r = mount_tmpfs(fs, &tmpfs_fd, e);

	if (r >= 0) {
		skeleton_fd = openat(tmpfs_fd, SKELETON,
				     O_PATH | O_DIRECTORY | O_CLOEXEC);
		r = skeleton_fd < 0 ? err_sys(e, "open the skeleton") : 0;
	}
	if (r >= 0)
		r = fill_skeleton(fs, plan, missing, skeleton_fd, e);
	if (r >= 0)
		r = mount_overlay(fs, plan, tmpfs_fd, e);
	(void)umask(mask);
	return r;
}
