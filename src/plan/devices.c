/* devices.c - the specification's default devices and those of the bundle.
 *
 * Nobody makes device nodes in a user namespace but the initial one: there
 * the host's own device is bind-mounted, whatever its name is on the host.
 * Fifos are no devices to the kernel and can always be made.
 */
#include <errno.h>
#include <linux/capability.h>

#include "base/err.h"
#include "base/str.h"
#include "plan/make.h"

#define DEVICES_MAX 4000

/* config-linux.md, "Default Devices"; console and ptmx are not made here. */
static const struct {
	const char *path;
	uint32_t major, minor;
} default_devices[] = {
	{ "/dev/null", 1, 3 },	  { "/dev/zero", 1, 5 },
	{ "/dev/full", 1, 7 },	  { "/dev/random", 1, 8 },
	{ "/dev/urandom", 1, 9 }, { "/dev/tty", 5, 0 },
};
#define DEFAULT_DEVICES (sizeof(default_devices) / sizeof(default_devices[0]))

static bool may_mknod(const struct plan *plan)
{
	const struct caller *c = plan->caller;

	return plan->ns[NS_USER].action == NS_INHERIT && c->initial_userns &&
	       caller_may(c, CAP_MKNOD) && !c->unprivileged_rules;
}

static bool is_listed(const struct spec_linux *l, const char *path)
{
	const struct spec_device *d = l ? l->devices.v : NULL;

	for (size_t i = 0; l && i < l->devices.n; i++)
		if (str_eq(d[i].path, path))
			return true;
	return false;
}

static void add_defaults(struct plan *plan)
{
	for (size_t i = 0; i < DEFAULT_DEVICES; i++) {
		if (is_listed(plan->spec->linux_, default_devices[i].path))
			continue;
		plan->devices[plan->n_devices++] = (struct plan_device){
			.path = default_devices[i].path,
			.type = 'c',
			.major = default_devices[i].major,
			.minor = default_devices[i].minor,
			.mode = 0666,
			.try_mknod = may_mknod(plan),
			.try_bind = true,
			.default_device = true,
		};
	}
}

/* A node that we make belongs to an id of the container. */
static int check_owner(const struct plan *plan, const struct plan_device *d,
		       size_t i, struct err *e)
{
	bool uid_maps = plan_uid_maps(plan, d->uid);

	if (!d->try_mknod || (uid_maps && plan_gid_maps(plan, d->gid)))
		return 0;
	return err_set(e, EINVAL,
		       "linux.devices[%zu].%s: %u is not mapped in the "
		       "container's user namespace",
		       i, uid_maps ? "gid" : "uid", uid_maps ? d->gid : d->uid);
}

/* In a user namespace the reason is the table's; without one it lies with the
 * caller. */
static int list_as_bound(struct plan *plan, const char *path, struct err *e)
{
	const struct caller *c = plan->caller;

	if (plan->ns[NS_USER].action != NS_INHERIT || !c->initial_userns)
		return degrade_add(plan, DEGRADE_DEVICE_BIND, path, NULL, NULL,
				   e);
	if (!caller_may(c, CAP_MKNOD))
		return degrade_add_why(plan, DEGRADE_DEVICE_BIND, path,
				       "making device nodes takes CAP_MKNOD, "
				       "which the caller has not",
				       "call rootlet with CAP_MKNOD", e);
	return degrade_add_why(plan, DEGRADE_DEVICE_BIND, path,
			       "device nodes are made by real root alone, and "
			       "--rootless=true, or a lack of capabilities, "
			       "says that we are not",
			       "leave out --rootless=true", e);
}

static int add_listed(struct plan *plan, const struct spec_device *from,
		      size_t i, struct err *e)
{
	struct plan_device *d = &plan->devices[plan->n_devices++];
	char type = from->type[0] == 'u' ? 'c' : from->type[0];
	bool named = from->file_mode.set || from->uid.set || from->gid.set;
	int r;

	*d = (struct plan_device){
		.path = from->path,
		.type = type,
		.major = (uint32_t)from->major,
		.minor = (uint32_t)from->minor,
		.mode = from->file_mode.set ? from->file_mode.value : 0666,
		.uid = from->uid.value,
		.gid = from->gid.value,
		.try_mknod = type == 'p' || may_mknod(plan),
		.try_bind = type != 'p',
	};
	r = check_owner(plan, d, i, e);
	if (r < 0 || d->try_mknod)
		return r;
	r = list_as_bound(plan, d->path, e);
	if (r == 0 && named)
		r = degrade_add(plan, DEGRADE_DEVICE_OWNER, d->path, NULL, NULL,
				e);
	return r;
}

static const struct plan_mount *mount_on_dev(const struct plan *plan)
{
	const struct plan_mount *found = NULL;

	for (size_t i = 0; i < plan->n_mounts; i++)
		if (str_eq(plan->mounts[i].dest, "/dev"))
			found = &plan->mounts[i];
	return found;
}

/* Nothing is made in a /dev that the bundle binds.  When that is the host's
 * own, the devices are there; else they are missing, which is said. */
static int skip_listed(struct plan *plan, const struct spec_device *from,
		       struct err *e)
{
	const struct plan_mount *dev = mount_on_dev(plan);

	if (dev && dev->source && str_eq(dev->source, "/dev"))
		return 0;
	return degrade_add_why(plan, DEGRADE_DEVICE_MISSING, from->path,
			       "the bundle binds a directory at /dev, and "
			       "nothing is made in that",
			       "mount a tmpfs at /dev instead", e);
}

/* fill_dev makes it a link to pts/ptmx, whatever is there. */
static bool is_ptmx(const struct plan *plan, const struct spec_device *from)
{
	return plan->fill_dev && str_eq(from->path, "/dev/ptmx") &&
	       from->type[0] != 'b' && from->major == 5 && from->minor == 2;
}

static int plan_one(struct plan *plan, const struct spec_device *from, size_t i,
		    struct err *e)
{
	if (is_ptmx(plan, from))
		return 0;
	if (plan->fill_dev || !str_after(from->path, "/dev/"))
		return add_listed(plan, from, i, e);
	return skip_listed(plan, from, e);
}

int plan_devices(struct plan *plan, struct err *e)
{
	const struct spec_linux *l = plan->spec->linux_;
	const struct spec_device *from = l ? l->devices.v : NULL;
	size_t n = l ? l->devices.n : 0;
	int r = 0;

	if (n > DEVICES_MAX)
		return err_set(
			e, E2BIG,
			"linux.devices: %zu are more than rootlet takes, "
			"%d",
			n, DEVICES_MAX);
	plan->devices = arena_zero_n(&plan->arena, n + DEFAULT_DEVICES,
				     sizeof(*plan->devices));
	if (plan->fill_dev)
		add_defaults(plan);
	for (size_t i = 0; r == 0 && i < n; i++)
		r = plan_one(plan, &from[i], i, e);
	return r;
}
