/* resources.c - linux.resources as what is to be written into which file.
 *
 * Theory of operation: each part of linux.resources appends its settings, in
 * the order in which the kernel takes them: swap before memory, so that a limit
 * of both can be raised; `unified` last, since it names files of v2 itself and
 * so has the last word.  0 and a missing value are "not set", -1 is "no limit".
 * What is wrong for every kernel is refused here, with the path of its key.
 */
#include "plan/resources.h"

#include <errno.h>
#include <inttypes.h>

#include "base/err.h"
#include "base/mem.h"
#include "base/str.h"
#include "plan/resources_build.h"

/* Room is doubled at each power of two, so no count of it is kept. */
static void *grow(struct arena *a, void *v, size_t n, size_t size)
{
	void *more;

	if (n & (n - 1))
		return v;
	more = arena_zero_n(a, n ? 2 * n : 1, size);
	if (n)
		memcpy(more, v, n * size);
	return more;
}

struct plan_cgroup_setting *build_add(struct build *b,
				      enum cgroup_controller controller,
				      const char *item, const char *file,
				      const char *value)
{
	struct cgroup_settings *s = b->ret;
	struct plan_cgroup_setting *added;

	s->v = grow(b->a, s->v, s->n, sizeof(*s->v));
	added = &s->v[s->n++];
	*added = (struct plan_cgroup_setting){
		.file = file,
		.value = value,
		.item = item,
		.wanted = value,
		.controller = controller,
	};
	return added;
}

void build_add_v1(struct build *b, const char *item, const char *wanted,
		  const char *why, const char *fix)
{
	struct cgroup_settings *s = b->ret;

	s->v1_only = grow(b->a, s->v1_only, s->n_v1_only, sizeof(*s->v1_only));
	s->v1_only[s->n_v1_only++] = (struct cgroup_v1_limit){
		.item = item,
		.wanted = wanted,
		.why = why,
		.fix = fix,
	};
}

const char *build_number(const struct build *b, uint64_t n)
{
	return arena_format(b->a, "%" PRIu64, n);
}

/* -1 and, as all of them are limits, nothing below it. */
static int read_limit(const struct opt_int64 *from, const char *item,
		      int64_t *ret, struct err *e)
{
	*ret = from->set ? from->value : 0;
	if (*ret >= -1)
		return 0;
	return err_set(e, EINVAL,
		       "%s: %" PRId64 " is below -1, which stands for no limit",
		       item, *ret);
}

static struct plan_cgroup_setting *add_limit(struct build *b,
					     enum cgroup_controller controller,
					     const char *item, const char *file,
					     int64_t limit)
{
	struct plan_cgroup_setting *s = build_add(
		b, controller, item, file,
		limit < 0 ? "max" : build_number(b, (uint64_t)limit));

	if (limit < 0) {
		s->wanted = "-1";
		s->flags |= SETTING_LIFTS;
	}
	return s;
}

/* --- memory --------------------------------------------------------------- */

#define MEMORY KEY "memory."

static int check_swap(int64_t limit, int64_t swap, struct err *e)
{
	if (swap <= 0 || limit < 0)
		return 0;
	if (limit == 0) {
		err_set(e, EINVAL,
			MEMORY "swap: %" PRId64 " is of memory and swap "
			       "together, and " MEMORY "limit is not set",
			swap);
		return err_hint(e, "set " MEMORY "limit too");
	}
	if (swap >= limit)
		return 0;
	err_set(e, EINVAL,
		MEMORY "swap: %" PRId64 " is of memory and swap together, and "
		       "less than " MEMORY "limit, %" PRId64,
		swap, limit);
	return err_hint(e, "write the sum of both limits");
}

/* v1's limit is of both together, v2's of swap alone.  Without a file for it
 * the kernel can't swap, so none is what it has. */
static void add_swap(struct build *b, int64_t limit, int64_t swap)
{
	struct plan_cgroup_setting *s;

	if (swap == 0 && limit >= 0)
		return;
	if (swap <= 0) /* memory without a limit takes the swap along */
		s = add_limit(b, CG_MEMORY,
			      swap ? MEMORY "swap" : MEMORY "limit",
			      "memory.swap.max", -1);
	else
		s = add_limit(b, CG_MEMORY, MEMORY "swap", "memory.swap.max",
			      limit < 0 ? swap : swap - limit);
	if (swap > 0)
		s->wanted = build_number(b, (uint64_t)swap);
	if (swap <= 0 || swap == limit)
		s->flags |= SETTING_MAY_LACK;
}

