/* test_supervise.c - unit tests of proc/supervise.c and proc/relay.c: a child
 * plays the runtime, its child the program. */
#include "test.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include "base/err.h"
#include "base/own.h"
#include "base/str.h"
#include "proc/supervise.h"
#include "sys/process.h"

static int open_pty(int *ret_slave)
{
	const int master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
	char name[64];

	if (master < 0 || grantpt(master) < 0 || unlockpt(master) < 0 ||
	    ptsname_r(master, name, sizeof(name)) != 0)
		abort();
	*ret_slave = open(name, O_RDWR | O_NOCTTY | O_CLOEXEC);
	return master;
}

/* The runtime: `script` as the program, with a terminal or without.  Returns
 * what supervise_wait() does. */
static int runtime(const char *script, bool terminal)
{
	struct supervise *s = NULL;
	struct err e = { 0 };
	int master = -1;
	int slave = -1;
	int pidfd;
	int status;
	pid_t pid;

	if (supervise_begin(&s, &e) < 0)
		return 250;
	if (terminal)
		master = open_pty(&slave);
	pid = fork();
	if (pid == 0) {
		if (terminal) {
			(void)setsid();
			(void)ioctl(slave, TIOCSCTTY, 0);
			(void)dup2(slave, 0);
			(void)dup2(slave, 1);
			(void)dup2(slave, 2);
		}
		supervise_restore_mask(s);
		(void)execl("/bin/sh", "sh", "-c", script, (char *)NULL);
		_exit(251);
	}
	own_close(&slave);
	pidfd = sys_pidfd_open(pid);
	status = supervise_wait(s, pidfd, pid, master, &e);
	supervise_free(s);
	return status < 0 ? 252 : status;
}

struct play {
	pid_t pid;
	int to_fd, from_fd; /* its stdin and stdout; -1: closed */
};

static struct play begin(const char *script, bool terminal)
{
	struct play p;
	int in[2];
	int out[2];

	if (pipe2(in, O_CLOEXEC) < 0 || pipe2(out, O_CLOEXEC) < 0)
		abort();
	p.pid = fork();
	if (p.pid == 0) {
		(void)dup2(in[0], 0);
		(void)dup2(out[1], 1);
		(void)close(in[1]);
		(void)close(out[0]);
		_exit(runtime(script, terminal));
	}
	(void)close(in[0]);
	(void)close(out[1]);
	p.to_fd = in[1];
	p.from_fd = out[0];
	return p;
}

/* Reads until a text has come, or the end; the text so far. */
static void read_until(int fd, struct strbuf *b, const char *text)
{
	char data[4096];
	ssize_t n;

	strbuf_puts(b, "");
	while (!text || !strstr(b->text, text)) {
		struct pollfd p = { .fd = fd, .events = POLLIN };

		if (poll(&p, 1, 20000) <= 0)
			return;
		n = read(fd, data, sizeof(data));
		if (n <= 0)
			return;
		strbuf_add(b, data, (size_t)n);
	}
}

static int finish(struct play *p)
{
	int status = 0;

	own_close(&p->to_fd);
	own_close(&p->from_fd);
	(void)waitpid(p->pid, &status, 0);
	return WIFSIGNALED(status) ? 300 + WTERMSIG(status)
				   : WEXITSTATUS(status);
}

static void statuses(void)
{
	struct play p = begin("exit 7", false);

	is_int(finish(&p), 7, "the exit status");
	p = begin("kill -KILL $$", false);
	is_int(finish(&p), 137, "128 + the signal");
	p = begin("exit 3", true);
	is_int(finish(&p), 3, "with a terminal too");
	p = begin("(sleep 0.05; exit 9) & exit 4", false);
	is_int(finish(&p), 4, "another child is not it");
}

