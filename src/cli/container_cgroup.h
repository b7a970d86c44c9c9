/* container_cgroup.h - the cgroup of a container, for the commands on it. */
#pragma once

#include <stdbool.h>

#include "cgroup/cgroup.h"

struct container;
struct err;
struct state;
struct store;

/* The fd of its directory; -ENOENT: it is gone, or another one has its name,
 * -ENOTSUP: it has none.  Of somebody else's container one that belongs to the
 * caller is refused: who wrote the record could have named any. */
int container_cgroup_open(const struct store *store, const struct container *c,
			  struct err *e);

/* All that is in it is frozen.  For a container whose init lives. */
bool container_cgroup_frozen(const struct state *s);
