/* test_seccomp.c - unit tests of proc/seccomp*.c.  Each filter is installed in
 * a child, which makes system calls and tells by its exit status. */
#include "test.h"

#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/err.h"
#include "base/own.h"
#include "proc/seccomp.h"
#include "proc/seccomp_cache.h"
#include "spec/spec.h"

#define SPEC(profile)                                          \
	"{\"ociVersion\":\"1.0.0\",\"root\":{\"path\":\"r\"}," \
	"\"linux\":{\"seccomp\":" profile "}}"
#define ALLOW "\"defaultAction\":\"SCMP_ACT_ALLOW\""

static int prepare(const char *text, int cache_fd, struct seccomp_filter *f,
		   struct err *e)
{
	auto(spec) struct spec spec = { 0 };
	int r;

	*e = (struct err){ 0 };
	r = spec_parse(text, strlen(text), &spec, e);
	if (r < 0)
		return r;
	return seccomp_prepare(spec.linux_->seccomp, cache_fd, f, e);
}

/* Makes a system call; returns its errno or 0. */
typedef int made_fn(long nr, long a, long b);

static int native(long nr, long a, long b)
{
	return syscall(nr, a, b) < 0 ? errno : 0;
}

/* The errno of the call under the filter, 0, or 300 + the signal that ended
 * it. */
static int made(const char *profile, made_fn *make, long nr, const long args[2])
{
	struct seccomp_filter f = { 0 };
	const struct rlimit no_core = { 0 };
	struct err e;
	int status = 0;
	pid_t pid;

	if (prepare(profile, -1, &f, &e) < 0) {
		printf("# %s\n", e.text);
		return -1;
	}
	pid = fork();
	if (pid == 0) {
		int r;

		(void)setrlimit(RLIMIT_CORE, &no_core);
		(void)signal(SIGILL, SIG_DFL); /* a sanitizer may have it */
		(void)prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
		if (seccomp_install(&f, &e) < 0)
			_exit(255);
		r = make(nr, args[0], args[1]);
		/* Sanitizers do more than this in _exit(). */
		(void)syscall(SYS_exit_group, r);
		/* A filter that refuses even that. */
		__builtin_trap();
	}
	(void)waitpid(pid, &status, 0);
	seccomp_filter_done(&f);
	return WIFSIGNALED(status) ? 300 + WTERMSIG(status)
				   : WEXITSTATUS(status);
}

/* getpriority(which, who): a call that nothing else here makes. */
static int call(const char *profile, long which, long who)
{
	return made(profile, native, SYS_getpriority,
		    (const long[]){ which, who });
}

#define RULE(rest)                                                         \
	SPEC("{" ALLOW ",\"syscalls\":[{\"names\":[\"getpriority\"]," rest \
	     "}]}")
#define COND(index, op, value)                                              \
	"{\"index\":" #index ",\"value\":" #value ",\"op\":\"SCMP_CMP_" #op \
	"\"}"
#define NO "\"action\":\"SCMP_ACT_ERRNO\",\"errnoRet\":99"

static void actions(void)
{
	is_int(call(SPEC("{" ALLOW "}"), 0, 0), 0, "allowed");
	is_int(call(RULE("\"action\":\"SCMP_ACT_ERRNO\""), 0, 0), EPERM,
	       "the default errno");
	is_int(call(RULE(NO), 0, 0), 99, "its own errno");
	is_int(call(RULE("\"action\":\"SCMP_ACT_ERRNO\",\"errnoRet\":0"), 0, 0),
	       0, "errno 0 is success without the call");
	is_int(call(RULE("\"action\":\"SCMP_ACT_KILL\""), 0, 0), 300 + SIGSYS,
	       "kill");
	is_int(call(RULE("\"action\":\"SCMP_ACT_KILL_PROCESS\""), 0, 0),
	       300 + SIGSYS, "kill the process");
	is_int(call(RULE("\"action\":\"SCMP_ACT_TRAP\""), 0, 0), 300 + SIGSYS,
	       "trap");
	is_int(call(RULE("\"action\":\"SCMP_ACT_LOG\""), 0, 0), 0, "log");
	is_int(call(RULE("\"action\":\"SCMP_ACT_TRACE\""), 0, 0), ENOSYS,
	       "trace without a tracer");
	is_int(call(SPEC("{\"defaultAction\":\"SCMP_ACT_ERRNO\","
			 "\"defaultErrnoRet\":38,\"syscalls\":[{\"names\":["
			 "\"exit_group\",\"no_such_call\"],"
			 "\"action\":\"SCMP_ACT_ALLOW\"}]}"),
		    0, 0),
	       38, "defaultErrnoRet; an unknown name is left out");
}

