/* process.c - making, naming, waiting for and signalling processes. */
#include "sys/process.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "base/own.h"
#include "base/str.h"

#ifndef P_PIDFD
#define P_PIDFD 3
#endif

pid_t sys_clone3(const struct clone3_args *args)
{
	struct clone_args arg = {
		.flags = args->flags | CLONE_PIDFD,
		.pidfd = (uintptr_t)args->ret_pidfd,
		.exit_signal = SIGCHLD,
	};
	long r;

	if (args->sibling) {
		arg.flags |= CLONE_PARENT;
		arg.exit_signal = 0; /* the kernel wants 0, gives ours */
	}
	if (args->cgroup_fd >= 0) {
		arg.flags |= CLONE_INTO_CGROUP;
		arg.cgroup = (uint64_t)args->cgroup_fd;
	}
	r = syscall(SYS_clone3, &arg, sizeof(arg));
	return r < 0 ? -errno : (pid_t)r;
}

/* AddressSanitizer does not know what to make of two who share it. */
#ifdef __SANITIZE_ADDRESS__
#define MAY_SHARE false
#else
#define MAY_SHARE true
#endif

/* vfork(2), as clone3(2) has it, which no libc offers.  The child goes on below the
 * frame that it was made in, and must not return into that: its parent goes on
 * using it. */
static pid_t clone3_calling(const struct clone_args *args,
			    int (*run)(void *arg), void *arg)
{
	/* In registers of their own, which the system call keeps and which
	 * nothing below writes before they are used. */
#ifdef __x86_64__
	register long r __asm__("rax") = SYS_clone3;
	register int (*call)(void *) __asm__("r8") = run;
	register void *with __asm__("r9") = arg;

	__asm__ volatile("syscall\n\t"
			 "test %%rax, %%rax\n\t"
			 "jnz 1f\n\t"
			 "xor %%ebp, %%ebp\n\t" /* the outermost frame */
			 "sub $128, %%rsp\n\t" /* not the red zone */
			 "and $-16, %%rsp\n\t"
			 "mov %[with], %%rdi\n\t"
			 "call *%[call]\n\t"
			 "mov %%eax, %%edi\n\t"
			 "mov %[exit], %%eax\n\t"
			 "syscall\n\t"
			 "ud2\n"
			 "1:"
			 : "+r"(r)
			 : "D"(args), "S"(sizeof(*args)), [call] "r"(call),
			   [with] "r"(with), [exit] "i"(SYS_exit)
			 : "rcx", "r11", "memory", "cc");
	return (pid_t)r;
#else
	register long nr __asm__("x8") = SYS_clone3;
	register uintptr_t r __asm__("x0") = (uintptr_t)args;
	register size_t size __asm__("x1") = sizeof(*args);
	register int (*call)(void *) __asm__("x9") = run;
	register void *with __asm__("x10") = arg;

	__asm__ volatile("svc #0\n\t"
			 "cbnz x0, 1f\n\t"
			 "mov x29, xzr\n\t" /* the outermost frame */
			 "mov x0, %[with]\n\t"
			 "blr %[call]\n\t"
			 "mov x8, %[exit]\n\t"
			 "svc #0\n\t"
			 "udf #0\n"
			 "1:"
			 : "+r"(r), "+r"(nr)
			 : "r"(size), [call] "r"(call), [with] "r"(with),
			   [exit] "i"(SYS_exit)
			 : "memory", "cc");
	return (pid_t)r;
#endif
}

static pid_t clone_sharing(int (*run)(void *arg), void *arg, int cgroup_fd)
{
	struct clone_args args = {
		.flags = CLONE_VM | CLONE_VFORK,
		.exit_signal = SIGCHLD,
	};

	if (cgroup_fd >= 0) {
		args.flags |= CLONE_INTO_CGROUP;
		args.cgroup = (uint64_t)cgroup_fd;
	}
	return clone3_calling(&args, run, arg);
}

static pid_t fork_apart(int (*run)(void *arg), void *arg, int cgroup_fd)
{
	int pidfd = -1;
	pid_t pid = sys_clone3(&(struct clone3_args){ .cgroup_fd = cgroup_fd,
						      .ret_pidfd = &pidfd });

	if (pid == 0)
		_exit(run(arg));
	own_close(&pidfd);
	return pid;
}

