/* test_signal_number.c - signals as kill and engines write them. */
#include "test.h"

#include <errno.h>
#include <signal.h>

#include "sys/process.h"

int main(void)
{
	is_int(sys_signal_number("9"), SIGKILL, "a number");
	is_int(sys_signal_number("KILL"), SIGKILL, "a name");
	is_int(sys_signal_number("SIGKILL"), SIGKILL, "with SIG");
	is_int(sys_signal_number("sigkill"), SIGKILL, "in small letters");
	is_int(sys_signal_number("sigTerm"), SIGTERM, "in mixed letters");
	is_int(sys_signal_number("WINCH"), SIGWINCH, "WINCH");
	is_int(sys_signal_number("SIGIOT"), SIGABRT, "IOT is ABRT");
	is_int(sys_signal_number("cld"), SIGCHLD, "CLD is CHLD");
	is_int(sys_signal_number("POLL"), SIGIO, "POLL is IO");
	is_int(sys_signal_number("RTMIN"), SIGRTMIN, "RTMIN");
	is_int(sys_signal_number("SIGRTMIN+1"), SIGRTMIN + 1, "RTMIN+1");
	is_int(sys_signal_number("rtmin+3"), SIGRTMIN + 3, "rtmin+3");
	is_int(sys_signal_number("RTMAX-2"), SIGRTMAX - 2, "RTMAX-2");
	is_int(sys_signal_number("64"), 64, "the last number");

	is_int(sys_signal_number("0"), -EINVAL, "0 is no signal");
	is_int(sys_signal_number("65"), -EINVAL, "65 is none");
	is_int(sys_signal_number("4294967305"), -EINVAL, "2^32 + 9 is not 9");
	is_int(sys_signal_number("-9"), -EINVAL, "-9 is none");
	is_int(sys_signal_number(""), -EINVAL, "nothing is none");
	is_int(sys_signal_number("SIG"), -EINVAL, "SIG is none");
	is_int(sys_signal_number("SIGSIGKILL"), -EINVAL, "SIG twice");
	is_int(sys_signal_number("RTMIN+99"), -EINVAL, "beyond RTMAX");
	is_int(sys_signal_number("RTMIN-1"), -EINVAL, "below RTMIN");
	is_int(sys_signal_number("RTMAX+1"), -EINVAL, "above RTMAX");
	is_int(sys_signal_number("KILL "), -EINVAL, "with a blank");
	return done();
}
