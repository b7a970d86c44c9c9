/* test_settings.c - limits of a cgroup: which answers of the kernel hold, and
 * what happens to those that don't.  Plain files stand for the kernel's. */
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "base/err.h"
#include "base/file.h"
#include "base/own.h"
#include "base/str.h"
#include "cgroup/cgroup.h"
#include "test.h"

/* The name of a test is one line. */
static void check(const char *file, const char *want, const char *got, bool yes)
{
	autofree char *name = str_format("%s: %s is%s %s", file, want,
					 yes ? "" : " not", got);

	for (char *c = name; *c; c++)
		*c = *c == '\n' ? ';' : *c;
	ok(cgroup_holds(file, want, got) == yes, name);
}

static void holds(const char *file, const char *want, const char *got)
{
	check(file, want, got, true);
}

static void differs(const char *file, const char *want, const char *got)
{
	check(file, want, got, false);
}

static void test_numbers(void)
{
	holds("memory.max", "104857600", "104857600\n");
	holds("memory.max", "max", "max\n");
	holds("memory.max", "1000", "0\n");
	holds("memory.max", "9223372036854775807", "max\n");
	holds("memory.max", "100M", "104857600\n");
	differs("memory.max", "104857600", "max\n");
	differs("memory.max", "104857600", "1048576\n");
	differs("memory.max", "104857600", "104857601\n");
	differs("memory.max", "max", "104857600\n");
	holds("pids.max", "7", "7\n");
	differs("pids.max", "7", "6\n");
	holds("hugetlb.2MB.max", "3000000", "2097152\n");
	holds("hugetlb.1GB.rsvd.max", "3000000", "0\n");
	holds("hugetlb.64KB.max", "65537", "65536\n");
	differs("hugetlb.2MB.max", "5000000", "2097152\n");
	differs("cpu.weight", "100", "99\n");
}

static void test_words(void)
{
	holds("cpu.max", "5000 10000", "5000 10000\n");
	holds("cpu.max", "5000", "5000 100000\n");
	holds("cpu.max", "max 100000", "max 100000\n");
	differs("cpu.max", "5000 10000", "5000 100000\n");
	differs("cpu.max", "5000 10000", "50000 10000\n");
	holds("io.max", "8:0 rbps=1",
	      "8:16 rbps=2 wbps=max riops=max wiops=max\n"
	      "8:0 rbps=1 wbps=max riops=max wiops=max\n");
	holds("io.max", "8:0 rbps=max wbps=max", "8:16 rbps=2 wbps=max\n");
	holds("io.max", "8:0 rbps=max", "");
	differs("io.max", "8:0 rbps=1", "8:0 rbps=10 wbps=max\n");
	differs("io.max", "8:0 rbps=1", "8:01 rbps=1\n18:0 rbps=1\n");
	differs("io.max", "8:0 rbps=max", "8:0 rbps=1 wbps=max\n");
	holds("io.weight", "default 910", "default 910\n8:0 1\n");
	holds("io.weight", "8:0 1", "default 910\n8:0 1\n");
	differs("io.bfq.weight", "8:0 10", "default 10\n");
	holds("rdma.max", "mlx5_1 hca_object=4",
	      "mlx5_1 hca_handle=max hca_object=4 \n");
	differs("rdma.max", "mlx5_2 hca_object=4",
		"mlx5_1 hca_handle=max hca_object=4 \n");
}

static void test_sets(void)
{
	holds("cpuset.cpus", "0,1", "0-1\n");
	holds("cpuset.cpus", "0-7", "0-1\n");
	holds("cpuset.mems", "0", "0\n");
	holds("cpuset.cpus", "0-10:2/4", "0-1\n");
	differs("cpuset.cpus", "2", "0-1\n");
	differs("cpuset.cpus", "1", "0-1\n");
	differs("cpuset.cpus", "1", "\n");
	holds("memory.reclaim", "1G", "nothing of the kind\n");
}

static int dir_fd;

static void make_file(const char *name, const char *text)
{
	autoclose int fd = openat(dir_fd, name, O_WRONLY | O_CREAT | O_TRUNC,
				  0600);

	if (fd < 0 || write(fd, text, strlen(text)) < 0)
		exit(1);
}

struct heard {
	int n, answer;
	char item[64], text[ERR_TEXT_MAX];
};

