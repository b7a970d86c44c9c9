/* sysctl.c - write the sysctls of the plan through a procfs that is ours.
 *
 * What a file below /proc/sys/net acts on is the network namespace of whoever
 * looks it up; kernel/ and fs/mqueue go by the opener as well.  No symlink, no
 * magic link and no mount is crossed on the way.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "base/file.h"
#include "base/own.h"
#include "fs/fs.h"
#include "sys/beneath.h"

static int explain(const struct plan_sysctl *s, int code, struct err *e)
{
	(void)err_errno(e, code, "set the sysctl %s to %s", s->name, s->value);
	switch (-code) {
	case ENOENT:
		return err_hint(e, "this kernel does not have it, or not in "
				   "a container's namespaces");
	case EINVAL:
	case ERANGE:
		return err_hint(e, "the kernel does not take this value");
	case EACCES:
	case EPERM:
	case EROFS:
		return err_hint(e, "it belongs to the host, or to a namespace "
				   "that the container's root does not own; "
				   "take it out of linux.sysctl");
	default:
		return code;
	}
}

static int write_one(const struct fs *fs, const struct plan_sysctl *s,
		     struct err *e)
{
	autoclose int fd = -1;
	char path[PATH_MAX];
	int n = snprintf(path, sizeof(path), "sys/%s", s->path);
	int r;

	if (n < 0 || (size_t)n >= sizeof(path))
		return explain(s, -ENAMETOOLONG, e);
	fd = beneath_open_how(fs->proc_fd, path, O_WRONLY,
			      RESOLVE_NO_XDEV | RESOLVE_NO_SYMLINKS);
	if (fd < 0)
		return explain(s, fd, e);
	r = file_write_all(fd, s->value, strlen(s->value));
	return r < 0 ? explain(s, r, e) : 0;
}

int fs_write_sysctls(struct fs *fs, const struct plan *plan, struct err *e)
{
	int r = 0;

	for (size_t i = 0; r >= 0 && i < plan->n_sysctls; i++)
		r = write_one(fs, &plan->sysctls[i], e);
	return r;
}
