/* spec.c - rootlet spec: a config.json to begin with. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "base/file.h"
#include "base/own.h"
#include "cli/command.h"
#include "plan/caller.h"
#include "spec/spec.h"

struct spec_opts {
	const char *bundle;
	bool single_id;
};

static const struct option_def spec_options[] = {
	{ "bundle", 'b', "DIR", offsetof(struct spec_opts, bundle), OPT_STRING,
	  "write it there (default: the current directory)" },
	{ "rootless", 0, NULL, offsetof(struct spec_opts, single_id), OPT_FLAG,
	  "with a user namespace in which only the caller's ids are mapped" },
	{ 0 },
};

static int write_config(int dir_fd, const char *dir, const char *text,
			struct err *e)
{
	autoclose int fd = openat(dir_fd, "config.json",
				  O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC,
				  0666);
	int r;

	if (fd < 0 && errno == EEXIST) {
		(void)err_set(e, EEXIST, "%s/config.json is there already",
			      dir);
		return err_hint(e, "Move it away first, or name another "
				   "bundle with --bundle");
	}
	if (fd < 0) {
		(void)err_sys(e, "make %s/config.json", dir);
		return err_hint(e, "Name another bundle with --bundle");
	}
	r = file_write_all(fd, text, strlen(text));
	if (r < 0) {
		(void)unlinkat(dir_fd, "config.json", 0);
		return err_errno(e, r, "write %s/config.json", dir);
	}
	return 0;
}

static int spec_run(const struct globals *g, void *opts, int argc, char **argv,
		    struct err *e)
{
	const struct spec_opts *o = opts;
	const char *dir = o->bundle ? o->bundle : ".";
	autofree char *text = NULL;
	autoclose int fd = -1;
	uint32_t uid;
	bool real_root;

	(void)g;
	(void)argc;
	(void)argv;
	fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0) {
		(void)err_sys(e, "open the bundle %s", dir);
		return err_hint(e, "It must be a directory; make it first");
	}
	caller_identity(&uid, &real_root);
	text = spec_template(o->single_id, uid, caller_gid());
	return write_config(fd, dir, text, e);
}

const struct command cmd_spec = {
	.name = "spec",
	.args = "",
	.help = "write a config.json to begin with",
	.options = spec_options,
	.run = spec_run,
	.opts_size = sizeof(struct spec_opts),
	.notes = "A normal user needs no --rootless: rootlet runs the plain "
		 "config.json as well, with all ids that the user was granted.",
};
