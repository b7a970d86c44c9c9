/* systemd.c - a scope of a systemd manager, by way of rootlet-scope.
 *
 * Theory of operation: a scope is made around a process that is there, so init
 * is put in while it waits, still with the caller's uid: a manager of a user
 * takes no process of somebody else.  Delegate=yes makes the cgroup ours, so the
 * rest (limits in their files, children, freezing) goes as with cgroupfs, and
 * only what systemd has to know is said to it.  When the last process ends,
 * systemd forgets the scope by itself (CollectMode: be it failed or not).
 *
 * Where the scope's cgroup is, /proc tells: the manager's own word for it may be
 * that of another cgroup namespace.  It has to end in the unit's name, or the
 * manager has taken another process for ours.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/err.h"
#include "base/file.h"
#include "base/own.h"
#include "base/str.h"
#include "cgroup/cgroup.h"
#include "cgroup/scope.h"
#include "sys/tool.h"

#define ANSWER_MAX  4096
#define PATIENCE    40 /* seconds; rootlet-scope gives up before */
#define CGROUP_TEXT 65536
#define PROGRAM	    "rootlet-scope"

/* --- what rootlet-scope answers */

static const struct {
	const char *name; /* of the error of D-Bus, or of rootlet-scope */
	int code;
	const char *why; /* NULL: the manager's own words */
	const char *hint;
} answers[] = {
	{ "org.freedesktop.systemd1.UnitExists", EEXIST,
	  "a unit of that name is there already, with processes in it",
	  "take another linux.cgroupsPath, or stop that unit with systemctl" },
	{ "org.freedesktop.systemd1.NoSuchUnit", ENOENT,
	  "there is no such unit (any more)", NULL },
	{ "org.freedesktop.DBus.Error.UnixProcessIdUnknown", ESRCH,
	  "the process has ended", NULL },
	{ "org.freedesktop.DBus.Error.PropertyReadOnly", ENOTSUP, NULL,
	  "this systemd does not know the property, or not for a scope: "
	  "remove the annotation org.systemd.property.… for it" },
	{ "org.freedesktop.DBus.Error.AccessDenied", EACCES,
	  "the manager does not let this user",
	  "ask the manager of your own, or name another --cgroup-manager" },
	{ "org.freedesktop.DBus.Error.InteractiveAuthorizationRequired", EACCES,
	  "the manager does not let this user",
	  "ask the manager of your own, or name another --cgroup-manager" },
	{ "org.freedesktop.DBus.Error.ServiceUnknown", EHOSTDOWN,
	  "no manager of systemd is on that bus",
	  "unset DBUS_SESSION_BUS_ADDRESS, or name another --cgroup-manager" },
	{ "ENOPKG", ENOPKG, "the library libsystemd.so.0 can't be loaded",
	  "install the package libsystemd0 (Debian, Ubuntu) or systemd-libs "
	  "(Fedora), or name another --cgroup-manager" },
	{ "EHOSTDOWN", EHOSTDOWN, NULL,
	  "log in anew, or start it: systemctl start user@UID.service (as "
	  "root); or name another --cgroup-manager" },
	{ "EXDEV", EXDEV,
	  "the manager is in another pid namespace, where our processes have "
	  "other numbers",
	  "name --cgroup-manager cgroupfs or disabled" },
	{ "ETIMEDOUT", ETIMEDOUT, "it did not finish in time",
	  "look at: systemctl [--user] list-jobs" },
	{ "job", ECANCELED, "its job did not succeed",
	  "look at: journalctl [--user] -n 20" },
	{ NULL, EIO, NULL, NULL },
};

/* Engines take these for the fault of the container's program. */
static const char *words_of(const char *message)
{
	static const char *const programs[] = { "no such file or directory",
						"permission denied",
						"operation not permitted",
						"executable file not found" };

	for (size_t i = 0; i < sizeof(programs) / sizeof(programs[0]); i++)
		if (strcasestr(message, programs[i]))
			return "no";
	return message;
}

/* text: "NAME MESSAGE\n". */
static int explain(char *text, const char *what, const char *unit,
		   struct err *e)
{
	char *message;
	size_t i = 0;

	text[strcspn(text, "\n")] = '\0';
	message = strchrnul(text, ' ');
	if (*message)
		*message++ = '\0';
	while (answers[i].name && !str_eq(answers[i].name, text))
		i++;
	(void)err_set(e, answers[i].code, "systemd can't %s %s: %s (%s)", what,
		      unit, answers[i].why ? answers[i].why : words_of(message),
		      *text ? text : "no answer");
	return answers[i].hint ? err_hint(e, "%s", answers[i].hint) : -e->code;
}

static int ask(const struct scope_words *w, const char *what, const char *unit,
	       struct err *e)
{
	autofree char *text = NULL;
	int r = tool_output((char *const *)(uintptr_t)w->v, ANSWER_MAX,
			    PATIENCE, &text);

	if (r == 0)
		return 0;
	if (r == 1)
		return explain(text, what, unit, e);
	if (r < 0)
		return err_errno(e, r, "systemd can't %s %s: run %s", what,
				 unit, w->v[0]);
	return err_set(e, EIO, "systemd can't %s %s: %s ended with status %d",
		       what, unit, w->v[0], r);
}

