/* scope.c - the scope that a manager of systemd is asked for.
 *
 * Theory of operation: linux.cgroupsPath is "slice:prefix:name", as engines
 * write it, and becomes prefix-name.scope in that slice; without it the id is
 * the name.  What systemd does not take in the name of a unit is escaped as
 * systemd-escape(1) does.  Annotations org.systemd.property.NAME are properties
 * of the unit and come last, so that they decide.
 */
#include <errno.h>

#include "base/err.h"
#include "base/str.h"
#include "plan/make.h"
#include "plan/unit_property.h"

#define PROPERTY_PREFIX "org.systemd.property."
#define UNIT_NAME_MAX	255
#define FORM		"slice:prefix:name"

static const char no_bus_fix[] =
	"log in by ssh, a console or machinectl shell, or as root: loginctl "
	"enable-linger USER; or name another --cgroup-manager";
static const char no_system_bus_fix[] =
	"name --cgroup-manager cgroupfs, or run rootlet where systemd is";
static const char dropin_fix[] =
	"as root on the host: write \"[Service]\" and \"Delegate=cpu cpuset io "
	"memory pids\" into "
	"/etc/systemd/system/user@.service.d/delegate.conf, run systemctl "
	"daemon-reload, and log in again";

struct scope_path {
	const char *slice, *prefix, *name; /* not ended by '\0' */
	size_t slice_len, prefix_len;
};

static bool split_path(const char *path, struct scope_path *ret)
{
	const char *first = strchr(path, ':');
	const char *second = first ? strchr(first + 1, ':') : NULL;

	if (!second || *path == '/' || strchr(second + 1, ':') ||
	    second[1] == '\0')
		return false;
	ret->slice = path;
	ret->slice_len = (size_t)(first - path);
	ret->prefix = first + 1;
	ret->prefix_len = (size_t)(second - first - 1);
	ret->name = second + 1;
	return true;
}

static void add_escaped(struct strbuf *b, const char *text, size_t len)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyz"
				    "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "0123456789:-_.\\";

	for (size_t i = 0; i < len; i++) {
		if (strchr(plain, text[i]))
			strbuf_putc(b, text[i]);
		else
			strbuf_printf(b, "\\x%02x", (unsigned char)text[i]);
	}
}

static int bad_path(const struct plan *plan, const char *why, struct err *e)
{
	(void)err_set(e, EINVAL, "linux.cgroupsPath: \"%.300s\" %s",
		      plan->spec->linux_->cgroups_path, why);
	return err_hint(e, "write it as \"" FORM "\", for instance "
			   "\"user.slice:rootlet:web\", or name "
			   "--cgroup-manager cgroupfs");
}

static int take_slice(struct plan *plan, const struct scope_path *path,
		      struct err *e)
{
	struct plan_cgroup *p = &plan->cgroup;
	struct strbuf b = { 0 };
	bool changed;

	if (path->slice_len == 0)
		return 0;
	strbuf_puts(&b, "");
	p->slice = arena_dup(&plan->arena, path->slice, path->slice_len);
	add_escaped(&b, p->slice, path->slice_len);
	changed = !str_eq(b.text, p->slice);
	strbuf_done(&b);
	if (changed || !str_ends(p->slice, ".slice"))
		return bad_path(plan, "does not begin with a slice of systemd",
				e);
	return 0;
}

static int take_name(struct plan *plan, const struct scope_path *path,
		     struct err *e)
{
	struct plan_cgroup *p = &plan->cgroup;
	struct strbuf b = { 0 };

	if (path->prefix_len) {
		add_escaped(&b, path->prefix, path->prefix_len);
		strbuf_putc(&b, '-');
	}
	add_escaped(&b, path->name, strlen(path->name));
	strbuf_puts(&b, ".scope");
	p->unit = arena_str(&plan->arena, b.text);
	strbuf_done(&b);
	if (strlen(p->unit) <= UNIT_NAME_MAX)
		return 0;
	return err_set(e, ENAMETOOLONG,
		       "the name for a unit of systemd is %zu bytes long, "
		       "which is more than %d: \"%.80s…\"",
		       strlen(p->unit), UNIT_NAME_MAX, p->unit);
}

