/* beneath.h - paths that a container's owner chose, resolved within its root.
 *
 * openat2(2) with RESOLVE_IN_ROOT: symlinks and ".." can't leave root_fd, and
 * magic links are refused.  All return an fd (O_CLOEXEC) or -errno.
 */
#pragma once

#include <limits.h>
#include <stdint.h>
#include <sys/types.h>

/* flags as of open(2), O_PATH mostly; O_CREAT may not be given. */
int beneath_open(int root_fd, const char *path, int flags);
/* With more RESOLVE_* of <linux/openat2.h>.  RESOLVE_NO_SYMLINKS: -ELOOP where
 * any component is a symlink; RESOLVE_NO_XDEV: -EXDEV at a mount point. */
int beneath_open_how(int root_fd, const char *path, int flags,
		     uint64_t resolve);

/* The O_PATH fd of a directory, or of a regular file, made with all missing
 * parents (mode 0755 and 0644, less the umask).  A dangling symlink on the way
 * is followed inside the root and its target made.  -EROFS, -EACCES … where
 * the root can't be written. */
int beneath_make_dir(int root_fd, const char *path);
int beneath_make_file(int root_fd, const char *path);

/* The O_PATH fd of the parent directory (made when missing) and, in
 * *ret_name, the last component, borrowed from path; -EINVAL for "/" and for
 * a path that ends in "/", "/." or "/..". */
int beneath_make_parent(int root_fd, const char *path, const char **ret_name);

/* The path without symlinks, "." and "..", as it is found within the root just
 * now; what is missing is taken as it is written.  Begins with '/'.  Good for
 * telling and for planning; to open it is another look-up. */
int beneath_resolve(int root_fd, const char *path, char ret[PATH_MAX]);
