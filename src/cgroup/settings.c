/* settings.c - the limits of a cgroup: written, and read back.
 *
 * Theory of operation: a write that the kernel takes is not yet a limit that
 * holds.  It rounds down to pages, takes CPUs that the cgroup above has not, and
 * forgets a line for a device.  So what it says afterwards is compared, by the
 * grammar of the file: a number, words, lines that begin with a key, or a set.
 * Of a file that `unified` names and whose grammar we don't know, it is the
 * write that counts.
 *
 * Source: Documentation/admin-guide/cgroup-v2.rst.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/own.h"
#include "base/str.h"
#include "cgroup/cgroup.h"
#include "plan/bits.h"

/* More than the lines of all devices. */
#define FILE_MAX (1U << 20)

enum grammar {
	GRAMMAR_UNKNOWN,
	GRAMMAR_NUMBER, /* a number, or "max" */
	GRAMMAR_WORDS, /* as many words as were written, from the first on */
	GRAMMAR_KEYED, /* lines "KEY WORD…"; the words in any order */
	GRAMMAR_CPUS, /* what is in force is in FILE.effective */
	GRAMMAR_NODES,
};

static const struct {
	const char *file;
	enum grammar grammar;
} grammars[] = {
	{ "memory.max", GRAMMAR_NUMBER },
	{ "memory.high", GRAMMAR_NUMBER },
	{ "memory.low", GRAMMAR_NUMBER },
	{ "memory.min", GRAMMAR_NUMBER },
	{ "memory.swap.max", GRAMMAR_NUMBER },
	{ "memory.swap.high", GRAMMAR_NUMBER },
	{ "memory.zswap.max", GRAMMAR_NUMBER },
	{ "pids.max", GRAMMAR_NUMBER },
	{ "cpu.weight", GRAMMAR_NUMBER },
	{ "cpu.idle", GRAMMAR_NUMBER },
	{ "cpu.max.burst", GRAMMAR_NUMBER },
	{ "cgroup.max.depth", GRAMMAR_NUMBER },
	{ "cgroup.max.descendants", GRAMMAR_NUMBER },
	{ "cpu.max", GRAMMAR_WORDS },
	{ "io.max", GRAMMAR_KEYED },
	{ "io.weight", GRAMMAR_KEYED },
	{ "io.bfq.weight", GRAMMAR_KEYED },
	{ "rdma.max", GRAMMAR_KEYED },
	{ "cpuset.cpus", GRAMMAR_CPUS },
	{ "cpuset.mems", GRAMMAR_NODES },
};

static enum grammar grammar_of(const char *file)
{
	for (size_t i = 0; i < sizeof(grammars) / sizeof(grammars[0]); i++)
		if (str_eq(file, grammars[i].file))
			return grammars[i].grammar;
	if (str_after(file, "hugetlb.") && str_ends(file, ".max"))
		return GRAMMAR_NUMBER;
	return GRAMMAR_UNKNOWN;
}

/* --- does it hold? -------------------------------------------------------- */

/* What the kernel counts this file in, in bytes: it rounds down to that. */
static uint64_t unit_of(const char *file)
{
	uint64_t n = 0;

	if (str_after(file, "memory."))
		return (uint64_t)sysconf(_SC_PAGESIZE);
	file = str_after(file, "hugetlb.");
	if (!file)
		return 1;
	for (; *file >= '0' && *file <= '9' && n < 1U << 20; file++)
		n = 10 * n + (uint64_t)(*file - '0');
	switch (*file) {
	case 'G':
		return n << 30;
	case 'M':
		return n << 20;
	case 'K':
		return n << 10;
	default:
		return 1;
	}
}

/* "max" is what it makes of a limit above all that it can count. */
static bool number_holds(const char *file, const char *want, const char *text)
{
	uint64_t wanted, is, unit = unit_of(file);
	char got[32];

	(void)snprintf(got, sizeof(got), "%.*s", (int)strcspn(text, "\n"),
		       text);
	if (str_uint64(want, &wanted) < 0) /* "max", "100M" */
		return !str_eq(want, "max") || str_eq(got, "max");
	if (str_eq(got, "max"))
		return wanted >= (uint64_t)INT64_MAX - unit;
	return str_uint64(got, &is) == 0 && is <= wanted && wanted - is < unit;
}

