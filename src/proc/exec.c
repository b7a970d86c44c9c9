/* exec.c - from the plan to the program.
 *
 * Engines read the words of these errors, so they follow what they know:
 * 127 for a program that is not there, 126 for one that can't be run.
 * No other error of ours uses those phrases.
 */
#include "proc/exec.h"

#include <fcntl.h>
#include <limits.h>
#include <linux/keyctl.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "base/err.h"
#include "base/file.h"
#include "base/own.h"
#include "sys/access.h"
#include "sys/beneath.h"

/* For a bundle whose process.env has no PATH. */
#define DEFAULT_PATH \
	"/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

#define LINKED_LOADER                                                        \
	"the file is there: what its first line (#!) names, or the dynamic " \
	"loader that it was linked for, is not in the root filesystem"

/* --- finding it ----------------------------------------------------------- */

static const char *search_path(const struct plan_process *p)
{
	for (const char *const *v = p->env; v && *v; v++) {
		const char *path = str_after(*v, "PATH=");

		if (path)
			return path;
	}
	return DEFAULT_PATH;
}

/* A file that someone may run.  With the effective ids, which are root's:
 * whether the user may is seen when it is executed. */
static int check_program(const char *path)
{
	struct stat st;

	if (stat(path, &st) < 0)
		return -errno;
	if (S_ISDIR(st.st_mode))
		return -EISDIR;
	if (!S_ISREG(st.st_mode))
		return -EACCES;
	return sys_may(AT_FDCWD, path, X_OK, 0) ? 0 : -EACCES;
}

/* Why a program that was named by a path can't be run. */
static int refuse(struct err *e, int code, const char *name)
{
	if (code < 0)
		code = -code;
	switch (code) {
	case ENOENT:
	case ENOTDIR:
		return err_set(e, code,
			       "exec: \"%s\": no such file or directory", name);
	case EISDIR:
		return err_set(
			e, code,
			"exec: \"%s\": is a directory: permission denied",
			name);
	case EACCES:
		(void)err_set(e, code, "exec: \"%s\": permission denied", name);
		return err_hint(e,
				"it needs its x bit, for process.user too, on "
				"the directories above it as well, and a mount "
				"without noexec");
	case EPERM:
		return err_set(e, code, "exec: \"%s\": operation not permitted",
			       name);
	case ENOEXEC:
		(void)err_set(e, code, "exec: \"%s\": exec format error", name);
		return err_hint(e,
				"it is for another architecture, or a script "
				"without a first line such as #!/bin/sh");
	default:
		return err_errno(e, code, "exec: \"%s\"", name);
	}
}

static char *from_cwd(const struct plan_process *p, const char *path)
{
	if (*path == '/')
		return str_dup(path);
	return str_format("%s/%s", p->cwd, path);
}

/* The program in one directory of the list, or NULL. */
static char *look_in(const struct plan_process *p, const char *dir, size_t len,
		     const char *name)
{
	autofree char *joined = str_format("%.*s/%s", (int)len, dir, name);
	char *full = from_cwd(p, joined);

	if (check_program(full) == 0)
		return full;
	free(full);
	return NULL;
}

/* NULL when no directory of the list has it.  An empty one would be the
 * working directory; what somebody left there is not run by accident. */
static char *search(const struct plan_process *p, const char *name)
{
	const char *dir = search_path(p);
	char *found = NULL;

	while (*dir && !found) {
		const size_t n = strcspn(dir, ":");

		if (n > 0)
			found = look_in(p, dir, n, name);
		dir += n + (dir[n] == ':');
	}
	return found;
}

int exec_find(const struct plan_process *p, char **ret_path, struct err *e)
{
	const char *name = p->args[0];
	autofree char *full = NULL;
	int r;

	if (!str_empty(name) && strchr(name, '/')) {
		full = from_cwd(p, name);
		r = check_program(full);
		if (r < 0) {
			(void)refuse(e, r, name);
			return err_hint(e, "It is looked for in the "
					   "container's root filesystem: put "
					   "it there, or name another one");
		}
	} else if (!str_empty(name)) {
		full = search(p, name);
	}
	if (!full) {
		(void)err_set(
			e, ENOENT,
			"exec: \"%s\": executable file not found in $PATH",
			name ? name : "");
		return err_hint(e, "PATH of the container is %s",
				search_path(p));
	}
	*ret_path = take_ptr(&full);
	return 0;
}

/* --- running it ----------------------------------------------------------- */

int exec_program(const struct plan_process *p, const char *path,
		 char *const *env, struct err *e)
{
	int code;

	/* execve() takes pointers to non-const for historic reasons only. */
	(void)execve(path, (char *const *)(uintptr_t)p->args, env);
	code = errno;
	(void)refuse(e, code, p->args[0]);
	if (code == ENOENT)
		return err_hint(e, LINKED_LOADER);
	if (code == E2BIG)
		return err_hint(e, "process.args and process.env together are "
				   "larger than the kernel takes");
	return -code;
}

/* --- where it starts ------------------------------------------------------ */

/* mkdir -p, which no link of /proc leads out of the root; what exists is fine,
 * whatever it is: chdir will tell.  As of mount points, the mode is the one that
 * we name: the caller's umask and process.user.umask are the program's. */
