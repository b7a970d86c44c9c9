/* pause.c - rootlet pause and rootlet resume: a container stands still.
 *
 * That it is paused is what the kernel says of its cgroup (container.c).  In the
 * record of one that waits for `start` is noted that the kernel is to be asked,
 * for `list`, which would not.
 */
#include <errno.h>

#include "base/err.h"
#include "base/own.h"
#include "cli/command.h"
#include "cli/container.h"
#include "cli/container_cgroup.h"

/* A process in the middle of a system call that can't be interrupted stands
 * still when that is done. */
#define FREEZE_MS 10000
#define THAW_MS	  2000

/* Of the caller's own, that nobody is starting or removing just now.  Where it
 * can't be written, `list` says "created". */
static void note(struct store *store, const struct container *c, bool paused)
{
	auto(state) struct state s = { 0 };
	struct err ignored;

	if (!container_is_own(store, c->dir_fd) ||
	    store_lock(store, c->state.id, c->dir_fd, 0, &ignored) < 0)
		return;
	if (state_read(c->dir_fd, c->state.id, &s, &ignored) == 0 &&
	    s.status == STATUS_CREATED && s.was_paused != paused) {
		s.was_paused = paused;
		(void)state_write(c->dir_fd, &s, &ignored);
	}
	store_unlock(store, c->dir_fd);
}

static int freeze(struct store *store, const struct container *c, struct err *e)
{
	autoclose int fd = -1;
	struct err ignored;
	int r;

	if (c->status == STATUS_PAUSED)
		return err_set(e, EINVAL, "container %s is paused already",
			       c->state.id);
	r = container_check_up(c, e);
	if (r < 0)
		return r;
	fd = container_cgroup_open(store, c, e);
	if (fd < 0)
		return err_wrap(e, "pause");
	if (c->status == STATUS_CREATED)
		note(store, c, true);
	r = cgroup_freeze(fd, true, FREEZE_MS, e);
	if (r == -ETIMEDOUT) {
		/* Not half of it. */
		(void)cgroup_freeze(fd, false, THAW_MS, &ignored);
		(void)err_hint(e, "The kernel holds them, often for a disk or "
				  "network file system that does not answer; "
				  "try again later");
	}
	return r < 0 ? err_wrap(e, "pause container %s", c->state.id) : 0;
}

static int thaw(struct store *store, const struct container *c, struct err *e)
{
	autoclose int fd = -1;
	int r;

	r = container_check_up(c, e);
	if (r < 0)
		return r;
	fd = container_cgroup_open(store, c, e);
	if (fd < 0)
		return err_wrap(e, "resume");
	/* Also where only a part of it is frozen, which is not `paused`. */
	r = cgroup_freeze(fd, false, THAW_MS, e);
	if (r < 0)
		return err_wrap(e, "resume container %s", c->state.id);
	if (c->state.was_paused)
		note(store, c, false);
	if (c->status == STATUS_PAUSED)
		return 0;
	return err_set(e, EINVAL, "container %s is not paused", c->state.id);
}

static int pause_run(const struct globals *g, void *opts, int argc, char **argv,
		     struct err *e)
{
	(void)opts;
	(void)argc;
	return container_one(g, argv[0], freeze, e);
}

static int resume_run(const struct globals *g, void *opts, int argc,
		      char **argv, struct err *e)
{
	(void)opts;
	(void)argc;
	return container_one(g, argv[0], thaw, e);
}

const struct command cmd_pause = {
	.name = "pause",
	.args = "CONTAINER",
	.help = "freeze all processes of a container",
	.run = pause_run,
	.min_args = 1,
	.max_args = 1,
	.notes = "This takes a cgroup of the container's own.",
};

const struct command cmd_resume = {
	.name = "resume",
	.args = "CONTAINER",
	.help = "let a frozen container go on",
	.run = resume_run,
	.min_args = 1,
	.max_args = 1,
};
