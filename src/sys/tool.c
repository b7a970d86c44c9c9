/* tool.c - runs a small program beside us. */
#include "sys/tool.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/auxv.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/own.h"
#include "base/str.h"

int tool_spawn(char *const *argv, char *const *env, int stdout_fd,
	       int stderr_fd, pid_t *ret_pid)
{
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attr;
	sigset_t none;
	int r;

	if (stdout_fd < 0)
		stdout_fd = STDIN_FILENO;
	if (stderr_fd < 0)
		stderr_fd = STDIN_FILENO;
	(void)sigemptyset(&none);
	(void)posix_spawnattr_init(&attr);
	(void)posix_spawnattr_setsigmask(&attr, &none);
	(void)posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSIGMASK);
	(void)posix_spawn_file_actions_init(&actions);
	(void)posix_spawn_file_actions_addopen(&actions, STDIN_FILENO,
					       "/dev/null", O_RDWR, 0);
	(void)posix_spawn_file_actions_adddup2(&actions, stdout_fd,
					       STDOUT_FILENO);
	(void)posix_spawn_file_actions_adddup2(&actions, stderr_fd,
					       STDERR_FILENO);
	(void)posix_spawn_file_actions_addclosefrom_np(&actions,
						       STDERR_FILENO + 1);
	r = posix_spawn(ret_pid, argv[0], &actions, &attr, argv, env);
	(void)posix_spawn_file_actions_destroy(&actions);
	(void)posix_spawnattr_destroy(&attr);
	return -r;
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
