/* stats.c - read what a cgroup has used.
 *
 * Theory of operation: a table says for each file how it is written.  Most are
 * numbers, alone ("memory.current") or behind a key ("cpu.stat"); for those a
 * second table says which number goes where.  The other formats, lines with
 * NAME=VALUE words, have a function each.
 *
 * Files come and go with controllers and kernels, and new keys with new
 * kernels: one that is missing or not known is passed over.  What is there must
 * be as documented, though; a number that can't be read is an error and never
 * a zero.
 */
#include "cgroup/stats.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/file.h"
#include "base/own.h"
#include "base/str.h"
#include "cgroup/cgroup.h"

#define FILE_MAX   ((size_t)4 << 20)

#define AT(member) offsetof(struct cgroup_stats, member)

/* Where the numbers of a file go. */
static const struct number {
	const char *file, *key; /* key NULL: the whole file */
	size_t offset;
	unsigned factor;
} numbers[] = {
	{ "cpu.stat", "usage_usec", AT(cpu.total), 1000 },
	{ "cpu.stat", "user_usec", AT(cpu.user), 1000 },
	{ "cpu.stat", "system_usec", AT(cpu.kernel), 1000 },
	{ "cpu.stat", "nr_periods", AT(cpu.periods), 1 },
	{ "cpu.stat", "nr_throttled", AT(cpu.throttled_periods), 1 },
	{ "cpu.stat", "throttled_usec", AT(cpu.throttled_time), 1000 },
	{ "memory.current", NULL, AT(memory.memory.usage), 1 },
	{ "memory.max", NULL, AT(memory.memory.limit), 1 },
	{ "memory.peak", NULL, AT(memory.memory.peak), 1 },
	{ "memory.events", "max", AT(memory.memory.failed), 1 },
	{ "memory.events", "oom_kill", AT(memory.oom_kills), 1 },
	{ "memory.swap.current", NULL, AT(memory.swap.usage), 1 },
	{ "memory.swap.max", NULL, AT(memory.swap.limit), 1 },
	{ "memory.swap.events", "max", AT(memory.swap.failed), 1 },
	{ "pids.current", NULL, AT(pids.current), 1 },
	{ "pids.max", NULL, AT(pids.limit), 1 },
};

/* --- words and numbers */

static int malformed(const char *file, const char *text, struct err *e)
{
	return err_set(e, EBADMSG,
		       "read %s: \"%.60s\" is not what the kernel "
		       "should say there",
		       file, text);
}

/* Cuts off what stands before `stop` and moves on behind it; NULL: there is
 * nothing left. */
static char *cut(char **rest, char stop)
{
	char *word = *rest;
	char *end;

	if (*word == '\0')
		return NULL;
	end = strchr(word, stop);
	*rest = end ? end + 1 : word + strlen(word);
	if (end)
		*end = '\0';
	return word;
}

/* "max" is UINT64_MAX; so is what does not fit. */
static int read_number(const char *text, unsigned factor, uint64_t *ret)
{
	uint64_t v = UINT64_MAX;
	int r = str_eq(text, "max") ? 0 : str_uint64(text, &v);

	if (r < 0 && r != -ERANGE)
		return r;
	if (__builtin_mul_overflow(v, factor, ret))
		*ret = UINT64_MAX;
	return 0;
}

/* Room for one more element; lists double at the powers of two. */
static void *list_more(struct arena *a, void *list, size_t n, size_t size)
{
	void *bigger = list;

	if ((n & (n - 1)) == 0) {
		bigger = arena_zero_n(a, n ? 2 * n : 1, size);
		if (n > 0)
			memcpy(bigger, list, n * size);
	}
	return bigger;
}
#define LIST_ADD(s, list)                                                \
	({                                                               \
		(list)->v = list_more(&(s)->arena, (list)->v, (list)->n, \
				      sizeof(*(list)->v));               \
		&(list)->v[(list)->n++];                                 \
	})

/* --- numbers */

static int put_number(struct cgroup_stats *s, const char *file, const char *key,
		      const char *text, struct err *e)
{
	for (size_t i = 0; i < sizeof(numbers) / sizeof(*numbers); i++) {
		const struct number *n = &numbers[i];

		if (!str_eq(n->file, file) || !key != !n->key ||
		    (key && !str_eq(n->key, key)))
			continue;
		if (read_number(text, n->factor,
				(uint64_t *)(void *)((char *)s + n->offset)) <
		    0)
			return malformed(file, text, e);
	}
	return 0;
}

