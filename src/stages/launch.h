/* launch.h - the one thing that changes while stages run.
 *
 * HOST fills it, the clone copies it, and from then on each side has its own:
 * fds, pids and sockets differ, the plan is the same.  `shared` is a page
 * that both really share.
 */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

#include "base/err.h"
#include "cgroup/cgroup.h"
#include "fs/fs.h"
#include "ns/ns.h"
#include "plan/degrade.h"
#include "plan/plan.h"
#include "proc/hooks.h"
#include "proc/seccomp.h"
#include "stages/stage.h"
#include "stages/sync.h"
#include "state/state.h"
#include "state/store.h"

struct seccomp_thread;
struct supervise;

struct launch_shared {
	pid_t pid; /* of init, as HOST knows it; set before INSIDE goes on */
	bool limits_left; /* HOST may not set the limits: INSIDE does */
	int scheduling_left; /* the same of these: enum scheduling_part */
	struct ns_report report; /* of the process between */
	bool executing; /* INSIDE has come to execve(2) */
	bool filtered; /* INSIDE is about to be under its seccomp filter */
	bool hooks_ran; /* either side: poststop hooks belong to the undoing */
	struct degrade_notes notes; /* lower rungs that were taken */
};

struct launch {
	enum side side;
	struct plan *plan; /* borrowed; NULL for `start` of another process */
	const struct spec_hooks *hooks; /* borrowed; may be NULL */
	const char *config_text; /* borrowed: what create was given */
	size_t config_len;
	const char *pid_file; /* borrowed; NULL: none */
	bool wait_for_start; /* `create`: INSIDE listens, HOST ends */
	bool joins; /* `exec`: a process in the container behind target */
	struct ns_target target; /* fds owned */
	mode_t umask; /* the caller's, and so the program's */
	struct supervise *supervise; /* borrowed; NULL: not in the foreground */

	struct store *store; /* borrowed */
	int dir_fd; /* ROOT/ID, locked; HOST only */
	bool claimed; /* the id is ours: undo when we fail */
	struct state state; /* strings borrowed from plan and launch */
	char created[40], boot_id[37];

	struct sync sync;
	int inside_fd; /* the channel's other end, before the clone */
	int cgroup_fd; /* HOST: the container's cgroup, or -1 */
	bool attach; /* exec: systemd is to bring its process in */
	int birth_fd; /* HOST: in or below it, where init is born, or -1 */
	pid_t pid; /* of init; of exec: of its process */
	int pidfd;
	bool pid_file_written;
	struct hook_output hook_output; /* INSIDE has it too */
	struct idmap_job idmap;
	struct seccomp_filter filter;
	int listen_fd; /* INSIDE's start socket, or -1 */
	int trees_fd; /* idmapped mounts: their sources cross here, or -1 */
	int inside_trees_fd; /* its other end, before the clone */
	int master_fd; /* HOST: the terminal to relay or send, or -1 */
	/* HOST: connections to the sockets of the plan, or -1. */
	int console_sock, pidfd_sock, receiver_sock;
	int listener_fd; /* HOST: of the seccomp filter, until passed on */
	int send_fd; /* goes with the next DONE, or -1 */

	struct launch_shared *shared; /* mapped in both */
	struct fs fs; /* INSIDE only, like all below */
	int slave_fd;
	char *home; /* owned: "HOME=…" or NULL */
	char listen_pid[32]; /* "LISTEN_PID=…" */
	char **env; /* owned array of borrowed strings */
	char *program; /* owned: the file to execute */
	bool label_set; /* by the process that stood between */
	bool cwd_as_user; /* root may not enter the cwd; the user might */
	struct seccomp_thread
		*program_thread; /* the thread that becomes the program */
};

/* {} with every fd -1. */
void launch_init(struct launch *l);
void launch_done(struct launch *l);

/* HOST: everything of the create table.  On failure nothing is left behind:
 * init is killed, poststop hooks run, the state directory is gone. */
int launch_create(struct launch *l, struct err *e);

/* HOST: the start table, over the channel that create left open (`run`)... */
int launch_start(struct launch *l, struct err *e);
/* ... or through the socket of a created container: state and pidfd are
 * those of the container, dir_fd is its locked directory.  When a row fails,
 * the container has stopped, and its record stays. */
int launch_start_created(struct launch *l, struct err *e);

/* HOST: the exec table; plan is of plan_exec(), target.pidfd that of the
 * container's init.  On failure the container is as it was. */
int launch_exec(struct launch *l, struct err *e);

/* HOST, after init has ended or to undo: kills and reaps what lives, runs the
 * poststop hooks, removes the state.  A warning goes into e; 0 or -errno. */
int launch_destroy(struct launch *l, struct err *e);

/* HOST, with the container's lock: the record that stays says how it ended,
 * with this exit code or by this signal (0: none). */
int launch_record_end(struct launch *l, int code, int sig, struct err *e);

/* The cgroup of a record; false: it has none. */
bool launch_cgroup(const struct state *s, struct cgroup_ref *ret);
/* Takes that away, with whoever is left in it. */
int launch_remove_cgroup(const struct state *s, struct err *e);

/* HOST: the record, with this status. */
int launch_record(struct launch *l, enum status status, struct err *e);

/* The OCI state for hooks.  free(). */
char *launch_state_json(struct launch *l, enum status status);