static void conditions(void)
{
	const char *const two = RULE(
		NO ",\"args\":[" COND(0, EQ, 1) "," COND(1, GT, 5) "]");
	const char *const same = RULE(
		NO ",\"args\":[" COND(0, EQ, 1) "," COND(0, EQ, 2) "]");
	const char *const masked = RULE(
		NO ",\"args\":[{\"index\":0,\"value\":12,\"valueTwo\":4,"
		   "\"op\":\"SCMP_CMP_MASKED_EQ\"}]");
	const char *const wide = RULE(
		NO ",\"args\":[" COND(0, GE, 18446744073709551615) "]");

	is_int(call(RULE(NO ",\"args\":[" COND(0, EQ, 1) "]"), 1, 0), 99, "EQ");
	is_int(call(RULE(NO ",\"args\":[" COND(0, EQ, 1) "]"), 0, 0), 0,
	       "not EQ");
	is_int(call(RULE(NO ",\"args\":[" COND(0, NE, 1) "]"), 0, 0), 99, "NE");
	is_int(call(RULE(NO ",\"args\":[" COND(0, LT, 1) "]"), 0, 0), 99, "LT");
	is_int(call(RULE(NO ",\"args\":[" COND(0, LE, 0) "]"), 0, 0), 99, "LE");
	is_int(call(RULE(NO ",\"args\":[" COND(0, GE, 1) "]"), 0, 0), 0,
	       "not GE");
	is_int(call(two, 1, 6), 99, "two arguments: both hold");
	is_int(call(two, 1, 0), 0, "two arguments: one alone does not");
	is_int(call(same, 2, 0), 99, "one argument twice: either");
	is_int(call(same, 1, 0), 99, "one argument twice: or the other");
	is_int(call(same, 0, 0), 0, "one argument twice: neither");
	is_int(call(masked, 7, 0), 99, "MASKED_EQ, all but the mask ignored");
	is_int(call(masked, 0, 0), 0, "not MASKED_EQ");
	is_int(call(wide, -1, 0), 99, "all 64 bits");
}

#define HIGH 0x100000000L

static void conditions_of_64_bits(void)
{
	const char *const masked = RULE(
		NO ",\"args\":[{\"index\":0,\"value\":64424509440,"
		   "\"valueTwo\":12884901888,\"op\":\"SCMP_CMP_MASKED_EQ\"}]");
	const struct {
		const char *rule, *name;
		long which;
		int want;
	} cases[] = {
		{ RULE(NO ",\"args\":[" COND(0, EQ, 4294967296) "]"),
		  "EQ, the upper half", HIGH, 99 },
		{ RULE(NO ",\"args\":[" COND(0, EQ, 4294967296) "]"),
		  "not EQ, the lower half alone", 0, 0 },
		{ RULE(NO ",\"args\":[" COND(0, NE, 0) "]"),
		  "NE, the upper half", HIGH, 99 },
		{ RULE(NO ",\"args\":[" COND(0, GT, 4294967295) "]"), "GT",
		  HIGH, 99 },
		{ RULE(NO ",\"args\":[" COND(0, GT, 4294967296) "]"), "not GT",
		  HIGH, EINVAL },
		{ RULE(NO ",\"args\":[" COND(0, GE, 4294967296) "]"), "GE",
		  HIGH, 99 },
		{ RULE(NO ",\"args\":[" COND(0, LT, 4294967297) "]"), "LT",
		  HIGH, 99 },
		{ RULE(NO ",\"args\":[" COND(0, LE, 4294967295) "]"), "not LE",
		  HIGH, EINVAL },
		{ masked, "MASKED_EQ", 3 * HIGH + 7, 99 },
		{ masked, "not MASKED_EQ", HIGH + 7, EINVAL },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		int got = call(cases[i].rule, cases[i].which, 0);

		/* Let through, the kernel sees the lower half only. */
		if (cases[i].want == EINVAL)
			is_int(got == 0 || got == EINVAL, 1, cases[i].name);
		else
			is_int(got, cases[i].want, cases[i].name);
	}
}

