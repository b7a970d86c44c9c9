/* mounts.c - the root filesystem and how each mount is made.
 *
 * Theory of operation: a new proc, sysfs, mqueue or cgroup2 shows the
 * namespace that its maker is in, and the kernel grants it only to root of
 * the user namespace which owns that.  Where we know that we are not, the
 * ladder begins with the host's directory, bind-mounted, and the plan says
 * so; where only a trial can tell, the host's directory is the second rung.
 */
#include <errno.h>
#include <limits.h>

#include "base/err.h"
#include "base/str.h"
#include "plan/make.h"
#include "plan/mount_options.h"
#include "sys/mountapi.h"

#define MOUNTS_MAX 1000

/* The kernel's own filesystems, each tied to a kind of namespace. */
struct tied_fs {
	const char *type, *fstype; /* in the bundle; for the kernel */
	enum ns_kind ns;
	const char *fallback;
	enum degrade_row row; /* where the ladder begins with it */
};

static const struct tied_fs tied_fs[] = {
	{ "proc", "proc", NS_PID, "/proc", DEGRADE_PROC_BIND },
	{ "sysfs", "sysfs", NS_NET, "/sys", DEGRADE_SYSFS_BIND },
	{ "mqueue", "mqueue", NS_IPC, "/dev/mqueue", DEGRADE_MQUEUE_BIND },
	{ "cgroup", "cgroup2", NS_CGROUP, "/sys/fs/cgroup", DEGRADE_ROWS },
	{ "cgroup2", "cgroup2", NS_CGROUP, "/sys/fs/cgroup", DEGRADE_ROWS },
};

static const struct tied_fs *find_tied(const char *type)
{
	for (size_t i = 0; i < sizeof(tied_fs) / sizeof(tied_fs[0]); i++)
		if (str_eq(tied_fs[i].type, type))
			return &tied_fs[i];
	return NULL;
}

static void push_rung(struct plan_mount *m, enum mount_how how)
{
	size_t i = 0;

	while (m->ladder[i] != MOUNT_END)
		i++;
	m->ladder[i] = how;
}

/* Without a cgroup namespace of its own a container's cgroup2 is what is on
 * /sys/fs/cgroup already: binding that shows the same, and mounting it would
 * cost 3 ms.  A host that has version 1 there is not shown at all: those
 * hierarchies are not the container's. */
static int plan_cgroup(struct plan *plan, struct plan_mount *m, struct err *e)
{
	bool bind = plan->caller->cgroup2_mounted;
	bool own = plan_has_own_ns(plan, NS_CGROUP);

	m->is_cgroup = true;
	if (plan_owns_ns(plan, NS_CGROUP) && (own || !bind))
		push_rung(m, MOUNT_FS);
	if (bind)
		push_rung(m, MOUNT_HOST_BIND);
	push_rung(m, MOUNT_SKIP);
	if (m->ladder[0] != MOUNT_SKIP)
		return 0;
	return degrade_add(plan, DEGRADE_CGROUP_SKIP, m->dest, NULL, NULL, e);
}

static int plan_tied(struct plan *plan, const struct tied_fs *t,
		     struct plan_mount *m, struct err *e)
{
	m->fstype = t->fstype;
	m->fallback = t->fallback;
	if (t->ns == NS_CGROUP)
		return plan_cgroup(plan, m, e);
	m->is_proc = t->ns == NS_PID;
	m->is_sysfs = t->ns == NS_NET;
	if (plan_owns_ns(plan, t->ns)) {
		push_rung(m, MOUNT_FS);
		push_rung(m, MOUNT_HOST_BIND);
		return 0;
	}
	if (t->ns == NS_IPC && !plan->caller->has_mqueue) {
		push_rung(m, MOUNT_SKIP);
		return degrade_add(plan, DEGRADE_MQUEUE_SKIP, m->dest, NULL,
				   NULL, e);
	}
	push_rung(m, MOUNT_HOST_BIND);
	return degrade_add(plan, t->row, m->dest, NULL, NULL, e);
}

