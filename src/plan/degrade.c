/* degrade.c - the one table of what an unprivileged caller can't have.
 *
 * In `item` an asterisk stands for the object.  Words are chosen so that each
 * row reads as "ITEM: wanted WANTED, got GOT: WHY.  FIX".
 */
#include "plan/degrade.h"

#include <errno.h>

#include "base/err.h"
#include "base/str.h"

static const struct degradation rows[DEGRADE_ROWS] = {
	[DEGRADE_SINGLE_ID] = {
		.item = "linux.uidMappings",
		.wanted = "all ids that are granted to the caller",
		.got = "a single id, the caller's own",
		.why = "no subordinate ids can be used",
		.fix = "ask the administrator for subordinate ids, see subuid(5)",
	},
	[DEGRADE_MAP_CUT] = {
		.item = "*",
		.wanted = "all ids that are granted to the caller",
		.got = "the largest ranges",
		.why = "the kernel takes one map of at most 340 lines and less than a page",
		.fix = "give the caller fewer and larger ranges in /etc/subuid and /etc/subgid",
	},
	[DEGRADE_DEVICE_BIND] = {
		.item = "linux.devices[*]",
		.wanted = "a device node of its own",
		.got = "the host's device, bind-mounted",
		.why = "the kernel lets nobody make device nodes in a user namespace",
		.fix = NULL,
	},
	[DEGRADE_DEVICE_MISSING] = {
		.item = "linux.devices[*]",
		.wanted = "the device",
		.got = "nothing",
		.why = "it can't be made here, and the host has no such device to bind-mount",
		.fix = "remove it from linux.devices, or make it on the host",
	},
	[DEGRADE_DEVICE_OWNER] = {
		.item = "linux.devices[*].fileMode",
		.wanted = "the owner and the mode that the bundle names",
		.got = "those of the host's device",
		.why = "a bind mount shows the host's device as it is",
		.fix = "as root on the host: chown or chmod the device",
	},
	[DEGRADE_RLIMIT] = {
		.item = "process.rlimits.*",
		.wanted = "the limit that the bundle names",
		.got = "the caller's hard limit",
		.why = "raising a hard limit takes CAP_SYS_RESOURCE on the host",
		.fix = "raise the caller's hard limit, see limits.conf(5), or LimitNOFILE= and its like of systemd.exec(5)",
		.is_limit = true,
	},
	[DEGRADE_OOM_SCORE] = {
		.item = "process.oomScoreAdj",
		.wanted = "a lower score",
		.got = "the caller's own score",
		.why = "going below the lowest score that the caller was ever given takes CAP_SYS_RESOURCE on the host",
		.fix = "remove process.oomScoreAdj, or name one that is not below the caller's",
	},
	[DEGRADE_SCHEDULER] = {
		.item = "process.scheduler.policy",
		.wanted = "the scheduling policy that the bundle names",
		.got = "the caller's",
		.why = "a real-time policy takes CAP_SYS_NICE on the host, or room in the limit RLIMIT_RTPRIO",
		.fix = "raise the caller's RLIMIT_RTPRIO, see limits.conf(5), or LimitRTPRIO= of systemd.exec(5); SCHED_DEADLINE is root's alone",
	},
	[DEGRADE_NICE] = {
		.item = "process.scheduler.nice",
		.wanted = "a lower nice value",
		.got = "the caller's own nice value",
		.why = "going below the caller's takes CAP_SYS_NICE on the host, or room in the limit RLIMIT_NICE",
		.fix = "raise the caller's RLIMIT_NICE, see limits.conf(5), or LimitNICE= of systemd.exec(5)",
	},
	[DEGRADE_IO_PRIORITY] = {
		.item = "process.ioPriority.class",
		.wanted = "IOPRIO_CLASS_RT",
		.got = "IOPRIO_CLASS_BE, with the same priority",
		.why = "the real-time class takes CAP_SYS_NICE or CAP_SYS_ADMIN on the host",
		.fix = "write IOPRIO_CLASS_BE",
	},
	[DEGRADE_CPUS] = {
		.item = "process.execCPUAffinity.*",
		.wanted = "the CPUs that are named",
		.got = "those of them that the process may use; where it may use none, the same CPUs as before",
		.why = "the others are not in its cpuset, or are not there",
		.fix = "name CPUs of cpuset.cpus.effective in its cgroup",
	},
	[DEGRADE_SYSFS_BIND] = {
		.item = "mounts[*]",
		.wanted = "a new sysfs",
		.got = "the host's /sys, bind-mounted",
		.why = "the container has no network namespace of its own, which a new sysfs belongs to",
		.fix = "add the namespace \"network\" to linux.namespaces",
	},
	[DEGRADE_PROC_BIND] = {
		.item = "mounts[*]",
		.wanted = "a new proc",
		.got = "the host's /proc, bind-mounted",
		.why = "the kernel refuses a new proc here: the container has no pid namespace of its own, or /proc is partly hidden where rootlet runs",
		.fix = "add the namespace \"pid\" to linux.namespaces; inside another container, start that one with an unmasked /proc",
	},
	[DEGRADE_MQUEUE_BIND] = {
		.item = "mounts[*]",
		.wanted = "a new mqueue",
		.got = "the host's /dev/mqueue, bind-mounted",
		.why = "the container has no ipc namespace of its own, which a new mqueue belongs to",
		.fix = "add the namespace \"ipc\" to linux.namespaces",
	},
	[DEGRADE_MQUEUE_SKIP] = {
		.item = "mounts[*]",
		.wanted = "a new mqueue",
		.got = "nothing is mounted there",
		.why = "the container has no ipc namespace of its own, which a new mqueue belongs to, and the host has no /dev/mqueue to bind-mount",
		.fix = "add the namespace \"ipc\" to linux.namespaces",
	},
	[DEGRADE_CGROUP_BIND] = {
		.item = "mounts[*]",
		.wanted = "a new cgroup2 mount",
		.got = "the host's /sys/fs/cgroup, bind-mounted",
		.why = "the kernel refuses a new mount of it here",
		.fix = NULL,
	},
	[DEGRADE_CGROUP_SKIP] = {
		.item = "mounts[*]",
		.wanted = "a cgroup2 mount",
		.got = "nothing is mounted there",
		.why = "the kernel refuses a new mount of it, and the host has no cgroup2 on /sys/fs/cgroup to bind-mount",
		.fix = "add the namespace \"cgroup\" to linux.namespaces, or boot the host with systemd.unified_cgroup_hierarchy=1",
	},
	[DEGRADE_LOCKED_FLAGS] = {
		.item = "mounts[*].options",
		.wanted = "mount attributes cleared",
		.got = "those of the source",
		.why = "attributes of a mount that belongs to the host are locked in a user namespace",
		.fix = "mount the source on the host without them",
	},
	[DEGRADE_BIND_RECURSIVE] = {
		.item = "mounts[*].options",
		.wanted = "bind",
		.got = "rbind",
		.why = "what is mounted below the source belongs to the host and can't be uncovered in a user namespace",
		.fix = "write rbind",
	},
	[DEGRADE_MOUNT_ID] = {
		.item = "mounts[*].options",
		.wanted = "files of the id that the option names",
		.got = "files of the container's root",
		.why = "the id is not mapped in the container's user namespace",
		.fix = "get more subordinate ids, or remove the option",
	},
	[DEGRADE_ROOT_OVERLAY] = {
		.item = "root.path",
		.wanted = "mount points made in the root filesystem",
		.got = "made in an overlay above it; changes to the root filesystem are lost",
		.why = "mount points are missing in the root filesystem, and it can't be written",
		.fix = "make the directories in the root filesystem that the bundle mounts on",
	},
	[DEGRADE_GROUPS] = {
		.item = "process.user.additionalGids",
		.wanted = "all groups that the bundle names",
		.got = "none of them",
		.why = "the kernel lets nobody set groups in a user namespace whose only group is the caller's",
		.fix = "get subordinate ids, see subgid(5)",
	},
	[DEGRADE_GROUPS_UNMAPPED] = {
		.item = "process.user.additionalGids",
		.wanted = "all groups that the bundle names",
		.got = "those that are mapped",
		.why = "the others are not mapped in the container's user namespace",
		.fix = "map them in linux.gidMappings",
	},
	[DEGRADE_GROUPS_KEPT] = {
		.item = "process.user",
		.wanted = "none of the caller's groups",
		.got = "the caller's groups, which show as 65534",
		.why = "the kernel lets nobody drop groups in a user namespace whose only group is the caller's: what they may read and write, the container may",
		.fix = "get subordinate ids, see subgid(5)",
	},
	[DEGRADE_NESTED_USERNS] = {
		.item = "process.user",
		.wanted = "capabilities in the namespaces of the container",
		.got = "capabilities in a nested user namespace only",
		.why = "the container has a single id, and the program runs as another one",
		.fix = "get subordinate ids, see subuid(5), or run the program as uid 0 and gid 0",
	},
	[DEGRADE_CAPABILITY] = {
		.item = "process.capabilities.*",
		.wanted = "the capability",
		.got = "not given",
		.why = "this kernel does not know it, or the caller does not hold it",
		.fix = "remove it from process.capabilities",
	},
	[DEGRADE_AMBIENT] = {
		.item = "process.capabilities.ambient",
		.wanted = "these capabilities, ambient",
		.got = "not given",
		.why = "the kernel lets only those be ambient that are permitted and inheritable as well",
		.fix = "write them in bounding, permitted and inheritable, too, or remove them from ambient",
	},
	[DEGRADE_BEYOND_BOUNDING] = {
		.item = "process.capabilities.permitted",
		.wanted = "these capabilities",
		.got = "none of them, once the program runs",
		.why = "executing a program takes away what is not in the bounding set",
		.fix = "write them in bounding, too, or remove them from permitted and effective",
	},
	[DEGRADE_KEYRING] = {
		.item = "keyring",
		.wanted = "a new session keyring",
		.got = "the caller's session keyring",
		.why = "the caller's quota of keys is used up, see kernel.keys.maxkeys, or a sandbox refuses it",
		.fix = "delete containers, or use --no-new-keyring",
	},
	[DEGRADE_PROPAGATION] = {
		.item = "*",
		.wanted = "mounts made in the container show up on the host",
		.got = "they stay in the container; mounts of the host still come in",
		.why = "the container has a user namespace of its own, so nothing goes back to the host",
		.fix = "write slave or rslave",
	},
	[DEGRADE_PING_RANGE] = {
		.item = "linux.sysctl.net.ipv4.ping_group_range",
		.wanted = "the range that the bundle names",
		.got = "its mapped part",
		.why = "the kernel takes mapped groups only",
		.fix = NULL,
	},
	[DEGRADE_CGROUP_LIMIT] = {
		.item = "linux.resources.*",
		.wanted = "the limit",
		.got = "no limit",
		.why = "the container has no cgroup that it could be in",
		.fix = "start rootlet inside a cgroup with that limit, for instance by systemd-run --user --scope -p",
		.is_limit = true,
	},
	[DEGRADE_CGROUP_CPUS] = {
		.item = "linux.resources.cpu.cpus",
		.wanted = "these CPUs",
		.got = "the CPU affinity of its processes, which they may change",
		.why = "the container has no cpuset",
		.fix = "start rootlet inside a cgroup with these CPUs",
		.is_limit = true,
	},
	[DEGRADE_CGROUP_MEMS] = {
		.item = "linux.resources.cpu.mems",
		.wanted = "these memory nodes",
		.got = "the memory policy of its processes, which they may change",
		.why = "the container has no cpuset",
		.fix = "start rootlet inside a cgroup with these memory nodes",
		.is_limit = true,
	},
	[DEGRADE_CGROUP_PATH] = {
		.item = "linux.cgroupsPath",
		.wanted = "the cgroup that the bundle names",
		.got = "the caller's cgroup",
		.why = "the caller may make none there",
		.fix = "start rootlet inside that cgroup",
	},
	[DEGRADE_CGROUP_SUBGROUP] = {
		.item = "annotations[*]",
		.wanted = "a control group below the container's",
		.got = "the caller's cgroup",
		.why = "the container has no cgroup of its own",
		.fix = "remove the annotation",
	},
	[DEGRADE_CGROUP_DEVICES] = {
		.item = "linux.resources.devices",
		.wanted = "access to devices filtered by rules",
		.got = "no filter: the permissions of the device files decide",
		.why = "a filter is a program of eBPF, which only root on the host may load; in a user namespace no device nodes can be made, but the rules refuse some that are bound into this one",
		.fix = "take what they refuse out of linux.devices and mounts",
	},
	[DEGRADE_EXEC_CGROUP] = {
		.item = "exec",
		.wanted = "a process in the container's cgroup, with its limits",
		.got = "it stays in the caller's cgroup",
		.why = "the cgroup that the two have in common is not the caller's to change",
		.fix = "call rootlet exec from below the cgroup that was delegated, or as root",
		.is_limit = true,
	},
	[DEGRADE_COPY_UP] = {
		.item = "mounts[*].options",
		.wanted = "tmpcopyup: all that is below, with its owners and attributes",
		.got = "what the container's root may read, make and give away",
		.why = "ids that are not mapped can't be given anything, nobody makes device nodes in a user namespace, tmpfs takes few extended attributes, and mounts below are not followed",
		.fix = "map the owners of what is below, or remove tmpcopyup",
	},
	[DEGRADE_MOUNT_FLAG] = {
		.item = "mounts[*].options",
		.wanted = "the option",
		.got = "left out",
		.why = "it belongs to a filesystem as a whole and can't be had for this mount alone",
		.fix = "remove the option",
	},
};

