/* process.c - what the program runs as: args, env, user, limits, labels.
 *
 * A section that is missing is what runc takes it for: no capabilities means
 * that all are dropped, no rlimits and no oomScoreAdj that the caller's stay.
 */
#include <errno.h>
#include <linux/capability.h>
#include <stdlib.h>

#include "base/err.h"
#include "base/str.h"
#include "plan/make.h"
#include "plan/names.h"

/* --- environment */

#define OUR_NAMES 3

struct env_name {
	const char *entry;
	size_t len; /* of the name */
	size_t index;
};

static int by_name_last_first(const void *a, const void *b)
{
	const struct env_name *x = a, *y = b;
	size_t len = x->len < y->len ? x->len : y->len;
	int r = memcmp(x->entry, y->entry, len);

	if (r != 0)
		return r;
	if (x->len != y->len)
		return x->len < y->len ? -1 : 1;
	return x->index > y->index ? -1 : 1;
}

static int by_index(const void *a, const void *b)
{
	const struct env_name *x = a, *y = b;

	return x->index < y->index ? -1 : x->index > y->index;
}

static bool same_name(const struct env_name *a, const struct env_name *b)
{
	return a->len == b->len && memcmp(a->entry, b->entry, a->len) == 0;
}

static int read_names(const struct strings *env, struct env_name *v,
		      struct err *e)
{
	for (size_t i = 0; i < env->n; i++) {
		const char *equals = strchr(env->v[i], '=');

		if (!equals || equals == env->v[i])
			return err_set(e, EINVAL,
				       "process.env[%zu]: is not of the form "
				       "NAME=value",
				       i);
		v[i].entry = env->v[i];
		v[i].len = (size_t)(equals - env->v[i]);
		v[i].index = i;
	}
	return 0;
}

/* What the caller passes on counts for more than the bundle. */
static size_t add_ours(struct plan *plan, struct env_name *v, size_t n)
{
	const struct plan_options *o = plan->options;
	const char *ours[OUR_NAMES] = { NULL };
	size_t n_ours = 0;

	if (o->listen_fds > 0)
		ours[n_ours++] = arena_format(&plan->arena, "LISTEN_FDS=%u",
					      o->listen_fds);
	if (o->listen_fds > 0 && o->listen_names)
		ours[n_ours++] = arena_format(&plan->arena, "LISTEN_FDNAMES=%s",
					      o->listen_names);
	if (o->notify)
		ours[n_ours++] = "NOTIFY_SOCKET=/run/" PLAN_NOTIFY_DIR
				 "/" PLAN_NOTIFY_SOCKET;
	for (size_t i = 0; i < n_ours; i++, n++)
		v[n] = (struct env_name){ ours[i], strcspn(ours[i], "="), n };
	return n;
}

/* INSIDE knows better: an empty HOME is as good as none, and the pid of the
 * program is not known yet. */
static bool is_left_to_inside(struct plan_process *p, const char *entry)
{
	const char *home = str_after(entry, "HOME=");

	if (home && *home != '\0')
		p->needs_home = false;
	return (home && *home == '\0') ||
	       (p->passes_listen_pid && str_after(entry, "LISTEN_PID="));
}

/* One entry per name, the last one, in the order of the bundle.  Sorted, as a
 * bundle may have very many. */
static int plan_env(struct plan *plan, struct err *e)
{
	const struct strings *env = &plan->spec->process->env;
	struct plan_process *p = &plan->process;
	struct env_name *v = arena_zero_n(&plan->arena, env->n + OUR_NAMES,
					  sizeof(*v));
	const char **last;
	size_t all;
	size_t n = 0;
	int r = read_names(env, v, e);

	if (r < 0)
		return r;
	all = add_ours(plan, v, env->n);
	qsort(v, all, sizeof(*v), by_name_last_first);
	for (size_t i = 0; i < all; i++)
		if (n == 0 || !same_name(&v[n - 1], &v[i]))
			v[n++] = v[i];
	qsort(v, n, sizeof(*v), by_index);
	p->env = last = arena_zero_n(&plan->arena, n + 1, sizeof(*p->env));
	p->needs_home = true;
	p->passes_listen_pid = plan->options->listen_fds > 0;
	for (size_t i = 0; i < n; i++)
		if (!is_left_to_inside(p, v[i].entry))
			*last++ = v[i].entry;
	return 0;
}

/* --- user and groups */