static int plan_bind(struct plan *plan, const struct spec_mount *from,
		     size_t index, struct plan_mount *m, struct err *e)
{
	if (str_empty(from->source)) {
		err_set(e, EINVAL,
			"mounts[%zu].source: missing, and a bind mount needs "
			"one",
			index);
		return err_hint(e, "name a file or directory of the host");
	}
	push_rung(m, MOUNT_BIND);
	if (from->source[0] != '/')
		m->source = arena_format(&plan->arena, "%s/%s",
					 plan->options->bundle, from->source);
	return 0;
}

/* Leaves out uid= and gid= of ids that do not exist in the container. */
static int drop_foreign_ids(struct plan *plan, struct plan_mount *m,
			    struct err *e)
{
	size_t kept = 0;
	int r = 0;

	for (size_t i = 0; r == 0 && i < m->n_params; i++) {
		const struct mount_param *p = &m->params[i];
		bool is_uid = str_eq(p->key, "uid");
		uint32_t id;

		if ((is_uid || str_eq(p->key, "gid")) && p->value &&
		    str_uint32(p->value, &id) == 0 &&
		    !(is_uid ? plan_uid_maps(plan, id)
			     : plan_gid_maps(plan, id)))
			r = degrade_add(
				plan, DEGRADE_MOUNT_ID, m->dest,
				arena_format(&plan->arena, "%s=%u", p->key, id),
				NULL, e);
		else
			m->params[kept++] = *p;
	}
	m->n_params = kept;
	return r;
}

/* SELinux: what a new filesystem holds gets the label by context=.  The kernel's
 * own ones have labels by the policy; the queues take one, but not so. */
static void add_label(struct plan *plan, const struct tied_fs *tied,
		      struct plan_mount *m)
{
	static const char *const own[] = { "context", "fscontext", "defcontext",
					   "rootcontext" };

	if (!plan->mount_label)
		return;
	if (tied && tied->ns == NS_IPC)
		m->label = plan->mount_label;
	for (size_t i = 0; i < sizeof(own) / sizeof(own[0]); i++)
		if (plan_mount_has(m, own[i]))
			return;
	if (!tied)
		m->params[m->n_params++] =
			(struct mount_param){ "context", plan->mount_label };
}

static int plan_new_fs(struct plan *plan, const struct spec_mount *from,
		       size_t index, struct plan_mount *m, struct err *e)
{
	const struct tied_fs *tied;

	if (str_empty(from->type) || str_eq(from->type, "none")) {
		err_set(e, EINVAL,
			"mounts[%zu]: has neither a type nor the option bind "
			"or rbind",
			index);
		return err_hint(e, "write \"type\": \"tmpfs\" or its like, or "
				   "\"options\": [\"rbind\"]");
	}
	m->fstype = from->type;
	tied = find_tied(from->type);
	add_label(plan, tied, m);
	if (tied)
		return plan_tied(plan, tied, m, e);
	push_rung(m, MOUNT_FS);
	if (str_eq(from->type, "devpts")) {
		if (!plan_mount_has(m, "newinstance"))
			m->params[m->n_params++].key = "newinstance";
		if (!plan_mount_has(m, "ptmxmode"))
			m->params[m->n_params++] =
				(struct mount_param){ "ptmxmode", "0666" };
	}
	return drop_foreign_ids(plan, m, e);
}

/* Without empty and "." components; ".." is left to the kernel, which keeps
 * it inside the root. */
static const char *clean_path(struct arena *a, const char *path)
{
	char *clean = arena_zero(a, strlen(path) + 2);
	size_t n = 0;

	while (*path) {
		size_t len = strcspn(path, "/");

		if (len > 0 && !(len == 1 && *path == '.')) {
			clean[n++] = '/';
			memcpy(clean + n, path, len);
			n += len;
		}
		path += len;
		path += *path == '/';
	}
	if (n == 0)
		clean[n] = '/';
	return clean;
}

