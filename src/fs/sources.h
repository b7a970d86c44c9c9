/* sources.h - what HOST and INSIDE share of opening the sources. */
#pragma once

#include "plan/plan.h"

struct fs;

/* No source is open yet; nothing when that was said before. */
void sources_init(struct fs *fs, const struct plan *plan);
/* Has the mount a source that is a path? */
bool sources_is_bind(const struct plan_mount *m);