/* What a profile allows that has heard of calls up to setns. */
#define UP_TO_SETNS(action, archs)                                          \
	SPEC("{\"defaultAction\":\"" action "\"," archs                     \
	     "\"syscalls\":[{\"names\":[\"exit_group\",\"setns\",\"exit\"," \
	     "\"no_such_call\"],\"action\":\"SCMP_ACT_ALLOW\"}]}")
#define REFUSING UP_TO_SETNS("SCMP_ACT_ERRNO", "")
#define NEVER	 9999 /* no kernel has so many */

static void newer_calls(void)
{
	static const long args[2] = { -1, 0 };

	is_int(made(REFUSING, native, SYS_getpriority, args), EPERM,
	       "left out: the default");
	is_int(made(REFUSING, native, SYS_setns, args), EBADF,
	       "the newest that the profile names is allowed");
	is_int(made(REFUSING, native, SYS_setns + 1, args), ENOSYS,
	       "the one after it: ENOSYS");
	is_int(made(REFUSING, native, NEVER, args), ENOSYS, "and all others");
	is_int(made(REFUSING, native, -1, args), EPERM,
	       "no number at all is not newer");
	is_int(made(UP_TO_SETNS("SCMP_ACT_KILL_PROCESS", ""), native,
		    SYS_setns + 1, args),
	       ENOSYS, "where the default is to kill, too");
	is_int(made(UP_TO_SETNS("SCMP_ACT_TRAP", ""), native, SYS_setns + 1,
		    args),
	       ENOSYS, "and where it is a trap");
	is_int(made(UP_TO_SETNS("SCMP_ACT_KILL_PROCESS", ""), native,
		    SYS_getpriority, args),
	       300 + SIGSYS, "left out: killed");
	is_int(made(UP_TO_SETNS("SCMP_ACT_LOG", ""), native, SYS_memfd_create,
		    (const long[]){ 0, 0 }),
	       EFAULT, "a default that allows is left alone");
	is_int(made(SPEC("{\"defaultAction\":\"SCMP_ACT_ERRNO\","
			 "\"defaultErrnoRet\":5,\"syscalls\":[]}"),
		    native, NEVER, args) == 0,
	       0, "a profile that names nothing");
}

#ifdef __x86_64__
/* A call of the 32-bit architecture. */
static int of_i386(long nr, long a, long b)
{
	int r;

	__asm__ volatile("int $0x80"
			 : "=a"(r)
			 : "a"((int)nr), "b"((int)a), "c"((int)b)
			 : "memory", "r8", "r9", "r10", "r11");
	return r < 0 ? -r : 0;
}

#define I386_GETPRIORITY 96
#define I386_SETNS	 346
#define X32		 0x40000000L
#define WITH_X86	 "\"architectures\":[\"SCMP_ARCH_X86\"],"
#define WITH_X32	 "\"architectures\":[\"SCMP_ARCH_X32\"],"

static void sub_architectures(void)
{
	static const long args[2] = { -1, 0 };
	const char *const x86 = UP_TO_SETNS("SCMP_ACT_ERRNO", WITH_X86);
	const char *const x32 = UP_TO_SETNS("SCMP_ACT_ERRNO", WITH_X32);

	is_int(made(REFUSING, native, X32 | SYS_getpriority, args),
	       300 + SIGSYS, "x32 is not in the filter: killed");
	is_int(made(REFUSING, native, X32 | NEVER, args), 300 + SIGSYS,
	       "and a newer one is not taken for one of ours");
	is_int(made(x32, native, X32 | SYS_getpriority, args), EPERM,
	       "x32 is in it: the default");
	is_int(made(x32, native, X32 | NEVER, args), ENOSYS, "and newer calls");
	is_int(made(x32, native, SYS_setns + 1, args), ENOSYS,
	       "the native one beside it");
	if (made(SPEC("{" ALLOW "," WITH_X86 "\"syscalls\":[]}"), of_i386,
		 I386_GETPRIORITY, (const long[]){ 0, 0 }) != 0) {
		skip("calls of i386", "this kernel has none");
		return;
	}
	is_int(made(REFUSING, of_i386, I386_GETPRIORITY, args), 300 + SIGSYS,
	       "i386 is not in the filter: killed");
	is_int(made(x86, of_i386, I386_GETPRIORITY, args), EPERM,
	       "i386 is in it: the default");
	is_int(made(x86, of_i386, I386_SETNS, args), EBADF, "allowed");
	is_int(made(x86, of_i386, I386_SETNS + 1, args), ENOSYS,
	       "newer than the profile, by its own numbers");
	is_int(made(x86, native, SYS_setns + 1, args), ENOSYS,
	       "and the native ones by theirs");
}
#else
static void sub_architectures(void)
{
	skip("calls of other architectures", "tried on x86-64 only");
}
#endif

