/* delete.c - rootlet delete: nothing of a container stays.
 *
 * The order is that of what is left when we die in the middle: first the
 * processes, last the record, so that another delete can finish the work.
 */
#include <errno.h>
#include <signal.h>
#include <string.h>

#include "base/err.h"
#include "base/file.h"
#include "base/log.h"
#include "base/own.h"
#include "cli/command.h"
#include "cli/container.h"
#include "cli/container_cgroup.h"
#include "cli/signal.h"
#include "proc/hooks.h"
#include "spec/spec.h"
#include "stages/launch.h"

#define LOCK_WAIT_MS 10000
#define CONFIG_MAX   (4U << 20)

struct delete_opts {
	bool force, regex;
};

static const struct option_def delete_options[] = {
	{ "force", 'f', NULL, offsetof(struct delete_opts, force), OPT_FLAG,
	  "kill the container first if it runs; none of this id is no error" },
	{ "regex", 'r', NULL, offsetof(struct delete_opts, regex), OPT_FLAG,
	  "CONTAINER is a regular expression: delete all that match" },
	{ 0 },
};

/* The config as it was at create; NULL when it has no poststop hooks: then it
 * needs no parsing, which is most of what a delete would cost.  A key can be
 * spelled in another way only by escapes. */
static char *config_with_poststop(int dir_fd, size_t *ret_len)
{
	static const char word[] = "poststop";
	autofree char *text = NULL;

	if (file_read_at(dir_fd, "config.json", CONFIG_MAX, &text, ret_len) < 0)
		return NULL;
	if (!memmem(text, *ret_len, word, sizeof(word) - 1) &&
	    !memmem(text, *ret_len, "\\u", 2))
		return NULL;
	return take_ptr(&text);
}

/* The container is gone whatever these do: their failure is a warning. */
static void run_poststop(const struct container *c, const char *config,
			 size_t len)
{
	auto(spec) struct spec spec = { 0 };
	auto(hook_output) struct hook_output out = HOOK_OUTPUT_INIT;
	autofree char *json = NULL;
	struct err why;
	int r;

	r = spec_parse(config, len, &spec, &why);
	if (r == 0 && spec.hooks) {
		json = state_oci_json(&c->state, STATUS_STOPPED);
		/* They run in any case. */
		if (hooks_open_output(&spec.annotations, c->state.bundle, &out,
				      &why) < 0)
			log_write(LOG_WARNING, "delete %s: %s, ignoring",
				  c->state.id, why.text);
		r = hooks_run(&spec.hooks->at[HOOK_POSTSTOP], HOOK_POSTSTOP,
			      &out, json, true, &why);
	}
	if (r < 0)
		log_write(LOG_WARNING, "delete %s: %s, ignoring", c->state.id,
			  why.text);
}

static int end_processes(const struct store *store, const struct container *c,
			 bool force, struct err *e)
{
	if (c->pidfd < 0)
		return 0;
	if ((c->status == STATUS_RUNNING || c->status == STATUS_PAUSED) &&
	    !force) {
		(void)err_set(e, EBUSY,
			      "cannot delete container %s that is not "
			      "stopped: %s",
			      c->state.id,
			      field_name(status_names, (int)c->status));
		return err_hint(e,
				"\"rootlet kill %s KILL\" stops it; \"rootlet "
				"delete --force %s\" does both",
				c->state.id, c->state.id);
	}
	if (!c->state.own_pidns && c->status != STATUS_STOPPED) {
		int r = signal_container(store, c, SIGKILL, true, e);

		if (r < 0 && r != -ESRCH)
			return r;
	}
	return state_kill_init(&c->state, c->pidfd, e);
}

/* Of somebody else's container only after a look at whose it is. */
static int remove_cgroup(const struct store *store, const struct container *c,
			 struct err *e)
{
	autoclose int fd = -1;
	int r = state_of_this_boot(&c->state, e);

	if (r <= 0)
		return r;
	if (c->state.cgroup && !container_is_own(store, c->dir_fd)) {
		fd = container_cgroup_open(store, c, e);
		if (fd < 0 && fd != -ENOENT)
			return fd;
	}
	return launch_remove_cgroup(&c->state, e);
}

static int delete_loaded(struct store *store, const char *id,
			 const struct container *c, bool force, struct err *e)
{
	autofree char *config = NULL;
	size_t len = 0;
	int r;

	r = end_processes(store, c, force, e);
	if (r < 0)
		return r;
	config = config_with_poststop(c->dir_fd, &len);
	if (config && !container_is_own(store, c->dir_fd)) {
		/* Root would run what somebody else wrote. */
		log_write(LOG_WARNING,
			  "delete %s: it is another user's, so its poststop "
			  "hooks are not run",
			  id);
		free(take_ptr(&config));
	}
	r = remove_cgroup(store, c, e);
	if (r == 0)
		r = store_remove(store, id, c->dir_fd, e);
	if (r == 0 && config)
		run_poststop(c, config, len);
	return r;
}

/* No record that could be understood: of a creator that died at once, or
 * damaged, or the directory is no container of ours.  Without a record there
 * is no process either; with a damaged one nobody can tell. */
static int delete_unreadable(struct store *store, const char *id, int dir_fd,
			     const struct err *why, struct err *e)
{
	int r;

	if (dir_fd < 0)
		return 0;
	if (why->code == EBADMSG)
		log_write(LOG_WARNING,
			  "delete %s: %s; if it has processes, they stay", id,
			  why->text);
	r = store_remove(store, id, dir_fd, e);
	return r == -ENOTEMPTY && why->code == ENOENT ? 0 : r;
}

static int delete_one(struct store *store, const char *id, void *data,
		      struct err *e)
{
	const struct delete_opts *o = data;
	struct container c = CONTAINER_INIT;
	int r;

	r = container_load(store, id, LOCK_WAIT_MS, &c, e);
	if (r == 0) {
		r = delete_loaded(store, id, &c, o->force, e);
	} else if (o->regex && r == -ENOENT) {
		r = 0; /* an entry that is no container of ours */
	} else if (o->force && (r == -ENOENT || r == -EBADMSG)) {
		const struct err why = *e;

		r = delete_unreadable(store, id, c.dir_fd, &why, e);
	}
	container_done(&c);
	return r;
}

static int delete_run(const struct globals *g, void *opts, int argc,
		      char **argv, struct err *e)
{
	const struct delete_opts *o = opts;
	struct store store = STORE_INIT;
	struct container_each each = {
		.store = &store,
		.args = argv,
		.n_args = argc,
		.regex = o->regex,
		.run = delete_one,
		.data = opts,
	};
	int r;

	r = container_store(g, &store, e);
	if (r == 0)
		r = container_each(&each, e);
	else if (r == -ENOENT && o->force)
		r = 0; /* without a root no container of this id */
	store_done(&store);
	return r;
}

const struct command cmd_delete = {
	.name = "delete",
	.args = "CONTAINER...",
	.help = "delete a container that has stopped or was never started",
	.options = delete_options,
	.run = delete_run,
	.opts_size = sizeof(struct delete_opts),
	.min_args = 1,
	.max_args = -1,
};
