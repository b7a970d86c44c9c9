/* exec.c - rootlet exec: another program in a container that is there.
 *
 * From here a reader follows cli/exec_process.c (what is to run), plan/exec.c
 * (what it will be), the exec table of stages/stages.c.
 *
 * The container is not locked: its init is held by a verified pidfd, and all
 * that is joined is reached by that.  Nothing of the container's record
 * changes.
 */
#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "base/file.h"
#include "base/own.h"
#include "base/str.h"
#include "cli/container.h"
#include "cli/degraded.h"
#include "cli/exec_process.h"
#include "cli/inherited.h"
#include "plan/caller.h"
#include "proc/sealed.h"
#include "proc/supervise.h"
#include "stages/launch.h"

#define CONFIG_MAX (4U << 20)

#define AT(member) offsetof(struct exec_opts, member)
static const struct option_def exec_options[] = {
	{ "additional-gids", 'g', "GID", AT(gids), OPT_STRINGS,
	  "one more group for the program; may be repeated" },
	{ "apparmor", 0, "PROFILE", AT(apparmor), OPT_STRING,
	  "the AppArmor profile of the program" },
	{ "cap", 'c', "CAPABILITY", AT(caps), OPT_STRINGS,
	  "give the program this capability, too; may be repeated" },
	{ "cgroup", 0, "PATH", AT(cgroups), OPT_STRINGS,
	  "run in this cgroup below that of the container" },
	{ "console-socket", 0, "PATH", AT(console_socket), OPT_STRING,
	  "send the terminal to this socket" },
	{ "cwd", 0, "DIR", AT(cwd), OPT_STRING,
	  "the working directory, in the container" },
	{ "detach", 'd', NULL, AT(detach), OPT_FLAG,
	  "end when the program has started" },
	{ "env", 'e', "NAME=VALUE", AT(env), OPT_STRINGS,
	  "set a variable; may be repeated" },
	{ "ignore-paused", 0, NULL, AT(ignore_paused), OPT_FLAG,
	  "take a paused container, too: the program waits for resume" },
	{ "no-new-privs", 0, NULL, AT(no_new_privs), OPT_FLAG,
	  "the program can gain no privileges" },
	{ "pid-file", 0, "FILE", AT(pid_file), OPT_STRING,
	  "write the pid of the program to this file" },
	{ "pidfd-socket", 0, "PATH", AT(pidfd_socket), OPT_STRING,
	  "send a pidfd of the program to this socket" },
	{ "preserve-fds", 0, "N", AT(preserve_fds), OPT_UINT,
	  "pass N more file descriptors, from 3 on" },
	{ "process", 'p', "FILE", AT(process), OPT_STRING,
	  "read from this file what to run, as \"process\" of config.json" },
	{ "process-label", 0, "LABEL", AT(process_label), OPT_STRING,
	  "the SELinux label of the program" },
	{ "tty", 't', NULL, AT(tty), OPT_FLAG, "give the program a terminal" },
	{ "user", 'u', "UID[:GID]", AT(user), OPT_STRING,
	  "who the program runs as, in numbers" },
	{ 0 },
};
#undef AT

/* Everything that a launch borrows from; owned here. */
struct exec {
	const struct exec_opts *opts;
	struct store store;
	struct container container;
	struct spec spec; /* of the container */
	struct json_doc doc; /* owns process */
	struct spec_process *process;
	struct caller caller;
	struct plan_options options;
	struct plan plan;
};

static void exec_done(struct exec *x)
{
	plan_done(&x->plan);
	caller_done(&x->caller);
	json_done(&x->doc);
	spec_done(&x->spec);
	container_done(&x->container);
	store_done(&x->store);
}

static const char *given(const char *text)
{
	return str_empty(text) ? NULL : text;
}

static int check_options(const struct exec_opts *o, bool has_command,
			 struct err *e)
{
	if (o->process && has_command) {
		(void)err_set(e, EINVAL, "--process names the program already");
		return err_hint(e, "leave out what follows the container's id, "
				   "or --process");
	}
	if (!o->process && !has_command) {
		(void)err_set(e, EINVAL, "no program is named");
		return err_hint(e, "Usage: rootlet exec [OPTION...] CONTAINER "
				   "COMMAND [ARGUMENT...]");
	}
	return 0;
}

static bool climbs(const char *path)
{
	while (*(path += strspn(path, "/"))) {
		size_t len = strcspn(path, "/");

		if (len == 2 && path[0] == '.' && path[1] == '.')
			return true;
		path += len;
	}
	return false;
}

