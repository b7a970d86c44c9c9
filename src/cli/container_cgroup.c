/* container_cgroup.c - the cgroup of a container, for the commands on it. */
#include "cli/container_cgroup.h"

#include <errno.h>
#include <sys/stat.h>

#include "base/err.h"
#include "base/own.h"
#include "cli/container.h"
#include "stages/launch.h"

static int check_owner(const struct store *store, const struct container *c,
		       int fd, struct err *e)
{
	struct stat st;

	if (container_is_own(store, c->dir_fd))
		return 0;
	if (fstat(fd, &st) < 0)
		return err_sys(e, "look at the cgroup %s", c->state.cgroup);
	if (st.st_uid != store->uid)
		return 0;
	(void)err_set(e, EPERM,
		      "the cgroup %s that the record of container %s names is "
		      "not of the container's owner",
		      c->state.cgroup, c->state.id);
	return err_hint(e, "call rootlet as that user");
}

int container_cgroup_open(const struct store *store, const struct container *c,
			  struct err *e)
{
	autoclose int fd = -1;
	struct cgroup_ref ref;
	int r;

	if (!launch_cgroup(&c->state, &ref)) {
		(void)err_set(e, ENOTSUP,
			      "container %s has no cgroup of its own",
			      c->state.id);
		return err_hint(e, "\"rootlet plan\" of its bundle says why; "
				   "rootlet(1) tells how a user gets one");
	}
	fd = cgroup_open(&ref, e);
	if (fd < 0)
		return fd;
	r = check_owner(store, c, fd, e);
	return r < 0 ? r : take_fd(&fd);
}

/* By its name alone: as long as init lives in it, nobody else's can have that. */
bool container_cgroup_frozen(const struct state *s)
{
	return s->cgroup && cgroup_is_frozen_at(s->cgroup) == 1;
}
