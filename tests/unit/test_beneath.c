/* test_beneath.c - tests of sys/beneath.c, in a directory of its own. */
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/own.h"
#include "sys/beneath.h"
#include "test.h"

static int root_fd = -1;
static char top[] = "/tmp/test_beneath.XXXXXX";

/* "dir", "file", "link", "none" of a path of the real file system. */
static const char *kind(const char *below_top)
{
	char path[PATH_MAX];
	struct stat st;

	(void)snprintf(path, sizeof(path), "%s/%s", top, below_top);
	if (lstat(path, &st) < 0)
		return "none";
	return S_ISDIR(st.st_mode)   ? "dir"
	       : S_ISREG(st.st_mode) ? "file"
	       : S_ISLNK(st.st_mode) ? "link"
				     : "else";
}

/* Closes what a call has opened. */
static int closed(int fd)
{
	if (fd >= 0)
		(void)close(fd);
	return fd < 0 ? fd : 0;
}

static void set_up(void)
{
	static const char *const targets[][2] = {
		{ "up", "../../../../../../outside" },
		{ "abs", "/a" },
		{ "dangling", "/made/here" },
		{ "relative", "a/../b" },
		{ "loop", "loop" },
		{ "magic", "/proc/self/root" },
		{ "a/out", "../../new" },
	};

	if (!mkdtemp(top))
		exit(99);
	root_fd = open(top, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (mkdirat(root_fd, "outside", 0700) < 0 ||
	    mkdirat(root_fd, "root", 0755) < 0)
		exit(99);
	own_close(&root_fd);
	(void)!chdir(top);
	root_fd = open("root", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (mkdirat(root_fd, "a", 0755) < 0 ||
	    mknodat(root_fd, "file", S_IFREG | 0644, 0) < 0)
		exit(99);
	for (size_t i = 0; i < sizeof(targets) / sizeof(*targets); i++)
		if (symlinkat(targets[i][1], root_fd, targets[i][0]) < 0)
			exit(99);
}

static void symlinks_stay_inside(void)
{
	is_int(closed(beneath_open(root_fd, "/abs", O_PATH | O_DIRECTORY)), 0,
	       "an absolute symlink starts at the root");
	is_int(closed(beneath_open(root_fd, "/up", O_PATH)), -ENOENT,
	       "\"..\" does not get out");
	is_int(closed(beneath_open(root_fd, "../../outside", O_PATH)), -ENOENT,
	       "nor does it in the path itself");
	is_int(closed(beneath_open(root_fd, "loop", O_PATH)), -ELOOP,
	       "a symlink to itself");
	is_int(closed(beneath_open_how(root_fd, "/abs", O_PATH,
				       RESOLVE_NO_SYMLINKS)),
	       -ELOOP, "no symlink when none may be");
}

static void magic_links_are_refused(void)
{
	autoclose int slash_fd = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);

	is_int(closed(beneath_open(slash_fd, "/proc/self/root", O_PATH)),
	       -ELOOP, "the root of /proc/self");
	is_int(closed(beneath_make_dir(slash_fd, "/proc/self/cwd/x")), -ELOOP,
	       "nothing is made behind one");
}

static void what_is_missing_gets_made(void)
{
	struct stat st;
	mode_t mask = umask(022);

	is_int(closed(beneath_make_dir(root_fd, "/n1/n2/n3/")), 0,
	       "a directory with its parents, and a slash at the end");
	is_str(kind("root/n1/n2/n3"), "dir", "they are there");
	(void)stat("root/n1", &st);
	is_int(st.st_mode & 07777, 0755, "with mode 0755");
	is_int(closed(beneath_make_file(root_fd, "f1/f2")), 0, "a file");
	is_str(kind("root/f1/f2"), "file", "is one");
	(void)stat("root/f1/f2", &st);
	is_int(st.st_mode & 07777, 0644, "with mode 0644");
	is_int(closed(beneath_make_file(root_fd, "f1/f2")), 0, "twice is fine");
	is_int(closed(beneath_make_dir(root_fd, "f1/f2")), -ENOTDIR,
	       "a directory where a file is");
	is_int(closed(beneath_make_dir(root_fd, "file/x")), -ENOTDIR,
	       "below a file");
	is_int(closed(beneath_make_dir(root_fd, "/")), 0, "the root is there");
	(void)umask(mask);
}

static void dangling_symlinks_are_made(void)
{
	is_int(closed(beneath_make_dir(root_fd, "/dangling/x")), 0,
	       "through a dangling symlink");
	is_str(kind("root/made/here/x"), "dir", "its target is made");
	is_int(closed(beneath_make_dir(root_fd, "/up")), 0,
	       "a dangling symlink that wants to get out");
	is_str(kind("root/outside"), "dir", "is made inside");
	is_int(closed(beneath_make_file(root_fd, "a/out")), 0,
	       "a dangling symlink in the last component, to a file");
	is_str(kind("root/new"), "file", "is made inside");
	is_str(kind("new"), "none", "not outside");
	is_int(closed(beneath_make_dir(root_fd, "loop/x")), -ELOOP,
	       "a loop ends");
	is_int(closed(beneath_make_dir(root_fd, "m1/../m2/./m3")), 0,
	       "\"..\" after something missing");
	is_str(kind("root/m2/m3"), "dir", "is made");
}

static void parents(void)
{
	const char *name = "untouched";

	is_int(closed(beneath_make_parent(root_fd, "/p1/p2/last", &name)), 0,
	       "a parent is made");
	is_str(name, "last", "the name is the rest");
	is_str(kind("root/p1/p2"), "dir", "the parent is there");
	is_str(kind("root/p1/p2/last"), "none", "the last is not");
	is_int(closed(beneath_make_parent(root_fd, "/x", &name)), 0,
	       "in the root itself");
	is_str(name, "x", "its name");
	is_int(closed(beneath_make_parent(root_fd, "/", &name)), -EINVAL,
	       "the root has no parent");
	is_int(closed(beneath_make_parent(root_fd, "/a/..", &name)), -EINVAL,
	       "\"..\" is no name");
	is_int(closed(beneath_make_parent(root_fd, "/a/...", &name)), 0,
	       "three dots are");
	is_str(name, "...", "its name");
}

static void paths_are_resolved(void)
{
	char path[PATH_MAX], many[PATH_MAX + 8];

	is_int(beneath_resolve(root_fd, "/relative/c/../d", path), 0,
	       "a path with a symlink and what is missing");
	is_str(path, "/b/d", "is told without them");
	is_int(beneath_resolve(root_fd, "abs/../../..", path), 0, "up and up");
	is_str(path, "/", "is the root");
	memset(many, 'x', sizeof(many) - 1);
	many[sizeof(many) - 1] = '\0';
	is_int(beneath_resolve(root_fd, many, path), -ENAMETOOLONG,
	       "a path that is too long");
	is_int(closed(beneath_make_dir(root_fd, many)), -ENAMETOOLONG,
	       "is not made either");
}

static void unwritable(void)
{
	if (geteuid() == 0) {
		skip("a directory that can't be written", "run as root");
		return;
	}
	(void)chmod("root/a", 0555);
	is_int(closed(beneath_make_dir(root_fd, "/a/no")), -EACCES,
	       "a directory that can't be written");
	(void)chmod("root/a", 0755);
}

static int remove_one(const char *path, const struct stat *st, int type,
		      struct FTW *at)
{
	(void)st;
	(void)type;
	(void)at;
	return remove(path);
}

int main(void)
{
	set_up();
	symlinks_stay_inside();
	magic_links_are_refused();
	what_is_missing_gets_made();
	dangling_symlinks_are_made();
	parents();
	paths_are_resolved();
	unwritable();
	own_close(&root_fd);
	(void)nftw(top, remove_one, 8, FTW_DEPTH | FTW_PHYS);
	return done();
}
