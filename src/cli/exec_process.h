/* exec_process.h - what `exec` runs: a file or the container's own process,
 * and the options laid over it.
 */
#pragma once

#include <stdbool.h>

#include "cli/command.h"
#include "spec/spec.h"

struct exec_opts {
	const char *console_socket, *pidfd_socket, *cwd, *user, *process;
	const char *pid_file, *process_label, *apparmor;
	struct opt_strings env, gids, caps, cgroups;
	bool tty, detach, no_new_privs, ignore_paused;
	unsigned preserve_fds;
};

/* args: COMMAND and its arguments, NULL-terminated; none with --process.
 * *ret belongs to doc, to be given to json_done() in case of an error too. */
int exec_process_make(const struct exec_opts *o, char **args,
		      const struct spec *spec, struct json_doc *doc,
		      struct spec_process **ret, struct err *e);
