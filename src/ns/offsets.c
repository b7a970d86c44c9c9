/* offsets.c - the clocks of a new time namespace.
 *
 * Theory of operation: unshare(CLONE_NEWTIME) leaves the maker where it was and
 * puts its children into the new namespace; the offsets can be written in
 * between and are frozen from the first child on.  The kernel asks for
 * CAP_SYS_TIME in the owner of the time namespace, and asks it of whoever
 * opened the file.  So it is opened first of all, by the caller with its own
 * ids: the owner of a user namespace has every capability in it, whereas a
 * process that has joined one need not be dumpable, and then its files in
 * /proc belong to somebody else.
 *
 * Nothing else is to be done for those who join later, `exec` above all: setns
 * of CLONE_NEWTIME by a process of a single thread moves that process itself,
 * and its children.
 *
 * Source: time_namespaces(7).
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include "base/err.h"
#include "ns/ns.h"

#define OFFSETS "/proc/self/timens_offsets"

int ns_open_offsets(const struct plan *plan, int *ret_fd, struct err *e)
{
	*ret_fd = -1;
	if (!plan->time_offsets)
		return 0;
	*ret_fd = open(OFFSETS, O_WRONLY | O_CLOEXEC);
	if (*ret_fd >= 0)
		return 0;
	(void)err_sys(e, "open " OFFSETS);
	if (e->code == ENOENT)
		return err_hint(e,
				"The kernel is built without time "
				"namespaces (CONFIG_TIME_NS): remove \"time\" "
				"from linux.namespaces");
	return -e->code;
}

static int write_one(int fd, const char *clock,
		     const struct spec_time_offset *o, struct err *e)
{
	char line[64];
	int len;

	if (!o)
		return 0;
	len = snprintf(line, sizeof(line), "%s %" PRId64 " %" PRIu32 "\n",
		       clock, o->secs, o->nanosecs);
	if (write(fd, line, (size_t)len) >= 0)
		return 0;
	(void)err_sys(e,
		      "linux.timeOffsets.%s: move the clock by %" PRId64
		      " seconds and %" PRIu32 " nanoseconds",
		      clock, o->secs, o->nanosecs);
	if (e->code == ERANGE)
		return err_hint(e, "the clock would be before its beginning "
				   "(see /proc/uptime), or 146 years after");
	if (e->code == EPERM)
		return err_hint(e, "without a user namespace this takes "
				   "CAP_SYS_TIME; try --userns=auto");
	return -e->code;
}

int ns_write_offsets(const struct plan *plan, int fd, struct err *e)
{
	const struct spec_time_offsets *o = plan->time_offsets;
	int r;

	if (!o)
		return 0;
	r = write_one(fd, "monotonic", o->monotonic, e);
	return r < 0 ? r : write_one(fd, "boottime", o->boottime, e);
}
