/* tool.h - runs a small program of ours and reads what it prints. */
#pragma once

#include <stddef.h>

/* argv[0] is the path.  stdin and stderr are /dev/null; the output, at most
 * `max` bytes, is owned by the caller and '\0'-terminated.  The program has
 * ten seconds, then it is killed (-ETIMEDOUT).  Returns its exit status,
 * 128 + N on a signal, or -errno when it can't be run. */
int tool_output(char *const *argv, size_t max, char **ret_text);
