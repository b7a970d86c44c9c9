/* test_signal.c - unit tests of the names of signals (sys/signal.c). */
#include "test.h"

#include <errno.h>
#include <signal.h>

#include "sys/signal.h"

static void names(void)
{
	char name[32];

	is_str(sys_signal_name(SIGKILL, name), "SIGKILL", "the name of 9");
	is_str(sys_signal_name(SYS_SIGRTMIN + 3, name), "SIGRTMIN+3",
	       "of a real-time signal");
}

static void masks_are_whole(void)
{
	sigset_t all, before, now;

	sys_all_signals(&all);
	ok(sigismember(&all, SYS_SIGRTMIN) == 1 &&
		   sigismember(&all, SYS_SIGRTMAX) == 1 &&
		   sigismember(&all, SIGHUP) == 1,
	   "all signals, the first real-time one too");
	is_int(sys_sigmask(SIG_BLOCK, &all, &before), 0, "they are blocked");
	is_int(sys_sigmask(SIG_SETMASK, &before, &now), 0, "and let go");
	is_int(sigismember(&now, SYS_SIGRTMIN), 1,
	       "the mask that was there has them");
	is_int(sigismember(&before, SYS_SIGRTMIN), 0, "the one before not");
}

int main(void)
{
	names();
	is_int(sys_signal_number("9"), 9, "a number");
	is_int(sys_signal_number("0"), 0, "0, which only asks");
	is_int(sys_signal_number("64"), 64, "the last number");
	is_int(sys_signal_number("65"), -EINVAL, "beyond it");
	is_int(sys_signal_number("-9"), -EINVAL, "a sign");
	is_int(sys_signal_number("99999999999"), -EINVAL, "a huge number");
	is_int(sys_signal_number("KILL"), SIGKILL, "a name");
	is_int(sys_signal_number("SIGKILL"), SIGKILL, "with SIG");
	is_int(sys_signal_number("sigterm"), SIGTERM, "in small letters");
	is_int(sys_signal_number("Hup"), SIGHUP, "in both");
	is_int(sys_signal_number("SIGIO"), SIGIO, "another name of SIGPOLL");
	is_int(sys_signal_number("poll"), SIGPOLL, "SIGPOLL");
	is_int(sys_signal_number("RTMIN"), SYS_SIGRTMIN, "RTMIN");
	is_int(sys_signal_number("SIGRTMIN+3"), SYS_SIGRTMIN + 3, "RTMIN+3");
	is_int(sys_signal_number("rtmax-2"), SYS_SIGRTMAX - 2, "RTMAX-2");
	is_int(sys_signal_number("RTMAX+1"), -EINVAL, "beyond the last");
	is_int(sys_signal_number("RTMIN-1"), -EINVAL, "before the first");
	is_int(sys_signal_number("RTMIN+99"), -EINVAL, "far beyond");
	is_int(sys_signal_number("RTMIN+"), -EINVAL, "half a name");
	is_int(sys_signal_number("NOSUCH"), -EINVAL, "an unknown name");
	is_int(sys_signal_number("SIG"), -EINVAL, "SIG alone");
	is_int(sys_signal_number(""), -EINVAL, "nothing");
	masks_are_whole();
	return done();
}
