/* help.c - what --help and help print, made of the tables. */
#include "cli/help.h"

#include <errno.h>

#include "base/err.h"
#include "base/own.h"
#include "base/str.h"
#include "cli/command.h"
#include "cli/container.h"
#include "cli/options.h"

#define LINE_WIDTH 79

char *help_usage(const struct command *cmd)
{
	bool options = cmd->options && cmd->options->name;

	return str_format("rootlet %s%s%s%s", cmd->name,
			  options ? " [OPTION...]" : "",
			  str_empty(cmd->args) ? "" : " ", cmd->args);
}

/* Words from `column` on, where we are already; ends the line. */
static void put_wrapped(struct strbuf *b, const char *text, size_t column)
{
	size_t at = column;

	while (*text) {
		size_t word = strcspn(text, " ");

		if (at > column && at + 1 + word > LINE_WIDTH) {
			strbuf_putc(b, '\n');
			for (at = 0; at < column; at++)
				strbuf_putc(b, ' ');
		} else if (at > column) {
			strbuf_putc(b, ' ');
			at++;
		}
		strbuf_add(b, text, word);
		at += word;
		text += word + strspn(text + word, " ");
	}
	strbuf_putc(b, '\n');
}

/* A name in its column and what it means in the next one. */
static void put_row(struct strbuf *b, const char *name, const char *help,
		    size_t column)
{
	size_t len = strlen(name) + 2;

	strbuf_printf(b, "  %s", name);
	if (len + 2 > column) {
		strbuf_putc(b, '\n');
		len = 0;
	}
	for (; len < column; len++)
		strbuf_putc(b, ' ');
	put_wrapped(b, help, column);
}

static void put_option(struct strbuf *b, const struct option_def *row)
{
	struct strbuf name = { 0 };

	if (row->letter)
		strbuf_printf(&name, "-%c, ", row->letter);
	else
		strbuf_puts(&name, "    ");
	strbuf_printf(&name, "--%s%s%s", row->name, row->arg ? " " : "",
		      row->arg ? row->arg : "");
	put_row(b, name.text, row->help, 30);
	strbuf_done(&name);
}

static void put_command_help(struct strbuf *b, const struct command *cmd)
{
	static const struct option_def help_row = {
		.name = "help",
		.letter = 'h',
		.help = "show this help",
	};
	autofree char *usage = help_usage(cmd);

	strbuf_printf(b, "Usage: %s\n\n%c", usage, cmd->help[0] - 'a' + 'A');
	put_wrapped(b, cmd->help + 1, 1);
	strbuf_puts(b, "\nOptions:\n");
	for (const struct option_def *o = cmd->options; o && o->name; o++)
		put_option(b, o);
	put_option(b, &help_row);
	if (cmd->notes) {
		strbuf_putc(b, '\n');
		put_wrapped(b, cmd->notes, 0);
	}
	if (str_eq(cmd->name, "help"))
		strbuf_puts(b, "\nThe manual: man rootlet\n");
	else
		strbuf_printf(b, "\nThe manual: man rootlet-%s\n", cmd->name);
}

static void put_program_help(struct strbuf *b)
{
	strbuf_puts(b, "Usage: rootlet [OPTION...] COMMAND [ARGUMENT...]\n\n"
		       "Runs OCI containers, for users without root too.\n\n"
		       "Commands:\n");
	for (size_t i = 0; commands[i]; i++)
		put_row(b, commands[i]->name, commands[i]->help, 14);
	strbuf_puts(b, "\nOptions before the command:\n");
	for (const struct option_def *o = global_options; o->name; o++)
		put_option(b, o);
	strbuf_puts(b, "\n\"rootlet COMMAND --help\" tells about a command, "
		       "\"man rootlet\" about the whole.\n");
}

int help_print(const struct command *cmd, struct err *e)
{
	struct strbuf b = { 0 };
	int r;

	if (cmd)
		put_command_help(&b, cmd);
	else
		put_program_help(&b);
	r = output_write(b.text, b.len, e);
	strbuf_done(&b);
	return r;
}

int help_unknown_command(const char *name, struct err *e)
{
	const char *near = NULL;
	unsigned best = 3;

	for (size_t i = 0; commands[i]; i++) {
		unsigned d = options_distance(name, commands[i]->name);

		if (d < best) {
			best = d;
			near = commands[i]->name;
		}
	}
	(void)err_set(e, EINVAL, "unknown command %s", name);
	if (near)
		return err_hint(e, "Did you mean %s? See rootlet --help", near);
	return err_hint(e, "See rootlet --help");
}

static int help_run(const struct globals *g, void *opts, int argc, char **argv,
		    struct err *e)
{
	const struct command *cmd = NULL;

	(void)g;
	(void)opts;
	if (argc > 0) {
		cmd = command_find(argv[0]);
		if (!cmd)
			return help_unknown_command(argv[0], e);
	}
	return help_print(cmd, e);
}

const struct command cmd_help = {
	.name = "help",
	.args = "[COMMAND]",
	.help = "show help about rootlet or one of its commands",
	.run = help_run,
	.max_args = 1,
};

static void put_rows(struct strbuf *b, const char *command,
		     const struct option_def *rows)
{
	strbuf_printf(b, "%s\t\t\t\n", command);
	for (; rows && rows->name; rows++) {
		const char letter[] = { rows->letter, '\0' };

		strbuf_printf(b, "%s\t%s\t%s\t%s\n", command, rows->name,
			      letter, rows->arg ? rows->arg : "");
	}
}

/* Hidden: the tables, for the test that compares them with the manual and the
 * completions.  A line is COMMAND, OPTION, LETTER and VALUE, between tabs; the
 * options before the command are those of "rootlet". */
static int options_run(const struct globals *g, void *opts, int argc,
		       char **argv, struct err *e)
{
	struct strbuf b = { 0 };
	int r;

	(void)g;
	(void)opts;
	(void)argc;
	(void)argv;
	put_rows(&b, "rootlet", global_options);
	for (size_t i = 0; commands[i]; i++)
		put_rows(&b, commands[i]->name, commands[i]->options);
	r = output_write(b.text, b.len, e);
	strbuf_done(&b);
	return r;
}

const struct command cmd_options = {
	.name = "__options",
	.args = "",
	.help = "show the tables of options",
	.run = options_run,
};
