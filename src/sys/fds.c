/* fds.c - closing what a program should not get. */
#include "sys/fds.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/str.h"

/* As close_range(2) does, which says only EINVAL and ENOMEM itself. */
static int close_one_by_one(unsigned first, unsigned last, bool only_mark)
{
	DIR *dir = opendir("/proc/self/fd");
	const struct dirent *entry;
	uint32_t fd;

	if (!dir)
		return -errno;
	while ((entry = readdir(dir))) {
		if (str_uint32(entry->d_name, &fd) < 0 || fd < first ||
		    fd > last || (int)fd == dirfd(dir))
			continue;
		if (only_mark)
			(void)fcntl((int)fd, F_SETFD, FD_CLOEXEC);
		else
			(void)close((int)fd);
	}
	(void)closedir(dir);
	return 0;
}

static int close_range_by(unsigned first, unsigned last, unsigned flags)
{
	if (syscall(SYS_close_range, first, last, flags) == 0)
		return 0;
	if (errno != ENOSYS && errno != EPERM)
		return -errno;
	/* A sandbox that does not know the call. */
	return close_one_by_one(first, last, flags & CLOSE_RANGE_CLOEXEC);
}

int sys_close_range(unsigned first, unsigned last)
{
	return close_range_by(first, last, 0);
}

int sys_close_from(unsigned first)
{
	return sys_close_range(first, ~0U);
}

static int by_number(const void *a, const void *b)
{
	const int *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

int sys_close_all_but(unsigned first, int *keep, size_t n)
{
	int r;

	qsort(keep, n, sizeof(*keep), by_number);
	for (size_t i = 0; i < n; i++) {
		unsigned fd = keep[i] < 0 ? 0 : (unsigned)keep[i];

		if (fd < first)
			continue;
		r = fd > first ? sys_close_range(first, fd - 1) : 0;
		if (r < 0)
			return r;
		first = fd + 1;
	}
	return sys_close_from(first);
}

int sys_cloexec_from(unsigned first)
{
	return close_range_by(first, ~0U, CLOSE_RANGE_CLOEXEC);
}
