/* terminal.h - the caller's terminal, raw for a while.  HOST.
 *
 * For relay.c and supervise.c only.  There is one such terminal: our stdin.
 */
#pragma once

/* Raw, if stdin is a terminal; in the background it stops us first, as any
 * program that wants the terminal.  Also restored on a fatal signal. */
void terminal_raw(void);
/* After SIGCONT: raw again, if it was; who has had it meanwhile (a shell, when
 * SIGSTOP stopped us) may have left it in another state, which is then the one
 * to restore. */
void terminal_continue(void);
/* As it was; nothing to do when it is. */
void terminal_restore(void);
