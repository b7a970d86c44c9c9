/* idmap_write.c - write the id maps of a user namespace just made.
 *
 * Theory of operation: the child exists and waits; it has no ids until we
 * write them, in one write each and never twice.  The plan has checked every
 * range and says how: directly, where we may (a map of our own id alone, or
 * with CAP_SETUID and CAP_SETGID over the parent), or through newuidmap(1)
 * and newgidmap(1), which look into /etc/subuid with rights that we lack.
 * These two run at the same time, and INSIDE opens its mount sources
 * meanwhile.  An unprivileged gid map needs "deny" in setgroups first.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/err.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/own.h"
#include "base/str.h"
#include "ns/ns.h"
#include "sys/tool.h"

static int write_proc(pid_t pid, const char *name, const char *text,
		      struct err *e)
{
	char path[64];
	int r;

	(void)snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, name);
	r = file_write_at(AT_FDCWD, path, text, strlen(text));
	if (r < 0)
		return err_errno(e, r, "write %s", path);
	return 0;
}

/* user_namespaces(7): since Linux 5.12 that takes CAP_SETFCAP. */
static bool maps_outside_zero(const struct id_range *map, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (map[i].outside == 0)
			return true;
	return false;
}

static int write_map(pid_t pid, const char *name, const struct id_range *map,
		     size_t n, struct err *e)
{
	struct strbuf text = { 0 };
	size_t i;
	int r;

	strbuf_puts(&text, ""); /* a string even when there is no line */
	for (i = 0; i < n; i++)
		strbuf_printf(&text, "%u %u %u\n", map[i].inside,
			      map[i].outside, map[i].count);
	r = write_proc(pid, name, text.text, e);
	strbuf_done(&text);
	if (r == -EPERM && maps_outside_zero(map, n))
		return err_hint(e, "Mapping the 0 of this user namespace takes "
				   "CAP_SETFCAP in it, as well as CAP_SETUID "
				   "and CAP_SETGID; keep it, or map other ids");
	if (r == -EPERM || r == -EACCES)
		return ns_explain(e);
	return r;
}

int ns_write_maps(const struct plan_userns *u, pid_t pid, struct err *e)
{
	int r = 0;

	if (u->deny_setgroups)
		r = write_proc(pid, "setgroups", "deny", e);
	if (r == 0)
		r = write_map(pid, "uid_map", u->uids, u->n_uids, e);
	if (r == 0)
		r = write_map(pid, "gid_map", u->gids, u->n_gids, e);
	return r;
}

/* newuidmap PID INSIDE OUTSIDE COUNT … */
static char **helper_args(const char *path, pid_t pid,
			  const struct id_range *map, size_t n)
{
	char **argv = mem_zero_n(3 * n + 3, sizeof(*argv));
	size_t a = 0;
	size_t i;

	argv[a++] = str_dup(path);
	argv[a++] = str_format("%d", (int)pid);
	for (i = 0; i < n; i++) {
		argv[a++] = str_format("%u", map[i].inside);
		argv[a++] = str_format("%u", map[i].outside);
		argv[a++] = str_format("%u", map[i].count);
	}
	return argv;
}

static void free_args(char **argv)
{
	size_t i;

	for (i = 0; argv[i]; i++)
		free(argv[i]);
	free(argv);
}

static int start_helper(const char *path, pid_t pid, const struct id_range *map,
			size_t n, struct idmap_helper *ret, struct err *e)
{
	static char *const env[] = { NULL };
	char **argv;
	int ends[2];
	int r;

	if (pipe2(ends, O_CLOEXEC) < 0)
		return err_sys(e, "make a pipe");
	argv = helper_args(path, pid, map, n);
	r = tool_spawn(argv, env, -1, ends[1], &ret->pid);
	free_args(argv);
	(void)close(ends[1]);
	ret->stderr_fd = ends[0];
	if (r < 0) {
		ret->pid = 0;
		return err_errno(e, r, "run %s", path);
	}
	return 0;
}

int idmap_start(const struct plan *plan, pid_t pid, struct idmap_job *job,
		struct err *e)
{
	const struct plan_userns *u = &plan->userns;
	int r;

	if (u->how == IDMAP_NONE)
		return 0;
	if (u->how == IDMAP_DIRECT)
		return ns_write_maps(u, pid, e);
	r = start_helper(u->newuidmap, pid, u->uids, u->n_uids, &job->uid, e);
	if (r == 0)
		r = start_helper(u->newgidmap, pid, u->gids, u->n_gids,
				 &job->gid, e);
	return r;
}

/* The first line that the helper wrote, without its own name in front. */
static void helper_words(int fd, char *text, size_t size)
{
	const char *words;
	ssize_t n;

	do
		n = read(fd, text, size - 1);
	while (n < 0 && errno == EINTR);
	text[n > 0 ? n : 0] = '\0';
	text[strcspn(text, "\n")] = '\0';
	words = strstr(text, ": ");
	if (words)
		memmove(text, words + 2, strlen(words + 2) + 1);
}

static int finish_helper(const char *path, const char *file,
			 struct idmap_helper *h, struct err *e)
{
	char words[256];
	int status = 0;
	pid_t r;

	if (h->pid == 0)
		return 0;
	do
		r = waitpid(h->pid, &status, 0);
	while (r < 0 && errno == EINTR);
	h->pid = 0;
	if (r < 0)
		return err_sys(e, "wait for %s", path);
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return 0;
	helper_words(h->stderr_fd, words, sizeof(words));
	(void)err_set(e, EPERM, "%s refused the map: %s", path,
		      words[0] ? words : "it ended without a word");
	return err_hint(e,
			"Compare the ranges with %s (rootlet plan shows "
			"them), and see that %s is setuid root or has its "
			"file capability; --userns=single needs neither",
			file, path);
}

int idmap_finish(const struct plan *plan, struct idmap_job *job, struct err *e)
{
	const struct plan_userns *u = &plan->userns;
	int r;

	if (u->how != IDMAP_HELPERS)
		return 0;
	r = finish_helper(u->newuidmap, "/etc/subuid", &job->uid, e);
	if (r == 0)
		r = finish_helper(u->newgidmap, "/etc/subgid", &job->gid, e);
	return r;
}

static void helper_done(struct idmap_helper *h)
{
	if (h->pid > 0)
		while (waitpid(h->pid, NULL, 0) < 0 && errno == EINTR)
			continue;
	h->pid = 0;
	own_close(&h->stderr_fd);
}

void idmap_job_done(struct idmap_job *job)
{
	helper_done(&job->uid);
	helper_done(&job->gid);
}
