/* help.h - what --help, help and --version print, made of the tables. */
#pragma once

struct command;
struct err;

/* cmd NULL: of the program.  To stdout. */
int help_print(const struct command *cmd, struct err *e);
int version_print(struct err *e);
/* "rootlet kill [OPTION...] CONTAINER [SIGNAL]"; to be freed. */
char *help_usage(const struct command *cmd);

/* The error for a command that is not there. */
int help_unknown_command(const char *name, struct err *e);
