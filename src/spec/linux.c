/* linux.c - the tables of config.json's `linux`, but resources and seccomp.
 *
 * Source: OCI runtime specification 1.3.0, config-linux.md.
 */
#include "spec/fields.h"

static const struct field_name namespace_names[] = {
	{ "user", NS_USER },	 { "mount", NS_MNT }, { "pid", NS_PID },
	{ "network", NS_NET },	 { "ipc", NS_IPC },   { "uts", NS_UTS },
	{ "cgroup", NS_CGROUP }, { "time", NS_TIME }, { NULL, 0 },
};

/* Engines write "" for "a new one"; spec.c makes it NULL. */
static bool is_absolute_or_empty(const char *text)
{
	return *text == '\0' || spec_absolute_path.good(text);
}

static const struct field_check namespace_path = {
	.good = is_absolute_or_empty,
	.expected = "an absolute path",
};

static const struct field namespace_fields[] = {
	ROW(spec_namespace, type, "type", ENUM, REQUIRED,
	    NAMES(namespace_names)),
	ROW(spec_namespace, path, "path", STRING, CHECK(&namespace_path)),
	{ 0 },
};

static const char *const device_types[] = { "c", "b", "u", "p", NULL };
static const struct field_check device_type = { .words = device_types };

static const struct field device_fields[] = {
	ROW(spec_device, type, "type", STRING, REQUIRED, CHECK(&device_type)),
	ROW(spec_device, path, "path", STRING, REQUIRED,
	    CHECK(&spec_absolute_path)),
	ROW(spec_device, major, "major", INT64),
	ROW(spec_device, minor, "minor", INT64),
	ROW(spec_device, file_mode, "fileMode", OPT_UINT32),
	ROW(spec_device, uid, "uid", OPT_UINT32, RANGE(&spec_id_range)),
	ROW(spec_device, gid, "gid", OPT_UINT32, RANGE(&spec_id_range)),
	{ 0 },
};

/* The schema has the words without r; docker and podman write both, and an
 * empty string for "not given". */
static const char *const propagations[] = {
	"private", "shared", "slave",	    "unbindable", "rprivate",
	"rshared", "rslave", "runbindable", "",		  NULL,
};
static const struct field_check propagation = { .words = propagations };

/* ^MB:[^\n]*$ */
static bool is_mem_bw(const char *text)
{
	return str_after(text, "MB:") && !strchr(text, '\n');
}

static const struct field_check mem_bw = {
	.good = is_mem_bw,
	.expected = "one line that begins with MB:",
};

static const struct field intel_rdt_fields[] = {
	ROW(spec_intel_rdt, clos_id, "closID", STRING),
	ROW(spec_intel_rdt, l3_cache_schema, "l3CacheSchema", STRING),
	ROW(spec_intel_rdt, mem_bw_schema, "memBwSchema", STRING,
	    CHECK(&mem_bw)),
	ROW(spec_intel_rdt, schemata, "schemata", STRINGS),
	ROW(spec_intel_rdt, enable_monitoring, "enableMonitoring", BOOL),
	{ 0 },
};

static const char *const memory_modes[] = {
	"MPOL_DEFAULT",	   "MPOL_BIND",
	"MPOL_INTERLEAVE", "MPOL_WEIGHTED_INTERLEAVE",
	"MPOL_PREFERRED",  "MPOL_PREFERRED_MANY",
	"MPOL_LOCAL",	   NULL,
};
static const struct field_check memory_mode = { .words = memory_modes };

static const char *const memory_flags[] = {
	"MPOL_F_NUMA_BALANCING",
	"MPOL_F_RELATIVE_NODES",
	"MPOL_F_STATIC_NODES",
	NULL,
};
static const struct field_check memory_flag = { .words = memory_flags };

static const struct field memory_policy_fields[] = {
	ROW(spec_memory_policy, mode, "mode", STRING, CHECK(&memory_mode)),
	ROW(spec_memory_policy, nodes, "nodes", STRING),
	ROW(spec_memory_policy, flags, "flags", STRINGS, CHECK(&memory_flag)),
	{ 0 },
};

static const char *const domains[] = { "LINUX", "LINUX32", NULL };
static const struct field_check domain = { .words = domains };

static const struct field personality_fields[] = {
	ROW(spec_personality, domain, "domain", STRING, CHECK(&domain)),
	ROW(spec_personality, flags, "flags", STRINGS),
	{ 0 },
};

static const struct field time_offset_fields[] = {
	ROW(spec_time_offset, secs, "secs", INT64),
	ROW(spec_time_offset, nanosecs, "nanosecs", UINT32),
	{ 0 },
};

static const struct field time_offsets_fields[] = {
	ROW_POINTER(spec_time_offsets, monotonic, "monotonic", spec_time_offset,
		    time_offset_fields),
	ROW_POINTER(spec_time_offsets, boottime, "boottime", spec_time_offset,
		    time_offset_fields),
	{ 0 },
};

static const struct field net_device_fields[] = {
	ROW(spec_net_device, name, "name", STRING),
	{ 0 },
};

const struct field spec_linux_fields[] = {
	ROW_ITEMS(spec_linux, devices, "devices", spec_device, device_fields),
	ROW_ITEMS(spec_linux, uid_mappings, "uidMappings", spec_id_map,
		  spec_id_map_fields),
	ROW_ITEMS(spec_linux, gid_mappings, "gidMappings", spec_id_map,
		  spec_id_map_fields),
	ROW(spec_linux, sysctl, "sysctl", MAP),
	ROW_ITEMS(spec_linux, namespaces, "namespaces", spec_namespace,
		  namespace_fields),
	ROW_POINTER(spec_linux, resources, "resources", spec_resources,
		    spec_resources_fields),
	ROW(spec_linux, cgroups_path, "cgroupsPath", STRING,
	    CHECK(&spec_one_line)),
	ROW(spec_linux, rootfs_propagation, "rootfsPropagation", STRING,
	    CHECK(&propagation)),
	ROW_POINTER(spec_linux, seccomp, "seccomp", spec_seccomp,
		    spec_seccomp_fields),
	ROW(spec_linux, masked_paths, "maskedPaths", STRINGS,
	    CHECK(&spec_absolute_path)),
	ROW(spec_linux, readonly_paths, "readonlyPaths", STRINGS,
	    CHECK(&spec_absolute_path)),
	ROW(spec_linux, mount_label, "mountLabel", STRING),
	ROW_POINTER(spec_linux, intel_rdt, "intelRdt", spec_intel_rdt,
		    intel_rdt_fields),
	ROW_POINTER(spec_linux, memory_policy, "memoryPolicy",
		    spec_memory_policy, memory_policy_fields),
	ROW_POINTER(spec_linux, personality, "personality", spec_personality,
		    personality_fields),
	ROW_POINTER(spec_linux, time_offsets, "timeOffsets", spec_time_offsets,
		    time_offsets_fields),
	ROW_MEMBERS(spec_linux, net_devices, "netDevices", spec_net_device,
		    net_device_fields),
	{ 0 },
};
