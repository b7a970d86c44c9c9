/* limits.c - which limits of linux.resources will hold, and what of the others.
 *
 * Theory of operation: a limit needs a cgroup, in it a controller, and a word
 * for it in cgroup v2.  Real root gets an error where one of these is missing;
 * for everybody else, and on a host that has the controllers in cgroup v1, the
 * limit is listed as not in force.  What only takes a limit away needs none.
 *
 * For CPUs and memory nodes there is a next best: affinity and memory policy
 * are inherited as a cpuset is.  They are listed too, since a process may
 * change them.
 */
#include <errno.h>

#include "base/err.h"
#include "base/str.h"
#include "plan/make.h"
#include "plan/names.h"
#include "plan/resources.h"

#define PREFIX	  "linux.resources."
#define CPUS_ITEM PREFIX "cpu.cpus"
#define MEMS_ITEM PREFIX "cpu.mems"

/* Why a limit can't be had; fix may be NULL. */
struct reason {
	const char *why, *fix;
};

/* Several settings may stand for one limit. */
static bool is_listed(const struct plan *plan, const char *item)
{
	for (size_t i = 0; i < plan->n_degraded; i++)
		if (str_eq(plan->degraded[i].item, item))
			return true;
	return false;
}

/* An error, or a row: `row` has the words for what there is instead. */
static int do_without(struct plan *plan, enum degrade_row row, const char *item,
		      const char *wanted, const struct reason *reason,
		      struct err *e)
{
	const struct degradation words = {
		.wanted = wanted,
		.why = reason->why,
		.fix = reason->fix,
	};

	if (plan->cgroup.must_hold && !plan->caller->cgroup.hybrid) {
		err_set(e, ENOTSUP, "%s: %s", item, reason->why);
		return reason->fix ? err_hint(e, "%s", reason->fix) : -ENOTSUP;
	}
	if (is_listed(plan, item))
		return 0;
	return degrade_add_words(plan, row, str_after(item, PREFIX), &words, e);
}

/* --- the next best of a cpuset -------------------------------------------- */

static bool read_set(struct plan *plan, const char *text, unsigned limit,
		     struct plan_bits *ret)
{
	struct err why;

	return text &&
	       bits_parse(&plan->arena, text, limit, "", ret, &why) == 0;
}

/* Affinity; not where the caller may use none of these CPUs. */
static int next_best_cpus(struct plan *plan,
			  const struct plan_cgroup_setting *s,
			  const struct reason *reason, struct err *e)
{
	enum degrade_row row = DEGRADE_CGROUP_LIMIT;
	struct plan_bits wanted, allowed;
	int r = bits_parse(&plan->arena, s->value, BITS_CPUS_MAX, s->item,
			   &wanted, e);

	if (r < 0)
		return r;
	if (read_set(plan, plan->caller->cpus, BITS_CPUS_MAX, &allowed) &&
	    bits_meet(&wanted, &allowed)) {
		plan->process.cpus = wanted;
		row = DEGRADE_CGROUP_CPUS;
	}
	return do_without(plan, row, s->item, s->wanted, reason, e);
}

static void bind_memory(struct plan_memory *m, const struct plan_bits *nodes)
{
	static const struct strings no_flags;
	const struct named *bind = memory_mode_names;

	while (!str_eq(bind->name, "MPOL_BIND"))
		bind++;
	*m = (struct plan_memory){
		.key = MEMS_ITEM,
		.name = bind->name,
		.mode = bind->number,
		.flag_names = &no_flags,
		.nodes = *nodes,
	};
}

/* A memory policy, unless the bundle has one of its own.  What names all nodes
 * that the caller may use is in force already. */
static int next_best_mems(struct plan *plan,
			  const struct plan_cgroup_setting *s,
			  const struct reason *reason, struct err *e)
{
	enum degrade_row row = DEGRADE_CGROUP_LIMIT;
	struct plan_bits wanted, allowed;
	int r = bits_parse(&plan->arena, s->value, BITS_NODES_MAX, s->item,
			   &wanted, e);

	if (r < 0)
		return r;
	if (read_set(plan, plan->caller->memory_nodes, BITS_NODES_MAX,
		     &allowed)) {
		if (bits_first_missing(&allowed, &wanted) < 0)
			return 0;
		if (!plan->process.memory.name &&
		    bits_meet(&wanted, &allowed)) {
			bind_memory(&plan->process.memory, &wanted);
			row = DEGRADE_CGROUP_MEMS;
		}
	}
	return do_without(plan, row, s->item, s->wanted, reason, e);
}

/* --- what can be had ------------------------------------------------------ */

static struct reason missing_controller(struct plan *plan,
					enum cgroup_controller controller)
{
	const char *name = field_name(cgroup_controller_names, (int)controller);
	const struct plan_cgroup *p = &plan->cgroup;
	struct arena *a = &plan->arena;

