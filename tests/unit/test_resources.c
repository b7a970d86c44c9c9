/* test_resources.c - what linux.resources becomes in files of cgroup v2. */
#include "plan/resources.h"

#include <errno.h>

#include "base/err.h"
#include "base/mem.h"
#include "base/own.h"
#include "base/str.h"
#include "spec/spec.h"
#include "test.h"

/* The settings of linux.resources as a line: "FILE=VALUE", "|FILE=VALUE" where
 * the kernel lacks the first, and its flags; then what only v1 has. */
static void put_setting(struct strbuf *out, const struct plan_cgroup_setting *s)
{
	strbuf_printf(out, "%s=%s", s->file, s->value);
	if (s->else_file)
		strbuf_printf(out, "|%s=%s", s->else_file, s->else_value);
	if (s->flags & SETTING_LIFTS)
		strbuf_puts(out, " lifts");
	if (s->flags & SETTING_MAY_LACK)
		strbuf_puts(out, " may-lack");
	if (s->flags & SETTING_FIRST_TRY)
		strbuf_puts(out, " first-try");
	if (s->flags & SETTING_OVER_USAGE)
		strbuf_puts(out, " over-usage");
}

/* What came last; the strings live in the arena and the spec. */
static struct arena arena;
static struct spec spec;
static struct cgroup_settings got;

static int read_settings(const char *resources, struct err *e)
{
	autofree char *text = str_format(
		"{\"ociVersion\": \"1.3.0\", \"root\": {\"path\": \"r\"},"
		" \"linux\": {\"resources\": {%s}}}",
		resources);

	spec_done(&spec);
	arena_done(&arena);
	*e = (struct err){ 0 };
	if (spec_parse(text, strlen(text), &spec, e) < 0)
		return -e->code;
	return resources_settings(spec.linux_->resources, &arena, &got, e);
}

static void gives(const char *resources, const char *want)
{
	struct strbuf out = { 0 };
	struct err e;

	strbuf_puts(&out, "");
	if (read_settings(resources, &e) < 0) {
		is_str(e.text, want, resources);
		return;
	}
	for (size_t i = 0; i < got.n; i++) {
		strbuf_puts(&out, i ? ", " : "");
		put_setting(&out, &got.v[i]);
	}
	for (size_t i = 0; i < got.n_v1_only; i++)
		strbuf_printf(&out, "%sv1: %s=%s", out.len ? ", " : "",
			      got.v1_only[i].item, got.v1_only[i].wanted);
	is_str(out.text, want, resources);
	strbuf_done(&out);
}

static void refuses(const char *resources, const char *want)
{
	struct err e;
	int r = read_settings(resources, &e);

	is_int(r, -EINVAL, resources);
	if (!ok(strstr(e.text, want) != NULL, want))
		printf("# got: %s\n", e.text);
}

static void test_memory(void)
{
	gives("\"memory\": {\"limit\": 1000}", "memory.max=1000");
	gives("\"memory\": {\"limit\": 0, \"swap\": 0, \"reservation\": 0}",
	      "");
	gives("\"memory\": {\"limit\": 1000, \"swap\": 1500}",
	      "memory.swap.max=500, memory.max=1000");
	gives("\"memory\": {\"limit\": 1000, \"swap\": 1000}",
	      "memory.swap.max=0 may-lack, memory.max=1000");
	gives("\"memory\": {\"limit\": 1000, \"swap\": -1}",
	      "memory.swap.max=max lifts may-lack, memory.max=1000");
	gives("\"memory\": {\"limit\": -1}",
	      "memory.swap.max=max lifts may-lack, memory.max=max lifts");
	gives("\"memory\": {\"limit\": -1, \"swap\": 7}",
	      "memory.swap.max=7, memory.max=max lifts");
	gives("\"memory\": {\"swap\": -1}",
	      "memory.swap.max=max lifts may-lack");
	gives("\"memory\": {\"reservation\": 900}", "memory.low=900");
	gives("\"memory\": {\"limit\": 1000, \"checkBeforeUpdate\": true}",
	      "memory.max=1000 over-usage");
	refuses("\"memory\": {\"swap\": 7}",
		"linux.resources.memory.swap: 7 is of memory and swap");
	refuses("\"memory\": {\"limit\": 8, \"swap\": 7}",
		"less than linux.resources.memory.limit, 8");
	refuses("\"memory\": {\"limit\": -2}",
		"linux.resources.memory.limit: -2");
	refuses("\"memory\": {\"reservation\": -2}",
		"linux.resources.memory.reservation: -2");
	gives("\"memory\": {\"kernel\": 5, \"kernelTCP\": 6, "
	      "\"swappiness\": 0, \"disableOOMKiller\": true}",
	      "v1: linux.resources.memory.kernel=5, "
	      "v1: linux.resources.memory.kernelTCP=6, "
	      "v1: linux.resources.memory.swappiness=0, "
	      "v1: linux.resources.memory.disableOOMKiller=true");
	gives("\"memory\": {\"kernel\": -1, \"kernelTCP\": -1, "
	      "\"disableOOMKiller\": false, \"useHierarchy\": true}",
	      "");
}