static int check_dest(const struct spec_mount *from, size_t index,
		      const char *clean, struct err *e)
{
	if (strlen(from->destination) >= PATH_MAX - 1)
		return err_set(e, ENAMETOOLONG,
			       "mounts[%zu].destination: longer than %d bytes",
			       index, PATH_MAX - 2);
	if (str_eq(clean, "/"))
		return err_set(e, EINVAL,
			       "mounts[%zu].destination: / is the root "
			       "filesystem, see root.path",
			       index);
	return 0;
}

/* With a user namespace of its own a container's mounts are slaves of the
 * host's, whatever is written. */
static int note_shared(struct plan *plan, uint64_t propagation,
		       const char *object, struct err *e)
{
	if (propagation != MS_SHARED || plan->ns[NS_USER].action == NS_INHERIT)
		return 0;
	return degrade_add(plan, DEGRADE_PROPAGATION, object, NULL, NULL, e);
}

static int check_copy_up(const struct plan_mount *m, size_t index,
			 struct err *e)
{
	if (m->ladder[0] == MOUNT_FS && str_eq(m->fstype, "tmpfs"))
		return 0;
	err_set(e, EINVAL,
		"mounts[%zu].options: tmpcopyup is for mounts of the type "
		"tmpfs",
		index);
	return err_hint(e, "remove the option, or write \"type\": \"tmpfs\"");
}

static int plan_mount(struct plan *plan, const struct spec_mount *from,
		      size_t index, struct err *e)
{
	struct arena *a = &plan->arena;
	struct plan_mount *m = &plan->mounts[index];
	const char *clean = clean_path(a, from->destination);
	struct mount_words words;
	int r = check_dest(from, index, clean, e);

	if (r == 0)
		r = mount_options_read(from, index, a, m, &words, e);
	if (r < 0)
		return r;
	m->dest = clean;
	m->source = str_empty(from->source) ? from->type : from->source;
	if (words.remount)
		push_rung(m, MOUNT_REMOUNT);
	else if (words.bind)
		r = plan_bind(plan, from, index, m, e);
	else
		r = plan_new_fs(plan, from, index, m, e);
	if (r == 0 && m->copy_up)
		r = check_copy_up(m, index, e);
	if (r == 0)
		r = plan_mount_ids(plan, from, index, &words, e);
	for (size_t i = 0; r == 0 && i < words.n_dropped; i++)
		r = degrade_add(plan, DEGRADE_MOUNT_FLAG, m->dest,
				words.dropped[i], NULL, e);
	if (r == 0)
		r = note_shared(plan, m->propagation,
				arena_format(a, "mounts[%s].options", m->dest),
				e);
	if (!str_eq(clean, "/dev") || words.remount)
		return r;
	m->is_dev = !words.bind;
	plan->fill_dev = !words.bind;
	if (m->is_dev && m->attr_set & MOUNT_ATTR_RDONLY) {
		m->attr_set &= ~(uint64_t)MOUNT_ATTR_RDONLY;
		m->readonly_after = true;
	}
	return r;
}

static const struct {
	const char *name;
	uint64_t flags;
} propagations[] = {
	{ "private", MS_PRIVATE },
	{ "rprivate", MS_PRIVATE | MS_REC },
	{ "shared", MS_SHARED },
	{ "rshared", MS_SHARED | MS_REC },
	{ "slave", MS_SLAVE },
	{ "rslave", MS_SLAVE | MS_REC },
	{ "unbindable", MS_UNBINDABLE },
	{ "runbindable", MS_UNBINDABLE | MS_REC },
};

