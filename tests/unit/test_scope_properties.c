/* test_scope_properties.c - limits as properties of a systemd unit. */
#include "base/str.h"
#include "cgroup/scope.h"
#include "unit/test.h"

static const struct {
	const char *file, *value, *want;
} cases[] = {
	{ "memory.max", "104857600", "MemoryMax t 104857600" },
	{ "memory.max", "max", "MemoryMax t 18446744073709551615" },
	{ "memory.max", "0", "" },
	{ "memory.low", "0", "MemoryLow t 0" },
	{ "memory.swap.max", "0", "MemorySwapMax t 0" },
	{ "pids.max", "20", "TasksMax t 20" },
	{ "cpu.weight", "100", "CPUWeight t 100" },
	{ "cpu.idle", "1", "CPUWeight t 0" },
	{ "cpu.idle", "0", "" },
	{ "cpu.max", "50000 100000",
	  "CPUQuotaPerSecUSec t 500000 CPUQuotaPeriodUSec t 100000" },
	{ "cpu.max", "1001 100000",
	  "CPUQuotaPerSecUSec t 20000 CPUQuotaPeriodUSec t 100000" },
	{ "cpu.max", "50000", "CPUQuotaPerSecUSec t 500000" },
	{ "cpu.max", "max 50000",
	  "CPUQuotaPerSecUSec t 18446744073709551615 CPUQuotaPeriodUSec t "
	  "50000" },
	{ "cpu.max", "50000 0", "" },
	{ "cpu.max", "50000 abc", "" },
	{ "cpuset.cpus", "0-2,9", "AllowedCPUs ay 2 7 2" },
	{ "cpuset.mems", "0", "AllowedMemoryNodes ay 1 1" },
	{ "cpuset.cpus", "3-1", "" },
	{ "cpuset.cpus", "0-99999", "" },
	{ "cpuset.cpus", "a", "" },
	{ "cpuset.cpus", "1-", "" },
	{ "io.weight", "200", "IOWeight t 200" },
	{ "io.weight", "default 200", "IOWeight t 200" },
	{ "io.weight", "8:16 200",
	  "IODeviceWeight a(st) 1 /dev/block/8:16 200" },
	{ "io.weight", "../x 200", "" },
	{ "io.max", "8:0 rbps=1048576 wiops=max",
	  "IOReadBandwidthMax a(st) 1 /dev/block/8:0 1048576 "
	  "IOWriteIOPSMax a(st) 1 /dev/block/8:0 18446744073709551615" },
	{ "io.max", "8:0", "" },
	{ "io.max", "8:0/../1 rbps=5", "" },
	{ "hugetlb.2MB.max", "0", "" },
};

static void is_words(const struct plan_cgroup_setting *s, const char *want,
		     const char *name)
{
	struct scope_words w = { 0 };
	struct strbuf b = { 0 };

	scope_add_settings(&w, s, 1);
	strbuf_puts(&b, "");
	for (size_t k = 0; k < w.n; k++)
		strbuf_printf(&b, "%s%s", k ? " " : "", w.v[k]);
	is_str(b.text, want, name);
	strbuf_done(&b);
	scope_words_done(&w);
}

int main(void)
{
	const struct plan_cgroup_setting bfq = { .file = "io.bfq.weight",
						 .value = "default 20",
						 .else_file = "io.weight",
						 .else_value = "default 102" };

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct plan_cgroup_setting s = {
			.file = cases[i].file, .value = cases[i].value
		};

		is_words(&s, cases[i].want, cases[i].file);
	}
	is_words(&bfq, "IOWeight t 102", "a weight for BFQ");
	return done();
}