static int hear(void *arg, const struct plan_cgroup_setting *s,
		const struct err *why, struct err *e)
{
	struct heard *h = arg;

	h->n++;
	(void)snprintf(h->item, sizeof(h->item), "%s", s->item);
	(void)snprintf(h->text, sizeof(h->text), "%s", why->text);
	*e = *why;
	return h->answer;
}

static const struct plan_cgroup_setting missing = {
	.file = "memory.max",
	.value = "1000",
	.item = "linux.resources.memory.limit",
	.controller = CG_MEMORY,
};

static int apply(struct plan_cgroup_setting s, struct err *e)
{
	*e = (struct err){ 0 };
	return cgroup_apply(dir_fd, &s, 1, NULL, NULL, e);
}

static void test_apply(void)
{
	struct plan_cgroup_setting s = missing;
	autofree char *text = NULL;
	struct err e;

	is_int(apply(s, &e), -ENOENT, "no such file");
	is_str(e.text,
	       "linux.resources.memory.limit: write 1000 to memory.max (ENOENT)",
	       "the error names the key and the file");
	ok(strstr(e.hint, "controller memory") != NULL,
	   "its hint names the controller");
	s.flags = SETTING_LIFTS;
	is_int(apply(s, &e), 0, "no limit without a file is as good");
	s.flags = SETTING_MAY_LACK;
	is_int(apply(s, &e), 0, "a file that may lack");
	s.flags = SETTING_FIRST_TRY;
	is_int(apply(s, &e), 0, "a first try may fail");
	s.flags = 0;
	s.else_file = "memory.high";
	s.else_value = "2000";
	is_int(apply(s, &e), -ENOENT, "neither file is there");
	make_file("memory.high", "");
	is_int(apply(s, &e), 0, "the other file is there");
	is_int(file_read_at(dir_fd, "memory.high", 99, &text, NULL), 0, "read");
	is_str(text, "2000", "it has the other value");
	make_file("memory.max", "");
	is_int(apply(missing, &e), 0, "the file is there");
	make_file("memory.max", "999999");
	is_int(apply(missing, &e), -ERANGE, "another value is in force");
	is_str(e.text,
	       "linux.resources.memory.limit: wrote 1000 to memory.max, "
	       "and what is in force is \"100099\"",
	       "and the error says so");
}

static void test_usage(void)
{
	struct plan_cgroup_setting s = missing;
	struct err e;

	s.flags = SETTING_OVER_USAGE;
	(void)unlinkat(dir_fd, "memory.max", 0);
	is_int(apply(s, &e), -ENOENT, "no controller, no usage");
	ok(strstr(e.text, "memory.max") != NULL, "and the limit is what lacks");
	make_file("memory.max", "");
	make_file("memory.current", "1001\n");
	is_int(apply(s, &e), -EBUSY, "a limit below what is used");
	ok(strstr(e.text, "uses 1001 bytes") != NULL,
	   "the error says how much");
	make_file("memory.current", "1000\n");
	is_int(apply(s, &e), 0, "a limit that is just what is used");
}

static void test_refused(void)
{
	const struct plan_cgroup_setting two[] = {
		{ .file = "a.max", .value = "1", .item = "a" },
		{ .file = "memory.high", .value = "1", .item = "b" },
	};
	struct heard h = { 0 };
	struct err e = { 0 };

	make_file("memory.high", "");
	is_int(cgroup_apply(dir_fd, two, 2, hear, &h, &e), 0,
	       "who hears of it may go on");
	is_int(h.n, 1, "one was refused");
	is_str(h.item, "a", "that one");
	h = (struct heard){ .answer = -ENOENT };
	is_int(cgroup_apply(dir_fd, two, 2, hear, &h, &e), -ENOENT,
	       "or have it fail");
}

int main(void)
{
	char dir[] = "/tmp/test_settings.XXXXXX";
	static const char *const files[] = { "memory.high", "memory.max",
					     "memory.current" };

	if (!mkdtemp(dir))
		return 1;
	dir_fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	test_numbers();
	test_words();
	test_sets();
	test_apply();
	test_usage();
	test_refused();
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		(void)unlinkat(dir_fd, files[i], 0);
	(void)close(dir_fd);
	(void)rmdir(dir);
	return done();
}
