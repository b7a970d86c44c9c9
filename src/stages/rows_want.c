/* rows_want.c - does this plan have that row?
 *
 * Both sides ask, so the answer may depend on nothing but what both know: the
 * plan, the hooks, and how the launch was asked for.
 */
#include "stages/rows.h"

static bool has_hooks(const struct launch *l, enum hook_point point)
{
	return l->hooks && l->hooks->at[point].n > 0;
}

WANT(clients)
{
	return l->plan->console_socket || l->plan->pidfd_socket ||
	       l->plan->pidfd_receiver || l->plan->process.seccomp_listener;
}

WANT(seccomp)
{
	return l->plan->process.seccomp != NULL;
}

WANT(listen)
{
	return l->wait_for_start;
}

WANT(notify)
{
	return l->plan->notify != NULL;
}

WANT(make_cgroup)
{
	return l->plan->cgroup.manager == CGROUP_FS;
}

WANT(ask_systemd)
{
	return l->plan->cgroup.manager == CGROUP_SYSTEMD;
}

/* A scope has its limits from the beginning. */
WANT(apply_limits)
{
	const struct plan_cgroup *p = &l->plan->cgroup;

	return p->manager == CGROUP_FS && p->n_settings > p->n_late_settings;
}

WANT(limit_pids)
{
	const struct plan_cgroup *p = &l->plan->cgroup;

	return p->manager == CGROUP_FS && p->n_late_settings > 0;
}

WANT(give_cgroup)
{
	return l->plan->cgroup.manager != CGROUP_NONE &&
	       l->plan->cgroup.delegated;
}

WANT(filter_devices)
{
	return l->plan->cgroup.filter_devices && !l->plan->cgroup.filter_late;
}

WANT(filter_late)
{
	return l->plan->cgroup.filter_late;
}

WANT(enter_delegated)
{
	return l->plan->cgroup.manager != CGROUP_NONE &&
	       l->plan->cgroup.delegate;
}

WANT(open_beforehand)
{
	return l->plan->sources_beforehand;
}

WANT(oom_score)
{
	return l->plan->process.set_oom_score_adj && !l->plan->intermediate;
}

WANT(idmap)
{
	return l->plan->userns.how != IDMAP_NONE;
}

WANT(idmapped)
{
	return l->plan->n_idmapped > 0;
}

WANT(terminal)
{
	return l->plan->process.terminal;
}

WANT(move_devices)
{
	return l->plan->n_net_devices > 0;
}

WANT(prestart)
{
	return has_hooks(l, HOOK_PRESTART);
}

WANT(create_runtime)
{
	return has_hooks(l, HOOK_CREATE_RUNTIME);
}

WANT(create_container)
{
	return has_hooks(l, HOOK_CREATE_CONTAINER);
}

WANT(hide_paths)
{
	return l->plan->n_masked + l->plan->n_readonly > 0;
}

WANT(names)
{
	return l->plan->hostname || l->plan->domainname ||
	       l->plan->n_sysctls > 0;
}

WANT(keyring)
{
	return l->plan->process.new_keyring;
}

/* HOST's, when only it may, or when the scheduling has to come after them;
 * else the process sets its own. */
WANT(limits)
{
	return l->plan->process.limits_raised || want_scheduling(l);
}

WANT(initial_cpus)
{
	return l->plan->process.cpus_initial.text != NULL;
}

WANT(scheduling)
{
	return l->plan->process.scheduler.name ||
	       l->plan->process.io_priority.name;
}

WANT(scheduling_rest)
{
	const struct plan_process *p = &l->plan->process;

	return want_scheduling(l) || p->cpus.text || p->cpus_final.text ||
	       p->memory.name || p->personality_name;
}

WANT(send_terminal)
{
	return l->plan->console_socket != NULL;
}

WANT(send_pidfd)
{
	return l->plan->pidfd_socket || l->plan->pidfd_receiver;
}

WANT(pid_file)
{
	return l->pid_file != NULL;
}

/* `run` has nothing more to say: it watches for ^C while it waits. */
WANT(say_start)
{
	return l->wait_for_start;
}

WANT(start_container)
{
	return has_hooks(l, HOOK_START_CONTAINER);
}

/* The record knows: `start` of a created container has no plan on HOST's
 * side. */
WANT(listener)
{
	return l->state.seccomp_listener != NULL;
}

/* Without one it may be no filter at all, which costs nothing. */
WANT(filter)
{
	return !want_listener(l);
}

WANT(poststart)
{
	return has_hooks(l, HOOK_POSTSTART);
}

WANT(open_cgroup)
{
	return l->state.cgroup_manager != CGROUP_NONE;
}

WANT(open_outer)
{
	return l->plan->userns.join_parent || l->plan->userns.nest_first;
}

/* Else the process that stood between has done it. */
WANT(become_root)
{
	return !l->plan->userns.nest_first;
}

WANT(open_root)
{
	return l->plan->process.terminal || l->plan->process.needs_home;
}
