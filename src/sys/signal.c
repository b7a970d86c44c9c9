/* signal.c - signals by name and by number. */
#include "sys/signal.h"

#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/str.h"

static const char *const abbreviations[] = {
	[SIGHUP] = "HUP",	[SIGINT] = "INT",	[SIGQUIT] = "QUIT",
	[SIGILL] = "ILL",	[SIGTRAP] = "TRAP",	[SIGABRT] = "ABRT",
	[SIGBUS] = "BUS",	[SIGFPE] = "FPE",	[SIGKILL] = "KILL",
	[SIGUSR1] = "USR1",	[SIGSEGV] = "SEGV",	[SIGUSR2] = "USR2",
	[SIGPIPE] = "PIPE",	[SIGALRM] = "ALRM",	[SIGTERM] = "TERM",
	[SIGSTKFLT] = "STKFLT", [SIGCHLD] = "CHLD",	[SIGCONT] = "CONT",
	[SIGSTOP] = "STOP",	[SIGTSTP] = "TSTP",	[SIGTTIN] = "TTIN",
	[SIGTTOU] = "TTOU",	[SIGURG] = "URG",	[SIGXCPU] = "XCPU",
	[SIGXFSZ] = "XFSZ",	[SIGVTALRM] = "VTALRM", [SIGPROF] = "PROF",
	[SIGWINCH] = "WINCH",	[SIGPOLL] = "POLL",	[SIGPWR] = "PWR",
	[SIGSYS] = "SYS",
};
#define N_NAMED ((int)(sizeof(abbreviations) / sizeof(*abbreviations)))

static const char *abbreviation(int sig)
{
	return sig > 0 && sig < N_NAMED ? abbreviations[sig] : NULL;
}

void sys_all_signals(sigset_t *ret)
{
	/* The kernel's own form, with which every sigset_t begins: bit N - 1
	 * stands for signal N. */
	const uint64_t all = ~((UINT64_C(1) << 31) | (UINT64_C(1) << 32));

	_Static_assert(sizeof(*ret) >= sizeof(all), "64 signals");
	(void)sigemptyset(ret);
	memcpy(ret, &all, sizeof(all));
}

int sys_sigmask(int how, const sigset_t *set, sigset_t *ret_old)
{
	if (ret_old)
		(void)sigemptyset(ret_old);
	return syscall(SYS_rt_sigprocmask, how, set, ret_old,
		       sizeof(uint64_t)) < 0
		       ? -errno
		       : 0;
}

const char *sys_signal_name(int sig, char ret[32])
{
	const char *name = abbreviation(sig);

	if (name)
		(void)snprintf(ret, 32, "SIG%s", name);
	else
		(void)snprintf(ret, 32, "SIGRTMIN+%d", sig - SYS_SIGRTMIN);
	return ret;
}

static int real_time_signal(const char *text)
{
	const char *rest;
	uint32_t n;

	rest = strncasecmp(text, "RTMIN", 5) == 0 ? text + 5 : NULL;
	if (rest && *rest == '\0')
		return SYS_SIGRTMIN;
	if (rest && *rest == '+' && str_uint32(rest + 1, &n) == 0 &&
	    n <= (uint32_t)(SYS_SIGRTMAX - SYS_SIGRTMIN))
		return SYS_SIGRTMIN + (int)n;
	rest = strncasecmp(text, "RTMAX", 5) == 0 ? text + 5 : NULL;
	if (rest && *rest == '\0')
		return SYS_SIGRTMAX;
	if (rest && *rest == '-' && str_uint32(rest + 1, &n) == 0 &&
	    n <= (uint32_t)(SYS_SIGRTMAX - SYS_SIGRTMIN))
		return SYS_SIGRTMAX - (int)n;
	return -EINVAL;
}

int sys_signal_number(const char *text)
{
	uint32_t n;
	int sig;

	if (str_uint32(text, &n) == 0)
		return n <= (uint32_t)SYS_SIGRTMAX ? (int)n : -EINVAL;
	if (strncasecmp(text, "SIG", 3) == 0)
		text += 3;
	for (sig = 1; sig < N_NAMED; sig++) {
		const char *name = abbreviation(sig);

		if (name && strcasecmp(name, text) == 0)
			return sig;
	}
	/* Other names of the same signals. */
	if (strcasecmp(text, "IOT") == 0)
		return SIGABRT;
	if (strcasecmp(text, "IO") == 0)
		return SIGPOLL;
	if (strcasecmp(text, "CLD") == 0)
		return SIGCHLD;
	return real_time_signal(text);
}
