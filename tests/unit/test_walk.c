/* test_walk.c - both sides of a stage table, over a real channel. */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "stages/launch.h"
#include "sys/process.h"
#include "test.h"

/* Counts what ran, in memory that both processes share. */
static int ran(struct launch *l)
{
	l->shared->notes.n++;
	return 0;
}

static int fine(struct launch *l, struct err *e)
{
	(void)e;
	return ran(l);
}

static int refuses(struct launch *l, struct err *e)
{
	(void)l;
	(void)err_set(e, EPERM, "no");
	return err_hint(e, "Ask nicely");
}

static int dies(struct launch *l, struct err *e)
{
	(void)l;
	(void)e;
	(void)kill(getpid(), SIGKILL);
	return 0;
}

static int sends_fd(struct launch *l, struct err *e)
{
	(void)e;
	l->send_fd = dup(STDOUT_FILENO);
	return 0;
}

static int executes(struct launch *l, struct err *e)
{
	static char *const argv[] = { (char *)"true", NULL };

	l->shared->executing = true;
	(void)execvp("true", argv);
	return err_sys(e, "execute true");
}

static int dies_executing(struct launch *l, struct err *e)
{
	l->shared->executing = true;
	return dies(l, e);
}

/* INSIDE's: until HOST has run its row, and said so. */
static void await_row(const struct launch *l)
{
	const volatile unsigned *n = &l->shared->notes.n;

	for (int ms = 0; *n == 0 && ms < 10000; ms++)
		(void)usleep(1000);
	(void)usleep(20000);
}

static int fine_after_host(struct launch *l, struct err *e)
{
	await_row(l);
	return l->shared->notes.n == 1 ? fine(l, e) : refuses(l, e);
}

static int refuses_after_host(struct launch *l, struct err *e)
{
	await_row(l);
	return refuses(l, e);
}

/* HOST's: when INSIDE has ended. */
static int fine_alone(struct launch *l, struct err *e)
{
	struct pollfd p = { .fd = l->pidfd, .events = POLLIN };

	(void)poll(&p, 1, 10000);
	return fine(l, e);
}

static bool never(const struct launch *l)
{
	(void)l;
	return false;
}

struct outcome {
	int result; /* of HOST's walk */
	int status; /* of INSIDE */
	unsigned ran;
	int fd, listener_fd;
	struct err e;
};

static struct outcome walk(const struct stage *rows, size_t n)
{
	const struct stage_table table = { "test", rows, n, 7 };
	struct outcome o = { 0 };
	struct launch_shared *shared;
	struct launch l;
	int fds[2];
	int status = 0;

	launch_init(&l);
	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE,
		      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (shared == MAP_FAILED || sync_pair(fds, &o.e) < 0)
		exit(1);
	l.shared = shared;
	l.pid = fork();
	if (l.pid == 0) {
		struct err e = { 0 };

		l.side = INSIDE;
		(void)close(fds[0]);
		l.sync.fd = fds[1];
		_exit(stages_walk(&l, &table, &e) < 0 ? 1 : 0);
	}
	(void)close(fds[1]);
	l.sync.fd = fds[0];
	l.pidfd = sys_pidfd_open(l.pid);
	l.sync.peer_pidfd = l.pidfd;
	o.result = stages_walk(&l, &table, &o.e);
	sync_close(&l.sync);
	(void)waitpid(l.pid, &status, 0);
	o.status = WIFEXITED(status) ? WEXITSTATUS(status) : 128;
	o.ran = shared->notes.n;
	o.fd = l.master_fd;
	o.listener_fd = l.listener_fd;
	launch_done(&l);
	return o;
}

static void all_rows_run_in_turn(void)
{
	static const struct stage rows[] = {
		{ "one", HOST, fine },
		{ "two", HOST, fine },
		{ "three", INSIDE, fine },
		{ "skipped", INSIDE, refuses, never },
		{ "four", HOST, fine },
		{ "five", INSIDE, fine },
	};
	struct outcome o = walk(rows, 6);

	is_int(o.result, 0, "HOST comes to the end");
	is_int(o.status, 0, "INSIDE too");
	is_int(o.ran, 5, "each wanted row ran once");
}

static void inside_failure_reaches_host(void)
{
	static const struct stage rows[] = {
		{ "first", HOST, fine },
		{ "second", INSIDE, refuses },
		{ "third", HOST, fine },
	};
	struct outcome o = walk(rows, 3);

	is_int(o.result, -EPERM, "the errno crosses the socket");
	is_str(o.e.text, "second: no", "the text names the stage, once");
	is_str(o.e.hint, "Ask nicely", "the remedy crosses too");
	is_int(o.ran, 1, "the third stage did not run");
	is_int(o.status, 1, "INSIDE ends");
}

static void failure_before_the_end_of_a_group(void)
{
	static const struct stage rows[] = {
		{ "first", INSIDE, fine },
		{ "second", INSIDE, refuses },
		{ "third", INSIDE, fine },
		{ "fourth", HOST, fine },
	};
	struct outcome o = walk(rows, 4);

	is_int(o.result, -EPERM, "HOST hears of a row within the group");
	is_str(o.e.text, "second: no", "and of which");
	is_int(o.ran, 1, "nothing after it ran");
}

