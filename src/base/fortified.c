/* fortified.c - what archives that were built for glibc ask of another libc.
 *
 * All that libseccomp, libcap and yajl need of a libc has the same names and the
 * same form in musl, but for this function: glibc's headers put it in the place
 * of fprintf(3) when _FORTIFY_SOURCE is defined.  Only libseccomp's listing of a
 * filter for people calls it, which we do not.
 */
#include <stdarg.h>
#include <stdio.h>

#ifndef __GLIBC__
/* NOLINTNEXTLINE(bugprone-reserved-identifier): glibc has chosen the name */
int __fprintf_chk(FILE *file, int flag, const char *fmt, ...);
/* NOLINTNEXTLINE(bugprone-reserved-identifier): as above */
int __fprintf_chk(FILE *file, int flag, const char *fmt, ...)
{
	va_list ap;
	int n;

	(void)flag; /* how strictly glibc would look at fmt */
	va_start(ap, fmt);
	n = vfprintf(file, fmt, ap);
	va_end(ap);
	return n;
}
#else
typedef int nothing_to_add; /* a file of C is not empty */
#endif
