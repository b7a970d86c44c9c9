/* hooks.h - runs the hooks of one point, in the caller's namespaces. */
#pragma once

#include "plan/plan.h"

struct err;

/* One after the other, the state JSON on stdin, stdout and stderr as ours;
 * argv[0] as given, no environment but the hook's own.  A hook that fails or
 * outlives its timeout (then killed) is an error that names it; with
 * keep_going the rest still runs and the first error is returned. */
int hooks_run(const struct items *hooks, enum hook_point point,
	      const char *state_json, bool keep_going, struct err *e);