	if (plan->caller->cgroup.hybrid)
		return (struct reason){
			arena_format(a,
				     "the controller %s is not with cgroup v2 "
				     "on this host, which has v1 beside it",
				     name),
			"boot the host with "
			"systemd.unified_cgroup_hierarchy=1"
		};
	if (p->must_hold)
		return (struct reason){
			arena_format(a,
				     "the controller %s is not available in "
				     "%s%s",
				     name, p->mount, p->place ? p->place : ""),
			p->missing_fix
				? p->missing_fix
				: "see its cgroup.controllers; the kernel may "
				  "be built without it, or booted with "
				  "cgroup_disable="
		};
	/* Those that systemd knows. */
	if (controller <= CG_PIDS)
		return (struct reason){
			arena_format(a,
				     "the controller %s is not delegated to "
				     "the caller",
				     name),
			p->missing_fix
		};
	return (struct reason){
		arena_format(a,
			     "the controller %s is not delegated to the "
			     "caller, and systemd delegates it to nobody",
			     name),
		NULL
	};
}

static bool is_available(const struct plan *plan,
			 const struct plan_cgroup_setting *s)
{
	return plan->cgroup.manager != CGROUP_NONE &&
	       (s->controller == CG_CORE ||
		plan->cgroup.available >> s->controller & 1);
}

static int miss_setting(struct plan *plan, const struct plan_cgroup_setting *s,
			struct err *e)
{
	const struct plan_cgroup *p = &plan->cgroup;
	struct reason reason = { p->why, p->fix };

	if (s->flags & SETTING_LIFTS)
		return 0;
	if (p->manager != CGROUP_NONE)
		reason = missing_controller(plan, s->controller);
	if (str_eq(s->item, CPUS_ITEM))
		return next_best_cpus(plan, s, &reason, e);
	if (str_eq(s->item, MEMS_ITEM))
		return next_best_mems(plan, s, &reason, e);
	return do_without(plan, DEGRADE_CGROUP_LIMIT, s->item, s->wanted,
			  &reason, e);
}

/* The processes that set the container up count too, and there are more of
 * them than it may have: its number comes when they are gone. */
static bool is_late(const struct plan_cgroup_setting *s)
{
	return str_eq(s->file, "pids.max");
}

static void take_settings(struct plan *plan, const struct cgroup_settings *from)
{
	struct plan_cgroup *p = &plan->cgroup;

	if (from->n == 0)
		return;
	p->settings = arena_zero_n(&plan->arena, from->n, sizeof(*from->v));
	for (int late = 0; late < 2; late++)
		for (size_t i = 0; i < from->n; i++) {
			const struct plan_cgroup_setting *s = &from->v[i];

			if (!is_available(plan, s) || is_late(s) != late)
				continue;
			p->settings[p->n_settings++] = *s;
			p->n_late_settings += (size_t)late;
			if (s->controller != CG_CORE &&
			    !(s->flags & SETTING_LIFTS))
				p->controllers |= 1U << s->controller;
		}
}

int plan_resources(struct plan *plan, struct err *e)
{
	const struct spec_linux *l = plan->spec->linux_;
	struct cgroup_settings s;
	int r;

	if (!l)
		return 0;
	r = resources_settings(l->resources, &plan->arena, &s, e);
	if (r < 0)
		return r;
	take_settings(plan, &s);
	for (size_t i = 0; r == 0 && i < s.n; i++)
		if (!is_available(plan, &s.v[i]))
			r = miss_setting(plan, &s.v[i], e);
	for (size_t i = 0; r == 0 && i < s.n_v1_only; i++) {
		const struct cgroup_v1_limit *v1 = &s.v1_only[i];
		const struct reason reason = { v1->why, v1->fix };

		r = do_without(plan, DEGRADE_CGROUP_LIMIT, v1->item, v1->wanted,
			       &reason, e);
	}
	return r;
}

int plan_limit_refused(struct plan *plan, const struct plan_cgroup_setting *s,
		       const struct err *why, struct err *e)
{
	const struct reason reason = { why->text,
				       why->hint[0] ? why->hint : NULL };

	if (s->flags & SETTING_LIFTS)
		return 0;
	if (plan->cgroup.must_hold) {
		*e = *why;
		return -why->code;
	}
	return do_without(plan, DEGRADE_CGROUP_LIMIT, s->item, s->wanted,
			  &reason, e);
}

/* exec: the cpuset's next best is not the container's but its processes'. */
int plan_exec_next_best(struct plan *plan, struct err *e)
{
	const struct spec_linux *l = plan->spec->linux_;
	const struct spec_cpu *c = l && l->resources ? l->resources->cpu : NULL;
	const struct caller_target *target = &plan->caller->target;
	struct plan_bits nodes;
	int r = 0;

	if (c && target->cpus_by_affinity)
		r = bits_parse(&plan->arena, c->cpus, BITS_CPUS_MAX, CPUS_ITEM,
			       &plan->process.cpus, e);
	if (r < 0 || !c || !target->mems_by_policy)
		return r;
	r = bits_parse(&plan->arena, c->mems, BITS_NODES_MAX, MEMS_ITEM, &nodes,
		       e);
	if (r == 0)
		bind_memory(&plan->process.memory, &nodes);
	return r;
}

void plan_print_settings(const struct plan_cgroup *p, struct json_out *out)
{
	if (p->n_settings == 0)
		return;
	json_array(out, "settings");
	for (size_t i = 0; i < p->n_settings; i++) {
		const struct plan_cgroup_setting *s = &p->settings[i];

		json_object(out, NULL);
		json_string(out, "file", s->file);
		json_string(out, "value", s->value);
		if (s->else_file) {
			json_string(out, "elseFile", s->else_file);
			json_string(out, "elseValue", s->else_value);
		}
		json_string(out, "for", s->item);
		json_end(out);
	}
	json_end(out);
}
