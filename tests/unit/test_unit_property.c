/* test_unit_property.c - the text format of GVariant, as far as it is taken. */
#include "base/err.h"
#include "base/str.h"
#include "plan/unit_property.h"
#include "unit/test.h"

static struct arena arena;

/* "Name signature word word …", or the error's text. */
static const char *parsed(const char *name, const char *text)
{
	struct plan_unit_property p = { 0 };
	struct strbuf b = { 0 };
	struct err e;
	const char *all;

	if (unit_property_parse(name, text, &arena, &p, &e) < 0)
		return arena_str(&arena, e.text);
	strbuf_printf(&b, "%s %s", p.name, p.signature);
	for (size_t i = 0; i < p.values.n; i++)
		strbuf_printf(&b, " %s", p.values.v[i]);
	all = arena_str(&arena, b.text);
	strbuf_done(&b);
	return all;
}

static const struct {
	const char *name, *text, *want;
} good[] = {
	{ "CollectMode", "'inactive-or-failed'",
	  "CollectMode s inactive-or-failed" },
	{ "CollectMode", "\"it's\"", "CollectMode s it's" },
	{ "Description", "'a\\'b\\\\'", "Description s a'b\\" },
	{ "Delegate", "true", "Delegate b 1" },
	{ "Delegate", " true ", "Delegate b 1" },
	{ "Delegate", "boolean false", "Delegate b 0" },
	{ "Weight", "7", "Weight i 7" },
	{ "Weight", "-7", "Weight i -7" },
	{ "Weight", "2.5", "Weight d 2.5" },
	{ "MemoryMax", "uint64 18446744073709551615",
	  "MemoryMax t 18446744073709551615" },
	{ "MemoryMax", "@t 5", "MemoryMax t 5" },
	{ "TimeoutStopUSec", "uint64 5000000", "TimeoutStopUSec t 5000000" },
	{ "TimeoutStopSec", "5", "TimeoutStopUSec t 5000000" },
	{ "TimeoutStopSec", "uint64 5", "TimeoutStopUSec t 5000000" },
	{ "TimeoutStopSec", "1.5", "TimeoutStopUSec t 1500000" },
	{ "After", "['a.service', 'b.service']",
	  "After as 2 a.service b.service" },
	{ "After", "@as []", "After as 0" },
	{ "Bytes", "@ay [1, 255]", "Bytes ay 2 1 255" },
	{ "Flags", "[true,false]", "Flags ab 2 1 0" },
};

static const char *const bad[] = {
	"",	     "'open",	  "[1, 'a']", "[1",
	"[]",	     "uint32 -1", "byte 256", "uint64 18446744073709551616",
	"1 2",	     "{'a': 1}",  "(1, 2)",   "maybe",
	"int32 'a'", "string 5",  "'a\\",     "@z 1",
	"@a",	     "@as 'a'",	  "1e999",    "nonsense 5",
	"--5",
};

int main(void)
{
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		is_str(parsed(good[i].name, good[i].text), good[i].want,
		       good[i].text);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		ok(strstr(parsed("MemoryMax", bad[i]), "text format"), bad[i]);
	ok(strstr(parsed("a.b", "1"), "letters"), "a name is of letters");
	ok(strstr(parsed("ab", "1"), "letters"), "at least three of them");
	ok(strstr(parsed("TimeoutStopSec", "'5'"), "seconds"),
	   "seconds are a number");
	ok(strstr(parsed("TimeoutStopSec", "-1"), "seconds"),
	   "and none below zero");
	arena_done(&arena);
	return done();
}
