/* cgroup.c - who makes the container's cgroup, and where.
 *
 * Theory of operation: real root makes it itself, as runc does, unless it says
 * otherwise.  Everybody else may make one only where somebody has given a part
 * of the tree away: systemd marks what it delegated (user.delegate), and a
 * cgroup namespace of our own is as good.  Without that mark a systemd that is
 * ours to ask comes first, for what belongs to it is not to be changed behind
 * its back; a cgroup that merely happens to be writable is the last resort.  A
 * batch scheduler accounts for a job by its cgroup: nothing leaves that.
 *
 * The kernel wants a cgroup to have either processes or controllers for its
 * children.  So the container's comes beside our own where that is allowed; else
 * below it, and if it needs controllers, what is in our own moves to a leaf.
 */
#include <errno.h>
#include <linux/capability.h>
#include <string.h>

#include "base/err.h"
#include "base/str.h"
#include "plan/annotations.h"
#include "plan/make.h"
#include "sys/mountapi.h"

/* Those that engines read statistics of: enabled for who names a cgroup, since
 * he will look at it. */
#define WATCHED (1U << CG_CPU | 1U << CG_IO | 1U << CG_MEMORY | 1U << CG_PIDS)

const struct field_name cgroup_manager_names[] = {
	{ "none", CGROUP_NONE },
	{ "cgroupfs", CGROUP_FS },
	{ "systemd", CGROUP_SYSTEMD },
	{ NULL, 0 },
};

static const char delegate_fix[] =
	"start rootlet below a cgroup that is yours: in a service with "
	"Delegate=yes, or by systemd-run --user --scope -p Delegate=yes";
static const char dropin_fix[] =
	"as root on the host: write \"[Service]\" and \"Delegate=cpu cpuset io "
	"memory pids\" into "
	"/etc/systemd/system/user@.service.d/delegate.conf, run systemctl "
	"daemon-reload, and log in again";

static bool is_real_root(const struct plan *plan)
{
	return !plan->caller->unprivileged_rules;
}

/* What the bundle calls it; NULL: nothing. */
static const char *named_path(const struct plan *plan)
{
	const struct spec_linux *l = plan->spec->linux_;

	return l && !str_empty(l->cgroups_path) ? l->cgroups_path : NULL;
}

/* "slice:prefix:name", which only systemd has a use for. */
static bool is_scope_path(const char *path)
{
	const char *colon = path && *path != '/' ? strchr(path, ':') : NULL;

	colon = colon ? strchr(colon + 1, ':') : NULL;
	return colon && !strchr(colon + 1, ':');
}

static enum cgroup_manager no_cgroup(struct plan *plan, const char *why,
				     const char *fix)
{
	plan->cgroup.why = why;
	plan->cgroup.fix = fix;
	return CGROUP_NONE;
}

/* Nobody said which. */
static enum cgroup_manager choose_auto(struct plan *plan)
{
	const struct caller_cgroup *g = &plan->caller->cgroup;
	bool writable = g->own_writable || g->parent_writable;

	if (is_real_root(plan) && writable)
		return CGROUP_FS;
	if (is_real_root(plan))
		return no_cgroup(plan,
				 "the cgroups of this host can't be written "
				 "from here",
				 "mount cgroup2 so that it can be written");
	if (g->batch && g->own_writable)
		return CGROUP_FS;
	if (g->batch)
		return no_cgroup(plan,
				 "a batch scheduler started this, and its "
				 "cgroup can't be written",
				 "ask the scheduler for the limit");
	if (g->own_delegated || g->parent_delegated)
		return CGROUP_FS;
	if (g->bus || is_scope_path(named_path(plan)))
		return CGROUP_SYSTEMD;
	if (writable)
		return CGROUP_FS;
	return no_cgroup(plan,
			 "the caller's cgroup is not the caller's to change, "
			 "and there is no systemd to ask for one",
			 delegate_fix);
}

static enum cgroup_manager choose(struct plan *plan)
{
	const struct plan_options *o = plan->options;
	const struct caller_cgroup *g = &plan->caller->cgroup;
	const char *manager = o->cgroup_manager;

