/* stats_print.c - what a cgroup has used, as runc's events show it.
 *
 * The words are those of types/events.go of runc 1.5, which clients decode; the
 * meaning is that of cgroup v1, for which they were made.  Where v2 counts
 * another way, it is turned into that: swap includes memory, times are
 * nanoseconds, no limit of processes is 0.  What runc leaves out when it is
 * zero is left out here as well.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/str.h"
#include "cgroup/stats.h"

static void put(struct json_out *out, const char *key, uint64_t value)
{
	if (value != 0)
		json_uint(out, key, value);
}

static uint64_t plus(uint64_t a, uint64_t b)
{
	uint64_t sum;

	return __builtin_add_overflow(a, b, &sum) ? UINT64_MAX : sum;
}

/* --- pressure */

static void print_percent(struct json_out *out, const char *key,
			  uint64_t hundredths)
{
	char *text = str_format("%" PRIu64 ".%02" PRIu64, hundredths / 100,
				hundredths % 100);
	struct json number = {
		.type = JSON_NUMBER,
		.text = text,
		.len = strlen(text),
	};

	json_tree(out, key, &number);
	free(text);
}

static void print_stall(struct json_out *out, const char *key,
			const struct stats_stall *stall)
{
	json_object(out, key);
	print_percent(out, "avg10", stall->avg10);
	print_percent(out, "avg60", stall->avg60);
	print_percent(out, "avg300", stall->avg300);
	json_uint(out, "total", stall->total);
	json_end(out);
}

static void print_pressure(struct json_out *out, const struct stats_pressure *p)
{
	if (!p->known)
		return;
	json_object(out, "psi");
	print_stall(out, "some", &p->some);
	print_stall(out, "full", &p->full);
	json_end(out);
}

/* --- processors */

static void print_cpu(const struct cgroup_stats *s, struct json_out *out)
{
	json_object(out, "cpu");
	json_object(out, "usage");
	put(out, "total", s->cpu.total);
	json_uint(out, "kernel", s->cpu.kernel);
	json_uint(out, "user", s->cpu.user);
	json_end(out);
	json_object(out, "throttling");
	put(out, "periods", s->cpu.periods);
	put(out, "throttledPeriods", s->cpu.throttled_periods);
	put(out, "throttledTime", s->cpu.throttled_time);
	json_end(out);
	print_pressure(out, &s->cpu.pressure);
	json_end(out);
}

static void print_set(struct json_out *out, const char *key,
		      const struct plan_bits *set)
{
	if (!set->text)
		return;
	json_array(out, key);
	for (unsigned i = 0; i < set->n_words * BITS_PER_WORD; i++)
		if (bits_has(set, i))
			json_uint(out, NULL, i);
	json_end(out);
}

/* Flags of cgroup v1; v2 has none of them. */
static void print_cpuset(const struct cgroup_stats *s, struct json_out *out)
{
	static const char *const flags[] = {
		"mem_hardwall",	      "mem_exclusive",
		"memory_migrate",     "memory_spread_page",
		"memory_spread_slab", "memory_pressure",
		"sched_load_balance", "sched_relax_domain_level",
	};

	json_object(out, "cpuset");
	print_set(out, "cpus", &s->cpus);
	json_uint(out, "cpu_exclusive", 0);
	print_set(out, "mems", &s->nodes);
	for (size_t i = 0; i < sizeof(flags) / sizeof(*flags); i++)
		json_uint(out, flags[i], 0);
	json_end(out);
}

/* --- memory */

static void print_amount(struct json_out *out, const char *key,
			 const struct stats_amount *a)
{
	json_object(out, key);
	json_uint(out, "limit", a->limit);
	put(out, "usage", a->usage);
	put(out, "max", a->peak);
	json_uint(out, "failcnt", a->failed);
	json_end(out);
}

static struct stats_amount with_memory(const struct cgroup_stats *s)
{
	const struct stats_amount *m = &s->memory.memory;

	return (struct stats_amount){
		.limit = plus(m->limit, s->memory.swap.limit),
		.usage = plus(m->usage, s->memory.swap.usage),
		/* The two had theirs at different times. */
		.failed = s->memory.swap.failed,
	};
}

