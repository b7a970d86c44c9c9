/* seccomp.c - the filter, and where its listener goes.
 *
 * Source: config-linux.md, "Seccomp"; crun(1) for the annotation and the
 * variable that stand in for linux.seccomp.listenerPath.
 */
#include <errno.h>
#include <linux/sched.h>

#include "base/err.h"
#include "base/str.h"
#include "plan/annotations.h"
#include "plan/make.h"

/* The first key of the profile that says SCMP_ACT_NOTIFY, or NULL. */
static const char *notifies(struct plan *plan, const struct spec_seccomp *s)
{
	const struct spec_syscall *rule = s->syscalls.v;

	if (s->default_action == SECCOMP_ACT_NOTIFY)
		return "linux.seccomp.defaultAction";
	for (size_t i = 0; i < s->syscalls.n; i++)
		if (rule[i].action == SECCOMP_ACT_NOTIFY)
			return arena_format(&plan->arena,
					    "linux.seccomp.syscalls[%zu]", i);
	return NULL;
}

/* crun's order: the bundle's own key, the annotation, the environment. */
static const char *listener_path(const struct plan *plan,
				 const struct spec_seccomp *s)
{
	const char *noted = annotation_value(&plan->spec->annotations,
					     ANNOTATION_SECCOMP);

	if (!str_empty(s->listener_path))
		return s->listener_path;
	return str_empty(noted) ? plan->options->seccomp_receiver : noted;
}

/* seccomp_thread.c starts a second thread, and these don't go along. */
static int check_scheduler(const struct plan_scheduler *s, struct err *e)
{
	if (!s->name || (s->policy != SCHED_DEADLINE &&
			 !(s->flags & SCHED_FLAG_RESET_ON_FORK)))
		return 0;
	(void)err_set(e, ENOTSUP,
		      "process.scheduler: %s can't be had with "
		      "SCMP_ACT_NOTIFY in linux.seccomp",
		      s->policy == SCHED_DEADLINE ? s->name
						  : "SCHED_FLAG_RESET_ON_FORK");
	return err_hint(e, "leave out one of them");
}

int plan_seccomp(struct plan *plan, struct err *e)
{
	struct plan_process *p = &plan->process;
	const struct spec_seccomp *s;
	const char *notifier;
	const char *path;

	s = plan->spec->linux_ ? plan->spec->linux_->seccomp : NULL;
	p->seccomp = s;
	if (!s)
		return 0;
	path = listener_path(plan, s);
	if (!str_empty(s->listener_metadata) && str_empty(path)) {
		(void)err_set(e, EINVAL,
			      "linux.seccomp.listenerMetadata: there is no "
			      "linux.seccomp.listenerPath to send it to");
		return err_hint(e, "give both or neither");
	}
	notifier = notifies(plan, s);
	if (!notifier)
		return 0;
	if (str_empty(path)) {
		(void)err_set(e, EINVAL,
			      "%s: SCMP_ACT_NOTIFY, and nobody to notify: "
			      "linux.seccomp.listenerPath is missing",
			      notifier);
		return err_hint(e, "name the socket of a seccomp agent there, "
				   "or in the annotation " ANNOTATION_SECCOMP);
	}
	/* runc and crun make the bundle their working directory first. */
	p->seccomp_listener = *path == '/' ? path
					   : arena_format(&plan->arena, "%s/%s",
							  plan->options->bundle,
							  path);
	p->seccomp_metadata = s->listener_metadata;
	return check_scheduler(&p->scheduler, e);
}
