/* test_stats.c - what a cgroup has used: files as kernels write them.
 *
 * tests/unit/cgroup/linux-6.1 was recorded of a cgroup with all controllers and
 * limits that it had met; what must come of it is linux-6.1.json beside it. */
#include "cgroup/stats.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "base/file.h"
#include "base/json.h"
#include "base/own.h"
#include "base/str.h"
#include "test.h"

static char *printed(const struct cgroup_stats *s)
{
	struct json_out *out = json_out_new(true);
	struct strbuf text = { 0 };

	json_object(out, NULL);
	cgroup_stats_print(s, out);
	json_end(out);
	strbuf_puts(&text, json_out_text(out, NULL));
	strbuf_putc(&text, '\n');
	json_out_free(out);
	return text.text;
}

static void recorded(void)
{
	const char *top = getenv("top_srcdir");
	autofree char *folder = str_format("%s/tests/unit/cgroup/linux-6.1",
					   top ? top : ".");
	autofree char *golden = str_format("%s.json", folder);
	autofree char *got = NULL, *want = NULL;
	auto(cgroup_stats) struct cgroup_stats s = { 0 };
	autoclose int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct err e = { 0 };

	is_int(cgroup_stats_read(fd, &s, &e), 0, "Linux 6.1 is read");
	is_str(e.text, "", "without an error");
	got = printed(&s);
	(void)file_read_at(AT_FDCWD, golden, 1U << 20, &want, NULL);
	is_str(got, want, "and shown as in runc's events");
	is_int(s.memory.oom_kills, 1, "killed for want of memory");
}

/* One file of that text; 0 or -errno. */
static int parse(struct cgroup_stats *s, const char *file, const char *text)
{
	autofree char *copy = str_dup(text);
	struct err e = { 0 };
	int r;

	r = cgroup_stats_parse(s, file, copy, &e);
	if (r < 0 && !strstr(e.text, file))
		printf("# the error does not name %s: %s\n", file, e.text);
	return r < 0 && strstr(e.text, file) == NULL ? 0 : r;
}

static void no_controllers(void)
{
	char folder[] = "/tmp/test_stats.XXXXXX";
	auto(cgroup_stats) struct cgroup_stats s = { 0 };
	struct err e = { 0 };
	autofree char *got = NULL;
	autoclose int fd = -1;

	if (!mkdtemp(folder)) {
		skip("a cgroup without controllers", "no temporary folder");
		return;
	}
	fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	(void)close(openat(fd, "cgroup.procs", O_WRONLY | O_CREAT, 0600));
	(void)file_write_at(fd, "cgroup.procs", "12\n345\n6\n", 9);
	is_int(cgroup_stats_read(fd, &s, &e), 0, "no controllers: no error");
	is_int(s.pids.current, 3, "the processes are counted");
	got = printed(&s);
	ok(strstr(got, "\"psi\"") == NULL && strstr(got, "\"raw\"") == NULL &&
		   strstr(got, "\"rdma\"") == NULL,
	   "what nobody counts is left out");
	ok(strstr(got, "\"current\": 3\n") != NULL, "no limit of processes");
	(void)unlinkat(fd, "cgroup.procs", 0);
	(void)rmdir(folder);
}

static void removed(void)
{
	auto(cgroup_stats) struct cgroup_stats s = { 0 };
	struct err e = { 0 };

	ok(cgroup_stats_read(-1, &s, &e) < 0 && e.text[0],
	   "a cgroup that can't be read is an error");
}

static void io(void)
{
	auto(cgroup_stats) struct cgroup_stats s = { 0 };

	is_int(parse(&s, "io.stat",
		     "8:16 rbytes=1 wbytes=2 rios=3 wios=4 dbytes=5 dios=6 "
		     "cost.vrate=100.00 use_delay\n"
		     "8:0 8:32 rbytes=7 wbytes=8 rios=9 wios=10\n"
		     "253:1\n"),
	       0, "io.stat, with names that have no numbers");
	is_int(s.io.devices.n, 4, "so many devices");
	is_int(s.io.devices.v[0].written_bytes, 2, "written by the first");
	is_int(s.io.devices.v[1].read_bytes, 0, "the second has none");
	is_int(s.io.devices.v[2].minor, 32, "the third");
	is_int(s.io.devices.v[2].writes, 10, "writes of the third");
	is_int(parse(&s, "io.stat", "rbytes=1\n"), -EBADMSG, "no device");
	is_int(parse(&s, "io.stat", "8:0 rbytes=x\n"), -EBADMSG, "no number");
}