/* Without a word about it the host's mounts come in (rslave), as in runc. */
static int plan_propagation(struct plan *plan, struct err *e)
{
	const struct spec_linux *l = plan->spec->linux_;
	const char *word = l ? l->rootfs_propagation : NULL;
	uint64_t kind;

	plan->root.make_slave = true;
	if (str_empty(word))
		return 0;
	for (size_t i = 0; i < sizeof(propagations) / sizeof(propagations[0]);
	     i++)
		if (str_eq(propagations[i].name, word))
			plan->root.propagation = propagations[i].flags;
	if (plan->root.propagation == 0)
		return err_set(e, EINVAL,
			       "linux.rootfsPropagation: \"%.40s\" is none of "
			       "private, shared, slave and unbindable",
			       word);
	kind = plan->root.propagation & ~(uint64_t)MS_REC;
	plan->root.make_slave = kind == MS_SHARED || kind == MS_SLAVE;
	return note_shared(plan, kind, "linux.rootfsPropagation", e);
}

static int plan_root(struct plan *plan, struct err *e)
{
	const struct spec_root *root = plan->spec->root;
	int code = plan->caller->root_errno;

	if (!root || str_empty(root->path)) {
		err_set(e, EINVAL, "root.path: missing");
		return err_hint(e, "write \"root\": {\"path\": \"rootfs\"}");
	}
	plan->root.path = root->path;
	if (root->path[0] != '/')
		plan->root.path = arena_format(&plan->arena, "%s/%s",
					       plan->options->bundle,
					       root->path);
	plan->root.readonly = root->readonly;
	plan->root.no_pivot = plan->options->no_pivot;
	if (code != 0) {
		err_errno(e, code,
			  "root.path: %s is no directory that the "
			  "caller can reach",
			  plan->root.path);
		return err_hint(e, "put the root filesystem there, or name "
				   "another directory in root.path");
	}
	return plan_propagation(plan, e);
}

/* Read-only: the program may speak to the socket, and not take it away. */
static void plan_notify(struct plan *plan)
{
	plan->notify = &plan->mounts[plan->n_mounts++];
	*plan->notify = (struct plan_mount){
		.dest = "/run/" PLAN_NOTIFY_DIR,
		.source = PLAN_NOTIFY_DIR,
		.ladder = { MOUNT_BIND },
		.attr_set = MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID |
			    MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC,
	};
}

static int plan_mount_label(struct plan *plan, struct err *e)
{
	const struct spec_linux *l = plan->spec->linux_;

	if (!l || str_empty(l->mount_label))
		return 0;
	plan->mount_label = l->mount_label;
	if (plan->caller->selinux)
		return 0;
	err_set(e, ENOTSUP,
		"linux.mountLabel: SELinux is not enabled in this kernel");
	return err_hint(e, "remove linux.mountLabel");
}

int plan_mounts(struct plan *plan, struct err *e)
{
	const struct spec_mount *from = plan->spec->mounts.v;
	const struct spec_linux *l = plan->spec->linux_;
	int r = plan_root(plan, e);

	plan->n_mounts = plan->spec->mounts.n;
	if (r == 0)
		r = plan_mount_label(plan, e);
	if (r == 0 && plan->n_mounts > MOUNTS_MAX)
		r = err_set(e, E2BIG,
			    "mounts: %zu are more than rootlet takes, %d",
			    plan->n_mounts, MOUNTS_MAX);
	if (r < 0)
		return r;
	/* One more, for the socket of sd_notify(3). */
	plan->mounts = arena_zero_n(&plan->arena, plan->n_mounts + 1,
				    sizeof(*plan->mounts));
	/* The specification wants the default devices in every container, so
	 * without a mount there the image's own /dev is filled. */
	plan->fill_dev = true;
	for (size_t i = 0; r == 0 && i < plan->n_mounts; i++)
		r = plan_mount(plan, &from[i], i, e);
	if (plan->options->notify)
		plan_notify(plan);
	if (l) {
		plan->masked = l->masked_paths.v;
		plan->n_masked = l->masked_paths.n;
		plan->readonly = l->readonly_paths.v;
		plan->n_readonly = l->readonly_paths.n;
	}
	return r;
}