	if (!manager && o->systemd_cgroup)
		manager = "systemd";
	if (manager && str_eq(manager, "disabled"))
		return no_cgroup(plan, "--cgroup-manager disabled says so",
				 "name another manager");
	if (!g->mount)
		return no_cgroup(
			plan,
			"this host has no control groups of version 2 mounted",
			"boot the host with "
			"systemd.unified_cgroup_hierarchy=1");
	if (manager && str_eq(manager, "systemd"))
		return CGROUP_SYSTEMD;
	if (!g->own)
		return no_cgroup(plan,
				 "the caller's own cgroup can't be told: it "
				 "is not in what is mounted here",
				 "mount cgroup2 on /sys/fs/cgroup in this "
				 "cgroup namespace");
	if (manager && str_eq(manager, "cgroupfs"))
		return CGROUP_FS;
	return choose_auto(plan);
}

/* --- by mkdir */

/* base and what comes below it, without "//" and "/./". */
static int join_path(struct plan *plan, const char *base, const char *below,
		     struct err *e)
{
	struct strbuf b = { 0 };

	strbuf_puts(&b, str_eq(base, "/") ? "" : base);
	while (*(below += strspn(below, "/"))) {
		size_t len = strcspn(below, "/");

		if (len == 2 && below[0] == '.' && below[1] == '.') {
			strbuf_done(&b);
			return err_set(e, EINVAL,
				       "linux.cgroupsPath: \"%.200s\" has "
				       "\"..\" in it",
				       plan->spec->linux_->cgroups_path);
		}
		if (len > 1 || below[0] != '.')
			strbuf_printf(&b, "/%.*s", (int)len, below);
		below += len;
	}
	plan->cgroup.path = arena_str(&plan->arena, b.len ? b.text : "");
	strbuf_done(&b);
	return 0;
}

static void take_place(struct plan *plan, const char *place,
		       unsigned controllers)
{
	plan->cgroup.place = str_eq(place, "/") ? "" : place;
	plan->cgroup.available = controllers;
}

/* We are in it ourselves, with who knows who else. */
static void take_own(struct plan *plan)
{
	const struct caller_cgroup *g = &plan->caller->cgroup;
	struct plan_cgroup *p = &plan->cgroup;

	take_place(plan, g->own, g->own_controllers);
	if (g->own_root)
		return;
	if (!g->batch) {
		p->leaf = PLAN_CGROUP_LEAF;
		return;
	}
	p->available = 0;
	p->missing_fix = "ask the batch scheduler for the limit";
}

static bool is_below(const char *path, const char *place)
{
	const char *rest = str_after(path, place);

	return str_eq(place, "/") || (rest && (*rest == '/' || *rest == '\0'));
}

/* An absolute path of the bundle, where a user may have it. */
static bool takes_named(const struct plan *plan, const char *path)
{
	const struct caller_cgroup *g = &plan->caller->cgroup;

	return *path == '/' && g->named && g->named_writable &&
	       (!g->batch || is_below(g->named, g->own));
}

static int list_path(struct plan *plan, const char *got, const char *why,
		     const char *fix, struct err *e)
{
	const struct degradation words = {
		.wanted = named_path(plan),
		.got = got,
		.why = why,
		.fix = fix,
	};

	return degrade_add_words(plan, DEGRADE_CGROUP_PATH, NULL, &words, e);
}

/* Beside our own, as runc does; below it where systemd gave it away to be
 * divided: what is beside it then is systemd's. */
static int place_below_root(struct plan *plan, const char *path, struct err *e)
{
	const struct caller_cgroup *g = &plan->caller->cgroup;
	const char *base = *path == '/'
				   ? "/"
				   : cgroup_parent_of(&plan->arena, g->own);

	if (g->own_delegated && !g->batch &&
	    (*path != '/' || is_below(path, g->own))) {
		base = *path == '/' ? "/" : g->own;
		take_own(plan);
	} else {
		take_place(plan, "/", g->root_controllers);
	}
	plan->cgroup.missing_fix = NULL;
	return join_path(plan, base, path, e);
}

