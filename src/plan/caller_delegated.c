/* caller_delegated.c - is the cgroup that we are in ours to divide?
 *
 * Theory of operation: systemd marks the cgroups that it gave away by an
 * extended attribute (user.delegate).  The managers of users do so since 253
 * only; all units of an older one, as Debian 12 has it, look the same, for all
 * of them belong to the user.  Such a manager is asked.  One that marks units
 * at all gives each of them an invocation id, so it need not be.
 */
#include <sys/xattr.h>

#include "base/own.h"
#include "base/str.h"
#include "plan/make.h"
#include "sys/tool.h"

#define ANSWER_MAX 4096
#define PATIENCE   10 /* seconds */

/* Of one cgroup; path is below the mount. */
static bool has_mark(const struct caller_cgroup *g, const char *path,
		     const char *name)
{
	autofree char *dir = str_format("%s%s", g->mount, path);

	return getxattr(dir, name, NULL, 0) >= 0;
}

static bool is_unit(const char *name)
{
	return str_ends(name, ".service") || str_ends(name, ".scope");
}

static bool ask(const struct caller_cgroup *g, const char *unit)
{
	autofree char *program = tool_find("rootlet-scope");
	autofree char *text = NULL;
	const char *const argv[] = { program, g->bus, "delegated", unit, NULL };

	return program &&
	       tool_output((char *const *)(uintptr_t)argv, ANSWER_MAX, PATIENCE,
			   &text) == 0 &&
	       str_eq(text, "yes\n");
}

/* Of a unit: the end of its path. */
static bool is_given(const struct caller_cgroup *g, const char *path)
{
	const char *name = strrchr(path, '/');

	return name && is_unit(name) &&
	       !has_mark(g, path, "user.invocation_id") && ask(g, name + 1);
}

void caller_ask_delegation(const struct plan_options *o, struct caller *c)
{
	struct caller_cgroup *g = &c->cgroup;
	const char *parent;

	if (!g->bus || o->systemd_cgroup ||
	    (o->cgroup_manager && str_eq(o->cgroup_manager, "systemd")) ||
	    !c->unprivileged_rules || g->batch || !g->own_writable ||
	    g->own_delegated || g->parent_delegated)
		return;
	if (is_unit(g->own)) {
		g->own_delegated = is_given(g, g->own);
		return;
	}
	/* A leaf of it, where somebody has divided it already. */
	parent = cgroup_parent_of(&c->arena, g->own);
	if (g->parent_writable)
		g->parent_delegated = is_given(g, parent);
}
