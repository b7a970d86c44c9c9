/* inherited.c - what the caller hands over besides arguments.
 *
 * Theory of operation: file descriptors that the program is to have keep their
 * numbers all the way: 3 and on, those of socket activation (LISTEN_FDS) first
 * and then those of --preserve-fds, as runc counts them.  All of them were
 * open when we were executed, so nothing that we open can have such a number,
 * and as all of ours is close-on-exec, an fd that isn't was the caller's.
 */
#include "cli/inherited.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/err.h"
#include "base/str.h"
#include "plan/caller.h"

#define FIRST (STDERR_FILENO + 1)

/* LISTEN_FDS is meant for the process that LISTEN_PID names; what we inherited
 * of somebody else's is none of our business (sd_listen_fds(3)). */
static int read_listen_fds(struct plan_options *o, struct err *e)
{
	const char *pid = getenv("LISTEN_PID");
	const char *fds = getenv("LISTEN_FDS");
	uint32_t number;

	if (str_empty(pid) || str_empty(fds) || str_uint32(pid, &number) < 0 ||
	    number != (uint32_t)getpid())
		return 0;
	if (str_uint32(fds, &o->listen_fds) < 0) {
		(void)err_set(e, EINVAL,
			      "LISTEN_FDS in the environment is \"%.40s\", not "
			      "a number of file descriptors",
			      fds);
		return err_hint(e, "Start rootlet with env -u LISTEN_FDS");
	}
	o->listen_names = getenv("LISTEN_FDNAMES");
	return 0;
}

static bool is_callers(uint32_t fd)
{
	int flags = fd <= INT32_MAX ? fcntl((int)fd, F_GETFD) : -1;

	return flags >= 0 && !(flags & FD_CLOEXEC);
}

static int check_open(const struct plan_options *o, struct err *e)
{
	const uint64_t end = FIRST + (uint64_t)o->listen_fds + o->preserve_fds;
	uint32_t fd;

	for (fd = FIRST; fd < end && is_callers(fd); fd++)
		continue;
	if (fd >= end)
		return 0;
	if (fd < FIRST + o->listen_fds) {
		(void)err_set(e, EBADF,
			      "LISTEN_FDS=%u: file descriptor %u is not open",
			      o->listen_fds, fd);
		return err_hint(e,
				"The environment promises 3 to %u; start "
				"rootlet with env -u LISTEN_FDS",
				FIRST + o->listen_fds - 1);
	}
	(void)err_set(e, EBADF,
		      "--preserve-fds %u: file descriptor %u is not open",
		      o->preserve_fds, fd);
	return err_hint(e,
			"Those from %u to %llu must be open when rootlet "
			"starts, as with %u<FILE in a shell",
			FIRST + o->listen_fds, (unsigned long long)end - 1, fd);
}

const char *inherited_notify_socket(void)
{
	const char *path = getenv("NOTIFY_SOCKET");

	return path && (*path == '/' || *path == '@') && path[1] ? path : NULL;
}

int inherited_read(struct plan_options *options, struct err *e)
{
	int r = read_listen_fds(options, e);

	return r < 0 ? r : check_open(options, e);
}
