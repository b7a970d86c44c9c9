/* annotations.h - annotations that change what a container is.
 *
 * They are crun's, as engines set them (source: crun(1), "Extensions to OCI").
 * All others are only shown and given to hooks, as the specification asks.
 */
#pragma once

#include "base/field.h"

#define ANNOTATION_DELEGATE    "run.oci.delegate-cgroup"
#define ANNOTATION_SUBGROUP    "run.oci.systemd.subgroup"
#define ANNOTATION_GROUPS      "run.oci.keep_original_groups"
#define ANNOTATION_HOOK_STDOUT "run.oci.hooks.stdout"
#define ANNOTATION_HOOK_STDERR "run.oci.hooks.stderr"
#define ANNOTATION_PIDFD       "run.oci.pidfd_receiver"
#define ANNOTATION_SECCOMP     "run.oci.seccomp.receiver"

enum annotation_use {
	ANNOTATION_TAKEN, /* does here what it does there */
	ANNOTATION_REFUSED, /* ignoring it would make another container */
};

struct annotation {
	const char *name;
	enum annotation_use use;
	const char *harmless; /* the value that asks for nothing; NULL: "" */
	const char *fix;
};

/* By name; ends with NULL.  For `features` too. */
extern const struct annotation annotation_table[];

/* The value, or NULL. */
const char *annotation_value(const struct string_map *map, const char *name);
