/* exec.c - the plan for another process in a container that is there.
 *
 * Theory of operation: the same struct plan, with no mounts and nothing to
 * make: each namespace is joined where it is not ours already.  The process
 * goes through the same steps as that of `create`, so that what it may have,
 * and what it has to do without, can't differ.  Ids are those that the kernel
 * shows for the container's init; where that has one id only, another one gets
 * a user namespace of its own, as it would at create.
 */
#include <errno.h>

#include "base/err.h"
#include "plan/annotations.h"
#include "plan/make.h"

void plan_exec_fill_in(struct spec_process *p, const struct spec_process *own)
{
	if (!p->capabilities)
		p->capabilities = own->capabilities;
	if (!p->rlimits.present)
		p->rlimits = own->rlimits;
	if (!p->apparmor_profile)
		p->apparmor_profile = own->apparmor_profile;
	if (!p->selinux_label)
		p->selinux_label = own->selinux_label;
	if (!p->oom_score_adj.set)
		p->oom_score_adj = own->oom_score_adj;
	if (!p->user.umask.set)
		p->user.umask = own->user.umask;
	if (!p->scheduler)
		p->scheduler = own->scheduler;
	if (!p->io_priority)
		p->io_priority = own->io_priority;
	if (!p->exec_cpu_affinity)
		p->exec_cpu_affinity = own->exec_cpu_affinity;
}

static void plan_joins(struct plan *plan)
{
	for (int k = 0; k < NS_KINDS; k++) {
		if (!(plan->caller->target.differs & 1U << k))
			continue;
		plan->ns[k].action = NS_JOIN;
		plan->ns[k].when = NS_AFTER_USER;
	}
	plan->intermediate = true;
}

static void take_maps(struct plan_userns *u, const struct caller_target *t)
{
	u->uids = t->uids;
	u->n_uids = t->n_uids;
	u->gids = t->gids;
	u->n_gids = t->n_gids;
	u->deny_setgroups = t->setgroups_denied;
}

/* The ids of the namespace around a nested one: one, by its name there. */
static void take_outer(struct plan *plan)
{
	const struct caller_target *target = &plan->caller->target;
	struct plan_userns *u = &plan->userns;
	struct id_range *v = arena_zero_n(&plan->arena, 2, sizeof(*v));

	v[0] = (struct id_range){ target->outer_uid, u->uids->outside, 1 };
	v[1] = (struct id_range){ target->outer_gid, u->gids->outside, 1 };
	u->uids = &v[0];
	u->gids = &v[1];
	u->join_parent = true;
}

/* Is init's user namespace a nested one now?  That of a container that was
 * created and not yet started will be. */
static bool is_nested(const struct plan_userns *u,
		      const struct caller_target *target)
{
	return target->nested && (u->uids->inside != target->outer_uid ||
				  u->gids->inside != target->outer_gid);
}

static int plan_ids(struct plan *plan, struct err *e)
{
	const struct caller_target *target = &plan->caller->target;
	const struct spec_user *user = &plan->spec->process->user;
	struct plan_userns *u = &plan->userns;
	int r;

	if (plan->ns[NS_USER].action == NS_INHERIT) {
		u->setup_uid = plan->caller->uid;
		u->setup_gid = plan->caller->gid;
		return plan_identity(plan, e);
	}
	take_maps(u, target);
	if (is_nested(u, target) &&
	    !(plan_uid_maps(plan, user->uid) && plan_gid_maps(plan, user->gid)))
		take_outer(plan);
	plan_choose_setup_ids(u);
	r = plan_identity(plan, e);
	u->nest_first = u->nested;
	return r;
}

bool plan_exec_is_sealed(const struct caller *caller)
{
	struct plan plan = { .caller = caller };

	take_maps(&plan.userns, &caller->target);
	return plan_needs_sealed_exe(&plan);
}

static int make(struct plan *plan, struct err *e)
{
	int r = plan_check_process(plan, e);

	if (r == 0)
		r = plan_refuse_unsupported(plan, e);
	if (r < 0)
		return r;
	plan_joins(plan);
	plan->process.keep_groups = annotation_value(&plan->spec->annotations,
						     ANNOTATION_GROUPS) != NULL;
	r = plan_ids(plan, e);
	if (r == 0)
		r = plan_process(plan, e);
	if (r == 0)
		r = plan_exec_cpus(plan, e);
	if (r == 0)
		r = plan_exec_next_best(plan, e);
	plan->console_socket = plan->options->console_socket;
	plan->pidfd_socket = plan->options->pidfd_socket;
	plan->sealed_exe = plan_needs_sealed_exe(plan);
	plan->dumpable = false; /* the container sees us from the start */
	return r;
}

int plan_exec(const struct spec *spec, struct spec_process *process,
	      const struct caller *caller, const struct plan_options *options,
	      struct plan *ret, struct err *e)
{
	struct spec *merged;
	int r;

	*ret = (struct plan){ .caller = caller, .options = options };
	merged = arena_zero(&ret->arena, sizeof(*merged));
	*merged = *spec;
	merged->process = process;
	ret->spec = merged;
	r = make(ret, e);
	if (r < 0)
		plan_done(ret);
	return r;
}
