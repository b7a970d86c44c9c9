/* copyup.c - a tmpfs that begins with what it covers (option tmpcopyup).
 *
 * Theory of operation: the tree is walked by fd, one directory and two fds a
 * level, so it takes the same memory whatever its size; and nothing is followed
 * that the image, or somebody who shares it, may have put there: no symlink, no
 * other mount, no name twice.  The copy lies in a mount that nobody else sees
 * yet, so there a name is as good as an fd.
 *
 * Hard links stay hard links without a list of them in memory: the first of its
 * inode gets a second name in a directory of the new filesystem, where the
 * others find it; that directory goes at the end.
 *
 * What this caller may not read, make or give away is left out or stays the
 * container root's, without its set-id bits; the caller of copyup() says so.
 */
#include "fs/copyup.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <linux/xattr.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/err.h"
#include "base/mem.h"
#include "base/own.h"
#include "base/str.h"
#include "plan/plan.h"
#include "sys/beneath.h"

#define DEPTH_MAX   256
#define BUFFER_SIZE (128UL * 1024) /* >= XATTR_SIZE_MAX, XATTR_LIST_MAX */

struct copy {
	const struct plan_mount *m;
	int from_fd, top_fd; /* the directory below, the new filesystem */
	int links_fd; /* the directory of first links, or -1: none yet */
	char links_name[32];
	char path[PATH_MAX]; /* of what is being copied, from m->dest on */
	unsigned depth;
	bool lost; /* something could not be had */
	char *buffer;
	struct err *e;
};

/* One thing on both sides; to_fd -1: only a name of it can be had. */
struct item {
	int from_fd, to_fd;
	int to_dir_fd;
	const char *name;
	struct stat st;
	bool foreign; /* its owner is not mapped; shows as the overflow id */
};

static int failed(struct copy *c, int code, const char *what)
{
	(void)err_errno(c->e, code, "tmpcopyup at %s: %s %s", c->m->dest, what,
			*c->path ? c->path : "/");
	if (code == -ENOSPC || code == -ENOMEM)
		return err_hint(c->e, "the tmpfs is too small for what it "
				      "covers: give it the option size= (and "
				      "nr_inodes=) with more, or remove "
				      "tmpcopyup");
	return code;
}

/* Refused to this caller: it is left out, or stays as it was made. */
static bool is_loss(struct copy *c, int code)
{
	bool loss = code == -EPERM || code == -EACCES || code == -EINVAL ||
		    code == -EOPNOTSUPP || code == -EOVERFLOW;

	c->lost |= loss;
	return loss;
}

static int result(int r)
{
	return r < 0 ? -errno : 0;
}

/* --- attributes */

static int copy_xattr(struct copy *c, const struct item *i, const char *name)
{
	ssize_t n = fgetxattr(i->from_fd, name, c->buffer, BUFFER_SIZE);
	int r = n < 0 ? -errno : 0;

	if (r == 0)
		r = result(fsetxattr(i->to_fd, name, c->buffer, (size_t)n, 0));
	if (r == 0 || r == -ENODATA || is_loss(c, r))
		return 0;
	return failed(c, r, "copy the extended attributes of");
}

/* A label of SELinux is for the policy to choose, or for linux.mountLabel. */
static int copy_xattrs(struct copy *c, const struct item *i)
{
	ssize_t n = flistxattr(i->from_fd, c->buffer, BUFFER_SIZE);
	autofree char *names = NULL;
	int r = 0;

	if (n <= 0)
		return 0;
	names = mem_dup(c->buffer, (size_t)n);
	for (const char *name = names; r == 0 && name < names + n;
	     name += strlen(name) + 1)
		if (!str_eq(name, XATTR_NAME_SELINUX))
			r = copy_xattr(c, i, name);
	return r;
}

/* After its content; the owner first, as a change of it takes bits of the mode
 * and the capabilities away. */
static int copy_attributes(struct copy *c, const struct item *i)
{
	const struct timespec times[2] = { i->st.st_atim, i->st.st_mtim };
	mode_t mode = i->st.st_mode & 07777;
	int r = -EPERM;

	/* Somebody may have the overflow id by right: it is not given to what
	 * belongs to nobody here. */
	if (!i->foreign)
		r = result(fchown(i->to_fd, i->st.st_uid, i->st.st_gid));
	if (r < 0 && !is_loss(c, r))
		return failed(c, r, "set the owner of");
	if (r < 0)
		mode &= ~(mode_t)(S_ISUID | S_ISGID);
	r = result(fchmod(i->to_fd, mode));
	if (r == 0)
		r = copy_xattrs(c, i);
	else
		r = failed(c, r, "set the mode of");
	if (r == 0 && futimens(i->to_fd, times) < 0)
		r = failed(c, -errno, "set the times of");
	return r;
}

