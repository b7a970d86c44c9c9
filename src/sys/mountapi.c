/* mountapi.c - the mount calls of the kernel, by file descriptor. */
#include "sys/mountapi.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static int result(long r)
{
	return r < 0 ? -errno : (int)r;
}

int sys_open_tree(int dir_fd, const char *path, unsigned flags)
{
	if (*path == '\0')
		flags |= AT_EMPTY_PATH;
	return result(syscall(SYS_open_tree, dir_fd, path,
			      flags | OPEN_TREE_CLOEXEC));
}

int sys_move_mount(int from_fd, int to_fd)
{
	return result(
		syscall(SYS_move_mount, from_fd, "", to_fd, "",
			MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH));
}

int sys_move_mount_at(int from_fd, int dir_fd, const char *name)
{
	return result(syscall(SYS_move_mount, from_fd, "", dir_fd, name,
			      MOVE_MOUNT_F_EMPTY_PATH));
}

int sys_fsopen(const char *fstype)
{
	return result(syscall(SYS_fsopen, fstype, FSOPEN_CLOEXEC));
}

int sys_fsconfig_set(int fs_fd, const char *key, const char *value)
{
	return result(syscall(SYS_fsconfig, fs_fd,
			      value ? FSCONFIG_SET_STRING : FSCONFIG_SET_FLAG,
			      key, value, 0));
}

int sys_fsconfig_create(int fs_fd)
{
	return result(syscall(SYS_fsconfig, fs_fd, FSCONFIG_CMD_CREATE, NULL,
			      NULL, 0));
}

int sys_fsmount(int fs_fd, uint64_t attrs)
{
	return result(
		syscall(SYS_fsmount, fs_fd, FSMOUNT_CLOEXEC, (unsigned)attrs));
}

void sys_fs_message(int fs_fd, char *text, size_t size)
{
	ssize_t n = read(fs_fd, text, size - 1);

	text[n > 0 ? n : 0] = '\0';
	text[strcspn(text, "\n")] = '\0';
	if (text[0] != '\0' && text[1] == ' ')
		memmove(text, text + 2, strlen(text + 2) + 1);
}

int sys_mount_setattr(int dir_fd, const char *path, int recursive,
		      const struct sys_mount_attr *attr)
{
	struct mount_attr arg = {
		.attr_set = attr->set,
		.attr_clr = attr->clear,
		.propagation = attr->propagation,
		.userns_fd = attr->set & MOUNT_ATTR_IDMAP
				     ? (uint64_t)attr->userns_fd
				     : 0,
	};
	unsigned flags = recursive ? SYS_AT_RECURSIVE : 0;

	if (*path == '\0')
		flags |= AT_EMPTY_PATH;
	return result(syscall(SYS_mount_setattr, dir_fd, path, flags, &arg,
			      sizeof(arg)));
}

int sys_pivot_root(const char *new_root, const char *put_old)
{
	return result(syscall(SYS_pivot_root, new_root, put_old));
}

int sys_umount(const char *path, int flags)
{
	return result(syscall(SYS_umount2, path, flags));
}

int sys_mount(const char *source, const char *target, const char *fstype,
	      unsigned long flags, const void *data)
{
	return result(syscall(SYS_mount, source, target, fstype, flags, data));
}
