/* sysctl.c - kernel parameters that belong to a namespace of the container.
 *
 * All others would be changed for the host and are refused.  Both spellings
 * of sysctl(8) are taken: when the first separator is a slash, slashes
 * separate and dots are part of a name (net/ipv4/conf/eth0.1/forwarding);
 * else it is the other way round.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/err.h"
#include "base/str.h"
#include "plan/make.h"

static const char *const ipc_names[] = {
	"kernel/msgmax", "kernel/msgmnb",	   "kernel/msgmni",
	"kernel/sem",	 "kernel/shmall",	   "kernel/shmmax",
	"kernel/shmmni", "kernel/shm_rmid_forced",
};

static const char *make_path(struct arena *a, const char *name)
{
	char *path = arena_str(a, name);

	if (name[strcspn(name, "./")] == '/')
		return path;
	for (char *s = path; *s; s++) {
		if (*s == '.')
			*s = '/';
		else if (*s == '/')
			*s = '.';
	}
	return path;
}

/* The namespace that a parameter belongs to; NS_KINDS: to none. */
static enum ns_kind kind_of(const char *path)
{
	if (str_after(path, "net/"))
		return NS_NET;
	if (str_after(path, "fs/mqueue/"))
		return NS_IPC;
	for (size_t i = 0; i < sizeof(ipc_names) / sizeof(ipc_names[0]); i++)
		if (str_eq(path, ipc_names[i]))
			return NS_IPC;
	if (str_eq(path, "kernel/domainname"))
		return NS_UTS;
	return NS_KINDS;
}

static int refuse(const char *key, enum ns_kind kind, struct err *e)
{
	if (kind == NS_KINDS) {
		err_set(e, EINVAL,
			"linux.sysctl.%s: belongs to no namespace, so it would "
			"change the host",
			key);
		return err_hint(e, "remove it, and set it on the host");
	}
	err_set(e, EINVAL,
		"linux.sysctl.%s: the container has no %s namespace of its "
		"own, so it would change the caller's",
		key, ns_spec_names[kind]);
	return err_hint(e, "add {\"type\": \"%s\"} to linux.namespaces",
			ns_spec_names[kind]);
}

/* The mapped gid that is next to `gid`: below it, or with `up` above. */
static uint32_t nearest_gid(const struct plan *plan, uint32_t gid, bool up)
{
	const struct plan_userns *u = &plan->userns;
	uint32_t best = up ? UINT32_MAX : 0;

	if (plan_gid_maps(plan, gid))
		return gid;
	for (size_t i = 0; i < u->n_gids; i++) {
		uint32_t first = u->gids[i].inside;
		uint32_t last = first + u->gids[i].count - 1;

		if (up && first > gid && first < best)
			best = first;
		if (!up && last < gid && last > best)
			best = last;
	}
	return best;
}

/* Engines write "0 2147483647" for "everybody". */
static int clamp_ping_range(struct plan *plan, struct plan_sysctl *s,
			    struct err *e)
{
	char *end, *end2;
	unsigned long low = strtoul(s->value, &end, 10);
	unsigned long high = strtoul(end, &end2, 10);
	const char *value;

	if (end == s->value || end2 == end || low > high ||
	    high >= UINT32_MAX || plan->ns[NS_USER].action != NS_NEW)
		return 0;
	if (plan_gid_maps(plan, (uint32_t)low) &&
	    plan_gid_maps(plan, (uint32_t)high))
		return 0;
	value = arena_format(&plan->arena, "%u %u",
			     nearest_gid(plan, (uint32_t)low, true),
			     nearest_gid(plan, (uint32_t)high, false));
	if (degrade_add(plan, DEGRADE_PING_RANGE, NULL, s->value, value, e) < 0)
		return -e->code;
	s->value = value;
	return 0;
}

static int set_domainname(struct plan *plan, const char *value, struct err *e)
{
	if (plan->domainname && !str_eq(plan->domainname, value))
		return err_set(e, EINVAL,
			       "linux.sysctl.kernel.domainname: conflicts with "
			       "domainname");
	plan->domainname = value;
	return 0;
}

static int plan_one(struct plan *plan, const struct string_pair *pair,
		    struct err *e)
{
	struct plan_sysctl *s = &plan->sysctls[plan->n_sysctls];

	s->name = pair->key;
	s->path = make_path(&plan->arena, pair->key);
	s->value = pair->value;
	s->ns = kind_of(s->path);
	if (str_eq(s->path, "kernel/hostname")) {
		err_set(e, EINVAL,
			"linux.sysctl.%s: conflicts with hostname, which is "
			"there for it",
			pair->key);
		return err_hint(e, "write hostname instead");
	}
	if (s->ns == NS_KINDS || !plan_has_own_ns(plan, s->ns))
		return refuse(pair->key, s->ns, e);
	if (s->ns == NS_UTS)
		return set_domainname(plan, pair->value, e);
	plan->n_sysctls++;
	if (str_eq(s->path, "net/ipv4/ping_group_range"))
		return clamp_ping_range(plan, s, e);
	return 0;
}

int plan_sysctls(struct plan *plan, struct err *e)
{
	const struct string_map *map;
	int r = 0;

	if (!plan->spec->linux_)
		return 0;
	map = &plan->spec->linux_->sysctl;
	plan->sysctls = arena_zero_n(&plan->arena, map->n,
				     sizeof(*plan->sysctls));
	for (size_t i = 0; r == 0 && i < map->n; i++)
		r = plan_one(plan, &map->v[i], e);
	return r;
}
