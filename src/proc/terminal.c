/* terminal.c - the caller's terminal, raw for a while.
 *
 * Theory of operation: signals that come from others are blocked and read from
 * a signalfd (supervise.c), so they end in terminal_restore() by the normal
 * way.  What is left are faults of our own and abort(): a handler restores the
 * terminal and lets the signal do what it does.  A handler needs the state in
 * a static variable; the terminal is one, too.
 */
#include "proc/terminal.h"

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <termios.h>
#include <unistd.h>

static struct termios saved, ours;
static volatile sig_atomic_t is_raw;

static const int fatal[] = { SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGSYS, SIGABRT };
#define FATALS (sizeof(fatal) / sizeof(*fatal))

/* Safe in a signal handler. */
static void set_back(void)
{
	pid_t foreground;

	if (!is_raw)
		return;
	is_raw = 0;
	/* In the background it is somebody else's now, who has set it. */
	foreground = tcgetpgrp(STDIN_FILENO);
	if (foreground > 0 && foreground != getpgrp())
		return;
	(void)tcsetattr(STDIN_FILENO, TCSANOW, &saved);
}

static void on_fatal(int sig)
{
	set_back();
	/* SA_RESETHAND: now it is fatal, as soon as we return. */
	(void)raise(sig);
}

static void set_handlers(bool on)
{
	struct sigaction act = { .sa_flags = on ? (int)SA_RESETHAND : 0 };

	act.sa_handler = on ? on_fatal : SIG_DFL;
	(void)sigemptyset(&act.sa_mask);
	for (size_t i = 0; i < FATALS; i++)
		(void)sigaction(fatal[i], &act, NULL);
}

void terminal_raw(void)
{
	if (is_raw || tcgetattr(STDIN_FILENO, &saved) < 0)
		return;
	ours = saved;
	cfmakeraw(&ours);
	set_handlers(true);
	/* Before, not after: a signal in between must find it set. */
	is_raw = 1;
	/* TCSANOW keeps what was typed ahead, and does not wait for output
	 * that ^S may have stopped. */
	if (tcsetattr(STDIN_FILENO, TCSANOW, &ours) < 0)
		terminal_restore();
	else
		(void)tcgetattr(STDIN_FILENO, &ours); /* as it took them */
}

static bool same_modes(const struct termios *a, const struct termios *b)
{
	return a->c_iflag == b->c_iflag && a->c_oflag == b->c_oflag &&
	       a->c_cflag == b->c_cflag && a->c_lflag == b->c_lflag;
}

void terminal_continue(void)
{
	struct termios now;

	if (!is_raw || tcgetattr(STDIN_FILENO, &now) < 0 ||
	    same_modes(&now, &ours))
		return;
	is_raw = 0;
	terminal_raw();
}

void terminal_restore(void)
{
	if (!is_raw)
		return;
	set_back();
	set_handlers(false);
}
