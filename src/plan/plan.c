/* plan.c - puts the plan together, step by step.
 *
 * The order is that of what the steps need of each other: ids first, since
 * what is mapped decides on mounts, devices and groups; then namespaces,
 * since what is owned decides on mounts and sysctls.
 */
#include "plan/plan.h"

#include <errno.h>
#include <sys/stat.h>

#include "base/err.h"
#include "base/str.h"
#include "plan/annotations.h"
#include "plan/make.h"

static bool gid_is_mapped(const struct plan *plan, uint32_t outside)
{
	const struct id_range *v = plan->userns.gids;

	for (size_t i = 0; i < plan->userns.n_gids; i++)
		if (outside >= v[i].outside &&
		    outside - v[i].outside < v[i].count)
			return true;
	return false;
}

static bool uid_is_mapped(const struct plan *plan, uint32_t outside)
{
	const struct id_range *v = plan->userns.uids;

	for (size_t i = 0; i < plan->userns.n_uids; i++)
		if (outside >= v[i].outside &&
		    outside - v[i].outside < v[i].count)
			return true;
	return false;
}

/* CVE-2019-5736: may somebody inside write our own executable, which he
 * reaches through /proc/PID/exe?  An owner who is mapped may chmod it. */
bool plan_needs_sealed_exe(const struct plan *plan)
{
	const struct caller_exe *exe = &plan->caller->exe;

	/* In the caller's own user namespace, or one whose ids we don't know,
	 * it may be anybody. */
	if (plan->userns.n_uids == 0 || !exe->known)
		return true;
	if (exe->writable || exe->acl || exe->mode & S_IWOTH)
		return true;
	if (exe->mode & S_IWGRP && gid_is_mapped(plan, exe->gid))
		return true;
	return uid_is_mapped(plan, exe->uid);
}

/* Whoever shares a joined user or pid namespace with us can see us. */
static bool may_be_dumpable(const struct plan *plan)
{
	return plan->ns[NS_USER].action != NS_JOIN &&
	       plan->ns[NS_PID].action != NS_JOIN;
}

/* Else the first call that is missing would be the error, and say nothing. */
static int check_kernel(const struct caller *c, struct err *e)
{
	if (c->kernel_major == 0 || c->kernel_major > 5 ||
	    (c->kernel_major == 5 && c->kernel_minor >= 14))
		return 0;
	(void)err_set(e, ENOSYS,
		      "this kernel is Linux %u.%u, and rootlet needs 5.14 or "
		      "newer",
		      c->kernel_major, c->kernel_minor);
	return err_hint(e, "start a newer kernel; EL 9, Debian 12 and Ubuntu "
			   "22.04 have one");
}

/* Capabilities over the files of others end at a user namespace; and where a
 * mount namespace is joined, paths mean what they mean there. */
static bool has_sources_beforehand(const struct plan *plan)
{
	return plan->ns[NS_USER].action != NS_INHERIT &&
	       plan->ns[NS_MNT].action == NS_NEW &&
	       caller_is_privileged(plan->caller);
}

static void plan_sockets(struct plan *plan)
{
	const struct plan_options *o = plan->options;
	const char *receiver = annotation_value(&plan->spec->annotations,
						ANNOTATION_PIDFD);

	plan->console_socket = str_empty(o->console_socket) ? NULL
							    : o->console_socket;
	plan->pidfd_socket = str_empty(o->pidfd_socket) ? NULL
							: o->pidfd_socket;
	plan->pidfd_receiver = str_empty(receiver) ? NULL : receiver;
}

static int make(struct plan *plan, struct err *e)
{
	static int (*const steps[])(struct plan *, struct err *) = {
		plan_annotations, plan_userns,	     plan_namespaces,
		plan_identity,	  plan_mounts,	     plan_devices,
		plan_process,	  plan_sysctls,	     plan_cgroup_place,
		plan_resources,	  plan_device_rules, plan_net_devices,
	};
	int r = check_kernel(plan->caller, e);

	if (r == 0)
		r = plan_check_process(plan, e);
	if (r == 0)
		r = plan_refuse_unsupported(plan, e);
	for (size_t i = 0; r == 0 && i < sizeof(steps) / sizeof(steps[0]); i++)
		r = steps[i](plan, e);
	plan->hooks = plan->spec->hooks;
	plan_sockets(plan);
	plan->sources_beforehand = has_sources_beforehand(plan);
	plan->sealed_exe = plan_needs_sealed_exe(plan);
	plan->dumpable = may_be_dumpable(plan);
	return r;
}

int plan_make(const struct spec *spec, const struct caller *caller,
	      const struct plan_options *options, struct plan *ret,
	      struct err *e)
{
	int r;

	*ret = (struct plan){ .spec = spec,
			      .caller = caller,
			      .options = options };
	r = make(ret, e);
	if (r < 0)
		plan_done(ret);
	return r;
}

void plan_done(struct plan *plan)
{
	if (!plan)
		return;
	arena_done(&plan->arena);
	*plan = (struct plan){ 0 };
}
