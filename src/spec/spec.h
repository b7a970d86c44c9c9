/* spec.h - what config.json says, as typed structs.
 *
 * Source: OCI runtime specification 1.3.0, config.md and config-linux.md.
 * Reading makes no system call.  Every member keeps the specification's name
 * in C spelling; members of other platforms are ignored.  spec_parse() takes
 * what the JSON schema takes and refuses the rest with the path of the key;
 * what depends on the caller or the kernel is plan/'s to judge.
 *
 * All memory belongs to `doc` and is freed by spec_done().
 */
#pragma once

#include "base/field.h"
#include "base/json.h"

struct err;

struct spec_root {
	const char *path; /* required on Linux */
	bool readonly;
};

struct spec_id_map {
	uint32_t container_id, host_id, size;
};

struct spec_mount {
	const char *destination; /* required */
	const char *type; /* NULL: none given */
	const char *source;
	struct strings options;
	struct items uid_mappings; /* struct spec_id_map */
	struct items gid_mappings;
};

struct spec_console_size {
	uint16_t height, width; /* characters */
};

struct spec_user {
	uint32_t uid, gid;
	struct opt_uint32 umask;
	struct uint32s additional_gids;
};

/* Each is a list of names, CAP_ included, as written. */
struct spec_capabilities {
	struct strings effective, bounding, inheritable, permitted, ambient;
};

struct spec_rlimit {
	const char *type; /* RLIMIT_NOFILE, … */
	uint64_t soft, hard;
};

struct spec_scheduler {
	const char *policy;
	int32_t nice, priority;
	struct strings flags;
	uint64_t runtime, deadline, period; /* nanoseconds */
};

struct spec_io_priority {
	const char *class_name;
	int32_t priority;
};

struct spec_exec_cpu_affinity {
	const char *initial, *final;
};

struct spec_process {
	bool terminal;
	struct spec_console_size *console_size; /* NULL: none */
	struct spec_user user;
	struct strings args;
	struct strings env;
	const char *cwd; /* absolute */
	struct spec_capabilities *capabilities; /* NULL: not given */
	struct items rlimits; /* struct spec_rlimit */
	bool no_new_privileges;
	const char *apparmor_profile, *selinux_label;
	struct opt_int64 oom_score_adj;
	struct spec_scheduler *scheduler;
	struct spec_io_priority *io_priority;
	struct spec_exec_cpu_affinity *exec_cpu_affinity;
};

struct spec_hook {
	const char *path; /* absolute */
	struct strings args, env;
	struct opt_int64 timeout; /* seconds, > 0 */
};

enum hook_point {
	HOOK_PRESTART,
	HOOK_CREATE_RUNTIME,
	HOOK_CREATE_CONTAINER,
	HOOK_START_CONTAINER,
	HOOK_POSTSTART,
	HOOK_POSTSTOP,
	HOOK_POINTS
};
extern const char *const hook_point_names[HOOK_POINTS]; /* "prestart", … */

struct spec_hooks {
	struct items at[HOOK_POINTS]; /* struct spec_hook */
};

enum ns_kind {
	NS_USER,
	NS_MNT,
	NS_PID,
	NS_NET,
	NS_IPC,
	NS_UTS,
	NS_CGROUP,
	NS_TIME,
	NS_KINDS
};
/* As config.json spells them: "user", "mount", "pid", "network", … */
extern const char *const ns_spec_names[NS_KINDS];
/* As /proc/PID/ns spells them: "user", "mnt", "pid", "net", … */
extern const char *const ns_proc_names[NS_KINDS];
extern const int ns_clone_flags[NS_KINDS]; /* CLONE_NEWUSER, … */

struct spec_namespace {
	int type; /* enum ns_kind */
	const char *path; /* NULL: a new one */
};

struct spec_device {
	const char *type; /* "c", "b", "u" or "p" */
	const char *path; /* absolute, in the container */
	int64_t major, minor;
	struct opt_uint32 file_mode, uid, gid;
};

struct spec_device_rule {
	bool allow;
	const char *type; /* NULL, "a", "c" or "b" */
	struct opt_int64 major, minor;
	const char *access; /* of "rwm" */
};

struct spec_memory {
	struct opt_int64 limit, reservation, swap, kernel,
		kernel_tcp; /* bytes */
	struct opt_uint64 swappiness; /* 0..100 */
	struct opt_bool disable_oom_killer, use_hierarchy, check_before_update;
};

struct spec_cpu {
	struct opt_uint64 shares, burst, period, realtime_period; /* µs */
	struct opt_int64 quota, realtime_runtime, idle;
	const char *cpus, *mems;
};

struct spec_pids {
	struct opt_int64 limit;
};

struct spec_block_io_weight {
	int64_t major, minor;
	struct opt_uint32 weight, leaf_weight;
};
struct spec_block_io_rate {
	int64_t major, minor;
	uint64_t rate;
};
struct spec_block_io {
	struct opt_uint32 weight, leaf_weight;
	struct items weight_device; /* struct spec_block_io_weight */
	/* struct spec_block_io_rate each */
	struct items throttle_read_bps, throttle_write_bps;
	struct items throttle_read_iops, throttle_write_iops;
};

struct spec_hugepage_limit {
	const char *page_size; /* "2MB" */
	uint64_t limit; /* bytes */
};

