/* command.h - one row per command and per option.
 *
 * The tables give dispatch, --help, the completions and the check of the man
 * pages.  An option's value is written into the command's options struct at
 * `offset`; the struct is zeroed before.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct err;

enum option_kind {
	OPT_FLAG, /* bool; --x, and --x=true|false as Go's flags take it */
	OPT_STRING, /* const char * */
	OPT_STRINGS, /* struct opt_strings; may be repeated */
	OPT_UINT, /* unsigned */
	OPT_CHOICE, /* int; arg is "a|b|c", the index is stored plus one */
	OPT_WORD, /* const char *; arg is "a|b|c", one of which it must be */
};

struct opt_strings {
	const char **v; /* owned by the parser, lives until exit */
	size_t n;
};

struct option_def {
	const char *name; /* without dashes; --x and -x are both taken */
	char letter; /* 0: none */
	const char *arg; /* how --help calls the value; NULL for a flag */
	size_t offset;
	enum option_kind kind;
	const char *help;
};

struct globals {
	const char *root, *log, *log_format, *log_level, *cgroup_manager;
	const char *criu;
	bool debug, systemd_cgroup, version, help, strict;
	int rootless; /* 0: not given; 1 true, 2 false, 3 auto */
	char *const *argv; /* of main, for sealed_reexec() */
};

struct command {
	const char *name;
	const char *args; /* "CONTAINER", "CONTAINER [SIGNAL]" */
	const char *help; /* one line */
	const struct option_def *options;
	/* Returns the exit status (>= 0), or -errno with e filled. */
	int (*run)(const struct globals *g, void *opts, int argc, char **argv,
		   struct err *e);
	size_t opts_size;
	int min_args, max_args;
	bool options_end_at_id; /* exec: what follows the id is the program */
	int failure_status; /* exit status when the runtime fails; 0: 1 */
	const char *notes; /* a paragraph for --help, or NULL */
	/* run() looks at the arguments itself: argv[0] is the command's name,
	 * and what follows was not parsed (but for --help at its front). */
	bool unparsed;
};

extern const struct command *const commands[]; /* by name; ends with NULL */
extern const struct option_def global_options[];
/* Hidden ones too; NULL: none. */
const struct command *command_find(const char *name);
