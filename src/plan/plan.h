/* plan.h - what we will do: every decision, before anything is changed.
 *
 * plan_make() is a pure function of the spec, the caller and the options.
 * After it nothing interprets a string of the bundle.  Where only a trial can
 * tell what the kernel grants, the plan holds an ordered ladder; the stage
 * takes the first rung that works and the state records which one.
 *
 * Memory: everything belongs to plan->arena or is borrowed from the spec and
 * the caller, which must live as long as the plan.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/mem.h"
#include "plan/bits.h"
#include "plan/caller.h"
#include "spec/spec.h"

struct err;
struct json_out;

enum ns_action {
	NS_INHERIT, /* stay in the caller's */
	NS_NEW,
	NS_JOIN,
};

/* When a namespace is entered. */
enum ns_when {
	NS_AT_CLONE, /* by a flag of the clone that makes init */
	NS_BETWEEN, /* made by the process that stands between, before that */
	NS_AS_ROOT, /* made once we are root in the user namespace */
	NS_BEFORE_USER, /* joined before the new user namespace */
	NS_AFTER_USER, /* joined after the user namespace was joined */
};

struct plan_ns {
	enum ns_action action;
	enum ns_when when;
	const char *path; /* of a NS_JOIN; NULL: that of the target's init */
};

enum idmap_how {
	IDMAP_NONE, /* no new user namespace */
	IDMAP_DIRECT, /* we may write the files ourselves */
	IDMAP_HELPERS, /* newuidmap and newgidmap */
};

struct plan_userns {
	enum idmap_how how;
	struct id_range *uids, *gids; /* as written; outside = caller's view */
	size_t n_uids, n_gids;
	bool deny_setgroups; /* must be written before the gid map */
	const char *newuidmap, *newgidmap; /* of IDMAP_HELPERS */
	uint32_t setup_uid, setup_gid; /* who sets the container up */
	/* The payload runs as a uid or gid that the only mapped id is not: a
	 * second, nested user namespace maps it to the first. */
	bool nested;
	uint32_t nested_uid, nested_gid;
	/* exec: the namespace of a nested init is left for the one around it;
	 * its own is made before the process is, out of the container's sight. */
	bool join_parent, nest_first;
	const char *row; /* which row of the table, in words */
};

/* How a mount is made; a mount has a ladder of these, tried in order. */
enum mount_how {
	MOUNT_END, /* of the ladder: the last error stands */
	MOUNT_FS, /* a new instance of fstype */
	MOUNT_BIND, /* the opened source (`tree`) is moved into place */
	MOUNT_HOST_BIND, /* rbind of the host's directory `fallback` */
	MOUNT_SKIP, /* leave it out */
	MOUNT_REMOUNT, /* change the attributes of what is mounted there */
};
#define MOUNT_RUNGS 4

struct mount_param {
	const char *key;
	const char *value; /* NULL: a flag */
};

/* An idmapped mount shows files that the disk says are of `inside` as those of
 * `outside`, an id of the user namespace that rootlet runs in. */
struct plan_mount_ids {
	bool recursive; /* the mounts below it too */
	/* Without lines: as the container's user namespace maps. */
	struct id_range *uids, *gids;
	size_t n_uids, n_gids;
};

struct plan_mount {
	const char *dest; /* below the rootfs, absolute, without "//", "/./" */
	const char *source; /* of a bind: absolute; else the source's name */
	const char *fallback; /* of MOUNT_HOST_BIND: "/sys", "/proc", … */
	const char *fstype; /* of MOUNT_FS */
	enum mount_how ladder[MOUNT_RUNGS];
	struct mount_param *params; /* for fsconfig */
	size_t n_params;
	bool recursive; /* rbind */
	struct plan_mount_ids *ids; /* of an idmapped mount; NULL: none */
	uint64_t attr_set, attr_clear; /* MOUNT_ATTR_*; see mountapi.h */
	uint64_t rec_attr_set, rec_attr_clear; /* of the `r…` options */
	/* Attributes set by option that may be locked: refused ones stay. */
	bool locked_ok;
	uint64_t propagation; /* MS_SHARED, …; 0: leave it */
	bool propagation_recursive;
	bool source_optional; /* missing source: skip (nofail is not OCI's) */
	/* Made rw (RDONLY is not in attr_set), filled, then ro (/dev). */
	bool readonly_after;
	/* SELinux: of its root; the filesystem takes no context=.  NULL: none. */
	const char *label;
	bool copy_up; /* a tmpfs that begins with what it covers */
	bool is_cgroup, is_proc, is_sysfs, is_dev; /* decided here, once */
};

