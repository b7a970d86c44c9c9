/* rows_host.c - the rows that the runtime carries out, outside.
 *
 * Namespace situation of all of them: the caller's, with the caller's ids.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/own.h"
#include "base/str.h"
#include "proc/exec.h"
#include "proc/hooks.h"
#include "proc/limits.h"
#include "proc/scheduling.h"
#include "proc/supervise.h"
#include "stages/rows.h"
#include "sys/fds.h"
#include "sys/process.h"

/* The config as it was given, for the commands that come later.  The lock is
 * ours until the container runs, so it may be written while its program is
 * already being executed. */
static int keep_config(struct launch *l, struct err *e)
{
	if (!l->config_text)
		return 0;
	return file_replace_at(l->dir_fd, "config.json", l->config_text,
			       l->config_len, 0600, e);
}

ROW(take_id)
{
	const struct plan *plan = l->plan;
	int r;

	l->dir_fd = store_claim(l->store, plan->options->id, e);
	if (l->dir_fd < 0)
		return l->dir_fd;
	l->claimed = true;
	r = sys_boot_id(l->boot_id);
	if (r < 0)
		return err_errno(e, r, "read the boot id");
	state_timestamp(l->created);
	l->state.id = plan->options->id;
	l->state.bundle = plan->options->bundle;
	l->state.rootfs = plan->root.path;
	l->state.created = l->created;
	l->state.boot_id = l->boot_id;
	l->state.own_pidns = plan->ns[NS_PID].action == NS_NEW;
	l->state.systemd_cgroup = plan->options->systemd_cgroup;
	launch_name_scope(l);
	l->state.no_new_keyring = plan->options->no_new_keyring;
	l->state.outer_uid = (struct opt_uint32){ plan->userns.nested,
						  plan->userns.setup_uid };
	l->state.outer_gid = (struct opt_uint32){ plan->userns.nested,
						  plan->userns.setup_gid };
	l->state.seccomp_listener = plan->process.seccomp_listener;
	l->state.seccomp_metadata = plan->process.seccomp_metadata;
	l->state.annotations = plan->spec->annotations;
	l->state.degraded = plan->degraded;
	l->state.n_degraded = plan->n_degraded;
	/* Until the process is recorded the directory and its lock say all
	 * there is to say; only who cleans up after us has hooks to know. */
	return l->hooks ? keep_config(l, e) : 0;
}

ROW(prepare_seccomp)
{
	autoclose int cache_fd = store_cache_fd(l->store, ".seccomp");

	return seccomp_prepare(l->plan->process.seccomp, cache_fd, &l->filter,
			       e);
}

/* The socket is bound through the directory's fd, so that its path is short
 * whatever the state root's is (108 bytes is all that the kernel takes). */
ROW(listen)
{
	struct sockaddr_un name = { .sun_family = AF_UNIX };

	(void)snprintf(name.sun_path, sizeof(name.sun_path),
		       "/proc/self/fd/%d/start.sock", l->dir_fd);
	l->listen_fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	if (l->listen_fd < 0)
		return err_sys(e, "make the start socket");
	if (bind(l->listen_fd, (struct sockaddr *)&name, sizeof(name)) < 0)
		return err_sys(e,
			       "bind the start socket in the state "
			       "directory of %s",
			       l->state.id);
	if (listen(l->listen_fd, 8) < 0)
		return err_sys(e, "listen on the start socket");
	return 0;
}

static int set_oom_score(struct launch *l, pid_t pid, struct err *e)
{
	int r = limits_set_oom_score(pid, &l->plan->process, e);

	if (r <= 0)
		return r;
	return degrade_note(l->plan, &l->shared->notes, DEGRADE_OOM_SCORE, 0,
			    e);
}

/* Init inherits the score from the process that stands between, whose /proc
 * entry is not ours to write once it is not dumpable; and of exec the label for
 * the next exec, for the same reason. */
static int prepare_between(void *launch, struct err *e)
{
	struct launch *l = launch;
	const struct plan_process *p = &l->plan->process;
	int r = l->attach ? cgroup_attach_self(l, e) : 0;

	if (r == 0)
		r = set_oom_score(l, getpid(), e);
	if (r == 0 && l->joins && (p->apparmor_profile || p->selinux_label)) {
		autoclose int proc_fd = open("/proc",
					     O_PATH | O_DIRECTORY | O_CLOEXEC);

		r = exec_set_label(p, proc_fd, e);
		l->label_set = true;
	}
	return r;
}

