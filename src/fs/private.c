/* private.c - a procfs for our own writes, and /dev/null for the masks.
 *
 * Theory of operation: what the runtime writes below /proc (sysctls, labels,
 * id maps) must not be led astray by mounts that the bundle put there, so it
 * goes through a procfs that is mounted nowhere.  The kernel makes one only
 * while a procfs that nothing covers is in sight, that is before pivot, and
 * only for a pid namespace of our own.  Where it does not, the host's /proc
 * is as good: the container has no hand in it; it is checked all the same.
 *
 * A private procfs costs 25 us to make and 30 to 80 to close, now and then
 * milliseconds (Linux 6.18, 2 cores), so it is made only where something is due.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>

#include "base/err.h"
#include "base/own.h"
#include "fs/fs.h"
#include "sys/mountapi.h"

#define PROC_ROOT_INO 1
#define NULL_MAJOR    1
#define NULL_MINOR    3

static bool needs_proc(const struct plan *plan)
{
	return plan->n_sysctls > 0 || plan->userns.nested ||
	       plan->process.apparmor_profile || plan->process.selinux_label;
}

static int make_proc(void)
{
	autoclose int fs_fd = sys_fsopen("proc");
	int r = fs_fd;

	if (r >= 0)
		r = sys_fsconfig_create(fs_fd);
	if (r >= 0)
		r = sys_fsmount(fs_fd, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV |
					       MOUNT_ATTR_NOEXEC);
	return r;
}

static int open_host_proc(struct fs *fs, struct err *e)
{
	autoclose int fd = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
	struct statfs on;
	struct stat st;

	if (fd < 0)
		return err_sys(e, "open the host's /proc");
	if (fstatfs(fd, &on) < 0 || fstat(fd, &st) < 0)
		return err_sys(e, "look at the host's /proc");
	if (on.f_type != PROC_SUPER_MAGIC || st.st_ino != PROC_ROOT_INO) {
		(void)err_set(e, ENODEV, "the host's /proc is no procfs");
		return err_hint(e, "mount proc at /proc before");
	}
	fs->proc_fd = take_fd(&fd);
	return 0;
}

static int open_null(struct fs *fs, struct err *e)
{
	autoclose int fd = sys_open_tree(AT_FDCWD, "/dev/null",
					 OPEN_TREE_CLONE);
	struct stat st;

	if (fd < 0)
		return err_errno(e, fd,
				 "open /dev/null, which covers the masked "
				 "files");
	if (fstat(fd, &st) < 0)
		return err_sys(e, "look at /dev/null");
	if (!S_ISCHR(st.st_mode) ||
	    st.st_rdev != makedev(NULL_MAJOR, NULL_MINOR)) {
		(void)err_set(e, ENODEV,
			      "/dev/null, which covers the masked files, is "
			      "not character device 1:3");
		return err_hint(e, "repair the host's /dev/null: mknod -m 666 "
				   "/dev/null c 1 3");
	}
	fs->null_fd = take_fd(&fd);
	return 0;
}

int fs_open_private(struct fs *fs, const struct plan *plan, struct err *e)
{
	int r = 0;

	if (needs_proc(plan)) {
		fs->proc_fd = plan->ns[NS_PID].action == NS_INHERIT
				      ? -1
				      : make_proc();
		if (fs->proc_fd < 0) {
			fs->proc_fd = -1;
			r = open_host_proc(fs, e);
		}
	}
	if (r >= 0 && plan->n_masked > 0)
		r = open_null(fs, e);
	return r;
}
