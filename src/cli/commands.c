/* commands.c - the table of commands, and the options before them. */
#include "base/str.h"
#include "cli/command.h"

extern const struct command cmd_checkpoint, cmd_create, cmd_delete, cmd_events,
	cmd_exec, cmd_features, cmd_help, cmd_kill, cmd_list, cmd_options,
	cmd_pause, cmd_plan, cmd_ps, cmd_restore, cmd_resume, cmd_run, cmd_spec,
	cmd_start, cmd_state, cmd_update;

/* By name. */
const struct command *const commands[] = {
	&cmd_checkpoint, &cmd_create, &cmd_delete,  &cmd_events, &cmd_exec,
	&cmd_features,	 &cmd_help,   &cmd_kill,    &cmd_list,	 &cmd_pause,
	&cmd_plan,	 &cmd_ps,     &cmd_restore, &cmd_resume, &cmd_run,
	&cmd_spec,	 &cmd_start,  &cmd_state,   &cmd_update, NULL,
};

#define AT(member) offsetof(struct globals, member)
const struct option_def global_options[] = {
	{ "cgroup-manager", 0, "auto|cgroupfs|systemd|disabled",
	  AT(cgroup_manager), OPT_WORD,
	  "who makes the cgroups (default: auto)" },
	{ "criu", 0, "PATH", AT(criu), OPT_STRING,
	  "taken for runc's clients; has no effect" },
	{ "debug", 0, NULL, AT(debug), OPT_FLAG, "--log-level debug" },
	{ "help", 'h', NULL, AT(help), OPT_FLAG, "show this help" },
	{ "log", 0, "FILE", AT(log), OPT_STRING,
	  "append errors and warnings to this file, too; /dev/fd/N is a "
	  "descriptor" },
	{ "log-format", 0, "text|json", AT(log_format), OPT_WORD,
	  "how to write them there (default: text)" },
	{ "log-level", 0, "error|warning|info|debug", AT(log_level), OPT_WORD,
	  "how much to write there (default: warning)" },
	{ "root", 0, "DIR", AT(root), OPT_STRING,
	  "keep the state of containers there" },
	{ "rootless", 0, "true|false|auto", AT(rootless), OPT_CHOICE,
	  "follow the rules for callers without root (default: auto)" },
	{ "strict", 0, NULL, AT(strict), OPT_FLAG,
	  "what the caller can't have is an error, never a degradation" },
	{ "systemd-cgroup", 0, NULL, AT(systemd_cgroup), OPT_FLAG,
	  "--cgroup-manager systemd" },
	{ "version", 'v', NULL, AT(version), OPT_FLAG,
	  "show the versions of rootlet and of its libraries" },
	{ 0 },
};
#undef AT

const struct command *command_find(const char *name)
{
	for (size_t i = 0; commands[i]; i++)
		if (str_eq(commands[i]->name, name))
			return commands[i];
	return str_eq(cmd_options.name, name) ? &cmd_options : NULL;
}
