/* processes.c - the processes of a cgroup: listed, signalled, frozen, awaited.
 *
 * Theory of operation: what is true of a whole subtree the kernel says in
 * cgroup.events, and poll(2) wakes who has read that file when it changes, so
 * nothing here sleeps and looks again.  A list of processes, on the other hand,
 * is old when it has been read: they fork.  So all of them are ended by
 * cgroup.kill, which no fork outruns, and for another signal the subtree stands
 * still while they are walked through.  A number of the list may have gone to
 * somebody else: a pidfd is opened first, and then the list, read again, must
 * still have the number.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/err.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/own.h"
#include "base/str.h"
#include "cgroup/cgroup.h"
#include "cgroup/internal.h"
#include "sys/process.h"

#define LIST_MAX       ((size_t)64 << 20)
#define EVENTS_MAX     4096
#define STAND_STILL_MS 500
/* So many pidfds at a time, far below what a process may have open. */
#define BATCH 128

struct pids {
	pid_t *v; /* owned */
	size_t n, room;
};

static void pids_done(struct pids *p)
{
	free(p->v);
}

static void add_pid(struct pids *pids, pid_t pid)
{
	if (pids->n == pids->room) {
		pids->room = pids->room ? 2 * pids->room : 64;
		pids->v = mem_resize(pids->v, pids->room, sizeof(*pids->v));
	}
	pids->v[pids->n++] = pid;
}

/* cgroup.procs of one directory.  A threaded cgroup has none of its own: its
 * processes are in the list of the cgroup above that it belongs to. */
static int read_list(int dir_fd, struct pids *pids)
{
	autofree char *text = NULL;
	char *line, *rest = NULL;
	uint32_t pid;
	int r;

	r = file_read_at(dir_fd, "cgroup.procs", LIST_MAX, &text, NULL);
	if (r < 0)
		return r == -EOPNOTSUPP ? 0 : r;
	for (line = strtok_r(text, "\n", &rest); line;
	     line = strtok_r(NULL, "\n", &rest)) {
		/* 0: it is in no pid namespace that we can see. */
		if (str_uint32(line, &pid) == 0 && pid > 0 && pid <= INT_MAX)
			add_pid(pids, (pid_t)pid);
	}
	return 0;
}

static bool is_gone(int r)
{
	return r == -ENOENT || r == -ENODEV;
}

static int read_entered(int dir_fd, void *pids)
{
	int r = read_list(dir_fd, pids);

	return is_gone(r) ? 0 : r;
}

static int read_subtree(int dir_fd, struct pids *pids)
{
	const struct cgroup_visitor v = { .enter = read_entered, .arg = pids };

	return cgroup_walk(dir_fd, &v);
}

