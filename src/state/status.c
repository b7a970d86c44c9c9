/* status.c - what is true of a container now, whatever its record says.
 *
 * Theory of operation: a record is written by one command and read by others,
 * and between them init may end, its pid may be given to somebody else, and
 * the machine may be booted.  So a pid counts only with its start time and its
 * boot.  The pidfd is opened before the start time is read: whoever had the
 * pid then, if the start time is the recorded one, the pidfd is init's.  Where
 * pidfds have inode numbers of their own, never used twice in one boot, that
 * number says the same for a twentieth of the price.
 *
 * `running` is never waited for and never polled: init listens on a socket in
 * the container's directory that is close-on-exec, so that the kernel tells
 * by its absence that the program was executed.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/err.h"
#include "base/own.h"
#include "base/str.h"
#include "state/internal.h"
#include "state/state.h"
#include "state/store.h"
#include "sys/process.h"

#define KILL_WAIT_MS 10000
#ifndef PID_FS_MAGIC
#define PID_FS_MAGIC 0x50494446
#endif

int state_of_this_boot(const struct state *s, struct err *e)
{
	static char now[37]; /* does not change while we run */
	int r;

	if (now[0] == '\0') {
		r = sys_boot_id(now);
		if (r < 0) {
			now[0] = '\0';
			(void)err_errno(e, r, "read the boot id");
			return err_hint(e, "/proc must be mounted");
		}
	}
	return str_eq(s->boot_id, now) ? 1 : 0;
}

int state_set_init(struct state *s, pid_t pid, int pidfd, struct err *e)
{
	struct statfs fs;
	struct stat st;
	int r;

	r = sys_start_time(AT_FDCWD, pid, &s->start_time, NULL);
	if (r < 0)
		return err_errno(e, r, "read /proc/%d/stat", (int)pid);
	s->pid = (uint32_t)pid;
	s->pidfd_inode = 0;
	if (fstatfs(pidfd, &fs) == 0 && fs.f_type == PID_FS_MAGIC &&
	    fstat(pidfd, &st) == 0)
		s->pidfd_inode = st.st_ino;
	return 0;
}

/* 1: the process that had the pid when pidfd was opened is init, 0: it is
 * not. */
static int is_init(const struct state *s, int pidfd, struct err *e)
{
	uint64_t start;
	struct stat st;
	int r;

	if (s->pidfd_inode != 0 && fstat(pidfd, &st) == 0)
		return st.st_ino == s->pidfd_inode;
	r = sys_start_time(AT_FDCWD, (pid_t)s->pid, &start, NULL);
	if (r == 0)
		return start == s->start_time;
	if (sys_pidfd_alive(pidfd) == 0)
		return 0;
	(void)err_errno(e, r, "read the start time of process %u", s->pid);
	return err_hint(e, "/proc must be mounted, without hidepid= for its "
			   "owner");
}

/* *ret_pidfd: init's, if it lives, else -1. */
static int find_init(const struct state *s, int *ret_pidfd, struct err *e)
{
	autoclose int pidfd = -1;
	int r;

	if (s->pid == 0)
		return 0;
	pidfd = sys_pidfd_open((pid_t)s->pid);
	if (pidfd == -ESRCH || pidfd == -EINVAL)
		return 0; /* -EINVAL: a thread of somebody has the number */
	if (pidfd < 0)
		return err_errno(e, pidfd, "look at process %u", s->pid);
	r = is_init(s, pidfd, e);
	if (r <= 0)
		return r;
	/* The pidfd knows better than the letter Z in /proc: a leader that has
	 * ended before its threads is a zombie, and its process lives. */
	if (sys_pidfd_alive(pidfd) == 1)
		*ret_pidfd = take_fd(&pidfd);
	return 0;
}

/* The socket's name.  Who has entered the root (store_enter) takes the short
 * way; else by the directory's fd, so that 108 bytes suffice. */
static int name_socket(const struct store *store, int dir_fd, const char *id,
		       struct sockaddr_un *addr)
{
	int n;

	if (dir_fd < 0 && store->entered)
		n = snprintf(addr->sun_path, sizeof(addr->sun_path),
			     "%s/" STORE_SOCKET, id);
	else
		n = snprintf(addr->sun_path, sizeof(addr->sun_path),
			     "/proc/self/fd/%d/" STORE_SOCKET, dir_fd);
	return (size_t)n < sizeof(addr->sun_path) ? 0 : -ENAMETOOLONG;
}

