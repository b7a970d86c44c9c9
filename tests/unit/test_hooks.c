/* test_hooks.c - unit tests of proc/hooks.c, with real programs. */
#include "test.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/err.h"
#include "base/file.h"
#include "base/own.h"
#include "base/str.h"
#include "proc/hooks.h"
#include "sys/process.h"

static char dir[] = "/tmp/rootlet-hooks-XXXXXX";
static char out[64];

#define STATE "{\"id\":\"c1\"}"

static struct spec_hook shell(const char **args, const char *script)
{
	struct spec_hook hook = { .path = "/bin/sh" };

	args[0] = "name-of-my-own";
	args[1] = "-c";
	args[2] = script;
	args[3] = out;
	args[4] = NULL;
	hook.args = (struct strings){ .v = args, .n = 4, .present = true };
	return hook;
}

static int run(const struct spec_hook *hooks, size_t n, bool keep_going,
	       struct err *e)
{
	const struct items items = { (void *)(uintptr_t)hooks, n, true };
	const struct hook_output ours = HOOK_OUTPUT_INIT;

	*e = (struct err){ 0 };
	(void)unlink(out);
	return hooks_run(&items, HOOK_CREATE_RUNTIME, &ours, STATE, keep_going,
			 e);
}

static void wrote(const char *want, const char *name)
{
	autofree char *text = NULL;

	(void)file_read_at(AT_FDCWD, out, 65536, &text, NULL);
	is_str(text, want, name);
}

static void good(void)
{
	const char *args[5];
	const char *env[] = { "A=1", NULL };
	struct err e;
	struct spec_hook hook = shell(args,
				      "cat >$0; echo >>$0; tr '\\0' ' ' "
				      "</proc/$$/cmdline | cut -c1-18 >>$0");
	const struct spec_hook plain = { .path = "/bin/true" };
	int fd = open("/dev/null", O_RDONLY); /* kept from the hook */

	is_int(run(&hook, 1, false, &e), 0, "a hook that succeeds");
	wrote(STATE "\nname-of-my-own -c \n",
	      "the state on stdin, argv[0] as given");
	hook = shell(args, "env | grep -v -e ^PWD= -e ^SHLVL= -e ^_= >$0; "
			   "ls /proc/self/fd | wc -l >>$0");
	hook.env = (struct strings){ .v = env, .n = 1, .present = true };
	is_int(run(&hook, 1, false, &e), 0, "with an environment");
	wrote("A=1\n4\n", "its own and no other; and only stdio");
	is_int(run(&plain, 1, false, &e), 0, "without args, and not reading");
	is_int(run(NULL, 0, false, &e), 0, "no hooks");
	(void)close(fd);
}

static void bad(void)
{
	const char *args[5];
	const char *late_args[5];
	struct err e;
	struct spec_hook hooks[2] = { shell(args, "exit 3"),
				      shell(late_args, "echo late >$0") };

	is_int(run(hooks, 2, false, &e), -ECANCELED, "one that fails");
	is_str(e.text,
	       "createRuntime hook 1 of 2, /bin/sh: ended with exit status 3",
	       "is named");
	ok(access(out, F_OK) < 0, "the next one does not run");
	is_int(run(hooks, 2, true, &e), -ECANCELED, "with keep_going");
	wrote("late\n", "it does");
	ok(strstr(e.text, "hook 1 of 2"), "the first error is told");
	hooks[0] = shell(args, "kill -SEGV $$");
	(void)run(hooks, 1, false, &e);
	is_str(e.text,
	       "createRuntime hook 1 of 1, /bin/sh: was ended by signal 11 "
	       "(SIGSEGV)",
	       "a signal is told");
	hooks[0] = (struct spec_hook){ .path = "/no/such/hook" };
	is_int(run(hooks, 1, false, &e), -ENOENT, "one that is not there");
	is_str(e.text,
	       "createRuntime hook 1 of 1, /no/such/hook: execute it (ENOENT)",
	       "is told without the words for the program");
}

static double seconds(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

static pid_t pid_in_file(void)
{
	autofree char *text = NULL;

	for (int i = 0; i < 200; i++) {
		(void)file_read_at(AT_FDCWD, out, 100, &text, NULL);
		if (text && strchr(text, '\n'))
			break;
		free(take_ptr(&text));
		(void)usleep(10000);
	}
	return text ? (pid_t)strtol(text, NULL, 10) : 0;
}

static void timeout(void)
{
	const char *args[5];
	struct spec_hook hook = shell(args,
				      "sleep 100 & echo $! >$0; sleep 100");
	struct err e;
	double start = seconds();
	pid_t pid;

	hook.timeout = (struct opt_int64){ .set = true, .value = 3 };
	is_int(run(&hook, 1, false, &e), -ETIMEDOUT, "one that hangs");
	ok(seconds() - start >= 2.9 && seconds() - start < 30, "not for long");
	ok(strstr(e.text, "its timeout of 3 s"), "is told");
	pid = pid_in_file();
	/* Ours to wait for, unless the shell still had the time to. */
	(void)waitpid(pid, NULL, 0);
	ok(pid > 0 && kill(pid, 0) < 0, "what it started is gone too");
	hook = shell(args, "sleep 0.1");
	hook.timeout = (struct opt_int64){ .set = true, .value = INT64_MAX };
	is_int(run(&hook, 1, false, &e), 0, "the longest timeout");
}

static void stopped(void)
{
	const char *args[5];
	struct spec_hook hook = shell(args, "sleep 100");
	struct err e;
	sigset_t set;
	struct timespec none = { 0 };

	(void)sigemptyset(&set);
	(void)sigaddset(&set, SIGTERM);
	(void)sigprocmask(SIG_BLOCK, &set, NULL);
	(void)raise(SIGTERM);
	is_int(run(&hook, 1, false, &e), -EINTR, "a blocked SIGTERM ends it");
	is_int(sigtimedwait(&set, NULL, &none), SIGTERM, "and stays pending");
	(void)raise(SIGTERM);
	hook = shell(args, "kill -TERM $$; echo no >$0");
	is_int(run(&hook, 1, true, &e), -ECANCELED, "not one that cleans up");
	ok(strstr(e.text, "SIGTERM"), "the mask is not the hook's");
	(void)sigtimedwait(&set, NULL, &none);
	(void)sigprocmask(SIG_UNBLOCK, &set, NULL);
}

static void dies_with_us(void)
{
	const char *args[5];
	struct spec_hook hook = shell(args, "echo $$ >$0; exec sleep 100");
	struct err e;
	pid_t pid;
	pid_t hook_pid;

	(void)unlink(out);
	pid = fork();
	if (pid == 0) {
		(void)run(&hook, 1, false, &e);
		_exit(0);
	}
	hook_pid = pid_in_file();
	(void)kill(pid, SIGKILL);
	(void)waitpid(pid, NULL, 0);
	is_int(waitpid(hook_pid, NULL, 0), hook_pid,
	       "a hook ends when the runtime is killed");
}

int main(void)
{
	if (sys_pidfd_open(getpid()) == -ENOSYS) {
		skip("hooks", "no pidfd_open (valgrind)");
		return done();
	}
	if (!mkdtemp(dir))
		abort();
	(void)snprintf(out, sizeof(out), "%s/out", dir);
	/* Orphans come to us, so that their end can be seen. */
	(void)prctl(PR_SET_CHILD_SUBREAPER, 1);
	good();
	bad();
	timeout();
	stopped();
	dies_with_us();
	(void)unlink(out);
	(void)rmdir(dir);
	return done();
}
