/* user.c - who the program runs as, and where its home is.
 *
 * The passwd of a container is data that its owner wrote: it is read up to a
 * limit, by hand.  getpwuid_r() would read the host's, by way of the host's
 * name services, and loading those from the container's root would run its
 * code in the runtime.
 */
#include "proc/user.h"

#include <assert.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/err.h"
#include "base/own.h"
#include "base/passwd.h"
#include "sys/beneath.h"

#define PASSWD_MAX ((size_t)1 << 20)

char *user_home_in(const char *text, size_t len, uint32_t uid)
{
	struct passwd_line line;

	if (!passwd_find(text, len, uid, &line) || line.home_len == 0 ||
	    line.home_len >= PATH_MAX || *line.home != '/' ||
	    memchr(line.home, '\0', line.home_len))
		return NULL;
	return mem_dup(line.home, line.home_len);
}

/* Up to PASSWD_MAX bytes of a regular file; what is behind them is as if it
 * were not there. */
static size_t read_passwd(int fd, char **ret)
{
	autofree char *text = NULL;
	struct stat st;
	size_t room;
	size_t len = 0;

	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) || st.st_size <= 0)
		return 0;
	room = (size_t)st.st_size < PASSWD_MAX ? (size_t)st.st_size
					       : PASSWD_MAX;
	text = mem_zero(room);
	while (len < room) {
		ssize_t n = read(fd, text + len, room - len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		len += (size_t)n;
	}
	*ret = take_ptr(&text);
	return len;
}

/* Looked at before it is opened: an image may have a device in its place, and to
 * open one may already do something (a watchdog). */
static bool has_passwd(int root_fd)
{
	autoclose int fd = beneath_open(root_fd, "/etc/passwd", O_PATH);
	struct stat st;

	return fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode);
}

char *user_home(int root_fd, uint32_t uid)
{
	autofree char *text = NULL;
	autoclose int fd = -1;
	char *home = NULL;
	size_t len;

	/* O_NONBLOCK: it may be a fifo by now. */
	if (has_passwd(root_fd))
		fd = beneath_open(root_fd, "/etc/passwd",
				  O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (fd >= 0) {
		len = read_passwd(fd, &text);
		home = user_home_in(text, len, uid);
	}
	return home ? home : str_dup("/");
}

/* The calls themselves: glibc's functions of these names would make them in all
 * threads, and signal the others to do so.  Ours that becomes the program may
 * be one of two (seccomp_thread.c), under a filter, and wants nothing of the other. */
static int set_groups(size_t n, const uint32_t *groups)
{
	static_assert(sizeof(gid_t) == sizeof(*groups), "as the kernel's");
	return (int)syscall(SYS_setgroups, n, groups);
}

static int set_gid(gid_t gid)
{
	return (int)syscall(SYS_setresgid, gid, gid, gid);
}

static int set_uid(uid_t uid)
{
	return (int)syscall(SYS_setresuid, uid, uid, uid);
}

int user_become(const struct plan_process *p, struct err *e)
{
	/* A joined user namespace may deny it to all, as that of a single id
	 * does.  Then nothing is to be set, and what stays was noted before. */
	if (p->set_groups && set_groups(p->n_groups, p->groups) < 0 &&
	    !(errno == EPERM && p->n_groups == 0)) {
		(void)err_sys(e, "set the %zu additional groups of the program",
			      p->n_groups);
		return err_hint(e,
				"process.user.additionalGids names groups that "
				"the container's id map does not hold");
	}
	/* Otherwise the kernel empties the permitted set when the uid goes
	 * from 0 to another, and nothing would be left for the ambient set. */
	if (p->uid != 0 && prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) < 0)
		return err_sys(e, "keep the capabilities across setuid");
	if (set_gid(p->gid) < 0) {
		(void)err_sys(e, "become gid %u", p->gid);
		return err_hint(e, "process.user.gid must be mapped by "
				   "linux.gidMappings");
	}
	if (set_uid(p->uid) < 0) {
		(void)err_sys(e, "become uid %u", p->uid);
		return err_hint(e, "process.user.uid must be mapped by "
				   "linux.uidMappings");
	}
	if (p->has_umask)
		(void)umask(p->umask & 0777);
	return 0;
}