struct spec_interface_priority {
	const char *name;
	uint32_t priority;
};
struct spec_network {
	struct opt_uint32 class_id;
	struct items priorities; /* struct spec_interface_priority */
};

struct spec_rdma {
	const char *device;
	struct opt_uint32 hca_handles, hca_objects;
};

struct spec_resources {
	struct items devices; /* struct spec_device_rule */
	struct spec_memory *memory;
	struct spec_cpu *cpu;
	struct spec_pids *pids;
	struct spec_block_io *block_io;
	struct items hugepage_limits; /* struct spec_hugepage_limit */
	struct spec_network *network;
	struct items rdma; /* struct spec_rdma */
	struct string_map unified;
};

/* libseccomp's numbers are proc/seccomp.c's business; these are the words. */
enum seccomp_action {
	SECCOMP_ACT_NONE, /* not given */
	SECCOMP_ACT_KILL,
	SECCOMP_ACT_KILL_PROCESS,
	SECCOMP_ACT_KILL_THREAD,
	SECCOMP_ACT_TRAP,
	SECCOMP_ACT_ERRNO,
	SECCOMP_ACT_TRACE,
	SECCOMP_ACT_ALLOW,
	SECCOMP_ACT_LOG,
	SECCOMP_ACT_NOTIFY,
};
enum seccomp_op {
	SECCOMP_OP_NONE,
	SECCOMP_OP_NE,
	SECCOMP_OP_LT,
	SECCOMP_OP_LE,
	SECCOMP_OP_EQ,
	SECCOMP_OP_GE,
	SECCOMP_OP_GT,
	SECCOMP_OP_MASKED_EQ,
};
/* Each ends with NULL. */
extern const struct field_name seccomp_action_names[], seccomp_op_names[];
extern const char *const seccomp_flag_names[], *const seccomp_arch_names[];
struct spec_seccomp_arg {
	uint32_t index; /* 0..5 */
	uint64_t value, value_two;
	int op; /* enum seccomp_op */
};
struct spec_syscall {
	struct strings names;
	int action; /* enum seccomp_action */
	struct opt_uint32 errno_ret;
	struct items args; /* struct spec_seccomp_arg */
};
struct spec_seccomp {
	int default_action;
	struct opt_uint32 default_errno_ret;
	struct strings flags; /* SECCOMP_FILTER_FLAG_… */
	const char *listener_path, *listener_metadata;
	struct strings architectures; /* SCMP_ARCH_… */
	struct items syscalls; /* struct spec_syscall */
	const struct json *json; /* the object itself: the cache's key */
};

struct spec_time_offset {
	int64_t secs;
	uint32_t nanosecs;
};
struct spec_time_offsets {
	struct spec_time_offset *monotonic, *boottime; /* NULL: none */
};

struct spec_personality {
	const char *domain; /* LINUX or LINUX32 */
	struct strings flags;
};

struct spec_intel_rdt {
	const char *clos_id, *l3_cache_schema, *mem_bw_schema;
	struct strings schemata;
	bool enable_monitoring;
};

struct spec_memory_policy {
	const char *mode, *nodes;
	struct strings flags;
};

struct spec_net_device {
	const char *host_name; /* the key */
	const char *name; /* in the container; NULL: the same */
};

struct spec_linux {
	struct items devices; /* struct spec_device */
	struct items uid_mappings, gid_mappings; /* struct spec_id_map */
	struct string_map sysctl;
	struct items namespaces; /* struct spec_namespace, each kind once */
	struct spec_resources *resources; /* NULL: not given */
	const char *cgroups_path;
	const char *rootfs_propagation; /* shared, slave, private, unbindable */
	struct spec_seccomp *seccomp;
	struct strings masked_paths, readonly_paths; /* absolute */
	const char *mount_label;
	struct spec_intel_rdt *intel_rdt;
	struct spec_memory_policy *memory_policy;
	struct spec_personality *personality;
	struct spec_time_offsets *time_offsets;
	struct items net_devices; /* struct spec_net_device */
};

struct spec {
	struct json_doc doc; /* owns everything */
	const char *oci_version; /* required, 1.x */
	struct spec_root *root;
	struct spec_process *process;
	const char *hostname, *domainname;
	struct items mounts; /* struct spec_mount */
	struct spec_hooks *hooks;
	struct string_map annotations;
	struct spec_linux *linux_; /* "linux" is a macro of old compilers */
};

/* Reads config.json's text.  *ret is valid, and to be freed, only on 0. */
int spec_parse(const char *text, size_t len, struct spec *ret, struct err *e);
/* A file that holds a process alone, as engines give it to `exec`; errors name
 * its keys with "process." before them.  *ret and all of it belong to doc,
 * which is to be given to json_done() in case of an error too. */
int spec_parse_process(const char *text, size_t len, struct json_doc *doc,
		       struct spec_process **ret, struct err *e);
/* The same of "linux.resources", as engines give it to `update`. */
int spec_parse_resources(const char *text, size_t len, struct json_doc *doc,
			 struct spec_resources **ret, struct err *e);
/* As the names of `auto(spec)` want it; takes a zeroed struct too. */
void spec_done(struct spec *spec);

/* What `rootlet spec` writes: text of a whole config.json with a newline at
 * the end.  rootless: as `runc spec --rootless` (user namespace, the two
 * single-id mappings of the caller, no resources, sys bind-mounted).
 * To be freed by the caller. */
char *spec_template(bool rootless, uint32_t caller_uid, uint32_t caller_gid);
