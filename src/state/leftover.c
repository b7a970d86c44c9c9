/* leftover.c - what is in the directory of an id that somebody wants. */
#include <errno.h>

#include "base/err.h"
#include "base/own.h"
#include "state/internal.h"
#include "state/state.h"
#include "state/store.h"

static int forget(struct store *s, const struct state *st, struct err *e)
{
	int r = state_of_this_boot(st, e);

	return r > 0 && s->forget ? s->forget(st, e) : r;
}

static int judge(struct store *s, int dir_fd, const struct state *st,
		 enum leftover *ret, struct err *e)
{
	autoclose int pidfd = -1;
	enum status status;
	int r;

	r = state_status(s, dir_fd, st, &status, &pidfd, e);
	if (r < 0)
		return r;
	if (status != STATUS_STOPPED) {
		*ret = LEFTOVER_ALIVE;
		return 0;
	}
	/* Half-made and locked by us, so that its creator is dead. */
	if (st->status == STATUS_CREATING || st->pid == 0) {
		*ret = LEFTOVER_REMOVABLE;
		r = pidfd >= 0 ? state_kill_init(st, pidfd, e) : 0;
		return r < 0 ? r : forget(s, st, e);
	}
	r = state_of_this_boot(st, e);
	if (r < 0)
		return r;
	*ret = r > 0 ? LEFTOVER_STOPPED : LEFTOVER_REMOVABLE;
	return 0;
}

int leftover_look(struct store *s, const char *id, int dir_fd,
		  enum leftover *ret, struct err *e)
{
	auto(state) struct state st = { 0 };
	int r;

	r = state_read(dir_fd, id, &st, e);
	if (r == 0)
		return judge(s, dir_fd, &st, ret, e);
	if (r != -ENOENT)
		return r;
	r = files_foreign(dir_fd, NULL);
	if (r < 0)
		return err_errno(e, r, "list the directory of container %s",
				 id);
	*ret = r > 0 ? LEFTOVER_FOREIGN : LEFTOVER_REMOVABLE;
	return 0;
}