/* 1: init still waits for `start`, 0: the program was executed.  A datagram
 * socket can't connect to init's, which is of another type; it learns only
 * whether that is there (EPROTOTYPE), and init is not even woken. */
static int init_waits(const struct store *store, int dir_fd, const char *id,
		      struct err *e)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	static int sock = -1; /* one is enough, it never gets connected */
	autoclose int opened = -1;

	if (sock < 0)
		sock = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (sock < 0)
		return err_sys(e, "make a socket");
	if (name_socket(store, dir_fd, id, &addr) < 0 ||
	    (dir_fd < 0 && !store->entered)) {
		opened = openat(store->root_fd, id, OPEN_DIR);
		if (opened < 0)
			return errno == ENOENT ? 0 : err_sys(e, "open %s", id);
		(void)name_socket(store, opened, id, &addr);
	}
	if (connect(sock, (struct sockaddr *)&addr, sizeof(addr)) == 0)
		return err_set(e, EPROTO, STORE_SOCKET " is not init's");
	switch (errno) {
	case EPROTOTYPE:
		return 1;
	case ECONNREFUSED:
	case ENOENT:
		return 0;
	default:
		return err_sys(e, "look whether init listens at " STORE_SOCKET);
	}
}

static int is_locked(const struct store *store, int dir_fd, const char *id)
{
	autoclose int opened = -1;

	if (dir_fd >= 0)
		return store_is_locked(store, dir_fd);
	opened = openat(store->root_fd, id, OPEN_DIR);
	if (opened < 0)
		return errno == ENOENT ? 0 : -errno;
	return store_is_locked(store, opened);
}

/* What the record and a live (pidfd >= 0) or dead init make together. */
static int judge(struct store *store, int dir_fd, const struct state *s,
		 int pidfd, enum status *ret, struct err *e)
{
	int r;

	*ret = STATUS_STOPPED;
	if (s->pid == 0 || s->status == STATUS_CREATING) {
		r = is_locked(store, dir_fd, s->id);
		if (r < 0)
			return err_errno(e, r, "look at the lock of %s", s->id);
		*ret = r > 0 ? STATUS_CREATING : STATUS_STOPPED;
	} else if (pidfd >= 0 && s->status == STATUS_CREATED) {
		r = init_waits(store, dir_fd, s->id, e);
		if (r < 0)
			return err_wrap(e, "container %s", s->id);
		*ret = r > 0 ? STATUS_CREATED : STATUS_RUNNING;
	} else if (pidfd >= 0) {
		*ret = (enum status)s->status;
	}
	return 0;
}

int state_status(struct store *store, int dir_fd, const struct state *s,
		 enum status *ret, int *ret_pidfd, struct err *e)
{
	autoclose int pidfd = -1;
	int r;

	*ret = STATUS_STOPPED;
	if (ret_pidfd)
		*ret_pidfd = -1;
	r = state_of_this_boot(s, e);
	if (r <= 0)
		return r;
	/* Only init holds that socket: if it is listened on, init lives. */
	if (!ret_pidfd && s->status == STATUS_CREATED) {
		r = init_waits(store, dir_fd, s->id, e);
		*ret = STATUS_CREATED;
		if (r != 0)
			return r < 0 ? err_wrap(e, "container %s", s->id) : 0;
	}
	r = find_init(s, &pidfd, e);
	if (r == 0)
		r = judge(store, dir_fd, s, pidfd, ret, e);
	if (r == 0 && ret_pidfd)
		*ret_pidfd = take_fd(&pidfd);
	return r;
}

int state_kill_init(const struct state *s, int pidfd, struct err *e)
{
	struct pollfd p = { .fd = pidfd, .events = POLLIN };
	int r;

	r = sys_pidfd_signal(pidfd, SIGKILL);
	if (r < 0 && r != -ESRCH)
		return err_errno(e, r, "kill process %u of container %s",
				 s->pid, s->id);
	do
		r = poll(&p, 1, KILL_WAIT_MS);
	while (r < 0 && errno == EINTR);
	if (r > 0)
		return 0;
	(void)err_set(e, ETIMEDOUT,
		      "process %u of container %s has not ended %d seconds "
		      "after SIGKILL",
		      s->pid, s->id, KILL_WAIT_MS / 1000);
	return err_hint(e, "The kernel holds it, often for a disk or network "
			   "file system that does not answer; try again later");
}
