/* supervise.c - what foreground `run` does while the program runs.
 *
 * Theory of operation: all signals that can mean something to the program are
 * blocked from before the container is made and read from a signalfd, in one
 * poll() with the program's pidfd and the relay of a terminal.  There is no
 * signal handler (but for faults, see terminal.c), so nothing is interrupted
 * in the middle and every way out is an ordinary one.
 *
 * Who may signal the program: its ids may be subordinate ones, but the user
 * namespace is the caller's, and its owner has CAP_KILL in it (tried).
 *
 * The program leads a session (row_outlive), so what the caller's terminal sends
 * on ^C, ^\ and ^Z reaches only us.  It is meant for all that runs in the
 * foreground, so it goes to the program's process group; what somebody else sends
 * us is for the program.
 *
 * Not forwarded: SIGKILL and SIGSTOP, which nobody can see; SIGCHLD, SIGPIPE
 * and faults, which are about us; SIGTTIN and SIGTTOU, which stop us when we
 * want the terminal from the background; and what the caller ignores.  SIGTSTP
 * stops us, so that the shell's job control works, after the program got it;
 * that of the terminal as a SIGSTOP, as the kernel lets SIGTSTP stop nobody whose
 * session has no shell.  When a terminal is relayed the program has its own ^Z
 * and is left alone.
 */
#include "proc/supervise.h"

#include <signal.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/err.h"
#include "base/mem.h"
#include "base/own.h"
#include "proc/notify.h"
#include "proc/relay.h"
#include "proc/terminal.h"
#include "sys/process.h"
#include "sys/signal.h"

struct supervise {
	sigset_t ours; /* blocked by us */
	sigset_t callers; /* the mask before */
	struct sigaction callers_pipe;
	int signal_fd;
	int stop_fd; /* only for those that mean "stop", and only to poll */
	struct relay *relay; /* owned; NULL: none */
	struct notify *notify; /* borrowed; NULL: none */
	int ended_by; /* signal that ended the program, or 0 */
};

/* The program that is being waited for. */
struct program {
	int pidfd;
	pid_t pid;
	bool ended;
	int status;
};

static const int not_ours[] = {
	SIGKILL, SIGSTOP, SIGPIPE, SIGTTIN, SIGTTOU, SIGSEGV,
	SIGBUS,	 SIGFPE,  SIGILL,  SIGTRAP, SIGSYS,
};
/* Those that shells and nohup(1) set to be ignored. */
static const int often_ignored[] = { SIGHUP, SIGINT, SIGQUIT, SIGTERM };
static const int stops[] = { SIGHUP, SIGINT, SIGQUIT, SIGTERM };

/* Of those that are polled; before it: signals, the program, sd_notify(3). */
#define FD_RELAY 3
#define N(array) (sizeof(array) / sizeof(*(array)))

static void choose_signals(sigset_t *set)
{
	sys_all_signals(set);
	for (size_t i = 0; i < N(not_ours); i++)
		(void)sigdelset(set, not_ours[i]);
	for (size_t i = 0; i < N(often_ignored); i++) {
		struct sigaction act;

		if (sigaction(often_ignored[i], NULL, &act) == 0 &&
		    act.sa_handler == SIG_IGN)
			(void)sigdelset(set, often_ignored[i]);
	}
}

static int open_stop_fd(const struct supervise *s)
{
	sigset_t set;

	(void)sigemptyset(&set);
	for (size_t i = 0; i < N(stops); i++)
		if (sigismember(&s->ours, stops[i]) == 1)
			(void)sigaddset(&set, stops[i]);
	return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

int supervise_begin(struct supervise **ret, struct err *e)
{
	const struct sigaction ignore = { .sa_handler = SIG_IGN };
	const struct sigaction dfl = { .sa_handler = SIG_DFL };
	struct supervise *s = mem_zero(sizeof(*s));

	choose_signals(&s->ours);
	s->signal_fd = signalfd(-1, &s->ours, SFD_CLOEXEC | SFD_NONBLOCK);
	s->stop_fd = s->signal_fd < 0 ? -1 : open_stop_fd(s);
	if (s->stop_fd < 0) {
		own_close(&s->signal_fd);
		free(s);
		return err_sys(e, "open a signalfd");
	}
	(void)sys_sigmask(SIG_BLOCK, &s->ours, &s->callers);
	(void)sigaction(SIGPIPE, &ignore, &s->callers_pipe);
	/* Ignored, which an exec keeps, the kernel would reap for us and tell
	 * nobody the status. */
	(void)sigaction(SIGCHLD, &dfl, NULL);
	*ret = s;
	return 0;
}

void supervise_restore_mask(const struct supervise *s)
{
	const struct sigaction dfl = { .sa_handler = SIG_DFL };

	(void)sigaction(SIGPIPE, &dfl, NULL);
	if (s)
		(void)sys_sigmask(SIG_SETMASK, &s->callers, NULL);
}

int supervise_stop_fd(const struct supervise *s)
{
	return s->stop_fd;
}

/* Orphans of the container come to us when we are the sub-reaper. */
static void reap_others(const struct program *p)
{
	for (;;) {
		siginfo_t info = { 0 };

		/* Only a look: the program's own status is for its pidfd. */
		if (waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) < 0 ||
		    info.si_pid == 0 || info.si_pid == p->pid)
			return;
		if (waitid(P_PID, (id_t)info.si_pid, &info, WEXITED | WNOHANG) <
		    0)
			return;
	}
}

