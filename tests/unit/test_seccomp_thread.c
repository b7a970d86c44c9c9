/* test_seccomp_thread.c - the thread that becomes the program.  Each case is a child,
 * because the thread lives as long as its process. */
#include "test.h"

#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/err.h"
#include "proc/seccomp_thread.h"

/* A filter that does `action` at execve. */
static int install(unsigned flags, unsigned action)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
			 offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_execve, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, action),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	const struct sock_fprog program = { 4, code };

	return (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags,
			    &program);
}

static int listened(void *arg, struct err *e)
{
	(void)arg;
	(void)e;
	return install(SECCOMP_FILTER_FLAG_NEW_LISTENER,
		       SECCOMP_RET_USER_NOTIF);
}

static int refusing(void *arg, struct err *e)
{
	(void)arg;
	(void)e;
	return install(0, SECCOMP_RET_ERRNO | EXDEV);
}

static int killing(void *arg, struct err *e)
{
	(void)arg;
	(void)e;
	return install(0, SECCOMP_RET_KILL_THREAD);
}

static int failing(void *arg, struct err *e)
{
	return err_set(e, EBUSY, "no filter for %s", (const char *)arg);
}

static int become(void *arg, struct err *e)
{
	char *const argv[] = { (char *)"sh", (char *)"-c", (char *)"exit 0",
			       NULL };
	char *const env[] = { arg, NULL };

	(void)execve("/bin/sh", argv, env);
	return err_sys(e, "execute it");
}

static bool has_text(const struct err *e, const char *text)
{
	return strstr(e->text, text) != NULL;
}

/* Under the listener, execve waits for an answer from this, another process
 * that shares the fds as HOST has them by message. */
static void answer(int fd)
{
	struct seccomp_notif ask = { 0 };
	struct seccomp_notif_resp reply = { 0 };

	if (ioctl(fd, SECCOMP_IOCTL_NOTIF_RECV, &ask) < 0 ||
	    ask.data.nr != SYS_execve)
		_exit(1);
	reply.id = ask.id;
	reply.flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE;
	_exit(ioctl(fd, SECCOMP_IOCTL_NOTIF_SEND, &reply) < 0);
}

static int run_listened(void)
{
	const struct seccomp_thread_job job = { listened, become,
						(char *)"A=b" };
	struct seccomp_thread *n = NULL;
	struct err e;
	int fd = seccomp_thread_begin(&job, &n, &e);

	if (fd < 0)
		return 1;
	/* This thread is under no filter. */
	if (prctl(PR_GET_SECCOMP, 0, 0, 0, 0) != 0)
		return 2;
	if (fork() == 0)
		answer(fd);
	(void)close(fd);
	return seccomp_thread_go(n, &e) < 0 ? 3 : 4;
}

static int run_failing(void)
{
	const struct seccomp_thread_job job = { failing, become,
						(char *)"you" };
	struct seccomp_thread *n = NULL;
	struct err e;
	int r = seccomp_thread_begin(&job, &n, &e);

	return r == -EBUSY && has_text(&e, "no filter for you") ? 0 : 1;
}

static int run_refusing(void)
{
	const struct seccomp_thread_job job = { refusing, become,
						(char *)"A=b" };
	struct seccomp_thread *n = NULL;
	struct err e;

	if (seccomp_thread_begin(&job, &n, &e) != 0)
		return 1;
	return seccomp_thread_go(n, &e) == -EXDEV && has_text(&e, "execute")
		       ? 0
		       : 2;
}

static int run_killing(void)
{
	const struct seccomp_thread_job job = { killing, become,
						(char *)"A=b" };
	struct seccomp_thread *n = NULL;
	struct err e;

	if (seccomp_thread_begin(&job, &n, &e) != 0)
		return 1;
	return seccomp_thread_go(n, &e) == -EPERM && has_text(&e, "ended") ? 0
									   : 2;
}

static void in_child(int (*run)(void), int want, const char *name)
{
	int status = -1;
	pid_t pid = fork();

	if (pid == 0) {
		(void)alarm(20);
		(void)prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
		_exit(run());
	}
	(void)waitpid(pid, &status, 0);
	is_int(WIFEXITED(status) ? WEXITSTATUS(status) : 300, want, name);
}

int main(void)
{
	if (syscall(SYS_seccomp, -1, 0, NULL) < 0 && errno == ENOSYS) {
		skip("the thread", "no seccomp (valgrind)");
		return done();
	}
	in_child(run_listened, 0,
		 "the listener is there before the program is, and the program "
		 "has the process");
	in_child(run_failing, 0, "no filter: its sentence");
	in_child(run_refusing, 0, "no program: its sentence");
	in_child(run_killing, 0, "the filter ends the thread alone: noticed");
	return done();
}
