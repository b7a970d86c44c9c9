/* members.c - which processes are a container's.
 *
 * Theory of operation: it is told by the pid namespace, or one below it, which
 * somebody inside has made; and where the container's pid namespace is not its
 * own, by its mount namespace.  Where that is the caller's too, only init is
 * known to be of the container.
 *
 * A pidfd is opened first and then the namespace is looked at by the number:
 * if the number had gone to somebody else meanwhile, the pidfd is of a dead
 * process, and what is done to it reaches nobody.
 */
#include "cli/members.h"

#include <fcntl.h>
#include <limits.h>
#include <linux/nsfs.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/stat.h>

#include "base/err.h"
#include "base/own.h"
#include "base/str.h"
#include "cli/container.h"
#include "sys/process.h"

struct walk {
	int proc_fd;
	const char *kind; /* "pid" or "mnt" */
	struct stat wanted, own; /* namespaces: of init, and ours */
	int (*visit)(pid_t pid, int pidfd, void *data, struct err *e);
	void *data;
};

static bool same(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

static void ns_path(const struct walk *w, const char *pid, char ret[64])
{
	(void)snprintf(ret, 64, "%.20s/ns/%s", pid, w->kind);
}

/* The namespace of a process ("self" or digits); 0 or -errno. */
static int ns_stat(const struct walk *w, const char *pid, struct stat *ret)
{
	char path[64];

	ns_path(w, pid, path);
	return fstatat(w->proc_fd, path, ret, 0) < 0 ? -errno : 0;
}

/* Is the pid namespace of that process below the wanted one?  The kernel
 * shows no parents above our own. */
static bool is_below(const struct walk *w, const char *pid)
{
	char path[64];
	struct stat st;
	int fd;

	ns_path(w, pid, path);
	fd = openat(w->proc_fd, path, O_RDONLY | O_CLOEXEC);
	while (fd >= 0) {
		int parent = ioctl(fd, NS_GET_PARENT);

		(void)close(fd);
		fd = parent;
		if (fd < 0 || fstat(fd, &st) < 0 || !same(&st, &w->wanted))
			continue;
		(void)close(fd);
		return true;
	}
	return false;
}

static int visit_one(const struct walk *w, const char *name, struct err *e)
{
	autoclose int pidfd = -1;
	struct stat ns;
	uint32_t pid;

	if (str_uint32(name, &pid) < 0 || pid > INT_MAX)
		return 0;
	pidfd = sys_pidfd_open((pid_t)pid);
	if (pidfd < 0 || ns_stat(w, name, &ns) < 0)
		return 0; /* ended meanwhile, or not ours to look at */
	if (same(&ns, &w->wanted) ||
	    (!same(&ns, &w->own) && str_eq(w->kind, "pid") &&
	     is_below(w, name)))
		return w->visit((pid_t)pid, pidfd, w->data, e);
	return 0;
}

/* 1: there may be others than init. */
static int look_at_init(struct walk *w, const struct container *c,
			const char *init, struct err *e)
{
	int r = ns_stat(w, init, &w->wanted);

	if (r == -ENOENT || r == -ESRCH)
		return 0;
	/* Not dumpable, as it has joined namespaces and waits in them: there
	 * is no program yet, and so nobody but init. */
	if (r == -EACCES && c->status != STATUS_RUNNING)
		return 0;
	if (r == 0)
		r = ns_stat(w, "self", &w->own);
	if (r < 0)
		return err_errno(e, r, "look at the namespaces of container %s",
				 c->state.id);
	return !same(&w->wanted, &w->own);
}

bool members_may_be_elsewhere(const struct container *c)
{
	return c->state.owner != 0;
}

int members_each(const struct container *c,
		 int (*visit)(pid_t pid, int pidfd, void *data, struct err *e),
		 void *data, struct err *e)
{
	autodir DIR *proc = opendir("/proc");
	struct walk w = {
		.kind = c->state.own_pidns ? "pid" : "mnt",
		.visit = visit,
		.data = data,
	};
	struct dirent *d;
	char init[16];
	int r;

	if (!proc)
		return err_sys(e, "list the processes in /proc");
	w.proc_fd = dirfd(proc);
	(void)snprintf(init, sizeof(init), "%u", c->state.pid);
	r = look_at_init(&w, c, init, e);
	if (r <= 0)
		return r;
	while ((d = readdir(proc))) {
		if (str_eq(d->d_name, init))
			continue;
		r = visit_one(&w, d->d_name, e);
		if (r < 0)
			return r;
	}
	return 0;
}
