/* degrade.h - the one table of what an unprivileged caller can't have.
 *
 * Each row: what is done instead, why, and what would mend it.  plan/ adds
 * rows that it knows in advance; a stage that had to take a lower rung names
 * the row by its number, and HOST turns that into a degradation for the
 * state.  --strict makes each of them an error.  A security property
 * (seccomp, no_new_privs, masked paths, a read-only root, an LSM label) has
 * no row here: it fails.
 */
#pragma once

#include "plan/plan.h"

enum degrade_row {
	DEGRADE_SINGLE_ID, /* no subordinate ids: one id */
	DEGRADE_MAP_CUT, /* more ranges than one map can hold */
	DEGRADE_DEVICE_BIND, /* mknod refused: bind of the host's */
	DEGRADE_DEVICE_MISSING, /* nor is there one to bind */
	DEGRADE_DEVICE_OWNER, /* a bound device keeps the host's owner, mode */
	DEGRADE_RLIMIT, /* above the hard limit: clamped */
	DEGRADE_OOM_SCORE, /* below the caller's: kept */
	DEGRADE_SYSFS_BIND, /* no own network namespace: the host's, bound */
	DEGRADE_PROC_BIND,
	DEGRADE_MQUEUE_BIND,
	DEGRADE_CGROUP_BIND,
	DEGRADE_CGROUP_SKIP,
	DEGRADE_LOCKED_FLAGS, /* mount attributes that can't be cleared */
	DEGRADE_BIND_RECURSIVE, /* locked submounts: rbind instead of bind */
	DEGRADE_MOUNT_ID, /* uid= or gid= that does not map: left out */
	DEGRADE_ROOT_OVERLAY, /* mount points missing in a foreign rootfs */
	DEGRADE_GROUPS, /* additional groups, where setgroups is denied */
	DEGRADE_NESTED_USERNS, /* capabilities end at the inner namespace */
	DEGRADE_CAPABILITY, /* unknown to the kernel or not held */
	DEGRADE_AMBIENT, /* not permitted and inheritable as well */
	DEGRADE_BEYOND_BOUNDING, /* permitted, but not for what is executed */
	DEGRADE_KEYRING, /* quota: the caller's session keyring stays */
	DEGRADE_PROPAGATION, /* shared: nothing goes back to the host */
	DEGRADE_PING_RANGE, /* clamped to the highest mapped gid */
	DEGRADE_CGROUP_LIMIT, /* a named limit that is not in force */
	DEGRADE_CGROUP_CPUS, /* no cpuset: affinity instead */
	DEGRADE_CGROUP_MEMS, /* no cpuset: a memory policy instead */
	DEGRADE_CGROUP_PATH,
	DEGRADE_CGROUP_SUBGROUP, /* annotations about one */
	DEGRADE_CGROUP_DEVICES, /* device rules: no filter yet */
	DEGRADE_MOUNT_FLAG, /* an option that this kind of mount can't take */
	DEGRADE_GROUPS_UNMAPPED, /* additional groups that do not map */
	DEGRADE_MQUEUE_SKIP,
	DEGRADE_COPY_UP, /* what tmpcopyup could not take along */
	DEGRADE_GROUPS_KEPT, /* the caller's, as setgroups is denied */
	DEGRADE_SCHEDULER, /* real-time: the caller's policy stays */
	DEGRADE_NICE, /* below the caller's: that stays */
	DEGRADE_IO_PRIORITY, /* real-time: best effort instead */
	DEGRADE_CPUS, /* exec: outside of the cpuset */
	DEGRADE_EXEC_CGROUP, /* exec: the container's is out of reach */
	DEGRADE_ROWS
};

/* Adds a row to the plan.  `object` is put into the item's name ("[/sys]"),
 * may be NULL; wanted and got may be NULL for the row's own words.  With
 * --strict it is an error instead. */
int degrade_add(struct plan *plan, enum degrade_row row, const char *object,
		const char *wanted, const char *got, struct err *e);
/* The same with reasons that only this caller has. */
int degrade_add_why(struct plan *plan, enum degrade_row row, const char *object,
		    const char *why, const char *fix, struct err *e);

/* The same with those members of `words` that are not NULL, but item. */
int degrade_add_words(struct plan *plan, enum degrade_row row,
		      const char *object, const struct degradation *words,
		      struct err *e);

/* What a stage had to do without, found out by trial.  It lies in memory that
 * both processes share; HOST turns it into degradations for the state. */
#define DEGRADE_NOTES_MAX 512
struct degrade_notes {
	unsigned n;
	struct {
		unsigned short row; /* enum degrade_row */
		/* Of plan's mounts or devices; of CPUs: 0 initial, 1 final. */
		unsigned short index;
	} v[DEGRADE_NOTES_MAX];
};

/* INSIDE: takes the note; with --strict it is an error instead. */
int degrade_note(const struct plan *plan, struct degrade_notes *notes,
		 enum degrade_row row, unsigned index, struct err *e);
/* HOST: adds the rows of the notes to plan->degraded; nonsense is skipped. */
void degrade_take_notes(struct plan *plan, const struct degrade_notes *notes);

/* "single-id"; NULL would be a row without a name. */
const char *degrade_row_name(enum degrade_row row);
/* The row as words, for the table test and the manual. */
const struct degradation *degrade_row(enum degrade_row row);
