/* seccomp_compile.h - a profile made into a program by libseccomp.  HOST.
 *
 * For seccomp.c only: everything that needs the library at work.
 */
#pragma once

struct err;
struct seccomp_filter;
struct spec_seccomp;

/* Fills f->program and f->n. */
int seccomp_compile(const struct spec_seccomp *profile,
		    struct seccomp_filter *f, struct err *e);
