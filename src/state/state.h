/* state.h - what is remembered of one container between two commands. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/field.h"
#include "base/json.h"

struct err;
struct store;
struct degradation;

enum status {
	STATUS_CREATING,
	STATUS_CREATED,
	STATUS_RUNNING,
	STATUS_STOPPED,
	STATUS_PAUSED,
};
extern const struct field_name status_names[];

struct state {
	struct json_doc doc; /* owns what was read; zero when built by hand */
	const char *id, *bundle, *rootfs; /* absolute paths */
	const char *created; /* RFC 3339 with nanoseconds, UTC */
	const char *boot_id;
	int status; /* as recorded; state_status() tells the truth */
	uint32_t pid; /* of init, in the runtime's pid namespace; 0: none yet */
	uint64_t start_time; /* of init */
	uint64_t pidfd_inode; /* of init, since Linux 6.9; else 0 */
	uint32_t owner; /* uid of the creator */
	const char *cgroup; /* NULL: none of its own; absolute */
	uint64_t cgroup_inode; /* 0: not known */
	int cgroup_manager; /* enum cgroup_manager */
	/* Of a scope of systemd: "NAME.scope", and the bus to reach it. */
	const char *cgroup_unit, *cgroup_bus;
	bool own_pidns; /* when init ends, all of it has ended */
	bool systemd_cgroup;
	bool no_new_keyring; /* then exec keeps its caller's, too */
	bool was_paused; /* before it was started, and may be so still */
	/* Init's user namespace is nested in one with this id only; unset: it
	 * is not. */
	struct opt_uint32 outer_uid, outer_gid;
	/* Where the listener of the seccomp filter goes, with what; NULL: the
	 * filter has none. */
	const char *seccomp_listener, *seccomp_metadata;
	/* How it ended, if somebody of ours waited for it: one of the two. */
	struct opt_uint32 exit_code;
	const char *exit_signal; /* "SIGKILL"; NULL: none */
	struct string_map annotations;
	/* What can't be had here: rows of the plan, and of the stages. */
	const struct degradation *degraded; /* borrowed, when writing */
	size_t n_degraded;
	const struct json *degraded_json; /* when read */
};

/* dir_fd: ROOT/ID.  Writing replaces the file atomically.  Reading a
 * directory without a record is -ENOENT, "container does not exist"; a record
 * that can't be understood is -EBADMSG; one of another program -ENOTSUP. */
int state_write(int dir_fd, const struct state *s, struct err *e);
int state_read(int dir_fd, const char *id, struct state *ret, struct err *e);
/* The same without the container's directory being open: for who looks at
 * many. */
int state_read_in(const struct store *store, const char *id, struct state *ret,
		  struct err *e);
void state_done(struct state *s);

/* The time now, for `created`. */
void state_timestamp(char ret[40]);

/* Fills in pid, start_time and pidfd_inode of init, which must not have been
 * waited for. */
int state_set_init(struct state *s, pid_t pid, int pidfd, struct err *e);

/* 1: recorded in this boot, 0: in an earlier one. */
int state_of_this_boot(const struct state *s, struct err *e);

/* What is true now: boot id, pid and start time, zombie, lock and socket are
 * looked at.  dir_fd is ROOT/ID, or -1: opened when it is needed.  *ret_pidfd
 * (may be NULL) gets a verified pidfd of init, or -1.
 * -errno only when the system can't tell. */
int state_status(struct store *store, int dir_fd, const struct state *s,
		 enum status *ret, int *ret_pidfd, struct err *e);

/* SIGKILL to init and a wait, of 10 seconds at most, until it has ended; with
 * a pid namespace of its own everything in there has ended then. */
int state_kill_init(const struct state *s, int pidfd, struct err *e);

/* The OCI state as JSON (ociVersion, id, status, pid, bundle, annotations):
 * for hooks and engines.  free(). */
char *state_oci_json(const struct state *s, enum status status);

/* The container process state (config-linux.md): what goes to the listener of
 * a seccomp filter, with its fd.  `pid` is that of the program, init's or one
 * of `exec`.  free(). */
char *state_process_json(const struct state *s, pid_t pid, enum status status);
