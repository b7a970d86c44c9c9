/* fds.h - closing what a program should not get: close_range(2), and one by one
 * where a sandbox refuses that, for which /proc has to be there.  All return 0 or
 * -errno.
 */
#pragma once

#include <stddef.h>

/* Closes every fd from `first` on; or those from first to last. */
int sys_close_from(unsigned first);
int sys_close_range(unsigned first, unsigned last);
/* The same but for the n of `keep`, which is sorted; numbers below `first` in
 * it do not matter. */
int sys_close_all_but(unsigned first, int *keep, size_t n);
/* Marks every fd from `first` on close-on-exec. */
int sys_cloexec_from(unsigned first);
