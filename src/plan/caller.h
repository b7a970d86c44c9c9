/* caller.h - who calls: what the system grants and limits, as data.
 *
 * caller.c is the only file that asks the system who we are.  It reads what
 * this bundle makes it need and changes nothing.  Tests fill the struct from
 * a caller.json instead (caller_json.c), so every plan can be made without
 * privileges and without the host that it is for.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/field.h"
#include "base/mem.h"
#include "spec/spec.h"

struct err;

/* One line of an id map: `count` ids from `inside` are those from `outside`.
 * In a map of /proc/self, outside is the parent's view. */
struct id_range {
	uint32_t inside, outside, count;
};

/* A grant of subordinate ids (subuid(5)). */
struct id_grant {
	uint32_t start, count;
};

/* --userns; AUTO_ROW: the table of the design's section 4 decides. */
enum userns_choice {
	USERNS_AUTO_ROW, /* option not given */
	USERNS_AUTO,
	USERNS_SINGLE,
	USERNS_KEEP_ID,
	USERNS_HOST,
};

enum rootless_choice { ROOTLESS_AUTO, ROOTLESS_TRUE, ROOTLESS_FALSE };

/* What the command line says about creating; strings are borrowed. */
struct plan_options {
	const char *id; /* checked by state/ */
	const char *bundle; /* absolute path of the bundle */
	enum userns_choice userns;
	enum rootless_choice rootless;
	bool strict; /* each degradation is an error */
	bool no_pivot;
	bool no_new_keyring;
	bool systemd_cgroup;
	const char *cgroup_manager; /* NULL: auto */
	bool detached; /* create, or run -d */
	/* Sockets of the caller that get the master of the terminal, and a
	 * pidfd of init; NULL or "": none. */
	const char *console_socket, *pidfd_socket;
	uint32_t preserve_fds; /* --preserve-fds, of those after... */
	uint32_t listen_fds; /* ... those of sd_listen_fds(3), from 3 on */
	const char *listen_names; /* LISTEN_FDNAMES; may be NULL */
	/* Who listens when the bundle does not say; NULL: nobody. */
	const char *seccomp_receiver;
	bool notify; /* somebody waits for sd_notify(3) of the program */
};

/* A namespace that the bundle names by path. */
struct caller_ns {
	const char *path; /* NULL: none asked for this kind */
	bool is_own; /* the one we are in already */
	bool owner_is_own; /* belongs to the user namespace we are in */
	bool owner_is_joined; /* belongs to the user namespace named by path */
	uint64_t inode, owner_inode; /* owner_inode 0: can't be told */
};

/* Controllers of cgroup v2; bit N of a mask is number N. */
enum cgroup_controller {
	CG_CPU,
	CG_CPUSET,
	CG_IO,
	CG_MEMORY,
	CG_PIDS,
	CG_HUGETLB,
	CG_RDMA,
	CG_MISC,
	CG_CONTROLLERS, /* how many there are */
	CG_CORE = CG_CONTROLLERS, /* of none: "cgroup.max.depth", … */
};
extern const struct field_name cgroup_controller_names[];
/* The bits of the names in a cgroup.controllers or cgroup.subtree_control. */
unsigned cgroup_controllers_from_text(const char *text);
/* The cgroup of version 2 in a whole /proc/PID/cgroup; NULL: it has no name
 * here. */
const char *cgroup_own_from_text(const char *text, struct arena *a);

/* Where a cgroup can be had.  Paths are below `mount` and begin with '/'. */
struct caller_cgroup {
	const char *mount; /* of cgroup2, absolute; NULL: there is none */
	bool hybrid; /* controllers are with cgroup v1, beside it */
	const char *own; /* the cgroup that we are in; NULL: can't be told */
	bool own_root; /* that is the root of all, which may have both
			* processes and controllers for its children */
	bool own_writable; /* children can be made and processes moved there */
	bool own_delegated; /* systemd says so (xattr user.delegate), or it is
			     * the root of a cgroup namespace of our own */
	bool parent_writable; /* the same of the cgroup above */
	bool parent_delegated; /* and we are in a leaf below it */
	/* cgroup.controllers; read when the bundle has limits or a path. */
	unsigned root_controllers, own_controllers, parent_controllers;
	/* Above an absolute cgroupsPath: the nearest that is there already, and
	 * whether children can be made in that and processes moved there from
	 * own.  Without "//" and "/./". */
	const char *named;
	bool named_writable;
	unsigned named_controllers;
	bool batch; /* a batch scheduler put us here: stay below own */
	const char *bus; /* address of a D-Bus with a systemd manager that is
			  * ours to ask (session's, or for real root the
			  * system's); NULL: none, bus_why says it */
	const char *bus_why;
	unsigned bus_controllers; /* that this manager can give a scope */
};

