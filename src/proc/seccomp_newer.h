/* seccomp_newer.h - ENOSYS for system calls newer than the profile.  HOST.
 *
 * For seccomp_compile.c only.
 */
#pragma once

#include <linux/filter.h>
#include <stddef.h>
#include <stdint.h>

struct spec_seccomp;

#define SECCOMP_ARCHS_MAX 32

/* The architectures of a filter, in libseccomp's numbers. */
struct seccomp_archs {
	uint32_t v[SECCOMP_ARCHS_MAX];
	size_t n;
};

#define SECCOMP_NEWER_MAX (6 * SECCOMP_ARCHS_MAX) /* instructions */

/* Instructions to stand in front of the program; they load what they need and
 * so does the program.  Returns how many, SECCOMP_NEWER_MAX at most; 0 when the
 * profile's default lets calls through, or says ENOSYS anyway. */
size_t seccomp_newer(const struct spec_seccomp *profile,
		     const struct seccomp_archs *archs,
		     struct sock_filter ret[SECCOMP_NEWER_MAX]);