static int place_of_user(struct plan *plan, const char *path, struct err *e)
{
	const struct caller_cgroup *g = &plan->caller->cgroup;
	const char *parent = cgroup_parent_of(&plan->arena, g->own);
	const char *base;
	int r = 0;

	plan->cgroup.missing_fix = dropin_fix;
	if (takes_named(plan, path)) {
		/* Those in another can't be moved away by us: no leaf. */
		if (str_eq(g->named, g->own))
			take_own(plan);
		else
			take_place(plan, g->named, g->named_controllers);
		return join_path(plan, "/", path, e);
	}
	if (g->parent_writable && !g->own_delegated && !g->batch) {
		base = parent;
		take_place(plan, parent, g->parent_controllers);
	} else {
		base = g->own;
		take_own(plan);
	}
	if (*path == '/') {
		/* That it is good is not to depend on who may have it. */
		r = join_path(plan, "/", path, e);
		if (r < 0)
			return r;
		r = list_path(plan, "one beside or below the caller's",
			      "it is not the caller's to change", delegate_fix,
			      e);
		path = strrchr(path, '/') + 1;
		plan->cgroup.path_is_ours = true;
	}
	if (r == 0)
		r = join_path(plan, base, *path ? path : plan->options->id, e);
	return r;
}

static int place_by_mkdir(struct plan *plan, struct err *e)
{
	struct plan_cgroup *p = &plan->cgroup;
	const char *path = named_path(plan);
	int r;

	p->path_is_ours = !path;
	if (!path)
		path = plan->options->id;
	r = is_real_root(plan) ? place_below_root(plan, path, e)
			       : place_of_user(plan, path, e);
	if (r < 0)
		return r;
	if (str_eq(p->path, p->place)) {
		(void)err_set(e, EINVAL,
			      "linux.cgroupsPath: \"%.200s\" is no cgroup that "
			      "a container could have for itself",
			      plan->spec->linux_->cgroups_path);
		return err_hint(e, "name one below it");
	}
	if (!p->path_is_ours && !p->leaf)
		p->controllers |= WATCHED & p->available;
	return 0;
}

/* --- delegation to the container */

static bool shows_writable(const struct plan *plan)
{
	for (size_t i = 0; i < plan->n_mounts; i++) {
		const struct plan_mount *m = &plan->mounts[i];

		if (m->is_cgroup && str_eq(m->dest, "/sys/fs/cgroup"))
			return !(m->attr_set & MOUNT_ATTR_RDONLY);
	}
	return false;
}

/* As the host has it; false: it is not mapped. */
static bool to_outside(const struct plan *plan, uint32_t inside, uint32_t *ret)
{
	const struct plan_userns *u = &plan->userns;

	*ret = inside;
	return u->n_uids == 0 || idmap_outside(u->uids, u->n_uids, inside, ret);
}

/* Source: config-linux.md, "cgroup ownership". */
static void plan_ownership(struct plan *plan)
{
	struct plan_cgroup *p = &plan->cgroup;
	const struct spec_process *process = plan->spec->process;

	p->delegated = plan->ns[NS_CGROUP].action == NS_NEW &&
		       shows_writable(plan) && process &&
		       to_outside(plan, process->user.uid, &p->owner) &&
		       p->owner != plan->caller->uid &&
		       caller_may(plan->caller, CAP_CHOWN);
}

/* --- annotations */

static int check_name(const char *annotation, const char *name, struct err *e)
{
	if (*name != '/' && !strchr(name, '/') && !str_eq(name, ".") &&
	    !str_eq(name, ".."))
		return 0;
	return err_set(e, EINVAL,
		       "annotations[%s]: \"%.200s\" is no name for a cgroup",
		       annotation, name);
}

static int plan_subgroups(struct plan *plan, struct err *e)
{
	static const char *const names[] = { ANNOTATION_SUBGROUP,
					     ANNOTATION_DELEGATE };
	const char **to[] = { &plan->cgroup.subgroup, &plan->cgroup.delegate };
	int r = 0;

	for (size_t i = 0; r == 0 && i < 2; i++) {
		const char *name = annotation_value(&plan->spec->annotations,
						    names[i]);

		if (str_empty(name))
			continue;
		r = check_name(names[i], name, e);
		if (r == 0 && plan->cgroup.manager == CGROUP_NONE)
			r = degrade_add_words(plan, DEGRADE_CGROUP_SUBGROUP,
					      names[i],
					      &(struct degradation){
						      .wanted = name,
						      .why = plan->cgroup.why,
						      .fix = plan->cgroup.fix },
					      e);
		else
			*to[i] = name;
	}
	return r;
}

