/* start.c - rootlet start: the program of a created container. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/file.h"
#include "base/own.h"
#include "cli/command.h"
#include "cli/container.h"
#include "cli/container_cgroup.h"
#include "cli/inherited.h"
#include "plan/caller.h"
#include "proc/notify.h"
#include "spec/spec.h"
#include "stages/launch.h"

#define LOCK_WAIT_MS 10000
#define CONFIG_MAX   (4U << 20)

struct start_opts {
	bool unused; /* start has no options of its own */
};

static const struct option_def start_options[] = { { 0 } };

static int check_created(enum status status, const char *id, struct err *e)
{
	if (status == STATUS_CREATED)
		return 0;
	if (status == STATUS_STOPPED) {
		(void)err_set(e, EINVAL,
			      "cannot start container %s: it has stopped", id);
		return err_hint(e,
				"Remove it with 'rootlet delete %s' and "
				"create it again",
				id);
	}
	return err_set(e, EINVAL, "cannot start container %s: it is %s", id,
		       field_name(status_names, (int)status));
}

/* Parsing a config is most of what a start costs, and few have hooks; a key
 * can be spelled in another way only by escapes. */
static bool may_have_hooks(const char *text, size_t len)
{
	static const char word[] = "\"hooks\"";

	return memmem(text, len, word, sizeof(word) - 1) ||
	       memmem(text, len, "\\u", 2);
}

/* The hooks of the config as it was at create. */
static int read_hooks(struct launch *l, struct spec *spec, struct err *e)
{
	autofree char *text = NULL;
	size_t len;
	int r;

	r = file_read_at(l->dir_fd, "config.json", CONFIG_MAX, &text, &len);
	if (r < 0)
		return err_errno(e, r, "read the saved config of container %s",
				 l->state.id);
	if (!may_have_hooks(text, len))
		return 0;
	r = spec_parse(text, len, spec, e);
	if (r < 0)
		return err_wrap(e, "the saved config of container %s",
				l->state.id);
	l->hooks = spec->hooks;
	return 0;
}

/* Whoever supervises the container waits for it to say that it is ready, and
 * so do we; kill and delete need the lock meanwhile. */
static int start_and_hear(struct launch *l, struct err *e)
{
	struct notify *n = notify_begin(inherited_notify_socket(), l->dir_fd);
	int r = launch_start_created(l, e);

	if (r >= 0 && n) {
		store_unlock(l->store, l->dir_fd);
		notify_wait(n, l->pidfd, l->pid);
	}
	notify_free(n);
	return r;
}

static int start_locked(struct launch *l, const char *id, struct err *e)
{
	auto(spec) struct spec spec = { 0 };
	enum status status;
	int r;

	r = state_status(l->store, l->dir_fd, &l->state, &status, &l->pidfd, e);
	if (r < 0)
		return r;
	if ((status == STATUS_CREATED || status == STATUS_RUNNING) &&
	    container_cgroup_frozen(&l->state))
		status = STATUS_PAUSED;
	r = check_created(status, id, e);
	if (r < 0)
		return r;
	if (!container_is_own(l->store, l->dir_fd)) {
		(void)err_set(e, EPERM, "container %s is another user's", id);
		return err_hint(e, "Start it as that user: its hooks run as "
				   "whoever starts it");
	}
	l->pid = (pid_t)l->state.pid;
	r = read_hooks(l, &spec, e);
	if (r < 0)
		return r;
	return start_and_hear(l, e);
}

static int start_run(const struct globals *g, void *opts, int argc, char **argv,
		     struct err *e)
{
	struct store store = STORE_INIT;
	struct launch l;
	bool privileged;
	uint32_t uid;
	int r;

	(void)opts;
	(void)argc;
	launch_init(&l);
	l.store = &store;
	caller_identity(&uid, &privileged);
	r = store_open(g->root, uid, privileged, false, &store, e);
	if (r == 0)
		r = store_open_container(&store, argv[0], LOCK_WAIT_MS, e);
	if (r >= 0) {
		l.dir_fd = r;
		r = state_read(l.dir_fd, argv[0], &l.state, e);
	}
	if (r >= 0) {
		r = start_locked(&l, argv[0], e);
		state_done(&l.state);
	}
	launch_done(&l);
	store_done(&store);
	return r;
}

const struct command cmd_start = {
	.name = "start",
	.args = "CONTAINER",
	.help = "start the program of a created container",
	.options = start_options,
	.run = start_run,
	.opts_size = sizeof(struct start_opts),
	.min_args = 1,
	.max_args = 1,
};
