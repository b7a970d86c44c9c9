/* cgroup.c - finds the cgroup of a container, gives it away, removes it.
 *
 * Theory of operation: a cgroup goes when nobody is in it or below it; until
 * then rmdir(2) says EBUSY, also for a moment after the last process was
 * waited for.  So the plain rmdir is tried first, which nearly always does; then
 * what is below is removed, who is left is killed, and cgroup.events tells
 * when it is empty.
 *
 * Only what the inode says to be the container's is ever killed.  Without an
 * inode (a creator that died before it could write it down) the name has to
 * do, and then nobody is killed and nothing removed but what is empty.
 */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/err.h"
#include "base/file.h"
#include "base/own.h"
#include "base/str.h"
#include "cgroup/cgroup.h"
#include "cgroup/internal.h"

#define REMOVE_MS  2000
#define REMOVE_TRY 20 /* so many times, a little apart, once it is empty */
#define DELEGATE   "/sys/kernel/cgroup/delegate"
#define NAMES_MAX  65536

static int is_it(const struct cgroup_ref *ref, const struct stat *st)
{
	return ref->inode == 0 || st->st_ino == ref->inode;
}

int cgroup_open(const struct cgroup_ref *ref, struct err *e)
{
	autoclose int fd = open(ref->path, CGROUP_OPEN_DIR);
	struct stat st;

	if (fd < 0)
		return err_sys(e, "open the cgroup %s", ref->path);
	if (fstat(fd, &st) < 0)
		return err_sys(e, "look at the cgroup %s", ref->path);
	if (!is_it(ref, &st))
		return err_set(e, ENOENT,
			       "the cgroup %s is another one of that name",
			       ref->path);
	return take_fd(&fd);
}

/* --- removal */

static int rmdir_one(int above_fd, const char *name, void *arg)
{
	(void)arg;
	if (unlinkat(above_fd, name, AT_REMOVEDIR) == 0 || errno == ENOENT)
		return 0;
	return -errno;
}

int cgroup_rmdir_empty(int at_fd, const char *name)
{
	const struct cgroup_visitor below = { .leave = rmdir_one };
	autoclose int fd = -1;
	int r = rmdir_one(at_fd, name, NULL);

	if (r != -EBUSY && r != -ENOTEMPTY)
		return r;
	fd = openat(at_fd, name, CGROUP_OPEN_DIR);
	if (fd < 0)
		return errno == ENOENT ? 0 : -errno;
	r = cgroup_walk(fd, &below);
	return r < 0 ? r : rmdir_one(at_fd, name, NULL);
}

void cgroup_remove_marked_above(const char *mount, const char *path)
{
	autofree char *above = str_dup(path);
	size_t top = strlen(mount);
	char value[2];
	char *slash;

	while ((slash = strrchr(above, '/')) && (size_t)(slash - above) > top) {
		*slash = '\0';
		if (getxattr(above, CGROUP_MARK, value, sizeof(value)) < 0 ||
		    rmdir(above) < 0)
			return;
	}
}

/* Its processes have ended, or are told to. */
static int end_all(const struct cgroup_ref *ref, struct err *e)
{
	autoclose int fd = cgroup_open(ref, e);
	int r = 0;

	if (fd < 0)
		return fd;
	if (ref->inode != 0)
		r = cgroup_kill(fd, e);
	return r < 0 ? r : cgroup_wait_empty(fd, REMOVE_MS, e);
}

static int remove_slowly(const struct cgroup_ref *ref, struct err *e)
{
	int r = end_all(ref, e);

	/* Without an inode those who stay there are others, who had the name
	 * before us. */
	if (r < 0)
		return r == -ENOENT || ref->inode == 0 ? 0 : r;
	/* The kernel says it is empty a moment before it can be removed. */
	for (int i = 0;; i++) {
		r = cgroup_rmdir_empty(AT_FDCWD, ref->path);
		if (r != -EBUSY || i == REMOVE_TRY)
			break;
		(void)poll(NULL, 0, i);
	}
	if (r == 0 || (r == -EBUSY && ref->inode == 0))
		return 0;
	(void)err_errno(e, r, "remove the cgroup %s", ref->path);
	if (r == -EACCES || r == -EPERM)
		return err_hint(e, "The container has made cgroups below it "
				   "that belong to others of its ids: remove "
				   "them as root");
	return r;
}

