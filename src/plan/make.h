/* make.h - the steps of plan_make(), in its order; private to plan/.
 *
 * Each reads plan->spec, plan->caller, plan->options and what earlier steps
 * decided.  0, or -errno with the path of the key in e.
 */
#pragma once

#include "plan/degrade.h"
#include "plan/plan.h"

struct err;

/* idmap.c: ns[NS_USER].action and userns, but for nested. */
int plan_userns(struct plan *plan, struct err *e);
/* namespaces.c: the other kinds, hostname and domainname. */
int plan_namespaces(struct plan *plan, struct err *e);
/* netdev.c: linux.netDevices. */
int plan_net_devices(struct plan *plan, struct err *e);
/* idmap.c: process.user against the maps; userns.nested. */
int plan_identity(struct plan *plan, struct err *e);
/* mounts.c: root, mounts, fill_dev, masked and read-only paths. */
int plan_mounts(struct plan *plan, struct err *e);
/* mount_idmap.c: ids of mounts[index], whose ladder is there already. */
struct mount_words;
int plan_mount_ids(struct plan *plan, const struct spec_mount *from,
		   size_t index, const struct mount_words *words,
		   struct err *e);
int plan_devices(struct plan *plan, struct err *e);
/* device_rules.c: after the cgroup is decided on. */
int plan_device_rules(struct plan *plan, struct err *e);
void plan_print_device_rules(const struct plan_cgroup *p, struct json_out *out);
/* process.c; the check comes before all other steps. */
int plan_check_process(const struct plan *plan, struct err *e);
int plan_process(struct plan *plan, struct err *e);
/* process_scheduling.c: scheduler, I/O priority, memory policy, personality; a
 * part of plan_process. */
int plan_scheduling(struct plan *plan, struct err *e);
/* The same file, for exec alone: process.execCPUAffinity. */
int plan_exec_cpus(struct plan *plan, struct err *e);
void plan_print_scheduling(const struct plan_process *p, struct json_out *out);
/* capabilities.c: the five sets. */
int plan_capabilities(struct plan *plan, struct err *e);
/* seccomp.c */
int plan_seccomp(struct plan *plan, struct err *e);
int plan_sysctls(struct plan *plan, struct err *e);
/* cgroup.c: by whom, and where. */
int plan_cgroup_place(struct plan *plan, struct err *e);
void plan_print_cgroup(const struct plan_cgroup *p, struct json_out *out);
/* limits.c: linux.resources, and what of it will not be in force. */
int plan_resources(struct plan *plan, struct err *e);
/* The same file, for exec alone: what a cpuset would have held. */
int plan_exec_next_best(struct plan *plan, struct err *e);
void plan_print_settings(const struct plan_cgroup *p, struct json_out *out);
/* scope.c: of CGROUP_SYSTEMD.  Where that was nobody's wish and there is no
 * manager to ask it becomes CGROUP_NONE. */
int plan_scope(struct plan *plan, struct err *e);
/* annotations.c */
int plan_annotations(struct plan *plan, struct err *e);
/* unsupported.c: what a later version will do: an error each. */
int plan_refuse_unsupported(const struct plan *plan, struct err *e);

/* plan.c: might somebody in the container write our own executable? */
bool plan_needs_sealed_exe(const struct plan *plan);
/* idmap.c: setup_uid and setup_gid out of the maps. */
void plan_choose_setup_ids(struct plan_userns *u);
/* Is the namespace of this kind one that root in the container's user
 * namespace has rights to?  Where it isn't, the kernel refuses a new proc,
 * sysfs, mqueue or cgroup2 of it. */
bool plan_owns_ns(const struct plan *plan, enum ns_kind kind);
static inline bool plan_has_own_ns(const struct plan *plan, enum ns_kind kind)
{
	return plan->ns[kind].action != NS_INHERIT;
}
/* The entry of linux.namespaces, or NULL. */
const struct spec_namespace *spec_find_ns(const struct spec *spec,
					  enum ns_kind kind);

/* idmap_auto.c */
struct id_side { /* one side of a user namespace: its uids or its gids */
	const char *key; /* "linux.uidMappings" */
	const char *file; /* "/etc/subuid" */
	const char *option; /* of usermod: "--add-subuids" */
	uint32_t own; /* the caller's */
	const struct id_grant *grants;
	size_t n_grants;
	const struct id_range *here; /* map of the namespace we are in */
	size_t n_here;
};
struct id_lines {
	struct id_range *v; /* in the plan's arena */
	size_t n;
};

/* 0 (or, with keep, own) is the caller; all granted ids fill the rest. */
int idmap_auto(struct plan *plan, const struct id_side *side, bool keep,
	       struct id_lines *ret, struct err *e);
/* What `inside` is outside; false, and *ret as it was: it is not mapped. */
bool idmap_outside(const struct id_range *lines, size_t n, uint32_t inside,
		   uint32_t *ret);
/* Does it fit into the one write that the kernel takes? */
bool idmap_fits(const struct id_range *lines, size_t n);
/* "0-65536, 70000", at most some 200 bytes; inside or outside ids. */
const char *idmap_text(struct arena *a, const struct id_range *lines, size_t n,
		       bool inside);

/* idmap_check.c: the mappings of the bundle. */
int idmap_configured(struct plan *plan, const struct id_side *side,
		     const struct items *maps, struct id_lines *ret,
		     struct err *e);
/* May the caller map all of them?  Every range is its own id or granted. */
int idmap_check_grants(const struct plan *plan, const struct id_side *side,
		       const struct id_lines *lines, struct err *e);

/* caller_read()'s parts; they ask nothing about who we are. */
void caller_read_helpers(struct caller *c);
void caller_read_grants(struct caller *c);
int caller_read_namespaces(const struct spec *spec, struct caller *c,
			   struct err *e);
/* caller_bus.c: the manager of systemd, into c->cgroup; after the one below. */
void caller_read_bus(const struct plan_options *o, struct caller *c);
/* caller_cgroup.c: c->cgroup. */
void caller_read_cgroup(const struct spec *spec, const struct plan_options *o,
			struct caller *c);
/* caller_delegated.c: asks the bus whether systemd gave us our own cgroup, or
 * the one above, where nothing in the filesystem can tell; after that. */
void caller_ask_delegation(const struct plan_options *o, struct caller *c);
/* "/a" of "/a/b", "/" of "/a" and of "/". */
const char *cgroup_parent_of(struct arena *a, const char *path);
/* caller_target.c: c->target. */
int caller_read_target(const struct spec *spec, struct caller *c, pid_t init,
		       int pidfd, struct err *e);
/* Lines of /etc/subuid for that user (by name or number), as libsubid gives
 * them; the array is in the caller's arena. */
size_t grants_from_text(const char *text, const char *name, uint32_t uid,
			struct arena *a, struct id_grant **ret);
/* Where 65,536 ids begin that nobody has in either text; 0: nowhere. */
uint32_t grants_free_start(const char *subuid, const char *subgid);
/* Do both maps say all ids, 0 to 0?  */
bool caller_map_is_initial(const struct caller *c);
/* A whole /proc/PID/uid_map; false when it is none. */
bool idmap_from_text(const char *text, struct arena *a, struct id_range **ret,
		     size_t *ret_n);
