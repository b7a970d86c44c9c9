/* update.c - rootlet update: other limits for a container that is there.
 *
 * Theory of operation: the limits become settings by the same conversion as at
 * create, and the kernel's files are the only record of them, so of two numbers
 * that make one value the one that is not given is read from there.  What is
 * asked for is applied, or an error: here nothing is listed as a degradation.
 * The limits that were set before one that fails stay.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>

#include "base/err.h"
#include "base/file.h"
#include "base/log.h"
#include "base/own.h"
#include "base/str.h"
#include "cli/command.h"
#include "cli/container.h"
#include "cli/container_cgroup.h"
#include "cli/update_resources.h"
#include "plan/caller.h"
#include "plan/device_rules.h"
#include "plan/resources.h"
#include "stages/launch.h"

#define VALUE_MAX  4096

#define AT(member) offsetof(struct update_opts, member)
static const struct option_def update_options[] = {
	{ "blkio-weight", 0, "WEIGHT", AT(blkio_weight), OPT_STRING,
	  "share of the disks: 10 to 1000" },
	{ "cpu-burst", 0, "USEC", AT(cpu_burst), OPT_STRING,
	  "what may be saved up of the quota" },
	{ "cpu-idle", 0, "0|1", AT(cpu_idle), OPT_STRING,
	  "1: run only when nobody else wants to" },
	{ "cpu-period", 0, "USEC", AT(cpu_period), OPT_STRING,
	  "the time that the quota is for" },
	{ "cpu-quota", 0, "USEC", AT(cpu_quota), OPT_STRING,
	  "CPU time in each period; -1: no limit" },
	{ "cpu-rt-period", 0, "USEC", AT(cpu_rt_period), OPT_STRING,
	  "of cgroup v1: refused" },
	{ "cpu-rt-runtime", 0, "USEC", AT(cpu_rt_runtime), OPT_STRING,
	  "of cgroup v1: refused" },
	{ "cpu-share", 0, "SHARES", AT(cpu_share), OPT_STRING,
	  "share of the CPUs; 1024 is usual" },
	{ "cpuset-cpus", 0, "LIST", AT(cpuset_cpus), OPT_STRING,
	  "the CPUs it may use: 0-2,4" },
	{ "cpuset-mems", 0, "LIST", AT(cpuset_mems), OPT_STRING,
	  "the memory nodes it may use" },
	{ "kernel-memory", 0, "BYTES", AT(kernel_memory), OPT_STRING,
	  "taken for runc's clients; has no effect" },
	{ "kernel-memory-tcp", 0, "BYTES", AT(kernel_memory_tcp), OPT_STRING,
	  "taken for runc's clients; has no effect" },
	{ "l3-cache-schema", 0, "SCHEMA", AT(l3_cache_schema), OPT_STRING,
	  "of resctrl: refused" },
	{ "mem-bw-schema", 0, "SCHEMA", AT(mem_bw_schema), OPT_STRING,
	  "of resctrl: refused" },
	{ "memory", 0, "BYTES", AT(memory), OPT_STRING,
	  "limit of its memory: 104857600 or 100M; -1: none" },
	{ "memory-reservation", 0, "BYTES", AT(memory_reservation), OPT_STRING,
	  "memory that it keeps when memory gets short" },
	{ "memory-swap", 0, "BYTES", AT(memory_swap), OPT_STRING,
	  "limit of memory and swap together; -1: none" },
	{ "pids-limit", 0, "N", AT(pids_limit), OPT_STRING,
	  "how many processes and threads; -1: no limit" },
	{ "resources", 'r', "FILE", AT(resources), OPT_STRING,
	  "read the limits from a file, or - from the standard input" },
	{ 0 },
};
#undef AT

struct update {
	const char *id;
	struct container container;
	struct store store;
	struct json_doc doc; /* owns resources, and what becomes of them */
	struct spec_resources *resources;
	int cgroup_fd;
};

static void update_done(struct update *u)
{
	own_close(&u->cgroup_fd);
	json_done(&u->doc);
	container_done(&u->container);
	store_done(&u->store);
}

/* --- what is in force */

/* The two words of a file, "max" being -1; false: it is not there, or they are
 * not. */
static bool read_values(int dir_fd, const char *file, int64_t *v, size_t n)
{
	autofree char *text = NULL;
	char *word, *rest = NULL;
	size_t i = 0;

	if (file_read_at(dir_fd, file, VALUE_MAX, &text, NULL) < 0)
		return false;
	for (word = strtok_r(text, " \n", &rest); word && i < n;
	     word = strtok_r(NULL, " \n", &rest), i++) {
		v[i] = -1;
		if (!str_eq(word, "max") && str_int64(word, &v[i]) < 0)
			return false;
	}
	return i == n;
}

