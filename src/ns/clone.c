/* clone.c - the clone that starts the container's init.
 *
 * Theory of operation: one clone3 makes the user, mount, pid and uts
 * namespaces together; net, ipc and cgroup follow once we are root inside
 * (rest.c), for what they own belongs to whoever makes them.  The clone is a
 * child of the runtime and is the container's init.
 *
 * Joining is different.  A joined pid namespace holds only the children of
 * whoever joined it, and after joining a user namespace there is no way
 * back; so a process stands between.  It joins, clones init as its *sibling*
 * (CLONE_PARENT), says its pid and ends.  Where it can, it shares HOST's memory
 * meanwhile, as vfork(2) does: a copy costs more than all else it does.  Namespaces that belong to
 * our current user namespace are joined there too, before a new user
 * namespace would take away the right to.  It is also the one that makes a
 * time namespace and sets its clocks (offsets.c): its children are born there.
 * What is joined, and in which order, is in join.c.
 *
 * The first process that we make is born in the container's cgroup: for one
 * that has joined other namespaces that may be out of reach, and moving one
 * there later costs milliseconds.
 */
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/err.h"
#include "base/mem.h"
#include "base/own.h"
#include "ns/ns.h"
#include "sys/fds.h"
#include "sys/process.h"

static int new_flags(const struct plan *plan, enum ns_when when)
{
	int flags = 0;
	int k;

	for (k = 0; k < NS_KINDS; k++)
		if (plan->ns[k].action == NS_NEW && plan->ns[k].when == when)
			flags |= ns_clone_flags[k];
	return flags;
}

/* What the kernel says to CLONE_INTO_CGROUP, and to no other clone of ours. */
static bool refuses_cgroup(int r)
{
	return r == -EACCES || r == -EBUSY || r == -ENODEV || r == -ENOENT ||
	       r == -EOPNOTSUPP || r == -EBADF;
}

static int cant_enter_cgroup(int r, struct err *e)
{
	(void)err_errno(e, r, "make a process in the container's cgroup");
	if (r == -EACCES)
		return err_hint(e, "The cgroup that it has in common with the "
				   "caller's is not the caller's to change: "
				   "start rootlet below the cgroup that was "
				   "delegated");
	if (r == -ENODEV || r == -ENOENT)
		return err_hint(e, "Somebody else has removed it, or it is "
				   "outside of the caller's cgroup namespace");
	return r;
}

static int too_many(int r, struct err *e)
{
	(void)err_errno(e, r, "make a process in the container");
	return err_hint(e, "As many processes as there may be are there: see "
			   "linux.resources.pids.limit, \"rootlet update "
			   "--pids-limit\", and ulimit -u of the caller");
}

static int clone_error(const struct plan *plan, int r, struct err *e)
{
	if (r == -EAGAIN)
		return too_many(r, e);
	if (r == -EINVAL && plan->ns[NS_TIME].action == NS_NEW) {
		(void)err_errno(e, r, "make the container's namespaces");
		return err_hint(e,
				"The kernel may be built without time "
				"namespaces (CONFIG_TIME_NS): remove \"time\" "
				"from linux.namespaces");
	}
	if (plan->ns[NS_USER].action == NS_NEW) {
		(void)err_errno(e, r, "make a user namespace");
		return ns_explain(e);
	}
	if (new_flags(plan, NS_AT_CLONE) == 0) {
		(void)err_errno(e, r, "make a process in the container");
		if (r == -ENOMEM) /* of a pid namespace that ends */
			return err_hint(e, "the container has just ended, or "
					   "the memory is used up");
		return r;
	}
	(void)err_errno(e, r, "make the container's namespaces");
	if (r == -ENOSPC || r == -ENOSYS)
		return ns_explain(e);
	if (r == -EPERM)
		return err_hint(e, "Without a user namespace this needs "
				   "CAP_SYS_ADMIN; try --userns=auto");
	return r;
}

static void close_joined(int fds[NS_KINDS])
{
	int k;

	for (k = 0; k < NS_KINDS; k++)
		own_close(&fds[k]);
}

