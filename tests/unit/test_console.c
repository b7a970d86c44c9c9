/* test_console.c - unit tests of proc/console.c. */
#include "test.h"

#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include "base/err.h"
#include "base/own.h"
#include "proc/console.h"
#include "sys/beneath.h"

static void no_devpts(void)
{
	char dir[] = "/tmp/rootlet-console-XXXXXX";
	struct plan_process p = { 0 };
	autoclose int fd = -1;
	struct err e = { 0 };
	int master = -1;
	int slave = -1;

	if (!mkdtemp(dir))
		abort();
	fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	is_int(console_open(fd, &p, &master, &slave, &e), -ENOENT,
	       "no /dev/pts at all");
	ok(e.hint[0] != '\0', "the remedy is told");
	(void)mkdirat(fd, "dev", 0755);
	(void)mkdirat(fd, "dev/pts", 0755);
	(void)mkfifoat(fd, "dev/pts/ptmx", 0644);
	e = (struct err){ 0 };
	is_int(console_open(fd, &p, &master, &slave, &e), -ENODEV,
	       "a /dev/pts that is no devpts");
	(void)unlinkat(fd, "dev/pts/ptmx", 0);
	(void)unlinkat(fd, "dev/pts", AT_REMOVEDIR);
	/* Absolute: it must stay inside. */
	(void)symlinkat("/dev/pts", fd, "dev/pts");
	ok(console_open(fd, &p, &master, &slave, &e) < 0 && master < 0,
	   "a symlink does not lead to the host's");
	(void)unlinkat(fd, "dev/pts", 0);
	(void)unlinkat(fd, "dev", AT_REMOVEDIR);
	(void)rmdir(dir);
}

static int child(int slave)
{
	struct err e = { 0 };
	struct winsize size;

	if (setsid() < 0 || console_take(slave, &e) < 0)
		return 1;
	if (fcntl(slave, F_GETFD) >= 0 || !isatty(0) || !isatty(2))
		return 2;
	if (tcgetsid(0) != getpid() || open("/dev/tty", O_RDWR) < 0)
		return 3;
	if (ioctl(1, TIOCGWINSZ, &size) < 0 || size.ws_row != 12 ||
	    size.ws_col != 34)
		return 4;
	return write(1, "hello", 5) == 5 ? 0 : 5;
}

static void real(void)
{
	struct plan_process p = { .uid = getuid(), .console_size = { 12, 34 } };
	autoclose int root_fd = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	autoclose int master = -1;
	autoclose int slave = -1;
	struct err e = { 0 };
	char text[8] = "";
	int status = -1;
	pid_t pid;

	if (console_open(root_fd, &p, &master, &slave, &e) < 0) {
		printf("# %s\n", e.text);
		skip("a terminal", "no devpts of ours here");
		return;
	}
	ok(fcntl(master, F_GETFD) == FD_CLOEXEC &&
		   fcntl(slave, F_GETFD) == FD_CLOEXEC,
	   "both close on exec");
	pid = fork();
	if (pid == 0)
		_exit(child(slave));
	(void)waitpid(pid, &status, 0);
	is_int(WEXITSTATUS(status), 0, "session, terminal, size, stdio");
	ok(read(master, text, sizeof(text) - 1) == 5, "what it wrote");
	is_str(text, "hello", "arrives");
}

int main(void)
{
	if (beneath_open(AT_FDCWD, "/", O_PATH | O_CLOEXEC) == -ENOSYS) {
		skip("a terminal", "no openat2 (valgrind)");
		return done();
	}
	no_devpts();
	real();
	return done();
}
