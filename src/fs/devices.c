/* devices.c - the nodes and links of /dev, and the console.
 *
 * Theory of operation: a device is made with mknod(2) where the kernel lets
 * us, which is never the case in a user namespace of our own, else the host's
 * node is bound over an empty file.  Nearly all of them have the same parent,
 * so its fd is kept from one to the next.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/err.h"
#include "base/own.h"
#include "fs/device.h"
#include "fs/fs.h"
#include "sys/beneath.h"
#include "sys/mountapi.h"

#define DEV	"/dev"
#define CONSOLE "console"

/* The parent of the device that was made last. */
struct parent {
	int fd;
	const char *path; /* borrowed; its first len bytes */
	size_t len;
};

static void parent_done(struct parent *p)
{
	own_close(&p->fd);
}

static const struct {
	const char *name, *target;
} links[] = {
	{ "fd", "/proc/self/fd" },
	{ "stdin", "/proc/self/fd/0" },
	{ "stdout", "/proc/self/fd/1" },
	{ "stderr", "/proc/self/fd/2" },
};

static int enter_parent(const struct fs *fs, const char *path,
			struct parent *in, const char **ret_name)
{
	const char *slash = strrchr(path, '/');
	size_t len = slash ? (size_t)(slash - path) : 0;
	int fd;

	if (in->fd >= 0 && slash && len == in->len && slash[1] != '\0' &&
	    memcmp(in->path, path, len) == 0) {
		*ret_name = slash + 1;
		return 0;
	}
	fd = beneath_make_parent(fs->root_fd, path, ret_name);
	if (fd < 0)
		return fd;
	own_close(&in->fd);
	in->fd = fd;
	in->path = path;
	in->len = len;
	return 0;
}

static bool is_mount_point(int dir_fd, const char *name)
{
	autoclose int fd = beneath_open_how(dir_fd, name, O_PATH | O_NOFOLLOW,
					    RESOLVE_NO_XDEV);

	return fd == -EXDEV;
}

enum { NODE_OURS, NODE_BROUGHT };

/* NODE_BROUGHT: a mount of the bundle has put the device there, which is the
 * host's and stays as it is.  -EEXIST: something else is there.  The umask is
 * 0. */
