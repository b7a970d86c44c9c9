/* supervise.h - what foreground `run` (and `exec`) does while the program
 * runs: forward signals, relay a terminal, reap, and give back the caller's
 * terminal as it was, whatever happens.  HOST.
 */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

struct err;

struct notify;
struct supervise; /* opaque */

/* Before the container is made: blocks the signals that will be forwarded
 * and opens a signalfd, so that ^C in the middle is not lost.  Ignores
 * SIGPIPE.  What the caller ignores (nohup) stays ignored. */
int supervise_begin(struct supervise **ret, struct err *e);
/* INSIDE and in helpers, before exec: the caller's signal mask again, and
 * SIGPIPE as it is by default. */
void supervise_restore_mask(const struct supervise *s);
/* Readable when a signal has come that means "stop", to poll on while the
 * container is being made.  Who does not heed it leaves it to supervise_wait(),
 * which forwards it, or to supervise_free(), which ends us by it. */
int supervise_stop_fd(const struct supervise *s);

/* Until the process behind pidfd (a child of ours) ends: master_fd -1 or the
 * terminal to relay (then our stdin, if it is a terminal, is raw meanwhile).
 * Reaps it, and all children that end meanwhile.  Returns the exit status,
 * 128 + N on a signal; all output of the terminal was written.  The master
 * belongs to the caller, but may be /dev/null in the end. */
int supervise_wait(struct supervise *s, int pidfd, pid_t pid, int master_fd,
		   struct err *e);
/* How the program of supervise_wait() has ended: the signal, or 0. */
int supervise_signal(const struct supervise *s);
/* For supervise_wait(): passes on what the program says to n meanwhile. */
void supervise_notify(struct supervise *s, struct notify *n);
/* Restores terminal and mask; signals that nobody took are gone. */
void supervise_free(struct supervise *s);