struct word {
	const char *at;
	size_t len; /* 0: there is none */
};

/* The next word of a line; *text moves behind it. */
static struct word next_word(const char **text)
{
	struct word w = { *text + strspn(*text, " \t"), 0 };

	w.len = strcspn(w.at, " \t\n");
	*text = w.at + w.len;
	return w;
}

static bool same_word(struct word a, struct word b)
{
	return a.len == b.len && memcmp(a.at, b.at, a.len) == 0;
}

static bool words_hold(const char *want, const char *got)
{
	for (;;) {
		struct word w = next_word(&want);

		if (w.len == 0)
			return true;
		if (!same_word(w, next_word(&got)))
			return false;
	}
}

/* The rest of the line that begins with this word, or NULL. */
static const char *find_line(const char *text, struct word key)
{
	for (; *text; text += *text == '\n') {
		const char *line = text;

		if (same_word(next_word(&line), key))
			return line;
		text += strcspn(text, "\n");
	}
	return NULL;
}

static bool line_has(const char *line, struct word w)
{
	for (;;) {
		struct word there = next_word(&line);

		if (there.len == 0)
			return false;
		if (same_word(there, w))
			return true;
	}
}

static bool ends_in_max(struct word w)
{
	return w.len >= 4 && memcmp(w.at + w.len - 4, "=max", 4) == 0;
}

/* A device without limits has no line. */
static bool keyed_holds(const char *want, const char *got)
{
	struct word key = next_word(&want);
	const char *line = find_line(got, key);

	for (;;) {
		struct word w = next_word(&want);

		if (w.len == 0)
			return true;
		if (line ? !line_has(line, w) : !ends_in_max(w))
			return false;
	}
}

/* Those in force may be fewer, where the cgroup above has not all of them; but
 * where it has none of them they are others. */
static bool set_holds(const char *want, const char *got, unsigned limit)
{
	struct arena a = { 0 };
	struct plan_bits wanted, is;
	struct err why;
	bool holds;

	/* A list that we can't read, such as "0-10:2/4", is as it is. */
	holds = bits_parse(&a, want, limit, "", &wanted, &why) < 0 ||
		(bits_parse(&a, got, limit, "", &is, &why) == 0 && is.text &&
		 bits_first_missing(&is, &wanted) < 0);
	arena_done(&a);
	return holds;
}

bool cgroup_holds(const char *file, const char *want, const char *got)
{
	switch (grammar_of(file)) {
	case GRAMMAR_NUMBER:
		return number_holds(file, want, got);
	case GRAMMAR_WORDS:
		return words_hold(want, got);
	case GRAMMAR_KEYED:
		return keyed_holds(want, got);
	case GRAMMAR_CPUS:
		return set_holds(want, got, BITS_CPUS_MAX);
	case GRAMMAR_NODES:
		return set_holds(want, got, BITS_NODES_MAX);
	case GRAMMAR_UNKNOWN:
		break;
	}
	return true;
}

/* --- write and read back -------------------------------------------------- */

struct target {
	int dir_fd;
	const char *item, *file, *value;
};

static int explain(const struct target *t, enum cgroup_controller controller,
		   int code, struct err *e)
{
	(void)err_errno(e, code, "%s: write %.80s to %s", t->item, t->value,
			t->file);
	if (code == -ENOENT)
		return err_hint(e,
				"this kernel has no such file, or the "
				"controller %.*s is not enabled for the cgroup",
				(int)strcspn(t->file, "."), t->file);
	if (code == -ENODEV && controller == CG_IO)
		return err_hint(e, "there is no such disk here; a partition "
				   "has no limits of its own, name its disk");
	if (controller == CG_CPUSET)
		return err_hint(e, "cpuset.cpus.effective and "
				   "cpuset.mems.effective of the cgroup above "
				   "are what there is");
	if (code == -EINVAL && str_eq(t->file, "cpu.weight"))
		return err_hint(e, "a cgroup with cpu.idle has the lowest "
				   "weight and takes no other: set cpu.idle to "
				   "0 too");
	if (code == -EACCES || code == -EPERM)
		return err_hint(e, "that file of the cgroup is not ours to "
				   "write");
	return code;
}

