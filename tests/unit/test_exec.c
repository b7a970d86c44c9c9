/* test_exec.c - unit tests of proc/exec.c: the words that engines read. */
#include "test.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/err.h"
#include "base/file.h"
#include "base/own.h"
#include "base/str.h"
#include "proc/exec.h"
#include "sys/process.h"

static char dir[] = "/tmp/rootlet-exec-XXXXXX";
static int dir_fd;

static void put(const char *name, const char *text, mode_t mode)
{
	struct err e = { 0 };

	if (file_replace_at(dir_fd, name, text, strlen(text), mode, &e) < 0 ||
	    fchmodat(dir_fd, name, mode, 0) < 0)
		abort();
}

static void find_is(const char *path, const char *arg, const char *want,
		    const char *name)
{
	autofree char *variable = str_format("PATH=%s", path ? path : "");
	const char *args[] = { arg, NULL };
	const char *env[] = { "A=PATH=/no", path ? variable : NULL, NULL };
	const struct plan_process p = { .args = args, .env = env, .cwd = dir };
	autofree char *found = NULL;
	struct err e = { 0 };
	int r = exec_find(&p, &found, &e);

	is_str(r < 0 ? e.text : found, want, name);
	ok((r < 0) == (e.code != 0) && (r < 0) == !found, "both or neither");
}

static void finding(void)
{
	autofree char *list = str_format("/nonexistent::%s/sub:%s", dir, dir);
	autofree char *prog = str_format("%s/prog", dir);
	autofree char *dotted = str_format("%s/./prog", dir);
	autofree char *relative = str_format("%s/sub/../prog", dir);
	autofree char *plain = str_format("%s/plain", dir);
	autofree char *plain_text = str_format(
		"exec: \"%s\": permission denied", plain);

	find_is(list, "prog", prog, "by PATH");
	find_is("sub/..", "prog", relative, "a PATH relative to the cwd");
	find_is(list, "plain",
		"exec: \"plain\": executable file not found in $PATH",
		"without its x bit it is not in PATH");
	find_is(list, "sub",
		"exec: \"sub\": executable file not found in $PATH",
		"nor is a directory");
	find_is("", "prog",
		"exec: \"prog\": executable file not found in $PATH",
		"an empty PATH has nothing");
	find_is(list, "", "exec: \"\": executable file not found in $PATH",
		"an empty name");
	find_is(NULL, "sh", "/usr/bin/sh", "without PATH there is a default");
	find_is(list, "./prog", dotted, "a relative path counts from the cwd");
	find_is(list, prog, prog, "an absolute path");
	find_is(list, "/no/such",
		"exec: \"/no/such\": no such file or directory",
		"an absolute path that is not there");
	find_is(list, "/etc",
		"exec: \"/etc\": is a directory: permission denied",
		"a directory");
	find_is(list, plain, plain_text, "a file without its x bit");
	find_is(list, "/dev/null", "exec: \"/dev/null\": permission denied",
		"a device");
}

static void program_is(const char *file, const char *want, const char *name)
{
	autofree char *path = str_format("%s/%s", dir, file);
	autofree char *text = str_format("exec: \"%s\": %s", file, want);
	const char *args[] = { file, NULL };
	char *env[] = { NULL };
	const struct plan_process p = { .args = args };
	struct err e = { 0 };

	ok(exec_program(&p, path, env, &e) < 0, name);
	is_str(e.text, text, "says so");
	ok(e.hint[0] != '\0', "and what to do");
}

static void running(void)
{
	/* An execve() that fails is something that valgrind dies of. */
	if (sys_pidfd_open(getpid()) == -ENOSYS) {
		skip("running", "no pidfd_open (valgrind)");
		return;
	}
	program_is("script", "no such file or directory",
		   "an interpreter that is missing");
	program_is("plain", "permission denied", "without its x bit");
	program_is("garbage", "exec format error", "neither ELF nor script");
}

static int cwd_result(const char *cwd, bool as_user)
{
	const struct plan_process p = { .cwd = cwd };
	struct err e = { 0 };
	int r = exec_enter_cwd(&p, as_user, &e);

	return (r < 0) == (e.code != 0) ? r : -1000;
}

static void entering(void)
{
	autofree char *deep = str_format("%s/a/b//c", dir);
	autofree char *file = str_format("%s/plain/x", dir);
	autofree char *closed = str_format("%s/closed/x", dir);
	char path[4096];
	struct stat st;

	is_int(cwd_result("/", false), 0, "the root");
	is_int(cwd_result(deep, false), 0, "made with its parents");
	ok(getcwd(path, sizeof(path)) && strstr(path, "/a/b/c"), "and entered");
	is_int(cwd_result(file, false), -ENOTDIR, "below a file");
	(void)mkdirat(dir_fd, "closed", 0);
	if (stat(closed, &st) == 0 || errno != EACCES) {
		skip("a closed directory", "root may enter it");
	} else {
		is_int(cwd_result(closed, false), 1, "not yet: as the user");
		is_int(cwd_result(closed, true), -EACCES, "nor the user");
	}
	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d/made", dir_fd);
	is_int(cwd_result(path, false), -ELOOP, "nothing made through an fd");
	ok(faccessat(dir_fd, "made", F_OK, 0) < 0, "really nothing");
	(void)unlinkat(dir_fd, "closed", AT_REMOVEDIR);
	(void)unlinkat(dir_fd, "a/b/c", AT_REMOVEDIR);
	(void)unlinkat(dir_fd, "a/b", AT_REMOVEDIR);
	(void)unlinkat(dir_fd, "a", AT_REMOVEDIR);
	if (chdir("/") < 0)
		abort();
}

static void labels(void)
{
	struct plan_process p = { 0 };
	struct err e = { 0 };
	autoclose int fd = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	is_int(exec_set_label(&p, fd, &e), 0, "no label");
	p.apparmor_profile = "rootlet-no-such-profile";
	ok(exec_set_label(&p, fd, &e) < 0, "an AppArmor profile nobody knows");
	ok(strstr(e.text, p.apparmor_profile) && e.hint[0], "is named");
	is_int(exec_join_keyring(&p, &e), 0, "no keyring is asked for");
}

int main(void)
{
	if (!mkdtemp(dir))
		abort();
	dir_fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	(void)mkdirat(dir_fd, "sub", 0755);
	put("prog", "#!/bin/sh\n", 0755);
	put("plain", "", 0644);
	put("script", "#!/no/such/interpreter\n", 0755);
	put("garbage", "\001\002\003 nothing that runs", 0755);
	finding();
	running();
	entering();
	labels();
	(void)unlinkat(dir_fd, "prog", 0);
	(void)unlinkat(dir_fd, "plain", 0);
	(void)unlinkat(dir_fd, "script", 0);
	(void)unlinkat(dir_fd, "garbage", 0);
	(void)unlinkat(dir_fd, "sub", AT_REMOVEDIR);
	(void)rmdir(dir);
	(void)close(dir_fd);
	return done();
}
