/* relay.h - copies between our stdio and the terminal of a container.  HOST.
 *
 * For supervise.c only, which polls:
 *
 *	relay_want(r, fds);
 *	poll(fds, RELAY_FDS, relay_timeout(r));
 *	relay_move(r, fds);
 */
#pragma once

#include <poll.h>
#include <stdbool.h>

struct relay;

#define RELAY_FDS 3

/* The master stays the caller's.  Makes stdin raw if it is a terminal. */
struct relay *relay_new(int master_fd);
/* What to poll for now; an fd of -1 where there is nothing. */
void relay_want(const struct relay *r, struct pollfd fds[RELAY_FDS]);
int relay_timeout(const struct relay *r); /* ms; -1: none */
void relay_move(struct relay *r, const struct pollfd fds[RELAY_FDS]);

/* The program has ended: no more input, and what it wrote is the rest. */
void relay_ended(struct relay *r);
bool relay_is_drained(const struct relay *r);

/* The size of our terminal becomes the container's. */
void relay_resize(const struct relay *r);
void relay_free(struct relay *r); /* restores the terminal */