static void host_failure_ends_inside(void)
{
	static const struct stage rows[] = {
		{ "first", HOST, refuses },
		{ "second", INSIDE, fine },
	};
	struct outcome o = walk(rows, 2);

	is_int(o.result, -EPERM, "HOST's own failure");
	is_str(o.e.text, "first: no", "names its stage");
	is_int(o.status, 1, "INSIDE hears and ends");
	is_int(o.ran, 0, "INSIDE's row did not run");
}

static void death_is_failure(void)
{
	static const struct stage rows[] = {
		{ "first", INSIDE, dies },
		{ "second", HOST, fine },
	};
	struct outcome o = walk(rows, 2);

	is_int(o.result, -ECHILD, "the end of file is failure");
	is_str(o.e.text, "first: the other side ended without a word",
	       "and says at which row");
}

static void exec_is_success(void)
{
	static const struct stage rows[] = {
		{ "go", HOST, fine },
		{ "execute", INSIDE, executes, NULL, true },
		{ "after", HOST, fine },
	};
	struct outcome o = walk(rows, 3);

	is_int(o.result, 0, "the end of file at the exec row is success");
	is_int(o.ran, 2, "HOST goes on after it");
}

static void death_is_no_exec(int (*execute)(struct launch *l, struct err *e),
			     const char *name)
{
	const struct stage rows[] = {
		{ "execute", INSIDE, execute, NULL, true },
		{ "after", HOST, fine },
	};
	struct outcome o = walk(rows, 2);

	is_int(o.result, -ECHILD, name);
	is_int(o.ran, 0, "HOST does not go on");
}

static void host_goes_ahead(void)
{
	static const struct stage rows[] = {
		{ "go", INSIDE, fine_after_host },
		{ "early", HOST, fine, .ahead = true },
		{ "skipped", HOST, refuses, never, .ahead = true },
		{ "late", HOST, fine },
		{ "end", INSIDE, fine },
	};
	struct outcome o = walk(rows, 5);

	is_int(o.result, 0, "a row ahead runs while INSIDE is at work");
	is_int(o.status, 0, "INSIDE comes to the end");
	is_int(o.ran, 4, "each wanted row ran once");
}

static void failures_beside_a_row_ahead(void)
{
	static const struct stage unread[] = {
		{ "fail", INSIDE, refuses_after_host },
		{ "early", HOST, fine, .ahead = true },
		{ "end", INSIDE, fine },
	};
	static const struct stage gone[] = {
		{ "fail", INSIDE, refuses },
		{ "early", HOST, fine_alone, .ahead = true },
		{ "end", INSIDE, fine },
	};
	static const struct stage own[] = {
		{ "go", INSIDE, fine },
		{ "early", HOST, refuses, .ahead = true },
		{ "end", INSIDE, fine },
	};
	struct outcome o = walk(unread, 3);

	is_str(o.e.text, "fail: no",
	       "INSIDE ends with HOST's word unread, its own arrives");
	o = walk(gone, 3);
	is_str(o.e.text, "fail: no",
	       "INSIDE has ended before HOST's word, its own arrives");
	o = walk(own, 3);
	is_int(o.result, -EPERM, "a row ahead may fail");
	is_str(o.e.text, "early: no", "and is named");
	is_int(o.status, 1, "INSIDE hears of it");
}

static void an_fd_crosses(void)
{
	static const struct stage rows[] = {
		{ "open", INSIDE, sends_fd, .hands = HANDS_TERMINAL },
		{ "go on", INSIDE, fine },
		{ "open another", INSIDE, sends_fd, .hands = HANDS_LISTENER },
		{ "use", HOST, fine },
	};
	struct outcome o = walk(rows, 4);

	is_int(o.result, 0, "a DONE may bring an fd");
	ok(o.fd >= 0, "HOST has it");
	ok(o.listener_fd >= 0 && o.listener_fd != o.fd,
	   "a second one in the next row but one lands beside it");
	is_int(o.ran, 2, "the rows between ran");
}

static void the_real_tables_are_sound(void)
{
	size_t i;
	bool named = true;

	for (i = 0; i < create_table.n; i++)
		named = named && create_table.rows[i].name &&
			create_table.rows[i].run &&
			!create_table.rows[i].ends_in_exec;
	ok(named, "each row of create has a name and a function");
	is_int(start_table.first, create_table.first + create_table.n,
	       "the tables are numbered one after the other");
	is_int(start_table.rows[0].side, HOST,
	       "a connection that says nothing can't start a container");
}

int main(void)
{
	all_rows_run_in_turn();
	inside_failure_reaches_host();
	failure_before_the_end_of_a_group();
	host_failure_ends_inside();
	death_is_failure();
	exec_is_success();
	death_is_no_exec(dies, "killed before exec: not taken for success");
	death_is_no_exec(dies_executing, "killed at exec, before it was done");
	host_goes_ahead();
	failures_beside_a_row_ahead();
	an_fd_crosses();
	the_real_tables_are_sound();
	return done();
}