/* As `rootlet plan --degradations` lists them, and the tests name theirs. */
static const char *const row_names[DEGRADE_ROWS] = {
	[DEGRADE_SINGLE_ID] = "single-id",
	[DEGRADE_MAP_CUT] = "map-cut",
	[DEGRADE_DEVICE_BIND] = "device-bind",
	[DEGRADE_DEVICE_MISSING] = "device-missing",
	[DEGRADE_DEVICE_OWNER] = "device-owner",
	[DEGRADE_RLIMIT] = "rlimit",
	[DEGRADE_OOM_SCORE] = "oom-score",
	[DEGRADE_SYSFS_BIND] = "sysfs-bind",
	[DEGRADE_PROC_BIND] = "proc-bind",
	[DEGRADE_MQUEUE_BIND] = "mqueue-bind",
	[DEGRADE_CGROUP_BIND] = "cgroup-bind",
	[DEGRADE_CGROUP_SKIP] = "cgroup-skip",
	[DEGRADE_LOCKED_FLAGS] = "locked-flags",
	[DEGRADE_BIND_RECURSIVE] = "bind-recursive",
	[DEGRADE_MOUNT_ID] = "mount-id",
	[DEGRADE_ROOT_OVERLAY] = "root-overlay",
	[DEGRADE_GROUPS] = "groups",
	[DEGRADE_NESTED_USERNS] = "nested-userns",
	[DEGRADE_CAPABILITY] = "capability",
	[DEGRADE_AMBIENT] = "ambient",
	[DEGRADE_BEYOND_BOUNDING] = "beyond-bounding",
	[DEGRADE_KEYRING] = "keyring",
	[DEGRADE_PROPAGATION] = "propagation",
	[DEGRADE_PING_RANGE] = "ping-range",
	[DEGRADE_CGROUP_LIMIT] = "cgroup-limit",
	[DEGRADE_CGROUP_CPUS] = "cgroup-cpus",
	[DEGRADE_CGROUP_MEMS] = "cgroup-mems",
	[DEGRADE_CGROUP_PATH] = "cgroup-path",
	[DEGRADE_CGROUP_SUBGROUP] = "cgroup-subgroup",
	[DEGRADE_CGROUP_DEVICES] = "cgroup-devices",
	[DEGRADE_MOUNT_FLAG] = "mount-flag",
	[DEGRADE_GROUPS_UNMAPPED] = "groups-unmapped",
	[DEGRADE_MQUEUE_SKIP] = "mqueue-skip",
	[DEGRADE_COPY_UP] = "copy-up",
	[DEGRADE_GROUPS_KEPT] = "groups-kept",
	[DEGRADE_SCHEDULER] = "scheduler",
	[DEGRADE_NICE] = "nice",
	[DEGRADE_IO_PRIORITY] = "io-priority",
	[DEGRADE_CPUS] = "cpus",
	[DEGRADE_EXEC_CGROUP] = "exec-cgroup",
};

