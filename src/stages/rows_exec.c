/* rows_exec.c - the rows that only exec has: into a container that is there. */
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/own.h"
#include "proc/console.h"
#include "stages/rows.h"

/* HOST, while its /proc and init's number mean what they mean to the caller. */
ROW(open_outer)
{
	const struct plan_userns *u = &l->plan->userns;
	int r = 0;

	if (u->join_parent)
		r = ns_open_parent_user((pid_t)l->state.pid, l->target.pidfd,
					&l->target.parent_fd, e);
	if (r < 0 || !u->nest_first)
		return r;
	l->target.proc_fd = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (l->target.proc_fd < 0)
		return err_sys(e, "open /proc");
	return 0;
}

/* INSIDE, in all the container's namespaces: / is the container's since the
 * mount namespace was joined. */
ROW(open_root)
{
	l->fs.root_fd = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (l->fs.root_fd < 0)
		return err_sys(e, "open the root of the container");
	return 0;
}

/* INSIDE: of the container's own devpts; /dev/console stays its init's. */
ROW(exec_terminal)
{
	return console_open(l->fs.root_fd, &l->plan->process, &l->send_fd,
			    &l->slave_fd, e);
}
