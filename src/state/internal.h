/* internal.h - what the files of state/ share among themselves. */
#pragma once

#include <fcntl.h>
#include <stddef.h>

struct err;
struct state;
struct store;

#define STORE_STATE  "state.json"
#define STORE_CONFIG "config.json"
#define STORE_SOCKET "start.sock"

#define OPEN_DIR     (O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)

/* 1: there is something that is not ours; *ret_name (may be NULL) is its
 * name, to be freed.  0: there is not.  -errno. */
int files_foreign(int dir_fd, char **ret_name);

/* What is in the directory of an id that is to be claimed; we hold its lock.
 * An init that a dead creator left half-made is killed first. */
enum leftover {
	LEFTOVER_REMOVABLE, /* of a dead creator or an earlier boot */
	LEFTOVER_STOPPED,
	LEFTOVER_ALIVE,
	LEFTOVER_FOREIGN, /* no container of ours */
};
int leftover_look(struct store *s, const char *id, int dir_fd,
		  enum leftover *ret, struct err *e);

/* The text of a record.  *ret, zeroed before, is to be given to state_done()
 * in case of an error too. */
int state_parse(const char *text, size_t len, const char *id, struct state *ret,
		struct err *e);
