/* test.h - a unit test as a program that speaks TAP.
 *
 *	int main(void)
 *	{
 *		ok(1 + 1 == 2, "one and one is two");
 *		return done();
 *	}
 *
 * done() writes the plan and returns how many failed, at most 100.  The path
 * of a failed check stands in a comment behind it.
 */
#pragma once

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int test_count, test_failures;

#define ok(cond, name) test_ok((cond), (name), __FILE__, __LINE__)
#define is_str(got, want, name) \
	test_is_str((got), (want), (name), __FILE__, __LINE__)
/* Any integer; uint64_t beyond INT64_MAX compares as its bits. */
#define is_int(got, want, name) \
	test_is_int((int64_t)(got), (int64_t)(want), (name), __FILE__, __LINE__)

static inline bool test_ok(bool cond, const char *name, const char *file,
			   int line)
{
	test_count++;
	printf("%sok %d - %s\n", cond ? "" : "not ", test_count, name);
	if (!cond) {
		test_failures++;
		printf("# failed at %s:%d\n", file, line);
	}
	return cond;
}

static inline void test_is_str(const char *got, const char *want,
			       const char *name, const char *file, int line)
{
	bool same = got && want ? strcmp(got, want) == 0 : got == want;

	if (!test_ok(same, name, file, line))
		printf("#  got: %s\n# want: %s\n", got ? got : "(NULL)",
		       want ? want : "(NULL)");
}

static inline void test_is_int(int64_t got, int64_t want, const char *name,
			       const char *file, int line)
{
	if (!test_ok(got == want, name, file, line))
		printf("#  got: %" PRId64 "\n# want: %" PRId64 "\n", got, want);
}

/* Counts as good; says why it was not tried. */
static inline void skip(const char *name, const char *reason)
{
	test_count++;
	printf("ok %d - %s # SKIP %s\n", test_count, name, reason);
}

static inline int done(void)
{
	printf("1..%d\n", test_count);
	return test_failures > 100 ? 100 : test_failures;
}
