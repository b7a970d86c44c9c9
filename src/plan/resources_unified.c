/* resources_unified.c - linux.resources.unified: files of cgroup v2 by name. */
#include <errno.h>
#include <string.h>

#include "base/err.h"
#include "base/mem.h"
#include "base/str.h"
#include "plan/resources_build.h"

/* Those files of the core that limit; the others move, kill and freeze. */
static bool is_core_limit(const char *file)
{
	return str_eq(file, "cgroup.max.depth") ||
	       str_eq(file, "cgroup.max.descendants") ||
	       str_eq(file, "cgroup.pressure");
}

static int check_file(const char *file, const char *item, struct err *e)
{
	const char *dot = strchr(file, '.');

	if (!dot || dot == file || dot[1] == '\0') {
		err_set(e, EINVAL, "%s: not the name of a file of a cgroup",
			item);
		return err_hint(e, "write CONTROLLER.PARAMETER, such as "
				   "\"memory.high\"");
	}
	if (!str_after(file, "cgroup.") || is_core_limit(file))
		return 0;
	err_set(e, EINVAL, "%s: not a limit", item);
	return err_hint(e, "of the files cgroup.* those that a bundle may set "
			   "are cgroup.max.depth, cgroup.max.descendants and "
			   "cgroup.pressure");
}

static int find_controller(const char *file, const char *item, struct err *e)
{
	size_t len = strcspn(file, ".");

	if (str_after(file, "cgroup."))
		return CG_CORE;
	for (const struct field_name *n = cgroup_controller_names; n->name; n++)
		if (strncmp(n->name, file, len) == 0 && n->name[len] == '\0')
			return n->value;
	err_set(e, EINVAL, "%s: cgroup v2 has no controller %.*s", item,
		(int)len, file);
	return err_hint(e, "see /sys/fs/cgroup/cgroup.controllers for those "
			   "that this host has");
}

static bool is_no_limit(const char *value)
{
	const char *rest = str_after(value, "max");

	return rest && (*rest == ' ' || *rest == '\0');
}

static void add_line(struct build *b, enum cgroup_controller controller,
		     const char *item, const char *file, const char *value)
{
	struct plan_cgroup_setting *s = build_add(b, controller, item, file,
						  value);

	s->flags |= is_no_limit(value) ? SETTING_LIFTS : 0;
}

/* A file such as io.max takes one line a write. */
static int add_unified(struct build *b, const struct string_pair *pair,
		       struct err *e)
{
	const char *item = arena_format(b->a, KEY "unified[%s]", pair->key);
	const char *line = pair->value;
	int controller;

	if (check_file(pair->key, item, e) < 0)
		return -e->code;
	controller = find_controller(pair->key, item, e);
	if (controller < 0)
		return controller;
	do {
		size_t len = strcspn(line, "\n");

		if (len > 0 || line == pair->value)
			add_line(b, (enum cgroup_controller)controller, item,
				 pair->key, arena_dup(b->a, line, len));
		line += len;
	} while (*line++);
	return 0;
}

int build_unified(struct build *b, const struct string_map *map, struct err *e)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < map->n; i++)
		r = add_unified(b, &map->v[i], e);
	return r;
}
