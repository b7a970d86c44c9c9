/* limits.c - the limits of linux.resources, which are not in force yet.
 *
 * The container stays in the caller's cgroup, so each limit that the bundle
 * names is one degradation.  The walk follows spec/'s own tables, so a key
 * that they do not know is no limit, and a new row there is listed here
 * without a change.
 */
#include <stdlib.h>

#include "base/err.h"
#include "base/str.h"
#include "plan/make.h"
#include "spec/fields.h"

/* What is no limit here: v1's ways of working, device_rules.c's business, "unlimited", and 0 where it
 * stands for "not set" (for swappiness it is a value). */
static bool is_limit(const char *key, const struct json *value)
{
	static const char *const no_limits[] = { "useHierarchy",
						 "checkBeforeUpdate",
						 "devices" };

	for (size_t i = 0; i < sizeof(no_limits) / sizeof(no_limits[0]); i++)
		if (str_eq(key, no_limits[i]))
			return false;
	switch (value->type) {
	case JSON_NULL:
		return false;
	case JSON_BOOL:
		return value->boolean;
	case JSON_NUMBER:
		return !str_eq(value->text, "-1") &&
		       (!str_eq(value->text, "0") || str_eq(key, "swappiness"));
	case JSON_STRING:
		return value->len > 0;
	case JSON_ARRAY:
	case JSON_OBJECT:
		break;
	}
	return value->n > 0;
}

static int add_limit(struct plan *plan, const char *path,
		     const struct json *value, struct err *e)
{
	struct json_out *o;
	int r;

	if (value->type == JSON_STRING)
		return degrade_add(plan, DEGRADE_CGROUP_LIMIT, path,
				   value->text, NULL, e);
	o = json_out_new(false);
	json_tree(o, NULL, value);
	r = degrade_add(plan, DEGRADE_CGROUP_LIMIT, path,
			json_out_text(o, NULL), NULL, e);
	json_out_free(o);
	return r;
}

/* The members of an array or of an object whose keys the bundle chose. */
static int list_each(struct plan *plan, const char *path, const struct json *of,
		     struct err *e)
{
	size_t i = 0;
	int r = 0;

	json_for_each(item, of) {
		const char *at = item->key
					 ? arena_format(&plan->arena, "%s[%s]",
							path, item->key)
					 : arena_format(&plan->arena, "%s[%zu]",
							path, i);

		i++;
		if (r == 0 && is_limit("", item))
			r = add_limit(plan, at, item, e);
	}
	return r;
}

static int list_limits(struct plan *plan, const struct field *rows,
		       const struct json *object, const char *path,
		       struct err *e)
{
	int r = 0;

	for (const struct field *f = rows; r == 0 && f->key; f++) {
		const struct json *value = json_get(object, f->key);
		const char *at = f->key;

		if (!value || !is_limit(f->key, value))
			continue;
		if (*path)
			at = arena_format(&plan->arena, "%s.%s", path, f->key);
		if (f->type == FIELD_OBJECT || f->type == FIELD_OBJECT_PTR)
			r = list_limits(plan, f->sub, value, at, e);
		else if (value->type == JSON_ARRAY ||
			 value->type == JSON_OBJECT)
			r = list_each(plan, at, value, e);
		else
			r = add_limit(plan, at, value, e);
	}
	return r;
}

int plan_resources(struct plan *plan, struct err *e)
{
	const struct spec_linux *l = plan->spec->linux_;
	const struct json *linux_ = json_get(plan->spec->doc.root, "linux");

	if (!l)
		return 0;
	return list_limits(plan, spec_resources_fields,
			   json_get(linux_, "resources"), "", e);
}
