/* resources.h - linux.resources as what is to be written into which file.
 *
 * A pure conversion: what may be written, and whether there is a file for it,
 * is not asked here.  `create` takes it into the plan (limits.c), `update`
 * gives it to cgroup_apply().
 *
 * Sources: the specification's config-linux.md, "Control Groups", which is
 * written for cgroup v1; Documentation/admin-guide/cgroup-v2.rst.  Where v2
 * counts otherwise, the values become what runc makes of them.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "plan/plan.h"

struct arena;
struct err;
struct spec_resources;

/* A limit that cgroup v2 has no word for. */
struct cgroup_v1_limit {
	const char *item; /* "linux.resources.memory.swappiness" */
	const char *wanted; /* its value */
	const char *why, *fix;
};

struct cgroup_settings {
	/* In the order in which they are to be written. */
	struct plan_cgroup_setting *v;
	size_t n;
	/* Bits of enum cgroup_controller that these limits need; those that
	 * only take a limit away need none. */
	unsigned controllers;
	struct cgroup_v1_limit *v1_only;
	size_t n_v1_only;
};

/* All but `devices` (device_rules.c) of r, which may be NULL.  The arena owns
 * the result, and strings are borrowed from r too.  -EINVAL: a value that makes
 * no sense, whoever asks; *ret is valid only on 0. */
int resources_settings(const struct spec_resources *r, struct arena *a,
		       struct cgroup_settings *ret, struct err *e);

/* limits.c: the kernel did not take it, or does not hold it: an error where
 * plan->cgroup.must_hold, else one more row of plan->degraded. */
int plan_limit_refused(struct plan *plan, const struct plan_cgroup_setting *s,
		       const struct err *why, struct err *e);

/* cpu.weight for v1's cpu.shares: 1 to 10000; 0 (not set) stays 0. */
uint64_t resources_cpu_weight(uint64_t shares);
/* io.weight for v1's blkio.weight, which is 10 to 1000: 1 to 10000. */
uint64_t resources_io_weight(uint32_t weight);
