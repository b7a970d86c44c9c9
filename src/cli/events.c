/* events.c - rootlet events: what a container uses, and what befalls it.
 *
 * Theory of operation: the kernel counts in the files of the container's cgroup
 * and says by inotify when a count of memory.events has changed.  An event is
 * told when that of killed processes has grown.  The kernel holds such a notice
 * back for up to 10 ms after another one, so the count is looked at once more
 * when the container has ended, by a file that was opened before: the cgroup
 * goes soon after.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <sys/inotify.h>
#include <time.h>

#include "base/err.h"
#include "base/file.h"
#include "base/json.h"
#include "base/own.h"
#include "base/str.h"
#include "cgroup/stats.h"
#include "cli/command.h"
#include "cli/container.h"
#include "cli/container_cgroup.h"
#include "cli/duration.h"
#include "sys/process.h"

#define INTERVAL_NS  UINT64_C(5000000000)
#define SECOND_NS    UINT64_C(1000000000)
#define OOM_FILE     "memory.events"
#define OOM_FILE_MAX 4096

struct events_opts {
	bool stats;
	const char *interval;
};

static const struct option_def events_options[] = {
	{ "interval", 0, "TIME", offsetof(struct events_opts, interval),
	  OPT_STRING, "how often to show the statistics (default: 5s)" },
	{ "stats", 0, NULL, offsetof(struct events_opts, stats), OPT_FLAG,
	  "show the statistics once" },
	{ 0 },
};

struct watch {
	const struct container *c;
	int cgroup_fd;
	int oom_fd; /* OOM_FILE; -1: nobody limits its memory */
	int inotify_fd; /* of the same */
	uint64_t oom_kills; /* as told */
	uint64_t interval; /* nanoseconds */
};
#define WATCH_INIT                                               \
	{                                                        \
		.cgroup_fd = -1, .oom_fd = -1, .inotify_fd = -1, \
		.interval = INTERVAL_NS                          \
	}

static void watch_done(struct watch *w)
{
	own_close(&w->inotify_fd);
	own_close(&w->oom_fd);
	own_close(&w->cgroup_fd);
}

static int read_interval(const char *text, uint64_t *ret, struct err *e)
{
	int r;

	if (!text)
		return 0;
	r = duration_parse(text, ret);
	if (r == 0 && *ret > 0)
		return 0;
	(void)err_set(e, EINVAL, "--interval: \"%s\" is not a length of time",
		      text);
	return err_hint(e, "write it as in \"5s\", \"500ms\" or \"1m30s\"; it "
			   "must be more than nothing");
}

/* --- what is told */

static struct json_out *event_begin(const struct watch *w, const char *type)
{
	struct json_out *out = json_out_new(false);

	json_object(out, NULL);
	json_string(out, "type", type);
	json_string(out, "id", w->c->state.id);
	return out;
}

static int tell_stats(const struct watch *w, struct err *e)
{
	auto(cgroup_stats) struct cgroup_stats stats = { 0 };
	struct json_out *out;
	int r;

	r = cgroup_stats_read(w->cgroup_fd, &stats, e);
	if (r < 0)
		return err_wrap(e, "container %s", w->c->state.id);
	out = event_begin(w, "stats");
	json_object(out, "data");
	cgroup_stats_print(&stats, out);
	json_end(out);
	json_end(out);
	return output_json(out, e);
}

static int tell_oom(const struct watch *w, struct err *e)
{
	struct json_out *out = event_begin(w, "oom");

	json_end(out);
	return output_json(out, e);
}

/* --- when it is told */

/* Processes that the kernel killed for want of memory.  -ENODEV: the cgroup is
 * gone. */
static int read_oom_kills(int oom_fd, uint64_t *ret, struct err *e)
{
	auto(cgroup_stats) struct cgroup_stats stats = { 0 };
	autofree char *text = NULL;
	int r;

	if (lseek(oom_fd, 0, SEEK_SET) < 0)
		return err_sys(e, "read " OOM_FILE);
	r = file_read_fd(oom_fd, OOM_FILE_MAX, &text, NULL);
	if (r < 0)
		return err_errno(e, r, "read " OOM_FILE);
	r = cgroup_stats_parse(&stats, OOM_FILE, text, e);
	if (r == 0)
		*ret = stats.memory.oom_kills;
	return r;
}

