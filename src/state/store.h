/* store.h - where containers are remembered: ROOT/ID/ and its lock.
 *
 *	ROOT/ID/state.json	the record, replaced atomically (state.h)
 *	ROOT/ID/config.json	the bundle's config as it was at create
 *	ROOT/ID/start.sock	init waits here for `start`; listening as long
 *				as the program has not been executed
 *	ROOT/ID/notify/		for the socket of sd_notify(3), when the caller
 *				of create has one
 *
 * ROOT is --root; for real root /run/rootlet; else the first usable of
 * $XDG_RUNTIME_DIR/rootlet, /run/user/UID/rootlet, /tmp/rootlet-UID (0700,
 * ours, no symlink; not TMPDIR, which differs from call to call; in a user
 * namespace UID is there what the caller is outside, since every mapped root is
 * 0).  Foreign entries may lie beside ours; names that start with '.' are ours
 * but no containers (".seccomp": the filter cache).
 *
 * The lock is flock(2) on the directory ROOT/ID itself: per container, never
 * per root, and gone with the last process that has the fd (so no child may
 * keep it).  Who only reads takes
 * none.  A directory that was removed while we waited for its lock is seen by
 * its link count.
 */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

struct err;
struct state;

struct store {
	char *root; /* owned; absolute */
	int root_fd; /* -1 when the (default) root does not exist yet */
	int lock_fd; /* borrowed: of the container that we locked last */
	uid_t uid; /* of the caller */
	bool entered; /* the working directory is ROOT: store_enter() */
	/* Called by a claim with the record of a container that it removes:
	 * takes away what that has left elsewhere.  NULL: nothing. */
	int (*forget)(const struct state *s, struct err *e);
};
#define STORE_INIT                           \
	{                                    \
		.root_fd = -1, .lock_fd = -1 \
	}

/* root: --root or NULL; uid and privileged as the caller's facts say.
 * make: create a missing root (0700); else a missing default one gives
 * root_fd -1, a missing --root -ENOENT. */
int store_open(const char *root, uid_t uid, bool privileged, bool make,
	       struct store *ret, struct err *e);
void store_done(struct store *s);
/* Makes ROOT the working directory of a process that will look at many
 * containers and at nothing else: shorter ways.  Not needed, never fails. */
void store_enter(struct store *s);

/* [A-Za-z0-9_+.-], not "." or "..", not starting with '.', 1 to 1,024 bytes
 * and short enough for a file name. */
int store_check_id(const char *id, struct err *e);

/* A new container: makes ROOT/ID and takes its lock.  What a dead creator or
 * an earlier boot left there is removed first; a container that lives or has
 * stopped is "container with given ID already exists".  Returns the locked
 * directory's fd. */
int store_claim(struct store *s, const char *id, struct err *e);
/* An existing one, locked (wait_ms at most; -ETIMEDOUT) or not (-1: without
 * a lock).  "container does not exist" when there is none. */
int store_open_container(struct store *s, const char *id, int wait_ms,
			 struct err *e);
/* Gives the lock back, and takes it again, while the fd stays open: for who
 * waits long for a program.  -ENOENT: it has been removed meanwhile. */
void store_unlock(struct store *s, int dir_fd);
int store_lock(struct store *s, const char *id, int dir_fd, int wait_ms,
	       struct err *e);
/* 1: somebody else holds the lock of this directory, 0: nobody does, or we
 * do, having it from one of those above. */
int store_is_locked(const struct store *s, int dir_fd);
/* Removes ROOT/ID with our files; dir_fd is its locked fd.  What is not ours
 * stays and is an error, and then nothing is removed.  What is gone already is
 * no error. */
int store_remove(struct store *s, const char *id, int dir_fd, struct err *e);
/* ROOT/.seccomp, made when missing, or -1 (not an error) when it is not safe. */
int store_cache_fd(struct store *s, const char *name);

/* Ids in ROOT, sorted; foreign entries skipped.  NULL-terminated; each string
 * and the array are freed by store_free_ids(). */
int store_list(struct store *s, char ***ret_ids, struct err *e);
void store_free_ids(char **ids);