ROW(open_beforehand)
{
	return fs_open_beforehand(&l->fs, l->plan, e);
}

static int make_trees_pair(struct launch *l, struct err *e)
{
	const int room = 200 * 1024; /* the kernel doubles it */
	int pair[2];

	if (!want_idmapped(l))
		return 0;
	/* INSIDE sends all of them before anybody reads: it must not wait. */
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK,
		       0, pair) < 0)
		return err_sys(e, "make a socket pair");
	(void)setsockopt(pair[1], SOL_SOCKET, SO_SNDBUF, &room, sizeof(room));
	l->trees_fd = pair[0];
	l->inside_trees_fd = pair[1];
	return 0;
}

/* exec: where its cgroup is closed to the process, in another one. */
static int clone_once(struct launch *l, struct ns_init *init, struct err *e)
{
	for (int turn = 0;; turn++) {
		int r = ns_clone_init(l->plan, init, &l->pid, &l->pidfd, e);

		if (r != NS_CGROUP_REFUSED || !l->joins)
			return r < 0 ? -e->code : 0;
		r = turn == 0 ? cgroup_instead(l, -e->code, e) : -e->code;
		if (r < 0)
			return r;
		init->cgroup_fd = l->birth_fd;
	}
}

ROW(clone)
{
	struct ns_init init = {
		.run = inside_main,
		.prepare = prepare_between,
		.arg = l,
		.target = l->joins ? &l->target : NULL,
		.cgroup_fd = l->birth_fd,
		.report = &l->shared->report,
	};
	autofree int *keep = mem_zero_n(l->plan->n_mounts + 6, sizeof(*keep));
	const unsigned passed = l->plan->process.pass_fds;
	int fds[2];
	int r;

	r = make_trees_pair(l, e);
	if (r == 0)
		r = sync_pair(fds, e);
	if (r < 0)
		return r;
	l->sync.fd = fds[0];
	l->inside_fd = fds[1];
	keep[0] = l->inside_fd;
	keep[1] = l->listen_fd;
	keep[2] = l->hook_output.stdout_fd;
	keep[3] = l->hook_output.stderr_fd;
	keep[4] = l->inside_trees_fd;
	init.fds = keep;
	init.n_fds = 5 + fs_fds_beforehand(&l->fs, keep + 5);
	r = clone_once(l, &init, e);
	own_close(&l->inside_fd);
	own_close(&l->listen_fd);
	own_close(&l->inside_trees_fd);
	fs_done(&l->fs); /* INSIDE has them now */
	if (r < 0)
		return r;
	/* What the caller passes to the program is the program's from here
	 * on: who waits for the other end of a pipe must not wait for us. */
	if (passed > 0)
		(void)sys_close_range(STDERR_FILENO + 1,
				      STDERR_FILENO + passed);
	l->sync.peer_pidfd = l->pidfd;
	l->shared->pid = l->pid;
	return 0;
}

/* From here on a kill -9 of the runtime leaves a trail for `delete`. */
ROW(record_process)
{
	int r = state_set_init(&l->state, l->pid, l->pidfd, e);

	if (r < 0)
		return r;
	return launch_record(l, STATUS_CREATING, e);
}

ROW(set_oom_score)
{
	return set_oom_score(l, l->pid, e);
}

ROW(idmap_start)
{
	return idmap_start(l->plan, l->pid, &l->idmap, e);
}

ROW(idmap_finish)
{
	return idmap_finish(l->plan, &l->idmap, e);
}

/* The fd of a user namespace with the map of that mount. */
static int open_map(const struct launch *l, const struct plan_mount_ids *ids,
		    struct err *e)
{
	const struct plan_userns maps = {
		.how = IDMAP_DIRECT,
		.uids = ids->uids,
		.gids = ids->gids,
		.n_uids = ids->n_uids,
		.n_gids = ids->n_gids,
	};

	return ids->n_uids > 0 ? ns_make_userns(&maps, e)
			       : ns_open_userns(l->plan, l->pid, e);
}

