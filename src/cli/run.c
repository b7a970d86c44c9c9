/* run.c - rootlet run and rootlet create: a bundle becomes a container.
 *
 * The two differ in who is there when the program starts.  `create` ends when
 * init waits on its socket for `start`; `run` starts it at once, over the
 * channel that is open anyway, and in the foreground stays: it forwards
 * signals, relays a terminal, and takes everything away at the end.
 */
#include <errno.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "base/own.h"
#include "cli/bundle.h"
#include "cli/degraded.h"
#include "cli/inherited.h"
#include "proc/notify.h"
#include "proc/sealed.h"
#include "proc/supervise.h"
#include "stages/launch.h"

#define LOCK_WAIT_MS 10000

static const struct option_def create_options[] = {
	BUNDLE_OPTIONS,
	CREATE_OPTIONS,
	{ 0 },
};

static const struct option_def run_options[] = {
	BUNDLE_OPTIONS,
	CREATE_OPTIONS,
	{ "detach", 'd', NULL, offsetof(struct create_opts, detach), OPT_FLAG,
	  "end when the program has started" },
	{ "keep", 0, NULL, offsetof(struct create_opts, keep), OPT_FLAG,
	  "keep the state when the program has ended" },
	{ "no-subreaper", 0, NULL, offsetof(struct create_opts, no_subreaper),
	  OPT_FLAG, "leave orphans of the container to the system's init" },
	{ 0 },
};

/* On a terminal, and only there, a line about limits that somebody wrote into
 * the bundle and that do not hold. */
static void warn_of_limits(const struct plan *plan)
{
	size_t n = 0;
	size_t i;

	if (!isatty(STDERR_FILENO))
		return;
	for (i = 0; i < plan->n_degraded; i++) {
		if (!plan->degraded[i].is_limit)
			continue;
		(void)fprintf(stderr, "%s%s",
			      n++ ? ", " : "rootlet: not in force here: ",
			      plan->degraded[i].item);
	}
	if (n > 0)
		(void)fprintf(stderr, " (rootlet plan says why)\n");
}

static int launch_bundle(const struct globals *g, struct bundle *b,
			 struct store *store, struct launch *l, struct err *e)
{
	int r;

	/* What we make for ourselves is ours to read, whatever the caller's
	 * umask is; INSIDE takes that one back. */
	l->umask = umask(0);
	(void)umask(l->umask & 077);
	r = store_open(g->root, b->caller.uid,
		       caller_is_privileged(&b->caller) &&
			       b->caller.initial_userns,
		       true, store, e);
	if (r < 0)
		return r;
	store->forget = launch_remove_cgroup;
	l->store = store;
	l->plan = &b->plan;
	l->hooks = b->plan.hooks;
	l->config_text = b->config;
	l->config_len = b->config_len;
	l->state.owner = b->caller.uid;
	r = launch_create(l, e);
	if (r == 0)
		degraded_log(&b->plan, &l->shared->notes);
	return r;
}

/* The program has run and its status is what counts; what goes wrong now is
 * told beside it.  Who deletes the container meanwhile has done our work. */
static void clean_up(struct launch *l)
{
	struct err e;
	int r;

	r = store_lock(l->store, l->state.id, l->dir_fd, LOCK_WAIT_MS, &e);
	if (r == -ENOENT)
		return;
	if (r == 0)
		r = launch_destroy(l, &e);
	if (r < 0)
		(void)fprintf(stderr, "rootlet: %s\n", e.text);
}

/* The same for a container that is kept: its record says how it ended. */
static void record_end(struct launch *l, int status)
{
	struct err e;
	int r;

	r = store_lock(l->store, l->state.id, l->dir_fd, LOCK_WAIT_MS, &e);
	if (r == -ENOENT)
		return;
	if (r == 0)
		r = launch_record_end(l, status, supervise_signal(l->supervise),
				      &e);
	if (r < 0)
		(void)fprintf(stderr, "rootlet: %s\n", e.text);
}

/* Waits for the program; then nothing stays but, with --keep, the state.  The
 * lock is free meanwhile, for kill and delete. */
static int run_foreground(struct launch *l, const struct create_opts *o,
			  struct err *e)
{
	struct err why;
	int status;