static void test_cpu(void)
{
	gives("\"cpu\": {\"shares\": 1024}", "cpu.weight=100");
	gives("\"cpu\": {\"shares\": 0, \"quota\": 0, \"period\": 0}", "");
	gives("\"cpu\": {\"quota\": 50000}", "cpu.max=50000 100000");
	gives("\"cpu\": {\"quota\": 5000, \"period\": 10000}",
	      "cpu.max=5000 10000");
	gives("\"cpu\": {\"quota\": -1}", "cpu.max=max 100000 lifts");
	gives("\"cpu\": {\"period\": 10000}", "cpu.max=max 10000 lifts");
	/* Beside a new quota it may have to go first, or last. */
	gives("\"cpu\": {\"quota\": 5000, \"burst\": 10}",
	      "cpu.max.burst=10 first-try, cpu.max=5000 100000, "
	      "cpu.max.burst=10");
	gives("\"cpu\": {\"burst\": 10}", "cpu.max.burst=10");
	gives("\"cpu\": {\"idle\": 0, \"shares\": 512}",
	      "cpu.idle=0 lifts, cpu.weight=59");
	gives("\"cpu\": {\"idle\": 1, \"shares\": 512}", "cpu.idle=1");
	gives("\"cpu\": {\"cpus\": \"0-1\", \"mems\": \"0\"}",
	      "cpuset.cpus=0-1, cpuset.mems=0");
	gives("\"cpu\": {\"cpus\": \"\", \"mems\": \"\"}", "");
	gives("\"cpu\": {\"realtimePeriod\": 6, \"realtimeRuntime\": 5}",
	      "v1: linux.resources.cpu.realtimePeriod=6, "
	      "v1: linux.resources.cpu.realtimeRuntime=5");
	gives("\"cpu\": {\"realtimePeriod\": 0, \"realtimeRuntime\": 0}", "");
	refuses("\"cpu\": {\"idle\": 2}", "linux.resources.cpu.idle: 2");
	refuses("\"cpu\": {\"quota\": 17592186044416}",
		"linux.resources.cpu.quota: 17592186044416");
	refuses("\"cpu\": {\"quota\": 999}", "linux.resources.cpu.quota: 999");
	refuses("\"cpu\": {\"period\": 999}",
		"linux.resources.cpu.period: 999");
	refuses("\"cpu\": {\"period\": 1000001}",
		"linux.resources.cpu.period: 1000001");
	refuses("\"cpu\": {\"quota\": 5000, \"burst\": 5001}",
		"linux.resources.cpu.burst: 5001");
}

/* The formula itself, by mathematics with libm, gave this sum of all. */
static void test_cpu_weight(void)
{
	static const uint16_t some[][2] = {
		{ 0, 0 },      { 1, 1 },      { 2, 1 },	      { 3, 2 },
		{ 10, 4 },     { 100, 17 },   { 512, 59 },    { 1000, 99 },
		{ 1025, 101 }, { 2048, 174 }, { 10240, 639 },
	};
	uint64_t sum = 0, last = 0;
	bool grows = true;

	for (size_t i = 0; i < sizeof(some) / sizeof(some[0]); i++)
		is_int(resources_cpu_weight(some[i][0]), some[i][1],
		       "a weight of shares");
	is_int(resources_cpu_weight(1024), 100, "the default is the default");
	is_int(resources_cpu_weight(262144), 10000, "the highest");
	is_int(resources_cpu_weight(UINT64_MAX), 10000, "higher than that");
	for (uint64_t x = 0; x <= 262144; x++) {
		uint64_t weight = resources_cpu_weight(x);

		grows = grows && weight >= last;
		sum += last = weight;
	}
	ok(grows, "more shares are never less weight");
	is_int(sum, 1405378461, "all of them are as the formula says");
}

static void test_pids(void)
{
	gives("\"pids\": {\"limit\": 7}", "pids.max=7");
	gives("\"pids\": {\"limit\": -1}", "pids.max=max lifts");
	gives("\"pids\": {\"limit\": 0}", "pids.max=1");
	gives("\"pids\": {\"limit\": 4194304}", "pids.max=4194304");
	gives("\"pids\": {\"limit\": 4194305}", "pids.max=max lifts");
	refuses("\"pids\": {\"limit\": -2}", "linux.resources.pids.limit: -2");
}

