/* dest.c - where a mount goes: its destination, resolved within the root.
 *
 * Theory of operation: each destination is looked up anew from root_fd, after
 * the mounts before it were made.  The image, or another container that shares
 * a volume with this one, may have put symlinks anywhere, and may move them
 * while we work; so what counts is the fd that came out.  A mount inside
 * procfs would let it redirect what the runtime writes there (CVE-2019-19921,
 * CVE-2023-27561, CVE-2025-31133, CVE-2025-52565): refused but for files that
 * nobody writes to.
 */
#include "fs/dest.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <linux/openat2.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include "base/err.h"
#include "base/own.h"
#include "base/str.h"
#include "fs/fs.h"
#include "sys/beneath.h"

#define PROC_ROOT_INO 1 /* of every procfs */

/* What lxcfs and its like put their own files over. */
static const char *const proc_files[] = {
	"/proc/cpuinfo",
	"/proc/diskstats",
	"/proc/loadavg",
	"/proc/meminfo",
	"/proc/slabinfo",
	"/proc/stat",
	"/proc/swaps",
	"/proc/uptime",
	"/proc/sys/crypto/fips_enabled",
	"/proc/sys/kernel/ns_last_pid",
};

static bool is_proc_file(const char *path)
{
	for (size_t i = 0; i < sizeof(proc_files) / sizeof(*proc_files); i++)
		if (str_eq(path, proc_files[i]))
			return true;
	return false;
}

/* The next component and its length; 0 at the end.  "." counts as nothing. */
static size_t component(const char **path)
{
	size_t len;

	do {
		*path += strspn(*path, "/");
		len = strcspn(*path, "/");
		if (len != 1 || **path != '.')
			return len;
		*path += 1;
	} while (true);
}

bool dest_is_below(const char *path, const char *dir)
{
	if (strstr(path, "/..") || strstr(dir, "/.."))
		return false;
	do {
		size_t want = component(&dir), have = component(&path);

		if (want == 0)
			return true;
		if (want != have || memcmp(path, dir, want) != 0)
			return false;
		path += have;
		dir += want;
	} while (true);
}

bool dest_gives_mode(const struct plan_mount *m)
{
	if (m->ladder[0] != MOUNT_FS || !str_eq(m->fstype, "tmpfs"))
		return false;
	return !plan_mount_has(m, "mode");
}

static int refuse_symlink(const struct plan_mount *m, struct err *e)
{
	(void)err_set(e, ELOOP,
		      "the destination %s of a mount of %s leads through a "
		      "symlink of the root filesystem",
		      m->dest, m->fstype ? m->fstype : m->source);
	return err_hint(e, "make it a directory in the root filesystem");
}

static int explain(const struct plan *plan, const struct plan_mount *m,
		   bool is_dir, int code, struct err *e)
{
	const char *kind = is_dir ? "directory" : "file";

	if (code == -ENOTDIR || code == -EISDIR) {
		(void)err_errno(e, code,
				"the mount point %s is not a %s, or is below "
				"something that is no directory",
				m->dest, kind);
		return err_hint(e, "source and destination must both be "
				   "directories, or neither");
	}
	(void)err_errno(e, code,
			"open or make the mount point %s in the root "
			"filesystem %s",
			m->dest, plan->root.path);
	if (code == -ENOSYS)
		return -e->code;
	if (code == -ELOOP)
		return err_hint(e, "its symlinks go in a circle, or through a "
				   "magic link of procfs");
	return err_hint(e, "make the %s %s%s beforehand", kind, plan->root.path,
			m->dest);
}

/* A place in a procfs: the root of an old one below a new one, or a file of
 * the list, nothing else. */
static int check_in_proc(int fd, const struct plan_mount *m, struct err *e)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return err_sys(e, "look at the mount point %s", m->dest);
	if (m->is_proc && st.st_ino == PROC_ROOT_INO)
		return 0;
	if (is_proc_file(m->dest) && S_ISREG(st.st_mode))
		return 0;
	(void)err_set(e, EPERM,
		      "the destination %s of a mount lies inside a procfs",
		      m->dest);
	return err_hint(e, "only single files such as /proc/cpuinfo or "
			   "/proc/meminfo may be covered");
}

static int open_or_make(const struct fs *fs, const struct plan_mount *m,
			bool is_dir)
{
	if (m->is_proc || m->is_sysfs || is_proc_file(m->dest)) {
		int flags = O_PATH | (is_dir ? O_DIRECTORY : 0);
		int fd = beneath_open_how(fs->root_fd, m->dest, flags,
					  RESOLVE_NO_SYMLINKS);

		if (fd != -ENOENT)
			return fd;
	}
	return is_dir ? beneath_make_dir(fs->root_fd, m->dest)
		      : beneath_make_file(fs->root_fd, m->dest);
}

int dest_open(const struct fs *fs, const struct plan *plan,
	      const struct plan_mount *m, bool is_dir, struct err *e)
{
	autoclose int fd = -1;
	struct statfs on;
	struct stat st;
	int r;

	if (dest_is_below("/", m->dest))
		return err_set(e, EINVAL,
			       "a mount can't cover the root itself (%s)",
			       m->dest);
	fd = open_or_make(fs, m, is_dir);
	if (fd == -ELOOP && (m->is_proc || m->is_sysfs))
		return refuse_symlink(m, e);
	if (fd < 0)
		return explain(plan, m, is_dir, fd, e);
	if (fstatfs(fd, &on) < 0 || (!is_dir && fstat(fd, &st) < 0))
		return err_sys(e, "look at the mount point %s", m->dest);
	if (!is_dir && S_ISDIR(st.st_mode))
		return explain(plan, m, is_dir, -EISDIR, e);
	if (on.f_type == PROC_SUPER_MAGIC) {
		r = check_in_proc(fd, m, e);
		if (r < 0)
			return r;
	}
	return take_fd(&fd);
}