static void add_v1_memory(struct build *b, const struct spec_memory *m)
{
	if (m->kernel.value > 0)
		build_add_v1(
			b, MEMORY "kernel",
			build_number(b, (uint64_t)m->kernel.value),
			"cgroup v2 counts the kernel's memory with all other "
			"memory",
			"set " MEMORY "limit instead");
	if (m->kernel_tcp.value > 0)
		build_add_v1(
			b, MEMORY "kernelTCP",
			build_number(b, (uint64_t)m->kernel_tcp.value),
			"cgroup v2 counts the buffers of sockets with all other "
			"memory",
			"set " MEMORY "limit instead");
	if (m->swappiness.set)
		build_add_v1(
			b, MEMORY "swappiness",
			build_number(b, m->swappiness.value),
			"cgroup v2 has no swappiness of its own for a cgroup",
			"set " MEMORY "swap, or remove it");
	if (m->disable_oom_killer.value)
		build_add_v1(b, MEMORY "disableOOMKiller", "true",
			     "cgroup v2 can't switch off the OOM killer",
			     "set memory.high in " KEY
			     "unified below the limit: "
			     "it slows down before it kills");
}

static int convert_memory(struct build *b, const struct spec_memory *m,
			  struct err *e)
{
	int64_t limit, swap, reservation;
	int r;

	r = read_limit(&m->limit, MEMORY "limit", &limit, e);
	if (r == 0)
		r = read_limit(&m->swap, MEMORY "swap", &swap, e);
	if (r == 0)
		r = read_limit(&m->reservation, MEMORY "reservation",
			       &reservation, e);
	if (r == 0)
		r = check_swap(limit, swap, e);
	if (r < 0)
		return r;
	add_swap(b, limit, swap);
	if (limit) {
		struct plan_cgroup_setting *s = add_limit(
			b, CG_MEMORY, MEMORY "limit", "memory.max", limit);

		if (m->check_before_update.value && limit > 0)
			s->flags |= SETTING_OVER_USAGE;
	}
	if (reservation)
		(void)add_limit(b, CG_MEMORY, MEMORY "reservation",
				"memory.low", reservation);
	add_v1_memory(b, m);
	return 0;
}

/* --- cpu ------------------------------------------------------------------ */

#define CPU KEY "cpu."

/* The logarithm to base 2, by the series of the area tangent, whose argument is
 * at most 1/3 then.  libm would be one more library to load. */
static double log_2(uint64_t x)
{
	int whole = 63 - __builtin_clzll(x);
	double m = (double)x / (double)(1ULL << whole);
	double z = (m - 1) / (m + 1);
	double power = z, sum = 0;

	for (int i = 1; i < 41; i += 2) {
		sum += power / i;
		power *= z * z;
	}
	return whole + sum * 2 / 0.69314718055994530942;
}

/* 10 to the power of x, which is 0 to 4; all terms are positive. */
static double power_of_10(double x)
{
	double sum = 1, term = 1;

	x *= 2.30258509299404568402;
	for (int i = 1; i < 64; i++) {
		term *= x / i;
		sum += term;
	}
	return sum;
}

/* The quadratic function of log2(shares) that gives 1 for 2, 100 for 1024 and
 * 10000 for 262144.  Only for these three is it a whole number; otherwise it
 * is no nearer to one than 0.000002, so that rounding does no harm. */
uint64_t resources_cpu_weight(uint64_t shares)
{
	double l, weight;
	uint64_t whole;

	if (shares == 0)
		return 0;
	if (shares <= 2)
		return 1;
	if (shares >= 262144)
		return 10000;
	l = log_2(shares);
	weight = power_of_10((l * l + 125 * l) / 612 - 7.0 / 34);
	whole = (uint64_t)weight;
	return weight - (double)whole > 1e-7 ? whole + 1 : whole;
}

/* An idle group has the lowest weight of all, and takes no other; one that is
 * idle no more has the default's.  So idle comes first and replaces it. */
