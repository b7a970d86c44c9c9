/* notify.h - sd_notify(3) of a container's program, passed on to whoever
 * supervises us ($NOTIFY_SOCKET).  HOST.
 */
#pragma once

#include <sys/types.h>

struct notify; /* opaque */

/* Before the program starts: listens in the place that create has made for it
 * in the container's state (dir_fd: ROOT/ID) and connects to `upstream`, a path
 * or "@name"; NULL gives NULL.  Also NULL where create has made none, and
 * with a warning in the log where it can't be done: the socket may be one that
 * an ancestor of the caller has left in the environment. */
struct notify *notify_begin(const char *upstream, int dir_fd);
int notify_fd(const struct notify *n); /* readable: notify_forward() */

/* Passes on what has come, some datagrams at most: those lines that mean
 * something about us.  main_pid > 0: with the one that says READY=1 goes that
 * this process is the main one from now on.  Returns 1 when it was said. */
int notify_forward(struct notify *n, pid_t main_pid);

/* For who ends when the program is ready: until it says so, or has ended.
 * Returns when the supervisor has taken notice (5 seconds at most). */
void notify_wait(struct notify *n, int pidfd, pid_t pid);
void notify_free(struct notify *n); /* NULL is fine */
