/* mounts.c - the mounts of the plan, each by the first rung that works.
 *
 * Theory of operation: the mount point is opened first, by fd; then a mount is
 * made that lies nowhere yet, with all its attributes, and is moved onto it.
 * So nothing is ever visible half-made, and no path is used twice.  A rung
 * counts as refused when the kernel does not grant it to us; a mistake in the
 * options is an error at once, and so is a bad mount point.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/xattr.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>

#include "base/err.h"
#include "base/own.h"
#include "base/str.h"
#include "fs/attrs.h"
#include "fs/copyup.h"
#include "fs/dest.h"
#include "fs/fs.h"
#include "sys/beneath.h"
#include "sys/mountapi.h"

/* One mount on its way. */
struct making {
	struct fs *fs;
	const struct plan *plan;
	const struct plan_mount *m;
	size_t index;
	int below_mode; /* a tmpfs takes it from the directory below; or -1 */
	bool without_ids; /* uid= and gid= are left out */
};

static bool is_refusal(int r)
{
	return r == -EPERM || r == -EACCES || r == -EBUSY || r == -ENODEV ||
	       r == -ENOENT;
}

/* -errno with the kernel's own words, if it has some. */
static int explain_fs(const struct making *k, int fs_fd, int code,
		      const struct mount_param *param, struct err *e)
{
	char words[256];
	const char *value = param && param->value ? param->value : "";

	sys_fs_message(fs_fd, words, sizeof(words));
	(void)err_errno(e, code, "mount %s at %s%s%s%s%s%s%s", k->m->fstype,
			k->m->dest, param ? ": option " : "",
			param ? param->key : "", *value ? "=" : "", value,
			*words ? ": " : "", words);
	if (code == -EINVAL)
		return err_hint(e,
				"see the options of %s in its manual page, "
				"and the kernel's log",
				k->m->fstype);
	if (code == -EPERM && k->plan->ns[NS_USER].action != NS_INHERIT)
		return err_hint(e, "In a user namespace the kernel mounts only "
				   "some file systems, as tmpfs, overlay and "
				   "fuse: have the host mount it, and bind "
				   "that");
	return -e->code;
}

/* The plan leaves out the ids that do not map; what a joined user namespace
 * maps, it can't know.  The kernel refuses such an id where it is set or, for a
 * filesystem that takes its options as one string (devpts before 6.13), where
 * the instance is created. */
static bool may_be_foreign_id(const struct making *k,
			      const struct mount_param *p)
{
	return k->plan->ns[NS_USER].action == NS_JOIN &&
	       (str_eq(p->key, "uid") || str_eq(p->key, "gid"));
}

static int note_id_left_out(const struct making *k, struct err *e)
{
	return degrade_note(k->plan, k->fs->notes, DEGRADE_MOUNT_ID,
			    (unsigned)k->index, e);
}

static int set_param(const struct making *k, int fs_fd,
		     const struct mount_param *p, struct err *e)
{
	int r;

	if (k->without_ids && may_be_foreign_id(k, p))
		return 0;
	r = sys_fsconfig_set(fs_fd, p->key, p->value);
	if (r >= 0)
		return 0;
	if (r == -EINVAL && may_be_foreign_id(k, p))
		return note_id_left_out(k, e);
	return explain_fs(k, fs_fd, r, p, e);
}

static int set_params(const struct making *k, int fs_fd, struct err *e)
{
	const struct plan_mount *m = k->m;
	int r = 0;

	if (!str_empty(m->source))
		r = sys_fsconfig_set(fs_fd, "source", m->source);
	if (r < 0)
		return explain_fs(k, fs_fd, r, NULL, e);
	for (size_t i = 0; i < m->n_params; i++) {
		r = set_param(k, fs_fd, &m->params[i], e);
		if (r < 0)
			return r;
	}
	if (k->below_mode >= 0) {
		char mode[16];

		(void)snprintf(mode, sizeof(mode), "%o",
			       (unsigned)k->below_mode);
		r = sys_fsconfig_set(fs_fd, "mode", mode);
	}
	return r < 0 ? explain_fs(k, fs_fd, r, NULL, e) : 0;
}

static bool has_foreign_ids(const struct making *k)
{
	for (size_t i = 0; i < k->m->n_params; i++)
		if (may_be_foreign_id(k, &k->m->params[i]))
			return true;
	return false;
}

/* The fd of a new instance that is mounted nowhere.  Once more, without uid= and
 * gid=, when *again comes back. */
