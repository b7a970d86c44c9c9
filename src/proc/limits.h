/* limits.h - resource limits and the OOM score of another process.  HOST. */
#pragma once

#include <sys/types.h>

#include "plan/plan.h"

struct err;

/* prlimit(2) for each limit of the plan; pid 0 is the caller itself. */
int limits_apply(pid_t pid, const struct plan_process *p, struct err *e);
/* /proc/PID/oom_score_adj; must come before the ids of pid change.  Returns 1
 * when the caller may not go below its own score, which then stays. */
int limits_set_oom_score(pid_t pid, const struct plan_process *p,
			 struct err *e);
