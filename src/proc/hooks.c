/* hooks.c - runs the hooks of one point, in the caller's namespaces.
 *
 * Theory of operation: the child is made by sys_vfork(): no page table is copied,
 * and we sleep until it has executed the hook or said why not.
 *
 * A hook leads a process group, so that a time-out reaches what it started,
 * and gets SIGKILL when we end.  Signals that ask us to stop are blocked in
 * the foreground and would wait for the hook; so a waiting one ends it.  It
 * stays pending for whoever undoes the creation.  Hooks that clean up
 * (keep_going) run to their end.
 */
#include "proc/hooks.h"

#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/err.h"
#include "base/file.h"
#include "base/own.h"
#include "base/str.h"
#include "plan/annotations.h"
#include "sys/fds.h"
#include "sys/memfd.h"
#include "sys/process.h"
#include "sys/signal.h"

struct hook_child {
	const char *path;
	const char *const *argv, *const *env;
	int stdin_fd;
	int stdout_fd, stderr_fd; /* -1: ours */
	pid_t parent;
	int failed; /* errno, set by the child */
	const char *doing; /* what failed */
};

static void reset_signals(void)
{
	const struct sigaction dfl = { .sa_handler = SIG_DFL };
	sigset_t none;

	/* execve() resets handlers by itself; what we ignore it leaves. */
	for (int sig = 1; sig < SYS_SIGRTMIN; sig++)
		(void)sigaction(sig, &dfl, NULL);
	(void)sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
}

/* Returned by child_main() it ends the child. */
static int child_fails(struct hook_child *c, const char *doing)
{
	c->failed = errno;
	c->doing = doing;
	return 127;
}

/* In the child; memory is shared with the sleeping parent. */
static int child_main(void *data)
{
	struct hook_child *c = data;

	if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) < 0)
		return child_fails(c, "bind it to us");
	if (getppid() != c->parent) /* ended before that */
		return 127;
	if (setpgid(0, 0) < 0)
		return child_fails(c, "give it a process group");
	reset_signals();
	if (dup2(c->stdin_fd, STDIN_FILENO) < 0)
		return child_fails(c, "give it the state");
	if (c->stdout_fd >= 0 && dup2(c->stdout_fd, STDOUT_FILENO) < 0)
		return child_fails(c, "give it a file for its stdout");
	if (c->stderr_fd >= 0 && dup2(c->stderr_fd, STDERR_FILENO) < 0)
		return child_fails(c, "give it a file for its stderr");
	if (sys_cloexec_from(3) < 0)
		return child_fails(c, "close the files that are not its");
	/* The pointers are to non-const for historic reasons only. */
	(void)execve(c->path, (char *const *)(uintptr_t)c->argv,
		     (char *const *)(uintptr_t)c->env);
	return child_fails(c, "execute it");
}

/* A file at its beginning; a pipe would need somebody to fill it, and would
 * raise SIGPIPE when the hook does not read. */
static int open_state(const char *json, struct err *e)
{
	autoclose int fd = sys_memfd_data("state");
	int r;

	if (fd < 0)
		return err_errno(e, fd, "make a file for the state");
	r = file_write_all(fd, json, strlen(json));
	if (r >= 0 && lseek(fd, 0, SEEK_SET) < 0)
		r = -errno;
	if (r < 0)
		return err_errno(e, r, "write the state for it");
	return take_fd(&fd);
}

static int start_failed(int r, struct err *e)
{
	(void)err_errno(e, r, "start it");
	if (e->code == EAGAIN)
		return err_hint(e, "no more processes may be made; one with "
				   "SCHED_DEADLINE makes none, unless "
				   "process.scheduler.flags has "
				   "SCHED_FLAG_RESET_ON_FORK");
	return -e->code;
}

static int spawn(struct hook_child *child, struct err *e)
{
	pid_t pid = sys_vfork(child_main, child, sizeof(*child));

	if (pid < 0)
		return start_failed(pid, e);
	if (child->failed != 0) {
		(void)waitpid(pid, NULL, 0);
		return err_errno(e, child->failed, "%s", child->doing);
	}
	return pid;
}

/* An fd that is readable when we are asked to stop; -1 when it would end us
 * without further ado, as nothing is blocked. */
static int watch_stop(bool keep_going)
{
	static const int stops[] = { SIGHUP, SIGINT, SIGQUIT, SIGTERM };
	sigset_t blocked;
	sigset_t watched;
	bool any = false;

	if (keep_going || sigprocmask(SIG_SETMASK, NULL, &blocked) < 0)
		return -1;
	(void)sigemptyset(&watched);
	for (size_t i = 0; i < sizeof(stops) / sizeof(*stops); i++) {
		if (!sigismember(&blocked, stops[i]))
			continue;
		(void)sigaddset(&watched, stops[i]);
		any = true;
	}
	return any ? signalfd(-1, &watched, SFD_CLOEXEC) : -1;
}

