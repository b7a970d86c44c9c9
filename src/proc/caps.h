/* caps.h - the five capability sets.  INSIDE.  capabilities(7). */
#pragma once

#include "plan/plan.h"

struct err;

/* Drops from the bounding set what the plan leaves out; needs CAP_SETPCAP,
 * so it comes before the uid changes. */
int caps_limit_bounding(const struct plan_caps *caps, struct err *e);
/* Effective, permitted, inheritable, ambient; the last of the identity. */
int caps_apply(const struct plan_caps *caps, struct err *e);