/* "PATH", or "CONTROLLER,...:PATH" of clients that know cgroup v1, for each
 * controller; of cgroup v2 all of them are the same.  *ret NULL: none below. */
static int read_subgroup(const struct exec_opts *o, const struct state *s,
			 const char **ret, struct err *e)
{
	const char *first = NULL;

	for (size_t i = 0; i < o->cgroups.n; i++) {
		const char *text = o->cgroups.v[i];
		const char *colon = strchr(text, ':');
		const char *path = colon ? colon + 1 : text;

		if (climbs(path)) {
			(void)err_set(e, EINVAL,
				      "--cgroup %s: \"..\" leads out of the "
				      "container's cgroup",
				      text);
			return err_hint(e, "name one below it");
		}
		if (first && !str_eq(first, path))
			return err_set(
				e, EINVAL,
				"--cgroup %s: a process is in one cgroup "
				"for all controllers, and %s is named, "
				"too",
				text, first);
		first = path;
	}
	if (first && !s->cgroup) {
		(void)err_set(e, ENOTSUP,
			      "--cgroup %s: container %s has no cgroup of its "
			      "own",
			      first, s->id);
		return err_hint(e, "leave it out: the program runs in the "
				   "caller's cgroup");
	}
	*ret = first && first[strspn(first, "/.")] ? first : NULL;
	return 0;
}

static int check_status(const struct container *c, const char *id,
			bool ignore_paused, struct err *e)
{
	switch (c->status) {
	case STATUS_CREATED:
	case STATUS_RUNNING:
		break;
	case STATUS_PAUSED:
		if (ignore_paused)
			break;
		(void)err_set(e, EBUSY, "cannot exec in a paused container: %s",
			      id);
		return err_hint(e,
				"\"rootlet resume %s\" lets it go on; with "
				"--ignore-paused the program waits for that",
				id);
	case STATUS_CREATING:
		return err_set(e, EBUSY,
			       "cannot exec in container %s: it is being "
			       "created",
			       id);
	case STATUS_STOPPED:
		return err_set(e, ESRCH,
			       "cannot exec in a stopped container: %s", id);
	}
	return 0;
}

/* Whose config it is says what will run, and as whom. */
static int check_owner(const struct exec *x, const char *id, struct err *e)
{
	if (container_is_own(&x->store, x->container.dir_fd))
		return 0;
	(void)err_set(e, EPERM, "container %s is another user's", id);
	return err_hint(e, "call rootlet as that user: what the container's "
			   "config says would be done with your rights");
}

static int read_config(struct exec *x, struct err *e)
{
	autofree char *text = NULL;
	size_t len;
	int r;

	r = file_read_at(x->container.dir_fd, "config.json", CONFIG_MAX, &text,
			 &len);
	if (r == 0)
		r = spec_parse(text, len, &x->spec, e);
	else
		(void)err_errno(e, r, "read it");
	return r < 0 ? err_wrap(e, "the saved config of container %s",
				x->container.state.id)
		     : 0;
}

static int load(struct exec *x, const char *id, struct err *e)
{
	int r = container_load(&x->store, id, -1, &x->container, e);

	if (r == 0)
		r = check_status(&x->container, id, x->opts->ignore_paused, e);
	if (r == 0)
		r = check_owner(x, id, e);
	return r;
}

static int check_terminal(const struct exec *x, struct err *e)
{
	const struct exec_opts *o = x->opts;

	if (!x->process->terminal || !o->detach || given(o->console_socket))
		return 0;
	(void)err_set(e, EINVAL,
		      "a program that runs detached has nobody who reads its "
		      "terminal");
	return err_hint(e, "leave out --detach or --tty, or name with "
			   "--console-socket who takes the terminal");
}

static int read_caller(const struct globals *g, struct exec *x, struct err *e)
{
	static const enum rootless_choice rootless[] = {
		ROOTLESS_AUTO, ROOTLESS_TRUE, ROOTLESS_FALSE, ROOTLESS_AUTO
	};
	int r;

	x->options = (struct plan_options){
		.rootless = rootless[g->rootless],
		.strict = g->strict,
		.detached = x->opts->detach,
		.console_socket = given(x->opts->console_socket),
		.pidfd_socket = given(x->opts->pidfd_socket),
		.preserve_fds = x->opts->preserve_fds,
	};
	r = inherited_read(&x->options, e);
	return r < 0 ? r : caller_read_self(&x->options, &x->caller, e);
}

/* Was the container given the next best of that limit? */
static bool has_next_best(const struct state *s, enum degrade_row row)
{
	const struct degradation *d = degrade_row(row);

	json_for_each(item, s->degraded_json) {
		const struct json *name = json_get(item, "item");
		const struct json *got = json_get(item, "got");

		if (name && got && str_eq(name->text, d->item) &&
		    str_eq(got->text, d->got))
			return true;
	}
	return false;
}

