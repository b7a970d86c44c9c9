/* test_mem.c - unit tests of base/mem.c. */
#include "test.h"

#include <stddef.h>

#include "base/mem.h"

static void the_arena_is_zeroed_and_aligned(void)
{
	struct arena a = { 0 };
	bool zero = true;
	bool aligned = true;

	for (size_t size = 1; size < 2000; size += 7) {
		unsigned char *p = arena_zero(&a, size);

		for (size_t i = 0; i < size; i++)
			zero = zero && p[i] == 0;
		aligned = aligned && (uintptr_t)p % _Alignof(max_align_t) == 0;
		memset(p, 0xff, size);
	}
	ok(zero, "every byte is zero, across blocks");
	ok(aligned, "every piece is aligned");
	ok(arena_zero(&a, 0) != NULL, "nothing is still something");
	memset(arena_zero(&a, 1000000), 1, 1000000);
	ok(true, "a piece larger than a block");
	arena_done(&a);
	ok(!a.blocks, "done is empty");
	arena_done(&a);
}

static void copies(void)
{
	struct arena a = { 0 };
	char *p = mem_dup("abc", 2);

	is_str(p, "ab", "mem_dup terminates");
	free(p);
	is_str(arena_dup(&a, "abc", 2), "ab", "arena_dup terminates");
	is_str(arena_dup(&a, "0123456789abcdef", 16), "0123456789abcdef",
	       "also at the size of the alignment");
	is_str(arena_str(&a, NULL), NULL, "a copy of NULL");
	is_str(arena_format(&a, "%s-%d", "x", 5), "x-5", "arena_format");
	arena_done(&a);
}

int main(void)
{
	the_arena_is_zeroed_and_aligned();
	copies();
	return done();
}