static uint64_t raw_value(const struct cgroup_stats *s, const char *key)
{
	for (size_t i = 0; i < s->memory.raw.n; i++)
		if (str_eq(s->memory.raw.v[i].key, key))
			return s->memory.raw.v[i].value;
	return 0;
}

static void print_memory(const struct cgroup_stats *s, struct json_out *out)
{
	static const struct stats_amount none = { 0 };
	const struct stats_amount swap = with_memory(s);

	json_object(out, "memory");
	put(out, "cache", raw_value(s, "file"));
	print_amount(out, "usage", &s->memory.memory);
	print_amount(out, "swap", &swap);
	print_amount(out, "kernel", &none); /* counted as memory in v2 */
	print_amount(out, "kernelTCP", &none);
	if (s->memory.raw.n > 0) {
		json_object(out, "raw");
		for (size_t i = 0; i < s->memory.raw.n; i++)
			json_uint(out, s->memory.raw.v[i].key,
				  s->memory.raw.v[i].value);
		json_end(out);
	}
	print_pressure(out, &s->memory.pressure);
	json_end(out);
}

/* --- input and output */

static void print_io(struct json_out *out, const struct stats_io *io,
		     const char *op, uint64_t value)
{
	json_object(out, NULL);
	put(out, "major", io->major);
	put(out, "minor", io->minor);
	json_string(out, "op", op);
	put(out, "value", value);
	json_end(out);
}

static void print_blkio(const struct cgroup_stats *s, struct json_out *out)
{
	const struct stats_io *v = s->io.devices.v;
	size_t n = s->io.devices.n;

	json_object(out, "blkio");
	if (n > 0) {
		json_array(out, "ioServiceBytesRecursive");
		for (size_t i = 0; i < n; i++) {
			print_io(out, &v[i], "Read", v[i].read_bytes);
			print_io(out, &v[i], "Write", v[i].written_bytes);
		}
		json_end(out);
		json_array(out, "ioServicedRecursive");
		for (size_t i = 0; i < n; i++) {
			print_io(out, &v[i], "Read", v[i].reads);
			print_io(out, &v[i], "Write", v[i].writes);
		}
		json_end(out);
	}
	print_pressure(out, &s->io.pressure);
	json_end(out);
}

/* --- the rest */

static void print_hugetlb(const struct cgroup_stats *s, struct json_out *out)
{
	json_object(out, "hugetlb");
	for (size_t i = 0; i < s->hugetlb.n; i++) {
		const struct stats_hugetlb *h = &s->hugetlb.v[i];

		json_object(out, h->size);
		put(out, "usage", h->usage);
		json_uint(out, "failcnt", h->failed);
		json_end(out);
	}
	json_end(out);
}

static void print_rdma_list(struct json_out *out, const char *key,
			    const struct stats_rdma *v, size_t n)
{
	json_array(out, key);
	for (size_t i = 0; i < n; i++) {
		json_object(out, NULL);
		json_string(out, "device", v[i].device);
		put(out, "hca_handles", v[i].handles);
		put(out, "hca_objects", v[i].objects);
		json_end(out);
	}
	json_end(out);
}

/* runc counts it, too, but has no place for it in its events. */
static void print_rdma(const struct cgroup_stats *s, struct json_out *out)
{
	if (s->rdma.limits.n == 0 && s->rdma.current.n == 0)
		return;
	json_object(out, "rdma");
	print_rdma_list(out, "rdma_limit", s->rdma.limits.v, s->rdma.limits.n);
	print_rdma_list(out, "rdma_current", s->rdma.current.v,
			s->rdma.current.n);
	json_end(out);
}

void cgroup_stats_print(const struct cgroup_stats *s, struct json_out *out)
{
	print_cpu(s, out);
	print_cpuset(s, out);
	print_memory(s, out);
	json_object(out, "pids");
	put(out, "current", s->pids.current);
	put(out, "limit", s->pids.limit == UINT64_MAX ? 0 : s->pids.limit);
	json_end(out);
	print_blkio(s, out);
	print_hugetlb(s, out);
	print_rdma(s, out);
	json_object(out, "intel_rdt");
	json_end(out);
	/* runc has some for the veth pairs of its own configuration only. */
	json_null(out, "network_interfaces");
}
