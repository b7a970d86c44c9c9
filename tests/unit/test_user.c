/* test_user.c - unit tests of proc/user.c. */
#include "test.h"

#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/err.h"
#include "base/file.h"
#include "base/own.h"
#include "base/str.h"
#include "proc/user.h"
#include "sys/beneath.h"

static void home_is(const char *text, uint32_t uid, const char *want,
		    const char *name)
{
	/* A copy of the exact size, so that a read beyond it is noticed. */
	const size_t len = strlen(text);
	autofree char *copy = mem_zero(len);
	autofree char *home = NULL;

	for (size_t i = 0; i < len; i++)
		copy[i] = text[i];
	home = user_home_in(copy, len, uid);
	is_str(home, want, name);
}

static void passwd(void)
{
	struct strbuf long_line = { 0 };
	char nul[] = "a:x:7:7::/ho\0me:/bin/sh\nb:x:7:7::/b:\n";
	autofree char *home = NULL;

	home_is("root:x:0:0:root:/root:/bin/sh\n", 0, "/root", "a plain line");
	home_is("root:x:0:0:root:/root", 0, "/root", "cut behind the home");
	home_is("root:x:0:0:root:/root:/bin/sh\na:x:5:5::/a:/x", 5, "/a",
		"no newline at the end");
	home_is("", 0, NULL, "an empty file");
	home_is("\n\n:\n::::::\n", 0, NULL, "lines with nothing in them");
	home_is("root:x:0", 0, NULL, "too few fields");
	home_is("root:x:0:0:root", 0, NULL, "no home");
	home_is("root:x:0:0:root:", 0, NULL, "an empty home at the end");
	home_is("a:x:1:1:::\nb:x:1:1::/b:\n", 1, NULL,
		"an empty home: the first line of a uid is it");
	home_is("a:x:1:1::home:\n", 1, NULL, "a relative home");
	home_is("a:x:+1:1::/a:\nb:x: 1:1::/b:\nc:x:01:1::/c:\n", 1, "/c",
		"only digits are a uid");
	home_is("a:x:4294967296:0::/a:\n", 0, NULL, "a uid of 33 bits");
	home_is("a:x:99999999999999999999:0::/a:\n", 0, NULL, "a huge uid");
	home_is("a:x:4294967295:0::/a:\n", UINT32_MAX, "/a", "the largest");
	home_is("+@group::::::\na:x:3:3::/a:\n", 3, "/a", "an entry of NIS");

	home = user_home_in(nul, sizeof(nul) - 1, 7);
	is_str(home, NULL, "a home with a NUL is none");

	strbuf_puts(&long_line, "a:x:9:9::/");
	for (int i = 0; i < 200000; i++)
		strbuf_putc(&long_line, 'x');
	home_is(long_line.text, 9, NULL, "a home longer than a path can be");
	strbuf_done(&long_line);
}

static void from_root(void)
{
	char dir[] = "/tmp/rootlet-user-XXXXXX";
	autoclose int fd = -1;
	autoclose int etc_fd = -1;
	autofree char *a = NULL;
	autofree char *b = NULL;
	autofree char *c = NULL;
	autoclose int watch_fd = -1;
	struct err e = { 0 };
	char event[512];
	char path[64];

	if (!mkdtemp(dir))
		abort();
	fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (beneath_open(fd, "/", O_PATH | O_CLOEXEC) == -ENOSYS) {
		skip("a passwd beneath a root", "no openat2 (valgrind)");
		(void)rmdir(dir);
		return;
	}
	a = user_home(fd, 0);
	is_str(a, "/", "no /etc/passwd: /");
	(void)mkdirat(fd, "etc", 0755);
	etc_fd = openat(fd, "etc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	(void)file_replace_at(etc_fd, "passwd", "u:x:8:8::/home/u:/x\n", 20,
			      0644, &e);
	b = user_home(fd, 8);
	is_str(b, "/home/u", "found in the root's /etc/passwd");
	(void)unlinkat(etc_fd, "passwd", 0);
	(void)mkfifoat(etc_fd, "passwd", 0644);
	watch_fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	(void)snprintf(path, sizeof(path), "%s/etc/passwd", dir);
	if (inotify_add_watch(watch_fd, path, IN_OPEN) < 0)
		abort();
	c = user_home(fd, 8);
	is_str(c, "/", "a fifo is not waited for");
	ok(read(watch_fd, event, sizeof(event)) < 0, "nor opened");
	(void)unlinkat(etc_fd, "passwd", 0);
	(void)unlinkat(fd, "etc", AT_REMOVEDIR);
	(void)rmdir(dir);
}

/* In a user namespace with the single id 0; the exit status tells. */
static int become(const struct plan_process *p)
{
	struct err e = { 0 };
	char map[32];
	const uid_t uid = getuid();
	int n = snprintf(map, sizeof(map), "0 %u 1", uid);
	int r;

	if (unshare(CLONE_NEWUSER) < 0 ||
	    file_write_at(AT_FDCWD, "/proc/self/uid_map", map, (size_t)n) < 0)
		return 77;
	r = user_become(p, &e);
	if (r == 0)
		return umask(0) == 027 ? 0 : 1;
	if (!strstr(e.text, "become gid 5") && !strstr(e.text, "uid 5"))
		return 2;
	return e.hint[0] != '\0' ? 3 : 4;
}

static int become_in_child(const struct plan_process *p)
{
	int status = 0;
	pid_t pid = fork();

	if (pid == 0)
		_exit(become(p));
	(void)waitpid(pid, &status, 0);
	return WEXITSTATUS(status);
}

static void becoming(void)
{
	/* gid -1 leaves the gid, which no map names here. */
	struct plan_process p = {
		.uid = 0, .gid = UINT32_MAX, .has_umask = true, .umask = 027
	};
	int status = become_in_child(&p);

	if (status == 77) {
		skip("user_become", "no user namespaces here");
		return;
	}
	is_int(status, 0, "uid 0 where 0 is mapped, and the umask");
	p.uid = 5;
	is_int(become_in_child(&p), 3, "a uid without a map: an error, a hint");
	p.gid = 5;
	is_int(become_in_child(&p), 3, "a gid without a map: an error, a hint");
}

int main(void)
{
	passwd();
	from_root();
	becoming();
	return done();
}
