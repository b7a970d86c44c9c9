/* seccomp_newer.c - ENOSYS for system calls newer than the profile.
 *
 * Theory of operation: a profile lists what its author knew.  A C library tries
 * a newer call first and falls back to an older one on ENOSYS, but not on the
 * EPERM of a profile that has never heard of it: then the program fails.  So,
 * as runc does it, a call whose number is above all that the profile names gets
 * ENOSYS, where the default action would refuse it or end the program; either
 * way it is not made.  Allowing defaults are left alone, and those that leave
 * the answer to somebody else (a tracer, a listener).
 *
 * Numbers differ between architectures, so each has its own highest.  Of calls
 * that libseccomp is too old to know the profile's rules can't be part of the
 * filter; those get ENOSYS as well.
 */
#include "proc/seccomp_newer.h"

#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <seccomp.h>
#include <stdbool.h>

#include "spec/spec.h"

#define X32_BIT 0x40000000U
/* Calls of ARM's own, which are not numbered with the others. */
#define ARM_OWN 0x0f0000U

/* Calls of `arch` with numbers in first..end-1 are newer than the profile. */
struct newer {
	uint32_t arch; /* AUDIT_ARCH_* */
	uint32_t first, end;
};

static bool refuses(const struct spec_seccomp *profile)
{
	switch ((enum seccomp_action)profile->default_action) {
	case SECCOMP_ACT_KILL:
	case SECCOMP_ACT_KILL_PROCESS:
	case SECCOMP_ACT_KILL_THREAD:
	case SECCOMP_ACT_TRAP:
		return true;
	case SECCOMP_ACT_ERRNO:
		return !profile->default_errno_ret.set ||
		       profile->default_errno_ret.value != ENOSYS;
	case SECCOMP_ACT_NONE:
	case SECCOMP_ACT_TRACE:
	case SECCOMP_ACT_ALLOW:
	case SECCOMP_ACT_LOG:
	case SECCOMP_ACT_NOTIFY:
		break;
	}
	return false;
}

/* One above the highest number below `end` that the profile names; 0: none. */
static uint32_t first_newer(const struct spec_seccomp *profile, uint32_t arch,
			    uint32_t end)
{
	const struct spec_syscall *rules = profile->syscalls.v;
	uint32_t first = 0;

	for (size_t i = 0; i < profile->syscalls.n; i++) {
		for (size_t j = 0; j < rules[i].names.n; j++) {
			/* Negative: unknown, or not a call of this one. */
			const int n = seccomp_syscall_resolve_name_arch(
				arch, rules[i].names.v[j]);

			if (n >= 0 && (uint32_t)n < end && (uint32_t)n >= first)
				first = (uint32_t)n + 1;
		}
	}
	return first;
}

static struct newer of_arch(const struct spec_seccomp *profile, uint32_t arch)
{
	/* -1 is a call that a tracer has taken back; it must not be found. */
	struct newer newer = { .arch = arch, .end = UINT32_MAX };

	switch (arch) {
	case SCMP_ARCH_X86_64:
		newer.end = X32_BIT;
		break;
	case SCMP_ARCH_X32: /* to the kernel the same with a bit set */
		newer.arch = AUDIT_ARCH_X86_64;
		break;
	case SCMP_ARCH_ARM:
		newer.end = ARM_OWN;
		break;
	default:
		break;
	}
	newer.first = first_newer(profile, arch, newer.end);
	return newer;
}

/* Jumps count from the next instruction; the last one falls through to the
 * next architecture, and from there into the program. */
static size_t put(const struct newer *newer, struct sock_filter *to)
{
	const struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
			 offsetof(struct seccomp_data, arch)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, newer->arch, 0, 4),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
			 offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, newer->first, 0, 2),
		BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, newer->end, 1, 0),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS),
	};
	const size_t n = sizeof(code) / sizeof(code[0]);

	for (size_t i = 0; i < n; i++)
		to[i] = code[i];
	return n;
}

size_t seccomp_newer(const struct spec_seccomp *profile,
		     const struct seccomp_archs *archs,
		     struct sock_filter ret[SECCOMP_NEWER_MAX])
{
	size_t n = 0;

	if (!refuses(profile))
		return 0;
	for (size_t i = 0; i < archs->n; i++) {
		const struct newer newer = of_arch(profile, archs->v[i]);

		/* A profile that names none of its calls knows none. */
		if (newer.first > 0)
			n += put(&newer, ret + n);
	}
	return n;
}
