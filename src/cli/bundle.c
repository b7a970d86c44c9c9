/* bundle.c - from the command line to a plan: what run, create and plan share.
 */
#include "cli/bundle.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/err.h"
#include "base/file.h"
#include "base/own.h"
#include "base/str.h"
#include "cli/inherited.h"

#define CONFIG_MAX (4U << 20)

/* A fifo would be waited for; who names one with --config means it. */
static int read_config_file(const char *file, bool named, struct bundle *b,
			    struct err *e)
{
	autoclose int fd = open(file, O_RDONLY | O_CLOEXEC |
					      (named ? 0 : O_NONBLOCK));
	struct stat st;
	int r;

	if (fd < 0) {
		if (errno == ENOENT) {
			(void)err_set(e, ENOENT, "there is no %s", file);
			return err_hint(e, "Write one there with 'rootlet "
					   "spec', or name the bundle with "
					   "--bundle");
		}
		(void)err_sys(e, "read %s", file);
		if (e->code == ENOTDIR)
			return err_hint(e, "The bundle is the directory that "
					   "holds config.json");
		if (e->code == EACCES)
			return err_hint(e, "You need the right to read it");
		return -e->code;
	}
	if (fstat(fd, &st) < 0)
		return err_sys(e, "look at %s", file);
	if (!named && !S_ISREG(st.st_mode)) {
		(void)err_set(e, EINVAL, "%s is not a regular file", file);
		return err_hint(e, "Write one with 'rootlet spec', or name "
				   "another with --config");
	}
	r = file_read_fd(fd, CONFIG_MAX, &b->config, &b->config_len);
	if (r == -EFBIG)
		return err_set(e, EFBIG, "%s has more than %u MiB", file,
			       CONFIG_MAX >> 20);
	return r < 0 ? err_errno(e, r, "read %s", file) : 0;
}

static int read_config(const struct create_opts *o, struct bundle *b,
		       struct err *e)
{
	const char *dir = o->bundle ? o->bundle : ".";
	autofree char *file = NULL;
	int r;

	b->path = realpath(dir, NULL);
	if (!b->path) {
		(void)err_sys(e, "open the bundle %s", dir);
		return err_hint(e, "Name a directory that holds config.json "
				   "with --bundle");
	}
	file = o->config ? str_dup(o->config)
			 : str_format("%s/config.json", b->path);
	r = read_config_file(file, o->config != NULL, b, e);
	if (r < 0)
		return r;
	r = spec_parse(b->config, b->config_len, &b->spec, e);
	return r < 0 ? err_wrap(e, "%s", file) : 0;
}

static int read_caller(const struct create_opts *o, struct bundle *b,
		       struct err *e)
{
	autofree char *text = NULL;
	size_t len;
	int r;

	if (!o->caller)
		return caller_read(&b->spec, &b->options, &b->caller, e);
	r = file_read_at(AT_FDCWD, o->caller, CONFIG_MAX, &text, &len);
	if (r < 0)
		return err_errno(e, r, "read %s", o->caller);
	r = caller_parse(text, len, &b->caller, e);
	return r < 0 ? err_wrap(e, "%s", o->caller) : 0;
}

int bundle_plan(const struct globals *g, const struct create_opts *o,
		const char *id, bool detached, struct bundle *b, struct err *e)
{
	static const enum rootless_choice rootless[] = {
		ROOTLESS_AUTO, ROOTLESS_TRUE, ROOTLESS_FALSE, ROOTLESS_AUTO
	};
	int r;

	b->options = (struct plan_options){
		.id = id,
		.userns = (enum userns_choice)o->userns,
		.rootless = rootless[g->rootless],
		.strict = g->strict,
		.no_pivot = o->no_pivot,
		.no_new_keyring = o->no_new_keyring,
		.systemd_cgroup = g->systemd_cgroup,
		.cgroup_manager = g->cgroup_manager,
		.detached = detached,
		.console_socket = o->console_socket,
		.pidfd_socket = o->pidfd_socket,
		.preserve_fds = o->preserve_fds,
		.seccomp_receiver = getenv("RUN_OCI_SECCOMP_RECEIVER"),
		.notify = inherited_notify_socket() != NULL,
	};
	r = inherited_read(&b->options, e);
	if (r == 0)
		r = read_config(o, b, e);
	if (r < 0)
		return r;
	b->options.bundle = b->path;
	r = read_caller(o, b, e);
	if (r < 0)
		return r;
	return plan_make(&b->spec, &b->caller, &b->options, &b->plan, e);
}

void bundle_done(struct bundle *b)
{
	plan_done(&b->plan);
	caller_done(&b->caller);
	spec_done(&b->spec);
	free(b->config);
	free(b->path);
}
