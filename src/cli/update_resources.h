/* update_resources.h - the limits that `update` is given. */
#pragma once

struct err;
struct json_doc;
struct spec_resources;

/* The values of the options as they were typed; NULL or "": not given. */
struct update_opts {
	const char *resources; /* a file, or "-" */
	const char *blkio_weight;
	const char *cpu_burst, *cpu_idle, *cpu_period, *cpu_quota;
	const char *cpu_rt_period, *cpu_rt_runtime, *cpu_share;
	const char *cpuset_cpus, *cpuset_mems;
	const char *kernel_memory, *kernel_memory_tcp; /* without effect */
	const char *l3_cache_schema, *mem_bw_schema;
	const char *memory, *memory_reservation, *memory_swap;
	const char *pids_limit;
};

/* Out of the file, or of the options.  All of it belongs to doc, which is to be
 * given to json_done() in case of an error too. */
int update_resources(const struct update_opts *o, struct json_doc *doc,
		     struct spec_resources **ret, struct err *e);