static int add_share(struct build *b, const struct spec_cpu *c, struct err *e)
{
	bool idle = c->idle.value == 1;
	struct plan_cgroup_setting *s;

	if (c->idle.set && c->idle.value != 0 && !idle)
		return err_set(e, EINVAL,
			       CPU "idle: %" PRId64 " is neither 0 nor 1",
			       c->idle.value);
	if (c->idle.set) {
		s = build_add(b, CG_CPU, CPU "idle", "cpu.idle",
			      idle ? "1" : "0");
		s->flags |= idle ? 0 : SETTING_LIFTS;
	}
	if (c->shares.value == 0 || idle)
		return 0;
	s = build_add(b, CG_CPU, CPU "shares", "cpu.weight",
		      build_number(b, resources_cpu_weight(c->shares.value)));
	s->wanted = build_number(b, c->shares.value);
	return 0;
}

/* Of the kernel, in microseconds. */
#define PERIOD_MIN     1000U
#define PERIOD_MAX     1000000U
#define PERIOD_DEFAULT 100000U
#define QUOTA_MIN      1000
#define QUOTA_MAX      ((INT64_C(1) << 44) - 1)

static int check_bandwidth(const struct spec_cpu *c, int64_t quota,
			   struct err *e)
{
	uint64_t period = c->period.value;

	if (period && (period < PERIOD_MIN || period > PERIOD_MAX))
		return err_set(e, EINVAL,
			       CPU "period: %" PRIu64 " is outside %u..%u, in "
				   "microseconds",
			       period, PERIOD_MIN, PERIOD_MAX);
	if (quota > 0 && quota < QUOTA_MIN)
		return err_set(e, EINVAL,
			       CPU "quota: %" PRId64 " is less than %d "
				   "microseconds, the least that the kernel "
				   "takes",
			       quota, QUOTA_MIN);
	if (quota > QUOTA_MAX) {
		(void)err_set(e, EINVAL,
			      CPU "quota: %" PRId64 " is more than %" PRId64
				  " microseconds, the most that the kernel "
				  "takes",
			      quota, QUOTA_MAX);
		return err_hint(e, "-1 is no limit");
	}
	if (quota > 0 && c->burst.value > (uint64_t)quota)
		return err_set(e, EINVAL,
			       CPU "burst: %" PRIu64 " is more than " CPU
				   "quota, %" PRId64,
			       c->burst.value, quota);
	return 0;
}

static void add_burst(struct build *b, const struct spec_cpu *c, unsigned flags)
{
	struct plan_cgroup_setting *s;

	if (!c->burst.set)
		return;
	s = build_add(b, CG_CPU, CPU "burst", "cpu.max.burst",
		      build_number(b, c->burst.value));
	s->flags |= flags;
	s->flags |= c->burst.value == 0 ? SETTING_LIFTS : 0;
}

/* The burst must never be above the quota: one that shrinks goes before it, one
 * that grows behind it. */
static int add_bandwidth(struct build *b, const struct spec_cpu *c,
			 struct err *e)
{
	uint64_t period = c->period.value ? c->period.value : PERIOD_DEFAULT;
	struct plan_cgroup_setting *s;
	int64_t quota;
	int r = read_limit(&c->quota, CPU "quota", &quota, e);

	if (r == 0)
		r = check_bandwidth(c, quota, e);
	if (r < 0)
		return r;
	if (quota == 0 && c->period.value == 0) {
		add_burst(b, c, 0);
		return 0;
	}
	add_burst(b, c, SETTING_FIRST_TRY);
	s = build_add(b, CG_CPU, quota ? CPU "quota" : CPU "period", "cpu.max",
		      quota > 0 ? arena_format(b->a, "%" PRId64 " %" PRIu64,
					       quota, period)
				: arena_format(b->a, "max %" PRIu64, period));
	s->flags |= quota > 0 ? 0 : SETTING_LIFTS;
	s->wanted = quota > 0 ? arena_format(b->a,
					     "%" PRId64 " of %" PRIu64
					     " microseconds",
					     quota, period)
			      : "no limit";
	add_burst(b, c, 0);
	return 0;
}