static int parse_alone(struct cgroup_stats *s, const char *file, char *text,
		       struct err *e)
{
	const char *line = cut(&text, '\n');

	if (!line)
		return malformed(file, "", e);
	return put_number(s, file, NULL, line, e);
}

static int parse_keyed(struct cgroup_stats *s, const char *file, char *text,
		       struct err *e)
{
	char *key;

	while ((key = cut(&text, '\n'))) {
		char *value = key;
		int r;

		(void)cut(&value, ' ');
		r = put_number(s, file, key, value, e);
		if (r < 0)
			return r;
	}
	return 0;
}

/* memory.stat: every key, as it stands. */
static int parse_raw(struct cgroup_stats *s, const char *file, char *text,
		     struct err *e)
{
	char *key;

	while ((key = cut(&text, '\n'))) {
		char *value = key;
		struct stats_value *raw;
		uint64_t v;

		(void)cut(&value, ' ');
		if (read_number(value, 1, &v) < 0)
			return malformed(file, value, e);
		raw = LIST_ADD(s, &s->memory.raw);
		raw->key = arena_str(&s->arena, key);
		raw->value = v;
	}
	return 0;
}

/* --- lists of processors and of memory nodes */

static int parse_list(struct cgroup_stats *s, const char *file, char *text,
		      struct err *e)
{
	const char *line = cut(&text, '\n');
	int r;

	if (!line)
		return 0;
	line = arena_str(&s->arena, line); /* the set keeps it */
	if (str_eq(file, "cpuset.cpus.effective"))
		r = bits_parse(&s->arena, line, BITS_CPUS_MAX, file, &s->cpus,
			       e);
	else
		r = bits_parse(&s->arena, line, BITS_NODES_MAX, file, &s->nodes,
			       e);
	return r < 0 ? malformed(file, line, e) : 0;
}

/* --- pressure: "some avg10=0.11 avg60=0.27 avg300=0.20 total=466547606" */

/* "12.34" is 1234. */
static int read_hundredths(char *text, uint64_t *ret)
{
	char *rest = text;
	const char *whole = cut(&rest, '.');
	uint64_t w, f;

	if (!whole || strlen(rest) != 2 || str_uint64(whole, &w) < 0 ||
	    str_uint64(rest, &f) < 0 || w > 1000000)
		return -EINVAL;
	*ret = w * 100 + f;
	return 0;
}

static int put_stall(struct stats_stall *stall, const char *key, char *value)
{
	if (str_eq(key, "avg10"))
		return read_hundredths(value, &stall->avg10);
	if (str_eq(key, "avg60"))
		return read_hundredths(value, &stall->avg60);
	if (str_eq(key, "avg300"))
		return read_hundredths(value, &stall->avg300);
	if (str_eq(key, "total"))
		return read_number(value, 1, &stall->total);
	return 0;
}

static struct stats_pressure *pressure_of(struct cgroup_stats *s,
					  const char *file)
{
	if (str_eq(file, "cpu.pressure"))
		return &s->cpu.pressure;
	return str_eq(file, "io.pressure") ? &s->io.pressure
					   : &s->memory.pressure;
}

static int parse_pressure(struct cgroup_stats *s, const char *file, char *text,
			  struct err *e)
{
	struct stats_pressure *p = pressure_of(s, file);
	char *line;

	while ((line = cut(&text, '\n'))) {
		const char *whose = cut(&line, ' ');
		struct stats_stall *stall;
		char *value;

		if (!whose ||
		    (!str_eq(whose, "some") && !str_eq(whose, "full")))
			continue;
		stall = str_eq(whose, "some") ? &p->some : &p->full;
		while ((value = cut(&line, ' '))) {
			const char *key = cut(&value, '=');

			if (!key || put_stall(stall, key, value) < 0)
				return malformed(file, value, e);
		}
		p->known = true;
	}
	return 0;
}

/* --- io.stat: "8:16 rbytes=1459200 wbytes=314773504 rios=192 wios=353 …" */

