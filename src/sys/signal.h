/* signal.h - signals by name and by number; signal(7). */
#pragma once

#include <signal.h>

/* Real-time signals are counted from here by the programs of nearly every
 * container, and by engines: systemd as an init ends on SIGRTMIN+3, 37.  A libc
 * may keep more or fewer of them to itself than glibc's two. */
#define SYS_SIGRTMIN 34
#define SYS_SIGRTMAX 64

/* All but the two that every libc needs for itself.  sigfillset(3) leaves out
 * more where a libc has more. */
void sys_all_signals(sigset_t *ret);
/* As sigprocmask(2), of one thread; *ret_old (may be NULL) has all of them, too. */
int sys_sigmask(int how, const sigset_t *set, sigset_t *ret_old);

/* "SIGKILL", "SIGRTMIN+3"; answers with ret. */
const char *sys_signal_name(int sig, char ret[32]);
/* A signal by number, name with or without SIG, any case, RTMIN+N, RTMAX-N.
 * Returns the number or -EINVAL.  0 is one: it only asks who is there. */
int sys_signal_number(const char *text);
