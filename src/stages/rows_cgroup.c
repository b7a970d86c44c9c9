/* rows_cgroup.c - the rows about the container's cgroup.
 *
 * Namespace situation of all of them: HOST, the caller's namespaces and ids.
 *
 * Its path is recorded before it is made, so that a creator that dies at any
 * moment leaves a trail; its inode comes with the record of the process.
 */
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/own.h"
#include "cgroup/cgroup.h"
#include "plan/annotations.h"
#include "plan/resources.h"
#include "stages/rows.h"
#include "sys/beneath.h"

/* So many containers of one id, in as many state roots, may there be. */
#define NAMES_MAX 1000

static int make_named(struct launch *l, const char *path, struct err *e)
{
	const struct plan_cgroup *p = &l->plan->cgroup;
	int r;

	l->state.cgroup = arena_format(&l->plan->arena, "%s%s", p->mount, path);
	l->state.cgroup_manager = CGROUP_FS;
	r = launch_record(l, STATUS_CREATING, e);
	if (r < 0)
		return r;
	l->cgroup_fd = cgroupfs_make(p, path, &l->state.cgroup_inode, e);
	if (l->cgroup_fd >= 0)
		return 0;
	/* Nothing of ours is there to be removed. */
	l->state.cgroup = NULL;
	l->state.cgroup_manager = CGROUP_NONE;
	return l->cgroup_fd;
}

/* Where init is born. */
static int open_birthplace(struct launch *l, struct err *e)
{
	const char *subgroup = l->plan->cgroup.subgroup;

	l->birth_fd = subgroup ? cgroup_make_below(l->cgroup_fd, subgroup, e)
			       : fcntl(l->cgroup_fd, F_DUPFD_CLOEXEC, 3);
	if (l->birth_fd < 0 && !subgroup)
		return err_sys(e, "duplicate a file descriptor");
	return l->birth_fd < 0 ? l->birth_fd : 0;
}

ROW(make_cgroup)
{
	const struct plan_cgroup *p = &l->plan->cgroup;
	int r = make_named(l, p->path, e);

	for (int i = 2; r == -EEXIST && p->path_is_ours && i < NAMES_MAX; i++)
		r = make_named(
			l, arena_format(&l->plan->arena, "%s.%d", p->path, i),
			e);
	return r < 0 ? r : open_birthplace(l, e);
}

static int refused(void *arg, const struct plan_cgroup_setting *s,
		   const struct err *why, struct err *e)
{
	struct launch *l = arg;

	return plan_limit_refused(l->plan, s, why, e);
}

ROW(apply_limits)
{
	const struct plan_cgroup *p = &l->plan->cgroup;

	return cgroup_apply(l->cgroup_fd, p->settings,
			    p->n_settings - p->n_late_settings, refused, l, e);
}

/* All that will be cloned has been. */
ROW(limit_pids)
{
	const struct plan_cgroup *p = &l->plan->cgroup;
	size_t first = p->n_settings - p->n_late_settings;

	return cgroup_apply(l->cgroup_fd, p->settings + first,
			    p->n_late_settings, refused, l, e);
}

/* Known before it is there: the record of the process has it.  As long as its
 * path is not known too, nobody has to stop it: it goes with that process. */
void launch_name_scope(struct launch *l)
{
	const struct plan_cgroup *p = &l->plan->cgroup;

	if (p->manager != CGROUP_SYSTEMD)
		return;
	l->state.cgroup_manager = CGROUP_SYSTEMD;
	l->state.cgroup_unit = p->unit;
	l->state.cgroup_bus = p->bus;
}

/* Systemd has set what it has a property for; the rest, and whether all of it
 * holds, is for us to see. */
static int take_scope(struct launch *l, const char *path, struct err *e)
{
	const struct plan_cgroup *p = &l->plan->cgroup;
	struct stat st;
	int r;

	l->state.cgroup = arena_str(&l->plan->arena, path);
	l->cgroup_fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (l->cgroup_fd < 0 || fstat(l->cgroup_fd, &st) < 0)
		return err_sys(e, "open the cgroup %s", path);
	l->state.cgroup_inode = st.st_ino;
	r = cgroup_apply(l->cgroup_fd, p->settings, p->n_settings, refused, l,
			 e);
	if (r == 0)
		r = open_birthplace(l, e);
	if (r == 0 && p->subgroup)
		r = cgroup_move(l->birth_fd, l->pid, e);
	return r;
}

/* Systemd was our choice, so it is not for us to insist: what is asked for is
 * listed, one by one. */
static int go_without(struct launch *l, const struct err *why, struct err *e)
{
	const struct plan_cgroup *p = &l->plan->cgroup;
	const struct degradation words = { .why = why->text,
					   .fix = *why->hint ? why->hint
							     : NULL };
	int r = 0;

	if (!p->path_is_ours)
		r = degrade_add_words(l->plan, DEGRADE_CGROUP_PATH, NULL,
				      &words, e);
	for (size_t i = 0; r == 0 && i < p->n_settings; i++)
		r = refused(l, &p->settings[i], why, e);
	l->state.cgroup_manager = CGROUP_NONE;
	l->state.cgroup_unit = l->state.cgroup_bus = NULL;
	return r;
}

/* Another one, where the bundle does not name it: of the same id in another
 * state root, say. */
static int rename_scope(struct launch *l, const char *unit, int i,
			struct err *e)
{
	const int len = (int)(strlen(unit) - strlen(".scope"));

