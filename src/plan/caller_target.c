/* caller_target.c - the container that `exec` joins, as the kernel shows it.
 *
 * Not by its config.json: what the creator inherited need not be what we have,
 * and a path that was joined may be gone.  Everything is read by init's
 * number, and only after it we look whether its pidfd still lives: then all of
 * it was init's.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>

#include "base/err.h"
#include "base/file.h"
#include "base/own.h"
#include "base/str.h"
#include "plan/make.h"
#include "sys/process.h"

#define MAP_MAX 65536

/* The memory of init belongs to those who started it until it has executed
 * its program, and where somebody else could see it, to nobody. */
static int refuse_namespaces(int code, struct err *e)
{
	(void)err_errno(e, code, "look at the namespaces of the container");
	if (code != EACCES && code != EPERM)
		return -code;
	return err_hint(e, "a container that joins another one's namespaces "
			   "can be entered once it was started; else call "
			   "rootlet as the user who made it");
}

static int read_namespaces(struct caller_target *t, int proc_fd, struct err *e)
{
	for (int k = 0; k < NS_KINDS; k++) {
		struct stat ours, its;
		char path[32];

		(void)snprintf(path, sizeof(path), "ns/%s", ns_proc_names[k]);
		if (fstatat(proc_fd, path, &its, 0) < 0) {
			/* The kernel is built without this kind. */
			if (errno == ENOENT)
				continue;
			return refuse_namespaces(errno, e);
		}
		(void)snprintf(path, sizeof(path), "/proc/self/ns/%s",
			       ns_proc_names[k]);
		if (stat(path, &ours) < 0)
			return err_sys(e, "look at %s", path);
		if (ours.st_ino != its.st_ino)
			t->differs |= 1U << k;
	}
	return 0;
}

static int read_map(struct caller *c, int proc_fd, const char *name,
		    struct id_range **ret, size_t *ret_n, struct err *e)
{
	autofree char *text = NULL;
	int r = file_read_at(proc_fd, name, MAP_MAX, &text, NULL);

	if (r < 0)
		return err_errno(e, r, "read the container's %s", name);
	if (!idmap_from_text(text, &c->arena, ret, ret_n))
		return err_set(e, EINVAL, "the container's %s holds no id map",
			       name);
	return 0;
}

static int read_ids(struct caller *c, int proc_fd, struct err *e)
{
	struct caller_target *t = &c->target;
	autofree char *setgroups = NULL;
	int r = read_map(c, proc_fd, "uid_map", &t->uids, &t->n_uids, e);

	if (r == 0)
		r = read_map(c, proc_fd, "gid_map", &t->gids, &t->n_gids, e);
	if (r == 0 &&
	    file_read_at(proc_fd, "setgroups", 64, &setgroups, NULL) == 0)
		t->setgroups_denied = str_after(setgroups, "deny") != NULL;
	return r;
}

int caller_read_target(struct caller *c, pid_t init, int pidfd, struct err *e)
{
	autoclose int proc_fd = -1;
	char path[32];
	int r = 0;

	(void)snprintf(path, sizeof(path), "/proc/%d", (int)init);
	proc_fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (proc_fd < 0 && errno != ENOENT)
		return err_sys(e, "open %s", path);
	if (proc_fd >= 0)
		r = read_namespaces(&c->target, proc_fd, e);
	if (r == 0 && c->target.differs & 1U << NS_USER)
		r = read_ids(c, proc_fd, e);
	if (sys_pidfd_alive(pidfd) == 1)
		return r;
	return err_set(e, ESRCH,
		       "cannot exec in a stopped container: it has just ended");
}