static const char *groups_text(struct arena *a, const uint32_t *v, size_t n)
{
	struct id_range *ids = arena_zero_n(a, n, sizeof(*ids));

	for (size_t i = 0; i < n; i++)
		ids[i] = (struct id_range){ v[i], 0, 1 };
	return idmap_text(a, ids, n, true);
}

/* Does the caller have groups that the program will have too? */
static bool keeps_groups(const struct plan *plan)
{
	const struct caller *c = plan->caller;

	if (plan->ns[NS_USER].action == NS_JOIN || plan->process.set_groups ||
	    plan->process.keep_groups)
		return false;
	for (size_t i = 0; i < c->n_groups; i++)
		if (c->groups[i] != c->gid)
			return true;
	return false;
}

static int plan_groups(struct plan *plan, struct err *e)
{
	const struct uint32s *wanted =
		&plan->spec->process->user.additional_gids;
	struct plan_process *p = &plan->process;
	struct arena *a = &plan->arena;

	p->groups = arena_zero_n(a, wanted->n, sizeof(*p->groups));
	p->set_groups = !p->keep_groups && !plan->userns.deny_setgroups &&
			!plan->userns.nested &&
			(plan->ns[NS_USER].action == NS_JOIN ||
			 !plan->caller->setgroups_denied);
	for (size_t i = 0; p->set_groups && i < wanted->n; i++)
		if (plan_gid_maps(plan, wanted->v[i]))
			p->groups[p->n_groups++] = wanted->v[i];
	if (keeps_groups(plan) &&
	    degrade_add(plan, DEGRADE_GROUPS_KEPT, NULL, NULL, NULL, e) < 0)
		return -e->code;
	if (p->n_groups == wanted->n || p->keep_groups)
		return 0;
	return degrade_add(
		plan, p->set_groups ? DEGRADE_GROUPS_UNMAPPED : DEGRADE_GROUPS,
		NULL, groups_text(a, wanted->v, wanted->n),
		groups_text(a, p->groups, p->n_groups), e);
}

static int plan_user(struct plan *plan, struct err *e)
{
	const struct spec_user *user = &plan->spec->process->user;
	struct plan_process *p = &plan->process;

	p->uid = user->uid;
	p->gid = user->gid;
	p->has_umask = user->umask.set;
	p->umask = user->umask.value;
	if (p->umask > 0777)
		return err_set(e, EINVAL,
			       "process.user.umask: %u is outside 0..511",
			       p->umask);
	return plan_groups(plan, e);
}

/* --- limits */

static const char *limit_text(struct arena *a, uint64_t soft, uint64_t hard)
{
	const char *s = soft == UINT64_MAX
				? "unlimited"
				: arena_format(a, "%llu",
					       (unsigned long long)soft);
	const char *h = hard == UINT64_MAX
				? "unlimited"
				: arena_format(a, "%llu",
					       (unsigned long long)hard);

	return arena_format(a, "soft %s, hard %s", s, h);
}

static int clamp_rlimit(struct plan *plan, struct plan_rlimit *l,
			uint64_t highest, struct err *e)
{
	struct arena *a = &plan->arena;
	const char *wanted = limit_text(a, l->soft, l->hard);

	if (l->hard <= highest)
		return 0;
	l->hard = highest;
	l->soft = l->soft < highest ? l->soft : highest;
	return degrade_add(plan, DEGRADE_RLIMIT, rlimit_name(l->resource),
			   wanted, limit_text(a, l->soft, l->hard), e);
}

static int plan_rlimits(struct plan *plan, struct err *e)
{
	const struct items *limits = &plan->spec->process->rlimits;
	const struct spec_rlimit *from = limits->v;
	const struct caller *c = plan->caller;
	struct plan_process *p = &plan->process;
	int r = 0;

	p->n_rlimits = limits->n;
	p->rlimits = arena_zero_n(&plan->arena, limits->n, sizeof(*p->rlimits));
	for (size_t i = 0; r == 0 && i < limits->n; i++) {
		struct plan_rlimit *l = &p->rlimits[i];

		l->resource = rlimit_number(from[i].type);
		l->soft = from[i].soft;
		l->hard = from[i].hard;
		if (l->resource < 0) {
			err_set(e, EINVAL,
				"process.rlimits[%zu].type: %.40s is no limit "
				"that Linux has",
				i, from[i].type);
			return err_hint(e, "see getrlimit(2) for their names");
		}
		if (!caller_may_raise_limits(c))
			r = clamp_rlimit(plan, l, c->rlimits[l->resource].hard,
					 e);
		else if (rlimit_number("RLIMIT_NOFILE") == l->resource &&
			 c->nr_open > 0)
			r = clamp_rlimit(plan, l, c->nr_open, e);
		p->limits_raised |= l->hard > c->rlimits[l->resource].hard;
	}
	return r;
}

