/* attrs.h - the attributes and the propagation of one mount of the plan. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct err;
struct fs;
struct plan;
struct plan_mount;

/* For fsmount: all that m asks for, but for read-only where something is put
 * into it first (/dev, tmpcopyup)... */
uint64_t attrs_of_new(const struct plan_mount *m);
/* ... and the rest, when tmpcopyup is done. */
uint64_t attrs_after_copying(const struct plan_mount *m);

/* Sets and clears what plan->mounts[i] asks for on the detached bind behind
 * tree_fd.  of_host: it stands in for a filesystem of our own, so what
 * protects goes to the whole tree and the host's atime mode stays. */
int attrs_apply(const struct fs *fs, const struct plan *plan, size_t i,
		int tree_fd, bool of_host, struct err *e);
