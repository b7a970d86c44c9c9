/* internal.h - what the files of cgroup/ share among themselves. */
#pragma once

#include <fcntl.h>

#define CGROUP_OPEN_DIR (O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
/* Of a directory that was made only to have a container's in it. */
#define CGROUP_MARK "user.rootlet"

/* Removes it with all that is below, as long as there is nobody in there:
 * -EBUSY.  What was below may be gone then. */
int cgroup_rmdir_empty(int at_fd, const char *name);
/* Those above path, which is below mount, that are marked and empty. */
void cgroup_remove_marked_above(const char *mount, const char *path);