static int put_io(struct stats_io *io, const char *key, const char *value)
{
	if (str_eq(key, "rbytes"))
		return read_number(value, 1, &io->read_bytes);
	if (str_eq(key, "wbytes"))
		return read_number(value, 1, &io->written_bytes);
	if (str_eq(key, "rios"))
		return read_number(value, 1, &io->reads);
	if (str_eq(key, "wios"))
		return read_number(value, 1, &io->writes);
	return 0;
}

/* "8:16"; NULL: it is none, but an option without a value. */
static struct stats_io *add_device(struct cgroup_stats *s, char *word)
{
	uint64_t major, minor;
	const char *first = cut(&word, ':');
	struct stats_io *io;

	if (!first || str_uint64(first, &major) < 0 ||
	    str_uint64(word, &minor) < 0)
		return NULL;
	io = LIST_ADD(s, &s->io.devices);
	*io = (struct stats_io){ .major = major, .minor = minor };
	return io;
}

/* Some kernels write the name of a device without numbers, and no end of the
 * line after it: "8:0 8:16 rbytes=…". */
static int parse_io_line(struct cgroup_stats *s, char *line)
{
	struct stats_io *io = NULL;
	char *word;

	while ((word = cut(&line, ' '))) {
		char *value = word;

		if (!strchr(word, '=')) {
			struct stats_io *next = add_device(s, word);

			io = next ? next : io;
			continue;
		}
		(void)cut(&value, '=');
		if (!io || put_io(io, word, value) < 0)
			return -EINVAL;
	}
	return 0;
}

static int parse_io(struct cgroup_stats *s, const char *file, char *text,
		    struct err *e)
{
	char *line;

	while ((line = cut(&text, '\n')))
		if (parse_io_line(s, line) < 0)
			return malformed(file, line, e);
	return 0;
}

/* --- rdma.max, rdma.current: "mlx4_0 hca_handle=2 hca_object=max" */

static int parse_rdma_line(struct stats_rdma *rdma, char *words)
{
	char *value;
	int r = 0;

	while (r == 0 && (value = cut(&words, ' '))) {
		const char *key = cut(&value, '=');

		if (key && str_eq(key, "hca_handle"))
			r = read_number(value, 1, &rdma->handles);
		else if (key && str_eq(key, "hca_object"))
			r = read_number(value, 1, &rdma->objects);
	}
	return r;
}

static int parse_rdma(struct cgroup_stats *s, const char *file, char *text,
		      struct err *e)
{
	char *line;

	while ((line = cut(&text, '\n'))) {
		const char *device = cut(&line, ' ');
		struct stats_rdma *rdma;

		if (!device)
			continue;
		if (str_eq(file, "rdma.max"))
			rdma = LIST_ADD(s, &s->rdma.limits);
		else
			rdma = LIST_ADD(s, &s->rdma.current);
		rdma->device = arena_str(&s->arena, device);
		if (parse_rdma_line(rdma, line) < 0)
			return malformed(file, line, e);
	}
	return 0;
}

/* --- hugetlb.2MB.current, hugetlb.2MB.events */

/* "2MB" of "hugetlb.2MB.current"; NULL: not of that kind. */
static char *hugetlb_size(struct arena *a, const char *file, const char *ending)
{
	const char *size = str_after(file, "hugetlb.");
	size_t len;

	if (!size || !str_ends(size, ending))
		return NULL;
	len = strlen(size) - strlen(ending);
	/* Not those of "hugetlb.2MB.rsvd.current". */
	return len == 0 || memchr(size, '.', len) ? NULL
						  : arena_dup(a, size, len);
}

static struct stats_hugetlb *hugetlb_of(struct cgroup_stats *s, char *size)
{
	struct stats_hugetlb *h;

	for (size_t i = 0; i < s->hugetlb.n; i++)
		if (str_eq(s->hugetlb.v[i].size, size))
			return &s->hugetlb.v[i];
	h = LIST_ADD(s, &s->hugetlb);
	h->size = size;
	return h;
}

static int parse_hugetlb(struct cgroup_stats *s, const char *file, char *text,
			 struct err *e)
{
	char *size = hugetlb_size(&s->arena, file, ".current");
	bool is_usage = size != NULL;
	const char *line = cut(&text, '\n');
	struct stats_hugetlb *h;

