/* options.c - the command line, read by the tables of command.h.
 *
 * Theory of operation: clients of runc write options as Go's flag package
 * takes them (-opt v, --opt=v, --flag=false), clients of crun as getopt does
 * (-bDIR, -fq).  Both are understood: a name behind one dash or two is looked
 * up whole first, and only then as a row of letters.
 */
#include "cli/options.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>

#include "base/err.h"
#include "base/mem.h"
#include "base/own.h"
#include "base/str.h"
#include "cli/command.h"

#define NAME_LONGEST 40

struct reader {
	const struct options *o;
	char *const *next; /* of argv */
	struct parsed *ret;
	struct err *e;
};

void parsed_done(struct parsed *p)
{
	free(p->args);
	*p = (struct parsed){ 0 };
}

const struct option_def *options_find(const struct option_def *rows,
				      const char *name)
{
	for (; rows && rows->name; rows++)
		if (str_eq(rows->name, name) ||
		    (name[0] == rows->letter && name[0] && name[1] == '\0'))
			return rows;
	return NULL;
}

static unsigned min3(unsigned a, unsigned b, unsigned c)
{
	unsigned m = a < b ? a : b;

	return m < c ? m : c;
}

unsigned options_distance(const char *a, const char *b)
{
	unsigned row[NAME_LONGEST + 1];
	size_t m = strlen(b);

	if (m > NAME_LONGEST || strlen(a) > NAME_LONGEST)
		return NAME_LONGEST;
	for (unsigned j = 0; j <= m; j++)
		row[j] = j;
	for (unsigned i = 1; a[i - 1]; i++) {
		unsigned diagonal = row[0];

		row[0] = i;
		for (unsigned j = 1; j <= m; j++) {
			unsigned up = row[j];

			row[j] = min3(up + 1, row[j - 1] + 1,
				      diagonal + (a[i - 1] != b[j - 1]));
			diagonal = up;
		}
	}
	return row[m];
}

static const char *nearest(const struct option_def *rows, const char *name)
{
	unsigned best = strlen(name) < 5 ? 2 : 3; /* this far is too far */
	const char *found = NULL;

	for (; rows && rows->name; rows++) {
		unsigned d = options_distance(name, rows->name);

		if (str_after(rows->name, name) && strlen(name) > 2)
			d = 1; /* the beginning of it */
		if (d < best) {
			best = d;
			found = rows->name;
		}
	}
	return found;
}

/* The error of a command line; `hint` (may be NULL) comes before where to
 * read on. */
static int complain(const struct reader *r, const char *text, const char *hint)
{
	const char *who = r->o->who;

	(void)err_set(r->e, EINVAL, "%s%s%s", who ? who : "", who ? ": " : "",
		      text);
	return err_hint(r->e, "%s%sSee rootlet %s%s--help", hint ? hint : "",
			hint ? " " : "", who ? who : "", who ? " " : "");
}

static int unknown(const struct reader *r, const char *shown, const char *name)
{
	autofree char *text = str_format("unknown option %s", shown);
	const char *near = nearest(r->o->rows, name);
	autofree char *guess = near ? str_format("Did you mean --%s?", near)
				    : NULL;

	if (!near && r->o->rows != global_options &&
	    options_find(global_options, name))
		return complain(r, text, "It goes before the command.");
	return complain(r, text, guess);
}

static int bad_value(const struct reader *r, const struct option_def *row,
		     const char *value, const char *want)
{
	autofree char *text = str_format("--%s takes %s, not \"%s\"", row->name,
					 want, value);

	return complain(r, text, NULL);
}

/* The words that Go's flag package takes. */
static int read_flag(const char *value, bool *ret)
{
	static const char *const words[] = {
		"1", "t", "T", "true",	"TRUE",	 "True",
		"0", "f", "F", "false", "FALSE", "False"
	};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (str_eq(value, words[i])) {
			*ret = i < 6;
			return 0;
		}
	}
	return -EINVAL;
}