/* The same for what can't be opened: symlinks and special files. */
static int name_attributes(struct copy *c, const struct item *i)
{
	const struct timespec times[2] = { i->st.st_atim, i->st.st_mtim };
	int r = result(fchownat(i->to_dir_fd, i->name, i->st.st_uid,
				i->st.st_gid, AT_SYMLINK_NOFOLLOW));

	if (r < 0 && !is_loss(c, r))
		return failed(c, r, "set the owner of");
	if (!S_ISLNK(i->st.st_mode) &&
	    fchmodat(i->to_dir_fd, i->name, i->st.st_mode & 0777, 0) < 0)
		return failed(c, -errno, "set the mode of");
	if (utimensat(i->to_dir_fd, i->name, times, AT_SYMLINK_NOFOLLOW) < 0)
		return failed(c, -errno, "set the times of");
	return 0;
}

/* --- hard links */

/* Its name in the directory of first links. */
static void link_key(const struct stat *st, char *key, size_t size)
{
	(void)snprintf(key, size, "%llx-%llx", (unsigned long long)st->st_dev,
		       (unsigned long long)st->st_ino);
}

/* A name that the tree does not have itself. */
static int make_links_dir(struct copy *c)
{
	int r;

	for (unsigned i = 0; c->links_fd < 0; i++) {
		(void)snprintf(c->links_name, sizeof(c->links_name),
			       ".tmpcopyup-%u", i);
		if (faccessat(c->from_fd, c->links_name, F_OK,
			      AT_SYMLINK_NOFOLLOW) == 0)
			continue;
		r = result(mkdirat(c->top_fd, c->links_name, 0700));
		if (r < 0)
			return failed(c, r, "make a directory for links of");
		c->links_fd = beneath_open(c->top_fd, c->links_name,
					   O_RDONLY | O_DIRECTORY);
		if (c->links_fd < 0)
			return failed(c, c->links_fd, "open the links of");
	}
	return 0;
}

/* 1: it was there and is a link now. */
static int find_link(struct copy *c, const struct item *i)
{
	char key[40];

	if (c->links_fd < 0)
		return 0;
	link_key(&i->st, key, sizeof(key));
	if (linkat(c->links_fd, key, i->to_dir_fd, i->name, 0) == 0)
		return 1;
	return errno == ENOENT ? 0 : failed(c, -errno, "link");
}

static int keep_link(struct copy *c, const struct item *i)
{
	char key[40];
	int r = make_links_dir(c);

	if (r < 0)
		return r;
	link_key(&i->st, key, sizeof(key));
	if (linkat(i->to_dir_fd, i->name, c->links_fd, key, 0) < 0)
		return failed(c, -errno, "keep the link of");
	return 0;
}

static int drop_links(struct copy *c)
{
	autodir DIR *dir = NULL;
	const struct dirent *entry;

	if (c->links_fd < 0)
		return 0;
	dir = fdopendir(c->links_fd);
	if (!dir)
		return failed(c, -errno, "read the links of");
	c->links_fd = -1;
	while ((entry = readdir(dir)))
		if (entry->d_name[0] != '.')
			(void)unlinkat(dirfd(dir), entry->d_name, 0);
	if (unlinkat(c->top_fd, c->links_name, AT_REMOVEDIR) < 0)
		return failed(c, -errno, "remove the links of");
	return 0;
}

/* --- one thing of each kind */

/* `len` bytes from where both are. */
static int copy_range(struct copy *c, const struct item *i, off_t at, off_t end)
{
	while (at < end) {
		size_t room = BUFFER_SIZE;
		ssize_t n;

		if (end - at < (off_t)room)
			room = (size_t)(end - at);
		n = pread(i->from_fd, c->buffer, room, at);
		if (n < 0)
			return failed(c, -errno, "read");
		if (n == 0)
			return 0; /* it got shorter meanwhile */
		n = pwrite(i->to_fd, c->buffer, (size_t)n, at);
		if (n <= 0)
			return failed(c, n < 0 ? -errno : -EIO, "write");
		at += n;
	}
	return 0;
}

