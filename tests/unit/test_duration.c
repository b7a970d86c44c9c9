/* test_duration.c - lengths of time. */
#include "cli/duration.h"

#include <errno.h>

#include "test.h"

static void good(const char *text, uint64_t want)
{
	uint64_t ns = 1;

	ok(duration_parse(text, &ns) == 0, text);
	is_int(ns, want, "so many nanoseconds");
}

static void bad(const char *text, int why)
{
	uint64_t ns = 7;

	is_int(duration_parse(text, &ns), why, text);
	is_int(ns, 7, "the result is left alone");
}

int main(void)
{
	good("5s", 5000000000);
	good("1m30s", 90000000000);
	good("1.5h", 5400000000000);
	good("100ms", 100000000);
	good("7us", 7000);
	good("7\xc2\xb5s", 7000);
	good("7\xce\xbcs", 7000);
	good("12ns", 12);
	good(".5s", 500000000);
	good("1.s", 1000000000);
	good("0.1s", 100000000);
	good("0", 0);
	good("0s", 0);
	good("9223372036s", 9223372036000000000);
	bad("", -EINVAL);
	bad("5", -EINVAL);
	bad("s", -EINVAL);
	bad(".s", -EINVAL);
	bad("5 s", -EINVAL);
	bad("5sec", -EINVAL);
	bad("5s ", -EINVAL);
	bad("-5s", -EINVAL);
	bad("1.2.3s", -EINVAL);
	bad("9223372037s", -ERANGE);
	bad("99999999999999999999s", -ERANGE);
	bad("9223372036s9223372036s", -ERANGE);
	return done();
}
