/* bits.c - reads lists such as "0-3,7" into sets of bits. */
#include "plan/bits.h"

#include <errno.h>
#include <string.h>

#include "base/err.h"
#include "base/mem.h"

#define DIGITS "0123456789"

static int refuse(const char *key, const char *text, struct err *e)
{
	err_set(e, EINVAL, "%s: \"%.80s\" is no list of numbers", key, text);
	return err_hint(e, "write numbers and ranges, such as \"0-3,7\"");
}

static const char *after_blanks(const char *s)
{
	return s + strspn(s, " \t\n");
}

/* -1: too large, whatever the limit. */
static long read_number(const char **text)
{
	const char *s = *text;
	long n = 0;

	*text = s + strspn(s, DIGITS);
	for (; s < *text; s++) {
		n = 10 * n + (*s - '0');
		if (n > 1000000)
			return -1;
	}
	return n;
}

/* One element, a number or a range, at *text; moves on to its end. */
static bool read_range(const char **text, long *first, long *last)
{
	const char *s = *text;

	if (strspn(s, DIGITS) == 0)
		return false;
	*first = *last = read_number(&s);
	s = after_blanks(s);
	if (*s == '-') {
		s = after_blanks(s + 1);
		if (strspn(s, DIGITS) == 0)
			return false;
		*last = read_number(&s);
		s = after_blanks(s);
	}
	*text = s;
	return *s == ',' || *s == '\0';
}

static void add(struct plan_bits *set, long first, long last)
{
	for (size_t i = (size_t)first; i <= (size_t)last; i++)
		set->words[i / BITS_PER_WORD] |= 1UL << i % BITS_PER_WORD;
}

static int check(long first, long last, unsigned limit, const char *key,
		 struct err *e)
{
	if (first < 0 || last < 0 || first >= (long)limit ||
	    last >= (long)limit)
		return err_set(e, EINVAL, "%s: a number is above %u", key,
			       limit - 1);
	if (first > last)
		return err_set(e, EINVAL,
			       "%s: the range %ld-%ld ends before it begins",
			       key, first, last);
	return 0;
}

int bits_parse(struct arena *a, const char *text, unsigned limit,
	       const char *key, struct plan_bits *ret, struct err *e)
{
	const char *s = text ? after_blanks(text) : "";
	struct plan_bits set = { .text = text };
	bool any = false;

	*ret = (struct plan_bits){ 0 };
	if (*s == '\0')
		return 0;
	set.n_words = (limit + BITS_PER_WORD - 1) / BITS_PER_WORD;
	set.words = arena_zero_n(a, set.n_words, sizeof(*set.words));
	while (*s) {
		long first, last;

		if (*s == ',') {
			s = after_blanks(s + 1);
			continue;
		}
		if (!read_range(&s, &first, &last))
			return refuse(key, text, e);
		if (check(first, last, limit, key, e) < 0)
			return -e->code;
		add(&set, first, last);
		any = true;
	}
	if (!any)
		return refuse(key, text, e);
	*ret = set;
	return 0;
}

bool bits_has(const struct plan_bits *set, unsigned number)
{
	size_t word = number / BITS_PER_WORD;

	return word < set->n_words &&
	       (set->words[word] >> number % BITS_PER_WORD & 1) != 0;
}

int bits_first_missing(const struct plan_bits *set,
		       const struct plan_bits *other)
{
	unsigned n = (unsigned)(set->n_words * BITS_PER_WORD);

	for (unsigned i = 0; i < n; i++)
		if (bits_has(set, i) && !bits_has(other, i))
			return (int)i;
	return -1;
}

bool bits_meet(const struct plan_bits *a, const struct plan_bits *b)
{
	for (size_t i = 0; i < a->n_words && i < b->n_words; i++)
		if (a->words[i] & b->words[i])
			return true;
	return false;
}
