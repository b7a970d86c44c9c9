/* netlink.c - requests to the kernel's routing socket. */
#include "sys/netlink.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/mem.h"

#define ANSWER_MAX (64UL * 1024) /* the kernel's own messages are half of it */
#define OUR_NUMBER 1 /* one request at a time */

int netlink_open(void)
{
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);

	return fd < 0 ? -errno : fd;
}

void netlink_begin(struct netlink_msg *m, uint16_t type, const void *body,
		   size_t len)
{
	*m = (struct netlink_msg){
		.header.nlmsg_type = type,
		.header.nlmsg_seq = OUR_NUMBER,
		.header.nlmsg_len = (uint32_t)NLMSG_LENGTH(len),
	};
	memcpy(NLMSG_DATA(&m->header), body, len);
}

void netlink_add(struct netlink_msg *m, uint16_t type, const void *data,
		 size_t len)
{
	size_t used = NLMSG_ALIGN(m->header.nlmsg_len);
	struct rtattr head = {
		.rta_type = type,
		.rta_len = (unsigned short)RTA_LENGTH(len),
	};

	if (used + RTA_SPACE(len) > sizeof(*m))
		mem_abort();
	memcpy((char *)m + used, &head, sizeof(head));
	memcpy((char *)m + used + RTA_LENGTH(0), data, len);
	m->header.nlmsg_len = (uint32_t)(used + RTA_LENGTH(len));
}

/* 1: the answer goes on. */
static int take(const struct nlmsghdr *answer, netlink_each *each, void *arg)
{
	const struct nlmsgerr *error = NLMSG_DATA(answer);

	if (answer->nlmsg_seq != OUR_NUMBER)
		return 1;
	if (answer->nlmsg_type == NLMSG_DONE)
		return 0;
	if (answer->nlmsg_type == NLMSG_ERROR)
		return error->error;
	if (each) {
		int r = each(answer, arg);

		if (r < 0)
			return r;
	}
	return 1;
}

static int take_packet(const char *data, size_t left, netlink_each *each,
		       void *arg)
{
	int r = 1;

	while (r > 0 && left >= sizeof(struct nlmsghdr)) {
		const struct nlmsghdr *answer = (const void *)data;
		size_t len = NLMSG_ALIGN(answer->nlmsg_len);

		if (answer->nlmsg_len < sizeof(*answer) ||
		    answer->nlmsg_len > left)
			return -EPROTO;
		r = take(answer, each, arg);
		if (len > left)
			break;
		data += len;
		left -= len;
	}
	return r;
}

int netlink_ask(int fd, struct netlink_msg *m, uint16_t flags,
		netlink_each *each, void *arg)
{
	char *data = aligned_alloc(NLMSG_ALIGNTO, ANSWER_MAX);
	ssize_t n;
	int r = 1;

	if (!data)
		mem_abort();
	m->header.nlmsg_flags = (uint16_t)(NLM_F_REQUEST |
					   (flags ? flags : NLM_F_ACK));
	n = send(fd, m, m->header.nlmsg_len, MSG_NOSIGNAL);
	if (n < 0)
		r = -errno;
	while (r > 0) {
		n = recv(fd, data, ANSWER_MAX, 0);
		if (n < 0 && errno == EINTR)
			continue;
		r = n < 0 ? -errno : take_packet(data, (size_t)n, each, arg);
	}
	free(data);
	return r;
}
