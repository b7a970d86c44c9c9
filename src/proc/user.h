/* user.h - who the program runs as, and where its home is.  INSIDE. */
#pragma once

#include <stddef.h>

#include "plan/plan.h"

struct err;

/* The home directory of uid in the container's /etc/passwd (opened beneath
 * root_fd, read as data: 1 MiB at most), "/" when there is none.  free(). */
char *user_home(int root_fd, uint32_t uid);

/* The same in the text of a passwd(5); NULL when there is none that could be
 * a directory.  The text need not end with a newline or a '\0'.  free(). */
char *user_home_in(const char *text, size_t len, uint32_t uid);

/* Groups, gid, uid, umask of the plan; capabilities are kept across
 * (PR_SET_KEEPCAPS), for caps_apply() to reduce.  The effective set is empty
 * afterwards, and the parent-death signal and "dumpable" are cleared, when the
 * uid changed. */
int user_become(const struct plan_process *p, struct err *e);