/* Holes stay holes: what is on the disk counts, not what it looks like. */
static int copy_content(struct copy *c, const struct item *i)
{
	off_t at = 0;
	int r = 0;

	if (ftruncate(i->to_fd, i->st.st_size) < 0)
		return failed(c, -errno, "set the size of");
	while (r == 0 && at < i->st.st_size) {
		off_t data = lseek(i->from_fd, at, SEEK_DATA), end;

		if (data < 0 && errno == ENXIO)
			break;
		if (data < 0)
			data = at;
		end = lseek(i->from_fd, data, SEEK_HOLE);
		if (end <= data || end > i->st.st_size)
			end = i->st.st_size;
		r = copy_range(c, i, data, end);
		at = end;
	}
	return r;
}

/* O_NOATIME is for the owner, or for root over an owner who is mapped: so it
 * tells whether this one is. */
static int open_quietly(int dir_fd, struct item *i, int flags)
{
	int fd;

	flags |= O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY;
	fd = beneath_open_how(dir_fd, i->name, flags | O_NOATIME,
			      RESOLVE_NO_XDEV);
	i->foreign = fd == -EPERM;
	if (!i->foreign)
		return fd;
	return beneath_open_how(dir_fd, i->name, flags, RESOLVE_NO_XDEV);
}

/* What is there by now must be what we looked at. */
static int open_same(int dir_fd, struct item *i, int flags)
{
	autoclose int fd = open_quietly(dir_fd, i, flags);
	struct stat st;

	if (fd < 0)
		return fd;
	if (fstat(fd, &st) < 0)
		return -errno;
	if (st.st_dev != i->st.st_dev || st.st_ino != i->st.st_ino ||
	    (st.st_mode & S_IFMT) != (i->st.st_mode & S_IFMT))
		return -ESTALE;
	i->st = st;
	return take_fd(&fd);
}

static int copy_file(struct copy *c, int dir_fd, struct item *i)
{
	autoclose int from_fd = -1, to_fd = -1;
	int r = i->st.st_nlink > 1 ? find_link(c, i) : 0;

	if (r != 0)
		return r < 0 ? r : 0;
	i->from_fd = from_fd = open_same(dir_fd, i, 0);
	if (from_fd < 0)
		return is_loss(c, from_fd) ? 0 : failed(c, from_fd, "open");
	i->to_fd = to_fd = openat(i->to_dir_fd, i->name,
				  O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC,
				  0600);
	if (to_fd < 0)
		return failed(c, -errno, "make");
	r = copy_content(c, i);
	if (r == 0)
		r = copy_attributes(c, i);
	return r == 0 && i->st.st_nlink > 1 ? keep_link(c, i) : r;
}

static int copy_symlink(struct copy *c, int link_fd, const struct item *i)
{
	char target[PATH_MAX];
	ssize_t n = readlinkat(link_fd, "", target, sizeof(target) - 1);

	if (n < 0)
		return failed(c, -errno, "read the symlink");
	target[n] = '\0';
	if (symlinkat(target, i->to_dir_fd, i->name) < 0)
		return failed(c, -errno, "make the symlink");
	return name_attributes(c, i);
}

static int copy_special(struct copy *c, const struct item *i)
{
	int r = result(mknodat(i->to_dir_fd, i->name,
			       (i->st.st_mode & S_IFMT) | 0600, i->st.st_rdev));

	if (r < 0)
		return is_loss(c, r) ? 0 : failed(c, r, "make");
	return name_attributes(c, i);
}

static int copy_dir(struct copy *c, int dir_fd, struct item *i);

/* dir_fd/name to to_dir_fd/name. */
static int copy_one(struct copy *c, int dir_fd, int to_dir_fd, const char *name)
{
	struct item i = {
		.from_fd = -1,
		.to_fd = -1,
		.to_dir_fd = to_dir_fd,
		.name = name,
	};
	autoclose int fd = beneath_open_how(dir_fd, name, O_PATH | O_NOFOLLOW,
					    RESOLVE_NO_XDEV);

	if (fd == -EXDEV) {
		c->lost = true; /* another mount: it stays below */
		return 0;
	}
	if (fd == -ENOENT)
		return 0; /* gone meanwhile */
	if (fd < 0)
		return failed(c, fd, "open");
	if (fstat(fd, &i.st) < 0)
		return failed(c, -errno, "look at");
	switch (i.st.st_mode & S_IFMT) {
	case S_IFDIR:
		own_close(&fd);
		return copy_dir(c, dir_fd, &i);
	case S_IFREG:
		return copy_file(c, dir_fd, &i);
	case S_IFLNK:
		return copy_symlink(c, fd, &i);
	default:
		return copy_special(c, &i);
	}
}