static void forwarding(void)
{
	static const int signals[] = { SIGINT,	SIGTERM, SIGHUP,
				       SIGUSR1, SIGQUIT, SIGWINCH };
	struct strbuf b = { 0 };
	struct play p;
	int status = 0;
	int good = 0;

	for (size_t i = 0; i < sizeof(signals) / sizeof(*signals); i++) {
		autofree char *script = str_format(
			"trap 'exit 40' %d; echo ready; "
			"while :; do sleep 0.05; done",
			signals[i]);
		strbuf_done(&b);
		p = begin(script, false);
		read_until(p.from_fd, &b, "ready");
		(void)kill(p.pid, signals[i]);
		good += finish(&p) == 40;
	}
	is_int(good, 6, "signals are forwarded");
	strbuf_done(&b);
	p = begin("trap '' TTOU; grep SigBlk /proc/self/status", false);
	read_until(p.from_fd, &b, NULL);
	ok(strstr(b.text, "0000000000000000"), "the program has no mask");
	(void)finish(&p);
	strbuf_done(&b);
	p = begin("echo ready; sleep 0.3; exit 6", false);
	read_until(p.from_fd, &b, "ready");
	(void)kill(p.pid, SIGPIPE);
	(void)kill(p.pid, SIGTSTP);
	while (waitpid(p.pid, &status, WUNTRACED | WNOHANG) == 0)
		(void)usleep(10000);
	if (WIFSTOPPED(status)) {
		(void)kill(p.pid, SIGCONT);
		is_int(finish(&p), 6, "SIGTSTP stops the runtime for a while");
	} else {
		/* Where no shell could continue us the kernel stops nobody. */
		is_int(WEXITSTATUS(status), 6, "SIGTSTP does no harm");
		own_close(&p.to_fd);
		own_close(&p.from_fd);
	}
	strbuf_done(&b);
}

/* Has a signal come that means "stop"? */
static int pending_stop(const struct supervise *s)
{
	struct pollfd fd = { .fd = supervise_stop_fd(s), .events = POLLIN };

	return poll(&fd, 1, 0);
}

static void pending(void)
{
	struct supervise *s = NULL;
	struct err e = { 0 };

	is_int(supervise_begin(&s, &e), 0, "begin");
	is_int(pending_stop(s), 0, "nothing pending");
	(void)raise(SIGUSR1);
	is_int(pending_stop(s), 0, "SIGUSR1 does not mean stop");
	(void)raise(SIGINT);
	is_int(pending_stop(s), 1, "SIGINT does");
	is_int(pending_stop(s), 1, "it stays");
	supervise_free(s);
	ok(true, "and is gone in the end");
	(void)signal(SIGHUP, SIG_IGN);
	is_int(supervise_begin(&s, &e), 0, "begin under nohup");
	(void)raise(SIGHUP);
	is_int(pending_stop(s), 0, "SIGHUP stays ignored");
	supervise_free(s);
	(void)signal(SIGHUP, SIG_DFL);
	supervise_free(NULL);
}

static size_t count(const char *text, char c)
{
	size_t n = 0;

	for (; *text; text++)
		n += *text == c;
	return n;
}

static void relaying(void)
{
	struct strbuf b = { 0 };
	struct play p = begin("stty -echo; echo ready; cat; echo end", true);

	read_until(p.from_fd, &b, "ready");
	(void)!write(p.to_fd, "abc\ndef", 7);
	own_close(&p.to_fd);
	read_until(p.from_fd, &b, NULL);
	ok(strstr(b.text, "abc\r\ndef"), "input is relayed");
	ok(strstr(b.text, "defend"), "its end is ^D, and the output goes on");
	is_int(finish(&p), 0, "the program's status");
	strbuf_done(&b);

	p = begin("head -c 1000000 /dev/zero | tr '\\0' x; printf last", true);
	(void)usleep(300000); /* it fills all the buffers meanwhile */
	read_until(p.from_fd, &b, NULL);
	is_int(count(b.text, 'x'), 1000000, "no byte of output is lost");
	ok(str_ends(b.text, "last"), "the last ones neither");
	is_int(finish(&p), 0, "the program's status");
	strbuf_done(&b);

	p = begin("trap '' HUP; while echo y; do :; done 2>/dev/null; exit 8",
		  true);
	read_until(p.from_fd, &b, "y");
	own_close(&p.from_fd);
	is_int(finish(&p), 8, "when nobody takes it, the terminal hangs up");
	strbuf_done(&b);

	p = begin("t=$(tty); exec </dev/null >/dev/null 2>&1; sleep 0.3; "
		  "echo again >$t; exit 2",
		  true);
	read_until(p.from_fd, &b, NULL);
	is_str(b.text, "again\r\n", "a terminal that is opened again");
	is_int(finish(&p), 2, "the program's status");
	strbuf_done(&b);

	p = begin("sleep 0.2; exit 5", true);
	(void)!write(p.to_fd, "unread\n", 7);
	read_until(p.from_fd, &b, NULL);
	is_int(finish(&p), 5, "input that nobody reads");
	strbuf_done(&b);
}

