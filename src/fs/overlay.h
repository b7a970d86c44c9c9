/* overlay.h - a root filesystem with the mount points that it lacks. */
#pragma once

#include <stdbool.h>

struct err;
struct fs;
struct plan;

/* Covers the root, which is attached, with an overlay where plan->mounts[i]
 * has its mount point for each missing[i]; fs->root_fd is that one then. */
int overlay_root(struct fs *fs, const struct plan *plan, const bool *missing,
		 struct err *e);
