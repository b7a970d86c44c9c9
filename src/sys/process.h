/* process.h - making, naming, waiting for and signalling processes.
 *
 * All return >= 0 or -errno.  Man pages: clone3 in clone(2), pidfd_open(2),
 * pidfd_send_signal(2), waitid(2), setns(2), proc_pid_stat(5).
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct clone3_args {
	uint64_t flags; /* CLONE_NEW…; CLONE_PIDFD is added */
	int cgroup_fd; /* -1: the caller's cgroup */
	bool sibling; /* CLONE_PARENT: a child of our parent */
	int *ret_pidfd; /* close-on-exec */
};
/* As fork(2): 0 in the child, its pid in the parent. */
pid_t sys_clone3(const struct clone3_args *args);

/* Runs run(arg) in a child until that ends; nothing of ours goes on meanwhile.
 * It is a fork; but with shares_memory no copy of our memory is made, and it
 * must treat that as ours.  Its own children are copies in any case.
 * cgroup_fd: as above.  0: it has ended. */
int sys_run_apart(int (*run)(void *arg), void *arg, bool shares_memory,
		  int cgroup_fd);

/* As vfork(2): runs run(arg) in a child, in our memory, while we sleep until it
 * executes a program or ends; what it returns is its exit status.  It sees a
 * copy of the `size` bytes (of at most a page) at arg, which is copied back: so
 * it can say what failed even under a tool that makes a fork of it.  Its stack
 * has 64 KiB.  The pid, or -errno. */
pid_t sys_vfork(int (*run)(void *arg), void *arg, size_t size);

int sys_pidfd_open(pid_t pid);
int sys_pidfd_signal(int pidfd, int sig);
int sys_pidfd_alive(int pidfd); /* 1, or 0 once it has ended */

/* Waits for a child by pidfd.  Returns its exit status; of a signal: 128 + N
 * with *ret_signal = N (may be NULL). */
int sys_wait_pidfd(int pidfd, int *ret_signal);

/* When the process was started, in clock ticks since boot (field 22 of
 * /proc/PID/stat); proc_fd is an fd of a /proc, or AT_FDCWD for "/proc".
 * *ret_state may be NULL; else the letter of field 3 ('R', 'Z', …). */
int sys_start_time(int proc_fd, pid_t pid, uint64_t *ret, char *ret_state);

/* Has our child ended, and not by a signal?  Whoever waits for it later gets the same
 * answer. */
bool sys_child_has_exited(int pidfd);

/* Has `pid` executed a program since it was forked?  1 or 0, also for a
 * zombie; -ESRCH when it is gone altogether (PF_FORKNOEXEC in field 9). */
int sys_has_execed(pid_t pid);

int sys_boot_id(char ret[37]); /* /proc/sys/kernel/random/boot_id */
