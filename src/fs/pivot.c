/* pivot.c - the container's root becomes /, and the old one goes.
 *
 * Theory of operation: pivot_root(".", ".") stacks the old root over the new
 * one; umount2(".") then takes it, with every mount of the host, away.  All of
 * those were made slave or private when the sources were opened, so the host
 * keeps its own.
 *
 * Without pivot (an initial ramfs can't be pivoted away) the new root is moved
 * over / and chroot(2) hides the rest.  The host's mounts stay in the mount
 * namespace then, and one uncovered procfs or sysfs among them would allow
 * the container to mount a fresh one, without our masks, from a user namespace
 * of its own: those are taken away, or covered where they are locked.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "base/file.h"
#include "base/own.h"
#include "base/str.h"
#include "fs/dest.h"
#include "fs/fs.h"
#include "sys/mountapi.h"

#define MOUNTINFO_MAX (16U << 20)

/* mountinfo writes blank, tab, newline and backslash as \ooo. */
static void unescape(char *s)
{
	char *to = s;

	while (*s) {
		if (s[0] == '\\' && s[1] && s[2] && s[3]) {
			*to++ = (char)(((s[1] - '0') << 6) |
				       ((s[2] - '0') << 3) | (s[3] - '0'));
			s += 4;
		} else {
			*to++ = *s++;
		}
	}
	*to = '\0';
}

/* The mount point in a line of mountinfo, if that is of a procfs or sysfs;
 * else NULL.  Cuts the line up. */
static char *proc_or_sysfs(char *line)
{
	char *type = strstr(line, " - ");
	char *point = line, *end;

	if (!type ||
	    (!str_after(type, " - proc ") && !str_after(type, " - sysfs ")))
		return NULL;
	for (int i = 0; i < 4; i++) {
		point = strchr(point, ' ');
		if (!point)
			return NULL;
		point++;
	}
	end = strchr(point, ' ');
	if (!end)
		return NULL;
	*end = '\0';
	unescape(point);
	return point;
}

static int take_away(const char *point, struct err *e)
{
	int r = sys_umount(point, SYS_MNT_DETACH);

	/* In a user namespace of our own they are locked; or it went with the
	 * mount that it was on. */
	if (r == -EINVAL || r == -EPERM)
		r = sys_mount("tmpfs", point, "tmpfs",
			      MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC,
			      "nr_inodes=1");
	if (r < 0 && r != -ENOENT && r != -ENOTDIR)
		return err_errno(e, r, "take the host's %s away", point);
	return 0;
}

/* From the last line to the first, so that what lies below goes before. */
static int take_host_proc_away(const struct fs *fs, struct err *e)
{
	autofree char *text = NULL;
	char link[64], root[PATH_MAX];
	ssize_t n;
	size_t len;
	int r = file_read_at(AT_FDCWD, "/proc/self/mountinfo", MOUNTINFO_MAX,
			     &text, &len);

	if (r < 0)
		return err_errno(e, r, "read /proc/self/mountinfo");
	(void)snprintf(link, sizeof(link), "/proc/self/fd/%d", fs->root_fd);
	n = readlink(link, root, sizeof(root) - 1);
	if (n < 0)
		return err_sys(e, "find the path of the root filesystem");
	root[n] = '\0';
	while (r >= 0 && len > 0) {
		char *line, *point;

		if (text[len - 1] == '\n')
			text[--len] = '\0';
		line = memrchr(text, '\n', len);
		line = line ? line + 1 : text;
		point = proc_or_sysfs(line);
		if (point && !dest_is_below(point, root))
			r = take_away(point, e);
		len = (size_t)(line - text);
	}
	return r;
}

static int move_root(const struct fs *fs, struct err *e)
{
	int r = take_host_proc_away(fs, e);

	if (r < 0)
		return r;
	r = sys_mount(".", "/", NULL, MS_MOVE, NULL);
	if (r < 0)
		return err_errno(e, r, "move the container's root over /");
	if (chroot(".") < 0)
		return err_sys(e, "chroot into the container's root");
	return 0;
}

static int pivot(struct err *e)
{
	int r = sys_pivot_root(".", ".");

	if (r == -EINVAL) {
		(void)err_errno(e, r, "pivot_root into the container's root");
		return err_hint(e, "where / is an initial ramfs, --no-pivot "
				   "is the way");
	}
	if (r < 0)
		return err_errno(e, r, "pivot_root into the container's root");
	r = sys_umount(".", SYS_MNT_DETACH);
	if (r < 0)
		return err_errno(e, r, "take the host's root away");
	return 0;
}

int fs_pivot(struct fs *fs, const struct plan *plan, struct err *e)
{
	int r;

	if (fchdir(fs->root_fd) < 0)
		return err_sys(e, "enter the container's root");
	r = plan->root.no_pivot ? move_root(fs, e) : pivot(e);
	if (r < 0)
		return r;
	if (chdir("/") < 0)
		return err_sys(e, "enter the container's /");
	return 0;
}

int fs_finish_root(struct fs *fs, const struct plan *plan, struct err *e)
{
	static const struct sys_mount_attr readonly = {
		.set = MOUNT_ATTR_RDONLY
	};
	int r = 0;

	if (plan->root.readonly)
		r = sys_mount_setattr(fs->root_fd, "", 0, &readonly);
	if (r < 0)
		return err_errno(e, r, "make the root filesystem read-only");
	if (plan->root.propagation != 0)
		r = sys_mount(NULL, "/", NULL, plan->root.propagation, NULL);
	if (r < 0)
		return err_errno(e, r,
				 "set the propagation of the container's root");
	return 0;
}