static int convert_cpu(struct build *b, const struct spec_cpu *c, struct err *e)
{
	static const char real_time[] =
		"cgroup v2 gives no real-time bandwidth to a cgroup";
	static const char fix[] = "set process.scheduler instead";
	int r = add_share(b, c, e);

	if (r == 0)
		r = add_bandwidth(b, c, e);
	if (r < 0)
		return r;
	if (!str_empty(c->cpus))
		(void)build_add(b, CG_CPUSET, CPU "cpus", "cpuset.cpus",
				c->cpus);
	if (!str_empty(c->mems))
		(void)build_add(b, CG_CPUSET, CPU "mems", "cpuset.mems",
				c->mems);
	if (c->realtime_period.value)
		build_add_v1(b, CPU "realtimePeriod",
			     build_number(b, c->realtime_period.value),
			     real_time, fix);
	if (c->realtime_runtime.value)
		build_add_v1(b, CPU "realtimeRuntime",
			     arena_format(b->a, "%" PRId64,
					  c->realtime_runtime.value),
			     real_time, fix);
	return 0;
}

/* --- pids ----------------------------------------------------------------- */

/* So many can there be at most on 64 bits, and the kernel takes no number above
 * it. */
#define PIDS_MAX 4194304

/* 0 is 1, as systemd takes no 0: either refuses each fork. */
static int convert_pids(struct build *b, const struct spec_pids *p,
			struct err *e)
{
	static const char item[] = KEY "pids.limit";
	int64_t limit;
	int r = read_limit(&p->limit, item, &limit, e);

	if (r < 0 || !p->limit.set)
		return r;
	if (limit == 0)
		limit = 1;
	(void)add_limit(b, CG_PIDS, item, "pids.max",
			limit > PIDS_MAX ? -1 : limit);
	return 0;
}

/* --- huge pages, RDMA ----------------------------------------------------- */

/* What is reserved counts too: a program that maps what it may not have should
 * learn so when it maps, and not be killed when it touches it. */
static void convert_hugepages(struct build *b, const struct items *from)
{
	const struct spec_hugepage_limit *v = from->v;

	for (size_t i = 0; i < from->n; i++) {
		const char *item = arena_format(b->a, KEY "hugepageLimits[%zu]",
						i);
		const char *limit = build_number(b, v[i].limit);

		(void)build_add(
			b, CG_HUGETLB, item,
			arena_format(b->a, "hugetlb.%s.max", v[i].page_size),
			limit);
		(void)build_add(b, CG_HUGETLB, item,
				arena_format(b->a, "hugetlb.%s.rsvd.max",
					     v[i].page_size),
				limit);
	}
}

static const char *rdma_part(const struct build *b, const char *word,
			     const struct opt_uint32 *n)
{
	if (!n->set)
		return "";
	/* What the kernel counts with is signed. */
	if (n->value >= INT32_MAX)
		return arena_format(b->a, " %s=max", word);
	return arena_format(b->a, " %s=%u", word, n->value);
}

static void convert_rdma(struct build *b, const struct items *from)
{
	const struct spec_rdma *v = from->v;

	for (size_t i = 0; i < from->n; i++) {
		if (!v[i].hca_handles.set && !v[i].hca_objects.set)
			continue;
		(void)build_add(
			b, CG_RDMA,
			arena_format(b->a, KEY "rdma[%s]", v[i].device),
			"rdma.max",
			arena_format(
				b->a, "%s%s%s", v[i].device,
				rdma_part(b, "hca_handle", &v[i].hca_handles),
				rdma_part(b, "hca_object", &v[i].hca_objects)));
	}
}

int resources_settings(const struct spec_resources *from, struct arena *a,
		       struct cgroup_settings *ret, struct err *e)
{
	struct build b = { a, ret };
	int r = 0;

	*ret = (struct cgroup_settings){ 0 };
	if (!from)
		return 0;
	if (from->memory)
		r = convert_memory(&b, from->memory, e);
	if (r == 0 && from->cpu)
		r = convert_cpu(&b, from->cpu, e);
	if (r == 0 && from->pids)
		r = convert_pids(&b, from->pids, e);
	if (r == 0 && from->block_io)
		r = build_io(&b, from->block_io, e);
	if (r < 0)
		return r;
	convert_hugepages(&b, &from->hugepage_limits);
	if (from->network)
		build_network(&b, from->network);
	convert_rdma(&b, &from->rdma);
	r = build_unified(&b, &from->unified, e);
	for (size_t i = 0; i < ret->n; i++)
		if (ret->v[i].controller != CG_CORE &&
		    !(ret->v[i].flags & SETTING_LIFTS))
			ret->controllers |= 1U << ret->v[i].controller;
	return r;
}
