/* signal.h - signals to the processes of a container. */
#pragma once

#include <stdbool.h>

struct container;
struct err;
struct store;

/* To init, by its verified pidfd; "container not running" when it has ended.
 * all: to every process that is known to be of the container, also then; the
 * answer still says that init has ended. */
int signal_container(const struct store *store, const struct container *c,
		     int sig, bool all, struct err *e);