/* As an unblocked SIGTSTP would: until somebody continues us. */
static void stop_ourselves(const struct supervise *s)
{
	sigset_t tstp;

	if (s->relay)
		terminal_restore();
	(void)sigemptyset(&tstp);
	(void)sigaddset(&tstp, SIGTSTP);
	(void)raise(SIGTSTP);
	(void)sigprocmask(SIG_UNBLOCK, &tstp, NULL);
	(void)sigprocmask(SIG_BLOCK, &tstp, NULL);
	if (s->relay) {
		terminal_raw();
		relay_resize(s->relay);
	}
}

static void forward(const struct program *p, int sig)
{
	/* It may end at this moment, ignoring. */
	if (!p->ended)
		(void)sys_pidfd_signal(p->pidfd, sig);
}

/* The number of its group is the program's until that has been waited for. */
static void forward_to_group(const struct program *p, int sig)
{
	if (!p->ended && kill(-p->pid, sig) < 0)
		forward(p, sig);
}

static bool means_stop(int sig)
{
	for (size_t i = 0; i < N(stops); i++) {
		if (sig == stops[i])
			return true;
	}
	return false;
}

/* Returns true when the rest of the output is not wanted any more. */
static bool take_signal(const struct supervise *s, const struct program *p,
			const struct signalfd_siginfo *info)
{
	const int sig = (int)info->ssi_signo;
	const bool of_terminal = info->ssi_code == SI_KERNEL;

	switch (sig) {
	case SIGCHLD:
		reap_others(p);
		return false;
	case SIGWINCH:
		if (s->relay)
			relay_resize(s->relay);
		else
			forward(p, sig);
		return false;
	case SIGTSTP:
		if (!s->relay && of_terminal)
			forward_to_group(p, SIGSTOP);
		else if (!s->relay)
			forward(p, sig);
		stop_ourselves(s);
		return false;
	case SIGCONT:
		if (s->relay) {
			terminal_continue();
			relay_resize(s->relay);
		}
		forward_to_group(p, sig);
		return false;
	default:
		if (of_terminal)
			forward_to_group(p, sig);
		else
			forward(p, sig);
		return p->ended && means_stop(sig);
	}
}

static bool take_signals(const struct supervise *s, const struct program *p)
{
	struct signalfd_siginfo info;
	bool enough = false;

	while (read(s->signal_fd, &info, sizeof(info)) == (ssize_t)sizeof(info))
		enough = take_signal(s, p, &info) || enough;
	return enough;
}

static int poll_once(const struct supervise *s, const struct program *p,
		     struct pollfd *fds, struct err *e)
{
	const size_t n = s->relay ? FD_RELAY + RELAY_FDS : FD_RELAY;

	fds[0] = (struct pollfd){ .fd = s->signal_fd, .events = POLLIN };
	fds[1] = (struct pollfd){ .fd = p->ended ? -1 : p->pidfd,
				  .events = POLLIN };
	fds[2] = (struct pollfd){ .fd = s->notify ? notify_fd(s->notify) : -1,
				  .events = POLLIN };
	if (s->relay)
		relay_want(s->relay, fds + FD_RELAY);
	if (poll(fds, n, s->relay ? relay_timeout(s->relay) : -1) < 0)
		return errno == EINTR ? 0 : err_sys(e, "wait for the program");
	return 1;
}

static int watch(struct supervise *s, struct program *p, struct err *e)
{
	while (!p->ended || (s->relay && !relay_is_drained(s->relay))) {
		struct pollfd fds[FD_RELAY + RELAY_FDS] = { 0 };
		int r = poll_once(s, p, fds, e);

		if (r < 0)
			return r;
		if (r > 0 && fds[0].revents && take_signals(s, p))
			return 0;
		/* Before the end: its last words count. */
		if (r > 0 && fds[2].revents)
			(void)notify_forward(s->notify, 0);
		if (r > 0 && fds[1].revents) {
			p->status = sys_wait_pidfd(p->pidfd, &s->ended_by);
			if (p->status < 0)
				return err_errno(e, p->status,
						 "wait for the program");
			p->ended = true;
			if (s->relay)
				relay_ended(s->relay);
		}
		if (r > 0 && s->relay)
			relay_move(s->relay, fds + FD_RELAY);
	}
	return 0;
}

int supervise_wait(struct supervise *s, int pidfd, pid_t pid, int master_fd,
		   struct err *e)
{
	struct program p = { .pidfd = pidfd, .pid = pid };
	int r;

	if (master_fd >= 0)
		s->relay = relay_new(master_fd);
	r = watch(s, &p, e);
	if (s->notify)
		(void)notify_forward(s->notify, 0);
	relay_free(s->relay);
	s->relay = NULL;
	return r < 0 ? r : p.status;
}

int supervise_signal(const struct supervise *s)
{
	return s->ended_by;
}

void supervise_notify(struct supervise *s, struct notify *n)
{
	s->notify = n;
}

void supervise_free(struct supervise *s)
{
	struct signalfd_siginfo info;

	if (!s)
		return;
	relay_free(s->relay);
	/* Those that are left would end us once they are not blocked, before
	 * anybody was told why. */
	while (read(s->signal_fd, &info, sizeof(info)) > 0)
		;
	own_close(&s->signal_fd);
	own_close(&s->stop_fd);
	(void)sigaction(SIGPIPE, &s->callers_pipe, NULL);
	(void)sys_sigmask(SIG_SETMASK, &s->callers, NULL);
	free(s);
}
