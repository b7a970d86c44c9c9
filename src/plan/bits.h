/* bits.h - sets of small numbers: CPUs and memory nodes. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct arena;
struct err;

/* As the kernel takes it: bit N of word N / BITS_PER_WORD. */
struct plan_bits {
	const char *text; /* borrowed: as the bundle writes it; NULL: no set */
	unsigned long *words;
	size_t n_words;
};
#define BITS_PER_WORD (8 * sizeof(unsigned long))

/* More than any Linux is built for. */
#define BITS_CPUS_MAX  8192U
#define BITS_NODES_MAX 1024U

/* "0-3, 7", with blanks and commas to spare; an empty text is no set.  Numbers
 * must be below `limit`.  An error begins with `key`. */
int bits_parse(struct arena *a, const char *text, unsigned limit,
	       const char *key, struct plan_bits *ret, struct err *e);

bool bits_has(const struct plan_bits *set, unsigned number);
/* Do they have a number in common? */
bool bits_meet(const struct plan_bits *a, const struct plan_bits *b);
/* The lowest number of `set` that `other` has not, or -1. */
int bits_first_missing(const struct plan_bits *set,
		       const struct plan_bits *other);
