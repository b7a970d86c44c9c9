/* beneath.c - paths that a container's owner chose, resolved within its root.
 *
 * Theory of operation: what exists is one openat2(2).  Where something is
 * missing, a walk goes through the path by text: `done` is the part that is
 * resolved (no symlinks, no ".."), `rest` what is still to come.  Each step
 * opens `done` plus one component from root_fd again, so that a directory
 * which is moved away or swapped meanwhile can mislead the walk inside the
 * root, but never out of it.  Things are made by a parent's fd and a single
 * name, which mkdirat(2) and mknodat(2) never follow.
 */
#include "sys/beneath.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/own.h"

#define DIR_MODE  0755
#define FILE_MODE 0644
#define LINKS_MAX 40 /* as the kernel */
/* openat2 says EAGAIN when a rename anywhere raced with a "..". */
#define TRIES_MAX 128

struct walk {
	int root_fd;
	mode_t make; /* S_IFDIR, S_IFREG: the last component; 0: nothing */
	unsigned n_links;
	char done[PATH_MAX]; /* "" is the root */
	char rest[PATH_MAX];
};

/* Does the call itself end in EPERM? */
static bool is_refused(void)
{
	struct open_how how = { .flags = O_PATH | O_CLOEXEC };
	long fd = syscall(SYS_openat2, AT_FDCWD, "/", &how, sizeof(how));

	if (fd >= 0)
		(void)close((int)fd);
	return fd < 0 && errno == EPERM;
}

int beneath_open_how(int root_fd, const char *path, int flags, uint64_t resolve)
{
	struct open_how how = {
		.flags = (unsigned)flags | O_CLOEXEC,
		.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS | resolve,
	};
	int r = -EAGAIN;

	for (int i = 0; i < TRIES_MAX; i++) {
		r = (int)syscall(SYS_openat2, root_fd, path, &how, sizeof(how));
		if (r < 0)
			r = -errno;
		if (r != -EAGAIN && r != -EINTR)
			break;
	}
	/* A sandbox that does not know the call: nothing else is as safe. */
	return r == -EPERM && is_refused() ? -ENOSYS : r;
}

int beneath_open(int root_fd, const char *path, int flags)
{
	return beneath_open_how(root_fd, path, flags, 0);
}

static int walk_open(const struct walk *w, int flags)
{
	return beneath_open(w->root_fd, *w->done ? w->done : "/",
			    flags | O_PATH | O_NOFOLLOW);
}

/* Somebody else may have made it meanwhile: as good. */
static int make_one(int parent_fd, const char *name, mode_t type)
{
	int r;

	if (type == S_IFDIR)
		r = mkdirat(parent_fd, name, DIR_MODE);
	else
		r = mknodat(parent_fd, name, S_IFREG | FILE_MODE, 0);
	return r < 0 ? -errno : 0;
}

/* `done` without its last component: "" for "/x". */
static void cut_last(char *done)
{
	char *slash = strrchr(done, '/');

	*(slash ? slash : done) = '\0';
}

/* Puts the target of a symlink, which `done` is, before the rest. */
static int follow(struct walk *w, const char *target)
{
	char old[PATH_MAX];
	size_t len = strlen(target), old_len = strlen(w->rest);

	if (++w->n_links > LINKS_MAX)
		return -ELOOP;
	if (len + 1 + old_len >= sizeof(w->rest))
		return -ENAMETOOLONG;
	memcpy(old, w->rest, old_len + 1);
	memcpy(w->rest, target, len);
	w->rest[len] = '/';
	memcpy(w->rest + len + 1, old, old_len + 1);
	if (*target == '/')
		w->done[0] = '\0';
	else
		cut_last(w->done);
	return 0;
}

/* `done` is missing: makes it, a directory unless it is the last. */
static int make_missing(struct walk *w)
{
	bool last = w->rest[strspn(w->rest, "/")] == '\0';
	char *slash = strrchr(w->done, '/');
	autoclose int parent_fd = -1;
	int r;

	if (w->make == 0)
		return 0;
	*slash = '\0';
	parent_fd = walk_open(w, O_DIRECTORY);
	*slash = '/';
	if (parent_fd < 0)
		return parent_fd;
	r = make_one(parent_fd, slash + 1, last ? w->make : S_IFDIR);
	return r == -EEXIST ? 0 : r;
}

