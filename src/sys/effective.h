/* effective.h - our own effective capabilities, less for a while.
 *
 * Both return 0 or -errno.  Man pages: capset(2), capabilities(7).
 */
#pragma once

#include <stdint.h>

/* Takes `caps` (bit N is capability N) out of the effective set; *ret_had is
 * what it was before. */
int sys_caps_hide(uint64_t caps, uint64_t *ret_had);
/* Sets the effective set back; what is permitted has not changed. */
int sys_caps_show(uint64_t had);