const char *degrade_row_name(enum degrade_row row)
{
	return row_names[row];
}

const struct degradation *degrade_row(enum degrade_row row)
{
	return &rows[row];
}

static const char *make_item(struct arena *a, const char *item,
			     const char *object)
{
	const char *star = strchr(item, '*');

	if (!star)
		return item;
	return arena_format(a, "%.*s%s%s", (int)(star - item), item,
			    object ? object : "", star + 1);
}

/* Room is doubled at each power of two, so no count of it is kept. */
static struct degradation *add_row(struct plan *plan)
{
	size_t n = plan->n_degraded;

	if ((n & (n - 1)) == 0) {
		struct degradation *more = arena_zero_n(
			&plan->arena, n ? 2 * n : 1, sizeof(*more));

		if (n)
			memcpy(more, plan->degraded, n * sizeof(*more));
		plan->degraded = more;
	}
	return &plan->degraded[plan->n_degraded++];
}

static int refuse(const struct degradation *d, struct err *e)
{
	err_set(e, ENOTSUP, "%s: --strict, and instead of %s there is %s: %s",
		d->item, d->wanted, d->got, d->why);
	return d->fix ? err_hint(e, "%s", d->fix) : -ENOTSUP;
}

static int add(struct plan *plan, const struct degradation *d, struct err *e)
{
	if (plan->options->strict)
		return refuse(d, e);
	*add_row(plan) = *d;
	return 0;
}

