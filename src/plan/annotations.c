/* annotations.c - annotations that change what a container is. */
#include "plan/annotations.h"

#include <errno.h>

#include "base/err.h"
#include "base/str.h"
#include "plan/make.h"

const struct annotation annotation_table[] = {
	{ ANNOTATION_DELEGATE, ANNOTATION_TAKEN, NULL, NULL },
	{ "run.oci.handler", ANNOTATION_REFUSED, NULL,
	  "remove it, or take a runtime that has that handler, such as crun" },
	{ ANNOTATION_HOOK_STDERR, ANNOTATION_TAKEN, NULL, NULL },
	{ ANNOTATION_HOOK_STDOUT, ANNOTATION_TAKEN, NULL, NULL },
	{ ANNOTATION_GROUPS, ANNOTATION_TAKEN, NULL, NULL },
	{ "run.oci.mount_context_type", ANNOTATION_REFUSED, "context",
	  "remove it; mounts are labelled by context=" },
	{ ANNOTATION_PIDFD, ANNOTATION_TAKEN, NULL, NULL },
	{ "run.oci.seccomp.plugins", ANNOTATION_REFUSED, NULL,
	  "name a listener with linux.seccomp.listenerPath" },
	{ ANNOTATION_SECCOMP, ANNOTATION_TAKEN, NULL, NULL },
	{ "run.oci.seccomp_bpf_data", ANNOTATION_REFUSED, NULL,
	  "write the filter as linux.seccomp" },
	{ "run.oci.seccomp_fail_unknown_syscall", ANNOTATION_REFUSED, NULL,
	  "remove it; names that are not known are left out" },
	{ "run.oci.systemd.force_cgroup_v1", ANNOTATION_REFUSED, NULL,
	  "remove it; there are no control groups of version 1" },
	{ ANNOTATION_SUBGROUP, ANNOTATION_TAKEN, NULL, NULL },
	{ "run.oci.timens_offset", ANNOTATION_REFUSED, NULL,
	  "write it as linux.timeOffsets" },
	{ NULL, ANNOTATION_TAKEN, NULL, NULL },
};

const char *annotation_value(const struct string_map *map, const char *name)
{
	for (size_t i = 0; i < map->n; i++)
		if (str_eq(map->v[i].key, name))
			return map->v[i].value;
	return NULL;
}

static int refuse(const struct annotation *a, const char *value, struct err *e)
{
	err_set(e, ENOTSUP,
		"annotations[%s]: rootlet does not have what it asks for, "
		"\"%.80s\"",
		a->name, value);
	return err_hint(e, "%s", a->fix);
}

int plan_annotations(struct plan *plan, struct err *e)
{
	const struct string_map *map = &plan->spec->annotations;
	int r = 0;

	if (map->n == 0)
		return 0;
	for (const struct annotation *a = annotation_table; r == 0 && a->name;
	     a++) {
		const char *value = annotation_value(map, a->name);

		if (!value || a->use == ANNOTATION_TAKEN ||
		    str_eq(value, a->harmless ? a->harmless : ""))
			continue;
		r = refuse(a, value, e);
	}
	plan->hooks_stdout = annotation_value(map, ANNOTATION_HOOK_STDOUT);
	plan->hooks_stderr = annotation_value(map, ANNOTATION_HOOK_STDERR);
	plan->process.keep_groups = annotation_value(map, ANNOTATION_GROUPS);
	return r;
}
