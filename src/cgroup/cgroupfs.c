/* cgroupfs.c - makes a cgroup by mkdir(2).
 *
 * Theory of operation: from the place that is there already we go down the
 * path, making what is missing and enabling the wanted controllers for the
 * children of each.  A directory on the way that we made carries a mark (an
 * extended attribute), so that whoever removes the last cgroup in it removes it
 * too (cgroup.c), and nobody removes what was there before us.
 *
 * The kernel refuses controllers to the children of a cgroup with processes
 * (EBUSY).  Where the plan names a leaf, they move there.
 *
 * The last one is always made, never just found: of two that want the same name
 * at once one gets it.  An empty one of that name is removed first.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
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

#define TEXT_MAX   ((size_t)16 << 20)
#define MOVE_TURNS 100

static int cant(const char *what, const char *path, struct err *e)
{
	(void)err_sys(e, "%s the cgroup %s", what, path);
	if (e->code == EACCES || e->code == EPERM)
		return err_hint(e, "It is not the caller's to change: start "
				   "rootlet below a cgroup that was delegated, "
				   "or leave out linux.cgroupsPath");
	if (e->code == EROFS)
		return err_hint(e, "Mount cgroup2 so that it can be written");
	if (e->code == EAGAIN)
		return err_hint(e, "cgroup.max.depth or cgroup.max.descendants "
				   "of a cgroup above it is reached");
	return -e->code;
}

/* --- controllers */

/* Everybody in the cgroup moves to its leaf; who forks meanwhile is seen in the
 * next turn. */
int cgroup_move_to_leaf(int at_fd, const char *leaf, const char *path,
			struct err *e)
{
	autoclose int leaf_fd = -1;

	if (mkdirat(at_fd, leaf, 0755) < 0 && errno != EEXIST)
		return cant("make a leaf in", path, e);
	leaf_fd = openat(at_fd, leaf, CGROUP_OPEN_DIR);
	if (leaf_fd < 0)
		return cant("open the leaf of", path, e);
	for (int turn = 0; turn < MOVE_TURNS; turn++) {
		autofree char *list = NULL;
		char *line, *rest = NULL;
		int r = file_read_at(at_fd, "cgroup.procs", TEXT_MAX, &list,
				     NULL);

		if (r < 0)
			return err_errno(e, r,
					 "list the processes of the cgroup %s",
					 path);
		line = strtok_r(list, "\n", &rest);
		if (!line)
			return 0;
		for (; line; line = strtok_r(NULL, "\n", &rest)) {
			r = file_write_at(leaf_fd, "cgroup.procs", line,
					  strlen(line));
			if (r < 0 && r != -ESRCH)
				return err_errno(e, r,
						 "move process %s to %s/%s",
						 line, path, leaf);
		}
	}
	return err_set(e, EBUSY,
		       "the processes of the cgroup %s fork faster than they "
		       "can be moved",
		       path);
}

/* One by one what can't be had together: each that can is.  Returns those that
 * can't. */
static unsigned enable_each(int at_fd, unsigned controllers)
{
	unsigned refused = 0;

	for (unsigned bit = 1; bit && bit <= controllers; bit <<= 1) {
		if (controllers & bit && cgroup_pass_on(at_fd, bit) < 0)
			refused |= bit;
	}
	return refused;
}

static unsigned needed(const struct plan_cgroup *plan)
{
	unsigned bits = 0;

	for (size_t i = 0; i < plan->n_settings; i++)
		bits |= 1U << plan->settings[i].controller;
	return bits & ((1U << CG_CONTROLLERS) - 1);
}

static int cant_enable(unsigned controllers, const char *path, int code,
		       struct err *e)
{
	struct strbuf names = { 0 };

	cgroup_add_names(&names, controllers);
	(void)err_errno(e, code, "enable the controllers %sin the cgroup %s",
			names.text, path);
	strbuf_done(&names);
	if (code == -EBUSY)
		return err_hint(e, "It has processes of its own, and the "
				   "kernel gives controllers to the children "
				   "of such a cgroup to nobody; name another "
				   "linux.cgroupsPath");
	return err_hint(e, "A cgroup above it may not have them: look at its "
			   "cgroup.controllers");
}