static int differs(const struct target *t, const char *got, struct err *e)
{
	const char *line = got;
	size_t len;

	if (grammar_of(t->file) == GRAMMAR_KEYED) {
		line = find_line(got, next_word(&(const char *){ t->value }));
		line = line ? line + strspn(line, " \t") : "";
	}
	len = strcspn(line, "\n");
	err_set(e, ERANGE,
		"%s: wrote %.80s to %s, and what is in force is \"%.*s\"",
		t->item, t->value, t->file, len > 200 ? 200 : (int)len, line);
	if (str_after(t->file, "cpuset."))
		return err_hint(e, "the cgroup above has no others");
	return -ERANGE;
}

static int verify(const struct target *t, enum grammar grammar, struct err *e)
{
	bool is_set = grammar == GRAMMAR_CPUS || grammar == GRAMMAR_NODES;
	autofree char *file = str_format("%s%s", t->file,
					 is_set ? ".effective" : "");
	autofree char *got = NULL;
	int r = file_read_at(t->dir_fd, file, FILE_MAX, &got, NULL);

	if (r < 0)
		return err_errno(e, r, "%s: read %s back", t->item, file);
	return cgroup_holds(t->file, t->value, got) ? 0 : differs(t, got, e);
}

/* A limit below what is used makes the kernel kill. */
static int check_usage(const struct target *t, struct err *e)
{
	autofree char *text = NULL;
	uint64_t used, limit;
	int r = file_read_at(t->dir_fd, "memory.current", FILE_MAX, &text,
			     NULL);

	/* Without the controller it is the write that says so. */
	if (r == -ENOENT)
		return 0;
	if (r < 0)
		return err_errno(e, r, "%s: read memory.current", t->item);
	text[strcspn(text, "\n")] = '\0';
	if (str_uint64(text, &used) < 0 || str_uint64(t->value, &limit) < 0 ||
	    used <= limit)
		return 0;
	err_set(e, EBUSY,
		"%s: the container uses %" PRIu64 " bytes, more than the new "
		"limit, %" PRIu64,
		t->item, used, limit);
	return err_hint(e, "leave out checkBeforeUpdate to have the kernel "
			   "reclaim and kill until it fits");
}

/* 1: there is no such file. */
static int write_one(const struct target *t, enum cgroup_controller controller,
		     struct err *e)
{
	enum grammar grammar = grammar_of(t->file);
	int r = file_write_at(t->dir_fd, t->file, t->value, strlen(t->value));

	if (r == -ENOENT)
		return 1;
	if (r < 0)
		return explain(t, controller, r, e);
	return grammar == GRAMMAR_UNKNOWN ? 0 : verify(t, grammar, e);
}

static int apply_one(int dir_fd, const struct plan_cgroup_setting *s,
		     struct err *e)
{
	struct target t = { dir_fd, s->item, s->file, s->value };
	int r;

	if (s->flags & SETTING_OVER_USAGE) {
		r = check_usage(&t, e);
		if (r < 0)
			return r;
	}
	r = write_one(&t, s->controller, e);
	if (r == 1 && s->else_file) {
		t.file = s->else_file;
		t.value = s->else_value;
		r = write_one(&t, s->controller, e);
	}
	if (r < 1)
		return r;
	if (s->flags & (SETTING_MAY_LACK | SETTING_LIFTS))
		return 0;
	return explain(&t, s->controller, -ENOENT, e);
}

int cgroup_apply(int dir_fd, const struct plan_cgroup_setting *settings,
		 size_t n, cgroup_refused *refused, void *arg, struct err *e)
{
	for (size_t i = 0; i < n; i++) {
		const struct plan_cgroup_setting *s = &settings[i];
		struct err why = { 0 };
		int r = apply_one(dir_fd, s, &why);

		if (r == 0 || s->flags & SETTING_FIRST_TRY)
			continue;
		if (!refused) {
			*e = why;
			return r;
		}
		r = refused(arg, s, &why, e);
		if (r < 0)
			return r;
	}
	return 0;
}
