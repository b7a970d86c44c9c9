/* userns.c - become root in the user namespace; nest a second one.
 *
 * Theory of operation: when the maps are written we are still the caller's
 * uid, which may be mapped to anything or to nothing.  userns_become_root()
 * takes the plan's set-up ids (0, or the first mapped one).  That change of
 * credentials clears two things that must be set again: the parent-death
 * signal, and dumpable, without which the caller, hooks and CNI plugins
 * could not look at our /proc entry.
 */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "base/err.h"
#include "base/file.h"
#include "ns/ns.h"

/* Namespace situation: all that were made at the clone; the ids change here,
 * from the caller's to the set-up's. */
int userns_become_root(const struct plan *plan, struct err *e)
{
	const struct plan_userns *u = &plan->userns;
	bool kept = false;

	if (plan->ns[NS_USER].action == NS_INHERIT)
		return 0;
	if (setresgid(u->setup_gid, u->setup_gid, u->setup_gid) < 0)
		return err_sys(e, "setresgid to %u", u->setup_gid);
	/* Where setgroups is denied the caller's groups stay; they are
	 * unmapped.  The plan lists it, but of a joined namespace it can't
	 * know. */
	if (!u->deny_setgroups && !plan->process.keep_groups &&
	    setgroups(0, NULL) < 0) {
		if (errno != EPERM)
			return err_sys(e, "drop the caller's groups");
		kept = plan->ns[NS_USER].action == NS_JOIN &&
		       getgroups(0, NULL) > 0;
	}
	if (setresuid(u->setup_uid, u->setup_uid, u->setup_uid) < 0)
		return err_sys(e, "setresuid to %u", u->setup_uid);
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0)
		return err_sys(e, "set the parent-death signal");
	if (prctl(PR_SET_DUMPABLE, plan->dumpable ? 1 : 0) < 0)
		return err_sys(e, "decide on being dumpable");
	return kept;
}

static int write_self(int proc_fd, const char *name, const char *text,
		      struct err *e)
{
	char path[64];
	int r;

	(void)snprintf(path, sizeof(path), "self/%s", name);
	r = file_write_at(proc_fd, path, text, strlen(text));
	return r < 0 ? err_errno(e, r, "write /proc/self/%s", name) : 0;
}

/* Namespace situation: inside everything, as the set-up's root.  One id is
 * mapped; the nested user namespace gives it the name that the payload
 * wants.  The maps are written through a procfs that we opened ourselves. */
int userns_nest(const struct plan *plan, int proc_fd, struct err *e)
{
	const struct plan_userns *u = &plan->userns;
	char map[64];
	int r;

	if (unshare(CLONE_NEWUSER) < 0) {
		(void)err_sys(e, "make the nested user namespace");
		return ns_explain(e);
	}
	/* Our own /proc entry must be ours to write. */
	if (prctl(PR_SET_DUMPABLE, 1) < 0)
		return err_sys(e, "become dumpable");
	r = write_self(proc_fd, "setgroups", "deny", e);
	/* Denied already by the outer one: the kernel refuses, and it holds. */
	if (r < 0 && r != -EPERM)
		return r;
	(void)snprintf(map, sizeof(map), "%u %u 1\n", u->nested_uid,
		       u->setup_uid);
	r = write_self(proc_fd, "uid_map", map, e);
	if (r < 0)
		return r;
	(void)snprintf(map, sizeof(map), "%u %u 1\n", u->nested_gid,
		       u->setup_gid);
	r = write_self(proc_fd, "gid_map", map, e);
	if (r == 0 && prctl(PR_SET_DUMPABLE, plan->dumpable ? 1 : 0) < 0)
		return err_sys(e, "decide on being dumpable");
	return r;
}