/* For the children of at_fd. */
static int enable_controllers(const struct plan_cgroup *plan, int at_fd,
			      const char *path, bool is_place, struct err *e)
{
	autofree char *text = NULL;
	unsigned missing;
	int r;

	r = file_read_at(at_fd, "cgroup.subtree_control", TEXT_MAX, &text,
			 NULL);
	if (r < 0)
		return err_errno(e, r,
				 "read cgroup.subtree_control of the cgroup %s",
				 path);
	missing = plan->controllers & ~cgroup_controllers_from_text(text);
	if (missing == 0)
		return 0;
	r = cgroup_pass_on(at_fd, missing);
	if (r == -EBUSY && is_place && plan->leaf) {
		r = cgroup_move_to_leaf(at_fd, plan->leaf, path, e);
		if (r == 0)
			r = cgroup_pass_on(at_fd, missing);
	}
	/* What nobody needs but might look at may be missing; and who can do
	 * without a limit learns about each when it is applied. */
	if (r < 0 && enable_each(at_fd, missing) & needed(plan) &&
	    plan->must_hold)
		r = cant_enable(missing, path, r, e);
	else
		r = 0;
	return r;
}

/* --- directories */

/* One on the way: there, or made and marked.  Its fd. */
static int enter(int at_fd, const char *name, const char *path, struct err *e)
{
	int fd = openat(at_fd, name, CGROUP_OPEN_DIR);

	if (fd >= 0)
		return fd;
	if (errno != ENOENT)
		return cant("open", path, e);
	if (mkdirat(at_fd, name, 0755) < 0 && errno != EEXIST)
		return cant("make", path, e);
	fd = openat(at_fd, name, CGROUP_OPEN_DIR);
	if (fd < 0)
		return cant("open", path, e);
	/* Without the mark it stays: that is all. */
	(void)fsetxattr(fd, CGROUP_MARK, "1", 1, 0);
	return fd;
}

static int taken(const char *path, struct err *e)
{
	(void)err_set(e, EEXIST, "the cgroup %s is in use", path);
	return err_hint(e, "Another container, or somebody else, has processes "
			   "in it or below it: name another linux.cgroupsPath");
}

/* The container's own. */
static int make_last(const struct plan_cgroup *plan, int at_fd,
		     const char *name, const char *path, struct err *e)
{
	int r = mkdirat(at_fd, name, 0755) < 0 ? -errno : 0;
	int fd;

	if (r == -EEXIST && plan->path_is_ours)
		return err_set(e, EEXIST, "the cgroup %s is there", path);
	if (r == -EEXIST) {
		r = cgroup_rmdir_empty(at_fd, name);
		if (r == -EBUSY || r == -ENOTEMPTY || r == -ENOTDIR)
			return taken(path, e);
		r = mkdirat(at_fd, name, 0755) < 0 ? -errno : 0;
	}
	if (r < 0) {
		errno = -r;
		return cant("make", path, e);
	}
	fd = openat(at_fd, name, CGROUP_OPEN_DIR);
	return fd < 0 ? cant("open", path, e) : fd;
}

/* Whoever removed one on the way had it for itself: -EAGAIN. */
static int go_down(const struct plan_cgroup *plan, const char *path,
		   struct err *e)
{
	autofree char *from = str_format("%s%s", plan->mount, plan->place);
	autofree char *walked = str_format("%s%s", plan->mount, path);
	autoclose int at_fd = open(from, CGROUP_OPEN_DIR);
	size_t at = strlen(from);
	int fd;

	if (at_fd < 0)
		return cant("open", from, e);
	for (bool is_place = true;; is_place = false) {
		size_t end = at + 1 + strcspn(walked + at + 1, "/");
		bool last = walked[end] == '\0';
		char *name = walked + at + 1;
		int r = 0;

		walked[at] = '\0';
		if (plan->controllers)
			r = enable_controllers(plan, at_fd, walked, is_place,
					       e);
		walked[at] = '/';
		if (r < 0)
			return r;
		walked[end] = '\0';
		fd = last ? make_last(plan, at_fd, name, walked, e)
			  : enter(at_fd, name, walked, e);
		if (last || fd < 0)
			return fd;
		walked[end] = '/';
		own_close(&at_fd);
		at_fd = fd;
		at = end;
	}
}

int cgroupfs_make(const struct plan_cgroup *plan, const char *path,
		  uint64_t *ret_inode, struct err *e)
{
	autofree char *whole = str_format("%s%s", plan->mount, path);
	autoclose int fd = -ENOENT;
	struct stat st;

	/* Each turn somebody has removed one on the way. */
	for (int turn = 0; fd == -ENOENT && turn < 10; turn++)
		fd = go_down(plan, path, e);
	if (fd < 0) {
		int r = fd;

		fd = -1;
		cgroup_remove_marked_above(plan->mount, whole);
		return r;
	}
	if (fstat(fd, &st) < 0)
		return err_sys(e, "look at the cgroup %s", path);
	*ret_inode = st.st_ino;
	return take_fd(&fd);
}