	if (!is_usage) {
		size = hugetlb_size(&s->arena, file, ".events");
		line = line ? str_after(line, "max ") : NULL;
	}
	if (!size)
		return 0;
	h = hugetlb_of(s, size);
	if (!line ||
	    read_number(line, 1, is_usage ? &h->usage : &h->failed) < 0)
		return malformed(file, line ? line : "", e);
	return 0;
}

/* --- all of them */

static const struct source {
	const char *file;
	int (*parse)(struct cgroup_stats *s, const char *file, char *text,
		     struct err *e);
} sources[] = {
	{ "cpu.stat", parse_keyed },
	{ "cpu.pressure", parse_pressure },
	{ "cpuset.cpus.effective", parse_list },
	{ "cpuset.mems.effective", parse_list },
	{ "memory.current", parse_alone },
	{ "memory.max", parse_alone },
	{ "memory.peak", parse_alone },
	{ "memory.stat", parse_raw },
	{ "memory.events", parse_keyed },
	{ "memory.pressure", parse_pressure },
	{ "memory.swap.current", parse_alone },
	{ "memory.swap.max", parse_alone },
	{ "memory.swap.events", parse_keyed },
	{ "pids.current", parse_alone },
	{ "pids.max", parse_alone },
	{ "io.stat", parse_io },
	{ "io.pressure", parse_pressure },
	{ "rdma.max", parse_rdma },
	{ "rdma.current", parse_rdma },
};

int cgroup_stats_parse(struct cgroup_stats *s, const char *file, char *text,
		       struct err *e)
{
	for (size_t i = 0; i < sizeof(sources) / sizeof(*sources); i++)
		if (str_eq(sources[i].file, file))
			return sources[i].parse(s, file, text, e);
	return parse_hugetlb(s, file, text, e);
}

/* 1: it was there. */
static int read_one(int dir_fd, const char *file, struct cgroup_stats *s,
		    struct err *e)
{
	autofree char *text = NULL;
	int r;

	r = file_read_at(dir_fd, file, FILE_MAX, &text, NULL);
	/* A kernel may have pressure, or threads, and have it switched off. */
	if (r == -ENOENT || r == -EOPNOTSUPP)
		return 0;
	if (r < 0)
		return err_errno(e, r, "read %s of the cgroup", file);
	r = cgroup_stats_parse(s, file, text, e);
	return r < 0 ? r : 1;
}

static int by_size(const void *a, const void *b)
{
	const struct stats_hugetlb *x = a, *y = b;

	return strcmp(x->size, y->size);
}

/* Which sizes there are, the names of the files tell. */
static int read_hugetlb(int dir_fd, struct cgroup_stats *s, struct err *e)
{
	int fd = openat(dir_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	autodir DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *d;

	if (!dir) {
		int r = err_sys(e, "list the files of the cgroup");

		own_close(&fd);
		return r;
	}
	while ((d = readdir(dir))) {
		int r = 0;

		if (str_after(d->d_name, "hugetlb."))
			r = read_one(dir_fd, d->d_name, s, e);
		if (r < 0)
			return r;
	}
	if (s->hugetlb.n > 1)
		qsort(s->hugetlb.v, s->hugetlb.n, sizeof(*s->hugetlb.v),
		      by_size);
	return 0;
}

/* Where nobody counts them, the processes are counted here. */
static int count_processes(int dir_fd, struct cgroup_stats *s, struct err *e)
{
	autofree pid_t *pids = NULL;
	size_t n = 0;
	int r;

	r = cgroup_processes(dir_fd, &pids, &n, e);
	s->pids.current = n;
	return r < 0 ? r : 0;
}

int cgroup_stats_read(int dir_fd, struct cgroup_stats *ret, struct err *e)
{
	bool pids_counted = false;
	int r;

	ret->pids.limit = UINT64_MAX;
	for (size_t i = 0; i < sizeof(sources) / sizeof(*sources); i++) {
		r = read_one(dir_fd, sources[i].file, ret, e);
		if (r < 0)
			return r;
		if (r > 0 && str_eq(sources[i].file, "pids.current"))
			pids_counted = true;
	}
	r = read_hugetlb(dir_fd, ret, e);
	if (r == 0 && !pids_counted)
		r = count_processes(dir_fd, ret, e);
	return r;
}

void cgroup_stats_done(struct cgroup_stats *s)
{
	arena_done(&s->arena);
}