static void fails(const char *profile, const char *text, const char *name)
{
	struct seccomp_filter f = { 0 };
	struct err e;

	ok(prepare(profile, -1, &f, &e) < 0, name);
	is_str(e.text, text, "says why");
}

static void refused(void)
{
	fails(RULE("\"action\":\"SCMP_ACT_ERRNO\",\"errnoRet\":4096"),
	      "linux.seccomp.syscalls[0]: 4096 is above 4095",
	      "an errno that the kernel would cut");
	fails(RULE("\"action\":\"SCMP_ACT_TRACE\",\"errnoRet\":65536"),
	      "linux.seccomp.syscalls[0]: 65536 is above 65535",
	      "a number for a tracer that is too large");
	fails(RULE("\"action\":\"SCMP_ACT_LOG\",\"errnoRet\":1"),
	      "linux.seccomp.syscalls[0]: only SCMP_ACT_ERRNO and "
	      "SCMP_ACT_TRACE take an errno",
	      "an errno for an action without");
	fails(SPEC("{" ALLOW ",\"flags\":["
		   "\"SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV\"]}"),
	      "linux.seccomp.flags: SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV "
	      "takes a rule with SCMP_ACT_NOTIFY",
	      "a flag for notify");
}

static const char *const every_arch[] = {
	"SCMP_ARCH_X86",      "SCMP_ARCH_X86_64",  "SCMP_ARCH_X32",
	"SCMP_ARCH_ARM",      "SCMP_ARCH_AARCH64", "SCMP_ARCH_MIPS",
	"SCMP_ARCH_MIPS64",   "SCMP_ARCH_MIPSEL",  "SCMP_ARCH_MIPS64N32",
	"SCMP_ARCH_MIPSEL64", "SCMP_ARCH_PPC",	   "SCMP_ARCH_MIPSEL64N32",
	"SCMP_ARCH_PPC64",    "SCMP_ARCH_PPC64LE", "SCMP_ARCH_S390",
	"SCMP_ARCH_S390X",    "SCMP_ARCH_PARISC",  "SCMP_ARCH_PARISC64",
	"SCMP_ARCH_RISCV64",  "SCMP_ARCH_M68K",	   "SCMP_ARCH_LOONGARCH64",
	"SCMP_ARCH_SH",	      "SCMP_ARCH_SHEB",	   NULL,
};

static void flags_and_archs(void)
{
	struct seccomp_filter f = { 0 };
	struct seccomp_filter more = { 0 };
	char text[512];
	struct err e;
	int r;

	is_int(prepare(SPEC("{" ALLOW "}"), -1, &f, &e), 0, "no flags");
	is_int(f.flags, SECCOMP_FILTER_FLAG_SPEC_ALLOW, "the default one");
	is_int(prepare(SPEC("{" ALLOW ",\"flags\":["
			    "\"SECCOMP_FILTER_FLAG_LOG\","
			    "\"SECCOMP_FILTER_FLAG_TSYNC\"],"
			    "\"architectures\":[\"SCMP_ARCH_X86\","
			    "\"SCMP_ARCH_S390X\",\"SCMP_ARCH_X86\","
			    "\"SCMP_ARCH_AARCH64\"]}"),
		       -1, &more, &e),
	       0, "flags and architectures");
	is_int(more.flags, SECCOMP_FILTER_FLAG_LOG, "those and no other");
	ok(more.n > f.n, "the architectures are in");
	seccomp_filter_done(&f);
	seccomp_filter_done(&more);
	for (const char *const *v = every_arch; *v; v++) {
		(void)snprintf(text, sizeof(text),
			       SPEC("{" ALLOW ",\"architectures\":[\"%s\"]}"),
			       *v);
		is_int(prepare(text, -1, &f, &e), 0, *v);
		seccomp_filter_done(&f);
	}
	for (const char *const *v = seccomp_flag_names; *v; v++) {
		(void)snprintf(text, sizeof(text),
			       SPEC("{\"defaultAction\":\"SCMP_ACT_NOTIFY\","
				    "\"flags\":[\"%s\"]}"),
			       *v);
		r = prepare(text, -1, &f, &e);
		is_int(r, seccomp_flag_known(*v) ? 0 : -ENOTSUP, *v);
		ok(r < 0 || (f.flags & SECCOMP_FILTER_FLAG_NEW_LISTENER),
		   "who notifies has a listener");
		seccomp_filter_done(&f);
	}
	ok(!seccomp_flag_known("SECCOMP_FILTER_FLAG_NEW_LISTENER"),
	   "a flag that is not a bundle's to give");
}

