/* store.c - where containers are remembered: ROOT/ID/ and its lock.
 *
 * Theory of operation: a container is a directory, and who holds flock(2) on
 * that directory may change it.  Removing works under the lock too; so who
 * waited for a lock looks at the link count, and begins again by the name
 * when the directory has gone meanwhile.  A new container is mkdir, lock,
 * look; two that claim one id at the same time may see each other's empty
 * directory as a leftover, but only one of them ends with the lock of a
 * directory that is still there.
 *
 * ROOT may have entries of others.  Ours is a directory with a state.json, or
 * a directory with none but our file names, which a creator left that died
 * at once.  Nothing else is ever removed.
 */
#include "state/store.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/err.h"
#include "base/mem.h"
#include "base/own.h"
#include "base/str.h"
#include "state/internal.h"

/* A delete that is about to end is waited for by who claims its id. */
#define CLAIM_WAIT_MS 2000

void store_enter(struct store *s)
{
	s->entered = s->root_fd >= 0 && fchdir(s->root_fd) == 0;
}

void store_done(struct store *s)
{
	if (s->root_fd >= 0)
		(void)close(s->root_fd);
	free(s->root);
	*s = (struct store)STORE_INIT;
}

int store_check_id(const char *id, struct err *e)
{
	static const char good[] = "abcdefghijklmnopqrstuvwxyz0123456789"
				   "ABCDEFGHIJKLMNOPQRSTUVWXYZ_+.-";
	size_t len = strlen(id);

	if (len == 0)
		return err_set(e, EINVAL, "the container's id is empty");
	if (len > NAME_MAX)
		return err_set(e, ENAMETOOLONG,
			       "the container's id has %zu characters; at most "
			       "%d are taken",
			       len, NAME_MAX);
	if (id[0] == '.' || id[strspn(id, good)] != '\0') {
		(void)err_set(e, EINVAL, "\"%s\" is no id for a container", id);
		return err_hint(e, "An id has letters, digits and _ + . - and "
				   "does not begin with a dot");
	}
	return 0;
}

static int no_such_container(const struct store *s, const char *id,
			     struct err *e)
{
	(void)err_set(e, ENOENT, "container does not exist: %s", id);
	return err_hint(e,
			"\"rootlet list\" shows those of %s; another --root "
			"or another user has others",
			s->root);
}

/* command: the one that makes the id free; NULL: there is none. */
static int already_exists(const char *id, const char *what, const char *command,
			  struct err *e)
{
	(void)err_set(e, EEXIST,
		      "container with given ID already exists: %s (%s)", id,
		      what);
	if (!command)
		return err_hint(e, "Try again, or take another id");
	return err_hint(e, "Remove it with \"%s %s\", or take another id",
			command, id);
}

/* The lock, waited for.  -ENOENT: it has been removed meanwhile. */
static int lock_dir(int fd, int wait_ms)
{
	struct timespec nap = { .tv_nsec = 200000L };
	struct timespec now;
	struct timespec start;
	struct stat st;

	(void)clock_gettime(CLOCK_MONOTONIC, &start);
	while (flock(fd, LOCK_EX | LOCK_NB) < 0) {
		if (errno != EWOULDBLOCK && errno != EINTR)
			return -errno;
		(void)clock_gettime(CLOCK_MONOTONIC, &now);
		if ((now.tv_sec - start.tv_sec) * 1000 +
			    (now.tv_nsec - start.tv_nsec) / 1000000 >=
		    wait_ms)
			return -ETIMEDOUT;
		(void)nanosleep(&nap, NULL);
		if (nap.tv_nsec < 10000000L)
			nap.tv_nsec *= 2;
	}
	if (fstat(fd, &st) < 0)
		return -errno;
	return st.st_nlink == 0 ? -ENOENT : 0;
}

static int busy(const char *id, struct err *e)
{
	(void)err_set(e, ETIMEDOUT,
		      "container %s is held by another rootlet that has not "
		      "ended its work on it",
		      id);
	return err_hint(e,
			"Try again, or look for that process: \"lslocks\" "
			"shows who locks a directory named %s",
			id);
}

int store_lock(struct store *s, const char *id, int dir_fd, int wait_ms,
	       struct err *e)
{
	int r = lock_dir(dir_fd, wait_ms);

	if (r == -ENOENT)
		return no_such_container(s, id, e);
	if (r == -ETIMEDOUT)
		return busy(id, e);
	if (r < 0)
		return err_errno(e, r, "lock the container %s/%s", s->root, id);
	s->lock_fd = dir_fd;
	return 0;
}

void store_unlock(struct store *s, int dir_fd)
{
	(void)flock(dir_fd, LOCK_UN);
	if (s->lock_fd == dir_fd)
		s->lock_fd = -1;
}

int store_open_container(struct store *s, const char *id, int wait_ms,
			 struct err *e)
{
	autoclose int fd = -1;
	int r;

	r = store_check_id(id, e);
	if (r < 0)
		return r;
	if (s->root_fd < 0)
		return no_such_container(s, id, e);
	fd = openat(s->root_fd, id, OPEN_DIR);
	if (fd < 0 && (errno == ENOENT || errno == ENOTDIR || errno == ELOOP))
		return no_such_container(s, id, e);
	if (fd < 0)
		return err_sys(e, "open the container %s/%s", s->root, id);
	if (wait_ms >= 0) {
		r = store_lock(s, id, fd, wait_ms, e);
		if (r < 0)
			return r;
	}
	return take_fd(&fd);
}