/* Whether a lower score than the caller's is granted depends on the lowest that
 * somebody with CAP_SYS_RESOURCE has given it, which only a trial tells. */
static int plan_oom_score(struct plan *plan, struct err *e)
{
	const struct opt_int64 *wanted = &plan->spec->process->oom_score_adj;
	struct plan_process *p = &plan->process;

	if (!wanted->set)
		return 0;
	if (wanted->value < -1000 || wanted->value > 1000)
		return err_set(e, EINVAL,
			       "process.oomScoreAdj: %lld is outside "
			       "-1000..1000",
			       (long long)wanted->value);
	p->set_oom_score_adj = true;
	p->oom_score_adj = (int)wanted->value;
	p->callers_oom_score_adj = plan->caller->oom_score_adj;
	return 0;
}

/* --- labels and the rest */

static int plan_labels(struct plan *plan, struct err *e)
{
	const struct spec_process *from = plan->spec->process;
	struct plan_process *p = &plan->process;
	const char *profile = from->apparmor_profile;
	bool wanted = !str_empty(profile) && (plan->caller->apparmor ||
					      !str_eq(profile, "unconfined"));

	p->apparmor_profile = wanted ? profile : NULL;
	p->selinux_label = str_empty(from->selinux_label) ? NULL
							  : from->selinux_label;
	if (p->apparmor_profile && !plan->caller->apparmor) {
		err_set(e, ENOTSUP,
			"process.apparmorProfile: AppArmor is not enabled in "
			"this kernel");
		return err_hint(e, "remove process.apparmorProfile");
	}
	if (p->selinux_label && !plan->caller->selinux) {
		err_set(e, ENOTSUP,
			"process.selinuxLabel: SELinux is not enabled in this "
			"kernel");
		return err_hint(e, "remove process.selinuxLabel");
	}
	return 0;
}

static int plan_terminal(struct plan *plan, struct err *e)
{
	const struct spec_process *from = plan->spec->process;
	const bool sent = !str_empty(plan->options->console_socket);
	struct plan_process *p = &plan->process;

	p->terminal = from->terminal;
	if (!p->terminal && sent) {
		err_set(e, EINVAL,
			"--console-socket: process.terminal is not true, so "
			"there is no terminal to send");
		return err_hint(e, "leave out --console-socket, or set "
				   "process.terminal to true");
	}
	if (!p->terminal)
		return 0;
	if (from->console_size)
		p->console_size = *from->console_size;
	if (sent || !plan->options->detached)
		return 0;
	err_set(e, EINVAL,
		"process.terminal: a detached container has nobody who reads "
		"its terminal");
	return err_hint(e, "name a socket that takes it with --console-socket, "
			   "set process.terminal to false, or use run without "
			   "--detach");
}

int plan_check_process(const struct plan *plan, struct err *e)
{
	const struct spec_process *from = plan->spec->process;

	if (!from) {
		err_set(e, EINVAL,
			"process: missing, so there is no program "
			"to run");
		return err_hint(e, "write \"process\" as \"rootlet spec\" "
				   "does");
	}
	if (from->args.n == 0 || *from->args.v[0] == '\0') {
		err_set(e, EINVAL, "process.args: names no program to run");
		return err_hint(e, "write \"args\": [\"sh\"]");
	}
	if (str_empty(from->cwd) || from->cwd[0] != '/')
		return err_set(e, EINVAL,
			       "process.cwd: must be an absolute path");
	return 0;
}

int plan_process(struct plan *plan, struct err *e)
{
	static int (*const steps[])(struct plan *, struct err *) = {
		plan_env,      plan_user,	plan_capabilities,
		plan_rlimits,  plan_oom_score,	plan_labels,
		plan_terminal, plan_scheduling, plan_seccomp,
	};
	const struct spec_process *from = plan->spec->process;
	struct plan_process *p = &plan->process;
	int r = 0;

	p->args = from->args.v;
	p->cwd = from->cwd;
	p->no_new_privs = from->no_new_privileges;
	p->pass_fds = plan->options->listen_fds + plan->options->preserve_fds;
	p->new_keyring = !plan->options->no_new_keyring;
	p->keyring = arena_format(&plan->arena, "_ses.%s", plan->options->id);
	for (size_t i = 0; r == 0 && i < sizeof(steps) / sizeof(steps[0]); i++)
		r = steps[i](plan, e);
	return r;
}
