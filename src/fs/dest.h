/* dest.h - where a mount goes: its destination, resolved within the root. */
#pragma once

#include <stdbool.h>

struct err;
struct fs;
struct plan;
struct plan_mount;

/* The same as dir, or below it?  By the text alone; "//" and "/./" are one
 * slash, and nothing with ".." is below anything. */
bool dest_is_below(const char *path, const char *dir);

/* Does m, a tmpfs without mode=, look like the directory that it covers?  One
 * whose mount point had to be made keeps the kernel's 1777, as with runc. */
bool dest_gives_mode(const struct plan_mount *m);

/* The O_PATH fd of m's mount point, a directory or a file, made when missing,
 * and verified after it was opened: no symlink for proc and sysfs, and no
 * place inside a procfs but the few files that lxcfs and its like cover. */
int dest_open(const struct fs *fs, const struct plan *plan,
	      const struct plan_mount *m, bool is_dir, struct err *e);