#define PROGRAM "0123456789abcdef"

/* How a damaged file fares: changes one byte at a time, cuts at each place. */
static void damaged(const char *data, size_t len, const char *key)
{
	struct seccomp_filter f = { 0 };
	bool taken = false;

	for (size_t i = 0; i < len; i++) {
		char *copy = mem_dup(data, len);

		copy[i] ^= 1;
		taken = taken ||
			seccomp_cache_parse(copy, len, key, strlen(key), &f);
		copy[i] ^= 1;
		copy = mem_resize(copy, i, 1);
		taken = taken ||
			seccomp_cache_parse(copy, i, key, strlen(key), &f);
		free(copy);
	}
	ok(!taken, "damaged or cut at any byte it is none");
	seccomp_filter_done(&f);
}

/* Removes all files; returns how many. */
static int clear(int fd)
{
	autodir DIR *dir = fdopendir(openat(fd, ".", O_RDONLY | O_CLOEXEC));
	const struct dirent *entry;
	int n = 0;

	while ((entry = readdir(dir)) != NULL)
		n += unlinkat(fd, entry->d_name, 0) == 0;
	return n;
}

static int only_file(int fd)
{
	autodir DIR *dir = fdopendir(openat(fd, ".", O_RDONLY | O_CLOEXEC));
	const struct dirent *entry;

	while ((entry = readdir(dir)) != NULL) {
		if (entry->d_name[0] != '.')
			return openat(fd, entry->d_name, O_RDWR | O_CLOEXEC);
	}
	return -1;
}

static void cache_file(int fd)
{
	struct seccomp_filter f = { .program = mem_dup(PROGRAM, 16), .n = 2 };
	struct seccomp_filter got = { 0 };
	const char key[] = "a key";
	char data[4096];
	autoclose int file_fd = -1;
	struct stat st;
	ssize_t n;

	seccomp_cache_put(fd, key, 5, &f);
	ok(seccomp_cache_get(fd, key, 5, &got), "what was put is there");
	ok(got.n == 2 && memcmp(got.program, PROGRAM, 16) == 0, "the same");
	seccomp_filter_done(&got);
	ok(!seccomp_cache_get(fd, key, 4, &got), "another key is not");
	(void)seccomp_cache_get(-1, key, 5, &got);
	ok(!got.program, "no cache at all");
	for (int i = 0; i < 100; i++) {
		char other[32];
		int len = snprintf(other, sizeof(other), "key %d", i);

		seccomp_cache_put(fd, other, (size_t)len, &f);
	}
	ok(!seccomp_cache_get(fd, key, 5, &got), "the oldest goes");
	ok(seccomp_cache_get(fd, "key 99", 6, &got), "the newest stays");
	seccomp_filter_done(&got);
	is_int(clear(fd), 64, "of many files 64 are kept");
	seccomp_cache_put(fd, key, 5, &f);
	seccomp_filter_done(&f);
	file_fd = only_file(fd);
	ok(fstat(file_fd, &st) == 0 && (st.st_mode & 0777) == 0600, "mode");
	n = read(file_fd, data, sizeof(data));
	if (n > 0)
		damaged(data, (size_t)n, key);
	(void)fchmod(file_fd, 0620);
	ok(!seccomp_cache_get(fd, key, 5, &got), "others may write it: no");
	(void)fchmod(file_fd, 0600);
	(void)fchmod(fd, 0770);
	ok(!seccomp_cache_get(fd, key, 5, &got), "nor in such a directory");
	(void)fchmod(fd, 0700);
	(void)ftruncate(file_fd, 0);
	ok(!seccomp_cache_get(fd, key, 5, &got), "an empty file");
	(void)ftruncate(file_fd, (off_t)1 << 40);
	ok(!seccomp_cache_get(fd, key, 5, &got), "a huge one");
}

