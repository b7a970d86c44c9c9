/* namespaces.c - which namespaces are made, joined or inherited, and when.
 *
 * What a namespace owns belongs to whoever makes it: made before the id maps
 * are written, /proc/net and mqueue belong to nobody for good.  So net, ipc
 * and cgroup namespaces wait until we are root inside, unless the user
 * namespace is inherited.
 *
 * The clocks of a time namespace can be set only while nobody is in it, so its
 * maker must not be: whoever unshares it stays outside and its children are
 * in.  Init can't be that child of itself; with offsets a process stands
 * between, and makes the user namespace as well, which is to own it.
 *
 * Joining takes CAP_SYS_ADMIN both in the user namespace that owns the one to
 * be joined and in the joiner's own.  A privileged caller has it in its own
 * namespace and all below (the kernel tells the owner of those only), so it
 * joins before the new user namespace.  Everybody else must join the owner
 * first.
 */
#include <errno.h>
#include <linux/capability.h>
#include <string.h>

#include "base/err.h"
#include "plan/make.h"

#define NAME_BYTES 64 /* __NEW_UTS_LEN of the kernel */

bool plan_owns_ns(const struct plan *plan, enum ns_kind kind)
{
	const struct plan_ns *ns = &plan->ns[kind];

	if (plan->ns[NS_USER].action == NS_INHERIT)
		return true;
	return ns->action == NS_NEW ||
	       (ns->action == NS_JOIN && ns->when == NS_AFTER_USER);
}

static int refuse_join(const struct plan *plan, enum ns_kind kind,
		       struct err *e)
{
	const struct caller_ns *ns = &plan->caller->ns[kind];

	if (ns->owner_inode == 0) {
		err_set(e, EPERM,
			"linux.namespaces: %s: %s belongs to a user namespace "
			"outside of the caller's",
			ns_spec_names[kind], ns->path);
		return err_hint(e, "start rootlet where that namespace was "
				   "made");
	}
	err_set(e, EPERM,
		"linux.namespaces: %s: %s belongs to user:[%llu], and joining "
		"it takes CAP_SYS_ADMIN there",
		ns_spec_names[kind], ns->path,
		(unsigned long long)ns->owner_inode);
	if (ns->owner_is_own)
		return err_hint(e, "make the namespace as the caller's own "
				   "user, in a user namespace, and join that "
				   "too");
	return err_hint(e,
			"join that user namespace as well: add {\"type\": "
			"\"user\", \"path\": a path of user:[%llu]} to "
			"linux.namespaces",
			(unsigned long long)ns->owner_inode);
}

static int plan_join(struct plan *plan, enum ns_kind kind, struct err *e)
{
	const struct caller_ns *fact = &plan->caller->ns[kind];
	struct plan_ns *ns = &plan->ns[kind];

	if (fact->is_own)
		return 0;
	ns->action = NS_JOIN;
	ns->path = fact->path;
	if (plan->ns[NS_USER].action == NS_JOIN && fact->owner_is_joined) {
		ns->when = NS_AFTER_USER;
		return 0;
	}
	ns->when = NS_BEFORE_USER;
	if (caller_may(plan->caller, CAP_SYS_ADMIN) && fact->owner_inode != 0)
		return 0;
	return refuse_join(plan, kind, e);
}

/* The mounts are made, and the root changed, in the joined one: that takes
 * rights over it, which a user namespace that is made afterwards has not. */
static int plan_join_mount(struct plan *plan, const char *path, struct err *e)
{
	if (plan->caller->ns[NS_MNT].is_own) {
		err_set(e, EINVAL,
			"linux.namespaces: mount: %s is the caller's own, and "
			"a container would change the caller's mounts",
			path);
		return err_hint(e, "leave the path out");
	}
	if (plan->ns[NS_USER].action == NS_NEW) {
		err_set(e, EINVAL,
			"linux.namespaces: mount: %s can't be joined together "
			"with a new user namespace, which has no rights over "
			"it",
			path);
		return err_hint(e, "join the user namespace that owns it by "
				   "path too, or leave the path out");
	}
	return plan_join(plan, NS_MNT, e);
}

static int plan_mount_ns(struct plan *plan, struct err *e)
{
	const struct spec_namespace *ns = spec_find_ns(plan->spec, NS_MNT);

	if (!ns) {
		err_set(e, EINVAL,
			"linux.namespaces: there is no \"mount\", and without "
			"a mount namespace of its own a container would change "
			"the caller's mounts");
		return err_hint(e, "add {\"type\": \"mount\"} to "
				   "linux.namespaces");
	}
	if (ns->path)
		return plan_join_mount(plan, ns->path, e);
	plan->ns[NS_MNT].action = NS_NEW;
	plan->ns[NS_MNT].when = NS_AT_CLONE;
	return 0;
}