static int read_container(struct exec *x, struct err *e)
{
	const struct state *s = &x->container.state;
	struct caller_target *target = &x->caller.target;

	x->options.id = s->id;
	x->options.bundle = s->bundle;
	x->options.no_new_keyring = s->no_new_keyring;
	x->options.seccomp_receiver = s->seccomp_listener;
	target->nested = s->outer_uid.set && s->outer_gid.set;
	target->outer_uid = s->outer_uid.value;
	target->outer_gid = s->outer_gid.value;
	target->cpus_by_affinity = has_next_best(s, DEGRADE_CGROUP_CPUS);
	target->mems_by_policy = has_next_best(s, DEGRADE_CGROUP_MEMS);
	return caller_read_container(&x->caller, &x->spec, (pid_t)s->pid,
				     x->container.pidfd, e);
}

static int make_plan(struct exec *x, char **args, struct err *e)
{
	int r;

	r = exec_process_make(x->opts, args, &x->spec, &x->doc, &x->process, e);
	if (r == 0)
		r = check_terminal(x, e);
	if (r < 0)
		return r;
	caller_add_process(&x->caller, &x->spec, x->process);
	r = plan_exec(&x->spec, x->process, &x->caller, &x->options, &x->plan,
		      e);
	return r < 0 ? r
		     : read_subgroup(x->opts, &x->container.state,
				     &x->plan.cgroup.subgroup, e);
}

static int launch(struct exec *x, struct supervise *supervise, struct err *e)
{
	struct launch l;
	int r;

	launch_init(&l);
	/* What we make for ourselves is ours to read, whatever the caller's
	 * umask is; INSIDE takes that one back. */
	l.umask = umask(0);
	(void)umask(l.umask & 077);
	l.store = &x->store;
	l.plan = &x->plan;
	l.state = x->container.state;
	l.state.status = (int)x->container.status;
	l.target.pidfd = take_fd(&x->container.pidfd);
	l.pid_file = x->opts->pid_file;
	l.supervise = supervise;
	if (supervise)
		l.sync.stop_fd = supervise_stop_fd(supervise);
	r = launch_exec(&l, e);
	if (r == 0)
		degraded_log(&x->plan, &l.shared->notes);
	if (r == 0 && supervise)
		r = supervise_wait(supervise, l.pidfd, l.pid, l.master_fd, e);
	launch_done(&l);
	return r;
}

static int run_planned(struct exec *x, struct err *e)
{
	struct supervise *supervise = NULL;
	int r = 0;

	if (!x->opts->detach)
		r = supervise_begin(&supervise, e);
	if (r == 0)
		r = launch(x, supervise, e);
	supervise_free(supervise);
	return r;
}

static int exec_run(const struct globals *g, void *opts, int argc, char **argv,
		    struct err *e)
{
	struct exec x = {
		.opts = opts,
		.store = STORE_INIT,
		.container = CONTAINER_INIT,
	};
	bool real_root;
	int r;

	r = check_options(x.opts, argc > 1, e);
	if (r == 0)
		r = read_caller(g, &x, e);
	real_root = caller_is_real_root(&x.caller);
	/* Root nearly always needs it: before the work that would have to be
	 * done again. */
	if (r == 0 && real_root)
		r = sealed_reexec(g->argv, e);
	if (r == 0)
		r = store_open(g->root, x.caller.uid, real_root, false,
			       &x.store, e);
	if (r == 0)
		r = load(&x, argv[0], e);
	if (r == 0)
		r = read_config(&x, e);
	if (r == 0)
		r = read_container(&x, e);
	/* Before a file is read that may be a pipe. */
	if (r == 0 && !real_root && plan_exec_is_sealed(&x.caller))
		r = sealed_reexec(g->argv, e);
	if (r == 0)
		r = make_plan(&x, argv + 1, e);
	if (r == 0)
		r = run_planned(&x, e);
	exec_done(&x);
	return r;
}

const struct command cmd_exec = {
	.name = "exec",
	.args = "CONTAINER COMMAND [ARGUMENT...]",
	.help = "run another program in a container",
	.options = exec_options,
	.run = exec_run,
	.opts_size = sizeof(struct exec_opts),
	.min_args = 1,
	.max_args = -1,
	.options_end_at_id = true,
	.failure_status = 255,
	.notes = "With --process no COMMAND is named.  The exit status is that "
		 "of the program, 128 and the number of the signal that ended "
		 "it, or 255 when it could not be run.",
};