#define ASKING SPEC("{\"defaultAction\":\"SCMP_ACT_NOTIFY\"}")
#define ASKED  RULE("\"action\":\"SCMP_ACT_NOTIFY\"")

/* In a child: a second listener is one too many, and the kernel says so. */
static int two_listeners(void)
{
	struct seccomp_filter f = { 0 };
	struct err e;

	if (prepare(ASKED, -1, &f, &e) < 0)
		return 1;
	(void)prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	if (seccomp_install(&f, &e) < 0)
		return 2;
	if (seccomp_install(&f, &e) != -EBUSY)
		return 3;
	return strstr(e.hint, "the kernel allows one") ? 0 : 4;
}

static void listeners(void)
{
	struct seccomp_filter f = { 0 };
	struct err e;
	int status = 0;
	pid_t pid = fork();

	if (pid == 0)
		(void)syscall(SYS_exit_group, two_listeners());
	(void)waitpid(pid, &status, 0);
	is_int(WIFEXITED(status) ? WEXITSTATUS(status) : 300, 0,
	       "one listener, not two");
	is_int(prepare(ASKING, -1, &f, &e), 0, "a default that asks");
	ok(f.flags & SECCOMP_FILTER_FLAG_NEW_LISTENER, "has a listener");
	seccomp_filter_done(&f);
}

static void cached(int fd)
{
	const char *const text = RULE(NO);
	struct seccomp_filter first = { 0 };
	struct seccomp_filter second = { 0 };
	struct err e;

	is_int(prepare(text, fd, &first, &e), 0, "compiled");
	is_int(prepare(text, fd, &second, &e), 0, "from the cache");
	ok(first.program && second.program && first.n == second.n &&
		   first.flags == second.flags &&
		   memcmp(first.program, second.program,
			  first.n * sizeof(struct sock_filter)) == 0,
	   "the same");
	seccomp_filter_done(&first);
	seccomp_filter_done(&second);
	seccomp_filter_done(NULL);
}

static bool refuses(const char *profile, int code)
{
	auto(spec) struct spec spec = { 0 };
	struct err e;

	if (spec_parse(profile, strlen(profile), &spec, &e) < 0) {
		printf("# %s\n", e.text);
		return false;
	}
	return seccomp_refuses(spec.linux_->seccomp, "execve", code);
}

static void whose_errno(void)
{
	static const char by_default[] = SPEC(
		"{\"defaultAction\":\"SCMP_ACT_ERRNO\"}");
	static const char allowed[] = SPEC(
		"{\"defaultAction\":\"SCMP_ACT_ERRNO\",\"syscalls\":["
		"{\"names\":[\"read\",\"execve\"],"
		"\"action\":\"SCMP_ACT_ALLOW\"}]}");
	static const char ruled[] = SPEC(
		"{" ALLOW ",\"syscalls\":[{\"names\":[\"execve\"],"
		"\"action\":\"SCMP_ACT_ERRNO\",\"errnoRet\":13},"
		"{\"names\":[\"read\"],"
		"\"action\":\"SCMP_ACT_ERRNO\",\"errnoRet\":2}]}");

	ok(refuses(by_default, EPERM), "not named: the default's errno");
	ok(refuses(by_default, ENOSYS), "not named, newer than what is");
	ok(!refuses(by_default, EACCES), "not named, another errno");
	ok(!refuses(allowed, EPERM), "allowed: not the filter");
	ok(!refuses(allowed, ENOSYS), "allowed: not newer either");
	ok(refuses(ruled, EACCES), "the errno of its rule");
	ok(!refuses(ruled, ENOENT), "the errno of another call's rule");
	ok(!refuses(ruled, EPERM), "an errno of no rule");
}

int main(void)
{
	char dir[] = "/tmp/rootlet-seccomp-XXXXXX";
	int fd;

	if (!mkdtemp(dir))
		abort();
	fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (syscall(SYS_seccomp, -1, 0, NULL) < 0 && errno == ENOSYS) {
		skip("filters in force", "no seccomp (valgrind)");
	} else {
		actions();
		conditions();
		conditions_of_64_bits();
		newer_calls();
		sub_architectures();
		listeners();
		flags_and_archs(); /* asks the kernel which flags it knows */
	}
	refused();
	whose_errno();
	cached(fd);
	cache_file(fd);
	(void)clear(fd);
	(void)close(fd);
	(void)rmdir(dir);
	return done();
}
