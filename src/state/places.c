/* places.c - the ladder of places where the state can be.
 *
 * Theory of operation: every call of one user must come to the same place,
 * from a login shell, from cron and from a batch job alike.  Hence the order
 * of store.h, in which each place is good only if nobody else can have put
 * it there.  Who creates takes the first place that can be used; who looks
 * takes the first that is there.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "base/own.h"
#include "base/str.h"
#include "plan/caller.h"
#include "state/internal.h"
#include "state/store.h"

#define ROOT_OF_ROOT "/run/rootlet"

/* With all parents, as `mkdir -p`.  0 or -errno. */
static int make_dirs(const char *path)
{
	autofree char *copy = str_dup(path);

	for (char *p = copy + 1; *p; p++) {
		if (*p != '/')
			continue;
		*p = '\0';
		if (mkdir(copy, 0755) < 0 && errno != EEXIST)
			return -errno;
		*p = '/';
	}
	return mkdir(copy, 0700) < 0 && errno != EEXIST ? -errno : 0;
}

static char *make_absolute(const char *path)
{
	autofree char *cwd = NULL;

	if (path[0] == '/')
		return str_dup(path);
	cwd = getcwd(NULL, 0);
	return str_format("%s/%s", cwd ? cwd : "", path);
}

/* A place that we are told, or root's.  Who can write there is the affair of
 * who told us. */
static int open_told(struct store *s, bool given, bool make, struct err *e)
{
	int r;

	s->root_fd = open(s->root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (s->root_fd >= 0)
		return 0;
	if (errno == ENOENT && make) {
		r = make_dirs(s->root);
		if (r < 0) {
			(void)err_errno(e, r, "make the state directory %s",
					s->root);
			return err_hint(e, "Name another with --root");
		}
		s->root_fd = open(s->root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (s->root_fd >= 0)
			return 0;
	}
	if (errno == ENOENT && !given)
		return 0;
	(void)err_sys(e, "open the state directory %s", s->root);
	return err_hint(e, given ? "Look at what was given with --root"
				 : "Name another with --root");
}

/* Ours, with no rights in `forbidden` for others?  */
static bool is_safe(const struct stat *st, uid_t uid, mode_t forbidden)
{
	return S_ISDIR(st->st_mode) && st->st_uid == uid &&
	       (st->st_mode & forbidden) == 0;
}

/* The fd of the place, or -1. */
static int open_place(const char *path, uid_t uid, mode_t forbidden)
{
	autoclose int fd = open(path, OPEN_DIR);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0 || !is_safe(&st, uid, forbidden))
		return -1;
	return take_fd(&fd);
}

struct place {
	char *parent; /* owned; NULL: /tmp, where anybody may make things */
	char *path; /* owned; NULL: not asked for yet */
};

static void places_done(struct place *places)
{
	for (size_t i = 0; i < 3; i++) {
		free(places[i].parent);
		free(places[i].path);
	}
}

static size_t places_list(uid_t uid, struct place *places)
{
	const char *xdg = getenv("XDG_RUNTIME_DIR");
	size_t n = 0;

	if (xdg && xdg[0] == '/')
		places[n++].parent = str_dup(xdg);
	places[n++].parent = str_format("/run/user/%u", (unsigned)uid);
	for (size_t i = 0; i < n; i++)
		places[i].path = str_format("%s/rootlet", places[i].parent);
	return n + 1;
}

/* All mapped roots share /tmp, and there no name that one may take. */
static char *place_in_tmp(uid_t uid)
{
	return str_format("/tmp/rootlet-%u", (unsigned)caller_uid_outside(uid));
}

/* Who looks asks the same of the parent as who creates: where that became
 * writable for others meanwhile, both go on to the next place. */
static int try_place(const struct place *p, uid_t uid, bool make)
{
	struct stat st;

	if (p->parent && (stat(p->parent, &st) < 0 || !is_safe(&st, uid, 022)))
		return -1;
	if (make && mkdir(p->path, 0700) < 0 && errno != EEXIST)
		return -1;
	return open_place(p->path, uid, p->parent ? 022 : 077);
}

static int no_place(const struct place *last, struct err *e)
{
	(void)err_set(e, EACCES,
		      "no place to remember containers in: neither below "
		      "XDG_RUNTIME_DIR nor /run/user nor as %s, which must be "
		      "yours with mode 0700 and no symlink",
		      last->path);
	return err_hint(e, "Set XDG_RUNTIME_DIR to a directory of yours, or "
			   "name one with --root");
}

static int open_ladder(uid_t uid, bool make, struct store *s, struct err *e)
{
	struct place places[3] = { 0 };
	size_t n = places_list(uid, places);
	size_t i;
	int r = 0;

	for (i = 0; i < n && s->root_fd < 0; i++) {
		if (!places[i].path)
			places[i].path = place_in_tmp(uid);
		s->root_fd = try_place(&places[i], uid, make);
		if (s->root_fd >= 0)
			s->root = str_dup(places[i].path);
	}
	if (s->root_fd < 0 && make)
		r = no_place(&places[n - 1], e);
	else if (s->root_fd < 0)
		s->root = str_dup(places[0].path);
	places_done(places);
	return r;
}

int store_open(const char *root, uid_t uid, bool privileged, bool make,
	       struct store *ret, struct err *e)
{
	struct store s = STORE_INIT;
	int r;

	s.uid = uid;
	if (root && *root == '\0')
		return err_set(e, EINVAL, "--root is empty");
	if (root)
		s.root = make_absolute(root);
	else if (privileged)
		s.root = str_dup(ROOT_OF_ROOT);
	r = s.root ? open_told(&s, root != NULL, make, e)
		   : open_ladder(uid, make, &s, e);
	if (r < 0) {
		store_done(&s);
		return r;
	}
	*ret = s;
	return 0;
}
