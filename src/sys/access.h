/* access.h - may we do this with that file?
 *
 * faccessat2(2) with our effective ids.
 */
#pragma once

#include <stdbool.h>

/* mode is R_OK, W_OK, X_OK, together, or F_OK; flags are AT_EMPTY_PATH or 0, dir_fd
 * and path as of openat(2).  False on any error, a missing file among them. */
bool sys_may(int dir_fd, const char *path, int mode, int flags);
