/* update_resources.c - the limits that `update` is given: a file, or options.
 *
 * The options become what the file would hold, with numbers as runc's clients
 * write them: sizes may have a unit, "100M" or "1.5 GiB", of powers of 1024.
 */
#include "cli/update_resources.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <strings.h>
#include <unistd.h>

#include "base/err.h"
#include "base/file.h"
#include "base/own.h"
#include "base/str.h"
#include "spec/spec.h"

#define RESOURCES_MAX (4U << 20)

/* --- options */

enum number {
	NUMBER_UINT32, /* struct opt_uint32 */
	NUMBER_UINT64, /* struct opt_uint64 */
	NUMBER_INT64, /* struct opt_int64 */
	NUMBER_SIZE, /* struct opt_int64, in bytes; -1: no limit */
};

/* What the options fill in. */
struct given {
	struct spec_resources resources;
	struct spec_memory memory;
	struct spec_cpu cpu;
	struct spec_pids pids;
	struct spec_block_io block_io;
};

struct number_option {
	const char *name;
	size_t from, to;
	enum number kind;
};

#define OPTION(name, from, to, kind)                              \
	{                                                         \
		(name), offsetof(struct update_opts, from),       \
			offsetof(struct given, to), NUMBER_##kind \
	}

static const struct number_option options[] = {
	OPTION("blkio-weight", blkio_weight, block_io.weight, UINT32),
	OPTION("cpu-burst", cpu_burst, cpu.burst, UINT64),
	OPTION("cpu-idle", cpu_idle, cpu.idle, INT64),
	OPTION("cpu-period", cpu_period, cpu.period, UINT64),
	OPTION("cpu-quota", cpu_quota, cpu.quota, INT64),
	OPTION("cpu-rt-period", cpu_rt_period, cpu.realtime_period, UINT64),
	OPTION("cpu-rt-runtime", cpu_rt_runtime, cpu.realtime_runtime, INT64),
	OPTION("cpu-share", cpu_share, cpu.shares, UINT64),
	OPTION("memory", memory, memory.limit, SIZE),
	OPTION("memory-reservation", memory_reservation, memory.reservation,
	       SIZE),
	OPTION("memory-swap", memory_swap, memory.swap, SIZE),
	OPTION("pids-limit", pids_limit, pids.limit, INT64),
	{ 0 },
};

/* What the number is multiplied with: "", "b", "k", "kb", "KiB", …; 0: that is
 * no unit. */
static uint64_t unit(const char *text)
{
	static const char letters[] = "kmgtp";
	uint64_t factor = 1;

	text += *text == ' ';
	for (size_t i = 0; letters[i] && *text; i++) {
		if ((*text | 0x20) != letters[i])
			continue;
		factor = UINT64_C(1) << (10 * (i + 1));
		text++;
		text += *text == 'i' || *text == 'I';
		break;
	}
	return *text == '\0' || strcasecmp(text, "b") == 0 ? factor : 0;
}

static int read_size(const char *text, int64_t *ret)
{
	size_t whole = strspn(text, "0123456789");
	size_t len = whole;
	autofree char *digits = mem_dup(text, whole);
	uint64_t bytes, factor;
	double parts = 0;

	if (str_eq(text, "-1")) {
		*ret = -1;
		return 0;
	}
	if (text[whole] == '.') {
		len += 1 + strspn(text + whole + 1, "0123456789");
		parts = strtod(text + whole, NULL);
	}
	factor = unit(text + len);
	if (whole == 0 || len == whole + 1 || factor == 0)
		return -EINVAL;
	if (str_uint64(digits, &bytes) < 0 || bytes >= INT64_MAX / factor)
		return -ERANGE;
	*ret = (int64_t)(bytes * factor) + (int64_t)(parts * (double)factor);
	return 0;
}

static int read_number(const char *text, enum number kind, void *to)
{
	struct opt_uint32 *u32 = to;
	struct opt_uint64 *u64 = to;
	struct opt_int64 *i64 = to;

	switch (kind) {
	case NUMBER_UINT32:
		u32->set = true;
		return str_uint32(text, &u32->value);
	case NUMBER_UINT64:
		u64->set = true;
		return str_uint64(text, &u64->value);
	case NUMBER_INT64:
		i64->set = true;
		return str_int64(text, &i64->value);
	case NUMBER_SIZE:
		i64->set = true;
		return read_size(text, &i64->value);
	}
	return -EINVAL;
}

