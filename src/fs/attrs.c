/* attrs.c - the attributes and the propagation of one mount of the plan.
 *
 * Theory of operation: a mount namespace that belongs to a new user namespace
 * gets its mounts with their flags locked: read-only, nosuid, nodev and noexec
 * can't be cleared where they are set, and the atime mode can't be changed at
 * all.  mount_setattr(2) then refuses the whole of what it was asked with
 * EPERM.  What protects is never part of that: setting it is always allowed,
 * and where it is refused for another reason, that is an error.  The rest is
 * tried piece by piece; what is refused stays as it was and is noted.
 */
#include "fs/attrs.h"

#include <errno.h>

#include "base/err.h"
#include "fs/fs.h"
#include "sys/mountapi.h"

#define GUARDS                                                      \
	(MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | \
	 MOUNT_ATTR_NOEXEC | MOUNT_ATTR_NOSYMFOLLOW)

static const uint64_t clearable[] = {
	MOUNT_ATTR_RDONLY, MOUNT_ATTR_NOSUID,	   MOUNT_ATTR_NODEV,
	MOUNT_ATTR_NOEXEC, MOUNT_ATTR_NOSYMFOLLOW, MOUNT_ATTR_NODIRATIME,
};

/* One call's worth. */
struct change {
	int fd;
	bool recursive;
	uint64_t set, clear;
};

static uint64_t wanted(const struct plan_mount *m)
{
	return (m->attr_set & ~m->rec_attr_clear) | m->rec_attr_set;
}

uint64_t attrs_of_new(const struct plan_mount *m)
{
	uint64_t attrs = wanted(m);

	if (m->readonly_after || m->copy_up)
		attrs &= ~(uint64_t)MOUNT_ATTR_RDONLY;
	return attrs;
}

uint64_t attrs_after_copying(const struct plan_mount *m)
{
	return m->readonly_after ? 0 : wanted(m) & MOUNT_ATTR_RDONLY;
}

static int change(const struct change *c, uint64_t set, uint64_t clear)
{
	struct sys_mount_attr attr = { .set = set, .clear = clear };

	if (set == 0 && clear == 0)
		return 0;
	return sys_mount_setattr(c->fd, "", c->recursive, &attr);
}

/* 1: something was refused and stays. */
static int change_by_pieces(const struct change *c)
{
	uint64_t atime = c->clear & MOUNT_ATTR__ATIME;
	int kept = 0;
	int r = change(c, c->set & GUARDS, 0);

	if (r < 0)
		return r;
	for (size_t i = 0; i < sizeof(clearable) / sizeof(*clearable); i++) {
		r = change(c, 0, c->clear & clearable[i]);
		if (r < 0 && r != -EPERM)
			return r;
		kept |= r < 0;
	}
	r = change(c, c->set & ~(uint64_t)GUARDS, atime);
	if (r < 0 && r != -EPERM)
		return r;
	return kept | (r < 0);
}

static int apply(const struct fs *fs, const struct plan *plan, size_t i,
		 struct change *c, struct err *e)
{
	const struct plan_mount *m = &plan->mounts[i];
	int r;

	/* The kernel wants the old mode cleared with each new one. */
	if (c->set & MOUNT_ATTR__ATIME)
		c->clear |= MOUNT_ATTR__ATIME;
	r = change(c, c->set, c->clear);
	/* nodiratime, though it is set, is a part of the locked atime mode. */
	if (r == -EPERM && (m->locked_ok || (c->set & MOUNT_ATTR_NODIRATIME))) {
		r = change_by_pieces(c);
		if (r > 0)
			return degrade_note(plan, fs->notes,
					    DEGRADE_LOCKED_FLAGS, (unsigned)i,
					    e);
	}
	if (r >= 0)
		return 0;
	(void)err_errno(e, r, "set the options of the mount at %s", m->dest);
	if (r == -EPERM)
		return err_hint(e, "the source's mount has options that are "
				   "locked; ask for the same, or for more "
				   "restricted ones");
	return r;
}

int attrs_apply(const struct fs *fs, const struct plan *plan, size_t i,
		int tree_fd, bool of_host, struct err *e)
{
	const struct plan_mount *m = &plan->mounts[i];
	struct change top = { tree_fd, false, m->attr_set, m->attr_clear };
	struct change all = { tree_fd, true, m->rec_attr_set,
			      m->rec_attr_clear };
	int r;

	if (of_host) {
		all.set = (m->attr_set | m->rec_attr_set) & GUARDS;
		all.clear = 0;
		top.set = top.clear = 0;
	}
	r = apply(fs, plan, i, &top, e);
	return r < 0 ? r : apply(fs, plan, i, &all, e);
}