int sys_run_apart(int (*run)(void *arg), void *arg, bool shares_memory,
		  int cgroup_fd)
{
	pid_t pid = shares_memory && MAY_SHARE
			    ? clone_sharing(run, arg, cgroup_fd)
			    : fork_apart(run, arg, cgroup_fd);

	while (pid > 0 && waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		continue;
	return pid < 0 ? pid : 0;
}

#define VFORK_STACK ((size_t)64 * 1024)

pid_t sys_vfork(int (*run)(void *arg), void *arg, size_t size)
{
	char *stack = mmap(NULL, VFORK_STACK, PROT_READ | PROT_WRITE,
			   MAP_SHARED | MAP_ANONYMOUS | MAP_STACK, -1, 0);
	pid_t pid;

	if (stack == MAP_FAILED)
		return -errno;
	memcpy(stack, arg, size);
	pid = clone(run, stack + VFORK_STACK, CLONE_VM | CLONE_VFORK | SIGCHLD,
		    stack);
	if (pid < 0)
		pid = -errno;
	memcpy(arg, stack, size);
	(void)munmap(stack, VFORK_STACK);
	return pid;
}

int sys_pidfd_open(pid_t pid)
{
	long r = syscall(SYS_pidfd_open, pid, 0);

	return r < 0 ? -errno : (int)r;
}

int sys_pidfd_signal(int pidfd, int sig)
{
	long r = syscall(SYS_pidfd_send_signal, pidfd, sig, NULL, 0);

	return r < 0 ? -errno : 0;
}

int sys_pidfd_alive(int pidfd)
{
	struct pollfd p = { .fd = pidfd, .events = POLLIN };
	int r;

	do
		r = poll(&p, 1, 0);
	while (r < 0 && errno == EINTR);
	if (r < 0)
		return -errno;
	return r == 0;
}

int sys_wait_pidfd(int pidfd, int *ret_signal)
{
	siginfo_t info = { 0 };
	int r;

	do
		r = waitid((idtype_t)P_PIDFD, (id_t)pidfd, &info,
			   WEXITED | __WALL);
	while (r < 0 && errno == EINTR);
	if (r < 0)
		return -errno;
	if (ret_signal)
		*ret_signal = 0;
	if (info.si_code == CLD_EXITED)
		return info.si_status;
	if (ret_signal)
		*ret_signal = info.si_status;
	return 128 + info.si_status;
}

bool sys_child_has_exited(int pidfd)
{
	siginfo_t info = { 0 };

	return waitid((idtype_t)P_PIDFD, (id_t)pidfd, &info,
		      WEXITED | WNOHANG | WNOWAIT | __WALL) == 0 &&
	       info.si_pid != 0 && info.si_code == CLD_EXITED;
}

/* Reads /proc/PID/stat; *ret_fields is the text from field 3 on, owned. */
static int read_stat(int proc_fd, pid_t pid, char **ret_text, char **ret_fields)
{
	char name[64];
	char *p;
	int r;

	(void)snprintf(name, sizeof(name), "%s%d/stat",
		       proc_fd == AT_FDCWD ? "/proc/" : "", (int)pid);
	r = file_read_at(proc_fd, name, 4096, ret_text, NULL);
	if (r < 0)
		return r == -ENOENT ? -ESRCH : r;
	/* Field 2 is in parentheses and may hold any character. */
	p = strrchr(*ret_text, ')');
	if (!p || p[1] != ' ')
		return -EPROTO;
	*ret_fields = p + 2;
	return 0;
}

/* A number of /proc/PID/stat, by where proc_pid_stat(5) counts it; `fields` starts
 * at field 3. */
static int stat_field(const char *fields, int number, uint64_t *ret)
{
	char digits[24];
	size_t n;

	for (int at = 3; at < number; at++) {
		fields = strchr(fields, ' ');
		if (!fields)
			return -EPROTO;
		fields++;
	}
	n = strcspn(fields, " \n");
	if (n >= sizeof(digits))
		return -EPROTO;
	memcpy(digits, fields, n);
	digits[n] = '\0';
	return str_uint64(digits, ret);
}

int sys_start_time(int proc_fd, pid_t pid, uint64_t *ret, char *ret_state)
{
	autofree char *text = NULL;
	char *fields;
	int r;

	r = read_stat(proc_fd, pid, &text, &fields);
	if (r < 0)
		return r;
	if (ret_state)
		*ret_state = *fields;
	return stat_field(fields, 22, ret);
}

int sys_has_execed(pid_t pid)
{
	/* PF_FORKNOEXEC of the kernel's <linux/sched.h>. */
	const uint64_t forked_but_no_exec = 0x40;
	autofree char *text = NULL;
	char *fields;
	uint64_t flags;
	int r;

	r = read_stat(AT_FDCWD, pid, &text, &fields);
	if (r == 0)
		r = stat_field(fields, 9, &flags);
	if (r < 0)
		return r;
	return !(flags & forked_but_no_exec);
}

int sys_boot_id(char ret[37])
{
	autofree char *text = NULL;
	size_t len;
	int r;

	r = file_read_at(AT_FDCWD, "/proc/sys/kernel/random/boot_id", 256,
			 &text, &len);
	if (r < 0)
		return r;
	if (len < 36)
		return -EPROTO;
	memcpy(ret, text, 36);
	ret[36] = '\0';
	return 0;
}
