/* device_rules.c - which devices a container may use.
 *
 * Theory of operation: real root has the rules carried out by a filter on the
 * container's cgroup.  Nobody else may load one.  But in a user namespace no
 * device nodes can be made either, so a container has those that are bound
 * into it and no others: where the rules allow all of these, they hold.
 */
#include "plan/device_rules.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "base/json.h"
#include "base/str.h"
#include "plan/make.h"

/* Some jumps of the filter go over all of them, at most 8 instructions each. */
#define RULES_MAX 1000

/* What a device number can be (<linux/kdev_t.h>). */
#define MAJOR_MAX 4095
#define MINOR_MAX 1048575

/* For every container, whatever the bundle says: as in runc, which lets it
 * make any node, for what counts is who may open it. */
static const struct plan_device_rule for_all[] = {
	{ true, 'a', -1, -1, DEVICE_MKNOD },
	{ true, 'c', 1, 3, DEVICE_ALL }, /* null */
	{ true, 'c', 1, 5, DEVICE_ALL }, /* zero */
	{ true, 'c', 1, 7, DEVICE_ALL }, /* full */
	{ true, 'c', 1, 8, DEVICE_ALL }, /* random */
	{ true, 'c', 1, 9, DEVICE_ALL }, /* urandom */
	{ true, 'c', 5, 0, DEVICE_ALL }, /* tty */
	{ true, 'c', 5, 2, DEVICE_ALL }, /* ptmx */
	{ true, 'c', 136, -1, DEVICE_ALL }, /* pts/N */
};
#define FOR_ALL (sizeof(for_all) / sizeof(for_all[0]))

static unsigned read_access(const char *letters)
{
	unsigned bits = 0;

	for (; *letters; letters++)
		bits |= *letters == 'r'	  ? DEVICE_READ
			: *letters == 'w' ? DEVICE_WRITE
					  : DEVICE_MKNOD;
	return bits;
}

/* Not given, and -1, which engines write, are all of them. */
static int read_number(const struct opt_int64 *from, int64_t max, size_t i,
		       const char *key, int64_t *ret, struct err *e)
{
	*ret = from->set ? from->value : -1;
	if (*ret >= -1 && *ret <= max)
		return 0;
	return err_set(e, EINVAL,
		       "linux.resources.devices[%zu].%s: %lld is outside "
		       "-1..%lld",
		       i, key, (long long)*ret, (long long)max);
}

static int read_rule(const struct spec_device_rule *from, size_t i,
		     struct plan_device_rule *ret, struct err *e)
{
	int r;

	if (str_empty(from->access)) {
		(void)err_set(e, EINVAL,
			      "linux.resources.devices[%zu].access: a rule "
			      "about no access",
			      i);
		return err_hint(e, "write \"rwm\" for all of them");
	}
	*ret = (struct plan_device_rule){
		.allow = from->allow,
		.type = from->type ? from->type[0] : 'a',
		.access = read_access(from->access),
	};
	r = read_number(&from->major, MAJOR_MAX, i, "major", &ret->major, e);
	if (r == 0)
		r = read_number(&from->minor, MINOR_MAX, i, "minor",
				&ret->minor, e);
	return r;
}

int device_rules(const struct spec_resources *from, struct arena *a,
		 struct plan_device_rule **ret, size_t *ret_n, struct err *e)
{
	const struct spec_device_rule *v = from ? from->devices.v : NULL;
	size_t n = from ? from->devices.n : 0;
	struct plan_device_rule *rules;
	int r = 0;

	if (n > RULES_MAX)
		return err_set(e, E2BIG,
			       "linux.resources.devices: %zu are more than "
			       "rootlet takes, %d",
			       n, RULES_MAX);
	rules = arena_zero_n(a, n + FOR_ALL, sizeof(*rules));
	for (size_t i = 0; r == 0 && i < n; i++)
		r = read_rule(&v[i], i, &rules[i], e);
	if (r < 0)
		return r;
	memcpy(rules + n, for_all, sizeof(for_all));
	*ret = rules;
	*ret_n = n + FOR_ALL;
	return 0;
}

static bool fits(const struct plan_device_rule *rule, char type, int64_t major,
		 int64_t minor)
{
	return (rule->type == 'a' || rule->type == type) &&
	       (rule->major < 0 || rule->major == major) &&
	       (rule->minor < 0 || rule->minor == minor);
}

bool device_rules_allow(const struct plan_device_rule *rules, size_t n,
			char type, int64_t major, int64_t minor,
			unsigned access)
{
	unsigned allowed = 0;

	for (size_t i = 0; i < n; i++) {
		if (!fits(&rules[i], type, major, minor))
			continue;
		allowed &= ~rules[i].access;
		if (rules[i].allow)
			allowed |= rules[i].access;
	}
	return (access & ~allowed) == 0;
}

/* Does the host's directory or file have devices?  What the caller keeps
 * elsewhere does not, for he could not make them. */
static bool may_have_devices(const char *source)
{
	static const char *const without[] = { "/dev/shm", "/dev/mqueue",
					       "/dev/hugepages", "/dev/log" };

	if (str_eq(source, "/") || str_eq(source, "/dev"))
		return true;
	if (!str_after(source, "/dev/"))
		return false;
	for (size_t i = 0; i < sizeof(without) / sizeof(without[0]); i++) {
		const char *rest = str_after(source, without[i]);

		if (rest && (*rest == '\0' || *rest == '/'))
			return false;
	}
	return true;
}

