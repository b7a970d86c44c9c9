/* caller_bus.c - which manager of systemd is ours to ask for a cgroup.
 *
 * Theory of operation: real root has the system's manager, everybody else that
 * of the user, which is there after a login by pam_systemd or with lingering.
 * A manager listens on a socket of its own, which is asked first: it is the
 * manager's beyond doubt (a session bus need not have one on it), works without
 * a bus, and saves a hop.  A job of cron has no XDG_RUNTIME_DIR; the directory
 * of the user is there all the same.  In a user namespace it has the name of
 * the uid that we are outside.
 *
 * Nothing is connected to here: whether it answers is seen by who asks it.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/own.h"
#include "base/str.h"
#include "plan/make.h"
#include "sys/access.h"
#include "sys/tool.h"

#define CONTROLLERS_MAX 4096

static bool is_socket(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISSOCK(st.st_mode) &&
	       sys_may(AT_FDCWD, path, W_OK, 0);
}

/* Source: D-Bus specification, "Server Addresses": other bytes as %XX. */
static const char *address_of(struct arena *a, const char *path)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyz"
				    "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "0123456789-_/.*";
	struct strbuf b = { 0 };
	const char *address;

	strbuf_puts(&b, "unix:path=");
	for (; *path; path++) {
		if (strchr(plain, *path))
			strbuf_putc(&b, *path);
		else
			strbuf_printf(&b, "%%%02x", (unsigned char)*path);
	}
	address = arena_str(a, b.text);
	strbuf_done(&b);
	return address;
}

static const char *socket_in(struct caller *c, const char *dir,
			     const char *name)
{
	autofree char *path = str_format("%s/%s", dir, name);

	return *dir == '/' && is_socket(path) ? address_of(&c->arena, path)
					      : NULL;
}

static uint32_t outside_uid(const struct caller *c)
{
	uint32_t uid = c->uid;

	(void)idmap_outside(c->uid_map, c->n_uid_map, uid, &uid);
	return uid;
}

static const char *user_bus(struct caller *c)
{
	const char *session = getenv("DBUS_SESSION_BUS_ADDRESS");
	const char *named = getenv("XDG_RUNTIME_DIR");
	autofree char *usual = str_format("/run/user/%u", outside_uid(c));
	const char *dirs[] = { str_empty(named) ? usual : named, usual };
	const char *found = NULL;

	for (size_t i = 0; !found && i < 2; i++)
		found = socket_in(c, dirs[i], "systemd/private");
	if (!found && !str_empty(session))
		found = arena_str(&c->arena, session);
	for (size_t i = 0; !found && i < 2; i++)
		found = socket_in(c, dirs[i], "bus");
	return found;
}

static const char *system_bus(struct caller *c)
{
	const char *found = socket_in(c, "/run", "systemd/private");

	return found ? found : socket_in(c, "/run/dbus", "system_bus_socket");
}

/* What systemd was given for its units: the controllers of its own cgroup. */
static unsigned manager_controllers(const struct caller *c, bool system)
{
	uint32_t uid = outside_uid(c);
	autofree char *path = NULL;
	autofree char *text = NULL;

	if (!c->cgroup.mount)
		return 0;
	path = system ? str_format("%s/cgroup.controllers", c->cgroup.mount)
		      : str_format("%s/user.slice/user-%u.slice/"
				   "user@%u.service/cgroup.controllers",
				   c->cgroup.mount, uid, uid);
	/* In a cgroup namespace it has another name; who writes will see. */
	if (file_read_at(AT_FDCWD, path, CONTROLLERS_MAX, &text, NULL) < 0)
		return (1U << CG_CONTROLLERS) - 1;
	return cgroup_controllers_from_text(text);
}

/* Will the plan want to know?  By mkdir too: see caller_delegated.c. */
static bool is_wanted(const struct plan_options *o, const struct caller *c)
{
	const struct caller_cgroup *g = &c->cgroup;
	const char *manager = o->cgroup_manager;
	bool unmarked = c->unprivileged_rules && !g->batch &&
			!g->own_delegated && !g->parent_delegated;

	if (!g->mount)
		return false;
	if (manager && str_eq(manager, "cgroupfs"))
		return unmarked && g->own_writable;
	if (manager && !str_eq(manager, "auto"))
		return str_eq(manager, "systemd");
	return o->systemd_cgroup || unmarked;
}

void caller_read_bus(const struct plan_options *o, struct caller *c)
{
	bool system = caller_is_real_root(c);
	struct caller_cgroup *g = &c->cgroup;
	autofree char *program = NULL;

	if (!is_wanted(o, c))
		return;
	g->bus = system ? system_bus(c) : user_bus(c);
	if (!g->bus) {
		g->bus_why =
			system ? "no manager of systemd listens in /run/systemd"
			       : "no manager of systemd for the user listens "
				 "in $XDG_RUNTIME_DIR or /run/user";
		return;
	}
	program = tool_find("rootlet-scope");
	if (!program) {
		g->bus = NULL;
		g->bus_why = "the program rootlet-scope, which speaks with "
			     "systemd, is not installed";
		return;
	}
	g->bus_controllers = manager_controllers(c, system);
}