/* Bit i is set in the mask of rungs when the device may be made so. */
struct plan_device {
	const char *path; /* in the container, absolute */
	char type; /* 'c', 'b' or 'p' */
	uint32_t major, minor;
	uint32_t mode; /* permission bits */
	uint32_t uid, gid; /* in the container */
	bool try_mknod; /* first rung */
	bool try_bind; /* second: bind of the host's of that number */
	bool default_device; /* of the specification's list */
};

struct plan_root {
	const char *path; /* absolute */
	bool readonly;
	bool no_pivot;
	uint64_t propagation; /* MS_*, applied to / of the container */
	bool make_slave; /* host's mounts come in; else private */
};

struct plan_net_device {
	const char *host; /* its name here */
	const char *name; /* in the container; may hold one "%d" */
};

struct plan_sysctl {
	const char *name; /* with dots, as given */
	const char *path; /* below /proc/sys: "net/ipv4/ip_forward" */
	const char *value;
	enum ns_kind ns; /* the namespace it belongs to */
};

struct plan_rlimit {
	int resource; /* RLIMIT_ number */
	uint64_t soft, hard; /* UINT64_MAX: unlimited */
};

struct plan_caps {
	uint64_t effective, bounding, inheritable, permitted, ambient;
};

struct plan_scheduler {
	const char *name; /* of the policy; NULL: the caller's stays */
	uint32_t policy, priority; /* SCHED_…; 0 but of real-time ones */
	uint64_t flags; /* SCHED_FLAG_… */
	const struct strings *flag_names;
	int32_t nice;
	uint64_t runtime, deadline, period; /* nanoseconds */
};

struct plan_io_priority {
	const char *name; /* of the class; NULL: the caller's stays */
	unsigned io_class, level; /* IOPRIO_CLASS_…, 0 to 7 */
};

struct plan_memory {
	const char *key; /* of the bundle, that asks for it */
	const char *name; /* of the mode; NULL: the caller's stays */
	unsigned mode; /* MPOL_…, MPOL_F_… */
	const struct strings *flag_names;
	struct plan_bits nodes;
};

struct plan_process {
	const char **args; /* NULL-terminated */
	const char **env; /* NULL-terminated, one per name, the last wins */
	bool needs_home; /* HOME is missing or empty: from the passwd */
	const char *cwd;
	uint32_t uid, gid; /* in the container's (innermost) namespace */
	uint32_t *groups; /* those that map */
	size_t n_groups;
	bool set_groups; /* setgroups() can and must be called */
	bool keep_groups; /* the bundle wants the caller's */
	uint32_t umask;
	bool has_umask;
	struct plan_caps caps;
	struct plan_rlimit *rlimits;
	size_t n_rlimits;
	bool limits_raised; /* some above the caller's: HOST's to set */
	bool no_new_privs;
	struct plan_scheduler scheduler;
	struct plan_io_priority io_priority;
	/* linux.resources.cpu.cpus, where no cpuset can hold it; no text: none. */
	struct plan_bits cpus;
	/* Of exec only: while it joins, and from then on. */
	struct plan_bits cpus_initial, cpus_final;
	struct plan_memory memory;
	const char *personality_name; /* NULL: the caller's stays */
	unsigned long personality; /* PER_… */
	bool set_oom_score_adj;
	int oom_score_adj, callers_oom_score_adj;
	uint32_t pass_fds; /* how many fds from 3 on the program keeps */
	bool passes_listen_pid; /* LISTEN_PID= is its pid, then */
	bool terminal;
	struct spec_console_size console_size; /* 0, 0: the caller's */
	bool new_keyring;
	const char *keyring; /* its name */
	const struct spec_seccomp *seccomp; /* NULL: none */
	/* Of a filter that notifies: whose socket gets its listener (absolute),
	 * and what is said to it; NULL: none. */
	const char *seccomp_listener, *seccomp_metadata;
	const char *apparmor_profile, *selinux_label; /* NULL: none */
};

