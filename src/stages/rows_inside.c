/* rows_inside.c - the rows that the new process carries out.
 *
 * It is a copy of the runtime that becomes the container's init, step by
 * step; each function says in which namespaces and as whom it runs.  The work
 * is done in ns/, fs/ and proc/; here is only what joins them.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/own.h"
#include "base/str.h"
#include "proc/caps.h"
#include "proc/console.h"
#include "proc/exec.h"
#include "proc/hooks.h"
#include "proc/limits.h"
#include "proc/scheduling.h"
#include "proc/seccomp_thread.h"
#include "proc/supervise.h"
#include "proc/user.h"
#include "stages/rows.h"
#include "sys/fds.h"
#include "sys/process.h"

/* New user, mount, pid and uts namespaces; still the caller's ids. */
ROW(open_sources)
{
	int r = fs_open_sources(&l->fs, l->plan, e);

	/* Where an LSM lets the user namespace be made but gives it no rights,
	 * this is the first call that is refused. */
	if (r == -EPERM && l->plan->ns[NS_USER].action == NS_NEW)
		return ns_explain(e);
	if (r == 0 && want_idmapped(l))
		r = fs_send_idmapped(&l->fs, l->plan, l->trees_fd, e);
	own_close(&l->trees_fd);
	return r;
}

/* The ids are mapped; here we take them. */
ROW(become_root)
{
	int r = userns_become_root(l->plan, e);

	if (r <= 0)
		return r;
	return degrade_note(l->plan, &l->shared->notes, DEGRADE_GROUPS_KEPT, 0,
			    e);
}

/* Root inside from here on. */
ROW(enter_rest)
{
	return ns_enter_rest(l->plan, e);
}

ROW(network)
{
	return ns_set_up_network(l->plan, e);
}

ROW(attach_root)
{
	return fs_attach_root(&l->fs, l->plan, e);
}

ROW(open_private)
{
	return fs_open_private(&l->fs, l->plan, e);
}

ROW(mounts)
{
	return fs_make_mounts(&l->fs, l->plan, e);
}

ROW(devices)
{
	return fs_make_devices(&l->fs, l->plan, e);
}

/* The container's own devpts is there; its root is not ours yet. */
ROW(terminal)
{
	int r;

	r = console_open(l->fs.root_fd, &l->plan->process, &l->send_fd,
			 &l->slave_fd, e);
	if (r < 0)
		return r;
	l->fs.console_fd = l->slave_fd;
	r = fs_bind_console(&l->fs, l->plan, e);
	l->fs.console_fd = -1; /* slave_fd owns it */
	return r;
}

/* The container's namespaces, with the runtime's root still in place: the
 * paths of these hooks are the runtime's. */
ROW(create_container)
{
	autofree char *json = NULL;

	l->shared->hooks_ran = true;
	l->state.pid = (uint32_t)l->shared->pid;
	json = launch_state_json(l, STATUS_CREATING);
	return hooks_run(&l->hooks->at[HOOK_CREATE_CONTAINER],
			 HOOK_CREATE_CONTAINER, &l->hook_output, json, false,
			 e);
}

ROW(hide_paths)
{
	return fs_hide_paths(&l->fs, l->plan, e);
}

ROW(pivot)
{
	return fs_pivot(&l->fs, l->plan, e);
}

/* The container's root is / from here on. */
ROW(finish_root)
{
	return fs_finish_root(&l->fs, l->plan, e);
}

ROW(names_sysctls)
{
	int r = ns_set_names(l->plan, e);

	return r < 0 ? r : fs_write_sysctls(&l->fs, l->plan, e);
}

ROW(keyring)
{
	int r = exec_join_keyring(&l->plan->process, e);

	if (r <= 0)
		return r;
	return degrade_note(l->plan, &l->shared->notes, DEGRADE_KEYRING, 0, e);
}

/* The environment of the program: the plan's, HOME where that has none, and
 * what sd_listen_fds(3) compares with its own pid. */
static void make_env(struct launch *l)
{
	const struct plan_process *p = &l->plan->process;
	size_t n = 0;
	size_t i;

	while (p->env[n])
		n++;
	l->env = mem_zero_n(n + 3, sizeof(*l->env));
	for (i = 0; i < n; i++)
		l->env[i] = (char *)p->env[i];
	if (p->needs_home) {
		autofree char *home = user_home(l->fs.root_fd, p->uid);

		l->home = str_format("HOME=%s", home);
		l->env[n++] = l->home;
	}
	if (p->passes_listen_pid) {
		(void)snprintf(l->listen_pid, sizeof(l->listen_pid),
			       "LISTEN_PID=%d", (int)getpid());
		l->env[n] = l->listen_pid;
	}
}

ROW(find_program)
{
	int r = exec_enter_cwd(&l->plan->process, false, e);

	if (r < 0)
		return r;
	l->cwd_as_user = r > 0;
	make_env(l);
	return exec_find(&l->plan->process, &l->program, e);
}

