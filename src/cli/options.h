/* options.h - the command line, read by the tables of command.h. */
#pragma once

#include <stdbool.h>

struct err;
struct option_def;

struct options {
	const char *who; /* the command, for messages; NULL: before it */
	const struct option_def *rows; /* NULL: none */
	void *values; /* zeroed; filled as the rows say */
	bool end_at_argument; /* what follows the first argument is not ours */
};

struct parsed {
	char **args; /* owned, n of them, then NULL; the strings are argv's */
	int n;
	bool help; /* -h or --help, which need no row */
};

/* argv ends with NULL and does not have the name of the program.  *ret is
 * filled, and to be given to parsed_done(), in case of an error too. */
int options_parse(const struct options *o, char *const *argv,
		  struct parsed *ret, struct err *e);
void parsed_done(struct parsed *p);

/* The row of this name or letter, or NULL. */
const struct option_def *options_find(const struct option_def *rows,
				      const char *name);

/* How many changes of one letter lie between two names; for "did you mean". */
unsigned options_distance(const char *a, const char *b);
