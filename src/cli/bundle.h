/* bundle.h - from the command line to a plan: what run, create and plan share.
 */
#pragma once

#include <stdbool.h>

#include "cli/command.h"
#include "plan/plan.h"

/* The options of create; run and plan use the same struct. */
struct create_opts {
	const char *bundle, *config, *console_socket, *pidfd_socket, *pid_file;
	bool no_pivot, no_new_keyring;
	unsigned preserve_fds;
	int userns; /* 0: not given, else enum userns_choice */
	bool detach, keep, no_subreaper; /* run's */
	bool stages, degradations; /* plan's */
	const char *caller; /* plan's: a file instead of the system */
};

/* Rows that create, run and plan have in common. */
#define BUNDLE_OPTIONS                                                           \
	{ "bundle",   'b',                                                       \
	  "DIR",      offsetof(struct create_opts, bundle),                      \
	  OPT_STRING, "the bundle (default: the current directory)" },           \
		{ "config",   'f',                                               \
		  "FILE",     offsetof(struct create_opts, config),              \
		  OPT_STRING, "read this instead of the bundle's config.json" }, \
	{                                                                        \
		"userns", 0, "auto|single|keep-id|host",                         \
			offsetof(struct create_opts, userns), OPT_CHOICE,        \
			"the user namespace, whatever the bundle says"           \
	}
#define CREATE_OPTIONS                                                        \
	{ "console-socket", 0,                                                \
	  "PATH",	    offsetof(struct create_opts, console_socket),     \
	  OPT_STRING,	    "send the terminal to this socket" },             \
		{ "pidfd-socket", 0,                                          \
		  "PATH",	  offsetof(struct create_opts, pidfd_socket), \
		  OPT_STRING,	  "send a pidfd of init to this socket" },    \
		{ "pid-file", 0,                                              \
		  "FILE",     offsetof(struct create_opts, pid_file),         \
		  OPT_STRING, "write the pid of init to this file" },         \
		{ "no-pivot",                                                 \
		  0,                                                          \
		  NULL,                                                       \
		  offsetof(struct create_opts, no_pivot),                     \
		  OPT_FLAG,                                                   \
		  "change the root by moving it, for a rootfs on ramfs" },    \
		{ "no-new-keyring",                                           \
		  0,                                                          \
		  NULL,                                                       \
		  offsetof(struct create_opts, no_new_keyring),               \
		  OPT_FLAG,                                                   \
		  "keep the caller's session keyring" },                      \
	{                                                                     \
		"preserve-fds", 0, "N",                                       \
			offsetof(struct create_opts, preserve_fds), OPT_UINT, \
			"pass N more file descriptors, from 3 on"             \
	}

/* Everything that a plan borrows from; owned here. */
struct bundle {
	char *path; /* absolute */
	char *config; /* text */
	size_t config_len;
	struct spec spec;
	struct caller caller;
	struct plan_options options;
	struct plan plan;
};

/* Zero the struct first; bundle_done() takes it half-made. */
int bundle_plan(const struct globals *g, const struct create_opts *opts,
		const char *id, bool detached, struct bundle *ret,
		struct err *e);
void bundle_done(struct bundle *b);
