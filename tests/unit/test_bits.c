/* test_bits.c - lists of small numbers. */
#include "plan/bits.h"

#include <errno.h>
#include <string.h>

#include "base/err.h"
#include "base/mem.h"
#include "test.h"

static struct arena arena;

/* Is `text` read as the set of the low bits `want`? */
static bool reads(const char *text, unsigned long want)
{
	struct plan_bits set;
	struct err e = { 0 };

	return bits_parse(&arena, text, 200, "key", &set, &e) == 0 &&
	       set.n_words == 4 && set.words[0] == want && !set.words[1];
}

static bool refuses(const char *text, const char *words)
{
	struct plan_bits set;
	struct err e = { 0 };

	return bits_parse(&arena, text, 200, "key", &set, &e) == -EINVAL &&
	       strncmp(e.text, "key: ", 5) == 0 && strstr(e.text, words) &&
	       !set.text;
}

static void lists(void)
{
	ok(reads("0", 1), "one number");
	ok(reads("0-3,7", 0x8f), "a range and a number");
	ok(reads(" 0 - 3 , 7\n", 0x8f), "blanks");
	ok(reads(",,2,,3,", 0xc), "commas to spare");
	ok(reads("5-5", 0x20), "a range of one");
	ok(refuses("x", "no list"), "a letter");
	ok(refuses("0-", "no list"), "a range without an end");
	ok(refuses("-3", "no list"), "a range without a beginning");
	ok(refuses("1 2", "no list"), "no comma");
	ok(refuses("0-1-2", "no list"), "two dashes");
	ok(refuses(" , ,", "no list"), "commas alone");
	ok(refuses("3-1", "before it begins"), "backwards");
	ok(refuses("200", "above 199"), "above the limit");
	ok(refuses("0-200", "above 199"), "a range above the limit");
	ok(refuses("18446744073709551617", "above 199"), "beyond 64 bits");
}

static void nothing(void)
{
	struct plan_bits set;
	struct err e = { 0 };

	ok(bits_parse(&arena, "", 8, "key", &set, &e) == 0 && !set.text,
	   "an empty text is no set");
	ok(bits_parse(&arena, "  ", 8, "key", &set, &e) == 0 && !set.text,
	   "nor are blanks");
	ok(bits_parse(&arena, NULL, 8, "key", &set, &e) == 0 && !set.text,
	   "nor is nothing");
}

static void missing(void)
{
	struct plan_bits small;
	struct plan_bits large;
	struct err e = { 0 };

	(void)bits_parse(&arena, "1,63-64", 65, "key", &small, &e);
	(void)bits_parse(&arena, "0-64,199", 200, "key", &large, &e);
	ok(bits_has(&small, 64) && !bits_has(&small, 65) &&
		   !bits_has(&small, 100000),
	   "members");
	ok(bits_first_missing(&small, &large) == -1, "nothing is missing");
	ok(bits_first_missing(&large, &small) == 0, "the first that is");
	(void)bits_parse(&arena, "1,63-64,199", 200, "key", &large, &e);
	ok(bits_first_missing(&large, &small) == 199, "beyond the other's end");
}

int main(void)
{
	lists();
	nothing();
	missing();
	arena_done(&arena);
	return done();
}
