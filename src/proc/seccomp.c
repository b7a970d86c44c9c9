/* seccomp.c - from a profile to a filter, with a cache; installing it.
 *
 * What libseccomp does at work is in seccomp_compile.c; here and on a hit of
 * the cache it is only asked for its version.  Installing is a call of our
 * own: seccomp_load() would set no_new_privs and compile once more.
 */
#include "proc/seccomp.h"

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <seccomp.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "base/err.h"
#include "base/own.h"
#include "proc/seccomp_cache.h"
#include "proc/seccomp_compile.h"

/* Grows when seccomp_compile.c makes another program of the same profile. */
#define COMPILER_VERSION 2

#define WAIT_KILLABLE	 "SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV"
#ifndef SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV /* Linux 5.19 */
#define SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV (1UL << 5)
#endif

static const struct {
	const char *name;
	unsigned flag;
} filter_flags[] = {
	/* All threads at once: there is one, which becomes the program. */
	{ "SECCOMP_FILTER_FLAG_TSYNC", 0 },
	{ "SECCOMP_FILTER_FLAG_LOG", SECCOMP_FILTER_FLAG_LOG },
	{ "SECCOMP_FILTER_FLAG_SPEC_ALLOW", SECCOMP_FILTER_FLAG_SPEC_ALLOW },
	{ WAIT_KILLABLE, SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV },
};

/* The kernel looks at the flags before it looks for a program. */
static bool kernel_has(unsigned flag)
{
	if (flag == SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV)
		flag |= SECCOMP_FILTER_FLAG_NEW_LISTENER;
	return syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flag, NULL) == 0 ||
	       errno != EINVAL;
}

bool seccomp_flag_known(const char *name)
{
	for (size_t i = 0; i < sizeof(filter_flags) / sizeof(*filter_flags);
	     i++)
		if (str_eq(name, filter_flags[i].name))
			return kernel_has(filter_flags[i].flag);
	return false;
}

/* A flag that the kernel does not have is never left out: what it is good for
 * would be missing without a word.  Each kernel that we support has all but
 * the last. */
static int add_flag(const char *name, unsigned *flags, struct err *e)
{
	size_t i = 0;

	while (i < sizeof(filter_flags) / sizeof(*filter_flags) &&
	       !str_eq(name, filter_flags[i].name))
		i++;
	if (i == sizeof(filter_flags) / sizeof(*filter_flags))
		return err_set(e, EINVAL, "linux.seccomp.flags: %s is unknown",
			       name);
	if (filter_flags[i].flag == SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV &&
	    !(*flags & SECCOMP_FILTER_FLAG_NEW_LISTENER))
		return err_set(e, EINVAL,
			       "linux.seccomp.flags: %s takes a rule "
			       "with SCMP_ACT_NOTIFY",
			       name);
	if (!kernel_has(filter_flags[i].flag)) {
		(void)err_set(e, ENOTSUP,
			      "linux.seccomp.flags: this kernel does not have "
			      "%s",
			      name);
		return err_hint(e, "remove it, or run a newer kernel (5.19 "
				   "has them all)");
	}
	*flags |= filter_flags[i].flag;
	return 0;
}

static bool notifies(const struct spec_seccomp *profile)
{
	const struct spec_syscall *rule = profile->syscalls.v;

	for (size_t i = 0; i < profile->syscalls.n; i++)
		if (rule[i].action == SECCOMP_ACT_NOTIFY)
			return true;
	return profile->default_action == SECCOMP_ACT_NOTIFY;
}

static int flags_of(const struct spec_seccomp *profile, unsigned *ret,
		    struct err *e)
{
	unsigned flags = 0;
	int r = 0;

	/* Without the key: no forced mitigation of speculative store bypass,
	 * which kernels before 5.16 would else switch on for every filter;
	 * as runc does it. */
	if (!profile->flags.present)
		flags |= SECCOMP_FILTER_FLAG_SPEC_ALLOW;
	if (notifies(profile))
		flags |= SECCOMP_FILTER_FLAG_NEW_LISTENER;
	for (size_t i = 0; r == 0 && i < profile->flags.n; i++)
		r = add_flag(profile->flags.v[i], &flags, e);
	*ret = flags;
	return r;
}

/* All that the program is made of.  The kernel's release, because libseccomp
 * asks the kernel what it can do. */