/* The place of value in "a|b|c", from 1; 0: none. */
static int find_choice(const char *choices, const char *value)
{
	size_t len = strlen(value);
	int n = 1;

	for (const char *p = choices; *p; n++) {
		size_t word = strcspn(p, "|");

		if (word == len && memcmp(p, value, len) == 0)
			return n;
		p += word;
		if (*p == '|')
			p++;
	}
	return 0;
}

static void add_string(struct opt_strings *list, const char *value)
{
	list->v = mem_resize(list->v, list->n + 1, sizeof(*list->v));
	list->v[list->n++] = value;
}

static int store(const struct reader *r, const struct option_def *row,
		 const char *value)
{
	void *at = (char *)r->o->values + row->offset;
	uint32_t number;
	int choice;

	switch (row->kind) {
	case OPT_FLAG:
		if (read_flag(value, at) < 0)
			return bad_value(r, row, value, "true or false");
		return 0;
	case OPT_STRING:
		*(const char **)at = value;
		return 0;
	case OPT_STRINGS:
		add_string(at, value);
		return 0;
	case OPT_UINT:
		if (str_uint32(value, &number) < 0)
			return bad_value(r, row, value, "a number");
		*(unsigned *)at = number;
		return 0;
	case OPT_CHOICE:
	case OPT_WORD:
		choice = find_choice(row->arg, value);
		if (choice == 0)
			return bad_value(r, row, value, row->arg);
		if (row->kind == OPT_CHOICE)
			*(int *)at = choice;
		else
			*(const char **)at = value;
		return 0;
	}
	return 0;
}

/* value NULL: none was joined to the option. */
static int take(struct reader *r, const struct option_def *row,
		const char *value)
{
	if (value)
		return store(r, row, value);
	if (row->kind == OPT_FLAG)
		return store(r, row, "true");
	if (!*r->next) {
		autofree char *text = str_format("--%s needs a value: %s",
						 row->name, row->arg);

		return complain(r, text, NULL);
	}
	return store(r, row, *r->next++);
}

/* "fq", "bDIR": letters of flags, then perhaps one that takes a value, which
 * is the rest or what follows. */
static int take_letters(struct reader *r, const char *shown,
			const char *letters)
{
	int ret = 0;

	for (; *letters && ret == 0; letters++) {
		const char one[] = { *letters, '\0' };
		const struct option_def *row = options_find(r->o->rows, one);

		if (!row)
			return unknown(r, shown, shown + 1);
		if (row->kind != OPT_FLAG)
			return take(r, row, letters[1] ? letters + 1 : NULL);
		ret = take(r, row, NULL);
	}
	return ret;
}

static int take_option(struct reader *r, const char *arg)
{
	const char *name = arg + (arg[1] == '-' ? 2 : 1);
	const char *equals = strchr(name, '=');
	autofree char *bare = equals ? mem_dup(name, (size_t)(equals - name))
				     : str_dup(name);
	const struct option_def *row = options_find(r->o->rows, bare);

	if (row)
		return take(r, row, equals ? equals + 1 : NULL);
	if (!equals && (str_eq(bare, "help") || str_eq(bare, "h"))) {
		r->ret->help = true;
		return 0;
	}
	if (arg[1] != '-' && options_find(r->o->rows, (char[]){ *bare, 0 }))
		return take_letters(r, arg, name);
	if (equals) {
		autofree char *shown = mem_dup(arg, (size_t)(equals - arg));

		return unknown(r, shown, bare);
	}
	return unknown(r, arg, bare);
}

int options_parse(const struct options *o, char *const *argv,
		  struct parsed *ret, struct err *e)
{
	struct reader r = { .o = o, .next = argv, .ret = ret, .e = e };
	bool ended = false;
	size_t n = 0;
	int status;

	while (argv[n])
		n++;
	*ret = (struct parsed){ .args = mem_zero_n(n + 1, sizeof(char *)) };
	while (*r.next) {
		char *arg = *r.next++;

		if (!ended && str_eq(arg, "--")) {
			ended = true;
			continue;
		}
		if (ended || arg[0] != '-' || arg[1] == '\0') {
			ret->args[ret->n++] = arg;
			ended = ended || o->end_at_argument;
			continue;
		}
		status = take_option(&r, arg);
		if (status < 0)
			return status;
	}
	return 0;
}