/* The caller's terminal: an outer pty with the runtime on its slave. */
static struct play begin_on_tty(const char *script, int *ret_slave)
{
	struct play p = { .from_fd = -1 };

	p.to_fd = open_pty(ret_slave);
	(void)ioctl(p.to_fd, TIOCSWINSZ, &(struct winsize){ 33, 77, 0, 0 });
	p.pid = fork();
	if (p.pid == 0) {
		(void)setsid();
		(void)ioctl(*ret_slave, TIOCSCTTY, 0);
		(void)dup2(*ret_slave, 0);
		(void)dup2(*ret_slave, 1);
		_exit(runtime(script, true));
	}
	return p;
}

static bool is_raw(int fd)
{
	struct termios modes;

	return tcgetattr(fd, &modes) == 0 && !(modes.c_lflag & (ICANON | ECHO));
}

static void on_tty(void)
{
	const struct rlimit no_core = { 0 };
	struct strbuf b = { 0 };
	int slave;
	struct play p = begin_on_tty("trap 'stty size; exit 3' WINCH; "
				     "stty size; "
				     "while :; do sleep 0.05; done",
				     &slave);

	read_until(p.to_fd, &b, "33 77");
	ok(strstr(b.text, "33 77"), "the size is the caller's");
	ok(is_raw(slave), "the caller's terminal is raw");
	(void)ioctl(p.to_fd, TIOCSWINSZ, &(struct winsize){ 44, 88, 0, 0 });
	(void)kill(p.pid, SIGWINCH);
	read_until(p.to_fd, &b, "44 88");
	ok(strstr(b.text, "44 88"), "a change is passed on");
	is_int(finish(&p), 3, "the status");
	ok(!is_raw(slave), "the terminal is as it was");
	(void)close(slave);
	strbuf_done(&b);

	p = begin_on_tty("echo ready; sleep 100", &slave);
	read_until(p.to_fd, &b, "ready");
	(void)!write(p.to_fd, "\003", 1);
	is_int(waitpid(p.pid, NULL, 0), p.pid, "^C reaches the program");
	own_close(&p.to_fd);
	(void)close(slave);
	strbuf_done(&b);

	(void)setrlimit(RLIMIT_CORE, &no_core);
	p = begin_on_tty("echo ready; sleep 100", &slave);
	read_until(p.to_fd, &b, "ready");
	ok(is_raw(slave), "raw again");
	(void)kill(p.pid, SIGSEGV);
	(void)waitpid(p.pid, NULL, 0);
	ok(!is_raw(slave), "restored when the runtime dies of a fault");
	own_close(&p.to_fd);
	(void)close(slave);
	strbuf_done(&b);
}

int main(void)
{
	/* A shell without job control ignores these for what it starts in
	 * the background, and what is ignored is not passed on. */
	(void)signal(SIGINT, SIG_DFL);
	(void)signal(SIGQUIT, SIG_DFL);
	if (sys_pidfd_open(getpid()) == -ENOSYS) {
		/* Nor do its signals wait where a signalfd would see them. */
		skip("watching a program", "no pidfd_open (valgrind)");
		return done();
	}
	pending();
	statuses();
	forwarding();
	relaying();
	on_tty();
	return done();
}