static int try_fs(const struct making *k, bool *again, struct err *e)
{
	autoclose int fs_fd = sys_fsopen(k->m->fstype);
	int fd, r;

	if (fs_fd == -ENODEV)
		return err_errno(e, fs_fd,
				 "mount %s at %s: this kernel has no such "
				 "filesystem",
				 k->m->fstype, k->m->dest);
	if (fs_fd < 0)
		return err_errno(e, fs_fd, "mount %s at %s", k->m->fstype,
				 k->m->dest);
	r = set_params(k, fs_fd, e);
	if (r < 0)
		return r;
	r = sys_fsconfig_create(fs_fd);
	*again = r == -EINVAL && !k->without_ids && has_foreign_ids(k);
	if (r < 0)
		return explain_fs(k, fs_fd, r, NULL, e);
	fd = sys_fsmount(fs_fd, attrs_of_new(k->m));
	return fd < 0 ? explain_fs(k, fs_fd, fd, NULL, e) : fd;
}

static int make_fs(const struct making *k, struct err *e)
{
	struct making without = *k;
	bool again = false;
	int r = try_fs(k, &again, e);

	if (!again)
		return r;
	*e = (struct err){ 0 };
	without.without_ids = true;
	r = note_id_left_out(k, e);
	return r < 0 ? r : try_fs(&without, &again, e);
}

/* /sys, /proc and their like are open to all, so our ids do not matter, and
 * before pivot the host's are still there to be cloned. */
static int clone_host(const struct making *k, struct err *e)
{
	autoclose int fd = sys_open_tree(AT_FDCWD, k->m->fallback,
					 OPEN_TREE_CLONE | SYS_AT_RECURSIVE);
	int r;

	if (fd < 0) {
		(void)err_errno(e, fd, "bind the host's %s at %s",
				k->m->fallback, k->m->dest);
		return err_hint(e,
				"Give the container a namespace of its own for "
				"it, or take the mount out of config.json");
	}
	r = attrs_apply(k->fs, k->plan, k->index, fd, true, e);
	return r < 0 ? r : take_fd(&fd);
}

/* On success a mount's fd. */
static int make_rung(const struct making *k, enum mount_how how, struct err *e)
{
	int *source = &k->fs->sources[k->index];
	int r;

	if (how == MOUNT_FS)
		return make_fs(k, e);
	if (how == MOUNT_HOST_BIND)
		return clone_host(k, e);
	if (*source < 0)
		return err_set(e, ENOENT, "%s has no source to bind",
			       k->m->dest);
	r = attrs_apply(k->fs, k->plan, k->index, *source, false, e);
	return r < 0 ? r : take_fd(source);
}

static int set_propagation(const struct making *k, int fd, struct err *e)
{
	struct sys_mount_attr attr = { .propagation = k->m->propagation };
	int r;

	if (attr.propagation == 0)
		return 0;
	r = sys_mount_setattr(fd, "", k->m->propagation_recursive, &attr);
	if (r < 0)
		return err_errno(e, r, "set the propagation of the mount at %s",
				 k->m->dest);
	return 0;
}

static int place(const struct making *k, int fd, int dest_fd, struct err *e)
{
	int r = sys_move_mount(fd, dest_fd);

	if (r < 0)
		return err_errno(e, r, "put the mount in place at %s",
				 k->m->dest);
	return set_propagation(k, fd, e);
}

/* A lower rung than the first was taken: which row says so? */
static int note_rung(const struct making *k, enum mount_how how, struct err *e)
{
	const struct plan_mount *m = k->m;
	enum degrade_row row = DEGRADE_MQUEUE_BIND;

	if (m->is_cgroup)
		row = how == MOUNT_SKIP ? DEGRADE_CGROUP_SKIP
					: DEGRADE_CGROUP_BIND;
	else if (m->is_sysfs)
		row = DEGRADE_SYSFS_BIND;
	else if (m->is_proc)
		row = DEGRADE_PROC_BIND;
	return degrade_note(k->plan, k->fs->notes, row, (unsigned)k->index, e);
}

/* dest_fd is what the mount will cover. */
static int copy_up(const struct making *k, int dest_fd, int fd, struct err *e)
{
	const struct sys_mount_attr attr = {
		.set = attrs_after_copying(k->m),
	};
	int r = copyup(k->m, dest_fd, fd, e);

	if (r > 0)
		r = degrade_note(k->plan, k->fs->notes, DEGRADE_COPY_UP,
				 (unsigned)k->index, e);
	if (r < 0 || attr.set == 0)
		return r;
	r = sys_mount_setattr(fd, "", 0, &attr);
	return r < 0 ? err_errno(e, r, "make the mount at %s read-only",
				 k->m->dest)
		     : 0;
}