/* Systemd removes it with all that is below; only when it can't be asked, or
 * would wait for those who don't end, it is for us. */
static int stop_scope(const struct cgroup_ref *ref, struct err *e)
{
	int r = end_all(ref, e);

	if (r == -ENOENT)
		return 0;
	if (r == 0)
		r = systemd_scope_stop(ref, e);
	if (r < 0 && e->code == ENOENT)
		return 0;
	if (r < 0 && cgroup_rmdir_empty(AT_FDCWD, ref->path) == 0)
		return 0;
	return r;
}

int cgroup_remove(const struct cgroup_ref *ref, struct err *e)
{
	struct stat st;
	int r = 0;

	/* A scope whose path was not recorded goes with its process; another's
	 * may have its name. */
	if (!ref->path || lstat(ref->path, &st) < 0 || !is_it(ref, &st))
		return 0;
	if (ref->manager == CGROUP_SYSTEMD)
		return stop_scope(ref, e);
	if (rmdir(ref->path) < 0 && errno != ENOENT)
		r = remove_slowly(ref, e);
	if (r == 0)
		cgroup_remove_marked_above("", ref->path);
	return r;
}

/* --- what is below, and whose */

int cgroup_make_below(int dir_fd, const char *name, struct err *e)
{
	int fd;

	if (mkdirat(dir_fd, name, 0755) < 0 && errno != EEXIST)
		return err_sys(e, "make the cgroup %s in the container's",
			       name);
	fd = openat(dir_fd, name, CGROUP_OPEN_DIR);
	return fd < 0 ? err_sys(e, "open the cgroup %s in the container's",
				name)
		      : fd;
}

int cgroup_find_below(const char *path, const char *proc_file, char **ret,
		      struct err *e)
{
	struct arena scratch = { 0 };
	autofree char *text = NULL;
	const char *its, *below = NULL;
	int r = file_read_at(AT_FDCWD, proc_file, NAMES_MAX, &text, NULL);

	if (r < 0)
		return err_errno(e, r, "read %s", proc_file);
	/* The container's own ends like what is mounted there. */
	its = cgroup_own_from_text(text, &scratch);
	for (const char *s = path; its && *s && !below; s++)
		if (*s == '/')
			below = str_after(its, s);
	if (below)
		*ret = str_dup(below + strspn(below, "/"));
	arena_done(&scratch);
	return below ? 0
		     : err_set(e, ENOENT,
			       "the container's init is not in its cgroup");
}

int cgroup_open_of(int dir_fd, const char *path, const char *proc_file,
		   struct err *e)
{
	autofree char *below = NULL;
	int r = cgroup_find_below(path, proc_file, &below, e);
	int fd;

	if (r < 0)
		return r;
	fd = openat(dir_fd, *below ? below : ".", CGROUP_OPEN_DIR);
	return fd < 0 ? err_sys(e, "open the cgroup of the container's init")
		      : fd;
}

int cgroup_move(int dir_fd, pid_t pid, struct err *e)
{
	char digits[16];
	int n = snprintf(digits, sizeof(digits), "%d", (int)pid);
	int r = file_write_at(dir_fd, "cgroup.procs", digits, (size_t)n);

	return r < 0 ? err_errno(e, r, "move process %d into the cgroup",
				 (int)pid)
		     : 0;
}

int cgroup_delegate(int dir_fd, uid_t uid, struct err *e)
{
	autofree char *names = NULL;
	char *name, *rest = NULL;

	if (fchown(dir_fd, uid, (gid_t)-1) < 0)
		return err_sys(e, "give the cgroup to user %u", uid);
	if (file_read_at(AT_FDCWD, DELEGATE, NAMES_MAX, &names, NULL) < 0)
		names = str_dup("cgroup.procs\ncgroup.subtree_control\n"
				"cgroup.threads\n");
	for (name = strtok_r(names, "\n", &rest); name;
	     name = strtok_r(NULL, "\n", &rest))
		if (fchownat(dir_fd, name, uid, (gid_t)-1,
			     AT_SYMLINK_NOFOLLOW) < 0 &&
		    errno != ENOENT)
			return err_sys(e, "give %s of the cgroup to user %u",
				       name, uid);
	return 0;
}
