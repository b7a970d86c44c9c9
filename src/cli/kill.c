/* kill.c - rootlet kill: a signal to a container. */
#include <errno.h>
#include <signal.h>

#include "base/err.h"
#include "cli/command.h"
#include "cli/container.h"
#include "cli/signal.h"
#include "sys/signal.h"

struct kill_opts {
	bool all, regex;
	int sig; /* no option: the second argument */
};

static const struct option_def kill_options[] = {
	{ "all", 'a', NULL, offsetof(struct kill_opts, all), OPT_FLAG,
	  "signal every process of the container, not only its init" },
	{ "regex", 'r', NULL, offsetof(struct kill_opts, regex), OPT_FLAG,
	  "CONTAINER is a regular expression: signal all that match" },
	{ 0 },
};

static int kill_one(struct store *store, const char *id, void *data,
		    struct err *e)
{
	const struct kill_opts *o = data;
	struct container c = CONTAINER_INIT;
	int r;

	r = container_load(store, id, -1, &c, e);
	if (r == 0)
		r = signal_container(store, &c, o->sig, o->all, e);
	/* Of a container that has ended, --all has reached all there were: so
	 * engines clean up.  A pattern means those that run. */
	if ((o->regex && (r == -ESRCH || r == -ENOENT)) ||
	    (o->all && r == -ESRCH))
		r = 0;
	container_done(&c);
	return r;
}

static int kill_run(const struct globals *g, void *opts, int argc, char **argv,
		    struct err *e)
{
	struct kill_opts *o = opts;
	struct store store = STORE_INIT;
	struct container_each each = {
		.store = &store,
		.args = argv,
		.n_args = 1,
		.regex = o->regex,
		.run = kill_one,
		.data = o,
	};
	int r;

	o->sig = argc > 1 ? sys_signal_number(argv[1]) : SIGTERM;
	if (o->sig < 0) {
		(void)err_set(e, EINVAL, "\"%s\" is no signal", argv[1]);
		return err_hint(e, "Signals are written as 15, TERM, SIGTERM "
				   "or RTMIN+1");
	}
	r = container_store(g, &store, e);
	if (r == 0)
		r = container_each(&each, e);
	store_done(&store);
	return r;
}

const struct command cmd_kill = {
	.name = "kill",
	.args = "CONTAINER [SIGNAL]",
	.help = "send a signal to a container's init (default: TERM)",
	.options = kill_options,
	.run = kill_run,
	.opts_size = sizeof(struct kill_opts),
	.min_args = 1,
	.max_args = 2,
	.notes = "SIGNAL is a number or a name: 9, KILL, SIGKILL, RTMIN+1, in "
		 "any case.",
};
