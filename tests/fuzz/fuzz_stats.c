/* fuzz_stats.c - libFuzzer target of cgroup/stats.c: the first byte says which
 * file it is, the rest is its text.
 *
 * With -DFUZZ_STANDALONE it is a program that reads the files it is given. */
#include "base/json.h"
#include "base/mem.h"
#include "cgroup/stats.h"
#include "fuzz.h"

static const char *const files[] = {
	"cpu.stat",	  "cpu.pressure",	"cpuset.cpus.effective",
	"memory.current", "memory.stat",	"memory.events",
	"io.stat",	  "hugetlb.2MB.events", "rdma.max",
	"rdma.current",
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct cgroup_stats stats = { 0 };
	struct json_doc doc = { 0 };
	struct json_out *out;
	struct err e = { 0 };
	const char *json;
	char *text;
	size_t len;
	int r;

	if (size < 1)
		return 0;
	text = mem_dup(data + 1, size - 1);
	r = cgroup_stats_parse(
		&stats, files[data[0] % (sizeof(files) / sizeof(*files))], text,
		&e);
	if (r < 0)
		fuzz_check_error(r, &e);
	out = json_out_new(false);
	json_object(out, NULL);
	cgroup_stats_print(&stats, out);
	json_end(out);
	json = json_out_text(out, &len);
	/* What comes out is JSON, unless it is longer than we would read. */
	if (len < 1U << 20 && json_parse(json, len, &doc, &e) < 0)
		abort();
	json_done(&doc);
	json_out_free(out);
	cgroup_stats_done(&stats);
	free(text);
	return 0;
}