/* One component, which is neither "." nor "..", has come to `done`. */
static int enter(struct walk *w)
{
	autoclose int fd = walk_open(w, 0);
	char target[PATH_MAX];
	ssize_t n;

	if (fd == -ENOENT)
		return make_missing(w);
	if (fd < 0)
		return fd;
	n = readlinkat(fd, "", target, sizeof(target) - 1);
	if (n < 0)
		return 0; /* no symlink */
	target[n] = '\0';
	return follow(w, target);
}

/* Takes the next component from the rest.  0: there is none. */
static int step(struct walk *w)
{
	char *name = w->rest + strspn(w->rest, "/");
	size_t len = strcspn(name, "/"), used = strlen(w->done);
	int r = 1;

	if (len == 0)
		return 0;
	if (len == 2 && memcmp(name, "..", 2) == 0) {
		cut_last(w->done);
	} else if (len != 1 || *name != '.') {
		if (used + 1 + len >= sizeof(w->done))
			return -ENAMETOOLONG;
		w->done[used] = '/';
		memcpy(w->done + used + 1, name, len);
		w->done[used + 1 + len] = '\0';
		r = 2;
	}
	memmove(w->rest, name + len, strlen(name + len) + 1);
	if (r == 2)
		r = enter(w);
	return r < 0 ? r : 1;
}

static int walk(struct walk *w, int root_fd, const char *path, mode_t make)
{
	size_t len = strlen(path);
	int r;

	if (len >= sizeof(w->rest))
		return -ENAMETOOLONG;
	w->root_fd = root_fd;
	w->make = make;
	w->n_links = 0;
	w->done[0] = '\0';
	memcpy(w->rest, path, len + 1);
	do
		r = step(w);
	while (r > 0);
	return r;
}

int beneath_resolve(int root_fd, const char *path, char ret[PATH_MAX])
{
	struct walk w;
	int r = walk(&w, root_fd, path, 0);

	if (r < 0)
		return r;
	if (w.done[0] == '\0')
		memcpy(w.done, "/", 2);
	memcpy(ret, w.done, strlen(w.done) + 1);
	return 0;
}

static int make_by_walking(int root_fd, const char *path, mode_t type)
{
	struct walk w;
	int r = walk(&w, root_fd, path, type);

	return r < 0 ? r : walk_open(&w, type == S_IFDIR ? O_DIRECTORY : 0);
}

/* The length of what is before the last component, and the component; NULL
 * when there is none that could be made. */
static const char *split(const char *path, size_t *ret_len)
{
	const char *slash = strrchr(path, '/');
	const char *name = slash ? slash + 1 : path;

	if (*name == '\0' ||
	    (name[0] == '.' && name[1 + (name[1] == '.')] == '\0'))
		return NULL;
	*ret_len = (size_t)(name - path);
	return name;
}

int beneath_make_parent(int root_fd, const char *path, const char **ret_name)
{
	char parent[PATH_MAX] = "/";
	size_t len;
	const char *name = split(path, &len);
	int fd;

	if (!name)
		return -EINVAL;
	if (len >= sizeof(parent))
		return -ENAMETOOLONG;
	if (len > 0) {
		memcpy(parent, path, len);
		parent[len] = '\0';
	}
	fd = beneath_make_dir(root_fd, parent);
	if (fd >= 0)
		*ret_name = name;
	return fd;
}

static int make(int root_fd, const char *path, mode_t type)
{
	int flags = O_PATH | (type == S_IFDIR ? O_DIRECTORY : 0);
	int fd = beneath_open(root_fd, path, flags);
	autoclose int parent_fd = -1;
	const char *name;
	int r;

	if (fd != -ENOENT)
		return fd;
	/* The usual case, by fewer calls than a walk. */
	parent_fd = beneath_make_parent(root_fd, path, &name);
	if (parent_fd == -EINVAL)
		return make_by_walking(root_fd, path, type);
	if (parent_fd < 0)
		return parent_fd;
	r = make_one(parent_fd, name, type);
	/* There, and yet it could not be opened: a dangling symlink. */
	if (r == -EEXIST)
		return make_by_walking(root_fd, path, type);
	return r < 0 ? r : beneath_open(parent_fd, name, flags | O_NOFOLLOW);
}

int beneath_make_dir(int root_fd, const char *path)
{
	return make(root_fd, path, S_IFDIR);
}

int beneath_make_file(int root_fd, const char *path)
{
	return make(root_fd, path, S_IFREG);
}