static bool allow_everything(const struct plan_device_rule *rules, size_t n)
{
	for (size_t i = n; i > 0; i--) {
		const struct plan_device_rule *rule = &rules[i - 1];

		if (!rule->allow)
			return false;
		if (rule->type == 'a' && rule->major < 0 && rule->minor < 0 &&
		    rule->access == DEVICE_ALL)
			return true;
	}
	return false;
}

/* The kernel asks no more than CAP_MKNOD there. */
static bool may_make_nodes(const struct plan *plan)
{
	return plan->ns[NS_USER].action == NS_INHERIT &&
	       plan->caller->initial_userns;
}

/* Without a filter: is there a device in the container that they refuse? */
static bool hold_by_themselves(const struct plan *plan,
			       const struct plan_device_rule *rules, size_t n)
{
	if (allow_everything(rules, n))
		return true;
	if (may_make_nodes(plan))
		return false;
	for (size_t i = 0; i < plan->n_devices; i++) {
		const struct plan_device *d = &plan->devices[i];

		if (d->type != 'p' &&
		    !device_rules_allow(rules, n, d->type, d->major, d->minor,
					DEVICE_READ | DEVICE_WRITE))
			return false;
	}
	for (size_t i = 0; i < plan->n_mounts; i++)
		if (plan->mounts[i].ladder[0] == MOUNT_BIND &&
		    may_have_devices(plan->mounts[i].source))
			return false;
	return true;
}

static int list_as_ignored(struct plan *plan, size_t n, struct err *e)
{
	const struct plan_cgroup *c = &plan->cgroup;

	if (!may_make_nodes(plan))
		return degrade_add(plan, DEGRADE_CGROUP_DEVICES, NULL,
				   arena_format(&plan->arena, "rules: %zu", n),
				   NULL, e);
	if (c->manager == CGROUP_NONE)
		return degrade_add_why(plan, DEGRADE_CGROUP_DEVICES, NULL,
				       c->why, c->fix, e);
	return degrade_add_why(plan, DEGRADE_CGROUP_DEVICES, NULL,
			       "a filter is a program of eBPF, which only real "
			       "root loads, and --rootless=true says that we "
			       "are not",
			       "leave CAP_MKNOD out of process.capabilities",
			       e);
}

/* Any other may be of a block device, which the kernel asks the filter about. */
static bool is_virtual(const char *fstype)
{
	static const char *const types[] = {
		"tmpfs",      "proc",	 "sysfs",    "mqueue", "cgroup2",
		"devpts",     "overlay", "ramfs",    "bpf",    "tracefs",
		"securityfs", "debugfs", "hugetlbfs"
	};

	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (str_eq(fstype, types[i]))
			return true;
	return false;
}

static bool mounts_devices(const struct plan *plan)
{
	for (size_t i = 0; i < plan->n_mounts; i++)
		if (plan->mounts[i].ladder[0] == MOUNT_FS &&
		    !is_virtual(plan->mounts[i].fstype))
			return true;
	return false;
}

int plan_device_rules(struct plan *plan, struct err *e)
{
	const struct spec_linux *l = plan->spec->linux_;
	const struct spec_resources *from = l ? l->resources : NULL;
	struct plan_cgroup *c = &plan->cgroup;
	int r = device_rules(from, &plan->arena, &c->device_rules,
			     &c->n_device_rules, e);

	if (r < 0)
		return r;
	c->filter_devices = c->must_hold && c->manager != CGROUP_NONE;
	c->filter_late = c->filter_devices && mounts_devices(plan);
	if (c->filter_devices || !from || from->devices.n == 0 ||
	    hold_by_themselves(plan, c->device_rules, c->n_device_rules))
		return 0;
	return list_as_ignored(plan, from->devices.n, e);
}

/* "allow c 1:3 rwm", as in devices.list of version 1. */
static const char *rule_text(struct arena *a, const struct plan_device_rule *r)
{
	char major[12] = "*", minor[12] = "*";

	if (r->major >= 0)
		(void)snprintf(major, sizeof(major), "%u", (unsigned)r->major);
	if (r->minor >= 0)
		(void)snprintf(minor, sizeof(minor), "%u", (unsigned)r->minor);
	return arena_format(a, "%s %c %s:%s %s%s%s",
			    r->allow ? "allow" : "deny", r->type, major, minor,
			    r->access & DEVICE_READ ? "r" : "",
			    r->access & DEVICE_WRITE ? "w" : "",
			    r->access & DEVICE_MKNOD ? "m" : "");
}

void plan_print_device_rules(const struct plan_cgroup *p, struct json_out *out)
{
	struct arena a = { 0 };

	if (!p->filter_devices)
		return;
	json_array(out, "deviceFilter");
	for (size_t i = 0; i < p->n_device_rules; i++)
		json_string(out, NULL, rule_text(&a, &p->device_rules[i]));
	json_end(out);
	if (p->filter_late)
		json_bool(out, "deviceFilterAfterMounts", true);
	arena_done(&a);
}
