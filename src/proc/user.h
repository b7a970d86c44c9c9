/* user.h - who the program runs as, and where its home is.  INSIDE. */
#pragma once

#include "plan/plan.h"

struct err;

/* The home directory of uid in the container's /etc/passwd (opened beneath
 * root_fd, read as data: 1 MiB at most), "/" when there is none.  free(). */
char *user_home(int root_fd, uint32_t uid);

/* Groups, gid, uid, umask of the plan; capabilities are kept across
 * (PR_SET_KEEPCAPS), for caps_apply() to reduce. */
int user_become(const struct plan_process *p, struct err *e);
