/* mountapi.h - the mount calls of the kernel, by file descriptor.
 *
 * glibc 2.34 has no wrappers for most of these, and its <sys/mount.h> clashes
 * with <linux/mount.h>; so this header is the only way to either.  All return
 * >= 0 or -errno and retry EINTR.  Man pages: open_tree(2), move_mount(2),
 * fsopen(2), fsconfig(2), fsmount(2), mount_setattr(2), pivot_root(2).
 */
#pragma once

#include <linux/mount.h>
#include <stddef.h>
#include <stdint.h>

#ifndef MOUNT_ATTR_NOSYMFOLLOW
#define MOUNT_ATTR_NOSYMFOLLOW 0x00200000
#endif
#define SYS_MNT_DETACH	 2 /* umount2(2) */
#define SYS_AT_RECURSIVE 0x8000 /* AT_RECURSIVE of <linux/fcntl.h> */

int sys_open_tree(int dir_fd, const char *path, unsigned flags);
/* Moves the (detached) tree behind from_fd onto what to_fd refers to. */
int sys_move_mount(int from_fd, int to_fd);
/* The same onto `name` in dir_fd, which is not followed if it is a symlink. */
int sys_move_mount_at(int from_fd, int dir_fd, const char *name);
int sys_fsopen(const char *fstype);
/* value NULL sets a flag. */
int sys_fsconfig_set(int fs_fd, const char *key, const char *value);
int sys_fsconfig_create(int fs_fd);
/* attrs: MOUNT_ATTR_*.  Returns the fd of a detached mount. */
int sys_fsmount(int fs_fd, uint64_t attrs);
/* What the kernel wrote into the context ("e tmpfs: Bad value for 'size'"),
 * without its "e " and newline; "" if nothing. */
void sys_fs_message(int fs_fd, char *text, size_t size);
/* path may be "" for dir_fd itself; recursive: the whole tree. */
struct sys_mount_attr {
	uint64_t set, clear; /* MOUNT_ATTR_* */
	uint64_t propagation; /* MS_SHARED, MS_SLAVE, … or 0 */
	int userns_fd; /* with MOUNT_ATTR_IDMAP in set */
};
int sys_mount_setattr(int dir_fd, const char *path, int recursive,
		      const struct sys_mount_attr *attr);
int sys_pivot_root(const char *new_root, const char *put_old);
int sys_umount(const char *path, int flags);
/* mount(2), for what the new calls can't do (MS_MOVE of --no-pivot). */
int sys_mount(const char *source, const char *target, const char *fstype,
	      unsigned long flags, const void *data);
