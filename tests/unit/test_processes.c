/* test_processes.c - unit tests of cgroup/processes.c: on a tree of plain files,
 * and, where one can be made, on a cgroup with processes in it. */
#include "test.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/err.h"
#include "base/file.h"
#include "base/own.h"
#include "base/str.h"
#include "cgroup/cgroup.h"
#include "cgroup/internal.h"
#include "sys/process.h"

static void put(const char *dir, const char *name, const char *text)
{
	autofree char *path = str_format("%s/%s", dir, name);
	autoclose int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC,
				0644);

	if (fd < 0 || file_write_all(fd, text, strlen(text)) < 0)
		abort();
}

static int open_dir(const char *path)
{
	const int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		abort();
	return fd;
}

/* "3 5 40" */
static char *listed(int dir_fd)
{
	struct strbuf b = { 0 };
	autofree pid_t *pids = NULL;
	struct err e = { 0 };
	size_t n = 0;

	if (cgroup_processes(dir_fd, &pids, &n, &e) < 0)
		return str_dup(e.text);
	strbuf_puts(&b, "");
	for (size_t i = 0; i < n; i++)
		strbuf_printf(&b, "%s%d", i > 0 ? " " : "", pids[i]);
	return b.text;
}

static void is_list(int dir_fd, const char *want, const char *name)
{
	autofree char *got = listed(dir_fd);

	is_str(got, want, name);
}

static void plain_files(void)
{
	char dir[] = "/tmp/test_processes.XXXXXX";
	autofree char *sub = NULL, *below = NULL;
	autoclose int fd = -1;
	struct err e = { 0 };

	if (!mkdtemp(dir))
		abort();
	sub = str_format("%s/sub", dir);
	below = str_format("%s/sub/below", dir);
	fd = open_dir(dir);
	put(dir, "cgroup.procs", "");
	is_list(fd, "", "nobody");
	put(dir, "cgroup.procs", "40\n5\n0\n40\n");
	is_list(fd, "5 40", "sorted, each once, without those of nowhere");
	if (mkdir(sub, 0755) < 0 || mkdir(below, 0755) < 0)
		abort();
	put(sub, "cgroup.procs", "3\n");
	put(below, "cgroup.procs", "5\n123456\n");
	is_list(fd, "3 5 40 123456", "those of the whole subtree");
	(void)unlinkat(fd, "sub/cgroup.procs", 0);
	(void)unlinkat(fd, "sub/below/cgroup.procs", 0);
	is_list(fd, "5 40", "a cgroup that is removed meanwhile");

	put(dir, "cgroup.events", "populated 1\nfrozen 0\n");
	is_int(cgroup_is_frozen(fd, &e), 0, "frozen 0");
	is_int(cgroup_wait_empty(fd, 0, &e), -ETIMEDOUT, "populated 1");
	ok(strstr(e.text, "have not ended") != NULL, "and it says so");
	put(dir, "cgroup.events", "populated 0\nfrozen 1\nlater_keys 7\n");
	is_int(cgroup_is_frozen(fd, &e), 1, "frozen 1");
	is_int(cgroup_is_frozen_at(dir), 1, "also by its path");
	is_int(cgroup_is_frozen_at("/nowhere"), 0, "not by one that is none");
	is_int(cgroup_wait_empty(fd, 0, &e), 0, "populated 0");
	put(dir, "cgroup.events", "populated 0\nfrozen_not 1\n");
	is_int(cgroup_is_frozen(fd, &e), -EBADMSG, "a key that is not there");
	is_str(e.text, "cgroup.events has no \"frozen\"", "is named");
	put(dir, "cgroup.events", "populated\nfrozen x");
	is_int(cgroup_is_frozen(fd, &e), -EBADMSG, "a value that is none");
	put(dir, "cgroup.events", "populated 1\nfrozen 1");
	put(dir, "cgroup.freeze", "0");
	is_int(cgroup_freeze(fd, true, 0, &e), 0, "frozen as asked");
	is_int(cgroup_freeze(fd, false, 0, &e), -ETIMEDOUT, "but not thawed");
	(void)unlinkat(fd, "cgroup.freeze", 0);
	is_int(cgroup_freeze(fd, true, 0, &e), -ENOENT, "no cgroup.freeze");
	(void)unlinkat(fd, "cgroup.procs", 0);
	(void)unlinkat(fd, "cgroup.events", 0);
	(void)rmdir(below);
	(void)rmdir(sub);
	(void)rmdir(dir);
}

#define DEPTH 2000

/* A container may go as deep as it likes: neither file descriptors nor the
 * length of paths may end it. */