static int plan_one(struct plan *plan, enum ns_kind kind, struct err *e)
{
	const struct spec_namespace *listed = spec_find_ns(plan->spec, kind);
	struct plan_ns *ns = &plan->ns[kind];
	bool early = kind == NS_UTS || kind == NS_PID || kind == NS_TIME ||
		     plan->ns[NS_USER].action == NS_INHERIT;

	if (!listed)
		return 0;
	if (listed->path)
		return plan_join(plan, kind, e);
	ns->action = NS_NEW;
	ns->when = early ? NS_AT_CLONE : NS_AS_ROOT;
	return 0;
}

static int check_offset(const struct spec_time_offset *o, const char *clock,
			struct err *e)
{
	if (!o || o->nanosecs < 1000000000U)
		return 0;
	return err_set(e, EINVAL,
		       "linux.timeOffsets.%s.nanosecs: %u is outside "
		       "0..999999999",
		       clock, o->nanosecs);
}

static int refuse_offsets(const struct plan *plan, struct err *e)
{
	if (spec_find_ns(plan->spec, NS_TIME)) {
		err_set(e, EINVAL,
			"linux.timeOffsets: the time namespace is named by a "
			"path, and the clocks of one that exists can't be "
			"changed");
		return err_hint(e, "remove linux.timeOffsets, or the path");
	}
	err_set(e, EINVAL,
		"linux.timeOffsets: the container has no time namespace of its "
		"own, so those would be the caller's clocks");
	return err_hint(e, "add {\"type\": \"time\"} to linux.namespaces, or "
			   "remove linux.timeOffsets");
}

static int plan_time_offsets(struct plan *plan, struct err *e)
{
	const struct spec_linux *l = plan->spec->linux_;
	const struct spec_time_offsets *o = l ? l->time_offsets : NULL;
	int r;

	if (!o || (!o->monotonic && !o->boottime))
		return 0;
	r = check_offset(o->monotonic, "monotonic", e);
	if (r == 0)
		r = check_offset(o->boottime, "boottime", e);
	if (r < 0)
		return r;
	if (plan->ns[NS_TIME].action != NS_NEW)
		return refuse_offsets(plan, e);
	plan->time_offsets = o;
	plan->ns[NS_TIME].when = NS_BETWEEN;
	if (plan->ns[NS_USER].action == NS_NEW)
		plan->ns[NS_USER].when = NS_BETWEEN;
	return 0;
}

static int check_name(const char *name, const char *key, struct err *e)
{
	size_t len = name ? strlen(name) : 0;

	if (len <= NAME_BYTES)
		return 0;
	err_set(e, EINVAL, "%s: has %zu bytes, and the kernel takes at most %d",
		key, len, NAME_BYTES);
	return err_hint(e, "write a shorter name");
}

/* A name can be given only to a uts namespace that is not the caller's. */
static int plan_names(struct plan *plan, struct err *e)
{
	const struct spec *spec = plan->spec;
	const char *key = spec->hostname ? "hostname" : "domainname";

	if (check_name(spec->hostname, "hostname", e) < 0 ||
	    check_name(spec->domainname, "domainname", e) < 0)
		return -e->code;
	plan->hostname = spec->hostname;
	plan->domainname = spec->domainname;
	if ((!spec->hostname && !spec->domainname) ||
	    plan_has_own_ns(plan, NS_UTS))
		return 0;
	err_set(e, EINVAL,
		"%s: the container has no uts namespace of its own, so that "
		"would be the caller's name",
		key);
	return err_hint(e,
			"add {\"type\": \"uts\"} to linux.namespaces, or "
			"remove %s",
			key);
}

/* With an inherited user namespace init joins by itself, but for what only
 * its children would be in (pid) and what must be there from the start
 * (mount). */
static bool needs_intermediate(const struct plan *plan)
{
	bool inherits = plan->ns[NS_USER].action == NS_INHERIT;

	if (plan->ns[NS_TIME].when == NS_BETWEEN)
		return true;
	for (int k = 0; k < NS_KINDS; k++)
		if (plan->ns[k].action == NS_JOIN &&
		    (!inherits || k == NS_PID || k == NS_MNT))
			return true;
	return false;
}

int plan_namespaces(struct plan *plan, struct err *e)
{
	static const enum ns_kind kinds[] = { NS_PID, NS_NET,	 NS_IPC,
					      NS_UTS, NS_CGROUP, NS_TIME };
	int r = plan_mount_ns(plan, e);

	for (size_t i = 0; r == 0 && i < sizeof(kinds) / sizeof(kinds[0]); i++)
		r = plan_one(plan, kinds[i], e);
	if (r == 0)
		r = plan_time_offsets(plan, e);
	if (r < 0)
		return r;
	plan->intermediate = needs_intermediate(plan);
	plan->loopback_up = plan->ns[NS_NET].action == NS_NEW;
	return plan_names(plan, e);
}