static void close_target(const struct ns_target *target)
{
	if (!target)
		return;
	(void)close(target->pidfd);
	if (target->parent_fd >= 0)
		(void)close(target->parent_fd);
	if (target->proc_fd >= 0)
		(void)close(target->proc_fd);
}

/* Namespace situation: what the process between has joined; afterwards the new
 * user namespace, of which it has all capabilities, maps or not. */
static int make_between(const struct plan *plan, int offsets_fd, struct err *e)
{
	int flags = new_flags(plan, NS_BETWEEN);

	if (flags == 0)
		return 0;
	if (unshare(flags) < 0)
		return clone_error(plan, -errno, e);
	return ns_write_offsets(plan, offsets_fd, e);
}

/* Namespace situation: HOST's, or what the process between has joined. */
static pid_t
/* NOLINTNEXTLINE(readability-non-const-parameter): the kernel writes it */
clone_init(const struct plan *plan, bool sib, int cgroup_fd, int *ret_pidfd,
	   struct err *e)
{
	struct clone3_args args = {
		.flags = (uint64_t)new_flags(plan, NS_AT_CLONE),
		.cgroup_fd = cgroup_fd,
		.sibling = sib,
		.ret_pidfd = ret_pidfd,
	};
	pid_t pid = sys_clone3(&args);

	if (pid < 0 && cgroup_fd >= 0 && refuses_cgroup(pid))
		return cant_enter_cgroup(pid, e);
	return pid < 0 ? clone_error(plan, pid, e) : pid;
}

/* What the caller passes to the program lies before all that is ours. */
static unsigned first_of_ours(const struct plan *plan)
{
	return STDERR_FILENO + 1 + plan->process.pass_fds;
}

/* Before anybody there can see us: an fd of HOST's in /proc/PID/fd, or our
 * memory, would be a way out for a container that we share a namespace with
 * (CVE-2016-9962, CVE-2024-21626).  With a new user namespace HOST still has to
 * write the maps, for which we must be dumpable, and our ids are of no use to
 * anybody until become_root changes them. */
static int prepare_to_join(const struct plan *plan, const struct ns_init *init,
			   const int fds[NS_KINDS], int offsets_fd,
			   struct err *e)
{
	autofree int *keep = mem_zero_n(init->n_fds + NS_KINDS + 4,
					sizeof(*keep));
	size_t n = init->n_fds;
	int r;

	for (size_t i = 0; i < n; i++)
		keep[i] = init->fds[i];
	for (int k = 0; k < NS_KINDS; k++)
		keep[n++] = fds[k];
	keep[n++] = offsets_fd;
	if (init->target) {
		keep[n++] = init->target->pidfd;
		keep[n++] = init->target->parent_fd;
		keep[n++] = init->target->proc_fd;
	}
	r = init->prepare(init->arg, e);
	if (r < 0)
		return r;
	r = sys_close_all_but(first_of_ours(plan), keep, n);
	if (r < 0)
		return err_errno(e, r, "close the runtime's files");
	if (!plan->dumpable && plan->ns[NS_USER].action != NS_NEW &&
	    prctl(PR_SET_DUMPABLE, 0) < 0)
		return err_sys(e, "become undumpable");
	return 0;
}

/* What HOST and the process between know of each other. */
struct between {
	const struct plan *plan;
	const struct ns_init *init;
	int fds[NS_KINDS]; /* of what is joined by path, or -1 */
};

/* Init's way out of the process between: without what that needed. */
__attribute__((noreturn)) static void become_init(struct between *b,
						  int offsets_fd)
{
	own_close(&offsets_fd);
	close_joined(b->fds);
	close_target(b->init->target);
	b->init->run(b->init->arg);
	_exit(1);
}