int degrade_add(struct plan *plan, enum degrade_row row, const char *object,
		const char *wanted, const char *got, struct err *e)
{
	struct arena *a = &plan->arena;
	struct degradation d = rows[row];

	d.item = make_item(a, d.item, object);
	if (wanted)
		d.wanted = arena_str(a, wanted);
	if (got)
		d.got = arena_str(a, got);
	return add(plan, &d, e);
}

int degrade_add_why(struct plan *plan, enum degrade_row row, const char *object,
		    const char *why, const char *fix, struct err *e)
{
	struct degradation d = rows[row];

	d.item = make_item(&plan->arena, d.item, object);
	if (why) {
		d.why = arena_str(&plan->arena, why);
		d.fix = arena_str(&plan->arena, fix);
	}
	return add(plan, &d, e);
}

int degrade_add_words(struct plan *plan, enum degrade_row row,
		      const char *object, const struct degradation *words,
		      struct err *e)
{
	struct arena *a = &plan->arena;
	struct degradation d = rows[row];

	d.item = make_item(a, d.item, object);
	if (words->wanted)
		d.wanted = arena_str(a, words->wanted);
	if (words->got)
		d.got = arena_str(a, words->got);
	if (words->why) {
		d.why = arena_str(a, words->why);
		d.fix = arena_str(a, words->fix);
	}
	return add(plan, &d, e);
}