/* Who makes the container's cgroup. */
enum cgroup_manager {
	CGROUP_NONE, /* nobody: it stays in the caller's */
	CGROUP_FS, /* we do, by mkdir(2) */
	CGROUP_SYSTEMD, /* a manager of systemd, as a transient scope */
};
extern const struct field_name cgroup_manager_names[];

enum cgroup_setting_flags {
	/* It takes a limit away: what has no such controller has none. */
	SETTING_LIFTS = 1,
	/* It holds by itself where the kernel has no such file. */
	SETTING_MAY_LACK = 2,
	/* The same comes again, after another: a refusal is no error yet. */
	SETTING_FIRST_TRY = 4,
	/* Not below what is used now (memory.checkBeforeUpdate). */
	SETTING_OVER_USAGE = 8,
};

/* One write into a file of the container's cgroup. */
struct plan_cgroup_setting {
	const char *file; /* "memory.max" */
	const char *value; /* "104857600", "max", "8:0 rbps=1048576" */
	/* Where the kernel has no such file, this one; NULL: no other. */
	const char *else_file, *else_value;
	const char *item; /* its key: "linux.resources.memory.limit" */
	const char *wanted; /* in the bundle's words: "104857600", "-1" */
	enum cgroup_controller controller;
	unsigned flags; /* enum cgroup_setting_flags */
};

enum { DEVICE_READ = 1, DEVICE_WRITE = 2, DEVICE_MKNOD = 4, DEVICE_ALL = 7 };

/* One of linux.resources.devices, in its order: of those that fit the last
 * decides, about each access for itself; what none fits is refused. */
struct plan_device_rule {
	bool allow;
	char type; /* 'c', 'b' or 'a': both */
	int64_t major, minor; /* -1: all */
	unsigned access; /* DEVICE_READ, … */
};

/* A property of a systemd unit, its value as rootlet-scope takes it: a word for
 * each basic type of the signature of D-Bus, and the length before the elements
 * of an array. */
struct plan_unit_property {
	const char *name; /* "MemoryMax" */
	const char *signature; /* "t" */
	struct strings values;
};

#define PLAN_CGROUP_LEAF "rootlet-leaf"

struct plan_cgroup {
	enum cgroup_manager manager;
	/* Of CGROUP_NONE: why the container has none, and what would give it
	 * one; for the rows of what can't be had then. */
	const char *why, *fix;
	/* A limit that can't be applied is an error (real root), else listed. */
	bool must_hold;
	/* Controllers that a cgroup there can have: bits.  For what is not
	 * among them, missing_fix says how it could be had (may be NULL). */
	unsigned available;
	const char *missing_fix;
	const char *mount; /* of cgroup2: "/sys/fs/cgroup"; NULL: none here */
	const char *path; /* CGROUP_FS: below mount, begins with '/' */
	/* The bundle did not name it, so that another name will do where this
	 * one is taken. */
	bool path_is_ours;
	/* The cgroup above path that is there already, and in which we may make
	 * others; "" is the mount itself. */
	const char *place;
	/* CGROUP_FS: child of place for the processes that are in place itself,
	 * so that it may have controllers; NULL: it has none, or need not. */
	const char *leaf; /* PLAN_CGROUP_LEAF */
	/* CGROUP_SYSTEMD: the unit is "NAME.scope"; bus is the D-Bus address
	 * of its manager. */
	const char *slice, *unit, *bus;
	bool user_manager;
	/* It was our choice: where it fails the container stays in the caller's
	 * cgroup, and that is listed. */
	bool optional;
	struct plan_unit_property *properties; /* org.systemd.property.… */
	size_t n_properties;
	/* Below the cgroup, for the container's processes; NULL: none. */
	const char *subgroup;
	/* Below that, once the cgroup namespace is made; NULL: none. */
	const char *delegate;
	bool delegated; /* its files are to belong to owner */
	uint32_t owner; /* process.user.uid, as the host has it */
	unsigned controllers; /* bits to enable for it, out of available ones */
	struct plan_cgroup_setting *settings;
	size_t n_settings;
	/* So many of them, the last ones, are written when all processes that
	 * set the container up are there. */
	size_t n_late_settings;
	bool filter_devices; /* by rules, as an eBPF program */
	bool filter_late; /* a mount may need a device that they refuse */
	struct plan_device_rule *device_rules;
	size_t n_device_rules;
};