static int watch_memory(struct watch *w, struct err *e)
{
	char path[64];

	w->oom_fd = openat(w->cgroup_fd, OOM_FILE, O_RDONLY | O_CLOEXEC);
	if (w->oom_fd < 0 && errno == ENOENT)
		return 0;
	if (w->oom_fd < 0)
		return err_sys(e, "open " OOM_FILE " of the cgroup");
	w->inotify_fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	if (w->inotify_fd < 0) {
		(void)err_sys(e, "watch " OOM_FILE);
		return err_hint(e, "The sysctl fs.inotify.max_user_instances "
				   "says how many of these a user can have");
	}
	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d/" OOM_FILE,
		       w->cgroup_fd);
	if (inotify_add_watch(w->inotify_fd, path, IN_MODIFY) < 0)
		return err_sys(e, "watch " OOM_FILE);
	return read_oom_kills(w->oom_fd, &w->oom_kills, e);
}

static int look_for_oom(struct watch *w, struct err *e)
{
	uint64_t kills = w->oom_kills;
	char notices[4096];
	int r;

	if (w->oom_fd < 0)
		return 0;
	/* That there is one is all that they say. */
	while (read(w->inotify_fd, notices, sizeof(notices)) > 0)
		continue;
	r = read_oom_kills(w->oom_fd, &kills, e);
	if (r == -ENODEV)
		return 0;
	if (r < 0)
		return r;
	if (kills > w->oom_kills)
		r = tell_oom(w, e);
	w->oom_kills = kills;
	return r;
}

static uint64_t now_ns(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * SECOND_NS + (uint64_t)now.tv_nsec;
}

/* Until then, a notice, or the container's end.  1: it has ended. */
static int wait_until(const struct watch *w, uint64_t deadline, struct err *e)
{
	struct pollfd fds[] = {
		{ .fd = w->c->pidfd, .events = POLLIN },
		{ .fd = w->inotify_fd, .events = POLLIN },
	};
	uint64_t now = now_ns();
	uint64_t left = deadline > now ? deadline - now : 0;
	struct timespec timeout = {
		.tv_sec = (time_t)(left / SECOND_NS),
		.tv_nsec = (long)(left % SECOND_NS),
	};

	if (ppoll(fds, sizeof(fds) / sizeof(*fds), &timeout, NULL) < 0 &&
	    errno != EINTR)
		return err_sys(e, "wait for events");
	return fds[0].revents != 0;
}

/* The statistics, but of a container that ends meanwhile there are none. */
static int tell_stats_while_there(const struct watch *w, struct err *e)
{
	int r = tell_stats(w, e);

	return r == -ENODEV && sys_pidfd_alive(w->c->pidfd) != 1 ? 0 : r;
}

static int tell_all(struct watch *w, struct err *e)
{
	uint64_t next = now_ns() + w->interval;
	int r = watch_memory(w, e);

	while (r == 0) {
		int ended = wait_until(w, next, e);

		if (ended < 0)
			return ended;
		r = look_for_oom(w, e);
		if (r < 0 || ended)
			return r;
		if (now_ns() < next)
			continue;
		r = tell_stats_while_there(w, e);
		next += w->interval;
		if (next < now_ns()) /* we were kept from it */
			next = now_ns() + w->interval;
	}
	return r;
}

/* --- whose cgroup */

static int open_cgroup(const struct store *store, struct watch *w,
		       struct err *e)
{
	const struct container *c = w->c;

	if (c->status == STATUS_STOPPED || c->pidfd < 0)
		return err_set(e, ESRCH, "container not running: %s",
			       c->state.id);
	w->cgroup_fd = container_cgroup_open(store, c, e);
	return w->cgroup_fd < 0 ? w->cgroup_fd : 0;
}

static int events_run(const struct globals *g, void *opts, int argc,
		      char **argv, struct err *e)
{
	const struct events_opts *o = opts;
	struct container c = CONTAINER_INIT;
	struct store store = STORE_INIT;
	auto(watch) struct watch w = WATCH_INIT;
	int r;

	(void)argc;
	w.c = &c;
	r = read_interval(o->interval, &w.interval, e);
	if (r == 0)
		r = container_store(g, &store, e);
	if (r == 0)
		r = container_load(&store, argv[0], -1, &c, e);
	if (r == 0)
		r = open_cgroup(&store, &w, e);
	if (r == 0)
		r = o->stats ? tell_stats(&w, e) : tell_all(&w, e);
	container_done(&c);
	store_done(&store);
	return r;
}

const struct command cmd_events = {
	.name = "events",
	.args = "CONTAINER",
	.help = "show what a container uses and what befalls it, as JSON",
	.options = events_options,
	.run = events_run,
	.opts_size = sizeof(struct events_opts),
	.min_args = 1,
	.max_args = 1,
	.notes = "Each event is an object on a line of its own.  It goes on "
		 "until the container ends; with --stats there is one.",
};
