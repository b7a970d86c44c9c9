/* netdev.c - moves network devices of the host into the container.
 *
 * Theory of operation: the kernel takes a device, down and without addresses,
 * from one network namespace into another.  So its addresses are read before
 * and set after: those that are permanent and global, as the specification
 * wants.  Whether the new name is free is looked up before the move, because
 * the kernel renames after it, when there is no way back.
 *
 * A child does it, for whoever enters the container's network namespace may
 * have no right to come back.  The container's end is its namespace's end:
 * then the kernel gives a physical device back and destroys a virtual one.
 */
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/err.h"
#include "base/mem.h"
#include "base/own.h"
#include "ns/ns.h"
#include "sys/netlink.h"

#define ADDRESSES_MAX 1000
#define INDEX_TRIES   10000

/* A device on its way. */
struct move {
	const struct plan_net_device *dev;
	int index; /* of the device; in the container after the move */
	struct netlink_msg *addresses; /* owned: requests to set them again */
	size_t n_addresses;
};

static int read_index(const struct nlmsghdr *answer, void *arg)
{
	const struct ifinfomsg *info = NLMSG_DATA(answer);
	int *index = arg;

	if (answer->nlmsg_type == RTM_NEWLINK)
		*index = info->ifi_index;
	return 0;
}

/* By name, or by index where name is NULL.  The index, or -ENODEV. */
static int find_link(int sock, const char *name, int index)
{
	const struct ifinfomsg body = { .ifi_index = index };
	struct netlink_msg m;
	int found = -ENODEV;
	int r;

	netlink_begin(&m, RTM_GETLINK, &body, sizeof(body));
	if (name)
		netlink_add(&m, IFLA_IFNAME, name, strlen(name) + 1);
	r = netlink_ask(sock, &m, 0, read_index, &found);
	return r < 0 ? r : found;
}

/* --- addresses */

static bool is_kept(const struct ifaddrmsg *a, uint32_t flags, int index)
{
	return (int)a->ifa_index == index && flags & IFA_F_PERMANENT &&
	       a->ifa_scope == RT_SCOPE_UNIVERSE;
}

/* What the kernel says of the state of an address is not for us to set. */
static uint32_t settable(uint32_t flags)
{
	return flags & (IFA_F_NODAD | IFA_F_NOPREFIXROUTE | IFA_F_HOMEADDRESS |
			IFA_F_MANAGETEMPADDR | IFA_F_MCAUTOJOIN);
}

static void add_address(struct move *move, const struct ifaddrmsg *from,
			const struct rtattr *const *attrs, uint32_t flags)
{
	static const unsigned short copied[] = { IFA_LOCAL, IFA_ADDRESS,
						 IFA_BROADCAST,
						 IFA_RT_PRIORITY };
	const struct ifaddrmsg body = {
		.ifa_family = from->ifa_family,
		.ifa_prefixlen = from->ifa_prefixlen,
		.ifa_scope = from->ifa_scope,
	};
	struct netlink_msg *m = &move->addresses[move->n_addresses++];
	const uint32_t set = settable(flags);

	netlink_begin(m, RTM_NEWADDR, &body, sizeof(body));
	netlink_add(m, IFA_FLAGS, &set, sizeof(set));
	for (size_t i = 0; i < sizeof(copied) / sizeof(*copied); i++) {
		const struct rtattr *a = attrs[copied[i]];

		if (a && RTA_PAYLOAD(a) <= 16)
			netlink_add(m, copied[i], RTA_DATA(a), RTA_PAYLOAD(a));
	}
}

static int read_address(const struct nlmsghdr *answer, void *arg)
{
	const struct ifaddrmsg *body = NLMSG_DATA(answer);
	const struct rtattr *attrs[IFA_MAX + 1] = { 0 };
	struct move *move = arg;
	uint32_t flags = body->ifa_flags;
	int left = (int)IFA_PAYLOAD(answer);

	if (answer->nlmsg_type != RTM_NEWADDR)
		return 0;
	for (const struct rtattr *a = IFA_RTA(body); RTA_OK(a, left);
	     a = RTA_NEXT(a, left))
		if (a->rta_type <= IFA_MAX)
			attrs[a->rta_type] = a;
	if (attrs[IFA_FLAGS])
		memcpy(&flags, RTA_DATA(attrs[IFA_FLAGS]), sizeof(flags));
	if (!is_kept(body, flags, move->index))
		return 0;
	if (move->n_addresses == ADDRESSES_MAX)
		return -E2BIG;
	add_address(move, body, attrs, flags);
	return 0;
}

static int read_addresses(int sock, struct move *move)
{
	const struct ifaddrmsg body = { .ifa_family = AF_UNSPEC };
	struct netlink_msg m;

	netlink_begin(&m, RTM_GETADDR, &body, sizeof(body));
	return netlink_ask(sock, &m, NLM_F_DUMP, read_address, move);
}

static int set_addresses(int sock, struct move *move)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < move->n_addresses; i++) {
		struct netlink_msg *m = &move->addresses[i];
		struct ifaddrmsg *body = NLMSG_DATA(&m->header);

		body->ifa_index = (unsigned)move->index;
		r = netlink_ask(sock, m, NLM_F_ACK | NLM_F_CREATE, NULL, NULL);
	}
	return r;
}

/* --- one device */