static void test_io(void)
{
	is_int(resources_io_weight(10), 1, "the lowest weight");
	is_int(resources_io_weight(1000), 10000, "the highest weight");
	gives("\"blockIO\": {\"weight\": 100}",
	      "io.bfq.weight=default 100|io.weight=default 910");
	gives("\"blockIO\": {\"weight\": 0, \"leafWeight\": 0}", "");
	gives("\"blockIO\": {\"leafWeight\": 11, \"weightDevice\": [{"
	      "\"major\": 8, \"minor\": 0, \"weight\": 10, "
	      "\"leafWeight\": 12}]}",
	      "io.bfq.weight=8:0 10|io.weight=8:0 1, "
	      "v1: linux.resources.blockIO.leafWeight=11, "
	      "v1: linux.resources.blockIO.weightDevice[0].leafWeight=12");
	gives("\"blockIO\": {"
	      "\"throttleReadBpsDevice\": [{\"major\": 8, \"minor\": 0, "
	      "\"rate\": 1}, {\"major\": 8, \"minor\": 16, \"rate\": 0}], "
	      "\"throttleWriteBpsDevice\": [{\"major\": 8, \"minor\": 0, "
	      "\"rate\": 2}], "
	      "\"throttleReadIOPSDevice\": [{\"major\": 8, \"minor\": 0, "
	      "\"rate\": 3}], "
	      "\"throttleWriteIOPSDevice\": [{\"major\": 8, \"minor\": 0, "
	      "\"rate\": 4}]}",
	      "io.max=8:0 rbps=1, io.max=8:16 rbps=max lifts, "
	      "io.max=8:0 wbps=2, io.max=8:0 riops=3, io.max=8:0 wiops=4");
	refuses("\"blockIO\": {\"weight\": 9}",
		"linux.resources.blockIO.weight: 9");
	refuses("\"blockIO\": {\"weightDevice\": [{\"major\": 8, \"minor\": 0, "
		"\"weight\": 1001}]}",
		"linux.resources.blockIO.weightDevice[0].weight: 1001");
	refuses("\"blockIO\": {\"throttleReadBpsDevice\": [{\"major\": -1, "
		"\"minor\": 0, \"rate\": 1}]}",
		"linux.resources.blockIO.throttleReadBpsDevice[0]: -1:0");
}

static void test_others(void)
{
	gives("\"hugepageLimits\": [{\"pageSize\": \"2MB\", "
	      "\"limit\": 4194304}]",
	      "hugetlb.2MB.max=4194304, hugetlb.2MB.rsvd.max=4194304");
	gives("\"rdma\": {\"mlx5_1\": {\"hcaHandles\": 3, \"hcaObjects\": 4},"
	      " \"mlx5_2\": {\"hcaObjects\": 4294967295}, \"mlx5_3\": {}}",
	      "rdma.max=mlx5_1 hca_handle=3 hca_object=4, "
	      "rdma.max=mlx5_2 hca_object=max");
	gives("\"network\": {\"classID\": 1, \"priorities\": [{\"name\": "
	      "\"eth0\", \"priority\": 5}]}",
	      "v1: linux.resources.network.classID=1, "
	      "v1: linux.resources.network.priorities[0]=eth0 5");
	gives("\"network\": {\"classID\": 0}", "");
}

static void test_unified(void)
{
	gives("\"unified\": {\"memory.high\": \"100M\"}", "memory.high=100M");
	gives("\"unified\": {\"memory.high\": \"max\"}",
	      "memory.high=max lifts");
	gives("\"unified\": {\"io.max\": \"8:0 rbps=1\\n8:16 rbps=2\\n\"}",
	      "io.max=8:0 rbps=1, io.max=8:16 rbps=2");
	gives("\"unified\": {\"cgroup.max.depth\": \"3\"}",
	      "cgroup.max.depth=3");
	/* The last word is its. */
	gives("\"unified\": {\"pids.max\": \"7\"}, \"pids\": {\"limit\": 8}",
	      "pids.max=8, pids.max=7");
	refuses("\"unified\": {\"memory\": \"1\"}",
		"linux.resources.unified[memory]");
	refuses("\"unified\": {\"../memory.high\": \"1\"}",
		"linux.resources.unified: a key is no name");
	refuses("\"unified\": {\".high\": \"1\"}",
		"linux.resources.unified[.high]");
	refuses("\"unified\": {\"foo.max\": \"1\"}", "no controller foo");
	refuses("\"unified\": {\"cgroup.procs\": \"1\"}",
		"linux.resources.unified[cgroup.procs]: not a limit");
	refuses("\"unified\": {\"cgroup.subtree_control\": \"+cpu\"}",
		"not a limit");
}

static void test_controllers(void)
{
	struct err e;

	(void)read_settings("\"memory\": {\"limit\": 1000}, \"pids\": {"
			    "\"limit\": -1}, \"unified\": {\"hugetlb.1GB.max\":"
			    " \"0\", \"cgroup.max.depth\": \"1\"}",
			    &e);
	is_int(got.controllers, 1U << CG_MEMORY | 1U << CG_HUGETLB,
	       "a limit needs its controller, no limit needs none");
	is_str(got.v[0].item, "linux.resources.memory.limit", "its key");
	(void)resources_settings(NULL, &arena, &got, &e);
	is_int(got.n, 0, "no resources, no settings");
}

int main(void)
{
	test_memory();
	test_cpu();
	test_cpu_weight();
	test_pids();
	test_io();
	test_others();
	test_unified();
	test_controllers();
	spec_done(&spec);
	arena_done(&arena);
	return done();
}