/* PROGRAM ADDRESS VERB UNIT */
static int begin(struct scope_words *w, const char *bus, const char *verb,
		 const char *unit, struct err *e)
{
	autofree char *program = tool_find(PROGRAM);

	if (!program || !bus || !unit) {
		(void)err_set(
			e, ENOPKG,
			"systemd can't be asked to %s a scope: the program " PROGRAM
			", which speaks with systemd, is not installed",
			verb);
		return err_hint(e, "install rootlet with 'make install'; to be "
				   "built it needs sd-bus.h (Debian: "
				   "libsystemd-dev, Fedora: systemd-devel)");
	}
	scope_words_add(w, arena_str(&w->arena, program));
	scope_words_add(w, bus);
	scope_words_add(w, verb);
	scope_words_add(w, unit);
	return 0;
}

/* --- making */

static void add_property(struct scope_words *w, const char *name,
			 const char *signature, const char *value)
{
	scope_words_add(w, name);
	scope_words_add(w, signature);
	scope_words_add(w, value);
}

static void add_properties(struct scope_words *w,
			   const struct plan_cgroup *plan)
{
	static const char *const accounting[] = { "CPUAccounting",
						  "IOAccounting",
						  "MemoryAccounting",
						  "TasksAccounting" };

	add_property(w, "Slice", "s", plan->slice);
	add_property(w, "Delegate", "b", "1");
	add_property(w, "DefaultDependencies", "b", "0");
	add_property(w, "CollectMode", "s", "inactive-or-failed");
	for (size_t i = 0; i < sizeof(accounting) / sizeof(accounting[0]); i++)
		add_property(w, accounting[i], "b", "1");
	scope_add_settings(w, plan->settings, plan->n_settings);
	for (size_t i = 0; i < plan->n_properties; i++) {
		const struct plan_unit_property *p = &plan->properties[i];

		scope_words_add(w, p->name);
		scope_words_add(w, p->signature);
		for (size_t k = 0; k < p->values.n; k++)
			scope_words_add(w, p->values.v[k]);
	}
}

/* The cgroup of pid, which has to be the unit's. */
static int find_cgroup(const struct plan_cgroup *plan, pid_t pid,
		       char **ret_path, struct err *e)
{
	autofree char *file = str_format("/proc/%d/cgroup", (int)pid);
	autofree char *text = NULL;
	autofree char *end = str_format("/%s", plan->unit);
	int r = file_read_at(AT_FDCWD, file, CGROUP_TEXT, &text, NULL);
	char *line;

	if (r < 0)
		return err_errno(e, r, "read %s", file);
	line = str_after(text, "0::") ? text : strstr(text, "\n0::");
	if (line) {
		line += strcspn(line, "/");
		line[strcspn(line, "\n")] = '\0';
		if (str_ends(line, end)) {
			*ret_path = str_format("%s%s", plan->mount, line);
			return 0;
		}
	}
	(void)err_set(e, ESTALE,
		      "systemd has made %s, but process %d is not in it",
		      plan->unit, (int)pid);
	return err_hint(e, "a systemd that does not see this process is no "
			   "help: name --cgroup-manager cgroupfs or disabled");
}

int systemd_scope_make(const struct plan_cgroup *plan, pid_t pid,
		       char **ret_path, struct err *e)
{
	auto(scope_words) struct scope_words w = { 0 };
	int r = begin(&w, plan->bus, "start", plan->unit, e);

	if (r < 0)
		return r;
	scope_words_add(&w, arena_format(&w.arena, "%d", (int)pid));
	add_properties(&w, plan);
	r = ask(&w, "make", plan->unit, e);
	return r < 0 ? r : find_cgroup(plan, pid, ret_path, e);
}

/* --- later */

int systemd_scope_attach(const struct cgroup_ref *ref, const char *subgroup,
			 pid_t pid, struct err *e)
{
	auto(scope_words) struct scope_words w = { 0 };
	int r = begin(&w, ref->bus, "attach", ref->unit, e);

	if (r < 0)
		return r;
	scope_words_add(&w, str_empty(subgroup)
				    ? ""
				    : arena_format(&w.arena, "/%s", subgroup));
	scope_words_add(&w, arena_format(&w.arena, "%d", (int)pid));
	return ask(&w, "add a process to", ref->unit, e);
}

int systemd_scope_update(const struct cgroup_ref *ref,
			 const struct plan_cgroup_setting *settings, size_t n,
			 struct err *e)
{
	auto(scope_words) struct scope_words w = { 0 };
	int r = begin(&w, ref->bus, "set", ref->unit, e);
	size_t before = w.n;

	if (r < 0)
		return r;
	scope_add_settings(&w, settings, n);
	return w.n == before ? 0 : ask(&w, "change", ref->unit, e);
}

int systemd_scope_stop(const struct cgroup_ref *ref, struct err *e)
{
	auto(scope_words) struct scope_words w = { 0 };
	int r = begin(&w, ref->bus, "stop", ref->unit, e);

	return r < 0 ? r : ask(&w, "stop", ref->unit, e);
}
