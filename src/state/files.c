/* files.c - the files in the directory of a container. */
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "base/own.h"
#include "base/str.h"
#include "plan/plan.h"
#include "state/internal.h"
#include "state/store.h"

/* Known names, and what file_replace_at() leaves when it is killed. */
static bool is_ours(const char *name)
{
	static const char *const names[] = { STORE_CONFIG, STORE_SOCKET,
					     STORE_STATE, PLAN_NOTIFY_DIR };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		const char *rest;

		if (str_eq(name, names[i]))
			return true;
		rest = name[0] == '.' ? str_after(name + 1, names[i]) : NULL;
		if (rest && rest[0] == '.' && rest[1] != '\0' &&
		    rest[1 + strspn(rest + 1, "0123456789")] == '\0')
			return true;
	}
	return false;
}

/* A stream of its own over the directory; NULL with errno. */
static DIR *open_again(int dir_fd)
{
	int fd = openat(dir_fd, ".", OPEN_DIR);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);

	if (fd >= 0 && !dir)
		(void)close(fd);
	return dir;
}

int files_foreign(int dir_fd, char **ret_name)
{
	autodir DIR *dir = open_again(dir_fd);
	struct dirent *d;

	if (!dir)
		return -errno;
	while ((d = readdir(dir))) {
		if (str_eq(d->d_name, ".") || str_eq(d->d_name, ".."))
			continue;
		if (is_ours(d->d_name))
			continue;
		if (ret_name)
			*ret_name = str_dup(d->d_name);
		return 1;
	}
	return 0;
}

/* What few containers have, and what was left in the middle of writing. */
static void remove_the_rest(int dir_fd)
{
	autodir DIR *dir = open_again(dir_fd);
	struct dirent *d;

	(void)unlinkat(dir_fd, PLAN_NOTIFY_DIR "/" PLAN_NOTIFY_SOCKET, 0);
	(void)unlinkat(dir_fd, PLAN_NOTIFY_DIR, AT_REMOVEDIR);
	while (dir && (d = readdir(dir)))
		if (is_ours(d->d_name))
			(void)unlinkat(dir_fd, d->d_name, 0);
}

int store_remove(struct store *s, const char *id, int dir_fd, struct err *e)
{
	autofree char *foreign = NULL;
	struct stat st;
	int r;

	/* Gone, and the name may be another's by now. */
	if (fstat(dir_fd, &st) == 0 && st.st_nlink == 0)
		return 0;
	r = files_foreign(dir_fd, &foreign);
	if (r < 0)
		return err_errno(e, r, "list the directory %s/%s", s->root, id);
	if (r > 0) {
		(void)err_set(e, ENOTEMPTY,
			      "%s/%s holds \"%s\", which is not ours", s->root,
			      id, foreign);
		return err_hint(e, "Take it away, then try again");
	}
	/* The record goes last: while it is there, the way to it is known. */
	(void)unlinkat(dir_fd, STORE_SOCKET, 0);
	(void)unlinkat(dir_fd, STORE_CONFIG, 0);
	(void)unlinkat(dir_fd, STORE_STATE, 0);
	if (unlinkat(s->root_fd, id, AT_REMOVEDIR) == 0)
		return 0;
	if (errno == ENOTEMPTY || errno == EEXIST) {
		remove_the_rest(dir_fd);
		if (unlinkat(s->root_fd, id, AT_REMOVEDIR) == 0)
			return 0;
	}
	if (errno == ENOENT)
		return 0;
	return err_sys(e, "remove the directory %s/%s", s->root, id);
}
