/* sync.h - what the two processes say to each other: DONE or FAIL, by row.
 *
 * A SOCK_SEQPACKET socket, one message per packet, at most one fd with a
 * DONE.  Only the walker (walk.c) speaks on it.
 */
#pragma once

#include <stdbool.h>

#include "base/err.h"

enum sync_kind { SYNC_DONE = 1, SYNC_FAIL };

struct sync_msg {
	unsigned kind;
	unsigned row; /* must lie in the group that the reader is at */
	struct err err; /* of a SYNC_FAIL; not sent with a DONE */
};

struct sync {
	int fd; /* -1: there is no other side yet */
	int peer_pidfd; /* -1: the end of file alone tells that it ended */
	int stop_fd; /* -1, or readable when the user wants us to stop */
};

int sync_pair(int ret_fds[2], struct err *e);
int sync_done(struct sync *s, unsigned row, int fd, struct err *e);
/* Tells the other side; returns -err->code, so that it can be returned. */
int sync_fail(struct sync *s, unsigned row, const struct err *err);

/* Waits for the DONE of row `last`, or of a FAIL of a row in first..last,
 * whose sentence arrives in e.  *ret_fd: -1, or what came with it.  The end
 * of file is -ECHILD: "the other side ended without a word"; that stop_fd
 * became readable meanwhile is -EINTR. */
int sync_await(struct sync *s, unsigned first, unsigned last, int *ret_fd,
	       struct err *e);
void sync_close(struct sync *s);
