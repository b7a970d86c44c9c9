/* walk.c - walks a stage table on one of its two sides.
 *
 * Theory of operation: consecutive wanted rows of one side are a group.  The
 * side that owns a group runs it and says DONE once, at its end; the other
 * waits once.  So the table alone decides how often the two synchronise, and
 * both, evaluating the same `wanted` over the same plan, find the same
 * groups.  A FAIL is said at once and names its row.  A DONE brings one fd at
 * most, so a row that hands one over ends its group.
 *
 * HOST does not wait for INSIDE before a row that is `ahead`; INSIDE comes to it in
 * its order, and by then it has often been done.
 *
 * Before the clone there is nobody to talk to (sync.fd is -1); the group that
 * holds the clone ends after it, so no word is lost.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/own.h"
#include "base/str.h"
#include "config.h"
#include "stages/launch.h"
#include "sys/process.h"

static bool wanted(const struct launch *l, const struct stage *row)
{
	return !row->wanted || row->wanted(l);
}

/* The next wanted row after i, or table->n. */
static size_t next_wanted(const struct launch *l,
			  const struct stage_table *table, size_t i)
{
	for (i++; i < table->n; i++)
		if (wanted(l, &table->rows[i]))
			break;
	return i;
}

static bool ends_group(const struct launch *l, const struct stage_table *table,
		       size_t i)
{
	size_t next = next_wanted(l, table, i);

	return next == table->n ||
	       table->rows[next].side != table->rows[i].side ||
	       table->rows[i].hands != HANDS_NOTHING;
}

#ifdef ENABLE_FAULT_INJECTION
/* ROOTLET_FAULT=ROW:SIDE:KIND; KIND is error, kill-before or kill-after.  The
 * side that is named does it to itself when its walk comes to the row. */
static bool fault_is(const struct launch *l, unsigned row, const char *kind)
{
	const char *fault = getenv("ROOTLET_FAULT");
	autofree char *here = NULL;

	if (!fault)
		return false;
	here = str_format("%u:%s:%s", row, l->side == HOST ? "HOST" : "INSIDE",
			  kind);
	return str_eq(fault, here);
}

static void fault_kill(const struct launch *l, unsigned row, const char *kind)
{
	if (!fault_is(l, row, kind))
		return;
	(void)kill(getpid(), SIGKILL);
	/* The first process of a pid namespace survives that, its own signal;
	 * a fault of the processor ends it as suddenly. */
	(void)signal(SIGILL, SIG_DFL);
	__builtin_trap();
}

static int fault_error(const struct launch *l, unsigned row, struct err *e)
{
	if (fault_is(l, row, "error"))
		return err_set(e, EIO, "a fault was injected");
	return 0;
}
#else
static void fault_kill(const struct launch *l, unsigned row, const char *kind)
{
	(void)l;
	(void)row;
	(void)kind;
}

static int fault_error(const struct launch *l, unsigned row, struct err *e)
{
	(void)l;
	(void)row;
	(void)e;
	return 0;
}
#endif

static int run_row(struct launch *l, const struct stage_table *table, size_t i,
		   struct err *e)
{
	const struct stage *row = &table->rows[i];
	unsigned number = table->first + (unsigned)i;
	int r;

	r = fault_error(l, number, e);
	if (r == 0)
		r = row->run(l, e);
	if (r < 0) {
		(void)err_wrap(e, "%s", row->name);
		return sync_fail(&l->sync, number, e);
	}
	if (l->sync.fd >= 0 && !row->starts_inside && ends_group(l, table, i)) {
		r = sync_done(&l->sync, number, l->send_fd, e);
		own_close(&l->send_fd);
		/* INSIDE has ended; why, it has said, to who waits for it. */
		if (r == -ECHILD && row->ahead)
			return 0;
		if (r < 0)
			return err_wrap(e, "%s", row->name);
	}
	return 0;
}

static void take_over(struct launch *l, enum stage_hands what, int *fd)
{
	int *to = what == HANDS_LISTENER ? &l->listener_fd : &l->master_fd;

	if (what == HANDS_NOTHING)
		return;
	own_close(to);
	*to = take_fd(fd);
}

/* The channel has ended without a word, as it does when INSIDE executes the
 * program.  Who is killed meanwhile, or just about to end, may not have come so far:
 * then the kernel is asked, which takes longer. */
static bool has_executed(const struct launch *l)
{
	if (l->shared && !l->shared->executing)
		return false;
	if (l->shared && sys_child_has_exited(l->pidfd))
		return true;
	return sys_has_execed(l->pid) != 0;
}

static int await_group(struct launch *l, const struct stage_table *table,
		       size_t first, size_t last, struct err *e)
{
	const struct stage *row = &table->rows[last];
	autoclose int fd = -1;
	int r;

	r = sync_await(&l->sync, table->first + (unsigned)first,
		       table->first + (unsigned)last, &fd, e);
	if (r == -ECHILD && row->ends_in_exec && has_executed(l)) {
		sync_close(&l->sync); /* nobody is left to talk to */
		return 0;
	}
	/* A FAIL brings its own row's name. */
	if (r == -ECHILD || r == -EPROTO)
		return err_wrap(e, "%s", row->name);
	if (r == 0)
		take_over(l, row->hands, &fd);
	return r;
}

static int walk_row(struct launch *l, const struct stage_table *table, size_t i,
		    struct err *e)
{
	unsigned number = table->first + (unsigned)i;
	int r;

	fault_kill(l, number, "kill-before");
	r = run_row(l, table, i, e);
	if (r == 0)
		fault_kill(l, number, "kill-after");
	return r;
}

/* HOST's rows from *i on that do not need what INSIDE is doing now. */
static int walk_ahead(struct launch *l, const struct stage_table *table,
		      size_t *i, struct err *e)
{
	int r = 0;

	if (l->side != HOST)
		return 0;
	for (; r == 0 && *i < table->n; ++*i) {
		if (!wanted(l, &table->rows[*i]))
			continue;
		if (!table->rows[*i].ahead)
			break;
		r = walk_row(l, table, *i, e);
	}
	return r;
}

int stages_walk(struct launch *l, const struct stage_table *table,
		struct err *e)
{
	size_t group = 0;
	size_t i, next;

	for (i = 0; i < table->n; i = next) {
		const struct stage *row = &table->rows[i];
		unsigned number = table->first + (unsigned)i;
		int r = 0;

		next = i + 1;
		if (!wanted(l, row))
			continue;
		if (row->side == l->side) {
			r = walk_row(l, table, i, e);
			group = next;
			if (r < 0)
				return r;
			continue;
		}
		fault_kill(l, number, "kill-before");
		if (ends_group(l, table, i) && !row->starts_inside) {
			r = walk_ahead(l, table, &next, e);
			if (r == 0)
				r = await_group(l, table, group, i, e);
			group = next;
		}
		if (r < 0)
			return r;
		fault_kill(l, number, "kill-after");
	}
	return 0;
}

static void add_table(struct strbuf *b, const struct stage_table *table)
{
	size_t i;

	for (i = 0; i < table->n; i++)
		strbuf_printf(b, "%u\t%s\t%s\t%s\n", table->first + (unsigned)i,
			      table->name,
			      table->rows[i].side == HOST ? "HOST" : "INSIDE",
			      table->rows[i].name);
}

char *stages_text(void)
{
	struct strbuf b = { 0 };

	add_table(&b, &create_table);
	add_table(&b, &start_table);
	add_table(&b, &exec_table);
	return b.text;
}
