/* test_update_resources.c - unit tests of cli/update_resources.c: what the
 * options of `update` say, and what its file does. */
#include "test.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/err.h"
#include "base/file.h"
#include "base/own.h"
#include "cli/update_resources.h"
#include "spec/spec.h"

static int64_t memory_of(const char *text)
{
	const struct update_opts o = { .memory = text };
	struct spec_resources *r = NULL;
	auto(json) struct json_doc doc = { 0 };
	struct err e = { 0 };
	int ret = update_resources(&o, &doc, &r, &e);

	return ret < 0 ? ret : r->memory->limit.value;
}

static void sizes(void)
{
	is_int(memory_of("1048576"), 1048576, "bytes");
	is_int(memory_of("0"), 0, "0");
	is_int(memory_of("-1"), -1, "-1 is no limit");
	is_int(memory_of("7b"), 7, "b");
	is_int(memory_of("100M"), INT64_C(100) << 20, "M");
	is_int(memory_of("100mb"), INT64_C(100) << 20, "mb");
	is_int(memory_of("100 MiB"), INT64_C(100) << 20, " MiB");
	is_int(memory_of("1.5g"), INT64_C(3) << 29, "1.5g");
	is_int(memory_of("2k"), 2048, "k");
	is_int(memory_of("3T"), INT64_C(3) << 40, "T");
	is_int(memory_of("1P"), INT64_C(1) << 50, "P");
	is_int(memory_of("9223372036854775806"), INT64_MAX - 1, "the largest");
	is_int(memory_of("9223372036854775808"), -ERANGE, "one too large");
	is_int(memory_of("8192P"), -ERANGE, "too large by its unit");
	is_int(memory_of("-2"), -EINVAL, "-2");
	is_int(memory_of("1."), -EINVAL, "no digit after the point");
	is_int(memory_of(".5g"), -EINVAL, "no digit before it");
	is_int(memory_of("1e3"), -EINVAL, "an exponent");
	is_int(memory_of("1x"), -EINVAL, "an unknown unit");
	is_int(memory_of("1kk"), -EINVAL, "two units");
	is_int(memory_of("1Bi"), -EINVAL, "a unit turned round");
	is_int(memory_of("M"), -EINVAL, "a unit alone");
	is_int(memory_of(" 1"), -EINVAL, "a blank before it");
}

static void each_option(void)
{
	const struct update_opts o = {
		.blkio_weight = "500",
		.cpu_burst = "1",
		.cpu_idle = "1",
		.cpu_period = "100000",
		.cpu_quota = "-1",
		.cpu_rt_period = "2",
		.cpu_rt_runtime = "3",
		.cpu_share = "1024",
		.cpuset_cpus = "0-1",
		.cpuset_mems = "0",
		.kernel_memory = "whatever",
		.memory = "4",
		.memory_reservation = "5",
		.memory_swap = "6",
		.pids_limit = "-1",
	};
	struct spec_resources *r = NULL;
	auto(json) struct json_doc doc = { 0 };
	struct err e = { 0 };

	if (!ok(update_resources(&o, &doc, &r, &e) == 0, "every option"))
		return;
	is_int(r->block_io->weight.value, 500, "blkio-weight");
	is_int(r->cpu->burst.value, 1, "cpu-burst");
	ok(r->cpu->idle.set && r->cpu->idle.value == 1, "cpu-idle");
	is_int(r->cpu->period.value, 100000, "cpu-period");
	is_int(r->cpu->quota.value, -1, "cpu-quota");
	is_int(r->cpu->realtime_period.value, 2, "cpu-rt-period");
	is_int(r->cpu->realtime_runtime.value, 3, "cpu-rt-runtime");
	is_int(r->cpu->shares.value, 1024, "cpu-share");
	is_str(r->cpu->cpus, "0-1", "cpuset-cpus");
	is_str(r->cpu->mems, "0", "cpuset-mems");
	is_int(r->memory->limit.value, 4, "memory");
	is_int(r->memory->reservation.value, 5, "memory-reservation");
	is_int(r->memory->swap.value, 6, "memory-swap");
	is_int(r->pids->limit.value, -1, "pids-limit");
	is_int(r->devices.n, 0, "no rules for devices");
}

static void what_is_not_given(void)
{
	const struct update_opts none = { 0 };
	const struct update_opts empty = { .memory = "", .pids_limit = "5" };
	const struct update_opts bad = { .cpu_share = "many" };
	const struct update_opts resctrl = { .mem_bw_schema = "MB:0=20" };
	struct spec_resources *r = NULL;
	auto(json) struct json_doc doc = { 0 };
	struct err e = { 0 };

	is_int(update_resources(&none, &doc, &r, &e), -EINVAL, "nothing");
	is_int(update_resources(&empty, &doc, &r, &e), 0, "an empty value");
	ok(!r->memory->limit.set, "is not given");
	is_int(update_resources(&bad, &doc, &r, &e), -EINVAL, "no number");
	is_str(e.text,
	       "update: --cpu-share: \"many\" is no number that it takes",
	       "is named");
	is_int(update_resources(&resctrl, &doc, &r, &e), -ENOTSUP, "resctrl");
}

/* What update_resources() makes of a file with this text. */
static int read_file(const char *text, const char *pids, struct json_doc *doc,
		     struct spec_resources **ret, struct err *e)
{
	char path[] = "/tmp/test_update.XXXXXX";
	const struct update_opts o = { .resources = path, .pids_limit = pids };
	autoclose int fd = mkstemp(path);
	int r;

	if (fd < 0 || file_write_all(fd, text, strlen(text)) < 0)
		abort();
	r = update_resources(&o, doc, ret, e);
	(void)unlink(path);
	return r;
}

static void files(void)
{
	static const char good[] =
		"{\"memory\":{\"limit\":9,\"checkBeforeUpdate\":true},"
		"\"devices\":[{\"allow\":true,\"type\":\"\",\"access\":\"r\"}],"
		"\"unified\":{\"io.max\":\"8:0 rbps=1\"}}";
	const struct update_opts missing = { .resources = "/nowhere/at/all" };
	struct spec_resources *r = NULL;
	auto(json) struct json_doc doc = { 0 }, second = { 0 }, third = { 0 };
	struct err e = { 0 };

	if (ok(read_file(good, NULL, &doc, &r, &e) == 0, "a file")) {
		is_int(r->memory->limit.value, 9, "its memory");
		ok(r->memory->check_before_update.value, "and its flag");
		is_str(((struct spec_device_rule *)r->devices.v)->type, NULL,
		       "an empty type is none");
		is_str(r->unified.v[0].value, "8:0 rbps=1", "unified");
	}
	is_int(read_file("{\"unified\":{\"a/b\":\"1\"}}", NULL, &second, &r,
			 &e),
	       -EINVAL, "a key that is a path");
	is_int(read_file("{\"memory\":{\"limit\":\"9\"}}", NULL, &third, &r,
			 &e),
	       -EINVAL, "a string for a number");
	ok(strstr(e.text, "linux.resources.memory.limit") != NULL,
	   "is named whole");
	is_int(read_file("{}", "5", &third, &r, &e), -EINVAL,
	       "a file and options");
	is_int(update_resources(&missing, &third, &r, &e), -ENOENT,
	       "a file that is not there");
}

int main(void)
{
	sizes();
	each_option();
	what_is_not_given();
	files();
	return done();
}