struct degradation {
	const char *item; /* "rlimits.RLIMIT_NOFILE", "mounts[/sys]", … */
	const char *wanted, *got, *why, *fix; /* fix may be NULL */
	bool is_limit; /* a limit that the bundle names: run's warning */
};

#define PLAN_NOTIFY_DIR	   "notify"
#define PLAN_NOTIFY_SOCKET "notify.sock"

struct plan {
	struct arena arena;
	const struct spec *spec; /* borrowed */
	const struct caller *caller; /* borrowed; for plan/ only */
	const struct plan_options *options; /* borrowed */
	struct plan_userns userns;
	struct plan_ns ns[NS_KINDS];
	bool intermediate; /* a process stands between HOST and init */
	/* Of a new time namespace; NULL: its clocks are the caller's. */
	const struct spec_time_offsets *time_offsets;
	struct plan_root root;
	struct plan_mount *mounts;
	size_t n_mounts;
	const char *mount_label; /* of new filesystems, for SELinux, or NULL */
	size_t n_idmapped; /* how many of them have ids */
	struct plan_device *devices;
	size_t n_devices;
	bool fill_dev; /* /dev is ours to fill: links and devices */
	const char **masked, **readonly; /* n entries each */
	size_t n_masked, n_readonly;
	bool loopback_up;
	struct plan_net_device *net_devices;
	size_t n_net_devices;
	const char *hostname, *domainname; /* NULL: leave */
	struct plan_sysctl *sysctls;
	size_t n_sysctls;
	struct plan_process process;
	struct plan_cgroup cgroup;
	const struct spec_hooks *hooks; /* NULL: none */
	/* Sockets of the caller, NULL: none.  The master of the terminal is
	 * sent to the first, a pidfd of init to the others. */
	const char *console_socket, *pidfd_socket, *pidfd_receiver;
	/* Where their output goes, below the bundle; NULL: to the caller's. */
	const char *hooks_stdout, *hooks_stderr;
	/* Where the program's sd_notify(3) goes: one of the mounts; NULL: no
	 * place.  Its source is PLAN_NOTIFY_DIR in the container's state, and
	 * whoever makes that writes the path here. */
	struct plan_mount *notify;
	bool dumpable; /* nobody foreign can see us while we set up */
	bool sources_beforehand; /* HOST may reach what INSIDE may not */
	bool sealed_exe; /* run INSIDE from a copy that can't be written */
	struct degradation *degraded; /* known before we start */
	size_t n_degraded;
};

int plan_make(const struct spec *spec, const struct caller *caller,
	      const struct plan_options *options, struct plan *ret,
	      struct err *e);
void plan_done(struct plan *plan);

/* exec.c: what process does not say for itself it keeps of the container's own,
 * as in runc: capabilities, limits, labels, umask, OOM score, scheduling.
 * Terminal, env, cwd, groups and no_new_privs are its own. */
void plan_exec_fill_in(struct spec_process *process,
		       const struct spec_process *own);
/* Another process in a container that is there, whose spec this is.  caller is
 * of caller_read_self() and the two after it. */
int plan_exec(const struct spec *spec, struct spec_process *process,
	      const struct caller *caller, const struct plan_options *options,
	      struct plan *ret, struct err *e);
/* plan->sealed_exe, before there is a plan. */
bool plan_exec_is_sealed(const struct caller *caller);

/* Is there such a parameter for fsconfig? */
bool plan_mount_has(const struct plan_mount *m, const char *key);

/* print.c: what `rootlet plan` shows; members of one JSON object. */
void plan_print(const struct plan *plan, struct json_out *out);
void degraded_print(const struct degradation *rows, size_t n,
		    struct json_out *out);

/* Does the plan have id `id` mapped in the container's user namespace? */
bool plan_uid_maps(const struct plan *plan, uint32_t uid);
bool plan_gid_maps(const struct plan *plan, uint32_t gid);
