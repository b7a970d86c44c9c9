/* signal.c - signals to the processes of a container.
 *
 * Theory of operation: a process is signalled only by a pidfd that is known to
 * be of the container.  For init that is the pidfd of state_status().  For
 * another one the pidfd is opened first and then its namespace is looked at by
 * the number: if the number had gone to somebody else meanwhile, the pidfd is
 * of a dead process and the signal reaches nobody.
 *
 * Which processes are the container's is told by its pid namespace, and where
 * that is not its own, by its mount namespace; where that is the caller's too,
 * only init is known to be of the container.
 */
#include "cli/signal.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "base/own.h"
#include "base/str.h"
#include "cli/container.h"
#include "sys/process.h"

#define NS_NAME_MAX 64

/* "pid:[4026531836]" of a process ("self" or digits), or -errno. */
static int ns_name(int proc_fd, const char *pid, const char *kind,
		   char ret[NS_NAME_MAX])
{
	char path[64];
	ssize_t n;

	(void)snprintf(path, sizeof(path), "%.20s/ns/%s", pid, kind);
	n = readlinkat(proc_fd, path, ret, NS_NAME_MAX - 1);
	if (n < 0)
		return -errno;
	ret[n] = '\0';
	return 0;
}

static int signal_member(int proc_fd, const char *pid, const char *kind,
			 const char *wanted, int sig)
{
	autoclose int pidfd = -1;
	char name[NS_NAME_MAX];
	uint32_t number;

	if (str_uint32(pid, &number) < 0 || number > INT_MAX)
		return 0;
	pidfd = sys_pidfd_open((pid_t)number);
	if (pidfd < 0 || ns_name(proc_fd, pid, kind, name) < 0)
		return 0; /* ended meanwhile, or not ours to look at */
	if (!str_eq(name, wanted))
		return 0;
	return sys_pidfd_signal(pidfd, sig);
}

/* Every process in the namespace of init but init itself. */
static int signal_members(const struct container *c, int sig, struct err *e)
{
	const char *kind = c->state.own_pidns ? "pid" : "mnt";
	autodir DIR *proc = opendir("/proc");
	char wanted[NS_NAME_MAX];
	char own[NS_NAME_MAX];
	char init[16];
	struct dirent *d;
	int r;

	if (!proc)
		return err_sys(e, "list the processes in /proc");
	(void)snprintf(init, sizeof(init), "%u", c->state.pid);
	r = ns_name(dirfd(proc), init, kind, wanted);
	if (r == -ENOENT || r == -ESRCH)
		return 0;
	/* Not dumpable, as it has joined namespaces and waits in them: there
	 * is no program yet, and so nobody but init. */
	if (r == -EACCES && c->status != STATUS_RUNNING)
		return 0;
	if (r == 0)
		r = ns_name(dirfd(proc), "self", kind, own);
	if (r < 0)
		return err_errno(e, r, "look at the namespaces of container %s",
				 c->state.id);
	if (str_eq(wanted, own))
		return 0;
	while ((d = readdir(proc))) {
		if (str_eq(d->d_name, init))
			continue;
		r = signal_member(dirfd(proc), d->d_name, kind, wanted, sig);
		if (r < 0 && r != -ESRCH)
			return err_errno(e, r,
					 "send signal %d to process %s of "
					 "container %s",
					 sig, d->d_name, c->state.id);
	}
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
		r = signal_members(c, sig, e);
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
