/* why.c - why a user namespace was refused, from the host's own switches.
 *
 * The kernel says EPERM or ENOSPC and no more.  What a newcomer needs is the
 * name of the switch, so it is looked for only after the refusal.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/file.h"
#include "base/own.h"
#include "base/str.h"
#include "ns/ns.h"

/* -1 when there is no such switch. */
static long switch_value(const char *path)
{
	autofree char *text = NULL;

	if (file_read_at(AT_FDCWD, path, 64, &text, NULL) < 0)
		return -1;
	return strtol(text, NULL, 10);
}

/* The limits of namespaces(7), one per kind: one that is 0 is the cause. */
static const char *switched_off(void)
{
	static const char *const names[] = {
		"max_user_namespaces",	 "max_mnt_namespaces",
		"max_pid_namespaces",	 "max_net_namespaces",
		"max_ipc_namespaces",	 "max_uts_namespaces",
		"max_cgroup_namespaces", "max_time_namespaces",
	};
	char path[64];

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		(void)snprintf(path, sizeof(path), "/proc/sys/user/%s",
			       names[i]);
		if (switch_value(path) == 0)
			return names[i];
	}
	return NULL;
}

static int explain_limits(struct err *e)
{
	const char *name = switched_off();

	if (name)
		return err_hint(e,
				"user.%s is 0 here; as root: sysctl -w "
				"user.%s=15000",
				name, name);
	return err_hint(e, "A limit user.max_*_namespaces is used up, or 32 "
			   "user namespaces are nested already; end other "
			   "containers, or as root: sysctl -w "
			   "user.max_user_namespaces=15000");
}

int ns_explain(struct err *e)
{
	if (e->code == ENOSYS)
		return err_hint(e, "A sandbox refuses clone3, or the kernel "
				   "is older than 5.14; allow clone3 and user "
				   "namespaces in the sandbox's seccomp "
				   "profile");
	if (e->code == ENOSPC)
		return explain_limits(e);
	if (e->code != EPERM && e->code != EACCES)
		return -e->code;
	if (switch_value("/proc/sys/kernel/unprivileged_userns_clone") == 0)
		return err_hint(e, "The kernel forbids them to normal users; "
				   "as root: sysctl -w "
				   "kernel.unprivileged_userns_clone=1");
	if (switch_value("/proc/sys/kernel/"
			 "apparmor_restrict_unprivileged_userns") == 1)
		return err_hint(e, "AppArmor restricts them to programs with a "
				   "profile; as root: install an AppArmor "
				   "profile with 'userns,' for rootlet, or "
				   "sysctl -w kernel.apparmor_restrict_"
				   "unprivileged_userns=0");
	return err_hint(e, "A security module, a sandbox's seccomp filter or "
			   "a chroot forbids user namespaces to this process; "
			   "run rootlet outside of it, or allow them there");
}
