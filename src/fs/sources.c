/* sources.c - what only the caller may see, opened before its ids change.
 *
 * Theory of operation: a detached copy of a tree (open_tree(2)) can be placed
 * later by anybody with rights over the mount namespace, so this is the one
 * moment when a 0700 parent does not matter.  It has to be in the new mount
 * namespace already: a normal user may not clone in the old one, and an fd
 * taken there can't be cloned here (EINVAL).
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "base/err.h"
#include "base/mem.h"
#include "base/own.h"
#include "base/str.h"
#include "fs/device.h"
#include "fs/fs.h"
#include "fs/sources.h"
#include "sys/mountapi.h"

static void close_all(int *fds, size_t n)
{
	for (size_t i = 0; i < n; i++)
		own_close(&fds[i]);
	free(fds);
}

static int *no_fds(size_t n)
{
	int *fds = n ? mem_zero_n(n, sizeof(*fds)) : NULL;

	for (size_t i = 0; i < n; i++)
		fds[i] = -1;
	return fds;
}

void sources_init(struct fs *fs, const struct plan *plan)
{
	if (fs->sources || fs->device_sources)
		return;
	fs->n_sources = plan->n_mounts;
	fs->sources = no_fds(fs->n_sources);
	fs->n_device_sources = plan->n_devices;
	fs->device_sources = no_fds(fs->n_device_sources);
}

void fs_done(struct fs *fs)
{
	if (!fs)
		return;
	close_all(fs->sources, fs->n_sources);
	close_all(fs->device_sources, fs->n_device_sources);
	own_close(&fs->root_fd);
	own_close(&fs->attach_fd);
	own_close(&fs->proc_fd);
	own_close(&fs->null_fd);
	own_close(&fs->console_fd);
	*fs = (struct fs)FS_INIT;
}

/* Nothing that we mount goes to the host; with make_slave, what the host
 * mounts still comes in.  pivot_root(2) wants a parent that is not shared. */
static int cut_propagation(const struct plan *plan, struct err *e)
{
	unsigned long kind = plan->root.make_slave ? MS_SLAVE : MS_PRIVATE;
	int r = sys_mount(NULL, "/", NULL, MS_REC | kind, NULL);

	if (r < 0)
		return err_errno(e, r,
				 "cut the propagation of mounts to the host");
	return 0;
}

static int open_dir(const char *path)
{
	return open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
}

/* HOST has opened the root filesystem, as we can't reach it.  So it goes over
 * the nearest directory above it that we can. */
static int open_attach_point(struct fs *fs, const char *path, struct err *e)
{
	autofree char *at = str_dup(path);

	fs->attach_fd = open_dir(at);
	while (fs->attach_fd < 0 && at[1] != '\0') {
		char *slash = strrchr(at, '/');

		slash[slash == at] = '\0';
		fs->attach_fd = open_dir(at);
	}
	if (fs->attach_fd < 0)
		return err_sys(e, "open a directory above %s", path);
	return 0;
}

static int open_root(struct fs *fs, const struct plan *plan, struct err *e)
{
	const char *path = plan->root.path;

	if (fs->root_fd >= 0)
		return open_attach_point(fs, path, e);
	fs->attach_fd = open_dir(path);
	if (fs->attach_fd < 0) {
		(void)err_sys(e, "open the root filesystem %s", path);
		return err_hint(e,
				"root.path in config.json must be a directory "
				"that you can enter");
	}
	fs->root_fd = sys_open_tree(fs->attach_fd, "",
				    OPEN_TREE_CLONE | SYS_AT_RECURSIVE);
	if (fs->root_fd < 0)
		return err_errno(e, fs->root_fd, "clone the root filesystem %s",
				 path);
	return 0;
}

bool sources_is_bind(const struct plan_mount *m)
{
	for (int i = 0; i < MOUNT_RUNGS && m->ladder[i] != MOUNT_END; i++)
		if (m->ladder[i] == MOUNT_BIND)
			return true;
	return false;
}

/* EINVAL of a plain bind: mounts that the host put below the source are locked
 * to it, so that nobody sees what they cover.  The whole tree then. */
static int clone_source(const struct plan_mount *m, bool *ret_whole)
{
	unsigned whole = m->recursive ? SYS_AT_RECURSIVE : 0;
	int fd = sys_open_tree(AT_FDCWD, m->source, OPEN_TREE_CLONE | whole);

	*ret_whole = fd == -EINVAL && !whole;
	if (*ret_whole)
		fd = sys_open_tree(AT_FDCWD, m->source,
				   OPEN_TREE_CLONE | SYS_AT_RECURSIVE);
	return fd;
}

static int explain_source(const struct plan_mount *m, int code, struct err *e)
{
	(void)err_errno(e, code, "open %s, the source of the mount at %s",
			m->source, m->dest);
	if (code == -ENOENT)
		return err_hint(e,
				"make %s, or take the mount out of config.json",
				m->source);
	if (code == -EACCES)
		return err_hint(e, "you need the right to reach %s yourself",
				m->source);
	if (code == -EINVAL)
		return err_hint(e,
				"a mount that is unbindable, or that lies "
				"in another mount namespace, can't be bound");
	return code;
}

static int open_source(struct fs *fs, const struct plan *plan, size_t i,
		       struct err *e)
{
	const struct plan_mount *m = &plan->mounts[i];
	bool whole;
	int fd = clone_source(m, &whole);

	if (fd == -ENOENT && m->source_optional)
		return 0;
	if (fd < 0)
		return explain_source(m, fd, e);
	fs->sources[i] = fd;
	return whole ? degrade_note(plan, fs->notes, DEGRADE_BIND_RECURSIVE,
				    (unsigned)i, e)
		     : 0;
}

/* Only where mknod will not be tried: else the host's device is rarely
 * needed, and can still be had before pivot. */
static int open_device(struct fs *fs, const struct plan *plan, size_t i,
		       struct err *e)
{
	const struct plan_device *d = &plan->devices[i];
	int fd;

	if (d->try_mknod || !d->try_bind)
		return 0;
	fd = device_clone(d);
	if (fd >= 0) {
		fs->device_sources[i] = fd;
		return 0;
	}
	if (fd == -ENODEV)
		return degrade_note(plan, fs->notes, DEGRADE_DEVICE_MISSING,
				    (unsigned)i, e);
	return err_errno(e, fd, "open the host's device %s", d->path);
}

int fs_open_sources(struct fs *fs, const struct plan *plan, struct err *e)
{
	int r = cut_propagation(plan, e);

	sources_init(fs, plan);
	if (r == 0)
		r = open_root(fs, plan, e);
	for (size_t i = 0; r >= 0 && i < plan->n_mounts; i++)
		if (fs->sources[i] < 0 && sources_is_bind(&plan->mounts[i]))
			r = open_source(fs, plan, i, e);
	for (size_t i = 0; r >= 0 && i < plan->n_devices; i++)
		r = open_device(fs, plan, i, e);
	return r < 0 ? r : 0;
}
