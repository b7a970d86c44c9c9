/* netlink.h - requests to the kernel's routing socket.
 *
 * Man pages: netlink(7), rtnetlink(7).  All return 0 or -errno.
 */
#pragma once

#include <linux/rtnetlink.h>
#include <stddef.h>
#include <stdint.h>

/* One request: a header, the body of its type, attributes. */
struct netlink_msg {
	struct nlmsghdr header;
	char room[1024];
};

/* A socket in the network namespace that we are in now; it stays there. */
int netlink_open(void);
void netlink_begin(struct netlink_msg *m, uint16_t type, const void *body,
		   size_t len);
/* Aborts when the message is full: only for what has a known size. */
void netlink_add(struct netlink_msg *m, uint16_t type, const void *data,
		 size_t len);

/* Called with each message of an answer; a result below 0 ends it. */
typedef int netlink_each(const struct nlmsghdr *answer, void *arg);
/* Sends it and waits for the end of the answer; each may be NULL.  flags: 0,
 * or NLM_F_DUMP for all there is. */
int netlink_ask(int fd, struct netlink_msg *m, uint16_t flags,
		netlink_each *each, void *arg);
