/* signal.c - signals to the processes of a container.
 *
 * A process is signalled only by a pidfd that is known to be of the container:
 * for init that of state_status(), for the others those of members.c.
 */
#include "cli/signal.h"

#include <errno.h>
#include <signal.h>

#include "base/err.h"
#include "cli/container.h"
#include "cli/members.h"
#include "sys/process.h"

struct to_members {
	const struct container *c;
	int sig;
};

static int signal_member(pid_t pid, int pidfd, void *data, struct err *e)
{
	const struct to_members *to = data;
	int r = sys_pidfd_signal(pidfd, to->sig);

	if (r < 0 && r != -ESRCH)
		return err_errno(e, r,
				 "send signal %d to process %d of container %s",
				 to->sig, pid, to->c->state.id);
	return 0;
}

int signal_container(const struct container *c, int sig, bool all,
		     struct err *e)
{
	int r;

	if (c->status == STATUS_CREATING && c->pidfd < 0) {
		(void)err_set(e, EBUSY, "container %s is just being created",
			      c->state.id);
		return err_hint(e, "Try again when it is there");
	}
	if (c->status == STATUS_STOPPED || c->pidfd < 0)
		return err_set(e, ESRCH, "container not running: %s",
			       c->state.id);
	/* With the pid namespace's init the kernel ends all of it. */
	if (all && !(c->state.own_pidns && sig == SIGKILL)) {
		struct to_members to = { .c = c, .sig = sig };

		r = members_each(c, signal_member, &to, e);
		if (r < 0)
			return r;
	}
	r = sys_pidfd_signal(c->pidfd, sig);
	if (r == -ESRCH)
		return err_set(e, ESRCH, "container not running: %s",
			       c->state.id);
	if (r < 0)
		return err_errno(e, r, "send signal %d to container %s", sig,
				 c->state.id);
	return 0;
}
