/* resources.c - the tables of config.json's `linux.resources`.
 *
 * Source: OCI runtime specification 1.3.0, config-linux.md, "Control groups".
 */
#include "spec/fields.h"

/* The schema takes any string, the text these; engines write "" for "a". */
static const char *const rule_types[] = { "a", "c", "b", "", NULL };
static const struct field_check rule_type = { .words = rule_types };

static bool is_access(const char *text)
{
	return text[strspn(text, "rwm")] == '\0';
}

static const struct field_check access_letters = {
	.good = is_access,
	.expected = "some of the letters r, w and m",
};

static const struct field device_rule_fields[] = {
	ROW(spec_device_rule, allow, "allow", BOOL, REQUIRED),
	ROW(spec_device_rule, type, "type", STRING, CHECK(&rule_type)),
	ROW(spec_device_rule, major, "major", OPT_INT64),
	ROW(spec_device_rule, minor, "minor", OPT_INT64),
	ROW(spec_device_rule, access, "access", STRING, CHECK(&access_letters)),
	{ 0 },
};

static const struct field_range percent = { 0, 100 };

static const struct field memory_fields[] = {
	ROW(spec_memory, limit, "limit", OPT_INT64),
	ROW(spec_memory, reservation, "reservation", OPT_INT64),
	ROW(spec_memory, swap, "swap", OPT_INT64),
	ROW(spec_memory, kernel, "kernel", OPT_INT64),
	ROW(spec_memory, kernel_tcp, "kernelTCP", OPT_INT64),
	ROW(spec_memory, swappiness, "swappiness", OPT_UINT64, RANGE(&percent)),
	ROW(spec_memory, disable_oom_killer, "disableOOMKiller", OPT_BOOL),
	ROW(spec_memory, use_hierarchy, "useHierarchy", OPT_BOOL),
	ROW(spec_memory, check_before_update, "checkBeforeUpdate", OPT_BOOL),
	{ 0 },
};

static const struct field cpu_fields[] = {
	ROW(spec_cpu, shares, "shares", OPT_UINT64),
	ROW(spec_cpu, burst, "burst", OPT_UINT64),
	ROW(spec_cpu, period, "period", OPT_UINT64),
	ROW(spec_cpu, realtime_period, "realtimePeriod", OPT_UINT64),
	ROW(spec_cpu, quota, "quota", OPT_INT64),
	ROW(spec_cpu, realtime_runtime, "realtimeRuntime", OPT_INT64),
	ROW(spec_cpu, idle, "idle", OPT_INT64),
	ROW(spec_cpu, cpus, "cpus", STRING, CHECK(&spec_one_line)),
	ROW(spec_cpu, mems, "mems", STRING, CHECK(&spec_one_line)),
	{ 0 },
};

static const struct field pids_fields[] = {
	ROW(spec_pids, limit, "limit", OPT_INT64, REQUIRED),
	{ 0 },
};

/* uint16 in the schema. */
static const struct field_range weight_range = { 0, UINT16_MAX };

static const struct field weight_fields[] = {
	ROW(spec_block_io_weight, major, "major", INT64, REQUIRED),
	ROW(spec_block_io_weight, minor, "minor", INT64, REQUIRED),
	ROW(spec_block_io_weight, weight, "weight", OPT_UINT32,
	    RANGE(&weight_range)),
	ROW(spec_block_io_weight, leaf_weight, "leafWeight", OPT_UINT32,
	    RANGE(&weight_range)),
	{ 0 },
};

static const struct field rate_fields[] = {
	ROW(spec_block_io_rate, major, "major", INT64, REQUIRED),
	ROW(spec_block_io_rate, minor, "minor", INT64, REQUIRED),
	ROW(spec_block_io_rate, rate, "rate", UINT64),
	{ 0 },
};

static const struct field block_io_fields[] = {
	ROW(spec_block_io, weight, "weight", OPT_UINT32, RANGE(&weight_range)),
	ROW(spec_block_io, leaf_weight, "leafWeight", OPT_UINT32,
	    RANGE(&weight_range)),
	ROW_ITEMS(spec_block_io, weight_device, "weightDevice",
		  spec_block_io_weight, weight_fields),
	ROW_ITEMS(spec_block_io, throttle_read_bps, "throttleReadBpsDevice",
		  spec_block_io_rate, rate_fields),
	ROW_ITEMS(spec_block_io, throttle_write_bps, "throttleWriteBpsDevice",
		  spec_block_io_rate, rate_fields),
	ROW_ITEMS(spec_block_io, throttle_read_iops, "throttleReadIOPSDevice",
		  spec_block_io_rate, rate_fields),
	ROW_ITEMS(spec_block_io, throttle_write_iops, "throttleWriteIOPSDevice",
		  spec_block_io_rate, rate_fields),
	{ 0 },
};

/* ^[1-9][0-9]*[KMG]B$ */
static bool is_page_size(const char *text)
{
	size_t digits = strspn(text, "0123456789");

	return digits > 0 && text[0] != '0' && text[digits] != '\0' &&
	       strchr("KMG", text[digits]) && str_eq(text + digits + 1, "B");
}

static const struct field_check page_size = {
	.good = is_page_size,
	.expected = "a page size such as 64KB, 2MB or 1GB",
};

static const struct field hugepage_fields[] = {
	ROW(spec_hugepage_limit, page_size, "pageSize", STRING, REQUIRED,
	    CHECK(&page_size)),
	ROW(spec_hugepage_limit, limit, "limit", UINT64, REQUIRED),
	{ 0 },
};

static const struct field priority_fields[] = {
	ROW(spec_interface_priority, name, "name", STRING, REQUIRED,
	    CHECK(&spec_one_word)),
	ROW(spec_interface_priority, priority, "priority", UINT32, REQUIRED),
	{ 0 },
};

static const struct field network_fields[] = {
	ROW(spec_network, class_id, "classID", OPT_UINT32),
	ROW_ITEMS(spec_network, priorities, "priorities",
		  spec_interface_priority, priority_fields),
	{ 0 },
};

/* The device's name is the key. */
static const struct field rdma_fields[] = {
	ROW(spec_rdma, hca_handles, "hcaHandles", OPT_UINT32),
	ROW(spec_rdma, hca_objects, "hcaObjects", OPT_UINT32),
	{ 0 },
};
_Static_assert(offsetof(struct spec_rdma, device) == 0,
	       "FIELD_MEMBERS puts the key first");

const struct field spec_resources_fields[] = {
	ROW_ITEMS(spec_resources, devices, "devices", spec_device_rule,
		  device_rule_fields),
	ROW_POINTER(spec_resources, memory, "memory", spec_memory,
		    memory_fields),
	ROW_POINTER(spec_resources, cpu, "cpu", spec_cpu, cpu_fields),
	ROW_POINTER(spec_resources, pids, "pids", spec_pids, pids_fields),
	ROW_POINTER(spec_resources, block_io, "blockIO", spec_block_io,
		    block_io_fields),
	ROW_ITEMS(spec_resources, hugepage_limits, "hugepageLimits",
		  spec_hugepage_limit, hugepage_fields),
	ROW_POINTER(spec_resources, network, "network", spec_network,
		    network_fields),
	ROW_MEMBERS(spec_resources, rdma, "rdma", spec_rdma, rdma_fields),
	ROW(spec_resources, unified, "unified", MAP),
	{ 0 },
};