static int explain(const struct move *move, int code, struct err *e)
{
	(void)err_errno(e, code,
			"linux.netDevices: move the network device %s into the "
			"container",
			move->dev->host);
	if (code == -EPERM)
		return err_hint(e, "it takes CAP_NET_ADMIN over the network "
				   "namespace that rootlet runs in: start "
				   "rootlet as root, or remove the device from "
				   "linux.netDevices");
	if (code == -ENODEV)
		return err_hint(e, "there is none of that name here, see ip "
				   "link");
	if (code == -EINVAL)
		return err_hint(e, "the kernel leaves some devices, such as lo "
				   "and bridges, in the namespace that they "
				   "were made in");
	if (code == -EEXIST)
		return err_hint(e,
				"the container has a device %s already: give "
				"another name, or one like eth%%d",
				move->dev->name);
	return code;
}

/* A number that is free in the container, the old one if it can be. */
static int choose_index(int inside, int index)
{
	for (int i = 0; i < INDEX_TRIES; i++) {
		int r = find_link(inside, NULL, index + i);

		if (r == -ENODEV)
			return index + i;
		if (r < 0)
			return r;
	}
	return -ENFILE;
}

static int send_over(int outside, const struct move *move, int netns_fd,
		     int index)
{
	const struct ifinfomsg body = { .ifi_index = move->index };
	const char *name = move->dev->name;
	struct netlink_msg m;

	netlink_begin(&m, RTM_SETLINK, &body, sizeof(body));
	netlink_add(&m, IFLA_NET_NS_FD, &netns_fd, sizeof(netns_fd));
	netlink_add(&m, IFLA_NEW_IFINDEX, &index, sizeof(index));
	netlink_add(&m, IFLA_IFNAME, name, strlen(name) + 1);
	return netlink_ask(outside, &m, 0, NULL, NULL);
}

static int bring_up(int inside, int index)
{
	const struct ifinfomsg body = {
		.ifi_index = index,
		.ifi_flags = IFF_UP,
		.ifi_change = IFF_UP,
	};
	struct netlink_msg m;

	netlink_begin(&m, RTM_SETLINK, &body, sizeof(body));
	return netlink_ask(inside, &m, 0, NULL, NULL);
}

static int name_is_free(int inside, const char *name)
{
	int r = strchr(name, '%') ? -ENODEV : find_link(inside, name, 0);

	if (r == -ENODEV)
		return 0;
	return r < 0 ? r : -EEXIST;
}

static int move_over(struct move *move, int outside, int inside, int netns_fd,
		     struct err *e)
{
	int index = -1;
	int r = name_is_free(inside, move->dev->name);

	if (r == 0)
		r = read_addresses(outside, move);
	if (r == 0)
		r = index = choose_index(inside, move->index);
	if (r >= 0)
		r = send_over(outside, move, netns_fd, index);
	if (r < 0)
		return explain(move, r, e);
	move->index = index;
	r = set_addresses(inside, move);
	if (r < 0)
		return err_errno(e, r, "set the addresses of %s, as %s, again",
				 move->dev->host, move->dev->name);
	r = bring_up(inside, index);
	if (r < 0)
		return err_errno(e, r, "bring up the network device %s",
				 move->dev->name);
	return 0;
}

static int move_one(const struct plan_net_device *dev, int outside, int inside,
		    int netns_fd, struct err *e)
{
	autofree struct netlink_msg *room = mem_zero_n(ADDRESSES_MAX,
						       sizeof(*room));
	struct move move = { .dev = dev, .addresses = room };

	move.index = find_link(outside, dev->host, 0);
	if (move.index < 0)
		return explain(&move, move.index, e);
	return move_over(&move, outside, inside, netns_fd, e);
}

/* --- the child */

/* Namespace situation: HOST's; in the container's network namespace when it
 * is done. */
static int move_all(const struct plan *plan, int netns_fd, struct err *e)
{
	const struct plan_net_device *dev = plan->net_devices;
	autoclose int outside = netlink_open(), inside = -1;
	int r = 0;

	if (outside < 0)
		return err_errno(e, outside, "open a netlink socket");
	if (setns(netns_fd, CLONE_NEWNET) < 0)
		return explain(&(struct move){ .dev = dev }, -errno, e);
	inside = netlink_open();
	if (inside < 0)
		return err_errno(e, inside, "open a netlink socket inside");
	for (size_t i = 0; r >= 0 && i < plan->n_net_devices; i++)
		r = move_one(&dev[i], outside, inside, netns_fd, e);
	return r;
}

__attribute__((noreturn)) static void child(const struct plan *plan,
					    int netns_fd, int report_fd)
{
	struct err e = { 0 };

	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	(void)move_all(plan, netns_fd, &e);
	_exit(write(report_fd, &e, sizeof(e)) == sizeof(e) ? 0 : 1);
}

int ns_move_devices(const struct plan *plan, pid_t pid, struct err *e)
{
	autoclose int netns_fd = -1, report_fd = -1;
	struct err report = { 0 };
	char path[64];
	int ends[2];
	pid_t helper;
	ssize_t n;

	(void)snprintf(path, sizeof(path), "/proc/%d/ns/net", (int)pid);
	netns_fd = open(path, O_RDONLY | O_CLOEXEC);
	if (netns_fd < 0)
		return err_sys(e, "open %s", path);
	if (pipe2(ends, O_CLOEXEC) < 0)
		return err_sys(e, "make a pipe");
	report_fd = ends[0];
	helper = fork();
	if (helper == 0)
		child(plan, netns_fd, ends[1]);
	(void)close(ends[1]);
	if (helper < 0)
		return err_sys(e, "fork the process that moves devices");
	do
		n = read(report_fd, &report, sizeof(report));
	while (n < 0 && errno == EINTR);
	while (waitpid(helper, NULL, 0) < 0 && errno == EINTR)
		continue;
	if (n != sizeof(report))
		return err_set(e, ECHILD,
			       "the process that moves network "
			       "devices ended without a word");
	if (report.code == 0)
		return 0;
	*e = report;
	return -report.code;
}
