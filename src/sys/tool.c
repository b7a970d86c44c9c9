/* tool.c - runs a small program beside us. */
#include "sys/tool.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <sys/auxv.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/own.h"
#include "base/str.h"
#include "sys/fds.h"
#include "sys/process.h"

struct tool_child {
	char *const *argv, *const *env;
	int stdout_fd, stderr_fd; /* -1: /dev/null */
	int failed; /* errno, set by the child */
};

/* In the child, in our memory. */
static int become_tool(void *arg)
{
	struct tool_child *c = arg;
	int null_fd = open("/dev/null", O_RDWR | O_CLOEXEC);
	sigset_t none;

	(void)sigemptyset(&none);
	if (null_fd >= 0 && dup2(null_fd, STDIN_FILENO) >= 0 &&
	    dup2(c->stdout_fd < 0 ? null_fd : c->stdout_fd, STDOUT_FILENO) >=
		    0 &&
	    dup2(c->stderr_fd < 0 ? null_fd : c->stderr_fd, STDERR_FILENO) >=
		    0 &&
	    sigprocmask(SIG_SETMASK, &none, NULL) == 0 &&
	    sys_cloexec_from(STDERR_FILENO + 1) == 0)
		(void)execve(c->argv[0], c->argv, c->env);
	c->failed = errno;
	return 127;
}

int tool_spawn(char *const *argv, char *const *env, int stdout_fd,
	       int stderr_fd, pid_t *ret_pid)
{
	struct tool_child child = {
		.argv = argv,
		.env = env,
		.stdout_fd = stdout_fd,
		.stderr_fd = stderr_fd,
	};
	pid_t pid = sys_vfork(become_tool, &child, sizeof(child));

	if (pid < 0)
		return pid;
	*ret_pid = pid;
	if (child.failed == 0)
		return 0;
	(void)waitpid(pid, NULL, 0);
	return -child.failed;
}

static int read_output(int fd, char *text, size_t max, int seconds)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	size_t len = 0;

	for (;;) {
		int r = poll(&p, 1, seconds * 1000);
		ssize_t n;

		if (r < 0 && errno == EINTR)
			continue;
		if (r <= 0)
			return r < 0 ? -errno : -ETIMEDOUT;
		n = read(fd, text + len, max - len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0)
			return 0;
		len += (size_t)n;
		if (len == max)
			return -EFBIG;
	}
}

int tool_output(char *const *argv, size_t max, int seconds, char **ret_text)
{
	autofree char *text = mem_zero(max + 1);
	autoclose int read_end = -1;
	int status = 0;
	int ends[2];
	pid_t pid;
	int r;

	if (pipe2(ends, O_CLOEXEC) < 0)
		return -errno;
	read_end = ends[0];
	r = tool_spawn(argv, environ, ends[1], -1, &pid);
	(void)close(ends[1]);
	if (r < 0)
		return r;
	r = read_output(read_end, text, max, seconds);
	if (r < 0)
		(void)kill(pid, SIGKILL); /* our own child, not reaped yet */
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		continue;
	if (r < 0)
		return r;
	*ret_text = take_ptr(&text);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static char *usable_beside(const char *file, const char *name)
{
	const char *slash = strrchr(file, '/');
	char *path;

	if (*file != '/')
		return NULL;
	path = str_format("%.*s/%s", (int)(slash - file), file, name);
	if (access(path, X_OK) == 0)
		return path;
	free(path);
	return NULL;
}

/* The kernel's name of our executable is "/" once we run from a sealed mount of
 * it; what we were executed by is true then. */
char *tool_find(const char *name)
{
	const char *called = (const char *)getauxval(AT_EXECFN);
	const char *copied = getenv(TOOL_SELF);
	char self[PATH_MAX];
	char *path;
	ssize_t n;

	path = usable_beside(PKGLIBEXECDIR "/", name);
	if (path)
		return path;
	n = readlink("/proc/self/exe", self, sizeof(self) - 1);
	if (n > 0) {
		self[n] = '\0';
		path = usable_beside(self, name);
	}
	if (!path && called && str_after(called, "/dev/fd/") && copied)
		called = copied;
	return path || !called ? path : usable_beside(called, name);
}