static int make_node(const struct plan *plan, const struct plan_device *d,
		     int dir_fd, const char *name)
{
	dev_t dev = d->type == 'p' ? 0 : makedev(d->major, d->minor);
	bool is_ours = false;
	struct stat st;

	if (mknodat(dir_fd, name, device_type(d) | (d->mode & 07777), dev) <
	    0) {
		if (errno != EEXIST)
			return -errno;
		if (fstatat(dir_fd, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
			return -errno;
		if (!device_is(&st, d))
			return -EEXIST;
		if (is_mount_point(dir_fd, name))
			return NODE_BROUGHT;
	} else {
		is_ours = d->uid == plan->userns.setup_uid &&
			  d->gid == plan->userns.setup_gid;
	}
	/* A new node has our ids; the common case is done. */
	if (is_ours)
		return NODE_OURS;
	if (fchownat(dir_fd, name, d->uid, d->gid, AT_SYMLINK_NOFOLLOW) < 0)
		return -errno;
	/* The node is no symlink, and chown may have taken bits away. */
	if (fchmodat(dir_fd, name, d->mode & 07777, 0) < 0)
		return -errno;
	return NODE_OURS;
}

static const char *name_kind(const struct stat *st)
{
	switch (st->st_mode & S_IFMT) {
	case S_IFREG:
		return "a plain file";
	case S_IFDIR:
		return "a directory";
	case S_IFLNK:
		return "a symlink";
	case S_IFIFO:
		return "a fifo";
	default:
		return "a socket";
	}
}

static int refuse_place(const struct plan_device *d, const struct stat *st,
			struct err *e)
{
	char wanted[40] = "a fifo", there[40];

	if (d->type != 'p')
		(void)snprintf(wanted, sizeof(wanted), "the device %c %u:%u",
			       d->type, d->major, d->minor);
	if (S_ISCHR(st->st_mode) || S_ISBLK(st->st_mode))
		(void)snprintf(there, sizeof(there), "the device %c %u:%u",
			       S_ISCHR(st->st_mode) ? 'c' : 'b',
			       major(st->st_rdev), minor(st->st_rdev));
	else
		(void)snprintf(there, sizeof(there), "%s", name_kind(st));
	(void)err_set(e, EEXIST,
		      "linux.devices[%s]: %s is to be there, and the container "
		      "has %s there already",
		      d->path, wanted, there);
	return err_hint(e, "give the device another path, or take what is "
			   "there out of the root filesystem, mounts or "
			   "linux.devices");
}

/* What the bind of an earlier run has left in the root filesystem, or the image
 * has for this.  A file of procfs looks the same, and is never covered: we, or
 * the program, may write it. */
static bool is_empty_file(const struct stat *st, int dir_fd)
{
	struct statfs on;

	return S_ISREG(st->st_mode) && st->st_size == 0 &&
	       fstatfs(dir_fd, &on) == 0 && on.f_type != PROC_SUPER_MAGIC;
}

/* The specification wants an error where a listed device would go over another
 * thing; the empty file below a bind is none. */
static int check_place(const struct plan_device *d, int dir_fd,
		       const char *name, struct err *e)
{
	struct stat st;

	if (fstatat(dir_fd, name, &st, AT_SYMLINK_NOFOLLOW) < 0) {
		if (errno == ENOENT)
			return 0;
		return err_sys(e, "look at the place of the device %s",
			       d->path);
	}
	if (device_is(&st, d) || (!d->try_mknod && is_empty_file(&st, dir_fd)))
		return 0;
	return refuse_place(d, &st, e);
}

/* The empty file that a bind goes over; whatever is there serves too. */
static int make_file(int dir_fd, const char *name)
{
	if (mknodat(dir_fd, name, S_IFREG | 0644, 0) < 0 && errno != EEXIST)
		return -errno;
	return 0;
}

/* A listed device that should have an owner or a mode of its own keeps those
 * of the host; where mknod was never to be tried, the plan has said so. */
static int note_owner(const struct fs *fs, const struct plan *plan, size_t i,
		      int fd, const char *name, struct err *e)
{
	const struct plan_device *d = &plan->devices[i];
	struct stat st;

	if (!d->try_mknod || d->default_device ||
	    fstatat(fd, name, &st, AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW) < 0 ||
	    (st.st_uid == d->uid && st.st_gid == d->gid &&
	     (st.st_mode & 07777) == d->mode))
		return 0;
	return degrade_note(plan, fs->notes, DEGRADE_DEVICE_OWNER, (unsigned)i,
			    e);
}

static int bind_device(const struct fs *fs, const struct plan *plan, size_t i,
		       const struct parent *in, const char *name, struct err *e)
{
	const struct plan_device *d = &plan->devices[i];
	int *source = &fs->device_sources[i];
	int r = 0;

	if (*source < 0 && d->try_mknod) {
		/* The host's /dev is still there, and open to all. */
		*source = device_clone(d);
		if (*source == -ENODEV)
			return degrade_note(plan, fs->notes,
					    DEGRADE_DEVICE_MISSING, (unsigned)i,
					    e);
		if (*source < 0)
			return err_errno(e, *source,
					 "open the host's device %s", d->path);
		/* Of one that nobody listed it does not matter which it is. */
		if (!d->default_device)
			r = degrade_note(plan, fs->notes, DEGRADE_DEVICE_BIND,
					 (unsigned)i, e);
		if (r < 0)
			return r;
	}
	if (*source < 0)
		return 0; /* missing, noted when the sources were opened */
	r = make_file(in->fd, name);
	if (r == 0)
		r = sys_move_mount_at(*source, in->fd, name);
	if (r < 0)
		return err_errno(e, r, "bind the host's device over %s",
				 d->path);
	r = note_owner(fs, plan, i, *source, "", e);
	own_close(source);
	return r;
}

static int make_device(const struct fs *fs, const struct plan *plan, size_t i,
		       struct parent *in, struct err *e)
{
	const struct plan_device *d = &plan->devices[i];
	const char *name = NULL;
	int r = enter_parent(fs, d->path, in, &name);

	if (r < 0)
		return err_errno(e, r, "make the directory of the device %s",
				 d->path);
	r = d->try_mknod ? make_node(plan, d, in->fd, name) : -EPERM;
	if (r == NODE_OURS)
		return 0;
	if (r == NODE_BROUGHT)
		return note_owner(fs, plan, i, in->fd, name, e);
	if (!d->default_device) {
		int bad = check_place(d, in->fd, name, e);

		if (bad < 0)
			return bad;
	}
	if (!d->try_bind || (r != -EPERM && r != -EEXIST))
		return err_errno(e, r, "make the device %s", d->path);
	return bind_device(fs, plan, i, in, name, e);
}

static int make_link(int dev_fd, const char *name, const char *target,
		     struct err *e)
{
	if (symlinkat(target, dev_fd, name) < 0 && errno != EEXIST)
		return err_sys(e, "make the link /dev/%s", name);
	return 0;
}

/* Our devpts is a new instance, and only its own ptmx belongs to it; a node
 * that the image brings would be the host's. */
static int make_ptmx(int dev_fd, struct err *e)
{
	if (symlinkat("pts/ptmx", dev_fd, "ptmx") == 0)
		return 0;
	if (errno == EEXIST && (unlinkat(dev_fd, "ptmx", 0) < 0 ||
				symlinkat("pts/ptmx", dev_fd, "ptmx") < 0))
		return err_sys(e, "replace /dev/ptmx by a link to pts/ptmx");
	if (errno != EEXIST)
		return err_sys(e, "make the link /dev/ptmx");
	return 0;
}

static int fill_dev(const struct fs *fs, const struct plan *plan, struct err *e)
{
	autoclose int dev_fd = beneath_make_dir(fs->root_fd, DEV);
	int r = 0;

	if (dev_fd < 0)
		return err_errno(e, dev_fd, "open /dev of the container");
	for (size_t i = 0; i < sizeof(links) / sizeof(*links); i++) {
		r = make_link(dev_fd, links[i].name, links[i].target, e);
		if (r < 0)
			return r;
	}
	if (access("/proc/kcore", F_OK) == 0)
		r = make_link(dev_fd, "core", "/proc/kcore", e);
	if (r >= 0)
		r = make_ptmx(dev_fd, e);
	/* Now, for /dev may be read-only when the console comes. */
	if (r >= 0 && plan->process.terminal) {
		r = make_file(dev_fd, CONSOLE);
		if (r < 0)
			return err_errno(e, r, "make /dev/console");
	}
	return r;
}

static int make_readonly(const struct fs *fs, const struct plan *plan,
			 struct err *e)
{
	static const struct sys_mount_attr readonly = {
		.set = MOUNT_ATTR_RDONLY
	};

	for (size_t i = 0; i < plan->n_mounts; i++) {
		const struct plan_mount *m = &plan->mounts[i];
		autoclose int fd = -1;
		int r;

		if (!m->readonly_after)
			continue;
		fd = beneath_open(fs->root_fd, m->dest, O_PATH | O_DIRECTORY);
		r = fd < 0 ? fd : sys_mount_setattr(fd, "", 0, &readonly);
		if (r < 0)
			return err_errno(e, r, "make %s read-only", m->dest);
	}
	return 0;
}

static int make_all(const struct fs *fs, const struct plan *plan, struct err *e)
{
	auto(parent) struct parent in = { .fd = -1 };
	int r = 0;

	for (size_t i = 0; i < plan->n_devices; i++) {
		if (plan->devices[i].default_device && !plan->fill_dev)
			continue;
		r = make_device(fs, plan, i, &in, e);
		if (r < 0)
			return r;
	}
	if (plan->fill_dev)
		r = fill_dev(fs, plan, e);
	return r < 0 ? r : make_readonly(fs, plan, e);
}

int fs_make_devices(struct fs *fs, const struct plan *plan, struct err *e)
{
	/* The modes of the plan are exact. */
	mode_t mask = umask(0);
	int r = make_all(fs, plan, e);

	(void)umask(mask);
	if (r == -EROFS || r == -EACCES)
		return err_hint(e, "mount a tmpfs at /dev, as config.json "
				   "usually does");
	return r < 0 ? r : 0;
}

int fs_bind_console(struct fs *fs, const struct plan *plan, struct err *e)
{
	autoclose int at_fd = -1, tree_fd = -1;
	struct stat st;
	int r;

	(void)plan;
	if (fs->console_fd < 0)
		return 0;
	if (fstat(fs->console_fd, &st) < 0)
		return err_sys(e, "look at the terminal");
	if (!S_ISCHR(st.st_mode))
		return err_set(e, ENOTTY,
			       "the terminal for " DEV "/" CONSOLE
			       " is no character device");
	/* The fd's own mount and inode, so no path can be swapped under us. */
	tree_fd = sys_open_tree(fs->console_fd, "", OPEN_TREE_CLONE);
	if (tree_fd < 0)
		return err_errno(e, tree_fd, "clone the terminal's mount");
	at_fd = beneath_make_file(fs->root_fd, DEV "/" CONSOLE);
	if (at_fd < 0)
		return err_errno(e, at_fd, "open or make " DEV "/" CONSOLE);
	r = sys_move_mount(tree_fd, at_fd);
	if (r < 0)
		return err_errno(e, r,
				 "bind the terminal over " DEV "/" CONSOLE);
	return 0;
}