	l->plan->cgroup.unit = arena_format(&l->plan->arena, "%.*s.%d.scope",
					    len, unit, i);
	launch_name_scope(l);
	return launch_record(l, STATUS_CREATING, e);
}

/* Init waits, still with the caller's ids: a manager of a user takes no process
 * of somebody else. */
ROW(ask_systemd)
{
	const struct plan_cgroup *p = &l->plan->cgroup;
	const char *unit = p->unit;
	autofree char *path = NULL;
	struct err why;
	int r;

	r = systemd_scope_make(p, l->pid, &path, &why);
	for (int i = 2; r == -EEXIST && p->path_is_ours && i < NAMES_MAX; i++) {
		r = rename_scope(l, unit, i, e);
		if (r < 0)
			return r;
		r = systemd_scope_make(p, l->pid, &path, &why);
	}
	if (r == 0)
		return take_scope(l, path, e);
	if (p->optional && r != -ESTALE)
		return go_without(l, &why, e);
	*e = why;
	return r;
}

/* That of the container's init. */
static int open_inits(const struct launch *l, struct err *e)
{
	autofree char *path = str_format("/proc/%u/cgroup", l->state.pid);

	return cgroup_open_of(l->cgroup_fd, l->state.cgroup, path, e);
}

/* Has init a place below the container's cgroup, from the beginning on? */
static bool has_place_below(const struct launch *l)
{
	const struct string_map *map = &l->state.annotations;

	return annotation_value(map, ANNOTATION_SUBGROUP) ||
	       annotation_value(map, ANNOTATION_DELEGATE);
}

/* exec: of the container that is there, or what is named below it. */
ROW(open_cgroup)
{
	const char *below = l->plan->cgroup.subgroup;
	struct cgroup_ref ref;

	(void)launch_cgroup(&l->state, &ref);
	l->cgroup_fd = cgroup_open(&ref, e);
	if (l->cgroup_fd < 0)
		return l->cgroup_fd;
	if (!below && has_place_below(l))
		l->birth_fd = open_inits(l, e);
	if (!below)
		return l->birth_fd < 0 ? open_birthplace(l, e) : 0;
	l->birth_fd = beneath_open(l->cgroup_fd, below, O_RDONLY | O_DIRECTORY);
	if (l->birth_fd < 0)
		return err_errno(e, l->birth_fd, "--cgroup: open %s in %s",
				 below, l->state.cgroup);
	return 0;
}

static int stay_outside(struct launch *l, struct err *e)
{
	return degrade_note(l->plan, &l->shared->notes, DEGRADE_EXEC_CGROUP, 0,
			    e);
}

static int named_refused(const struct launch *l, int code, struct err *e)
{
	(void)err_errno(e, code, "--cgroup: enter %s in %s",
			l->plan->cgroup.subgroup, l->state.cgroup);
	return err_hint(e, "Name another one, or none");
}

/* The kernel wants a cgroup to have either processes or controllers for its
 * children: where the container has enabled some, its init has moved below.
 * And without a right to the cgroup that we and the container have both come
 * from, nobody may cross from one to the other; but systemd may. */
int cgroup_instead(struct launch *l, int code, struct err *e)
{
	own_close(&l->birth_fd);
	l->attach = code == -EACCES &&
		    l->state.cgroup_manager == CGROUP_SYSTEMD;
	if (l->attach)
		return 0;
	if (l->plan->cgroup.subgroup)
		return named_refused(l, code, e);
	if (code == -EBUSY || code == -EOPNOTSUPP) {
		l->birth_fd = open_inits(l, e);
		return l->birth_fd < 0 ? l->birth_fd : 0;
	}
	/* Root is never told EACCES, and does not leave limits and the filter
	 * of devices behind. */
	return code == -EACCES ? stay_outside(l, e) : code;
}

/* In the process that stands between, before it joins anything. */
int cgroup_attach_self(struct launch *l, struct err *e)
{
	const char *subgroup = l->plan->cgroup.subgroup;
	autofree char *file = str_format("/proc/%u/cgroup", l->state.pid);
	autofree char *below = NULL;
	struct cgroup_ref ref;
	int r = 0;

	(void)launch_cgroup(&l->state, &ref);
	/* Beside init, wherever it has moved to. */
	if (!subgroup)
		r = cgroup_find_below(ref.path, file, &below, e);
	if (r == 0)
		r = systemd_scope_attach(&ref, subgroup ? subgroup : below,
					 getpid(), e);
	if (r == 0)
		return 0;
	if (subgroup)
		return err_wrap(e, "--cgroup %s", subgroup);
	return stay_outside(l, e);
}

ROW(give_cgroup)
{
	if (l->birth_fd < 0) /* go_without() */
		return 0;
	return cgroup_delegate(l->birth_fd, l->plan->cgroup.owner, e);
}

/* The cgroup namespace has been made: its root is the cgroup above. */
ROW(enter_delegated)
{
	const struct plan_cgroup *p = &l->plan->cgroup;
	autoclose int fd = -1;
	int r;

	if (l->birth_fd < 0) /* go_without() */
		return 0;
	r = fd = cgroup_make_below(l->birth_fd, p->delegate, e);
	if (r >= 0)
		r = 0;
	if (r == 0 && p->delegated)
		r = cgroup_delegate(fd, p->owner, e);
	return r < 0 ? r : cgroup_move(fd, l->pid, e);
}

ROW(filter_devices)
{
	const struct plan_cgroup *p = &l->plan->cgroup;

	return cgroup_filter_devices(l->cgroup_fd, p->device_rules,
				     p->n_device_rules, e);
}
