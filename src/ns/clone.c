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
 * (CLONE_PARENT), hands over the pidfd and ends.  Namespaces that belong to
 * our current user namespace are joined there too, before a new user
 * namespace would take away the right to.  It is also the one that makes a
 * time namespace and sets its clocks (offsets.c): its children are born there.
 * What is joined, and in which order, is in join.c.
 */
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/err.h"
#include "base/mem.h"
#include "base/own.h"
#include "ns/ns.h"
#include "sys/fdpass.h"
#include "sys/process.h"

/* What the process between says when it ends. */
struct between_report {
	pid_t pid; /* of init, in HOST's pid namespace */
	struct err err; /* code 0: it went well */
};

static int new_flags(const struct plan *plan, enum ns_when when)
{
	int flags = 0;
	int k;

	for (k = 0; k < NS_KINDS; k++)
		if (plan->ns[k].action == NS_NEW && plan->ns[k].when == when)
			flags |= ns_clone_flags[k];
	return flags;
}

static int clone_error(const struct plan *plan, int r, struct err *e)
{
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
	if (r == -ENOSPC)
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
/* NOLINTNEXTLINE(readability-non-const-parameter): the kernel writes it */
static pid_t clone_init(const struct plan *plan, bool sibling, int *ret_pidfd,
			struct err *e)
{
	struct clone3_args args = {
		.flags = (uint64_t)new_flags(plan, NS_AT_CLONE),
		.cgroup_fd = -1,
		.sibling = sibling,
		.ret_pidfd = ret_pidfd,
	};
	pid_t pid = sys_clone3(&args);

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
			   const int fds[NS_KINDS], const int own[2],
			   struct err *e)
{
	autofree int *keep = mem_zero_n(init->n_fds + NS_KINDS + 5,
					sizeof(*keep));
	size_t n = init->n_fds;
	int r;

	for (size_t i = 0; i < n; i++)
		keep[i] = init->fds[i];
	for (int k = 0; k < NS_KINDS; k++)
		keep[n++] = fds[k];
	keep[n++] = own[0];
	keep[n++] = own[1];
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

/* Namespace situation: a child of HOST in its namespaces, with its ids. */
__attribute__((noreturn)) static void between(const struct plan *plan,
					      const struct ns_init *init,
					      int fds[NS_KINDS], int report_fd)
{
	struct between_report report = { 0 };
	autoclose int pidfd = -1;
	int own[2] = { report_fd, -1 };
	int r;

	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	r = ns_open_offsets(plan, &own[1], &report.err);
	if (r == 0)
		r = prepare_to_join(plan, init, fds, own, &report.err);
	if (r == 0)
		r = init->target
			    ? ns_join_target(plan, init->target, &report.err)
			    : ns_join_paths(plan, fds, &report.err);
	if (r == 0)
		r = make_between(plan, own[1], &report.err);
	if (r == 0) {
		/* Joining clears dumpable where the ids are foreign; init
		 * inherits it and decides for itself in become_root. */
		report.pid = clone_init(plan, true, &pidfd, &report.err);
		if (report.pid == 0) {
			(void)close(report_fd);
			own_close(&own[1]);
			close_joined(fds);
			close_target(init->target);
			init->run(init->arg);
			_exit(1);
		}
	}
	(void)fdpass_send(report_fd, &report, sizeof(report), pidfd);
	_exit(0);
}

static int await_between(int report_fd, pid_t pid, pid_t *ret_pid,
			 int *ret_pidfd, struct err *e)
{
	struct between_report report;
	ssize_t n = fdpass_recv(report_fd, &report, sizeof(report), ret_pidfd);

	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		continue;
	if (n != sizeof(report))
		return err_set(e, ECHILD,
			       "the process that joins the "
			       "namespaces ended without a word");
	if (report.err.code) {
		*e = report.err;
		return -e->code;
	}
	*ret_pid = report.pid;
	return 0;
}

static int clone_through_between(const struct plan *plan,
				 const struct ns_init *init, int fds[NS_KINDS],
				 pid_t *ret_pid, int *ret_pidfd, struct err *e)
{
	int pair[2];
	pid_t pid;
	int r;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return err_sys(e, "make a socket pair");
	pid = fork();
	if (pid == 0) {
		(void)close(pair[0]);
		between(plan, init, fds, pair[1]);
	}
	(void)close(pair[1]);
	if (pid < 0)
		r = err_sys(e, "fork the process that joins the namespaces");
	else
		r = await_between(pair[0], pid, ret_pid, ret_pidfd, e);
	(void)close(pair[0]);
	return r;
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
		r = clone_init(plan, false, ret_pidfd, e);
		if (r == 0)
			run_directly(plan, init);
		*ret_pid = r;
	}
	close_joined(fds);
	return r < 0 ? r : 0;
}