	store_unlock(l->store, l->dir_fd);
	status = supervise_wait(l->supervise, l->pidfd, l->pid, l->master_fd,
				e);
	if (status >= 0)
		own_close(&l->pidfd); /* reaped */
	if (o->keep && status >= 0)
		record_end(l, status);
	else if (status >= 0)
		clean_up(l);
	else if (!o->keep && store_lock(l->store, l->state.id, l->dir_fd,
					LOCK_WAIT_MS, &why) == 0)
		(void)launch_destroy(l, &why);
	return status;
}

static int run_launched(const struct globals *g, const struct create_opts *o,
			struct bundle *b, struct launch *l, struct err *e)
{
	struct store store = STORE_INIT;
	struct notify *n = NULL;
	int r;

	r = launch_bundle(g, b, &store, l, e);
	if (r == 0) {
		if (!o->detach)
			warn_of_limits(&b->plan);
		n = notify_begin(inherited_notify_socket(), l->dir_fd);
		r = launch_start(l, e);
	}
	if (r == 0 && !o->detach) {
		supervise_notify(l->supervise, n);
		r = run_foreground(l, o, e);
	} else if (r == 0 && n) {
		store_unlock(l->store, l->dir_fd);
		notify_wait(n, l->pidfd, l->pid);
	}
	notify_free(n);
	launch_done(l);
	store_done(&store);
	return r;
}

static int run_planned(const struct globals *g, const struct create_opts *o,
		       struct bundle *b, struct err *e)
{
	struct supervise *supervise = NULL;
	struct launch l;
	int r = 0;

	launch_init(&l);
	l.pid_file = o->pid_file;
	if (!o->detach) {
		if (!o->no_subreaper && prctl(PR_SET_CHILD_SUBREAPER, 1) < 0)
			return err_sys(e, "become the reaper of orphans");
		r = supervise_begin(&supervise, e);
		l.supervise = supervise;
		if (r == 0)
			l.sync.stop_fd = supervise_stop_fd(supervise);
	}
	if (r == 0)
		r = run_launched(g, o, b, &l, e);
	supervise_free(supervise);
	return r;
}

static int prepare(const struct globals *g, const struct create_opts *o,
		   const char *id, bool detached, struct bundle *b,
		   struct err *e)
{
	bool real_root;
	uint32_t uid;
	int r;

	r = store_check_id(id, e);
	caller_identity(&uid, &real_root);
	/* Root nearly always needs it: before the work that would have to be
	 * done again. */
	if (r == 0 && real_root)
		r = sealed_reexec(g->argv, e);
	if (r == 0)
		r = bundle_plan(g, o, id, detached, b, e);
	if (r == 0 && !real_root && b->plan.sealed_exe)
		r = sealed_reexec(g->argv, e);
	return r;
}

static int run_run(const struct globals *g, void *opts, int argc, char **argv,
		   struct err *e)
{
	const struct create_opts *o = opts;
	struct bundle b = { 0 };
	int r;

	(void)argc;
	r = prepare(g, o, argv[0], o->detach, &b, e);
	if (r == 0)
		r = run_planned(g, o, &b, e);
	bundle_done(&b);
	return r;
}

static int create_run(const struct globals *g, void *opts, int argc,
		      char **argv, struct err *e)
{
	const struct create_opts *o = opts;
	struct store store = STORE_INIT;
	struct bundle b = { 0 };
	struct launch l;
	int r;

	(void)argc;
	launch_init(&l);
	l.pid_file = o->pid_file;
	l.wait_for_start = true;
	r = prepare(g, o, argv[0], true, &b, e);
	if (r == 0)
		r = launch_bundle(g, &b, &store, &l, e);
	launch_done(&l);
	store_done(&store);
	bundle_done(&b);
	return r;
}

const struct command cmd_run = {
	.name = "run",
	.args = "CONTAINER",
	.help = "create a container from a bundle and run its program",
	.options = run_options,
	.run = run_run,
	.opts_size = sizeof(struct create_opts),
	.min_args = 1,
	.max_args = 1,
};

const struct command cmd_create = {
	.name = "create",
	.args = "CONTAINER",
	.help = "create a container; its program waits for start",
	.options = create_options,
	.run = create_run,
	.opts_size = sizeof(struct create_opts),
	.min_args = 1,
	.max_args = 1,
};