/* What the index of a note counts. */
enum note_of { NOTE_OF_NOTHING, NOTE_OF_MOUNT, NOTE_OF_DEVICE, NOTE_OF_CPUS };

static enum note_of note_of(enum degrade_row row)
{
	const char *item = rows[row].item;

	if (str_after(item, "mounts["))
		return NOTE_OF_MOUNT;
	if (str_after(item, "linux.devices["))
		return NOTE_OF_DEVICE;
	if (row == DEGRADE_CPUS)
		return NOTE_OF_CPUS;
	return NOTE_OF_NOTHING;
}

/* False when there is no such object. */
static bool note_object(const struct plan *plan, enum degrade_row row,
			unsigned index, const char **ret)
{
	enum note_of of = note_of(row);

	*ret = NULL;
	if (of == NOTE_OF_MOUNT && index < plan->n_mounts)
		*ret = plan->mounts[index].dest;
	if (of == NOTE_OF_CPUS)
		*ret = index ? "final" : "initial";
	if (of == NOTE_OF_DEVICE && index < plan->n_devices)
		*ret = plan->devices[index].path;
	return *ret || of == NOTE_OF_NOTHING;
}

/* The row of a note.  About devices the trial knows more than the table: mknod
 * is tried by those alone who have the right, and a device has a name. */
