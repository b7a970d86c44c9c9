/* seccomp.h - from a profile to a filter, with a cache; installing it.
 *
 * Compiling an engine's profile takes libseccomp 15 ms, reading the compiled
 * program from a file 0.1 ms.  The cache is a file in a directory that only
 * its owner can write; it holds its whole key (profile as JSON, architecture,
 * libseccomp's version) beside the program, and the key is compared byte by
 * byte, so that a hash in a file name never decides what a container may do.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "plan/plan.h"

struct err;

struct seccomp_filter {
	void *program; /* owned; an array of struct sock_filter */
	size_t n; /* instructions; 0: no filter */
	unsigned flags; /* SECCOMP_FILTER_FLAG_* */
};

/* HOST: cache_fd is the directory, or -1 for no cache; it must be the
 * caller's own.  A cache that can't be read or written is only slower, never
 * an error. */
int seccomp_prepare(const struct spec_seccomp *profile, int cache_fd,
		    struct seccomp_filter *ret, struct err *e);
void seccomp_filter_done(struct seccomp_filter *f);

/* INSIDE: without no_new_privs it needs CAP_SYS_ADMIN.  Returns the listener's
 * fd (O_CLOEXEC) when the profile has SCMP_ACT_NOTIFY, else 0.  Any system call
 * after it may be one that is notified: see seccomp_thread.h. */
int seccomp_install(const struct seccomp_filter *f, struct err *e);

/* A hint: what we do under the program's filter. */
#define SECCOMP_MUST_ALLOW                                                 \
	"allow execve in linux.seccomp, and without "                      \
	"process.noNewPrivileges setgroups, setresuid, setresgid, capset " \
	"and prctl, too"
/* May it be the profile that gave the system call of that name this errno? */
bool seccomp_refuses(const struct spec_seccomp *profile, const char *name,
		     int code);

/* Of seccomp_flag_names (spec/spec.h): does this kernel have it? */
bool seccomp_flag_known(const char *name);
const char *seccomp_library_version(void); /* "2.5.4" */
