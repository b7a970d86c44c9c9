/* members.h - which processes are a container's. */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

struct container;
struct err;

/* Where a user may not move a process from cgroup to cgroup, one of `exec` stays
 * in the cgroup of who called it. */
bool members_may_be_elsewhere(const struct container *c);

/* Calls visit() for every process of the container but its init, of which the
 * state knows.  `pidfd` is opened before the process is looked at: when the
 * number has gone to somebody else meanwhile, it is of a dead one.  A negative
 * answer of visit() ends the walk and is returned; it fills e. */
int members_each(const struct container *c,
		 int (*visit)(pid_t pid, int pidfd, void *data, struct err *e),
		 void *data, struct err *e);