static int by_number(const void *a, const void *b)
{
	const pid_t *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

/* Sorted, each once: who moves meanwhile may be seen in two places. */
static int list(int dir_fd, struct pids *ret, struct err *e)
{
	size_t n = 0;
	int r;

	r = read_subtree(dir_fd, ret);
	if (r < 0 && !is_gone(r))
		return err_errno(e, r, "list the processes of the cgroup");
	if (ret->n > 0)
		qsort(ret->v, ret->n, sizeof(*ret->v), by_number);
	for (size_t i = 0; i < ret->n; i++)
		if (i == 0 || ret->v[i] != ret->v[n - 1])
			ret->v[n++] = ret->v[i];
	ret->n = n;
	return 0;
}

static bool is_among(const struct pids *pids, pid_t pid)
{
	return pids->n > 0 &&
	       bsearch(&pid, pids->v, pids->n, sizeof(pid), by_number) != NULL;
}

int cgroup_processes(int dir_fd, pid_t **ret, size_t *ret_n, struct err *e)
{
	auto(pids) struct pids pids = { 0 };
	int r = list(dir_fd, &pids, e);

	if (r < 0)
		return r;
	*ret = take_ptr(&pids.v);
	*ret_n = pids.n;
	return 0;
}

/* --- cgroup.events */

/* The number after the word at the start of a line; -ENOENT: no such line. */
static int event_value(const char *text, const char *key, uint64_t *ret)
{
	size_t len = strlen(key);

	while (*text) {
		size_t line = strcspn(text, "\n");
		char number[24];

		if (line > len && line - len <= sizeof(number) &&
		    memcmp(text, key, len) == 0 && text[len] == ' ') {
			memcpy(number, text + len + 1, line - len - 1);
			number[line - len - 1] = '\0';
			return str_uint64(number, ret);
		}
		text += line;
		text += *text == '\n';
	}
	return -ENOENT;
}

static int open_events(int dir_fd, struct err *e)
{
	int fd = openat(dir_fd, "cgroup.events", O_RDONLY | O_CLOEXEC);

	return fd < 0 ? err_sys(e, "open cgroup.events") : fd;
}

/* Reads it from the start, which also marks its changes as seen. */
static int read_event(int fd, const char *key, bool *ret, struct err *e)
{
	char text[EVENTS_MAX];
	uint64_t value;
	ssize_t n;
	int r;

	n = pread(fd, text, sizeof(text) - 1, 0);
	if (n < 0)
		return err_sys(e, "read cgroup.events");
	text[n] = '\0';
	r = event_value(text, key, &value);
	if (r < 0)
		return err_set(e, EBADMSG, "cgroup.events has no \"%s\"", key);
	*ret = value != 0;
	return 0;
}

static int64_t now_ms(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* 1: it is as wanted, 0: not within ms.  A cgroup that is removed meanwhile
 * has nobody in it, frozen or not. */
static int wait_event(int dir_fd, const char *key, bool wanted, int ms,
		      struct err *e)
{
	autoclose int fd = open_events(dir_fd, e);
	int64_t end = now_ms() + ms;

	if (fd < 0)
		return is_gone(fd) ? 1 : fd;
	for (;;) {
		struct pollfd p = { .fd = fd, .events = POLLPRI };
		int64_t left = end - now_ms();
		bool value = false;
		int r = read_event(fd, key, &value, e);

		if (r < 0)
			return is_gone(r) ? 1 : r;
		if (value == wanted)
			return 1;
		if (left <= 0)
			return 0;
		if (poll(&p, 1, (int)left) < 0 && errno != EINTR)
			return err_sys(e, "wait for cgroup.events");
	}
}

int cgroup_wait_empty(int dir_fd, int ms, struct err *e)
{
	int r = wait_event(dir_fd, "populated", false, ms, e);

	if (r != 0)
		return r < 0 ? r : 0;
	(void)err_set(e, ETIMEDOUT,
		      "processes of the cgroup have not ended within %d ms",
		      ms);
	return err_hint(e, "The kernel holds them, often for a disk or network "
			   "file system that does not answer; try again later");
}

int cgroup_is_frozen(int dir_fd, struct err *e)
{
	autoclose int fd = open_events(dir_fd, e);
	bool value = false;
	int r;

	if (fd < 0)
		return fd;
	r = read_event(fd, "frozen", &value, e);
	return r < 0 ? r : value;
}

int cgroup_is_frozen_at(const char *path)
{
	char file[PATH_MAX];
	autoclose int fd = -1;
	bool value = false;
	struct err ignored;

	if (snprintf(file, sizeof(file), "%s/cgroup.events", path) >=
	    (int)sizeof(file))
		return 0;
	fd = openat(AT_FDCWD, file, O_RDONLY | O_CLOEXEC);
	return fd >= 0 && read_event(fd, "frozen", &value, &ignored) == 0 &&
	       value;
}

int cgroup_freeze(int dir_fd, bool frozen, int ms, struct err *e)
{
	int r;

	r = file_write_at(dir_fd, "cgroup.freeze", frozen ? "1" : "0", 1);
	if (r < 0)
		return err_errno(e, r, "write %d to cgroup.freeze", frozen);
	r = wait_event(dir_fd, "frozen", frozen, ms, e);
	if (r != 0)
		return r < 0 ? r : 0;
	if (!frozen)
		return err_set(e, ETIMEDOUT,
			       "it stays frozen, as a cgroup above it is");
	return err_set(e, ETIMEDOUT, "some of its processes go on after %d ms",
		       ms);
}

/* --- signals */

/* To those of `pids` that are in `now`, too: the list as it was read after the
 * pidfds were opened. */
static int signal_open(const struct pids *pids, const int *pidfds,
		       const struct pids *now, int sig, struct err *e)
{
	for (size_t i = 0; i < pids->n; i++) {
		int r = 0;

		if (pidfds[i] >= 0 && is_among(now, pids->v[i]))
			r = sys_pidfd_signal(pidfds[i], sig);
		if (r < 0 && r != -ESRCH)
			return err_errno(e, r, "send signal %d to process %d",
					 sig, pids->v[i]);
	}
	return 0;
}

/* At most BATCH of them; our own process is left out. */
static int signal_batch(int dir_fd, const struct pids *pids, int sig,
			struct err *e)
{
	auto(pids) struct pids now = { 0 };
	int pidfds[BATCH];
	pid_t failed = 0;
	int why = 0;
	int r;

	for (size_t i = 0; i < pids->n; i++) {
		pidfds[i] = pids->v[i] == getpid() ? -1
						   : sys_pidfd_open(pids->v[i]);
		if (pidfds[i] >= 0 || pids->v[i] == getpid() ||
		    pidfds[i] == -ESRCH || pidfds[i] == -EINVAL)
			continue;
		failed = pids->v[i];
		why = pidfds[i];
	}
	r = list(dir_fd, &now, e);
	if (r == 0)
		r = signal_open(pids, pidfds, &now, sig, e);
	if (r == 0 && failed != 0)
		r = err_errno(e, why, "look at process %d", failed);
	for (size_t i = 0; i < pids->n; i++)
		own_close(&pidfds[i]);
	return r;
}

static int signal_all(int dir_fd, const struct pids *pids, int sig,
		      struct err *e)
{
	int r = 0;

	for (size_t done = 0; r == 0 && done < pids->n; done += BATCH) {
		size_t left = pids->n - done;
		const struct pids batch = { .v = pids->v + done,
					    .n = left < BATCH ? left : BATCH };

		r = signal_batch(dir_fd, &batch, sig, e);
	}
	return r;
}

/* So that none of them forks while it is looked at.  True: it was not so
 * before, and has to go on afterwards.  Who is in there himself, or may not do
 * this, does without. */
static bool stand_still(int dir_fd, const struct pids *pids)
{
	autofree char *text = NULL;
	struct err ignored;

	if (is_among(pids, getpid()) ||
	    file_read_at(dir_fd, "cgroup.freeze", EVENTS_MAX, &text, NULL) <
		    0 ||
	    text[0] != '0')
		return false;
	return cgroup_freeze(dir_fd, true, STAND_STILL_MS, &ignored) == 0 ||
	       ignored.code == ETIMEDOUT;
}

int cgroup_signal(int dir_fd, int sig, struct err *e)
{
	auto(pids) struct pids pids = { 0 };
	bool thaw;
	int r;

	r = list(dir_fd, &pids, e);
	if (r < 0 || pids.n == 0)
		return r;
	thaw = stand_still(dir_fd, &pids);
	if (thaw) {
		pids.n = 0; /* those that were forked until now, too */
		r = list(dir_fd, &pids, e);
	}
	if (r == 0)
		r = signal_all(dir_fd, &pids, sig, e);
	if (thaw)
		(void)file_write_at(dir_fd, "cgroup.freeze", "0", 1);
	return r;
}

int cgroup_kill(int dir_fd, struct err *e)
{
	int r = file_write_at(dir_fd, "cgroup.kill", "1", 1);

	/* -ENOENT: an older kernel, or the cgroup is gone and has nobody. */
	if (r == -ENOENT || r == -EOPNOTSUPP)
		return cgroup_signal(dir_fd, SIGKILL, e);
	return r < 0 && !is_gone(r) ? err_errno(e, r, "write to cgroup.kill")
				    : 0;
}