/* Namespace situation: a child of HOST in its namespaces, with its ids. */
static int between(void *arg)
{
	struct between *b = arg;
	struct err *e = &b->init->report->err;
	int offsets_fd = -1;
	int pidfd = -1; /* HOST opens its own */
	int r;

	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	r = ns_open_offsets(b->plan, &offsets_fd, e);
	if (r == 0)
		r = prepare_to_join(b->plan, b->init, b->fds, offsets_fd, e);
	if (r == 0)
		r = b->init->target
			    ? ns_join_target(b->plan, b->init->target, e)
			    : ns_join_paths(b->plan, b->fds, e);
	if (r == 0)
		r = make_between(b->plan, offsets_fd, e);
	if (r == 0) {
		/* Joining clears dumpable where the ids are foreign; init
		 * inherits it and decides for itself in become_root. */
		r = clone_init(b->plan, true, -1, &pidfd, e);
		if (r == 0)
			become_init(b, offsets_fd);
		b->init->report->pid = r > 0 ? r : 0;
	}
	_exit(0);
}

/* It is our child and nobody has waited for it, so the number is its own. */
static int take_init(pid_t pid, pid_t *ret_pid, int *ret_pidfd, struct err *e)
{
	*ret_pidfd = sys_pidfd_open(pid);
	if (*ret_pidfd >= 0) {
		*ret_pid = pid;
		return 0;
	}
	(void)err_errno(e, *ret_pidfd, "hold on to process %d", (int)pid);
	(void)kill(pid, SIGKILL);
	while (waitpid(pid, NULL, __WALL) < 0 && errno == EINTR)
		continue;
	return -e->code;
}

static int run_between(struct between *b, pid_t *ret_pid, int *ret_pidfd,
		       struct err *e)
{
	struct ns_report *report = b->init->report;
	const int dumpable = prctl(PR_GET_DUMPABLE);
	/* A process that shares memory can't change its clocks. */
	const bool shares = b->plan->ns[NS_TIME].action == NS_INHERIT;
	int r;

	*report = (struct ns_report){ 0 };
	r = sys_run_apart(between, b, shares, b->init->cgroup_fd);

	/* Undumpable is the memory, and that was ours. */
	if (dumpable == 1)
		(void)prctl(PR_SET_DUMPABLE, 1);
	if (r < 0 && b->init->cgroup_fd >= 0 && refuses_cgroup(r)) {
		(void)cant_enter_cgroup(r, e);
		return NS_CGROUP_REFUSED;
	}
	if (r == -EAGAIN)
		return too_many(r, e);
	if (r < 0)
		return err_errno(e, r,
				 "make the process that joins the namespaces");
	if (report->err.code) {
		*e = report->err;
		return -e->code;
	}
	if (report->pid == 0)
		return err_set(e, ECHILD,
			       "the process that joins the namespaces ended "
			       "without a word");
	return take_init(report->pid, ret_pid, ret_pidfd, e);
}

static int clone_through_between(const struct plan *plan,
				 const struct ns_init *init,
				 const int fds[NS_KINDS], pid_t *ret_pid,
				 int *ret_pidfd, struct err *e)
{
	struct between b = { .plan = plan, .init = init };

	memcpy(b.fds, fds, sizeof(b.fds));
	return run_between(&b, ret_pid, ret_pidfd, e);
}

/* Init waits for `start` as long as its engine likes: no pipe, lock or
 * directory that the caller happened to have open may live on in it. */
__attribute__((noreturn)) static void run_directly(const struct plan *plan,
						   const struct ns_init *init)
{
	if (sys_close_all_but(first_of_ours(plan), init->fds, init->n_fds) == 0)
		init->run(init->arg);
	_exit(1);
}

int ns_clone_init(const struct plan *plan, const struct ns_init *init,
		  pid_t *ret_pid, int *ret_pidfd, struct err *e)
{
	int fds[NS_KINDS] = { -1, -1, -1, -1, -1, -1, -1, -1 };
	int r;

	r = ns_open_joined(plan, fds, e);
	if (r == 0 && plan->intermediate) {
		r = clone_through_between(plan, init, fds, ret_pid, ret_pidfd,
					  e);
	} else if (r == 0) {
		r = clone_init(plan, false, init->cgroup_fd, ret_pidfd, e);
		if (r == 0)
			run_directly(plan, init);
		*ret_pid = r;
	}
	close_joined(fds);
	return r < 0 ? r : 0;
}
