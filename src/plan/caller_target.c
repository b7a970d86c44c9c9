/* caller_target.c - the container that `exec` joins, as the kernel shows it.
 *
 * Its config.json says only which namespaces were made for it, which are not ours:
 * what the creator inherited need not be what we have, and a path that was joined
 * may be gone.  Everything is read by init's number, and only after it we look
 * whether its pidfd still lives: then all of it was init's.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

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

#define NS_TEXT 64

/* "net:[4026531840]", of PID's folder in /proc.  Following the link would say the
 * same, and have the kernel make a file of it.  0 or -errno. */
static int read_namespace(int proc_fd, enum ns_kind kind, char ret[NS_TEXT])
{
	char path[32];
	ssize_t n;

	(void)snprintf(path, sizeof(path), "ns/%s", ns_proc_names[kind]);
	n = readlinkat(proc_fd, path, ret, NS_TEXT - 1);
	if (n < 0)
		return -errno;
	ret[n] = '\0';
	return 0;
}

/* Kinds that every container of this spec has for itself, as a bit mask.  Not the
 * user namespace, which the caller's options decide on, too. */
static unsigned made_for_it(const struct spec *spec)
{
	const struct spec_linux *l = spec->linux_;
	const struct spec_namespace *ns = l ? l->namespaces.v : NULL;
	unsigned made = 1U << NS_MNT;

	for (size_t i = 0; l && i < l->namespaces.n; i++)
		if (!ns[i].path && ns[i].type != NS_USER)
			made |= 1U << ns[i].type;
	return made;
}

static int read_namespaces(const struct spec *spec, struct caller_target *t,
			   int proc_fd, struct err *e)
{
	autoclose int self_fd = open("/proc/self",
				     O_PATH | O_DIRECTORY | O_CLOEXEC);

	if (self_fd < 0)
		return err_sys(e, "open /proc/self");
	t->differs = made_for_it(spec);
	for (int k = 0; k < NS_KINDS; k++) {
		char ours[NS_TEXT], its[NS_TEXT];
		int r;

		if (t->differs & 1U << k)
			continue;
		r = read_namespace(proc_fd, (enum ns_kind)k, its);

		/* The kernel is built without this kind. */
		if (r == -ENOENT)
			continue;
		if (r < 0)
			return refuse_namespaces(-r, e);
		r = read_namespace(self_fd, (enum ns_kind)k, ours);
		if (r < 0)
			return err_errno(e, r, "look at /proc/self/ns/%s",
					 ns_proc_names[k]);
		if (!str_eq(ours, its))
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

int caller_read_target(const struct spec *spec, struct caller *c, pid_t init,
		       int pidfd, struct err *e)
{
	autoclose int proc_fd = -1;
	char path[32];
	int r = 0;

	(void)snprintf(path, sizeof(path), "/proc/%d", (int)init);
	proc_fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (proc_fd < 0 && errno != ENOENT)
		return err_sys(e, "open %s", path);
	if (proc_fd >= 0)
		r = read_namespaces(spec, &c->target, proc_fd, e);
	if (r == 0 && c->target.differs & 1U << NS_USER)
		r = read_ids(c, proc_fd, e);
	if (sys_pidfd_alive(pidfd) == 1)
		return r;
	return err_set(e, ESRCH,
		       "cannot exec in a stopped container: it has just ended");
}
