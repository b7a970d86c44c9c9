/* netdev.c - network devices of the host that go into the container.
 *
 * Whether there is such a device, and whether the kernel lets this caller have
 * it, only the move itself tells.
 */
#include <errno.h>
#include <net/if.h>

#include "base/err.h"
#include "base/str.h"
#include "plan/make.h"

/* As the kernel checks it; one "%d" in it stands for a number of its choice. */
static bool is_name(const char *name, bool pattern)
{
	const char *percent = strchr(name, '%');

	if (*name == '\0' || strlen(name) >= IFNAMSIZ || str_eq(name, ".") ||
	    str_eq(name, "..") || strpbrk(name, "/: \t\n\r\v\f"))
		return false;
	if (!percent)
		return true;
	return pattern && percent[1] == 'd' && !strchr(percent + 1, '%');
}

static int plan_device(const struct spec_net_device *from,
		       struct plan_net_device *ret, struct err *e)
{
	ret->host = from->host_name;
	ret->name = str_empty(from->name) ? from->host_name : from->name;
	if (!is_name(ret->host, false))
		return err_set(e, EINVAL,
			       "linux.netDevices: \"%.40s\" is no name of a "
			       "network device",
			       ret->host);
	if (!is_name(ret->name, true))
		return err_set(e, EINVAL,
			       "linux.netDevices.%s.name: \"%.40s\" is no name "
			       "of a network device (at most %d bytes)",
			       ret->host, ret->name, IFNAMSIZ - 1);
	return 0;
}

static int check_names(const struct plan *plan, size_t i, struct err *e)
{
	const struct plan_net_device *v = plan->net_devices;

	for (size_t k = 0; k < i; k++)
		if (!strchr(v[i].name, '%') && str_eq(v[k].name, v[i].name))
			return err_set(e, EINVAL,
				       "linux.netDevices: %s and %s would both "
				       "be %s in the container",
				       v[k].host, v[i].host, v[i].name);
	return 0;
}

int plan_net_devices(struct plan *plan, struct err *e)
{
	const struct spec_linux *l = plan->spec->linux_;
	const struct spec_net_device *from = l ? l->net_devices.v : NULL;
	int r = 0;

	if (!l || l->net_devices.n == 0)
		return 0;
	if (!plan_has_own_ns(plan, NS_NET)) {
		err_set(e, EINVAL,
			"linux.netDevices: the container has no network "
			"namespace of its own that %s could go to",
			from[0].host_name);
		return err_hint(e, "add the namespace \"network\" to "
				   "linux.namespaces");
	}
	plan->n_net_devices = l->net_devices.n;
	plan->net_devices = arena_zero_n(&plan->arena, plan->n_net_devices,
					 sizeof(*plan->net_devices));
	for (size_t i = 0; r == 0 && i < plan->n_net_devices; i++) {
		r = plan_device(&from[i], &plan->net_devices[i], e);
		if (r == 0)
			r = check_names(plan, i, e);
	}
	return r;
}