static void numbers(void)
{
	auto(cgroup_stats) struct cgroup_stats s = { 0 };

	is_int(parse(&s, "memory.max", "max\n"), 0, "no limit");
	is_int(s.memory.memory.limit, UINT64_MAX, "is the largest number");
	is_int(parse(&s, "memory.current", "18446744073709551615\n"), 0,
	       "64 bits");
	is_int(s.memory.memory.usage, UINT64_MAX, "exactly");
	is_int(parse(&s, "memory.current", ""), -EBADMSG, "nothing");
	is_int(parse(&s, "memory.current", "-1\n"), -EBADMSG, "a sign");
	is_int(parse(&s, "cpu.stat", "usage_usec 18446744073709551615\n"), 0,
	       "more nanoseconds than 64 bits hold");
	is_int(s.cpu.total, UINT64_MAX, "is as many as they hold");
	is_int(parse(&s, "cpu.stat", "user_usec\n"), -EBADMSG, "no number");
	is_int(parse(&s, "cpu.stat", "new_key some words\nuser_usec 2\n"), 0,
	       "a key of tomorrow");
	is_int(s.cpu.user, 2000, "and the one after it");
	is_int(parse(&s, "memory.stat", "anon x\n"), -EBADMSG, "memory.stat");
	is_int(parse(&s, "memory.stat", "anon 1\nfile 2\nshmem 3\n"), 0,
	       "memory.stat");
	ok(s.memory.raw.n == 3 && s.memory.raw.v[2].value == 3 &&
		   str_eq(s.memory.raw.v[2].key, "shmem"),
	   "has them in order");
	is_int(parse(&s, "no.such.file", "x"), 0, "a file of tomorrow");
}

static void pressure(void)
{
	auto(cgroup_stats) struct cgroup_stats s = { 0 };
	autofree char *got = NULL;

	is_int(parse(&s, "cpu.pressure",
		     "some avg10=0.05 avg60=12.30 avg300=100.00 total=18\n"),
	       0, "pressure without a line of all");
	is_int(s.cpu.pressure.some.avg60, 1230, "in hundredths");
	got = printed(&s);
	ok(strstr(got, "\"avg10\": 0.05,") &&
		   strstr(got, "\"avg60\": 12.30,") &&
		   strstr(got, "\"avg300\": 100.00,"),
	   "comes out as it was");
	is_int(parse(&s, "io.pressure", "some avg10=0,05\n"), -EBADMSG,
	       "another point");
	is_int(parse(&s, "io.pressure", "some avg10\n"), -EBADMSG, "no value");
	is_int(parse(&s, "io.pressure", "worse avg10=?\n"), 0,
	       "a line of tomorrow");
	ok(!s.io.pressure.known, "does not count");
}

static void hugetlb_and_rdma(void)
{
	auto(cgroup_stats) struct cgroup_stats s = { 0 };

	is_int(parse(&s, "hugetlb.2MB.events", "max 3\n"), 0, "huge pages");
	is_int(parse(&s, "hugetlb.1GB.current", "1073741824\n"), 0, "larger");
	is_int(parse(&s, "hugetlb.2MB.current", "2097152\n"), 0, "in use");
	is_int(parse(&s, "hugetlb.2MB.rsvd.current", "9\n"), 0, "reserved");
	is_int(s.hugetlb.n, 2, "two sizes");
	ok(str_eq(s.hugetlb.v[0].size, "2MB") && s.hugetlb.v[0].failed == 3 &&
		   s.hugetlb.v[0].usage == 2097152,
	   "both numbers of one size");
	is_int(parse(&s, "hugetlb.2MB.events", "min 3\n"), -EBADMSG, "no max");
	is_int(parse(&s, "rdma.max",
		     "mlx4_0 hca_handle=2 hca_object=2000\n"
		     "ocrdma1 hca_handle=3 hca_object=max\n"),
	       0, "rdma.max");
	ok(s.rdma.limits.n == 2 && s.rdma.limits.v[1].handles == 3 &&
		   s.rdma.limits.v[1].objects == UINT64_MAX,
	   "two devices");
	is_int(parse(&s, "rdma.current", "mlx4_0 hca_handle=\n"), -EBADMSG,
	       "no number");
}

int main(void)
{
	recorded();
	no_controllers();
	removed();
	io();
	numbers();
	pressure();
	hugetlb_and_rdma();
	return done();
}