static struct degradation note_row(const struct plan *plan,
				   enum degrade_row row, unsigned index,
				   const char *object, struct arena *a)
{
	struct degradation d = rows[row];

	d.item = make_item(a, d.item, object);
	if (row == DEGRADE_DEVICE_BIND) {
		d.why = "mknod(2) is refused although the caller has "
			"CAP_MKNOD: by a sandbox around rootlet, or a "
			"security module";
		d.fix = "allow mknod(2) there";
	}
	if (row == DEGRADE_DEVICE_MISSING && object) {
		const struct plan_device *p = &plan->devices[index];

		d.why = arena_format(a,
				     "it can't be made here, and the host has "
				     "no device node %c %u:%u that the caller "
				     "can reach, neither at %s nor under the "
				     "name that sysfs gives it",
				     p->type, p->major, p->minor, p->path);
	}
	return d;
}

int degrade_note(const struct plan *plan, struct degrade_notes *notes,
		 enum degrade_row row, unsigned index, struct err *e)
{
	if (plan->options->strict) {
		struct arena scratch = { 0 };
		struct degradation d;
		const char *object;
		int r;

		(void)note_object(plan, row, index, &object);
		d = note_row(plan, row, index, object, &scratch);
		r = refuse(&d, e);
		arena_done(&scratch);
		return r;
	}
	if (notes->n >= DEGRADE_NOTES_MAX)
		return err_set(e, E2BIG,
			       "more than %d things of the bundle can't be had",
			       DEGRADE_NOTES_MAX);
	notes->v[notes->n].row = (unsigned short)row;
	notes->v[notes->n].index = (unsigned short)index;
	notes->n++;
	return 0;
}

static bool is_listed(const struct plan *plan, const struct degradation *d)
{
	for (size_t i = 0; i < plan->n_degraded; i++)
		if (str_eq(plan->degraded[i].item, d->item) &&
		    plan->degraded[i].got == d->got)
			return true;
	return false;
}

/* The plan has said of a device that it is bound, and so of its mode; then there
 * was none to bind. */
static void forget_bound(struct plan *plan, const char *path)
{
	struct degradation *d = plan->degraded;
	size_t n = 0;

	for (size_t i = 0; i < plan->n_degraded; i++) {
		const char *rest = str_after(d[i].item, "linux.devices[");

		rest = rest ? str_after(rest, path) : NULL;
		if (!rest || !(str_eq(rest, "]") || str_eq(rest, "].fileMode")))
			d[n++] = d[i];
	}
	plan->n_degraded = n;
}

void degrade_take_notes(struct plan *plan, const struct degrade_notes *notes)
{
	unsigned n = notes->n;

	if (n > DEGRADE_NOTES_MAX)
		n = DEGRADE_NOTES_MAX;
	for (unsigned i = 0; i < n; i++) {
		unsigned short row = notes->v[i].row;
		struct degradation d;
		const char *object;

		if (row >= DEGRADE_ROWS ||
		    !note_object(plan, row, notes->v[i].index, &object))
			continue;
		d = note_row(plan, row, notes->v[i].index, object,
			     &plan->arena);
		if (row == DEGRADE_DEVICE_MISSING)
			forget_bound(plan, object);
		if (!is_listed(plan, &d))
			*add_row(plan) = d;
	}
}
