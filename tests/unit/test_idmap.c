/* test_idmap.c - reading grants and maps, and the limits of one map. */
#include "plan/make.h"
#include "test.h"

#include "base/err.h"

static void grants(void)
{
	static const char text[] = "# nothing\n"
				   "dev:100000:65536\n"
				   "devel:1:1\n"
				   "1000:300000:10\n"
				   "dev:x:1\ndev:5\ndev:5:0\ndev:7:7 \n"
				   "dev:4294967290:100\n"
				   "dev:4294967295:1\n"
				   "dev:99999999999999999999:1\n"
				   "dev:9:1";
	struct arena a = { 0 };
	struct id_grant *g;

	is_int(grants_from_text(text, "dev", 1000, &a, &g), 4,
	       "lines of the name and of the number count");
	is_int(g[0].count, 65536, "a count");
	is_int(g[1].start, 300000, "a line by number");
	is_int(g[2].count, 5, "a range is cut at the last id");
	is_int(g[3].start, 9, "the last line needs no newline");
	is_int(grants_from_text(text, NULL, 1000, &a, &g), 1,
	       "a caller without a name has the lines of its number");
	is_int(grants_from_text("", "dev", 1000, &a, &g), 0, "an empty file");
	arena_done(&a);
}

static void free_ranges(void)
{
	static const struct {
		const char *subuid, *subgid;
		uint32_t start;
		const char *what;
	} rows[] = {
		{ "", "", 100000, "nobody has any" },
		{ "other:100000:1000\n", "other:100000:1000\n", 101000,
		  "after the range of somebody else" },
		{ "a:100000:65536\nb:165536:65536", "a:100000:5\n", 231072,
		  "after the highest of either file" },
		{ "", "a:200000:10\nb:300000:10\nc:1:5\n", 300010,
		  "also of the second, in any order" },
		{ "a:1000:10\n", "", 100000, "not below 100000" },
		{ "# a\nx\na:b:c\na:5\n:100000:3\n", "", 100003,
		  "what is no range does not count" },
		{ "a:4294900000:1\n", "", 4294900001U, "the last that fits" },
		{ "a:100000:10\nb:4294960000:7295\n", "a:100020:30\n", 100050,
		  "the first gap, when the highest end is too high" },
		{ "a:100000:4294967295\n", "", 0, "there is none" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		is_int(grants_free_start(rows[i].subuid, rows[i].subgid),
		       rows[i].start, rows[i].what);
}

static void maps(void)
{
	struct arena a = { 0 };
	struct id_range *v;
	size_t n;

	ok(idmap_from_text("         0       1000          1\n"
			   "         1     100000      65536\n",
			   &a, &v, &n) &&
		   n == 2 && v[1].outside == 100000 && v[1].count == 65536,
	   "a map as the kernel prints it");
	ok(!idmap_from_text("", &a, &v, &n), "an empty map is none");
	ok(!idmap_from_text("0 0\n", &a, &v, &n), "half a line is none");
	arena_done(&a);
}

static void limits(void)
{
	static struct id_range v[400];

	for (size_t i = 0; i < 400; i++)
		v[i] = (struct id_range){ 1, 1, 1 };
	ok(idmap_fits(v, 340), "340 short lines fit");
	ok(!idmap_fits(v, 341), "341 do not");
	for (size_t i = 0; i < 400; i++)
		v[i] = (struct id_range){ 1000000000, 1000000000, 1 };
	ok(idmap_fits(v, 170), "170 lines of 24 bytes are below a page");
	ok(!idmap_fits(v, 171), "171 are not");
}

static void words(void)
{
	static const struct id_range v[] = {
		{ 0, 1000, 1 },
		{ 1, 100000, 10 },
		{ 20, 7, 1 },
	};
	struct arena a = { 0 };

	is_str(idmap_text(&a, v, 3, true), "0-10, 20", "inside ids, merged");
	is_str(idmap_text(&a, v, 3, false), "1000, 100000-100009, 7",
	       "outside ids");
	is_str(idmap_text(&a, v, 0, true), "none", "no ids");
	arena_done(&a);
}

/* Own id and grants as data; the lines as text come back. */
static const char *automatic(struct plan *plan, struct id_side *side, bool keep)
{
	static const struct id_range everything = { 0, 0, UINT32_MAX };
	struct id_lines lines;
	struct strbuf b = { 0 };
	const char *text;
	struct err e;

	side->here = &everything;
	side->n_here = 1;
	if (idmap_auto(plan, side, keep, &lines, &e) < 0)
		return arena_str(&plan->arena, e.text);
	for (size_t i = 0; i < lines.n; i++)
		strbuf_printf(&b, "%u %u %u, ", lines.v[i].inside,
			      lines.v[i].outside, lines.v[i].count);
	text = arena_str(&plan->arena, b.text);
	strbuf_done(&b);
	return text;
}

static void automatic_maps(void)
{
	static const struct plan_options options = { .id = "c" };
	static const struct id_grant overlapping[] = {
		{ 100, 10 },
		{ 105, 10 },
		{ 90, 40 },
	};
	static const struct id_grant top[] = { { 4294967200, 95 },
					       { 0, UINT32_MAX } };
	struct plan plan = { .options = &options };
	struct id_side side = { .key = "k", .own = 107 };

	side.grants = overlapping;
	side.n_grants = 3;
	is_str(automatic(&plan, &side, false),
	       "0 107 1, 1 100 7, 8 108 2, 10 110 5, 15 90 10, 25 115 15, ",
	       "each id is mapped once, the caller's as 0");
	side.own = 5;
	side.grants = top;
	side.n_grants = 1;
	is_str(automatic(&plan, &side, true),
	       "5 5 1, 0 4294967200 5, 6 4294967205 90, ",
	       "keep-id leaves a hole for the caller");
	side.n_grants = 2;
	is_str(automatic(&plan, &side, false),
	       "0 5 1, 1 4294967200 95, 96 0 5, 101 6 4294967194, ",
	       "all ids there are");
	side.own = 4000000000;
	side.n_grants = 1;
	is_str(automatic(&plan, &side, true),
	       "4000000000 4000000000 1, 0 4294967200 95, ",
	       "keep-id of a high id with few grants");
	plan_done(&plan);
}

int main(void)
{
	grants();
	free_ranges();
	maps();
	limits();
	words();
	automatic_maps();
	return done();
}