static int make_dirs(const char *path)
{
	autoclose int root_fd = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	autoclose int fd = -1;
	mode_t mask;

	if (root_fd < 0)
		return -errno;
	mask = umask(022);
	fd = beneath_make_dir(root_fd, path);
	(void)umask(mask);
	return fd < 0 ? fd : 0;
}

/* A directory that the process had open from outside of the root, or a link
 * of /proc to one, would be a way out: getcwd(2) then has no path for it. */
static int verify_inside(const char *cwd, struct err *e)
{
	char path[PATH_MAX];
	const long r = syscall(SYS_getcwd, path, sizeof(path));

	/* ERANGE: deeper than a path can be long, but a path from the root. */
	if (r < 0 && errno == ERANGE)
		return 0;
	if (r > 0 && path[0] == '/')
		return 0;
	(void)err_set(e, EXDEV,
		      "process.cwd %s is outside of the container's root", cwd);
	return err_hint(e,
			"it must not lead through /proc/self/fd or the like");
}

int exec_enter_cwd(const struct plan_process *p, bool as_user, struct err *e)
{
	int r = 0;

	if (chdir(p->cwd) < 0) {
		r = -errno;
		if (r == -ENOENT)
			r = make_dirs(p->cwd);
		if (r >= 0 && chdir(p->cwd) < 0)
			r = -errno;
	}
	if (r >= 0)
		return verify_inside(p->cwd, e);
	if (r == -EACCES && !as_user)
		return 1;
	(void)err_errno(e, r, "enter process.cwd %s", p->cwd);
	if (r == -EACCES)
		return err_hint(e, "neither the container's root nor "
				   "process.user may enter it");
	if (r == -EROFS)
		return err_hint(e, "it is missing and the root filesystem is "
				   "read-only: make it in the bundle");
	if (r == -ELOOP)
		return err_hint(e, "it must not lead through /proc/self/fd or "
				   "the like, nor in a circle");
	if (r == -ENOTDIR)
		return err_hint(e, "it is not a directory");
	return r;
}

/* --- keyring and labels --------------------------------------------------- */

static int join_keyring(const char *name)
{
	/* A key that was revoked counts until the kernel has swept it up,
	 * which takes a moment. */
	const struct timespec moment = { .tv_nsec = 10000000L };
	long r;

	for (int tries = 0; tries < 4; tries++) {
		if (tries > 0)
			(void)nanosleep(&moment, NULL);
		r = syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, name);
		if (r >= 0)
			return (int)r;
		if (errno != EDQUOT)
			break;
	}
	return -errno;
}

/* What a possessor may do stays all; the user it belongs to may view, read,
 * link and, which the kernel leaves out, search: else a process of the
 * container that has another session keyring can't use its keys. */
#define KEY_PERMISSIONS 0x3f1b0000U

int exec_join_keyring(const struct plan_process *p, struct err *e)
{
	int r;

	if (!p->new_keyring)
		return 0;
	r = join_keyring(p->keyring);
	/* EACCES: somebody else's keyring has the name and is not ours to
	 * join.  ENOSYS, EPERM: no keyrings here, or an outer sandbox. */
	if (r == -EDQUOT || r == -ENOSYS || r == -EPERM || r == -EACCES)
		return 1;
	if (r < 0)
		return err_errno(e, r, "join the session keyring %s",
				 p->keyring ? p->keyring : "(no name)");
	/* Refused when it was joined and belongs to another id: whoever made
	 * it has set them, ignoring. */
	(void)syscall(SYS_keyctl, KEYCTL_SETPERM, r, KEY_PERMISSIONS);
	return 0;
}

static int write_label(int proc_fd, const char *file, const char *text)
{
	return file_write_at(proc_fd, file, text, strlen(text));
}

static int set_apparmor(const char *profile, int proc_fd, struct err *e)
{
	autofree char *text = str_format("exec %s", profile);
	int r = write_label(proc_fd, "thread-self/attr/apparmor/exec", text);

	/* Before 5.8, and where AppArmor is the only one of its kind. */
	if (r == -ENOENT)
		r = write_label(proc_fd, "thread-self/attr/exec", text);
	if (r >= 0)
		return 0;
	(void)err_errno(e, r, "set the AppArmor profile %s", profile);
	if (r == -ENOENT || r == -EINVAL)
		return err_hint(e,
				"load the profile (apparmor_parser), or leave "
				"out process.apparmorProfile on a host without "
				"AppArmor");
	return r;
}

static int set_selinux(const char *label, int proc_fd, struct err *e)
{
	int r = write_label(proc_fd, "thread-self/attr/exec", label);

	if (r >= 0)
		return 0;
	(void)err_errno(e, r, "set the SELinux label %s", label);
	return err_hint(e, "the policy must know it and let the caller's type "
			   "go there; leave out process.selinuxLabel on a host "
			   "without SELinux");
}

int exec_set_label(const struct plan_process *p, int proc_fd, struct err *e)
{
	int r = 0;

	if (p->apparmor_profile)
		r = set_apparmor(p->apparmor_profile, proc_fd, e);
	if (r >= 0 && p->selinux_label)
		r = set_selinux(p->selinux_label, proc_fd, e);
	return r;
}