/* A session of its own: in the caller's, the program could type into the
 * caller's terminal (TIOCSTI), and a kill(2) of 0 would reach the caller's
 * process group, out of its pid namespace, wherever the ids are the same.
 * The runtime may end after this; until it says that all went well, the end
 * of its channel still ends us (inside_main).  With a terminal, nothing of the
 * caller's stdio stays: containerd reads pipes from create until their end. */
ROW(outlive)
{
	int r = 0;

	if (setsid() < 0)
		return err_sys(e, "begin a session");
	if (l->slave_fd >= 0)
		r = console_take(l->slave_fd, e);
	l->slave_fd = -1;
	if (r == 0 && prctl(PR_SET_PDEATHSIG, 0) < 0)
		r = err_sys(e, "clear the parent-death signal");
	return r;
}

static int note(struct launch *l, enum degrade_row row, unsigned index,
		struct err *e)
{
	return degrade_note(l->plan, &l->shared->notes, row, index, e);
}

static int rest_of_scheduler(struct launch *l, struct err *e)
{
	int left = scheduling_set_rest(&l->plan->process,
				       l->shared->scheduling_left, e);
	int r = left < 0 ? left : 0;

	if (r == 0 && left & SCHEDULING_POLICY)
		r = note(l, DEGRADE_SCHEDULER, 0, e);
	if (r == 0 && left & SCHEDULING_NICE)
		r = note(l, DEGRADE_NICE, 0, e);
	if (r == 0 && left & SCHEDULING_IO)
		r = note(l, DEGRADE_IO_PRIORITY, 0, e);
	return r;
}

/* Root inside, with all capabilities; but for the host these are none. */
ROW(scheduling_rest)
{
	const struct plan_process *p = &l->plan->process;
	int r = rest_of_scheduler(l, e);

	/* Listed as it is: those of them that there are. */
	if (r == 0 && p->cpus.text)
		r = scheduling_set_cpus(&p->cpus, "linux.resources.cpu.cpus",
					e);
	if (r >= 0)
		r = 0;
	if (r == 0 && p->cpus_final.text)
		r = scheduling_set_cpus(&p->cpus_final,
					"process.execCPUAffinity.final", e);
	if (r > 0)
		r = note(l, DEGRADE_CPUS, 1, e);
	if (r == 0 && p->memory.name)
		r = scheduling_set_memory(&p->memory, e);
	if (r == 0 && p->personality_name)
		r = scheduling_set_personality(p, e);
	return r;
}

ROW(start_container)
{
	autofree char *json = NULL;

	l->state.pid = (uint32_t)l->shared->pid;
	json = launch_state_json(l, STATUS_CREATED);
	return hooks_run(&l->hooks->at[HOOK_START_CONTAINER],
			 HOOK_START_CONTAINER, &l->hook_output, json, false, e);
}

/* From root inside to the program's user. */
static int lower(struct launch *l, struct err *e)
{
	const struct plan_process *p = &l->plan->process;
	int r = user_become(p, e);

	if (r == 0 && l->cwd_as_user)
		r = exec_enter_cwd(p, true, e);
	if (r == 0)
		r = caps_apply(&p->caps, e);
	return r;
}

/* Still root inside.  The order is the kernel's: the bounding set while there
 * is CAP_SETPCAP; a filter without no_new_privs while there is CAP_SYS_ADMIN,
 * so in that case the rest is left to row_execute; with it, the filter goes on
 * last, when nothing but exec is left to do. */