static int set_label(const struct making *k, int fd, struct err *e)
{
	const char *label = k->m->label;
	autoclose int dir_fd = beneath_open(fd, ".", O_RDONLY | O_DIRECTORY);

	if (dir_fd < 0)
		return err_errno(e, dir_fd, "open the new mount for %s",
				 k->m->dest);
	if (fsetxattr(dir_fd, XATTR_NAME_SELINUX, label, strlen(label) + 1, 0) <
	    0)
		return err_sys(e, "label the mount at %s %s", k->m->dest,
			       label);
	return 0;
}

/* -errno; *ret_refused: the next rung may do better. */
static int try_rung(const struct making *k, enum mount_how how, int dest_fd,
		    bool *ret_refused, struct err *e)
{
	autoclose int fd = -1;
	int r = 0;

	if (how == MOUNT_SKIP)
		return 0;
	fd = make_rung(k, how, e);
	*ret_refused = is_refusal(fd);
	if (fd >= 0 && k->m->copy_up)
		r = copy_up(k, dest_fd, fd, e);
	if (fd >= 0 && r == 0 && k->m->label && how == MOUNT_FS)
		r = set_label(k, fd, e);
	if (fd < 0 || r < 0)
		return fd < 0 ? fd : r;
	return place(k, fd, dest_fd, e);
}

static int climb(const struct making *k, int dest_fd, struct err *e)
{
	bool refused = true;
	int r = -EINVAL;

	for (int i = 0; refused && i < MOUNT_RUNGS; i++) {
		enum mount_how how = k->m->ladder[i];

		if (how == MOUNT_END)
			break;
		refused = false;
		r = try_rung(k, how, dest_fd, &refused, e);
		if (r >= 0 && i > 0)
			r = note_rung(k, how, e);
	}
	return r;
}

static int mode_below(const struct fs *fs, const struct plan_mount *m)
{
	autoclose int fd = -1;
	struct stat st;

	if (!dest_gives_mode(m))
		return -1;
	fd = beneath_open(fs->root_fd, m->dest, O_PATH | O_DIRECTORY);
	if (fd < 0 || fstat(fd, &st) < 0)
		return -1;
	return (int)(st.st_mode & 07777);
}

/* What an earlier mount put there gets other attributes. */
static int remount(const struct making *k, struct err *e)
{
	autoclose int fd = beneath_open(k->fs->root_fd, k->m->dest, O_PATH);
	int r;

	if (fd < 0)
		return err_errno(e, fd, "remount %s", k->m->dest);
	r = attrs_apply(k->fs, k->plan, k->index, fd, false, e);
	if (r == -EINVAL)
		return err_hint(e,
				"option remount: %s must be where an earlier "
				"entry of mounts has put a mount",
				k->m->dest);
	return r < 0 ? r : set_propagation(k, fd, e);
}

static int make_mount(struct fs *fs, const struct plan *plan, size_t i,
		      struct err *e)
{
	const struct plan_mount *m = &plan->mounts[i];
	struct making k = { .fs = fs, .plan = plan, .m = m, .index = i };
	autoclose int dest_fd = -1;
	bool is_dir = true;
	struct stat st;

	if (m->ladder[0] == MOUNT_SKIP)
		return 0;
	if (m->ladder[0] == MOUNT_REMOUNT)
		return remount(&k, e);
	if (m->ladder[0] == MOUNT_BIND) {
		if (fs->sources[i] < 0)
			return 0; /* optional, and not there */
		if (fstat(fs->sources[i], &st) < 0)
			return err_sys(e,
				       "look at %s, the source of the "
				       "mount at %s",
				       m->source, m->dest);
		is_dir = S_ISDIR(st.st_mode);
	}
	k.below_mode = mode_below(fs, m);
	dest_fd = dest_open(fs, plan, m, is_dir, e);
	return dest_fd < 0 ? dest_fd : climb(&k, dest_fd, e);
}

int fs_make_mounts(struct fs *fs, const struct plan *plan, struct err *e)
{
	/* Mount points have the modes that we name, whatever the caller's
	 * umask is; that one is the program's. */
	mode_t mask = umask(022);
	int r = 0;

	for (size_t i = 0; r >= 0 && i < plan->n_mounts; i++)
		r = make_mount(fs, plan, i, e);
	(void)umask(mask);
	return r < 0 ? r : 0;
}
