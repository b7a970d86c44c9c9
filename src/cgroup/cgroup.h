/* cgroup.h - a container's cgroup: made, limited, watched, removed.
 *
 * One interface for both managers.  cgroupfs: the cgroup is there before the
 * container's first process, which is born in it.  systemd: a scope needs a
 * process to begin with, so it is asked for once init is there and waits.
 *
 * A cgroup is never trusted by its name alone: the state has its inode too,
 * so that what somebody else made under the same name later is left alone.
 *
 * Source: Documentation/admin-guide/cgroup-v2.rst; org.freedesktop.systemd1(5).
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "plan/plan.h"

struct err;

/* How a stage or a command names a cgroup that is there, or that may be. */
struct cgroup_ref {
	enum cgroup_manager manager;
	const char *path; /* absolute, the mount point included */
	uint64_t inode; /* 0: not known; then the name has to do */
	/* Of CGROUP_SYSTEMD: the scope, and the D-Bus address of its manager. */
	const char *unit, *bus;
};

/* A setting that does not hold; `why` is what the error would be.  To return 0
 * goes on without it; -errno with e filled fails. */
typedef int cgroup_refused(void *arg, const struct plan_cgroup_setting *setting,
			   const struct err *why, struct err *e);

/* cgroupfs.c: makes the cgroup of a CGROUP_FS plan, its controllers enabled on
 * the way; returns a readable fd of its directory (for clone3 and the
 * calls below), CLOEXEC.  path is plan->path or one beside it.  -EEXIST: it is
 * in use; with plan->path_is_ours: it is there.  On failure nothing that it made
 * is left. */
int cgroupfs_make(const struct plan_cgroup *plan, const char *path,
		  uint64_t *ret_inode, struct err *e);
/* A cgroup below that one, there or made; its fd. */
int cgroup_make_below(int dir_fd, const char *name, struct err *e);

/* systemd.c: asks the manager for the scope with pid in it and waits until it
 * is there.  *ret_path: malloc()ed absolute path of its cgroup.  -ESTALE: it is
 * there, but the process is not in it. */
int systemd_scope_make(const struct plan_cgroup *plan, pid_t pid,
		       char **ret_path, struct err *e);
/* Another process into a scope that is there, or the cgroup below it that
 * subgroup names (NULL or "": none) (AttachProcessesToUnit). */
int systemd_scope_attach(const struct cgroup_ref *ref, const char *subgroup,
			 pid_t pid, struct err *e);
/* New values for properties of a scope that is there. */
int systemd_scope_update(const struct cgroup_ref *ref,
			 const struct plan_cgroup_setting *settings, size_t n,
			 struct err *e);
/* Stops it, and waits until its processes have ended; none is no error. */
int systemd_scope_stop(const struct cgroup_ref *ref, struct err *e);

/* cgroup.c: finds it; the fd of its directory, or -ENOENT: it is gone, or
 * another one has its name. */
int cgroup_open(const struct cgroup_ref *ref, struct err *e);
/* Its whole subtree, empty by now or so soon; retries while the kernel says
 * EBUSY, up to a second or two.  One that is gone is no error.  The scope of a
 * systemd manager is stopped. */
int cgroup_remove(const struct cgroup_ref *ref, struct err *e);
/* Chowns dir_fd and the files of /sys/kernel/cgroup/delegate. */
int cgroup_delegate(int dir_fd, uid_t uid, struct err *e);
/* Of the process whose /proc/PID/cgroup that is: the fd of its cgroup, which is
 * dir_fd (at `path`) or below it. */
int cgroup_open_of(int dir_fd, const char *path, const char *proc_file,
		   struct err *e);
/* The same as a name: what stands after `path` and a '/', "" if nothing; free(). */
int cgroup_find_below(const char *path, const char *proc_file, char **ret,
		      struct err *e);
/* A process of ours into that cgroup. */
int cgroup_move(int dir_fd, pid_t pid, struct err *e);

/* enable.c: gives a cgroup that is there these controllers, by enabling them in
 * those above it. */
int cgroup_enable(int dir_fd, unsigned controllers, struct err *e);

/* settings.c: writes each and reads it back; `refused` decides about those
 * that the kernel does not take or that do not read back as written (NULL:
 * each is an error). */
int cgroup_apply(int dir_fd, const struct plan_cgroup_setting *settings,
		 size_t n, cgroup_refused *refused, void *arg, struct err *e);
/* Is this text of a file (of a set: of FILE.effective) what was asked for?
 * Rounded down to pages, a part of a set: yes.  Of files that we don't know,
 * always. */
bool cgroup_holds(const char *file, const char *want, const char *got);

/* devices.c: the device filter of the cgroup; replaces the one before. */
int cgroup_filter_devices(int dir_fd, const struct plan_device_rule *rules,
			  size_t n, struct err *e);

/* processes.c: all of the subtree.  The array is malloc()ed. */
int cgroup_processes(int dir_fd, pid_t **ret, size_t *ret_n, struct err *e);
/* SIGKILL by cgroup.kill, else each through a pidfd while frozen. */
int cgroup_kill(int dir_fd, struct err *e);
int cgroup_signal(int dir_fd, int sig, struct err *e);
/* Waits until cgroup.events says so; ms at most, then -ETIMEDOUT. */
int cgroup_freeze(int dir_fd, bool frozen, int ms, struct err *e);
/* 1: frozen as a whole (cgroup.events), 0: not. */
int cgroup_is_frozen(int dir_fd, struct err *e);
/* The same by its absolute path, for who looks at many; 0 where none is. */
int cgroup_is_frozen_at(const char *path);
int cgroup_wait_empty(int dir_fd, int ms, struct err *e);
