/* hooks.h - runs the hooks of one point, in the caller's namespaces. */
#pragma once

#include "plan/plan.h"

struct err;

/* Where hooks write to; -1: to our own stdout or stderr. */
struct hook_output {
	int stdout_fd, stderr_fd; /* owned */
};
#define HOOK_OUTPUT_INIT                          \
	{                                         \
		.stdout_fd = -1, .stderr_fd = -1, \
	}
/* Opens the files of the annotations, to append to; made when they are not
 * there, and below the bundle when they are relative. */
int hooks_open_output(const struct string_map *annotations, const char *bundle,
		      struct hook_output *ret, struct err *e);
void hook_output_done(struct hook_output *out);

/* One after the other, the state JSON on stdin, stdout and stderr as `out`
 * says; argv[0] as given, no environment but the hook's own.  A hook that fails or
 * outlives its timeout (then killed) is an error that names it; with
 * keep_going the rest still runs and the first error is returned. */
int hooks_run(const struct items *hooks, enum hook_point point,
	      const struct hook_output *out, const char *state_json,
	      bool keep_going, struct err *e);
