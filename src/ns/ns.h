/* ns.h - enter the user namespace first, then the others.
 *
 * Sources: user_namespaces(7), namespaces(7), setns(2), newuidmap(1).
 */
#pragma once

#include <sys/types.h>

#include "base/err.h"
#include "plan/plan.h"

/* A container that `exec` joins: the namespaces of its init. */
struct ns_target {
	int pidfd; /* of init, verified */
	int parent_fd; /* of plan->userns.join_parent, else -1 */
	int proc_fd; /* the caller's /proc, for nest_first, else -1 */
};
#define NS_TARGET_INIT                                      \
	(struct ns_target)                                  \
	{                                                   \
		.pidfd = -1, .parent_fd = -1, .proc_fd = -1 \
	}

/* What the process that stands between has done. */
struct ns_report {
	pid_t pid; /* of init, in HOST's pid namespace; 0: none */
	struct err err; /* code 0: none */
};

/* What INSIDE will be. */
struct ns_init {
	void (*run)(void *arg); /* must not return */
	/* Runs first in the process that stands between, in HOST's namespaces
	 * and with the caller's ids: what init inherits from its maker. */
	int (*prepare)(void *arg, struct err *e);
	void *arg;
	/* That it needs besides stdio and what the plan passes to the program;
	 * every other fd is closed. */
	int *fds;
	size_t n_fds;
	const struct ns_target *target; /* NULL: a new container */
	int cgroup_fd; /* it is born in that cgroup; -1: in HOST's */
	struct ns_report *report; /* in memory that no fork makes two of */
};

/* HOST: the user namespace around that of init. */
int ns_open_parent_user(pid_t init, int pidfd, int *ret_fd, struct err *e);

/* HOST: the clone that starts INSIDE.  The child runs init->run(arg) in the
 * namespaces that the plan makes at the clone or joins before it, still with
 * the caller's ids; it is our child, whatever stood between.  Where somebody
 * else may be in a joined namespace, it enters that without any fd of HOST's
 * but init->fds and, unless plan->dumpable, not dumpable.  *ret_pidfd is owned
 * by the caller.  NS_CGROUP_REFUSED instead of -errno: it may not be born in
 * init->cgroup_fd. */
#define NS_CGROUP_REFUSED (-4096)
int ns_clone_init(const struct plan *plan, const struct ns_init *init,
		  pid_t *ret_pid, int *ret_pidfd, struct err *e);

/* offsets.c, for the process that stands between: opens the file for its clocks
 * while it is still the caller (-1 when the plan has none), and writes it once
 * the time namespace is made, before anybody is in it. */
int ns_open_offsets(const struct plan *plan, int *ret_fd, struct err *e);
int ns_write_offsets(const struct plan *plan, int fd, struct err *e);

/* HOST: the id maps of `pid`, in two rows, so that newuidmap and newgidmap
 * run side by side while INSIDE already works. */
struct idmap_helper {
	pid_t pid; /* 0: not running */
	int stderr_fd; /* what it complains about */
};
struct idmap_job {
	struct idmap_helper uid, gid;
};
#define IDMAP_JOB_INIT                                                  \
	{                                                               \
		.uid = { .stderr_fd = -1 }, .gid = { .stderr_fd = -1 }, \
	}
int idmap_start(const struct plan *plan, pid_t pid, struct idmap_job *job,
		struct err *e);
int idmap_finish(const struct plan *plan, struct idmap_job *job, struct err *e);
void idmap_job_done(struct idmap_job *job); /* waits for what still runs */

/* HOST: writes the maps of `pid` directly. */
int ns_write_maps(const struct plan_userns *u, pid_t pid, struct err *e);

/* HOST: an fd of the container's user namespace, whose init is pid... */
int ns_open_userns(const struct plan *plan, pid_t pid, struct err *e);
/* ... and of a new one that has these maps and nobody in it. */
int ns_make_userns(const struct plan_userns *maps, struct err *e);

/* INSIDE: the ids of the plan's set-up; groups dropped where that is allowed.
 * Sets the parent-death signal and dumpable again, which a change of
 * credentials clears.  1: a joined user namespace lets nobody drop groups, and
 * there are some. */
int userns_become_root(const struct plan *plan, struct err *e);

/* INSIDE, as root there: joins and makes the namespaces that had to wait. */
int ns_enter_rest(const struct plan *plan, struct err *e);

/* HOST: the network devices of the plan into the network namespace of `pid`,
 * with their addresses, and up. */
int ns_move_devices(const struct plan *plan, pid_t pid, struct err *e);

/* INSIDE: loopback up, host and domain name. */
int ns_set_up_network(const struct plan *plan, struct err *e);
int ns_set_names(const struct plan *plan, struct err *e);

/* INSIDE, last before the identity changes: the second user namespace of a
 * payload whose uid the only mapped id is not.  proc_fd: a procfs. */
int userns_nest(const struct plan *plan, int proc_fd, struct err *e);

/* join.c, for clone.c: in the process that stands between.  fds: of what the
 * plan joins by path, else -1. */
int ns_open_joined(const struct plan *plan, int fds[NS_KINDS], struct err *e);
int ns_join_paths(const struct plan *plan, const int fds[NS_KINDS],
		  struct err *e);
int ns_join_target(const struct plan *plan, const struct ns_target *target,
		   struct err *e);

/* why.c: adds what the host's switches say about a refused user namespace. */
int ns_explain(struct err *e);
