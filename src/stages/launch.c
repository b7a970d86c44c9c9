/* launch.c - drives the tables from HOST's side, and undoes what failed.
 *
 * Whatever stage fails, launch_create() and launch_start() leave nothing
 * behind: init is killed through its pidfd and reaped (with its pid namespace
 * everything in it dies), helpers are waited for, poststop hooks run when
 * others have run before, the state directory goes last, so that a kill -9 in
 * the middle of the undoing still leaves a trail for `delete`.
 */
#include "stages/launch.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/own.h"
#include "base/str.h"
#include "proc/hooks.h"
#include "sys/process.h"
#include "sys/signal.h"

void launch_init(struct launch *l)
{
	*l = (struct launch){
		.side = HOST,
		.target = NS_TARGET_INIT,
		.dir_fd = -1,
		.sync = { .fd = -1, .peer_pidfd = -1, .stop_fd = -1 },
		.inside_fd = -1,
		.cgroup_fd = -1,
		.birth_fd = -1,
		.pidfd = -1,
		.hook_output = HOOK_OUTPUT_INIT,
		.idmap = IDMAP_JOB_INIT,
		.listen_fd = -1,
		.trees_fd = -1,
		.inside_trees_fd = -1,
		.master_fd = -1,
		.console_sock = -1,
		.pidfd_sock = -1,
		.receiver_sock = -1,
		.listener_fd = -1,
		.send_fd = -1,
		.fs = FS_INIT,
		.slave_fd = -1,
	};
}

void launch_done(struct launch *l)
{
	idmap_job_done(&l->idmap);
	seccomp_filter_done(&l->filter);
	hook_output_done(&l->hook_output);
	fs_done(&l->fs);
	sync_close(&l->sync);
	own_close(&l->inside_fd);
	own_close(&l->cgroup_fd);
	own_close(&l->birth_fd);
	own_close(&l->dir_fd);
	own_close(&l->pidfd);
	own_close(&l->target.pidfd);
	own_close(&l->target.parent_fd);
	own_close(&l->target.proc_fd);
	own_close(&l->listen_fd);
	own_close(&l->trees_fd);
	own_close(&l->inside_trees_fd);
	own_close(&l->master_fd);
	own_close(&l->console_sock);
	own_close(&l->pidfd_sock);
	own_close(&l->receiver_sock);
	own_close(&l->listener_fd);
	own_close(&l->send_fd);
	own_close(&l->slave_fd);
	free(l->home);
	free(l->env);
	free(l->program);
	if (l->shared)
		(void)munmap(l->shared, sizeof(*l->shared));
	launch_init(l);
}

char *launch_state_json(struct launch *l, enum status status)
{
	return state_oci_json(&l->state, status);
}

/* Adds to a bare "ended without a word" how it did. */
static void tell_end(const struct launch *l, int status, int sig, struct err *e)
{
	const bool filtered = l->shared && l->shared->filtered && sig &&
			      sig != SIGKILL;
	const size_t used = strlen(e->text);

	(void)snprintf(
		e->text + used, sizeof(e->text) - used, " (%s %d%s)",
		sig ? "killed by signal" : "exit status", sig ? sig : status,
		filtered ? ", under the container's seccomp filter" : "");
	if (filtered)
		(void)err_hint(e, SECCOMP_MUST_ALLOW);
}

/* Kills and reaps init; of one that said nothing, tells more. */
static void end_init(struct launch *l, struct err *e)
{
	bool silent = e && e->code == ECHILD;
	int sig = 0;
	int status;

	if (l->pidfd < 0)
		return;
	(void)sys_pidfd_signal(l->pidfd, SIGKILL);
	status = sys_wait_pidfd(l->pidfd, &sig);
	if (silent && status >= 0)
		tell_end(l, status, sig, e);
	own_close(&l->pidfd);
	l->sync.peer_pidfd = -1;
}

bool launch_cgroup(const struct state *s, struct cgroup_ref *ret)
{
	*ret = (struct cgroup_ref){
		.manager = (enum cgroup_manager)s->cgroup_manager,
		.path = s->cgroup,
		.inode = s->cgroup_inode,
		.unit = s->cgroup_unit,
		.bus = s->cgroup_bus,
	};
	return ret->manager != CGROUP_NONE;
}

int launch_remove_cgroup(const struct state *s, struct err *e)
{
	struct cgroup_ref ref;

	return launch_cgroup(s, &ref) ? cgroup_remove(&ref, e) : 0;
}

int launch_record(struct launch *l, enum status status, struct err *e)
{
	l->state.status = (int)status;
	return state_write(l->dir_fd, &l->state, e);
}