/* The container that `exec` joins, as the /proc of its init tells. */
struct caller_target {
	unsigned differs; /* bit N: its namespace of kind N is not ours */
	/* If its user namespace differs: the maps; outside is our view. */
	struct id_range *uids, *gids;
	size_t n_uids, n_gids;
	bool setgroups_denied;
	/* From the container's record: its user namespace is a nested one, in
	 * one that has this id only. */
	bool nested;
	uint32_t outer_uid, outer_gid;
	/* The same of what a cpuset would have held. */
	bool cpus_by_affinity, mems_by_policy;
};

#define CALLER_RLIMITS 16

struct caller {
	struct arena arena; /* owns strings and arrays */
	uint32_t uid, gid; /* effective, as seen in our user namespace */
	const char *user_name; /* NULL: no entry in the user database */
	uint32_t user_gid; /* of that entry; read with the grants */
	uint32_t *groups;
	size_t n_groups;
	uint64_t caps; /* effective set, bit N is capability N */
	uint64_t caps_bounding;
	uint64_t caps_known; /* by this kernel */
	uint32_t kernel_major, kernel_minor; /* 0, 0: can't be told */
	bool initial_userns; /* the map says all ids, 0 to 0 */
	struct id_range *uid_map, *gid_map; /* of our own user namespace */
	size_t n_uid_map, n_gid_map;
	bool setgroups_denied; /* in our own user namespace */

	/* Read only when this start needs the grants; `*_why` says in a clause
	 * why there is none ("no entry for dev in /etc/subuid"). */
	bool grants_read;
	struct id_grant *uid_grants, *gid_grants;
	size_t n_uid_grants, n_gid_grants;
	const char *grants_why, *grants_fix;
	/* Paths of usable helpers; NULL with the reason in helpers_why. */
	const char *newuidmap, *newgidmap;
	const char *helpers_why, *helpers_fix;

	struct caller_ns ns[NS_KINDS];
	struct {
		uint64_t soft, hard;
	} rlimits
		[CALLER_RLIMITS]; /* by RLIMIT_ number; UINT64_MAX is unlimited */
	uint64_t nr_open; /* fs.nr_open; 0: not read */
	int oom_score_adj; /* read when the bundle names one */
	/* "0-3": those of its cpuset, and those that it may run on; read when
	 * the bundle names nodes or CPUs. */
	const char *memory_nodes, *cpus;
	bool cgroup2_mounted; /* cgroup2 on /sys/fs/cgroup */
	struct caller_cgroup cgroup;
	bool has_mqueue; /* there is a /dev/mqueue that can be bound */
	bool apparmor, selinux; /* enabled in this kernel; as the bundle asks */
	bool has_resctrl; /* a filesystem of it is mounted; as the bundle asks */
	/* Rules for devices and cgroups: those of real root, or of everybody
	 * else.  --rootless=true takes the latter for root too. */
	bool unprivileged_rules;
	/* Our own executable, for the decision on a sealed copy. */
	struct caller_exe {
		bool known; /* false: take it that anybody can write it */
		uint32_t uid, gid, mode;
		bool acl; /* it has one: not read further */
		bool writable; /* by us as we are, groups included */
	} exe;
	int root_errno; /* of stat on the root filesystem; 0: a directory */
	struct caller_target target; /* of exec only */
};

/* Does our own user namespace let us do what CAP_x is for?  */
bool caller_may(const struct caller *c, int cap);
/* A hard limit: the host's CAP_SYS_RESOURCE. */
bool caller_may_raise_limits(const struct caller *c);
/* CAP_SYS_ADMIN, CAP_SETUID and CAP_SETGID: may write any map directly.
 * `real root` is this in the initial user namespace. */
bool caller_is_privileged(const struct caller *c);
bool caller_is_real_root(const struct caller *c);

/* Only the effective uid, and whether we are real root (privileged, in the
 * initial user namespace): what commands without a bundle need.  Cheap. */
void caller_identity(uint32_t *ret_uid, bool *ret_real_root);
/* What the user namespace around ours calls this uid of ours: every mapped root
 * is 0 in its own. */
uint32_t caller_uid_outside(uint32_t uid);
uint32_t caller_gid(void); /* the effective one; for `spec --rootless` */

int caller_read(const struct spec *spec, const struct plan_options *options,
		struct caller *ret, struct err *e);

/* For exec, which needs no grants and joins nothing by path, in three steps:
 * who calls; the container of this spec whose init this is, pidfd verified
 * (-ESRCH: it has ended); what the plan for the process needs. */
int caller_read_self(const struct plan_options *options, struct caller *ret,
		     struct err *e);
int caller_read_container(struct caller *c, const struct spec *spec, pid_t init,
			  int pidfd, struct err *e);
void caller_add_process(struct caller *c, const struct spec *spec,
			const struct spec_process *process);
void caller_done(struct caller *c);

/* caller_json.c: for the golden tests and `rootlet plan --caller`. */
int caller_parse(const char *text, size_t len, struct caller *ret,
		 struct err *e);
