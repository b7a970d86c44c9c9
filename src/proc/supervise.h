/* supervise.h - what foreground `run` (and `exec`) does while the program
 * runs: forward signals, relay a terminal, reap, and give back the caller's
 * terminal as it was, whatever happens.  HOST.
 */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

struct err;

struct supervise; /* opaque */

/* Before the container is made: blocks the signals that will be forwarded
 * and opens a signalfd, so that ^C in the middle is not lost.  The mask to be
 * restored in children is supervise_child_mask(). */
int supervise_begin(struct supervise **ret, struct err *e);
/* INSIDE and in helpers, before exec: the caller's signal mask again. */
void supervise_restore_mask(const struct supervise *s);
/* A signal came that means "stop" while we were still creating; 0: none. */
int supervise_pending(struct supervise *s);

/* Until the process behind pidfd (a child of ours) ends: master_fd -1 or the
 * terminal to relay (then our stdin, if it is a terminal, is raw meanwhile).
 * Returns the exit status, 128 + N on a signal; all output of the terminal
 * was written. */
int supervise_wait(struct supervise *s, int pidfd, pid_t pid, int master_fd,
		   struct err *e);
void supervise_free(struct supervise *s); /* restores terminal and mask */
