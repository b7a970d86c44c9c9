/* mapped.c - a user namespace for the map that it has.
 *
 * Theory of operation: an idmapped mount takes its map from a user namespace.
 * One that nobody lives in exists as long as somebody has it open; so a child
 * is made that waits, we write its maps, open its namespace and end it.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "base/err.h"
#include "base/own.h"
#include "ns/ns.h"
#include "sys/process.h"

static int open_userns(pid_t pid, struct err *e)
{
	char path[64];
	int fd;

	(void)snprintf(path, sizeof(path), "/proc/%d/ns/user", (int)pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	return fd < 0 ? err_sys(e, "open the user namespace %s", path) : fd;
}

int ns_open_userns(const struct plan *plan, pid_t pid, struct err *e)
{
	const struct plan_ns *user = &plan->ns[NS_USER];
	int fd;

	if (user->action != NS_JOIN)
		return open_userns(pid, e);
	fd = open(user->path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		return err_sys(e, "open the user namespace %s", user->path);
	return fd;
}

__attribute__((noreturn)) static void wait_for_the_end(void)
{
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (;;)
		(void)pause();
}

int ns_make_userns(const struct plan_userns *maps, struct err *e)
{
	autoclose int pidfd = -1;
	struct clone3_args args = {
		.flags = CLONE_NEWUSER,
		.cgroup_fd = -1,
		.ret_pidfd = &pidfd,
	};
	pid_t pid = sys_clone3(&args);
	int fd = -1;
	int r;

	if (pid == 0)
		wait_for_the_end();
	if (pid < 0) {
		(void)err_errno(e, pid, "make a user namespace");
		return ns_explain(e);
	}
	r = ns_write_maps(maps, pid, e);
	if (r == 0)
		fd = open_userns(pid, e);
	(void)sys_pidfd_signal(pidfd, SIGKILL);
	(void)sys_wait_pidfd(pidfd, NULL);
	return r < 0 ? r : fd;
}
