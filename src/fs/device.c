/* device.c - the host's own device, as the source of a bind.
 *
 * Theory of operation: the bundle says what a device is called in the
 * container, which need not be its name on the host.  That one stands in
 * sysfs, by the number: /sys/dev/char/1:3/uevent has "DEVNAME=null", the name
 * that the kernel gave the node below /dev.  Both are guesses; what counts is
 * the type and the number of what was opened.
 */
#include "fs/device.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/sysmacros.h>

#include "base/file.h"
#include "base/own.h"
#include "base/str.h"
#include "plan/plan.h"
#include "sys/mountapi.h"

#define UEVENT_MAX 4096 /* sysfs gives a page at most */

mode_t device_type(const struct plan_device *d)
{
	return d->type == 'b' ? S_IFBLK : d->type == 'p' ? S_IFIFO : S_IFCHR;
}

bool device_is(const struct stat *st, const struct plan_device *d)
{
	mode_t type = device_type(d);

	return (st->st_mode & S_IFMT) == type &&
	       (type == S_IFIFO || st->st_rdev == makedev(d->major, d->minor));
}

/* No node there, or none for this caller; else something is wrong. */
static bool is_absence(int code)
{
	return code == ENOENT || code == ENOTDIR || code == EACCES ||
	       code == ELOOP || code == ENAMETOOLONG;
}

/* Cloned only when it is the right one: a directory may refuse that. */
static int clone_at(const char *path, const struct plan_device *d)
{
	autoclose int fd = open(path, O_PATH | O_CLOEXEC);
	struct stat st;

	if (fd < 0)
		return is_absence(errno) ? -ENODEV : -errno;
	if (fstat(fd, &st) < 0)
		return -errno;
	if (!device_is(&st, d))
		return -ENODEV;
	return sys_open_tree(fd, "", OPEN_TREE_CLONE);
}

static int clone_by_number(const struct plan_device *d)
{
	static const char key[] = "\nDEVNAME=";
	autofree char *text = NULL, *path = NULL;
	const char *name;
	char uevent[64];

	(void)snprintf(uevent, sizeof(uevent), "/sys/dev/%s/%u:%u/uevent",
		       d->type == 'b' ? "block" : "char", d->major, d->minor);
	if (file_read_at(AT_FDCWD, uevent, UEVENT_MAX, &text, NULL) < 0)
		return -ENODEV;
	name = strstr(text, key);
	if (!name)
		return -ENODEV;
	name += strlen(key);
	path = str_format("/dev/%.*s", (int)strcspn(name, "\n"), name);
	return clone_at(path, d);
}

int device_clone(const struct plan_device *d)
{
	int fd = clone_at(d->path, d);

	return fd == -ENODEV ? clone_by_number(d) : fd;
}
