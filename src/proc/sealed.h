/* sealed.h - a copy of our own executable that no container can write.
 *
 * CVE-2019-5736: what runs inside can reach the runtime's binary through
 * /proc/PID/exe.  The plan says whether a mapped id could write it.
 */
#pragma once

struct err;

/* Runs ourselves again, with the same argv and environment, from a read-only
 * detached mount or, where we may not mount, from a sealed memfd.  Returns 0
 * at once when we already run from one. */
int sealed_reexec(char *const *argv, struct err *e);