int store_is_locked(const struct store *s, int dir_fd)
{
	autoclose int probe = -1;

	if (dir_fd == s->lock_fd)
		return 0;
	/* A lock is of one opening: ours is not seen as somebody's. */
	probe = openat(dir_fd, ".", OPEN_DIR);
	if (probe < 0)
		return errno == ENOENT ? 0 : -errno;
	if (flock(probe, LOCK_SH | LOCK_NB) == 0)
		return 0;
	return errno == EWOULDBLOCK ? 1 : -errno;
}

/* The directory is there and locked by us: may the id be taken?  1: what is
 * there was removed, try again. */
static int clear_the_place(struct store *s, const char *id, int dir_fd,
			   struct err *e)
{
	enum leftover found;
	int r;

	r = leftover_look(s, id, dir_fd, &found, e);
	if (r < 0)
		return r;
	switch (found) {
	case LEFTOVER_REMOVABLE:
		r = store_remove(s, id, dir_fd, e);
		return r < 0 ? r : 1;
	case LEFTOVER_STOPPED:
		return already_exists(id, "it has stopped", "rootlet delete",
				      e);
	case LEFTOVER_ALIVE:
		return already_exists(id, "it is there and not stopped",
				      "rootlet delete --force", e);
	case LEFTOVER_FOREIGN:
		break;
	}
	(void)err_set(e, EEXIST, "%s/%s is there and is no container of ours",
		      s->root, id);
	return err_hint(e, "Take another id or another --root");
}

static int cant_make(const struct store *s, const char *id, struct err *e)
{
	(void)err_sys(e, "make the directory %s/%s", s->root, id);
	if (e->code == EACCES || e->code == EPERM || e->code == EROFS)
		return err_hint(e, "Name a directory that you can write with "
				   "--root, or leave --root out");
	if (e->code == ENOSPC || e->code == EDQUOT)
		return err_hint(e,
				"Make room in %s, or name another "
				"directory with --root",
				s->root);
	return -e->code;
}

static int claim_once(struct store *s, const char *id, struct err *e)
{
	autoclose int fd = -1;
	bool fresh;
	int r;

	fresh = mkdirat(s->root_fd, id, 0700) == 0;
	if (!fresh && errno != EEXIST)
		return cant_make(s, id, e);
	fd = openat(s->root_fd, id, OPEN_DIR);
	if (fd < 0 && errno == ENOENT)
		return -EAGAIN;
	if (fd < 0) {
		(void)err_sys(e, "open %s/%s, where the container is kept",
			      s->root, id);
		return err_hint(e, "Take another id or another --root");
	}
	r = lock_dir(fd, CLAIM_WAIT_MS);
	if (r == -ENOENT)
		return -EAGAIN;
	if (r == -ETIMEDOUT)
		return already_exists(id, "another rootlet works on it", NULL,
				      e);
	if (r < 0)
		return err_errno(e, r, "lock the container %s/%s", s->root, id);
	s->lock_fd = fd;
	/* Fresh, unless another claim has removed ours and made its own before
	 * we could open it; that one has a record by now. */
	if (fresh && faccessat(fd, STORE_STATE, F_OK, 0) < 0)
		return take_fd(&fd);
	r = clear_the_place(s, id, fd, e);
	s->lock_fd = -1;
	return r == 1 ? -EAGAIN : r;
}

int store_claim(struct store *s, const char *id, struct err *e)
{
	int r;

	r = store_check_id(id, e);
	if (r < 0)
		return r;
	/* Each turn is a race lost to somebody who then holds the id. */
	for (int turn = 0; turn < 100; turn++) {
		r = claim_once(s, id, e);
		if (r != -EAGAIN)
			return r;
	}
	return already_exists(id, "others take and leave it all the time", NULL,
			      e);
}

int store_cache_fd(struct store *s, const char *name)
{
	autoclose int fd = -1;
	struct stat st;

	if (s->root_fd < 0)
		return -1;
	fd = openat(s->root_fd, name, OPEN_DIR);
	if (fd < 0 && errno == ENOENT) {
		(void)mkdirat(s->root_fd, name, 0700);
		fd = openat(s->root_fd, name, OPEN_DIR);
	}
	if (fd < 0 || fstat(fd, &st) < 0)
		return -1;
	/* Safe: only we can write there. */
	if (st.st_uid != s->uid || (st.st_mode & 077) != 0)
		return -1;
	return take_fd(&fd);
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

int store_list(struct store *s, char ***ret_ids, struct err *e)
{
	autodir DIR *dir = NULL;
	struct dirent *d;
	struct err ignored;
	char **ids = NULL;
	size_t room = 0;
	size_t n = 0;
	int fd = -1;

	if (s->root_fd >= 0) {
		fd = openat(s->root_fd, ".", OPEN_DIR);
		if (fd < 0)
			return err_sys(e, "list the containers in %s", s->root);
		dir = fdopendir(fd);
		if (!dir) {
			(void)close(fd);
			return err_set(e, ENOMEM, "list the containers in %s",
				       s->root);
		}
	}
	while (dir && (d = readdir(dir))) {
		if (d->d_type != DT_DIR && d->d_type != DT_UNKNOWN)
			continue;
		if (store_check_id(d->d_name, &ignored) < 0)
			continue;
		if (n + 1 >= room) {
			room = room ? room * 2 : 64;
			ids = mem_resize(ids, room, sizeof(*ids));
		}
		ids[n++] = str_dup(d->d_name);
	}
	if (!ids)
		ids = mem_zero(sizeof(*ids));
	ids[n] = NULL;
	qsort(ids, n, sizeof(*ids), by_name);
	*ret_ids = ids;
	return 0;
}

void store_free_ids(char **ids)
{
	for (size_t i = 0; ids && ids[i]; i++)
		free(ids[i]);
	free(ids);
}