static struct json_out *cache_key(const struct spec_seccomp *profile)
{
	struct json_out *o = json_out_new(false);
	struct utsname un = { 0 };

	(void)uname(&un);
	json_object(o, NULL);
	json_uint(o, "compiler", COMPILER_VERSION);
	json_string(o, "library", seccomp_library_version());
	json_string(o, "kernel", un.release);
	json_string(o, "machine", un.machine);
	json_tree(o, "profile", profile->json);
	json_end(o);
	return o;
}

int seccomp_prepare(const struct spec_seccomp *profile, int cache_fd,
		    struct seccomp_filter *ret, struct err *e)
{
	struct seccomp_filter f = { 0 };
	struct json_out *out = NULL;
	const char *key = NULL;
	size_t key_len = 0;
	bool hit = false;
	int r;

	r = flags_of(profile, &f.flags, e);
	if (r < 0)
		return r;
	if (cache_fd >= 0 && profile->json) {
		out = cache_key(profile);
		key = json_out_text(out, &key_len);
		hit = seccomp_cache_get(cache_fd, key, key_len, &f);
	}
	if (!hit)
		r = seccomp_compile(profile, &f, e);
	if (!hit && r >= 0 && key)
		seccomp_cache_put(cache_fd, key, key_len, &f);
	if (out)
		json_out_free(out);
	if (r < 0)
		return r;
	*ret = f;
	return 0;
}

void seccomp_filter_done(struct seccomp_filter *f)
{
	if (!f)
		return;
	free(f->program);
	*f = (struct seccomp_filter){ 0 };
}

static int explain(const struct seccomp_filter *f, struct err *e)
{
	(void)err_sys(e, "install the seccomp filter of %zu instructions",
		      f->n);
	switch (e->code) {
	case EACCES:
		return err_hint(e, "set process.noNewPrivileges, or let the "
				   "container have CAP_SYS_ADMIN");
	case EBUSY:
		return err_hint(e,
				"rootlet itself runs under a filter that has a "
				"listener, and the kernel allows one: use no "
				"SCMP_ACT_NOTIFY in here");
	case EINVAL:
		return err_hint(e, "this kernel does not have seccomp filters "
				   "or a flag of linux.seccomp.flags");
	default:
		return err_hint(e, "the runtime itself may run in a sandbox "
				   "that forbids seccomp filters");
	}
}

int seccomp_install(const struct seccomp_filter *f, struct err *e)
{
	const struct sock_fprog program = {
		.len = (unsigned short)f->n,
		.filter = f->program,
	};
	long r;

	if (f->n == 0)
		return 0;
	r = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, f->flags, &program);
	if (r >= 0)
		return (int)r;
	/* An outer sandbox may know only the older call, which has no flags. */
	if (errno == ENOSYS && f->flags == 0 &&
	    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program, 0, 0) == 0)
		return 0;
	return explain(f, e);
}

static bool gives(int action, const struct opt_uint32 *number, int code)
{
	return action == SECCOMP_ACT_ERRNO &&
	       (number->set ? (int)number->value : EPERM) == code;
}

static bool names(const struct spec_syscall *rule, const char *name)
{
	for (size_t i = 0; i < rule->names.n; i++)
		if (str_eq(rule->names.v[i], name))
			return true;
	return false;
}

bool seccomp_refuses(const struct spec_seccomp *profile, const char *name,
		     int code)
{
	const struct spec_syscall *rules = profile->syscalls.v;
	bool named = false;

	for (size_t i = 0; i < profile->syscalls.n; i++) {
		if (!names(&rules[i], name))
			continue;
		if (gives(rules[i].action, &rules[i].errno_ret, code))
			return true;
		named = true;
	}
	/* ENOSYS: of a call that is newer than all that are named. */
	return !named && (gives(profile->default_action,
				&profile->default_errno_ret, code) ||
			  (code == ENOSYS &&
			   profile->default_action != SECCOMP_ACT_ALLOW));
}

const char *seccomp_library_version(void)
{
	static char text[32];
	const struct scmp_version *v = seccomp_version();

	if (v && text[0] == '\0')
		(void)snprintf(text, sizeof(text), "%u.%u.%u", v->major,
			       v->minor, v->micro);
	return text;
}