/* Asked for by name, so that doing without would not be what was asked. */
static int check_cgroupfs(const struct plan *plan, struct err *e)
{
	const struct caller_cgroup *g = &plan->caller->cgroup;

	if (is_real_root(plan) || g->own_writable || g->parent_writable ||
	    g->named_writable)
		return 0;
	(void)err_set(e, EACCES,
		      "--cgroup-manager cgroupfs: the cgroup %s is not the "
		      "caller's to change",
		      g->own);
	return err_hint(e, "%s", delegate_fix);
}

int plan_cgroup_place(struct plan *plan, struct err *e)
{
	struct plan_cgroup *p = &plan->cgroup;
	const struct plan_options *o = plan->options;
	int r = 0;

	p->mount = plan->caller->cgroup.mount;
	p->manager = choose(plan);
	p->must_hold = is_real_root(plan) && p->mount &&
		       !(o->cgroup_manager &&
			 str_eq(o->cgroup_manager, "disabled"));
	if (p->manager == CGROUP_SYSTEMD)
		r = plan_scope(plan, e);
	if (r == 0 && p->manager == CGROUP_FS)
		r = check_cgroupfs(plan, e);
	if (r == 0 && p->manager == CGROUP_FS)
		r = place_by_mkdir(plan, e);
	if (r == 0 && p->manager == CGROUP_NONE && named_path(plan))
		r = list_path(plan, "the caller's cgroup", p->why, p->fix, e);
	if (r == 0)
		r = plan_subgroups(plan, e);
	if (p->manager != CGROUP_NONE)
		plan_ownership(plan);
	return r;
}

/* --- what `rootlet plan` shows */

static void print_optional(struct json_out *out, const char *key,
			   const char *value)
{
	if (value)
		json_string(out, key, value);
}

static void print_by_mkdir(const struct plan_cgroup *p, struct json_out *out)
{
	struct arena a = { 0 };

	json_string(out, "path", arena_format(&a, "%s%s", p->mount, p->path));
	if (p->path_is_ours)
		json_bool(out, "pathMayDiffer", true);
	json_string(out, "below", arena_format(&a, "%s%s", p->mount, p->place));
	if (p->controllers)
		print_optional(out, "leafForOthers", p->leaf);
	arena_done(&a);
}

static void print_scope(const struct plan_cgroup *p, struct json_out *out)
{
	json_string(out, "slice", p->slice);
	json_string(out, "unit", p->unit);
	json_string(out, "bus", p->bus);
	json_bool(out, "userManager", p->user_manager);
	json_object(out, "properties");
	for (size_t i = 0; i < p->n_properties; i++) {
		const struct plan_unit_property *u = &p->properties[i];
		struct strbuf b = { 0 };

		strbuf_puts(&b, u->signature);
		for (size_t k = 0; k < u->values.n; k++)
			strbuf_printf(&b, " %s", u->values.v[k]);
		json_string(out, u->name, b.text);
		strbuf_done(&b);
	}
	json_end(out);
}

void plan_print_cgroup(const struct plan_cgroup *p, struct json_out *out)
{
	json_object(out, "cgroup");
	json_string(out, "manager",
		    field_name(cgroup_manager_names, (int)p->manager));
	if (p->manager == CGROUP_NONE)
		print_optional(out, "why", p->why);
	if (p->manager == CGROUP_FS)
		print_by_mkdir(p, out);
	if (p->manager == CGROUP_SYSTEMD)
		print_scope(p, out);
	print_optional(out, "subgroup", p->subgroup);
	print_optional(out, "delegated", p->delegate);
	if (p->delegated)
		json_uint(out, "owner", p->owner);
	if (p->controllers) {
		json_array(out, "controllers");
		for (const struct field_name *f = cgroup_controller_names;
		     f->name; f++)
			if (p->controllers >> f->value & 1)
				json_string(out, NULL, f->name);
		json_end(out);
	}
	plan_print_settings(p, out);
	plan_print_device_rules(p, out);
	json_end(out);
}