int launch_destroy(struct launch *l, struct err *e)
{
	bool cgroup_left;
	struct err why;
	int first = 0;
	int r;

	end_init(l, NULL);
	own_close(&l->cgroup_fd);
	own_close(&l->birth_fd);
	if (l->claimed)
		first = launch_remove_cgroup(&l->state, e);
	cgroup_left = first < 0;
	if (l->hooks && l->hooks->at[HOOK_POSTSTOP].n > 0) {
		autofree char *json = launch_state_json(l, STATUS_STOPPED);

		r = hooks_run(&l->hooks->at[HOOK_POSTSTOP], HOOK_POSTSTOP,
			      &l->hook_output, json, true,
			      first < 0 ? &why : e);
		first = first < 0 ? first : r;
	}
	if (!l->claimed)
		return first;
	/* What could not be removed must not be forgotten. */
	if (cgroup_left)
		return first;
	r = store_remove(l->store, l->plan->options->id, l->dir_fd,
			 first < 0 ? &why : e);
	l->claimed = false;
	return first < 0 ? first : r;
}

/* The error that made us undo is the one to tell; what goes wrong on the way
 * back can only be worse news about the same thing, ignoring. */
static void undo(struct launch *l, struct err *e)
{
	struct err why;

	end_init(l, e);
	idmap_job_done(&l->idmap);
	if (!l->shared->hooks_ran)
		l->hooks = NULL;
	(void)launch_destroy(l, &why);
}

/* Before anything is made, and as the caller: INSIDE could not open them. */
static int open_hook_output(struct launch *l,
			    const struct string_map *annotations,
			    const char *bundle, struct err *e)
{
	if (!l->hooks)
		return 0;
	return hooks_open_output(annotations, bundle, &l->hook_output, e);
}

static int map_shared(struct launch *l, struct err *e)
{
	l->shared = mmap(NULL, sizeof(*l->shared), PROT_READ | PROT_WRITE,
			 MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (l->shared == MAP_FAILED) {
		l->shared = NULL;
		return err_sys(e, "map a page to share with the container");
	}
	return 0;
}

int launch_create(struct launch *l, struct err *e)
{
	int r = open_hook_output(l, &l->plan->spec->annotations,
				 l->plan->options->bundle, e);

	if (r == 0)
		r = map_shared(l, e);
	if (r < 0)
		return r;
	r = stages_walk(l, &create_table, e);
	if (r < 0)
		undo(l, e);
	return r;
}

int launch_start(struct launch *l, struct err *e)
{
	int r;

	l->shared->hooks_ran = true;
	r = stages_walk(l, &start_table, e);
	if (r < 0)
		undo(l, e);
	return r;
}

int launch_record_end(struct launch *l, int code, int sig, struct err *e)
{
	char name[32];
	int r;

	l->state.status = STATUS_STOPPED;
	if (sig == 0)
		l->state.exit_code = (struct opt_uint32){ true,
							  (uint32_t)code };
	else
		l->state.exit_signal = sys_signal_name(sig, name);
	r = state_write(l->dir_fd, &l->state, e);
	l->state.exit_signal = NULL;
	return r;
}

int launch_exec(struct launch *l, struct err *e)
{
	int r = map_shared(l, e);

	if (r < 0)
		return r;
	l->joins = true;
	r = stages_walk(l, &exec_table, e);
	if (r < 0) {
		end_init(l, e);
		if (l->pid_file_written)
			(void)unlink(l->pid_file);
	}
	return r;
}

static int connect_start_socket(struct launch *l, struct err *e)
{
	struct sockaddr_un name = { .sun_family = AF_UNIX };

	(void)snprintf(name.sun_path, sizeof(name.sun_path),
		       "/proc/self/fd/%d/start.sock", l->dir_fd);
	l->sync.fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	if (l->sync.fd < 0)
		return err_sys(e, "make a socket");
	if (connect(l->sync.fd, (struct sockaddr *)&name, sizeof(name)) < 0)
		return err_sys(e, "reach the process that waits for start");
	return 0;
}

int launch_start_created(struct launch *l, struct err *e)
{
	struct err why;
	int r;

	l->wait_for_start = true;
	l->sync.peer_pidfd = l->pidfd;
	r = open_hook_output(l, &l->state.annotations, l->state.bundle, e);
	if (r == 0)
		r = connect_start_socket(l, e);
	if (r < 0)
		return r;
	r = stages_walk(l, &start_table, e);
	/* Not our child: how it ended, we can't know. */
	if (r == -ECHILD)
		(void)err_hint(e, "if it has a seccomp filter, that may have "
				  "ended it: " SECCOMP_MUST_ALLOW);
	if (r < 0) {
		/* The container has failed for good: no half-started one
		 * stays, and its record tells.  It has stopped when we say so:
		 * whoever hears of the failure may delete it at once.  The
		 * failure is the one to tell, ignoring. */
		(void)state_kill_init(&l->state, l->pidfd, &why);
		(void)unlinkat(l->dir_fd, "start.sock", 0);
	}
	return r;
}
