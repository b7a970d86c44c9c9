/* utf8.h - is this UTF-8?  As in RFC 3629: no surrogates, nothing overlong,
 * nothing beyond U+10FFFF. */
#pragma once

#include <stddef.h>

/* The length of the sequence at p, of which `left` > 0 bytes may be looked at,
 * or 0 when it is not UTF-8. */
size_t utf8_sequence(const unsigned char *p, size_t left);

/* The offset of the first byte that is not UTF-8, or len. */
size_t utf8_valid_until(const char *text, size_t len);