static void deep(void)
{
	char dir[] = "/tmp/test_processes.XXXXXX";
	struct rlimit few = { 0 }, before;
	autoclose int fd = -1;
	int at;

	if (!mkdtemp(dir) || getrlimit(RLIMIT_NOFILE, &before) < 0)
		abort();
	at = fd = open_dir(dir);
	for (int i = 0; i < DEPTH; i++) {
		int next;

		if (mkdirat(at, "below", 0755) < 0 ||
		    (i % 2 == 0 && mkdirat(at, "beside", 0755) < 0))
			abort();
		next = openat(at, "below", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (next < 0)
			abort();
		if (at != fd)
			(void)close(at);
		at = next;
	}
	if (symlinkat("../..", at, "out") < 0)
		abort();
	few.rlim_cur = 20;
	few.rlim_max = before.rlim_max;
	if (setrlimit(RLIMIT_NOFILE, &few) < 0)
		abort();
	is_list(fd, "", "deeper than there are file descriptors");
	is_int(cgroup_rmdir_empty(AT_FDCWD, dir), -ENOTEMPTY,
	       "something is in the lowest");
	(void)unlinkat(at, "out", 0);
	(void)close(at);
	is_int(cgroup_rmdir_empty(AT_FDCWD, dir), 0, "removed to the bottom");
	is_int(access(dir, F_OK), -1, "nothing is left");
	is_int(cgroup_rmdir_empty(AT_FDCWD, dir), 0, "nor is that an error");
	(void)setrlimit(RLIMIT_NOFILE, &before);
}

/* --- a real one */

/* Our own cgroup's directory, or NULL. */
static char *own_cgroup(void)
{
	static const char *const mounts[] = { "/sys/fs/cgroup",
					      "/sys/fs/cgroup/unified" };
	autofree char *text = NULL;
	const char *line;

	if (file_read_at(AT_FDCWD, "/proc/self/cgroup", 1 << 16, &text, NULL) <
	    0)
		return NULL;
	line = strstr(text, "0::/");
	for (size_t i = 0; line && i < 2; i++) {
		autofree char *dir = str_format("%s%.*s", mounts[i],
						(int)strcspn(line + 3, "\n"),
						line + 3);
		autofree char *file = str_format("%s/cgroup.procs", dir);

		if (access(file, W_OK) == 0 && access(dir, W_OK) == 0)
			return take_ptr(&dir);
	}
	return NULL;
}

static void on_signal(int sig)
{
	_exit(sig);
}

/* A child of ours in the cgroup; it waits for signals, and for no more than a
 * minute. */
static pid_t add_child(int dir_fd)
{
	int ready[2];
	char byte = 0;
	pid_t pid;

	if (pipe2(ready, O_CLOEXEC) < 0)
		abort();
	pid = fork();
	if (pid == 0) {
		(void)signal(SIGUSR1, on_signal);
		(void)signal(SIGUSR2, on_signal);
		(void)file_write_at(dir_fd, "cgroup.procs", "0", 1);
		(void)file_write_all(ready[1], &byte, 1);
		(void)alarm(60);
		for (;;)
			(void)pause();
	}
	if (pid < 0 || read(ready[0], &byte, 1) != 1)
		abort();
	(void)close(ready[0]);
	(void)close(ready[1]);
	return pid;
}

/* What it was told by: on_signal(), or the kernel. */
static int ended_by(pid_t pid)
{
	int status = 0;

	if (waitpid(pid, &status, 0) != pid)
		return -1;
	return WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status);
}

static void with_processes(const char *dir)
{
	autofree char *sub = str_format("%s/sub", dir);
	autofree char *want = NULL;
	autoclose int fd = -1, sub_fd = -1;
	pid_t first, second;
	struct err e = { 0 };

	if (mkdir(sub, 0755) < 0)
		abort();
	fd = open_dir(dir);
	sub_fd = open_dir(sub);
	first = add_child(fd);
	second = add_child(sub_fd);
	want = first < second ? str_format("%d %d", first, second)
			      : str_format("%d %d", second, first);
	is_list(fd, want, "both are listed");
	is_int(cgroup_wait_empty(fd, 10, &e), -ETIMEDOUT, "it is not empty");
	is_int(cgroup_freeze(fd, true, 5000, &e), 0, "frozen");
	/* The kernel says it of the one above a little earlier. */
	is_int(cgroup_freeze(sub_fd, true, 5000, &e), 0,
	       "what is below is, too");
	is_int(cgroup_freeze(sub_fd, false, 10, &e), -ETIMEDOUT,
	       "and is not thawed alone");
	is_int(cgroup_signal(fd, SIGUSR1, &e), 0, "a signal");
	is_int(cgroup_is_frozen(fd, &e), 1, "leaves frozen what was frozen");
	is_int(waitpid(first, NULL, WNOHANG), 0, "and waits for the thaw");
	is_int(cgroup_freeze(fd, false, 5000, &e), 0, "thawed");
	is_int(ended_by(first), SIGUSR1, "there the signal is");
	is_int(ended_by(second), SIGUSR1, "for the one below, too");
	first = add_child(fd);
	second = add_child(sub_fd);
	is_int(cgroup_signal(fd, SIGUSR2, &e), 0, "a signal to who runs");
	is_int(ended_by(first), SIGUSR2, "reaches it");
	is_int(ended_by(second), SIGUSR2, "and the one below");
	is_int(cgroup_is_frozen(fd, &e), 0, "and nothing stays frozen");
	first = add_child(fd);
	second = add_child(sub_fd);
	is_int(cgroup_freeze(fd, true, 5000, &e), 0, "frozen again");
	is_int(cgroup_kill(fd, &e), 0, "the frozen are killed");
	is_int(ended_by(first), SIGKILL, "the first");
	is_int(ended_by(second), SIGKILL, "the second");
	is_int(cgroup_wait_empty(fd, 5000, &e), 0, "and it is empty");
	(void)rmdir(sub);
	(void)rmdir(dir);
	is_list(fd, "", "a removed one has nobody");
	is_int(cgroup_kill(fd, &e), 0, "who could be killed");
	is_int(cgroup_wait_empty(fd, 10, &e), 0, "or be waited for");
}

int main(void)
{
	autofree char *own = own_cgroup();
	autofree char *dir = NULL;

	plain_files();
	deep();
	if (own)
		dir = str_format("%s/test_processes-%d", own, getpid());
	if (!dir || mkdir(dir, 0755) < 0)
		skip("with processes", "no cgroup can be made here");
	else
		with_processes(dir);
	return done();
}