ROW(restrict)
{
	const struct plan *plan = l->plan;
	const struct plan_process *p = &plan->process;
	int r = 0;

	if (!l->label_set)
		r = exec_set_label(p, l->fs.proc_fd, e);
	if (r == 0 && plan->userns.nested && !plan->userns.nest_first)
		r = userns_nest(plan, l->fs.proc_fd, e);
	if (r == 0)
		r = caps_limit_bounding(&p->caps, e);
	if (r == 0 && p->no_new_privs && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		r = err_sys(e, "set no_new_privs");
	/* Late, for what comes before may need files or memory. */
	if (r == 0 && (l->shared->limits_left || !want_limits(l)))
		r = limits_apply(0, p, e);
	if (r == 0 && p->no_new_privs)
		r = lower(l, e);
	if (r < 0)
		return r;
	if (l->supervise)
		supervise_restore_mask(l->supervise);
	/* Every fd but stdio and what the caller passes on closes at exec;
	 * that, and the end of the channel with it, tells HOST that it went
	 * well. */
	r = sys_cloexec_from(STDERR_FILENO + 1 + p->pass_fds);
	return r < 0 ? err_errno(e, r, "mark the open files close-on-exec") : 0;
}

static int install_filter(void *launch, struct err *e)
{
	struct launch *l = launch;

	l->shared->filtered = l->filter.n > 0;
	return seccomp_install(&l->filter, e);
}

ROW(filter)
{
	return install_filter(l, e);
}

/* Under the filter. */
static int become_program(void *launch, struct err *e)
{
	struct launch *l = launch;
	const struct plan_process *p = &l->plan->process;
	int r = 0;

	if (!p->no_new_privs)
		r = lower(l, e);
	if (r < 0)
		return r;
	l->shared->executing = true;
	r = exec_program(p, l->program, l->env, e);
	l->shared->executing = false;
	if (p->seccomp && seccomp_refuses(p->seccomp, "execve", -r)) {
		e->hint[0] = '\0'; /* about the file, which may be all right */
		(void)err_hint(e, SECCOMP_MUST_ALLOW);
	}
	return r;
}

/* Two threads from here on: this one, which is under no filter, talks to HOST;
 * the other waits for row_execute. */
ROW(filter_listened)
{
	const struct seccomp_thread_job job = {
		.install = install_filter,
		.become = become_program,
		.arg = l,
	};
	int r = seccomp_thread_begin(&job, &l->program_thread, e);

	if (r < 0)
		return r;
	l->send_fd = r;
	return 0;
}

ROW(execute)
{
	return l->program_thread ? seccomp_thread_go(l->program_thread, e)
				 : become_program(l, e);
}

/* A connection that says nothing is somebody asking whether we still wait
 * (state_status); it leaves no trace. */
static bool says_something(int conn)
{
	char c;
	ssize_t n;

	do
		n = recv(conn, &c, 1, MSG_PEEK);
	while (n < 0 && errno == EINTR);
	return n > 0;
}

/* The socket lies in a directory that only its owner can enter; the kernel's
 * word about the peer is compared all the same. */
static bool is_creator(int conn, uid_t creator)
{
	struct ucred peer;
	socklen_t len = sizeof(peer);

	if (getsockopt(conn, SOL_SOCKET, SO_PEERCRED, &peer, &len) < 0)
		return false;
	return peer.uid == creator;
}

static uid_t creator_uid(int sync_fd)
{
	struct ucred peer = { .uid = (uid_t)-1 };
	socklen_t len = sizeof(peer);

	(void)getsockopt(sync_fd, SOL_SOCKET, SO_PEERCRED, &peer, &len);
	return peer.uid;
}

static void await_start(struct launch *l)
{
	uid_t creator = creator_uid(l->sync.fd);

	sync_close(&l->sync);
	while (l->sync.fd < 0) {
		autoclose int conn = accept4(l->listen_fd, NULL, NULL,
					     SOCK_CLOEXEC);

		if (conn < 0 && errno != EINTR && errno != ECONNABORTED)
			_exit(1);
		if (conn >= 0 && is_creator(conn, creator) &&
		    says_something(conn))
			l->sync.fd = take_fd(&conn);
	}
}

/* The clone has closed what HOST holds and we must not, its end of the channel
 * above all, for with it we would never see its end of file.  The numbers are
 * forgotten too: they will be those of other files. */
static void forget_hosts_things(struct launch *l)
{
	l->side = INSIDE;
	log_silence();
	l->sync.fd = take_fd(&l->inside_fd);
	l->trees_fd = take_fd(&l->inside_trees_fd);
	l->sync.peer_pidfd = -1;
	l->sync.stop_fd = -1;
	l->pidfd = -1;
	l->dir_fd = -1;
	l->target = NS_TARGET_INIT;
	l->store->root_fd = -1;
	l->store->lock_fd = -1;
}

/* The caller's, with whatever secrets: a hook, or a program that `exec` runs
 * while we wait for `start`, can read it in our /proc entry.  What the program
 * gets was copied when the plan was made. */
static void forget_environment(void)
{
	for (char **v = environ; v && *v; v++)
		if (!str_after(*v, "ROOTLET_FAULT="))
			explicit_bzero(*v, strlen(*v));
}

/* The program's seccomp filter may refuse that we end, as it may refuse the
 * message that tells why: then _exit(2) would try for ever.  A fault of the
 * processor ends us in any case, the first of a pid namespace too. */
__attribute__((noreturn)) static void end_under_filter(void)
{
	(void)syscall(SYS_exit_group, 1);
	__builtin_trap();
}

void inside_main(void *launch)
{
	struct launch *l = launch;
	struct err e = { 0 };

	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	forget_environment();
	forget_hosts_things(l);
	(void)umask(l->umask);
	l->fs.notes = &l->shared->notes;
	if (l->joins) {
		(void)stages_walk(l, &exec_table, &e);
		end_under_filter();
	}
	if (stages_walk(l, &create_table, &e) < 0)
		_exit(1);
	if (l->wait_for_start)
		await_start(l);
	(void)stages_walk(l, &start_table, &e);
	end_under_filter();
}
