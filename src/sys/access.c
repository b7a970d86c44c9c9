/* access.c - may we do this with that file? */
#include "sys/access.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <unistd.h>

bool sys_may(int dir_fd, const char *path, int mode, int flags)
{
	char by_fd[32];

	if (syscall(SYS_faccessat2, dir_fd, path, mode, AT_EACCESS | flags) ==
	    0)
		return true;
	/* EPERM may be a file that is immutable, or a sandbox that does not know
	 * the call, which is younger than many.  The old one asks for the real
	 * ids: nobody makes us set-user-ID. */
	if (errno != ENOSYS && errno != EPERM)
		return false;
	if ((flags & AT_EMPTY_PATH) && *path == '\0') {
		(void)snprintf(by_fd, sizeof(by_fd), "/proc/self/fd/%d",
			       dir_fd);
		path = by_fd;
	}
	return syscall(SYS_faccessat, dir_fd, path, mode) == 0;
}
