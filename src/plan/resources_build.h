/* resources_build.h - how the parts of linux.resources append their settings;
 * private to plan/resources*.c. */
#pragma once

#include "plan/resources.h"

#define KEY "linux.resources."

struct build {
	struct arena *a;
	struct cgroup_settings *ret;
};

/* wanted is value, for a start; the rest is 0. */
struct plan_cgroup_setting *build_add(struct build *b,
				      enum cgroup_controller controller,
				      const char *item, const char *file,
				      const char *value);
void build_add_v1(struct build *b, const char *item, const char *wanted,
		  const char *why, const char *fix);
const char *build_number(const struct build *b, uint64_t n);

/* resources_io.c, resources_unified.c */
int build_io(struct build *b, const struct spec_block_io *io, struct err *e);
void build_network(struct build *b, const struct spec_network *n);
int build_unified(struct build *b, const struct string_map *map, struct err *e);
