/* signal.c - signals to the processes of a container.
 *
 * Theory of operation: all of them are those of its cgroup, also when init has
 * ended; without a cgroup of its own, and where some may not be in it, those
 * that members.c finds beside init.
 * A process is signalled only by a pidfd that is known to be of the container:
 * for init that of state_status().
 */
#include "cli/signal.h"

#include <errno.h>
#include <signal.h>

#include "base/err.h"
#include "base/own.h"
#include "cli/container.h"
#include "cli/container_cgroup.h"
#include "cli/members.h"
#include "sys/process.h"

struct to_members {
	const struct container *c;
	int sig;
	const pid_t *done; /* n that have it already */
	size_t n;
};

static int signal_member(pid_t pid, int pidfd, void *data, struct err *e)
{
	const struct to_members *to = data;
	int r;

	for (size_t i = 0; i < to->n; i++)
		if (to->done[i] == pid)
			return 0;
	r = sys_pidfd_signal(pidfd, to->sig);
	if (r < 0 && r != -ESRCH)
		return err_errno(e, r,
				 "send signal %d to process %d of container %s",
				 to->sig, pid, to->c->state.id);
	return 0;
}

static int signal_init(const struct container *c, int sig, struct err *e)
{
	int r = -ESRCH;

	if (c->status != STATUS_STOPPED && c->pidfd >= 0)
		r = sys_pidfd_signal(c->pidfd, sig);
	if (r == -ESRCH)
		return err_set(e, ESRCH, "container not running: %s",
			       c->state.id);
	return r < 0 ? err_errno(e, r, "send signal %d to container %s", sig,
				 c->state.id)
		     : 0;
}

/* Init, too, but where somebody has moved it to another cgroup.  1: it was
 * there.  *ret_done: who has it now, and who was forked since by those. */
static int signal_cgroup(const struct container *c, int cgroup_fd, int sig,
			 pid_t **ret_done, size_t *ret_n, struct err *e)
{
	autofree pid_t *pids = NULL;
	size_t n = 0;
	int there = 0;
	int r;

	r = cgroup_processes(cgroup_fd, &pids, &n, e);
	for (size_t i = 0; r == 0 && i < n; i++)
		there |= pids[i] == (pid_t)c->state.pid;
	if (r == 0 && sig == SIGKILL)
		r = cgroup_kill(cgroup_fd, e);
	else if (r == 0)
		r = cgroup_signal(cgroup_fd, sig, e);
	if (r == 0)
		r = cgroup_processes(cgroup_fd, ret_done, ret_n, e);
	return r < 0 ? err_wrap(e, "container %s", c->state.id) : there;
}

static int signal_all(const struct store *store, const struct container *c,
		      int sig, struct err *e)
{
	const bool is_up = c->status != STATUS_STOPPED && c->pidfd >= 0;
	struct to_members to = { .c = c, .sig = sig };
	autofree pid_t *done = NULL;
	autoclose int fd = -1;
	int there = 0;
	int r = 0;

	/* With the pid namespace's init the kernel ends all of it.  After
	 * cgroup.kill it would also kill (Linux 6.18) whoever is born into the
	 * cgroup later, so that an exec would not learn why it failed. */
	if (is_up && c->state.own_pidns && sig == SIGKILL)
		return signal_init(c, sig, e);
	if (c->state.cgroup)
		fd = container_cgroup_open(store, c, e);
	if (c->state.cgroup && fd < 0 && fd != -ENOENT)
		return fd;
	if (fd >= 0)
		there = signal_cgroup(c, fd, sig, &done, &to.n, e);
	if (there < 0)
		return there;
	to.done = done;
	if (is_up && (fd < 0 || members_may_be_elsewhere(c)))
		r = members_each(c, signal_member, &to, e);
	if (r < 0 || (there && is_up))
		return r;
	return signal_init(c, sig, e);
}

int signal_container(const struct store *store, const struct container *c,
		     int sig, bool all, struct err *e)
{
	if (c->status == STATUS_CREATING && c->pidfd < 0) {
		(void)err_set(e, EBUSY, "container %s is just being created",
			      c->state.id);
		return err_hint(e, "Try again when it is there");
	}
	return all ? signal_all(store, c, sig, e) : signal_init(c, sig, e);
}
