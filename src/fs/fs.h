/* fs.h - the container's view of files, made by file descriptor.
 *
 * But for the first two all of it runs INSIDE, in the order of this header;
 * struct fs carries the fds from one step to the next and belongs to the new
 * process alone.
 * Nothing here reads a string of the bundle: struct plan has decided.
 * Each function returns 0, or -errno with the sentence in e.
 */
#pragma once

#include "plan/degrade.h"
#include "plan/plan.h"

struct err;

struct fs {
	int root_fd; /* the root of the container's root mount */
	int attach_fd; /* the directory that the root will cover, or -1 */
	int *sources; /* owned; per plan mount a detached tree, or -1 */
	size_t n_sources;
	int *device_sources; /* owned; per plan device, or -1 */
	size_t n_device_sources;
	int proc_fd; /* a procfs for our own writes, or -1: none are due */
	int null_fd; /* /dev/null, checked: the source of masked files */
	int console_fd; /* slave of the terminal for /dev/console, or -1 */
	struct degrade_notes *notes; /* borrowed, shared with HOST */
};
#define FS_INIT                                                               \
	{                                                                     \
		.root_fd = -1, .attach_fd = -1, .proc_fd = -1, .null_fd = -1, \
		.console_fd = -1                                              \
	}
void fs_done(struct fs *fs);

/* HOST, before the clone, where the plan says sources_beforehand: opens the
 * root filesystem and the bind sources that INSIDE would have no right to
 * reach and HOST has, as detached trees; INSIDE must inherit the fds. */
int fs_open_beforehand(struct fs *fs, const struct plan *plan, struct err *e);
/* Those fds; ret has room for 1 + plan->n_mounts.  Returns how many. */
size_t fs_fds_beforehand(const struct fs *fs, int *ret);

/* Still with the caller's ids, in the new mount namespace: cuts propagation
 * to the host, then opens the root filesystem, every bind source and every
 * device that will be bound as detached trees (open_tree).  Without a mount
 * namespace of our own nothing of this works: plan_make refuses that. */
int fs_open_sources(struct fs *fs, const struct plan *plan, struct err *e);

/* idmapped.c: idmapped mounts.  INSIDE opened the sources, whose flags are
 * locked by that, and HOST has the rights to give them ids; so the trees go
 * through `sock` to HOST, in the plan's order.  The mount is the same behind
 * both fds: nothing comes back. */
int fs_send_idmapped(const struct fs *fs, const struct plan *plan, int sock,
		     struct err *e);
/* HOST: the tree of plan->mounts[i], or -1 for a source that is missing. */
int fs_take_idmapped(const struct plan *plan, size_t i, int sock, int *ret_fd,
		     struct err *e);
int fs_idmap(const struct plan *plan, size_t i, int tree_fd, int userns_fd,
	     struct err *e);

/* As root inside: attaches the root filesystem over itself, checks that we
 * can search it, and puts an overlay on top when mount points are missing
 * and can't be made (plan's ladder, DEGRADE_ROOT_OVERLAY). */
int fs_attach_root(struct fs *fs, const struct plan *plan, struct err *e);

/* A procfs (fs->proc_fd) for our own writes, where sysctls, labels or a nested
 * user namespace need one, and /dev/null for the masks; both opened and
 * verified before pivot, later the kernel refuses. */
int fs_open_private(struct fs *fs, const struct plan *plan, struct err *e);

int fs_make_mounts(struct fs *fs, const struct plan *plan, struct err *e);
/* Devices, /dev/{fd,stdin,stdout,stderr,ptmx}; read-only /dev last. */
int fs_make_devices(struct fs *fs, const struct plan *plan, struct err *e);
/* console_fd over /dev/console, when there is one. */
int fs_bind_console(struct fs *fs, const struct plan *plan, struct err *e);
int fs_hide_paths(struct fs *fs, const struct plan *plan, struct err *e);

/* The container's root becomes /; nothing of the old root stays reachable. */
int fs_pivot(struct fs *fs, const struct plan *plan, struct err *e);
/* Read-only root, rootfsPropagation: after pivot. */
int fs_finish_root(struct fs *fs, const struct plan *plan, struct err *e);

/* Values below /proc/sys, through fs->proc_fd. */
int fs_write_sysctls(struct fs *fs, const struct plan *plan, struct err *e);