static int bad_number(const struct number_option *o, const char *text, int why,
		      struct err *e)
{
	(void)err_set(e, -why, "update: --%s: \"%s\" is %s", o->name, text,
		      why == -ERANGE ? "too large" : "no number that it takes");
	if (o->kind == NUMBER_SIZE)
		return err_hint(e, "Sizes are written as 1048576, 100M or "
				   "1.5GiB; -1 is no limit");
	return -e->code;
}

/* Options that are not numbers of a limit. */
static int read_others(const struct update_opts *o, struct given *g,
		       struct err *e)
{
	if (!str_empty(o->l3_cache_schema) || !str_empty(o->mem_bw_schema)) {
		(void)err_set(e, ENOTSUP,
			      "update: --%s: rootlet does not manage resctrl",
			      str_empty(o->l3_cache_schema)
				      ? "mem-bw-schema"
				      : "l3-cache-schema");
		return err_hint(e, "Write the schemata file of a group below "
				   "/sys/fs/resctrl");
	}
	g->cpu.cpus = str_empty(o->cpuset_cpus) ? NULL : o->cpuset_cpus;
	g->cpu.mems = str_empty(o->cpuset_mems) ? NULL : o->cpuset_mems;
	return 0;
}

static int from_options(const struct update_opts *o, struct given *g,
			struct err *e)
{
	for (const struct number_option *n = options; n->name; n++) {
		const char *text = *(const char *const *)((const char *)o +
							  n->from);
		int r;

		if (str_empty(text))
			continue;
		r = read_number(text, n->kind, (char *)g + n->to);
		if (r < 0)
			return bad_number(n, text, r, e);
	}
	g->resources.memory = &g->memory;
	g->resources.cpu = &g->cpu;
	g->resources.block_io = &g->block_io;
	if (g->pids.limit.set)
		g->resources.pids = &g->pids;
	return read_others(o, g, e);
}

/* --- a file */

static int from_file(const char *path, struct json_doc *doc,
		     struct spec_resources **ret, struct err *e)
{
	const bool is_input = str_eq(path, "-");
	const char *shown = is_input ? "the standard input" : path;
	autofree char *text = NULL;
	size_t len;
	int r;

	r = is_input ? file_read_fd(STDIN_FILENO, RESOURCES_MAX, &text, &len)
		     : file_read_at(AT_FDCWD, path, RESOURCES_MAX, &text, &len);
	if (r == -EFBIG)
		return err_set(e, EFBIG, "--resources: %s has more than %u MiB",
			       shown, RESOURCES_MAX >> 20);
	if (r < 0)
		return err_errno(e, r, "--resources: read %s", shown);
	r = spec_parse_resources(text, len, doc, ret, e);
	return r < 0 ? err_wrap(e, "--resources: %s", shown) : 0;
}

/* Is anything given but --resources? */
static bool has_options(const struct update_opts *o)
{
	struct update_opts others = *o;
	const struct update_opts none = { 0 };

	others.resources = NULL;
	return memcmp(&others, &none, sizeof(none)) != 0;
}

int update_resources(const struct update_opts *o, struct json_doc *doc,
		     struct spec_resources **ret, struct err *e)
{
	const bool has_file = !str_empty(o->resources);
	struct given *g;

	if (has_file && has_options(o)) {
		(void)err_set(e, EINVAL,
			      "update: --resources names the limits already");
		return err_hint(e, "leave out --resources, or all of the other "
				   "options");
	}
	if (has_file)
		return from_file(o->resources, doc, ret, e);
	if (!has_options(o)) {
		(void)err_set(e, EINVAL, "update: no limit is named");
		return err_hint(e, "see \"rootlet update --help\"");
	}
	g = arena_zero(&doc->arena, sizeof(*g));
	*ret = &g->resources;
	return from_options(o, g, e);
}
