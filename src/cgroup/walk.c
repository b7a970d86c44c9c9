/* walk.c - goes through a cgroup and all that are below it.
 *
 * Theory of operation: a container may make cgroups in its own, as deep as it
 * likes.  So the walk keeps one directory open and not one for each level, and
 * does not call itself; what it has still to visit on each level are names.
 * Back up leads "..", which stays what it was: the kernel renames no cgroup.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/own.h"
#include "base/str.h"
#include "cgroup/internal.h"

/* The children of a cgroup that are not done yet: names behind each other, each
 * with its '\0'. */
struct level {
	char *names; /* owned; NULL: none */
	size_t at, len, room;
};

struct levels {
	struct level *v; /* owned */
	size_t n, room;
};

static void levels_done(struct levels *l)
{
	for (size_t i = 0; i < l->n; i++)
		free(l->v[i].names);
	free(l->v);
}

static void add_name(struct level *l, const char *name)
{
	size_t size = strlen(name) + 1;

	while (l->len + size > l->room) {
		l->room = l->room ? 2 * l->room : 256;
		l->names = mem_resize(l->names, l->room, 1);
	}
	memcpy(l->names + l->len, name, size);
	l->len += size;
}

/* One that is gone has none below it. */
static int add_level(struct levels *l, int dir_fd)
{
	/* Not a duplicate, which would share its place in the directory. */
	int fd = openat(dir_fd, ".", CGROUP_OPEN_DIR);
	autodir DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	struct level *added;
	struct dirent *d;

	if (!dir && errno != ENOENT && errno != ENODEV) {
		int r = -errno;

		own_close(&fd);
		return r;
	}
	if (l->n == l->room) {
		l->room = l->room ? 2 * l->room : 16;
		l->v = mem_resize(l->v, l->room, sizeof(*l->v));
	}
	added = &l->v[l->n++];
	*added = (struct level){ 0 };
	while (dir && (d = readdir(dir)))
		if (d->d_type == DT_DIR && !str_eq(d->d_name, ".") &&
		    !str_eq(d->d_name, ".."))
			add_name(added, d->d_name);
	return 0;
}

static char *current(const struct level *l)
{
	return l->names + l->at;
}

static void next(struct level *l)
{
	l->at += strlen(current(l)) + 1;
}

/* *fd becomes that of the current child of the level. */
static int go_down(int *fd, struct levels *l, const struct cgroup_visitor *v)
{
	struct level *level = &l->v[l->n - 1];
	int child = openat(*fd, current(level), CGROUP_OPEN_DIR);
	int r;

	if (child < 0) {
		r = errno == ENOENT || errno == ENODEV ? 0 : -errno;
		next(level);
		return r;
	}
	own_close(fd);
	*fd = child;
	r = add_level(l, child);
	return r == 0 && v->enter ? v->enter(child, v->arg) : r;
}

/* All of the level are done. */
static int go_up(int *fd, struct levels *l, const struct cgroup_visitor *v)
{
	struct level *above;
	int parent;
	int r = 0;

	free(l->v[--l->n].names);
	if (l->n == 0)
		return 0;
	parent = openat(*fd, "..", CGROUP_OPEN_DIR);
	if (parent < 0)
		return -errno;
	own_close(fd);
	*fd = parent;
	above = &l->v[l->n - 1];
	if (v->leave)
		r = v->leave(parent, current(above), v->arg);
	next(above);
	return r;
}

int cgroup_walk(int dir_fd, const struct cgroup_visitor *v)
{
	auto(levels) struct levels l = { 0 };
	autoclose int fd = openat(dir_fd, ".", CGROUP_OPEN_DIR);
	int r;

	if (fd < 0)
		return -errno;
	r = add_level(&l, fd);
	if (r == 0 && v->enter)
		r = v->enter(fd, v->arg);
	while (r == 0 && l.n > 0) {
		const struct level *level = &l.v[l.n - 1];

		r = level->at < level->len ? go_down(&fd, &l, v)
					   : go_up(&fd, &l, v);
	}
	return r;
}
