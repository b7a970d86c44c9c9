/* tool.h - runs a small program beside us. */
#pragma once

#include <stddef.h>
#include <sys/types.h>

/* Starts argv[0] with the given environment and an empty signal mask.  A
 * stdout or stderr of -1 is /dev/null, as stdin always is; nothing else stays
 * open, whether it is close-on-exec or not.  0 or -errno. */
int tool_spawn(char *const *argv, char *const *env, int stdout_fd,
	       int stderr_fd, pid_t *ret_pid);

/* argv[0] is the path.  stdin and stderr are /dev/null; the output, at most
 * `max` bytes, is owned by the caller and '\0'-terminated.  A program that says
 * nothing for `seconds` is killed (-ETIMEDOUT).  Returns its exit status,
 * 128 + N on a signal, or -errno when it can't be run. */
int tool_output(char *const *argv, size_t max, int seconds, char **ret_text);

/* Set for a program that is executed from a copy of ours without a name: the
 * file that it is a copy of. */
#define TOOL_SELF "ROOTLET_EXECUTABLE"

/* A program that belongs to rootlet: where `make install` puts it, or beside
 * our own executable, in a build tree.  NULL: there is none; free(). */
char *tool_find(const char *name);
