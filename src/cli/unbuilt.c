/* unbuilt.c - the commands of runc that this version does not have.
 *
 * They stand in the table, so that --help and the manual say so, and so that
 * a client that calls one gets one clear error instead of a misread option.
 */
#include <errno.h>

#include "base/err.h"
#include "cli/command.h"

static int unbuilt_run(const struct globals *g, void *opts, int argc,
		       char **argv, struct err *e)
{
	(void)g;
	(void)opts;
	(void)argc;
	(void)err_set(e, ENOSYS,
		      "this version of rootlet does not have the command %s",
		      argv[0]);
	return err_hint(e, "\"rootlet help\" lists those that it has");
}

#define UNBUILT(variable, its_name, its_args, its_help, status)           \
	const struct command cmd_##variable = {                           \
		.name = (its_name),                                       \
		.args = (its_args),                                       \
		.help = (its_help " (not in this version)"),              \
		.run = unbuilt_run,                                       \
		.max_args = -1,                                           \
		.failure_status = (status),                               \
		.notes = "This version of rootlet does not have it yet: " \
			 "every call but --help fails.",                  \
		.unparsed = true,                                         \
	}

UNBUILT(checkpoint, "checkpoint", "CONTAINER",
	"save a running container with criu", 1);
UNBUILT(restore, "restore", "CONTAINER", "bring back a saved container", 1);