/* A path that systemd has no use for. */
static int list_path(struct plan *plan, const char *path, struct err *e)
{
	const struct degradation words = {
		.wanted = path,
		.got = "a scope of systemd",
		.why = "the caller's cgroup is not the caller's to change, and "
		       "systemd takes a path of the form \"" FORM "\" only",
		.fix = "write it in that form",
	};

	return degrade_add_words(plan, DEGRADE_CGROUP_PATH, NULL, &words, e);
}

static int plan_names(struct plan *plan, struct err *e)
{
	const struct spec_linux *l = plan->spec->linux_;
	const char *text = l ? l->cgroups_path : NULL;
	struct scope_path path = { .prefix = "rootlet",
				   .prefix_len = strlen("rootlet"),
				   .name = plan->options->id };
	int r = 0;

	plan->cgroup.path_is_ours = str_empty(text);
	if (!str_empty(text) && !split_path(text, &path)) {
		if (!plan->cgroup.optional)
			return bad_path(plan,
					"is not of the form \"" FORM
					"\", which systemd needs",
					e);
		r = list_path(plan, text, e);
	}
	if (r == 0 && path.slice && str_ends(path.name, ".slice"))
		r = bad_path(
			plan,
			"asks for a slice of its own, which a container can't be",
			e);
	if (r == 0)
		r = take_slice(plan, &path, e);
	if (r == 0)
		r = take_name(plan, &path, e);
	return r;
}

/* --- properties */

static int plan_properties(struct plan *plan, struct err *e)
{
	const struct string_map *map = &plan->spec->annotations;
	struct plan_cgroup *p = &plan->cgroup;
	int r = 0;

	p->properties = arena_zero_n(&plan->arena, map->n + 1,
				     sizeof(*p->properties));
	unit_property_add(&p->properties[p->n_properties++], "Description", "s",
			  arena_format(&plan->arena, "container %s of rootlet",
				       plan->options->id),
			  &plan->arena);
	for (size_t i = 0; r == 0 && i < map->n; i++) {
		const char *name = str_after(map->v[i].key, PROPERTY_PREFIX);

		if (!name)
			continue;
		r = unit_property_parse(name, map->v[i].value, &plan->arena,
					&p->properties[p->n_properties++], e);
		if (r < 0)
			err_wrap(e, "annotations[%.200s]", map->v[i].key);
	}
	return r;
}

int plan_scope(struct plan *plan, struct err *e)
{
	const struct plan_options *o = plan->options;
	const struct caller_cgroup *g = &plan->caller->cgroup;
	struct plan_cgroup *p = &plan->cgroup;
	bool system = caller_is_real_root(plan->caller);
	bool asked = o->systemd_cgroup ||
		     (o->cgroup_manager && !str_eq(o->cgroup_manager, "auto"));
	const char *fix = system ? no_system_bus_fix : no_bus_fix;
	int r;

	p->optional = !asked && !p->must_hold;
	if (!g->bus && p->optional) {
		p->manager = CGROUP_NONE;
		p->why = g->bus_why;
		p->fix = fix;
		return 0;
	}
	if (!g->bus) {
		(void)err_set(e, EHOSTDOWN,
			      "the systemd manager of cgroups is asked for, "
			      "but %s",
			      g->bus_why ? g->bus_why
					 : "no manager of systemd is there");
		return err_hint(e, "%s", fix);
	}
	/* Its root is where init is when it is made: in the scope by then. */
	if (plan->ns[NS_CGROUP].action == NS_NEW)
		plan->ns[NS_CGROUP].when = NS_AS_ROOT;
	p->bus = g->bus;
	p->user_manager = !system;
	p->slice = system ? "system.slice" : "user.slice";
	p->available = g->bus_controllers;
	p->missing_fix = system ? NULL : dropin_fix;
	r = plan_names(plan, e);
	return r < 0 ? r : plan_properties(plan, e);
}
