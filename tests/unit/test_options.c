/* test_options.c - the command line, as clients of runc and crun write it. */
#include "test.h"

#include <errno.h>

#include "base/err.h"
#include "base/own.h"
#include "cli/command.h"
#include "cli/options.h"

struct values {
	bool force, quiet, no_subreaper;
	const char *bundle, *format;
	struct opt_strings env;
	unsigned fds;
	int userns;
};

#define AT(member) offsetof(struct values, member)
static const struct option_def rows[] = {
	{ "force", 'f', NULL, AT(force), OPT_FLAG, "" },
	{ "quiet", 'q', NULL, AT(quiet), OPT_FLAG, "" },
	{ "no-subreaper", 0, NULL, AT(no_subreaper), OPT_FLAG, "" },
	{ "bundle", 'b', "DIR", AT(bundle), OPT_STRING, "" },
	{ "format", 0, "table|json", AT(format), OPT_WORD, "" },
	{ "env", 'e', "NAME=VALUE", AT(env), OPT_STRINGS, "" },
	{ "preserve-fds", 0, "N", AT(fds), OPT_UINT, "" },
	{ "userns", 0, "auto|single", AT(userns), OPT_CHOICE, "" },
	{ 0 },
};

static struct values v;
static struct parsed p;
static struct err e;
static bool until_argument;

/* The arguments up to a NULL. */
#define parse(...) parse_argv((const char *const[]){ __VA_ARGS__, NULL })

static int parse_argv(const char *const *argv)
{
	struct options o = {
		.who = "run",
		.rows = rows,
		.values = &v,
		.end_at_argument = until_argument,
	};

	parsed_done(&p);
	free(v.env.v);
	memset(&v, 0, sizeof(v));
	memset(&e, 0, sizeof(e));
	return options_parse(&o, (char *const *)argv, &p, &e);
}

static void forms(void)
{
	ok(parse("--bundle", "/b", "c1") == 0, "--opt value");
	is_str(v.bundle, "/b", "its value");
	is_str(p.args[0], "c1", "the argument");
	ok(parse("--bundle=/b=c", "c1") == 0, "--opt=value");
	is_str(v.bundle, "/b=c", "the value may have a =");
	ok(parse("--bundle=", "c1") == 0 && v.bundle[0] == '\0',
	   "an empty value");
	ok(parse("-bundle", "/b") == 0, "-opt value");
	is_str(v.bundle, "/b", "its value");
	ok(parse("-b", "/b") == 0, "-o value");
	is_str(v.bundle, "/b", "its value");
	ok(parse("-b=/b") == 0, "-o=value");
	is_str(v.bundle, "/b", "its value");
	ok(parse("-b/b") == 0, "-ovalue");
	is_str(v.bundle, "/b", "its value");
	ok(parse("-qfb", "/b") == 0 && v.quiet && v.force, "-xyo value");
	is_str(v.bundle, "/b", "its value");
	ok(parse("-no-subreaper") == 0 && v.no_subreaper && !v.force,
	   "a long name behind one dash");
	ok(parse("--bundle", "--force") == 0 && !v.force,
	   "a value may look like an option");
	ok(parse("--bundle", "/a", "--bundle", "/b") == 0, "twice");
	is_str(v.bundle, "/b", "the last one wins");
}

static void places(void)
{
	ok(parse("c1", "--force", "x") == 0 && v.force && p.n == 2,
	   "options after the argument");
	is_str(p.args[1], "x", "the second argument");
	ok(parse("c1", "--", "--force") == 0 && !v.force && p.n == 2,
	   "-- ends the options");
	is_str(p.args[1], "--force", "and what follows is an argument");
	ok(parse("-", "c1") == 0 && p.n == 2, "- is an argument");
	until_argument = true;
	ok(parse("-f", "c1", "ls", "-q") == 0 && v.force && !v.quiet,
	   "the options end at the id");
	is_int(p.n, 3, "all that follows is the program");
	ok(p.args[3] == NULL, "NULL ends the arguments");
	ok(parse("c1", "--", "ls") == 0 && p.n == 3, "-- after the id stays");
	until_argument = false;
}

static void values(void)
{
	ok(parse("--force=false") == 0 && !v.force, "--flag=false");
	ok(parse("-f", "-f=0") == 0 && !v.force, "-f=0");
	ok(parse("--force=True") == 0 && v.force, "--flag=True");
	is_int(parse("--force=yes"), -EINVAL, "--flag=yes is refused");
	ok(parse("--force", "false") == 0 && v.force && p.n == 1,
	   "a flag takes no separate value");
	ok(parse("--preserve-fds", "3") == 0 && v.fds == 3, "a number");
	is_int(parse("--preserve-fds=-1"), -EINVAL, "a number below 0");
	is_int(parse("--preserve-fds=1x"), -EINVAL, "a number with a letter");
	is_int(parse("--preserve-fds="), -EINVAL, "no number");
	ok(parse("--userns=auto") == 0 && v.userns == 1, "the first choice");
	ok(parse("--userns=single") == 0 && v.userns == 2, "the second");
	is_int(parse("--userns=sing"), -EINVAL, "a part of a choice");
	is_int(parse("--userns="), -EINVAL, "an empty choice");
	is_int(parse("--userns=auto|single"), -EINVAL, "all choices");
	ok(parse("--format", "json") == 0, "a word");
	is_str(v.format, "json", "its value");
	is_int(parse("--format", "xml"), -EINVAL, "a wrong word");
	is_str(e.text, "run: --format takes table|json, not \"xml\"",
	       "its error");
	ok(parse("-e", "A=1", "--env=B=2", "-eC") == 0 && v.env.n == 3,
	   "a list");
	is_str(v.env.v[1], "B=2", "its second value");
}

static void errors(void)
{
	is_int(parse("c1", "--forse"), -EINVAL, "an unknown option");
	is_str(e.text, "run: unknown option --forse", "its error");
	is_str(e.hint, "Did you mean --force? See rootlet run --help",
	       "its hint");
	is_int(parse("--bund"), -EINVAL, "the beginning of an option");
	ok(strstr(e.hint, "--bundle?"), "its hint");
	is_int(parse("--root", "x"), -EINVAL, "an option of the program");
	ok(strstr(e.hint, "before the command"), "its hint");
	is_int(parse("--xyzzy=1"), -EINVAL, "nothing like it");
	is_str(e.text, "run: unknown option --xyzzy", "without its value");
	is_str(e.hint, "See rootlet run --help", "its hint");
	is_int(parse("-fx"), -EINVAL, "an unknown letter");
	is_int(parse("--f"), 0, "a letter behind two dashes, as Go takes it");
	is_int(parse("--bundle"), -EINVAL, "a value is missing");
	is_str(e.text, "run: --bundle needs a value: DIR", "its error");
	is_int(parse("-="), -EINVAL, "-=");
	is_int(parse("--="), -EINVAL, "--=");
	ok(parse("c1", "--help") == 0 && p.help, "--help");
	ok(parse("-h") == 0 && p.help, "-h");
	ok(parse("-help") == 0 && p.help, "-help");
	ok(parse("--", "-h") == 0 && !p.help, "-h behind --");
}

static void distances(void)
{
	is_int(options_distance("force", "force"), 0, "the same");
	is_int(options_distance("", "abc"), 3, "from nothing");
	is_int(options_distance("kitten", "sitting"), 3, "kitten, sitting");
}

int main(void)
{
	forms();
	places();
	values();
	errors();
	distances();
	parsed_done(&p);
	free(v.env.v);
	return done();
}