ROW(idmap_mounts)
{
	const struct plan *plan = l->plan;
	int r = 0;

	for (size_t i = 0; r >= 0 && i < plan->n_mounts; i++) {
		const struct plan_mount_ids *ids = plan->mounts[i].ids;
		autoclose int tree_fd = -1, userns_fd = -1;

		if (!ids)
			continue;
		r = fs_take_idmapped(plan, i, l->trees_fd, &tree_fd, e);
		if (r < 0 || tree_fd < 0)
			continue;
		r = userns_fd = open_map(l, ids, e);
		if (r >= 0)
			r = fs_idmap(plan, i, tree_fd, userns_fd, e);
	}
	own_close(&l->trees_fd);
	return r < 0 ? r : 0;
}

static int run_hooks(struct launch *l, enum hook_point point,
		     enum status status, struct err *e)
{
	autofree char *json = launch_state_json(l, status);

	return hooks_run(&l->hooks->at[point], point, &l->hook_output, json,
			 false, e);
}

ROW(move_devices)
{
	return ns_move_devices(l->plan, l->pid, e);
}

ROW(prestart)
{
	l->shared->hooks_ran = true;
	return run_hooks(l, HOOK_PRESTART, STATUS_CREATING, e);
}

ROW(create_runtime)
{
	l->shared->hooks_ran = true;
	return run_hooks(l, HOOK_CREATE_RUNTIME, STATUS_CREATING, e);
}

/* HOST can raise what its capabilities let it raise.  Over a process in
 * somebody else's user namespace that was joined it has no rights; what does
 * not go up, INSIDE may set for itself. */
ROW(limits)
{
	int r = limits_apply(l->pid, &l->plan->process, e);

	if (r != -EPERM || l->plan->ns[NS_USER].action != NS_JOIN)
		return r;
	l->shared->limits_left = true;
	return 0;
}

/* exec, before the clone, which inherits it: the way into the container's cgroup
 * is not to disturb its CPUs. */
ROW(initial_cpus)
{
	int r = scheduling_set_cpus(&l->plan->process.cpus_initial,
				    "process.execCPUAffinity.initial", e);

	if (r <= 0)
		return r;
	return degrade_note(l->plan, &l->shared->notes, DEGRADE_CPUS, 0, e);
}

/* After the limits, which may make room for it.  Where HOST has no right over
 * the process, be it for its ids or for what is asked, INSIDE tries. */
ROW(scheduling)
{
	int r = scheduling_set(l->pid, &l->plan->process, e);

	if (r < 0)
		return r;
	l->shared->scheduling_left = r;
	return 0;
}

/* The stages are over that could have had to make do with less. */
static void take_notes(struct launch *l)
{
	degrade_take_notes(l->plan, &l->shared->notes);
	l->state.degraded = l->plan->degraded;
	l->state.n_degraded = l->plan->n_degraded;
}

ROW(record_created)
{
	int r = l->hooks ? 0 : keep_config(l, e);

	take_notes(l);
	return r < 0 ? r : launch_record(l, STATUS_CREATED, e);
}

/* Digits only, no newline, by rename: engines read it the moment it is
 * there. */
ROW(pid_file)
{
	const char *slash = strrchr(l->pid_file, '/');
	autofree char *dir = NULL;
	autoclose int dir_fd = -1;
	char digits[16];
	int r;

	dir = slash ? mem_dup(l->pid_file, (size_t)(slash - l->pid_file) + 1)
		    : str_dup(".");
	dir_fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir_fd < 0)
		return err_sys(e, "open %s, the directory of the pid file",
			       dir);
	r = snprintf(digits, sizeof(digits), "%d", (int)l->pid);
	l->pid_file_written = true;
	return file_replace_at(dir_fd, slash ? slash + 1 : l->pid_file, digits,
			       (size_t)r, 0644, e);
}

/* To a created container, over its socket: the word itself is the DONE. */
ROW(say_start)
{
	return 0;
}

ROW(record_running)
{
	int r = 0;

	/* `start` read its record from the disk; what run knows is new. */
	if (l->plan) {
		take_notes(l);
		r = l->hooks ? 0 : keep_config(l, e);
	} else {
		(void)unlinkat(l->dir_fd, "start.sock", 0);
	}
	return r < 0 ? r : launch_record(l, STATUS_RUNNING, e);
}

ROW(poststart)
{
	return run_hooks(l, HOOK_POSTSTART, STATUS_RUNNING, e);
}
