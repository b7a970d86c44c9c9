/* console.h - the terminal of a container.
 *
 * INSIDE opens a pty in the container's own devpts, owned by its user, makes
 * the slave its controlling terminal, and gives the master to HOST, which
 * sends it to the engine or relays it.  The slave comes from TIOCGPTPEER,
 * never from a path that the container could swap.
 */
#pragma once

#include "plan/plan.h"

struct err;

/* INSIDE: /dev/pts/ptmx beneath root_fd; both fds are O_CLOEXEC. */
int console_open(int root_fd, const struct plan_process *p, int *ret_master,
		 int *ret_slave, struct err *e);
/* The name of the other end as those in the container see it. */
void console_name(int master_fd, char ret[32]);
/* INSIDE, the leader of a session, before the runtime ends: controlling terminal,
 * stdin, stdout and stderr. */
int console_take(int slave_fd, struct err *e);
