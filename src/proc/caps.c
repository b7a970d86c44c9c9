/* caps.c - the five capability sets.
 *
 * Theory of operation.  The order is forced by the kernel:
 *
 * 1. The bounding set, while CAP_SETPCAP is effective: before the uid changes,
 *    because setresuid() from 0 to another uid empties the effective set even
 *    with PR_SET_KEEPCAPS, which keeps the permitted set only.
 * 2. user_become().
 * 3. Permitted, effective and inheritable by one capset(2).  It may only take
 *    away from permitted, which still is what root had.  Inheritable may be
 *    set from what is permitted *before* the call and must be in the bounding
 *    set.  Taking something out of permitted or inheritable also takes it out
 *    of ambient.
 * 4. Ambient, one prctl(2) each, only for what is permitted and inheritable.
 *
 * No surprise from the fix-ups of exec is left: for uid 0 exec makes permitted
 * out of inheritable and bounding, whatever we set here (with no_new_privs no
 * more than permitted), so "no capabilities at all" needs the bounding *and*
 * the inheritable set empty; for another uid exec leaves only the ambient set,
 * besides capabilities of the file.  SECBIT_NO_SETUID_FIXUP is not used: it
 * would be inherited by the program, where setuid() would then keep
 * capabilities that everybody expects to go.
 *
 * capset(2) is called directly: libcap would read the sets and the last known
 * capability first, which is 45 calls more.
 */
#include "proc/caps.h"

#include <errno.h>
#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/err.h"

#define BIT(cap) (UINT64_C(1) << (cap))
#define CAP_BITS 64

/* Takes it out of the bounding set; 1 when there is no such capability. */
static int drop(unsigned cap)
{
	int has;

	if (prctl(PR_CAPBSET_DROP, cap, 0, 0, 0) == 0)
		return 0;
	if (errno == EINVAL)
		return 1;
	/* Without CAP_SETPCAP it is fine when it is gone already. */
	has = prctl(PR_CAPBSET_READ, cap, 0, 0, 0);
	if (has == 0)
		return 0;
	return has > 0 ? -EPERM : 1;
}

int caps_limit_bounding(const struct plan_caps *caps, struct err *e)
{
	int r = 0;

	/* Up to the last one that this kernel has. */
	for (unsigned cap = 0; cap < CAP_BITS && r == 0; cap++) {
		if (caps->bounding & BIT(cap))
			continue;
		r = drop(cap);
		if (r < 0)
			return err_errno(e, r,
					 "take capability %u out of the "
					 "bounding set",
					 cap);
	}
	return 0;
}

static int set_three(const struct plan_caps *caps, struct err *e)
{
	struct __user_cap_header_struct head = {
		.version = _LINUX_CAPABILITY_VERSION_3,
	};
	const struct __user_cap_data_struct data[2] = {
		{ (uint32_t)caps->effective, (uint32_t)caps->permitted,
		  (uint32_t)caps->inheritable },
		{ (uint32_t)(caps->effective >> 32),
		  (uint32_t)(caps->permitted >> 32),
		  (uint32_t)(caps->inheritable >> 32) },
	};

	if (syscall(SYS_capset, &head, data) == 0)
		return 0;
	(void)err_sys(e, "set the capabilities of the program");
	if (caps->effective & ~caps->permitted)
		return err_hint(e, "process.capabilities.effective has "
				   "capabilities that are not in permitted");
	return err_hint(e,
			"process.capabilities asks for more than the runtime "
			"has in the container's user namespace");
}

int caps_apply(const struct plan_caps *caps, struct err *e)
{
	const uint64_t ambient = caps->ambient & caps->permitted &
				 caps->inheritable;
	int r = set_three(caps, e);

	if (r < 0)
		return r;
	/* The caller's own ambient set may have come along. */
	if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) < 0)
		return err_sys(e, "empty the ambient capabilities");
	for (unsigned cap = 0; cap < CAP_BITS; cap++) {
		if (!(ambient & BIT(cap)))
			continue;
		if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, cap, 0, 0) < 0)
			return err_sys(e, "make capability %u ambient", cap);
	}
	return 0;
}
