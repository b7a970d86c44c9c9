/* internal.h - what the files of cgroup/ share among themselves. */
#pragma once

#include <fcntl.h>

struct err;
struct strbuf;

#define CGROUP_OPEN_DIR (O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
/* Of a directory that was made only to have a container's in it. */
#define CGROUP_MARK "user.rootlet"

/* What to do with each cgroup of a tree; either may be NULL.  What they return
 * other than 0 ends the walk. */
struct cgroup_visitor {
	int (*enter)(int dir_fd, void *arg); /* before those below it */
	/* After them; not with the uppermost. */
	int (*leave)(int above_fd, const char *name, void *arg);
	void *arg;
};
/* walk.c: 0, -errno, or what the visitor returned.  Those that are removed
 * meanwhile are passed over. */
int cgroup_walk(int dir_fd, const struct cgroup_visitor *v);

/* Removes it with all that is below, as long as there is nobody in there:
 * -EBUSY.  What was below may be gone then. */
int cgroup_rmdir_empty(int at_fd, const char *name);
/* enable.c: the controllers for the children of that cgroup; -EBUSY where
 * somebody is in it.  And their names as the kernel takes them: "+cpu +pids ". */
int cgroup_pass_on(int at_fd, unsigned controllers);
void cgroup_add_names(struct strbuf *b, unsigned controllers);
/* cgroupfs.c: everybody in the cgroup moves to its child of that name, which
 * is made; path is for errors. */
int cgroup_move_to_leaf(int at_fd, const char *leaf, const char *path,
			struct err *e);
/* Those above path, which is below mount, that are marked and empty. */
void cgroup_remove_marked_above(const char *mount, const char *path);