static int64_t now_ms(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

enum hook_end { HOOK_ENDED, HOOK_TIMED_OUT, HOOK_STOPPED };

/* Until it has ended, or should be ended. */
static enum hook_end await(int pidfd, int stop_fd, const struct spec_hook *hook)
{
	struct pollfd fds[2] = { { .fd = pidfd, .events = POLLIN },
				 { .fd = stop_fd, .events = POLLIN } };
	const bool limited = hook->timeout.set;
	const int64_t start = now_ms();

	for (;;) {
		int64_t left = -1;

		if (limited) {
			/* As seconds: the product might not fit. */
			left = hook->timeout.value - (now_ms() - start) / 1000;
			left = left > 1000000 ? 1000000 : left;
			left = left * 1000 - (now_ms() - start) % 1000;
			left = left < 0 ? 0 : left;
		}
		if (poll(fds, 2, (int)left) < 0)
			continue; /* EINTR: a handler of somebody's */
		if (fds[0].revents)
			return HOOK_ENDED;
		if (fds[1].revents)
			return HOOK_STOPPED;
		if (limited && now_ms() - start >= 1000 * hook->timeout.value)
			return HOOK_TIMED_OUT;
	}
}

/* What became of it, as an error or 0. */
static int verdict(enum hook_end end, int status, int sig,
		   const struct spec_hook *hook, struct err *e)
{
	char name[32];

	if (end == HOOK_TIMED_OUT)
		return err_set(e, ETIMEDOUT,
			       "did not end within its timeout of %lld s and "
			       "was killed",
			       (long long)hook->timeout.value);
	if (end == HOOK_STOPPED)
		return err_set(e, EINTR,
			       "was killed because a signal asked to stop");
	if (sig != 0)
		return err_set(e, ECANCELED, "was ended by signal %d (%s)", sig,
			       sys_signal_name(sig, name));
	if (status != 0)
		return err_set(e, ECANCELED, "ended with exit status %d",
			       status);
	return 0;
}

static int wait_hook(pid_t pid, const struct spec_hook *hook, bool keep_going,
		     struct err *e)
{
	autoclose int pidfd = sys_pidfd_open(pid);
	autoclose int stop_fd = -1;
	enum hook_end end = HOOK_ENDED;
	int sig = 0;
	int status;

	if (pidfd < 0) {
		(void)kill(-pid, SIGKILL);
		(void)waitpid(pid, NULL, 0);
		return err_errno(e, pidfd, "watch it");
	}
	stop_fd = watch_stop(keep_going);
	if (hook->timeout.set || stop_fd >= 0)
		end = await(pidfd, stop_fd, hook);
	/* It has not been waited for, so the number of its group is its. */
	if (end != HOOK_ENDED)
		(void)kill(-pid, SIGKILL);
	status = sys_wait_pidfd(pidfd, &sig);
	if (status < 0)
		return err_errno(e, status, "wait for it");
	return verdict(end, status, sig, hook, e);
}

static int run_hook(const struct spec_hook *hook, const struct hook_output *out,
		    const char *state_json, bool keep_going, struct err *e)
{
	static const char *const no_env[] = { NULL };
	const char *const path_only[] = { hook->path, NULL };
	autoclose int stdin_fd = open_state(state_json, e);
	struct hook_child child = {
		.path = hook->path,
		.argv = hook->args.n > 0 ? hook->args.v : path_only,
		.env = hook->env.n > 0 ? hook->env.v : no_env,
		.stdin_fd = stdin_fd,
		.stdout_fd = out->stdout_fd,
		.stderr_fd = out->stderr_fd,
		.parent = getpid(),
	};
	int r;

	if (stdin_fd < 0)
		return stdin_fd;
	r = spawn(&child, e);
	if (r < 0)
		return r;
	return wait_hook(r, hook, keep_going, e);
}

static int open_output(const struct string_map *annotations, const char *name,
		       const char *bundle, int *ret_fd, struct err *e)
{
	const char *path = annotation_value(annotations, name);
	autofree char *file = NULL;

	if (str_empty(path))
		return 0;
	file = *path == '/' ? str_dup(path) : str_format("%s/%s", bundle, path);
	/* O_NONBLOCK: a fifo that nobody reads would be waited for. */
	*ret_fd = open(file,
		       O_WRONLY | O_APPEND | O_CREAT | O_NOCTTY | O_NONBLOCK |
			       O_CLOEXEC,
		       0666);
	if (*ret_fd < 0) {
		err_sys(e, "annotations[%s]: open %s", name, file);
		return err_hint(e, "name a file that the caller may write");
	}
	if (fcntl(*ret_fd, F_SETFL, O_APPEND) < 0)
		return err_sys(e, "annotations[%s]: %s", name, file);
	return 0;
}

int hooks_open_output(const struct string_map *annotations, const char *bundle,
		      struct hook_output *ret, struct err *e)
{
	int r = open_output(annotations, ANNOTATION_HOOK_STDOUT, bundle,
			    &ret->stdout_fd, e);

	return r < 0 ? r
		     : open_output(annotations, ANNOTATION_HOOK_STDERR, bundle,
				   &ret->stderr_fd, e);
}

void hook_output_done(struct hook_output *out)
{
	own_close(&out->stdout_fd);
	own_close(&out->stderr_fd);
}

int hooks_run(const struct items *hooks, enum hook_point point,
	      const struct hook_output *out, const char *state_json,
	      bool keep_going, struct err *e)
{
	const struct spec_hook *v = hooks->v;
	int first = 0;

	for (size_t i = 0; i < hooks->n; i++) {
		struct err mine = { 0 };
		int r = run_hook(&v[i], out, state_json, keep_going, &mine);

		if (r >= 0 || first < 0)
			continue;
		first = err_wrap(&mine, "%s hook %zu of %zu, %s",
				 hook_point_names[point], i + 1, hooks->n,
				 v[i].path);
		*e = mine;
		if (!keep_going)
			break;
	}
	return first;
}
