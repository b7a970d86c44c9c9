/* enable.c - gives a cgroup that is there more controllers.
 *
 * Theory of operation: a cgroup has the controllers that the one above passes
 * on, which itself must have them.  So the way goes up, to the first that has
 * what is missing, and enables on the way back.  Nothing is taken away.
 *
 * A container that needed no controllers may have been made below the cgroup
 * that its creator is in himself.  Then, as at create, those in there move to a
 * leaf of it; but only if we are among them, and so have been given it.
 */
#include <errno.h>
#include <linux/magic.h>
#include <string.h>
#include <sys/statfs.h>
#include <unistd.h>

#include "base/err.h"
#include "base/file.h"
#include "base/own.h"
#include "base/str.h"
#include "cgroup/cgroup.h"
#include "cgroup/internal.h"

#define TEXT_MAX 65536
#define LIST_MAX ((size_t)16 << 20)

/* "memory pids" */
static char *names_of(unsigned controllers)
{
	struct strbuf b = { 0 };

	strbuf_puts(&b, "");
	for (const struct field_name *f = cgroup_controller_names; f->name; f++)
		if (controllers >> f->value & 1)
			strbuf_printf(&b, "%s%s", b.len ? " " : "", f->name);
	return b.text;
}

void cgroup_add_names(struct strbuf *b, unsigned controllers)
{
	for (const struct field_name *f = cgroup_controller_names; f->name; f++)
		if (controllers >> f->value & 1)
			strbuf_printf(b, "+%s ", f->name);
}

/* Nobody is in it, or it is the root of all (which has no type). */
static bool may_divide(int at_fd)
{
	autofree char *list = NULL;

	return faccessat(at_fd, "cgroup.type", F_OK, 0) < 0 ||
	       (file_read_at(at_fd, "cgroup.procs", LIST_MAX, &list, NULL) ==
			0 &&
		*list == '\0');
}

/* Controllers of threads the kernel would enable in a cgroup with processes,
 * too; its children could have no processes then. */
int cgroup_pass_on(int at_fd, unsigned controllers)
{
	struct strbuf names = { 0 };
	int r;

	if (!may_divide(at_fd))
		return -EBUSY;
	cgroup_add_names(&names, controllers);
	r = file_write_at(at_fd, "cgroup.subtree_control", names.text,
			  names.len);
	strbuf_done(&names);
	return r;
}

static int missing_in(int dir_fd, unsigned wanted, unsigned *ret, struct err *e)
{
	autofree char *text = NULL;
	int r = file_read_at(dir_fd, "cgroup.controllers", TEXT_MAX, &text,
			     NULL);

	if (r < 0)
		return err_errno(e, r, "read cgroup.controllers");
	*ret = wanted & ~cgroup_controllers_from_text(text);
	return 0;
}

static int nobody_has(unsigned controllers, struct err *e)
{
	autofree char *names = names_of(controllers);

	(void)err_set(e, ENOTSUP,
		      "no cgroup above it has these controllers: %s", names);
	return err_hint(e, "The kernel was built without them, or they are "
			   "mounted as cgroup v1, or what is above is not "
			   "visible here");
}

static bool are_in(int dir_fd)
{
	autofree char *list = NULL;
	char *line, *rest = NULL;
	uint32_t pid;

	if (file_read_at(dir_fd, "cgroup.procs", LIST_MAX, &list, NULL) < 0)
		return false;
	for (line = strtok_r(list, "\n", &rest); line;
	     line = strtok_r(NULL, "\n", &rest))
		if (str_uint32(line, &pid) == 0 && (pid_t)pid == getpid())
			return true;
	return false;
}

static int pass_on_or_move(int above_fd, unsigned controllers, struct err *e)
{
	autofree char *names = names_of(controllers);
	int r = cgroup_pass_on(above_fd, controllers);

	if (r == -EBUSY && are_in(above_fd) &&
	    cgroup_move_to_leaf(above_fd, PLAN_CGROUP_LEAF, "above it", e) == 0)
		r = cgroup_pass_on(above_fd, controllers);
	if (r >= 0)
		return 0;
	(void)err_errno(e, r, "enable these controllers for it: %s", names);
	if (r == -EBUSY)
		return err_hint(e, "The cgroup above it has processes of its "
				   "own, and then the kernel gives controllers "
				   "to none below");
	return err_hint(e, "It is not the caller's to give: a user gets "
			   "controllers when root writes \"[Service]\" and "
			   "\"Delegate=cpu cpuset io memory pids\" into "
			   "/etc/systemd/system/user@.service.d/delegate.conf");
}

int cgroup_enable(int dir_fd, unsigned controllers, struct err *e)
{
	autoclose int above_fd = -1;
	struct statfs fs;
	unsigned missing = 0;
	int r;

	r = missing_in(dir_fd, controllers, &missing, e);
	if (r < 0 || missing == 0)
		return r;
	above_fd = openat(dir_fd, "..", CGROUP_OPEN_DIR);
	if (above_fd < 0)
		return err_sys(e, "open the cgroup above");
	/* Above the uppermost is a directory of another filesystem. */
	if (fstatfs(above_fd, &fs) < 0 || fs.f_type != CGROUP2_SUPER_MAGIC)
		return nobody_has(missing, e);
	r = cgroup_enable(above_fd, missing, e);
	return r < 0 ? r : pass_on_or_move(above_fd, missing, e);
}
