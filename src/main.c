/* main.c - rootlet: options before the command, the command, the one error.
 *
 * From here a reader follows `run`: cli/run.c, plan/plan.h, stages/stages.c.
 *
 * Whatever fails, fails with one `struct err`, and this file alone tells it:
 * one line on stderr and one record in --log.
 */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/err.h"
#include "base/file.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/own.h"
#include "base/str.h"
#include "cli/command.h"
#include "cli/help.h"
#include "cli/options.h"
#include "sys/exe.h"

/* What we open must not become the container's stdin, stdout or stderr. */
static int fill_stdio(struct err *e)
{
	struct pollfd fds[3] = { { .fd = 0 }, { .fd = 1 }, { .fd = 2 } };

	if (poll(fds, 3, 0) <= 0)
		return 0;
	for (int i = 0; i < 3; i++)
		if ((fds[i].revents & POLLNVAL) &&
		    open("/dev/null", O_RDWR) < 0) /* takes the lowest: i */
			return err_sys(e, "open /dev/null");
	return 0;
}

static int open_log(const struct globals *g, struct err *e)
{
	int level = g->log_level ? log_level_parse(g->log_level) : -EINVAL;

	if (g->debug)
		level = LOG_DEBUG;
	if (level >= 0)
		log_set_level((enum log_level)level);
	if (!g->log || *g->log == '\0' || log_is_open())
		return 0;
	return log_open(g->log,
			g->log_format && str_eq(g->log_format, "json")
				? LOG_JSON
				: LOG_TEXT,
			e);
}

static int wrong_count(const struct command *cmd, int n, struct err *e)
{
	autofree char *usage = help_usage(cmd);

	if (n > cmd->max_args && cmd->max_args == 0)
		(void)err_set(e, EINVAL, "%s takes no arguments", cmd->name);
	else
		(void)err_set(e, EINVAL, "%s: too %s arguments", cmd->name,
			      n < cmd->min_args ? "few" : "many");
	return err_hint(e, "Usage: %s", usage);
}

/* argv[0] is the command's name. */
static int run_parsed(const struct globals *g, const struct command *cmd,
		      char *const *argv, struct err *e)
{
	autofree void *opts = mem_zero(cmd->opts_size);
	struct options options = {
		.who = cmd->name,
		.rows = cmd->options,
		.values = opts,
		.end_at_argument = cmd->options_end_at_id,
	};
	auto(parsed) struct parsed parsed = { 0 };
	int r;

	r = options_parse(&options, argv + 1, &parsed, e);
	if (r < 0)
		return r;
	if (parsed.help)
		return help_print(cmd, e);
	if (parsed.n < cmd->min_args ||
	    (cmd->max_args >= 0 && parsed.n > cmd->max_args))
		return wrong_count(cmd, parsed.n, e);
	return cmd->run(g, opts, parsed.n, parsed.args, e);
}

static int run_command(const struct globals *g, const struct command *cmd,
		       int argc, char **argv, struct err *e)
{
	if (!cmd->unparsed)
		return run_parsed(g, cmd, argv, e);
	if (argc > 1 && (str_eq(argv[1], "--help") || str_eq(argv[1], "-h")))
		return help_print(cmd, e);
	return cmd->run(g, NULL, argc, argv, e);
}

/* *ret_cmd: which command it was, for its exit status. */
static int run(struct globals *g, const struct command **ret_cmd, struct err *e)
{
	struct options options = {
		.rows = global_options,
		.values = g,
		.end_at_argument = true,
	};
	auto(parsed) struct parsed parsed = { 0 };
	struct err why;
	int r;

	r = options_parse(&options, g->argv + 1, &parsed, e);
	if (r < 0) {
		/* Who gave a log before the mistake finds it there. */
		(void)open_log(g, &why);
		return r;
	}
	r = open_log(g, e);
	if (r < 0)
		return r;
	if (g->version)
		return version_print(e);
	if (g->help || parsed.n == 0)
		return help_print(NULL, e);
	*ret_cmd = command_find(parsed.args[0]);
	if (!*ret_cmd)
		return help_unknown_command(parsed.args[0], e);
	return run_command(g, *ret_cmd, parsed.n, parsed.args, e);
}

/* A line stays one line, and says to a terminal nothing but its text. */
static void put_plain(struct strbuf *b, const char *text)
{
	for (; *text; text++) {
		unsigned char c = (unsigned char)*text;

		if (c == '\n')
			strbuf_puts(b, "\\n");
		else if (c < 0x20 || c == 0x7f)
			strbuf_printf(b, "\\x%02x", c);
		else
			strbuf_putc(b, *text);
	}
}

/* Whoever failed may know nothing better. */
static const char *hint_of(const struct err *e)
{
	if (e->hint[0] != '\0')
		return e->hint;
	if (e->code == ENOSYS)
		return "A sandbox around rootlet refuses the system call, or "
		       "the kernel is older than 5.14: run rootlet outside of "
		       "it, or allow the call in its seccomp profile";
	/* What the kernel said, and nobody put into words. */
	if (str_ends(e->text, "(EPERM)"))
		return "A seccomp profile or a security module around rootlet "
		       "may forbid it: run rootlet outside of it, or allow it "
		       "there";
	return "";
}

/* The remedy is a sentence of its own, whoever wrote it as a clause. */
static void put_hint(struct strbuf *b, const struct err *e)
{
	const char *hint = hint_of(e);
	size_t at;

	if (*hint == '\0')
		return;
	strbuf_puts(b, str_ends(e->text, ".") ? " " : ". ");
	at = b->len;
	strbuf_puts(b, hint);
	if (!str_after(hint, "rootlet "))
		b->text[at] = (char)toupper((unsigned char)b->text[at]);
}

static void tell(const struct err *e)
{
	struct strbuf line = { 0 };
	struct strbuf text = { 0 };

	strbuf_puts(&text, e->text);
	put_hint(&text, e);
	strbuf_puts(&line, "rootlet: ");
	put_plain(&line, text.text);
	strbuf_putc(&line, '\n');
	if (log_is_open())
		log_write(LOG_ERROR, "%s", text.text);
	(void)file_write_all(STDERR_FILENO, line.text, line.len);
	strbuf_done(&line);
	strbuf_done(&text);
}

int main(int argc, char **argv)
{
	struct globals g = { .argv = argv };
	const struct command *cmd = NULL;
	struct err e = { 0 };
	int r;

	if (argc < 1)
		return EXIT_FAILURE; /* execve(2) may give us nothing at all */
	r = sys_protect_relocated();
	if (r < 0)
		(void)err_errno(&e, r, "protect our own memory");
	if (r == 0)
		r = fill_stdio(&e);
	if (r == 0)
		r = run(&g, &cmd, &e);
	if (r >= 0)
		return r;
	tell(&e);
	return cmd && cmd->failure_status ? cmd->failure_status : EXIT_FAILURE;
}