/* Quota and period are one value, and the limit of swap is what is left of that
 * of both when memory's is taken off. */
static void complete(int dir_fd, struct spec_resources *res)
{
	struct spec_cpu *cpu = res->cpu;
	struct spec_memory *memory = res->memory;
	int64_t v[2];

	if (cpu && (cpu->quota.value != 0) != (cpu->period.value != 0) &&
	    read_values(dir_fd, "cpu.max", v, 2)) {
		if (cpu->quota.value == 0)
			cpu->quota = (struct opt_int64){ true, v[0] };
		else
			cpu->period = (struct opt_uint64){ true,
							   (uint64_t)v[1] };
	}
	if (memory && memory->swap.value > 0 && memory->limit.value == 0 &&
	    read_values(dir_fd, "memory.max", v, 1) && v[0] >= 0)
		memory->limit = (struct opt_int64){ true, v[0] };
}

/* --- what is to be */

static int apply_settings(struct update *u, struct err *e)
{
	struct cgroup_settings s = { 0 };
	struct cgroup_ref ref;
	int r;

	r = resources_settings(u->resources, &u->doc.arena, &s, e);
	if (r < 0)
		return r;
	if (s.n_v1_only > 0) {
		(void)err_set(e, ENOTSUP, "%s: %s", s.v1_only[0].item,
			      s.v1_only[0].why);
		return s.v1_only[0].fix ? err_hint(e, "%s", s.v1_only[0].fix)
					: -e->code;
	}
	if (s.n == 0)
		return 0;
	if (launch_cgroup(&u->container.state, &ref) &&
	    ref.manager == CGROUP_SYSTEMD)
		r = systemd_scope_update(&ref, s.v, s.n, e);
	else
		r = cgroup_enable(u->cgroup_fd, s.controllers, e);
	/* After systemd, too: it rounds, and does not know each of them. */
	if (r == 0)
		r = cgroup_apply(u->cgroup_fd, s.v, s.n, NULL, NULL, e);
	return r;
}

static int apply_devices(struct update *u, struct err *e)
{
	struct plan_device_rule *rules;
	bool real_root;
	uint32_t uid;
	size_t n;
	int r;

	if (u->resources->devices.n == 0)
		return 0;
	caller_identity(&uid, &real_root);
	if (!real_root) {
		/* Engines send them along with the limits that they mean. */
		log_write(LOG_WARNING,
			  "update %s: only root can change which devices a "
			  "container may use; they stay as they are",
			  u->id);
		return 0;
	}
	r = device_rules(u->resources, &u->doc.arena, &rules, &n, e);
	return r < 0 ? r : cgroup_filter_devices(u->cgroup_fd, rules, n, e);
}

static int open_cgroup(struct update *u, struct err *e)
{
	const struct container *c = &u->container;
	int r = container_check_up(c, e);

	if (r < 0)
		return r;
	r = container_cgroup_open(&u->store, c, e);
	if (r < 0)
		return err_wrap(e, "update");
	u->cgroup_fd = r;
	return 0;
}

static int apply(struct update *u, struct err *e)
{
	int r;

	complete(u->cgroup_fd, u->resources);
	r = apply_settings(u, e);
	if (r == 0)
		r = apply_devices(u, e);
	return r < 0 ? err_wrap(e, "update container %s", u->id) : 0;
}

static int update_run(const struct globals *g, void *opts, int argc,
		      char **argv, struct err *e)
{
	struct update u = {
		.id = argv[0],
		.container = CONTAINER_INIT,
		.store = STORE_INIT,
		.cgroup_fd = -1,
	};
	int r;

	(void)argc;
	r = update_resources(opts, &u.doc, &u.resources, e);
	if (r == 0)
		r = container_store(g, &u.store, e);
	if (r == 0)
		r = container_load(&u.store, u.id, -1, &u.container, e);
	if (r == 0)
		r = open_cgroup(&u, e);
	if (r == 0)
		r = apply(&u, e);
	update_done(&u);
	return r;
}

const struct command cmd_update = {
	.name = "update",
	.args = "CONTAINER",
	.help = "change the limits of a container",
	.options = update_options,
	.run = update_run,
	.opts_size = sizeof(struct update_opts),
	.min_args = 1,
	.max_args = 1,
	.notes = "What no option names stays as it is.",
};
