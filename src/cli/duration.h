/* duration.h - lengths of time, as Go's programs take them: "1m30s". */
#pragma once

#include <stdint.h>

/* One or more numbers, maybe with a fraction, each with its unit: ns, us, ms,
 * s, m or h.  Only a zero needs none.  -EINVAL; -ERANGE: more than 292 years. */
int duration_parse(const char *text, uint64_t *ret_ns);
