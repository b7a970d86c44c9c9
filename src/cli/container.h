/* container.h - what the commands on containers that are there share. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "state/state.h"
#include "state/store.h"

struct err;
struct globals;
struct json_out;

/* The store of this caller and these options; a missing default one is empty,
 * a missing --root an error. */
int container_store(const struct globals *g, struct store *ret, struct err *e);

struct container {
	int dir_fd;
	int pidfd; /* of init, verified; -1: it has ended */
	enum status status; /* as it is now */
	struct state state;
};
#define CONTAINER_INIT                    \
	{                                 \
		.dir_fd = -1, .pidfd = -1 \
	}

/* Opens and reads; wait_ms as of store_open_container().  On failure *ret is
 * good for container_done() and may have a dir_fd. */
int container_load(struct store *store, const char *id, int wait_ms,
		   struct container *ret, struct err *e);
/* Only to look: without a lock; dir_fd and pidfd stay -1.  One that waits for
 * `start` is taken for paused only if `pause` has noted it. */
int container_peek(struct store *store, const char *id, struct container *ret,
		   struct err *e);
/* Does its directory belong to the caller?  Only then is the config that was
 * saved there, with its hooks, the caller's own. */
bool container_is_own(const struct store *store, int dir_fd);
void container_done(struct container *c);
/* Calls run() with one that is there, which stays unlocked. */
int container_one(const struct globals *g, const char *id,
		  int (*run)(struct store *store, const struct container *c,
			     struct err *e),
		  struct err *e);
/* It is created, running or paused. */
int container_check_up(const struct container *c, struct err *e);

/* The members that state and list show, in runc's order, of one object. */
void container_print(const struct container *c, struct json_out *out);
/* The name of a uid in the local /etc/passwd, else "#1000".  Static. */
const char *container_owner(uint32_t uid);

/* Calls run() for each id, or with `regex` for each container whose id
 * matches one of them.  A failure does not keep the rest from its turn; the
 * first one is returned. */
struct container_each {
	struct store *store;
	char **args;
	int n_args;
	bool regex;
	int (*run)(struct store *store, const char *id, void *data,
		   struct err *e);
	void *data;
};
int container_each(const struct container_each *each, struct err *e);

/* All of a text to stdout. */
int output_write(const char *text, size_t len, struct err *e);
/* A finished JSON text and a newline; frees out. */
int output_json(struct json_out *out, struct err *e);
