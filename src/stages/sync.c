/* sync.c - what the two processes say to each other: DONE or FAIL, by row. */
#include "stages/sync.h"

#include <errno.h>
#include <poll.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/own.h"
#include "sys/fdpass.h"

int sync_pair(int ret_fds[2], struct err *e)
{
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ret_fds) < 0)
		return err_sys(e, "make the sync channel");
	return 0;
}

int sync_done(struct sync *s, unsigned row, int fd, struct err *e)
{
	struct sync_msg msg = { .kind = SYNC_DONE, .row = row };
	int r = fdpass_send(s->fd, &msg, offsetof(struct sync_msg, err), fd);

	if (r == -EPIPE || r == -ECONNRESET)
		return err_set(e, ECHILD,
			       "the other side ended without a word");
	if (r < 0)
		return err_errno(e, r, "tell the other side");
	return 0;
}

int sync_fail(struct sync *s, unsigned row, const struct err *err)
{
	struct sync_msg msg = { .kind = SYNC_FAIL, .row = row, .err = *err };

	/* When the other side is gone nobody is left to tell. */
	if (s->fd >= 0)
		(void)fdpass_send(s->fd, &msg, sizeof(msg), -1);
	return -err->code;
}

/* Until there is something to read, or the peer has ended with nothing left
 * in the queue. */
static int wait_readable(struct sync *s, struct err *e)
{
	struct pollfd fds[3] = {
		{ .fd = s->fd, .events = POLLIN },
		{ .fd = s->peer_pidfd, .events = POLLIN },
		{ .fd = s->stop_fd, .events = POLLIN },
	};

	for (;;) {
		int n = poll(fds, 3, -1);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_sys(e, "wait for the other side");
		if (fds[2].revents)
			return err_set(e, EINTR,
				       "interrupted while the container was "
				       "being made");
		if (fds[0].revents)
			return 0;
		if (!fds[1].revents)
			continue;
		/* It has ended; what it said before comes first. */
		if (poll(fds, 1, 0) > 0)
			return 0;
		return err_set(e, ECHILD,
			       "the other side ended without a word");
	}
}

static int judge(const struct sync_msg *msg, size_t n, unsigned first,
		 unsigned last, struct err *e)
{
	if (n < offsetof(struct sync_msg, err) || msg->row < first ||
	    msg->row > last)
		return err_set(e, EPROTO,
			       "the other side is at another row (%u, not %u)",
			       msg->row, last);
	if (msg->kind == SYNC_DONE && msg->row == last)
		return 0;
	if (msg->kind == SYNC_FAIL && n == sizeof(*msg) && msg->err.code > 0) {
		*e = msg->err;
		e->text[sizeof(e->text) - 1] = '\0';
		e->hint[sizeof(e->hint) - 1] = '\0';
		return -e->code;
	}
	return err_set(e, EPROTO, "the other side sent nonsense");
}

int sync_await(struct sync *s, unsigned first, unsigned last, int *ret_fd,
	       struct err *e)
{
	struct sync_msg msg;
	autoclose int fd = -1;
	ssize_t n;
	int r;

	r = wait_readable(s, e);
	if (r < 0)
		return r;
	n = fdpass_recv(s->fd, &msg, sizeof(msg), &fd);
	/* A peer that ends with our words unread resets the channel: that comes
	 * first, and once, what it said itself after it. */
	if (n == -ECONNRESET)
		n = fdpass_recv(s->fd, &msg, sizeof(msg), &fd);
	if (n == 0 || n == -ECONNRESET)
		return err_set(e, ECHILD,
			       "the other side ended without a word");
	if (n < 0)
		return err_errno(e, (int)n, "hear from the other side");
	r = judge(&msg, (size_t)n, first, last, e);
	if (r == 0 && ret_fd)
		*ret_fd = take_fd(&fd);
	return r;
}

void sync_close(struct sync *s)
{
	own_close(&s->fd);
}
