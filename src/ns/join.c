/* join.c - namespaces that are there already.
 *
 * Theory of operation: `create` joins those that the bundle names by path, one
 * by one, in the order that the rights allow.  `exec` joins those of a
 * container's init all in one call by its pidfd: with the user namespace first
 * and the rest later, the namespaces around a nested user namespace would be
 * out of reach (EPERM, tried).
 *
 * A process that is to have another id than a nested init's leaves init's user
 * namespace for the one around it, which owns all others, and nests its own.
 * That is done here, before the process is in the container's pid namespace:
 * to write our own maps we must be dumpable, and inside somebody could see us.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/nsfs.h>
#include <sched.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/err.h"
#include "base/own.h"
#include "ns/ns.h"
#include "sys/process.h"

/* Opens what will be joined while paths still mean what the caller means. */
int ns_open_joined(const struct plan *plan, int fds[NS_KINDS], struct err *e)
{
	int k;

	for (k = 0; k < NS_KINDS; k++) {
		if (plan->ns[k].action != NS_JOIN || !plan->ns[k].path)
			continue;
		fds[k] = open(plan->ns[k].path,
			      O_RDONLY | O_NONBLOCK | O_CLOEXEC);
		if (fds[k] < 0)
			return err_sys(e, "open the %s namespace %s",
				       ns_spec_names[k], plan->ns[k].path);
	}
	return 0;
}

static int join_one(const struct plan *plan, int k, int fd, struct err *e)
{
	if (setns(fd, ns_clone_flags[k]) < 0) {
		(void)err_sys(e, "join the %s namespace %s", ns_spec_names[k],
			      plan->ns[k].path);
		return err_hint(e, "It takes CAP_SYS_ADMIN in the user "
				   "namespace that owns it; join that one by "
				   "path too");
	}
	return 0;
}

/* In the order that the rights allow: what our own user namespace owns, the
 * user namespace, what that one owns.  A mount namespace comes last of each:
 * the paths change with it. */
int ns_join_paths(const struct plan *plan, const int fds[NS_KINDS],
		  struct err *e)
{
	static const enum ns_kind order[] = { NS_NET, NS_IPC,	 NS_UTS,
					      NS_PID, NS_CGROUP, NS_TIME,
					      NS_MNT };
	static const enum ns_when phases[] = { NS_BEFORE_USER, NS_AFTER_USER };
	size_t phase;
	size_t i;
	int r;

	for (phase = 0; phase < 2; phase++) {
		if (phases[phase] == NS_AFTER_USER && fds[NS_USER] >= 0) {
			r = join_one(plan, NS_USER, fds[NS_USER], e);
			if (r < 0)
				return r;
		}
		for (i = 0; i < sizeof(order) / sizeof(order[0]); i++) {
			enum ns_kind k = order[i];

			if (fds[k] < 0 || plan->ns[k].when != phases[phase])
				continue;
			r = join_one(plan, (int)k, fds[k], e);
			if (r < 0)
				return r;
		}
	}
	return 0;
}

/* --- a container's init */

int ns_open_parent_user(pid_t init, int pidfd, int *ret_fd, struct err *e)
{
	autoclose int fd = -1;
	char path[64];

	(void)snprintf(path, sizeof(path), "/proc/%d/ns/user", (int)init);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || sys_pidfd_alive(pidfd) != 1)
		return err_sys(e, "open the container's user namespace");
	*ret_fd = ioctl(fd, NS_GET_PARENT);
	if (*ret_fd < 0)
		return err_sys(e, "open the user namespace around that of the "
				  "container's program");
	return 0;
}

static int join_failed(struct err *e)
{
	if (errno == ESRCH)
		return err_set(e, ESRCH,
			       "cannot exec in a stopped container: it has "
			       "just ended");
	(void)err_sys(e, "join the container's namespaces");
	if (e->code == EPERM || e->code == EACCES)
		return err_hint(e, "a container that joins another one's "
				   "namespaces can be entered once it was "
				   "started; else call rootlet as the user who "
				   "made it");
	return -e->code;
}

int ns_join_target(const struct plan *plan, const struct ns_target *target,
		   struct err *e)
{
	int flags = 0;
	int r;

	for (int k = 0; k < NS_KINDS; k++)
		if (plan->ns[k].action == NS_JOIN)
			flags |= ns_clone_flags[k];
	if (target->parent_fd >= 0) {
		if (setns(target->parent_fd, CLONE_NEWUSER) < 0)
			return join_failed(e);
		flags &= ~CLONE_NEWUSER;
	}
	if (flags && setns(target->pidfd, flags) < 0)
		return join_failed(e);
	if (!plan->userns.nest_first)
		return 0;
	r = userns_become_root(plan, e);
	return r < 0 ? r : userns_nest(plan, target->proc_fd, e);
}
