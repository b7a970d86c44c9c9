/* rest.c - the namespaces that wait until we are root inside.
 *
 * A network or mqueue namespace made before the maps are written leaves its
 * files owned by nobody for good; so net, ipc and cgroup are made here.  With
 * an inherited user namespace nothing waits for maps: then they were made at
 * the clone, and what is joined is joined here, by init itself.
 */
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/err.h"
#include "base/own.h"
#include "ns/ns.h"

static int join_path(int k, const char *path, struct err *e)
{
	autoclose int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);

	if (fd < 0)
		return err_sys(e, "open the %s namespace %s", ns_spec_names[k],
			       path);
	if (setns(fd, ns_clone_flags[k]) < 0)
		return err_sys(e, "join the %s namespace %s", ns_spec_names[k],
			       path);
	return 0;
}

static int join_waiting(const struct plan *plan, struct err *e)
{
	/* Mount last: paths are looked up in the one we are in. */
	static const enum ns_kind order[] = { NS_NET,	 NS_IPC,  NS_UTS,
					      NS_CGROUP, NS_TIME, NS_MNT };
	size_t i;
	int r;

	/* Else the process that stood between has joined them. */
	if (plan->intermediate)
		return 0;
	for (i = 0; i < sizeof(order) / sizeof(order[0]); i++) {
		const struct plan_ns *ns = &plan->ns[order[i]];

		if (ns->action != NS_JOIN)
			continue;
		r = join_path((int)order[i], ns->path, e);
		if (r < 0)
			return r;
	}
	return 0;
}

/* Namespace situation: root in the user namespace; mount, pid and uts are
 * the container's already. */
int ns_enter_rest(const struct plan *plan, struct err *e)
{
	int flags = 0;
	int k;

	for (k = 0; k < NS_KINDS; k++)
		if (plan->ns[k].action == NS_NEW &&
		    plan->ns[k].when == NS_AS_ROOT)
			flags |= ns_clone_flags[k];
	if (flags && unshare(flags) < 0) {
		(void)err_sys(e, "make the network, ipc and cgroup namespaces");
		return ns_explain(e);
	}
	return join_waiting(plan, e);
}

/* Namespace situation: in the container's network namespace, as its owner. */
int ns_set_up_network(const struct plan *plan, struct err *e)
{
	struct ifreq request = { .ifr_name = "lo" };
	autoclose int fd = -1;

	if (!plan->loopback_up)
		return 0;
	fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	/* A kernel without IPv4 has IPv6 to ask through. */
	if (fd < 0)
		fd = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return err_sys(e, "open a socket to bring up loopback");
	request.ifr_flags = IFF_UP | IFF_RUNNING;
	if (ioctl(fd, SIOCSIFFLAGS, &request) < 0)
		return err_sys(e, "bring up the loopback interface");
	return 0;
}

/* Namespace situation: in the container's uts namespace. */
int ns_set_names(const struct plan *plan, struct err *e)
{
	const char *name = plan->hostname;

	if (name && sethostname(name, strlen(name)) < 0)
		return err_sys(e, "set the host name to %s", name);
	name = plan->domainname;
	if (name && setdomainname(name, strlen(name)) < 0)
		return err_sys(e, "set the domain name to %s", name);
	return 0;
}