/* --- the tree */

static int copy_entries(struct copy *c, DIR *from, int to_fd)
{
	size_t used = strlen(c->path);
	const struct dirent *entry;
	int r = 0;

	while (r == 0) {
		errno = 0;
		entry = readdir(from);
		if (!entry)
			return errno ? failed(c, -errno, "read") : 0;
		if (str_eq(entry->d_name, ".") || str_eq(entry->d_name, ".."))
			continue;
		if (used + strlen(entry->d_name) + 2 > sizeof(c->path))
			return failed(c, -ENAMETOOLONG, "go on below");
		(void)snprintf(c->path + used, sizeof(c->path) - used, "/%s",
			       entry->d_name);
		r = copy_one(c, dirfd(from), to_fd, entry->d_name);
		if (r == 0)
			c->path[used] = '\0';
	}
	return r;
}

static int copy_dir(struct copy *c, int dir_fd, struct item *i)
{
	autoclose int from_fd = open_same(dir_fd, i, O_DIRECTORY);
	autoclose int to_fd = -1;
	autodir DIR *from = NULL;
	int r;

	if (from_fd < 0)
		return is_loss(c, from_fd) ? 0 : failed(c, from_fd, "open");
	from = fdopendir(from_fd);
	if (!from)
		return failed(c, -errno, "read");
	i->from_fd = take_fd(&from_fd);
	if (++c->depth > DEPTH_MAX)
		return failed(c, -ELOOP, "too many directories above");
	if (mkdirat(i->to_dir_fd, i->name, 0700) < 0)
		return failed(c, -errno, "make");
	to_fd = openat(i->to_dir_fd, i->name,
		       O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (to_fd < 0)
		return failed(c, -errno, "open the copy of");
	i->to_fd = to_fd;
	r = copy_entries(c, from, to_fd);
	c->depth--;
	return r < 0 ? r : copy_attributes(c, i);
}

/* The owner and the attributes of the directory itself; its mode is that of the
 * mount already, see dest_gives_mode(). */
static int copy_top(struct copy *c, bool foreign)
{
	const struct plan_mount *m = c->m;
	struct item i = {
		.from_fd = c->from_fd,
		.to_fd = c->top_fd,
		.foreign = foreign,
	};
	struct stat to;

	if (fstat(c->from_fd, &i.st) < 0 || fstat(c->top_fd, &to) < 0)
		return failed(c, -errno, "look at");
	if (plan_mount_has(m, "uid"))
		i.st.st_uid = to.st_uid;
	if (plan_mount_has(m, "gid"))
		i.st.st_gid = to.st_gid;
	i.st.st_mode = to.st_mode;
	return copy_attributes(c, &i);
}

static int copy_all(struct copy *c, DIR *from, bool foreign)
{
	int r = copy_entries(c, from, c->top_fd);

	if (r == 0)
		r = drop_links(c);
	own_close(&c->links_fd);
	return r == 0 ? copy_top(c, foreign) : r;
}

int copyup(const struct plan_mount *m, int below_fd, int mount_fd,
	   struct err *e)
{
	autofree char *buffer = mem_zero(BUFFER_SIZE);
	struct item below = { .name = "." };
	autoclose int from_fd = open_quietly(below_fd, &below, O_DIRECTORY);
	autoclose int top_fd = beneath_open(mount_fd, ".",
					    O_RDONLY | O_DIRECTORY);
	autodir DIR *from = NULL;
	struct copy c = {
		.m = m,
		.from_fd = from_fd,
		.top_fd = top_fd,
		.links_fd = -1,
		.buffer = buffer,
		.e = e,
	};
	int r;

	if (from_fd < 0)
		return failed(&c, from_fd, "open the directory below,");
	if (top_fd < 0)
		return failed(&c, top_fd, "open the new filesystem for");
	from = fdopendir(from_fd);
	if (!from)
		return failed(&c, -errno, "read");
	(void)take_fd(&from_fd);
	r = copy_all(&c, from, below.foreign);
	return r < 0 ? r : c.lost;
}
